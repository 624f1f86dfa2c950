"""A group to roll, and supervisord's own account of who was down when."""

import re
import select
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from support.quickctl import BARE, Quickctl, shell
from support.screen import Terminal
from support.supervisord import Supervisord, listener, program
from support.system import die_with_parent, free_port
from support.workspace import PATIENCE, binary, wait_until

SECONDS = r"\d+\.\d\d s"
HERE = Path(__file__).parent


class Recorder:
    """Every PROCESS_STATE event of a supervisord, between two marks."""

    def __init__(self, case):
        self._path = case.dir / "events"
        self._case = case
        self.section = listener("recorder", f"{sys.executable} -S -E {HERE / 'recorder.py'} {self._path}",
                                "PROCESS_STATE,REMOTE_COMMUNICATION", buffer_size=10000)
        case.addCleanup(lambda: case.exhibit("events", self._text()))

    def _text(self):
        return self._path.read_text(encoding="utf-8") if self._path.exists() else ""

    def mark(self, supervisord, name):
        """Until everything that happened before has been written down."""
        supervisord.rpc.sendRemoteCommEvent(name, "")
        wait_until(lambda: f"type:{name}" in self._text(), f"the recorder to hear of {name}")

    def changes(self, group, begin, end):
        """(process, state) one by one, as supervisord told them; none is missing."""
        lines = self._text().splitlines()
        serials = [int(line.split()[0]) for line in lines]
        self._case.assertEqual(serials, list(range(serials[0], serials[0] + len(serials))), "events were lost")
        first, last = (next(i for i, line in enumerate(lines) if f"type:{mark}" in line) for mark in (begin, end))
        found = []
        for line in lines[first:last]:
            match = re.search(rf"PROCESS_STATE_(\w+) processname:(\S+) groupname:{group} ", line)
            if match:
                found.append((match.group(2), match.group(1)))
        return found


class Roll(Quickctl):
    """What is remembered of a roll stays in the test's folder."""

    def setUp(self):
        super().setUp()
        self.environment = {"XDG_STATE_HOME": str(self.dir / "state")}

    # --- the group ---

    def app(self, count, name="app", **keys):
        """`count` instances. Started while a file broken-NUMBER is there one crashes; while hold-NUMBER is, it
        ignores SIGTERM."""
        keys = {"startsecs": 1, "startretries": 0, "process_name": "%(process_num)d", "stopwaitsecs": 60, **keys}
        text = (f"test -e {self.dir}/broken-$N && {{ echo no luck >&2; exit 1; }}; "
                f'test -e {self.dir}/hold-$N && trap "" TERM; exec sleep 600')
        return program(name, shell(text), numprocs=count, environment='N="%(process_num)d"', **keys)

    def service(self, count, **keys):
        """`count` instances of support/instance.py, called by the ports they listen on; gives the section and the
        names. One is ill while a file ill-PORT is there."""
        first = free_ports(count)
        keys = {"startsecs": 1, "process_name": "%(process_num)d", "numprocs_start": first, **keys}
        section = program("app", f"{sys.executable} -S -E {HERE / 'instance.py'} %(process_num)d "
                          f"{self.dir}/ill-%(process_num)d", numprocs=count, **keys)
        return section, [f"app:{first + number}" for number in range(count)]

    def at_work(self, *sections, names, **options):
        """Until all of them run; gives their pids."""
        self.supervise(*sections, **options)
        for name in names:
            self.supervisord.wait_for_state(name, "RUNNING")
        return self.pids(names)

    def held(self, name):
        """One that ignores SIGTERM, as soon as it does, but its next life does not; gives its pid."""
        pid = self.supervisord.pid(name)
        wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", f"{name} to be past its trap")
        (self.dir / f"hold-{name.rpartition(':')[2]}").unlink()
        return pid

    def pids(self, names):
        return {name: self.supervisord.pid(name) for name in names}

    def break_(self, *numbers):
        for number in numbers:
            self.write(f"broken-{number}", "")

    def mend(self, *numbers):
        for number in numbers:
            (self.dir / f"broken-{number}").unlink()

    def assert_renewed(self, before, names):
        """These and no others have another process than `before`; all run."""
        now = self.pids(before)
        self.assertNotIn(0, now.values(), now)
        self.assertEqual([name for name in before if now[name] != before[name]], list(names))

    # --- the roll ---

    def run_with(self, *arguments, env=None, cwd=None):
        return super().run_with(*arguments, env=self.environment if env is None else env, cwd=cwd)

    def roll(self, *arguments):
        return self.quickctl("roll", "--pause", "0", *arguments)

    def begin(self, *arguments, servers=None):
        where = servers or ("-c", self.supervisord.config)
        process = subprocess.Popen([binary("quickctl"), *where, *arguments],
                                   env={**BARE, **self.environment}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent,
                                   bufsize=0)
        self.addCleanup(lambda: [pipe.close() for pipe in (process.stdout, process.stderr)])
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGKILL)
        return process

    def begin_roll(self, *arguments):
        return self.begin("roll", *arguments)

    @staticmethod
    def summary(out):
        """What is told at the end of a roll that stopped: {"new": "app:0 app:1", …}."""
        return {word: names.replace(",", "") for word, names in re.findall(r"^  (\w+): +(\S.*)$", out, re.MULTILINE)}

    def assert_stopped(self, result, **names):
        """The roll stopped, and says so of exactly these."""
        self.assertEqual(result[0], 1, result)
        self.assertRegex(result[1], r"(?m)^STOPPED after ")
        self.assertEqual(self.summary(result[1]), names)


class TwoServers(Roll):
    """`here` on a unix socket, `there` on a port."""

    def two(self, here, there, **options):
        self.port = free_port()
        self.here = Supervisord(self, here, **options)
        self.there = Supervisord(self, there, unix=False, inet=self.port, **options)
        self.servers = ("-s", self.here.url, "-s", self.there.inet_url)
        self.titles = (self.here.socket, f"127.0.0.1:{self.port}")

    def run_on_both(self, *arguments, env=None):
        return self.run_with(*self.servers, *arguments, env=env)


class AtATerminal(Roll):
    """quickctl on a terminal of its own."""

    def terminal(self, *arguments, server=None, env=None, **options):
        where = server or ("-c", self.supervisord.config)
        environment = {**BARE, "TERM": "xterm", **self.environment, **(env or {})}
        return Terminal(self, [binary("quickctl"), *where, *arguments],
                        {name: value for name, value in environment.items() if value is not None}, **options)

    def assert_sane(self, terminal):
        self.assertEqual(terminal.screen.strange, [])
        self.assertNotRegex(terminal.screen.text, "Sanitizer|runtime error:")


def free_ports(count):
    """The first of so many ports in a row that nobody listens on."""
    while True:
        first = free_port()
        try:
            for port in range(first + 1, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue


def log_lines(supervisord, pattern):
    """What of supervisord's log has the pattern: when, in seconds since the epoch, and its groups."""
    found = []
    for line in supervisord.log.splitlines():
        match = re.search(pattern, line)
        if match:
            found.append((datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").timestamp(), *match.groups()))
    return found


def wait_for_line(process, pattern, stream="stdout", seconds=PATIENCE):
    """Reads lines until one has `pattern`."""
    read = []
    pipe = getattr(process, stream)

    def found():
        if not select.select([pipe], [], [], 0.1)[0]:
            return None
        line = pipe.readline().decode()
        if not line:
            raise AssertionError(f"it ended without {pattern!r}: {read}")
        read.append(line)
        return re.search(pattern, line)
    wait_until(found, lambda: f"{pattern!r}, with {read}", seconds)
