"""E: whether the handler is ever late, and how much of its time it uses."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.store_limits import Latency
from bench.trials import Invocation, everything, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.options import Bench
    from bench.trials import Trial

ROUNDS = 200
AT_ONCE = 4
SEED = 20_261_122
BUDGETS = (1.5, 6.0)  # seconds
RESERVE = 1.0  # seconds at least, since a time limit is whole ones
# A tenth of B's, since the budgets are a small part of usual ones; and a slow tail.
LATENCY = Latency(0.006, 0.03, 0.006, tail_share=0.01, tail_times=20)
ENDLESS = 5_000_000  # keys that no budget suffices for
JOBS, JOB_KEYS, HOPS = 8, 60_000, 60  # jobs that are carried through to their end
SHARE = 0.9


@dataclass(frozen=True)
class Run:
    """An invocation with a budget; `share` is the part of it that had passed at the last answer."""

    budget: float
    late: bool
    share: float
    fault: str | None


def measure(bench: Bench) -> Measured:
    """Run several side by side, since most of the time goes by waiting."""
    chance = random.Random(SEED)
    rounds = bench.rounds(ROUNDS)
    budgets = [round(chance.uniform(*BUDGETS), 2) for _ in rounds]
    bench.say(f"E, {len(budgets)} invocations, {AT_ONCE} at once")
    runs = _side_by_side(lambda place: _run(bench, budgets[place], place), range(len(budgets)))
    jobs = min(JOBS, len(budgets))
    bench.say(f"E, {jobs} jobs to their ends")
    finished = _side_by_side(lambda place: _to_its_end(bench, place), range(jobs))
    late = sum(run.late for run in runs)
    shares = Spread([run.share for run in runs])
    measured = Measured(
        "E",
        f"{len(runs)} invocations with {BUDGETS[0]:g} to {BUDGETS[1]:g} s each, 6 ms a listing, "
        "30 ms a deletion, 1 % of the requests 20 times as long: median (least to most)",
        ("", "figure"),
    )
    measured.row("late answers", f"{late}")
    measured.row(
        "share of the budget until the last answer of OSS", shares.times(100).text(1, " %")
    )
    for name, some in (
        ("of budgets below 3 s", [run.share for run in runs if run.budget < 3]),
        ("of budgets from 3 s on", [run.share for run in runs if run.budget >= 3]),
    ):
        measured.row(f"the same, {name}", Spread(some).times(100).text(1, " %") if some else "")
    measured.row(
        f"jobs of {bench.keys(JOB_KEYS):,} keys carried through to their end",
        f"{sum(fault is None for fault, _ in finished)} of {jobs}, in "
        f"{Spread([float(hops) for _, hops in finished]).text(0)} invocations each",
    )
    measured.faults += [run.fault for run in runs if run.fault]
    measured.faults += [fault for fault, _ in finished if fault]
    measured.goals += [
        Goal("no answer is late", f"{late} of {len(runs)}", late == 0),
        Goal("90 % of the budget used, median", f"{shares.median:.1%}", shares.median >= SHARE),
    ]
    measured.notes.append(
        "The budget is the time limit less OSSWEEP_RESERVE_SECONDS. What an answer says was "
        "deleted is what the store has deleted and answered, in each of them."
    )
    return measured


def _side_by_side(run: Callable[[int], Any], places: Iterable[int]) -> list[Any]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(run, place) for place in places]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _invocation(event: dict[str, Any], budget: float) -> Invocation:
    timeout = ceil(budget + RESERVE)
    return Invocation(event, timeout, {"OSSWEEP_RESERVE_SECONDS": f"{timeout - budget:.2f}"})


def _run(bench: Bench, budget: float, place: int) -> Run:
    bucket = f"bench-{place}"
    spec = Spec("dates", ENDLESS, Latency(**{**vars(LATENCY), "seed": place}))
    invocation = _invocation(everything(bucket), budget)
    trial = sweep(bench.store, spec, invocation, bucket)
    if trial.fault:
        return Run(budget, late=True, share=0.0, fault=trial.fault)
    share = (trial.stats["last"] - trial.report["entered"]) / budget
    fault = _contradiction(trial) or _unlike(trial.answer["status"], "unfinished")
    bench.store.fill(bucket, Spec())  # its memory is not kept
    return Run(budget, trial.wall > invocation.timeout, share, fault)


def _unlike(status: str, wanted: str) -> str | None:
    return None if status == wanted else f"answered {status}"


def _contradiction(trial: Trial) -> str | None:
    """Tell where an answer and the store do not agree, if they do not."""
    answer, stats = trial.answer, trial.stats
    whole = sum(answer[name] for name in ("deleted", "failed", "skipped", "remaining"))
    if whole != answer["listed"]:
        return f"its sums do not agree: {whole} and {answer['listed']}"
    # What was cut off was not answered: it is carried out, or will be, and is not counted.
    if answer["deleted"] not in (stats["deleted"], stats["deleted"] - stats["abandoned"]):
        return (
            f"says that {answer['deleted']} were deleted, and the store {stats['deleted']}, of "
            f"which it could not tell {stats['abandoned']}"
        )
    return None


def _to_its_end(bench: Bench, place: int) -> tuple[str | None, int]:
    """Continue a job until it is done; return what went wrong, and the number of invocations."""
    bucket, keys = f"bench-job-{place}", bench.keys(JOB_KEYS)
    chance = random.Random(place)
    spec: Spec | None = Spec("dates", keys, Latency(**{**vars(LATENCY), "seed": place}))
    event = everything(bucket)
    for hop in range(1, HOPS + 1):
        budget = round(chance.uniform(BUDGETS[0], 2 * BUDGETS[0]), 2)
        trial = sweep(bench.store, spec, _invocation(event, budget), bucket)
        spec = None
        if trial.fault:
            return f"job {place}, invocation {hop}: {trial.fault}", hop
        if trial.answer["status"] != "unfinished":
            return _undone(trial, keys, place), hop
        event = trial.answer["continuation"]
    return f"job {place} did not come to its end in {HOPS} invocations", HOPS


def _undone(trial: Trial, keys: int, place: int) -> str | None:
    answer, stats = trial.answer, trial.stats
    # An object whose deletion was cut off may be gone before anybody could count it.
    told = keys - stats["abandoned"] <= answer["deleted"] <= keys
    if answer["status"] != "done" or stats["left"] or stats["strange"] or not told:
        return f"job {place} answered {answer['status']}, {answer['deleted']} deleted; {stats}"
    if stats["repeated"] > stats["abandoned"]:
        return f"job {place} deleted {stats['repeated']} again, {stats['abandoned']} were cut off"
    return None
