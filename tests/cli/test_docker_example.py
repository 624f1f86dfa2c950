"""examples/docker/ without docker: a copy of the folder, its entrypoint as it stands in the Dockerfile."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

from support.supervisord import Supervisord
from support.system import die_with_parent, free_port
from support.workspace import ROOT, Workspace, binary, binary_folder, wait_until

EXAMPLE = ROOT / "examples/docker"
DOCKERFILE = (EXAMPLE / "Dockerfile").read_text(encoding="utf-8")
ENTRYPOINT = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE, re.M)[1])


class Container(Supervisord):
    def __init__(self, case, **rewritten):
        """`rewritten` are other texts for programs in bin/."""
        self._rewritten = rewritten
        self.ports = {"DB_PORT": str(free_port()), "WEB_PORT": str(free_port())}
        super().__init__(case, environment={**self.ports, "PATH": f"{binary_folder()}:{os.environ['PATH']}"})

    def _configuration(self, sections):
        shutil.copytree(EXAMPLE, self.dir, dirs_exist_ok=True)
        for name, text in self._rewritten.items():
            (self.dir / "bin" / name).write_text(text, encoding="utf-8")
        self.socket = str(self.dir / "supervisor.sock")
        return (EXAMPLE / "supervisord.conf").read_text(encoding="utf-8")

    def _spawn(self, prefix, environment):
        words = {"essential": [binary("essential")], "supervisord": [sys.executable, "-m", "supervisor.supervisord"],
                 "/srv/shop/supervisord.conf": [self.config]}
        command = [part for word in ENTRYPOINT for part in words.get(word, [word])]
        with open(self.dir / "console", "ab") as console:  # several write there, each to its end
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                                    env={**os.environ, **environment}, preexec_fn=die_with_parent)

    @property
    def log(self):
        path = self.dir / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_all(self):
        wait_until(lambda: "all 4 programs are there" in self.log, lambda: f"the summary in {self.log}")

    def wait_for_end(self):
        def ended():
            self._poke()
            return self.process.poll() is not None
        wait_until(ended, lambda: f"the end of the container, which says: {self.log}")
        self._keep_evidence()
        return self.process.returncode


class DockerExample(Workspace):
    def assert_in_order(self, log, *moments):
        self.assertEqual(sorted(moments, key=log.index), list(moments), log)

    def test_all_is_started_in_order_and_serves(self):
        container = Container(self)
        container.wait_for_all()
        log = container.log
        self.assert_in_order(log, "db: ready for connections", "spawned: 'migrate'", "all tables are there",
                             "exited: migrate (exit status 0; expected)", "spawned: 'web'")
        for worker in ("worker-0", "worker-1"):
            self.assert_in_order(log, "exited: migrate", f"spawned: '{worker}'")
        with urllib.request.urlopen(f"http://127.0.0.1:{container.ports['WEB_PORT']}/", timeout=30) as page:
            self.assertIn(b"It works", page.read())
        for listener in ("memmon", "essential", "ordered-startup"):
            container.wait_for_state(listener, "RUNNING")

        restart = subprocess.run([binary("quickctl"), "-c", container.config, "restart", "web", "worker:"],
                                 env={**os.environ, **container.ports}, capture_output=True, text=True, timeout=60,
                                 check=False)
        self.assertEqual(restart.returncode, 0, restart.stdout + restart.stderr)
        container.process.send_signal(signal.SIGTERM)  # docker stop
        self.assertEqual(container.wait_for_end(), 0)

    def test_an_essential_program_that_is_killed_ends_everything_with_a_failure(self):
        container = Container(self)
        container.wait_for_all()
        pids = [container.pid(name) for name in ("db", "web", "worker:worker-0", "worker:worker-1")]
        os.kill(pids[2], signal.SIGKILL)
        container.wait_for_restart("worker:worker-0", pids[2])  # which is not essential
        os.kill(pids[1], signal.SIGKILL)
        self.assertEqual(container.wait_for_end(), 255)
        for name in ("db", "worker-0", "worker-1", "memmon", "essential"):
            self.assertIn(f"stopped: {name}", container.log)
        for pid in pids:
            self.assertFalse(Path(f"/proc/{pid}").exists(), container.log)

    def test_a_migration_that_fails_ends_it_with_its_status_and_web_is_never_started(self):
        container = Container(self, migrate="#!/bin/sh\nexit 4\n")
        self.assertEqual(container.wait_for_end(), 4)
        self.assertNotIn("spawned: 'web'", container.log)

    def test_what_the_dockerfile_copies_is_there(self):
        copied = re.findall(r"^COPY --chown=shop:shop (\S+)", DOCKERFILE, re.M)
        self.assertEqual({Path(path).name for path in copied}, {"supervisord.conf", "bin", "public"})
        for path in [*copied, "tools/package"]:
            self.assertTrue((ROOT / path).exists(), path)
        self.assertIn("RUN /src/tools/package", DOCKERFILE)


if __name__ == "__main__":
    unittest.main()
