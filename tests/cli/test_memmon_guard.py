"""memmon's guard rails, warnings and metrics, on real processes of a real supervisord; the ticks come from the test."""

import os
import signal
import unittest
from pathlib import Path
from unittest import mock

from support.supervisord import actor, program
from support.workspace import binary, wait_until
from test_memmon import ADDRESS, Memmon

TRAP = "#!/bin/sh\ntrap 'echo $$ >> {file}' USR1\nwhile :; do sleep 0.1; done\n"


class TheGuard(Memmon):
    def one(self, *arguments):
        """`web` over its limit, watched."""
        self.supervise(actor("web", "hold 60"))
        self.pid = self.supervisord.wait_for_size("web", 60)
        return self.memmon("-p", "web=50MB", *arguments, *ADDRESS)

    def restarted(self):
        self.pid = self.supervisord.wait_for_restart("web", self.pid)
        return self.supervisord.wait_for_size("web", 60)

    def test_a_dry_run_says_what_it_would_do_and_does_nothing(self):
        rig = self.one("--dry-run")
        rig.tick()
        line = rig.wait_for_log("would restart")
        self.assertIn("web:web", line)
        self.assertIn("-p web=50MB", line)
        rig.tick()
        rig.finish()
        self.assertEqual((self.supervisord.pid("web"), self.mail.attempts), (self.pid, 0))

    def test_a_young_process_is_left_alone(self):
        rig = self.one("--grace", "1h")
        rig.tick()
        rig.wait_for_log("web.*grace of 1 h")
        rig.finish()
        self.assertEqual((self.supervisord.pid("web"), self.mail.attempts), (self.pid, 0))

    def test_failures_are_counted_in_a_row(self):
        rig = self.one("--failures", "3")
        for number in (1, 2):
            rig.tick()
            rig.wait_for_log(f"failure {number} of 3 in a row")
        self.assertEqual(self.supervisord.pid("web"), self.pid)
        rig.tick()
        self.restarted()

    def test_restarts_come_to_an_end_that_is_told_once_and_go_on_after_somebody_else_s(self):
        rig = self.one("--max-restarts", "1/1h", "--backoff", "0")
        rig.tick()
        self.restarted()
        self.mail.wait_for_subject("memmon: process web:web restarted")
        rig.tick()
        mail = self.mail.wait_for_subject("memmon: process web:web is NOT restarted any more")
        self.assertIn("supervisorctl restart web", mail.get_content())
        self.assertEqual(self.supervisord.pid("web"), self.pid)
        rig.tick()
        rig.tick()
        self.supervisord.rpc.stopProcess("web")
        self.supervisord.rpc.startProcess("web")
        by_hand = self.supervisord.wait_for_size("web", 60)
        self.assertEqual(len(self.mail.wait(2)), 2)
        rig.tick()
        self.supervisord.wait_for_restart("web", by_hand)
        self.mail.wait(3)
        rig.finish()
        self.assertEqual(self.mail.subjects.count("memmon: process web:web is NOT restarted any more"), 1)

    def test_a_restart_too_soon_after_the_last_waits(self):
        rig = self.one("--backoff", "1h")
        rig.tick()
        self.restarted()
        self.mail.wait()
        rig.tick()
        rig.wait_for_log("web.*next restart is due in")
        rig.finish()
        self.assertEqual(self.supervisord.pid("web"), self.pid)

    def test_commands_and_a_signal_stand_around_the_restart(self):
        signalled, notes = self.dir / "signalled", self.dir / "notes"
        path = self.write("trap", TRAP.format(file=signalled), 0o755)
        self.supervise(program("web", path))
        pid = self.supervisord.wait_for_state("web", "RUNNING")
        note = (f"echo {{}} $KEENLANCE_GROUP:$KEENLANCE_PROCESS $KEENLANCE_PID $KEENLANCE_REASON/$KEENLANCE_RESULT "
                f"$(cat {signalled} 2>/dev/null) >> {notes}")
        wait_until(lambda: Path(f"/proc/{pid}/status").read_text().count("SigCgt:\t0000000000000000") == 0, "the trap")
        rig = self.memmon("-p", "web=1KB", "--pre-cmd", note.format("before"), "--post-cmd", note.format("after"),
                          "--signal", "USR1:1", *ADDRESS)
        rig.tick()
        new = self.supervisord.wait_for_restart("web", pid)
        wait_until(lambda: notes.exists() and len(notes.read_text().splitlines()) == 2, "both commands")
        before, after = notes.read_text().splitlines()
        self.assertRegex(before, rf"^before web:web {pid} .* is over -p web=1KB/$")
        self.assertRegex(after, rf"^after web:web {new} .* is over -p web=1KB/restarted {pid}$")
        rig.wait_for_log("sent USR1, stopping it in 1 s")

    def test_a_pre_command_that_fails_is_said_and_the_restart_goes_on(self):
        rig = self.one("--pre-cmd", "echo no luck; exit 3")
        rig.tick()
        self.assertIn("no luck", rig.wait_for_log("--pre-cmd failed, restarting it all the same"))
        self.restarted()

    def test_while_a_pre_command_runs_ticks_are_taken(self):
        rig = self.one("--pre-cmd", f"while ! test -e {self.dir}/go; do sleep 0.05; done")
        rig.tick()
        rig.wait_for_log("running --pre-cmd")
        for _ in range(5):
            self.assertLess(rig.tick(), 1)
        self.assertEqual(self.supervisord.pid("web"), self.pid)
        self.write("go", "")
        self.restarted()


class WhatIsCounted(Memmon):
    def test_pss_and_uss_do_not_count_what_is_shared(self):
        for metric in ("pss", "uss"):
            with self.subTest(metric):
                self.supervise(actor("shared", "hold 60"), actor("own", "own 60"))
                pids = self.pids({"shared": 60, "own": 60})
                rig = self.memmon("-a", "50MB", "--metric", metric, *ADDRESS)
                rig.tick()
                self.assert_restarted(pids, "own")
                rig.wait_for_log(f"MB {metric.upper()} is over -a 50MB")
                rig.finish()

    def test_with_descendants_their_pss_is_counted_too(self):
        self.supervise(actor("family", "beget-own 2 30", stopasgroup="true", killasgroup="true"), actor("web", "own 60"))
        pids = {"family": self.supervisord.wait_for_size("family", 30), "web": self.supervisord.wait_for_size("web", 60)}
        rig = self.memmon("-c", "-a", "80MB", "--metric", "pss", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "family")

    def test_a_control_group_s_memory_counts_whoever_else_is_in_it(self):
        self.supervise(actor("web", "hold 8"))
        pid = self.supervisord.wait_for_size("web", 8)
        rig = self.memmon("-a", "1KB", "--metric", "cgroup", *ADDRESS)
        rig.tick()
        rig.tick()
        line = rig.wait_for_log("restarting web|cannot be read")
        if "cannot be read" in line:
            self.skipTest("no memory control group here")
        self.assertIn("cgroup memory is over", line)
        self.supervisord.wait_for_restart("web", pid)

    def test_a_share_is_of_the_machine_s_memory(self):
        self.supervise(actor("web", "hold 60"), actor("small", "hold 1"))
        pids = self.pids({"web": 60, "small": 1})
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        rig = self.memmon("-a", f"{100 * (40 << 20) / whole:.4f}%", *ADDRESS)
        limit = rig.wait_for_log("watching")
        rig.tick()
        if "(40.0 MB)" in limit or "(39.9 MB)" in limit:
            self.assert_restarted(pids, "web")
        else:  # a control group allows less than the machine has
            self.supervisord.wait_for_restart("web", pids["web"])

    def test_globs_mean_what_a_shell_means_by_them_and_exact_names_beat_them(self):
        self.supervise(*(actor(name, "hold 60") for name in ("web-1", "web-2", "db")))
        pids = self.pids(dict.fromkeys(("web-1", "web-2", "db"), 60))
        rig = self.memmon("-p", "web-*=50MB", "-p", "web-2=900MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "web-1")

    def test_a_process_of_another_user_is_told_once_not_to_be_readable(self):
        if os.getuid() != 0:
            self.skipTest("only root can start memmon as somebody else")
        self.supervise(actor("web", "own 60"), inet=None)
        pid = self.supervisord.wait_for_size("web", 60)
        os.chmod(self.supervisord.socket, 0o777)
        for folder in (self.dir, self.supervisord.dir):
            os.chmod(folder, 0o755)
        wrapper = self.write("as-nobody", "#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "
                             f"{binary('memmon')} \"$@\"\n", 0o755)
        with mock.patch("support.rig.binary", lambda _: wrapper):
            rig = self.memmon("-a", "50MB", "--metric", "pss")
        for _ in range(4):
            rig.tick()
        line = rig.wait_for_log("cannot be read")
        self.assertIn("web:web", line)
        rig.finish()
        self.assertEqual(len([text for text in rig.log_lines if "cannot be read" in text]), 1)
        self.assertEqual(self.supervisord.pid("web"), pid)



class WhatIsTold(Memmon):
    def lists(self):
        return self.supervisord.calls_answered("supervisor.getAllProcessInfo")

    @staticmethod
    def tick(rig):
        """One that is dealt with, if that needs no answer of supervisord's: the next event is read only then."""
        rig.tick()
        rig.send("SUPERVISOR_STATE_CHANGE_RUNNING", "")

    def test_a_warning_is_mailed_once_and_nothing_is_restarted(self):
        self.supervise(actor("web", "hold 60"))
        pids = self.pids({"web": 60})
        rig = self.memmon("--warn", "web=50MB", *ADDRESS)
        for _ in range(3):
            rig.tick()
        mail = self.mail.wait()[0]
        self.assertEqual(mail["Subject"], "memmon: process web:web uses much memory")
        self.assertIn("is over --warn web=50MB", mail.get_content())
        rig.finish()
        self.assertEqual((len(self.mail.raw), self.supervisord.pid("web")), (1, pids["web"]))

    def test_supervisord_is_asked_only_when_its_children_have_changed(self):
        self.supervise(actor("web", "hold 20"), actor("db", "hold 20"), actor("late", "hold 20", autostart="false"),
                       loglevel="trace")
        self.pids({"web": 20, "db": 20})
        rig = self.memmon("-a", "80MB", *ADDRESS)

        def check_asks(lists):
            self.tick(rig)
            wait_until(lambda: self.lists() >= lists, f"list {lists}")
            for _ in range(3):
                self.tick(rig)
            self.assertEqual(self.lists(), lists)

        check_asks(1)
        self.supervisord.rpc.startProcess("late")
        check_asks(2)
        pid = self.supervisord.pid("db")
        os.kill(pid, signal.SIGKILL)
        self.supervisord.wait_for_restart("db", pid)
        check_asks(3)

    def test_the_mail_shows_how_the_process_grew(self):
        self.supervise(actor("web", "grow 20"), loglevel="trace")
        pid = self.supervisord.wait_for_size("web", 20)
        rig = self.memmon("-a", "80MB", "--warn", "60MB", *ADDRESS)
        rig.tick()
        wait_until(self.lists, "the first check")
        for megabytes in (40, 60, 80):
            os.kill(pid, signal.SIGUSR1)
            self.supervisord.wait_for_size("web", megabytes)
            self.tick(rig)
        self.supervisord.wait_for_restart("web", pid)
        warning, restart = (mail.get_content() for mail in self.mail.wait(2))
        self.assertIn("limit in about", warning)
        lines = restart.splitlines()
        self.assertTrue(lines[0].startswith("memmon restarted the process named web:web at "), restart)
        chart = [line for line in lines if "#" in line]
        self.assertEqual(len(chart), 4, restart)
        self.assertRegex(chart[0], r"^ +-\d+ s #+\.+\| \d\d\.\d MB$")
        self.assertRegex(chart[3], r"^ +now #+\|#+ 8\d\.\d MB$")
        self.assertTrue(restart.isascii())
        self.assertIn(" (4 samples: +", restart)


if __name__ == "__main__":
    unittest.main()
