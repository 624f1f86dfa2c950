"""The parts of `run` that have benchmarks of their own, in short: ordered starts, and quickctl (see there)."""

import statistics

import control
import ordered_startup
from control_floor import VERBS
from measuring import Row


def part_startup(tools):
    """A chain of 50 programs, one after another."""
    options = tools.options
    options.dependent_startup = None
    subjects = ordered_startup.subjects_of(options)
    ours = subjects[0]
    ordered_startup.chain_round(ours)  # what is cold is warm afterwards
    pairs = [ordered_startup.chain_round(ours) for _ in range(max(3, tools.rounds // 3))]
    floor = statistics.median(pair[0] for pair in pairs) * 1000
    peer = [ordered_startup.chain_round(each)[1] * 1000 for each in subjects if each.name == "ordered-startup"]
    return [Row(f"a chain of {ordered_startup.CHAIN} programs started in order", "ms",
                statistics.median(taken / least for least, taken in pairs) * floor, floor,
                most_ratio=ordered_startup.CHAIN_TARGET, peer=peer[0] if peer else None, peer_name="ordered-startup",
                short="50 programs in order")]


def part_control(tools):
    """200 programs started, restarted and stopped by quickctl."""
    options = tools.options
    with ordered_startup.Round() as case:
        plugin = options.supervisor_quick and control.port_quick(options.supervisor_quick, case.dir)
        ours, name = control.quickctl_of(options), "supervisor-quick" if plugin else "supervisorctl"
        peer = control.supervisorctl((lambda verb: f"quick{verb}") if plugin else str, name)
        control.speed_round([ours], plugin, 0)  # what is cold is warm afterwards
        results = [control.speed_round([ours], plugin, 0) for _ in range(max(3, tools.rounds // 3))]
        of_peer = control.speed_round([peer], plugin, 0)[peer]
    rows = []
    for verb in VERBS:
        pairs = [result[ours][verb] for result in results]
        floor = statistics.median(pair[0] for pair in pairs) * 1000
        rows.append(Row(f"quickctl {verb} of {control.MANY} programs", "ms",
                        statistics.median(taken / least for least, taken in pairs) * floor, floor,
                        most_ratio=control.TARGETS[verb], peer=of_peer[verb][1] * 1000, peer_name=name,
                        short=f"{verb} {control.MANY} programs"))
    return rows
