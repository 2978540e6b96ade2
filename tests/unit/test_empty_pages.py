"""Pages without objects, as OSS lists them behind many delete markers, lead a sweep on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ossweep.engine.deferred import Deferred
from ossweep.engine.frontier import Frontier
from ossweep.engine.selection import Selection
from ossweep.engine.throttle import Throttle
from ossweep.jobs.progress import achieved
from ossweep.objects import Found, Lot, Unnamed
from ossweep.work import Range, Work
from unit.memory import Began, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.engine.scan import Scan
    from ossweep.objects import Page

WORK = Work("job", "examplebucket", ranges=(Range("a/"),))
HIDDEN = [f"a/{number:02}" for number in range(12)]
KEYS = [f"a/x{number:02}" for number in range(5)]


class Markers(MemoryStore):
    """A store whose first keys are hidden: a page ends at each of them."""

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        for marker in HIDDEN:
            if marker > after:
                self.admit("list")
                yield Lot((), reaches=marker), True
        yield from super().pages(prefix, max(after, HIDDEN[-1]))


def begun(keys: Range) -> tuple[Frontier, Scan]:
    """Return a range that is about to be listed."""
    frontier = Frontier([keys], Throttle(lambda: 0.0, lambda low, _high: low, 1, None))
    scan = frontier.next(1)
    assert scan is not None
    return frontier, scan


def test_an_invocation_goes_on_behind_the_empty_pages_of_the_one_before() -> None:
    """Else each would list the same ones again, and come to nothing."""
    bucket = Bucket.of(KEYS)
    first, second = Hop(), Hop()

    left = first.sweep(WORK, Markers(bucket, first.gate, {4: first.leave(0)})).left
    result = second.sweep(left, Markers(bucket, second.gate))

    assert left.ranges == (Range("a/", HIDDEN[3]),)
    assert achieved(WORK, left)
    assert (result.left.finished, result.counts.deleted, result.listed) == (True, 5, 5)


def test_keys_met_before_an_empty_page_are_deleted_and_counted() -> None:
    """They need not wait for the pages behind, each of which may take long."""
    frontier, scan = begun(Range("a/"))
    selection = Selection(WORK, Began(1000), (), None, Deferred(WORK))

    for page in (Lot([Found("a/0", 1, 1), Found("a/1", 1, 5000)]), Lot((), reaches="a/5")):
        selection.select(scan, frontier.take(scan, page, more=True), 60.0)

    assert [(list(batch.keys), batch.place) for batch in scan.queue.batches] == [(["a/0"], "a/5")]
    assert (scan.at, scan.queue.batches[0].skipped) == (
        "a/5",
        {"written after the job began": 1},
    )


def test_a_key_without_a_name_is_not_passed_by_unseen() -> None:
    """Those that lie before the marker have failed, and the others wait for their turn."""
    frontier, scan = begun(Range("a/"))
    selection = Selection(WORK, Began(1000), (), None, Deferred(WORK))
    odd = (Unnamed("a/1%FF", b"a/1\xff"), Unnamed("a/7%FF", b"a/7\xff"))

    for page in (Lot((), odd), Lot((), reaches="a/5")):
        selection.select(scan, frontier.take(scan, page, more=True), 60.0)

    assert [batch.unnamed for batch in scan.queue.batches] == [[(0, "a/1%FF")]]
    assert list(scan.backlog.behind) == [odd[1]]


@pytest.mark.parametrize("marker", ["a/5", "a/7", "b"])
def test_a_marker_behind_the_ranges_end_ends_its_listing(marker: str) -> None:
    """What was cut off there is listed by others: nothing of it is settled."""
    frontier, scan = begun(Range("a/", "a/1", "a/5"))

    page = frontier.take(scan, Lot((), reaches=marker), more=True)

    assert (scan.listed, scan.at, page.reaches) == (True, "a/1", "")


@pytest.mark.parametrize("marker", ["a/1", "a/0", "b", "a/" + "x" * 1022])
def test_a_marker_that_leads_nowhere_in_the_range_settles_nothing(marker: str) -> None:
    """It is no place that a continuation could begin at."""
    frontier, scan = begun(Range("a/", "a/1"))

    page = frontier.take(scan, Lot((), reaches=marker), more=True)

    assert (scan.listed, scan.at, page.reaches) == (False, "a/1", "")


def test_a_key_that_was_met_and_not_chosen_yet_keeps_its_place() -> None:
    """A ceiling may have left it where it was: the next invocation has to meet it."""
    frontier, scan = begun(Range("a/"))
    frontier.take(scan, Lot([Found("a/0", 1, 1)]), more=True)

    page = frontier.take(scan, Lot((), reaches="a/5"), more=True)

    assert (scan.at, page.reaches) == ("a/0", "")
