"""keenlance's reading of a configuration held against supervisor's own, in the Python that has supervisor installed.

    config_vs_supervisor.py DUMP_CONFIG [--seed N] [unittest arguments]

The generated files come from the seed; a failure prints it together with the file.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from supervisor import datatypes
from supervisor import options as supervisor_options

ARGUMENTS = argparse.ArgumentParser()
ARGUMENTS.add_argument("dump")
ARGUMENTS.add_argument("--seed", type=int, default=20261)
DIALECT = "since-3.13" if sys.version_info >= (3, 13) else "until-3.12"
HERE = os.path.dirname(os.path.abspath(__file__))
HAND_PICKED = os.path.join(HERE, "..", "fuzz", "corpora", "config")
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/tmp", "LC_ALL": "C.UTF-8",
    "APP_NAME": "shop", "COUNT": "3", "PRIORITY": "17", "EMPTY": "", "CONF": "extra", "FLAG": "TRUE",
}


def dump(*arguments, stdin=b"", environment=None, as_nobody=False):
    try:
        done = subprocess.run([OPTIONS.dump, *arguments], input=stdin, stdout=subprocess.PIPE, check=True,
                              env=ENVIRONMENT if environment is None else environment, timeout=60,
                              preexec_fn=(lambda: os.setuid(65534)) if as_nobody else None)
    except (PermissionError, subprocess.SubprocessError):
        if as_nobody:
            raise unittest.SkipTest("another user cannot run %s" % OPTIONS.dump)
        raise
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="keenlance-config-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path


# ---- one file: sections, options, raw values -------------------------------------------------------------------------

SPACES = [" ", "  ", "\t", "    ", "\u00a0", "\x0b", "\x0c", "\x1c", "\u3000"]
WORDS = ["a", "Key", "KEY2", "process_name", "numprocs", "x y", "%(here)s/x", "%(process_num)02d", "é", "日本", "'q'",
         '"a;b"', "/bin/sh -c 'x; y # z'", "a,b", "*", "\\", "%%", "1", "http://h:1/p?a=b#c", "]", "[", "--opt=1"]
COMMENTS = ["; note", "# note", ";", "#", ";x;y", "a;b ;c #d", "x#y ;z", ";\u00a0n", "#é"]
NAMES = ["program:a", "program:b", "program:a", "group:g", "supervisord", "include", "DEFAULT", "DEFAULT", "default",
         " x ", "a]b", "a[b", "é", "x;y", "eventlistener:l"]


def random_line(rng):
    words = " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 3)))
    comment = rng.choice(["", "", "", rng.choice(SPACES) + rng.choice(COMMENTS), rng.choice(COMMENTS)])
    indent = rng.choice(["", "", "", "", rng.choice(SPACES), rng.choice(SPACES) * 2])
    kind = rng.random()
    if kind < 0.12:
        return rng.choice(["", "", " "]) + "[" + rng.choice(NAMES) + "]" + rng.choice(["", "", " ", "x", "]"]) + comment
    if kind < 0.55:
        delimiter = rng.choice(["=", ":", " = ", "= ", " :", "\t=\t", "==", "=:", "\u00a0=\u00a0"])
        key = rng.choice(["a", "b", "Key", "KEY", "key", "numprocs", "a b", "x;y", "é", "k#1"])
        return rng.choice(["", "", "", " "]) + key + delimiter + words + comment
    if kind < 0.72:
        return rng.choice(SPACES) + words + comment
    if kind < 0.86:
        return rng.choice(["", "", "", " ", "\t", "\u2003"])
    if kind < 0.96:
        return indent + rng.choice(COMMENTS) + words
    return indent + words + comment


def random_file(rng):
    lines = ["[" + rng.choice(NAMES) + "]"] if rng.random() < 0.97 else []
    lines += [random_line(rng) for _ in range(rng.randint(0, 25))]
    if rng.random() < 0.7:  # most files hold no line that ends it all
        lines = [line for i, line in enumerate(lines) if i == 0 or "=" in line or ":" in line or line[:1].isspace()
                 or not line or line[0] in ";#["]
    if rng.random() < 0.02:
        lines.append("long=" + "0123456789 ;" * 10_000 + rng.choice(["", " ;x"]))
    ends = rng.choice([["\n"], ["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])
    text = "".join(line + rng.choice(ends) for line in lines)
    if rng.random() < 0.2:
        text = text.rstrip("\r\n")
    data = text.encode()
    if rng.random() < 0.02:
        at = rng.randint(0, len(data))
        data = data[:at] + rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"]) + data[at:]
    if rng.random() < 0.02:
        data = b"\xef\xbb\xbf" + data
    return data


def parsed(parser):
    """The order in which things first came is part of what a reader may rely on."""
    return {"defaults": ["DEFAULT", [list(item) for item in parser._defaults.items()]],
            "sections": [[name, [list(item) for item in options.items()]] for name, options in parser._sections.items()]}


def read_by_supervisor(path):
    parser = supervisor_options.UnhosedConfigParser()
    try:
        with open(path) as file:
            parser.read_file(file)
    except (supervisor_options.ConfigParser.ParsingError, UnicodeDecodeError) as error:
        return {"error": str(error)}
    return parsed(parser)


def without_lines(config):
    def section(name, written):
        return [name, [[option, value] for option, value, _ in written]]
    return {"defaults": section(*config["defaults"]), "sections": [section(*each) for each in config["sections"]]}


class OneFile(Folder):
    def assert_same(self, paths):
        outcomes = {"read": 0, "refused": 0}
        for path, ours in zip(paths, dump("raw", DIALECT, stdin="\n".join(paths).encode())):
            theirs = read_by_supervisor(path)
            with open(path, "rb") as file:
                note = "seed %d: %r" % (OPTIONS.seed, file.read()[:3000])
            outcomes["refused" if "error" in theirs else "read"] += 1
            if "error" in theirs or "error" in ours:
                self.assertEqual("error" in theirs, "error" in ours, "%s\n%s\n%s" % (theirs, ours, note))
            else:
                self.assertEqual(theirs, without_lines(ours), note)
        return outcomes

    def test_generated_files_read_the_same(self):
        rng = random.Random(OPTIONS.seed)
        outcomes = self.assert_same([self.write("%d.conf" % i, random_file(rng)) for i in range(600)])
        self.assertGreater(outcomes["read"], 200)
        self.assertGreater(outcomes["refused"], 50)

    def test_hand_picked_files_read_the_same(self):
        paths = [os.path.join(HAND_PICKED, name) for name in sorted(os.listdir(HAND_PICKED))]
        self.assertGreater(self.assert_same(paths)["read"], 10)

    def test_an_option_knows_its_line(self):
        path = self.write("a.conf", "[a]\r\nx=1\r\n\r\n  2\r\ny:3\rz=4\n[b]\n;\nx=5\nX=6")
        written = dump("raw", DIALECT, stdin=path.encode())[0]["sections"]
        self.assertEqual(written, [["a", [["x", "1\n\n2", 2], ["y", "3", 5], ["z", "4", 6]]], ["b", [["x", "6", 10]]]])


# ---- what is filled in ------------------------------------------------------------------------------------------------

VALUES = {"here": "/a b", "name": "héllo", "ENV_X": "x%y", "one": "€", "a(b)": "nested",
          "process_num": 7, "negative": -42, "numprocs": 1234567}


def random_format(rng):
    pieces = []
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(list(VALUES))
        conversion = rng.choice("diuoxXeEfFgGcsra" if isinstance(VALUES[name], int) else "sssssssssssdxfc")
        flags = "".join(rng.choice("-+ #0") for _ in range(rng.choice([0, 0, 0, 1, 1, 2])))
        flags = flags.replace("#", "") if conversion in "eEfFgG" else flags
        width = rng.choice(["", "", "2", "02", "12", "003"])
        precision = rng.choice(["", "", "", ".", ".0", ".3", ".12"])
        pieces.append("%(" + name + ")" + flags + width + precision + rng.choice(["", "", "", "h", "l", "L"]) + conversion)
        pieces.append(rng.choice(["", "", "-", "日", "%%", "%%%%", ")", "("]))
    if rng.random() < 0.1:
        pieces.insert(rng.randint(0, len(pieces)), rng.choice(
            ["%", "%(", "%(gone)s", "%(here)", "%(here", "%5%", "%(here)5", "%y", "%d", "%(here)*s", "%(here)lls", "%()s",
             "%(here)z", "%-", "%(process_num).", "%(a(b)s"]))
    return "".join(pieces)


class FilledIn(unittest.TestCase):
    def test_percent_signs_mean_what_python_means(self):
        rng = random.Random(OPTIONS.seed)
        formats = [random_format(rng) for _ in range(4000)]
        refused = 0
        for text, ours in zip(formats, dump("percent", stdin="".join(f + "\0" for f in formats).encode())):
            try:
                theirs = text % VALUES
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                refused += 1
                self.assertIn("error", ours, "%r: %s" % (text, error))
            else:
                self.assertEqual(ours, theirs, text)
        self.assertTrue(200 < refused < 3000, refused)

    @unittest.skipIf(getattr(datatypes, "shlex_posix_works", False), "this supervisor reads backslashes too")
    def test_environment_values_split_the_same(self):
        rng = random.Random(OPTIONS.seed)
        pieces = ["A", "B_1", "=", "=", "=", ",", ",", '"x y"', "'x,y'", '"', "'", "/bin:/usr", "a-b", " ", "\n", "\t", "#c\n",
                  "#", "é", "\\", "@", "1", "(x)", ".", "%", ';']
        texts = ['A=1,B="2"', "A='x'", "", " ", 'A="1",', 'A="1" B="2"', "A=1;B=2", "KEY=\"a,b\",\n  K2='c'"]
        texts += ["".join(rng.choice(pieces) for _ in range(rng.randint(1, 9))) for _ in range(4000)]
        taken = 0
        for text, ours in zip(texts, dump("environment", stdin="".join(t + "\0" for t in texts).encode())):
            try:
                theirs = datatypes.dict_of_key_value_pairs(text)
            except ValueError as error:
                self.assertIn("error", ours, "%r: %s" % (text, error))
            else:
                taken += 1
                self.assertEqual(dict(ours), theirs, repr(text))
        self.assertGreater(taken, 100)


# ---- files that include files, programs and groups --------------------------------------------------------------------


class RecordingParser(supervisor_options.UnhosedConfigParser):
    last = None

    def __init__(self, *arguments, **words):
        super().__init__(*arguments, **words)
        RecordingParser.last = self


def planned_by_supervisor(path, environment):
    """Groups and processes as supervisord keeps them: the first group of a name, the last process of a name."""
    before, parser_class = dict(os.environ), supervisor_options.UnhosedConfigParser
    os.environ.clear()
    os.environ.update(environment)
    supervisor_options.UnhosedConfigParser = RecordingParser
    try:
        options = supervisor_options.ServerOptions()
        options.configfile = path
        options.process_config(do_usage=False)
    except ValueError as error:
        return {"error": str(error)}
    finally:
        supervisor_options.UnhosedConfigParser = parser_class
        os.environ.clear()
        os.environ.update(before)
    groups = {}
    for group in options.process_group_configs:
        if group.name in groups:
            continue
        processes = {}
        for process in group.process_configs:
            processes[process.name] = [process.name, process.priority, process.autostart]
        listener = isinstance(group, supervisor_options.EventListenerPoolConfig)
        groups[group.name] = [group.name, group.priority, listener, list(processes.values())]
    return {"groups": list(groups.values()), "config": parsed(RecordingParser.last)}


def plan_of(ours):
    if "error" in ours:
        return ours
    return {"groups": [[group["name"], group["priority"], group["event_listener"],
                        [[each["name"], each["priority"], each["autostart"]] for each in group["processes"]]]
                       for group in ours["groups"]],
            "config": without_lines(ours["config"])}


REALISTIC = """\
[unix_http_server]
file=%(here)s/supervisor.sock   ; the path

[supervisord]
logfile=%(here)s/supervisord.log
environment=STAGE="live",LIST="a,b",WHERE="%(ENV_APP_NAME)s-%(here)s"

[program:web]
command=/bin/cat --port=80%(process_num)02d
process_name=%(program_name)s_%(process_num)02d
numprocs=%(ENV_COUNT)s
numprocs_start=8
priority=%(ENV_PRIORITY)s

[program:worker]
command=/bin/cat
process_name=%(group_name)s-%(ENV_STAGE)s-%(ENV_QUEUE)s-%(process_num)d-of-%(numprocs)d
numprocs = 2
environment=QUEUE="q%(process_num)s"
autostart=%(ENV_FLAG)s

[program:quiet]
command=/bin/cat ; with a ;comment
autostart=OFF

[program:alone]
command=/bin/cat
process_name=other-%(host_node_name)s

[fcgi-program:php]
socket=tcp://127.0.0.1:9%(here).0s002
command=/bin/cat
process_name=%(program_name)s_%(process_num)02d
numprocs=2
priority=5

[fcgi-program:grouped]
socket=unix:///tmp/%(program_name)s.sock
command=/bin/cat

[eventlistener:watch]
command=/bin/cat
events=TICK_60,PROCESS_STATE
buffer_size=100

[eventlistener:pool]
command=/bin/cat
events=PROCESS_STATE_EXITED
numprocs=2
process_name=%(program_name)s_%(process_num)s
priority=3

[group:app]
programs=web, worker ,grouped
priority=20

[group:again]
programs=worker

[group:empty]

[include]
files = conf.d/*.conf %(ENV_CONF)s/%(host_node_name)s/[ab]?.ini
    more/*/one.conf gone/*.conf %(here)s/absolute.conf conf.d
"""


def random_config(rng):
    names = ["a", "b", "c", "d"]
    lines = ["[supervisord]", rng.choice(["", 'environment=STAGE="s%(ENV_COUNT)s",A=1'])]
    if rng.random() < 0.3:
        lines += ["[DEFAULT]", rng.choice(["autostart=false", "priority=7", "numprocs_start=2", "command=/bin/cat %(here)s"])]
    odd = rng.random() < 0.3  # a third of the files holds what may be refused
    for name in names:
        kind = rng.choice(["program", "program", "program", "fcgi-program", "eventlistener"])
        label = rng.choice([name, name, name, " " + name, name + " ", "bad name"]) if odd else name
        lines += ["[%s:%s]" % (kind, label), "command=/bin/cat", "events=TICK_5", "socket=tcp://localhost:9000"]
        if rng.random() < 0.5:
            lines += ["numprocs=" + rng.choice(["1", "3", "0", "1_0", "-1", "+2", "%(ENV_COUNT)s", "12"] + ["x"] * odd)]
            lines += ["process_name=" + rng.choice(
                ["%(program_name)s_%(process_num)02d", "%(process_num)d", "%(group_name)s%(process_num)s-%(numprocs)d",
                 "%(process_num)-3dx", "p%(process_num).0f", "same%(process_num).0s"])]
        elif rng.random() < 0.3:
            lines += ["process_name=" + rng.choice(["x", "%(program_name)s", "%(here)s", "%%"] +
                                                   ["a:b", "%(ENV_STAGE)s", "%(ENV_OWN)s"] * odd)]
        if rng.random() < 0.4:
            lines += ["priority=" + rng.choice(["1", "999", "-5", "007", "%(ENV_PRIORITY)s"] + ["1.5", ""] * odd)]
        if rng.random() < 0.4:
            lines += ["autostart=" + rng.choice(["true", "False", "on", "NO", "1", "0", "%(ENV_FLAG)s"] + ["maybe"] * odd)]
        if rng.random() < 0.3:
            lines += ["environment=" + rng.choice(['OWN="%(process_num)s"', "OWN=x,PATH=%(ENV_PATH)s", "OWN='a,b'"] +
                                                  ["OWN"] * odd)]
        if rng.random() < 0.2:
            lines += ["numprocs_start=" + rng.choice(["0", "5", "-3"])]
    for group in ["g", rng.choice(["h", "a"])]:
        if rng.random() < 0.5:
            lines += ["[group:%s]" % group,
                      "programs=" + rng.choice(["", "a", "a,b", "a, c ,d", "b,b"] + ["b,", "gone"] * odd),
                      "priority=" + rng.choice(["1", "999", "%(ENV_PRIORITY)s", "50"])]
    return "\n".join(lines) + "\n"


class ProcessLists(Folder):
    def assert_same(self, path, ours, note=""):
        theirs = planned_by_supervisor(path, ENVIRONMENT)
        ours = plan_of(ours)
        if "error" in theirs or "error" in ours:
            self.assertEqual("error" in theirs, "error" in ours, "%s\n%s\n%s" % (theirs, ours, note))
        else:
            self.assertEqual(theirs, ours, note)
        return theirs

    def test_a_realistic_tree_of_files_gives_the_same_processes(self):
        main = self.write("supervisord.conf", REALISTIC)
        host = os.uname().nodename
        program = "[program:%s]\ncommand=/bin/cat %%(here)s\ndirectory=%%(here)s\n"
        self.write("conf.d/10-b.conf", program % "from-b" + "[program:quiet]\nautostart=true\npriority=3\n")
        self.write("conf.d/9-a.conf", program % "from-a" + "[include]\nfiles=/never/read/*.conf\n")
        self.write("conf.d/.hidden.conf", program % "hidden")
        self.write("conf.d/README.txt", "no configuration at all\n")
        self.write("extra/%s/a1.ini" % host, "[DEFAULT]\nown_key=%(here)s\n" + program % "ini")
        self.write("extra/%s/c1.ini" % host, "broken")
        self.write("more/x/one.conf", program % "deep" + "[group:late]\nprograms=from-a,deep\n")
        self.write("absolute.conf", "[program:web]\nnumprocs=4\n")
        os.symlink("nowhere", os.path.join(self.folder, "conf.d/dangling.conf"))
        os.mkdir(os.path.join(self.folder, "conf.d/folder.conf"))
        self.write("more/z/one.conf", "[DEFAULT]\nown_key=false\n")
        ours = dump("processes", DIALECT, main)[0]
        plan = self.assert_same(main, ours)
        self.assertEqual([group[0] for group in plan["groups"]],
                         ["watch", "pool", "quiet", "php", "app", "again", "alone", "empty", "from-b", "ini", "late"])
        self.assertEqual(ours["listeners"], ["watch", "pool"])
        self.assertEqual(len(ours["files"]), 7)
        self.assertEqual(len([each for each in ours["warnings"] if "gone/*.conf" in each]), 1)

    def test_generated_programs_give_the_same_processes(self):
        rng = random.Random(OPTIONS.seed)
        texts = [random_config(rng) for _ in range(300)]
        paths = [self.write("%d.conf" % i, text) for i, text in enumerate(texts)]
        planned = 0
        for path, text, ours in zip(paths, texts, dump("processes", DIALECT, *paths)):
            planned += "error" not in self.assert_same(path, ours, "seed %d:\n%s" % (OPTIONS.seed, text))
        self.assertTrue(150 < planned < 290, planned)

    def test_what_supervisord_refuses_is_refused(self):
        good = "[supervisord]\n[program:a]\ncommand=/bin/cat\n"
        for text in ["[program:a]\ncommand=x\n", good + "[include]\n", good + "[include]\nfiles=%(gone)s\n",
                     good + "[include]\nfiles=bad.conf\n", good + "[include]\nfiles=bom.conf\n",
                     good + "[supervisord]\nenvironment=A\n", good + "numprocs=2\n", good + "autostart=perhaps\n",
                     good + "[group:x]\nprograms=b\n", good + "[fcgi-program:a]\n[group:x]\nprograms=a\n"]:
            self.write("bad.conf", "no section\n")
            self.write("bom.conf", b"\xef\xbb\xbf[program:x]\n")
            main = self.write("main.conf", text)
            self.assertIn("error", self.assert_same(main, dump("processes", DIALECT, main)[0], text), text)

    def test_an_included_file_or_folder_that_may_not_be_read_is_an_error(self):
        os.chmod(self.folder, 0o755)
        for included, secret in [("*.ini", "secret.ini"), ("secret/*.ini", "secret")]:
            main = self.write("main.conf", "[supervisord]\n[include]\nfiles=%s\n" % included)
            self.write("secret.ini" if secret == "secret.ini" else "secret/x.ini", "[program:x]\n")
            os.chmod(os.path.join(self.folder, secret), 0)
            error = dump("processes", DIALECT, main, as_nobody=os.geteuid() == 0)[0]["error"]
            os.chmod(os.path.join(self.folder, secret), 0o755)
            self.assertIn("Permission denied", error)
            self.assertIn(included.split("*")[0], error)


# ---- a running supervisord --------------------------------------------------------------------------------------------

SCRIPT = "import sys\nfrom supervisor.supervisord import main\nsys.exit(main())\n"


class Running(Folder):
    def setUp(self):
        super().setUp()
        self.script = self.write("bin/supervisord", SCRIPT)
        self.environment = dict(os.environ, ONLY_HERE="seen", LC_ALL="C.UTF-8")

    def config(self, name, more=""):
        pidfile = os.path.join(self.folder, "pid")
        return self.write(name, "[supervisord]\npidfile=%s\nlogfile=/dev/null\nlogfile_maxbytes=0\n%s"
                          "[program:cat]\ncommand=/bin/cat\nautostart=false\nprocess_name=%%(ENV_ONLY_HERE)s\n"
                          "[eventlistener:watch]\ncommand=/bin/cat\nautostart=false\nevents=TICK_5\n" % (pidfile, more))

    def start(self, words, cwd=None):
        """Until it has read its file and written its pid."""
        process = subprocess.Popen([sys.executable, *words], cwd=cwd or self.folder, env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with open(os.path.join(self.folder, "pid")) as file:
                    text = file.read()
                if text.endswith("\n"):
                    pid = int(text)
                    self.addCleanup(self.stop, process, pid)
                    return pid
            except FileNotFoundError:
                pass
            if process.poll():
                self.fail("supervisord ended with %d" % process.returncode)
            time.sleep(0.02)
        process.kill()
        process.wait()
        self.fail("supervisord did not start")

    @staticmethod
    def stop(process, pid):
        os.kill(pid, signal.SIGKILL)  # it has no children, and would take a second to say goodbye
        process.wait(30)

    def assert_found(self, words, expected, cwd=None):
        pid = self.start(words, cwd)
        self.assertEqual(dump("find", str(pid)), [expected])
        running = dump("running", str(pid))[0]
        self.assertEqual(running.get("listeners"), ["watch"], running)
        self.assertEqual([each["processes"][0]["name"] for each in running["groups"]], ["watch", "seen"])

    def test_started_with_an_absolute_path(self):
        path = self.config("own.conf")
        self.assert_found([self.script, "-n", "-c", path], path, cwd="/")

    def test_started_with_options_in_one_word_and_a_relative_path(self):
        path = self.config("some/own.conf")
        self.assert_found(["-u", self.script, "-nc", "some/own.conf"], path)

    def test_started_with_a_long_option_as_a_module(self):
        path = self.config("own.conf")
        self.assert_found(["-m", "supervisor.supervisord", "-n", "--conf=" + path], path)

    def test_found_in_its_working_directory(self):
        path = self.config("work/supervisord.conf")
        self.config("work/etc/supervisord.conf")
        self.assert_found([self.script, "-n"], path, cwd=os.path.join(self.folder, "work"))

    def test_found_beside_its_program(self):
        path = self.config("etc/supervisord.conf")
        self.config("work/supervisord.conf")
        self.assert_found([self.script, "-n"], path, cwd=os.path.join(self.folder, "work"))

    def test_found_although_it_went_to_another_directory(self):
        path = self.config("own.conf", "directory=/\n")
        self.environment["PWD"] = self.folder
        self.assert_found([self.script, "-c", "own.conf"], path)

    def test_a_relative_path_that_leads_nowhere_is_an_error(self):
        self.config("own.conf", "directory=/\n")
        self.environment.pop("PWD", None)
        pid = self.start([self.script, "-c", "own.conf"])
        self.assertIn("own.conf", dump("find", str(pid))[0]["error"])

    @unittest.skipUnless(os.geteuid() == 0, "needs a second user")
    def test_another_user_fills_in_its_own_environment_and_needs_an_absolute_path(self):
        os.chmod(self.folder, 0o755)
        path = self.config("supervisord.conf")
        pid = self.start([self.script, "-n", "-c", path])
        running = dump("running", str(pid), environment=dict(ENVIRONMENT, ONLY_HERE="own"), as_nobody=True)[0]
        self.assertEqual([each["processes"][0]["name"] for each in running["groups"]], ["watch", "own"])
        self.assertIn("environ", running["warnings"][0])
        os.unlink(os.path.join(self.folder, "pid"))
        pid = self.start([self.script, "-n", "-c", "supervisord.conf"])
        self.assertIn("absolute", dump("find", str(pid), as_nobody=True)[0]["error"])

    def test_what_is_not_supervisord_is_an_error(self):
        self.assertIn("not supervisord's", dump("find", str(os.getpid()))[0]["error"])
        self.assertIn("no process", dump("find", "999999999")[0]["error"])


if __name__ == "__main__":
    OPTIONS, rest = ARGUMENTS.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
