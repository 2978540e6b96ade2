"""A sweep is kept while it goes on, and goes on from whatever was kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.ports import Checkpoint
from ossweep.handover.continuation import seal, unseal
from ossweep.stops import ORDERED
from ossweep.work import Range, Work
from unit.memory import LONG, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from ossweep.engine.result import Result
    from ossweep.stops import Stop

OTHERS = ["a", "b"]
KEYS = [f"a/{number:04}" for number in range(900)]
DENIED = frozenset(KEYS[100:400:30])
TREE = Work("job", "examplebucket", ranges=(Range("a/"),), directories=frozenset({"a/"}))


def bucket(denied: frozenset[str] = frozenset()) -> Bucket:
    return Bucket.of([*KEYS, "a/", *OTHERS], page=50, denied=denied)


@dataclass
class Keeper:
    """Keeps what it is given, with what was in the bucket then, as often as it is asked."""

    bucket: Bucket
    stop: Stop | None = None
    after: int = 0  # keeps so many before it gives its reason
    kept: list[tuple[Result, Bucket]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def due(self) -> bool:
        return len(self.bucket.confirmed) > 0 or self.stop is None

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        assert self.lock.acquire(blocking=False), "two are kept at once"
        with self.bucket.lock:
            copy = replace(self.bucket, objects=dict(self.bucket.objects), asked=[], shown=set())
        self.kept.append((result, copy))
        self.lock.release()
        return Checkpoint(self.stop if len(self.kept) > self.after else None, 2000)

    def beat_due(self) -> bool:
        return False

    def beat(self) -> None:
        raise NotImplementedError


def kept_sweep(swept: Bucket, work: Work = TREE) -> tuple[Result, Keeper]:
    keeper = Keeper(swept)
    hop = Hop(keeper=keeper)
    return hop.sweep(work, MemoryStore(swept, hop.gate)), keeper


@pytest.mark.parametrize("denied", [frozenset(), DENIED], ids=["all go", "some fail"])
def test_a_job_goes_on_from_any_checkpoint_as_if_it_had_died_there(
    denied: frozenset[str],
) -> None:
    """Nothing of it is lost, nothing else is touched, and its counts are the least."""
    result, keeper = kept_sweep(bucket(denied))
    assert result.left.finished
    assert len(keeper.kept) > 5

    for checkpoint, copy in keeper.kept[:: max(1, len(keeper.kept) // 20)]:
        document = json.loads(json.dumps(seal(checkpoint.left)))
        hop = Hop()
        again = hop.sweep(unseal(document, "the state"), MemoryStore(copy, hop.gate))

        assert sorted(copy.objects) == sorted({*OTHERS, *denied})
        assert again.left.finished
        assert again.counts.deleted <= result.counts.deleted
        assert again.counts.failed == result.counts.failed
        assert again.listed == again.counts.settled


def test_a_checkpoint_says_what_was_met_and_what_has_become_of_it() -> None:
    """Its sums agree, and what is out at that moment is told to be unheard of."""
    _, keeper = kept_sweep(bucket())

    for checkpoint, _ in keeper.kept:
        assert checkpoint.listed >= checkpoint.counts.settled
        assert checkpoint.left.at_least == (checkpoint.counts.unanswered > 0)
    deleted = [checkpoint.counts.deleted for checkpoint, _ in keeper.kept]
    assert deleted == sorted(deleted)


def test_a_reason_of_the_keepers_stops_a_sweep() -> None:
    """What is under way comes back first; the rest can be gone on with."""
    swept = bucket()
    keeper = Keeper(swept, stop=ORDERED, after=1)
    hop = Hop(keeper=keeper, in_flight=1)
    first = hop.sweep(TREE, MemoryStore(swept, hop.gate))

    assert (first.stopped, first.may_go_on) == (ORDERED, True)
    assert 0 < first.counts.deleted < len(KEYS)
    assert (first.left.at_least, first.counts.unanswered) == (False, 0)

    hop = Hop()
    last = hop.sweep(first.left, MemoryStore(swept, hop.gate))
    assert (last.counts.deleted, sorted(swept.objects)) == (len(KEYS) + 1, OTHERS)


def test_a_slow_keeper_is_not_asked_for_another_checkpoint() -> None:
    """The sweep goes on meanwhile, and waits for it at its end."""
    swept = bucket()
    far = Event()

    class Slow(Keeper):
        def keep(self, result: Result, reserved: int) -> Checkpoint:
            assert far.wait(LONG)
            return super().keep(result, reserved)

    keeper = Slow(swept)
    hop = Hop(keeper=keeper)
    hop.on_report = lambda seen: far.set() if seen.counts.deleted >= 500 else None
    result = hop.sweep(TREE, MemoryStore(swept, hop.gate))

    assert result.left.finished
    assert keeper.kept[0][0].counts.deleted < 500


def test_a_keeper_that_is_never_due_keeps_nothing() -> None:
    """Whether it is time is its own affair."""
    swept = bucket()

    class Never(Keeper):
        def due(self) -> bool:
            return False

    keeper = Never(swept)
    hop = Hop(keeper=keeper)

    assert hop.sweep(TREE, MemoryStore(swept, hop.gate)).left.finished
    assert keeper.kept == []
