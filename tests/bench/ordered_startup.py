#!/usr/bin/python3
"""How fast an ordered start is, against the floor and against the listeners it replaces, in one run.

    ordered_startup.py [--rounds N] [--ordered-startup DIR] [--dependent-startup DIR] [BIN]

BIN is the folder with ordered-startup-listener (default: KEENLANCE_BIN, else the first build in the source tree), DIR a
folder with the peer's Python package. dependent-startup needs the module toposort (Debian: python3-toposort).

chain: 50 programs with startsecs=0, from the listener's spawn to the last one RUNNING, both by supervisord's log. The
floor is what supervisord needs at least: a loop of startProcess(name, wait=False) over one connection, in the same
supervisord just before. Every round takes all listeners in turn, and a ratio is that of one pair, so that noise of the
machine hits both; the table shows medians, and the extremes for judging how far to trust them.

wave: 500 independent programs, and the calls by which they were started, counted in supervisord's own trace.

Exits with 1 if the chain takes more than 1.3 times the floor, or the wave more than 20 calls.
"""

import argparse
import contextlib
import importlib.util
import os
import re
import shlex
import socket
import statistics
import sys
import tempfile
import time
import xmlrpc.client
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from support.supervisord import Supervisord  # noqa: E402  pylint: disable=wrong-import-position
from support.workspace import binary  # noqa: E402  pylint: disable=wrong-import-position

CHAIN, WAVE = 50, 500
CHAIN_TARGET, CALLS_TARGET = 1.3, 20
PATIENCE = 60.0


class Round(contextlib.ExitStack):
    """What a Supervisord wants of a test: a folder, and somebody who cleans up."""

    def __enter__(self):
        super().__enter__()
        self.dir = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="keenlance-", dir="/tmp")))
        self.addCleanup = self.callback
        return self

    def exhibit(self, *_):
        pass

    @staticmethod
    def fail(text):
        raise AssertionError(text)


class Subject:
    """One that starts programs in order: its command line, and the keys it reads."""

    def __init__(self, name, command, chain_keys):
        self.name, self.command, self.chain_keys = name, command, chain_keys


def in_order(number, _):
    return f"priority={number + 1}\nstartinorder=true\n"


def by_dependency(number, name):
    return "dependent_startup=true\n" + (f"dependent_startup_wait_for={name(number - 1)}:running\n" if number else "")


def name(number):
    return f"p{number:03}"


class Bench(Supervisord):
    """A supervisord with `count` programs that sleep, and the listener of a subject."""

    def __init__(self, case, subject, count, keys, **options):
        self._subject, self._count, self._keys = subject, count, keys
        super().__init__(case, **options)

    def _configuration(self, sections):
        text = super()._configuration(sections).replace("minfds=256", "minfds=8192")
        text += (f"[eventlistener:listener]\ncommand={self._subject.command(self.config)}\nevents=PROCESS_STATE\n"
                 "buffer_size=4096\nautostart=false\nautorestart=false\ndirectory=%(here)s\n"
                 "stderr_logfile=%(here)s/listener.err\n")
        return text + "".join(
            f"[program:{name(number)}]\ncommand=/bin/sleep 6000\nautostart=false\nstartsecs=0\nredirect_stderr=true\n"
            f"stdout_logfile=NONE\n{self._keys(number, name)}" for number in range(self._count))

    def wait_for(self, words):
        """Until supervisord's log has them; looks seldom, for looking costs the one who is measured."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.log:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {words!r} in {self.log}{self.listener_says}")
            time.sleep(0.2)

    def time_of(self, words):
        stamp = re.search(rf"^(\S+ \S+),(\d+) [A-Z]+ {words}", self.log, re.MULTILINE)
        return datetime.strptime(stamp.group(1), "%Y-%m-%d %H:%M:%S").timestamp() + int(stamp.group(2)) / 1000

    @property
    def listener_says(self):
        return (self.dir / "listener.err").read_text(encoding="utf-8", errors="replace")

    def start_listener(self):
        """Seconds from its spawn to the last of the programs RUNNING."""
        self.rpc.startProcess("listener", False)
        last = f"success: {name(self._count - 1)} entered RUNNING"
        self.wait_for(last)
        return self.time_of(last) - self.time_of("spawned: 'listener'")

    def start_all_bare(self):
        """Seconds that the floor takes."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            began = time.monotonic()
            for number in range(self._count):
                body = xmlrpc.client.dumps((name(number), False), "supervisor.startProcess").encode()
                connection.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(body) + body)
                read_answer(connection)
            return time.monotonic() - began

    def reset(self):
        """All programs as if never started, and an empty log."""
        for number in range(self._count):
            self.rpc.stopProcess(name(number))
            self.rpc.removeProcessGroup(name(number))
            self.rpc.addProcessGroup(name(number))
        self.rpc.clearLog()


def read_answer(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    missing = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1)) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))


def chain_round(subject):
    """(floor, listener) in seconds."""
    with Round() as case:
        supervisord = Bench(case, subject, CHAIN, subject.chain_keys)
        floor = supervisord.start_all_bare()
        supervisord.reset()
        return floor, supervisord.start_listener()


def wave_round(subject, loglevel):
    """(floor, listener, calls): seconds, and {method: how often}, which only loglevel=trace tells."""
    with Round() as case:
        supervisord = Bench(case, subject, WAVE, lambda number, name: "dependent_startup=true\n", loglevel=loglevel)
        if loglevel == "trace":
            seconds = supervisord.start_listener()
            calls = re.findall(r"XML-RPC method called: (\S+)\(", supervisord.log.partition("spawned: 'listener'")[2])
            return None, seconds, {method: calls.count(method) for method in sorted(set(calls))}
        floor = supervisord.start_all_bare()
        supervisord.reset()
        return floor, supervisord.start_listener(), {}


def python(folder, *arguments):
    """A command line for Python with a peer's package."""
    return lambda config: shlex.join(["/usr/bin/env", f"PYTHONPATH={folder}", sys.executable, *arguments, config])


def subjects_of(options):
    listener = f"{options.bin}/ordered-startup-listener" if options.bin else binary("ordered-startup-listener")
    subjects = [Subject("keenlance, startinorder", lambda config: f"{listener} -c {config}", in_order),
                Subject("keenlance, dependent_startup", lambda config: f"{listener} -c {config}", by_dependency)]
    if options.ordered_startup:
        call = "import ordered_startup_supervisord as it; it.main()"
        subjects.append(Subject("ordered-startup", python(options.ordered_startup, "-c", call), in_order))
    if options.dependent_startup and importlib.util.find_spec("toposort") is None:
        print("dependent-startup is left out: it needs the Python module toposort (Debian: python3-toposort)")
    elif options.dependent_startup:
        module = ("-m", "supervisord_dependent_startup", "-c")
        subjects.append(Subject("dependent-startup", python(options.dependent_startup, *module), by_dependency))
    return subjects


def milliseconds(values):
    return f"{statistics.median(values) * 1000:7.0f} ({min(values) * 1000:.0f}-{max(values) * 1000:.0f})"


def row(title, floors, seconds):
    ratios = [value / floor for floor, value in zip(floors, seconds)]
    print(f"  {title:30}{milliseconds(seconds):>24}{milliseconds(floors):>24}{statistics.median(ratios):9.2f}")
    return statistics.median(ratios)


def bench_chain(subjects, rounds):
    print(f"\nchain of {CHAIN}, ms: median (least-most) of {rounds} rounds; load {os.getloadavg()[0]:.1f}\n"
          f"  {'':30}{'listener':>24}{'floor':>24}    ratio")
    results = {subject.name: [] for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            results[subject.name].append(chain_round(subject))
    return [row(subject.name, *zip(*results[subject.name])) for subject in subjects]


def bench_wave(subject, rounds):
    print(f"\n{WAVE} at once, ms: median (least-most) of {rounds} rounds; load {os.getloadavg()[0]:.1f}\n"
          f"  {'':30}{'listener':>24}{'floor':>24}    ratio")
    results = [wave_round(subject, "info") for _ in range(rounds)]
    row(subject.name, [floor for floor, _, _ in results], [seconds for _, seconds, _ in results])
    calls = wave_round(subject, "trace")[2]
    print(f"  calls until the last was RUNNING: {sum(calls.values())} "
          f"({', '.join(f'{count} {method}' for method, count in calls.items())})")
    return sum(calls.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", nargs="?")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--ordered-startup", metavar="DIR", type=Path)
    parser.add_argument("--dependent-startup", metavar="DIR", type=Path)
    options = parser.parse_args()
    subjects = subjects_of(options)
    chain_round(subjects[0])  # what is cold is warm afterwards
    ratios = bench_chain(subjects, options.rounds)
    calls = bench_wave(subjects[1], max(3, options.rounds // 3))
    ours = max(ratios[:2])
    print(f"\ntargets: chain within {CHAIN_TARGET} x floor: {ours:.2f}; wave in at most {CALLS_TARGET} calls: {calls}")
    return 0 if ours <= CHAIN_TARGET and calls <= CALLS_TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
