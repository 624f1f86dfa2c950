"""The base of every test: a folder of its own, waiting under a deadline, and evidence shown when a test fails."""

import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAMS = ("memmon", "httpok", "crashmail", "crashmailbatch", "fatalmailbatch", "crashsms",
            "essential", "ordered-startup-listener")
COMMANDS = ("quickctl", "supervisorctl_restart_group")  # not for supervisord to start
BATCH_PROGRAMS = ("crashmailbatch", "fatalmailbatch", "crashsms")
ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0  # seconds for what must come; only a failing test waits as long


def binary_folder():
    """The folder with the programs under test: KEENLANCE_BIN, else the first build in the source tree."""
    named = os.environ.get("KEENLANCE_BIN")
    if named:
        return Path(named)
    for folder in sorted(ROOT.glob("build*/bin")):
        if (folder / "memmon").exists():
            return folder
    raise unittest.SkipTest("set KEENLANCE_BIN to the folder with the programs")


def binary(program):
    return str(binary_folder() / program)


def wait_until(condition, what, seconds=PATIENCE):
    """Polls `condition` until it gives something true, which is returned; fails with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what() if callable(what) else what}")
        time.sleep(0.01)


class Workspace(unittest.TestCase):
    """A test with its own folder (`self.dir`, short enough for unix sockets), removed afterwards."""

    longMessage = True

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="keenlance-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def exhibit(self, title, text):
        """Keeps `text` to be printed if this test fails."""
        self._exhibits.append((title, text))

    def run(self, result=None):
        self._exhibits = []
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for title, text in self._exhibits:
                sys.stderr.write(f"\n--- {self.id()}: {title}\n{text.rstrip()}\n")
        return result

    def write(self, name, text, mode=0o644):
        """A file in the test's folder; gives its path as text."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return str(path)
