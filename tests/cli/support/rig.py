"""supervisord's side of one listener's pipes, so that ticks need no waiting for the clock.

It starts the program as supervisord does, sends events byte for byte as supervisord does, and fails on any byte of
stdout that is not the protocol.
"""

import os
import re
import select
import signal
import subprocess
import threading
import time

from support import events
from support.system import descendants, die_with_parent, kill_all
from support.workspace import PATIENCE, binary, wait_until

READY, OK = b"READY\n", b"RESULT 2\nOK"
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([a-z-]+): (.+)$")
INHERITED = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH")
NO_SUPERVISORD = "unix:///nonexistent/supervisord.sock"


def environment(server_url, process="listener", group=None, **more):
    """What supervisord gives a listener, and little else."""
    base = {name: os.environ[name] for name in INHERITED if name in os.environ}
    base.update({"SUPERVISOR_ENABLED": "1", "SUPERVISOR_SERVER_URL": server_url,
                 "SUPERVISOR_PROCESS_NAME": process, "SUPERVISOR_GROUP_NAME": group or process})
    return {**base, **{name: value for name, value in more.items() if value is not None}}


class Rig:
    """One listener under test. `server_url` may be a Supervisord or a URL."""

    def __init__(self, case, program, *arguments, server_url=NO_SUPERVISORD, process="listener", group=None,
                 env=None, wait=True, stderr=None):
        self.program = program
        self._case = case
        self._serial = 0
        self._unread = b""
        self._stderr = b""
        url = getattr(server_url, "url", server_url)
        self.process = subprocess.Popen(
            [binary(program), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if stderr is None else stderr, cwd="/",
            env=environment(url, process, group, **(env or {})), preexec_fn=die_with_parent, bufsize=0)
        self._stderr_reader = threading.Thread(target=self._read_stderr, daemon=True)
        if stderr is None:
            self._stderr_reader.start()
        case.addCleanup(self._end)
        if wait:
            self.expect(READY)

    # --- the protocol ---

    def expect(self, token, seconds=PATIENCE):
        """Reads exactly `token` from stdout."""
        deadline = time.monotonic() + seconds
        while len(self._unread) < len(token):
            if not token.startswith(self._unread):
                break
            left = deadline - time.monotonic()
            readable = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            piece = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not piece:
                raise AssertionError(f"{self.program}: wanted {token!r}, have {self._unread!r}; stderr: {self.stderr}")
            self._unread += piece
        self._case.assertEqual(self._unread[:len(token)], token, f"stray bytes on stdout of {self.program}")
        self._unread = self._unread[len(token):]

    def send_bytes(self, data, chunk=None):
        """Writes to the listener's stdin, `chunk` bytes a write."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.process.stdin.fileno(), view[:chunk] if chunk else view):]

    def send(self, name, payload, chunk=None, extra=""):
        """One event, acknowledged, and the listener ready again; gives the seconds that took."""
        self._serial += 1
        data = events.envelope(name, payload, self._serial, extra=extra)
        began = time.monotonic()
        self.send_bytes(data, chunk)
        self.expect(OK)
        self.expect(READY)
        return time.monotonic() - began

    def tick(self, name="TICK_60", **options):
        return self.send(name, events.tick_payload(), **options)

    def exited(self, process, group=None, **fields):
        return self.send("PROCESS_STATE_EXITED", events.exited_payload(process, group, **fields))

    def fatal(self, process, group=None):
        return self.send("PROCESS_STATE_FATAL", events.fatal_payload(process, group))

    # --- what it says ---

    def _read_stderr(self):
        while piece := self.process.stderr.read(65536):
            self._stderr += piece

    @property
    def stderr(self):
        return self._stderr.decode("utf-8", "replace")

    @property
    def log_lines(self):
        """The texts of the complete lines on stderr; each must have the form every line has."""
        texts = []
        for line in self.stderr.split("\n")[:-1]:
            match = LOG_LINE.match(line)
            self._case.assertTrue(match and match.group(1) == self.program, f"not a log line: {line!r}")
            texts.append(match.group(2))
        return texts

    def wait_for_log(self, pattern, seconds=PATIENCE, count=1):
        """The first line of stderr in which the regular expression is found; with `count`, until so many have it."""
        def found():
            lines = [line for line in self.log_lines if re.search(pattern, line)]
            return len(lines) >= count and lines[0]
        return wait_until(found, lambda: f"{count} x {pattern!r} on stderr, which says: {self.stderr}", seconds)

    # --- its end ---

    def die(self):
        """By kill -9; what it wrote until then nobody reads."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.read()
        self._unread = b""

    def close_stdin(self):
        self.process.stdin.close()

    def wait_for_exit(self, seconds=PATIENCE):
        """Its exit status; what it printed until then must have been protocol."""
        self.process.wait(seconds)
        if self._stderr_reader.is_alive():
            self._stderr_reader.join(5)
        if not self.process.stdout.closed:
            rest = self._unread + self.process.stdout.read()
            self._case.assertEqual(rest, b"", f"stray bytes on stdout of {self.program}")
        return self.process.returncode

    def finish(self, seconds=PATIENCE):
        """EOF: the listener finishes what is pending and exits with 0."""
        self.close_stdin()
        status = self.wait_for_exit(seconds)
        self._case.assertEqual(status, 0, f"exit status of {self.program}; stderr: {self.stderr}")

    def terminate(self, seconds=PATIENCE):
        """SIGTERM: likewise."""
        self.process.send_signal(signal.SIGTERM)
        status = self.wait_for_exit(seconds)
        self._case.assertEqual(status, 0, f"exit status of {self.program}; stderr: {self.stderr}")

    def _end(self):
        if self.process.poll() is None:
            begotten = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            kill_all(begotten)
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        if self._stderr_reader.is_alive():
            self._stderr_reader.join(5)
        if self.process.stderr and not self._stderr_reader.is_alive():
            self.process.stderr.close()
        self._case.exhibit(f"{self.program}'s stderr", self.stderr)
        if "Sanitizer" in self.stderr or "runtime error:" in self.stderr:
            self._case.fail(f"{self.program}: {self.stderr}")
