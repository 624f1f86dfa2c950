"""A program on a terminal of its own, with somebody who types."""

import fcntl
import os
import pty
import signal
import subprocess
import termios

from support.workspace import wait_until


class Terminal:
    def __init__(self, case, command, env):
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._waited = 0
        self.seen = ""
        case.addCleanup(lambda: case.exhibit(f"terminal of {command[0]}", self.seen))
        case.addCleanup(os.close, self._master)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env,
                                        preexec_fn=self._take_terminal)
        os.close(slave)
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.send_signal, signal.SIGKILL)

    @staticmethod
    def _take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # whoever kills the test hangs it up

    def type(self, text):
        os.write(self._master, text.encode())

    def wait_for(self, text):
        """Until it is shown, behind what was waited for before."""
        def shown():
            try:
                self.seen += os.read(self._master, 4096).decode(errors="replace")
            except (BlockingIOError, OSError):
                pass
            at = self.seen.find(text, self._waited)
            if at >= 0:
                self._waited = at + len(text)
            return at >= 0
        wait_until(shown, lambda: f"{text!r} on the terminal: {self.seen!r}")
