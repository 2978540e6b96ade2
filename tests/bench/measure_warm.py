"""H: what an invocation for one named key takes of the CPU, in a process that has had others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.trials import Invocation, sweep

if TYPE_CHECKING:
    from bench.options import Bench

MOST = 3.0  # milliseconds
ROUNDS = 5
WHY = (
    "By a profile two fifths are the two requests with their connection, a seventh the two lines "
    "of the log, and the rest many small steps"
)


def measure(bench: Bench) -> Measured:
    """Invoke the handler again and again, in several processes."""
    measured = Measured(
        "H",
        "CPU milliseconds of a warm invocation for one key, from entry to answer, of all threads",
        ("process", "median of 300 invocations", "the least"),
    )
    medians: list[float] = []
    for number in bench.rounds(ROUNDS):
        bench.say(f"H, process {number + 1}")
        invocation = Invocation({"keys": ["a"]}, module="bench.warm_child")
        trial = sweep(bench.store, Spec(), invocation)
        if trial.fault or trial.answer["deleted"] != 1:
            measured.faults.append(trial.fault or json.dumps(trial.answer))
            return measured
        warm = Spread([seconds * 1000 for seconds in trial.report["warm"]])
        medians.append(warm.median)
        measured.row(str(number + 1), f"{warm.median:.2f}", f"{min(warm.values):.2f}")
    reached = Spread(medians).median
    measured.goals.append(
        Goal(f"a median of {MOST:g} ms at most", f"{reached:.2f} ms", reached <= MOST, WHY)
    )
    measured.notes.append(
        "What OSS takes is waiting, and no CPU of this process. Two requests are made: one looks "
        "at the bucket's versioning, one deletes."
    )
    return measured
