"""C: how much of OSS's quotas becomes deletions, and what is refused to whom on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.contenders import NOTHING
from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.store_limits import Latency, Quota
from bench.trials import let, sweep_all

if TYPE_CHECKING:
    from bench.options import Bench
    from bench.trials import Trial

LATENCY = Latency(listing=0.06, deletion=0.3, refusal=0.06)
ROUNDS = 3
OURS, PEER = "ossweep", "s5cmd rm"
SHARE, REFUSED = 0.95, 0.03
SHARE_BESIDE, NEIGHBOUR_REFUSED = 0.85, 0.01
NEIGHBOUR = 400.0  # objects a second
WHY = (
    "The first seconds go into finding out how much each partition takes, and a short job has few "
    "others"
)
WHY_COUNTED = (
    "What of a second's count nobody has used is lost with the second, and to use it up to its end "
    "costs refusals, the neighbour's among them"
)
COLUMNS = (
    "deleter and quota",
    "share",
    "of what was in stock",
    "503",
    "neighbour's 503",
    "seconds",
    "keys",
)
SPREAD = Quota(8, 2000, 10_000)
ONE = Quota(1, 2000)


@dataclass(frozen=True)
class Case:
    """A quota; `rate` is what it leaves to a deleter at most, in objects a second."""

    name: str
    quota: Quota
    rate: float
    keys: int


def _beside(name: str, quota: Quota, rate: float, keys: int) -> tuple[Case, ...]:
    """Return a quota with a neighbour, by each reading of it."""
    return tuple(
        Case(
            f"{name}, {reading}, a neighbour",
            replace(quota, reading=reading, neighbour=NEIGHBOUR),
            rate - NEIGHBOUR,
            keys,
        )
        for reading in ("tokens", "counters")
    )


CASES = (
    Case("8 partitions of 2,000/s, account of 10,000/s", SPREAD, 10_000, 150_000),
    Case("one partition of 2,000/s", ONE, 2_000, 30_000),
    *_beside("8 partitions", SPREAD, 10_000, 150_000),
    *_beside("one partition", ONE, 2_000, 30_000),
)


def measure(bench: Bench) -> Measured:
    """Run each quota; the other deleter once where it is alone, since it takes so long."""
    measured = Measured(
        "C",
        "Share of the quota used, 60 ms a listing, 300 ms a deletion: median (least to most)",
        COLUMNS,
    )
    for case in CASES:
        keys = bench.keys(case.keys)
        spec = Spec("flat", keys, LATENCY, case.quota)
        ours: list[Trial] = []
        peers: list[Trial] = []
        for number in bench.rounds(ROUNDS):
            bench.say(f"C, {case.name}, round {number + 1}")
            ours.append(sweep_all(bench.store, spec))
            if not (number or case.quota.neighbour):
                peers += _peer(bench, spec)
        measured.goals.append(_goal(case, _tell(measured, OURS, case, keys, ours), ours))
        if peers:
            _tell(measured, PEER, case, keys, peers)
        faults = [trial.fault for trial in ours if trial.fault]
        measured.faults += [f"{OURS}, {case.name}: {fault}" for fault in faults]
    measured.notes.append(
        "Share: objects deleted / (objects a second allowed x seconds). At the start the buckets "
        "hold one second's worth; `of what was in stock` counts that as allowed, too."
    )
    measured.notes.append(
        f"The neighbour writes {NEIGHBOUR:.0f} objects a second into one partition, and what it "
        "writes is not allowed to the deleter. By tokens, a quota trickles in; by counters, it is "
        "counted anew every second. Which of them OSS uses is not published."
    )
    return measured


def _peer(bench: Bench, spec: Spec) -> list[Trial]:
    for peer in bench.peers:
        if peer.name == PEER and not peer.missing:
            start = let(peer, bench.store, Spec(), NOTHING).wall
            trial = let(peer, bench.store, spec)
            return [replace(trial, wall=trial.wall - start)]
    return []


@dataclass(frozen=True)
class _Shares:
    """Of the quota what was used, of the requests and of the neighbour's what was refused."""

    used: Spread
    refused: Spread
    neighbour: Spread


def _goal(case: Case, shares: _Shares, trials: list[Trial]) -> Goal:
    """Return what is wanted of a case, and whether it was reached."""
    failed = sum(trial.fault is not None for trial in trials)
    is_beside = bool(case.quota.neighbour)
    least = SHARE_BESIDE if is_beside else SHARE
    wanted = f"{least:.0%} used, at most {REFUSED:.0%} answered 503"
    said = f"{shares.used.median:.0%}, {shares.refused.median:.1%} answered 503"
    if is_beside:
        wanted += f" and {NEIGHBOUR_REFUSED:.0%} of the neighbour's"
        said += f", {shares.neighbour.median:.1%} of the neighbour's"
    met = (
        shares.used.median >= least
        and shares.refused.median <= REFUSED
        and shares.neighbour.median <= NEIGHBOUR_REFUSED
        and not failed
    )
    text = f"{case.name}: {wanted}, nothing failed"
    return Goal(text, f"{said}, {failed} runs failed", met, WHY_COUNTED if is_beside else WHY)


def _tell(measured: Measured, name: str, case: Case, keys: int, trials: list[Trial]) -> _Shares:
    """Add a row; return the shares of the quota, and of the requests that were refused."""
    done = [trial for trial in trials if trial.stats]
    shares = Spread([t.stats["deleted"] / (case.rate * t.wall) for t in done] or [0.0])
    stock = Spread([t.stats["deleted"] / (case.rate * (t.wall + 1)) for t in done] or [0.0])
    refused = Spread([t.refused / max(t.requests, 1) for t in done] or [0.0])
    others = [trial.stats["neighbour"] for trial in done]
    neighbour = Spread([each["refused"] / max(each["written"], 1) for each in others] or [0.0])
    faults = [trial.fault for trial in trials if trial.fault]
    measured.row(
        f"{name}, {case.name}" + (f"; FAILED: {faults[0]}" if faults else ""),
        shares.times(100).text(0, " %"),
        stock.times(100).text(0, " %"),
        refused.times(100).text(1, " %"),
        neighbour.times(100).text(1, " %") if case.quota.neighbour else "",
        Spread([trial.wall for trial in trials]).text(1),
        f"{keys:,}",
    )
    return _Shares(shares, refused, neighbour)
