"""The configurations of examples/ under a real supervisord, as they stand but for their paths in /tmp: each listener
stays up, and what the comments promise to be seen is there."""

import os
import signal
import subprocess
import unittest

from support.supervisord import Supervisord
from support.system import free_port
from support.workspace import PROGRAMS, ROOT, Workspace, binary, binary_folder, wait_until


class Example(Supervisord):
    """examples/PROGRAM.conf, its files in the test's folder."""

    def __init__(self, case, program, replaced=None, prefix=()):
        self._program = program
        self._replaced = replaced or {}
        path = f"{binary_folder()}:{os.environ['PATH']}"
        super().__init__(case, environment={"PATH": path, "TMPDIR": str(case.dir)}, prefix=prefix)

    def _configuration(self, sections):
        text = (ROOT / "examples" / f"{self._program}.conf").read_text(encoding="utf-8")
        paths = {"/tmp/keenlance-" + self._program: f"{self.dir}/{self._program}",
                 f"{self.dir}/{self._program}.sock": self.socket}
        for old, new in {**self._replaced, **paths}.items():  # a path may have anything in it
            self._case.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def file(self, ending):
        path = self.dir / f"{self._program}.{ending}"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _keep_evidence(self):
        super()._keep_evidence()
        self._case.exhibit(f"{self._program}.log", self.file("log"))
        self._case.exhibit(f"{self._program}.stderr", self.file("stderr"))


class EveryExample(Workspace):
    def test_each_listener_becomes_running_and_stops_when_told(self):
        for program in PROGRAMS:
            with self.subTest(program):
                supervisord = Example(self, program)
                supervisord.wait_for_state(program, "RUNNING")
                # RUNNING says a second has passed, not that the program has come as far as its signal handlers.
                wait_until(lambda: f" {program}: " in supervisord.file("stderr"), f"the first line of {program}")
                supervisord.stop()
                self.assertIn(f"stopped: {program} (exit status 0)", supervisord.file("log"))


class MemmonExample(Workspace):
    def test_memmon_restarts_the_greedy_program(self):
        supervisord = Example(self, "memmon")
        pid = supervisord.wait_for_state("greedy", "RUNNING")
        supervisord.wait_for_restart("greedy", pid)
        wait_until(lambda: "greedy" in supervisord.file("stderr"), "memmon's line about it")


class HttpokExample(Workspace):
    def test_httpok_restarts_the_server_that_was_made_to_hang(self):
        supervisord = Example(self, "httpok", {"8010": str(free_port())})
        pid = supervisord.wait_for_state("web", "RUNNING")
        supervisord.wait_for_state("httpok", "RUNNING")
        os.kill(pid, signal.SIGSTOP)
        supervisord.wait_for_restart("web", pid)
        wait_until(lambda: "web" in supervisord.file("stderr"), "httpok's line about it")


class CrashmailExample(Workspace):
    def test_crashmail_tells_about_the_crash_and_about_the_failed_start(self):
        supervisord = Example(self, "crashmail")
        for process in ("crasher", "nosuch"):
            wait_until(lambda: f"Process {process} in group {process} " in supervisord.file("mail"),
                       lambda: f"a message about {process}, have {supervisord.file('mail')!r}")


class EssentialExample(Workspace):
    def test_the_container_ends_with_the_status_of_web_and_the_mail_tells_why(self):
        supervisord = Example(self, "essential", {"sleep 10;": "sleep 3;"}, (binary("essential"), "run"))
        wait_until(lambda: supervisord.process.poll() is not None, "the end")
        self.assertEqual(supervisord.process.returncode, 3)
        self.assertIn("web exited unexpectedly with status 3", supervisord.file("mail"))
        self.assertNotIn("helper", supervisord.file("mail"))


class OrderedStartupListenerExample(Workspace):
    PROGRAM = "ordered-startup-listener"

    def setUp(self):
        super().setUp()
        self.supervisord = Example(self, self.PROGRAM, {"8020": str(free_port())})
        wait_until(lambda: "done after" in self.supervisord.file("stderr"), "its summary")

    def assert_in_order(self, *moments):
        log = self.supervisord.file("log")
        self.assertEqual(sorted(moments, key=log.index), list(moments), log)

    def test_everything_comes_up_when_what_it_needs_is_there(self):
        self.assertIn("all 5 programs are there", self.supervisord.file("stderr"))
        self.assert_in_order("success: database entered RUNNING", "spawned: 'migrate'", "exited: migrate",
                             "spawned: 'web'", "success: web entered RUNNING")
        self.assert_in_order("success: cache entered RUNNING", "spawned: 'web'")
        for worker in ("worker_00", "worker_01"):
            self.assert_in_order("exited: migrate", f"spawned: '{worker}'")
        wait_until(lambda: "</svg>" in self.supervisord.file("svg"), "the picture of it")

    def test_the_plan_is_sound_and_stopping_brings_all_down_in_reverse(self):
        plan = self.run_by_hand("--plan")
        self.assertEqual((plan.returncode, plan.stderr), (0, ""))
        self.assertIn("5 programs in 3 waves", plan.stdout)
        stop = self.run_by_hand("--stop")
        self.assertEqual(stop.returncode, 0, stop.stderr)
        self.assert_in_order("stopped: web", "stopped: database")
        self.assert_in_order("stopped: worker_00", "stopped: cache")
        self.assertEqual(self.supervisord.state(self.PROGRAM), "RUNNING")

    def run_by_hand(self, option):
        return subprocess.run([binary(self.PROGRAM), "-c", self.supervisord.config, option], capture_output=True,
                              text=True, timeout=60, check=False)


class QuickctlExample(Workspace):
    def test_what_its_comments_say_works(self):
        port = free_port()
        supervisord = Example(self, "quickctl", {"8020": str(port), "numprocs=8": "numprocs=1"})
        supervisord.wait_for_state("database", "RUNNING")
        for words in ("start all --order config", "status", "restart web:",
                      "roll --batch 2 --pause 1 --health-url http://{host}:{num}/ web", "stop all --order config"):
            with self.subTest(words):
                done = subprocess.run([binary("quickctl"), "-c", supervisord.config, *words.split()],
                                      env={**os.environ, "XDG_STATE_HOME": str(self.dir)}, capture_output=True,
                                      text=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        log = supervisord.file("log")
        self.assertLess(log.rindex(f"stopped: {port}"), log.index("stopped: database"))


if __name__ == "__main__":
    unittest.main()
