"""quickctl as an operator runs it: with a shell's environment, against a supervisord of the test."""

import os
import re
import signal
import subprocess

from support.rig import INHERITED
from support.supervisord import Supervisord
from support.system import die_with_parent
from support.workspace import PATIENCE, Workspace, binary

BARE = {name: os.environ[name] for name in INHERITED if name in os.environ}


def shell(text):
    """A command for supervisord.conf that sh runs."""
    return "sh -c '" + text.replace("%", "%%") + "'"


class Quickctl(Workspace):
    PROGRAM = "quickctl"

    def supervise(self, *sections, **options):
        self.supervisord = Supervisord(self, *sections, **options)
        return self.supervisord

    def run_with(self, *arguments, env=None, cwd=None):
        """Exit code, stdout, stderr; nothing of it is assumed about which supervisord is meant."""
        done = subprocess.run([binary(self.PROGRAM), *arguments], env={**BARE, **(env or {})}, cwd=cwd or self.dir,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * PATIENCE, check=False)
        return self._told(arguments, done.returncode, done.stdout, done.stderr)

    def quickctl(self, *arguments):
        return self.run_with("-c", self.supervisord.config, *arguments)

    def begin(self, *arguments):
        """In the background; give the result to `end`."""
        process = subprocess.Popen([binary(self.PROGRAM), "-c", self.supervisord.config, *arguments], env=BARE,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=die_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGKILL)
        return process

    def end(self, process):
        out, err = process.communicate(timeout=PATIENCE)
        return self._told(process.args[1:], process.returncode, out, err)

    def _told(self, arguments, status, out, err):
        out, err = out.decode(), err.decode()
        self.exhibit(f"{self.PROGRAM} {' '.join(arguments)}: exit {status}", f"{out}{err}")
        self.assertFalse(re.search("Sanitizer|runtime error:", err), err)
        return status, out, err

    def assert_told(self, result, status, *lines, err=""):
        """The exit code, what is said on stderr (a regular expression), and each line of stdout, in whatever order,
        also as regular expressions."""
        self.assertEqual(result[0], status, result)
        self.assertRegex(result[2], err if err else r"\A\Z")
        told = result[1].splitlines()
        self.assertEqual(len(told), len(lines), result[1])
        for line in lines:
            self.assertTrue(any(re.fullmatch(line, each) for each in told), f"no line {line!r} in {told}")
