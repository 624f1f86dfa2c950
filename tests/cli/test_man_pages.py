"""The manual pages: every option of --help is explained, none that is not there, and the markup is sound."""

import re
import shutil
import subprocess
import unittest

from support.workspace import COMMANDS, PROGRAMS, ROOT, Workspace, binary

MAN = ROOT / "man"
SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "COMPATIBILITY", "SEE ALSO")


def options_in_help(program):
    """The options at the beginning of lines, as `-p`, `--program`."""
    text = subprocess.run([binary(program), "--help"], capture_output=True, text=True, check=True).stdout
    lines = re.findall(r"^ +((?:-{1,2}[A-Za-z][\w-]*(?:, )?)+)", text, re.MULTILINE)
    return {option for line in lines for option in line.split(", ")}


def options_in_page(program):
    """Those that .It lines of the OPTIONS section introduce by .Fl."""
    source = (MAN / f"{program}.1").read_text(encoding="utf-8")
    section = re.search(r"^\.Sh OPTIONS\n(.*?)^\.Sh ", source, re.MULTILINE | re.DOTALL).group(1)
    items = re.findall(r"^\.It (Fl .*)$", section, re.MULTILINE)
    return {"-" + name for item in items for name in re.findall(r"\bFl (\S+)", item)}


class ManPages(Workspace):
    def test_every_option_of_help_is_in_the_page_and_every_option_of_the_page_is_known(self):
        for program in PROGRAMS + COMMANDS:
            with self.subTest(program):
                shown, explained = options_in_help(program), options_in_page(program)
                self.assertGreater(len(shown), 4, "nothing found in --help")
                self.assertEqual(shown - explained, set(), "missing in the page")
                for alias in explained - shown:  # other names of an option are in the page only
                    known = subprocess.run([binary(program), f"{alias}=1MB", "--help"], capture_output=True, text=True)
                    self.assertEqual(known.returncode, 0, known.stderr)

    def test_each_page_has_every_section_and_leads_to_the_entry(self):
        for program in PROGRAMS + COMMANDS:
            with self.subTest(program):
                source = (MAN / f"{program}.1").read_text(encoding="utf-8")
                self.assertEqual([name for name in re.findall(r"^\.Sh (.*)$", source, re.MULTILINE) if name in SECTIONS],
                                 list(SECTIONS))
                self.assertRegex(source.split(".Sh SEE ALSO\n")[1], r"\.Xr keenlance 7( ,)?\n")
                self.assertIn(f".Xr {program} 1", (MAN / "keenlance.7").read_text(encoding="utf-8"))

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_finds_nothing_to_warn_of(self):
        for page in sorted(MAN.glob("*.[1-9]")):
            with self.subTest(page.name):
                lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
                self.assertEqual(lint.returncode, 0, lint.stdout)


if __name__ == "__main__":
    unittest.main()
