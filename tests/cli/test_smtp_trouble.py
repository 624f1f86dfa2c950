"""Mail servers that say "later" or "never", fall silent, or are away: nothing is lost, and nothing waits for them."""

import re
import signal
import unittest

from support.rig import Rig
from support.server import Certificates
from support.smtp import SmtpServer, StallingSmtpServer
from support.storm import letters
from support.workspace import PATIENCE, Workspace, wait_until

SLOW = PATIENCE + 30  # a second try comes after 10 s


class Trouble(Workspace):
    def crashmail(self, smtp, *options, spool="spool", user="", parameters=""):
        return Rig(self, "crashmail", "--notify", f"smtp://{user}{smtp.host}/?to=ops@example.com{parameters}",
                   "--spool", str(self.dir / spool), *options, server_url="")

    def wait_until_empty(self, spool="spool"):
        wait_until(lambda: not letters(self.dir / spool), lambda: f"{spool} to be empty: {letters(self.dir / spool)}", SLOW)

    def assert_mailed(self, smtp, *pids):
        """These crashes, in this order; a second copy has the Message-ID of the first."""
        self.assertEqual(told_by(smtp), list(pids))


def told_by(smtp):
    """The pids that its mails tell of, in their order; of a mail that came twice the first counts."""
    first = {}
    for message in smtp.messages:
        first.setdefault(message["Message-ID"], int(re.search(r"\(pid (\d+)\)", message.get_content()).group(1)))
    return list(first.values())


class Refused(Trouble):
    def test_later_is_said_and_the_order_is_kept(self):
        servers = {at: SmtpServer(self, refusals=["451 4.3.0 later, please"], at=at) for at in ("MAIL", "RCPT", "DATA")}
        rigs = [self.crashmail(smtp, spool=at) for at, smtp in servers.items()]
        for rig in rigs:
            rig.exited("web", pid=1)
            rig.exited("web", pid=2)
        for rig in rigs:
            self.assertRegex(rig.wait_for_log("could not mail"), "451 4.3.0 later, please.*; trying again in 10 s")
        for at, smtp in servers.items():
            self.wait_until_empty(at)
            self.assert_mailed(smtp, 1, 2)
            self.assertEqual(len(smtp.envelopes), 2)

    def test_never_is_said_and_what_is_behind_does_not_wait_for_it(self):
        servers = {at: SmtpServer(self, refusals=["554 5.7.1 not from you"], at=at) for at in ("MAIL", "RCPT", "DATA")}
        rigs = [self.crashmail(smtp, spool=at) for at, smtp in servers.items()]
        for rig in rigs:
            rig.exited("web", pid=1)
            rig.exited("web", pid=2)
            rig.exited("web", pid=3)
        for rig in rigs:
            self.assertIn("554 5.7.1 not from you", rig.wait_for_log("could not mail"))
        for at, smtp in servers.items():
            self.wait_until_empty(at)
            self.assert_mailed(smtp, 2, 3, 1)
            self.assertEqual(len(smtp.envelopes), 3)

    def test_a_wrong_password_loses_nothing_and_the_right_one_mails_all_of_it_over_tls(self):
        certificates = Certificates(self.dir)
        smtp = SmtpServer(self, tls=certificates.context, login=("operator", "right"))
        options = {"user": "operator@", "parameters": f"&cacert={certificates.authority}"}
        rig = self.crashmail(smtp, "--secrets", self.write("secrets", "SMTP_PASSWORD=wr0ng\n", 0o600), **options)
        rig.exited("web", pid=1)
        rig.exited("web", pid=2)
        rig.wait_for_log("could not mail.*535")
        rig.terminate()
        self.assertNotIn("wr0ng", rig.stderr)
        self.assertEqual(len(letters(self.dir / "spool")), 2)
        rig = self.crashmail(smtp, "--secrets", self.write("secrets", "SMTP_PASSWORD=right\n", 0o600), **options)
        self.wait_until_empty()
        self.assert_mailed(smtp, 1, 2)
        self.assertTrue(all(envelope.tls for envelope in smtp.envelopes))


class Silent(Trouble):
    def test_a_server_that_stalls_in_any_phase_holds_up_neither_events_nor_the_end_and_loses_nothing(self):
        servers = {phase: StallingSmtpServer(self, phase) for phase in StallingSmtpServer.PHASES}
        rigs = {phase: self.crashmail(smtp, spool=phase) for phase, smtp in servers.items()}
        for phase, rig in rigs.items():
            rig.exited("web", pid=1)
            wait_until(lambda phase=phase: servers[phase].stalled, f"a stall {phase}")
            self.assertLess(max(rig.exited("web", pid=pid) for pid in range(2, 10)), 5, phase)
        for rig in rigs.values():
            rig.process.send_signal(signal.SIGTERM)
        for phase, rig in rigs.items():
            self.assertEqual(rig.wait_for_exit(), 0, phase)
            servers[phase].recover()
            self.crashmail(servers[phase], spool=phase)
        for phase, smtp in servers.items():
            self.wait_until_empty(phase)
            self.assert_mailed(smtp, *range(1, 10))


class Away(Trouble):
    def test_what_happened_while_the_server_was_away_is_mailed_in_order_and_once(self):
        smtp = SmtpServer(self, start=False)
        rig = self.crashmail(smtp)
        for pid in range(1, 21):
            rig.exited("web", pid=pid)
        rig.wait_for_log("could not mail")
        smtp.start()
        self.wait_until_empty()
        self.assert_mailed(smtp, *range(1, 21))
        self.assertEqual(len(smtp.envelopes), 20)

    def test_a_server_that_goes_in_the_middle_and_comes_back_gets_the_rest(self):
        smtp = SmtpServer(self)
        rig = self.crashmail(smtp)
        rig.exited("web", pid=1)
        smtp.wait(1)
        smtp.stop()
        rig.exited("web", pid=2)
        rig.wait_for_log("could not mail")
        smtp.start()
        self.wait_until_empty()
        self.assert_mailed(smtp, 1, 2)


if __name__ == "__main__":
    unittest.main()
