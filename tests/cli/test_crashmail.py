"""crashmail, fed with the events supervisord would send."""

import re
import unittest

from support.mail import MailDrop
from support.rig import Rig
from support.workspace import Workspace

CRASHED_AT = r"crashed at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}$"


class Crashmail(Workspace):
    def setUp(self):
        super().setUp()
        self.mail = MailDrop(self)

    def crashmail(self, *arguments, **options):
        return Rig(self, "crashmail", *arguments, "-s", self.mail.command, **options)

    def subjects_after(self, rig):
        """What was mailed once the listener has finished everything."""
        rig.finish()
        return [re.sub(r" crashed at .*", "", subject).strip() for subject in self.mail.subjects]


class WhatCrashmailMails(Crashmail):
    def test_an_unexpected_exit_is_mailed_with_superlances_subject_and_its_own_story(self):
        rig = self.crashmail("-m", "ops@example.com")
        rig.exited("web", "site", pid=77)
        mail = self.mail.wait()[0]
        self.assertRegex(mail["Subject"], "^ ?web " + CRASHED_AT)
        self.assertEqual(mail["To"], "ops@example.com")
        self.assertIn("Process web in group site exited unexpectedly (pid 77) from state RUNNING", mail.get_content())

    def test_without_an_optional_header_the_subject_begins_with_a_blank_as_superlances_does(self):
        rig = self.crashmail("-m", "ops@example.com")
        rig.exited("web")
        self.mail.wait()
        self.assertRegex(self.mail.raw[0].decode(), r"(?m)^Subject:  web " + CRASHED_AT)

    def test_the_optional_header_goes_before_the_subject(self):
        for option in ("-o", "--optionalheader"):
            with self.subTest(option):
                self.mail = MailDrop(self, f"mail{option}")
                rig = self.crashmail(option, "Server one", "-m", "ops@example.com")
                rig.exited("web")
                self.assertRegex(self.mail.wait()[0]["Subject"], "^Server one: web " + CRASHED_AT)

    def test_an_expected_exit_is_not_mailed(self):
        rig = self.crashmail("-m", "ops@example.com")
        rig.exited("fine", expected=1)
        rig.exited("broken")
        self.assertEqual(self.subjects_after(rig), ["broken"])

    def test_a_process_that_becomes_fatal_is_mailed_once(self):
        rig = self.crashmail("-m", "ops@example.com")
        rig.send("PROCESS_STATE_BACKOFF", "processname:web groupname:site from_state:STARTING tries:1")
        rig.fatal("web", "site")
        mail = self.mail.wait()[0]
        self.assertIn("web", mail["Subject"])
        self.assertIn("web", mail.get_content())
        rig.finish()
        self.assertEqual(len(self.mail.raw), 1)

    def test_other_events_are_not_mailed(self):
        rig = self.crashmail("-m", "ops@example.com")
        for state in ("STARTING", "RUNNING", "STOPPING", "STOPPED", "BACKOFF", "UNKNOWN"):
            rig.send(f"PROCESS_STATE_{state}", "processname:web groupname:web from_state:RUNNING tries:0 pid:9")
        rig.tick()
        rig.send("REMOTE_COMMUNICATION", "type:x\nhello")
        rig.exited("broken")
        self.assertEqual(self.subjects_after(rig), ["broken"])

    def test_two_crashes_of_one_process_are_two_mails(self):
        rig = self.crashmail("-m", "ops@example.com")
        rig.exited("web", pid=1)
        rig.exited("web", pid=2)
        rig.finish()
        self.assertEqual(len(self.mail.raw), 2)
        self.assertNotEqual(*[mail["Message-ID"] for mail in self.mail.messages])


class WhomCrashmailWatches(Crashmail):
    def mailed_for(self, *arguments):
        rig = self.crashmail("-m", "ops@example.com", *arguments)
        rig.exited("web", "site")
        rig.exited("web", "other")
        rig.exited("db", "site")
        rig.exited("cron")
        rig.finish()
        bodies = [mail.get_content() for mail in self.mail.messages]
        return [re.search(r"Process (\S+) in group (\S+)", body).group(2, 1) for body in bodies]

    def test_a_bare_name_watches_that_process_in_every_group(self):
        self.assertEqual(self.mailed_for("-p", "web"), [("site", "web"), ("other", "web")])

    def test_a_name_with_its_group_watches_that_process_alone(self):
        self.assertEqual(self.mailed_for("-p", "site:web"), [("site", "web")])

    def test_the_option_may_be_repeated_and_spelled_long_and_short(self):
        self.assertEqual(self.mailed_for("--program=cron", "--prog", "site:db"), [("site", "db"), ("cron", "cron")])

    def test_any_overrides_programs(self):
        self.assertEqual(len(self.mailed_for("-p", "web", "-a")), 4)

    def test_neither_program_nor_any_means_all(self):
        self.assertEqual(len(self.mailed_for()), 4)

    def test_a_fatal_process_is_filtered_too(self):
        rig = self.crashmail("-m", "ops@example.com", "-p", "site:web")
        rig.fatal("web", "other")
        rig.fatal("web", "site")
        rig.finish()
        self.assertEqual(len(self.mail.raw), 1)


class HowCrashmailMails(Crashmail):
    def test_with_neither_address_nor_command_nothing_is_mailed_and_the_crash_is_logged(self):
        rig = Rig(self, "crashmail")
        rig.exited("web", "site", pid=77)
        rig.wait_for_log("web")
        rig.finish()
        self.assertNotRegex(rig.stderr, "(?i)sendmail|could not mail")

    def test_a_command_without_an_address_is_run_and_gets_no_to_header(self):
        rig = self.crashmail()
        rig.exited("web")
        self.assertNotIn("To", self.mail.wait()[0])

    def test_the_message_has_the_headers_a_mail_system_wants(self):
        rig = self.crashmail("-m", "ops@example.com")
        rig.exited("web")
        mail = self.mail.wait()[0]
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertIsNotNone(mail["Date"].datetime)
        self.assertRegex(mail["Message-ID"], r"^<[^<>@\s]+@[^<>@\s]+>$")
        self.assertEqual(mail.get_content_type(), "text/plain")
        self.assertEqual(mail.get_content_charset(), "utf-8")
        self.assertEqual(mail.defects, [])

    def test_several_recipients_in_one_option_all_stand_in_the_header(self):
        rig = self.crashmail("-m", "a@example.com, Bob <b@example.com>")
        rig.exited("web")
        addresses = [address.addr_spec for address in self.mail.wait()[0]["To"].addresses]
        self.assertEqual(addresses, ["a@example.com", "b@example.com"])

    def test_what_the_command_prints_never_reaches_stdout(self):
        noisy = MailDrop(self, "noisy", before="echo queued as 123; echo careful >&2")
        rig = Rig(self, "crashmail", "-m", "ops@example.com", "-s", noisy.command)
        rig.exited("web")
        noisy.wait()
        rig.tick()  # Rig fails on any stray byte
        rig.finish()
        self.assertIn("queued as 123", rig.stderr)

    def test_a_failing_command_is_logged_with_its_status_and_output_and_tried_again(self):
        flaky = MailDrop(self, "flaky", failures=1)
        rig = Rig(self, "crashmail", "-m", "ops@example.com", "-s", flaky.command)
        rig.exited("web")
        line = rig.wait_for_log("could not mail")
        self.assertRegex(line, r"\b75\b")
        self.assertIn("mailbox is on fire", line)
        flaky.wait()
        self.assertEqual(flaky.attempts, 2)

    def test_a_command_that_does_not_exist_is_logged(self):
        rig = Rig(self, "crashmail", "-m", "ops@example.com", "-s", "/nonexistent/sendmail -t")
        rig.exited("web")
        self.assertRegex(rig.wait_for_log("could not mail"), r"\b127\b.*/nonexistent/sendmail")

    def test_a_command_that_never_reads_its_stdin_is_no_failure(self):
        rig = Rig(self, "crashmail", "-s", f"true; echo done > {self.dir}/done")
        rig.exited("w" * 200_000)  # more than a pipe holds
        rig.finish()
        self.assertEqual((self.dir / "done").read_text(), "done\n")
        self.assertNotIn("could not mail", rig.stderr)

    def test_the_command_is_the_shells_to_understand(self):
        rig = Rig(self, "crashmail", "-s", f"sed 's/^/> /' | cat > '{self.dir}/a b' && touch {self.dir}/done")
        rig.exited("web")
        rig.finish()
        self.assertIn("> Subject:", (self.dir / "a b").read_text())
        self.assertTrue((self.dir / "done").exists())

    def test_a_pending_mail_is_tried_once_more_before_the_listener_ends(self):
        flaky = MailDrop(self, "flaky", failures=1)
        rig = Rig(self, "crashmail", "-m", "ops@example.com", "-s", flaky.command)
        rig.exited("web")
        rig.wait_for_log("could not mail")
        rig.terminate()
        self.assertEqual(len(flaky.raw), 1)


class WhatCannotBeInjected(Crashmail):
    def headers_with(self, *arguments, process="web"):
        rig = self.crashmail(*arguments)
        rig.exited(process)
        rig.finish()
        self.assertEqual(len(self.mail.raw), 1)
        return self.mail.messages[0]

    def test_a_line_break_in_the_optional_header_makes_no_header(self):
        mail = self.headers_with("-m", "ops@example.com", "-o", "a\nBcc: x@example.com")
        self.assertNotIn("Bcc", mail)
        self.assertIn("Bcc: x@example.com", mail["Subject"])

    def test_a_line_break_in_the_address_makes_no_header(self):
        mail = self.headers_with("-m", "ops@example.com\r\nBcc: x@example.com")
        self.assertNotIn("Bcc", mail)

    def test_carriage_returns_and_control_characters_in_a_subject_are_harmless(self):
        mail = self.headers_with("-m", "ops@example.com", "-o", "a\r\rX-Evil: 1\x1b[31m\x01b\n\nbody")
        self.assertNotIn("X-Evil", mail)
        self.assertNotRegex(self.mail.raw[0], rb"[\x00-\x08\x0b-\x1f]")
        self.assertNotIn("body", [line.strip() for line in mail.get_content().splitlines()])

    def test_names_that_are_not_ascii_arrive_whole(self):
        mail = self.headers_with("-m", "ops@example.com", "-o", "Server Köln", process="größe-日本")
        self.assertRegex(mail["Subject"], r"^Server Köln: größe-日本 crashed at ")
        self.assertIn("größe-日本", mail.get_content())
        self.assertRegex(self.mail.raw[0].split(b"\n\n")[0], rb"^[\x00-\x7f]+$")


if __name__ == "__main__":
    unittest.main()
