"""memmon and httpok with a supervisord that is down, hangs or talks nonsense, and every way to reach a sound one."""

import unittest
import xmlrpc.client

from support.listeners import ARGUMENTS
from support.mail import MailDrop
from support.rig import Rig
from support.server import (Certificates, Server, answering, answering_rpc, dripping, endless, hanging, hanging_up,
                            saying)
from support.supervisord import PASSWORD, USER, Supervisord, actor
from support.system import free_port
from support.workspace import Workspace, wait_until

XML = ["Content-Type: text/xml"]
RESPONSE = b"<?xml version='1.0'?><methodResponse><params><param>%s</param></params></methodResponse>"


def refusing(code, text):
    def refuse(*_):
        raise xmlrpc.client.Fault(code, text)
    return answering_rpc(dict.fromkeys(("supervisor.getAllProcessInfo", "supervisor.getProcessInfo",
                                        "supervisor.getPID"), refuse))


def processes(value):
    return answering_rpc({"supervisor.getAllProcessInfo": lambda: value})


class Trouble(Workspace):
    """For each program that asks supervisord."""

    PROGRAMS = ("memmon", "httpok")

    def setUp(self):
        super().setUp()
        self.count = 0

    def check(self, behaviour, mentions, **server):
        """One line on stderr a tick, each event acknowledged at once, and the listener lives on."""
        for program in self.PROGRAMS:
            with self.subTest(program):
                self.count += 1
                where = {"path": str(self.dir / f"rpc{self.count}")} if "host" not in server else server
                rig = Rig(self, program, *ARGUMENTS[program], server_url=Server(self, behaviour, **where))
                self.assert_one_line_a_tick(rig, mentions)

    def assert_one_line_a_tick(self, rig, mentions):
        rig.wait_for_log("")  # what it says of itself when it starts
        before = len(rig.log_lines)
        self.assertLess(rig.tick(), 1)
        line = rig.wait_for_log(mentions)
        self.assertLess(len(line), 2000)
        self.assertLess(rig.tick("TICK_5"), 1)
        rig.wait_for_log(mentions, count=2)
        rig.finish()
        self.assertEqual(len(rig.log_lines) - before, 2, rig.stderr)


class WhatSupervisordMayAnswer(Trouble):
    def test_401_names_the_mend(self):
        self.check(answering(401, b"no", "Unauthorized"), "SUPERVISOR_USERNAME|user|password")

    def test_an_error_of_the_server(self):
        self.check(answering(500, b"Traceback", "Internal Server Error"), "500")

    def test_a_redirect(self):
        self.check(answering(301, reason="Moved", headers=["Location: http://127.0.0.1:9/"]), "301")

    def test_shutdown_state(self):
        self.check(refusing(6, "SHUTDOWN_STATE"), "SHUTDOWN_STATE")

    def test_a_method_it_does_not_know(self):
        self.check(refusing(1, "UNKNOWN_METHOD"), "UNKNOWN_METHOD")

    def test_a_fault_with_a_text_that_is_an_escape_sequence_or_many_lines(self):
        text = "FAILED:\n\x1b[31m\r2026-01-01 00:00:00,000 memmon: lie\n" + "x" * 100_000
        self.check(refusing(30, text), "FAILED|30")

    def test_html(self):
        self.check(answering(body=b"<html><body>It works!</body></html>"), "skipped")

    def test_nothing(self):
        self.check(answering(), "skipped")

    def test_bytes_that_are_no_text(self):
        self.check(answering(body=bytes(range(256)) * 100, headers=XML), "skipped")

    def test_xml_that_is_no_xml_rpc(self):
        self.check(answering(body=RESPONSE % b"<value><surprise/></value>", headers=XML), "skipped")

    def test_an_answer_of_another_shape(self):
        for value in ("text", 42, {"name": "web"}, [1, 2], [{"name": "web"}], [[]],
                      [{"name": 1, "group": {}, "pid": "x"}]):
            with self.subTest(value):
                self.check(processes(value), "skipped")

    def test_values_nested_a_million_deep(self):
        deep = RESPONSE % (b"<value><array><data>" * 1_000_000)
        self.check(answering(body=deep, headers=XML), "skipped")

    def test_elements_nested_a_million_deep(self):
        self.check(answering(body=b"<a>" * 1_000_000, headers=XML), "skipped")

    def test_entities_that_multiply(self):
        bomb = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>"
        self.check(answering(body=bomb + RESPONSE % b"<value>&b;</value>", headers=XML), "skipped")


class WhatSupervisordMayNotAnswer(Trouble):
    def test_it_is_down(self):
        for program in self.PROGRAMS:
            for url in (f"unix://{self.dir}/nothing", "http://127.0.0.1:9"):
                with self.subTest((program, url)):
                    rig = Rig(self, program, *ARGUMENTS[program], server_url=url)
                    self.assert_one_line_a_tick(rig, "skipped")

    def test_it_hangs_up(self):
        self.check(hanging_up, "skipped")

    def test_it_speaks_another_protocol(self):
        self.check(saying(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "skipped")

    def test_its_answer_is_cut_off(self):
        self.check(answering(body=RESPONSE[:60], headers=XML, length=5000), "skipped")
        self.check(answering(body=RESPONSE[:60], headers=XML), "skipped")

    def test_its_answer_has_no_end(self):
        self.check(endless(b"<?xml version='1.0'?><methodResponse><params><param><value><string>"), "skipped")

    def test_while_it_hangs_events_are_acknowledged_and_the_listener_can_be_ended(self):
        for program in self.PROGRAMS:
            for behaviour in (hanging, dripping):
                with self.subTest((program, behaviour.__name__)):
                    self.count += 1
                    server = Server(self, behaviour, path=str(self.dir / f"rpc{self.count}"))
                    rig = Rig(self, program, *ARGUMENTS[program], server_url=server)
                    rig.tick()
                    wait_until(lambda: server.requests, "the call")  # pylint: disable=cell-var-from-loop
                    self.assertLess(max(rig.tick("TICK_5") for _ in range(20)), 1)
                    self.assertEqual(server.connections, 1)
                    rig.terminate(seconds=9.9)  # then supervisord would kill it

    def test_it_restarts(self):
        for program in self.PROGRAMS:
            with self.subTest(program):
                server = Server(self, processes([]), path=str(self.dir / program))
                rig = Rig(self, program, *ARGUMENTS[program], server_url=server)
                rig.tick()
                wait_until(lambda: len(server.requests) == 1, "the first list")  # pylint: disable=cell-var-from-loop
                server.stop()
                rig.tick()
                rig.wait_for_log("skipped")
                server.start()
                rig.tick()
                wait_until(lambda: len(server.requests) == 2, "the second list")  # pylint: disable=cell-var-from-loop
                rig.finish()
                self.assertEqual(rig.stderr.count("skipped"), 1)


class WaysToSupervisord(Workspace):
    """memmon restarts a process through each of them."""

    def restarts_through(self, url, env=None):
        mail = MailDrop(self, f"mail{len(list(self.dir.iterdir()))}")
        pid = self.supervisord.wait_for_size("web", 60)
        rig = Rig(self, "memmon", "-a", "50MB", "-m", "ops@example.com", "-s", mail.command, server_url=url, env=env)
        rig.tick()
        mail.wait()
        self.supervisord.wait_for_restart("web", pid)
        rig.finish()
        self.assertNotIn(PASSWORD, rig.stderr)

    def test_a_unix_socket_with_and_without_a_path_behind_it(self):
        self.supervisord = Supervisord(self, actor("web", "hold 60"))
        for path in ("", "/RPC2"):
            with self.subTest(path):
                self.restarts_through(self.supervisord.url + path)

    def test_tcp_with_and_without_a_slash_and_a_path(self):
        self.supervisord = Supervisord(self, actor("web", "hold 60"), unix=False, inet=free_port())
        for path in ("", "/", "/RPC2"):
            with self.subTest(path):
                self.restarts_through(self.supervisord.url + path)

    def test_user_and_password_from_the_environment(self):
        self.supervisord = Supervisord(self, actor("web", "hold 60"), inet=free_port(), password=PASSWORD)
        login = {"SUPERVISOR_USERNAME": USER, "SUPERVISOR_PASSWORD": PASSWORD}
        for url in (self.supervisord.url, self.supervisord.inet_url):
            with self.subTest(url):
                self.restarts_through(url, login)

    def test_user_and_password_from_the_url(self):
        self.supervisord = Supervisord(self, actor("web", "hold 60"), inet=free_port(), password="p@ss word")
        self.restarts_through(self.supervisord.inet_url.replace("://", f"://{USER}:p%40ss%20word@"))

    def test_a_wrong_password_is_one_line_and_not_shown(self):
        self.supervisord = Supervisord(self, actor("web", "hold 60"), password=PASSWORD)
        pid = self.supervisord.wait_for_size("web", 60)
        env = {"SUPERVISOR_USERNAME": USER, "SUPERVISOR_PASSWORD": "hunter2"}
        rig = Rig(self, "memmon", "-a", "50MB", server_url=self.supervisord, env=env)
        rig.tick()
        rig.wait_for_log("SUPERVISOR_USERNAME|password")
        rig.finish()
        self.assertNotIn("hunter2", rig.stderr)
        self.assertEqual(self.supervisord.pid("web"), pid)

    def test_https_only_with_a_certificate_that_can_be_verified(self):
        certificates = Certificates(self.dir)
        server = Server(self, processes([]), tls=certificates.context)
        for trust in (None, {"SSL_CERT_FILE": certificates.authority}):
            rig = Rig(self, "memmon", *ARGUMENTS["memmon"], server_url=server, env=trust)
            rig.tick()
            if trust:
                wait_until(lambda: server.requests, "the call")
                rig.finish()
                self.assertNotIn("skipped", rig.stderr)
            else:
                rig.wait_for_log("(?i)certificate")
                self.assertEqual(server.requests, [])

    def test_a_proxy_in_the_environment_is_ignored(self):
        proxy = Server(self, answering(500))
        self.supervisord = Supervisord(self, actor("web", "hold 60"), unix=False, inet=free_port())
        self.restarts_through(self.supervisord.url, dict.fromkeys(("http_proxy", "all_proxy", "ALL_PROXY"), proxy.url))
        self.assertEqual(proxy.connections, 0)


if __name__ == "__main__":
    unittest.main()
