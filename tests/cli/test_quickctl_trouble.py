"""quickctl where something is wrong: programs that do not start or stop, supervisord, the operator's own words."""

import contextlib
import os
import signal
import unittest
import xmlrpc.client
from pathlib import Path

from support.quickctl import Quickctl, shell
from support.supervisord import PASSWORD, USER, actor, program
from support.system import free_port

SECONDS = r"\d+\.\d\d s"


class Programs(Quickctl):
    """Those that do not do what they are asked to."""

    def crash(self, name, text, startsecs=60, **keys):
        """It ends at once, and never so late that supervisord takes it for RUNNING, however loaded the machine is."""
        return program(name, shell(text), autostart="false", startsecs=startsecs, **keys)

    def stubborn(self):
        """One that ignores SIGTERM, and will for long; gives its pid."""
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60), program("meek", "sleep 600"))
        pid = self.supervisord.wait_for_size("stubborn", 20)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        return pid

    def test_fatal_is_told_with_the_reason_and_the_last_lines_of_stderr(self):
        self.supervise(self.crash("broken", "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3",
                                  startretries=0),
                       program("fine", "sleep 600", autostart="false"))
        status, out, _ = self.quickctl("start", "all")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^fine: started, ")
        tail = "".join(rf"\n +line {number}" for number in range(3, 8))
        self.assertRegex(out, rf"(?m)^broken: ERROR \(.*FATAL: Exited too quickly.*\){tail}$")
        self.assertEqual(len(out.splitlines()), 7, out)
        self.assertEqual(self.supervisord.state("broken"), "FATAL")

    def test_a_log_is_shown_so_that_it_cannot_command_the_terminal(self):
        self.supervise(self.crash("broken", r'printf "\033[31mred\033[0m\n" >&2; exit 1', startretries=0))
        status, out, _ = self.quickctl("start", "broken")
        self.assertEqual(status, 1)
        self.assertIn("red", out)
        self.assertNotIn("\033", out)

    def test_a_program_that_is_not_there_or_cannot_be_run_is_told_at_once(self):
        plain = self.write("plain", "text")
        self.supervise(program("missing", "/nonexistent/program", autostart="false"),
                       program("plain", plain, autostart="false"))
        self.assert_told(self.quickctl("start", "all"), 1, r"missing: ERROR \(.*NO_FILE: .*/nonexistent/program.*\)",
                         rf"plain: ERROR \(.*NOT_EXECUTABLE: .*{plain}.*\)")

    def second_try(self):
        """A program that comes up at the second try."""
        flag = self.dir / "tried"
        self.supervise(self.crash("late", f"test -e {flag} && exec sleep 600; touch {flag}; echo not yet >&2; exit 1",
                                  startsecs=2, startretries=3))

    def test_backoff_is_shown_and_waited_through(self):
        self.second_try()
        self.assert_told(self.quickctl("start", "late"), 0, rf"late: started, pid \d+, {SECONDS}",
                         err="late: BACKOFF: Exited too quickly.*tries again")

    def test_fail_fast_ends_at_the_first_backoff(self):
        self.second_try()
        status, out, _ = self.quickctl("--fail-fast", "start", "late")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\Alate: ERROR \(BACKOFF: Exited too quickly.*\)\n +not yet\n\Z")

    def test_a_process_in_backoff_can_be_stopped(self):
        self.supervise(self.crash("broken", "exit 1", startretries=9))
        with contextlib.suppress(xmlrpc.client.Fault):  # where it has died before the answer
            self.supervisord.rpc.startProcess("broken", False)
        self.supervisord.wait_for_state("broken", "BACKOFF")
        self.assert_told(self.quickctl("stop", "broken"), 0, rf"broken: stopped, {SECONDS}")
        self.assertIn(self.supervisord.state("broken"), ("STOPPED", "FATAL"))

    def test_a_process_that_ignores_sigterm_is_given_up_after_the_timeout(self):
        pid = self.stubborn()
        for verb in ("stop", "restart"):
            result = self.quickctl("--timeout", "1", verb, "stubborn")
            self.assert_told(result, 1, r"stubborn: ERROR \(still STOPPING after 1.*\)")
        self.assertEqual(self.supervisord.pid("stubborn"), pid)

    def test_a_start_that_takes_longer_than_the_timeout_is_given_up(self):
        self.supervise(program("slow", "sleep 600", autostart="false", startsecs=60))
        self.assert_told(self.quickctl("--timeout=1s", "start", "slow"), 1, r"slow: ERROR \(still STARTING after 1.*\)")
        self.assertEqual(self.supervisord.state("slow"), "STARTING")

    def test_interrupted_it_tells_what_is_done_and_what_is_not(self):
        self.stubborn()
        running = self.begin("stop", "all")
        self.supervisord.wait_for_state("meek", "STOPPED")
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        first = running.stdout.readline().decode()
        self.assertRegex(first, rf"\Ameek: stopped, {SECONDS}\n\Z")
        running.send_signal(signal.SIGINT)
        self.assert_told(self.end(running), 1, r"stubborn: UNFINISHED \(interrupted: it has been told to stop\)")

    def test_what_somebody_else_stops_meanwhile_is_no_success(self):
        self.supervise(program("slow", "sleep 600", autostart="false", startsecs=60))
        running = self.begin("start", "slow")
        self.supervisord.wait_for_state("slow", "STARTING")
        self.supervisord.rpc.stopProcess("slow")
        self.assert_told(self.end(running), 1, r"slow: ERROR \(somebody else stopped it\)")


class Servers(Quickctl):
    """Which supervisord is meant, and one that refuses, is not there or goes away."""

    LINE = r"web +RUNNING .*"

    def locked(self):
        """On TCP, with a password."""
        self.supervise(program("web", "sleep 600"), unix=False, inet=free_port(), password=PASSWORD)
        self.supervisord.wait_for_state("web", "RUNNING")
        return self.supervisord.inet_url

    def test_where_nobody_listens_is_exit_3_and_names_the_address(self):
        for url in (f"http://127.0.0.1:{free_port()}", f"unix://{self.dir}/none.sock"):
            for words in (("status",), ("start", "all"), ("--dry-run", "stop", "all"), ("--json", "status")):
                self.assert_told(self.run_with("-s", url, *words), 3, err=f"quickctl: cannot reach .*{url}")

    def test_a_wrong_password_is_exit_3_and_says_so(self):
        url = self.locked()
        for arguments in ((), ("-u", USER), ("-u", USER, "-p", "wrong"), ("-u", "nobody", "-p", PASSWORD)):
            for verb in ("status", "stop"):
                with self.subTest((verb, arguments)):
                    status, out, err = self.run_with("-s", url, *arguments, verb, "web")
                    self.assertEqual((status, out), (3, ""))
                    self.assertEqual(len(err.splitlines()), 1, err)
                    self.assertRegex(err, "401|password")
                    self.assertNotIn(PASSWORD, err)
        self.assertEqual(self.supervisord.state("web"), "RUNNING")

    def test_the_password_comes_from_the_configuration(self):
        self.locked()
        self.assert_told(self.quickctl("status"), 0, self.LINE)

    def test_the_password_comes_from_the_section_of_supervisorctl(self):
        url = self.locked()
        text = f"[supervisord]\n[supervisorctl]\nserverurl={url}\nusername={USER}\npassword="
        right, wrong = self.write("right.conf", text + PASSWORD), self.write("wrong.conf", text + "wrong")
        self.assert_told(self.run_with("-c", right, "restart", "web"), 0, rf"web: restarted, pid \d+, {SECONDS}")
        self.assertEqual(self.run_with("-c", wrong, "status")[0], 3)
        self.assert_told(self.run_with("-c", wrong, "-p", PASSWORD, "status"), 0, self.LINE)

    def test_the_password_comes_from_the_environment(self):
        url = self.locked()
        environment = {"SUPERVISOR_PASSWORD": PASSWORD}
        self.assert_told(self.run_with("-s", url, "-u", USER, "status", env=environment), 0, self.LINE)
        environment["SUPERVISOR_USERNAME"] = USER
        self.assert_told(self.run_with("-s", url, "status", env=environment), 0, self.LINE)

    def test_the_password_comes_from_the_command_line(self):
        self.assert_told(self.run_with("-s", self.locked(), "-u", USER, "-p", PASSWORD, "status"), 0, self.LINE)

    def test_the_configuration_in_the_working_folder_is_found(self):
        self.supervise(program("web", "sleep 600"))
        self.supervisord.wait_for_state("web", "RUNNING")
        self.assert_told(self.run_with("status", cwd=self.supervisord.dir), 0, self.LINE)

    def test_a_configuration_that_is_none_is_exit_3_and_named(self):
        silent = self.write("silent.conf", "[supervisord]\n")
        self.assert_told(self.run_with("-c", silent, "status"), 3, err=r"\Aquickctl: .*\[unix_http_server\].*\n\Z")
        self.assert_told(self.run_with("-c", "/nonexistent.conf", "status"), 3, err="quickctl: .*/nonexistent.conf")

    def stopping(self):
        """A stop in the middle, of a process that takes its time."""
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60))
        pid = self.supervisord.wait_for_size("stubborn", 20)
        running = self.begin("restart", "stubborn")
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        return running, pid

    def test_a_supervisord_that_shuts_down_in_the_middle_is_told(self):
        running, pid = self.stopping()
        self.supervisord.process.send_signal(signal.SIGTERM)
        self.assert_told(self.end(running), 1, r"stubborn: ERROR \(supervisord is shutting down\)")
        os.kill(pid, signal.SIGKILL)

    def test_a_supervisord_that_dies_in_the_middle_is_told(self):
        running, pid = self.stopping()
        self.supervisord.process.kill()
        self.assert_told(self.end(running), 1, r"stubborn: ERROR \(cannot reach .*\)")
        self.assertTrue(Path(f"/proc/{pid}").exists())
        os.kill(pid, signal.SIGKILL)


class Usage(Quickctl):
    WRONG = {
        (): ("start", "stop", "restart", "status"),
        ("fly", "web"): ("'fly'", "start", "stop", "restart", "status"),
        ("start",): ("start what", "all"),
        ("stop",): ("stop what", "all"),
        ("restart",): ("restart what", "all"),
        ("--timeout", "soon", "stop", "web"): ("--timeout", "soon"),
        ("--timeout", "-1", "stop", "web"): ("--timeout", "-1"),
        ("--timeout", "", "stop", "web"): ("--timeout",),
        ("stop", "web", "--timeout"): ("--timeout",),
        ("--json=yes", "status"): ("--json",),
        ("--jsn", "status"): ("--jsn", "--json"),
        ("--no", "stop", "--frobnicate"): ("--frobnicate",),
    }

    def test_what_is_wrong_is_named_in_one_line_with_exit_2(self):
        for arguments, mentions in self.WRONG.items():
            with self.subTest(arguments):
                status, out, err = self.run_with(*arguments)
                self.assertEqual((status, out), (2, ""), err)
                self.assertEqual(len(err.splitlines()), 1, err)
                for mention in ("quickctl: ", "--help", *mentions):
                    self.assertIn(mention, err)

    def test_options_may_stand_behind_the_patterns(self):
        self.supervise(program("web", "sleep 600"))
        self.supervisord.wait_for_state("web", "RUNNING")
        self.assert_told(self.run_with("stop", "web", "--quiet", "-c", self.supervisord.config), 0)
        self.assertEqual(self.supervisord.state("web"), "STOPPED")


if __name__ == "__main__":
    unittest.main()
