"""essential under a real supervisord: what ends it, with which status, and what does not."""

import os
import re
import signal
import unittest
from datetime import datetime

from support.mail import MailDrop
from support.rig import Rig
from support.supervisord import Supervisord, actor, listener, program
from support.workspace import Workspace, binary, wait_until

EVENTS = "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL,SUPERVISOR_STATE_CHANGE_STOPPING"
HOLD = "hold 4"


def essential(options, events=EVENTS, **keys):
    return listener("essential", f"{binary('essential')} {options}", events, **keys)


class Container(Supervisord):
    """A supervisord started by `essential run`, which is `process`."""

    def __init__(self, case, *sections, prefix=(), **options):
        self._has_socket = options.get("unix", True)
        super().__init__(case, *sections, prefix=(*prefix, binary("essential"), "run", "--"), **options)

    def _wait_until_up(self):
        if self._has_socket:
            super()._wait_until_up()
        else:
            wait_until(lambda: "supervisord started" in self.log, "supervisord's first words")

    def wait_for_end(self):
        """Its exit status."""
        def ended():
            if self._has_socket:
                self._poke()
            return self.process.poll() is not None
        wait_until(ended, lambda: f"the end of supervisord, whose log says: {self.log}")
        self._keep_evidence()
        self._case.exhibit("console", self.console)
        return self.process.returncode

    @property
    def console(self):
        return (self.dir / "console").read_text(errors="replace")

    @property
    def said(self):
        return self.stderr_of("essential")

    def wait_for_words(self, pattern):
        return wait_until(lambda: re.search(pattern, self.said), lambda: f"{pattern!r} in {self.said!r}")

    def kill(self, name, number=signal.SIGKILL):
        """A process, from outside; gives its pid."""
        pid = self.wait_for_state(name, "RUNNING")
        os.kill(pid, number)
        return pid


class TheEnd(Workspace):
    def test_the_status_of_a_program_that_fails_is_that_of_the_container(self):
        container = Container(self, actor("web", "exit 3 0.5", autorestart="false"), actor("db", HOLD),
                              essential("-p web"))
        self.assertEqual(container.wait_for_end(), 3)
        self.assertIn("web exited unexpectedly with status 3", container.said)
        self.assertIn("stopped: db", container.log)

    def test_a_program_that_was_started_again_before_anybody_could_ask_makes_it_1(self):
        container = Container(self, actor("web", "exit 3 0.5", autorestart="true"), essential("-p web"))
        self.assertEqual(container.wait_for_end(), 1)
        self.assertIn("its status is not known any more", container.said)

    def test_a_signal_makes_it_255_for_supervisord_does_not_tell_which(self):
        container = Container(self, actor("web", HOLD, autorestart="false"), essential("-p web"))
        container.kill("web")
        self.assertEqual(container.wait_for_end(), 255)

    def test_fatal_makes_it_1(self):
        container = Container(self, program("web", "/nonexistent/web", startretries=0), essential("-p web"))
        self.assertEqual(container.wait_for_end(), 1)
        self.assertIn("can't find command '/nonexistent/web'", container.said)

    def test_what_failed_before_it_was_listening_is_found(self):
        for section, state, status in ((program("web", "/nonexistent/web", startretries=0), "FATAL", 1),
                                       (actor("web", "exit 3 0", autorestart="false"), "EXITED", 3)):
            with self.subTest(state):
                container = Container(self, section, essential("-p web", events="TICK_3600", autostart="false"))
                container.wait_for_state("web", state)
                container.rpc.startProcess("essential", False)
                self.assertEqual(container.wait_for_end(), status)

    def test_what_failed_in_a_storm_of_events_that_supervisord_discards_is_found(self):
        storm = "".join(actor(f"p{number}", HOLD) for number in range(20))
        container = Container(self, actor("web", "exit 3 0", autorestart="false", priority=1), storm,
                              essential("-p web", events="PROCESS_STATE", startsecs=2, buffer_size=3))
        self.assertEqual(container.wait_for_end(), 3)
        self.assertIn("event buffer overflowed", container.log)

    def test_groups_patterns_and_any_are_watched_as_well(self):
        pair = actor("a", HOLD, autorestart="false") + "[group:site]\nprograms=a\n"
        for options in ("-g site", "-p 'site:*'", "-p '[a-c]'", "-a"):
            with self.subTest(options):
                container = Container(self, pair, essential(options))
                container.kill("site:a")
                self.assertEqual(container.wait_for_end(), 255)

    def test_with_any_exit_a_program_that_is_done_makes_it_0(self):
        container = Container(self, actor("job", "exit 0 0.5", autorestart="false"), essential("-p job --any-exit"))
        self.assertEqual(container.wait_for_end(), 0)
        self.assertIn("job exited as expected with status 0", container.said)

    def test_the_mail_is_out_before_the_end_even_if_sending_it_takes_time(self):
        mail = MailDrop(self, before="sleep 2")
        container = Container(self, actor("web", "exit 3 0.5", autorestart="false"),
                              essential(f"-p web -m ops@example.com -s {mail.option}"))
        self.assertEqual(container.wait_for_end(), 3)
        self.assertEqual(mail.subjects, ["essential: web exited unexpectedly"])

    def test_a_mail_command_that_hangs_keeps_nothing_alive(self):
        mail = MailDrop(self, before="sleep 300")
        container = Container(self, actor("web", "exit 3 0.5", autorestart="false"),
                              essential(f"-p web -m ops@example.com -s {mail.option}", stopwaitsecs=2))
        self.assertEqual(container.wait_for_end(), 3)
        self.assertEqual(mail.subjects, [])

    def test_with_wait_it_is_told_at_once_and_the_end_comes_later(self):
        mail = MailDrop(self)
        container = Container(self, actor("web", "exit 3 0.5", autorestart="false"),
                              essential(f"-p web --wait 2 -m ops@example.com -s {mail.option}"))
        mail.wait()
        self.assertEqual(container.state("essential"), "RUNNING")
        self.assertEqual(container.wait_for_end(), 3)
        failed, ended = (self.time_of(container.log, "exited: web"),
                         self.time_of(container.said, "shutting supervisord down:"))
        self.assertGreaterEqual((ended - failed).total_seconds(), 2)

    @staticmethod
    def time_of(log, words):
        line = next(line for line in log.splitlines() if words in line)
        return datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f")


class WhatIsNoEnd(Workspace):
    def assert_still_works(self, container):
        """It is still there, and the next failure is the end."""
        container.kill("db")
        self.assertEqual(container.wait_for_end(), 255)
        self.assertEqual(container.said.count("shutting supervisord down:"), 1)
        self.assertIn("shutting supervisord down: db died of a signal", container.said)

    def test_an_expected_exit(self):
        container = Container(self, actor("web", "exit 0 0.5", autorestart="false"),
                              actor("db", HOLD, autorestart="false"), essential("-a"))
        container.wait_for_state("web", "EXITED")
        self.assert_still_works(container)

    def test_another_program(self):
        container = Container(self, actor("web", "exit 3 0.5", autorestart="false"),
                              actor("db", HOLD, autorestart="false"), essential("-p db"))
        container.wait_for_state("web", "EXITED")
        self.assert_still_works(container)

    def test_what_an_operator_stops_starts_and_restarts(self):
        container = Container(self, actor("web", "ignore-sigterm 4", stopwaitsecs=1),
                              actor("db", HOLD, autorestart="false"), essential("-a"))
        container.wait_for_state("web", "RUNNING")
        for _ in range(2):
            container.rpc.stopProcess("web")
            container.rpc.startProcess("web")
        self.assert_still_works(container)

    def test_a_failure_that_autorestart_makes_good_within_the_wait(self):
        for wait, events in ((60, f"{EVENTS},PROCESS_STATE_RUNNING"), (1, EVENTS)):
            with self.subTest(wait=wait):
                container = Container(self, actor("web", HOLD, autorestart="true"),
                                      essential(f"-p web --wait {wait}", events=events))
                pid = container.kill("web")
                container.wait_for_restart("web", pid)
                container.wait_for_words(r"web is RUNNING again \(pid \d+\): supervisord is not shut down")
                self.assertEqual(container.state("web"), "RUNNING")

    def test_the_end_of_an_event_listener_and_of_itself(self):
        container = Container(self, actor("db", HOLD, autorestart="false"), essential("-a"),
                              listener("crashmail", f"{binary('crashmail')} -a -s true", "PROCESS_STATE",
                                       autorestart="false"))
        container.wait_for_words("shutting supervisord down when")
        old = container.kill("essential")
        container.wait_for_restart("essential", old)
        container.kill("crashmail")
        container.wait_for_words("crashmail died of a signal|crashmail exited unexpectedly.*event listener")
        self.assert_still_works(container)

    def test_a_shutdown_by_others_though_it_makes_a_waiting_program_fatal(self):
        container = Container(self, program("web", "/nonexistent/web", startretries=100), actor("db", HOLD),
                              essential("-a"))
        container.wait_for_words("shutting supervisord down when")
        container.wait_for_state("web", "BACKOFF")
        container.rpc.shutdown()
        self.assertEqual(container.wait_for_end(), 0)
        self.assertNotIn("shutting supervisord down:", container.said)

    def test_a_supervisord_that_cannot_be_asked(self):
        rig = Rig(self, "essential", "-p", "web")
        rig.wait_for_log("cannot look at the processes")
        rig.tick()
        rig.finish()
        self.assertNotIn("shutting supervisord down:", rig.stderr)


class TheAsking(Workspace):
    def test_without_an_rpc_socket_it_says_so_and_ends_supervisord_by_a_signal(self):
        container = Container(self, actor("web", "exit 3 1", autorestart="false"), essential("-p web"), unix=False)
        self.assertEqual(container.wait_for_end(), 1)
        warnings = [line for line in container.said.splitlines() if "SUPERVISOR_SERVER_URL" in line]
        self.assertEqual(len(warnings), 1)
        self.assertIn("[unix_http_server]", warnings[0])
        self.assertIn("received SIGTERM", container.log)

    def test_with_a_password_that_is_wrong_it_falls_back_to_a_signal(self):
        container = Container(self, actor("web", "exit 3 1", autorestart="false"),
                              essential("-p web", environment="SUPERVISOR_USERNAME=x,SUPERVISOR_PASSWORD=y"),
                              password="right")
        self.assertEqual(container.wait_for_end(), 1)
        self.assertIn("cannot shut supervisord down", container.said)
        self.assertIn("received SIGTERM", container.log)

    def test_a_status_that_cannot_be_recorded_is_said_and_the_end_comes_all_the_same(self):
        container = Container(self, actor("web", "exit 3 0.5", autorestart="false"),
                              essential("-p web", environment="KEENLANCE_STATUS_FILE=/nonexistent/status"))
        self.assertEqual(container.wait_for_end(), 0)
        self.assertIn("/nonexistent/status", container.said)

    def test_a_supervisord_without_essential_run_is_ended_too(self):
        supervisord = Supervisord(self, actor("web", "exit 3 0.5", autorestart="false"), essential("-p web"))
        wait_until(lambda: supervisord.process.poll() is not None, "the end of supervisord")
        self.assertEqual(supervisord.process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
