"""memmon --once: what it would do, from a shell."""

import os
import pty
import subprocess
import unittest

from support.rig import NO_SUPERVISORD, environment
from support.supervisord import PASSWORD, USER, Supervisord, actor
from support.system import free_port
from support.workspace import Workspace, binary

BARE = {"PATH": os.environ["PATH"]}


class Once(Workspace):
    def memmon(self, *arguments, env=None, stdin=subprocess.DEVNULL):
        done = subprocess.run([binary("memmon"), "--once", *arguments], env=env or BARE, stdin=stdin, cwd=self.dir,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def supervise(self, **options):
        self.supervisord = Supervisord(self, actor("web", "hold 60"), actor("db", "hold 20"), **options)
        self.pids = {name: self.supervisord.wait_for_size(name, size) for name, size in (("web", 60), ("db", 20))}

    def assert_nothing_was_done(self):
        self.assertEqual({name: self.supervisord.pid(name) for name in self.pids}, self.pids)

    def test_a_table_says_what_is_over_and_the_exit_status_too(self):
        self.supervise()
        status, out, err = self.memmon("-p", "web=50MB", "-a", "900MB", "-s", self.supervisord.url)
        self.assertEqual((status, err), (1, ""))
        heading, db, web = out.splitlines()
        self.assertEqual(heading.split(), ["PROCESS", "PID", "RSS", "LIMIT", "SHARE", "VERDICT"])
        self.assertRegex(db, rf"^db:db +{self.pids['db']} +\d\d\.\d MB  -a 900MB +\d%  good$")
        self.assertRegex(web, rf"^web:web +{self.pids['web']} +6\d\.\d MB  -p web=50MB +1\d\d%  restart$")
        self.assertEqual(self.memmon("-a", "900MB", "-s", self.supervisord.url)[0], 0)
        self.assert_nothing_was_done()

    def test_it_is_the_same_on_a_terminal_and_under_supervisord(self):
        self.supervise()
        arguments = ("-a", "50MB", "-s", self.supervisord.url)
        bare = self.memmon(*arguments)
        master, slave = pty.openpty()
        try:
            self.assertEqual(self.memmon(*arguments, stdin=slave), bare)
        finally:
            os.close(slave)
            os.close(master)
        self.assertEqual(self.memmon(*arguments, env=environment(NO_SUPERVISORD)), bare)

    def test_the_configuration_says_where_supervisord_is(self):
        self.supervise(password=PASSWORD)
        for spelled in (("-c", self.supervisord.config), (f"-c{self.supervisord.config}",),
                        ("--configuration", self.supervisord.config)):
            with self.subTest(spelled):
                status, out, err = self.memmon("-a", "50MB", *spelled)
                self.assertEqual((status, err), (1, ""))
                self.assertIn("restart", out)
        env = {**BARE, "SUPERVISOR_USERNAME": USER, "SUPERVISOR_PASSWORD": PASSWORD}
        self.assertEqual(self.memmon("-a", "50MB", "--serverurl", self.supervisord.url, env=env)[0], 1)

    def test_a_warning_counts_as_over_and_its_grace_is_told(self):
        self.supervise()
        status, out, _ = self.memmon("-p", "web=50MB", "--grace", "1h", "--warn", "db=10MB", "-s", self.supervisord.url)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^web:web .*over, within its grace$")
        self.assertRegex(out, r"(?m)^db:db .*--warn db=10MB .*warn$")

    def test_descendants_have_their_long_word(self):
        self.supervise()
        self.assertEqual(self.memmon("--cumulative", "-a", "50MB", "-s", self.supervisord.url)[0], 1)

    def test_without_supervisord_it_is_3_and_one_line(self):
        for arguments in (("-s", f"http://127.0.0.1:{free_port()}"), ("-s", f"unix://{self.dir}/none.sock"),
                          ("-c", f"{self.dir}/none.conf")):
            with self.subTest(arguments):
                status, out, err = self.memmon("-a", "50MB", *arguments)
                self.assertEqual((status, out, len(err.splitlines())), (3, "", 1), err)

    def test_what_is_wrong_on_the_line_is_2(self):
        for arguments in ((), ("-a", "x"), ("-a", "1MB", "stray"), ("-a", "1MB", "-s", "nonsense"),
                          ("-a", "1MB", "--metric", "cgroup", "--cumulative")):
            with self.subTest(arguments):
                status, out, err = self.memmon(*arguments)
                self.assertEqual((status, out, len(err.splitlines())), (2, "", 1), err)


if __name__ == "__main__":
    unittest.main()
