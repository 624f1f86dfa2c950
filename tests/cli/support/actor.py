"""A program to supervise. Run by itself: `python3 -S actor.py hold 60` keeps 60 MB resident, and so on.

Memory is one small file mapped many times: it counts as resident in full and costs the machine next to nothing. What
is "own" is the process's own instead, page by page, and costs what it says.
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


def own(megabytes):
    memory = mmap.mmap(-1, megabytes << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(0, megabytes << 20, mmap.PAGESIZE):
        memory[page] = 1
    return memory


def grow(megabytes):
    """As much again at each SIGUSR1."""
    kept = [hold(megabytes)]
    signal.signal(signal.SIGUSR1, lambda *_: kept.append(hold(megabytes)))
    return kept


def main(verb, *arguments):
    if verb == "hold":  # MEGABYTES
        kept = hold(int(arguments[0]))
    elif verb in ("own", "grow"):  # MEGABYTES
        kept = {"own": own, "grow": grow}[verb](int(arguments[0]))
    elif verb in ("beget", "beget-own"):  # DEPTH MEGABYTES: a chain of children, each holding as much
        depth, megabytes = map(int, arguments)
        if depth > 0 and os.fork() == 0:
            return main(verb, str(depth - 1), str(megabytes))
        kept = hold(megabytes) if verb == "beget" else own(megabytes)
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
