"""Small things of the operating system that tests lean on: ports, /proc, and children that die with the test."""

import ctypes
import os
import random
import signal
import socket
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    """For Popen's preexec_fn: a test that is killed leaves nothing behind."""
    os.setpgrp()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def free_port():
    """A port nobody listens on, below the range the kernel gives to clients, so that it stays free."""
    while True:
        port = random.randint(10240, 32000)
        try:
            for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                with socket.socket(family) as probe:
                    probe.bind((host, port))
            return port
        except OSError:
            continue


def rss_bytes(pid):
    """Resident size as the kernel tells it; 0 when there is no such process."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _stat(pid):
    """The fields behind the name: state, parent and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _state(pid):
    try:
        return _stat(pid)[0]
    except OSError:
        return "Z"


def is_alive(pid):
    return _state(pid) != "Z"


def is_asleep(pid):
    """It waits for something, and its size stays what it is."""
    return _state(pid) == "S"


def is_stopped(pid):
    """By SIGSTOP: other signals but SIGKILL wait."""
    return _state(pid) == "T"


def runs_its_own_program(pid):
    """It is no copy of its parent any more, as between fork and exec: a signal that comes then is lost with the copy."""
    def file_of(process):
        return os.readlink(f"/proc/{process}/exe")
    return file_of(pid) != file_of(_stat(pid)[1])


def command_line(pid):
    """Its words, a blank between; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def descendants(pid):
    """All processes `pid` begot, however deep."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            parents[int(entry)] = int(stat.rsplit(")", 1)[1].split()[1])
    found, frontier = [], {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        found.extend(frontier)
    return found


def kill_all(pids):
    for pid in pids:
        if is_alive(pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
