"""Processes to be watched: of a real supervisord, or of a mother that is none, so that there may be 10,000."""

import os
import subprocess
import time

from control_floor import Supervisord, Wire
from support.server import Server, answering_rpc
from support.workspace import wait_until


class Bed(Supervisord):
    """A supervisord with so many programs that sleep, each with so many descendants. Its trace tells every call."""

    def __init__(self, case, tools, count, descendants=0, patience=300.0):
        self._tools, self._count, self._descendants, self._patience = tools, count, descendants, patience
        began = time.monotonic()
        super().__init__(case, loglevel="trace")
        wait_until(lambda: len(self.pids()) == count, f"{count} processes to run", patience)
        tools.note(f"supervisord itself: {time.monotonic() - began:.1f} s to start {count:,} processes, "
                   f"{self._seconds_of_list():.2f} s to list them, {len(os.listdir(f'/proc/{self.process.pid}/fd')):,} "
                   "open files")

    def _seconds_of_list(self):
        wire = Wire(self.socket, self._patience)
        began = time.monotonic()
        wire.answer(wire.request("supervisor.getAllProcessInfo"))
        return time.monotonic() - began

    def _configuration(self, sections):
        text = super()._configuration(sections).replace("minfds=256", f"minfds={3 * self._count + 100}")
        return text + (f"[program:bed]\ncommand={self._tools.floor('sleeper')} {self._descendants}\n"
                       f"process_name=%(process_num)05d\nnumprocs={self._count}\nstartsecs=0\nredirect_stderr=true\n"
                       "stdout_logfile=NONE\n")

    def pids(self):
        return [info["pid"] for info in self.rpc.getAllProcessInfo() if info["statename"] == "RUNNING"]

    @property
    def calls(self):
        """How many were ever made."""
        return self.log.count("XML-RPC method called: ")


class Mother:
    """Plays supervisord for one listener: has children, and a server that lists them."""

    def __init__(self, case, tools, count):
        self._process = subprocess.Popen([tools.floor("sleeper"), "--mother", str(count)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        case.addCleanup(self._end)
        self.pids = [int(word) for word in self._process.stdout.readline().split()]
        assert len(self.pids) == count, f"the machine allows {len(self.pids)} processes, not {count}"
        self.lists = 0
        server = Server(case, answering_rpc({
            "supervisor.getAllProcessInfo": self._list, "supervisor.getPID": lambda: self._process.pid,
            "supervisor.getState": lambda: {"statecode": 1, "statename": "RUNNING"}}), path=str(case.dir / "mother"))
        self.url = server.url

    def _list(self):
        self.lists += 1
        return listed(self.pids)

    def _end(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def listed(pids):
    """As getAllProcessInfo tells of them."""
    now = int(time.time())
    return [{"name": f"{number:05}", "group": "bed", "start": now - 3600, "stop": 0, "now": now, "state": 20,
             "statename": "RUNNING", "spawnerr": "", "exitstatus": 0, "pid": pid,
             "logfile": f"/var/log/supervisor/bed-{number:05}-stdout---supervisor-abcdefgh.log",
             "stdout_logfile": f"/var/log/supervisor/bed-{number:05}-stdout---supervisor-abcdefgh.log",
             "stderr_logfile": "", "description": f"pid {pid}, uptime 1:00:00"} for number, pid in enumerate(pids)]
