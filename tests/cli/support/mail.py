"""A mail command for -s: a folder instead of a mail system, each message in its own file, whole or not at all."""

import email
import email.policy
import shlex

from support.workspace import PATIENCE, wait_until


class MailDrop:
    """`command` goes after -s. It can be told to print, to fail a few times first, or to take its time."""

    def __init__(self, case, name="mail", *, before="", failures=0):
        self._folder = case.dir / name
        self._folder.mkdir()
        self.attempts_file = self._folder / ".attempts"
        give_up = (f'[ "$(wc -l < {self.attempts_file})" -gt {failures} ] || '
                   '{ cat > /dev/null; echo "mailbox is on fire" >&2; exit 75; }\n') if failures else ""
        self.command = case.write(f"{name}-command", "#!/bin/sh\n"
                                  f"echo \"$*\" >> {self.attempts_file}\n{give_up}{before}\n"
                                  f"incoming=$(mktemp {self._folder}/.incoming.XXXXXX) && cat > $incoming &&\n"
                                  f"mv $incoming {self._folder}/${{incoming##*.}}\n", 0o755)
        case.addCleanup(self._show, case)

    @property
    def option(self):
        return shlex.quote(self.command)

    @property
    def arguments(self):
        """Of each run of the command, failed ones too."""
        return self.attempts_file.read_text().splitlines() if self.attempts_file.exists() else []

    @property
    def attempts(self):
        """How often the command was run."""
        return len(self.arguments)

    @property
    def raw(self):
        """The bytes of each message, oldest first."""
        paths = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
        return [path.read_bytes() for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)]

    @property
    def messages(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]

    @property
    def subjects(self):
        return [message["Subject"] for message in self.messages]

    def wait(self, count=1, seconds=PATIENCE):
        """The first `count` messages, once they are there."""
        wait_until(lambda: len(self.raw) >= count, lambda: f"{count} mails, have {self.subjects}", seconds)
        return self.messages[:count]

    def wait_for_subject(self, beginning, seconds=PATIENCE):
        def found():
            return next((mail for mail in self.messages if mail["Subject"].startswith(beginning)), None)
        return wait_until(found, lambda: f"a mail on {beginning!r}, have {self.subjects}", seconds)

    def _show(self, case):
        for raw in self.raw:
            case.exhibit("mail", raw.decode("utf-8", "replace"))
