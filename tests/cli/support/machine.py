"""Lets a supervisord and its children see commands that are not installed, or ours instead of those that are.

A default like /usr/sbin/sendmail can be tested only by being there, and a real one must never be run: it might mail.
A private mount namespace shows ours to the supervisord under test and to nothing else.
"""

import os
import shlex
import subprocess

FOLDERS = ("/usr/sbin", "/usr/bin")


class Commands:
    """`prefix` goes before supervisord's command line; where namespaces are forbidden, `rewritten` helps out."""

    def __init__(self, case, commands):
        self._commands = commands
        self._mounts = []
        for folder in FOLDERS:
            ours = case.dir / "commands" / folder.strip("/").replace("/", "-")
            ours.mkdir(parents=True)
            for path, target in commands.items():
                if os.path.dirname(path) == folder:
                    (ours / os.path.basename(path)).symlink_to(target)
            self._mounts.append(f"mount -t overlay overlay -o lowerdir={ours}:{folder} {folder}")
        self.prefix = self._namespace()

    def _namespace(self):
        script = " && ".join([*self._mounts, 'exec "$@"'])
        root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
        prefix = ("unshare", *root, "--mount", "sh", "-c", script, "sh")
        try:
            probe = subprocess.run([*prefix, "test", "-x", next(iter(self._commands))], capture_output=True,
                                   check=False)
        except FileNotFoundError:
            return ()
        return prefix if probe.returncode == 0 else ()

    def rewritten(self, command):
        """The command line as it is, or, without a namespace, with the paths of our commands in it."""
        if self.prefix:
            return command
        for path, target in self._commands.items():
            command = command.replace(path, target)
        if not any(target in command for target in self._commands.values()):
            command += f" -s {shlex.quote(self._commands['/usr/sbin/sendmail'])}"
        return command
