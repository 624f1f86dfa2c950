"""Completion at a shell's prompt: TAB pressed in a real bash and a real zsh, against a real supervisord."""

import shutil
import subprocess
import unittest

from support import at_a_prompt
from support.shells import COMPLETIONS

NAMES = ("quickctl", "quickstart", "quickstop", "quickrestart", "rolling-restart", "supervisorctl_restart_group")


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Bash(at_a_prompt.AtAPrompt):
    """Without the bash-completion package."""

    shell = "bash"

    def test_every_name_is_completed(self):
        told = output_of("bash", "--norc", "-c", f". {COMPLETIONS}/quickctl.bash; complete -p")
        self.assertEqual(sorted(line.split()[-1] for line in told.splitlines()), sorted(NAMES))

    def test_a_word_is_completed_in_the_middle_of_a_line(self):
        self.at_work()
        line = f"quickctl {self.given} stop shop:c web"
        self.assert_completes(line + "\x1b[D" * 4, f"quickctl {self.given} stop shop:cart web")

    def test_it_works_where_colons_do_not_break_words(self):
        self.before = "COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}"
        self.at_work()
        self.assert_completes(f"quickctl {self.given} stop shop:c", f"quickctl {self.given} stop shop:cart ")
        self.assert_completes("quickctl --configuration=/nonexist", "quickctl --configuration=/nonexist")
        self.assert_completes("quickctl --configuration=/et", "quickctl --configuration=/etc/")


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(at_a_prompt.AtAPrompt):
    shell = "zsh"

    def test_every_name_is_completed(self):
        told = output_of("zsh", "-f", "-c", f"fpath=({COMPLETIONS} $fpath); autoload -Uz compinit; compinit -u -D; "
                                            "print -l ${(k)_comps[(R)_quickctl]}")
        self.assertEqual(sorted(told.split()), sorted(NAMES))


if __name__ == "__main__":
    unittest.main()
