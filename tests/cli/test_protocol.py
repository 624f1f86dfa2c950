"""Every program as a listener: what it reads, however it comes, and what it answers."""

import re
import subprocess
import unittest

from support import events
from support.listeners import ARGUMENTS, for_each_program
from support.rig import OK, READY, Rig, environment, NO_SUPERVISORD
from support.workspace import Workspace, binary

CHARACTERS = "grüße 日本 🐟 "


class Protocol(Workspace):
    def listener(self, program, **options):
        return Rig(self, program, *ARGUMENTS[program], **options)


class WhatIsAcknowledged(Protocol):
    @for_each_program
    def test_an_event_that_comes_byte_by_byte(self, program):
        rig = self.listener(program)
        rig.send("REMOTE_COMMUNICATION", f"type:x\n{CHARACTERS}", chunk=1)
        rig.tick("TICK_5", chunk=1)
        rig.finish()
        self.assertNotIn("bad input", rig.stderr)

    @for_each_program
    def test_len_counts_characters_and_not_bytes(self, program):
        rig = self.listener(program)
        for _ in range(3):
            rig.send("PROCESS_LOG_STDOUT", f"processname:x groupname:x pid:1 channel:stdout\n{CHARACTERS * 99}")
        rig.send("REMOTE_COMMUNICATION", "")
        rig.finish()
        self.assertNotIn("bad input", rig.stderr)

    @for_each_program
    def test_header_tokens_nobody_knows_yet(self, program):
        rig = self.listener(program)
        rig.tick("TICK_5", extra="color:red future:1:2 :: lonely ")
        rig.finish()
        self.assertNotIn("bad input", rig.stderr)

    @for_each_program
    def test_binary_payloads_of_any_size(self, program):
        everything = "".join(map(chr, range(256)))
        rig = self.listener(program)
        for payload in (everything, everything * 8000, "\n" * 100, "ver:3.0 len:10\n"):
            rig.send("PROCESS_COMMUNICATION_STDOUT", payload)
        rig.finish()
        self.assertNotIn("bad input", rig.stderr)

    @for_each_program
    def test_a_thousand_events_in_one_write(self, program):
        rig = self.listener(program)
        burst = b"".join(events.envelope("PROCESS_STATE_STOPPED", "processname:x groupname:x from_state:STOPPING "
                                         "pid:1", serial) for serial in range(1000))
        rig.send_bytes(burst)
        for _ in range(1000):
            rig.expect(OK + READY)
        rig.finish()

    @for_each_program
    def test_gaps_in_the_serial_numbers(self, program):
        rig = self.listener(program)
        for serial in (1, 7, 3):
            rig.send_bytes(events.envelope("TICK_5", events.tick_payload(), serial))
            rig.expect(OK + READY)
        rig.finish()


class WhatIsNoEvent(Protocol):
    GARBAGE = {
        "a line of garbage": b"GET / HTTP/1.1\r\n",
        "a len that is no number": b"ver:3.0 serial:1 eventname:TICK_5 len:many\n",
        "a negative len": b"ver:3.0 serial:1 eventname:TICK_5 len:-5\n",
        "a len beyond all bounds": b"ver:3.0 serial:1 eventname:TICK_5 len:99999999999999999999999\n",
        "no len": b"ver:3.0 serial:1 eventname:TICK_5\n",
        "a megabyte without a newline": b"x" * (1 << 20) + b"\n",
        "a megabyte of a header": b"ver:3.0 server:" + b"y" * (1 << 20) + b" eventname:TICK_5 len:0\n",
        "bytes that are no text": bytes(range(256)) + b"\n",
    }

    def transcript(self, program, data):
        """All that the listener said from READY to its exit with 0, told `data` and then the end."""
        rig = self.listener(program)
        rig.send_bytes(data)
        rig.close_stdin()
        said = rig.process.stdout.readall()
        self.assertEqual(rig.wait_for_exit(), 0, rig.stderr)
        self.assertRegex(said, rb"\A(RESULT 2\nOK(READY\n)?)*\Z")
        return rig, said.count(OK)

    @for_each_program
    def test_empty_lines_are_passed_over(self, program):
        _, acknowledged = self.transcript(program, b"\n\n\n" + events.envelope("TICK_5", events.tick_payload()))
        self.assertEqual(acknowledged, 1)

    def check_recovery(self, program):
        good = events.envelope("TICK_5", events.tick_payload())
        for what, garbage in self.GARBAGE.items():
            with self.subTest(what):
                rig, acknowledged = self.transcript(program, garbage + good + good)
                self.assertIn(acknowledged, (2, 3))  # and perhaps one for the garbage
                complaints = [line for line in rig.log_lines if "bad input" in line]
                self.assertIn(len(complaints), (1, 2), rig.stderr)

    def test_memmon_says_so_once_and_takes_the_next_event(self):
        self.check_recovery("memmon")

    def test_httpok_says_so_once_and_takes_the_next_event(self):
        self.check_recovery("httpok")

    def test_crashmail_says_so_once_and_takes_the_next_event(self):
        self.check_recovery("crashmail")

    def test_essential_says_so_once_and_takes_the_next_event(self):
        self.check_recovery("essential")

    def test_the_batch_mailers_say_so_once_and_take_the_next_event(self):
        for program in ("crashmailbatch", "fatalmailbatch", "crashsms"):
            self.check_recovery(program)

    def test_ordered_startup_listener_says_so_once_and_takes_the_next_event(self):
        self.check_recovery("ordered-startup-listener")

    @for_each_program
    def test_a_process_event_without_its_fields_is_acknowledged(self, program):
        rig = self.listener(program)
        for payload in ("", "\n", "processname:", "groupname:x", "processname:x groupname:x pid:many expected:no"):
            for state in ("EXITED", "FATAL", "NONSENSE"):
                rig.send(f"PROCESS_STATE_{state}", payload)
        self.assertIsNone(rig.process.poll())


class HowItEnds(Protocol):
    @for_each_program
    def test_the_end_of_stdin_is_exit_0(self, program):
        whole = events.envelope("TICK_5", events.tick_payload())
        for length in (0, 10, len(whole) - 3, len(whole)):
            rig = self.listener(program)
            rig.send_bytes(whole[:length])
            rig.close_stdin()
            said = rig.process.stdout.readall()
            self.assertEqual(rig.wait_for_exit(), 0, rig.stderr)
            self.assertEqual(said.count(OK), 1 if length == len(whole) else 0)

    @for_each_program
    def test_sigterm_is_exit_0(self, program):
        for beginning in (b"", b"ver:3.0 serial:1 eventname:TICK_5 len:5\n12"):
            rig = self.listener(program)
            rig.send_bytes(beginning)
            rig.terminate()

    @for_each_program
    def test_sigterm_after_an_event_is_exit_0(self, program):
        rig = self.listener(program)
        rig.tick("TICK_5")
        rig.terminate()

    @for_each_program
    def test_a_supervisord_that_no_longer_reads_is_exit_0(self, program):
        rig = self.listener(program)
        rig.process.stdout.close()
        rig.send_bytes(events.envelope("TICK_5", events.tick_payload()))
        self.assertEqual(rig.wait_for_exit(), 0, rig.stderr)


class WithoutStandardDescriptors(Protocol):
    @for_each_program
    def test_a_full_disk_under_stderr_changes_nothing(self, program):
        with open("/dev/full", "wb") as full:
            rig = self.listener(program, stderr=full)
            rig.tick("TICK_5")
            rig.exited("web")
            rig.send_bytes(b"garbage\n")
            rig.process.stdin.close()
            said = rig.process.stdout.readall()
            self.assertRegex(said, rb"\A(RESULT 2\nOK(READY\n)?)?\Z")
            self.assertEqual(rig.wait_for_exit(), 0)

    def run_without(self, program, closed, data):
        """The listener with a descriptor closed from the start; gives what it wrote to stdout."""
        run = subprocess.run(["/bin/sh", "-c", f'exec "$0" "$@" {closed}', binary(program), *ARGUMENTS[program]],
                             input=data, capture_output=True, env=environment(NO_SUPERVISORD), timeout=30, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertFalse(re.search(rb"Sanitizer|runtime error:", run.stderr), run.stderr)
        return run.stdout

    @for_each_program
    def test_stderr_closed_at_the_start_changes_nothing(self, program):
        good = events.envelope("TICK_5", events.tick_payload())
        said = self.run_without(program, "2>&-", b"garbage\n" + good * 5)
        self.assertRegex(said, rb"\AREADY\n(RESULT 2\nOK(READY\n)?){5,6}\Z")

    @for_each_program
    def test_stdin_closed_at_the_start_is_the_end(self, program):
        self.assertIn(self.run_without(program, "<&-", b""), (b"READY\n", b""))

    @for_each_program
    def test_stdout_closed_at_the_start_loses_the_answers_and_harms_nothing_else(self, program):
        good = events.envelope("TICK_5", events.tick_payload())
        self.assertEqual(self.run_without(program, ">&-", good), b"")


if __name__ == "__main__":
    unittest.main()
