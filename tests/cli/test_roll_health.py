"""quickctl roll: when an instance is well, what is run before and after it, and a signal instead of a restart."""

import os
import re
import signal
import unittest
from pathlib import Path

from support.quickctl import shell
from support.roll import Roll, log_lines
from support.supervisord import program
from support.system import free_port
from support.workspace import wait_until

NAMES = [f"app:{number}" for number in range(4)]
EVIL = ("x$(touch${IFS}evil)", "b;touch${IFS}evil", "c`touch${IFS}evil`", "d'e", "f&g*", 'h"i\\j', "~k", "l{num}m")


class Stable(Roll):
    def brief(self, **keys):
        """An app whose next life, and only that, ends after two seconds with exit status 7."""
        text = f"test -e {self.dir}/brief && {{ rm {self.dir}/brief; sleep 2; exit 7; }}; exec sleep 600"
        self.at_work(program("app", shell(text), numprocs=2, process_name="%(process_num)d", **keys), names=NAMES[:2])
        self.write("brief", "")

    def test_one_that_dies_after_two_seconds_is_found(self):
        self.brief(autorestart="false")
        result = self.roll("--stable", "5", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], r"app:0: ERROR \(it (did not last: EXITED|has already exited).*\)")

    def test_one_that_supervisord_has_started_again_was_not_stable(self):
        self.brief(startsecs=1)
        result = self.roll("--stable", "30", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], r"app:0: ERROR \(it did not last: ")

    def test_each_is_watched_for_as_long_as_it_is_to_be_stable(self):
        before = self.at_work(self.app(2), names=NAMES[:2])
        self.assertEqual(self.roll("--stable", "2", "app:")[0], 0)
        self.assert_renewed(before, before)
        success, stopped = log_lines(self.supervisord, r"(success|stopped): [01] ")[3:5]
        self.assertEqual((success[1], stopped[1]), ("success", "stopped"))
        self.assertGreaterEqual(stopped[0] - success[0], 2)


class Health(Roll):
    def test_a_url_is_asked_of_every_instance(self):
        section, names = self.service(3)
        before = self.at_work(section, names=names)
        status, out, err = self.roll("--health-url", "http://{host}:{num}/{group}/{name}?x={nothing}", "app:")
        self.assertEqual((status, err), (0, ""), out)
        self.assert_renewed(before, names)
        for name in names:
            port = name.removeprefix("app:")
            self.assertIn(f"GET /app/{port}?x={{nothing}} HTTP",
                          Path(f"{self.dir}/ill-{port}.requests").read_text(encoding="ascii"))

    def test_one_that_is_ill_stops_it_after_the_timeout(self):
        section, names = self.service(3)
        before = self.at_work(section, names=names)
        self.write("ill-" + names[1].removeprefix("app:"), "")
        result = self.roll("--health-url=http://127.0.0.1:{num}/", "--health-timeout=1", "app:")
        self.assert_stopped(result, new=names[0], failed=names[1], old=names[2])
        self.assertRegex(result[1], rf"{names[1]}: ERROR \(not healthy within 1.*: status 503 Ill\)")
        self.assertEqual(self.supervisord.pid(names[2]), before[names[2]])
        asked = Path(f"{self.dir}/ill-{names[1].removeprefix('app:')}.requests").read_text(encoding="ascii")
        self.assertGreater(len(asked.splitlines()), 1, "it is asked again meanwhile")
        self.assertEqual(self.supervisord.state(names[1]), "RUNNING")

    def test_one_that_takes_its_time_to_become_well_is_waited_for(self):
        section, names = self.service(2)
        before = self.at_work(section, names=names)
        ill = self.dir / names[0].replace("app:", "ill-")
        ill.touch()
        running = self.begin_roll("--pause=0", "--health-url=http://127.0.0.1:{num}/", "app:")
        requests = Path(f"{ill}.requests")
        wait_until(lambda: requests.exists() and requests.read_text(encoding="ascii").count("\n") > 1,
                   "two questions in vain")
        self.assertEqual(self.supervisord.pid(names[1]), before[names[1]])
        ill.unlink()
        self.assertEqual(self.end(running)[0], 0)
        self.assert_renewed(before, names)

    def test_one_that_dies_while_its_health_is_asked_for_is_not_waited_for(self):
        section, names = self.service(2, autorestart="false")
        self.at_work(section, names=names)
        ill = self.dir / names[0].replace("app:", "ill-")
        ill.touch()
        running = self.begin_roll("--pause=0", "--health-url=http://127.0.0.1:{num}/", "--health-timeout=600", "app:")
        wait_until(Path(f"{ill}.requests").exists, "a question in vain")
        os.kill(self.supervisord.pid(names[0]), signal.SIGKILL)
        result = self.end(running)
        self.assert_stopped(result, failed=names[0], old=names[1])
        self.assertRegex(result[1], rf"{names[0]}: ERROR \(it did not last: EXITED.*\)")

    def test_a_connection_is_enough_where_that_is_asked_for(self):
        section, names = self.service(2)
        before = self.at_work(section, names=names)
        self.assertEqual(self.roll("--health-tcp", "{host}:{num}", "app:")[0], 0)
        self.assert_renewed(before, names)
        result = self.roll("--health-tcp", f"127.0.0.1:{free_port()}", "--health-timeout", "0.5", "app:")
        self.assert_stopped(result, failed=names[0], old=names[1])
        self.assertRegex(result[1], r"ERROR \(not healthy within .*refused\)")

    def test_a_command_that_does_not_end_is_ended_and_not_well(self):
        self.at_work(self.app(1), names=NAMES[:1])
        result = self.roll("--health-cmd", "exec sleep 600", "--health-timeout", "1", "app:")
        self.assert_stopped(result, failed="app:0")
        self.assertRegex(result[1], r"ERROR \(not healthy within 1.*: killed after 1.*\)")

    def test_a_command_is_told_which_instance_is_meant(self):
        names = ["app:web08", "app:web09"]
        self.at_work(self.app(2, process_name="web%(process_num)02d", numprocs_start=8), names=names)
        told = self.dir / "told"
        status, out, _ = self.roll("--health-cmd", f"echo {{name}} {{group}} {{num}} {{host}} {{pid}} >>{told}", "app:")
        self.assertEqual(status, 0, out)
        pids = self.pids(names)
        self.assertEqual(told.read_text(encoding="ascii").splitlines(),
                         [f"web08 app 08 localhost {pids['app:web08']}", f"web09 app 09 localhost {pids['app:web09']}"])

    def test_a_command_that_fails_is_quoted(self):
        self.at_work(self.app(2), names=NAMES[:2])
        result = self.roll("--health-cmd", "echo so ill; exit 4", "--health-timeout", "0.5", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], r"app:0: ERROR \(not healthy within .*: status 4: so ill\)")

    def test_names_are_words_to_the_shell_and_nothing_more(self):
        self.supervise(*(program(name.replace("%", "%%"), "sleep 600") for name in EVIL))
        for name in EVIL:
            self.supervisord.wait_for_state(name, "RUNNING")
        told = self.dir / "told"
        say = f"printf \"%s,%s\\n\" {{name}} {{group}} >>{told}"
        status, out, err = self.roll("--pre", say, "--health-cmd", say, "--post", say, "all")
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual(sorted(told.read_text(encoding="utf-8").splitlines()),
                         sorted(3 * [f"{name},{name}" for name in EVIL]))
        self.assertEqual(list(self.dir.glob("**/evil")), [])
        self.assertFalse(Path("evil").exists())


class Hooks(Roll):
    def setUp(self):
        super().setUp()
        self.before = self.at_work(self.app(3), names=NAMES[:3])
        self.told = self.dir / "told"

    def say(self, word, more="true"):
        return f"kill -0 {{pid}} && echo {word} {{name}} {{pid}} >>{self.told}; {more}"

    def lines(self):
        return self.told.read_text(encoding="ascii").splitlines()

    def test_each_instance_goes_through_all_of_them_in_order(self):
        status, out, _ = self.roll("--pre", self.say("pre"), "--health-cmd", self.say("health"),
                                   "--post", self.say("post"), "app:")
        self.assertEqual(status, 0, out)
        now = self.pids(self.before)
        expected = []
        for number in range(3):
            name = f"app:{number}"
            expected += [f"pre {number} {self.before[name]}", f"health {number} {now[name]}",
                         f"post {number} {now[name]}"]
        self.assertEqual(self.lines(), expected)

    def test_where_pre_fails_the_instance_is_untouched(self):
        result = self.roll("--pre", "echo still busy; test {num} != 1", "--post", self.say("post"), "app:")
        self.assert_stopped(result, new="app:0", failed="app:1", old="app:2")
        self.assertRegex(result[1], r"app:1: ERROR \(nothing was done to it: its --pre failed: status 1: still busy\)")
        self.assert_renewed(self.before, ["app:0"])
        self.assertEqual([line.split()[:2] for line in self.lines()], [["post", "0"]])

    def test_where_post_fails_it_stops(self):
        result = self.roll("--post", self.say("post", "test {num} != 1"), "app:")
        self.assert_stopped(result, new="app:0", failed="app:1", old="app:2")
        self.assertRegex(result[1], r"app:1: ERROR \(it is well, but its --post failed: status 1\)")
        self.assert_renewed(self.before, ["app:0", "app:1"])

    def test_after_a_failure_post_is_not_run(self):
        self.break_(1)
        result = self.roll("--post", self.say("post"), "app:")
        self.assert_stopped(result, new="app:0", failed="app:1", old="app:2")
        self.assertEqual([line.split()[:2] for line in self.lines()], [["post", "0"]])

    def test_they_do_not_have_for_ever(self):
        result = self.roll("--pre", "sleep 600", "--hook-timeout", "0.5", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1 app:2")
        self.assertRegex(result[1], r"its --pre failed: killed after 0\.5")
        self.assert_renewed(self.before, [])

    def test_an_instance_of_each_of_a_batch_has_its_own(self):
        status, out, _ = self.roll("--batch", "3", "--pre", self.say("pre"), "--post", self.say("post"), "app:")
        self.assertEqual(status, 0, out)
        now = self.pids(self.before)
        self.assertEqual(sorted(self.lines()), sorted(
            [f"pre {name[-1]} {pid}" for name, pid in self.before.items()] +
            [f"post {name[-1]} {pid}" for name, pid in now.items()]))


class Signals(Roll):
    def test_a_signal_arrives_and_nothing_is_restarted(self):
        section, names = self.service(2)
        self.at_work(section, names=names)
        self.assertEqual(self.roll("--health-url=http://127.0.0.1:{num}/", "app:")[0], 0, "then they have their traps")
        before = self.pids(names)
        status, out, err = self.roll("--signal", "hup", "app:")
        self.assertEqual((status, err), (0, ""), out)
        self.assert_renewed(before, [])
        for name in names:
            self.assertEqual((self.dir / (name.replace("app:", "ill-") + ".hup")).read_text(encoding="ascii"),
                             f"{before[name]}\n")
            self.assertRegex(out, rf"(?m)^\[\d/2\] {name}: signalled, pid {before[name]}, ")

    def test_one_that_is_down_is_left_alone(self):
        self.at_work(self.app(3), names=NAMES[:3])
        self.supervisord.rpc.stopProcess("app:1")
        status, out, _ = self.roll("--signal", "CONT", "app:")
        self.assertEqual(status, 0, out)
        self.assertEqual(self.supervisord.state("app:1"), "STOPPED")
        self.assertRegex(out, r"(?m)^\[1/3\] app:1: already down")
        self.assertEqual(len(re.findall("signalled", out)), 2)

    def test_one_that_ends_by_it_and_comes_up_again_is_well(self):
        before = self.at_work(self.app(2, autorestart="true"), names=NAMES[:2])
        status, out, _ = self.roll("--signal", "TERM", "app:")
        self.assertEqual(status, 0, out)
        self.assert_renewed(before, before)

    def test_one_that_ends_by_it_for_good_has_failed(self):
        before = self.at_work(self.app(2, autorestart="false"), names=NAMES[:2])
        result = self.roll("--signal", "KILL", "--timeout", "2", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], r"app:0: ERROR \(it did not last: EXITED.*\)")
        self.assertEqual(self.supervisord.pid("app:1"), before["app:1"])

    def test_a_signal_that_there_is_not_is_supervisords_to_refuse(self):
        before = self.at_work(self.app(2), names=NAMES[:2])
        result = self.roll("--signal", "NONSENSE", "app:")
        self.assert_stopped(result, failed="app:0", old="app:1")
        self.assertRegex(result[1], r"app:0: ERROR \(.*BAD_SIGNAL.*NONSENSE.*\)")
        self.assert_renewed(before, [])


if __name__ == "__main__":
    unittest.main()
