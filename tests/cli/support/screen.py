"""A program on a terminal of its own: what it writes is shown as a terminal shows it, and keys can be pressed."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from support.workspace import PATIENCE

_PIECE = re.compile(rb"\x1b\[([0-9;?]*)([A-Za-z])|\x1b.?|[\r\n\b\x07]|[^\x1b\r\n\b\x07]+")


class Screen:
    """As much of a terminal as simple programs use, with no end below: `lines` is all that was ever left standing.

    What else they send is in `strange`.
    """

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""], 0, 0
        self.colours = set()
        self.strange = []
        self._unread = b""

    def show(self, data):
        data = self._unread + data
        # The end may be half a sequence, or half a character.
        cut = re.search(rb"(\x1b(\[[0-9;?]*)?|[\xc0-\xff][\x80-\xbf]*)\Z", data)
        self._unread = cut.group() if cut else b""
        for match in _PIECE.finditer(data[:len(data) - len(self._unread)]):
            self._piece(match)

    def _piece(self, match):
        piece, final = match.group(), match.group(2)
        if final == b"A":
            wanted = self.row - int(match.group(1) or 1)
            if wanted < max(0, len(self.lines) - self.rows):
                self.strange.append(f"upwards out of the screen: {piece!r}")
            self.row = max(0, wanted)
        elif final == b"J" and match.group(1) in (b"", b"0"):
            self.lines[self.row:] = [self.lines[self.row][:self.column]]
        elif final == b"m":
            self.colours.update(code for code in match.group(1).decode().split(";") if code not in ("", "0"))
        elif piece == b"\r":
            self.column = 0
        elif piece == b"\n":
            self._down()
        elif piece[:1] in b"\x1b\b\x07":
            self.strange.append(repr(piece))
        else:
            for letter in piece.decode():
                self._write(letter)

    def _down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def _write(self, letter):
        if self.column == self.columns:
            self._down()
            self.column = 0
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + letter + line[self.column + 1:]
        self.column += 1

    @property
    def text(self):
        return "\n".join(self.lines).rstrip("\n")


class Terminal:
    """Runs `command` on one; it ends with the test. `redirections` are Popen's stdin, stdout and stderr."""

    def __init__(self, case, command, env, columns=100, rows=40, **redirections):
        self._case = case
        self.screen = Screen(columns, rows)
        self.transcript = b""
        self._shots = []
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._slave = slave  # kept open, so that what the terminal is set to can be asked
        self.settings_before = self.settings
        streams = {"stdin": slave, "stdout": slave, "stderr": slave, **redirections}
        self.process = subprocess.Popen(command, env=env, cwd=case.dir, start_new_session=True, **streams,
                                        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0), pass_fds=(slave,))
        case.addCleanup(self._end)

    def press(self, keys):
        os.write(self._master, keys.encode())

    def until(self, text, seconds=PATIENCE):
        """Until the screen shows `text`, a regular expression; gives the match."""
        return self._read_until(lambda: re.search(text, self.screen.text, re.MULTILINE), text, seconds)

    def end(self, seconds=2 * PATIENCE):
        """Until the program has ended; gives its exit status."""
        self._read_until(lambda: self.process.poll() is not None, "its end", seconds)
        self._read_all()
        return self.process.returncode

    @property
    def shots(self):
        """What the screen showed each time something had been written."""
        return self._shots

    @property
    def echoes(self):
        return bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)

    @property
    def settings(self):
        return termios.tcgetattr(self._slave)

    def _read_until(self, condition, what, seconds):
        deadline = time.monotonic() + seconds
        while True:
            self._read_all()
            found = condition()
            if found:
                return found
            if self.process.poll() is not None and not self._readable(0):
                raise AssertionError(f"it ended with {self.process.returncode} without {what!r}: {self.screen.text}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what!r}: {self.screen.text}")
            self._readable(0.05)

    def _readable(self, seconds):
        return bool(select.select([self._master], [], [], seconds)[0])

    def _read_all(self):
        while self._readable(0):
            data = os.read(self._master, 65536)
            self.transcript += data
            self.screen.show(data)
            self._shots.append(self.screen.text)

    def _end(self):
        self._case.exhibit("the screen", self.screen.text)
        self._case.exhibit("the terminal", repr(self.transcript))
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)
