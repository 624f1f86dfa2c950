"""quickctl at a terminal: what is under way stands below the lines, and is gone at the end."""

import re
import unittest

from support.quickctl import shell
from support.roll import AtATerminal
from support.supervisord import program

RED, GREEN = "31", "32"


def sleeper(name, **keys):
    return program(name, "sleep 600", **keys)


class LiveDisplay(AtATerminal):
    BAR = r"\[[#-]{10}\] "

    def test_what_is_under_way_stands_below_and_is_gone_at_the_end(self):
        self.supervise(sleeper("quick", autostart="false"),
                       *(sleeper(f"slow{number}", autostart="false", startsecs=2) for number in range(2)))
        terminal = self.terminal("start", "all")
        terminal.until(rf"(?s)^quick: started.*slow0: STARTING.*slow1: STARTING.*^{self.BAR}1/3")
        self.assertEqual(terminal.end(), 0)
        self.assert_sane(terminal)
        self.assertEqual(sorted(line.split(":")[0] for line in terminal.screen.text.splitlines()),
                         ["quick", "slow0", "slow1"])
        self.assertNotRegex(terminal.screen.text, self.BAR)
        self.assertIn(GREEN, terminal.screen.colours)
        bars = [shot for shot in terminal.shots if re.search(self.BAR, shot)]
        self.assertTrue(all(shot.count("[#") + shot.count("[-") == 1 for shot in bars), "one bar at a time")

    def test_of_a_hundred_there_is_a_bar(self):
        self.supervise(sleeper("app", autostart="false", numprocs=100, process_name="%(process_num)d", startsecs=2))
        terminal = self.terminal("start", "app:", rows=12)
        shown = terminal.until(rf"^{self.BAR}(\d+)/100  \d+ STARTING.*$")
        self.assertNotIn("app:7: STARTING", terminal.screen.text)
        self.assertEqual(terminal.end(), 0, shown)
        self.assert_sane(terminal)
        lines = terminal.screen.text.splitlines()
        self.assertEqual(len(lines), 100)
        for line in lines:
            self.assertRegex(line, r"\Aapp:\d+: started, pid \d+, \d+\.\d\d s\Z")

    def test_failures_are_red_and_counted(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=2),
                       program("missing", "/nonexistent", autostart="false"))
        terminal = self.terminal("start", "all")
        terminal.until(rf"^{self.BAR}1/2 .* 1 failed")
        self.assertEqual(terminal.end(), 1)
        self.assert_sane(terminal)
        self.assertEqual(terminal.screen.colours, {RED, GREEN})

    def test_no_color_is_honoured_and_the_display_stays(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=2))
        terminal = self.terminal("start", "slow", env={"NO_COLOR": "1"})
        terminal.until(rf"^{self.BAR}0/1")
        self.assertEqual(terminal.end(), 0)
        self.assert_sane(terminal)
        self.assertEqual(terminal.screen.colours, set())
        terminal = self.terminal("status", env={"NO_COLOR": ""})
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(terminal.screen.colours, {GREEN})

    def test_a_dumb_terminal_gets_plain_lines(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=1))
        for term in ("dumb", None):
            terminal = self.terminal("restart", "slow", env={"TERM": term})
            self.assertEqual(terminal.end(), 0)
            self.assertNotIn(b"\x1b", terminal.transcript)
            self.assertRegex(terminal.screen.text, r"\Aslow: restarted, pid \d+, \d+\.\d\d s\Z")

    def test_a_pipe_gets_plain_lines_whatever_the_terminal(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=1))
        with open(self.dir / "out", "wb") as out:
            terminal = self.terminal("restart", "slow", stdout=out)
            self.assertEqual(terminal.end(), 0)
        self.assertEqual(terminal.transcript, b"")
        self.assertRegex((self.dir / "out").read_text(encoding="utf-8"), r"\Aslow: restarted, pid \d+, \d+\.\d\d s\n\Z")

    def test_quiet_and_json_have_no_display(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=1))
        terminal = self.terminal("-q", "start", "slow")
        self.assertEqual((terminal.end(), terminal.transcript), (0, b""))
        terminal = self.terminal("--json", "restart", "slow")
        self.assertEqual(terminal.end(), 0)
        self.assertNotIn(b"\x1b", terminal.transcript)

    def test_a_narrow_terminal_is_not_overrun(self):
        self.supervise(*(sleeper(f"a-process-with-a-rather-long-name-{number}", autostart="false", startsecs=2)
                         for number in range(3)))
        terminal = self.terminal("start", "all", columns=20, rows=10)
        terminal.until(rf"(?s)^  a-process-with-a-$.*^{self.BAR}0/3")
        self.assertEqual(terminal.end(), 0)
        self.assert_sane(terminal)
        told = terminal.screen.text.replace("\n", "")
        self.assertRegex(told, r"\A(a-process-with-a-rather-long-name-\d: started, pid \d+, \d+\.\d\d s){3}\Z")

    def test_a_low_terminal_shows_as_much_as_it_can(self):
        self.supervise(*(sleeper(f"app{number}", autostart="false", startsecs=2) for number in range(8)))
        terminal = self.terminal("start", "all", rows=4)
        terminal.until(r"app\d: STARTING")
        self.assertEqual(terminal.end(), 0)
        self.assert_sane(terminal)
        self.assertEqual(sorted(line.split(":")[0] for line in terminal.screen.text.splitlines()),
                         [f"app{number}" for number in range(8)])

    def test_what_goes_to_stderr_does_not_tear_the_display(self):
        self.supervise(program("broken", shell("echo ill >&2; exit 1"), autostart="false", startsecs=60, startretries=1),
                       sleeper("slow", autostart="false", startsecs=3))
        terminal = self.terminal("start", "all", columns=200)
        terminal.until(r"^quickctl: broken: BACKOFF: ")
        self.assertEqual(terminal.end(), 1)
        self.assert_sane(terminal)
        self.assertNotRegex(terminal.screen.text, self.BAR)
        self.assertEqual(sorted(line.split(":")[0].strip() for line in terminal.screen.text.splitlines()),
                         ["broken", "ill", "ill", "quickctl", "slow"])

    def test_a_roll_shows_where_it_is(self):
        names = ["app:0", "app:1"]
        self.at_work(self.app(2), names=names)
        terminal = self.terminal("roll", "--stable=2", "--pause=2", "app:")
        terminal.until(rf"(?s)^  app:0: is it stable\?.*^{self.BAR}0/2")
        terminal.until(rf"(?s)^\[1/2\] app:0: restarted.*^{self.BAR}1/2  next in \d s  about \d+ s left")
        self.assertEqual(terminal.end(), 0)
        self.assert_sane(terminal)
        self.assertNotRegex(terminal.screen.text, self.BAR)
        self.assertEqual([line.split(":")[0] for line in terminal.screen.text.splitlines()],
                         ["[1/2] app", "[2/2] app", "done"])

    def test_ctrl_c_takes_the_display_away(self):
        self.supervise(sleeper("slow", autostart="false", startsecs=60))
        terminal = self.terminal("start", "slow")
        terminal.until(r"slow: STARTING")
        terminal.press("\x03")
        self.assertEqual(terminal.end(), 1)
        self.assert_sane(terminal)
        told = terminal.screen.text.replace("^C", "").strip()
        self.assertRegex(told, r"\Aslow: UNFINISHED \(interrupted: it has been told to start\)\Z")


if __name__ == "__main__":
    unittest.main()
