"""ordered-startup-listener when somebody interferes: programs that come back, an operator, restarts, the end."""

import os
import re
import signal
import subprocess
import unittest
import xml.etree.ElementTree

from support.rig import INHERITED, Rig
from support.scenario import Scenario
from support.server import Server, answering_rpc
from support.supervisord import PASSWORD
from support.system import is_stopped, runs_its_own_program
from support.workspace import Workspace, binary, wait_until

LISTENER = "ordered-startup-listener"
BARE = {name: os.environ[name] for name in INHERITED if name in os.environ}


class Play(Workspace):
    def start(self, name, **options):
        """Until the listener is done."""
        scenario = Scenario(self, name, **options)
        scenario.wait_until_done()
        return scenario

    def assert_order(self, scenario, *wanted):
        """(process, moment, which time) each, in supervisord's log."""
        places = [scenario.place(*each) for each in wanted]
        self.assertEqual(places, sorted(places), scenario.moments)


class Follow(Play):
    def setUp(self):
        super().setUp()
        self.scenario = self.start("follow")
        self.scenario.assert_as_expected()

    def assert_dependents_have_followed(self, time):
        """db has come back for that time: web and api were restarted, once each and in order."""
        self.scenario.wait_for_moment("api", "running", count=time)
        self.scenario.wait_for_words("api: restarted", count=time - 1)
        self.assert_order(self.scenario, ("db", "running", time), ("web", "stopped", time - 1),
                          ("web", "running", time), ("api", "stopped", time - 1), ("api", "spawned", time))
        spawned = {name: self.scenario.times(name, "spawned") for name in ("db", "job", "web", "api", "beside")}
        self.assertEqual(spawned, {"db": time, "job": 1, "web": time, "api": time, "beside": 1})

    def test_a_program_that_was_killed_comes_back(self):
        for time in (2, 3, 4):
            os.kill(self.scenario.pid("db"), signal.SIGKILL)
            self.assert_dependents_have_followed(time)
        self.assertEqual(self.scenario.state("job"), "EXITED")

    def test_a_program_is_stopped_and_started_by_hand(self):
        for time in (2, 3):
            self.scenario.rpc.stopProcess("db")
            self.assertEqual(self.scenario.times("web", "spawned"), time - 1)
            self.scenario.rpc.startProcess("db")
            self.assert_dependents_have_followed(time)

    def test_only_those_behind_it_are_restarted(self):
        os.kill(self.scenario.pid("web"), signal.SIGKILL)
        self.scenario.wait_for_moment("api", "running", count=2)
        self.scenario.rpc.stopProcess("api")  # nothing waits for it
        self.scenario.rpc.startProcess("api")
        spawned = {name: self.scenario.times(name, "spawned") for name in ("db", "job", "web", "api", "beside")}
        self.assertEqual(spawned, {"db": 1, "job": 1, "web": 2, "api": 3, "beside": 1})

    def test_what_an_operator_has_stopped_stays_down(self):
        self.scenario.rpc.stopProcess("web")
        os.kill(self.scenario.pid("db"), signal.SIGKILL)
        self.scenario.wait_for_moment("db", "running", count=2)
        os.kill(self.scenario.pid("db"), signal.SIGKILL)
        self.scenario.wait_for_moment("db", "running", count=3)
        self.scenario.rpc.startProcess("web")
        self.assertEqual(self.scenario.times("web", "spawned"), 2)
        self.assertEqual(self.scenario.times("job", "spawned"), 1)


class AnOperator(Play):
    def restart_listener(self, scenario):
        scenario.rpc.stopProcess("ordered")
        scenario.rpc.startProcess("ordered", False)

    def test_what_was_stopped_by_hand_is_left_alone_by_a_listener_that_is_restarted(self):
        scenario = self.start("interrupted")
        for name in ("d", "c"):
            scenario.rpc.stopProcess(name)
        self.restart_listener(scenario)
        scenario.wait_for_words("done after", count=2)
        self.restart_listener(scenario)
        scenario.wait_for_words("done after", count=3)
        spawned = {name: scenario.times(name, "spawned") for name in "abcde"}
        self.assertEqual(spawned, dict.fromkeys("abcde", 1))
        self.assertEqual([scenario.state(name) for name in "abcde"],
                         ["RUNNING", "EXITED", "STOPPED", "STOPPED", "RUNNING"])

    def test_a_listener_restarted_in_the_middle_goes_on(self):
        for process, moment in (("a", "spawned"), ("a", "running"), ("b", "exited"), ("c", "spawned")):
            with self.subTest(f"{process} {moment}"):
                scenario = Scenario(self, "interrupted")
                scenario.wait_for_moment(process, moment)
                self.restart_listener(scenario)
                scenario.wait_until_done()
                scenario.assert_as_expected()

    def test_a_program_stopped_by_hand_while_it_starts_keeps_its_dependents_down(self):
        scenario = Scenario(self, "interrupted")
        scenario.wait_for_moment("c", "spawned")
        scenario.rpc.stopProcess("c")
        scenario.wait_until_done()
        self.assertEqual({name: scenario.times(name, "spawned") for name in "abcde"},
                         {"a": 1, "b": 1, "c": 1, "d": 0, "e": 0})
        scenario.wait_for_words("c FAILED: .*by hand")
        scenario.wait_for_words("done after .*NOT started: d, e")

    def test_one_that_is_slow_to_obey_that_stop_has_not_run_either(self):
        scenario = Scenario(self, "interrupted", changes={"priority=3\n": "priority=3\nstartsecs=6\nstopwaitsecs=60\n"})
        scenario.wait_for_moment("c", "spawned")
        pid = scenario.pid("c")
        wait_until(lambda: runs_its_own_program(pid), "c to be more than a fork")
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: is_stopped(pid), "c to be stopped")  # or a SIGTERM would come first
        scenario.rpc.stopProcess("c", False)

        def is_older_than_startsecs():
            info = scenario.rpc.getProcessInfo("c")
            return info["statename"] == "STOPPING" and info["now"] - info["start"] > 7

        wait_until(is_older_than_startsecs, "a stop that goes on after startsecs")
        os.kill(pid, signal.SIGCONT)
        scenario.wait_for_words("c FAILED: .*by hand")
        scenario.wait_for_words("done after .*NOT started: d, e")
        self.assertEqual({name: scenario.times(name, "spawned") for name in "cde"}, {"c": 1, "d": 0, "e": 0})

    def test_a_program_started_by_hand_before_its_time_is_not_started_again(self):
        scenario = Scenario(self, "interrupted")
        scenario.wait_for_moment("a", "spawned")
        scenario.rpc.startProcess("d")
        scenario.wait_until_done()
        self.assertEqual({name: scenario.times(name, "spawned") for name in "abcde"}, dict.fromkeys("abcde", 1))
        scenario.wait_for_words("all 5 programs are there")

    def test_supervisord_is_told_to_reload(self):
        scenario = self.start("interrupted")
        scenario.rpc.restart()
        wait_until(lambda: scenario.said.count(" done after ") == 2, lambda: f"another summary in {scenario.said!r}")
        self.assertEqual({name: scenario.times(name, "spawned") for name in "abcde"}, dict.fromkeys("abcde", 2))
        self.assert_order(scenario, ("e", "stopped", 1), ("a", "spawned", 2), ("a", "running", 2), ("b", "exited", 2),
                          ("c", "spawned", 2), ("c", "running", 2), ("d", "spawned", 2))


class TheEnd(Play):
    def end_in_the_middle(self, end):
        scenario = Scenario(self, "interrupted")
        scenario.wait_for_moment("c", "spawned")
        end(scenario)
        scenario.wait_for_end()
        self.assertIn("stopped: ordered (exit status 0)", scenario.log)
        self.assertEqual([scenario.times(name, "spawned") for name in "abcde"], [1, 1, 1, 0, 0])
        self.assertNotIn("UNKNOWN", scenario.log)
        self.assertNotIn("Traceback", scenario.said)
        scenario.assert_manners()

    def test_supervisord_gets_sigterm_in_the_middle(self):
        self.end_in_the_middle(lambda scenario: scenario.process.send_signal(signal.SIGTERM))

    def test_supervisord_is_shut_down_by_a_call_in_the_middle(self):
        self.end_in_the_middle(lambda scenario: scenario.rpc.shutdown())

    def test_a_listener_stopped_before_it_counts_as_running_ends_with_0(self):
        scenario = Scenario(self, "interrupted")
        scenario.wait_for_moment("a", "spawned")
        scenario.rpc.stopProcess("ordered")
        self.assertIn("stopped: ordered (exit status 0)", scenario.log)

    def test_sigterm_and_the_end_of_stdin_end_it_with_0_whatever_supervisord_does(self):
        config = str(Scenario(self, "stay").config)
        for server in ("unix:///nonexistent/s.sock", Server(self, lambda request, connection: connection.wait())):
            for end in ("terminate", "finish"):
                with self.subTest(f"{server} {end}"):
                    getattr(Rig(self, LISTENER, "-c", config, server_url=server), end)()


class Timeline(Play):
    def test_a_picture_with_a_bar_a_process(self):
        picture = self.dir / "a start.svg"
        scenario = self.start("timeline", environment={"TIMELINE": f'"{picture}"'})
        scenario.assert_as_expected()
        wait_until(picture.exists, "the picture")
        root = xml.etree.ElementTree.fromstring(picture.read_text(encoding="utf-8"))
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        svg = {"svg": "http://www.w3.org/2000/svg"}
        bars = {group.find("svg:text", svg).text: (group.get("class"), group.find("svg:title", svg).text)
                for group in root.findall("svg:g[svg:title]", svg)}
        self.assertEqual(set(bars), {"db", "fast&amp", "worker:worker_0", "worker:worker_1", "broken", "skipped"})
        self.assertIn("critical", bars["db"][0])
        self.assertEqual((bars["broken"][0], bars["skipped"][0]), ("failed", "skipped"))
        self.assertIn("after db", bars["worker:worker_0"][1])
        self.assertIn("NO_FILE", bars["broken"][1])

    def test_a_line_a_process_in_the_log(self):
        scenario = self.start("timeline", environment={"TIMELINE": "-"})
        scenario.assert_as_expected()
        for name in ("db", "fast&amp", "worker:worker_0", "worker:worker_1", "broken", "skipped"):
            with self.subTest(name):
                scenario.wait_for_words(rf"{LISTENER}: [* ] {re.escape(name)} +\|")
        scenario.wait_for_words("critical path: db .*-> worker")

    def test_a_picture_that_cannot_be_written_is_said(self):
        scenario = self.start("timeline", environment={"TIMELINE": "/nonexistent/folder/a.svg"})
        scenario.wait_for_words("/nonexistent/folder/a.svg")
        scenario.assert_as_expected()


class FromAShell(Play):
    """--stop, and --start after it."""

    def run_by_hand(self, option, *arguments, **options):
        """Its exit status, and what it says."""
        done = subprocess.run([binary(LISTENER), option, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False, **{"env": BARE, **options})
        self.exhibit(option, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_down_in_reverse_order_and_up_again(self):
        scenario = self.start("stop")
        scenario.rpc.startProcess("beside")
        for time in (1, 2):
            self.assertEqual(self.run_by_hand("--stop", "-c", scenario.config)[0], 0)
            self.assert_order(scenario, ("top", "stopped", time), ("web", "stopped", time), ("cache", "stopped", time),
                              ("db", "stopped", time))
            self.assert_order(scenario, ("top", "stopped", time), ("stubborn", "stopped", time),
                              ("cache", "stopped", time))
            self.assertEqual(self.run_by_hand("--stop", "-c", scenario.config)[0], 0)
            self.assertEqual(self.run_by_hand("--start", "-c", scenario.config)[0], 0)
            again = time + 1
            self.assert_order(scenario, ("db", "running", again), ("cache", "spawned", again),
                              ("cache", "running", again), ("web", "spawned", again), ("web", "running", again),
                              ("top", "spawned", again))
            self.assert_order(scenario, ("stubborn", "running", again), ("top", "spawned", again))
            self.assertEqual(self.run_by_hand("--start", "-c", scenario.config)[0], 0)
        self.assertIn("stopped: stubborn (terminated by SIGKILL)", scenario.log)
        self.assertEqual({name: scenario.times(name, "spawned") for name in ("db", "top", "job", "beside", "ordered")},
                         {"db": 3, "top": 3, "job": 1, "beside": 1, "ordered": 1})
        self.assertEqual([scenario.state(name) for name in ("beside", "ordered")], ["RUNNING", "RUNNING"])

    def test_with_the_password_of_the_configuration(self):
        scenario = self.start("tcp_with_password", password=PASSWORD)
        for option in ("--stop", "--start"):
            status, said = self.run_by_hand(option, "-c", scenario.config,
                                            env={**BARE, "PORT": str(scenario.free_port)})
            self.assertEqual(status, 0)
            self.assertNotIn(PASSWORD, said)
        self.assert_order(scenario, ("web", "stopped"), ("db", "stopped"), ("db", "running", 2), ("web", "spawned", 2))

    def test_what_does_not_come_up_is_exit_1(self):
        scenario = self.start("fatal")
        status, said = self.run_by_hand("--start", "-c", scenario.config)
        self.assertEqual(status, 1)
        self.assertIn("broken", said)
        self.assertEqual(scenario.times("child", "spawned"), 0)

    def test_without_a_supervisord(self):
        scenario = self.start("stop")
        for url in ("unix:///nonexistent/s.sock", "http://127.0.0.1:9"):
            for option in ("--stop", "--start"):
                # The file is found by the search path: one that is named says by itself where supervisord is.
                self.assertEqual(self.run_by_hand(option, cwd=scenario.dir,
                                                  env={**BARE, "SUPERVISOR_SERVER_URL": url})[0], 3)
        self.assertEqual(scenario.times("top", "stopped"), 0)
        scenario.stop()
        for option in ("--stop", "--start"):
            self.assertEqual(self.run_by_hand(option, "-c", scenario.config)[0], 3)

    def test_with_a_supervisord_of_other_programs(self):
        scenario = self.start("stop")
        other = self.start("stay")
        status, said = self.run_by_hand("--stop", cwd=scenario.dir, env={**BARE, "SUPERVISOR_SERVER_URL": other.url})
        self.assertIn(status, (1, 3))
        for name in ("cache", "stubborn", "top"):
            self.assertIn(name, said)
        self.assertEqual(other.times("web", "stopped"), 0)
        self.assertEqual(scenario.times("web", "stopped"), 0)

    def test_what_cannot_be_stopped_keeps_what_it_needs_and_is_exit_1(self):
        """Such a process sleeps in the kernel; a played supervisord shows how that looks."""
        config = self.write("supervisord.conf", f"[supervisord]\n[unix_http_server]\nfile={self.dir}/rpc\n" + "".join(
            f"[program:{name}]\ncommand=x\nautostart=false\nstopwaitsecs=0\ndependent_startup=true\n{more}"
            for name, more in (("db", ""), ("web", "dependent_startup_wait_for=db\n"))))
        stopped = []

        def info(name):
            return {"name": name, "group": name, "start": 1, "stop": 0, "now": 9, "state": 40 if name == "web" else 20,
                    "statename": "STOPPING" if name == "web" else "RUNNING", "spawnerr": "", "exitstatus": 0,
                    "logfile": "", "stdout_logfile": "", "stderr_logfile": "", "pid": 42, "description": ""}

        def stop(name, _=True):
            stopped.append(name)
            return True
        Server(self, answering_rpc({
            "supervisor.getAllProcessInfo": lambda: [info("db"), info("web")], "supervisor.stopProcess": stop,
            "supervisor.getProcessInfo": lambda name: info(name.rpartition(":")[2])}), path=str(self.dir / "rpc"))
        status, said = self.run_by_hand("--stop", "-c", config)
        self.assertEqual(status, 1)
        self.assertIn("web", said)
        self.assertEqual({name.rpartition(":")[2] for name in stopped}, {"web"})


if __name__ == "__main__":
    unittest.main()
