"""The sweep over a bucket in memory: what happens when answers come late, never, or wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ossweep.errors import Closed, Scope, StoreError
from ossweep.helps import with_help
from ossweep.objects import NEWER, Failure, Fates, Found, Lot
from ossweep.stops import NULL_MARKER_SHOWN, ORDERED, OVERTAKEN, SPLIT, Stop, Why
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import BEGAN, LONG, Bucket, Hop, LateStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.engine.result import Result
    from ossweep.engine.throttle import Permit
    from ossweep.objects import Page, Shown
    from unit.memory import Seen

FOR_MORE = "for more, send a new request"
KEYS = [f"a/{number:04}" for number in range(3000)]  # three batches
ALL = Work("job", "examplebucket", ranges=(Range("a/"),))


def remaining(result: Result) -> int:
    return result.listed - result.counts.settled


def threads_of_a_sweep() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ossweep")]


def overtaken_by_two(bucket: Bucket) -> tuple[Hop, Result]:
    """Sweep, with a first batch that comes back when the two behind it have been booked."""
    overtaken = Event()

    def look(progress: Seen) -> None:
        if progress.counts.deleted > 1000:
            overtaken.set()

    hop = Hop(on_report=look)
    return hop, hop.sweep(ALL, LateStore(bucket, hop.gate, {KEYS[0]: overtaken}))


def in_the_end(bucket: Bucket, result: Result) -> Result:
    """Do what a result has left, without any trouble."""
    hop = Hop()
    return hop.sweep(result.left, MemoryStore(bucket, hop.gate))


def test_everything_listed_is_deleted_and_counted() -> None:
    """Without any trouble there is nothing left, and the sums agree."""
    bucket = Bucket.of([*KEYS, "b"])
    hop = Hop()

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))

    assert list(bucket.objects) == ["b"]
    assert (result.listed, result.counts) == (3000, Counts(deleted=3000, bytes=30_000))
    assert (result.stopped, result.may_go_on) == (None, False)
    assert result.left.finished
    assert (result.left.hop, result.left.clock) == (1, BEGAN)


def test_a_survey_without_an_answer_holds_up_nothing() -> None:
    """Neither a listing beside it, nor the end, by which it is cut off."""
    keys = [f"a/{day:02}/{number:04}" for day in range(3) for number in range(2000)]
    cut_off: list[bool] = []

    class Hanging(MemoryStore):
        def borders(self, prefix: str, after: str) -> None:
            cut_off.append(self.closed.wait(20))

    hop = Hop(listings=8)
    result = hop.sweep(ALL, Hanging(Bucket.of(keys, page=100), hop.gate))

    assert (result.counts.deleted, result.left.finished) == (6000, True)
    assert cut_off
    assert all(cut_off)


def test_a_slow_batch_holds_up_no_other() -> None:
    """The first batch comes back last: the deletions behind it count at once, in the same sums."""
    bucket = Bucket.of(KEYS)
    overtaken = Event()
    hop = Hop(
        on_report=lambda progress: overtaken.set() if progress.counts.deleted > 1000 else None
    )

    result = hop.sweep(ALL, LateStore(bucket, hop.gate, {KEYS[0]: overtaken}))

    assert {report.counts.deleted for report in hop.reports} == {0, 1000, 2000, 3000}
    assert all(report.listed >= report.counts.settled for report in hop.reports)
    assert (result.listed, result.counts.deleted, result.left.finished) == (3000, 3000, True)


def test_failures_behind_a_slow_batch_count_at_once_and_once() -> None:
    """A continuation would pass them by, so they need not wait for their turn."""
    bucket = Bucket.of(KEYS, denied=frozenset({KEYS[2500]}))
    overtaken = Event()
    hop = Hop(
        on_report=lambda progress: overtaken.set() if progress.counts.deleted > 1000 else None
    )

    result = hop.sweep(ALL, LateStore(bucket, hop.gate, {KEYS[0]: overtaken}))

    assert {(r.counts.deleted, r.counts.failed) for r in hop.reports} <= {
        (0, 0),
        (999, 1),
        (1000, 0),
        (1999, 1),
        (2999, 1),
    }
    assert result.counts.failures == (Failure(KEYS[2500], "FileImmutable", "No."),)
    assert (result.listed, result.counts.deleted, result.counts.failed) == (3000, 2999, 1)


def test_a_batch_without_an_answer_stays_in_the_continuation() -> None:
    """The continuation starts before it, and knows what was deleted behind it."""
    bucket = Bucket.of(KEYS, silent={KEYS[1000]: False})
    hop = Hop()

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))

    assert list(bucket.objects) == KEYS[1000:2000]
    assert result.left.ranges == (Range("a/", KEYS[999]),)
    assert (result.listed, result.counts.deleted, remaining(result)) == (3000, 2000, 1000)
    assert (result.counts.unanswered, result.may_go_on) == (1000, True)


def test_a_first_batch_without_an_answer_leaves_the_start_where_it_was() -> None:
    """What has failed behind it is named, to be passed by when it is listed again."""
    bucket = Bucket.of(KEYS, silent={KEYS[0]: False}, denied=frozenset({KEYS[2500]}))
    hop = Hop()

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))

    assert (result.left.ranges, result.left.passed) == ((Range("a/"),), (KEYS[2500],))
    assert (result.counts.deleted, result.counts.failed) == (1999, 1)
    assert remaining(result) == 1000

    ended = in_the_end(bucket, result)
    assert (ended.listed, ended.counts.deleted, ended.counts.failed) == (3000, 2999, 1)
    assert (len(ended.counts.failures), ended.left.finished) == (1, True)


def test_half_an_answer_counts_for_its_half() -> None:
    """What OSS named is deleted; from the first key on that it did not name, all is met again."""
    bucket = Bucket.of(KEYS[:1000], silent={KEYS[600]: False})
    hop = Hop()

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))

    assert (result.counts.deleted, result.counts.unanswered, remaining(result)) == (600, 400, 400)
    ended = in_the_end(bucket, result)
    assert (ended.listed, ended.counts.deleted, bucket.objects) == (1000, 1000, {})


def test_keys_spared_behind_a_batch_without_an_answer_count_once() -> None:
    """Unlike failures, they are met again."""
    bucket = Bucket.of([*KEYS[:1500], "a/9"], silent={KEYS[0]: False})
    hop = Hop(protected=("a/9",))

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))
    second = Hop(protected=("a/9",))
    ended = second.sweep(result.left, MemoryStore(bucket, second.gate))

    assert (result.counts.skipped, remaining(result)) == ({}, 1001)
    assert (ended.listed, ended.counts.deleted) == (1501, 1500)
    assert ended.counts.skipped == {"protected": 1}


def test_the_gate_closes_between_two_pages() -> None:
    """What was listed is deleted, and the continuation goes on after it."""
    bucket = Bucket.of(KEYS)
    hop = Hop()
    pages = iter((1, 2))

    class TwoPages(MemoryStore):
        def admit(self, kind: str) -> None:
            if kind == "list" and next(pages, None) is None:
                raise Closed
            super().admit(kind)

    store = TwoPages(bucket, hop.gate)
    result = hop.sweep(ALL, store)

    assert list(bucket.objects) == KEYS[2000:]
    assert result.left.ranges == (Range("a/", KEYS[1999]),)
    assert (result.listed, result.counts.deleted, remaining(result)) == (2000, 2000, 0)
    assert result.may_go_on


def test_a_gate_that_is_closed_lets_nothing_happen() -> None:
    """All is left as it was, for the next hop."""
    bucket = Bucket.of(KEYS)
    work = Work("job", "examplebucket", keys=("k",), ranges=(Range("a/"), Range("b/")))
    hop = Hop()
    hop.leave(0.1)()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert bucket.asked == []
    assert (result.left.keys, result.left.ranges) == (work.keys, work.ranges)
    assert (result.listed, result.counts, result.may_go_on) == (1, Counts(), True)


def test_an_error_of_the_job_stops_it_with_its_reason() -> None:
    """What has not been done is left, and may go on once the reason is gone."""
    bucket = Bucket.of(KEYS)
    hop = Hop(in_flight=1)

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate, {3: hop.refuse_all}))

    assert result.stopped is not None
    assert result.stopped.why is Why.REFUSED
    assert result.stopped.sentence.startswith("OSS answered SecurityTokenExpired: Gone.")
    assert result.may_go_on
    assert result.counts.deleted + len(bucket.objects) == 3000


@pytest.mark.parametrize("before", [ORDERED, SPLIT, OVERTAKEN], ids=lambda stop: stop.why.value)
def test_a_null_marker_is_remembered_and_told_whatever_had_closed_the_gate(before: Stop) -> None:
    """The answer that shows it was under way by then."""
    hop = Hop(in_flight=1)

    def close() -> None:
        hop.gate.stop(before)
        hop.gate.stop(NULL_MARKER_SHOWN)

    result = hop.sweep(ALL, MemoryStore(Bucket.of(KEYS), hop.gate, {3: close}))

    assert (result.stopped, result.left.null_marker) == (before, True)
    assert result.notes == (NULL_MARKER_SHOWN.sentence,)


class HangingStore(MemoryStore):
    """A store whose deletions come back only when they are cut off, with no answer."""

    def __init__(self, bucket: Bucket, hop: Hop) -> None:
        super().__init__(bucket, hop.gate)
        self._hop = hop

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        self.bucket.asked.append(tuple(keys))
        self._hop.leave(-0.49)()  # time is up, and the grace nearly, so that the test is quick
        assert self.closed.wait(LONG)
        return Fates(unanswered=frozenset(keys))


def test_requests_that_hang_are_cut_off_when_time_is_up() -> None:
    """Their named keys are left by name, and the names behind them as well."""
    keys = tuple(KEYS[:2500])
    work = Work("job", "examplebucket", keys=keys, ranges=(Range("b/"),))
    hop = Hop()

    result = hop.sweep(work, HangingStore(Bucket.of(KEYS), hop))

    assert sorted(result.left.keys) == sorted(keys)
    assert result.left.ranges == (Range("b/"),)
    assert (result.listed, remaining(result), result.may_go_on) == (2500, 2500, True)


def test_listed_keys_of_requests_that_hang_weigh_on_the_ceiling() -> None:
    """They may have been deleted, although nobody has said so."""
    hop = Hop(in_flight=1)

    result = hop.sweep(ALL, HangingStore(Bucket.of(KEYS[:700]), hop))

    assert result.left.ranges == (Range("a/"),)
    assert (result.counts, remaining(result)) == (Counts(unanswered=700), 700)


class LostStore(MemoryStore):
    """A store whose deletions are carried out, and come back long after they are cut off."""

    def __init__(self, bucket: Bucket, hop: Hop, back: Event) -> None:
        super().__init__(bucket, hop.gate)
        self._hop = hop
        self._back = back

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        answer = super().delete(keys, pace, shown)
        self._hop.leave(-0.49)()
        assert self._back.wait(LONG)
        return answer


def lost(work: Work, bucket: Bucket, ceiling: Ceiling | None = None) -> Result:
    """Sweep with requests that do not come back while the sweep lasts."""
    hop = Hop(ceiling=ceiling, in_flight=1)
    back = Event()

    def no_patience(progress: Seen) -> None:
        if progress.seconds_left < 0:
            hop.leave(-1)()

    hop.on_report = no_patience
    try:
        return hop.sweep(work, LostStore(bucket, hop, back))
    finally:
        back.set()


def test_named_keys_of_a_request_that_never_comes_back_are_left() -> None:
    """A request that cannot even be cut off does not hold up the answer."""
    keys = tuple(KEYS[:1500])

    result = lost(Work("job", "examplebucket", keys=keys), Bucket.of(KEYS))

    assert result.left.keys == keys
    assert (result.listed, result.counts.deleted, remaining(result)) == (1500, 0, 1500)


def test_a_request_that_never_comes_back_weighs_on_the_ceiling() -> None:
    """It may have been carried out, so the next hop may delete only so many fewer."""
    bucket = Bucket.of(KEYS)
    ceiling = Ceiling(1500, "limits.objects")

    result = lost(ALL, bucket, ceiling)
    hop = Hop(ceiling=ceiling)
    hop.sweep(result.left, MemoryStore(bucket, hop.gate))

    assert len(bucket.objects) >= 1500


def test_answers_that_come_back_while_threads_end_are_booked() -> None:
    """A machine that stood still past the deadline has answers waiting, and they are true."""
    bucket = Bucket.of(KEYS[:1000])
    hop = Hop(in_flight=1)

    class StoodStill(MemoryStore):
        def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
            answer = super().delete(keys, pace, shown)
            hop.leave(-3600)()
            assert self.closed.wait(LONG)
            return answer

    result = hop.sweep(ALL, StoodStill(bucket, hop.gate))

    assert (bucket.objects, result.counts.deleted, remaining(result)) == ({}, 1000, 0)


def test_unanswered_keys_never_let_a_ceiling_be_exceeded() -> None:
    """Deletions that were carried out without an answer count against it, hop after hop."""
    bucket = Bucket.of(KEYS, silent={KEYS[0]: True, KEYS[1000]: True, KEYS[2000]: True})
    ceiling = Ceiling(2500, "limits.objects")
    hop = Hop(ceiling=ceiling, in_flight=1)
    interrupted = hop.sweep(ALL, MemoryStore(bucket, hop.gate, {3: hop.leave(0.1)}))
    hop = Hop(ceiling=ceiling, in_flight=1)

    result = hop.sweep(interrupted.left, MemoryStore(bucket, hop.gate))

    assert interrupted.may_go_on
    assert len(bucket.objects) == 500
    assert result.stopped is not None
    assert result.stopped.why is Why.DOUBT
    assert result.stopped.sentence.startswith(
        "limits.objects allows 2,500 objects, of which 2,500 may have been asked for by"
    )
    assert result.may_go_on
    assert (result.counts.deleted, result.counts.unanswered) == (0, 2500)


@pytest.mark.parametrize(
    "work",
    [ALL, Work("job", "examplebucket", keys=tuple(KEYS))],
    ids=["listed", "named"],
)
def test_a_ceiling_that_is_not_used_up_lets_the_job_go_on(work: Work) -> None:
    """What was chosen under it and could not be asked for any more is for the next hop."""
    bucket = Bucket.of(KEYS)
    ceiling = Ceiling(700, "limits.objects")
    hop = Hop(ceiling=ceiling)

    class TimeIsUp(MemoryStore):
        def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
            return Fates()  # the gate has closed before it

    result = hop.sweep(work, TimeIsUp(bucket, hop.gate))

    assert (result.stopped, result.may_go_on, result.counts) == (None, True, Counts())
    hop = Hop(ceiling=ceiling)
    ended = hop.sweep(result.left, MemoryStore(bucket, hop.gate))
    assert (len(bucket.objects), ended.counts.deleted, ended.may_go_on) == (2300, 700, False)
    assert ended.stopped == Stop(Why.CEILING, f"limits.objects allows 700 objects; {FOR_MORE}")


def test_room_that_is_given_back_is_left_to_the_next_hop() -> None:
    """What filled the ceiling stays by a Date told since, and the ceiling is told as the reason."""
    bucket = Bucket.of(["a/1", "a/2", "b/1"])
    bucket.write(["a/1", "a/2"])
    listed = Event()

    class DatedAhead(MemoryStore):
        def clock(self, known: int | None) -> int:
            return BEGAN if listed.is_set() else BEGAN + 100

        def versioning(self) -> str:
            assert listed.wait(LONG)
            return super().versioning()

    def look(progress: Seen) -> None:
        if progress.listed:
            listed.set()

    work = replace(ALL, ranges=(Range("a/"), Range("b/")))
    hop = Hop(ceiling=Ceiling(1, "limits.objects"), on_report=look)
    result = hop.sweep(work, DatedAhead(bucket, hop.gate))

    assert (result.counts.skipped, result.may_go_on) == ({NEWER: 1}, True)
    assert result.trouble is not None
    assert result.trouble.startswith("limits.objects allows 1 object, and what is left")
    result = in_the_end(bucket, result)
    assert (result.counts.deleted, result.counts.skipped) == (1, {NEWER: 2})


def test_a_ceiling_counts_named_listed_and_marker_objects() -> None:
    """The marker comes last, and is the one that is one too many."""
    bucket = Bucket.of(["a/", "a/1", "a/2", "k"])
    hop = Hop(ceiling=Ceiling(3, "limits.objects"))
    work = Work(
        "job", "examplebucket", keys=("k",), ranges=(Range("a/"),), directories=frozenset({"a/"})
    )

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert list(bucket.objects) == ["a/"]
    assert result.stopped == Stop(Why.CEILING, f"limits.objects allows 3 objects; {FOR_MORE}")
    assert (result.listed, result.counts.deleted, result.may_go_on) == (4, 3, False)


def test_a_marker_object_without_an_answer_is_held() -> None:
    """Nothing lists it again, so the continuation holds it with its size."""
    bucket = Bucket.of(["a/", "a/1"], silent={"a/": False})
    work = Work("job", "examplebucket", ranges=(Range("a/"),), directories=frozenset({"a/"}))
    hop = Hop()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert result.left.held == (Found("a/", 10, BEGAN - 3600),)
    assert (result.left.ranges, result.listed, remaining(result)) == ((), 2, 1)
    ended = in_the_end(bucket, result)
    assert (ended.listed, ended.counts.deleted, ended.counts.bytes) == (2, 2, 20)
    assert bucket.objects == {}


def test_a_marker_object_waits_for_what_lies_below_it() -> None:
    """As long as a key below it has had no answer, it is held and not deleted."""
    bucket = Bucket.of(["a/", *KEYS], silent={KEYS[2500]: False})
    work = Work("job", "examplebucket", ranges=(Range("a/"),), directories=frozenset({"a/"}))
    hop = Hop()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert all("a/" not in keys for keys in bucket.asked)
    assert [found.key for found in result.left.held] == ["a/"]
    assert (result.listed, remaining(result)) == (3001, 500)
    in_the_end(bucket, result)
    assert (bucket.asked[-1], bucket.objects) == (("a/",), {})


def test_a_marker_object_met_behind_the_place_to_go_on_from_is_not_held() -> None:
    """The continuation lists it again; held as well, it would be counted twice."""
    bucket = Bucket.of([*KEYS, "a/9/"], silent={KEYS[0]: False})
    work = Work("job", "examplebucket", ranges=(Range("a/"),), directories=frozenset({"a/9/"}))
    hop = Hop()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert (result.left.held, result.left.ranges) == ((), (Range("a/"),))
    ended = in_the_end(bucket, result)
    assert (ended.listed, ended.counts.deleted, bucket.objects) == (3001, 3001, {})


def test_a_held_marker_object_that_is_protected_by_now_is_spared() -> None:
    """What the deployment protects is protected from continuations, too."""
    bucket = Bucket.of(["keep/"])
    hop = Hop(protected=("keep/",))
    work = Work("job", "examplebucket", held=(bucket.objects["keep/"],))

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert list(bucket.objects) == ["keep/"]
    assert (result.listed, result.counts) == (1, Counts(skipped={"protected": 1}))
    assert result.left.finished


class WrongListing(MemoryStore):
    """A store that lists what it is told to."""

    def __init__(self, bucket: Bucket, gate: object, keys: Sequence[str]) -> None:
        super().__init__(bucket, gate)  # type: ignore[arg-type] # passed on
        self._keys = keys

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        for last in (False, True):
            keys = self._keys[2:] if last else self._keys[:2]
            yield Lot(tuple(Found(key, 10, BEGAN - 3600) for key in keys)), not last


@pytest.mark.parametrize(
    "keys",
    [
        ["a/1", "a/2", "b/1"],
        ["a/1", "a/2", "A/3"],
        ["a/1", "a/2", "a"],
        ["a/1", "a/2", "a/0"],
        ["a/1", "a/2", "a/2"],
        ["a/1", "a/2", "a/1"],
    ],
    ids=["behind the prefix", "before it", "part of it", "not ascending", "repeated", "restarted"],
)
def test_a_listing_in_disorder_is_not_believed(keys: list[str]) -> None:
    """The sweep stops at the first key that should not be there, and does not delete it."""
    bucket = Bucket.of(keys)
    hop = Hop()

    result = hop.sweep(ALL, WrongListing(bucket, hop.gate, [*keys, "a/3"]))

    assert bucket.asked == [("a/1", "a/2")]
    assert result.stopped == Stop(
        Why.REFUSED,
        with_help(
            'listing "a/" failed: ListingOutOfOrder: '
            "OSS listed a key outside of what it was asked for, or not in order",
            "ListingOutOfOrder",
        ),
    )
    assert result.left.ranges == (Range("a/", "a/2"),)
    assert (result.listed, result.counts.deleted) == (2, 2)


def test_a_listing_that_goes_back_behind_its_start_is_not_believed() -> None:
    """A key up to the one to go on after has been dealt with already."""
    hop = Hop()
    bucket = Bucket.of([])
    work = Work("job", "examplebucket", ranges=(Range("a/", "a/5"),))

    result = hop.sweep(work, WrongListing(bucket, hop.gate, ["a/5"]))

    assert (bucket.asked, result.listed, result.left.ranges) == ([], 0, work.ranges)
    assert str(result.stopped).startswith('listing "a/" failed: ListingOutOfOrder')


@pytest.mark.parametrize(
    ("scope", "what", "gone"),
    [
        (Scope.KEYS, 'listing "a/"', ["a/1", "b/1"]),
        (Scope.JOB, "listing", ["a/1"]),
        (Scope.PASSING, "listing", ["a/1"]),
    ],
)
def test_a_listing_that_fails_leaves_its_place(scope: Scope, what: str, gone: list[str]) -> None:
    """What it showed before is deleted; a refusal stops only what begins alike, and names that."""
    bucket = Bucket.of(["a/1", "b/1"])

    class Failing(MemoryStore):
        def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
            yield Lot((self.bucket.objects[f"{prefix}1"],)), prefix == "a/"
            if prefix == "a/":
                raise StoreError("AccessDenied", "No listing.", scope)

    hop = Hop()
    work = Work("job", "examplebucket", ranges=(Range("a/"), Range("b/")))

    result = hop.sweep(work, Failing(bucket, hop.gate))

    assert sorted({"a/1", "b/1"} - set(bucket.objects)) == gone
    assert result.stopped == Stop(
        Why.REFUSED, with_help(f"{what} failed: AccessDenied: No listing.", "AccessDenied")
    )
    assert result.left.ranges == (Range("a/", "a/1"), Range("b/"))[: 3 - len(gone)]


def test_a_look_that_is_refused_leaves_its_key_and_no_other() -> None:
    """A policy may allow what begins otherwise; what was refused is not looked at again."""
    bucket = Bucket.of(["a/1", "b/1", "b/2"])

    class Failing(MemoryStore):
        def find(self, key: str) -> Found | None:
            if key == "a/1":
                raise StoreError("AccessDenied", "No listing.", Scope.KEYS)
            return super().find(key)

    hop = Hop()
    work = Work("job", "examplebucket", keys=("a/1", "b/1"), ranges=(Range("b/"),), judged=True)

    result = hop.sweep(work, Failing(bucket, hop.gate))

    assert list(bucket.objects) == ["a/1"]
    assert str(result.stopped).startswith('listing "a/1" failed: AccessDenied: No listing.')
    assert (result.left.keys, result.left.ranges) == (("a/1",), ())


def test_without_osss_time_nothing_listed_is_deleted() -> None:
    """What was written since the job began could not be told apart."""
    bucket = Bucket.of(["a/1"])

    class Timeless(MemoryStore):
        def clock(self, known: int | None) -> int:
            raise StoreError("NoDate", "No Date.", Scope.JOB)

    hop = Hop()

    result = hop.sweep(ALL, Timeless(bucket, hop.gate))

    assert (list(bucket.objects), bucket.asked) == (["a/1"], [])
    assert str(result.stopped).startswith("listing failed: NoDate: No Date.;")
    assert result.left.clock is None


def test_objects_written_from_the_jobs_second_on_are_skipped() -> None:
    """The clock of a continuation is the job's, not the hop's."""
    ages = {"a/1": -1, "a/2": 0, "a/3": 1}
    bucket = Bucket({key: Found(key, 10, BEGAN - 500 + age) for key, age in ages.items()})
    hop = Hop()
    work = Work("job", "examplebucket", clock=BEGAN - 500, ranges=(Range("a/"),))

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert list(bucket.objects) == ["a/2", "a/3"]
    assert result.counts.skipped == {"written after the job began": 2}


def test_spared_keys_are_settled_without_any_key_to_delete() -> None:
    """A range of nothing but protected keys ends, and is not listed again."""
    bucket = Bucket.of(["a/1", "a/2", "a/3"])
    hop = Hop(protected=("a/",))

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))

    assert (result.counts, result.listed) == (Counts(skipped={"protected": 3}), 3)
    assert result.left.finished


def test_the_place_behind_many_spared_keys_is_kept() -> None:
    """After 20,000 of them a hop has come on, though it has deleted nothing."""
    bucket = Bucket.of(f"a/{number:05}" for number in range(20_500))
    hop = Hop(protected=("a/",))

    result = hop.sweep(ALL, MemoryStore(bucket, hop.gate))

    assert {"protected": 20_000} in [report.counts.skipped for report in hop.reports]
    assert (result.listed, result.counts.skipped) == (20_500, {"protected": 20_500})


def test_protected_names_are_spared_before_anything_is_asked() -> None:
    """They are skipped; the other names are deleted however young they are."""
    bucket = Bucket({key: Found(key, 10, BEGAN + 5) for key in ("a", "keep/1", "b")})
    hop = Hop(protected=("keep/",))
    work = Work("job", "examplebucket", keys=("a", "keep/1", "b"))

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert (list(bucket.objects), bucket.asked) == (["keep/1"], [("a", "b")])
    assert (result.listed, result.counts.skipped) == (3, {"protected": 1})


def test_a_dry_run_asks_for_no_deletion() -> None:
    """It counts what would be deleted, marker objects and named keys included."""
    bucket = Bucket.of(["a/", "a/1", "a/2"])
    work = Work(
        "job",
        "examplebucket",
        dry_run=True,
        keys=("k",),
        ranges=(Range("a/"),),
        directories=frozenset({"a/"}),
    )
    hop = Hop()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert (len(bucket.objects), bucket.asked) == (3, [])
    assert (result.listed, result.counts) == (
        4,
        Counts(planned=4, bytes=30, named=("k", "a/1", "a/2", "a/")),
    )


def test_a_dry_run_of_many_directories_comes_to_its_end() -> None:
    """What is planned takes no request: nothing is under way, and more may begin all the same."""
    markers = tuple(f"a/{number:04}/" for number in range(2500))
    bucket = Bucket.of(markers)
    work = Work("job", "examplebucket", dry_run=True, held=tuple(bucket.objects.values()))
    hop = Hop()

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert (result.counts.planned, result.left.finished) == (2500, True)


@pytest.mark.parametrize("method", ["pages", "delete"])
def test_an_exception_that_nobody_expects_reaches_the_caller(method: str) -> None:
    """The store is closed, and no thread is left running."""

    class Broken(MemoryStore):
        def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
            if method == "pages":
                raise ZeroDivisionError
            return super().pages(prefix, after)

        def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
            raise ZeroDivisionError

    hop = Hop()
    store = Broken(Bucket.of(KEYS), hop.gate)

    with pytest.raises(ZeroDivisionError):
        hop.sweep(ALL, store)

    for thread in threads_of_a_sweep():
        thread.join(LONG)
    assert (store.closed.is_set(), threads_of_a_sweep()) == (True, [])


def test_the_store_is_closed_when_the_sweep_ends() -> None:
    """Nothing can be asked through it any more, and no thread is left running."""
    hop = Hop()
    store = MemoryStore(Bucket.of(KEYS), hop.gate)

    hop.sweep(ALL, store)

    for thread in threads_of_a_sweep():
        thread.join(LONG)
    assert (store.closed.is_set(), threads_of_a_sweep()) == (True, [])
