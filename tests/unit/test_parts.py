"""A job in parts is the same job: nothing is in two of them, nothing in none."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.handover.continuation import seal, unseal
from ossweep.handover.parts import joined, split
from ossweep.objects import NOT_UTF8, Failure, Found
from ossweep.work import Counts, Range, Work

EDGES = [f"a/{number:02}" for number in range(40)]


@st.composite
def works(draw: st.DrawFn) -> Work:
    """Draw the rest of a job, as a sweep may have left it."""
    edges = sorted(draw(st.sets(st.sampled_from(EDGES), min_size=1, max_size=20)))
    starts = ["", *edges]
    ranges = []
    for start, end in zip(starts, [*edges, ""], strict=True):
        if draw(st.booleans()):
            spared = draw(st.dictionaries(st.sampled_from(["protected", "young"]), COUNT))
            ranges.append(Range("a/", start, end, spared, *draw(st.tuples(COUNT, COUNT, COUNT))))
    spared_in_all: Counter[str] = Counter()
    for each in ranges:
        spared_in_all.update(each.spared)
    failures = tuple(Failure(key, "FileImmutable", "No.") for key in draw(st.sets(KEY)))
    return Work(
        job="job",
        bucket="examplebucket",
        parallel=draw(st.integers(1, 8)),
        hop=draw(COUNT),
        keys=tuple(sorted(draw(st.sets(KEY)))),
        ranges=tuple(ranges),
        directories=frozenset({"a/"}),
        held=tuple(Found(key, 0, 5) for key in sorted(draw(st.sets(KEY)))),
        passed=tuple(f"{edge}x" for edge in edges if draw(st.booleans())),
        unsettled=draw(COUNT),
        unfinished="continue",
        at_least=draw(st.booleans()),
        counts=Counts(
            deleted=draw(COUNT),
            bytes=sum(each.bytes for each in ranges) + draw(COUNT),
            failed=sum(each.failed for each in ranges) + len(failures),
            failures=failures,
            skipped={**spared_in_all, "gone": draw(COUNT)},
            planned=sum(each.planned for each in ranges) + draw(COUNT),
            unanswered=draw(COUNT),
        ),
        requests_made={"list": draw(COUNT)},
        milliseconds=draw(COUNT),
    )


COUNT = st.integers(0, 5)
KEY = st.sampled_from(["b", "c", "d", "e\r"])
SHARED = st.none() | st.integers(0, 20)


@given(work=works(), limit=SHARED, rate=SHARED)
def test_every_range_and_key_is_in_one_part(
    work: Work, limit: int | None, rate: int | None
) -> None:
    """In the order in which they were, and what has failed with its range."""
    kept, parts = split(work, limit=limit, rate=rate)

    if parts:
        ranges = [(each.prefix, each.after, each.until) for part in parts for each in part.ranges]
        assert ranges == [(each.prefix, each.after, each.until) for each in work.ranges]
        assert sum((part.keys for part in parts), ()) == work.keys
        passed = {key for key in work.passed if any(key in each for each in work.ranges)}
        assert sorted(key for part in parts for key in part.passed) == sorted(passed)
        assert (kept.keys, kept.ranges, kept.held) == ((), (), work.held)
        assert min(len(part.ranges) for part in parts) > 0
    else:
        assert kept == work


@given(work=works(), limit=SHARED, rate=SHARED)
def test_parts_share_what_there_is_of_ceiling_and_rate(
    work: Work, limit: int | None, rate: int | None
) -> None:
    """To the last object, and none goes without; as many as were asked for, if that is so."""
    _, parts = split(work, limit=limit, rate=rate)
    limits = [part.limit for part in parts]
    rates = [part.rate for part in parts]

    if parts:
        assert limits == [None] * len(parts) or sum(filter(None, limits)) == limit
        assert {part.shared for part in parts} == {limit}
        assert rates == [None] * len(parts) or sum(filter(None, rates)) == rate
        assert 0 not in limits + rates
    most = [number for number in (limit, rate) if number is not None]
    number = min([work.parallel, len(work.ranges), *most])
    assert len(parts) == (number if number > 1 else 0)


@pytest.mark.parametrize(("counted", "more"), [(0, 4), (1, 3)])
def test_a_joined_job_knows_its_parts_invocations(counted: int, more: int) -> None:
    """The invocation that joins them is one more, unless it is a part's last."""
    kept = Work("job", "examplebucket", hop=2)
    # What is left of a part has the number of the invocation that would have been next.
    parts = [replace(kept, hop=3), replace(kept, hop=4)]

    assert joined(kept, parts, counted=counted).more_hops == more


@given(work=works())
def test_a_split_and_a_join_leave_the_counts_as_they_were(work: Work) -> None:
    """Whatever else the parts do."""
    kept, parts = split(work, limit=None, rate=None)
    done = [replace(part, held=(*part.held, Found(part.job, 0, 1))) for part in parts]

    whole = joined(kept, done)

    def held(found: Found) -> str:
        return found.key

    assert _plain(whole.counts) == _plain(work.counts)
    assert whole.requests_made == work.requests_made
    assert whole.milliseconds == work.milliseconds
    more = tuple(found for part in done for found in part.held[-1:])
    assert sorted(whole.held, key=held) == sorted((*work.held, *more), key=held)
    assert whole.at_least is work.at_least
    if parts:
        assert whole.keys == work.keys
        assert [(each.after, each.until) for each in whole.ranges] == [
            (each.after, each.until) for each in work.ranges
        ]


def test_a_marker_object_that_a_range_will_show_again_is_that_parts() -> None:
    """A part that did not know of it would meet it, and count it twice."""
    ranges = (Range("a/", "", "a/2"), Range("a/", "a/2", "a/5"), Range("b/"))
    again, before = Found("a/3/", 0, 5), Found("a0/", 0, 5)
    work = Work("job", "examplebucket", parallel=3, ranges=ranges, held=(again, before))

    kept, parts = split(work, limit=None, rate=None)

    assert [part.held for part in parts] == [(), (again,), ()]
    assert kept.held == (before,)


def test_a_key_that_has_failed_ahead_is_counted_by_the_part_that_passes_it_by() -> None:
    """Its range books it once more when it gets there."""
    no = Failure("b/7", "FileImmutable", "No.")
    counts = Counts(failed=3, failures=(no,))
    ranges = (Range("a/", failed=1), Range("b/", failed=1))
    work = Work("job", "examplebucket", parallel=2, ranges=ranges, passed=("b/7",), counts=counts)

    kept, parts = split(work, limit=None, rate=None)

    assert [part.counts.failed for part in parts] == [1, 2]
    assert parts[1].counts.failures == (no,)
    assert (kept.counts.failed, kept.counts.failures) == (0, ())


def test_a_failure_before_a_range_is_named_by_the_part_that_counts_it() -> None:
    """It may meet it again, where it has to join its ranges, and name it or not by then."""
    no, not_utf8, named, behind = (
        Failure("b/3", "FileImmutable", "No."),
        Failure("b/4%FF", NOT_UTF8, "No."),
        Failure("b", "FileImmutable", "No."),
        Failure("c/9", "FileImmutable", "No."),
    )
    counts = Counts(failed=4, failures=(named, no, not_utf8, behind))
    ranges = (
        Range("a/", "a/7"),
        Range("b/", "b/2", "b/3"),
        Range("b/", "b/5", failed=2),
        Range("c/", "c/1", "c/5"),
    )
    work = Work("job", "examplebucket", parallel=4, ranges=ranges, counts=counts)

    kept, parts = split(work, limit=None, rate=None)

    assert [part.counts.failed for part in parts] == [0, 0, 2, 0]
    assert [part.counts.failures for part in parts] == [(), (), (not_utf8,), ()]
    assert (kept.counts.failed, kept.counts.failures) == (2, (named, no, behind))


def test_so_is_one_of_which_only_the_name_is_kept() -> None:
    """To try it again is the part's, and by way of that the whole job's."""
    ranges = (Range("a/"), Range("b/"))
    counts = Counts(failed=2, also_failed=("0", "b/7"))
    work = Work("job", "examplebucket", parallel=2, ranges=ranges, passed=("b/7",), counts=counts)

    kept, parts = split(work, limit=None, rate=None)

    assert [part.counts.also_failed for part in parts] == [(), ("b/7",)]
    assert kept.counts.also_failed == ("0",)
    assert set(joined(kept, parts).counts.also_failed) == {"0", "b/7"}


@given(work=works())
def test_a_part_travels(work: Work) -> None:
    """What a continuation may not hold, no part holds."""
    _, parts = split(work, limit=None, rate=None)

    assert [unseal(seal(part), "the part") for part in parts] == list(parts)


@pytest.mark.parametrize("name", ["deleted", "failed", "bytes", "planned", "unanswered"])
def test_the_counts_of_parts_are_added(name: str) -> None:
    """Each part counts for itself."""
    work = Work("job", "examplebucket", parallel=2, ranges=(Range("a/"), Range("b/")))
    kept, parts = split(work, limit=None, rate=None)
    three: Any = {name: 3}
    counted = [replace(part, counts=replace(part.counts, **three)) for part in parts]

    assert getattr(joined(kept, counted).counts, name) == 6


def _plain(counts: Counts) -> Counts:
    return replace(counts, skipped={name: n for name, n in counts.skipped.items() if n})


def test_named_keys_in_doubt_go_to_the_first_part_with_their_room() -> None:
    """They may be gone already: the others share what is left beside them."""
    work = Work(
        "job",
        "examplebucket",
        parallel=2,
        keys=("b", "c", "d"),
        doubted=("b", "c"),
        ranges=(Range("a/", "", "a/5"), Range("a/", "a/5")),
    )

    kept, parts = split(work, limit=8, rate=None)

    assert (kept.doubted, [part.doubted for part in parts]) == ((), [("b", "c"), ()])
    assert [part.limit for part in parts] == [5, 3]
    assert joined(kept, parts).doubted == ("b", "c")
    assert split(work, limit=3, rate=None) == (work, ())


def test_a_dry_run_of_one_part_makes_the_whole_a_dry_run() -> None:
    """The deployment may have been set to dry runs meanwhile."""
    kept = Work("job", "examplebucket")
    parts = [replace(kept, dry_run=dry_run) for dry_run in (False, True)]

    assert joined(kept, parts).dry_run


def test_a_key_that_has_failed_in_two_places_is_named_once() -> None:
    """A part may have met again what the whole has only the name of."""
    kept = Work("job", "examplebucket", counts=Counts(failed=1, also_failed=("a", "b")))
    part = replace(kept, counts=Counts(failed=1, failures=(Failure("a", "FileImmutable", "No."),)))

    counts = joined(kept, [part]).counts

    assert ([each.key for each in counts.failures], counts.also_failed) == (["a"], ("b",))


def test_a_null_marker_that_a_part_has_been_shown_is_the_wholes() -> None:
    """Nothing more may go, not even a directory's marker."""
    kept = Work("job", "examplebucket")

    assert joined(kept, [kept, replace(kept, null_marker=True)]).null_marker


def test_a_part_knows_that_deletions_lose_no_null_version() -> None:
    """Its own counts begin with nothing, and a lost answer of its first key would stop it."""
    ranges = (Range("a/", until="a/m"), Range("a/", "a/m"))
    work = Work("job", "examplebucket", parallel=2, ranges=ranges, harmless=True)

    _, parts = split(work, limit=None, rate=None)

    assert [part.harmless for part in parts] == [True, True]


def test_a_part_knows_that_tags_were_told() -> None:
    """Refusals of all that lies in it alone tell nothing of the job."""
    ranges = (Range("a/", until="a/m"), Range("a/", "a/m"))
    work = Work("job", "examplebucket", parallel=2, ranges=ranges, tags_told=True)

    kept, parts = split(work, limit=None, rate=None)

    assert [part.tags_told for part in parts] == [True, True]
    assert joined(replace(kept, tags_told=False), parts).tags_told


def test_named_keys_that_one_part_must_look_at_are_looked_at_by_the_whole() -> None:
    """It may have been asked for by a holder that has died."""
    kept = Work("job", "examplebucket", keys=("a",))
    parts = [replace(kept, judged=judged) for judged in (False, True)]

    assert joined(kept, parts).judged
