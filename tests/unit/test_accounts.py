"""The batches of a range settle in their order, whatever order they come back in."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.accounts import Accounts
from ossweep.engine.books import Books
from ossweep.engine.deferred import Deferred
from ossweep.engine.outcomes import Outcome
from ossweep.engine.queues import Course
from ossweep.engine.reads import Reads
from ossweep.engine.selection import Selection
from ossweep.engine.sources.directories import Directories
from ossweep.engine.sources.named import NamedKeys
from ossweep.engine.sources.ranges import Ranges
from ossweep.engine.sources.shared import Shared
from ossweep.engine.throttle import Throttle
from ossweep.objects import Failure, Found, Lot
from ossweep.work import Counts, Range, Work
from unit.memory import Began, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from ossweep.engine.batch import Batch
    from ossweep.engine.scan import Scan

WORK = Work("job", "examplebucket", ranges=(Range("a/", "", "a/4"), Range("a/", "a/4")))


class Desk:
    """Accounts over two ranges, of which each page is a batch of two keys."""

    def __init__(self, work: Work = WORK, protected: tuple[str, ...] = ()) -> None:
        throttle = Throttle(lambda: 0.0, lambda low, _high: low, 1, None)
        gate = Hop().gate
        self.books, deferred = Books(work), Deferred(work)
        self.selection = Selection(work, Began(1000), protected, None, deferred)
        shared = Shared(
            work,
            MemoryStore(Bucket({}), gate),
            throttle,
            Reads(gate, 1),
            self.selection,
            deferred,
            self.books,
            Course(throttle.lane()),
            64,
        )
        self.ranges = Ranges(shared)
        shared.sources += [NamedKeys(shared), self.ranges, Directories(shared)]
        self.accounts = Accounts(work, self.books, self.selection, shared.sources)
        self.scans: list[Scan] = []
        while (scan := self.ranges.frontier.next(2)) is not None:
            scan.listing = True
            self.scans.append(scan)

    def take_up(self, number: int, *keys: str, more: bool = True) -> Batch:
        """List a page of a range, and take up the batch that it makes."""
        scan = self.scans[number]
        page = Lot([Found(key, 10, 1) for key in keys])
        belonging = self.ranges.frontier.take(scan, page, more=more)
        self.selection.select(scan, belonging, 60.0)
        scan.backlog.flush()
        return self.ranges.take_up(scan.queue, 1000)

    def book(self, batch: Batch, *failed: str, undone: int = 0) -> None:
        """Book a batch that OSS has deleted, but for some keys that failed or are still to do."""
        objects = [found for found in batch.page.objects() if found.key not in failed]
        done = objects[: len(objects) - undone]
        counts = Counts(
            deleted=len(done),
            bytes=10 * len(done),
            failed=len(failed),
            failures=tuple(Failure(key, "FileImmutable", "No.") for key in failed),
            skipped=batch.skipped,
        )
        outcome = Outcome(batch, counts, tuple(objects[len(done) :]))
        self.books.enter(outcome)
        self.ranges.settle(outcome)

    def left(self) -> list[tuple[str, str]]:
        return [(each.after, each.until) for each in self.accounts.left().ranges]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_range_goes_on_behind_the_last_batch_before_which_all_are_settled(
    order: tuple[int, ...],
) -> None:
    """Deletions count as they come."""
    desk = Desk()
    batches = [desk.take_up(1, f"a/5{number}", f"a/5{number}+") for number in range(3)]
    settled: set[int] = set()
    for number in order:
        desk.book(batches[number])
        settled.add(number)
        in_turn = next(n for n in range(4) if n not in settled)
        assert desk.left()[1][0] == ("a/4", "a/50+", "a/51+", "a/52+")[in_turn]
        assert desk.accounts.counts().deleted == 2 * len(settled)


def test_each_range_settles_by_itself() -> None:
    """A batch that is slow holds up none of another range."""
    desk = Desk()
    desk.take_up(0, "a/1", "a/2")
    other = desk.take_up(1, "a/5", "a/6")

    desk.book(other)

    assert desk.left() == [("", "a/4"), ("a/6", "")]


def test_a_range_that_is_listed_and_settled_is_not_left() -> None:
    """The others are."""
    desk = Desk()
    batch = desk.take_up(0, "a/1", "a/2", more=False)

    before = desk.left()
    desk.book(batch)

    assert (before, desk.left()) == ([("", "a/4"), ("a/4", "")], [("a/4", "")])


def test_a_key_still_to_do_holds_the_place_for_good() -> None:
    """However many batches come back behind it."""
    desk = Desk()
    first, second, third = (desk.take_up(1, f"a/{n}", f"a/{n}+") for n in (5, 6, 7))

    desk.book(second, undone=1)
    desk.book(first)
    desk.book(third)

    assert desk.left()[1] == ("a/5+", "")
    assert desk.accounts.counts() == Counts(deleted=5, bytes=50)
    assert desk.accounts.left().unsettled == 1


def test_a_failure_ahead_of_its_turn_counts_and_is_passed_by() -> None:
    """Until its turn comes; from then on it counts with its range."""
    desk = Desk()
    first, second = desk.take_up(1, "a/5"), desk.take_up(1, "a/6", "a/7")

    desk.book(second, "a/6")
    ahead = desk.accounts.left()
    desk.book(first)
    in_turn = desk.accounts.left()

    assert (ahead.passed, ahead.ranges[1]) == (("a/6",), Range("a/", "a/4"))
    assert (in_turn.passed, in_turn.ranges[1]) == ((), Range("a/", "a/7", failed=1))
    assert ahead.counts.failed == in_turn.counts.failed == 1
    assert ahead.counts.failures == in_turn.counts.failures


def test_known_failures_are_kept_where_a_range_that_is_left_shows_them_again() -> None:
    """In any of the ranges, however many begin in the same way."""
    ranges = (Range("a", "", "a2"), Range("a", "a4", "a6"), Range("b/"), Range("c", "c5"))
    known = ("/", "a2", "a3", "a4", "a5", "a6", "a7", "b", "b/1", "c", "c5", "c6", "d")
    work = Work("job", "examplebucket", ranges=ranges, passed=known)

    assert Desk(work).accounts.left().passed == ("a2", "a5", "a6", "b/1", "c6")


def test_an_object_skipped_ahead_of_its_turn_counts_in_its_turn() -> None:
    """It is met again."""
    desk = Desk(protected=("a/7",))
    first, second = desk.take_up(1, "a/5"), desk.take_up(1, "a/6", "a/7")

    desk.book(second)
    ahead = desk.accounts.left()
    desk.book(first)
    in_turn = desk.accounts.left()

    assert (ahead.counts.skipped, in_turn.counts.skipped) == ({}, {"protected": 1})
    assert in_turn.ranges[1] == Range("a/", "a/7", "", {"protected": 1})


def test_a_marker_object_is_held_once_its_place_is_settled() -> None:
    """Before, the listing shows it again."""
    desk = Desk(replace(WORK, directories=frozenset({"a/6/"})))
    first, second = desk.take_up(1, "a/5"), desk.take_up(1, "a/6/", "a/7")

    desk.book(second)
    ahead = desk.accounts.left().held
    desk.book(first)

    assert ahead == ()
    assert desk.accounts.left().held == (Found("a/6/", 10, 1),)


def test_a_batch_that_has_not_come_back_weighs_on_the_ceiling() -> None:
    """It may have been deleted."""
    desk = Desk()
    desk.take_up(0, "a/1", "a/2")
    desk.book(desk.take_up(1, "a/5"))

    assert desk.accounts.at_the_end() == Counts(deleted=1, bytes=10, unanswered=2)
    assert desk.accounts.counts() == Counts(deleted=1, bytes=10)
    assert (desk.accounts.listed(), desk.accounts.left().unsettled) == (3, 2)


def test_a_batch_that_has_not_come_back_may_be_deletions_that_nobody_counts() -> None:
    """As long as it is out; what comes back in full is exact."""
    desk = Desk()
    batch = desk.take_up(0, "a/1", "a/2")
    out = (desk.accounts.is_in_doubt, desk.accounts.left().at_least)

    desk.book(batch)

    assert out == (True, True)
    assert (desk.accounts.is_in_doubt, desk.accounts.left().at_least) == (False, False)


def test_counts_that_were_the_least_stay_so() -> None:
    """Whatever is exact from then on; what was not heard of before counts no second time."""
    before = replace(WORK, at_least=True, counts=Counts(deleted=1, unanswered=3))
    desk = Desk(before)
    desk.book(desk.take_up(0, "a/1", "a/2"))

    assert (desk.accounts.is_in_doubt, desk.accounts.left().at_least) == (False, True)


def test_the_keys_to_come_include_the_named_ones_that_are_left() -> None:
    """As soon as all ranges have been looked into."""
    desk = Desk(replace(WORK, keys=("b", "c")))
    unseen = desk.accounts.expected()
    for number, keys in enumerate([("a/1", "a/2"), ("a/5", "a/6")]):
        desk.book(desk.take_up(number, *keys, more=False))

    assert (unseen, desk.accounts.expected()) == (None, 2)
