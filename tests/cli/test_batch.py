"""crashmailbatch, fatalmailbatch and crashsms between events and a mail server."""

import re
import unittest

from support import events
from support.rig import Rig
from support.server import Certificates, Server, hanging
from support.smtp import SmtpServer
from support.workspace import BATCH_PROGRAMS, Workspace, wait_until

ASCTIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"
ADDRESSES = ("-t", "ops@example.com", "-f", "supervisor@example.com")


class Batch(Workspace):
    def batch(self, program, *arguments, smtp=None, **options):
        host = ("-H", smtp.host) if smtp else ()
        return Rig(self, program, *ADDRESSES, *host, *arguments, **options)

    def crash(self, rig, process="web", group="site", pid=77):
        """What makes that program write a line."""
        if rig.program == "fatalmailbatch":
            rig.fatal(process, group)
        else:
            rig.exited(process, group, pid=pid)

    def names_in(self, message):
        return re.findall(r"(\w+:\w+)\b(?= \(pid| failed|\]\()", message.get_content())


class WhatTheBatchMailersSay(Batch):
    LINES = {"crashmailbatch": rf"^{ASCTIME} -- Process site:web \(pid 77\) died unexpectedly$",
             "fatalmailbatch": rf"^{ASCTIME} -- Process site:web failed to start too many times$",
             "crashsms": rf"^\[site:web\]\(77\) exited unexpectedly {ASCTIME}$"}
    SUBJECTS = {"crashmailbatch": "Crash alert from supervisord",
                "fatalmailbatch": "Fatal start alert from supervisord", "crashsms": None}

    def test_each_has_superlances_line_and_default_subject(self):
        for program in BATCH_PROGRAMS:
            with self.subTest(program):
                smtp = SmtpServer(self)
                rig = self.batch(program, smtp=smtp)
                self.crash(rig)
                rig.tick()
                message = smtp.wait()[0]
                self.assertRegex(message.get_content().strip(), self.LINES[program])
                self.assertEqual(message["Subject"], self.SUBJECTS[program])
                self.assertEqual((message["To"], message["From"]), ("ops@example.com", "supervisor@example.com"))

    def test_each_collects_only_its_own_kind_of_end(self):
        for program in BATCH_PROGRAMS:
            with self.subTest(program):
                smtp = SmtpServer(self)
                rig = self.batch(program, smtp=smtp)
                rig.exited("fine", expected=1)
                if program == "fatalmailbatch":
                    rig.exited("exited")
                else:
                    rig.fatal("fatal")
                rig.send("PROCESS_STATE_RUNNING", "processname:up groupname:up from_state:STARTING pid:3")
                self.crash(rig)
                rig.tick()
                self.assertEqual(self.names_in(smtp.wait()[0]), ["site:web"])

    def test_the_subject_can_be_given(self):
        for program in BATCH_PROGRAMS:
            for option in (("-s", "Köln is down"), ("--subject=Köln is down",)):
                with self.subTest((program, option)):
                    smtp = SmtpServer(self)
                    rig = self.batch(program, *option, smtp=smtp)
                    self.crash(rig)
                    rig.tick()
                    self.assertEqual(smtp.wait()[0]["Subject"], "Köln is down")

    def test_the_message_has_the_headers_a_mail_system_wants(self):
        smtp = SmtpServer(self)
        rig = self.batch("crashmailbatch", smtp=smtp)
        self.crash(rig, "größe", "日本")
        rig.tick()
        message = smtp.wait()[0]
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertIsNotNone(message["Date"].datetime)
        self.assertRegex(message["Message-ID"], r"^<[^<>@\s]+@[^<>@\s]+>$")
        self.assertIn("日本:größe", message.get_content())
        self.assertNotRegex(smtp.envelopes[0].content, rb"(?<!\r)\n")

    def test_no_option_and_no_process_can_inject_a_header(self):
        smtp = SmtpServer(self)
        rig = self.batch("crashmailbatch", "-s", "a\r\nBcc: x@example.com\r\n\r\nbody", smtp=smtp)
        self.crash(rig)
        rig.tick()
        message = smtp.wait()[0]
        self.assertNotIn("Bcc", message)
        self.assertEqual(self.names_in(message), ["site:web"])


class WhenABatchIsSent(Batch):
    def test_what_happened_within_the_interval_is_one_mail(self):
        smtp = SmtpServer(self)
        rig = self.batch("crashmailbatch", "-i", "3", smtp=smtp)
        for process in ("a", "b", "c"):
            self.crash(rig, process)
            rig.tick()
        self.assertEqual(self.names_in(smtp.wait()[0]), ["site:a", "site:b", "site:c"])
        self.crash(rig, "d")
        for _ in range(3):
            rig.tick()
        self.assertEqual(self.names_in(smtp.wait(2)[1]), ["site:d"])

    def test_only_the_chosen_tick_carries_time(self):
        smtp = SmtpServer(self)
        rig = self.batch("crashsms", "-e", "TICK_5", "--interval=0.05", smtp=smtp)
        self.crash(rig, "a")
        rig.tick("TICK_60")
        rig.tick("TICK_3600")
        self.crash(rig, "b")
        rig.tick("TICK_5")
        self.assertEqual(self.names_in(smtp.wait()[0]), ["site:a", "site:b"])

    def test_an_empty_batch_is_not_mailed(self):
        smtp = SmtpServer(self)
        rig = self.batch("crashmailbatch", smtp=smtp)
        rig.tick()
        rig.tick()
        self.crash(rig)
        rig.tick()
        smtp.wait()
        rig.tick()
        rig.finish()
        self.assertEqual(smtp.attempts, 1)

    def test_a_pending_batch_is_sent_before_the_listener_ends(self):
        for program in BATCH_PROGRAMS:
            for end in (Rig.finish, Rig.terminate):
                with self.subTest((program, end.__name__)):
                    smtp = SmtpServer(self)
                    rig = self.batch(program, smtp=smtp)
                    self.crash(rig)
                    end(rig)
                    self.assertEqual(len(smtp.envelopes), 1)

    def test_a_process_crashing_a_thousand_times_is_a_mail_of_a_thousand_lines(self):
        smtp = SmtpServer(self)
        rig = self.batch("crashmailbatch", smtp=smtp)
        payloads = (events.exited_payload("web", "site", pid=pid) for pid in range(1000))
        rig.send_bytes(b"".join(events.envelope("PROCESS_STATE_EXITED", payload) for payload in payloads))
        for _ in range(1000):
            rig.expect(b"RESULT 2\nOKREADY\n")
        rig.tick()
        self.assertEqual(len(self.names_in(smtp.wait()[0])), 1000)


class HowABatchIsSent(Batch):
    def sent(self, *arguments, smtp, env=None):
        rig = self.batch("crashmailbatch", *arguments, smtp=smtp, env=env)
        self.crash(rig)
        rig.tick()
        return rig

    def test_several_recipients_all_get_it(self):
        smtp = SmtpServer(self)
        rig = Rig(self, "crashmailbatch", "--toEmail=a@example.com, Bob <b@example.com>,c@example.com",
                  "--fromEmail", "Supervisor <s@example.com>", f"--smtpHost={smtp.host}")
        self.crash(rig)
        rig.tick()
        message = smtp.wait()[0]
        everyone = ["a@example.com", "b@example.com", "c@example.com"]
        self.assertEqual(smtp.envelopes[0].rcpt_tos, everyone)
        self.assertEqual([address.addr_spec for address in message["To"].addresses], everyone)
        self.assertEqual(smtp.envelopes[0].mail_from, "s@example.com")

    def test_a_refused_recipient_costs_the_others_nothing(self):
        smtp = SmtpServer(self, refusals=["550 no such user"], at="RCPT")
        rig = self.batch("crashmailbatch", "-t", "gone@example.com,here@example.com", smtp=smtp)
        self.crash(rig)
        rig.tick()
        smtp.wait()
        self.assertEqual(smtp.envelopes[0].rcpt_tos, ["here@example.com"])
        rig.wait_for_log("550 no such user")

    def test_an_ipv6_server_is_reached(self):
        smtp = SmtpServer(self, address="::1")
        self.sent(smtp=smtp)
        smtp.wait()

    def test_user_and_password_log_in(self):
        smtp = SmtpServer(self, login=("operator", "s3cret"))
        rig = self.sent("-u", "operator", "-p", "s3cret", smtp=smtp)
        smtp.wait()
        self.assertEqual(smtp.logins, [(("operator", "s3cret"), False)])
        rig.finish()
        self.assertNotIn("s3cret", rig.stderr)

    def test_a_wrong_password_is_logged_but_not_shown(self):
        smtp = SmtpServer(self, login=("operator", "right"))
        rig = self.sent("--userName=operator", "--password=hunter2", smtp=smtp)
        rig.wait_for_log("could not mail")
        self.assertEqual(smtp.envelopes, [])
        self.assertNotIn("hunter2", rig.stderr)


class HowABatchIsKeptPrivate(Batch):
    def setUp(self):
        super().setUp()
        self.certificates = Certificates(self.dir)
        self.trust = {"SSL_CERT_FILE": self.certificates.authority}

    def sent(self, *arguments, smtp, env=None):
        rig = self.batch("crashmailbatch", "--tls", *arguments, smtp=smtp, env=env)
        self.crash(rig)
        rig.tick()
        return rig

    def test_with_tls_the_password_travels_encrypted(self):
        smtp = SmtpServer(self, tls=self.certificates.context, login=("operator", "s3cret"))
        self.sent("-u", "operator", "-p", "s3cret", smtp=smtp, env=self.trust)
        smtp.wait()
        self.assertEqual(smtp.logins, [(("operator", "s3cret"), True)])
        self.assertTrue(smtp.envelopes[0].tls)

    def test_tls_needs_no_user_and_password(self):
        smtp = SmtpServer(self, tls=self.certificates.context)
        self.sent(smtp=smtp, env=self.trust)
        smtp.wait()
        self.assertTrue(smtp.envelopes[0].tls)

    def test_a_server_without_starttls_gets_neither_password_nor_mail(self):
        smtp = SmtpServer(self, login=("operator", "s3cret"))
        rig = self.sent("-u", "operator", "-p", "s3cret", smtp=smtp, env=self.trust)
        rig.wait_for_log("could not mail")
        self.assertEqual((smtp.logins, smtp.envelopes), ([], []))

    def test_a_server_with_a_certificate_nobody_vouches_for_gets_neither_password_nor_mail(self):
        smtp = SmtpServer(self, tls=self.certificates.context, login=("operator", "s3cret"))
        rig = self.sent("-u", "operator", "-p", "s3cret", smtp=smtp)
        rig.wait_for_log("(?i)could not mail.*certificate")
        self.assertEqual((smtp.logins, smtp.envelopes), ([], []))


class WhenTheMailServerIsOut(Batch):
    def test_a_mail_refused_for_now_is_tried_again(self):
        smtp = SmtpServer(self, refusals=["451 try again later"])
        rig = self.batch("crashmailbatch", smtp=smtp)
        self.crash(rig)
        rig.tick()
        self.assertIn("451 try again later", rig.wait_for_log("could not mail"))
        self.assertEqual(self.names_in(smtp.wait()[0]), ["site:web"])
        self.assertEqual(smtp.attempts, 2)

    def test_a_server_that_is_down_gets_the_mail_when_it_is_up_again(self):
        smtp = SmtpServer(self, start=False)
        rig = self.batch("fatalmailbatch", smtp=smtp)
        self.crash(rig)
        rig.tick()
        rig.wait_for_log("could not mail")
        smtp.start()
        smtp.wait()

    def test_what_waits_for_its_next_try_is_tried_once_more_before_the_listener_ends(self):
        smtp = SmtpServer(self, start=False)
        rig = self.batch("crashsms", smtp=smtp)
        self.crash(rig)
        rig.tick()
        rig.wait_for_log("could not mail")
        smtp.start()
        rig.terminate(seconds=9)
        self.assertEqual(len(smtp.envelopes), 1)

    def test_a_server_that_never_answers_holds_up_neither_events_nor_the_end(self):
        server = Server(self, hanging)
        rig = self.batch("crashmailbatch", "-H", f"127.0.0.1:{server.port}")
        self.crash(rig)
        rig.tick()
        wait_until(lambda: server.connections, "the connection")
        self.assertLess(max(rig.exited("web") for _ in range(20)), 1)
        rig.terminate(seconds=15)


if __name__ == "__main__":
    unittest.main()
