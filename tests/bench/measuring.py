"""What the parts of `run` measure with: the floors' programs, supervisord's side of a listener, and what a figure is.

Others use the machine, too: whoever computes for longer is interrupted more often. So what computes is compared by the
processor time it used, by the processor's own clock of it; an event, which is over in no time, by the time it took. A
round is the best of a few tries; a figure is the median of the rounds, in which all subjects take turns.
"""

import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from support.listeners import ARGUMENTS  # noqa: E402  pylint: disable=wrong-import-position
from support.rig import NO_SUPERVISORD, environment  # noqa: E402  pylint: disable=wrong-import-position
from support.system import is_asleep  # noqa: E402  pylint: disable=wrong-import-position
from support.workspace import PROGRAMS  # noqa: E402  pylint: disable=wrong-import-position

SEED = ("memmon", "httpok", "crashmail", "crashmailbatch")
AT_ONCE = ("essential", "ordered-startup-listener")  # ask supervisord for its processes as soon as they run
UNASKING = tuple(program for program in PROGRAMS if program not in AT_ONCE)
IGNORED = "PROCESS_STATE_RUNNING processname:web groupname:web from_state:STARTING pid:1"
HARMLESS = "SUPERVISOR_STATE_CHANGE_RUNNING "
TICK = "TICK_60 when:1700000000"
TRIES = 5


@dataclass
class Row:
    """One line of the table: what was measured, beside its floor, and what is allowed."""

    work: str
    unit: str  # ms, us, MB, calls
    ours: float
    floor: float | None = None
    most_ratio: float | None = None  # to the floor
    most: float | None = None  # in the unit
    peer: float | None = None
    peer_name: str = "superlance"
    short: str = ""  # for the picture

    @property
    def ratio(self):
        return self.ours / self.floor if self.floor else None

    @property
    def is_missed(self):
        too_slow = self.most_ratio is not None and self.ratio > self.most_ratio
        return too_slow or (self.most is not None and self.ours > self.most)

    @property
    def allowed(self):
        """In the unit; None where nothing is asked."""
        limits = [self.most_ratio * self.floor] if self.most_ratio else []
        return min(limits + ([self.most] if self.most is not None else []), default=None)


class Tools:
    """The programs measured and measured with, and the peers that are at hand."""

    def __init__(self, options):
        self.bin = Path(options.bin)
        self.floors = Path(options.build) / "tests/bench"
        self.rounds = options.rounds
        self.superlance = options.superlance
        self.ordered_startup = options.ordered_startup
        self.options = options
        self.notes = []
        self.points = []  # of the growth: (processes, floor ms, ours ms)

    def floor(self, name):
        return str(self.floors / f"bench_{name}")

    def command(self, program, *arguments):
        return [str(self.bin / program), *(arguments or ARGUMENTS[program])]

    def peer(self, program, *arguments):
        """The command line of the Python program of that name; nothing where its source is not at hand."""
        if program in ("essential", "ordered-startup-listener") or not self.superlance:
            return None
        call = f"from superlance.{program} import main; main()"
        return ["/usr/bin/env", f"PYTHONPATH={self.superlance}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-c",
                call, *(arguments or ARGUMENTS[program])]

    def note(self, text):
        self.notes.append(text)
        print(f"  {text}", flush=True)


class Took(NamedTuple):
    """Seconds, and those of processor time."""

    elapsed: float
    used: float

    @classmethod
    def of(cls, nanoseconds):
        return cls(*(value / 1e9 for value in nanoseconds))


class Asked:
    """A program that answers a line with a line."""

    def __init__(self, command, env=None, processor=None):
        pin = None if processor is None else lambda: os.sched_setaffinity(0, {processor})
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True, env=env, preexec_fn=pin)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def hear(self):
        line = self._process.stdout.readline()
        assert line, f"{self._process.args} has ended"
        return [int(word) for word in line.split()]

    def ask(self, line=""):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.hear()


class Postman(Asked):
    """supervisord's side of a listener (postman.cpp), ready when it is made; both on one `processor`, if given."""

    def __init__(self, tools, command, server_url=NO_SUPERVISORD, processor=None):
        super().__init__([tools.floor("postman"), *command], environment(server_url, "listener"), processor)
        self.pid, *nanoseconds = self.hear()
        self.until_ready = Took.of(nanoseconds)

    def deliver(self, count, *events):
        """Sends these events, `count` times over, and gives what each time took."""
        told = self.ask("\t".join([str(count), *events]))
        return [Took.of(pair) for pair in zip(told[::2], told[1::2])]


class Reader(Asked):
    """The floor of who looks at processes (proc_reader.cpp)."""

    def __init__(self, tools, *arguments):
        super().__init__([tools.floor("proc_reader"), *map(str, arguments)])
        self.files = 0  # of one pass

    def look(self, passes=1):
        """What a pass took."""
        elapsed, used, files = self.ask(str(passes))
        self.files = files // passes
        return Took(elapsed / passes / 1e9, used / passes / 1e9)


def best(measure, tries=TRIES):
    return min(measure() for _ in range(tries))


def medians(rounds):
    """Of a list of equally long tuples, one of medians."""
    return tuple(statistics.median(values) for values in zip(*rounds))


def processor_seconds(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def wait_until_idle(pid, seconds=1.0):
    """Until it sleeps and did nothing for so long."""
    while True:
        before = processor_seconds(pid)
        time.sleep(seconds)
        if is_asleep(pid) and processor_seconds(pid) == before:
            return


# --- memory ---

EVERYBODYS = re.compile(r"/(libc|libm|ld-linux|libpthread|libdl)[-.]|\[v")
MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)")


def told_by_kernel(pid):
    """{kind: MB} of smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
    found["private"] = found["Private_Clean"] + found["Private_Dirty"]
    return found


def mappings(pid):
    """(file, {kind: kB}) of each."""
    found = []
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if mapping := MAPPING.match(line):
            found.append((mapping.group(1), {}))
        elif line.endswith(" kB"):
            found[-1][1][line.split(":")[0]] = int(line.split()[1])
    return found


def alone(pid, beside=None):
    """MB that are its own if no other program runs but one (`beside`) and what is of C: all that is resident but the
    clean pages of their files. What the kernel itself calls private depends on who else happens to run."""
    shared = {name for name, _ in mappings(beside)} if beside else set()
    return sum(sizes["Private_Dirty" if name and (name in shared or EVERYBODYS.search(name)) else "Rss"]
               for name, sizes in mappings(pid) if sizes) / 1024
