"""What lies between ranges that are joined for a continuation is met, and counts, once more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.objects import Failure
from ossweep.stops import Stop, Why
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore, sent_back

if TYPE_CHECKING:
    from ossweep.engine.result import Result

KEYS = [f"a/{number:03}" for number in range(400)]
THREE_PAGES = [f"a/{number:04}" for number in range(3000)]
NO = Failure("a/1500", "FileImmutable", "No.")


def joined(work: Work, bucket: Bucket, ceiling: Ceiling | None = None) -> Result:
    """Return what an invocation leaves that has no time for any request, in one range."""
    hop = Hop(most_ranges=1, ceiling=ceiling)
    if ceiling is None:
        hop.leave(0.1)()
    return hop.sweep(work, MemoryStore(bucket, hop.gate))


def finished(result: Result, bucket: Bucket) -> Result:
    hop = Hop()
    return hop.sweep(sent_back(result), MemoryStore(bucket, hop.gate))


def work_of(*ranges: Range, counts: Counts, dry_run: bool = False) -> Work:
    return Work("job", "examplebucket", dry_run=dry_run, clock=BEGAN, ranges=ranges, counts=counts)


def test_ranges_of_a_dry_run_are_not_joined() -> None:
    """What lies between is in its plan, which would count it twice."""
    bucket = Bucket.of(KEYS)
    ranges = (Range("a/", "", "a/099"), Range("a/", "a/199", planned=100, bytes=1000))
    work = work_of(*ranges, counts=Counts(planned=100, bytes=1000), dry_run=True)

    result = joined(work, bucket)
    ended = finished(result, bucket)

    assert result.left.ranges == ranges
    counts = replace(ended.counts, named=())
    assert (ended.listed, counts) == (400, Counts(planned=400, bytes=4000))


def test_a_dry_run_counts_what_it_plans_with_its_range() -> None:
    """So that it can be given back."""
    bucket = Bucket.of(KEYS, page=100)
    hop = Hop()
    work = work_of(Range("a/"), counts=Counts(), dry_run=True)

    result = hop.sweep(work, MemoryStore(bucket, hop.gate, {2: hop.leave(0.1)}))

    assert result.left.ranges == (Range("a/", "a/199", planned=200, bytes=2000),)


def test_a_key_that_is_passed_by_counts_with_its_range_from_then_on() -> None:
    """Where that is joined, it fails once more and counts once."""
    bucket = Bucket.of(
        THREE_PAGES,
        silent={THREE_PAGES[500]: False, THREE_PAGES[2500]: False},
        denied=frozenset({NO.key}),
    )
    work = Work(
        "job",
        "examplebucket",
        clock=BEGAN,
        ranges=(Range("a/", "", "a/0999"), Range("a/", "a/0999")),
        passed=(NO.key,),
        counts=Counts(failed=1, failures=(NO,)),
    )
    first = Hop()
    passed_by = first.sweep(work, MemoryStore(bucket, first.gate))

    result = joined(sent_back(passed_by), bucket)
    ended = finished(result, bucket)

    assert passed_by.left.ranges == (
        Range("a/", "", "a/0999"),
        Range("a/", "a/1999", failed=1),
    )
    assert (passed_by.left.passed, passed_by.counts.failed) == ((), 1)
    assert (result.left.ranges, result.counts.failed) == ((Range("a/"),), 0)
    assert (ended.counts.failed, ended.counts.failures) == (1, (NO,))
    assert (ended.listed, ended.counts.settled, list(bucket.objects)) == (3000, 3000, [NO.key])


def test_the_last_answer_of_a_job_gives_nothing_back() -> None:
    """Nobody goes on with it, so what has failed stays named and counted."""
    ranges = (Range("a/", "", "a/099"), Range("a/", "a/199", failed=1))
    work = work_of(*ranges, counts=Counts(failed=1, failures=(NO,)))

    result = joined(work, Bucket.of(KEYS), Ceiling(1, "limits.objects"))

    assert (result.stopped, result.may_go_on) == (
        Stop(Why.CEILING, "limits.objects allows 1 object; for more, send a new request"),
        False,
    )
    assert result.counts == Counts(failed=1, failures=(NO,))


def test_a_marker_object_between_joined_ranges_is_not_counted_again() -> None:
    """It is held by name, and the listing that shows it passes it by."""
    bucket = Bucket.of([*KEYS, "a/150/"])
    marker = bucket.objects["a/150/"]
    ranges = (Range("a/", "", "a/099"), Range("a/", "a/199"))
    work = Work(
        "job",
        "examplebucket",
        clock=BEGAN,
        ranges=ranges,
        directories=frozenset({marker.key}),
        held=(marker,),
    )
    hop = Hop(most_ranges=1)
    hop.leave(0.1)()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))
    ended = finished(result, bucket)

    assert (result.left.ranges, result.left.held) == ((Range("a/"),), (marker,))
    assert (ended.listed, ended.counts.deleted, bucket.objects) == (401, 401, {})
