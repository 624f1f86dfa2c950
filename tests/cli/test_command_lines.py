"""Command lines of superlance's users, as found in public supervisord.conf files: only the path is ours.

Each goes through supervisord's own parsing, and must do in the end what its writer wanted.
"""

import os
import signal
import socket
import unittest
from pathlib import Path

from support.machine import Commands
from support.mail import MailDrop
from support.rig import Rig
from support.server import Server, answering
from support.smtp import SmtpServer
from support.supervisord import PASSWORD, USER, Supervisord, actor, listener, program
from support.system import free_port
from support.workspace import Workspace, binary_folder, wait_until

BROKEN = answering(503, reason="Service Unavailable")


class CommandLine(Workspace):
    """A line's listener, and what it watches, under a real supervisord whose mail lands in `self.mail`."""

    def setUp(self):
        super().setUp()
        self.mail = MailDrop(self)
        self.mailed = self.dir / "mailed"
        mail = self.write("mail-program", f"#!/bin/sh\n{{ echo \"$*\"; cat; }} > {self.mailed}.new && "
                                  f"mv {self.mailed}.new {self.mailed}\n", 0o755)
        self.commands = Commands(self, {"/usr/sbin/sendmail": self.mail.command, "/usr/bin/mail": mail})

    def supervise(self, line, events, *sections, keys=None, verbatim=False, **options):
        """`verbatim` lines run no mail command."""
        command = f"{binary_folder()}/{line}"
        if not verbatim:
            command = self.commands.rewritten(command)
        self.supervisord = Supervisord(self, listener("listener", command, events, **(keys or {})), *sections,
                                       prefix=self.commands.prefix, **options)
        self.supervisord.wait_for_state("listener", "RUNNING")
        return self.supervisord

    def argv(self):
        """The listener's arguments as supervisord made them of the line."""
        raw = Path(f"/proc/{self.supervisord.pid('listener')}/cmdline").read_bytes()
        return [os.fsdecode(word) for word in raw.split(b"\0")[1:-1]]


class LinesOfMemmon(CommandLine):
    def test_1_cumulative_any(self):
        family = actor("family", "beget 2 100", stopasgroup="true", killasgroup="true")
        supervisord = self.supervise("memmon -c -a 250MB", "TICK_5", family, actor("small", "hold 100"))
        small = supervisord.wait_for_size("small", 100)
        supervisord.wait_for_restart("family", supervisord.wait_for_size("family", 100))
        self.assertEqual(supervisord.pid("small"), small)

    def test_2_group_with_an_address_that_has_a_plus(self):
        supervisord = self.supervise("memmon -g environment=3072MB -m sysops+supervisord@example.com", "TICK_5",
                                     actor("big", "hold 3100"), actor("small", "hold 300"),
                                     "[group:environment]\nprograms=big,small\n")
        small = supervisord.wait_for_size("environment:small", 300)
        supervisord.wait_for_restart("environment:big", supervisord.wait_for_size("environment:big", 3000))
        mail = self.mail.wait()[0]
        self.assertEqual((mail["To"], mail["Subject"]),
                         ("sysops+supervisord@example.com", "memmon: process environment:big restarted"))
        self.assertEqual(supervisord.pid("environment:small"), small)

    def test_3_bare_names_of_a_numprocs_program(self):
        workers = actor("worker", "hold 520", numprocs=2, process_name="worker_%(process_num)02d")
        supervisord = self.supervise("memmon -p worker_00=512MB -p worker_01=512MB -p gunicorn=512MB", "TICK_5",
                                     workers, actor("gunicorn", "hold 520"))
        names = ("worker:worker_00", "worker:worker_01", "gunicorn")
        for name, pid in [(name, supervisord.wait_for_size(name, 516)) for name in names]:
            supervisord.wait_for_restart(name, pid)

    def test_4_long_options(self):
        supervisord = self.supervise("memmon --program=bosun=150MB --email=x@example.com", "TICK_5",
                                     actor("bosun", "hold 160"))
        supervisord.wait_for_restart("bosun", supervisord.wait_for_size("bosun", 150))
        self.assertEqual(self.mail.wait()[0]["Subject"], "memmon: process bosun:bosun restarted")

    def test_5_pairs_that_follow_no_option_are_warned_about(self):
        supervisord = self.supervise("memmon -p a=500MB b=300MB c=200MB", "TICK_5",
                                     actor("a", "hold 510"), actor("b", "hold 310"))
        pid_of_b = supervisord.wait_for_size("b", 310)
        supervisord.wait_for_restart("a", supervisord.wait_for_size("a", 500))
        self.assertEqual(supervisord.pid("b"), pid_of_b)
        warnings = supervisord.stderr_of("listener")
        self.assertIn("b=300MB", warnings)
        self.assertIn("c=200MB", warnings)

    def test_6_user_password_and_server_from_environment(self):
        port = free_port()
        environment = (f'SUPERVISOR_USERNAME={USER},SUPERVISOR_PASSWORD="{PASSWORD}",'
                       f"SUPERVISOR_SERVER_URL=http://127.0.0.1:{port}")
        supervisord = self.supervise("memmon -p instance1=200MB", "TICK_5", actor("instance1", "hold 210"),
                                     inet=port, password=PASSWORD, keys={"environment": environment})
        supervisord.wait_for_restart("instance1", supervisord.wait_for_size("instance1", 200))


class LinesOfHttpok(CommandLine):
    def test_7_a_program_in_its_group_every_hour(self):
        server = Server(self, BROKEN)
        supervisord = self.supervise(f"httpok -p app:instance1 -t 30 {server.url}/", "TICK_3600",
                                     program("instance1", "sleep 600"), program("instance2", "sleep 600"),
                                     "[group:app]\nprograms=instance1,instance2\n", verbatim=True)
        pids = [supervisord.wait_for_state(f"app:instance{number}", "RUNNING") for number in (1, 2)]
        self.assertEqual(self.argv(), ["-p", "app:instance1", "-t", "30", f"{server.url}/"])
        rig = Rig(self, "httpok", *self.argv(), server_url=supervisord)  # an hour is too long to wait
        rig.tick("TICK_3600")
        supervisord.wait_for_restart("app:instance1", pids[0])
        self.assertEqual(supervisord.pid("app:instance2"), pids[1])

    def test_8_an_address_before_the_program(self):
        server = Server(self, BROKEN)
        supervisord = self.supervise(f"httpok --email=x -p prog {server.url}", "TICK_5", program("prog", "sleep 600"))
        pid = supervisord.wait_for_state("prog", "RUNNING")
        supervisord.wait_for_restart("prog", pid)
        mail = self.mail.wait()[0]
        self.assertEqual((mail["To"], mail["Subject"]), ("x", f"httpok: {server.url}: bad status returned"))


class LinesOfCrashmail(CommandLine):
    def crash(self, name):
        os.kill(self.supervisord.wait_for_state(name, "RUNNING"), signal.SIGKILL)

    def victim(self, name="victim"):
        return program(name, "sleep 600", autorestart="false")

    def test_9_a_command_over_many_lines(self):
        self.supervise("crashmail\n        -o hostname -a -m x@example.com\n"
                       "        -s '/usr/sbin/sendmail -t -i -f crash-notifier@domain.com'",
                       "PROCESS_STATE", self.victim())
        self.crash("victim")
        mail = self.mail.wait()[0]
        self.assertRegex(mail["Subject"], r"^hostname: victim crashed at ")
        self.assertEqual((mail["To"], self.mail.arguments), ("x@example.com", ["-t -i -f crash-notifier@domain.com"]))

    def test_10_a_pipeline_that_never_reads_its_stdin_and_no_address(self):
        line = '''crashmail -p senddemo -s "echo 'crashed!!'| /usr/bin/mail -s 'x' a,b"'''
        self.supervise(line, "PROCESS_STATE_EXITED", self.victim("senddemo"), self.victim("other"))
        self.crash("other")
        self.supervisord.wait_for_state("other", "EXITED")
        self.assertFalse(self.mailed.exists())
        self.crash("senddemo")
        wait_until(self.mailed.exists, "the pipeline's mail")
        self.assertEqual(self.mailed.read_text(), "-s x a,b\ncrashed!!\n")

    def test_11_neither_program_nor_any_means_all(self):
        self.supervise("crashmail -o faildMSG -m x@example.com", "PROCESS_STATE", self.victim())
        self.crash("victim")
        mail = self.mail.wait()[0]
        self.assertRegex(mail["Subject"], r"^faildMSG: victim crashed at ")
        self.assertEqual(self.mail.arguments, ["-t -i"] if self.commands.prefix else [""])

    def test_12_any_spelled_long(self):
        self.supervise("crashmail --any --email=x", "PROCESS_STATE", self.victim())
        self.crash("victim")
        mail = self.mail.wait()[0]
        self.assertRegex(mail["Subject"], r"^ ?victim crashed at ")
        self.assertEqual(mail["To"], "x")

    def test_12_a_header_with_the_name_of_the_host(self):
        self.supervise('crashmail -a -m x -o "Server %(host_node_name)s"', "PROCESS_STATE", self.victim())
        self.crash("victim")
        self.assertTrue(self.mail.wait()[0]["Subject"].startswith(f"Server {socket.gethostname()}: victim crashed at "))

    def test_13_fatal_events_alone(self):
        self.supervise("crashmail -a -m x", "PROCESS_STATE_FATAL", self.victim("fine"),
                       program("broken", "/bin/false", startsecs=60, startretries=0))
        mail = self.mail.wait()[0]
        self.assertIn("broken", mail["Subject"])
        self.assertEqual(len(self.mail.raw), 1)

    def test_14_a_batch_with_quoted_addresses(self):
        self.supervise('crashmailbatch --toEmail="you@bar.com" --fromEmail="me@bar.com"', "PROCESS_STATE,TICK_60",
                       verbatim=True)
        self.assertEqual(self.argv(), ["--toEmail=you@bar.com", "--fromEmail=me@bar.com"])
        smtp = SmtpServer(self)  # the line's own is the host's, which must not get a test's mail
        rig = Rig(self, "crashmailbatch", *self.argv(), "-H", smtp.host)
        rig.exited("victim")
        rig.tick("TICK_60")
        message = smtp.wait()[0]
        self.assertEqual((message["To"], message["From"]), ("you@bar.com", "me@bar.com"))


if __name__ == "__main__":
    unittest.main()
