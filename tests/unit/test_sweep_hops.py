"""The sweep over several invocations: each goes on where the one before it has ended."""

from __future__ import annotations

import weakref
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.settlement import EARLY
from ossweep.errors import Closed
from ossweep.objects import Found, Lot, Stretch
from ossweep.work import Counts, Range, Work
from unit.memory import BEGAN, LONG, Bucket, Hop, LateStore, MemoryStore, sent_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.engine.result import Result
    from ossweep.objects import Page
    from unit.memory import Seen

ALL = Work("job", "examplebucket", ranges=(Range("a/"),))
TREE = replace(ALL, directories=frozenset({"a/"}))
NEWER = "written after the job began"
GONE = "gone before its turn came"


def keys(number: int) -> list[str]:
    return [f"a/{each:05}" for each in range(number)]


def hop(work: Work, bucket: Bucket) -> Result:
    """Go on with what is left, without any trouble of the hop's own."""
    fresh = Hop()
    return fresh.sweep(work, MemoryStore(bucket, fresh.gate))


def chain(work: Work, bucket: Bucket) -> list[Result]:
    """Go on until the job ends."""
    results = [hop(work, bucket)]
    while results[-1].may_go_on:
        assert len(results) < 30
        results.append(hop(sent_back(results[-1]), bucket))
    return results


@pytest.mark.parametrize(
    ("denied", "every"),
    [(keys(250), 250), (keys(1250)[:250], 1250), (keys(1250)[900:1150], 1250), (keys(250), 3000)],
    ids=["nothing else", "first", "over two batches", "before others"],
)
def test_keys_that_cannot_be_deleted_end_however_many_stand_in_a_row(
    denied: list[str], every: int
) -> None:
    """A hop passes over what is behind a hundred, and by what has failed before it."""
    bucket = Bucket.of(keys(every), denied=frozenset(denied))

    results = chain(ALL, bucket)

    failed = [result.counts.failed for result in results]
    assert (failed[-1], sorted(set(failed))) == (250, failed)  # every hop comes on
    assert dict(bucket.refused) == dict.fromkeys(denied, 1)
    assert sorted(bucket.objects) == denied
    assert {result.listed for result in results if result.left.ranges} <= set(range(every + 1))
    last = results[-1]
    assert (last.listed, last.counts.settled, last.left.finished) == (every, every, True)
    assert (last.left.passed, last.left.unsettled, last.stopped) == ((), 0, None)


def test_the_first_hundred_failures_are_named_once_each() -> None:
    """The others are counted."""
    bucket = Bucket.of(keys(250), denied=frozenset(keys(250)))

    results = chain(ALL, bucket)

    assert len(results) == 3
    for result in results:
        assert [failure.key for failure in result.counts.failures] == keys(100)


def test_a_stretch_that_is_passed_over_stays_and_is_named() -> None:
    """The range goes on right behind what has failed, and tells why."""
    bucket = Bucket.of(keys(250), denied=frozenset(keys(250)))

    result = hop(ALL, bucket)

    stretch = Stretch("a/00100", "a/00249", 150, "FileImmutable", "No.")
    left = Range("a/", "a/00099", failed=100, passed_over=stretch)
    assert (result.left.ranges, result.left.passed) == ((left,), ())
    assert (result.listed, result.counts.failed, result.left.unsettled) == (250, 100, 150)
    assert (result.passed_over, result.may_go_on) == ((stretch,), True)
    assert str(result.stopped) == (
        "OSS answered FileImmutable to what it was asked to delete of 150 keys "
        'from "a/00100" to "a/00249", which were passed over: "No."; '
        "a retention policy of the bucket's keeps such objects until it has run out"
    )


def test_a_key_that_is_passed_by_is_not_met_again() -> None:
    """Neither counted nor asked for, even if somebody has made it deletable meanwhile."""
    bucket = Bucket.of(keys(10))
    work = replace(ALL, passed=("a/00003",), counts=Counts(failed=1))

    result = hop(work, bucket)

    assert list(bucket.objects) == ["a/00003"]
    assert (result.listed, result.counts) == (10, Counts(deleted=9, bytes=90, failed=1))


def test_a_range_of_nothing_but_keys_to_pass_by_ends() -> None:
    """It is not listed again."""
    work = replace(ALL, passed=tuple(keys(10)), counts=Counts(failed=10))

    result = hop(work, Bucket.of(keys(10)))

    assert (result.listed, result.counts, result.left.passed) == (10, work.counts, ())
    assert result.left.finished


def test_known_failures_before_the_place_to_go_on_from_are_forgotten() -> None:
    """They count with the range that they lie before."""
    bucket = Bucket.of(keys(2000), silent={"a/01500": False})
    work = replace(ALL, passed=("a/00003", "a/01700"), counts=Counts(failed=2))

    result = hop(work, bucket)

    assert result.left.ranges == (Range("a/", "a/00999", failed=1),)
    assert result.left.passed == ("a/01700",)


def interrupted(bucket: Bucket) -> Work:
    """Return the rest of a job that holds its marker object, and nothing else."""
    bucket.silent["a/"] = False
    result = hop(TREE, bucket)
    assert [found.key for found in result.left.held] == ["a/"]
    assert not result.left.unlisted
    return sent_back(result)


def test_a_marker_object_written_anew_between_two_hops_is_spared() -> None:
    """Its writer wants the directory."""
    bucket = Bucket.of(["a/", *keys(3)])
    rest = interrupted(bucket)
    bucket.write(["a/"])

    result = hop(rest, bucket)

    assert list(bucket.objects) == ["a/"]
    assert (result.listed, result.counts.deleted, result.counts.skipped) == (4, 3, {NEWER: 1})
    assert result.left.finished


def test_a_marker_object_written_anew_in_the_second_of_the_clock_is_spared() -> None:
    """Times are whole seconds, and it may have been written after."""
    bucket = Bucket.of(["a/", *keys(3)])
    rest = interrupted(bucket)
    bucket.write(["a/"], BEGAN)

    assert hop(rest, bucket).counts.skipped == {NEWER: 1}


def test_a_marker_object_that_somebody_else_has_deleted_is_skipped() -> None:
    """It is asked for no more, and counts with its own reason."""
    bucket = Bucket.of(["a/", *keys(3)])
    rest = interrupted(bucket)
    bucket.remove(["a/"])
    asked = len(bucket.asked)

    result = hop(rest, bucket)

    assert len(bucket.asked) == asked
    assert (result.listed, result.counts.deleted, result.counts.skipped) == (4, 3, {GONE: 1})
    assert result.left.finished


def test_a_marker_object_counts_with_the_size_it_has_when_it_goes() -> None:
    """It may have been written again before the job began to count time."""
    bucket = Bucket.of(["a/"])
    rest = interrupted(bucket)
    bucket.write(["a/"], BEGAN - 1)

    result = hop(rest, bucket)

    assert (bucket.objects, result.counts) == ({}, Counts(deleted=1, bytes=3, unanswered=1))


def test_a_marker_object_written_anew_within_the_hop_is_spared() -> None:
    """It is looked at right before it goes."""
    bucket = Bucket.of(["a/", *keys(3)])
    watched = Hop()
    store = MemoryStore(bucket, watched.gate, {2: lambda: bucket.write(["a/"])})

    result = watched.sweep(TREE, store)

    assert list(bucket.objects) == ["a/"]
    assert result.counts.skipped == {NEWER: 1}


def test_a_marker_object_in_a_dry_run_is_looked_at_too() -> None:
    """What would be spared is not planned."""
    bucket = Bucket.of(["a/", *keys(3)])
    work = replace(TREE, dry_run=True, held=(bucket.objects["a/"],), ranges=(), clock=BEGAN)
    bucket.write(["a/"])

    result = hop(work, bucket)

    assert result.counts == Counts(skipped={NEWER: 1})


def test_marker_objects_that_could_not_be_looked_at_are_held() -> None:
    """Those looked at before are deleted, and the others wait with them."""
    bucket = Bucket.of(["a/", "b/", "c/"])
    work = Work("job", "examplebucket", held=tuple(bucket.objects.values()), clock=BEGAN)

    class Troubled(MemoryStore):
        def find(self, key: str) -> Found | None:
            if key == "b/":
                raise Closed
            return super().find(key)

    troubled = Hop()
    result = troubled.sweep(work, Troubled(bucket, troubled.gate))

    assert sorted(bucket.objects) == ["a/", "b/"]
    assert [found.key for found in result.left.held] == ["a/", "b/"]
    assert (result.listed, result.counts.deleted, result.may_go_on) == (3, 1, True)
    assert result.stopped is None


def test_harmless_object_is_lost_when_looking_at_one_never_comes_back() -> None:
    """Those that were chosen before it are held as well."""
    bucket = Bucket.of(["a/", "b/", "c/"])
    work = Work("job", "examplebucket", held=tuple(bucket.objects.values()), clock=BEGAN)
    stuck, back = Hop(), Event()

    class Stuck(MemoryStore):
        def find(self, key: str) -> Found | None:
            if key == "b/":
                stuck.leave(-1)()
                assert back.wait(LONG)
            return super().find(key)

    try:
        result = stuck.sweep(work, Stuck(bucket, stuck.gate))
    finally:
        back.set()

    assert sorted(found.key for found in result.left.held) == ["a/", "b/", "c/"]
    assert (result.listed, result.left.unsettled) == (3, 0)


def test_the_keys_met_do_not_go_back_before_the_listing_has_ended() -> None:
    """A hop says at least what the one before it has said, from its first report on."""
    bucket = Bucket.of(keys(5000), silent={"a/00000": False})
    first = hop(ALL, bucket)
    second = Hop()
    store = MemoryStore(bucket, second.gate, {1: second.leave(0.1)})

    result = second.sweep(sent_back(first), store)

    assert first.listed == 5000
    assert {report.listed for report in second.reports} == {5000}
    assert (result.listed, result.left.unsettled) == (5000, 1000)


def test_keys_that_others_have_deleted_meanwhile_are_forgotten_when_the_listing_has_ended() -> None:
    """Only then it is sure that they will not be met again."""
    bucket = Bucket.of(keys(5000), silent={"a/00000": False})
    first = hop(ALL, bucket)
    bucket.remove(keys(400))
    second = Hop()

    result = second.sweep(sent_back(first), MemoryStore(bucket, second.gate))

    assert (first.listed, second.reports[-1].listed) == (5000, 4600)
    assert (result.listed, result.counts.deleted, result.left.finished) == (4600, 4600, True)


class Fresh(LateStore):
    """A store that makes each object anew, and knows which of them are still in use."""

    used: weakref.WeakSet[Found]

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        for page, more in super().pages(prefix, after):
            copies = [replace(found) for found in page.objects()]
            self.used.update(copies)
            yield Lot(copies), more


@pytest.mark.parametrize("in_flight", [2, 8])
def test_no_more_than_64_batches_run_ahead_of_a_slow_one(in_flight: int) -> None:
    """Then the listing stands still; of those that have come back, no object is kept."""
    bucket = Bucket.of(keys(80_000))
    overtaken = Event()
    ahead: list[int] = []
    standing: list[int] = []
    used: list[int] = []

    def look(progress: Seen) -> None:
        ahead.append(progress.counts.deleted // 1000)
        stands = ahead[-1] >= EARLY and ahead[-2:] == [ahead[-1]] * 2  # nothing more comes back
        if stands and not overtaken.is_set():
            standing.append(ahead[-1])
            used.append(len(store.used))
            overtaken.set()

    slow = Hop(in_flight=in_flight, on_report=look)
    store = Fresh(bucket, slow.gate, {"a/00000": overtaken})
    store.used = weakref.WeakSet()
    result = slow.sweep(ALL, store)

    (still,) = used
    # Those that were under way with the slow one may still come back.
    assert EARLY <= standing[0] < EARLY + in_flight
    assert still <= (in_flight + 2) * 1000
    assert (result.listed, result.counts.deleted, result.left.finished) == (80_000, 80_000, True)


def test_failures_that_a_continuation_has_no_room_for_count_in_their_turn() -> None:
    """It names a thousand keys to pass by; those that have failed beyond them fail again."""
    denied = keys(4000)[1000:4000:2]
    bucket = Bucket.of(keys(4000), silent={"a/00000": False}, denied=frozenset(denied))
    result = hop(ALL, bucket)
    ended = chain(sent_back(result), bucket)[-1]

    assert (result.counts.failed, len(result.left.passed)) == (1000, 1000)
    assert (result.listed, result.left.unsettled) == (4000, 1500)
    assert (ended.listed, ended.counts.failed, ended.counts.deleted) == (4000, 1500, 2500)
    assert (ended.left.finished, bucket.refused.total()) == (True, 2000)


def test_objects_skipped_within_a_batch_count_though_time_runs_out_amid_it() -> None:
    """A rate makes parts of a batch, and the hop ends between two of them."""
    bucket = Bucket.of(keys(1000))
    bucket.write(["a/00001x", "a/00900x"])
    first = Hop(in_flight=1, max_rate=500)
    store = MemoryStore(bucket, first.gate, {2: first.leave(0)})

    result = first.sweep(ALL, store)
    ended = hop(sent_back(result), bucket)

    assert 0 < result.counts.deleted < 1000
    assert sorted(bucket.objects) == ["a/00001x", "a/00900x"]
    assert (ended.listed, ended.counts.deleted, ended.counts.skipped) == (1002, 1000, {NEWER: 2})


def test_a_marker_object_that_may_be_gone_already_is_owned_up_to() -> None:
    """The next hop finds it gone, and cannot know by whom."""
    bucket = Bucket.of(["a/", "a/1"], silent={"a/": True})

    first = hop(TREE, bucket)
    ended = hop(sent_back(first), bucket)

    assert bucket.objects == {}
    assert (ended.counts.deleted, ended.counts.skipped) == (1, {GONE: 1})
    assert ended.left.at_least
