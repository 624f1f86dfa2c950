"""quickctl roll that was ended in the middle, by a failure, a person or a kill -9, and goes on."""

import os
import re
import select
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support.quickctl import BARE
from support.roll import Roll, wait_for_line
from support.system import is_alive, kill_all
from support.workspace import binary_folder, wait_until

NAMES = [f"app:{number}" for number in range(5)]


class Resumed(Roll):
    def go_on(self, *options):
        return self.roll("--resume", *options, "app:")

    def test_after_the_mend_only_the_old_ones_are_restarted(self):
        self.at_work(self.app(5), names=NAMES)
        self.break_(2)
        self.assertEqual(self.roll("app:")[0], 1)
        between = self.pids(NAMES)
        self.mend(2)
        status, out, err = self.go_on()
        self.assertEqual((status, err), (0, ""))
        self.assert_renewed(between, ["app:2", "app:3", "app:4"])
        self.assertEqual(re.findall(r"(app:\d): restarted", out), ["app:2", "app:3", "app:4"])
        self.assertRegex(out, r"(?m)^done: all 5 are new, after ")

    def test_a_second_failure_is_gone_on_from_as_well(self):
        self.at_work(self.app(4), names=NAMES[:4])
        self.break_(1, 2)
        self.assertEqual(self.roll("app:")[0], 1)
        self.mend(1)
        self.assert_stopped(self.go_on(), new="app:1 app:0", failed="app:2", old="app:3")
        between = self.pids(NAMES[:4])
        self.mend(2)
        self.assertEqual(self.go_on()[0], 0)
        self.assert_renewed(between, ["app:2", "app:3"])

    def test_what_is_told_to_go_on_with_does(self):
        self.at_work(self.app(3), names=NAMES[:3])
        self.break_(1)
        out = self.roll("--batch=1", "--pre", "test '{num} $HOME' != \"a b\"", "app:")[1]
        between = self.pids(NAMES[:3])
        line = re.search(r"go on with: (.*)", out).group(1)
        self.mend(1)
        done = subprocess.run(["sh", "-c", line], cwd=self.dir, capture_output=True, timeout=60, check=False,
                              env={**BARE, **self.environment, "PATH": f"{binary_folder()}:{BARE['PATH']}"})
        self.exhibit(line, (done.stdout + done.stderr).decode())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assert_renewed(between, ["app:1", "app:2"])

    def test_one_that_somebody_has_restarted_meanwhile_is_left_alone(self):
        self.at_work(self.app(4), names=NAMES[:4])
        self.break_(1)
        self.assertEqual(self.roll("app:")[0], 1)
        self.mend(1)
        self.supervisord.rpc.startProcess("app:1")
        self.supervisord.rpc.stopProcess("app:3")
        self.supervisord.rpc.startProcess("app:3")
        between = self.pids(NAMES[:4])
        status, out, _ = self.go_on()
        self.assertEqual(status, 0, out)
        self.assert_renewed(between, ["app:2"])
        self.assertRegex(out, rf"(?m)app:1: already new, and well, pid {between['app:1']}")

    def test_a_dry_run_tells_what_it_would_go_on_with(self):
        self.at_work(self.app(4), names=NAMES[:4])
        self.break_(1)
        self.assertEqual(self.roll("app:")[0], 1)
        self.mend(1)
        self.supervisord.rpc.startProcess("app:1")
        between = self.pids(NAMES[:4])
        self.assert_told(self.go_on("--dry-run"), 0, "app:0 +RUNNING +was through before",
                         "app:1 +RUNNING +would be looked at, batch 1", "app:2 +RUNNING +would be restarted, batch 2",
                         "app:3 +RUNNING +would be restarted, batch 3")
        self.assert_renewed(between, [])
        self.assertEqual(self.go_on()[0], 0, "and nothing of it is forgotten")


class Killed(Roll):
    def test_after_a_kill_in_a_pause(self):
        self.at_work(self.app(3), names=NAMES[:3])
        running = self.begin_roll("--pause", "600", "app:")
        wait_for_line(running, r"\[1/3\] app:0: restarted")
        running.kill()
        running.wait()
        between = self.pids(NAMES[:3])
        self.assertEqual(self.roll("--resume", "app:")[0], 0)
        self.assert_renewed(between, ["app:1", "app:2"])

    def test_after_a_kill_in_the_middle_of_a_restart(self):
        self.write("hold-1", "")
        self.at_work(self.app(3), names=NAMES[:3])
        pid = self.held("app:1")
        running = self.begin_roll("--pause", "0", "app:")
        self.supervisord.wait_for_state("app:1", "STOPPING")
        running.kill()
        running.wait()
        between = self.pids(NAMES[:3])
        os.kill(pid, signal.SIGKILL)
        self.supervisord.wait_for_state("app:1", "STOPPED")
        status, out, _ = self.roll("--resume", "app:")
        self.assertEqual(status, 0, out)
        self.assert_renewed(between, ["app:1", "app:2"])


class Remembered(Roll):
    def go_on(self, *options):
        return self.roll("--resume", *options, "app:")

    def test_where_there_is_nothing_to_go_on_with(self):
        before = self.at_work(self.app(2), names=NAMES[:2])
        self.assert_told(self.go_on(), 1, err=r"\Aquickctl: --resume: no roll of these .*--resume=SINCE\n\Z")
        self.assert_renewed(before, [])
        self.assertEqual(self.roll("app:")[0], 0)
        self.assert_told(self.go_on(), 1, err=r"\Aquickctl: --resume: .*nothing to go on with.*\n\Z")
        self.break_(1)
        self.assertEqual(self.roll("app:")[0], 1)
        self.assert_told(self.roll("--resume", "app:0"), 1, err="no roll of these")

    def test_what_was_remembered_and_cannot_be_read_is_named(self):
        self.at_work(self.app(1), names=NAMES[:1])
        self.break_(0)
        self.assertEqual(self.roll("app:")[0], 1)
        path = next((self.dir / "state" / "keenlance").iterdir())
        path.write_text("{", encoding="ascii")
        self.assert_told(self.go_on(), 1, err=re.escape(str(path)))

    def test_a_time_given_by_hand_counts(self):
        self.at_work(self.app(3), names=NAMES[:3])
        latest = max(self.supervisord.info(name)["start"] for name in NAMES[:3])
        since = wait_until(lambda: time.time() > latest + 1 and int(time.time()), "another second")
        self.supervisord.rpc.stopProcess("app:1")
        self.supervisord.rpc.startProcess("app:1")
        between = self.pids(NAMES[:3])
        status, out, err = self.roll(f"--resume={since}", "app:")
        self.assertEqual((status, err), (0, ""), out)
        self.assert_renewed(between, ["app:0", "app:2"])

    def test_without_a_home_it_is_not_remembered_and_says_so(self):
        before = self.at_work(self.app(2), names=NAMES[:2])
        self.environment = {}
        status, out, err = self.roll("app:")
        self.assertEqual(status, 0, out)
        self.assertRegex(err, r"\Aquickctl: .*not remembered.*HOME.*\n\Z")
        self.assert_renewed(before, before)
        self.assert_told(self.go_on(), 3, err="--resume: .*HOME")

    def test_it_is_remembered_beneath_the_home_folder_or_the_one_for_states(self):
        self.at_work(self.app(1), names=NAMES[:1])
        for environment, folder in (({"HOME": str(self.dir / "home")}, "home/.local/state"),
                                    ({"HOME": "/nonexistent", "XDG_STATE_HOME": str(self.dir / "xdg")}, "xdg")):
            self.environment = environment
            status, _, err = self.roll("app:")
            self.assertEqual((status, err), (0, ""))
            self.assertEqual([path.suffix for path in (self.dir / folder / "keenlance").iterdir()], [".json"])

    def test_a_folder_that_cannot_be_made_does_not_keep_it_from_rolling(self):
        before = self.at_work(self.app(1), names=NAMES[:1])
        self.environment = {"XDG_STATE_HOME": self.write("file", "")}
        status, _, err = self.roll("app:")
        self.assertEqual(status, 0)
        self.assertRegex(err, rf"\Aquickctl: .*not remembered.*{self.dir}/file.*\n\Z")
        self.assert_renewed(before, before)


def status_mask(pid, name):
    """A set of signals of /proc/PID/status."""
    line = re.search(rf"^{name}:\t(\w+)$", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(line.group(1), 16)


def handles(pid, number):
    return status_mask(pid, "SigCgt") >> (number - 1) & 1


class Interrupted(Roll):
    def stopping(self):
        self.write("hold-0", "")
        before = self.at_work(self.app(3), names=NAMES[:3])
        pid = self.held("app:0")
        running = self.begin_roll("--pause", "0", "app:")
        self.supervisord.wait_for_state("app:0", "STOPPING")
        running.send_signal(signal.SIGINT)
        wait_for_line(running, "interrupted: .*started before this ends", "stderr")
        return running, before, pid

    def test_once_the_one_that_is_being_restarted_is_brought_up_again(self):
        running, before, pid = self.stopping()
        os.kill(pid, signal.SIGKILL)
        status, out, _ = self.end(running)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\Aapp:0: UNFINISHED \(interrupted: restarted, .*\)\n"
                              r"INTERRUPTED after .*: 0 of 3 are new\n")
        self.assertEqual(self.summary(out), {"unfinished": "app:0", "old": "app:1 app:2"})
        self.assertIn(self.supervisord.state("app:0"), ("STARTING", "RUNNING"))
        self.supervisord.wait_for_state("app:0", "RUNNING")
        self.assert_renewed(before, ["app:0"])

    def test_twice_it_ends_at_once(self):
        running, _, pid = self.stopping()
        running.send_signal(signal.SIGTERM)
        status, out, _ = self.end(running)
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\Aapp:0: UNFINISHED \(interrupted: it was being restarted, and may be down\)\n")
        self.supervisord.wait_for_state("app:0", "STOPPED")
        self.assertEqual(self.roll("--resume", "app:")[0], 0)

    def test_in_a_pause_it_ends_at_once_and_can_be_resumed(self):
        self.at_work(self.app(3), names=NAMES[:3])
        running = self.begin_roll("--pause", "600", "app:")
        wait_for_line(running, r"\[1/3\] app:0: restarted")
        between = self.pids(NAMES[:3])
        running.send_signal(signal.SIGINT)
        status, out, _ = self.end(running)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\AINTERRUPTED after .*: 1 of 3 are new\n")
        self.assertEqual(self.roll("--resume", "app:")[0], 0)
        self.assert_renewed(between, ["app:1", "app:2"])

    def test_while_its_health_is_asked_for_it_ends_at_once(self):
        self.at_work(self.app(2), names=NAMES[:2])
        asked = self.dir / "asked"
        running = self.begin_roll("--health-cmd", f"echo $$ >{asked}.new; mv {asked}.new {asked}; exec sleep 600",
                                  "app:")
        wait_until(asked.exists, "a question for its health")
        asking = int(asked.read_text(encoding="ascii"))
        self.addCleanup(kill_all, [asking])
        running.send_signal(signal.SIGINT)
        status, out, _ = self.end(running)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\Aapp:0: UNFINISHED \(interrupted: restarted, and not looked at any more\)\n")
        self.assertEqual(self.summary(out), {"unfinished": "app:0", "old": "app:1"})
        wait_until(lambda: not is_alive(asking), "the command's end")

    def test_a_hook_ends_with_it(self):
        before = self.at_work(self.app(1), names=NAMES[:1])
        begun = self.dir / "begun"
        running = self.begin_roll("--pre", f"echo $$ >{begun}.new; mv {begun}.new {begun}; exec sleep 600", "app:")
        wait_until(begun.exists, "the hook's beginning")
        hook = int(begun.read_text(encoding="ascii"))
        self.addCleanup(kill_all, [hook])
        running.send_signal(signal.SIGINT)
        status, out, _ = self.end(running)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\Aapp:0: UNFINISHED \(interrupted: nothing was done to it, but its --pre was begun\)\n")
        self.assert_renewed(before, [])
        wait_until(lambda: not is_alive(hook), "the hook's end")

    def test_before_supervisord_has_answered_nothing_is_done_and_that_is_said(self):
        before = self.at_work(self.app(1), names=NAMES[:1])
        self.supervisord.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.supervisord.process.send_signal, signal.SIGCONT)
        for words in (("roll", "app:"), ("restart", "app:"), ("status",)):
            running = self.begin(*words)
            wait_until(lambda: handles(running.pid, signal.SIGINT), "quickctl to be ready for signals")
            running.send_signal(signal.SIGINT)
            self.assert_told(self.end(running), 1, err=r"\Aquickctl: interrupted before anything was done\n\Z")
        self.supervisord.process.send_signal(signal.SIGCONT)
        self.assert_renewed(before, [])

    def test_before_supervisord_has_been_told_of_an_instance_it_is_left_as_it_is(self):
        before = self.at_work(self.app(2), names=NAMES[:2])
        stopped = self.dir / "stopped"
        self.addCleanup(self.supervisord.process.send_signal, signal.SIGCONT)
        running = self.begin_roll("--pre", f"kill -STOP {self.supervisord.process.pid}; touch {stopped}", "app:")
        wait_until(stopped.exists, "--pre to have run")
        running.send_signal(signal.SIGINT)
        wait_until(lambda: select.select([running.stderr], [], [], 0.1)[0], "a word, or the end")
        self.supervisord.process.send_signal(signal.SIGCONT)
        status, out, _ = self.end(running)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\Aapp:0: UNFINISHED \(interrupted: ")
        self.assertEqual(self.summary(out), {"unfinished": "app:0", "old": "app:1"})
        self.assert_renewed(before, [])

    def test_where_supervisord_shuts_down_or_dies_it_stops(self):
        for number, told in ((signal.SIGTERM, "supervisord is shutting down"), (signal.SIGKILL, "cannot reach ")):
            self.write("hold-0", "")
            before = self.at_work(self.app(2), names=NAMES[:2])
            self.held("app:0")
            self.addCleanup(kill_all, list(before.values()))
            running = self.begin_roll("--pause", "0", "app:")
            self.supervisord.wait_for_state("app:0", "STOPPING")
            self.supervisord.process.send_signal(number)
            result = self.end(running)
            kill_all(before.values())
            self.assert_stopped(result, failed="app:0", old="app:1")
            self.assertRegex(result[1], rf"app:0: ERROR \({told}")


if __name__ == "__main__":
    unittest.main()
