"""The protocol never waits for work: whatever hangs behind a listener, supervisord is answered at once."""

import statistics
import unittest

from support.mail import MailDrop
from support.rig import Rig
from support.server import Server, answering, hanging
from support.supervisord import Supervisord, program
from support.system import is_alive, kill_all
from support.workspace import BATCH_PROGRAMS, Workspace, wait_until


class WhileSomethingHangs(Workspace):
    def assert_answers_at_once(self, rig):
        """Half a hundred events, ticks among them; generous, for machines under load."""
        latencies = []
        for number in range(15):
            latencies.append(rig.tick("TICK_5"))
            latencies.append(rig.exited("web", pid=number + 1))
            latencies.append(rig.send("REMOTE_COMMUNICATION", "type:x\nhello"))
        self.assertLess(statistics.median(latencies), 0.05, latencies)
        self.assertLess(max(latencies), 1, latencies)

    def hanging_command(self):
        """A mail command that never ends, and a function that gives its pid once it runs."""
        path = self.dir / "pid"
        command = f"echo $$ > {path}.new && mv {path}.new {path} && exec sleep 3600"
        self.addCleanup(lambda: path.exists() and kill_all([int(path.read_text())]))
        return command, lambda: int(wait_until(lambda: path.exists() and path.read_text(), "the mail command"))

    def test_a_mail_command_of_crashmail(self):
        command, pid = self.hanging_command()
        rig = Rig(self, "crashmail", "-m", "x@example.com", "-s", command)
        rig.exited("web")
        pid()
        self.assert_answers_at_once(rig)

    def test_a_mail_command_of_memmon(self):
        command, pid = self.hanging_command()
        supervisord = Supervisord(self, program("web", "sleep 600"))
        supervisord.wait_for_state("web", "RUNNING")
        rig = Rig(self, "memmon", "-a", "1KB", "-m", "x@example.com", "-s", command, server_url=supervisord)
        rig.tick()
        pid()
        self.assert_answers_at_once(rig)

    def test_supervisord_itself(self):
        for name, arguments in (("memmon", ("-a", "1KB")), ("httpok", ("-E", "-p", "web", "http://127.0.0.1:9/"))):
            with self.subTest(name):
                server = Server(self, hanging, path=str(self.dir / name))
                rig = Rig(self, name, *arguments, server_url=server)
                rig.tick()
                wait_until(lambda: server.requests, "the call")  # pylint: disable=cell-var-from-loop
                self.assert_answers_at_once(rig)

    def test_the_web_server(self):
        server = Server(self, hanging)
        rig = Rig(self, "httpok", "-p", "web", "-t", "3600", server.url)
        rig.tick()
        wait_until(lambda: server.requests, "the check")
        self.assert_answers_at_once(rig)

    def test_the_taking_of_a_core(self):
        command, pid = self.hanging_command()
        supervisord = Supervisord(self, program("web", "sleep 600"))
        old = supervisord.wait_for_state("web", "RUNNING")
        gcore = self.write("gcore", f"#!/bin/sh\n{command}\n", 0o755)
        rig = Rig(self, "httpok", "-p", "web", "-g", gcore, "-d", str(self.dir), Server(self, answering(500)).url,
                  server_url=supervisord)
        rig.tick()
        pid()
        self.assert_answers_at_once(rig)
        self.assertEqual(supervisord.pid("web"), old)

    def test_the_mail_server(self):
        for name in BATCH_PROGRAMS:
            with self.subTest(name):
                server = Server(self, hanging)
                rig = Rig(self, name, "-t", "a@example.com", "-f", "b@example.com", "-H", f"127.0.0.1:{server.port}")
                rig.exited("web")
                rig.fatal("web")
                rig.tick()
                wait_until(lambda: server.connections, "the connection")  # pylint: disable=cell-var-from-loop
                self.assert_answers_at_once(rig)

    def test_a_listener_told_to_end_does_not_wait_for_what_hangs_until_supervisord_kills_it(self):
        command, pid = self.hanging_command()
        rig = Rig(self, "crashmail", "-m", "x@example.com", "-s", command)
        rig.exited("web")
        pid()
        rig.terminate(seconds=9.9)

    def test_a_mail_command_that_has_not_got_its_whole_message_is_ended_with_the_listener(self):
        command, pid = self.hanging_command()
        rig = Rig(self, "crashmail", "-m", "x@example.com", "-s", command)
        rig.exited("w" * 500_000)  # more than a pipe holds
        child = pid()
        rig.terminate(seconds=9.9)
        wait_until(lambda: not is_alive(child), "the mail command to be gone")


class Readiness(Workspace):
    def test_a_first_event_is_acknowledged_before_its_mail_is_sent(self):
        mail = MailDrop(self, before="sleep 1")
        rig = Rig(self, "crashmail", "-m", "x@example.com", "-s", mail.command)
        self.assertLess(rig.exited("web"), 0.9)
        self.assertEqual(mail.raw, [])
        mail.wait()


if __name__ == "__main__":
    unittest.main()
