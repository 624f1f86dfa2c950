"""quickctl roll: how it is told, what it refuses, and several servers at once."""

import json
import re
import unittest

from support.roll import SECONDS, Roll, TwoServers, log_lines
from support.supervisord import PASSWORD, USER, program
from support.system import free_port

NAMES = [f"app:{number}" for number in range(4)]


class Told(Roll):
    def test_a_dry_run_tells_the_batches_and_touches_nothing(self):
        before = self.at_work(self.app(3), names=NAMES[:3])
        self.supervisord.rpc.stopProcess("app:2")
        self.assert_told(self.roll("--dry-run", "--batch=2", "app:"), 0, "app:2 +STOPPED +would be restarted, batch 1",
                         "app:0 +RUNNING +would be restarted, batch 1", "app:1 +RUNNING +would be restarted, batch 2")
        rows = json.loads(self.roll("--dry-run", "--json", "--signal=HUP", "app:")[1])
        self.assertEqual([(row["name"], row["state"], row["forecast"]) for row in rows],
                         [("2", "STOPPED", "would be signalled, batch 1"),
                          ("0", "RUNNING", "would be signalled, batch 2"),
                          ("1", "RUNNING", "would be signalled, batch 3")])
        self.assertEqual(self.supervisord.state("app:2"), "STOPPED")
        self.assert_renewed({name: before[name] for name in NAMES[:2]}, [])
        self.assert_told(self.roll("--resume", "app:"), 1, err="no roll of these")

    def test_json_is_one_array_with_what_became_of_each(self):
        self.at_work(self.app(4), names=NAMES)
        self.break_(1)
        status, out, _ = self.roll("--json", "app:")  # stderr tells of a BACKOFF, where it is seen in time
        self.assertEqual(status, 1)
        new, failed, *old = json.loads(out)
        self.assertEqual((new["group"], new["name"], new["state"], new["result"], new["ok"]),
                         ("app", "0", "RUNNING", "restarted", True))
        self.assertEqual(new["pid"], self.supervisord.pid("app:0"))
        self.assertGreater(new["seconds"], 0)
        self.assertEqual((failed["name"], failed["state"], failed["result"], failed["ok"]),
                         ("1", "FATAL", "ERROR", False))
        self.assertIn("Exited too quickly", failed["detail"])
        self.assertEqual([(row["name"], row["result"], row["ok"]) for row in old],
                         [("2", "not rolled", False), ("3", "not rolled", False)])
        self.mend(1)
        status, out, err = self.roll("--json", "--resume", "app:")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual({row["name"]: row["result"] for row in json.loads(out)},
                         {"0": "was through before", "1": "restarted", "2": "restarted", "3": "restarted"})

    def test_quiet_tells_only_what_went_wrong(self):
        self.at_work(self.app(3), names=NAMES[:3])
        self.assertEqual(self.roll("-q", "app:"), (0, "", ""))
        self.break_(1)
        result = self.roll("--quiet", "app:")
        self.assert_stopped(result, new="app:0", failed="app:1", old="app:2")
        self.assertRegex(result[1], r"\A\[2/3\] app:1: ERROR")

    def test_progress_says_what_is_left_and_for_how_long(self):
        self.at_work(self.app(3), names=NAMES[:3])
        status, out, _ = self.roll("app:")
        self.assertEqual(status, 0)
        first, second, third, done = out.splitlines()
        self.assertRegex(first, rf"\A\[1/3\] app:0: restarted, pid \d+, {SECONDS}; 2 left, about \d+ s\Z")
        self.assertRegex(second, rf"\A\[2/3\] app:1: restarted, pid \d+, {SECONDS}; 1 left, about \d+ s\Z")
        self.assertRegex(third, rf"\A\[3/3\] app:2: restarted, pid \d+, {SECONDS}\Z")
        self.assertRegex(done, r"\Adone: all 3 are new, after .* ?s\Z")

    def test_a_pattern_that_means_nothing_is_named_and_nothing_is_done(self):
        before = self.at_work(self.app(2), names=NAMES[:2])
        self.assert_told(self.roll("app:", "nobody"), 1, err="'nobody' means no process")
        self.assert_renewed(before, [])

    def test_a_bare_name_means_the_group_too(self):
        before = self.at_work(self.app(2), program("db", "sleep 600"), names=[*NAMES[:2], "db"])
        self.assertEqual(self.roll("app")[0], 0)
        self.assert_renewed(before, NAMES[:2])
        before = self.pids(before)
        self.assertEqual(self.roll("db")[0], 0)
        self.assert_renewed(before, ["db"])

    def test_a_number_is_wanted_of_a_name_that_has_none(self):
        before = self.at_work(program("db", "sleep 600"), names=["db"])
        self.assert_told(self.roll("--pre", "true {num}", "db"), 2, err=r"db has no number .*\{num\}")
        self.assert_renewed(before, [])


class Usage(Roll):
    WRONG = {
        (): ("roll what",),
        ("--batch", "0", "app"): ("--batch", "'0'"),
        ("--batch", "101%", "app"): ("--batch", "101"),
        ("--batch", "-1", "app"): ("--batch", "'-1'"),
        ("--batch=", "app"): ("--batch",),
        ("--stable", "soon", "app"): ("--stable", "'soon'"),
        ("--pause", "-1", "app"): ("--pause", "-1"),
        ("--max-failures", "0", "app"): ("--max-failures", "'0'"),
        ("--resume=yesterday", "app"): ("--resume", "'yesterday'"),
        ("--signal", "H U", "app"): ("--signal", "'H U'"),
        ("--signal", "", "app"): ("--signal",),
        ("--health-url", "ftp://{host}/", "app"): ("--health-url", "ftp://"),
        ("--health-url", "tcp://{host}:1", "app"): ("--health-url", "tcp://"),
        ("--health-url", "http://{hots}/", "app"): ("--health-url", "hots"),
        ("--health-tcp", "{host}", "app"): ("--health-tcp", "port"),
        ("--health-cmd", "", "app"): ("--health-cmd",),
        ("--health-cmd", "true", "--health-tcp", "{host}:1", "app"): ("only one",),
        ("--health-timeout", "1", "app"): ("--health-timeout",),
        ("--hook-timeout", "1", "app"): ("--hook-timeout",),
        ("--no-wait", "app"): ("--no-wait", "roll"),
        ("--bach", "1", "app"): ("--bach", "--batch"),
    }

    def test_what_is_wrong_is_named_in_one_line_with_exit_2(self):
        for arguments, mentions in self.WRONG.items():
            with self.subTest(arguments):
                status, out, err = self.run_with("roll", *arguments)
                self.assertEqual((status, out), (2, ""), err)
                self.assertEqual(len(err.splitlines()), 1, err)
                for mention in ("quickctl: ", "--help", *mentions):
                    self.assertIn(mention, err)

    def test_options_of_a_roll_mean_nothing_to_the_others(self):
        for option in ("--batch=1", "--resume", "--signal=HUP", "--pause=0", "--health-tcp=a:1", "--pre=true"):
            for command in ("start", "restart", "status"):
                with self.subTest((option, command)):
                    status, out, err = self.run_with(option, command, "app")
                    self.assertEqual((status, out), (2, ""), err)
                    self.assertIn(command, err)
                    self.assertIn(option.partition("=")[0], err)


class OverTwoServers(TwoServers):
    def names(self):
        return [(server, name) for server in (self.here, self.there) for name in NAMES[:3]]

    def at_work_on_both(self, **options):
        self.two(self.app(3), self.app(3), **options)
        for server, name in self.names():
            server.wait_for_state(name, "RUNNING")
        return [server.pid(name) for server, name in self.names()]

    def test_one_instance_at_a_time_over_both(self):
        """By what both write of it at the moment: the clock is the same."""
        before = self.at_work_on_both(loglevel="debug")
        began = [len(log_lines(server, "killing|success:")) for server in (self.here, self.there)]
        status, out, err = self.run_on_both("roll", "--pause=0", "app:")
        self.assertEqual((status, err), (0, ""), out)
        events = []
        for place, server in enumerate((self.here, self.there)):
            events += [(time, what, (place, name)) for time, what, name in
                       log_lines(server, r"(killing|success:) (\d)")[began[place]:]]
        # Up comes before down where both have the same millisecond.
        events.sort(key=lambda event: (event[0], event[1] != "success:"))
        self.assertEqual([event[1] for event in events], 6 * ["killing", "success:"])
        self.assertEqual([event[2] for event in events[::2]], [event[2] for event in events[1::2]])
        now = [server.pid(name) for server, name in self.names()]
        self.assertFalse(set(before) & set(now))
        for title in self.titles:
            for name in NAMES[:3]:
                self.assertRegex(out, rf"(?m)^\[\d/6\] {re.escape(title)} {name}: restarted, pid \d+, ")

    def test_what_is_said_of_each_names_its_server(self):
        self.at_work_on_both()
        self.there.rpc.stopProcess("app:1")
        told = self.dir / "told"
        status, out, _ = self.run_on_both("roll", "--pause=0", "--json", "--pre", f"echo {{host}} {{num}} >>{told}",
                                          "app:1", "app:2")
        self.assertEqual(status, 0, out)
        self.assertEqual([(row["server"], row["name"]) for row in json.loads(out)],
                         [(self.there.inet_url, "1"), (self.here.url, "1"), (self.here.url, "2"),
                          (self.there.inet_url, "2")])
        self.assertEqual(told.read_text(encoding="ascii").splitlines(),
                         ["127.0.0.1 1", "localhost 1", "localhost 2", "127.0.0.1 2"])

    def test_a_failure_on_one_stops_it_on_both_and_can_be_gone_on_from(self):
        self.at_work_on_both()
        self.break_(2)
        result = self.run_on_both("roll", "--pause=0", "app:")
        here, there = self.titles
        self.assertEqual(result[0], 1)
        self.assertIn(f"  failed:     {here} app:2\n", result[1])
        self.assertIn(f"  old:        {there} app:0, {there} app:1, {there} app:2\n", result[1])
        between = [server.pid(name) for server, name in self.names()]
        self.mend(2)
        self.assertEqual(self.run_on_both("roll", "--pause=0", "--resume", "app:")[0], 0)
        now = [server.pid(name) for server, name in self.names()]
        self.assertEqual([a == b for a, b in zip(between, now)], [True, True, False, False, False, False])

    def test_where_one_is_dead_nothing_is_done(self):
        self.supervise(self.app(1))
        pid = self.supervisord.wait_for_state("app:0", "RUNNING")
        dead = f"http://127.0.0.1:{free_port()}"
        for servers in (("-s", self.supervisord.url, "-s", dead), ("-s", dead, "-s", self.supervisord.url)):
            self.assert_told(self.run_with(*servers, "roll", "app:"), 3, err=f"cannot reach .*{dead}")
        self.assertEqual(self.supervisord.pid("app:0"), pid)

    def test_where_one_refuses_the_password_nothing_is_done(self):
        before = self.at_work_on_both(password=PASSWORD)
        wrong = {**self.environment, "SUPERVISOR_PASSWORD": "wrong"}
        self.assert_told(self.run_on_both("-u", USER, "roll", "app:", env=wrong), 3, err="refuses user and password")
        self.assertEqual([server.pid(name) for server, name in self.names()], before)
        right = {**self.environment, "SUPERVISOR_PASSWORD": PASSWORD}
        self.assertEqual(self.run_on_both("-u", USER, "roll", "--pause=0", "--batch=6", "app:", env=right)[0], 0)


if __name__ == "__main__":
    unittest.main()
