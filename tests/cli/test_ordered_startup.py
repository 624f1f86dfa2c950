"""ordered-startup-listener under a real supervisord: the scenarios that need nobody to interfere.

What each is about stands in its `expected`; support/scenario.py says how that is read.
"""

import re
import unittest
from pathlib import Path

from support.scenario import SCENARIOS, Scenario
from support.supervisord import PASSWORD
from support.system import command_line, descendants, is_alive
from support.workspace import Workspace, wait_until


class Play(Workspace):
    def play(self, name, variant=None, **options):
        """Until the listener is done, and all is as expected."""
        scenario = Scenario(self, name, **options)
        scenario.wait_until_done()
        scenario.assert_as_expected(variant)
        return scenario


class ExamplesOfThePredecessors(Play):
    def test_the_readme_of_ordered_startup_supervisord(self):
        self.play("readme_of_ordered_startup")

    def test_the_example_of_supervisord_dependent_startup(self):
        self.play("example_of_dependent_startup")

    def test_a_container_of_sonic(self):
        self.play("sonic")


class Names(Play):
    def test_programs_of_several_processes_and_groups(self):
        self.play("numprocs_and_groups")

    def test_a_group_as_a_whole(self):
        self.play("group_as_a_whole")

    def test_an_fcgi_program(self):
        self.play("fcgi_program")

    def test_expansions_in_the_keys(self):
        self.play("expansions", environment={"FIRST": "7", "ORDERED": "TRUE", "DB": "postgres", "STATE": "running"})


class Order(Play):
    def test_a_chain_with_equal_priorities(self):
        self.play("chain_with_equal_priorities")

    def test_a_diamond(self):
        self.play("diamond")

    def test_priorities_within_a_wave(self):
        self.play("priorities")

    def test_both_dialects_in_one_file(self):
        self.play("both_dialects")

    def test_what_supervisord_starts_by_itself(self):
        self.play("waits_for_what_supervisord_starts")

    def test_a_hundred_at_once(self):
        names = [f"p{number:03}" for number in range(100)]
        wave = "".join(f"[program:{name}]\ncommand=/bin/sleep 600\nautostart=false\nstartsecs=0\n"
                       "dependent_startup=true\ndependent_startup_wait_for=first\n" for name in names)
        self.play("hundred_at_once", environment={"WAVE": ",".join(names)}, files={"wave.conf": wave})


class ShortLives(Play):
    def test_gone_within_a_millisecond(self):
        self.play("gone_within_a_millisecond")

    def test_flapping(self):
        self.play("flapping")

    def test_exits_of_every_kind(self):
        self.play("exits")


class Failures(Play):
    def test_fatal(self):
        self.play("fatal")

    def test_no_such_file(self):
        self.play("no_file")

    def test_a_job_that_fails(self):
        for action in ("skip", "stop", "continue"):
            with self.subTest(action):
                self.play(f"job_fails_on_failure_{action}")


class OnFailure(Play):
    def test_skip(self):
        self.play("on_failure_skip")

    def test_stop(self):
        self.play("on_failure_stop")

    def test_continue(self):
        self.play("on_failure_continue")

    def test_shutdown(self):
        self.play("on_failure_shutdown")


class Readiness(Play):
    def test_ready(self):
        self.play("ready")

    def test_never_ready(self):
        scenario = self.play("never_ready")
        probes = [pid for pid in descendants(scenario.process.pid) if re.search("sh .*sleep 600", command_line(pid))]
        wait_until(lambda: not any(map(is_alive, probes)), "the hanging probe to be gone")


class Surroundings(Play):
    def test_no_events_at_all(self):
        self.play("no_events")

    def test_behind_a_shell(self):
        self.play("behind_a_shell")

    def test_behind_a_shell_that_stays(self):
        scenario = self.play("behind_a_shell_that_stays")
        shell = scenario.pid("ordered")
        listener = descendants(shell)
        self.assertEqual(len(listener), 1)
        scenario.stop()
        wait_until(lambda: not is_alive(listener[0]), "the listener to be gone")

    def test_tcp_with_a_password(self):
        self.play("tcp_with_password", password=PASSWORD)


class Mistake(Play):
    """One in the keys, with each --error-action."""

    def make(self, mistake):
        for action in ("exit", "skip", "ignore"):
            with self.subTest(action):
                self.play(mistake, action, environment={"ERROR_ACTION": action})


class MistakesInDependencies(Mistake):
    def test_a_cycle(self):
        self.make("cycle")

    def test_an_unknown_name(self):
        self.make("unknown_name")


class MistakesInAProgram(Mistake):
    def test_a_bad_state(self):
        self.make("bad_state")

    def test_autostarted_and_ordered(self):
        self.make("autostart_conflict")


class WhenDone(Play):
    def test_exit_and_all_is_there(self):
        self.play("when_done_exit")

    def test_exit_and_something_is_not(self):
        self.play("when_done_exit_and_something_is_not_there")

    def test_stay_and_go_on_acknowledging(self):
        scenario = self.play("stay")
        for _ in range(30):
            scenario.rpc.startProcess("toy")
            scenario.rpc.stopProcess("toy", False)
            scenario.wait_for_state("toy", "STOPPED")
        self.assertEqual(scenario.times("toy", "stopped"), 30)
        scenario.assert_as_expected()


class EveryScenario(unittest.TestCase):
    def test_is_played(self):
        tests = "".join(path.read_text(encoding="utf-8")
                        for path in sorted(Path(__file__).parent.glob("test_ordered_startup*.py")))
        for folder in sorted(SCENARIOS.iterdir()):
            with self.subTest(folder.name):
                self.assertIn(f'"{re.sub("^job_fails_on_failure_.*", "job_fails_on_failure_", folder.name)}', tests)


if __name__ == "__main__":
    unittest.main()
