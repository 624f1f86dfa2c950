"""How long quickctl holds supervisord, with 1,000 processes: the part of control.py of that name."""

import collections
import json
import os
import statistics
import time

from control_floor import VERBS, Bench, Wire
from ordered_startup import Round, milliseconds

THOUSAND = 1000
HOLD_TARGET = 0.050
LISTING = {"supervisor.getAllProcessInfo", "supervisor.getAllConfigInfo"}
SPAWNING = {"supervisor.startProcess", "supervisor.startProcessGroup", "supervisor.startAllProcesses"}


def kind_of(methods):
    called = methods.keys() - {"system.multicall"}
    if called & SPAWNING:
        return "spawning"
    return "listing" if called & LISTING else "other calls"


def title_of(methods):
    words = [f"{count} x {name.rpartition('.')[2]}" for name, count in methods.items() if name != "system.multicall"]
    return ("multicall of " if "system.multicall" in methods else "") + ", ".join(words)


class Probe:
    """A client that has nothing to do with it, and how long it waited for each of its answers."""

    def __init__(self, path):
        self._wire, self._call = Wire(path), Wire.request("supervisor.getState")
        self.waits = []

    def ask(self):
        began = time.monotonic()
        self._wire.answer(self._call)
        self.waits.append((began, time.monotonic() - began))
        time.sleep(0.001)


def hold_round(subject):
    """({verb: seconds}, [(verb, began, held, methods)] of quickctl's requests, {verb: [(began, wait)]} of the probe)"""
    with Round() as case:
        log = case.dir / "stopwatch"
        bench = Bench(case, "app", THOUSAND, stopwatch=log)
        seconds, requests, waits = {}, [], {}
        for verb in VERBS:
            probe = Probe(bench.socket)
            seconds[verb] = subject.take(bench, verb, ["app:*"], probe.ask)
            waits[verb] = probe.waits
            for line in log.read_text().splitlines():
                at, held, methods = json.loads(line)
                if waits[verb][0][0] < at < sum(waits[verb][-1]) and methods.keys() != {"supervisor.getState"}:
                    requests.append((verb, at, held, collections.Counter(methods)))
        return seconds, requests, waits


def tell_requests(verb, requests, began):
    first = min(at for of, at, _, methods in requests if of == verb and kind_of(methods) != "listing")
    print(f"    the first command {(first - began) * 1000:.0f} ms after the beginning")
    for kind in ("listing", "spawning", "other calls"):
        chosen = [(held, methods) for of, _, held, methods in requests if of == verb and kind_of(methods) == kind]
        if chosen:
            held, methods = max(chosen, key=lambda each: each[0])
            print(f"    {kind:12}{len(chosen):5} requests, {sum(held for held, _ in chosen) * 1000:6.0f} ms in all, "
                  f"longest {held * 1000:5.0f} ms: {title_of(methods)}")


def tell_waits(waits, apart):
    """`apart` are the requests that may hold it for longer; a wait that overlaps none of them is a turn of
    supervisord's main loop without them."""
    def met(at, wait):
        return any(at <= began + held and began <= at + wait for began, held in apart)
    clear = [wait for at, wait in waits if not met(at, wait)]
    print(f"    getState beside it waited for {max(wait for _, wait in waits) * 1000:.0f} ms at most, apart from "
          f"spawning and listing for {max(clear, default=0) * 1000:.0f} ms ({len(waits)} answers)")


def hold(quickctl, count):
    """[(target, limit, value)]"""
    rounds = [hold_round(quickctl) for _ in range(count)]
    print(f"\n{THOUSAND} processes by quickctl, all verified, {len(rounds)} rounds; load {os.getloadavg()[0]:.1f}")
    for verb in VERBS:
        print(f"  {verb}: {milliseconds([seconds[verb] for seconds, _, _ in rounds]).strip()} ms; the last round:")
        _, requests, waits = rounds[-1]
        tell_requests(verb, requests, waits[verb][0][0])
        tell_waits(waits[verb], [(at, held) for _, at, held, methods in requests if kind_of(methods) != "other calls"])
    others = [max(held for _, _, held, methods in requests if kind_of(methods) == "other calls")
              for _, requests, _ in rounds]
    return [("longest hold by one of its other calls, s", statistics.median(others), HOLD_TARGET)]
