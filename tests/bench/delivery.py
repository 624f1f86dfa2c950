#!/usr/bin/python3
"""Whether nothing is lost and nothing is held up: the promises of --spool, --digest and --notify, measured.

    delivery.py [--bin DIR] [--part storm|killed|outage|burst|day]... [--crashes N] [--seeds N] [--outage SECONDS]
                [--programs N] [--listener NAME]...

DIR is the folder with the programs (default: KEENLANCE_BIN, else the first build in the source tree). A rig plays
supervisord where nothing else is said: it sends an event as soon as the one before was acknowledged.

storm: 10,000 crashes of 100 programs to crashmail, while its mail command hangs: how long each acknowledgement took,
and what the listener grew by. Then the mail command answers, and what was mailed is counted: a mail that tells of many
crashes counts as many. Without a spool 1,000 wait in memory; the others are dropped, and have to be counted and said.

killed: 200 seeds of 30 crashes; a listener is killed with -9 at a random moment (before, while or after it acknowledges,
or while it mails), and the next one takes up what it left. An event that was not acknowledged is sent again.

outage: 50 crashes while the mail server is down for 150 s, and while one stalls in each phase of SMTP, for a minute each,
which is how long a mail may take; then it is well again.

burst: 300 programs of a real supervisord that crash all at once, while the listener is stopped or does not run: all but
a few of the events are discarded. Every crash has to be told, from supervisord's list where its event was lost.

day: TICK_5, TICK_60 and TICK_3600 of 24 hours to each listener (or the named ones), as fast as they are acknowledged,
with two crashes each five minutes, beside a real supervisord. The listener's clocks are moved on with the ticks, by a
library that is compiled for it. From the second hour on neither its own memory nor its descriptors may grow.

Prints tables, and exits with 1 where a promise is broken, all of which the last lines name.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from delivery_burst import part_burst  # noqa: E402  pylint: disable=wrong-import-position
from delivery_day import part_day  # noqa: E402  pylint: disable=wrong-import-position
from delivery_outage import part_outage  # noqa: E402  pylint: disable=wrong-import-position
from delivery_storm import part_killed, part_storm  # noqa: E402  pylint: disable=wrong-import-position
from promises import all_kept  # noqa: E402  pylint: disable=wrong-import-position
from support.workspace import PROGRAMS  # noqa: E402  pylint: disable=wrong-import-position

PARTS = {"storm": part_storm, "killed": part_killed, "outage": part_outage, "burst": part_burst, "day": part_day}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", metavar="DIR")
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--crashes", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--crashes-a-seed", type=int, default=30)
    parser.add_argument("--outage", metavar="SECONDS", type=float, default=150)
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--listener", action="append", choices=PROGRAMS)
    options = parser.parse_args()
    if options.bin:
        os.environ["KEENLANCE_BIN"] = options.bin
    targets = [target for part in options.part or PARTS for target in PARTS[part](options)]
    return 0 if all_kept(targets) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as wrong:
        sys.exit(f"delivery.py: {wrong}")
