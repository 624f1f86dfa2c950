"""What a listener does not need yet is not in its memory: libcurl brings some thirty libraries with it."""

import os
import unittest
from pathlib import Path

from support.listeners import ARGUMENTS
from support.rig import Rig
from support.server import Server, answering_rpc
from support.workspace import PROGRAMS, Workspace, binary_folder, wait_until

EVENTS = 100


def libraries(pid):
    """Names of the files that are mapped as code."""
    lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    return {os.path.basename(words[5]) for words in map(str.split, lines) if len(words) > 5 and "x" in words[1]}


def has_libcurl(pid):
    return any(name.startswith("libcurl") for name in libraries(pid))


def is_asked_to_load_it_at_once():
    """Whether the build tree that the programs lie in was configured so."""
    cache = binary_folder().parent / "CMakeCache.txt"
    return cache.exists() and "KEENLANCE_LATE_LIBCURL:BOOL=OFF" in cache.read_text(encoding="utf-8")


@unittest.skipUnless(Path("/proc/self/maps").exists(), "needs /proc")
class Footprint(Workspace):
    def setUp(self):
        super().setUp()
        if is_asked_to_load_it_at_once():
            self.skipTest("built with KEENLANCE_LATE_LIBCURL=OFF")

    def rig(self, program, **options):
        return Rig(self, program, *ARGUMENTS[program], **options)

    def test_libcurl_is_not_loaded_before_a_listener_transfers_anything(self):
        for program in PROGRAMS:
            with self.subTest(program):
                rig = self.rig(program)
                self.assertFalse(has_libcurl(rig.process.pid), "after READY")
                for _ in range(EVENTS):
                    rig.send("REMOTE_COMMUNICATION", "type:x\nhello")
                    rig.send("PROCESS_STATE_RUNNING", "processname:web groupname:web from_state:STARTING pid:1")
                self.assertFalse(has_libcurl(rig.process.pid), f"after {2 * EVENTS} events: {rig.stderr}")

    def test_supervisord_on_this_machine_is_asked_without_libcurl(self):
        questions = {"supervisor.getAllProcessInfo": lambda: []}
        for address in ({"path": str(self.dir / "rpc")}, {}):
            with self.subTest(address):
                server = Server(self, answering_rpc(questions), **address)
                rig = self.rig("memmon", server_url=server.url)
                rig.tick()
                wait_until(lambda server=server: server.requests, "a question")
                rig.tick()
                self.assertFalse(has_libcurl(rig.process.pid))

    def test_libcurl_is_loaded_by_the_first_question_that_takes_it(self):
        rig = self.rig("memmon", server_url="https://127.0.0.1:1")
        self.assertFalse(has_libcurl(rig.process.pid))
        rig.tick()
        rig.wait_for_log("cannot reach supervisord")
        self.assertTrue(has_libcurl(rig.process.pid))


if __name__ == "__main__":
    unittest.main()
