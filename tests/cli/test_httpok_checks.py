"""httpok with several checks, of every kind, and its table; between servers that misbehave and a real supervisord."""

import os
import re
import subprocess
import time
import unittest

from support.rig import INHERITED
from support.server import Certificates, Server, answering, hanging
from support.supervisord import Supervisord, program
from support.system import free_port
from support.workspace import Workspace, binary, wait_until
from test_httpok import ADDRESS, BROKEN, Httpok

NUMBERED = program("web", "sleep 600", numprocs=3, process_name="%(program_name)s_%(process_num)02d")
PAIR = (program("one", "sleep 600"), program("two", "sleep 600"))
SUPERLANCES = ("program", "any", "gcore", "coredir", "timeout", "code", "body", "sendmail_program", "email", "eager",
               "not-eager", "name", "help", "version")
FLAGS = ("any", "eager", "not-eager", "help", "version")


def by_path(**statuses):
    """Answers /name with its status, and everything else with 200."""
    def behave(request, connection):
        connection.answer(statuses.get(request.path.strip("/"), 200))
    return behave


class Checks(Httpok):
    def tick_of(self, *arguments, **options):
        rig = self.httpok(*arguments, **options)
        rig.tick()
        return rig

    def assert_verdict(self, good, server, *arguments, env=None):
        """What httpok finds in one check of `server` that is about nothing."""
        asked, mailed = len(server.requests), len(self.mail.subjects)
        rig = self.tick_of(*ADDRESS, "-t", "20", *arguments, env=env)
        if good:
            self.judged(server, rig, asked + 1)
            self.assertEqual(len(self.mail.subjects), mailed)
        else:
            self.mail.wait(mailed + 1)
            rig.finish()
        return rig


class SeveralChecks(Checks):
    def test_each_restarts_its_own_processes_only(self):
        self.supervise(*PAIR)
        server = Server(self, by_path(b=503))
        rig = self.tick_of("--check", f"one={server.url}/a", "--check", f"two={server.url}/b", *ADDRESS)
        self.mail.wait()
        self.assert_restarted("two:two")
        rig.finish()
        self.assertEqual(self.mail.subjects, [f"httpok: {server.url}/b: bad status returned"])
        self.assertIn("two restarted", self.mail.messages[0].get_content())

    def test_with_placeholders_the_process_that_fails_is_restarted_alone(self):
        self.supervise(NUMBERED)
        server = Server(self, by_path(**{"01": 500}))
        rig = self.tick_of("--check", f"web:*={server.url}/{{num}}", *ADDRESS)
        self.mail.wait()
        self.assert_restarted("web:web_01")
        rig.finish()
        self.assertEqual({request.path for request in server.requests}, {"/00", "/01", "/02"})
        self.assertEqual(self.mail.subjects, [f"httpok: {server.url}/01: bad status returned"])

    def test_the_url_and_checks_go_together(self):
        self.supervise(*PAIR)
        server = Server(self, BROKEN)
        rig = self.tick_of("-p", "one", f"{server.url}/a", "--check", f"two={server.url}/b", *ADDRESS)
        self.mail.wait(2)
        self.assert_restarted("one:one", "two:two")
        rig.finish()

    def test_a_check_that_hangs_keeps_no_other_waiting(self):
        self.supervise()
        stuck, well = Server(self, hanging), Server(self, answering())
        rig = self.httpok("-t", "60", "--check", f"{stuck.url}/", "--check", f"{well.url}/")
        for count in range(1, 5):
            rig.tick()
            wait_until(lambda: len(well.requests) >= count, f"round {count}")
        self.assertEqual(stuck.connections, 1)
        began = time.monotonic()
        rig.finish()
        self.assertLess(time.monotonic() - began, 5)  # what is under way is of no use any more

    def test_a_hundred_targets_that_hang_cost_one_timeout(self):
        self.supervise()
        server = Server(self, hanging)
        targets = [f"{server.url}/{number}" for number in range(100)]
        rig = self.httpok("-t", "3", *(word for target in targets for word in ("--check", target)))
        began = time.monotonic()
        rig.tick()
        rig.wait_for_log("^error contacting", count=100)
        took = time.monotonic() - began
        self.assertGreater(took, 2.9)
        self.assertLess(took, 6)
        self.assertEqual({request.path for request in server.requests}, {f"/{number}" for number in range(100)})

    def test_descriptors_are_bounded_however_many_targets_there_are(self):
        self.supervise()
        server = Server(self, hanging)
        words = [word for number in range(450) for word in ("--check", f"{server.url}/{number}")]
        rig = self.httpok("-t", "3", *words)
        rig.tick()
        most = 0

        def all_were_asked():
            nonlocal most
            most = max(most, len(os.listdir(f"/proc/{rig.process.pid}/fd")))
            return len(server.requests) == 450
        wait_until(all_were_asked, lambda: f"450 requests, had {len(server.requests)}")
        self.assertLess(most, 250)

    def test_what_a_check_finds_is_told_when_it_begins_and_not_on_every_tick(self):
        self.supervise()
        broken, other = Server(self, BROKEN), Server(self, answering())
        rig = self.httpok(*ADDRESS, "--check", f"{broken.url}/", "--check", f"{other.url}/")
        for count in range(1, 5):
            rig.tick()
            wait_until(lambda: min(len(broken.requests), len(other.requests)) >= count, f"round {count}")
        rig.wait_for_log("status contacting", count=4)
        rig.finish()
        self.assertEqual(self.mail.subjects, [f"httpok: {broken.url}/: bad status returned"])


class ChecksFile(Checks):
    def test_its_checks_have_settings_of_their_own(self):
        self.supervise(*PAIR)
        server = Server(self, lambda request, connection: connection.answer(
            204 if request.headers.get("x-token") == "secret" else 401))
        path = self.write("checks", f"# who may\none={server.url}/a\n  header = X-Token: secret\n\tcode=2xx\n"
                                    f"two={server.url}/b\n  code=404,  410-499\n")
        rig = self.tick_of("--checks", path, *ADDRESS)
        self.mail.wait()
        self.assert_restarted("two:two")
        rig.finish()
        self.assertEqual(self.mail.subjects, [f"httpok: {server.url}/b: bad status returned"])
        self.assertNotIn("secret", rig.stderr)

    def test_what_is_wrong_in_it_is_said_with_its_line(self):
        for text, where in (("a=http://x/\n\nb=gopher://x/\n", ":3: "), ("a=http://x/\n  code=ok\n", ":2: code: "),
                            ("  code=200\n", ":1: "), ("# nothing\n", "no check"), ("a=http://x/\n  regex=(\n", ":2: ")):
            with self.subTest(text):
                path = self.write("checks", text)
                done = subprocess.run([binary("httpok"), "--checks", path], capture_output=True, check=False, text=True)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(path, done.stderr)
                self.assertIn(where, done.stderr)

    def test_one_that_cannot_be_read_is_a_usage_error(self):
        for option in ("--checks", "--cacert"):
            done = subprocess.run([binary("httpok"), option, "/nonexistent/file", "http://x/"], capture_output=True,
                                  check=False, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn("/nonexistent/file: No such file", done.stderr)


class HowItAsks(Checks):
    def setUp(self):
        super().setUp()
        self.supervise()

    def test_a_class_of_statuses_is_good(self):
        server = Server(self, answering(204, reason="No Content"))
        self.assert_verdict(True, server, "-c", "2xx", server.url)

    def test_a_status_outside_of_a_range_is_bad(self):
        server = Server(self, answering(302))
        self.assert_verdict(False, server, "--code", "200-299", server.url)

    def test_headers_and_method_are_sent(self):
        server = Server(self, answering())
        self.assert_verdict(True, server, "--header", "X-Probe: 1", "--header", "user-agent: me", "--header", "Empty:",
                            "--method", "options", server.url)
        request = server.requests[0]
        self.assertEqual(request.method, "OPTIONS")
        self.assertEqual((request.headers["x-probe"], request.headers["user-agent"], request.headers["empty"]),
                         ("1", "me", ""))

    def test_a_head_request_waits_for_no_body(self):
        server = Server(self, answering(length=5000))
        self.assert_verdict(True, server, "--method", "HEAD", server.url)

    def test_a_body_that_matches_is_good(self):
        server = Server(self, answering(body=b'{"db": "up",\n "cache":"up"}'))
        self.assert_verdict(True, server, "--regex", '^ "cache": *"(up|idle)"', server.url)

    def test_a_body_that_does_not_match_is_bad(self):
        server = Server(self, answering(body=b'{"db": "down"}'))
        self.assert_verdict(False, server, "--regex", '"db": *"up"', server.url)
        self.assertIn('the body does not match ""db": *"up""', self.mail.messages[0].get_content())

    def test_the_first_megabyte_is_matched_and_no_more(self):
        server = Server(self, answering(body=b"x" * 1_048_500 + b"needle" + b"y" * 1000 + b"hay"))
        self.assert_verdict(True, server, "--regex", "needle", server.url)
        self.assert_verdict(False, server, "--regex", "hay", server.url)

    def test_http_over_a_unix_socket(self):
        server = Server(self, answering(), path=str(self.dir / "web.sock"))
        for target in (f"http://unix:{server.path}:/health?x=1", f"unix://{server.path}:/health?x=1"):
            with self.subTest(target):
                count = len(server.requests)
                self.assert_verdict(True, server, target)
                self.assertEqual(server.requests[count].path, "/health?x=1")

    def test_a_certificate_that_nobody_vouches_for_is_good_on_request(self):
        server = Server(self, answering(), tls=Certificates(self.dir).context)
        self.assert_verdict(True, server, "--insecure", server.url)
        self.assert_verdict(False, server, server.url)

    def test_a_certificate_of_an_own_authority_is_good(self):
        certificates = Certificates(self.dir)
        server = Server(self, answering(), tls=certificates.context)
        self.assert_verdict(True, server, "--cacert", certificates.authority, server.url)


class OtherTargets(Checks):
    def assert_restarts(self, *checks):
        """The one whose check fails, of the two programs."""
        self.supervise(*PAIR)
        rig = self.tick_of(*ADDRESS, "-t", "2", *(word for check in checks for word in ("--check", check)))
        self.mail.wait()
        self.assert_restarted("two:two")
        rig.finish()
        self.assertEqual(len(self.mail.raw), 1)
        return self.mail.messages[0]

    def test_a_port(self):
        port = free_port()
        server = Server(self, hanging)
        mail = self.assert_restarts(f"one=tcp://127.0.0.1:{server.port}", f"two=tcp://127.0.0.1:{port}")
        self.assertEqual(mail["Subject"], f"httpok: tcp://127.0.0.1:{port}: check failed")
        self.assertIn("refused", mail.get_content())

    def test_a_command(self):
        mail = self.assert_restarts("one=exec:test {name} = one", "two=exec:echo not {name}; exit 3")
        self.assertIn("status 3: not two", mail.get_content())

    def test_a_command_that_hangs_is_ended(self):
        mail = self.assert_restarts("one=exec:true", f"two=exec:echo $$ > {self.dir}/pid; exec sleep 60")
        self.assertIn("killed after 2 s", mail.get_content())
        pid = int((self.dir / "pid").read_text())
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the command")

    def test_a_socket_and_a_file(self):
        server = Server(self, hanging, path=str(self.dir / "a.sock"))
        self.assert_restarts(f"one=unix://{server.path}", f"two=file://{self.dir}/nothing")

    def test_a_port_that_opens_in_time_is_good(self):
        self.supervise()
        server = Server(self, hanging, start=False)
        rig = self.tick_of("-t", "30", *ADDRESS, "--check", f"web=tcp://127.0.0.1:{server.port}")
        rig.tick()
        time.sleep(0.3)  # let it be refused; were it slower, the test would only be easier
        server.start()
        wait_until(lambda: server.connections >= 2, "the second round, which the first one's end began")
        rig.finish()
        self.assertEqual(self.mail.raw, [])
        self.assert_restarted()


class WhatIsDown(Checks):
    SECTIONS = (program("failed", "false", startsecs=60, startretries=0), program("stopped", "sleep 600"),
                program("done", "true", startsecs=0, autorestart="false"),
                program("never", "sleep 600", autostart="false"))

    def setUp(self):
        super().setUp()
        self.supervisord = Supervisord(self, *self.SECTIONS)
        self.supervisord.wait_for_state("failed", "FATAL")
        self.supervisord.wait_for_state("done", "EXITED")
        self.supervisord.wait_for_state("stopped", "RUNNING")
        self.supervisord.rpc.stopProcess("stopped")

    def test_it_is_left_alone_without_being_asked_for(self):
        rig = self.tick_of(*ADDRESS, "--check", "failed,done,never,stopped=exec:false")
        self.mail.wait()
        rig.finish()
        states = {name: self.supervisord.state(name) for name in ("failed", "done", "never", "stopped")}
        self.assertEqual(states, {"failed": "FATAL", "done": "EXITED", "never": "STOPPED", "stopped": "STOPPED"})

    def test_it_is_started_on_request_but_not_what_somebody_has_stopped(self):
        rig = self.tick_of(*ADDRESS, "--start-if-not-running", "--check", "done,never,stopped=exec:false")
        self.supervisord.wait_for_state("never", "RUNNING")
        self.mail.wait()
        rig.finish()
        text = self.mail.messages[0].get_content()
        for line in ("never is in STOPPED state, starting", "never started", "done is in EXITED state, starting",
                     "done started", "stopped not in RUNNING state, NOT restarting"):
            self.assertIn(line, text)
        self.assertEqual(self.supervisord.state("stopped"), "STOPPED")


class Guarded(Checks):
    def test_it_is_restarted_after_so_many_failures_in_a_row(self):
        self.supervise()
        server = Server(self, BROKEN)
        rig = self.httpok("-p", "web", *ADDRESS, "--failures", "3", server.url)
        for count in (1, 2):
            rig.tick()
            rig.wait_for_log(f"failure {count} of 3")
            self.assertEqual(self.supervisord.pid("web"), self.pids["web:web"])
        rig.tick()
        self.mail.wait()
        self.assert_restarted("web:web")
        rig.finish()
        self.assertEqual(len(self.mail.raw), 1)

    def test_a_dry_run_restarts_nothing_and_tells_nobody(self):
        self.supervise()
        rig = self.tick_of("-p", "web", *ADDRESS, "--dry-run", Server(self, BROKEN).url)
        rig.wait_for_log("would restart web")
        rig.finish()
        self.assert_restarted()
        self.assertEqual(self.mail.raw, [])

    def test_hooks_run_around_the_restart(self):
        self.supervise()
        hook = f"echo $KEENLANCE_PROCESS $KEENLANCE_RESULT \"$KEENLANCE_REASON\" >> {self.dir}/hooks"
        server = Server(self, BROKEN)
        rig = self.tick_of("-p", "web", "--pre-cmd", hook, "--post-cmd", hook, server.url)
        self.assert_restarted("web:web")
        wait_until(lambda: len((self.dir / "hooks").read_text().splitlines()) == 2, "both hooks")
        rig.finish()
        reason = f"status contacting {server.url}: 500 Internal Server Error"
        self.assertEqual((self.dir / "hooks").read_text(), f"web {reason}\nweb restarted {reason}\n")


class Once(Checks):
    def once(self, *arguments, env=None):
        base = {name: os.environ[name] for name in INHERITED if name in os.environ}
        done = subprocess.run([binary("httpok"), "--once", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              env={**base, **(env or {})}, cwd="/", timeout=60, check=False, text=True)
        self.assertFalse(re.search("Sanitizer|runtime error:", done.stderr), done.stderr)
        return done.returncode, [re.split("  +", line) for line in done.stdout.splitlines()], done.stderr

    def test_a_table_says_what_it_would_restart_and_it_restarts_nothing(self):
        self.supervise(NUMBERED)
        server = Server(self, by_path(**{"01": 500}))
        for where in (("--serverurl", self.supervisord.url), ("--configuration", self.supervisord.config)):
            with self.subTest(where):
                status, table, errors = self.once(*where, "--check", f"web:*={server.url}/{{num}}")
                self.assertEqual((status, errors), (1, ""))
                self.assertEqual(table[0], ["CHECK", "TARGET", "ANSWER", "TIME", "VERDICT", "WOULD RESTART"])
                rows = [row[:3] + row[4:] for row in table[1:]]
                self.assertEqual(rows, [["web:web_00", f"{server.url}/00", "200 OK", "good", "-"],
                                        ["web:web_01", f"{server.url}/01", "500 OK", "BAD", "web:web_01"],
                                        ["web:web_02", f"{server.url}/02", "200 OK", "good", "-"]])
        self.assert_restarted()

    def test_all_good_is_0_and_needs_no_supervisord_where_it_is_about_no_process(self):
        server = Server(self, answering())
        status, table, errors = self.once(f"{server.url}/x")
        self.assertEqual((status, errors, len(table)), (0, "", 2))
        self.assertEqual(table[1][:3], ["-", f"{server.url}/x", "200 OK"])

    def test_without_supervisord_it_says_that_it_does_not_know_what_would_be_restarted(self):
        server = Server(self, BROKEN)
        status, table, errors = self.once("-p", "web", "--serverurl", "unix:///nonexistent.sock", server.url)
        self.assertEqual((status, table[1][-2:]), (1, ["BAD", "?"]))
        self.assertIn("/nonexistent.sock", errors)

    def test_without_supervisord_there_are_no_processes_to_fill_in(self):
        status, table, errors = self.once("--serverurl", "unix:///nonexistent.sock", "--check", "a*=http://x:80{num}/")
        self.assertEqual((status, table), (3, []))
        self.assertIn("supervisord", errors)

    def test_a_wrong_option_is_2(self):
        for arguments in ((), ("--serverurl", "gopher://x", "http://127.0.0.1:1/"), ("-c", "x", "http://x/"),
                          ("http://a/", "http://b/")):
            with self.subTest(arguments):
                status, table, errors = self.once(*arguments)
                self.assertEqual((status, table), (2, []))
                self.assertEqual(len(errors.splitlines()), 1)

    def test_a_password_is_not_in_the_table(self):
        server = Server(self, BROKEN)
        status, table, errors = self.once(server.url.replace("://", "://me:hunter2@"))
        self.assertEqual(status, 1)
        self.assertNotIn("hunter2", str(table) + errors)


class BeginningsOfOptions(Workspace):
    def test_what_superlances_options_could_be_shortened_to_they_still_can(self):
        for option in SUPERLANCES:
            for end in range(1, len(option) + 1):
                beginning = option[:end]
                if sum(other.startswith(beginning) for other in SUPERLANCES) > 1:
                    continue
                value = {"timeout": "=5", "code": "=200"}.get(option, "" if option in FLAGS else "=x")
                done = subprocess.run([binary("httpok"), f"--{beginning}{value}", "http://127.0.0.1:1/"],
                                      stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, env={})
                with self.subTest(beginning):
                    self.assertEqual(done.returncode, 0 if option in ("help", "version") else 3, done.stderr)


if __name__ == "__main__":
    unittest.main()
