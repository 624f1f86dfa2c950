"""A folder of scenarios/: a configuration for a real supervisord, and what has to come of it.

`supervisord.conf` and what it includes are used as they stand, in a copy of the folder. They find the programs under
test by %(ENV_KEENLANCE_BIN)s and keep everything in %(here)s (`s.sock`, `supervisord.log`, and `listener.err`, the
listener's log), so a person can run them as well.

`expected` says in its first lines, up to an empty one, what the scenario is about; then a statement a line:

    order     ping exited, sleep spawned     these moments come in this order
    together  b c                            all are spawned before any of them is running
    never     x y                            never spawned
    again     flaps                          may be spawned more than once, as nothing else may
    state     ping EXITED, sleep RUNNING     where things stand in the end
    listener  EXITED 3                       its own state in the end and its exit status; RUNNING if this is not said;
                                             "gone" when supervisord has ended
    log       REGEX                          is found in supervisord's log
    says      REGEX                          is found in the listener's log
    silent    REGEX                          is not found in the listener's log
    overflows yes                            events may be lost, as they may in no other scenario

A moment is a process and one of spawned, running, exited, fatal, stopping, stopped, each for the first time. It is
taken from supervisord's own log, as is all but `says` and `silent`.
"""

import re
import shutil
from pathlib import Path

from support.supervisord import Supervisord
from support.system import free_port
from support.workspace import PATIENCE, binary_folder, wait_until

SOON = 20.0  # seconds, for what is seen to be there once the listener is done; a lost SIGTERM alone takes supervisord ten
SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
MOMENTS = {
    "spawned": r"spawned: '([^']+)' with pid",
    "running": r"success: (\S+) entered RUNNING state",
    "exited": r"exited: (\S+) \(",
    "fatal": r"gave up: (\S+) entered FATAL state",
    "stopping": r"waiting for (\S+) to stop",
    "stopped": r"stopped: (\S+) \(",
}
ANY_MOMENT = re.compile("|".join(f"(?P<{moment}>{text})" for moment, text in MOMENTS.items()))
LOG_LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )?ordered-startup-listener: .*$")


def moments(log):
    """(process, moment) of each line of a supervisord's log that tells of one."""
    found = []
    for line in log.splitlines():
        match = ANY_MOMENT.search(line)
        if match:
            found.append((next(filter(None, match.groups()[1::2])), match.lastgroup))
    return found


class Scenario(Supervisord):
    """One under a supervisord of its own. %(ENV_PORT)s is a free port, the one it listens on if it does; there is
    %(ENV_OTHER_PORT)s as well."""

    def __init__(self, case, name, *, environment=None, files=None, password=None, changes=None):
        self.source = SCENARIOS / name
        self.free_port = free_port()
        self._text = (self.source / "supervisord.conf").read_text(encoding="utf-8")
        for old, new in (changes or {}).items():
            self._text = self._text.replace(old, new)
        self._files = files or {}
        self.listener = re.search(r"\[eventlistener:([^\]]+)\]", self._text).group(1)
        super().__init__(
            case, unix="[unix_http_server]" in self._text, password=password,
            inet=self.free_port if "[inet_http_server]" in self._text else None,
            environment={"KEENLANCE_BIN": str(binary_folder()), "PORT": str(self.free_port),
                         "OTHER_PORT": str(free_port()), **(environment or {})})

    def _configuration(self, sections):
        shutil.copytree(self.source, self.dir, dirs_exist_ok=True)
        for name, text in self._files.items():
            (self.dir / name).write_text(text, encoding="utf-8")
        return self._text

    # --- what happened ---

    @property
    def moments(self):
        return moments(self.log)

    def times(self, process, moment):
        return self.moments.count((process, moment))

    def place(self, process, moment, time=1):
        """Where in `moments` it is there for that time."""
        places = [place for place, each in enumerate(self.moments) if each == (process, moment)]
        return places[time - 1]

    @property
    def said(self):
        """The listener's log."""
        return self.file("listener.err")

    def file(self, name):
        path = self.dir / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # --- waiting ---

    def wait_for_moment(self, process, moment, count=1, seconds=PATIENCE):
        wait_until(lambda: self.times(process, moment) >= count,
                   lambda: f"{process} {moment}, {count} times", seconds)

    def wait_for_words(self, pattern, count=1, seconds=PATIENCE):
        """Until the listener has said it, so often; gives the last."""
        def found():
            matches = re.findall(pattern, self.said)
            return len(matches) >= count and matches[-1]
        return wait_until(found, lambda: f"{pattern!r}, {count} times, in {self.said!r}", seconds)

    def wait_until_done(self, seconds=PATIENCE):
        """Until the listener has summed up, or has ended."""
        wait_until(lambda: " done after " in self.said or self._is_over(), lambda: f"a summary in {self.said!r}",
                   seconds)

    def _is_over(self):
        """By the log: a call would wake supervisord, which is the listener's task."""
        return self.process.poll() is not None or any(
            process == self.listener and moment in ("exited", "fatal") for process, moment in self.moments)

    def wait_for_end(self, seconds=PATIENCE):
        """Until supervisord itself has ended."""
        def ended():
            self._poke()
            return self.process.poll() is not None
        wait_until(ended, "supervisord's end", seconds)

    # --- judging ---

    def assert_as_expected(self, variant=None):
        """All that `expected` says (or `expected.VARIANT`), and what holds of every scenario."""
        path = self.source / (f"expected.{variant}" if variant else "expected")
        about, _, text = path.read_text(encoding="utf-8").partition("\n\n")
        self._case.assertTrue(about.strip(), f"{path} does not say what it is about")
        statements = [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]
        said = dict(statements)
        silently = {"again": "", "listener": "RUNNING", "overflows": "no"}
        for name, rest in [*statements, *((name, rest) for name, rest in silently.items() if name not in said)]:
            with self._case.subTest(f"{name} {rest}"):
                getattr(self, f"_expect_{name}")(rest)
        self.assert_manners()

    def _expect_order(self, text):
        wanted = [tuple(each.split()) for each in text.split(",")]
        for each in wanted:
            self.wait_for_moment(*each, seconds=SOON)
        seen = self.moments
        places = [seen.index(each) for each in wanted]
        self._case.assertEqual(places, sorted(places), f"{text}: {seen}")

    def _expect_together(self, text):
        seen = self.moments
        last = max(seen.index((process, "spawned")) for process in text.split())
        first = min(seen.index((process, "running")) for process in text.split())
        self._case.assertLess(last, first, seen)

    def _expect_never(self, text):
        for process in text.split():
            self._case.assertEqual(self.times(process, "spawned"), 0, process)

    def _expect_again(self, text):
        started = [process for process, moment in self.moments if moment == "spawned"]
        twice = {process for process in started if started.count(process) > 1}
        self._case.assertLessEqual(twice, {self.listener, *text.split()})

    def _expect_state(self, text):
        for each in text.split(","):
            self.wait_for_state(*each.split(), SOON)

    def _expect_listener(self, text):
        state, *status = text.split()
        if state == "gone":
            return self.wait_for_end()
        self.wait_for_state(self.listener, state, SOON)
        if status:
            self._case.assertEqual(self.info(self.listener)["exitstatus"], int(status[0]))

    def _expect_overflows(self, text):
        if text == "no":
            self._case.assertNotIn("event buffer overflowed", self.log)

    def _expect_log(self, pattern):
        wait_until(lambda: re.search(pattern, self.log), f"{pattern!r} in supervisord's log", SOON)

    def _expect_says(self, pattern):
        self.wait_for_words(pattern, seconds=SOON)

    def _expect_silent(self, pattern):
        self._case.assertNotRegex(self.said, pattern)

    def assert_manners(self):
        """Whole log lines, and on stdout nothing but the protocol."""
        for line in self.said.split("\n")[:-1]:
            self._case.assertRegex(line, LOG_LINE)
        self._case.assertNotIn("entered the UNKNOWN state", self.log)

    def _keep_evidence(self):
        super()._keep_evidence()
        self._case.exhibit("listener.err", self.said)
        if "Sanitizer" in self.said or "runtime error:" in self.said:
            self._case.fail(self.said)
