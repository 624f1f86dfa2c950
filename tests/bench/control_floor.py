"""What control.py measures in and against: a supervisord with a group that sleeps, the floor, a subject at work."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from support.supervisord import Supervisord  # noqa: E402  pylint: disable=wrong-import-position
from support.workspace import PATIENCE  # noqa: E402  pylint: disable=wrong-import-position

VERBS = ("start", "restart", "stop")  # in an order in which each finds what it needs
GOAL = {"start": "RUNNING", "restart": "RUNNING", "stop": "STOPPED"}
STARTSECS = 1
NAMES = object()  # where a command line has the names of processes


class Bench(Supervisord):
    """A supervisord with one group of `count` programs that sleep."""

    def __init__(self, case, group, count, plugin=None, stopwatch=None):
        self.group, self._count = group, count
        self.names = [f"{group}:{number:03}" for number in range(count)]
        self._plugin, self._stopwatch = plugin, stopwatch
        folders = [str(folder) for folder in (plugin, stopwatch and Path(__file__).resolve().parent) if folder]
        self.environment = {"PYTHONPATH": ":".join(folders), "PYTHONDONTWRITEBYTECODE": "1"}
        super().__init__(case, environment=self.environment)
        self.wire = Wire(self.socket)

    def _configuration(self, sections):
        text = super()._configuration(sections).replace("minfds=256", f"minfds={3 * self._count + 100}")
        text += f"[supervisorctl]\nserverurl=unix://{self.socket}\n"
        if self._plugin:
            text += "[ctlplugin:quick]\nsupervisor.ctl_factory=supervisor_quick:make_quick_controllerplugin\n"
        if self._stopwatch:
            text += ("[rpcinterface:stopwatch]\nsupervisor.rpcinterface_factory=stopwatch:make_stopwatch\n"
                     f"log={self._stopwatch}\n")
        return text + (f"[program:{self.group}]\ncommand=/bin/sleep 6000\nprocess_name=%(process_num)03d\n"
                       f"numprocs={self._count}\nautostart=false\nstartsecs={STARTSECS}\nredirect_stderr=true\n"
                       "stdout_logfile=NONE\n")

    def pids(self, state):
        """{name: pid} of all processes, every one of which has to be in `state`."""
        infos = self.rpc.getAllProcessInfo()
        others = [f"{info['name']} is {info['statename']}" for info in infos if info["statename"] != state]
        assert not others and len(infos) == self._count, f"not all {self._count} {state}: {others[:5]}"
        return {info["name"]: info["pid"] for info in infos}


class Wire:
    """One connection to supervisord, with as little between as Python can. It waits so many seconds for each piece."""

    def __init__(self, path, patience=PATIENCE):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(patience)
        self._socket.connect(path)

    @staticmethod
    def request(method, *arguments):
        body = xmlrpc.client.dumps(arguments, method).encode()
        return (b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n"
                % len(body)) + body

    @classmethod
    def multicall(cls, method, names, *arguments):
        calls = [{"methodName": f"supervisor.{method}", "params": [name, *arguments]} for name in names]
        return cls.request("system.multicall", calls)

    def answer(self, request):
        """The body of the answer, as bytes."""
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._received()
        head, _, body = data.partition(b"\r\n\r\n")
        parts, missing = [body], int(re.search(rb"(?i)content-length: *(\d+)", head).group(1)) - len(body)
        while missing > 0:
            parts.append(self._received())
            missing -= len(parts[-1])
        return b"".join(parts)

    def _received(self):
        data = self._socket.recv(1 << 20)
        assert data, "supervisord closed the connection"
        return data


def floor(bench, verb):
    """Seconds that `verb`, start or stop, takes at least."""
    wire, goal = bench.wire, b"<string>%s</string>" % GOAL[verb].encode()
    command = wire.multicall(f"{verb}Process", bench.names, False)
    look_at_last = wire.request("supervisor.getProcessInfo", bench.names[-1])
    look = wire.multicall("getProcessInfo", bench.names)
    began = time.monotonic()
    answer = wire.answer(command)
    assert b"faultCode" not in answer, answer
    if verb == "start":
        time.sleep(STARTSECS + 0.001)
    while goal not in wire.answer(look_at_last):
        pass
    while wire.answer(look).count(goal) != len(bench.names):
        pass
    took = time.monotonic() - began
    bench.pids(GOAL[verb])
    return took


class Subject:
    """One that starts and stops: its command line for a verb and the processes meant."""

    def __init__(self, name, command):
        self.name, self._command = name, command

    def take(self, bench, verb, what, beside=None):
        """Seconds from its spawn to its end; `beside` is called again and again meanwhile."""
        before = {} if verb == "start" else bench.pids("RUNNING")
        command = [word for part in self._command(bench, verb) for word in (what if part is NAMES else [part])]
        with tempfile.TemporaryFile() as told:  # a pipe would have to be read meanwhile
            began = time.monotonic()
            with subprocess.Popen(command, env={**os.environ, **bench.environment}, stdin=subprocess.DEVNULL,
                                  stdout=told, stderr=told) as process:
                while beside and process.poll() is None:
                    beside()
            took = time.monotonic() - began
            told.seek(0)
            words = told.read().decode(errors="replace")
        if process.returncode != 0:
            wrong = [line for line in words.splitlines() if "ERROR" in line or "UNFINISHED" in line] or [words]
            raise AssertionError(f"{self.name} {verb}: exit {process.returncode} after {took:.1f} s; "
                                 f"{len(wrong)} like {wrong[0]}")
        after = bench.pids(GOAL[verb])
        kept = [name for name, pid in after.items() if verb == "restart" and before[name] == pid]
        assert not kept, f"{self.name} {verb}: still the old {kept}"
        return took
