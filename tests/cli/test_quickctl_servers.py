"""quickctl with several servers in one command."""

import json
import os
import re
import signal
import unittest

from support.roll import SECONDS, TwoServers
from support.supervisord import PASSWORD, USER, program
from support.system import free_port


def sleeper(name, **keys):
    return program(name, "sleep 600", **keys)


class SeveralServers(TwoServers):
    def setUp(self):
        super().setUp()
        self.two(sleeper("web") + sleeper("here", autostart="false"), sleeper("web") + sleeper("there"))
        for server, name in ((self.here, "web"), (self.there, "web"), (self.there, "there")):
            server.wait_for_state(name, "RUNNING")
        self.here_title, self.there_title = (re.escape(title) for title in self.titles)

    def test_status_shows_the_processes_of_all_with_their_servers(self):
        self.assert_told(self.run_on_both("status"), 0, rf"{self.here_title} here +STOPPED +Not started",
                         rf"{self.here_title} web +RUNNING +pid \d+, .*", rf"{self.there_title} there +RUNNING .*",
                         rf"{self.there_title} web +RUNNING +pid \d+, .*")

    def test_a_restart_is_for_those_of_all(self):
        before = [self.here.pid("web"), self.there.pid("web"), self.there.pid("there")]
        result = self.run_on_both("restart", "web")
        now = [self.here.pid("web"), self.there.pid("web"), self.there.pid("there")]
        self.assert_told(result, 0, rf"{self.here_title} web: restarted, pid {now[0]}, {SECONDS}",
                         rf"{self.there_title} web: restarted, pid {now[1]}, {SECONDS}")
        self.assertEqual([a == b for a, b in zip(before, now)], [False, False, True])

    def test_a_pattern_that_one_alone_has_is_fine(self):
        result = self.run_on_both("start", "here", "there")
        self.assert_told(result, 0, rf"{self.here_title} here: started, pid {self.here.pid('here')}, {SECONDS}",
                         rf"{self.there_title} there: already running, pid {self.there.pid('there')}")

    def test_a_pattern_that_none_has_is_named_once(self):
        result = self.run_on_both("stop", "nobody", "web")
        self.assert_told(result, 1, rf"{self.here_title} web: stopped, {SECONDS}",
                         rf"{self.there_title} web: stopped, {SECONDS}",
                         err=r"\Aquickctl: 'nobody' means no process\n\Z")

    def test_json_names_the_server_of_each(self):
        status, out, err = self.run_on_both("--json", "status", "web")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual([(row["server"], row["name"], row["state"]) for row in json.loads(out)],
                         [(self.here.url, "web", "RUNNING"), (self.there.inet_url, "web", "RUNNING")])
        status, out, _ = self.run_on_both("--json", "stop", "here", "there")
        self.assertEqual(status, 0)
        self.assertEqual([(row["server"], row["name"], row["result"]) for row in json.loads(out)],
                         [(self.here.url, "here", "already stopped"), (self.there.inet_url, "there", "stopped")])

    def test_of_one_server_json_has_no_need_to_name_it(self):
        rows = json.loads(self.run_with("-s", self.here.url, "--json", "status")[1])
        self.assertEqual([list(row) for row in rows], 2 * [["group", "name", "state", "pid", "description"]])

    def test_a_dry_run_names_them_too(self):
        self.assert_told(self.run_on_both("--dry-run", "stop", "here", "there"), 0,
                         rf"{self.here_title} here +STOPPED +nothing to do",
                         rf"{self.there_title} there +RUNNING +would be stopped")

    def test_where_one_is_dead_the_others_are_done(self):
        dead = f"unix://{self.dir}/none.sock"
        servers = ("-s", dead, *self.servers)
        result = self.run_with(*servers, "restart", "web")
        self.assert_told(result, 1, rf"{self.here_title} web: restarted, .*", rf"{self.there_title} web: restarted, .*",
                         err=rf"\Aquickctl: cannot reach .*{dead}.*\n\Z")
        status, out, _ = self.run_with(*servers, "status")
        self.assertEqual((status, len(out.splitlines())), (1, 4))

    def test_where_all_are_dead_it_is_exit_3_and_each_is_named(self):
        dead = f"unix://{self.dir}/none.sock", f"http://127.0.0.1:{free_port()}"
        for words in (("status",), ("restart", "all"), ("--json", "stop", "web")):
            result = self.run_with("-s", dead[0], "-s", dead[1], *words)
            self.assert_told(result, 3, err="cannot reach")
            self.assertEqual(len(result[2].splitlines()), 2, result[2])
            for url in dead:
                self.assertIn(url, result[2])


class OneGoesAway(TwoServers):
    def test_one_that_dies_in_the_middle_does_not_keep_the_others(self):
        self.write("hold-0", "")
        self.two(self.app(1, autostart="false"), self.app(1))
        self.there.wait_for_state("app:0", "RUNNING")
        self.supervisord = self.there
        self.addCleanup(os.kill, self.held("app:0"), signal.SIGKILL)
        running = self.begin("restart", "app:", servers=self.servers)
        here, there = (re.escape(title) for title in self.titles)
        self.there.wait_for_state("app:0", "STOPPING")
        self.there.process.kill()
        self.there.process.wait()
        self.assert_told(self.end(running), 1, rf"{here} app:0: restarted, .*",
                         rf"{there} app:0: ERROR \(cannot reach .*\)")


class Passwords(TwoServers):
    def setUp(self):
        super().setUp()
        self.two(sleeper("web"), sleeper("web"), password=PASSWORD)
        for server in (self.here, self.there):
            server.wait_for_state("web", "RUNNING")

    def section(self, user, password):
        return self.write("ctl.conf", "[supervisord]\n[supervisorctl]\nserverurl=http://127.0.0.1:1\n"
                                      f"username={user}\npassword={password}\n")

    def assert_in(self, result):
        self.assertEqual((result[0], result[2]), (0, ""))
        self.assertEqual(len(result[1].splitlines()), 2, result[1])

    def test_they_are_those_of_the_configurations_section_of_supervisorctl(self):
        self.assert_in(self.run_on_both("-c", self.section(USER, PASSWORD), "status"))

    def test_they_are_those_of_the_environment(self):
        self.assert_in(self.run_on_both("status", env={"SUPERVISOR_USERNAME": USER, "SUPERVISOR_PASSWORD": PASSWORD}))
        self.assert_in(self.run_on_both("-u", USER, "restart", "web", env={"SUPERVISOR_PASSWORD": PASSWORD}))

    def test_options_go_before_the_configuration(self):
        path = self.section("nobody", "wrong")
        self.assert_in(self.run_on_both("-c", path, "-u", USER, "-p", PASSWORD, "status"))

    def test_each_server_may_have_its_own_in_its_url(self):
        escaped = "s3cret%2F%C3%A9"
        self.assertEqual(PASSWORD, "s3cret/é")
        url = f"http://{USER}:{escaped}@127.0.0.1:{self.port}"
        result = self.run_with("-s", url, "-s", self.here.url, "status", env={"SUPERVISOR_PASSWORD": "wrong"})
        self.assertEqual((result[0], len(result[1].splitlines())), (1, 1))
        self.assertNotIn("s3cret", result[1] + result[2])
        self.assertRegex(result[2], r"\Aquickctl: supervisord at unix:.* refuses user and password")

    def test_a_wrong_one_is_told_of_each_server_in_a_line_without_it(self):
        for arguments, env in ((("-u", USER, "-p", "wr0ng"), {}), (("-u", USER), {"SUPERVISOR_PASSWORD": "wr0ng"}),
                               (("-c", self.section(USER, "wr0ng")), {}), ((), {})):
            with self.subTest((arguments, env)):
                result = self.run_on_both(*arguments, "restart", "web", env=env)
                self.assert_told(result, 3, err="refuses user and password")
                self.assertEqual(len(result[2].splitlines()), 2, result[2])
                self.assertNotIn("wr0ng", result[2])
        self.assertEqual(self.here.log.count("spawned: 'web'"), 1)

    def test_a_configuration_that_is_named_and_not_there_is_exit_3(self):
        self.assert_told(self.run_on_both("-c", "/nonexistent.conf", "status"), 3, err="/nonexistent.conf")


if __name__ == "__main__":
    unittest.main()
