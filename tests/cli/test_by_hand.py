"""Every program as a person meets it at a shell prompt: by hand on a terminal, --help, --version, wrong options.

The texts of --help are kept in golden/; KEENLANCE_RECORD=1 in the environment writes them anew.
"""

import json
import os
import pty
import re
import subprocess
import unittest
from pathlib import Path

from support.listeners import ARGUMENTS, for_each_program, for_each_program_and_command
from support.rig import INHERITED, NO_SUPERVISORD, environment
from support.workspace import BATCH_PROGRAMS, COMMANDS, PROGRAMS, Workspace, binary

GOLDEN = Path(__file__).with_name("golden")
BARE = {name: os.environ[name] for name in INHERITED if name in os.environ}


class ByHand(Workspace):
    def run_program(self, program, *arguments, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
        done = subprocess.run([binary(program), *arguments], env=BARE if env is None else env, stdin=stdin,
                              stdout=stdout, stderr=subprocess.PIPE, timeout=30, check=False)
        self.assertFalse(re.search(rb"Sanitizer|runtime error:", done.stderr), done.stderr)
        return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


class WithoutSupervisord(ByHand):
    def assert_introduces_itself(self, program, status, out, err):
        self.assertEqual((status, out), (3, ""))
        self.assertEqual(len(err.splitlines()), 2, err)
        self.assertTrue(err.startswith(program + ":"), err)
        self.assertIn(f"[eventlistener:{program}]", err)
        self.assertIn("command=", err)
        self.assertIn("events=", err)

    @for_each_program
    def test_on_a_terminal_each_says_in_two_lines_what_it_is(self, program):
        for arguments in ((), ARGUMENTS[program]):
            for env in (BARE, environment(NO_SUPERVISORD)):
                master, slave = pty.openpty()
                try:
                    result = self.run_program(program, *arguments, env=env, stdin=slave)
                finally:
                    os.close(slave)
                    os.close(master)
                self.assert_introduces_itself(program, *result)

    @for_each_program
    def test_in_a_script_without_supervisord_each_says_the_same(self, program):
        self.assert_introduces_itself(program, *self.run_program(program, *ARGUMENTS[program]))

    def test_without_a_server_to_call_those_that_must_call_say_so(self):
        for program in ("memmon", "httpok", "essential", "ordered-startup-listener"):
            with self.subTest(program):
                env = {**BARE, "SUPERVISOR_ENABLED": "1"}
                status, out, err = self.run_program(program, *ARGUMENTS[program], env=env)
                self.assertEqual((status, out), (3, ""))
                self.assertIn("SUPERVISOR_SERVER_URL", err)
                self.assertEqual(len(err.splitlines()), 1)


class HelpAndVersion(ByHand):
    @for_each_program_and_command
    def test_help_is_the_golden_text_on_stdout(self, program):
        golden = GOLDEN / f"{program}.help"
        status, out, err = self.run_program(program, "--help")
        self.assertEqual((status, err), (0, ""))
        if os.environ.get("KEENLANCE_RECORD"):
            golden.write_text(out, encoding="utf-8")
        self.assertEqual(out, golden.read_text(encoding="utf-8"))
        self.assertLessEqual(max(map(len, out.splitlines())), 80)

    @for_each_program_and_command
    def test_help_has_a_short_name_and_wins_over_everything_else_on_the_line(self, program):
        text = self.run_program(program, "--help")
        for arguments in (("-h",), ("--hel",), (*ARGUMENTS[program], "-h")):
            self.assertEqual(self.run_program(program, *arguments), text)
            self.assertEqual(self.run_program(program, *arguments, env=environment(NO_SUPERVISORD)), text)

    @for_each_program_and_command
    def test_version_names_the_program_and_the_suite(self, program):
        status, out, err = self.run_program(program, "--version")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, rf"\A{program} \(keenlance\) \d+\.\d+\.\d+\n\Z")

    @for_each_program_and_command
    def test_help_that_cannot_be_written_is_no_success(self, program):
        with open("/dev/full", "wb") as full:
            self.assertNotEqual(self.run_program(program, "--help", stdout=full)[0], 0)


class PlanOfAnOrderedStart(ByHand):
    """ordered-startup-listener from a shell, where no supervisord runs."""

    SOUND = """[supervisord]
[program:web]
command=/bin/true
autostart=false
dependent_startup=true
dependent_startup_wait_for=db:running
[program:db]
command=/bin/true
autostart=false
dependent_startup=true
keenlance_ready=tcp://127.0.0.1:5432
"""
    UNSOUND = SOUND + "[program:lost]\ncommand=/bin/true\nautostart=false\ndependent_startup=true\n" \
                      "dependent_startup_wait_for=nowhere\n"

    def plan(self, text, *arguments, **options):
        self.config = self.write("supervisord.conf", text)
        return self.run_program("ordered-startup-listener", "-c", self.config, *arguments, **options)

    def test_a_sound_plan_is_printed_in_waves_and_exit_0(self):
        status, out, err = self.plan(self.SOUND, "--plan")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.splitlines(), [
            f"{self.config}: 2 programs in 2 waves",
            "wave 1",
            "  db   at once; ready by tcp://127.0.0.1:5432; at most 1 min 30 s",
            "wave 2",
            "  web  after db:running"])

    def test_it_is_the_same_on_a_terminal_and_under_supervisord(self):
        bare = self.plan(self.SOUND, "--plan")
        master, slave = pty.openpty()
        try:
            self.assertEqual(self.plan(self.SOUND, "--plan", stdin=slave), bare)
        finally:
            os.close(slave)
            os.close(master)
        self.assertEqual(self.plan(self.SOUND, "--plan", env=environment(NO_SUPERVISORD)), bare)

    def test_an_unsound_plan_is_exit_1_and_tells_file_line_section_and_key(self):
        status, out, err = self.plan(self.UNSOUND, "--plan")
        self.assertEqual(status, 1)
        self.assertIn("3 programs in 2 waves", out)
        self.assertEqual(len(err.splitlines()), 1, err)
        for part in (f"{self.config} line 16", "[program:lost]", "dependent_startup_wait_for", "'nowhere'"):
            self.assertIn(part, err)

    def test_a_plan_for_tools_is_one_json_object_or_one_graph(self):
        status, out, _ = self.plan(self.UNSOUND, "--plan=json")
        plan = json.loads(out)
        self.assertEqual((status, plan["sound"], len(plan["problems"])), (1, False, 1))
        self.assertEqual(plan["waves"], [["db", "lost"], ["web"]])
        status, out, _ = self.plan(self.SOUND, "--plan=dot")
        self.assertEqual(status, 0)
        self.assertRegex(out, r'(?s)\Adigraph startup \{.*"db" -> "web" \[label="running"\];\n\}\n\Z')

    def test_a_configuration_that_cannot_be_read_is_exit_1_and_one_line(self):
        for text in (b"\xff\xfe", "[program:x]\n", "nonsense\n"):
            status, out, err = self.plan(text, "--plan")
            self.assertEqual((status, out, len(err.splitlines())), (1, "", 1), err)
        status, _, err = self.run_program("ordered-startup-listener", "--plan", f"{self.dir}/none.conf")
        self.assertEqual(status, 1)
        self.assertIn("none.conf", err)

    def test_a_plan_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.plan(self.SOUND, "--plan", stdout=full)[0], 1)

    def test_stopping_in_order_without_a_supervisord_is_exit_3(self):
        unix = f"[unix_http_server]\nfile={self.dir}/none.sock\n"
        for text, mention in ((self.SOUND, "[unix_http_server]"), (self.SOUND + unix, "none.sock")):
            status, out, err = self.plan(text, "--stop")
            self.assertEqual((status, out), (3, ""))
            self.assertIn(mention, err)


class WrongOptions(ByHand):
    def assert_refused(self, program, arguments, *mentions):
        """Exit 2 and one line on stderr that names the program, what is wrong, and the mend."""
        with self.subTest((program, arguments)):
            for env in (BARE, environment(NO_SUPERVISORD)):
                status, out, err = self.run_program(program, *arguments, env=env)
                if env is BARE and status == 3:
                    continue  # by hand it may introduce itself before it looks at what an option means
                self.assertEqual((status, out), (2, ""), err)
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertTrue(err.startswith(program), err)
                for mention in mentions:
                    self.assertIn(mention, err)

    def test_an_unknown_option_is_named(self):
        for program in PROGRAMS + COMMANDS:
            self.assert_refused(program, (*ARGUMENTS[program], "--frobnicate"), "--frobnicate", "--help")
            self.assert_refused(program, (*ARGUMENTS[program], "-Z"), "-Z", "--help")

    def test_a_misspelled_option_is_told_its_right_name(self):
        self.assert_refused("memmon", ("-a", "1MB", "--emial=x"), "--emial", "--email")
        self.assert_refused("httpok", ("--timout=3", "http://x/"), "--timout", "--timeout")
        self.assert_refused("crashmailbatch", ("--tomail=x",), "--tomail", "--toEmail")

    def test_a_beginning_that_could_be_several_options_names_them(self):
        self.assert_refused("httpok", ("--co", "200", "http://x/"), "--co", "--code", "--coredir")

    def test_a_missing_value_is_named(self):
        self.assert_refused("memmon", ("-a",), "-a")
        self.assert_refused("httpok", ("http://x/", "--timeout"), "--timeout")
        self.assert_refused("crashmail", ("-m",), "-m")
        self.assert_refused("ordered-startup-listener", ("--when-done",), "--when-done")

    def test_a_value_for_an_option_that_takes_none_is_named(self):
        self.assert_refused("memmon", ("-a", "1MB", "--cumulative=yes"), "--cumulative")

    def test_a_size_that_is_none_is_named_and_a_right_one_shown(self):
        for size in ("lots", "-5MB", "", "5XB", "MB", "99999999999999999999GB"):
            self.assert_refused("memmon", ("-a", size), "-a", "B")
            self.assert_refused("memmon", ("-p", f"web={size}"), "-p")

    def test_a_limit_without_a_name_or_a_size_is_named(self):
        for pair in ("web", "=5MB", "200MB"):
            self.assert_refused("memmon", ("-p", pair), "-p", "=")

    def test_memmon_with_nothing_to_watch_says_what_it_needs(self):
        self.assert_refused("memmon", ("-m", "x@example.com"), "-p", "-g", "-a")

    def test_essential_with_nothing_to_watch_or_a_word_it_does_not_know_says_so(self):
        self.assert_refused("essential", ("--wait", "5"), "-p", "-g", "-a")
        self.assert_refused("essential", ("-p", "web", "--wait", "soon"), "--wait", "soon")
        self.assert_refused("essential", ("-p", "web", "--states", "FATAL,BACKOFF"), "--states", "BACKOFF", "EXITED")
        self.assert_refused("essential", ("-g", "app:web"), "-g", "app:web", "-p")
        self.assert_refused("essential", ("-p", ""), "-p")

    def test_an_uptime_that_is_none_is_named(self):
        self.assert_refused("memmon", ("-a", "1MB", "-u", "soon"), "-u", "soon")

    def test_httpok_without_a_url_or_with_two_or_with_another_kind_says_so(self):
        self.assert_refused("httpok", ("-p", "web"), "URL")
        self.assert_refused("httpok", ("-p", "web", "http://a/", "http://b/"), "http://b/")
        for url in ("ftp://a/", "a:80", "http://", "/path"):
            self.assert_refused("httpok", ("-p", "web", url), url)

    def test_httpok_numbers_that_are_none_are_named(self):
        for option, value in (("-t", "soon"), ("-t", "0"), ("-t", "-1"), ("-c", "ok"), ("-c", "20000")):
            self.assert_refused("httpok", (option, value, "http://x/"), option)

    def test_a_batch_mailer_without_its_addresses_names_the_option(self):
        for program in BATCH_PROGRAMS:
            self.assert_refused(program, ("-f", "a@example.com"), "-t")
            self.assert_refused(program, ("-t", "a@example.com"), "-f")

    def test_a_word_that_an_option_does_not_know_is_named_with_those_it_does(self):
        for option, value, known in (("--error-action", "abort", "ignore"), ("--when-done", "sleep", "follow"),
                                     ("--plan", "svg", "dot")):
            self.assert_refused("ordered-startup-listener", (f"{option}={value}",), option, value, known)

    def test_a_second_configuration_is_named(self):
        for arguments in (("a.conf", "b.conf"), ("-c", "a.conf", "b.conf")):
            self.assert_refused("ordered-startup-listener", arguments, "b.conf")

    def test_a_batch_mailers_values_that_are_none_are_named(self):
        addresses = ("-t", "a@example.com", "-f", "b@example.com")
        for option, value in (("-i", "often"), ("-i", "-1"), ("-e", "TICK_7"), ("-e", "PROCESS_STATE")):
            self.assert_refused("crashmailbatch", (*addresses, option, value), option, value)


if __name__ == "__main__":
    unittest.main()
