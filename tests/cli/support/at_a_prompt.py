"""What is true of completion in every shell: the tests that Bash and Zsh of test_completion.py have in common."""

import os
import re
import signal
import subprocess
import time

from support.quickctl import Quickctl
from support.shells import ALL, Shell
from support.supervisord import Supervisord, program
from support.system import free_port
from support.workspace import binary, binary_folder

EVIL = ("x$(touch${IFS}evil)", "b;touch", "c`touch`", "d'e", "f&g*", 'h"i\\j')


def sleeper(name, **keys):
    return program(name.replace("%", "%%"), "sleep 600", autostart="false", **keys)


class AtAPrompt(Quickctl):
    """`shell` is the name of one; what `before` says is run first in it."""

    shell = None
    before = ""

    def at_work(self, **options):
        self.supervise(sleeper("web"), sleeper("worker", numprocs=2, process_name="%(process_num)d"), sleeper("cart"),
                       sleeper("shopweb", process_name="web"), "[group:shop]\nprograms=cart,shopweb\n", **options)
        self.prompt = Shell(self, self.shell, self.before)
        self.given = f"-c {self.supervisord.config}"

    def assert_completes(self, typed, line):
        self.assertEqual(self.prompt.line_after(typed + "\t"), line)

    def test_processes_and_groups_come_from_the_running_supervisord(self):
        self.at_work()
        for command in ("quickctl " + self.given + " restart", "quickstart " + self.given,
                        "rolling-restart " + self.given):
            with self.subTest(command):
                self.assert_completes(f"{command} we", f"{command} web ")
                self.assert_completes(f"{command} wor", f"{command} worker:")
                self.assert_completes(f"{command} shop:c", f"{command} shop:cart ")
                self.assert_completes(f"{command} web shop:w", f"{command} web shop:web ")

    def test_every_member_of_a_group_is_offered_once_the_group_is_typed(self):
        self.at_work()
        command = f"quickctl {self.given} stop"
        line = self.prompt.line_after(f"{command} worker:{ALL}")
        self.assertEqual(line.replace(" worker:", " ").split()[-2:], ["0", "1"])
        self.assertTrue(line.startswith(f"{command} worker:0"), line)
        line = self.prompt.line_after(f"{command} {ALL}")
        for word in ("web", "worker", "shop", "all"):
            self.assertEqual(line[len(command):].count(word), 1, line)

    def test_the_old_name_for_a_group_takes_one_group(self):
        self.at_work()
        command = f"supervisorctl_restart_group {self.given}"
        self.assert_completes(f"{command} wor", f"{command} worker ")
        self.assert_completes(f"{command} sh", f"{command} shop ")
        self.assert_completes(f"{command} shop wo", f"{command} shop wo")

    def test_commands_and_options_need_no_supervisord(self):
        self.prompt = Shell(self, self.shell, self.before)
        self.assert_completes("quickctl sto", "quickctl stop ")
        self.assert_completes("quickctl --no-wait rol", "quickctl --no-wait roll ")
        self.assert_completes("quickctl restart --fail", "quickctl restart --fail-fast ")
        self.assert_completes("quickctl roll --resu", "quickctl roll --resume ")
        self.assert_completes("rolling-restart --resu", "rolling-restart --resume ")
        self.assert_completes("quickctl stop --resu", "quickctl stop --resu")
        self.assert_completes("quickctl --order con", "quickctl --order config ")
        self.assert_completes("quickctl roll --signal HU", "quickctl roll --signal HUP ")

    def test_every_option_of_help_is_offered(self):
        shown = subprocess.run([binary("quickctl"), "--help"], capture_output=True, text=True, check=True).stdout
        wanted = {option for line in re.findall(r"^ +((?:-{1,2}[A-Za-z][\w-]*(?:, )?)+)", shown, re.MULTILINE)
                  for option in line.split(", ") if option.startswith("--")}
        self.prompt = Shell(self, self.shell, self.before)
        words = re.findall(r"--[\w-]+", self.prompt.line_after(f"quickctl roll --{ALL}"))
        self.assertGreater(len(wanted), 10)
        self.assertEqual(wanted - set(words), set())

    def test_a_file_is_offered_where_a_file_is_wanted(self):
        self.prompt = Shell(self, self.shell, self.before)
        self.write("some folder/special.conf", "")
        self.write("special.ini", "")
        self.assert_completes("quickctl -c spec", "quickctl -c special.ini ")
        self.assert_completes("quickctl --configuration=spec", "quickctl --configuration=special.ini ")
        self.assert_completes("quickctl -c ~/spec", "quickctl -c ~/special.ini ")
        self.assert_completes("quickctl -c some\\ folder/s", "quickctl -c some\\ folder/special.conf ")
        self.assert_completes("quickctl -p spec", "quickctl -p spec")

    def test_whatever_way_the_server_is_given_it_is_the_one_asked(self):
        port = free_port()
        self.at_work(inet=port, password="s3cret")
        config = self.supervisord.config
        folder = self.dir / "a folder"
        folder.mkdir()
        os.symlink(config, folder / "it's.conf")
        for given in (f"-c{config}", f"--configuration={config}", f"--configuration {config}",
                      f"-u operator -p s3cret -s http://127.0.0.1:{port}",
                      f"-qu operator --password='s3cret' --serverurl=http://127.0.0.1:{port}",
                      f"-u operator -ps3cret -s unix://{self.supervisord.socket}",
                      "-c ~/a\\ folder/it\\'s.conf", f'-c "{folder}/it\'s.conf"'):
            with self.subTest(given):
                self.assert_completes(f"quickctl {given} stop shop:c", f"quickctl {given} stop shop:cart ")

    def test_several_servers_are_asked(self):
        self.at_work()
        other = Supervisord(self, sleeper("elsewhere"))
        given = f"quickctl -s {self.supervisord.url} -s {other.url} stop"
        self.assert_completes(f"{given} we", f"{given} web ")
        self.assert_completes(f"{given} web else", f"{given} web elsewhere ")

    def test_a_wrong_password_or_no_supervisord_leaves_the_line_alone_and_says_nothing(self):
        self.at_work(password="s3cret")
        nobody = f"quickctl -s unix://{self.dir}/nobody stop w"
        refused = f"quickctl -u operator -p wrong -s unix://{self.supervisord.socket} stop w"
        for line in (nobody, refused, "quickctl -c /nonexistent stop w"):
            with self.subTest(line):
                self.assert_completes(line, line)
                self.assert_silent(line)

    def test_a_supervisord_that_does_not_answer_holds_the_prompt_for_a_moment_only(self):
        self.at_work()
        line = f"quickctl {self.given} stop w"
        self.supervisord.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.supervisord.process.send_signal, signal.SIGCONT)
        began = time.monotonic()
        self.assert_completes(line, line)
        self.assertLess(time.monotonic() - began, 6)
        self.assert_silent(line)
        self.supervisord.process.send_signal(signal.SIGCONT)
        self.assert_completes(line + "e", line + "eb ")

    def test_names_with_characters_of_the_shell_are_quoted_and_not_evaluated(self):
        self.supervise(*(sleeper(name) for name in EVIL))
        self.prompt = Shell(self, self.shell, self.before)
        given = f"quickctl -c {self.supervisord.config} status"
        for name in EVIL:
            with self.subTest(name):
                line = self.prompt.line_after(f"{given} {name[0]}\t")
                self.assertTrue(line.endswith(" "), line)
                self.assert_silent(line)
                words = subprocess.run([self.shell, "-c", f"printf '%s\\n' {line[len(given):]}"], cwd=self.dir,
                                       capture_output=True, text=True, check=True).stdout
                self.assertEqual(words, name + "\n", line)
        self.assertEqual(list(self.dir.glob("**/evil")), [])

    def test_a_command_given_by_its_path_is_completed_too(self):
        self.at_work()
        line = f"{binary_folder()}/quickctl {self.given} stop shop:c"
        self.assert_completes(line, line + "art ")

    def test_within_quotes_the_quote_is_kept(self):
        self.at_work()
        given = f"quickctl {self.given} stop"
        self.assert_completes(f"{given} 'shop:c", f"{given} 'shop:cart' ")
        self.assert_completes(f'{given} "we', f'{given} "web" ')

    def assert_silent(self, line):
        """The terminal shows the line and nothing else."""
        shown = self.prompt.transcript.decode(errors="replace")
        for word in ("error", "refused", "Terminated", "Killed", "quickctl:", "connect", "supervisord:", "rror"):
            self.assertNotIn(word, shown.replace(line, ""))
        self.assertNotIn("\n", shown.replace(line, "").strip())
