"""A program to supervise. Run by itself: `python3 -S actor.py hold 60` keeps 60 MB resident, and so on.

Memory is one small file mapped many times: it counts as resident in full and costs the machine next to nothing.
"""

import mmap
import os
import signal
import sys
import time

BLOCK = 4 * 1024 * 1024


def hold(megabytes):
    count = megabytes * 1024 * 1024 // BLOCK
    load = os.memfd_create("load")
    os.ftruncate(load, BLOCK)
    return [mmap.mmap(load, BLOCK, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE) for _ in range(count)]


def main(verb, *arguments):
    if verb == "hold":  # MEGABYTES
        kept = hold(int(arguments[0]))
    elif verb == "beget":  # DEPTH MEGABYTES: a chain of children, each holding as much
        depth, megabytes = map(int, arguments)
        if depth > 0 and os.fork() == 0:
            return main("beget", str(depth - 1), str(megabytes))
        kept = hold(megabytes)
    elif verb == "ignore-sigterm":  # MEGABYTES
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kept = hold(int(arguments[0]))
    elif verb == "exit":  # CODE SECONDS
        time.sleep(float(arguments[1]))
        return int(arguments[0])
    else:
        sys.exit(f"no such part: {verb}")
    while kept is not None:
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
