"""What is left of a job's ranges fits into a continuation, whatever the keys are."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ossweep.engine.rest import MOST_BYTES, MOST_RANGES, join_neighbours
from ossweep.engine.selection import PROTECTED
from ossweep.engine.sources.ranges import KNOWN_FAILURES_BYTES
from ossweep.handover.continuation import seal, unseal
from ossweep.objects import GONE, NEWER, Failure
from ossweep.work import FAILURES_NAMED, Counts, Range
from unit.works import SOME

KEY_BYTES = 1023
LIMIT = 96 * 1024
LETTERS = ["a", "\x01", "\u00e9", "\u4e00", "\U0001f4a9", '"']


def key_of(letter: str, size: int, number: int) -> str:
    """Return a key of about so many bytes, made of one letter but for its end."""
    end = f"{number:04}"
    return letter * ((size - len(end)) // len(letter.encode())) + end


def chain(prefix: str, ends: list[str]) -> list[Range]:
    """Return ranges with a gap before each, in which something was spared and has failed."""
    starts = [end + "+" for end in ends[:-1]]
    return [
        Range(prefix, start, end, {"protected": number + 1}, 2 * number, 3 * number, 5 * number)
        for number, (start, end) in enumerate(zip(["", *starts], [*ends[:-1], ""], strict=True))
    ]


@st.composite
def rests(draw: st.DrawFn) -> list[Range]:
    """Draw ranges of one or more prefixes, in order."""
    left = []
    for prefix in draw(st.lists(st.sampled_from("abcd"), unique=True)):
        ends = sorted({prefix + draw(st.sampled_from("0123456789")) for _ in range(5)})
        left += chain(prefix, ends)
    return sorted(left, key=lambda each: each.prefix)


def counted(ranges: list[Range]) -> Counter[str]:
    """Return all that ranges count."""
    total: Counter[str] = Counter()
    for each in ranges:
        total.update(each.spared)
        total.update(failed=each.failed, planned=each.planned, bytes=each.bytes)
    return total


@given(rests(), st.integers(1, 8), st.sampled_from([200, 600, 10_000]))
def test_joined_ranges_hold_all_that_they_held(
    left: list[Range], most: int, most_bytes: int
) -> None:
    """And what lies between those that were joined; nothing else, and nothing twice."""
    few, given_back = join_neighbours(left, most, most_bytes)
    places = [prefix + digit + more for prefix in "abcd" for digit in "0123456789" for more in "!,"]

    for place in places:
        inside = any(place in each for each in left)
        between = any(place in each for each in given_back.stretches)
        assert sum(place in each for each in few) == (inside or between)
        assert not (inside and between)


@given(rests(), st.integers(1, 8), st.sampled_from([200, 600, 10_000]))
def test_counts_between_joined_ranges_are_given_back(
    left: list[Range], most: int, most_bytes: int
) -> None:
    """Those keys are met again, and count then; other counts still belong to a range."""
    few, given_back = join_neighbours(left, most, most_bytes)

    back = Counter(given_back.skipped)
    back.update(failed=given_back.failed, planned=given_back.planned, bytes=given_back.bytes)
    assert counted(few) + back == +counted(left)


@given(rests(), st.integers(1, 8), st.sampled_from([200, 600, 10_000]))
def test_ranges_of_different_prefixes_are_never_joined(
    left: list[Range], most: int, most_bytes: int
) -> None:
    """What lies between them is not in the order: as many stay as there are prefixes."""
    few, _ = join_neighbours(left, most, most_bytes)

    assert {each.prefix for each in few} == {each.prefix for each in left}
    assert len(few) <= max(most, len({each.prefix for each in few}))
    for one, other in pairwise(few):
        assert one.prefix < other.prefix or one.until < other.after


@given(rests())
def test_few_ranges_stay_as_they_are(left: list[Range]) -> None:
    """And nothing is given back."""
    few, given_back = join_neighbours(left)

    assert (few, given_back.taken_from(SOME.counts)) == (left, SOME.counts)


def test_those_with_the_least_between_them_are_joined_first() -> None:
    """So that little is met again."""
    left = [
        Range("a", "", "a1"),
        Range("a", "a2", "a3", {"protected": 5}),
        Range("a", "a4", "a5", {"protected": 1}, 1),
        Range("a", "a6", "", {}, 3),
    ]

    few, given_back = join_neighbours(left, most=3)

    assert few == [left[0], Range("a", "a2", "a5", {"protected": 5}), left[3]]
    assert (given_back.skipped, given_back.failed) == ({"protected": 1}, 1)
    assert given_back.stretches == [Range("a", "a3", "a4", {"protected": 1}, 1)]


def test_counts_lose_what_is_given_back() -> None:
    """What has failed was asked for, and weighs on the ceiling as if it had had no answer."""
    left = [Range("a", "", "a1"), Range("a", "a4", "", {"protected": 2, "newer": 1}, 2, 3, 30)]
    failures = tuple(Failure(key, "FileImmutable", "No.") for key in ("a1", "a2", "a4", "b"))
    names = ("a3", "a5")
    counts = Counts(7, 70, 5, failures, {"protected": 9, "newer": 1}, 4, 1, also_failed=names)

    _, given_back = join_neighbours(left, most=1)

    kept = (failures[0], failures[3])
    after = given_back.taken_from(counts)
    assert after == Counts(7, 40, 3, kept, {"protected": 7}, 1, 3, also_failed=("a5",))
    assert after.asked == counts.asked - 3


@pytest.mark.parametrize("letter", LETTERS, ids=ascii)
def test_ranges_stay_below_their_bounds_whatever_the_keys_are(letter: str) -> None:
    """64 of them, and so many bytes, even if each key takes six times its length."""
    keys = [key_of(letter, KEY_BYTES - 1, number) for number in range(200)]

    few, _ = join_neighbours(chain("", keys))

    assert 1 <= len(few) <= MOST_RANGES
    written = json.dumps([{**vars(each), "spared": dict(each.spared)} for each in few])
    assert len(written) <= MOST_BYTES


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LETTERS), st.integers(1, KEY_BYTES - 1), st.integers(1, 200))
@example("a", 386, 200)
def test_a_continuation_takes_96_kilobytes_at_most(letter: str, size: int, ranges: int) -> None:
    """With all that is bounded at its bound, and it comes back as it went."""
    ends = sorted(key_of(letter, size, number) for number in range(ranges))
    few, _ = join_neighbours(chain("", ends))
    passed = KNOWN_FAILURES_BYTES // (len(json.dumps(key_of(letter, size, 0))) + 2)
    failures = tuple(
        Failure(key_of(letter, size, number), "FileImmutable", "The object is immutable. " * 4)
        for number in range(FAILURES_NAMED)
    )
    skipped = dict.fromkeys((PROTECTED, NEWER, GONE), 2**50)
    work = replace(
        SOME,
        plan=None,  # a dry run's are as large as its directories' names are long
        unfinished="return",  # what goes on by itself may be larger, and is pointed at then
        ranges=tuple(few),
        passed=tuple(key_of(letter, size, number) for number in range(passed)),
        counts=Counts(2**50, 2**60, 2**50, failures, skipped, 2**50, 2**50),
    )

    document = json.dumps(seal(work))

    assert len(document) <= LIMIT
    back = unseal(json.loads(document), "the request")
    assert replace(back, counts=work.counts) == work
