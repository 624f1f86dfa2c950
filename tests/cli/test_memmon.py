"""memmon on real processes of a real supervisord; the ticks come from the test."""

import os
import signal
import time
import unittest
import xmlrpc.client

from support.mail import MailDrop
from support.rig import Rig
from support.server import Server, answering_rpc
from support.supervisord import Supervisord, actor, program
from support.system import descendants, is_alive, is_asleep, rss_bytes
from support.workspace import Workspace, wait_until

ADDRESS = ("-m", "ops@example.com")


class Memmon(Workspace):
    def setUp(self):
        super().setUp()
        self.mail = MailDrop(self)

    def memmon(self, *arguments, **options):
        options.setdefault("server_url", getattr(self, "supervisord", None))
        return Rig(self, "memmon", *arguments, "-s", self.mail.command, **options)

    def supervise(self, *sections, **options):
        self.supervisord = Supervisord(self, *sections, **options)
        return self.supervisord

    def group(self, name, *programs):
        return f"[group:{name}]\nprograms={','.join(programs)}\n"

    def pids(self, sizes):
        """Of each process, once it has grown to its size in MB."""
        return {name: self.supervisord.wait_for_size(name, size) for name, size in sizes.items()}

    def assert_restarted(self, pids, *names):
        """Those, and none of the others in `pids`."""
        for name in names:
            self.supervisord.wait_for_restart(name, pids[name])
        changed = {name for name, pid in pids.items() if self.supervisord.pid(name) != pid}
        self.assertEqual(changed, set(names))


class TheLimitThatDecides(Memmon):
    def test_a_process_over_its_limit_is_restarted_and_the_mail_says_why(self):
        self.supervise(actor("web", "hold 60"))
        pids = self.pids({"web": 60})
        size = rss_bytes(pids["web"])
        rig = self.memmon("-p", "web=50MB", *ADDRESS)
        rig.tick()
        mail = self.mail.wait()[0]
        self.assertEqual(mail["Subject"], "memmon: process web:web restarted")
        self.assertEqual(mail["To"], "ops@example.com")
        self.assertIn("because it was consuming too much memory", mail.get_content().replace("\n", " "))
        self.assertIn(str(size), mail.get_content())
        self.assert_restarted(pids, "web")
        rig.wait_for_log("restart.*web|web.*restart")

    def test_the_limit_of_group_and_name_beats_all_others(self):
        self.supervise(actor("a", "hold 60"), actor("b", "hold 60"), self.group("g", "a", "b"))
        pids = self.pids({"g:a": 60, "g:b": 60})
        rig = self.memmon("-p", "g:a=200MB", "-p", "a=10MB", "-p", "g:b=10MB", "-p", "b=200MB",
                          "-g", "g=200MB", "-a", "200MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "g:b")
        rig.finish()
        self.assertEqual(self.mail.subjects, ["memmon: process g:b restarted"])

    def test_the_limit_of_the_name_beats_those_of_the_group_and_of_any(self):
        self.supervise(actor("a", "hold 60"), actor("b", "hold 60"), self.group("g", "a", "b"))
        pids = self.pids({"g:a": 60, "g:b": 60})
        rig = self.memmon("-p", "a=200MB", "-g", "g=10MB", "-a", "10MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "g:b")
        rig.finish()
        self.assertEqual(self.mail.subjects, ["memmon: process g:b restarted"])

    def test_the_limit_of_the_group_beats_that_of_any_and_each_process_is_restarted_once(self):
        self.supervise(actor("a", "hold 60"), actor("b", "hold 60"), self.group("g", "a"))
        pids = self.pids({"g:a": 60, "b": 60})
        rig = self.memmon("-g", "g=200MB", "-a", "10MB", "-p", "nobody=1MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "b")
        rig.finish()
        self.assertEqual(self.mail.subjects, ["memmon: process b:b restarted"])

    def test_a_process_that_several_limits_fit_is_restarted_once_a_tick(self):
        self.supervise(actor("a", "hold 60"), self.group("g", "a"))
        self.pids({"g:a": 60})
        rig = self.memmon("-p", "g:a=10MB", "-p", "a=10MB", "-g", "g=10MB", "-a", "10MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        rig.finish()
        self.assertEqual(len(self.mail.raw), 1)

    def test_a_process_exactly_at_its_limit_is_spared(self):
        self.supervise(program("exact", "sleep 600"), program("over", "sleep 600"))
        pids = {name: self.supervisord.wait_for_state(name, "RUNNING") for name in ("exact", "over")}
        wait_until(lambda: all("sleep" in os.readlink(f"/proc/{pid}/exe") or
                               "coreutils" in os.readlink(f"/proc/{pid}/exe") for pid in pids.values()), "exec")
        wait_until(lambda: all(is_asleep(pid) for pid in pids.values()), "both asleep")
        exact, over = rss_bytes(pids["exact"]), rss_bytes(pids["over"])
        rig = self.memmon("-p", f"exact={exact}", "-p", f"over={over - 1}", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "over")
        rig.finish()
        self.assertEqual(self.mail.subjects, ["memmon: process over:over restarted"])

    def test_bare_names_reach_every_process_of_a_numprocs_program(self):
        self.supervise(actor("worker", "hold 60", numprocs=2, process_name="worker_%(process_num)02d"))
        pids = self.pids({"worker:worker_00": 60, "worker:worker_01": 60})
        rig = self.memmon("-p", "worker_00=50MB", "-p", "worker_01=50MB", *ADDRESS)
        rig.tick()
        self.mail.wait(2)
        self.assert_restarted(pids, *pids)

    def test_any_spares_memmon_itself(self):
        self.supervise(actor("memmon", "hold 60"), actor("other", "hold 60"))
        pids = self.pids({"memmon": 60, "other": 60})
        rig = self.memmon("-a", "50MB", *ADDRESS, process="memmon")
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "other")
        rig.finish()
        self.assertEqual(self.mail.subjects, ["memmon: process other:other restarted"])

    def test_processes_that_do_not_run_are_left_alone(self):
        self.supervise(actor("off", "hold 60", autostart="false"), actor("web", "hold 60"))
        self.pids({"web": 60})
        rig = self.memmon("-a", "50MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        rig.finish()
        self.assertEqual(self.supervisord.state("off"), "STOPPED")

    def test_any_kind_of_tick_makes_it_look_and_no_other_event_does(self):
        self.supervise(actor("web", "hold 60"))
        pids = self.pids({"web": 60})
        rig = self.memmon("-p", "web=50MB", "--backoff", "0", *ADDRESS)
        rig.send("PROCESS_STATE_RUNNING", "processname:web groupname:web from_state:STARTING pid:1")
        rig.send("REMOTE_COMMUNICATION", "type:TICK_60\nTICK_60")
        for count, tick in enumerate(("TICK_5", "TICK_60", "TICK_3600"), 1):
            self.supervisord.wait_for_size("web", 60)
            rig.tick(tick)
            self.mail.wait(count)
            pids["web"] = self.supervisord.wait_for_restart("web", pids["web"])
        self.assertEqual(len(self.mail.raw), 3)


class WhatCounts(Memmon):
    def test_cumulative_counts_all_descendants(self):
        self.supervise(actor("family", "beget 2 40", stopasgroup="true", killasgroup="true"))
        for count, spelling in enumerate(("-c", "--cumulative"), 1):
            with self.subTest(spelling):
                pid = self.supervisord.wait_for_size("family", 40)
                wait_until(lambda: sum(map(rss_bytes, descendants(pid))) > 80 << 20, "two generations of children")
                rig = self.memmon(spelling, "-a", "110MB", *ADDRESS)
                rig.tick()
                self.mail.wait(count)
                self.supervisord.wait_for_restart("family", pid)

    def test_without_cumulative_the_process_alone_counts(self):
        self.supervise(actor("family", "beget 2 40", stopasgroup="true", killasgroup="true"), actor("web", "hold 120"))
        pids = {"family": self.supervisord.wait_for_size("family", 40), **self.pids({"web": 120})}
        rig = self.memmon("-a", "110MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "web")

    def test_sizes_may_be_written_in_many_ways(self):
        sizes = ("50MB", "50mb", "50M", "50MiB", "0.05GB", "51200KB", "52_428_800", "50 MB")
        over = {f"over{number}": size for number, size in enumerate(sizes)}
        under = {f"under{number}": size.replace("5", "9", 1) for number, size in enumerate(sizes)}
        self.supervise(*(actor(name, "hold 60") for name in (*over, *under)))
        pids = self.pids(dict.fromkeys((*over, *under), 60))
        rig = self.memmon(*(f"-p{name}={size}" for name, size in {**over, **under}.items()), *ADDRESS)
        rig.tick()
        self.mail.wait(len(over))
        self.assert_restarted(pids, *over)
        rig.finish()
        self.assertEqual(len(self.mail.raw), len(over))


class WhatMemmonMails(Memmon):
    def mail_after(self, *arguments):
        self.supervise(actor("web", "hold 60"), actor("other", "hold 60"))
        self.pids({"web": 60, "other": 60})
        rig = self.memmon("-p", "web=50MB", *arguments, *ADDRESS)
        rig.tick()
        return rig

    def test_its_name_stands_in_the_subject(self):
        self.mail_after("-n", "Project 1", "-p", "nobody=1MB")
        self.assertEqual(self.mail.wait()[0]["Subject"], "memmon [Project 1]: process web:web restarted")

    def test_a_process_that_ran_longer_than_uptime_is_restarted_without_a_mail(self):
        self.supervise(actor("old", "hold 60"), actor("young", "hold 60", autostart="false"))
        old = self.supervisord.wait_for_size("old", 60)
        began = self.supervisord.info("old")["start"]
        wait_until(lambda: self.supervisord.info("old")["now"] - began >= 4, "uptime")
        self.supervisord.rpc.startProcess("young")
        young = self.supervisord.wait_for_size("young", 60)
        rig = self.memmon("-a", "50MB", "-u", "2s", *ADDRESS)
        rig.tick()
        self.assert_restarted({"old": old, "young": young}, "old", "young")
        self.mail.wait()
        rig.finish()
        self.assertEqual(self.mail.subjects, ["memmon: process young:young restarted"])

    def test_an_uptime_of_an_hour_lets_young_processes_be_mailed(self):
        self.mail_after("-u", "1h")
        self.assertEqual(self.mail.wait()[0]["Subject"], "memmon: process web:web restarted")

    def test_without_an_address_nothing_is_mailed(self):
        self.supervise(actor("web", "hold 60"))
        pids = self.pids({"web": 60})
        rig = self.memmon("-p", "web=50MB")
        rig.tick()
        self.assert_restarted(pids, "web")
        rig.finish()
        self.assertEqual((self.mail.raw, self.mail.attempts), ([], 0))

    def test_long_options_are_understood(self):
        self.supervise(actor("web", "hold 60"), self.group("g", "web"))
        pids = self.pids({"g:web": 60})
        spellings = (("--program=web=50MB", "--email=a@x", "--name=N"),
                     ("--prog", "g:web=50MB", "--em", "a@x", "--na=N"),
                     ("--group=g=50MB", "--email", "a@x", "--name", "N"), ("--groupname=g=50MB", "-ma@x", "-nN"),
                     ("--any=50MB", "-m", "a@x", "-n", "N", "--uptime=1d"))
        for count, arguments in enumerate(spellings, 1):
            with self.subTest(arguments):
                self.supervisord.wait_for_size("g:web", 60)
                option = "--sendmail" if count % 2 else "--sendmail_program"
                rig = Rig(self, "memmon", *arguments, f"{option}={self.mail.command}", server_url=self.supervisord)
                rig.tick()
                mail = self.mail.wait(count)[-1]
                self.assertEqual((mail["Subject"], mail["To"]), ("memmon [N]: process g:web restarted", "a@x"))
                pids["g:web"] = self.supervisord.wait_for_restart("g:web", pids["g:web"])
                rig.finish()


class WhatMayGoWrong(Memmon):
    def supervise_own_copy(self):
        """`web` runs a file of the test's own, which the test can take away."""
        path = self.write("web", "#!/bin/sh\nexec sleep 600\n", 0o755)
        self.supervise(program("web", path, startsecs=0), actor("other", "hold 60"))
        return path, self.supervisord.wait_for_state("web", "RUNNING"), self.supervisord.wait_for_size("other", 60)

    def check_failed_start(self, break_it, mend_it):
        path, old, other = self.supervise_own_copy()
        rig = self.memmon("-p", "web=1KB", *ADDRESS)
        break_it(path)
        rig.tick()
        failure = self.mail.wait_for_subject("memmon: failed to start process web:web")
        self.assertIn("web:web", failure.get_content())
        rig.wait_for_log("web:web")
        self.assertIsNone(rig.process.poll())
        self.assertLess(rig.tick(), 1)
        mend_it(path)
        self.supervisord.wait_for_restart("web", old, seconds=60)
        self.assertIsNone(rig.process.poll())
        self.assertEqual(self.supervisord.pid("other"), other)

    def test_a_program_whose_file_is_gone_is_started_again_when_it_is_back(self):
        self.check_failed_start(lambda path: os.rename(path, path + ".away"),
                                lambda path: os.rename(path + ".away", path))

    def test_a_program_that_lost_its_x_bit_is_started_again_when_it_has_it_back(self):
        self.check_failed_start(lambda path: os.chmod(path, 0o644), lambda path: os.chmod(path, 0o755))

    def test_after_a_failed_start_memmon_goes_on_with_the_other_processes(self):
        path, _, other = self.supervise_own_copy()
        rig = self.memmon("-p", "web=1KB", "-p", "other=50MB", *ADDRESS)
        os.unlink(path)
        rig.tick()
        self.mail.wait_for_subject("memmon: failed to start process web:web")
        self.mail.wait_for_subject("memmon: process other:other restarted")
        self.supervisord.wait_for_restart("other", other)

    def test_a_process_that_ignores_sigterm_holds_up_nothing(self):
        self.supervise(actor("stubborn", "ignore-sigterm 60", stopwaitsecs=2), actor("web", "hold 60"))
        pids = self.pids({"stubborn": 60, "web": 60})
        rig = self.memmon("-a", "50MB", *ADDRESS)
        rig.tick()
        wait_until(lambda: self.supervisord.state("stubborn") == "STOPPING", "the stop to begin")
        slowest = 0.0
        while self.supervisord.pid("stubborn") == pids["stubborn"]:
            slowest = max(slowest, rig.send("PROCESS_STATE_STOPPING", "processname:x groupname:x from_state:RUNNING"))
            slowest = max(slowest, rig.tick("TICK_5"))
            time.sleep(0.05)
        self.assertLess(slowest, 1)
        self.supervisord.wait_for_restart("stubborn", pids["stubborn"])
        self.mail.wait_for_subject("memmon: process stubborn:stubborn restarted")
        self.mail.wait_for_subject("memmon: process web:web restarted")
        self.assertFalse(is_alive(pids["stubborn"]))

    def test_a_refused_stop_is_logged_and_mailed_and_memmon_lives_on(self):
        pid = os.getpid()
        info = {"name": "web", "group": "web", "pid": pid, "state": 20, "statename": "RUNNING", "start": 1000,
                "stop": 0, "now": 1010, "exitstatus": 0, "spawnerr": "", "description": "pid", "logfile": "",
                "stdout_logfile": "", "stderr_logfile": ""}

        def refuse(*_):
            raise xmlrpc.client.Fault(30, "FAILED: web:web")
        false = Server(self, answering_rpc({
            "supervisor.getAllProcessInfo": lambda: [info], "supervisor.getProcessInfo": lambda name: info,
            "supervisor.getState": lambda: {"statecode": 1, "statename": "RUNNING"},
            "supervisor.getPID": lambda: pid, "supervisor.getAllConfigInfo": lambda: [],
            "supervisor.stopProcess": refuse, "supervisor.startProcess": refuse}), path=str(self.dir / "rpc"))
        rig = self.memmon("-p", "web=1KB", *ADDRESS, server_url=false.url)
        rig.tick()
        rig.wait_for_log("(?i)web:web.*FAILED")
        self.mail.wait_for_subject("memmon: failed to stop process web:web")
        self.assertLess(rig.tick(), 1)

    def test_a_process_that_is_gone_when_it_is_measured_is_no_trouble(self):
        self.supervise(actor("web", "hold 60"), program("gone", "sleep 600", autorestart="false"))
        pids = self.pids({"web": 60})
        os.kill(self.supervisord.wait_for_state("gone", "RUNNING"), signal.SIGKILL)
        rig = self.memmon("-a", "50MB", *ADDRESS)
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "web")
        self.assertNotIn("gone", rig.stderr)

    def test_a_second_pair_without_its_option_is_warned_about_and_the_first_still_watched(self):
        self.supervise(actor("a", "hold 60"), actor("b", "hold 60"))
        pids = self.pids({"a": 60, "b": 60})
        rig = self.memmon("-s", self.mail.command, *ADDRESS, "-p", "a=50MB", "b=30MB", "c=20MB")
        rig.wait_for_log("b=30MB")
        rig.tick()
        self.mail.wait()
        self.assert_restarted(pids, "a")
        self.assertIn("c=20MB", rig.stderr)


if __name__ == "__main__":
    unittest.main()
