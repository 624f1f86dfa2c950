"""Crashes as fast as they are taken while the mail command hangs, and listeners killed with -9: two parts of delivery.py."""

import random
import re
import statistics
import time
from pathlib import Path

from ordered_startup import Round
from support.rig import Rig
from support.server import Server, hanging
from support.storm import GatedMail, Lives, drain, letters
from support.workspace import wait_until

IN_MEMORY = 1000  # notifications without a spool, says keenlance(7)
ACKNOWLEDGED = 0.050  # seconds, at most
A_CRASH = 2048  # bytes of memory that one that waits may cost
A_SPOOLED_CRASH = 1024
PROGRAMS = 100
LONG = 900.0


class Case(Round):
    """What a Rig wants of a test besides."""

    def assertEqual(self, have, want, words=""):
        if have != want:
            self.fail(f"{words}: {have!r} is not {want!r}")

    def assertTrue(self, true, words=""):
        if not true:
            self.fail(words)


def status_of(pid, name):
    """In bytes, as the kernel tells it: VmRSS, VmHWM (the most it was)."""
    return int(re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Storm:
    """`crashes` of PROGRAMS programs told to one crashmail whose mail command hangs, and what came of them."""

    def __init__(self, case, crashes, *options, spool=True, server_url=""):
        self._case, self._crashes, self._server_url = case, crashes, server_url
        self.mail = GatedMail(case.dir, "hanging")
        self.spool = case.dir / "spool" if spool else None
        self._options = [*options, *(["--spool", str(self.spool)] if spool else [])]
        self.rig = self.start()
        self.size_before = status_of(self.rig.process.pid, "VmRSS")
        began = time.monotonic()
        self.waits = [self.rig.exited(f"p{serial % PROGRAMS}", "storm", pid=serial) for serial in range(1, crashes + 1)]
        self.seconds = time.monotonic() - began
        self.size = status_of(self.rig.process.pid, "VmHWM")
        self.drained = None

    def start(self):
        return Rig(self._case, "crashmail", "-m", "ops@example.com", "-s", self.mail.command, *self._options,
                   server_url=self._server_url)

    @property
    def told(self):
        """Of how many crashes the mails tell, those that were folded included."""
        return sum(mail.count for mail in {mail.identity: mail for mail in self.mail.mails}.values())

    def answer(self):
        """The mail command works from now on: waits until all that can be mailed is."""
        began = time.monotonic()
        self.mail.open()
        if self.spool:
            wait_until(lambda: not letters(self.spool), lambda: f"an empty spool, has {len(letters(self.spool))}", LONG)
        else:
            wait_until(lambda: len(self.mail.mails) >= min(IN_MEMORY, self._crashes), "the mails of what is in memory", LONG)
        self.drained = time.monotonic() - began
        self.rig.finish()

    def fold_by_ending(self):
        """Ends it, which tells what waits to be folded; what it has no time for is told by the next one."""
        self.mail.open()
        self.rig.finish(LONG)
        drain(self.start, self.mail, self.spool, LONG)

    @property
    def dropped(self):
        said = re.findall(r"(\d+) notifications were dropped in all", self.rig.stderr)
        return int(said[-1]) if said else 0

    def row(self, title, promised_size):
        mails = self.mail.mails
        copies = len(mails) - len({mail.identity for mail in mails})
        grown = self.size - self.size_before
        waits = " / ".join(f"{1000 * value:.1f}" for value in
                           (statistics.median(self.waits), percentile(self.waits, 0.99), max(self.waits)))
        print(f"| {title} | {len(self.waits)} | {waits} ms | {self.seconds:.1f} s | {self.size / 2**20:.1f} MB "
              f"(+{grown / len(self.waits):.0f} B a crash) | {len(mails) - copies} | {self.told} | {self.dropped} |", flush=True)
        return [(f"{title}: the slowest acknowledgement, s", max(self.waits), ACKNOWLEDGED),
                (f"{title}: memory it grew by, MB", grown / 2**20, promised_size / 2**20),
                (f"{title}: crashes neither told nor counted as dropped", abs(len(self.waits) - self.told - self.dropped), 0),
                (f"{title}: second copies under another Message-ID",
                 len({mail.identity for mail in mails}) - len({mail.pid for mail in mails}), 0)]


def part_storm(options):
    print("\n| crashes while the mail command hangs | crashes | acknowledged in (median / 99 % / slowest) | all taken in "
          "| memory | mails | tell of | dropped and said |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    count, targets = options.crashes, []
    bound = count * A_SPOOLED_CRASH + 2**21
    with Case() as case:
        storm = Storm(case, count)
        storm.answer()
        targets += storm.row("--spool", bound)
    with Case() as case:
        storm = Storm(case, count, spool=False)
        storm.answer()
        targets += storm.row("no spool", IN_MEMORY * A_CRASH + 2**21)
    with Case() as case:
        storm = Storm(case, count, "--digest", "2s")
        storm.answer()
        targets += storm.row("--spool --digest 2s", bound)
    with Case() as case:
        storm = Storm(case, count, "--max-notifications", "10/1h")
        storm.fold_by_ending()
        targets += storm.row("--spool --max-notifications 10/1h", bound)
    with Case() as case:
        silent = Server(case, hanging, path=str(case.dir / "s.sock"))
        storm = Storm(case, count, "--tail", "20", server_url=silent.url)
        storm.answer()
        targets += storm.row("--spool, supervisord silent", bound)
    return targets


def part_killed(options):
    lost = others = kills = copies = 0
    began = time.monotonic()
    for seed in range(options.seeds):
        with Case() as case:
            spool, mail = case.dir / "spool", GatedMail(case.dir, ("failing", "hanging")[seed % 2])

            def start(case=case, spool=spool, mail=mail, **more):
                return Rig(case, "crashmail", "-m", "ops@example.com", "-s", mail.command, "--spool", str(spool),
                           server_url="", **more)
            lives = Lives(lambda start=start: start(wait=False), mail, random.Random(seed), options.crashes_a_seed)
            lives.run()
            drain(start, mail, spool)
            mails = mail.mails
            kills += lives.kills
            lost += options.crashes_a_seed - len({each.pid for each in mails})
            others += len({each.identity for each in mails}) - len({each.pid for each in mails})
            copies += len(mails) - len({each.identity for each in mails})
    total = options.seeds * options.crashes_a_seed
    print(f"\n| killed with -9 at random moments, --spool | |\n| --- | --- |\n| seeds, listeners killed | {options.seeds}, {kills} |\n"
          f"| crashes, of which lost | {total}, {lost} |\n"
          f"| told twice, each under its first Message-ID | {copies} |\n| it took | {time.monotonic() - began:.0f} s |", flush=True)
    return [("killed: crashes lost", lost, 0), ("killed: second copies under another Message-ID", others, 0)]
