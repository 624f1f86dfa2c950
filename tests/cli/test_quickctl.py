"""quickctl where all goes well: which processes a pattern means, that commands are verified, and how it is told."""

import json
import os
import signal
import unittest

from support.quickctl import Quickctl
from support.supervisord import actor, program
from support.workspace import wait_until


def sleeper(name, **keys):
    return program(name, "sleep 600", **keys)


class Patterns(Quickctl):
    MEANINGS = {
        ("web",): "web",
        ("web:web",): "web",
        ("web:",): "web",
        ("shop:cart",): "shop:cart",
        ("shop:",): "shop:cart shop:web",
        ("shop:*",): "shop:cart shop:web",
        ("*:web",): "shop:web web",
        ("w*",): "web worker:0 worker:1",
        ("worker:[1-9]",): "worker:1",
        ("worker:?",): "worker:0 worker:1",
        ("all",): "shop:cart shop:web web worker:0 worker:1",
        ("*",): "shop:cart shop:web web worker:0 worker:1",
        (): "shop:cart shop:web web worker:0 worker:1",
        ("web", "w*", "web:"): "web worker:0 worker:1",
        ("worker:0", "shop:"): "shop:cart shop:web worker:0",
    }

    def setUp(self):
        super().setUp()
        self.supervise(sleeper("web"), sleeper("worker", numprocs=2, process_name="%(process_num)d"),
                       sleeper("cart"), sleeper("shopweb", process_name="web"),
                       "[group:shop]\nprograms=cart,shopweb\n")
        for name in self.MEANINGS["all",].split():
            self.supervisord.wait_for_state(name, "RUNNING")

    def test_status_shows_whom_each_pattern_means(self):
        for patterns, names in self.MEANINGS.items():
            with self.subTest(patterns):
                status, out, err = self.quickctl("status", *patterns)
                self.assertEqual((status, err), (0, ""))
                self.assertEqual([line.split()[0] for line in out.splitlines()], names.split())
                for line in out.splitlines():
                    self.assertRegex(line, r"\A\S+ +RUNNING +pid \d+, uptime \d:\d\d:\d\d\Z")

    def test_a_process_that_several_patterns_mean_is_commanded_once(self):
        pid = self.supervisord.pid("web")
        self.assert_told(self.quickctl("restart", "web", "web:", "we*"), 0, r"web: restarted, pid \d+, \d+\.\d\d s")
        self.assertNotEqual(self.supervisord.pid("web"), pid)
        self.assertEqual(self.supervisord.log.count("spawned: 'web' with pid"), 3, "web, shop:web, and web again")

    def test_a_pattern_that_means_nothing_is_named_and_the_rest_is_done(self):
        result = self.quickctl("stop", "worker:0", "nobody", "x*", "shop:nobody")
        self.assert_told(result, 1, r"worker:0: stopped, \d+\.\d\d s", err="'nobody' means no process")
        self.assertEqual(len(result[2].splitlines()), 3)
        for pattern in ("'x*'", "'shop:nobody'"):
            self.assertIn(f"{pattern} means no process", result[2])
        self.assertEqual(self.supervisord.state("worker:0"), "STOPPED")
        self.assertEqual(self.supervisord.state("worker:1"), "RUNNING")

    def test_a_group_that_is_named_like_a_process_is_told_how_to_write_it(self):
        for verb in ("start", "stop", "restart", "status"):
            self.assert_told(self.quickctl(verb, "worker"), 1, err="'worker' means no process.*'worker:'")
        self.assertEqual(self.supervisord.state("worker:0"), "RUNNING")


class Verified(Quickctl):
    def test_a_start_is_over_when_the_processes_run(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=2), sleeper("quick", autostart="false"))
        result = self.quickctl("start", "all")
        states = [self.supervisord.info(name) for name in ("slow", "quick")]
        self.assertEqual([each["statename"] for each in states], ["RUNNING", "RUNNING"])
        self.assert_told(result, 0, *(rf"{each['name']}: started, pid {each['pid']}, \d+\.\d\d s" for each in states))
        self.assertTrue(result[1].startswith("quick:"), "the one that gets there first is told first")

    def test_a_stop_is_over_when_the_processes_are_down(self):
        self.supervise(sleeper("a"), sleeper("b"), actor("stubborn", "ignore-sigterm 20", stopwaitsecs=1))
        self.supervisord.wait_for_size("stubborn", 20)
        result = self.quickctl("stop", "all")
        self.assertEqual([self.supervisord.state(name) for name in ("a", "b", "stubborn")], ["STOPPED"] * 3)
        self.assert_told(result, 0, r"a: stopped, \d+\.\d\d s", r"b: stopped, \d+\.\d\d s",
                         r"stubborn: stopped, [1-9]\d*\.\d\d s")

    def test_there_already_is_success(self):
        self.supervise(sleeper("up"), sleeper("down", autostart="false"),
                       program("broken", "/nonexistent/program", autostart="false"))
        pid = self.supervisord.wait_for_state("up", "RUNNING")
        self.assert_told(self.quickctl("start", "up"), 0, f"up: already running, pid {pid}")
        self.assert_told(self.quickctl("stop", "down", "broken"), 0, "down: already stopped", "broken: already stopped")
        self.assertEqual(self.supervisord.pid("up"), pid)

    def test_a_restart_also_starts_what_is_down(self):
        self.supervise(sleeper("up"), sleeper("down", autostart="false"))
        pid = self.supervisord.wait_for_state("up", "RUNNING")
        result = self.quickctl("restart", "up", "down")
        up, down = self.supervisord.pid("up"), self.supervisord.pid("down")
        self.assert_told(result, 0, rf"up: restarted, pid {up}, .* s", rf"down: restarted, pid {down}, .* s")
        self.assertNotIn(pid, (0, up))

    def test_a_restart_starts_each_process_the_moment_it_has_stopped(self):
        self.supervise(sleeper("quick"), actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60))
        stubborn = self.supervisord.wait_for_size("stubborn", 20)
        quick = self.supervisord.wait_for_state("quick", "RUNNING")
        running = self.begin("restart", "all")
        self.supervisord.wait_for_restart("quick", quick)
        self.assertEqual(self.supervisord.state("stubborn"), "STOPPING")
        os.kill(stubborn, signal.SIGKILL)
        self.assert_told(self.end(running), 0, r"quick: restarted, pid \d+, .* s",
                         r"stubborn: restarted, pid \d+, .* s")

    def test_a_program_that_is_done_at_once_has_started(self):
        self.supervise(program("job", "/bin/true", autostart="false", autorestart="false"))
        status, out, err = self.quickctl("start", "job")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"\Ajob: started, .*\n\Z")

    def test_a_start_of_what_is_just_stopping_waits_for_it_and_starts_it(self):
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60))
        pid = self.supervisord.wait_for_size("stubborn", 20)
        self.supervisord.rpc.stopProcess("stubborn", False)
        starting = self.begin("start", "stubborn")
        self.assertIsNone(starting.poll())
        self.assertEqual(self.supervisord.pid("stubborn"), pid)
        os.kill(pid, signal.SIGKILL)
        self.assert_told(self.end(starting), 0, r"stubborn: started, pid \d+, .* s")
        self.assertNotIn(self.supervisord.pid("stubborn"), (0, pid))


class Told(Quickctl):
    def setUp(self):
        super().setUp()
        self.supervise(sleeper("up"), sleeper("down", autostart="false"),
                       sleeper("slow", autostart="false", startsecs=60),
                       program("missing", "/nonexistent/program", autostart="false"))
        self.up = self.supervisord.wait_for_state("up", "RUNNING")

    def test_a_dry_run_tells_and_touches_nothing(self):
        told = {"start": ("up +RUNNING +nothing to do", "down +STOPPED +would be started"),
                "stop": ("up +RUNNING +would be stopped", "down +STOPPED +nothing to do"),
                "restart": ("up +RUNNING +would be restarted", "down +STOPPED +would be restarted")}
        for verb, lines in told.items():
            with self.subTest(verb):
                self.assert_told(self.quickctl("--dry-run", verb, "up", "down"), 0, *lines)
        self.assert_told(self.quickctl("--dry-run", "stop", "nobody"), 1, err="'nobody'")
        self.assertEqual(self.supervisord.pid("up"), self.up)
        self.assertEqual(self.supervisord.state("down"), "STOPPED")
        self.assertEqual(self.supervisord.log.count("spawned:"), 1)

    def test_quiet_tells_only_what_went_wrong(self):
        for verb in ("start", "restart", "stop"):
            self.assertEqual(self.quickctl("-q", verb, "up", "down"), (0, "", ""))
        self.assert_told(self.quickctl("--quiet", "start", "up", "missing"), 1, r"missing: ERROR \(.*NO_FILE: .*\)")

    def test_without_waiting_a_command_is_over_when_it_is_accepted(self):
        result = self.quickctl("--no-wait", "start", "slow", "up")
        self.assertEqual(self.supervisord.state("slow"), "STARTING")
        self.assert_told(result, 0, r"slow: told to start, .* s",
                         f"up: already running, pid {self.up}")
        self.assertEqual(self.quickctl("--no-wait", "stop", "slow", "up")[0], 0)
        wait_until(lambda: self.supervisord.state("slow") == "STOPPED", "slow to stop")

    def test_json_is_one_array_with_what_became_of_each(self):
        status, out, err = self.quickctl("--json", "start", "up", "down", "missing")
        self.assertEqual((status, err), (1, ""))
        rows = {row["name"]: row for row in json.loads(out)}
        self.assertEqual(list(rows), ["down", "missing", "up"])
        down, missing, up = rows.values()
        self.assertEqual((down["group"], down["state"], down["result"], down["ok"]),
                         ("down", "RUNNING", "started", True))
        self.assertEqual(down["pid"], self.supervisord.pid("down"))
        self.assertGreater(down["seconds"], 0)
        self.assertEqual((missing["result"], missing["ok"]), ("ERROR", False))
        self.assertIn("NO_FILE", missing["detail"])
        self.assertEqual((up["result"], up["pid"], up["ok"]), ("already running", self.up, True))

    def test_json_of_a_status_is_what_supervisord_knows(self):
        status, out, err = self.quickctl("--json", "status", "up", "down")
        self.assertEqual((status, err), (0, ""))
        down, up = json.loads(out)
        self.assertEqual(down, {"group": "down", "name": "down", "state": "STOPPED", "pid": 0,
                                "description": "Not started"})
        self.assertEqual((up["state"], up["pid"]), ("RUNNING", self.up))

    def test_json_is_an_array_even_where_nothing_is_meant(self):
        status, out, err = self.quickctl("--json", "stop", "nobody")
        self.assertEqual((status, json.loads(out)), (1, []))
        self.assertIn("'nobody'", err)


if __name__ == "__main__":
    unittest.main()
