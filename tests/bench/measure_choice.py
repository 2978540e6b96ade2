"""
I: what conditions cost: those that let whole pages go, and those that take a part of each.

And what a plan costs, and a list, which names what goes.
"""

from __future__ import annotations

from dataclasses import replace
from time import process_time
from typing import TYPE_CHECKING, Any

from bench.measure_memory import MEGABYTE, MOST
from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.store_lists import KEY_COLUMN, LIST
from bench.trials import BUCKET, Invocation, everything, sweep
from ossweep.objects import Columns
from ossweep.plans.digest import digest_of, hashes_of

if TYPE_CHECKING:
    from bench.options import Bench
    from bench.trials import Trial

KEYS = 1_000_000
LISTED = 5_000_000  # lines of a list
RUNS = 1
DIGESTED, DIGESTS = 1000, 200  # keys of a page; pages
MOST_OF_DIGEST = 0.5  # microseconds
WHOLE = "all, without conditions"
# What is asked for, with the share of the keys that goes.
ASKED: dict[str, tuple[dict[str, Any] | None, float]] = {
    WHOLE: (None, 1.0),
    "all, by a glob": ({"match": "*"}, 1.0),
    "all, by age": ({"older_than": "1d"}, 1.0),
    "half, by a glob": ({"match": "*[02468].jpg"}, 0.5),
    "none, by age": ({"newer_than": "1h"}, 0.0),
}
TIMES = {"all, by a glob": 1.1, "half, by a glob": 2.0}  # times all of them without conditions


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
        if name in TIMES:
            text = f"{name}: at most {TIMES[name]} times all without conditions"
            measured.goals.append(Goal(text, f"{times:.2f}", times <= TIMES[name]))
    _measure_plan(bench, measured, whole / count)
    _measure_list(bench, measured, whole / count)
    return measured


def _measure_plan(bench: Bench, measured: Measured, of_one: float) -> None:
    """Plan all of it; `of_one` are the CPU seconds of a key that goes without conditions."""
    count = bench.keys(KEYS)
    name = f"{count:,} keys, planned by a dry run"
    bench.say(f"I {name}")
    event = everything(BUCKET) | {"dry_run": True}
    trial = sweep(bench.store, Spec("flat", count), Invocation(event))
    plan = trial.answer.get("plan", {})
    if trial.fault or plan.get("objects") != count:
        measured.faults.append(f"{name}: {trial.fault or trial.answer['reason']}")
        return
    measured.row(name, f"{trial.cpu:.2f}", f"{trial.cpu / count / of_one:.2f}, a key")
    keys = [f"exampledir/{number:08}.jpg" for number in range(DIGESTED)]
    marks = [f"{number:032X}" for number in range(DIGESTED)]
    columns = Columns(keys, range(DIGESTED), [0] * DIGESTED, ["Standard"] * DIGESTED, marks)
    began = process_time()
    for _ in range(DIGESTS):
        digest_of(columns, hashes_of(columns))
    each = (process_time() - began) / DIGESTS / DIGESTED * 1e6
    text = f"the digest of a plan: at most {MOST_OF_DIGEST:g} microseconds a key"
    measured.goals.append(Goal(text, f"{each:.2f}", each <= MOST_OF_DIGEST))


def _measure_list(bench: Bench, measured: Measured, of_one: float) -> None:
    """Delete what a list names; `of_one` are the CPU seconds of a key without conditions."""
    count = bench.keys(LISTED)
    name = f"{count:,} keys, by a list (gzip CSV)"
    bench.say(f"I {name}")
    event = {"bucket": BUCKET, "manifest": {"key": LIST, "column": KEY_COLUMN}}
    trial = sweep(bench.store, Spec("dates", count, is_listed=True), Invocation(event))
    fault = trial.fault or _inexact(trial, count, 1.0)
    if fault:
        measured.faults.append(f"{name}: {fault}")
        return
    peak = trial.report["peak"] / MEGABYTE
    measured.row(name, f"{trial.cpu:.2f}", f"{trial.cpu / count / of_one:.2f}, a key")
    text = f"{name}: at most {MOST:g} MB of memory"
    measured.goals.append(Goal(text, f"{peak:.1f} MB", peak <= MOST))
    measured.notes.append(
        f"By a list a key takes {trial.cpu / count * 1e6:.1f} microseconds of the CPU, the "
        f"process's start included; {trial.wall:.0f} s passed, for "
        f"{trial.stats['requests'].get('list', 0):,} looks by listing."
    )


def _inexact(trial: Trial, count: int, share: float) -> str | None:
    said = {name: trial.answer[name] for name in ("status", "listed", "deleted", "failed")}
    goes = int(count * share)
    if said != {"status": "done", "listed": count, "deleted": goes, "failed": 0}:
        return f"answered {said} {trial.answer['reason']}"
    left = trial.stats["left"]
    return f"left {left:,} objects" if left != count - goes else None
