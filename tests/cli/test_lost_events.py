"""More crashes at once than supervisord buffers for a listener: those whose events it discards are told all the same."""

import unittest

from support.burst import LOST, Burst, crashmail, crashmailbatch, told_of
from support.smtp import SmtpServer
from support.storm import GatedMail
from support.workspace import Workspace

MANY = 60


class Bursts(Workspace):
    def setUp(self):
        super().setUp()
        self.mail = GatedMail(self.dir)
        self.mail.open()

    def crashmail(self, *options, **keys):
        return crashmail(self.mail, *options, **keys)

    def mails(self):
        return self.mail.text

    def assert_hardly_told_twice(self, times):
        """Where supervisord is so slow that the list overtakes an event, a crash may be told by both: told it must be."""
        told = told_of(self.mails()).values()
        self.assertEqual(min(told), times)
        self.assertLess(sum(told), times * MANY * 1.5)


class WhileTheListenerIsStopped(Bursts):
    def test_every_crash_is_mailed_once_those_whose_events_were_discarded_marked(self):
        supervisord = Burst(self, self.crashmail(), MANY)
        supervisord.wait_until_all_run()
        supervisord.crash_all_unheard()
        supervisord.wait_until_told(self.mails)
        self.assert_hardly_told_twice(1)
        self.assertGreaterEqual(self.mails().count(LOST), supervisord.discarded)

    def test_crashes_of_programs_that_run_again_are_mailed_burst_after_burst(self):
        supervisord = Burst(self, self.crashmail(), MANY, autorestart="true")
        for burst in range(1, 4):
            supervisord.wait_until_all_run()
            supervisord.crash_all_unheard()
            supervisord.wait_until_told(self.mails, burst)
            self.assert_hardly_told_twice(burst)
        self.assertIn("supervisord discarded", supervisord.stderr_of("listener"))

    def test_a_spool_and_a_digest_lose_none_of_them(self):
        supervisord = Burst(self, self.crashmail("--spool", str(self.dir / "spool"), "--digest", "1s"), MANY)
        supervisord.wait_until_all_run()
        supervisord.crash_all_unheard()
        supervisord.wait_until_told(self.mails)

    def test_the_batch_mailer_has_a_line_on_each(self):
        smtp = SmtpServer(self)
        supervisord = Burst(self, crashmailbatch(smtp), MANY, autorestart="true")
        supervisord.wait_until_all_run()
        supervisord.crash_all_unheard()

        def text():
            return "".join(mail.get_content() for mail in smtp.messages)
        supervisord.wait_until_told(text)
        self.assertIn(LOST, text())


class WhileNoListenerRuns(Bursts):
    def test_crashes_before_the_first_listener_runs_are_mailed(self):
        supervisord = Burst(self, self.crashmail(autostart="false"), MANY)
        supervisord.wait_until_all_but_the_listener_run()
        supervisord.crash_all()
        self.assertGreater(supervisord.discarded, 0)
        supervisord.rpc.startProcess("listener", False)
        supervisord.wait_until_told(self.mails)

    def test_crashes_between_two_lives_of_the_listener_are_mailed(self):
        supervisord = Burst(self, self.crashmail(autorestart="false"), MANY)
        supervisord.wait_until_all_run()
        supervisord.rpc.stopProcess("listener")
        supervisord.crash_all()
        self.assertGreater(supervisord.discarded, 0)
        supervisord.rpc.startProcess("listener", False)
        supervisord.wait_until_told(self.mails)


if __name__ == "__main__":
    unittest.main()
