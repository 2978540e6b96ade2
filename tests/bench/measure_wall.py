"""B: the time that two hundred thousand deletions take when each request has to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.contenders import NOTHING
from bench.report import Goal, Measured, Spread
from bench.shapes import SHAPES
from bench.store_bucket import Spec
from bench.store_limits import Latency
from bench.trials import let, sweep_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.contenders import Peer
    from bench.options import Bench
    from bench.trials import Trial

KEYS, MANY = 200_000, 1_000_000
ROUNDS, PEERS_ROUNDS = 3, 2  # the others take a hundred times as long
LATENCY = Latency(listing=0.06, deletion=0.3, refusal=0.06)
# One request after the other: a part of the keys takes that part of the time.
FEWER = {
    "boto3 filter().delete()": 10_000,
    "oss2, batches": 10_000,
    "rclone delete": 4_000,
    "oss2, one by one": 50,
}
FIRST_SHAPE_ONLY = ("oss2, batches", "rclone delete", "oss2, one by one")
GOALS = {"s5cmd rm": 10.0, "ossutil rm": 25.0, "boto3 filter().delete()": 25.0}
OURS = "ossweep"
AS_FLAT = 1.5  # times the seconds of flat keys
MORE_LISTINGS, AND_MORE = 0.15, 40  # than pages
PAGE = 1000  # keys
FASTEST = 4.0  # seconds, for flat keys at the greater size
WHY = (
    "The CPU of one process is what it waits for: half of these seconds and more, while the store "
    "takes its own beside it"
)
WHY_LISTINGS = (
    "A range that is cut at the border of a directory ends with a page that is not full, and "
    "borders are shown by listings, too"
)


@dataclass
class _Walls:
    """A contender's seconds on each shape."""

    keys: int
    start: float = 0.0
    shapes: dict[str, list[float]] = field(default_factory=dict)
    fault: str | None = None

    def took(self, shape: str, trial: Trial) -> None:
        self.fault = self.fault or (f"{shape}: {trial.fault}" if trial.fault else None)
        self.shapes.setdefault(shape, []).append(trial.wall - self.start)

    def spread(self, shape: str, keys: int) -> Spread:
        """Return the seconds for so many keys."""
        return Spread(self.shapes[shape]).times(keys / self.keys)


def measure(bench: Bench, shapes: Sequence[str] = tuple(SHAPES)) -> Measured:
    """Run everybody in turn on each shape."""
    keys = bench.keys(KEYS)
    walls = {OURS: _Walls(keys)}
    for peer in bench.peers:
        if not peer.missing:
            starts = [let(peer, bench.store, Spec(), NOTHING).wall for _ in range(3)]
            fewer = min(FEWER.get(peer.name, keys), keys)
            walls[peer.name] = _Walls(fewer, Spread(starts).median)
    for number in bench.rounds(ROUNDS):
        for shape in shapes:
            bench.say(f"B, round {number + 1}, {shape}")
            trial = sweep_all(bench.store, Spec(shape, keys, LATENCY))
            walls[OURS].took(shape, trial)
            for peer in bench.peers:
                once = peer.name in FIRST_SHAPE_ONLY and (number > 0 or shape != shapes[0])
                if not peer.missing and not once and number < PEERS_ROUNDS:
                    _run(bench, peer, shape, walls[peer.name])
    measured = _measured(bench, shapes, walls, keys)
    if not walls[OURS].fault:
        _measure_shapes(bench, shapes, measured)
    return measured


def _measure_shapes(bench: Bench, shapes: Sequence[str], measured: Measured) -> None:
    """Hold the shapes to the flat one, and their listings to their pages, at both sizes."""
    for keys in (bench.keys(KEYS), bench.keys(MANY)):
        trials = {}
        for shape in shapes:
            bench.say(f"B, {keys:,} keys, {shape}")
            trials[shape] = sweep_all(bench.store, Spec(shape, keys, LATENCY))
        faults = [f"{shape}: {each.fault}" for shape, each in trials.items() if each.fault]
        if faults:
            measured.faults += [f"{OURS}, {keys:,} keys, {fault}" for fault in faults]
            return
        walls = {shape: each.wall for shape, each in trials.items()}
        lists = {shape: each.stats["requests"]["list"] for shape, each in trials.items()}
        name = f"ossweep, {keys:,} keys, one run"
        measured.row(f"{name}: seconds", *(f"{wall:.1f}" for wall in walls.values()))
        measured.row(f"{name}: listings", *(f"{number:,}" for number in lists.values()))
        slowest, most = max(walls.values()) / walls[shapes[0]], max(lists.values())
        text = f"{keys:,} keys: every shape within {AS_FLAT:g} of {shapes[0]}"
        measured.goals.append(Goal(text, f"{slowest:.2f}", slowest <= AS_FLAT, WHY_LISTINGS))
        bound = round(keys / PAGE * (1 + MORE_LISTINGS)) + AND_MORE
        text = f"{keys:,} keys: {bound:,} listings at most"
        measured.goals.append(Goal(text, f"{most:,}", most <= bound, WHY_LISTINGS))
    text = f"{keys:,} {shapes[0]} keys in {FASTEST:g} s"
    measured.goals.append(Goal(text, f"{walls[shapes[0]]:.1f} s", walls[shapes[0]] <= FASTEST, WHY))


def _run(bench: Bench, peer: Peer, shape: str, walls: _Walls) -> None:
    if not walls.fault:
        walls.took(shape, let(peer, bench.store, Spec(shape, walls.keys, LATENCY)))


def _measured(bench: Bench, shapes: Sequence[str], walls: dict[str, _Walls], keys: int) -> Measured:
    measured = Measured(
        "B",
        f"Seconds for {keys:,} keys, 60 ms a listing, 300 ms a deletion: median (least to most)",
        ("deleter", *shapes),
    )
    for name, line in walls.items():
        if line.fault:
            measured.row(name, f"failed: {line.fault}", *[""] * (len(shapes) - 1))
            continue
        cells = [
            line.spread(shape, keys).text(1) if shape in line.shapes else "" for shape in shapes
        ]
        mark = f" (scaled from {line.keys:,} keys)" if line.keys < keys else ""
        measured.row(name + mark, *cells)
    measured.rows += [
        (peer.name, f"not measured: {peer.missing}", *[""] * (len(shapes) - 1))
        for peer in bench.peers
        if peer.missing
    ]
    if walls[OURS].fault:
        measured.faults.append(f"{OURS}: {walls[OURS].fault}")
    measured.goals += [_goal(name, times, walls, shapes, keys) for name, times in GOALS.items()]
    measured.notes.append(
        "ossweep: from the handler's entry to its return. The others: the program's time, less "
        "that of a run that finds nothing."
    )
    return measured


def _goal(
    name: str, times: float, walls: dict[str, _Walls], shapes: Sequence[str], keys: int
) -> Goal:
    text = f"{times:g} times faster than {name} on every shape"
    if name not in walls or walls[name].fault or walls[OURS].fault:
        return Goal(text, "no figure", None)
    ratios = {
        shape: walls[name].spread(shape, keys).median / walls[OURS].spread(shape, keys).median
        for shape in shapes
    }
    said = ", ".join(f"{shape} {ratio:.1f}" for shape, ratio in ratios.items())
    return Goal(text, said, min(ratios.values()) >= times, WHY)
