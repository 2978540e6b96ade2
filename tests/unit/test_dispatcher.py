"""What starts, and in which turn: the dispatcher over plain values, without a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ossweep.engine.dispatcher import Dispatcher
from ossweep.engine.throttle import Throttle
from ossweep.work import Range, Work
from unit.memory import Bucket, Hop, MemoryStore
from unit.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ossweep.engine.throttle import Lane
    from ossweep.objects import Page


class Slow(Throttle):
    """A throttle whose lanes wait as long as a test says; the first is that of named keys."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0, lambda low, _high: low, 64, None)
        self.lanes: list[Lane] = []
        self.waits: list[float] = []

    def lane(self, beside: Lane | None = None) -> Lane:
        self.lanes.append(super().lane(beside))
        return self.lanes[-1]

    def wait(self, lane: Lane) -> float:
        return self.waits[self.lanes.index(lane)] if self.waits else 0.0


class Asked(MemoryStore):
    """A store that remembers how many pages it was asked for."""

    listed = 0

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        for each in super().pages(prefix, after):
            self.listed += 1
            yield each


def letters_of(letters: Iterable[str], number: int) -> tuple[Work, Bucket]:
    """Return a bucket with so many keys below each letter, and the work of deleting them."""
    prefixes = [f"{letter}/" for letter in letters]
    bucket = Bucket.of(f"{prefix}{each:04}" for prefix in prefixes for each in range(number))
    ranges = tuple(map(Range, prefixes))
    return Work("job", "examplebucket", ranges=ranges), bucket


def dispatch_of(work: Work, bucket: Bucket, listings: int = 8) -> tuple[Dispatcher, Slow, Asked]:
    """Return a dispatcher and what it goes by."""
    hop, throttle = Hop(), Slow()
    store = Asked(bucket, hop.gate)
    dispatcher = Dispatcher(
        work,
        store,
        hop.gate,
        throttle,
        protected=(),
        ceiling=None,
        listings=listings,
        most_ranges=64,
    )
    return dispatcher, throttle, store


def go_on(dispatcher: Dispatcher, round_trips: int) -> None:
    pipeline = Steps()
    for _ in range(round_trips):
        dispatcher.start(pipeline)  # type: ignore[arg-type] # as far as a dispatcher knows it
        pipeline.let_go()


@pytest.mark.parametrize("place", range(12))
def test_no_range_is_overlooked_because_others_have_to_wait(place: int) -> None:
    """The range that may go does so, wherever it stands."""
    work, bucket = letters_of("abcdefghijkl", 1)
    dispatcher, throttle, _ = dispatch_of(work, bucket, listings=12)
    throttle.waits = [9.0] * 13
    go_on(dispatcher, 9)
    throttle.waits[1 + place] = 0.0
    before = len(bucket.objects)

    go_on(dispatcher, 1)

    assert (before, len(bucket.objects)) == (12, 11)


def test_the_wait_is_that_of_the_range_that_may_go_first() -> None:
    """It is the shortest time that any range has to wait."""
    work, bucket = letters_of("abc", 1)
    dispatcher, throttle, _ = dispatch_of(work, bucket)
    throttle.waits = [1.0, 4.0, 2.0, 3.0]
    go_on(dispatcher, 9)

    assert dispatcher.start(Steps()) == 2.0  # type: ignore[arg-type] # as above


def test_ranges_are_deleted_from_in_turn() -> None:
    """So that deletions spread over OSS's partitions."""
    work, bucket = letters_of("abc", 2000)
    dispatcher, throttle, _ = dispatch_of(work, bucket)
    throttle.waits = [9.0] * 4
    go_on(dispatcher, 9)
    throttle.waits = []

    go_on(dispatcher, 1)

    turns = "".join(keys[0][0] for keys in bucket.asked)
    assert turns in {"abcabc", "bcabca", "cabcab"}


def test_listing_waits_for_deletions_however_many_ranges_there_are() -> None:
    """Only as many small ranges are held in memory as may be listed at once."""
    work, bucket = letters_of(map(chr, range(0x4E00, 0x4FFF)), 1)
    dispatcher, throttle, store = dispatch_of(work, bucket)
    throttle.waits = [9.0] * 600

    go_on(dispatcher, 300)

    assert 8 <= store.listed <= 2 * 8
