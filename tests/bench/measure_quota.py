"""C: how much of OSS's quotas becomes deletions, and how many requests are made in vain."""

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


@dataclass(frozen=True)
class Case:
    """A quota; `rate` is what it allows at most, in objects a second."""

    name: str
    quota: Quota
    rate: float
    keys: int


CASES = (
    Case("8 partitions of 2,000/s, account of 10,000/s", Quota(8, 2000, 10_000), 10_000, 150_000),
    Case("one partition of 2,000/s", Quota(1, 2000), 2_000, 40_000),
)


def measure(bench: Bench) -> Measured:
    """Run each quota; the other deleter once, since it takes so long."""
    measured = Measured(
        "C",
        "Share of the quota used, 60 ms a listing, 300 ms a deletion: median (least to most)",
        ("deleter and quota", "share", "of what was in stock", "503", "seconds", "keys"),
    )
    for case in CASES:
        keys = bench.keys(case.keys)
        spec = Spec("flat", keys, LATENCY, case.quota)
        ours: list[Trial] = []
        peers: list[Trial] = []
        for number in bench.rounds(ROUNDS):
            bench.say(f"C, {case.name}, round {number + 1}")
            ours.append(sweep_all(bench.store, spec))
            if not number:
                peers += _peer(bench, spec)
        shares, refused = _tell(measured, OURS, case, keys, ours)
        if peers:
            _tell(measured, PEER, case, keys, peers)
        faults = [trial.fault for trial in ours if trial.fault]
        measured.faults += [f"{OURS}, {case.name}: {fault}" for fault in faults]
        met = shares.median >= SHARE and refused.median <= REFUSED and not faults
        said = f"{shares.median:.0%}, {refused.median:.1%} answered 503, {len(faults)} runs failed"
        measured.goals.append(
            Goal(f"{case.name}: 95 % used, at most 3 % answered 503, nothing failed", said, met)
        )
    measured.notes.append(
        "Share: objects deleted / (objects a second allowed x seconds). At the start the buckets "
        "hold one second's worth; `of what was in stock` counts that as allowed, too."
    )
    return measured


def _peer(bench: Bench, spec: Spec) -> list[Trial]:
    for peer in bench.peers:
        if peer.name == PEER and not peer.missing:
            start = let(peer, bench.store, Spec(), NOTHING).wall
            trial = let(peer, bench.store, spec)
            return [replace(trial, wall=trial.wall - start)]
    return []


def _tell(
    measured: Measured, name: str, case: Case, keys: int, trials: list[Trial]
) -> tuple[Spread, Spread]:
    """Add a row; return the shares of the quota, and of the requests that were refused."""
    done = [trial for trial in trials if trial.stats]
    shares = Spread([t.stats["deleted"] / (case.rate * t.wall) for t in done] or [0.0])
    stock = Spread([t.stats["deleted"] / (case.rate * (t.wall + 1)) for t in done] or [0.0])
    refused = Spread([t.refused / max(t.requests, 1) for t in done] or [0.0])
    faults = [trial.fault for trial in trials if trial.fault]
    measured.row(
        f"{name}, {case.name}" + (f"; FAILED: {faults[0]}" if faults else ""),
        shares.times(100).text(0, " %"),
        stock.times(100).text(0, " %"),
        refused.times(100).text(1, " %"),
        Spread([trial.wall for trial in trials]).text(1),
        f"{keys:,}",
    )
    return shares, refused
