"""What a listener does not need yet is not in its memory: libcurl brings some thirty libraries with it."""

import os
import unittest
from pathlib import Path

from support.listeners import ARGUMENTS
from support.rig import Rig
from support.server import Server, answering_rpc
from support.workspace import PROGRAMS, Workspace, binary_folder, wait_until

ASKING_AT_ONCE = ("essential", "ordered-startup-listener")
UNASKING = tuple(program for program in PROGRAMS if program not in ASKING_AT_ONCE)
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
        for program in UNASKING:
            with self.subTest(program):
                rig = self.rig(program)
                self.assertFalse(has_libcurl(rig.process.pid), "after READY")
                for _ in range(EVENTS):
                    rig.send("REMOTE_COMMUNICATION", "type:x\nhello")
                    rig.send("PROCESS_STATE_RUNNING", "processname:web groupname:web from_state:STARTING pid:1")
                self.assertFalse(has_libcurl(rig.process.pid), f"after {2 * EVENTS} events: {rig.stderr}")

    def test_libcurl_is_loaded_by_the_first_question_to_supervisord(self):
        server = Server(self, answering_rpc({"supervisor.getAllProcessInfo": lambda: []}), path=str(self.dir / "rpc"))
        rig = self.rig("memmon", server_url=server.url)
        self.assertFalse(has_libcurl(rig.process.pid))
        rig.tick()
        wait_until(lambda: server.requests, "a question")
        self.assertTrue(has_libcurl(rig.process.pid))


if __name__ == "__main__":
    unittest.main()
