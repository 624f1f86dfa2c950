"""Nothing is lost: the spool, through kill -9, outages and storms, and what keeps people from being flooded."""

import json
import os
import random
import unittest

from support.mail import MailDrop
from support.rig import Rig
from support.storm import GatedMail, Lives, drain, letters
from support.workspace import PATIENCE, Workspace, wait_until

SEEDS = int(os.environ.get("KEENLANCE_SPOOL_SEEDS", "10"))
STORM = int(os.environ.get("KEENLANCE_STORM", "1000"))


class Spooled(Workspace):
    def setUp(self):
        super().setUp()
        self.spool = self.dir / "spool"
        self.mail = GatedMail(self.dir)

    def crashmail(self, *arguments, **options):
        return Rig(self, "crashmail", "-m", "ops@example.com", "-s", self.mail.command, "--spool", str(self.spool),
                   *arguments, server_url="", **options)

    def letters(self):
        return letters(self.spool)

    def pids_mailed(self):
        return [mail.pid for mail in self.mail.mails]

    def drain(self, *arguments):
        drain(lambda: self.crashmail(*arguments), self.mail, self.spool)


class WhatIsOnDisk(Spooled):
    def test_a_crash_is_on_disk_when_it_is_acknowledged_and_gone_when_it_is_mailed(self):
        rig = self.crashmail()
        rig.exited("web", pid=7)
        self.assertEqual(len(self.letters()), 1)
        self.assertEqual(json.loads((self.spool / self.letters()[0]).read_text())["process"], "web")
        rig.wait_for_log("could not mail")  # a command that still runs would find the gate open
        rig.process.kill()
        self.drain()
        self.assertEqual(self.pids_mailed(), [7])

    def test_what_one_channel_has_it_does_not_get_again(self):
        drop = MailDrop(self)
        rig = self.crashmail("--notify", f"mailto:b@example.com?via={drop.command}")
        rig.exited("web", pid=7)
        drop.wait()
        wait_until(lambda: any(name.endswith(".letter") is False and ".letter." in name for name in os.listdir(self.spool)),
                   "a mark in the spool")
        rig.process.kill()
        self.drain("--notify", f"mailto:b@example.com?via={drop.command}")
        self.assertEqual(self.pids_mailed(), [7])
        self.assertEqual(drop.attempts, 1)

    def test_an_event_that_comes_again_makes_no_second_mail_while_the_first_waits(self):
        rig = self.crashmail()
        rig.exited("web", pid=7)
        rig.process.kill()
        rig.process.wait()
        again = self.crashmail()
        again.exited("web", pid=7)  # with the serial of before: supervisord was not told that it was taken
        self.assertEqual(len(self.letters()), 1)
        again.process.kill()

    def test_the_order_is_kept_over_an_outage_and_a_restart(self):
        rig = self.crashmail()
        for pid in range(1, 6):
            rig.exited("web", pid=pid)
        rig.wait_for_log("could not mail")
        rig.process.kill()
        rig.process.wait()
        rig = self.crashmail()
        rig._serial = 5
        for pid in range(6, 9):
            rig.exited("web", pid=pid)
        rig.finish()
        self.assertEqual(len(self.letters()), 8)
        self.drain()
        self.assertEqual(self.pids_mailed(), list(range(1, 9)))

    def test_a_batch_that_was_not_complete_is_mailed_by_the_next_life(self):
        box = self.dir / "batch"
        words = ("-t", "a@x", "-f", "b@x", "-H", "127.0.0.1:1", "--spool", str(self.spool), "--notify",
                 f"exec:printf '%s' \"$KEENLANCE_BODY\" >> {box}")
        rig = Rig(self, "crashmailbatch", *words)
        rig.exited("web", pid=7)
        rig.exited("db", pid=8)
        rig.process.kill()
        rig.process.wait()
        Rig(self, "crashmailbatch", *words)
        wait_until(lambda: box.exists() and box.read_text().count("\n") == 2, "both lines")
        self.assertRegex(box.read_text(), r"(?s)web:web \(pid 7\).*db:db \(pid 8\)")


class Trouble(Spooled):
    def test_a_folder_that_cannot_be_is_said_once_and_crashes_are_mailed_all_the_same(self):
        self.spool = self.dir / "none" / "spool"
        self.mail.open()
        rig = self.crashmail()
        rig.wait_for_log("cannot make the spool .*: No such file or directory; make its parent folder; until then")
        rig.exited("web", pid=7)
        rig.exited("web", pid=8)
        wait_until(lambda: self.pids_mailed() == [7, 8], lambda: f"both mails, have {self.pids_mailed()}")
        self.assertEqual(rig.stderr.count("cannot make"), 1)

    def test_a_second_listener_on_the_folder_says_whose_it_is_and_loses_nothing(self):
        first = self.crashmail()
        first.exited("web", pid=7)
        self.mail.open()
        second = self.crashmail()
        second.wait_for_log(f"is in use by process {first.process.pid}: give each listener a folder of its own")
        second._serial = 1
        second.exited("web", pid=8)
        wait_until(lambda: 8 in self.pids_mailed(), "the second's mail")
        wait_until(lambda: 7 in self.pids_mailed(), "the first's mail")

    def test_a_letter_cut_short_is_set_aside_and_the_others_are_mailed(self):
        rig = self.crashmail()
        rig.exited("web", pid=7)
        rig.exited("web", pid=8)
        rig.process.kill()
        rig.process.wait()
        first = self.spool / self.letters()[0]
        first.write_bytes(first.read_bytes()[:50])
        self.mail.open()
        rig = self.crashmail()
        rig.wait_for_log(f"{first} is no whole letter, set aside as {first}.bad")
        wait_until(lambda: self.pids_mailed() == [8], "the other mail")

    @unittest.skipUnless(os.path.exists("/dev/full") and os.geteuid() == 0, "a full disk needs root")
    def test_a_full_disk_is_said_and_what_does_not_fit_is_kept_in_memory(self):
        small = self.dir / "small"
        small.mkdir()
        if os.system(f"mount -t tmpfs -o size=64k tmpfs {small} 2>/dev/null") != 0:
            self.skipTest("tmpfs cannot be mounted here")
        self.addCleanup(os.system, f"umount {small}")
        self.spool = small / "spool"
        rig = self.crashmail()
        for pid in range(1, 41):
            rig.exited("web", pid=pid)
        rig.wait_for_log("No space left on device; make room there; until then")
        self.mail.open()
        wait_until(lambda: sorted(self.pids_mailed()) == list(range(1, 41)), lambda: f"40 mails: {self.pids_mailed()}",
                   4 * PATIENCE)


class Killed(Spooled):
    def test_kill_9_at_random_moments_loses_nothing(self):
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                folder = self.dir / f"seed{seed}"
                folder.mkdir()
                self.spool, self.mail = folder / "spool", GatedMail(folder, ("failing", "hanging")[seed % 2])
                Lives(lambda: self.crashmail(wait=False), self.mail, random.Random(seed), total=30).run()
                self.drain()
                mails = self.mail.mails
                self.assertEqual(sorted({mail.pid for mail in mails}), list(range(1, 31)))
                self.assertEqual(len({mail.identity for mail in mails}), 30, "a second copy has the first one's Message-ID")


class Floods(Spooled):
    def test_a_storm_while_the_mail_command_fails_is_mailed_whole_when_it_works_again(self):
        rig = self.crashmail()
        for pid in range(1, STORM + 1):
            rig.exited(f"p{pid}", pid=pid)
        self.assertEqual(len(self.letters()), STORM)
        rig.process.kill()
        rig.process.wait()
        self.drain()
        self.assertEqual(self.pids_mailed(), list(range(1, STORM + 1)))

    def test_identical_crashes_are_folded_the_first_one_goes_at_once(self):
        self.mail.open()
        rig = self.crashmail("--digest", "3s")
        for pid in range(1, 6):
            rig.exited("web", pid=pid)
        wait_until(lambda: len(self.mail.mails) == 2, lambda: f"two mails, have {self.mail.mails}")
        text = self.mail.box.read_text()
        self.assertIn("(4 times)", text)
        self.assertIn("It happened 4 times between", text)
        wait_until(lambda: not self.letters(), "an empty spool")

    def test_no_more_than_so_many_of_one_process(self):
        self.mail.open()
        rig = self.crashmail("--max-notifications", "2/1h")
        for pid in range(1, 6):
            rig.exited("web", pid=pid)
        rig.exited("db", pid=9)
        wait_until(lambda: self.pids_mailed() == [1, 2, 9], lambda: f"three mails, have {self.pids_mailed()}")
        wait_until(lambda: len(self.letters()) == 3, lambda: f"3 letters, has {self.letters()}")
        rig.finish()
        self.assertEqual(self.pids_mailed(), [1, 2, 9, 5])
        self.assertIn("(3 times)", self.mail.box.read_text())


if __name__ == "__main__":
    unittest.main()
