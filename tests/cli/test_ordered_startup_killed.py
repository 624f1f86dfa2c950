"""ordered-startup-listener killed with -9 at random moments: nothing is ever started twice, and all comes up in order.

A seed makes a graph of a dozen programs and the moments. Each program counts its own starts. A seed that fails is named
in the test's output; KEENLANCE_SEED=N runs it alone. The classes are for ctest to run side by side.
"""

import os
import random
import re
import signal
import time
import unittest

from support.scenario import moments
from support.supervisord import Supervisord
from support.workspace import Workspace, binary, wait_until

LISTENER = "ordered"
SEEDS_A_CLASS = 8


class Program:
    """One of a graph: a daemon (RUNNING in the end) or a job (EXITED), and who it waits for."""

    def __init__(self, number, rng, earlier, slow):
        self.name = f"p{number:02}"
        self.is_job = rng.random() < 0.4
        self.startsecs = 1 if slow and not self.is_job else 0
        self.count = rng.choice((1, 1, 1, 2))
        self.exit_code = rng.choice((0, 0, 3))
        self.lasts = rng.choice(("", "sleep 0.05; ", "sleep 0.3; "))
        self.waits_for = [(other, other.goal(rng)) for other in rng.sample(earlier, min(len(earlier), rng.randint(0, 3)))]

    def goal(self, rng):
        """A state to wait for, in the words of the configuration."""
        return rng.choice(("exited", "exited(expected)", "running") if self.is_job else ("running", "running", "starting"))

    @property
    def processes(self):
        return [f"{self.name}_{number}" for number in range(self.count)]

    def section(self):
        rest = f"{self.lasts}exit {self.exit_code}" if self.is_job else "exec sleep 600"
        waits_for = " ".join(f"{other.name}:{goal}" for other, goal in self.waits_for)
        return (f"[program:{self.name}]\nprocess_name=%(program_name)s_%(process_num)d\nnumprocs={self.count}\n"
                f"command=/bin/sh -c 'echo started >> %(here)s/starts/%(program_name)s_%(process_num)d; {rest}'\n"
                f"autostart=false\nautorestart=unexpected\nexitcodes=0,3\nstartsecs={self.startsecs}\n"
                f"stdout_logfile=NONE\nstderr_logfile=NONE\ndependent_startup=true\n"
                f"dependent_startup_wait_for={waits_for}\n")


def make_graph(rng):
    programs = []
    slow = set(rng.sample(range(12), 2))
    for number in range(12):
        programs.append(Program(number, rng, programs, number in slow))
    return programs


class Killed(Workspace):
    def kill_through(self, part):
        seeds = range(part * SEEDS_A_CLASS, (part + 1) * SEEDS_A_CLASS)
        if "KEENLANCE_SEED" in os.environ:
            seeds = [seed for seed in seeds if seed == int(os.environ["KEENLANCE_SEED"])]
        for seed in seeds:
            with self.subTest(f"KEENLANCE_SEED={seed}"):
                self.kill(random.Random(seed))

    def kill(self, rng):
        programs = make_graph(rng)
        self.supervisord = Supervisord(
            self, f"[eventlistener:{LISTENER}]\ncommand={binary('ordered-startup-listener')}\nevents=PROCESS_STATE\n"
            "buffer_size=1024\nautostart=false\nautorestart=true\nstartsecs=0\n"
            "stderr_logfile=%(here)s/logs/listener.err\n", *(program.section() for program in programs))
        (self.supervisord.dir / "starts").mkdir()
        self.supervisord.rpc.startProcess(LISTENER, False)
        for life in range(1, rng.randint(4, 7)):
            self.kill_at_some_moment(rng, life)
        self.wait_for_life(life + 1)
        self.wait_for_summary()
        self.assert_complete(programs)
        self.supervisord.rpc.stopProcess(LISTENER)
        before = len(self.said())
        self.supervisord.rpc.startProcess(LISTENER, False)
        self.wait_for_summary(before)
        self.assert_complete(programs)
        self.assert_in_order(programs)
        self.supervisord.stop()

    def kill_at_some_moment(self, rng, life):
        """Some starts after it has begun, and some milliseconds more."""
        pid = self.wait_for_life(life)
        folder = self.supervisord.dir / "starts"
        starts = len(os.listdir(folder)) + rng.choice((0, 0, 1, 1, 2, 3, 5))
        deadline = time.monotonic() + rng.choice((0.01, 0.05, 0.2, 1.0))
        while len(os.listdir(folder)) < starts and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(rng.choice((0, rng.uniform(0, 0.004), rng.uniform(0, 0.03))))
        os.kill(pid, signal.SIGKILL)
        if rng.random() < 0.7:
            self.supervisord.rpc.getState()  # wakes it: the next life begins at once, instead of within a second

    def wait_for_life(self, life):
        """Until the listener has been started so often; gives its pid."""
        def pid():
            pids = re.findall(rf"spawned: '{LISTENER}' with pid (\d+)", self.supervisord.log)
            return len(pids) >= life and int(pids[life - 1])
        return wait_until(pid, f"life {life} of the listener")

    def starts(self):
        """Of each process, as it counts them itself."""
        return {path.name: path.read_text(encoding="utf-8").count("started")
                for path in (self.supervisord.dir / "starts").iterdir()}

    def states(self):
        return {info["name"]: info["statename"] for info in self.supervisord.rpc.getAllProcessInfo()
                if info["name"] != LISTENER}

    def said(self):
        return (self.supervisord.dir / "logs" / "listener.err").read_text(encoding="utf-8")

    def wait_for_summary(self, since=0):
        """Nobody else calls supervisord meanwhile, and so wakes it."""
        wait_until(lambda: "all 12 programs are there" in self.said()[since:].rstrip().rpartition("\n")[2],
                   lambda: f"all to be there; the listener says {self.said()}")

    def assert_complete(self, programs):
        wanted = {process: "EXITED" if program.is_job else "RUNNING"
                  for program in programs for process in program.processes}
        wait_until(lambda: self.states() == wanted, lambda: f"{wanted}, have {self.states()}")
        wait_until(lambda: all(map(self.starts().get, wanted)), lambda: f"all to count their start: {self.starts()}")
        self.assertEqual(self.starts(), dict.fromkeys(wanted, 1))

    def assert_in_order(self, programs):
        seen = moments(self.supervisord.log)
        for program in programs:
            for other, goal in program.waits_for:
                for earlier in other.processes:
                    met = {"starting": "spawned", "running": "running"}.get(goal, "exited")
                    if (earlier, met) not in seen:  # supervisord has found it dead before it found it RUNNING
                        met = "exited"
                    for later in program.processes:
                        self.assertLess(seen.index((earlier, met)), seen.index((later, "spawned")),
                                        f"{later} waits for {earlier}:{goal}")


class Seeds0(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(0)


class Seeds1(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(1)


class Seeds2(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(2)


class Seeds3(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(3)


class Seeds4(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(4)


class Seeds5(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(5)


class Seeds6(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(6)


class Seeds7(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(7)


class Seeds8(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(8)


class Seeds9(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(9)


class Seeds10(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(10)


class Seeds11(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(11)


class Seeds12(Killed):
    def test_nothing_is_started_twice_and_all_comes_up(self):
        self.kill_through(12)


if __name__ == "__main__":
    unittest.main()
