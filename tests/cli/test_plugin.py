"""keenlance_supervisor.py inside supervisord: restarter.restartProcessGroup."""

import http.client
import os
import signal
import socket
import subprocess
import unittest
import xmlrpc.client

from support.plugin import INTERFACE, Plugin, sleeper
from support.quickctl import shell
from support.supervisord import PASSWORD, actor, program
from support.system import free_port
from support.workspace import PATIENCE, binary, wait_until


def group(name, *programs):
    return f"[group:{name}]\nprograms={','.join(programs)}\n"


class Restarter(Plugin):
    def pids(self, *names):
        return {name: self.supervisord.pid(name) for name in names}

    def running(self, *names):
        return {name: self.supervisord.wait_for_state(name, "RUNNING") for name in names}

    def assert_renewed(self, before):
        for name, pid in before.items():
            with self.subTest(name):
                self.assertEqual(self.supervisord.state(name), "RUNNING")
                self.assertNotIn(self.supervisord.pid(name), (0, pid))

    def stubborn(self, **keys):
        """A section: in group app, one that ignores SIGTERM, and one that does not."""
        return (actor("stubborn", "ignore-sigterm 20", **{"stopwaitsecs": 60, **keys}), sleeper("meek"),
                group("app", "stubborn", "meek"))

    def stubborn_pid(self):
        pid = self.supervisord.wait_for_size("app:stubborn", 20)
        self.addCleanup(lambda: os.path.exists(f"/proc/{pid}") and os.kill(pid, signal.SIGKILL))
        return pid

    def be_in_the_middle(self, meek):
        """Until meek is up again, while stubborn is still to go down."""
        self.supervisord.wait_for_restart("app:meek", meek)
        self.assertEqual(self.supervisord.state("app:stubborn"), "STOPPING")


class RestartOfAGroup(Restarter):
    def restart_works(self):
        self.running("app:0", "app:1", "app:2")
        self.supervisord.rpc.stopProcess("app:2")
        before = {**self.pids("app:0", "app:1"), "app:2": 0}
        other = self.running("other")["other"]
        self.assertIs(self.restart("app"), True)
        self.assert_renewed(before)
        self.assertEqual(self.supervisord.pid("other"), other)

    SECTIONS = sleeper("app", numprocs=3, process_name="%(process_num)d", startsecs=1), sleeper("other")

    def test_every_process_is_restarted_and_what_is_down_is_started(self):
        self.supervise(*self.SECTIONS)
        self.restart_works()
        self.assertIn("restarted group app", self.supervisord.log)

    def test_it_works_over_tcp_with_a_password(self):
        self.supervise(*self.SECTIONS, unix=False, inet=free_port(), password=PASSWORD)
        self.restart_works()

    def test_it_has_the_old_version_of_the_interface_and_the_version_of_keenlance(self):
        self.supervise()
        self.assertEqual(self.call("getAPIVersion"), "3.0")
        version = subprocess.run([binary("quickctl"), "--version"], capture_output=True, check=True).stdout.decode()
        self.assertEqual(self.call("getPluginVersion"), version.split()[-1])

    def test_an_unknown_group_is_the_old_fault(self):
        self.supervise(*self.SECTIONS)
        for name in ("nobody", "app:0", "app:", ""):
            self.assert_fault(0x400, r"\ABAD_GROUP\Z", lambda name=name: self.restart(name))
        self.assert_fault(2, "INCORRECT_PARAMETERS", lambda: self.restart(["app"]))

    def test_each_is_started_the_moment_it_is_down_and_supervisord_serves_others_meanwhile(self):
        self.supervise(*self.stubborn())
        pid, meek = self.stubborn_pid(), self.running("app:meek")["app:meek"]
        restarting = self.begin_restart("app")
        self.be_in_the_middle(meek)
        self.assertTrue(restarting.is_alive())
        os.kill(pid, signal.SIGKILL)
        self.assertIs(restarting.end(), True)
        self.assert_renewed({"app:stubborn": pid, "app:meek": meek})

    def test_one_that_ignores_sigterm_is_waited_for_until_supervisord_kills_it(self):
        self.supervise(*self.stubborn(stopwaitsecs=6))
        pid = self.stubborn_pid()
        self.assertIs(self.restart("app"), True)
        self.assert_renewed({"app:stubborn": pid})

    def test_a_job_that_is_done_at_once_has_started(self):
        self.supervise(program("job", "/bin/true", autorestart="false", autostart="false"), sleeper("web"),
                       group("app", "job", "web"))
        self.running("app:web")
        self.assertIs(self.restart("app"), True)
        self.assertEqual(self.supervisord.log.count("spawned: 'job'"), 1)

    def test_one_that_comes_up_at_the_second_try_is_no_failure(self):
        flag = self.dir / "tried"
        self.supervise(program("app", shell(f"test -e {flag} && exec sleep 600; touch {flag}; exit 1"), startsecs=3,
                               autostart="false"))
        self.assertIs(self.restart("app"), True)
        self.assertEqual(self.supervisord.state("app"), "RUNNING")

    def test_one_that_is_in_backoff_is_started_anew(self):
        flag = self.dir / "mended"
        self.supervise(program("app", shell(f"test -e {flag} && exec sleep 600; exit 1"), startsecs=3,
                               startretries=100))
        wait_until(lambda: self.supervisord.state("app") == "BACKOFF" and
                   self.supervisord.log.count("spawned: 'app'") > 1, "a second try")
        flag.touch()
        self.assertIs(self.restart("app"), True)

    def test_those_that_fail_are_a_list_of_codes_and_texts_and_the_others_are_restarted(self):
        self.supervise(program("broken", shell("exit 3"), startsecs=60, startretries=0, autostart="false"),
                       program("missing", "/nonexistent/program", autostart="false"),
                       sleeper("web"), group("app", "broken", "missing", "web"))
        web = self.running("app:web")
        faults = self.restart("app")
        self.assertEqual([sorted(fault) for fault in faults], [["code", "text"]] * 2)
        broken, missing = faults
        self.assertEqual((broken["code"], missing["code"]), (0x430, 50))
        self.assertRegex(broken["text"], r"\ASTART_FAILED: broken: it is FATAL: Exited too quickly")
        self.assertRegex(missing["text"], r"\ASPAWN_ERROR: missing: .*/nonexistent/program")
        self.assert_renewed(web)

    def test_one_that_somebody_else_stops_meanwhile_is_told(self):
        self.supervise(sleeper("app", startsecs=60, autostart="false"))
        restarting = self.begin_restart("app")
        self.supervisord.wait_for_state("app", "STARTING")
        self.supervisord.rpc.stopProcess("app")
        self.assertEqual(restarting.end(),
                         [{"code": 0x430, "text": "START_FAILED: app: somebody else stopped it"}])

    def test_hundreds_are_restarted_without_holding_supervisord_up(self):
        self.supervise(sleeper("app", numprocs=250, process_name="%(process_num)d", startsecs=0))
        self.running("app:249")
        restarting, answers = self.begin_restart("app"), 0
        while restarting.is_alive():
            self.supervisord.rpc.getState()
            answers += 1
        self.assertIs(restarting.end(), True)
        self.assertEqual(self.supervisord.log.count("spawned:"), 500)
        self.assertGreater(answers, 9, "spawned in one go, there would be no more than 6")


class RestartThatTakesLong(Restarter):
    def test_an_expired_timeout_says_what_is_pending_and_the_restart_goes_on_to_its_end(self):
        self.supervise(*self.stubborn(), interface=INTERFACE + "timeout=1\ndelay=0.1\n")
        pid, meek = self.stubborn_pid(), self.running("app:meek")["app:meek"]
        self.assert_fault(0x420, r"\ATIMEOUT: timeout expired after 1\.\d seconds; the restart goes on; pending: "
                                 r"stubborn \(STOPPING\)\Z", lambda: self.restart("app"))
        os.kill(pid, signal.SIGKILL)
        self.supervisord.wait_for_restart("app:stubborn", pid)
        self.assertNotEqual(self.supervisord.pid("app:meek"), meek)
        wait_until(lambda: "restarted group app" in self.supervisord.log, "the end in the log")

    def test_failures_until_then_are_told_with_the_timeout(self):
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60),
                       program("missing", "/nonexistent/program", autostart="false"),
                       group("app", "stubborn", "missing"), interface=INTERFACE + "timeout=1\n")
        self.stubborn_pid()
        self.assertEqual([fault["code"] for fault in self.restart("app")], [50, 0x420])

    def test_when_the_client_goes_away_the_restart_goes_on_to_its_end(self):
        self.supervise(*self.stubborn())
        pid, meek = self.stubborn_pid(), self.running("app:meek")["app:meek"]
        client = self.connect()
        self.send(client, "restarter.restartProcessGroup", "app")
        self.be_in_the_middle(meek)
        client.close()
        self.supervisord.rpc.getState()  # supervisord has seen that it is gone
        os.kill(pid, signal.SIGKILL)
        self.supervisord.wait_for_restart("app:stubborn", pid)

    def test_a_second_call_in_the_middle_leaves_none_that_is_older_than_itself(self):
        self.supervise(*self.stubborn())
        pid, meek = self.stubborn_pid(), self.running("app:meek")["app:meek"]
        first = self.begin_restart("app")
        self.be_in_the_middle(meek)
        meek = self.supervisord.pid("app:meek")
        second = self.begin_restart("app")
        self.supervisord.wait_for_restart("app:meek", meek)
        self.assertTrue(first.is_alive() and second.is_alive())
        os.kill(pid, signal.SIGKILL)
        self.assertEqual((first.end(), second.end()), (True, True))
        self.assertEqual(self.supervisord.log.count("spawned: 'stubborn'"), 2)
        self.assertEqual(self.supervisord.log.count("spawned: 'meek'"), 3)

    def test_two_interfaces_of_one_supervisord_share_a_restart(self):
        self.supervise(*self.stubborn(), inet=free_port())
        pid = self.stubborn_pid()
        first = self.begin_restart("app")
        self.supervisord.wait_for_state("app:stubborn", "STOPPING")
        proxy = xmlrpc.client.ServerProxy(self.supervisord.inet_url)
        self.addCleanup(proxy("close"))
        os.kill(pid, signal.SIGKILL)
        self.assertEqual((proxy.restarter.restartProcessGroup("app"), first.end()), (True, True))

    def test_supervisord_that_goes_down_in_the_middle_says_so_and_starts_nothing(self):
        self.supervise(*self.stubborn())
        pid, meek = self.stubborn_pid(), self.running("app:meek")["app:meek"]
        restarting = self.begin_restart("app")
        self.be_in_the_middle(meek)
        self.supervisord.rpc.shutdown()
        self.assert_fault(6, "SHUTDOWN_STATE: .*going down", restarting.end)
        self.assert_fault(6, "SHUTDOWN_STATE", lambda: self.restart("app"))
        os.kill(pid, signal.SIGKILL)
        self.supervisord.process.wait(PATIENCE)
        self.assertEqual(self.supervisord.log.count("spawned: 'stubborn'"), 1)

    def test_supervisord_that_reloads_in_the_middle_gives_it_up_and_restarts_when_asked_again(self):
        self.supervise(*self.stubborn())
        pid, meek = self.stubborn_pid(), self.running("app:meek")["app:meek"]
        restarting = self.begin_restart("app")
        self.be_in_the_middle(meek)
        self.supervisord.rpc.restart()
        self.assert_fault(6, "SHUTDOWN_STATE", restarting.end)
        os.kill(pid, signal.SIGKILL)

        def reloaded():
            try:
                return self.supervisord.log.count("supervisord started with pid") == 2 and self.restart("app") is True
            except (OSError, http.client.HTTPException):
                return False
        wait_until(reloaded, "a restart of the new life")
        self.assertEqual(self.supervisord.log.count("spawned: 'stubborn'"), 3)

    def test_a_group_that_is_removed_before_anything_was_done_is_not_started(self):
        self.supervise(sleeper("app", autostart="false"))
        restart, remove = self.connect(), self.connect()
        self.supervisord.rpc.getState()  # it has accepted both
        os.kill(self.supervisord.process.pid, signal.SIGSTOP)  # both calls are there when it looks again
        try:
            self.send(restart, "restarter.restartProcessGroup", "app")
            self.send(remove, "supervisor.removeProcessGroup", "app")
        finally:
            os.kill(self.supervisord.process.pid, signal.SIGCONT)
        self.assertIn("<boolean>1</boolean>", self.answer(remove))
        self.assertIn("BAD_GROUP: app: the group was removed", self.answer(restart))
        self.assertNotIn("spawned:", self.supervisord.log)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.settimeout(PATIENCE)
        client.connect(self.supervisord.socket)
        return client

    @staticmethod
    def send(client, method, *arguments):
        """A call whose answer is not waited for."""
        body = xmlrpc.client.dumps(arguments, method).encode()
        client.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/xml\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)

    @staticmethod
    def answer(client):
        return b"".join(iter(lambda: client.recv(4096), b"")).decode()


class Options(Restarter):
    def test_a_value_that_is_no_number_ends_supervisords_start_and_is_named(self):
        for option, value in (("delay", "soon"), ("delay", "-1"), ("timeout", "nan"), ("timeout", "-0.5"),
                              ("timeout", ""), ("stagger_factor", "0"), ("stagger_factor", "1.5")):
            with self.subTest((option, value)):
                with self.assertRaises(AssertionError) as caught:
                    self.supervise(interface=f"{INTERFACE}{option}={value}\n")
                self.assertRegex(str(caught.exception), rf"Error: option {option} of .*: '{value}' is no .*number")
                self.assertIn("Could not make restarter rpc interface", str(caught.exception))

    def test_a_stagger_factor_stops_them_in_so_many_rounds(self):
        self.supervise(sleeper("app", numprocs=4, process_name="%(process_num)d"),
                       interface=INTERFACE + "delay=2\nstagger_factor=2\n")
        self.running(*(f"app:{i}" for i in range(4)))
        self.assertIs(self.restart("app"), True)
        stops = [self.supervisord.info(f"app:{i}")["stop"] for i in range(4)]
        self.assertEqual((stops[0], stops[1]), (stops[2], stops[3]))
        self.assertGreaterEqual(abs(stops[0] - stops[1]), 1, stops)


if __name__ == "__main__":
    unittest.main()
