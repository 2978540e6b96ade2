"""Where A's CPU goes, function by function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.measure_cpu import KEYS
from bench.report import Measured
from bench.store_bucket import Spec
from bench.trials import Invocation, sweep_all

if TYPE_CHECKING:
    from bench.options import Bench

MOST = 25


def measure(bench: Bench) -> Measured:
    """Run A once under a profiler, which makes it slower: its shares count, not its seconds."""
    keys = bench.keys(KEYS)
    measured = Measured(
        "profile",
        f"Where the handler's CPU goes, {keys:,} keys as in A, all threads, by own time",
        ("function", "share", "own seconds", "with its calls", "calls"),
    )
    if sys.version_info >= (3, 12):
        measured.notes.append("Not measured: from Python 3.12 on cProfile knows only one thread.")
        return measured
    bench.say("profile")
    trial = sweep_all(bench.store, Spec("flat", keys), Invocation(module="bench.profile_child"))
    if trial.fault:
        measured.faults.append(trial.fault)
        return measured
    whole = sum(row[3] for row in trial.profile)
    for where, name, calls, own, cumulative in trial.profile[:MOST]:
        measured.row(
            f"{where} {name}" if where != "~" else name,
            f"{own / whole:.1%}",
            f"{own:.2f}",
            f"{cumulative:.2f}",
            f"{calls:,}",
        )
    measured.notes.append(
        f"{whole:.2f} s under the profiler, {trial.cpu:.2f} s with start and profiler, in "
        f"{trial.wall:.2f} s."
    )
    return measured
