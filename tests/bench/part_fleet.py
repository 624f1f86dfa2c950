"""The part of `run` about a supervisord at its limit: 10,000 processes, and 100 checks of httpok beside them. What is
supervisord's own is told apart from what is ours."""

import resource
import statistics
import time
from pathlib import Path

from measuring import HARMLESS, TICK, Postman, Reader, Row, processor_seconds, wait_until_idle
from ordered_startup import Round
from part_ticks import NEVER, SIZES_TARGET, in_turns, settle
from support.server import Server, answering
from support.workspace import wait_until
from watched import Bed

PROCESSES, CHECKS = 10_000, 100
PIPES, SPARE = 2, 100  # files that supervisord has open for each process, and for itself
MINUTES = 60 * 30.0  # seconds: what supervisord does takes the square of its processes
SHARE_TARGET = 0.1  # of what supervisord itself spends
CHECKS_TARGET = 50.0  # ms
ACKNOWLEDGED_TARGET = 50.0  # ms


class Fleet(Bed):
    """A Bed whose supervisord gets the time it takes."""

    def _configuration(self, sections):
        return super()._configuration(sections).replace(f"minfds={3 * self._count + 100}",
                                                        f"minfds={PIPES * self._count + SPARE}")

    def _wait_until_up(self):
        def spawned():
            assert self.process.poll() is None, f"supervisord ended: {(self.dir / 'console').read_text()}"
            return len(self.pids()) == self._count
        wait_until(spawned, "the fleet to be spawned", self._patience)

    def pids(self):
        """Not by asking: that takes minutes."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text(encoding="ascii").split()]


class Spent:
    """Processor seconds of two processes, from its making on."""

    def __init__(self, *pids):
        self._before = {pid: processor_seconds(pid) for pid in pids}

    def seconds(self):
        return [processor_seconds(pid) - before for pid, before in self._before.items()]


def first_list(tools, fleet, memmon):
    """Processor seconds that the list takes: supervisord's and memmon's."""
    spent, began = Spent(fleet.process.pid, memmon.pid), time.monotonic()
    memmon.deliver(1, TICK, HARMLESS)
    wait_until(lambda: fleet.calls_answered("supervisor.getAllProcessInfo") > 1, "a list", MINUTES)
    wait_until_idle(memmon.pid, 5.0)
    theirs, ours = spent.seconds()
    tools.note(f"memmon has its list after {time.monotonic() - began - 5:.1f} s: of the processor's time {theirs:.1f} s "
               f"are supervisord's, {ours * 1000:.0f} ms memmon's")
    return theirs, ours


def checks_at_once(tools, web, httpok):
    """Processor milliseconds of a tick of httpok's."""
    rounds = []
    for _ in range(tools.rounds):
        spent, before, began = Spent(httpok.pid), len(web.requests), time.monotonic()
        httpok.deliver(1, TICK)
        wait_until(lambda before=before: len(web.requests) == before + CHECKS, f"{CHECKS} checks")
        elapsed = time.monotonic() - began
        wait_until_idle(httpok.pid, 0.2)
        rounds.append((elapsed * 1000, spent.seconds()[0] * 1000))
    elapsed, used = (statistics.median(column) for column in zip(*rounds))
    tools.note(f"{CHECKS} checks have reached their server after {elapsed:.0f} ms; httpok needs {used:.1f} ms for them")
    return used


def acknowledged(tools, *postmen):
    """The longest milliseconds from a tick to its acknowledgement, all at work."""
    return max(took.elapsed for _ in range(tools.rounds) for postman in postmen for took in postman.deliver(1, TICK)
               ) * 1000


def part_fleet(tools):
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(PROCESSES, (files - SPARE) // PIPES // CHECKS * CHECKS)
    if count < PROCESSES:
        tools.note(f"{files:,} open files are all that a process may have here, so supervisord gets {count:,} processes")
    with Round() as case:
        fleet = Fleet(case, tools, count, patience=MINUTES)
        web = Server(case, answering())
        step = count // CHECKS
        checks = [word for number in range(0, count, step)
                  for word in ("--check", f"bed:{number:05}={web.url}/{number}")]
        with Postman(tools, tools.command("memmon", "-a", NEVER), fleet.url) as memmon, \
                Postman(tools, tools.command("httpok", *checks), fleet.url) as httpok, \
                Reader(tools, "statm", *fleet.pids()) as reader:
            theirs, ours = first_list(tools, fleet, memmon)
            settle(memmon, count, lambda: fleet.calls)
            used = checks_at_once(tools, web, httpok)
            floor, tick = in_turns(tools, count, memmon, reader)
            longest = acknowledged(tools, memmon, httpok)
    return [Row(f"memmon's share in a list of {count:,} processes, beside supervisord's own", "ms", ours * 1000,
                theirs * 1000, most_ratio=SHARE_TARGET),
            Row("a steady tick over them", "ms", tick * 1000, floor * 1000, most_ratio=SIZES_TARGET),
            Row(f"httpok, {CHECKS} checks at once", "ms", used, most=CHECKS_TARGET),
            Row("the longest acknowledgement meanwhile", "ms", longest, most=ACKNOWLEDGED_TARGET)]
