"""Stretches: a digest for each part of the keys, in a few megabytes however many there are."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.plans.digest import Digest, digest_of, hashes_of
from ossweep.plans.stretches import (
    PlannedStretch,
    Stretches,
    rows_of,
    stretches_of_rows,
    total_of,
)
from unit.plans import BORDERS, LISTED, Listed, columns_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def digest(listed: Sequence[Listed]) -> Digest:
    columns = columns_of(listed)
    return digest_of(columns, hashes_of(columns))


ONE = Digest(1, 5, "0" * 31 + "1")
TWO = ONE + ONE
FEW = 400  # bytes: four or five stretches with short borders


def met(*pages: tuple[str, str], most: int = 1, most_bytes: int = FEW) -> Stretches:
    stretches = Stretches(most=most, most_bytes=most_bytes)
    for after, until in pages:
        stretches.meet(after, until, ONE)
    return stretches


def borders(stretches: Stretches) -> list[tuple[str, str]]:
    return [(each.after, each.until) for each in stretches.held()]


def test_a_page_is_a_stretch() -> None:
    """From behind the key it was listed from, up to its last one."""
    assert met(("", "c")).held() == (PlannedStretch("", "c", ONE),)


def test_pages_that_follow_each_other_are_put_together_while_they_are_small() -> None:
    """A filter may leave one object of each."""
    assert borders(met(("", "a"), ("a", "b"), ("b", "c"), most=2)) == [("", "b"), ("b", "c")]


def test_pages_with_a_gap_between_them_stay_apart() -> None:
    """Another lister may still find something there."""
    assert borders(met(("", "a"), ("b", "c"), most=9)) == [("", "a"), ("b", "c")]


def test_prefixes_begin_apart() -> None:
    """What lies between what was listed of one and of the next may not be listed yet."""
    stretches = met(("", "a/5"), ("", "b/5"), most=9)
    stretches.meet("a/5", "a/9", ONE)

    assert borders(stretches) == [("", "a/9"), ("", "b/5")]
    assert borders(stretches.whole()) == [("", "a/9"), ("a/9", "b/5")]


def test_gaps_are_nothing_once_all_is_listed() -> None:
    """What turns up in one was not planned, and its stretch differs."""
    assert borders(met(("a", "b"), ("c", "d")).whole()) == [("", "b"), ("b", "d")]


def test_stretches_are_put_together_when_they_become_too_many() -> None:
    """They grow evenly, and none is lost."""
    names = [f"{each:03}" for each in range(200)]

    stretches = met(*pairwise(["", *names]))

    sizes = [each.digest.objects for each in stretches.held()]
    assert len(sizes) <= 5
    assert set(sizes[:-1]) == {stretches.most}
    assert total_of(stretches.held()).objects == 200


def test_a_thousand_million_objects_take_a_few_megabytes() -> None:
    """A key of the longest kind ends each page."""
    page = Digest(1_000_000, 1, "1" * 32)
    stretches = Stretches()
    last = ""
    for number in range(5_000):
        until = f"{number:04}".ljust(1_023, "x")
        stretches.meet(last, until, page)
        last = until

    assert len(json.dumps(rows_of(stretches.held()))) < 2.5 * 1024 * 1024
    assert total_of(stretches.held()).objects == 5_000_000_000


def test_stretches_that_lie_apart_are_held_while_nothing_closes_the_gaps() -> None:
    """However many there are: each belongs to a range that a job carries anyway."""
    stretches = met(*((f"{each}", f"{each}x") for each in range(100, 120)))

    assert (len(stretches.held()), stretches.most) == (20, 1)
    assert len(stretches.whole().held()) <= 5


def test_a_key_lies_in_the_stretch_that_it_ends() -> None:
    """And not in the one that begins behind it."""
    stretch = PlannedStretch("a", "c", ONE)

    assert [key in stretch for key in ("a", "b", "c", "d")] == [False, True, True, False]


def carried(stretches: Stretches) -> tuple[PlannedStretch, ...]:
    """Take stretches through a document, as a continuation does."""
    held = stretches.held()
    assert stretches_of_rows(json.loads(json.dumps(rows_of(held)))) == held
    return held


@given(
    listed=LISTED, cuts=BORDERS, data=st.data(), most=st.integers(1, 4), few=st.integers(100, 900)
)
def test_each_stretch_is_the_digest_of_the_objects_in_it(
    listed: list[Listed], cuts: list[int], data: st.DataObject, most: int, few: int
) -> None:
    """Whatever the order of the pages, in several branches, and however few bytes there are."""
    pages = pages_of(listed, cuts)
    behind = ["", *(page[-1].key for page in pages)]
    prefixes = data.draw(st.sets(st.integers(0, len(pages) - 1)))
    order = data.draw(st.permutations(range(len(pages))))
    cut = data.draw(st.integers(0, len(pages)))
    branches = []
    for mine in (order[:cut], order[cut:]):
        branch = Stretches(most=most, most_bytes=few)
        for at in mine:
            after = "" if at in prefixes else behind[at]
            branch.meet(after, pages[at][-1].key, digest(pages[at]))
            if data.draw(st.booleans()):
                branch = Stretches(carried(branch), branch.most, few)
        branches.append(branch)
    both = branches[0] + branches[1]

    carried(both)
    held = carried(both.whole())
    assert total_of(both.held()) == total_of(held) == digest(listed)
    assert all(one.until == other.after for one, other in pairwise(held))
    for each in held:
        assert each.digest == digest([one for one in listed if one.key in each])


def test_a_border_is_written_once() -> None:
    """A stretch begins where the one before it ends."""
    held = met(("", "a"), ("a", "b"), ("c", "d")).held()

    assert [row[0] for row in rows_of(held)] == ["", None, "c"]


GOOD: list[Any] = ["", "b", 1, 5, ONE.sum]


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        ({}, "no list"),
        ([1], "no list"),
        ([GOOD[:4]], "no row"),
        ([[*GOOD[:2], "1", 5, ONE.sum]], "counts nothing"),
        ([[*GOOD[:2], True, 5, ONE.sum]], "counts nothing"),
        ([["", 7, 1, 5, ONE.sum]], "no borders"),
        ([["b", "b", 1, 5, ONE.sum]], "behind"),
        ([GOOD, GOOD], "behind"),
        ([GOOD, ["a", "c", 1, 5, ONE.sum]], "within"),
        ([[*GOOD[:4], "none"]], "digest"),
        ([["", "b", -1, 5, ONE.sum]], "digest"),
    ],
)
def test_rows_that_no_plan_has_written_are_refused(forged: Any, said: str) -> None:
    """The state may be anybody's."""
    with pytest.raises(ValueError, match=said):
        stretches_of_rows(forged)


def test_stretches_of_two_sizes_become_those_of_the_larger() -> None:
    """Of branches, one may have met far more than the other."""
    small, large = met(("", "a"), most=1), met(("a", "b"), most=8)

    assert (small + large).most == 8
    assert total_of((small + large).held()) == TWO
