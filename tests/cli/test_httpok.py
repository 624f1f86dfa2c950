"""httpok between a web server that misbehaves as told and a real supervisord; the ticks come from the test."""

import threading
import time
import unittest

from support.mail import MailDrop
from support.rig import Rig
from support.server import (Certificates, Server, answering, demanding_login, dripping, endless, hanging, hanging_up,
                            saying)
from support.supervisord import Supervisord, listener, program
from support.workspace import PATIENCE, Workspace, binary, wait_until

ADDRESS = ("-m", "ops@example.com")
BROKEN = answering(500, b"oops", "Internal Server Error")


class Httpok(Workspace):
    def setUp(self):
        super().setUp()
        self.mail = MailDrop(self)

    def supervise(self, *sections, **options):
        self.supervisord = Supervisord(self, *(sections or [program("web", "sleep 600")]), **options)
        self.pids = {}
        for info in self.supervisord.rpc.getAllProcessInfo():
            name = f"{info['group']}:{info['name']}"
            if info["statename"] not in ("STOPPED", "FATAL"):
                self.pids[name] = self.supervisord.wait_for_state(name, "RUNNING")
        self.surveys = self.supervisord.calls_answered("supervisor.getAllProcessInfo")

    def httpok(self, *arguments, **options):
        return Rig(self, "httpok", "-s", self.mail.command, *arguments, server_url=self.supervisord, **options)

    def assert_restarted(self, *names):
        for name in names:
            self.supervisord.wait_for_restart(name, self.pids[name])
        changed = {name for name, pid in self.pids.items() if self.supervisord.pid(name) != pid}
        self.assertEqual(changed, set(names))

    def begin(self, url, *arguments, env=None):
        """httpok for `-p web`, told of one tick."""
        self.supervise()
        rig = self.httpok("-p", "web", *ADDRESS, *arguments, url, env=env)
        rig.tick()
        return rig

    def mail_about(self, url, *arguments, env=None):
        """The one mail about a bad answer; it goes out when the restart is done."""
        self.rig = self.begin(url, *arguments, env=env)
        self.mail.wait()
        self.assert_restarted("web:web")
        self.rig.finish()
        self.assertEqual(len(self.mail.raw), 1)
        return self.mail.messages[0]

    def judged(self, server, rig, count=1):
        """Waits until httpok is done with `count` checks: it begins the next one only then."""
        wait_until(lambda: len(server.requests) >= count, f"check {count}")
        rig.tick()
        wait_until(lambda: len(server.requests) > count, f"check {count + 1}")
        rig.finish()

    def assert_healthy(self, behaviour, *arguments, path="/", login="", env=None, **server):
        server = Server(self, behaviour, **server)
        self.rig = self.begin(server.url.replace("://", f"://{login}") + path, *arguments, env=env)
        self.judged(server, self.rig)
        self.assertEqual(self.mail.subjects, [])
        self.assert_restarted()
        return server

    def assert_bad(self, what, behaviour, *arguments, path="/", env=None, **server):
        server = Server(self, behaviour, **server)
        mail = self.mail_about(server.url + path, *arguments, env=env)
        self.assertEqual(mail["Subject"], f"httpok: {server.url}{path}: bad {what} returned")
        return mail


class WhatIsHealthy(Httpok):
    def test_status_200_leaves_everything_alone(self):
        server = self.assert_healthy(answering(), path="/deep/path?query=1&x=%20")
        self.assertEqual((server.requests[0].method, server.requests[0].path), ("GET", "/deep/path?query=1&x=%20"))
        self.assertIn("httpok", server.requests[0].headers["user-agent"])

    def test_another_status_restarts_the_program_and_is_mailed(self):
        mail = self.assert_bad("status", BROKEN)
        self.assertEqual(mail["To"], "ops@example.com")
        self.assertIn("500 Internal Server Error", mail.get_content())
        self.assertIn("web", mail.get_content())

    def test_codes_that_are_expected_are_healthy(self):
        self.assert_healthy(answering(204, reason="No Content"), "-c", "200", "--code=204")

    def test_200_is_bad_where_other_codes_are_expected(self):
        self.assert_bad("status", answering(), "-c", "404", "-c", "503")

    def test_a_redirect_is_not_followed(self):
        elsewhere = Server(self, answering())
        self.assert_bad("status", answering(302, reason="Found", headers=[f"Location: {elsewhere.url}/"]))
        self.assertEqual(elsewhere.connections, 0)

    def test_a_redirect_may_be_what_is_expected(self):
        self.assert_healthy(answering(302, reason="Found", headers=["Location: /"]), "-c302")

    def test_a_body_with_the_text_is_healthy(self):
        self.assert_healthy(answering(body=b"<p>all is well</p>"), "-b", "is well")

    def test_a_body_without_the_text_is_bad(self):
        self.assert_bad("body", answering(body=b"all is lost"), "--body", "is well")

    def test_the_body_is_searched_as_bytes(self):
        self.assert_healthy(answering(body=b"\x00\xff\xfe\x00gr\xfc\xdfe\x00"), "-b", b"gr\xfc\xdfe")

    def test_a_body_that_is_not_utf_8_can_lack_the_text(self):
        self.assert_bad("body", answering(body=b"\xff\xfegr\xfc\xdfe"), "-b", "größe")

    def test_the_text_is_found_at_the_end_of_a_huge_body(self):
        self.assert_healthy(answering(body=b"x" * 30_000_000 + b"needle"), "-b", "needle")

    def test_an_expected_status_with_a_bad_body_is_bad(self):
        self.assert_bad("body", answering(404, b"no", "Not Found"), "-c404", "-b", "gone fishing")


class WhatIsNoAnswer(Httpok):
    def assert_bad_within(self, least, most, behaviour, *arguments):
        began = time.monotonic()
        mail = self.assert_bad("status", behaviour, *arguments)
        took = time.monotonic() - began
        self.assertGreater(took, least)
        self.assertLess(took, most)
        return mail

    def test_a_server_that_hangs_is_given_up_after_timeout(self):
        self.assert_bad_within(1, 20, hanging, "-t", "1")

    def test_timeout_bounds_the_whole_check_however_steadily_the_server_drips(self):
        self.assert_bad_within(1, 20, dripping, "--timeout=1")

    def test_an_endless_body_is_given_up_after_timeout(self):
        self.assert_bad_within(1, 20, endless(), "-t1", "-b", "needle")

    def test_a_server_that_hangs_up_is_bad(self):
        self.assert_bad_within(0, 20, hanging_up, "-t", "2")

    def test_a_body_that_is_cut_off_is_bad(self):
        self.assert_bad("status", answering(body=b"half", length=8), "-t", "2")

    def test_an_answer_that_is_not_http_is_bad(self):
        self.assert_bad("status", saying(b"220 mail.example.com ESMTP\r\n"), "-t", "2")

    def test_a_refused_connection_is_tried_again_within_timeout(self):
        self.supervise()
        server = Server(self, answering(), start=False)
        rig = self.httpok("-p", "web", *ADDRESS, "-t", "20", server.url)
        rig.tick()
        time.sleep(0.5)  # let it be refused; were it slower, the test would only be easier
        server.start()
        self.judged(server, rig)
        self.assertEqual(self.mail.raw, [])
        self.assert_restarted()

    def test_a_connection_refused_until_timeout_is_bad(self):
        server = Server(self, answering(), start=False)
        began = time.monotonic()
        mail = self.mail_about(server.url, "-t", "1")
        self.assertGreater(time.monotonic() - began, 1)
        self.assertEqual(mail["Subject"], f"httpok: {server.url}: bad status returned")

    def test_a_name_that_does_not_resolve_is_bad(self):
        mail = self.mail_about("http://nowhere.invalid/", "-t", "3")
        self.assertEqual(mail["Subject"], "httpok: http://nowhere.invalid/: bad status returned")


class HowItConnects(Httpok):
    def test_https_with_a_certificate_nobody_vouches_for_is_bad(self):
        tls = Certificates(self.dir).context
        self.assert_bad("status", answering(), "-t", "3", tls=tls)

    def test_https_with_a_trusted_certificate_is_healthy(self):
        certificates = Certificates(self.dir)
        self.assert_healthy(answering(), tls=certificates.context, env={"SSL_CERT_FILE": certificates.authority})

    def test_https_with_a_trusted_certificate_of_another_host_is_bad(self):
        certificates = Certificates(self.dir)
        self.assert_bad("status", answering(), "-t", "3", host="127.0.0.2", tls=certificates.context,
                        env={"SSL_CERT_FILE": certificates.authority})

    def test_an_ipv6_address_is_reached(self):
        self.assert_healthy(answering(), host="::1")

    def test_a_proxy_in_the_environment_is_ignored(self):
        proxy = Server(self, BROKEN)
        self.assert_healthy(answering(), env=dict.fromkeys(("http_proxy", "all_proxy", "ALL_PROXY"), proxy.url))
        self.assertEqual(proxy.connections, 0)

    def test_user_and_password_in_the_url_are_sent_as_basic_authentication(self):
        server = self.assert_healthy(demanding_login("operator", "s3cret@x"), login="operator:s3cret%40x@")
        self.assertEqual(server.requests[-1].login, "operator:s3cret@x")

    def test_a_password_is_shown_in_no_log_and_no_mail(self):
        server = Server(self, demanding_login("operator", "right"))
        mail = self.mail_about(server.url.replace("://", "://operator:hunter2@"))
        self.assertRegex(mail["Subject"], r"^httpok: http://.*: bad status returned$")
        for text in (mail.as_string(), self.rig.stderr):
            self.assertNotIn("hunter2", text)

    def test_an_answer_whose_reason_tries_to_inject_a_header_is_harmless(self):
        answer = b"HTTP/1.1 500 a\rBcc: x@example.com\x1b[31m\r\nContent-Length: 0\r\n\r\n"
        mail = self.assert_bad("status", saying(answer))
        self.assertNotIn("Bcc", mail)


class WhomItRestarts(Httpok):
    GROUPS = (program("a", "sleep 600"), program("b", "sleep 600"), program("c", "sleep 600"),
              "[group:g]\nprograms=a,b\n", "[group:h]\nprograms=c\n")

    def restarted_by(self, *arguments, sections=GROUPS):
        self.supervise(*sections)
        rig = self.httpok(*arguments, *ADDRESS, Server(self, BROKEN).url)
        rig.tick()
        self.mail.wait()
        rig.finish()
        return {name for name, pid in self.pids.items() if self.supervisord.pid(name) != pid}

    def test_a_bare_name(self):
        self.assertEqual(self.restarted_by("-p", "a"), {"g:a"})

    def test_a_name_with_its_group(self):
        self.assertEqual(self.restarted_by("--program=g:b", "-p", "h:a"), {"g:b"})

    def test_several(self):
        self.assertEqual(self.restarted_by("-pa", "--prog", "h:c"), {"g:a", "h:c"})

    def test_any_overrides_programs(self):
        self.assertEqual(self.restarted_by("-p", "a", "--any"), {"g:a", "g:b", "h:c"})

    def test_a_program_that_does_not_exist_is_named_in_the_mail(self):
        self.assertEqual(self.restarted_by("-p", "a", "-p", "nobody"), {"g:a"})
        self.assertIn("nobody", self.mail.messages[0].get_content())

    def test_a_program_that_does_not_run_is_not_started(self):
        self.restarted_by("-p", "off", sections=[program("off", "sleep 600", autostart="false")])
        self.assertEqual(self.supervisord.state("off"), "STOPPED")

    def test_any_restarts_programs_but_neither_itself_nor_any_other_listener(self):
        server = Server(self, BROKEN)
        self.supervise(program("web", "sleep 600"), program("job", "sleep 600"),
                       listener("crashmail", binary("crashmail"), "PROCESS_STATE_EXITED"),
                       listener("httpok", f"{binary('httpok')} -a -m x@example.com -s {self.mail.option} {server.url}",
                                "TICK_5"))
        self.mail.wait()
        self.assert_restarted("web:web", "job:job")
        time.sleep(0.5)  # a restart that should not be would have begun with the others
        self.assert_restarted("web:web", "job:job")


class WhenItLooks(Httpok):
    SECTIONS = (program("off", "sleep 600", autostart="false"), "[group:g]\nprograms=off\n",
                program("on", "sleep 600"))

    def assert_asks_nothing(self, *arguments, sections=SECTIONS):
        """Two surveys of the processes, the second begun when the first was judged, and not one request."""
        self.supervise(*sections, loglevel="trace")
        server = Server(self, BROKEN)
        rig = self.httpok(*arguments, *ADDRESS, server.url)
        for count in (1, 2):
            rig.tick()
            wait_until(lambda: self.supervisord.calls_answered("supervisor.getAllProcessInfo") >= self.surveys + count,
                       f"survey {count}")
        rig.finish()
        self.assertEqual((server.connections, self.mail.raw), (0, []))

    def assert_asks(self, *arguments):
        self.supervise(*self.SECTIONS)
        server = Server(self, answering())
        rig = self.httpok(*arguments, *ADDRESS, server.url)
        rig.tick()
        self.judged(server, rig)

    def test_not_eager_it_does_not_ask_for_a_program_that_does_not_run(self):
        self.assert_asks_nothing("-E", "-p", "off")

    def test_not_eager_it_does_not_ask_for_a_program_named_with_its_group_that_does_not_run(self):
        self.assert_asks_nothing("--not-eager", "-p", "g:off")

    def test_not_eager_it_asks_for_a_program_named_with_its_group_that_runs(self):
        self.assert_asks("-E", "-p", "on:on", "-p", "g:off")

    def test_not_eager_with_any_it_asks_while_anything_runs(self):
        self.assert_asks("-E", "-a")

    def test_not_eager_with_any_it_does_not_ask_while_nothing_runs(self):
        self.assert_asks_nothing("-E", "-a", sections=self.SECTIONS[:2])

    def test_the_last_of_eager_and_not_eager_counts(self):
        self.assert_asks_nothing("-e", "-E", "-p", "off")

    def test_eager_it_asks_and_mails_though_nothing_runs(self):
        self.supervise(*self.SECTIONS)
        for count, spelling in enumerate(((), ("-e",), ("--eager",), ("-E", "-e")), 1):
            with self.subTest(spelling):
                rig = self.httpok(*spelling, "-p", "off", *ADDRESS, Server(self, BROKEN).url)
                rig.tick()
                self.mail.wait(count)
                rig.finish()
        self.assertEqual(self.supervisord.state("g:off"), "STOPPED")

    def test_events_that_are_no_ticks_make_it_ask_nothing(self):
        self.supervise()
        server = Server(self, answering())
        rig = self.httpok("-p", "web", server.url)
        for _ in range(2):
            rig.send("PROCESS_STATE_RUNNING", "processname:web groupname:web from_state:STARTING pid:1")
            rig.send("REMOTE_COMMUNICATION", "type:TICK_60\nTICK_60")
        rig.tick("TICK_5")
        self.judged(server, rig)
        self.assertEqual(len(server.requests), 2)

    def test_ticks_that_pile_up_are_one(self):
        self.supervise()
        going_on = threading.Event()
        server = Server(self, lambda request, connection: going_on.wait(PATIENCE) and connection.answer())
        rig = self.httpok("-p", "web", "-t", "60", server.url)
        for tick in ("TICK_5", "TICK_60", "TICK_3600", *["TICK_5"] * 20):
            rig.tick(tick)
        wait_until(lambda: server.requests, "the first check")
        going_on.set()
        self.judged(server, rig, 2)
        self.assertEqual(len(server.requests), 3)


class WhatItSays(Httpok):
    def test_its_name_stands_in_the_subject(self):
        for arguments in (("-n", "shop"), ("--name=shop",)):
            with self.subTest(arguments):
                self.mail = MailDrop(self, "mail" + arguments[0].split("=")[0])
                server = Server(self, BROKEN)
                mail = self.mail_about(server.url + "/x", *arguments)
                self.assertEqual(mail["Subject"], f"httpok [shop]: {server.url}/x: bad status returned")

    def test_without_an_address_nothing_is_mailed(self):
        self.supervise()
        rig = self.httpok("-p", "web", Server(self, BROKEN).url)
        rig.tick()
        self.assert_restarted("web:web")
        rig.finish()
        self.assertEqual(self.mail.attempts, 0)
        self.assertIn("500", rig.stderr)

    def test_the_core_of_the_hung_process_is_taken_before_it_is_stopped_and_the_output_mailed(self):
        gcore = self.write("gcore", f"#!/bin/sh\nkill -0 $3 && echo \"core of $3 in $2 ($1)\"\n"
                                    f"echo \"$@\" > {self.dir}/taken\n", 0o755)
        server = Server(self, BROKEN)
        mail = self.mail_about(server.url, "-g", f"{gcore} -o", "-d", str(self.dir))
        self.assertIn(f"core of {self.pids['web:web']} in {self.dir}/web (-o)", mail.get_content())
        self.assertEqual((self.dir / "taken").read_text().split()[1], f"{self.dir}/web")

    def test_a_core_that_cannot_be_taken_does_not_keep_the_program_from_being_restarted(self):
        server = Server(self, BROKEN)
        mail = self.mail_about(server.url, "--gcore=/nonexistent/gcore", f"--coredir={self.dir}")
        self.assertIn("/nonexistent/gcore", mail.get_content())

    def test_without_a_directory_no_core_is_taken(self):
        gcore = self.write("gcore", f"#!/bin/sh\ntouch {self.dir}/taken\n", 0o755)
        self.mail_about(Server(self, BROKEN).url, "-g", gcore)
        self.assertFalse((self.dir / "taken").exists())

    def test_a_failed_start_is_logged_and_mailed(self):
        begun = self.dir / "begun"
        path = self.write("own", f"#!/bin/sh\ntouch {begun}\nexec sleep 600\n", 0o755)
        self.supervise(program("web", path))
        wait_until(begun.exists, "web to have read its script")
        (self.dir / "own").rename(self.dir / "away")
        rig = self.httpok("-p", "web", *ADDRESS, Server(self, BROKEN).url)
        rig.tick()
        rig.wait_for_log("(?i)web.*(failed|could not).*start|(failed|could not).*start.*web")
        (self.dir / "away").rename(self.dir / "own")
        self.supervisord.wait_for_restart("web", self.pids["web:web"], seconds=60)

    def test_long_options_are_understood(self):
        self.supervise()
        server = Server(self, answering(body=b"no"))
        rig = Rig(self, "httpok", "--program=web", "--timeout=5", "--code=200", "--body=yes", "--email=a@x", "--name=N",
                  f"--sendmail_program={self.mail.command}", "--gcore=true", "--coredir=/tmp", "--eager",
                  server.url, server_url=self.supervisord)
        rig.tick()
        mail = self.mail.wait()[0]
        self.assertEqual((mail["Subject"], mail["To"]), (f"httpok [N]: {server.url}: bad body returned", "a@x"))


if __name__ == "__main__":
    unittest.main()
