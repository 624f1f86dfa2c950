"""quickctl that is interrupted, has no more time, or nowhere to print to: nothing stays down unsaid."""

import os
import re
import signal
import subprocess
import unittest

from support.quickctl import BARE
from support.roll import SECONDS, Roll, wait_for_line
from support.supervisord import program
from support.workspace import binary


class Interrupted(Roll):
    """In the middle of restarts, of which one waits for a process that ignores SIGTERM."""

    def stopping(self, *arguments, count=1):
        self.write("hold-0", "")
        names = [f"app:{number}" for number in range(count)]
        self.before = self.at_work(self.app(count), names=names)
        self.held_pid = self.held("app:0")
        running = self.begin(*arguments, "restart", "app:")
        self.supervisord.wait_for_state("app:0", "STOPPING")
        return running

    def let_go(self):
        os.kill(self.held_pid, signal.SIGKILL)

    def test_once_what_is_stopping_is_started_again(self):
        running = self.stopping()
        running.send_signal(signal.SIGINT)
        wait_for_line(running, r"quickctl: interrupted: 1 process is stopping, and started again before this ends; "
                      "interrupt again to leave it down", "stderr")
        self.assertEqual(self.supervisord.state("app:0"), "STOPPING")
        self.let_go()
        self.assert_told(self.end(running), 1, r"app:0: UNFINISHED \(.*started.*\)")
        self.assertIn(self.supervisord.state("app:0"), ("STARTING", "RUNNING"))
        self.supervisord.wait_for_state("app:0", "RUNNING")
        self.assert_renewed(self.before, ["app:0"])

    def test_twice_it_ends_at_once_and_says_what_stays_down(self):
        running = self.stopping()
        running.send_signal(signal.SIGTERM)
        wait_for_line(running, "interrupt again", "stderr")
        running.send_signal(signal.SIGINT)
        self.assert_told(self.end(running), 1,
                         r"app:0: UNFINISHED \(interrupted: it is stopping, and not started again\)")
        self.assertEqual(self.supervisord.pid("app:0"), self.held_pid)
        self.let_go()
        self.supervisord.wait_for_state("app:0", "STOPPED")

    def test_what_is_done_already_is_told_as_done(self):
        running = self.stopping(count=3)
        wait_for_line(running, r"app:1: restarted|app:2: restarted")
        wait_for_line(running, r"app:1: restarted|app:2: restarted")
        running.send_signal(signal.SIGINT)
        wait_for_line(running, "interrupted: 1 process", "stderr")
        self.let_go()
        self.assert_told(self.end(running), 1, r"app:0: UNFINISHED \(.*\)")
        self.supervisord.wait_for_state("app:0", "RUNNING")
        self.assert_renewed(self.before, ["app:0", "app:1", "app:2"])

    def test_json_tells_it_too(self):
        running = self.stopping("--json")
        running.send_signal(signal.SIGINT)
        wait_for_line(running, "interrupted", "stderr")
        running.send_signal(signal.SIGINT)
        status, out, _ = self.end(running)
        self.let_go()
        self.assertEqual(status, 1)
        self.assertRegex(out, r'"result": "UNFINISHED"')
        self.assertRegex(out, r'"detail": "interrupted: it is stopping, and not started again"')

    def test_after_the_timeout_it_stays_down_and_that_is_said(self):
        running = self.stopping("--timeout", "1")
        self.assert_told(self.end(running), 1, r"app:0: ERROR \(still STOPPING after 1(\.\d+)? s; it stays down then: "
                         r"start it once it has stopped\)")
        self.let_go()
        self.supervisord.wait_for_state("app:0", "STOPPED")

    def test_a_stop_goes_on_without_it(self):
        self.write("hold-0", "")
        self.at_work(self.app(1), names=["app:0"])
        pid = self.held("app:0")
        running = self.begin("stop", "app:0")
        self.supervisord.wait_for_state("app:0", "STOPPING")
        running.send_signal(signal.SIGINT)
        self.assert_told(self.end(running), 1, r"app:0: UNFINISHED \(interrupted: it has been told to stop\)")
        os.kill(pid, signal.SIGKILL)
        self.supervisord.wait_for_state("app:0", "STOPPED")


class NowhereToPrint(Roll):
    def printing_to(self, out, *arguments):
        done = subprocess.run([binary("quickctl"), "-c", self.supervisord.config, *arguments],
                              env={**BARE, **self.environment}, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        return self._told(arguments, done.returncode, b"", done.stderr)

    def test_a_full_disk_is_told_and_the_work_is_done(self):
        self.supervise(program("web", "sleep 600"))
        pid = self.supervisord.wait_for_state("web", "RUNNING")
        for arguments in (("status",), ("restart", "web"), ("roll", "--pause=0", "web"), ("--json", "status"),
                          ("--dry-run", "stop", "web"), ("--help",), ("--version",)):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                self.assert_told(self.printing_to(full, *arguments), 1, err=r"\Aquickctl: [^\n]*stdout[^\n]*\n\Z")
        self.assertNotIn(self.supervisord.pid("web"), (0, pid))

    def test_a_reader_that_has_gone_away_does_not_kill_it(self):
        self.supervise(program("web", "sleep 600"))
        pid = self.supervisord.wait_for_state("web", "RUNNING")
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            self.assert_told(self.printing_to(pipe, "restart", "web"), 1, err="quickctl: .*stdout")
        self.assertNotIn(self.supervisord.pid("web"), (0, pid))


class OtherNames(Roll):
    def called(self, name, *arguments):
        done = subprocess.run([binary(name), *arguments], env={**BARE, **self.environment}, cwd=self.dir,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        return self._told((name, *arguments), done.returncode, done.stdout, done.stderr)

    def test_each_does_what_it_is_called(self):
        self.supervise(program("web", "sleep 600"))
        self.supervisord.wait_for_state("web", "RUNNING")
        where = ("-c", self.supervisord.config)
        self.assert_told(self.called("quickstop", *where, "web"), 0, f"web: stopped, {SECONDS}")
        self.assert_told(self.called("quickstart", *where, "web"), 0, rf"web: started, pid \d+, {SECONDS}")
        self.assert_told(self.called("quickrestart", "web", *where), 0, rf"web: restarted, pid \d+, {SECONDS}")
        self.assert_told(self.called("rolling-restart", *where, "web"), 0,
                         rf"\[1/1\] web: restarted, pid \d+, {SECONDS}", "done: all 1 .*")

    def test_a_link_of_any_other_name_is_quickctl(self):
        self.supervise(program("web", "sleep 600"))
        self.supervisord.wait_for_state("web", "RUNNING")
        link = self.dir / "qc"
        link.symlink_to(binary("quickctl"))
        done = subprocess.run([str(link), "-c", self.supervisord.config, "status"], env=BARE, capture_output=True,
                              timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_each_complains_under_its_own_name(self):
        for name in ("quickstart", "quickstop", "quickrestart", "rolling-restart"):
            with self.subTest(name):
                self.assert_told(self.called(name), 2, err=rf"\A{name}: .* what\? .*\(see {name} --help\)\n\Z")
                self.assert_told(self.called(name, "-i"), 2, err=rf"\A{name}: .*-i")
                self.assert_told(self.called(name, "-s", f"unix://{self.dir}/none", "all"), 3,
                                 err=rf"\A{name}: cannot reach ")
        self.assert_told(self.called("quickstop", "--batch=2", "web"), 2, err=r"\Aquickstop: .*--batch")
        self.assert_told(self.called("rolling-restart", "--no-wait", "web"), 2, err=r"\Arolling-restart: .*--no-wait")

    def test_the_help_of_each_is_of_its_own_options(self):
        for name, has, has_not in (("quickstart", "--fail-fast", "--batch"), ("quickstop", "--timeout", "--fail-fast"),
                                   ("quickrestart", "--no-wait", "--resume"),
                                   ("rolling-restart", "--resume", "--no-wait")):
            status, out, err = self.called(name, "--help")
            self.assertEqual((status, err), (0, ""))
            self.assertRegex(out, rf"(?m)^  {name} \[OPTION\]\.\.\. PATTERN\.\.\.$")
            self.assertIn(has, out)
            self.assertNotIn(has_not, out)
            self.assertTrue(all(len(line) <= 79 for line in out.splitlines()))
            self.assertRegex(self.called(name, "--version")[1], rf"\A{re.escape(name)} ")

    def test_the_names_of_a_command_are_no_patterns_then(self):
        self.supervise(program("start", "sleep 600"))
        self.supervisord.wait_for_state("start", "RUNNING")
        self.assert_told(self.called("quickstop", "-c", self.supervisord.config, "start"), 0, "start: stopped, .*")


if __name__ == "__main__":
    unittest.main()
