"""The parts of `run` about every listener: its start, what it holds in memory, and an event that is none of its own."""

import os
import statistics
import time

from measuring import (AT_ONCE, HARMLESS, IGNORED, PROGRAMS, SEED, TICK, TRIES, UNASKING, Postman, Row, alone, best,
                       told_by_kernel, wait_until_idle)
from ordered_startup import Round
from part_ticks import NEVER
from support.workspace import wait_until
from watched import Bed

SPAWN_TARGET = EVENT_TARGET = 2.0
MEMORY_TARGET = 1.5
AFTER_ANSWER_TARGET = 6.0  # MB
ALL_SEED_TARGET = 10.0  # MB
HOUR = 20_000  # events: more than five a second
LISTED = 1_000  # processes
HTTPOK = ("-p", "nobody", "-t", "1", "http://127.0.0.1:9/")  # has somebody to ask for, and nobody to restart


def slowest(ours):
    return max(ours, key=ours.get)


def subjects(tools):
    """{name: command line}; hello is the floor."""
    return {"hello": [tools.floor("hello")], **{program: tools.command(program) for program in PROGRAMS}}


def rows_of(words, short, unit, figures, target, peers):
    """One row, for the listener that is worst, and the others as words."""
    ours = {name: value for name, value in figures.items() if name != "hello"}
    worst = slowest(ours)
    return [Row(f"{words} ({worst}, the worst of {len(ours)})", unit, ours[worst], figures["hello"],
                most_ratio=target, peer=peers.get(worst) or max(peers.values(), default=None), short=short)]


def in_words(figures, unit):
    return ", ".join(f"{name} {value:.3g}" for name, value in figures.items()) + f" {unit}"


def spawn_once(tools, command):
    with Postman(tools, command) as postman:
        return postman.until_ready


def part_spawn(tools):
    rounds = {name: [] for name in subjects(tools)}
    for _ in range(tools.rounds * TRIES):
        for name, command in subjects(tools).items():
            rounds[name].append(spawn_once(tools, command))
    # The lower quartile: with two processors a listener often goes on working before its clock is read.
    used = {name: statistics.quantiles((took.used for took in values), n=4)[0] * 1000 for name, values in rounds.items()}
    elapsed = {name: statistics.median(took.elapsed for took in values) * 1000 for name, values in rounds.items()}
    peers = {name: best(lambda name=name: spawn_once(tools, tools.peer(name)).used, 3) * 1000
             for name in PROGRAMS if tools.peer(name)}
    tools.note(f"spawn to READY, processor time: {in_words(used, 'ms')}; superlance: {in_words(peers, 'ms')}")
    tools.note(f"by the clock: {in_words(elapsed, 'ms')}")
    return rows_of("spawn to READY", "spawn to READY", "ms", used, SPAWN_TARGET, peers)


def of_event(postman):
    """Microseconds."""
    return statistics.median(took.elapsed for took in postman.deliver(500, IGNORED)) * 1e6


def part_events(tools):
    # On one processor: else it depends on luck whether waking the other one is part of it.
    one = min(os.sched_getaffinity(0))
    commands = {("ours", name): command for name, command in subjects(tools).items() if name not in AT_ONCE}
    commands |= {("peer", name): tools.peer(name) for name in UNASKING if tools.peer(name)}
    postmen = {key: Postman(tools, command, processor=one) for key, command in commands.items()}
    rounds = {key: [] for key in postmen}
    try:
        for postman in postmen.values():
            postman.deliver(200, IGNORED)
        for _ in range(tools.rounds):
            for key, postman in postmen.items():
                rounds[key].append(of_event(postman))
    finally:
        for postman in postmen.values():
            postman.__exit__()
    figures, peers = ({name: statistics.median(values) for (whose, name), values in rounds.items() if whose == wanted}
                      for wanted in ("ours", "peer"))
    tools.note(f"an ignored event: {in_words(figures, 'us')}; superlance: {in_words(peers, 'us')}")
    return rows_of("an ignored event, read to READY", "an ignored event", "us", figures, EVENT_TARGET, peers)


def after_an_hour(tools, command):
    """(alone, by the kernel) of a listener that has seen many events, none of its own."""
    with Postman(tools, command) as postman:
        postman.deliver(HOUR, IGNORED)
        return alone(postman.pid), told_by_kernel(postman.pid)


def part_memory(tools):
    commands = subjects(tools)
    found = {name: after_an_hour(tools, commands[name]) for name in ("hello", *UNASKING)}
    figures = {name: own for name, (own, _) in found.items()}
    for name, (own, told) in found.items():
        tools.note(f"{name:16} alone {own:5.2f} MB; by the kernel private {told['private']:5.2f} MB (of which changed "
                   f"{told['Private_Dirty']:5.2f}), RSS {told['Rss']:5.2f} MB")
    peers = {name: after_an_hour(tools, tools.peer(name))[1]["private"] for name in UNASKING if tools.peer(name)}
    if peers:
        tools.note(f"superlance: private {in_words(peers, 'MB')}")
    changed = {name: told["Private_Dirty"] for name, (_, told) in found.items()}
    return [*rows_of("private memory after 20,000 ignored events", "memory of a listener", "MB", figures,
                     MEMORY_TARGET, peers),
            *rows_of("of which changed, so nobody can share it", "", "MB", changed, MEMORY_TARGET, {})]


def after_answer(tools, bed):
    """{listener: MB} that are its own, and of which changed, two seconds after each had the list of all processes."""
    arguments = {"memmon": ("-a", NEVER), "httpok": HTTPOK,
                 "essential": ("-p", "nobody"), "ordered-startup-listener": ("-c", bed.config)}
    own, changed = {}, {}
    for name, words in arguments.items():
        before = bed.calls_answered("supervisor.getAllProcessInfo")
        with Postman(tools, tools.command(name, *words), bed.url) as postman:
            postman.deliver(1, TICK, HARMLESS)
            wait_until(lambda before=before: bed.calls_answered("supervisor.getAllProcessInfo") > before,
                       f"{name} to ask")
            wait_until_idle(postman.pid)  # supervisord sends a long list in small pieces
            time.sleep(2)  # which is what is allowed for giving memory back
            told = told_by_kernel(postman.pid)
            own[name], changed[name] = alone(postman.pid, beside=bed.process.pid), told["Private_Dirty"]
            tools.note(f"{name:24} 2 s after a list of {LISTED:,} processes: beside supervisord alone "
                       f"{own[name]:.2f} MB, of which changed {changed[name]:.2f}; by the kernel private "
                       f"{told['private']:.2f}")
    return own, changed


def together(tools, commands, url, *events):
    """MB that so many listeners take up together, two seconds after the last event."""
    postmen = [Postman(tools, command, url) for command in commands]
    try:
        for postman in postmen:
            postman.deliver(100, IGNORED)
            for event in events:
                postman.deliver(1, event, HARMLESS)
        for postman in postmen:
            wait_until_idle(postman.pid)
        time.sleep(2)
        return sum(told_by_kernel(postman.pid)["Pss"] for postman in postmen)
    finally:
        for postman in postmen:
            postman.__exit__()


def part_answer(tools):
    with Round() as case:
        bed = Bed(case, tools, LISTED)
        own, changed = after_answer(tools, bed)
        seed = [tools.command("memmon", "-a", NEVER), tools.command("httpok", *HTTPOK),
                *(tools.command(name) for name in SEED[2:])]
        peers = [tools.peer(name) for name in SEED if tools.peer(name)]
        at_rest = together(tools, seed, bed.url)
        asked = together(tools, seed, bed.url, TICK)
        of_peers = together(tools, peers, bed.url) if peers else None
    worst = slowest(own)
    return [Row(f"private memory 2 s after a list of {LISTED:,} processes ({worst}, the worst of {len(own)})", "MB",
                own[worst], most=AFTER_ANSWER_TARGET, short="after 1,000 processes' list"),
            Row("of which changed, so nobody can share it", "MB", max(changed.values()), most=AFTER_ANSWER_TARGET),
            Row("the four seed listeners together, at rest", "MB", at_rest, most=ALL_SEED_TARGET, peer=of_peers,
                short="four listeners, at rest"),
            Row("the same after a tick, with all they ask for", "MB", asked, most=ALL_SEED_TARGET, peer=of_peers,
                short="four listeners, after a tick")]
