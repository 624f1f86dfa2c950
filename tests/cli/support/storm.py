"""Crashes without end, a mail command that fails or hangs until a gate is opened, and listeners killed with -9."""

import collections
import os
import re
import time

from support import events
from support.rig import OK, READY
from support.workspace import PATIENCE, wait_until

Mail = collections.namedtuple("Mail", "pid identity count")  # the crash it tells of (the newest), and of how many


class GatedMail:
    """`command` goes after -s. While the gate is closed it fails, or hangs; each mail ends with a line of its own.

    Crashes are told apart by their pid, of which each needs one of its own.
    """

    CLOSED = {"failing": "exit 75", "hanging": "while ! test -e {gate}; do sleep 0.05; done"}
    COUNT = re.compile(r"\((\d+) (?:times|notifications)\)$")

    def __init__(self, folder, closed="failing"):
        self.box, self.gate = folder / "box", folder / "gate"
        instead = self.CLOSED[closed].format(gate=self.gate)
        # One write a mail: commands that outlive their listener write beside those of the next one.
        self.command = (f'test -e {self.gate} || {{ {instead}; }}; text=$(cat); '
                        f'printf "%s\\n----\\n" "$text" >> {self.box}')

    def open(self):
        self.gate.touch()

    def shut(self):
        self.gate.unlink(missing_ok=True)

    @property
    def text(self):
        """Of all mails."""
        return self.box.read_text() if self.box.exists() else ""

    @property
    def mails(self):
        return [self._read(text) for text in self.text.split("\n----\n")[:-1]]

    def _read(self, text):
        head, _, body = text.partition("\n\n")
        subject = re.search(r"^Subject: (.*(?:\n[ \t].*)*)", head, re.M).group(1)
        folded = self.COUNT.search(re.sub(r"\s+", " ", subject))
        return Mail(int(re.search(r"\(pid (\d+)\)", body).group(1)), re.search(r"Message-ID: (\S+)", head).group(1),
                    int(folded.group(1)) if folded else 1)


def letters(spool):
    return sorted(name for name in os.listdir(spool) if name.endswith(".letter"))


def drain(make_rig, mail, spool, seconds=4 * PATIENCE):
    """Starts a listener with the gate open, until nothing is left in the spool."""
    mail.open()
    rig = make_rig()
    wait_until(lambda: not letters(spool), lambda: f"an empty spool, has {len(letters(spool))}", seconds)
    rig.finish()


class Lives:
    """Listeners, one after the other, each killed with -9 at a moment of `chance`, until `total` crashes are told.

    supervisord sends an event again, with its serial, where it was not told that it was taken. `make_rig` starts one
    and does not wait for it.
    """

    def __init__(self, make_rig, mail, chance, total=30):
        self._make_rig, self._mail, self._chance, self._total = make_rig, mail, chance, total
        self._serial = 1
        self.kills = 0

    def run(self):
        self._mail.shut()
        while self._serial <= self._total:
            self._one(self._tell_some)
        for _ in range(self._chance.randrange(3)):  # while it mails what it finds
            self._mail.open()
            self._one(lambda rig: time.sleep(self._chance.random() / 50))

    def _one(self, live):
        rig = self._make_rig()
        rig.expect(READY)
        live(rig)
        rig.die()
        self.kills += 1

    def _tell_some(self, rig):
        for _ in range(self._chance.randrange(1, 12)):
            if self._serial > self._total:
                return
            if self._chance.random() < 0.1:
                self._mail.open()
            payload = events.exited_payload("web", pid=self._serial)
            rig.send_bytes(events.envelope("PROCESS_STATE_EXITED", payload, self._serial))
            if self._chance.random() < 0.15:  # before, while or after it acknowledges
                return time.sleep(self._chance.random() / 200)
            rig.expect(OK + READY)
            self._serial += 1
