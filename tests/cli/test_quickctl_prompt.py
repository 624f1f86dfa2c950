"""quickctl at a terminal: the question for a password, and its own prompt."""

import re
import signal
import subprocess
import unittest

from support.quickctl import BARE
from support.roll import AtATerminal
from support.supervisord import PASSWORD, USER, program
from support.system import free_port
from support.workspace import binary


def sleeper(name, **keys):
    return program(name, "sleep 600", **keys)


class Passwords(AtATerminal):
    def setUp(self):
        super().setUp()
        self.supervise(sleeper("web"), unix=False, inet=free_port(), password=PASSWORD)
        self.supervisord.wait_for_state("web", "RUNNING")
        self.where = ("-s", self.supervisord.inet_url)

    def asked(self, *arguments, **options):
        """At the first question."""
        terminal = self.terminal(*arguments, server=self.where, **options)
        terminal.until(r"Username: \Z")
        self.assertTrue(terminal.echoes)
        return terminal

    def answer(self, terminal, user, password):
        shown = terminal.screen.text.count("Password:")
        terminal.press(user + "\n")
        terminal.until(r"(?s)(Password:.*){%d}\Z" % (shown + 1))
        self.assertFalse(terminal.echoes)
        terminal.press(password + "\n")

    def assert_over(self, terminal, status):
        self.assertEqual(terminal.end(), status, terminal.screen.text)
        self.assertEqual(terminal.settings, terminal.settings_before, "the terminal is as it was")
        self.assert_sane(terminal)

    def test_the_right_one_lets_it_in_and_is_never_shown(self):
        terminal = self.asked("restart", "web")
        self.assertIn(self.supervisord.inet_url, terminal.screen.text)
        self.answer(terminal, USER, PASSWORD)
        self.assert_over(terminal, 0)
        self.assertRegex(terminal.screen.text, r"(?m)^web: restarted, pid \d+, ")
        self.assertNotIn("s3cret", terminal.transcript.decode())

    def test_a_wrong_one_may_be_mended(self):
        terminal = self.asked("status")
        self.answer(terminal, USER, "wr0ng")
        terminal.until(r"(?s)Username: .*Username: \Z")
        self.answer(terminal, USER, PASSWORD)
        self.assert_over(terminal, 0)
        self.assertRegex(terminal.screen.text, r"(?m)^web +RUNNING ")
        self.assertNotIn("wr0ng", terminal.transcript.decode())

    def test_three_wrong_ones_are_the_end(self):
        terminal = self.asked("stop", "web")
        for number in range(1, 4):
            terminal.until(r"(?s)(Username: .*){%d}\Z" % number)
            self.answer(terminal, USER, "wr0ng")
        self.assert_over(terminal, 3)
        self.assertEqual(terminal.screen.text.count("Username:"), 3)
        self.assertRegex(terminal.screen.text, r"(?s)\nquickctl: supervisord at http.* refuses user and password")
        self.assertNotIn("wr0ng", terminal.transcript.decode())
        self.assertEqual(self.supervisord.state("web"), "RUNNING")

    def test_ctrl_c_at_either_question_ends_it_with_a_message(self):
        terminal = self.asked("status")
        terminal.press("\x03")
        self.assert_over(terminal, 3)
        self.assertRegex(re.sub(r"\s+", " ", terminal.screen.text), "quickctl: supervisord at .* wants a user and a "
                         "password, and no user and password were given")
        terminal = self.asked("status")
        terminal.press(USER + "\n")
        terminal.until(r"Password: \Z")
        terminal.press("half\x03")
        self.assert_over(terminal, 3)
        self.assertNotIn("half", terminal.transcript.decode())

    def test_ctrl_d_is_no_answer_either(self):
        terminal = self.asked("status")
        terminal.press("\x04")
        self.assert_over(terminal, 3)

    def test_a_signal_at_the_question_leaves_the_terminal_as_it_was(self):
        terminal = self.asked("status")
        terminal.press(USER + "\n")
        terminal.until(r"Password: \Z")
        terminal.process.send_signal(signal.SIGTERM)
        self.assertNotEqual(terminal.end(), 0)
        self.assertEqual(terminal.settings, terminal.settings_before)

    def test_what_is_printed_to_a_pipe_has_no_question_in_it(self):
        with open(self.dir / "out", "wb") as out:
            terminal = self.asked("--json", "status", stdout=out)
            self.answer(terminal, USER, PASSWORD)
            self.assert_over(terminal, 0)
        self.assertTrue((self.dir / "out").read_text(encoding="utf-8").startswith("["))

    def test_where_stdin_is_no_terminal_nobody_is_asked(self):
        terminal = self.terminal("status", server=self.where, stdin=subprocess.DEVNULL)
        self.assertEqual(terminal.end(), 3)
        self.assertNotIn("Username", terminal.screen.text)

    def test_a_roll_asks_as_well(self):
        terminal = self.asked("roll", "--pause=0", "web")
        self.answer(terminal, USER, PASSWORD)
        self.assert_over(terminal, 0)
        self.assertRegex(terminal.screen.text, "(?m)^done: all 1 ")

    def test_behind_the_prompt_it_asks_once(self):
        terminal = self.terminal("-i", server=self.where)
        terminal.until(r"quickctl> \Z")
        terminal.press("status\n")
        terminal.until(r"Username: \Z")
        self.answer(terminal, USER, PASSWORD)
        terminal.until(r"(?s)web +RUNNING .*quickctl> \Z")
        terminal.press("status web\n")
        terminal.until(r"(?s)(web +RUNNING .*){2}quickctl> \Z")
        terminal.press("quit\n")
        self.assert_over(terminal, 0)
        self.assertEqual(terminal.screen.text.count("Username:"), 1)


class Prompt(AtATerminal):
    def setUp(self):
        super().setUp()
        self.supervise(sleeper("web"), sleeper("db", autostart="false"))
        self.supervisord.wait_for_state("web", "RUNNING")

    def prompted(self):
        terminal = self.terminal("-i")
        terminal.until(r"\Aquickctl> \Z")
        return terminal

    def enter(self, terminal, line):
        """Until the next prompt; gives what was shown in between."""
        shown = len(terminal.screen.text)
        terminal.press(line + "\n")
        terminal.until(r"(?s)\A.{%d}.*\nquickctl> \Z" % shown)
        return terminal.screen.text[shown:].removeprefix(line).removesuffix("quickctl> ").strip()

    def test_commands_are_carried_out_one_by_one(self):
        terminal = self.prompted()
        self.assertRegex(self.enter(terminal, "status web"), r"\Aweb +RUNNING +pid \d+, uptime .*\Z")
        self.assertRegex(self.enter(terminal, "start db"), r"\Adb: started, pid \d+, ")
        self.assertEqual(self.enter(terminal, ""), "")
        self.assertRegex(self.enter(terminal, "  stop   --quiet  web "), r"\A\Z")
        self.assertIn("restart", self.enter(terminal, "help"))
        self.assertEqual([self.supervisord.state(name) for name in ("db", "web")], ["RUNNING", "STOPPED"])
        terminal.press("quit\n")
        self.assertEqual(terminal.end(), 0)

    def test_the_exit_status_is_that_of_the_last_command(self):
        for lines, status in ((["start nobody"], 1), (["start nobody", "status"], 0), (["fly"], 2), ([], 0)):
            for ending in ("quit\n", "exit\n", "\x04"):
                with self.subTest((lines, ending)):
                    terminal = self.prompted()
                    for line in lines:
                        self.enter(terminal, line)
                    terminal.press(ending)
                    self.assertEqual(terminal.end(), status)

    def test_what_is_wrong_is_told_and_the_prompt_stays(self):
        terminal = self.prompted()
        for line, told in (("fly web", "'fly'"), ("start", "start what"), ("stop --frobnicate", "--frobnicate"),
                           ("status -c /etc/x", "--configuration belongs before the prompt"),
                           ("-s http://127.0.0.1:1 status", "belongs before the prompt"),
                           ("status -i", "belongs before the prompt")):
            shown = self.enter(terminal, line)
            self.assertRegex(shown, r"\Aquickctl: ")
            self.assertIn(told, shown)
        terminal.press("\x04")
        self.assertEqual(terminal.end(), 2)

    def test_ctrl_c_ends_the_command_and_not_the_prompt(self):
        self.supervisord.rpc.stopProcess("web")
        terminal = self.prompted()
        terminal.press("roll --pause=600 db web\n")
        terminal.until(r"next in \d+ ")
        terminal.press("\x03")
        terminal.until(r"(?s)INTERRUPTED after .*quickctl> \Z")
        self.assertRegex(self.enter(terminal, "status web"), "web +")
        terminal.press("quit\n")
        self.assertEqual(terminal.end(), 0)

    def test_ctrl_c_at_the_prompt_ends_it(self):
        terminal = self.prompted()
        self.enter(terminal, "status")
        terminal.press("\x03")
        self.assertNotEqual(terminal.end(), 0)

    def test_other_commands_on_the_command_line_are_refused(self):
        for arguments in (("-i", "status"), ("-i", "--json"), ("--batch=1", "-i")):
            status, out, err = self.run_with("-c", self.supervisord.config, *arguments)
            self.assertEqual((status, out), (2, ""), err)

    def test_from_a_pipe_there_is_no_prompt(self):
        for text, status, lines in (
                ("start db\nstatus db\n", 0, (r"db: started, .*", r"db +RUNNING .*")),
                ("stop db\nquit\nstatus\n", 0, (r"db: stopped, .*",)),
                ("status db\nstop nobody", 1, (r"db +STOPPED .*",)),
                ("", 0, ())):
            with self.subTest(text):
                done = subprocess.run([binary("quickctl"), "-c", self.supervisord.config, "-i"], input=text.encode(),
                                      env=BARE, capture_output=True, timeout=60, check=False)
                self.assert_told(self._told(("-i",), done.returncode, done.stdout, done.stderr), status, *lines,
                                 err="'nobody'" if "nobody" in text else "")


if __name__ == "__main__":
    unittest.main()
