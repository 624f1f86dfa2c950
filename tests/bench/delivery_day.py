"""24 hours of ticks and crashes with a clock that is moved, to every listener: a part of delivery.py."""

import mmap
import os
import struct
import subprocess
import time
from pathlib import Path

from delivery_storm import Case, status_of
from support import events
from support.listeners import ARGUMENTS
from support.rig import Rig
from support.server import Server, answering
from support.smtp import SmtpServer
from support.storm import letters
from support.supervisord import Supervisord, program
from support.workspace import BATCH_PROGRAMS, PROGRAMS, wait_until

HOURS, SETTLED = 24, 2  # of them, after which nothing is to grow
GROWTH = 256 * 1024  # bytes that are noise: one more arena page, one more bucket
SOURCE = Path(__file__).with_name("moved_clock.c")


class Clock:
    """What a listener's clocks run ahead by; `environment` makes it see that."""

    def __init__(self, folder):
        library, path = folder / "moved_clock.so", folder / "clock"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "KEENLANCE_CLOCK": str(path)}
        self._began, self.seconds = time.time(), 0

    def move(self, seconds):
        self.seconds += seconds
        self._ahead[:] = struct.pack("q", self.seconds * 1000)

    @property
    def now(self):
        return int(self._began) + self.seconds


class Day:
    """One listener, and what surrounds it: a supervisord with two programs, a mail server and a web server, all well."""

    def __init__(self, case, name):
        self.name, self.clock = name, Clock(case.dir)
        self.smtp, self.web = SmtpServer(case), Server(case, answering())
        self.supervisord = Supervisord(case, program("web", "/bin/sleep 99999"), program("db", "/bin/sleep 99999"))
        self.rig = Rig(case, name, *self._arguments(case), server_url=self.supervisord, env=self.clock.environment)
        self.spool = case.dir / "spool"
        self.samples, self.acknowledged, self._crashes = [], [], 0

    def _arguments(self, case):
        spool = ("--spool", str(case.dir / "spool"), "--digest", "60s")
        words = {"memmon": ("-a", "1GB"), "httpok": ("-a", "-t", "8", self.web.url + "/"),
                 "crashmail": ("-s", "cat > /dev/null", "--max-notifications", "10/1h", *spool),
                 **{each: ("-t", "a@example.com", "-f", "b@example.com", "-H", self.smtp.host, *spool)
                    for each in BATCH_PROGRAMS}}
        return words.get(self.name, ARGUMENTS[self.name])

    def run(self):
        self._sample()
        for second in range(5, HOURS * 3600 + 1, 5):
            self.clock.move(5)
            for period in (5, 60, 3600):
                if second % period == 0:
                    self._tick(period)
            if second % 300 == 0:
                self._crash()
            if second % 3600 == 0:
                self._sample()

    def _tick(self, period):
        before = len(self.web.requests)
        self.acknowledged.append(self.rig.send(f"TICK_{period}", events.tick_payload(self.clock.now)))
        if self.name == "httpok":  # its check is to be over before its clock is moved on
            wait_until(lambda: len(self.web.requests) > before, "the check")
        if self.name in BATCH_PROGRAMS and period == 60:
            self._wait_for_mails()

    def _crash(self):
        """One of 20 programs: it exits, cannot be started, and runs again."""
        self._crashes += 1
        process = f"p{self._crashes % 20}"
        running = f"processname:{process} groupname:day from_state:STARTING pid:{self._crashes}"
        self.acknowledged += [self.rig.exited(process, "day", pid=self._crashes), self.rig.fatal(process, "day"),
                              self.rig.send("PROCESS_STATE_RUNNING", running)]
        if self.name == "crashmail":
            self._wait_for_mails()

    def _wait_for_mails(self):
        """For a clock that moves on would have them take too long."""
        wait_until(lambda: not letters(self.spool), lambda: f"the mails; {self.rig.stderr[-500:]}")

    def _sample(self):
        pid = self.rig.process.pid
        self.samples.append((status_of(pid, "RssAnon"), status_of(pid, "VmRSS"), len(os.listdir(f"/proc/{pid}/fd"))))

    def row(self):
        settled, later = self.samples[SETTLED:SETTLED + 1][0], self.samples[SETTLED + 1:]
        growth = max(each[0] for each in later[-3:]) - settled[0]
        descriptors = min(each[2] for each in later[-3:]) - settled[2]
        print(f"| {self.name} | {len(self.acknowledged)} | {settled[1] / 2**20:.1f} MB | {later[-1][1] / 2**20:.1f} MB | "
              f"{growth / 1024:+.0f} KB | {settled[2]} | {later[-1][2]} | {max(self.acknowledged) * 1000:.0f} ms |", flush=True)
        return [(f"day, {self.name}: own memory it grew by since hour 2, KB", growth / 1024, GROWTH / 1024),
                (f"day, {self.name}: descriptors since hour 2", descriptors, 0)]


def part_day(options):
    print("\n| 24 hours of ticks, a crash and a FATAL each 5 minutes | events | memory after 2 h | after 24 h | own memory "
          "since | descriptors after 2 h | after 24 h | slowest acknowledgement |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- |")
    targets = []
    for name in options.listener or PROGRAMS:
        with Case() as case:
            day = Day(case, name)
            day.run()
            targets += day.row()
    return targets
