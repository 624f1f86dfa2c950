"""keenlance_supervisor.py inside supervisorctl: quickstart, quickstop, quickrestart, quickroll."""

import os
import signal
import unittest

from support.plugin import Plugin, plugin_environment, sleeper
from support.supervisord import PASSWORD, USER, actor
from support.system import command_line, descendants, free_port
from support.terminal import Terminal
from support.workspace import PATIENCE


class InsideSupervisorctl(Plugin):
    def two(self, **options):
        self.supervise(sleeper("web", autostart="false"), sleeper("db", autostart="false"), **options)

    def test_it_starts_stops_and_restarts_by_patterns(self):
        self.two()
        status, out = self.supervisorctl("quickstart", "w*", "db")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^web: started, pid \d+")
        pid = self.supervisord.pid("web")
        status, out = self.supervisorctl("quickrestart", "all")
        self.assertEqual((status, len(out.splitlines())), (0, 2))
        self.assertNotIn(self.supervisord.pid("web"), (0, pid))
        status, out = self.supervisorctl("quickstop", "web", "db:")
        self.assertEqual(status, 0)
        self.assertEqual([self.supervisord.state(name) for name in ("web", "db")], ["STOPPED"] * 2)

    def test_it_works_over_tcp_with_a_password_that_no_command_line_shows(self):
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60), unix=False, inet=free_port(),
                       password=PASSWORD)
        pid = self.supervisord.wait_for_size("stubborn", 20)
        self.addCleanup(lambda: os.path.exists(f"/proc/{pid}") and os.kill(pid, signal.SIGKILL))
        running = self.begin_supervisorctl("quickrestart", "stubborn", config=self.control(password=PASSWORD))
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        lines = "\n".join(map(command_line, [running.pid, *descendants(running.pid)]))
        self.assertRegex(lines, "quickctl .*stubborn")
        self.assertNotIn(PASSWORD, lines)
        os.kill(pid, signal.SIGKILL)
        out = running.communicate(timeout=PATIENCE)[0].decode()
        self.assertEqual(running.returncode, 0, out)
        self.assertRegex(out, r"stubborn: restarted, pid \d+")

    def test_a_wrong_password_is_supervisorctls_own_business(self):
        self.supervise(sleeper("web"), unix=False, inet=free_port(), password=PASSWORD)
        for password in (None, "wrong"):
            status, out = self.supervisorctl("quickstop", "web", config=self.control(password=password))
            self.assertEqual(status, 1)
            self.assertTrue(out.startswith("Server requires authentication\n"), out)
        status, out = self.supervisorctl("-u", USER, "-p", PASSWORD, "quickstop", "web", config=self.control())
        self.assertEqual(status, 0, out)

    def test_a_login_of_the_environment_does_not_count_as_it_does_not_for_supervisorctl(self):
        self.two(unix=False, inet=free_port())
        env = {"SUPERVISOR_USERNAME": "other", "SUPERVISOR_PASSWORD": "s3cret"}
        shown = self.write("show", "#!/bin/sh\necho \"[$SUPERVISOR_USERNAME][$SUPERVISOR_PASSWORD]\"\n", 0o755)
        config = self.control(section=f"quickctl={shown}\n")
        self.assertEqual(self.supervisorctl("quickstop", "web", config=config, env=env), (0, "[][]\n"))

    def test_where_nobody_listens_supervisorctl_says_so_as_ever(self):
        url = f"unix://{self.dir}/none.sock"
        status, out = self.supervisorctl("quickstop", "web", config=self.control(url))
        self.assertEqual((status, out), (7, f"{url} no such file\n"))

    def test_what_fails_makes_the_exit_status(self):
        self.two()
        status, out = self.supervisorctl("quickstart", "nope", "web")
        self.assertEqual(status, 1)
        self.assertIn("'nope'", out)
        self.assertEqual(self.supervisord.state("web"), "RUNNING")
        status, out = self.supervisorctl("quickstart", "--frobnicate", "web")
        self.assertEqual(status, 2)
        self.assertIn("--frobnicate", out)

    def test_it_rolls(self):
        self.supervise(sleeper("app", numprocs=2, process_name="%(process_num)d"))
        before = [self.supervisord.wait_for_state(name, "RUNNING") for name in ("app:0", "app:1")]
        status, out = self.supervisorctl("quickroll", "--pause", "0", "app:")
        self.assertEqual(status, 0, out)
        for name, pid in zip(("app:0", "app:1"), before):
            self.assertEqual(self.supervisord.state(name), "RUNNING")
            self.assertNotIn(self.supervisord.pid(name), (0, pid))

    def test_options_of_quickctl_may_go_before_the_names(self):
        self.two()
        status, out = self.supervisorctl("quickstart", "--dry-run", "web")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\Aweb +STOPPED +would be started\n\Z")
        self.assertEqual(self.supervisord.state("web"), "STOPPED")

    def test_without_a_name_it_says_how_it_is_meant(self):
        self.two()
        for command in ("quickstart", "quickstop", "quickrestart", "quickroll"):
            with self.subTest(command):
                status, out = self.supervisorctl(command)
                self.assertEqual(status, 2)
                self.assertIn(f"Error: {command} requires a process name", out)
                self.assertIn(f"{command} <name>...", out)

    def test_each_has_a_help(self):
        self.two()
        commands = ("quickstart", "quickstop", "quickrestart", "quickroll")
        _, out = self.supervisorctl("help")
        self.assertIn("quick commands (type help <topic>):", out)
        for command in commands:
            self.assertIn(command, out)
            self.assertIn(f"{command} <name>...\t", self.supervisorctl("help", command)[1])

    def test_what_it_prints_stands_between_what_supervisorctl_prints_before_and_after(self):
        self.two()
        status, out = self.supervisorctl(stdin="version\nquickstart web\nversion\nquickstop web\nversion\nquit\n")
        kinds = [next((kind for kind in ("4.", "web: started", "web: stopped") if kind in line), None)
                 for line in out.replace("supervisor> ", "").splitlines()]
        self.assertEqual([kind for kind in kinds if kind], ["4.", "web: started", "4.", "web: stopped", "4."], out)

    def test_a_quickctl_that_is_not_there_is_one_clear_line(self):
        self.two()
        plain = self.write("plain", "text")
        for path, why in (("/nonexistent/quickctl", "No such file"), (plain, "Permission denied")):
            status, out = self.supervisorctl("quickstart", "web", config=self.control(section=f"quickctl={path}\n"))
            self.assertEqual(status, 5)
            self.assertRegex(out, rf"\AError: cannot run {path}: {why}.*\[ctlplugin:quick\]\n\Z")

    def test_quickctl_is_the_configured_one_else_that_on_the_path_else_its_neighbour(self):
        self.two()
        tell = self.write("path/quickctl", "#!/bin/sh\necho \"$0 $*\"\n", 0o755)
        configured = self.write("mine", "#!/bin/sh\necho \"$0 $*\"\n", 0o755)
        words = f"-s {self.supervisord.url} stop web"
        path = {"PATH": f"{self.dir}/path:{os.environ['PATH']}"}
        config = self.control(section=f"quickctl={configured}\n")
        self.assertEqual(self.supervisorctl("quickstop", "web", config=config, env=path),
                         (0, f"{configured} {words}\n"))
        self.assertEqual(self.supervisorctl("quickstop", "web", env=path), (0, f"{tell} {words}\n"))
        if plugin_environment():
            status, out = self.supervisorctl("quickstop", "web", env={"PATH": "/nonexistent"})
            self.assertEqual((status, out), (0, "web: already stopped\n"))

    def test_ctrl_c_reaches_quickctl_and_the_shell_of_supervisorctl_lives_on(self):
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60))
        pid = self.supervisord.wait_for_size("stubborn", 20)
        self.addCleanup(lambda: os.path.exists(f"/proc/{pid}") and os.kill(pid, signal.SIGKILL))
        terminal = Terminal(self, *self.supervisorctl_command())
        terminal.wait_for("supervisor> ")
        terminal.type("quickstop stubborn\n")
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        terminal.type("\x03")
        terminal.wait_for("UNFINISHED")
        terminal.wait_for("supervisor> ")
        terminal.type("version\n")
        terminal.wait_for("4.")
        terminal.wait_for("supervisor> ")
        terminal.type("\x03")  # at the prompt it means to supervisorctl what it always did
        self.assertEqual(terminal.process.wait(PATIENCE), 0)
        self.assertNotIn("Traceback", terminal.seen)


if __name__ == "__main__":
    unittest.main()
