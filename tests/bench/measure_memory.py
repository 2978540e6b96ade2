"""D: the most memory that a sweep has, for few objects and for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.store_limits import Latency
from bench.trials import sweep_all, sweep_nothing

if TYPE_CHECKING:
    from bench.options import Bench

MANY, FEW = 10_000_000, 1_000_000
MOST = 120.0  # MB; the smallest instance has 128
SAME = 1.05  # times the memory for a tenth of the keys
# Deletions take longer than listings, so that whatever waits between them fills up.
LATENCY = Latency(listing=0.006, deletion=0.03, refusal=0.006)
# As far away as in measure B: as much is in flight, and waits, as ever may.
FAR, MOST_FAR = Latency(listing=0.06, deletion=0.3, refusal=0.06), 90.0
MEGABYTE = 1_000_000


def measure(bench: Bench) -> Measured:
    """Run both sizes; the great one once, since it takes minutes."""
    measured = Measured(
        "D",
        "Peak memory (VmHWM), 6 ms a listing, 30 ms a deletion, if not said otherwise: median "
        "(least to most)",
        ("keys", "MB", "seconds", "keys a second"),
    )
    start = [sweep_nothing(bench.store).report["peak"] / MEGABYTE for _ in range(3)]
    measured.row("none: the imports", Spread(start).text(1), "", "")
    peaks = []
    for count, usual in ((FEW, 3), (MANY, 1)):
        keys = bench.keys(count)
        trials = []
        for number in range(min(usual, len(bench.rounds(usual)))):
            bench.say(f"D, {keys:,} keys, round {number + 1}")
            trials.append(sweep_all(bench.store, Spec("dates", keys, LATENCY)))
        faults = [trial.fault for trial in trials if trial.fault]
        if faults:
            measured.row(f"{keys:,}", f"failed: {faults[0]}", "", "")
            measured.faults.append(f"{keys:,} keys: {faults[0]}")
            continue
        peaks.append(Spread([trial.report["peak"] / MEGABYTE for trial in trials]))
        walls = Spread([trial.wall for trial in trials])
        measured.row(f"{keys:,}", peaks[-1].text(1), walls.text(1), f"{keys / walls.median:,.0f}")
    measured.goals.append(_goal(peaks, bench))
    _measure_far(bench, measured)
    return measured


def _measure_far(bench: Bench, measured: Measured) -> None:
    """Run the small size where each request has to wait for long."""
    keys = bench.keys(FEW)
    bench.say(f"D, {keys:,} keys, 60 ms a listing, 300 ms a deletion")
    trials = [sweep_all(bench.store, Spec("dates", keys, FAR)) for _ in bench.rounds(3)]
    name = f"{keys:,}, 60 ms a listing, 300 ms a deletion"
    faults = [trial.fault for trial in trials if trial.fault]
    if faults:
        measured.row(name, f"failed: {faults[0]}", "", "")
        measured.faults.append(f"{name}: {faults[0]}")
        return
    peak = Spread([trial.report["peak"] / MEGABYTE for trial in trials])
    walls = Spread([trial.wall for trial in trials])
    measured.row(name, peak.text(1), walls.text(1), f"{keys / walls.median:,.0f}")
    text = f"at most {MOST_FAR:g} MB for {name}"
    measured.goals.append(Goal(text, f"{peak.median:.1f} MB", peak.median <= MOST_FAR))


def _goal(peaks: list[Spread], bench: Bench) -> Goal:
    text = f"at most {MOST:g} MB for {bench.keys(MANY):,} keys, the same for {bench.keys(FEW):,}"
    if len(peaks) < 2:
        return Goal(text, "no figure", None)
    few, many = (max(peak.values) for peak in peaks)
    return Goal(text, f"{many:.1f} and {few:.1f} MB", max(few, many) <= MOST and many <= few * SAME)
