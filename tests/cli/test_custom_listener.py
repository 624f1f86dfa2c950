"""libkeenlance for others: examples/custom-listener/ built against what `cmake --install` makes, by find_package and by
pkg-config's flags, and at work under a real supervisord."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from support.supervisord import Supervisord, actor, listener
from support.workspace import ROOT, Workspace, binary_folder, wait_until

EXAMPLE = ROOT / "examples/custom-listener"
SANITIZED = r"^KEENLANCE_SANITIZE:\w+=(.+)$"


def cache(build):
    return (build / "CMakeCache.txt").read_text(encoding="utf-8")


class CustomListener(Workspace):
    def setUp(self):
        super().setUp()
        build = binary_folder().parent
        if not (build / "CMakeCache.txt").exists():
            self.skipTest(f"{build} is no build folder to install from")
        self.prefix = self.dir / "prefix"
        for component in ("library", "development"):
            self.run_tool("cmake", "--install", build, "--prefix", self.prefix, "--component", component)
        self.compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache(build), re.M)[1]
        found = re.search(SANITIZED, cache(build), re.M)
        self.flags = ["-Wall", "-Wextra", "-Werror"] + ([f"-fsanitize={found[1]}"] if found else [])

    def run_tool(self, *words, **environment):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=240, check=False,
                              env={**os.environ, **environment}, cwd=self.dir)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def build_with_cmake(self):
        # A copy: nothing but the installed tree can help it.
        source = self.dir / "custom-listener"
        shutil.copytree(EXAMPLE, source)
        self.run_tool("cmake", "-S", source, "-B", self.dir / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                      f"-DCMAKE_CXX_COMPILER={self.compiler}", f"-DCMAKE_CXX_FLAGS={' '.join(self.flags)}")
        self.run_tool("cmake", "--build", self.dir / "build")
        return self.dir / "build/reload-after"

    def package_flags(self, *options):
        folder = next(self.prefix.glob("**/pkgconfig"))
        return self.run_tool("pkg-config", *options, "keenlance", PKG_CONFIG_PATH=str(folder)).split()

    def test_found_by_cmake_it_reloads_the_proxy_when_the_backend_is_up_and_tells_when_it_cannot(self):
        program = self.build_with_cmake()
        told = self.dir / "told"
        options = f"--notify 'exec:cat >> {told}'"
        supervisord = Supervisord(
            self, actor("web", "hold 4", autostart="false"), actor("proxy", "hold 4", autorestart="true", exitcodes=0),
            listener("reload-after", f"{program} {options} web proxy", "PROCESS_STATE_RUNNING"))
        proxy = supervisord.wait_for_state("proxy", "RUNNING")
        supervisord.wait_for_state("reload-after", "RUNNING")
        supervisord.rpc.startProcess("web")
        supervisord.wait_for_restart("proxy", proxy)  # the actor dies of a HUP
        self.assertIn("web is up, reloading proxy", supervisord.stderr_of("reload-after"))
        self.assertFalse(told.exists(), "there was nothing to tell")

        supervisord.rpc.stopProcess("proxy")
        supervisord.rpc.stopProcess("web")
        supervisord.rpc.startProcess("web")
        wait_until(lambda: told.exists() and "proxy was not reloaded: " in told.read_text(), "the notification")

    def test_compiled_by_the_flags_of_pkg_config_it_runs(self):
        program = self.dir / "reload-after"
        self.run_tool(self.compiler, *self.flags, EXAMPLE / "main.cpp", "-o", program,
                      *self.package_flags("--cflags", "--libs"))
        library = self.package_flags("--variable=libdir")[0]
        self.assertTrue(Path(library).resolve().is_relative_to(self.prefix))
        version = self.package_flags("--modversion")[0]
        words = self.run_tool(program, "--version", LD_LIBRARY_PATH=library)
        self.assertEqual(words, f"reload-after (keenlance) {version}\n")

    def test_the_headers_need_nothing_but_each_other_in_any_order(self):
        include = self.prefix / "include"
        headers = sorted(str(path.relative_to(include)) for path in include.glob("keenlance/**/*.hpp"))
        self.assertIn("keenlance/system/listener.hpp", headers)
        self.assertEqual([header for header in headers if header.endswith("_internal.hpp")], [])
        used = re.findall(r"#include <(keenlance/.*)>", (EXAMPLE / "main.cpp").read_text(encoding="utf-8"))
        for included in (headers, headers[::-1], *([header] for header in used)):
            source = self.write("headers.cpp", "".join(f"#include <{header}>\n" for header in included))
            self.run_tool(self.compiler, *self.flags, "-fsyntax-only", *self.package_flags("--cflags"), source)


if __name__ == "__main__":
    unittest.main()
