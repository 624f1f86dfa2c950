#!/usr/bin/python3
"""How fast quickctl is, against the floor, supervisorctl and supervisor-quick, in one run; how it holds supervisord.

    control.py [--rounds N] [--supervisor-quick DIR] [--slow] [--part speed|names|hold]... [BIN]

BIN is the folder with quickctl (default: KEENLANCE_BIN, else the first build in the source tree), DIR one with
supervisor_quick.py, which is of Python 2: a copy of it is brought to Python 3 for the time of the run.

speed: start, restart and stop of a group of 200 processes with startsecs=1. The floor is what supervisord needs at
least: all calls with wait=false in one multicall over one connection, then, at the moment the last one can be there, a
look at each (a multicall of getProcessInfo) until all are; it knows the names and the moment. For a restart it is the
floor of the stop and that of the start. Every round takes all subjects in turn, each just after a floor of its own, in
the same supervisord; a ratio is that of one pair, so that noise of the machine hits both. The table shows medians, and
the extremes for judging how far to trust them.

names: 32 names given one by one, against their group. --slow does so with supervisorctl too, which takes a minute.

hold: 1,000 processes are started, restarted and stopped by quickctl, and for how long each of its calls holds
supervisord is told by supervisord (see stopwatch.py); beside it a client asks getState again and again, over a
connection of its own, and tells how long it had to wait (it makes all of it slower, for it keeps supervisord awake).
Spawning and the listing that patterns need are apart. supervisord writes an answer in pieces of 4,096 bytes, one each
turn of its main loop, so a long list takes far longer to arrive than it holds supervisord: the first command tells.

Whatever is measured is verified: a subject after which a process is not as asked for ends the benchmark.
Exits with 1 then, and if one of the targets is missed that the last lines name.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from control_floor import NAMES, STARTSECS, VERBS, Bench, Subject, floor
from control_hold import hold
from ordered_startup import Round, milliseconds
from promises import all_kept
from support.workspace import binary

MANY, FEW = 200, 32
TARGETS = {"start": 1.1, "restart": 1.15, "stop": 2.0}
NAMES_TARGET = 1.15


def quickctl_of(options):
    program = f"{options.bin}/quickctl" if options.bin else binary("quickctl")
    return Subject("quickctl", lambda bench, verb: [program, "-c", bench.config, verb, NAMES])


def supervisorctl(verb_of=str, name="supervisorctl"):
    return Subject(name, lambda bench, verb: [sys.executable, "-m", "supervisor.supervisorctl", "-c", bench.config,
                                              verb_of(verb), NAMES])


def port_quick(source, folder):
    """supervisor-quick for Python 3, of which its one file needs two words changed."""
    text = (source / "supervisor_quick.py").read_text(encoding="utf-8")
    text = text.replace("import xmlrpclib", "import xmlrpc.client as xmlrpclib").replace('is "start"', '== "start"')
    (folder / "supervisor_quick.py").write_text(text, encoding="utf-8")
    return folder


def speed_round(subjects, plugin, turn):
    """{subject: {verb: (floor, seconds)}}"""
    results = {}
    with Round() as case:
        bench = Bench(case, "app", MANY, plugin)
        for place in range(len(subjects)):
            subject = subjects[(place + turn) % len(subjects)]
            floors = {verb: floor(bench, verb) for verb in ("start", "stop")}
            floors["restart"] = floors["start"] + floors["stop"]
            results[subject] = {verb: (floors[verb], subject.take(bench, verb, ["app:*"])) for verb in VERBS}
    return results


def row(title, baselines, seconds):
    ratios = [value / base for base, value in zip(baselines, seconds)]
    print(f"  {title:30}{milliseconds(seconds):>24}{milliseconds(baselines):>24}{statistics.median(ratios):9.2f} "
          f"({min(ratios):.2f}-{max(ratios):.2f})")
    return statistics.median(ratios)


def head(title, rounds, baseline):
    print(f"\n{title}, ms: median (least-most) of {rounds} rounds; load {os.getloadavg()[0]:.1f}\n"
          f"  {'':30}{'':>24}{baseline:>24}    ratio", flush=True)


def part_speed(options):
    """[(what, ratio, at most)]"""
    with Round() as case:
        plugin = options.supervisor_quick and port_quick(options.supervisor_quick, case.dir)
        subjects = [quickctl_of(options), supervisorctl()]
        if plugin:
            subjects.append(supervisorctl(lambda verb: f"quick{verb}", "supervisor-quick"))
        speed_round(subjects[:1], plugin, 0)  # what is cold is warm afterwards
        results = [speed_round(subjects, plugin, turn) for turn in range(options.rounds)]
    head(f"{MANY} processes, startsecs={STARTSECS}", options.rounds, "floor")
    targets = []
    for verb in VERBS:
        for subject in subjects:
            ratio = row(f"{verb}, {subject.name}", *zip(*(result[subject][verb] for result in results)))
            if subject is subjects[0]:
                targets.append((f"{verb} of {MANY}, to the floor", ratio, TARGETS[verb]))
    return targets


def names_round(subject, turn):
    """{verb: (group, names)}"""
    with Round() as case:
        bench = Bench(case, "few", FEW)
        forms = [["few:*"], bench.names]
        found = {}
        for form in forms if turn % 2 else reversed(forms):
            for verb in VERBS:
                found[verb, len(form)] = subject.take(bench, verb, form)
        return {verb: (found[verb, 1], found[verb, FEW]) for verb in VERBS}


def part_names(options):
    head(f"{FEW} names, one by one", options.rounds, "as a group")
    results = [names_round(quickctl_of(options), turn) for turn in range(options.rounds)]
    targets = []
    for verb in VERBS:
        ratio = row(f"{verb}, quickctl", *zip(*(result[verb] for result in results)))
        targets.append((f"{verb} of {FEW} names, to their group", ratio, NAMES_TARGET))
    if options.slow:
        result = names_round(supervisorctl(), 0)
        for verb in VERBS:
            row(f"{verb}, supervisorctl (once)", *zip(result[verb]))
    return targets


def part_hold(options):
    return hold(quickctl_of(options), max(1, options.rounds // 3))


PARTS = {"speed": part_speed, "names": part_names, "hold": part_hold}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", nargs="?")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--supervisor-quick", metavar="DIR", type=Path)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--part", action="append", choices=PARTS)
    options = parser.parse_args()
    targets = [target for part in options.part or PARTS for target in PARTS[part](options)]
    return 0 if all_kept(targets) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as wrong:
        sys.exit(f"control.py: {wrong}")
