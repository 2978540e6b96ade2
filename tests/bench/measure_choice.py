"""I: what conditions cost: those that let whole pages go, and those that take a part of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.trials import BUCKET, Invocation, everything, sweep

if TYPE_CHECKING:
    from bench.options import Bench
    from bench.trials import Trial

KEYS = 1_000_000
RUNS = 1
WHOLE = "all, without conditions"
# What is asked for, with the share of the keys that goes.
ASKED: dict[str, tuple[dict[str, Any] | None, float]] = {
    WHOLE: (None, 1.0),
    "all, by a glob": ({"match": "*"}, 1.0),
    "all, by age": ({"older_than": "1d"}, 1.0),
    "half, by a glob": ({"match": "*[02468].jpg"}, 0.5),
    "none, by age": ({"newer_than": "1h"}, 0.0),
}
MOST = {"all, by a glob": 1.1, "half, by a glob": 2.0}  # times all of them without conditions


def measure(bench: Bench) -> Measured:
    """Sweep a bucket with each condition, in turns."""
    count = bench.keys(KEYS)
    runs = bench.runs or RUNS
    measured = Measured(
        "I",
        f"CPU seconds of conditions on {count:,} keys, no latency: median (least to most) of "
        f"{runs} runs",
        ("what goes", "CPU seconds", "times all without conditions"),
    )
    taken: dict[str, list[float]] = {name: [] for name in ASKED}
    for _ in range(runs):
        for name, (only, share) in ASKED.items():
            bench.say(f"I {name}")
            event = everything(BUCKET) | ({} if only is None else {"only": only})
            trial = sweep(bench.store, Spec("flat", count), Invocation(event))
            trial = replace(trial, fault=trial.fault or _inexact(trial, count, share))
            if trial.fault:
                measured.faults.append(f"{name}: {trial.fault}")
                return measured
            taken[name].append(trial.cpu)
    whole = Spread(taken[WHOLE]).median
    for name, seconds in taken.items():
        times = Spread(seconds).median / whole
        measured.row(name, Spread(seconds).text(), f"{times:.2f}")
        if name in MOST:
            text = f"{name}: at most {MOST[name]} times all without conditions"
            measured.goals.append(Goal(text, f"{times:.2f}", times <= MOST[name]))
    return measured


def _inexact(trial: Trial, count: int, share: float) -> str | None:
    said = {name: trial.answer[name] for name in ("status", "listed", "deleted", "failed")}
    goes = int(count * share)
    if said != {"status": "done", "listed": count, "deleted": goes, "failed": 0}:
        return f"answered {said} {trial.answer['reason']}"
    left = trial.stats["left"]
    return f"left {left:,} objects" if left != count - goes else None
