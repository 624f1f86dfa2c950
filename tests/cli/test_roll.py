"""quickctl roll: who is down while it goes on, and what stops it."""

import os
import re
import signal
import subprocess
import unittest

from support.quickctl import BARE
from support.roll import SECONDS, Recorder, Roll, log_lines, wait_for_line
from support.workspace import binary

NAMES = [f"app:{number}" for number in range(8)]


def worst(changes):
    """The most instances that were not RUNNING at a time, and the most of those that had not failed."""
    down, most, most_healthy = {}, 0, 0
    for name, state in changes:
        if state == "RUNNING":
            down.pop(name, None)
        else:
            down[name] = state
        most = max(most, len(down))
        most_healthy = max(most_healthy, sum(each != "FATAL" for each in down.values()))
    return most, most_healthy


class NeverMoreDownThanABatch(Roll):
    """All by supervisord's own events."""

    def recorded(self, *options, broken=()):
        recorder = Recorder(self)
        self.before = self.at_work(recorder.section, self.app(8), names=NAMES)
        self.break_(*broken)
        recorder.mark(self.supervisord, "begin")
        self.result = self.roll(*options, "app:")
        recorder.mark(self.supervisord, "end")
        changes = recorder.changes("app", "begin", "end")
        stopped = [name for name, state in changes if state == "STOPPING"]
        self.assertEqual(sorted(stopped), list("01234567"), "each is stopped, and once")
        return changes

    def assert_all_renewed(self, changes):
        self.assertEqual(self.result[0], 0, self.result)
        for number in range(8):
            self.assertEqual([state for name, state in changes if name == str(number)],
                             ["STOPPING", "STOPPED", "STARTING", "RUNNING"])
        self.assert_renewed(self.before, NAMES)

    def test_one_by_one_without_further_words(self):
        changes = self.recorded()
        self.assertEqual(worst(changes), (1, 1))
        self.assert_all_renewed(changes)
        self.assertEqual([name for name, state in changes if state == "STOPPING"], list("01234567"))

    def test_three_at_a_time(self):
        changes = self.recorded("--batch", "3")
        self.assertEqual(worst(changes), (3, 3))
        self.assert_all_renewed(changes)
        order = [name for name, state in changes if state == "STOPPING"]
        self.assertEqual([set(order[:3]), set(order[3:6]), set(order[6:])], [set("012"), set("345"), set("67")])

    def test_a_quarter_at_a_time(self):
        changes = self.recorded("--batch=25%")
        self.assertEqual(worst(changes), (2, 2))
        self.assert_all_renewed(changes)

    def test_what_has_failed_comes_on_top_of_the_batch(self):
        changes = self.recorded("--batch", "2", "--max-failures", "3", broken=(1, 4))
        self.assert_stopped(self.result, new="app:0 app:2 app:3 app:5 app:6 app:7", failed="app:1 app:4")
        self.assertEqual(worst(changes), (4, 2))
        self.assertEqual([name for name, state in changes if state == "FATAL"], ["1", "4"])


class Failures(Roll):
    def assert_untouched(self, before, names):
        self.assertEqual(self.pids(names), {name: before[name] for name in names})

    def test_the_first_failure_stops_it_and_says_what_is_new_and_what_is_old(self):
        before = self.at_work(self.app(5), names=NAMES[:5])
        self.break_(2)
        result = self.roll("app:")
        self.assert_stopped(result, new="app:0 app:1", failed="app:2", old="app:3 app:4")
        self.assert_untouched(before, ["app:3", "app:4"])
        self.assertEqual(self.supervisord.state("app:2"), "FATAL")
        lines = result[1].splitlines()
        pids = [self.supervisord.pid(name) for name in ("app:0", "app:1")]
        self.assertRegex(lines[0], rf"\A\[1/5\] app:0: restarted, pid {pids[0]}, {SECONDS}; 4 left")
        self.assertRegex(lines[1], rf"\A\[2/5\] app:1: restarted, pid {pids[1]}, {SECONDS}; 3 left")
        self.assertRegex(lines[2], r"\A\[3/5\] app:2: ERROR \(it went FATAL.*\)\Z")
        self.assertEqual(lines[3].strip(), "no luck")
        self.assertRegex(lines[4], r"\ASTOPPED after .*: 2 of 5 are new\Z")

    def test_all_of_a_batch_are_brought_to_their_end_before_it_stops(self):
        before = self.at_work(self.app(5), names=NAMES[:5])
        self.break_(0)
        result = self.roll("--batch", "3", "app:")
        self.assert_stopped(result, new="app:1 app:2", failed="app:0", old="app:3 app:4")
        self.assert_untouched(before, ["app:3", "app:4"])

    def test_it_takes_as_many_failures_as_it_is_told(self):
        before = self.at_work(self.app(5), names=NAMES[:5])
        self.break_(0, 2)
        result = self.roll("--max-failures", "2", "app:")
        self.assert_stopped(result, new="app:1", failed="app:0 app:2", old="app:3 app:4")
        self.assert_untouched(before, ["app:3", "app:4"])

    def test_instances_that_are_down_come_first(self):
        self.at_work(self.app(4), names=NAMES[:4])
        for name in ("app:2", "app:3"):
            self.supervisord.rpc.stopProcess(name)
        status, out, _ = self.roll("app:")
        self.assertEqual(status, 0)
        self.assertEqual(re.findall(r"^\[\d/4\] (app:\d): restarted", out, re.MULTILINE),
                         ["app:2", "app:3", "app:0", "app:1"])

    def test_one_that_does_not_stop_in_time_has_failed(self):
        self.write("hold-0", "")
        before = self.at_work(self.app(2), names=NAMES[:2])
        self.addCleanup(os.kill, self.held("app:0"), signal.SIGKILL)
        result = self.roll("--timeout", "1", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], r"app:0: ERROR \(still STOPPING after 1.*stays down.*\)")
        self.assert_untouched(before, ["app:1"])

    def test_backoff_is_waited_through_unless_told_otherwise(self):
        self.at_work(self.app(2, startretries=5), names=NAMES[:2])
        self.break_(0)
        running = self.begin_roll("--pause", "0", "app:")
        wait_for_line(running, "app:0: BACKOFF: .*tries again", "stderr")
        self.mend(0)
        self.assertEqual(self.end(running)[0], 0)
        self.break_(1)
        result = self.roll("--fail-fast", "app:")
        self.assertRegex(result[1], r"app:1: ERROR \(BACKOFF: ")
        self.assert_stopped(result, new="app:0", failed="app:1")


class Pauses(Roll):
    def assert_paused(self, seconds):
        """Between the first being up again and the second being stopped, by supervisord's log."""
        lines = log_lines(self.supervisord, r"(stopped|success): ([01]) ")[2:]  # they have come up before
        self.assertEqual([line[1:] for line in lines],
                         [("stopped", "0"), ("success", "0"), ("stopped", "1"), ("success", "1")])
        self.assertGreaterEqual(lines[2][0] - lines[1][0], seconds)

    def test_between_two_batches_there_is_a_pause(self):
        self.at_work(self.app(2), names=NAMES[:2])
        self.assertEqual(self.quickctl("roll", "--pause", "3", "app:")[0], 0)
        self.assert_paused(3)

    def test_a_program_is_rolled_as_by_the_script_of_that_name(self):
        """It knew a program by its bare name, found supervisord by itself, and paused for ten seconds."""
        names = ["my_program:0", "my_program:1"]
        before = self.at_work(self.app(2, name="my_program"), names=names)
        done = subprocess.run([binary("rolling-restart"), "my_program"], cwd=self.supervisord.dir,
                              env={**BARE, **self.environment}, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)
        self.exhibit("rolling-restart", (done.stdout + done.stderr).decode())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout.decode(), r"(?m)^done: all 2 are new, after ")
        self.assert_renewed(before, names)
        self.assert_paused(10)

    def test_one_that_does_not_outlast_the_pause_has_failed(self):
        before = self.at_work(self.app(3, autorestart="false"), names=NAMES[:3])
        running = self.begin_roll("--pause", "5", "app:")
        wait_for_line(running, r"\[1/3\] app:0: restarted")
        os.kill(self.supervisord.pid("app:0"), signal.SIGKILL)
        result = self.end(running)
        self.assert_stopped(result, failed="app:0", old="app:1 app:2")
        self.assertRegex(result[1], r"app:0: ERROR \(it did not last: EXITED.*\)")
        self.assertEqual(self.supervisord.pid("app:1"), before["app:1"])

    def test_another_life_after_the_pause_is_not_the_one_that_was_well(self):
        self.at_work(self.app(2), names=NAMES[:2])
        running = self.begin_roll("--pause", "5", "app:")
        wait_for_line(running, r"\[1/2\] app:0: restarted")
        pid = self.supervisord.pid("app:0")
        os.kill(pid, signal.SIGKILL)
        self.supervisord.wait_for_restart("app:0", pid)
        result = self.end(running)
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], rf"app:0: ERROR \(it did not last: .*another process than {pid}\)")


if __name__ == "__main__":
    unittest.main()
