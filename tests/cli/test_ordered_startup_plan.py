"""`ordered-startup-listener --plan` on the configurations of all scenarios, without any supervisord.

The text of one is kept in golden/; KEENLANCE_RECORD=1 in the environment writes it anew.
"""

import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from support.rig import INHERITED
from support.scenario import SCENARIOS
from support.server import Server, hanging
from support.workspace import Workspace, binary

GOLDEN = Path(__file__).with_name("golden") / "ordered-startup-listener.plan"
ENVIRONMENT = {**{name: os.environ[name] for name in INHERITED if name in os.environ}, "KEENLANCE_BIN": "/usr/bin", "PORT": "9001", "OTHER_PORT": "9002", "FIRST": "7", "ORDERED": "yes",
               "DB": "postgres", "STATE": "running", "WAVE": "", "TIMELINE": "-", "ERROR_ACTION": "skip"}
UNSOUND = ("cycle", "unknown_name", "bad_state", "autostart_conflict")
IDENTIFIER = r'"((?:[^"\\]|\\.)*)"'


class Plan(Workspace):
    def plan(self, name, *arguments, url=None):
        """Exit status and output for a copy of the scenario, in which nothing may change."""
        folder = self.dir / name
        if not folder.exists():
            shutil.copytree(SCENARIOS / name, folder)
        before = self.snapshot(folder)
        env = {**ENVIRONMENT, **({"SUPERVISOR_SERVER_URL": url, "SUPERVISOR_ENABLED": "1"} if url else {})}
        done = subprocess.run([binary("ordered-startup-listener"), "-c", "supervisord.conf", *arguments], env=env,
                              cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        self.assertEqual(self.snapshot(folder), before)
        self.assertNotRegex(done.stderr, b"Sanitizer|runtime error:")
        self.exhibit(name, done.stderr.decode())
        return done.returncode, done.stdout.decode()

    @staticmethod
    def snapshot(folder):
        return [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.rglob("*"))]


class EveryScenario(Plan):
    def for_each(self, check):
        for folder in sorted(SCENARIOS.iterdir()):
            if folder.name == "hundred_at_once":  # its file is written by its test
                continue
            with self.subTest(folder.name):
                check(folder.name, 1 if folder.name in UNSOUND else 0)

    def test_as_text(self):
        def check(name, expected_status):
            status, text = self.plan(name, "--plan")
            self.assertEqual(status, expected_status)
            self.assertRegex(text, r"\Asupervisord\.conf: \d+ programs? in \d+ waves?\nwave 1\n")
        self.for_each(check)

    def test_as_json(self):
        def check(name, expected_status):
            status, text = self.plan(name, "--plan=json")
            self.assertEqual(status, expected_status)
            plan = json.loads(text)
            self.assertEqual((plan["sound"], bool(plan["problems"])), (status == 0, status == 1))
            waves = {program: number for number, wave in enumerate(plan["waves"], 1) for program in wave}
            programs = {program["name"]: program for program in plan["programs"]}
            self.assertEqual(waves, {name: program["wave"] for name, program in programs.items()
                                     if program["started_by"] == "plan"})
            for program in plan["programs"]:
                for dependency in program["waits_for"]:
                    self.assertTrue(dependency["states"] and dependency["processes"])
                    for earlier in dependency["programs"]:
                        self.assertLess(waves.get(earlier, 0), waves[program["name"]])
        self.for_each(check)

    def test_as_a_graph_with_a_node_a_program_and_an_edge_a_dependency(self):
        def check(name, expected_status):
            status, text = self.plan(name, "--plan=dot")
            self.assertEqual(status, expected_status)
            plan = json.loads(self.plan(name, "--plan=json")[1])
            self.assertRegex(text, r"(?s)\Adigraph startup \{\n.*\n\}\n\Z")
            statement = rf"  (rankdir=LR|node \[.*\]|\{{ rank=same;( {IDENTIFIER};)+ \}}|{IDENTIFIER}( \[style=dashed\])?" \
                        rf"|{IDENTIFIER} -> {IDENTIFIER} \[label={IDENTIFIER}\]);?"
            for line in text.splitlines()[1:-1]:
                self.assertRegex(line, rf"\A{statement}\Z")
            nodes = re.findall(rf"^  {IDENTIFIER}(?: \[style=dashed\])?;$", text, re.MULTILINE)
            self.assertEqual(sorted(nodes), sorted(program["name"] for program in plan["programs"]))
            edges = re.findall(rf"^  {IDENTIFIER} -> {IDENTIFIER} ", text, re.MULTILINE)
            self.assertEqual(set(edges), {(earlier, program["name"]) for program in plan["programs"]
                                          for dependency in program["waits_for"]
                                          for earlier in dependency["programs"]})
        self.for_each(check)

    def test_no_supervisord_is_called(self):
        server = Server(self, hanging, path=str(self.dir / "s"))
        for form in ("text", "json", "dot"):
            self.assertEqual(self.plan("sonic", f"--plan={form}", url=server.url)[0], 0)
        self.assertEqual(server.connections, 0)


class OneInFull(Plan):
    def test_the_text_is_the_golden_one(self):
        status, text = self.plan("sonic", "--plan")
        self.assertEqual(status, 0)
        if os.environ.get("KEENLANCE_RECORD"):
            GOLDEN.write_text(text, encoding="utf-8")
        self.assertEqual(text, GOLDEN.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
