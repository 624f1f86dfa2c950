"""The parts of `run` about memmon's steady tick: nothing has changed and nothing is too large, which is all it does on
almost every minute of its life."""

import re
import statistics
from pathlib import Path

from measuring import HARMLESS, TICK, TRIES, Postman, Reader, Row, medians, processor_seconds, wait_until_idle
from ordered_startup import Round
from support.workspace import wait_until
from watched import Bed, Mother

MANY, DESCENDANTS = 1_000, 3
FAMILIES_TARGET = SIZES_TARGET = 2.0
LINEAR_TARGET = 1.5
NEVER = "1000GB"  # nothing is as large
SCALE = (10, 30, 100, 300, 1_000, 3_000, 10_000)


def of_event(postman, event):
    """Processor seconds until it sleeps again: it acknowledges a tick before the work is done, and others meanwhile."""
    before = processor_seconds(postman.pid)
    postman.deliver(1, event)
    wait_until_idle(postman.pid, 0.01)
    return processor_seconds(postman.pid) - before


def of_tick(postman, times):
    """Processor seconds of a tick's own: what an event takes that is ignored is subtracted."""
    tick, ignored = (statistics.median(of_event(postman, event) for _ in range(times)) for event in (TICK, HARMLESS))
    return tick - ignored


def reads(pid):
    """How often it called read() so far."""
    return int(re.search(r"syscr: (\d+)", Path(f"/proc/{pid}/io").read_text(encoding="ascii")).group(1))


def settle(postman, count, count_calls):
    """Until ticks make no call any more and look at all: the first one has to learn the names, and waits for them."""
    def is_steady():
        for _ in range(3):
            calls, files = count_calls(), reads(postman.pid)
            of_event(postman, TICK)
            if count_calls() != calls or reads(postman.pid) - files < count:
                return False
        return True
    wait_until(is_steady, "a tick without a call", 120)


def in_turns(tools, count, postman, reader):
    """(floor, tick) in seconds of processor time."""
    times = max(TRIES, 1_000 // count)
    reader.look()
    before = reads(postman.pid)
    rounds = []
    for _ in range(tools.rounds):
        rounds.append((reader.look(times).used, of_tick(postman, times)))
    ticks = tools.rounds * times
    assert reads(postman.pid) - before >= ticks * count, f"not each of {ticks} ticks looked at {count} processes"
    return medians(rounds)


def of_peer(tools, url, *arguments):
    """Seconds of one tick of superlance's memmon, which acknowledges after its work."""
    command = tools.peer("memmon", *arguments)
    if not command:
        return None
    with Postman(tools, command, url) as postman:
        postman.deliver(1, HARMLESS)
        return postman.deliver(1, TICK)[0].elapsed


def milliseconds(seconds):
    return None if seconds is None else seconds * 1000


def steady(tools, descendants, words, short, target):
    arguments = ["-a", NEVER, *(["-c"] if descendants else [])]
    with Round() as case:
        bed = Bed(case, tools, MANY, descendants)
        watched = ["stat"] if descendants else ["statm", *bed.pids()]
        with Postman(tools, tools.command("memmon", *arguments), bed.url) as postman, \
                Reader(tools, *watched) as reader:
            settle(postman, MANY, lambda: bed.calls)
            before = bed.calls
            floor, ours = in_turns(tools, MANY, postman, reader)
            calls = bed.calls - before
        peer = of_peer(tools, bed.url, *arguments)
    tools.note(f"the floor reads {reader.files} files")
    return [Row(words, "ms", ours * 1000, floor * 1000, most_ratio=target, peer=milliseconds(peer), short=short),
            Row(f"calls to supervisord in {tools.rounds * TRIES} such ticks", "calls", calls, most=0)]


def part_sizes(tools):
    return steady(tools, 0, f"memmon, a steady tick over {MANY:,} processes", "memmon, 1,000 processes", SIZES_TARGET)


def part_families(tools):
    words = f"the same with -c, {DESCENDANTS} descendants each"
    return steady(tools, DESCENDANTS, words, "memmon -c, 4,000 processes", FAMILIES_TARGET)


def part_scale(tools):
    """The cost of a tick from 10 to 10,000 processes of a mother that is no supervisord."""
    points = []
    for count in SCALE:
        with Round() as case:
            mother = Mother(case, tools, count)
            with Postman(tools, tools.command("memmon", "-a", NEVER), mother.url) as postman, \
                    Reader(tools, "statm", *mother.pids) as reader:
                settle(postman, count, lambda mother=mother: mother.lists)
                floor, ours = in_turns(tools, count, postman, reader)
        points.append((count, floor * 1000, ours * 1000))
        tools.note(f"{count:6,} processes: floor {floor * 1e3:8.3f} ms, tick {ours * 1e3:8.3f} ms, "
                   f"{ours / count * 1e6:5.2f} us a process")
    tools.points = points
    by_count = {count: (floor, ours) for count, floor, ours in points}
    (floor, ours), (floor_many, ours_many) = by_count[SCALE[-1]], by_count[MANY]
    return [Row(f"memmon, a steady tick over {SCALE[-1]:,} processes", "ms", ours, floor, most_ratio=SIZES_TARGET,
                short=f"memmon, {SCALE[-1]:,} processes"),
            Row(f"growth from {MANY:,} to {SCALE[-1]:,} processes", "times", ours / ours_many, floor / floor_many,
                most_ratio=LINEAR_TARGET)]
