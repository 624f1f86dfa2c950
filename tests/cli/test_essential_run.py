"""`essential run`: the first process of a container, with and without a supervisord below it."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import unittest
import xmlrpc.client
from pathlib import Path

from support.supervisord import Supervisord, actor, listener
from support.system import command_line, descendants, die_with_parent, is_alive, kill_all
from support.workspace import PATIENCE, Workspace, binary, wait_until

SIGNALS = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH")
# Notes each signal in a file, and ends when it is told "end" there.
NOTING = """
import os, signal, sys
def note(number, frame):
    with open(sys.argv[1], "a") as file:
        file.write(signal.Signals(number).name[3:] + "\\n")
for name in sys.argv[2:]:
    signal.signal(getattr(signal, "SIG" + name), note)
print("ready", flush=True)
while not os.path.exists(sys.argv[1] + ".end"):
    signal.sigtimedwait([], 0.02)
"""
# Begets orphans that end at once, and then waits to be ended.
STORM = """
import os, signal, sys
for _ in range(int(sys.argv[1])):
    if (child := os.fork()) == 0:
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)
print("ready", flush=True)
signal.pause()
"""


class Run(Workspace):
    def start(self, *command, prefix=(), env=None, **options):
        process = subprocess.Popen([*prefix, binary("essential"), "run", "--", *command], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "TMPDIR": str(self.dir), **(env or {})},
                                   preexec_fn=die_with_parent, **options)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        begotten = descendants(process.pid)
        process.kill()
        process.communicate()
        kill_all(begotten)

    def run_to_its_end(self, *command, **options):
        process = self.start(*command, **options)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def python(self, text, *arguments):
        return (sys.executable, "-S", "-E", "-c", text, *map(str, arguments))

    def assert_tidy(self):
        self.assertEqual(list(self.dir.glob("keenlance-*")), [])


class HowItEnds(Run):
    def test_with_the_status_of_the_command(self):
        for status in (0, 1, 3, 255):
            self.assertEqual(self.run_to_its_end("sh", "-c", f"exit {status}"), (status, "", ""))
        self.assert_tidy()

    def test_with_128_and_the_signal_that_ended_it(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
            self.assertEqual(self.run_to_its_end("sh", "-c", f"kill -{int(number)} $$")[0], 128 + number)

    def test_with_127_or_126_where_it_could_not_be_started(self):
        for command, status in (("/nonexistent/x", 127), ("nonexistent-x", 127), ("/etc/passwd", 126), ("/", 126)):
            code, out, err = self.run_to_its_end(command)
            self.assertEqual((code, out, len(err.splitlines())), (status, "", 1), err)
            self.assertIn(command, err)
        self.assert_tidy()

    def test_with_the_status_that_was_recorded(self):
        code, _, err = self.run_to_its_end("sh", "-c", "echo 9 > $KEENLANCE_STATUS_FILE")
        self.assertEqual(code, 9)
        self.assertIn("9, as essential recorded", err)
        self.assert_tidy()

    def test_what_is_no_status_is_not_taken_for_one(self):
        for deed in ("echo 256 >", "echo -1 >", "echo x >", ": >", "echo 00000000000000000000001 >", "mkfifo",
                     "mkdir", "ln -s /etc/hostname"):
            code = self.run_to_its_end("sh", "-c", f"{deed} $KEENLANCE_STATUS_FILE; exit 5")[0]
            self.assertEqual(code, 5, deed)
        self.assert_tidy()

    def test_that_of_another_run_above_is_left_alone(self):
        inner = binary("essential")
        code, _, _ = self.run_to_its_end(inner, "run", "--", "sh", "-c", "echo 9 > $KEENLANCE_STATUS_FILE")
        self.assertEqual(code, 9)
        code, _, _ = self.run_to_its_end("sh", "-c", f"{inner} run sh -c 'echo 9 > $KEENLANCE_STATUS_FILE'; exit 4")
        self.assertEqual(code, 4)

    def test_options_behind_the_command_are_the_commands(self):
        for words in (("sh", "-c", "exit 3"), ("--", "sh", "-c", "exit 3")):
            done = subprocess.run([binary("essential"), "run", *words], check=False)
            self.assertEqual(done.returncode, 3)

    def test_wrong_usage_is_exit_2_and_one_line(self):
        for words in ((), ("--",), ("--wait", "5", "--", "true"), ("--", "")):
            done = subprocess.run([binary("essential"), "run", *words], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), done.stderr)

    def test_help_and_version_are_its_own(self):
        for word, beginning in (("--help", "Runs supervisord"), ("--version", "essential run (keenlance)")):
            done = subprocess.run([binary("essential"), "run", word], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(beginning), done.stdout)


class Signals(Run):
    def setUp(self):
        super().setUp()
        self.notes = self.dir / "notes"

    def noted(self):
        return self.notes.read_text().split() if self.notes.exists() else []

    def end(self):
        Path(f"{self.notes}.end").touch()

    def test_each_is_handed_on(self):
        process = self.start(*self.python(NOTING, self.notes, *SIGNALS))
        process.stdout.readline()
        for count, name in enumerate(SIGNALS, start=1):
            process.send_signal(getattr(signal, "SIG" + name))
            wait_until(lambda: len(self.noted()) == count, lambda: f"SIG{name}, have {self.noted()}")
        self.assertEqual(self.noted(), list(SIGNALS))
        self.end()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_one_that_was_ignored_or_blocked_around_it_is_so_for_the_command_and_no_more(self):
        status = self.dir / "status"
        self.run_to_its_end("cp", "/proc/self/status", status)
        masks = dict(line.split(":\t") for line in status.read_text().splitlines() if line.startswith("SigBlk"))
        mine = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines()
                    if line.startswith("SigBlk"))
        self.assertEqual(masks, mine)

    def test_ctrl_c_reaches_the_command_once(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(binary("essential"), ["essential", "run", "--", *self.python(NOTING, self.notes, "INT")])
        self.addCleanup(os.close, terminal)
        self.addCleanup(lambda: kill_all([pid]))
        self.assertIn(b"ready", os.read(terminal, 100))
        for count in (1, 2):
            os.write(terminal, b"\x03")
            wait_until(lambda: len(self.noted()) >= count, "a signal")
        self.end()
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(self.noted(), ["INT", "INT"])


class Orphans(Run):
    def children(self, process):
        """The states of its direct children."""
        states = []
        for pid in descendants(process.pid):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == process.pid:
                states.append(fields[0])
        return states

    def memory(self, process):
        return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])

    @unittest.skipUnless(sys.platform == "linux", "only Linux gives orphans to others than pid 1")
    def test_ten_thousand_that_end_at_once_are_all_waited_for_and_leave_nothing(self):
        process = self.start(*self.python(STORM, 10_000))
        process.stdout.readline()
        wait_until(lambda: self.children(process) == ["S"], lambda: f"one child, has {self.children(process)}")
        self.assertEqual(len(os.listdir(f"/proc/{process.pid}/fd")), 3)
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 128 + signal.SIGTERM)

    @unittest.skipUnless(sys.platform == "linux", "only Linux gives orphans to others than pid 1")
    def test_a_signal_is_handed_on_in_the_middle_of_them(self):
        process = self.start(*self.python(STORM, 1_000_000))
        wait_until(lambda: len(self.children(process)) > 0, "the storm")
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 128 + signal.SIGTERM)


class WithSupervisord(Run):
    def container(self, *sections, prefix=()):
        return Supervisord(self, *sections, prefix=(*prefix, binary("essential"), "run", "--"),
                           environment={"TMPDIR": str(self.dir)})

    def supervisord_of(self, container):
        return int((container.dir / "supervisord.pid").read_text())

    def test_sigterm_is_a_clean_end_with_0(self):
        container = self.container(actor("web", "hold 4"))
        container.wait_for_state("web", "RUNNING")
        container.process.terminate()
        self.assertEqual(container.process.wait(PATIENCE), 0)
        self.assertIn("stopped: web", container.log)
        self.assert_tidy()

    def test_a_supervisord_that_is_killed_makes_it_137(self):
        container = self.container(actor("web", "hold 4"))
        web = container.wait_for_state("web", "RUNNING")
        self.addCleanup(lambda: kill_all([web]))
        os.kill(self.supervisord_of(container), signal.SIGKILL)
        self.assertEqual(container.process.wait(PATIENCE), 137)
        self.assert_tidy()

    def test_sighup_makes_supervisord_reload_and_nothing_end(self):
        container = self.container(actor("web", "hold 4"),
                                   listener("essential", f"{binary('essential')} -a", "PROCESS_STATE"))
        pid = container.wait_for_state("web", "RUNNING")
        container.process.send_signal(signal.SIGHUP)

        def again():
            try:
                return container.pid("web") not in (0, pid)
            except (OSError, xmlrpc.client.Error):  # neither is there for a moment
                return False
        wait_until(again, "another web")
        self.assertIsNone(container.process.poll())
        container.process.terminate()
        self.assertEqual(container.process.wait(PATIENCE), 0)

    def test_a_supervisord_that_goes_into_the_background_is_told_of_minus_n(self):
        config = self.write("supervisord.conf", f"[supervisord]\nlogfile={self.dir}/log\npidfile={self.dir}/pid\n")
        # Its files on its own account: the pipes of this test would stay open in the daemon.
        with open(self.dir / "err", "wb") as err:
            process = subprocess.Popen(
                [binary("essential"), "run", sys.executable, "-m", "supervisor.supervisord", "-c", config],
                stderr=err, stdout=err, stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(self.dir)})
            self.assertEqual(process.wait(PATIENCE), 0)
        daemon = int(wait_until(lambda: (self.dir / "pid").exists() and (self.dir / "pid").read_text(), "its pid"))
        self.assertTrue(is_alive(daemon))
        os.kill(daemon, signal.SIGTERM)
        self.assertIn("add -n", (self.dir / "err").read_text())

    def test_as_pid_1_it_is_the_same(self):
        prefix = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
        if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
            self.skipTest("pid namespaces are not permitted here")
        essential = listener("essential", f"{binary('essential')} -p web", "PROCESS_STATE")
        container = self.container(actor("web", "exit 3 0.5", autorestart="false"), essential, prefix=prefix)
        wait_until(lambda: container.process.poll() is not None, "the end")
        self.assertEqual(container.process.returncode, 3)

        storm = self.start(*self.python(STORM, 2000), prefix=prefix)
        storm.stdout.readline()
        init = next(pid for pid in descendants(storm.pid) if "essential" in command_line(pid))
        wait_until(lambda: len(descendants(init)) == 1, lambda: f"one child of pid 1, has {len(descendants(init))}")
        os.kill(init, signal.SIGTERM)
        self.assertEqual(storm.wait(PATIENCE), 128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
