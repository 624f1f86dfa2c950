"""Programs that all crash at the same moment under a real supervisord, more of them than a listener's buffer holds."""

import os
import re
import shlex
import signal
import time

from support.supervisord import Supervisord, listener, program
from support.system import is_asleep
from support.workspace import PATIENCE, binary, wait_until

LOST = "(its event was lost; found in the process list)"
DISCARDED = "event buffer overflowed, discarding event"
LONG = 2 * PATIENCE


class Burst(Supervisord):
    """`count` programs crash:crash_000 and so on, and a listener called `listener`, whose section is given.

    Each program waits at a fifo for somebody to open it, then exits with 3; restarted, it waits again.
    """

    def __init__(self, case, listener_section, count, *, autorestart="false", **keys):
        self.count = count
        self._fifo = case.dir / "fifo"
        os.mkfifo(self._fifo)
        keys = {"numprocs": count, "process_name": "%(program_name)s_%(process_num)03d", "autorestart": autorestart,
                "stderr_logfile": "NONE", **keys}
        crashing = program("crash", f"/bin/sh -c 'read word < {self._fifo}; exit 3'", **keys)
        super().__init__(case, listener_section, crashing)

    def _configuration(self, sections):
        return super()._configuration(sections).replace("minfds=256", "minfds=8192")

    @property
    def names(self):
        return {f"crash_{number:03}" for number in range(self.count)}

    @property
    def exits(self):
        return self.log.count("INFO exited: crash_") + self.log.count("WARN exited: crash_")

    @property
    def discarded(self):
        """Events that the listener's pool threw away."""
        return self.log.count(DISCARDED)

    def wait_until_all_run(self):
        self.wait_until_all_but_the_listener_run()
        self.wait_for_state("listener", "RUNNING")

    def wait_until_all_but_the_listener_run(self):
        def all_run():
            return {each["name"] for each in self.rpc.getAllProcessInfo()
                    if each["group"] == "crash" and each["statename"] == "RUNNING" and at_the_fifo(each["pid"])} == self.names
        wait_until(all_run, "all programs to run", LONG)

    def crash_all(self):
        """Not in a second in which an earlier crash was told, for supervisord's list tells whole seconds.

        Returns when supervisord has seen all of them exit.
        """
        now = int(time.time())
        wait_until(lambda: int(time.time()) > now, "the next second")
        before = self.exits
        os.close(os.open(self._fifo, os.O_WRONLY))
        wait_until(lambda: self.exits >= before + self.count, lambda: f"{self.count} exits, saw {self.exits - before}", LONG)

    def wait_until_told(self, text, times=1):
        """Until what `text` gives tells so often of every program."""
        def missing():
            told = told_of(text())
            return sorted(name for name in self.names if told.get(name, 0) < times)
        wait_until(lambda: not missing(), lambda: f"news of {missing()}", LONG)

    def crash_all_unheard(self):
        """While the listener is stopped; some of the events are discarded."""
        pid, before = self.pid("listener"), self.discarded
        os.kill(pid, signal.SIGSTOP)
        try:
            self.crash_all()
        finally:
            os.kill(pid, signal.SIGCONT)
        if self.discarded == before:
            raise AssertionError("supervisord discarded no event")


def crashmail(mail, *options, **keys):
    """A section for a crashmail that mails by `mail`, with supervisord's own buffer_size."""
    return _section([binary("crashmail"), *options, "-m", "ops@example.com", "-s", mail.command],
                    "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL", keys)


def crashmailbatch(smtp, **keys):
    """A section for one that mails each 5 seconds."""
    return _section([binary("crashmailbatch"), "-t", "ops@example.com", "-f", "sv@example.com", "-H", smtp.host,
                     "-e", "TICK_5", "-i", "0.05"], "PROCESS_STATE,TICK_5", keys)


def _section(words, events, keys):
    return listener("listener", shlex.join(words).replace("%", "%%"), events, buffer_size=10, **keys)


def at_the_fifo(pid):
    """It has become the shell, and that waits."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            return comm.read() == "sh\n" and is_asleep(pid)
    except OSError:
        return False


def told_of(text):
    """{name: how often} of the programs that mails or log lines tell of."""
    found = re.findall(r"\b(?:Process |crash:)(crash_\d+)\b", text)
    return {name: found.count(name) for name in set(found)}
