"""A: the CPU seconds that a hundred thousand deletions take, whoever makes them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bench.contenders import NOTHING
from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.store_dialect import PLAIN
from bench.trials import let, sweep_all, sweep_nothing

if TYPE_CHECKING:
    from bench.contenders import Peer
    from bench.options import Bench
    from bench.trials import Trial

KEYS = 100_000
ROUNDS = 3
FEWER = 2_000  # for those that send a request for each key
WHY = (
    "Less than half of ossweep's seconds go into reading pages and answers; the rest is HTTP, the "
    "signature, threads and the engine's steps for two hundred requests, of which `profile` shows "
    "no function above 4 %: urllib3 and http.client stand right under oss2's session, and to spare "
    "them would take an HTTP client of its own"
)
GOALS = {"s5cmd rm": 15.0, "ossutil rm": 6.0, "oss2, batches": 5.0}
OURS, COMPACT = "ossweep", "ossweep, OSS's XML without line breaks"


class _Line:
    """A contender's runs: with work and, to know what its start costs, without."""

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self.cpu: list[float] = []
        self.start: list[float] = []
        self.store: list[float] = []
        self.fault: str | None = None

    def took(self, trial: Trial) -> None:
        self.fault = self.fault or trial.fault
        self.cpu.append(trial.cpu)
        self.store.append(trial.stats.get("cpu", 0.0))

    def work(self, wanted: int) -> Spread:
        """Return the CPU seconds for `wanted` keys, without those of the start."""
        return Spread(self.cpu).less(Spread(self.start).median).times(wanted / self.keys)

    def whole(self, wanted: int) -> Spread:
        start = Spread(self.start).median
        return Spread([value + start for value in self.work(wanted).values])


def measure(bench: Bench) -> Measured:
    """Run everybody in turn, so that whatever else the machine does is shared."""
    keys = bench.keys(KEYS)
    lines: dict[str, _Line] = defaultdict(lambda: _Line(keys))
    missing = {peer.name: peer.missing for peer in bench.peers if peer.missing}
    for number in bench.rounds(ROUNDS):
        bench.say(f"A, round {number + 1}")
        for name, kind in ((OURS, PLAIN), (COMPACT, "compact")):
            lines[name].start.append(sweep_nothing(bench.store).cpu)
            lines[name].took(sweep_all(bench.store, Spec("flat", keys, kind=kind)))
        for peer in bench.peers:
            if not peer.missing:
                _run(bench, peer, lines)
    measured = Measured(
        "A",
        f"CPU seconds for {keys:,} keys, no latency: median (least to most) of "
        f"{len(bench.rounds(ROUNDS))} runs",
        ("deleter", "whole process", "without its start", "times ossweep's", "keys a run"),
    )
    ours = lines[OURS].work(keys).median
    for name, line in lines.items():
        _tell(measured, name, line, keys, ours)
    for name, why in missing.items():
        measured.row(name, f"not measured: {why}", "", "", "")
    for name, times in GOALS.items():
        measured.goals.append(_goal(name, times, lines, keys, ours))
    measured.notes.append(
        "The start is a run of the same program that finds nothing to delete. Who was given fewer "
        f"keys is told scaled up to {keys:,}. While ossweep ran, the store took "
        f"{Spread(lines[OURS].store).median:.2f} s of its own."
    )
    return measured


def _run(bench: Bench, peer: Peer, lines: dict[str, _Line]) -> None:
    line = lines[peer.name]
    if peer.one_by_one:
        line.keys = min(bench.keys(FEWER), line.keys)
    elif peer.name.startswith("boto3"):
        line.keys = line.keys if line.start else max(line.keys // 5, 100)
    if line.fault:
        return
    spec = Spec("flat", line.keys)
    line.start.append(let(peer, bench.store, Spec(), NOTHING).cpu)
    line.took(let(peer, bench.store, spec))


def _tell(measured: Measured, name: str, line: _Line, keys: int, ours: float) -> None:
    if line.fault:
        measured.row(name, f"failed: {line.fault}", "", "", f"{line.keys:,}")
        if name in (OURS, COMPACT):
            measured.faults.append(f"{name}: {line.fault}")
        return
    work = line.work(keys)
    measured.row(
        name,
        line.whole(keys).text(),
        work.text(),
        f"{work.median / ours:.1f}",
        f"{line.keys:,}",
    )


def _goal(name: str, times: float, lines: dict[str, _Line], keys: int, ours: float) -> Goal:
    text = f"at least {times:g} times less than {name}"
    if name not in lines or lines[name].fault or lines[OURS].fault:
        return Goal(text, "no figure", None)
    reached = lines[name].work(keys).median / ours
    return Goal(text, f"{reached:.1f} times", reached >= times, WHY)
