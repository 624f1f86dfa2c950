"""What is in the .debs, and what they say of themselves: read with dpkg-deb, nothing is installed.

KEENLANCE_PACKAGES is their folder, KEENLANCE_VERSION the version they should have, KEENLANCE_LIBDIR where libraries lie
below /usr."""

import gzip
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(os.environ["KEENLANCE_PACKAGES"])
VERSION = os.environ["KEENLANCE_VERSION"]
LIBDIR = f"usr/{os.environ['KEENLANCE_LIBDIR']}"
SOVERSION = ".".join(VERSION.split(".")[:2])
LIBRARY = f"libkeenlance{SOVERSION}"
ROOT = Path(__file__).resolve().parents[2]
LISTENERS = {path.stem.removesuffix("_main").replace("_", "-") for path in (ROOT / "listeners").glob("*_main.cpp")}
PROGRAMS = LISTENERS | {path.stem.removesuffix("_main") for path in (ROOT / "commands").glob("*_main.cpp")}
NAMES = {"quickstart", "quickstop", "quickrestart", "rolling-restart"}


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


class Package:
    def __init__(self, file):
        self.tree = Path(tempfile.mkdtemp(prefix="keenlance-deb-"))
        run("dpkg-deb", "--raw-extract", str(file), str(self.tree))
        self.owners = set(re.findall(r"^\S+ (\S+)", run("dpkg-deb", "--contents", str(file)), re.M))
        self.fields = {name: run("dpkg-deb", "--field", str(file), name).strip()
                       for name in ("Package", "Version", "Architecture", "Section", "Priority", "Source", "Depends",
                                    "Recommends", "Multi-Arch", "Maintainer", "Description")}

    def files(self, folder):
        return {path.name for path in (self.tree / folder).glob("*")}

    def names(self):
        """Of everything in it but folders."""
        return {str(path.relative_to(self.tree)) for path in self.tree.rglob("*")
                if path.is_symlink() or not path.is_dir()}


class Contents(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        files = list(FOLDER.glob("keenlance*.deb"))
        cls.packages = {package.fields["Package"]: package for package in map(Package, files)}
        for package in cls.packages.values():
            cls.addClassCleanup(shutil.rmtree, package.tree)

    def test_there_are_programs_library_and_what_others_compile_against(self):
        self.assertEqual(set(self.packages), {"keenlance", LIBRARY, "libkeenlance-dev"})
        for package in self.packages.values():
            fields = package.fields
            self.assertRegex(fields["Version"], f"^{re.escape(VERSION)}-")
            self.assertEqual(fields["Architecture"], run("dpkg", "--print-architecture").strip())
            self.assertEqual((fields["Priority"], package.owners), ("optional", {"root/root"}))
            self.assertRegex(fields["Maintainer"], r"^[^<]+ <\S+@\S+>$")
            self.assertRegex(fields["Description"], r"\A[a-z][^\n]{20,79}\n(  ?\S[^\n]*\n)*")
        self.assertEqual({name: package.fields["Section"] for name, package in self.packages.items()},
                         {"keenlance": "admin", LIBRARY: "libs", "libkeenlance-dev": "libdevel"})

    def test_each_asks_for_what_it_needs(self):
        own = f"{LIBRARY} (= {self.packages['keenlance'].fields['Version']})"
        self.assertIn(own, self.packages["keenlance"].fields["Depends"])
        self.assertEqual(self.packages["libkeenlance-dev"].fields["Depends"], own)
        self.assertEqual(self.packages["keenlance"].fields["Recommends"], "supervisor")
        self.assertIn("python3:any", self.packages["keenlance"].fields["Depends"])
        for library in ("libc6", "libcurl4", "libfmt", "libtinyxml2", r"libstdc\+\+6"):
            self.assertRegex(self.packages[LIBRARY].fields["Depends"], library)

    def test_every_program_has_its_page_and_every_page_is_compressed(self):
        programs = self.packages["keenlance"]
        self.assertEqual(programs.files("usr/bin"), PROGRAMS | NAMES)
        pages = programs.files("usr/share/man/man1") | programs.files("usr/share/man/man7")
        self.assertEqual(pages, {f"{name}.1.gz" for name in PROGRAMS | NAMES}
                         | {"keenlance.7.gz", "keenlance_supervisor.7.gz"})
        for name in pages:
            page = programs.tree / "usr/share/man" / f"man{name[-4]}" / name
            with gzip.open(page, "rt", encoding="utf-8") as text:  # a link must lead to a page too
                self.assertIn(".Sh NAME", text.read())

    def test_what_shells_and_supervisord_load_is_where_debian_looks(self):
        programs = self.packages["keenlance"]
        self.assertEqual(programs.files("usr/share/bash-completion/completions"),
                         NAMES | {"quickctl", "supervisorctl_restart_group"})
        self.assertEqual(programs.files("usr/share/zsh/vendor-completions"), {"_quickctl"})
        self.assertEqual(programs.files("usr/lib/python3/dist-packages"), {"keenlance_supervisor.py"})
        self.assertEqual({name for name in programs.files("usr/lib") if name.startswith("python")}, {"python3"})

    def test_the_library_says_who_updates_the_cache_and_what_its_users_need(self):
        library = self.packages[LIBRARY]
        self.assertEqual(library.files(LIBDIR), {f"libkeenlance.so.{SOVERSION}", f"libkeenlance.so.{VERSION}"})
        control = library.tree / "DEBIAN"
        self.assertEqual((control / "triggers").read_text(encoding="utf-8"), "activate-noawait ldconfig\n")
        self.assertEqual((control / "shlibs").read_text(encoding="utf-8"),
                         f"libkeenlance {SOVERSION} {LIBRARY} (>= {VERSION})\n")
        self.assertEqual({path.name for path in control.iterdir()}, {"control", "md5sums", "shlibs", "triggers"})

    def test_others_find_headers_cmake_files_and_an_example(self):
        names = self.packages["libkeenlance-dev"].names()
        self.assertLessEqual({f"{LIBDIR}/libkeenlance.so", f"{LIBDIR}/pkgconfig/keenlance.pc",
                              f"{LIBDIR}/cmake/keenlance/keenlanceConfig.cmake",
                              f"{LIBDIR}/cmake/keenlance/keenlanceConfigVersion.cmake",
                              "usr/include/keenlance/system/listener.hpp",
                              "usr/share/doc/libkeenlance-dev/examples/custom-listener/main.cpp"}, names)
        self.assertEqual([name for name in names if name.endswith("_internal.hpp")], [])

    def test_binaries_are_stripped_and_look_for_libraries_nowhere_else_than_the_system_does(self):
        binaries = [self.packages["keenlance"].tree / "usr/bin" / name for name in PROGRAMS]
        binaries.append(self.packages[LIBRARY].tree / LIBDIR / f"libkeenlance.so.{VERSION}")
        for binary in binaries:
            with self.subTest(binary.name):
                self.assertNotRegex(run("readelf", "--dynamic", str(binary)), "R(UN)?PATH")
                self.assertNotIn(".symtab", run("readelf", "--sections", "--wide", str(binary)))

    def test_each_tells_its_license_and_what_is_new(self):
        for name, package in self.packages.items():
            doc = package.tree / "usr/share/doc" / name
            self.assertEqual(package.files("usr/share/doc"), {name})
            text = (doc / "copyright").read_text(encoding="utf-8")
            self.assertRegex(text, r"\nCopyright: \d{4} .+\nLicense: Expat\n")
            self.assertIn("\n THE SOFTWARE IS PROVIDED \"AS IS\"", text)
            self.assertIn(f"keenlance ({package.fields['Version']})",
                          gzip.decompress((doc / "changelog.Debian.gz").read_bytes()).decode())
            self.assertEqual(gzip.decompress((doc / "changelog.gz").read_bytes()),
                             (ROOT / "CHANGELOG.md").read_bytes())


if __name__ == "__main__":
    unittest.main()
