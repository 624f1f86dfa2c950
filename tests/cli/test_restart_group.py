"""supervisorctl_restart_group: its old words and exit codes, without a plugin in supervisord."""

import os
import signal
import socket
import threading
import unittest
from pathlib import Path

from support.quickctl import BARE, Quickctl, shell
from support.supervisord import PASSWORD, USER, actor, program
from support.system import free_port
from support.terminal import Terminal
from support.workspace import PATIENCE, binary, wait_until

NAME = "supervisorctl_restart_group"


def group(name, *programs):
    return f"[group:{name}]\nprograms={','.join(programs)}\n"


class RestartGroup(Quickctl):
    PROGRAM = NAME

    def supervise_app(self, **options):
        self.supervise(program("app", "sleep 600", numprocs=3, process_name="%(process_num)d", startsecs=1),
                       program("other", "sleep 600"), **options)
        self.supervisord.rpc.stopProcess("app:2")
        names = ("app:0", "app:1", "other")
        return {name: self.supervisord.wait_for_state(name, "RUNNING") for name in names}

    def assert_restarted(self, before, result):
        self.assertEqual(result, (0, "app: restarted\n", ""))
        after = {name: self.supervisord.pid(name) for name in (*before, "app:2")}
        self.assertEqual(after["other"], before["other"])
        for name in ("app:0", "app:1", "app:2"):
            self.assertEqual(self.supervisord.state(name), "RUNNING")
            self.assertNotIn(after[name], (0, before.get(name)))


class Works(RestartGroup):
    def test_on_a_unix_socket(self):
        self.assert_restarted(self.supervise_app(), self.run_with("-s", self.supervisord.url, "app"))

    def test_as_the_configuration_says(self):
        self.assert_restarted(self.supervise_app(), self.run_with("-c", self.supervisord.config, "app"))

    def test_on_tcp_with_a_password_from_wherever(self):
        before = self.supervise_app(unix=False, inet=free_port(), password=PASSWORD)
        url = self.supervisord.inet_url
        self.assert_restarted(before, self.run_with("-c", self.supervisord.config, "app"))
        env = {"SUPERVISOR_USERNAME": USER, "SUPERVISOR_PASSWORD": PASSWORD}
        for arguments, env in (((), env), (("-u", USER, "-p", PASSWORD), {}),
                               ((f"--username={USER}",), {"SUPERVISOR_PASSWORD": PASSWORD})):
            self.assertEqual(self.run_with("-s", url, *arguments, "app", env=env), (0, "app: restarted\n", ""))
        config = self.write("ctl.conf", f"[supervisord]\n[supervisorctl]\nserverurl={url}\nusername={USER}\n"
                                        f"password={PASSWORD}\n")
        self.assertEqual(self.run_with("-c", config, "-s", url, "app"), (0, "app: restarted\n", ""))

    def test_each_process_is_started_the_moment_it_is_down(self):
        self.supervise(actor("stubborn", "ignore-sigterm 20", stopwaitsecs=60), program("meek", "sleep 600"),
                       group("app", "stubborn", "meek"))
        stubborn = self.supervisord.wait_for_size("app:stubborn", 20)
        meek = self.supervisord.wait_for_state("app:meek", "RUNNING")
        running = self.begin("app")
        self.supervisord.wait_for_restart("app:meek", meek)
        self.assertEqual(self.supervisord.state("app:stubborn"), "STOPPING")
        os.kill(stubborn, signal.SIGKILL)
        self.assertEqual(self.end(running), (0, "app: restarted\n", ""))
        self.assertNotIn(self.supervisord.pid("app:stubborn"), (0, stubborn))

    def test_it_waits_for_supervisord_to_kill_one_that_ignores_sigterm(self):
        self.supervise(actor("app", "ignore-sigterm 20", stopwaitsecs=6))
        pid = self.supervisord.wait_for_size("app", 20)
        self.assertEqual(self.run_with("-s", self.supervisord.url, "app"), (0, "app: restarted\n", ""))
        self.assertNotIn(self.supervisord.pid("app"), (0, pid))

    def test_a_login_is_asked_for_on_a_terminal(self):
        self.supervise_app(unix=False, inet=free_port(), password=PASSWORD)
        terminal = Terminal(self, [binary(NAME), "-i", "-s", self.supervisord.inet_url, "app"], BARE)
        terminal.wait_for("Username: ")
        terminal.type(f"{USER}\n")
        terminal.wait_for("Password: ")
        terminal.type(f"{PASSWORD}\n")
        terminal.wait_for("app: restarted")
        self.assertEqual(terminal.process.wait(PATIENCE), 0)
        self.assertNotIn(PASSWORD, terminal.seen)


class Fails(RestartGroup):
    def test_an_unknown_group_is_exit_2(self):
        self.supervise_app()
        for name in ("nobody", "app:", "app:0", ""):
            self.assertEqual(self.run_with("-s", self.supervisord.url, name),
                             (2, "", f"{name}: ERROR (BAD_GROUP)\n"))

    def test_where_nobody_listens_is_exit_1(self):
        url = f"http://127.0.0.1:{free_port()}"
        self.assertEqual(self.run_with("-s", url, "app"), (1, "", f"{url}: refused connection\n"))
        url = f"unix://{self.dir}/none.sock"
        self.assertEqual(self.run_with("-s", url, "app"), (1, "", f"{url}: no such file\n"))
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(f"{self.dir}/left.sock")
        url = f"unix://{self.dir}/left.sock"
        self.assertEqual(self.run_with("-s", url, "app"), (1, "", f"{url}: refused connection\n"))

    def test_a_wrong_number_of_arguments_is_exit_5(self):
        for words in ((), ("a", "b"), ("a", "b", "c")):
            self.assertEqual(self.run_with(*words),
                             (5, "", f"Invalid number of arguments (expected 1, got {len(words)})\n"))

    def test_a_wrong_password_is_exit_10(self):
        self.supervise_app(unix=False, inet=free_port(), password=PASSWORD)
        pid = self.supervisord.pid("app:0")
        for arguments in ((), ("-i",), ("-u", USER, "-p", "wrong")):
            status, out, err = self.run_with("-s", self.supervisord.inet_url, *arguments, "app")
            self.assertEqual((status, out), (10, ""))
            self.assertRegex(err, r"\Aapp: protocol error \(HTTP 401: .*password.*\)\n\Z")
        self.assertEqual(self.supervisord.pid("app:0"), pid)

    def answering(self, answer):
        """A server that says this to everybody; gives its URL."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)
                    client.sendall(answer)
        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    def test_an_answer_that_is_no_xml_rpc_is_exit_10(self):
        ok = b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n"
        for answer in (b"HTTP/1.0 500 Internal Server Error\r\n\r\n", b"HTTP/1.0 404 Not Found\r\n\r\n",
                       ok + b"<html>hello</html>", b"SSH-2.0-OpenSSH_9.2\r\n"):
            with self.subTest(answer):
                status, out, err = self.run_with("-s", self.answering(answer), "app")
                self.assertEqual((status, out), (10, ""), err)
                self.assertRegex(err, r"\Aapp: protocol error \(.*\)\n\Z")

    def test_a_fault_is_exit_2(self):
        fault = (b"<?xml version='1.0'?><methodResponse><fault><value><struct>"
                 b"<member><name>faultCode</name><value><int>6</int></value></member>"
                 b"<member><name>faultString</name><value><string>SHUTDOWN_STATE</string></value></member>"
                 b"</struct></value></fault></methodResponse>")
        url = self.answering(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + fault)
        self.assertEqual(self.run_with("-s", url, "app"), (2, "", "app: ERROR (SHUTDOWN_STATE)\n"))

    def test_processes_that_fail_are_a_line_each_and_their_number_is_the_exit_code(self):
        self.supervise(program("broken", shell("exit 3"), startsecs=60, startretries=0, autostart="false"),
                       program("missing", "/nonexistent/program", autostart="false", numprocs=2,
                               process_name="m%(process_num)d"),
                       program("web", "sleep 600"), group("app", "broken", "missing", "web"))
        web = self.supervisord.wait_for_state("app:web", "RUNNING")
        status, out, err = self.run_with("-s", self.supervisord.url, "app")
        self.assertEqual((status, out), (3, ""))
        lines = sorted(err.splitlines())
        self.assertRegex(lines[0], r"\AERROR \(START_FAILED: broken: it went FATAL: Exited too quickly.*\)\Z")
        for i in (0, 1):
            self.assertRegex(lines[1 + i], rf"\AERROR \(START_FAILED: m{i}: .*NO_FILE.*/nonexistent/program.*\)\Z")
        self.assertNotIn(self.supervisord.pid("app:web"), (0, web))

    def test_one_failed_process_is_exit_1(self):
        self.supervise(program("app", "/nonexistent/program", autostart="false"))
        status, out, err = self.run_with("-s", self.supervisord.url, "app")
        self.assertEqual((status, out, len(err.splitlines())), (1, "", 1), err)

    def stubborn(self):
        self.supervise(actor("app", "ignore-sigterm 20", stopwaitsecs=60))
        pid = self.supervisord.wait_for_size("app", 20)
        self.addCleanup(lambda: os.path.exists(f"/proc/{pid}") and os.kill(pid, signal.SIGKILL))
        running = self.begin("app")
        self.supervisord.wait_for_state("app", "STOPPING")
        return running, pid

    def test_interrupted_it_still_starts_what_it_has_stopped(self):
        running, pid = self.stubborn()
        running.send_signal(signal.SIGINT)
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.end(running),
                         (1, "", "ERROR (UNFINISHED: app: interrupted: it is started again, and was not watched)\n"))
        self.supervisord.wait_for_restart("app", pid)

    def test_interrupted_twice_it_ends_at_once_and_says_what_stays_down(self):
        running, _ = self.stubborn()
        running.send_signal(signal.SIGINT)
        wait_until(lambda: signalled_once(running.pid), "the first signal to be taken")
        running.send_signal(signal.SIGINT)
        self.assertEqual(self.end(running),
                         (1, "", "ERROR (UNFINISHED: app: interrupted: it is stopping, and not started again)\n"))

    def test_supervisord_that_shuts_down_in_the_middle_is_told(self):
        running, pid = self.stubborn()
        self.supervisord.process.send_signal(signal.SIGTERM)
        status, out, err = self.end(running)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"\AERROR \(STOP_FAILED: app: supervisord is shutting down\)\n\Z")
        os.kill(pid, signal.SIGKILL)


def signalled_once(pid):
    """No SIGINT is pending, so one that was sent has been taken."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return not any(mask & 1 << (signal.SIGINT - 1) for mask in pending)


class WrongWords(RestartGroup):
    def test_what_the_old_program_did_not_say_is_said_as_everywhere(self):
        for status, arguments, mention in ((2, ("-s", "nonsense", "app"), "-s"),
                                           (2, ("-s", "ftp://x/", "app"), "-s"),
                                           (2, ("-s", "http://a/", "-s", "http://b/", "app"), "-s"),
                                           (2, ("--frobnicate", "app"), "--frobnicate"),
                                           (3, ("-c", "/nonexistent.conf", "app"), "/nonexistent.conf")):
            with self.subTest(arguments):
                code, out, err = self.run_with(*arguments)
                self.assertEqual((code, out, len(err.splitlines())), (status, "", 1), err)
                self.assertTrue(err.startswith(f"{NAME}: "), err)
                self.assertIn(mention, err)


if __name__ == "__main__":
    unittest.main()
