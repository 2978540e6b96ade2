"""A stretch goes if it is as planned, and stays in whole if it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.log import line_of
from ossweep.plans.comparison import Changed, Tolerance, compared, may_go
from ossweep.plans.digest import Digest, digest_of, hashes_of
from ossweep.plans.directories import NOTHING, Amount
from ossweep.plans.stretches import PlannedStretch, Stretches
from unit.plans import BORDERS, LISTED, Listed, columns_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE, OTHER = "1".zfill(32), "2".zfill(32)
STRETCH = PlannedStretch("a", "b", Digest(10, 100, ONE))


def digest(listed: Sequence[Listed]) -> Digest:
    columns = columns_of(listed)
    return digest_of(columns, hashes_of(columns))


def test_a_stretch_that_is_as_planned_goes() -> None:
    """It uses up no tolerance."""
    assert may_go(STRETCH, STRETCH.digest, Tolerance(), is_steady=True) == (True, Tolerance(), None)


@pytest.mark.parametrize(
    "met",
    [Digest(9, 100, ONE), Digest(10, 99, ONE), Digest(10, 100, OTHER), Digest(11, 110, OTHER)],
)
def test_a_stretch_that_differs_stays(met: Digest) -> None:
    """By a number, by bytes, or by what it holds."""
    goes, _, changed = may_go(STRETCH, met, Tolerance(), is_steady=True)

    assert not goes
    assert changed == Changed(
        STRETCH.after, STRETCH.until, STRETCH.digest, met, stays=True, left=NOTHING
    )


def test_a_stretch_in_which_nothing_is_left_keeps_nothing() -> None:
    """It differs, and there is nothing to be in doubt about."""
    goes, tolerance, changed = may_go(STRETCH, Digest(), Tolerance(), is_steady=True)

    assert goes
    assert changed is not None
    assert tolerance.used == NOTHING


def test_nothing_goes_where_nothing_was_planned() -> None:
    """No tolerance is for it, however large."""
    empty, met = PlannedStretch("a", "b", Digest()), Digest(1, 1, OTHER)

    goes, tolerance, _ = may_go(empty, met, Tolerance(9, 9), is_steady=True)

    assert (goes, tolerance.used) == (False, NOTHING)


@pytest.mark.parametrize(
    ("met", "difference"),
    [
        (Digest(8, 80, OTHER), (Amount(10, 100), Amount(2, 20))),
        (Digest(8, 130, OTHER), (Amount(10, 130), Amount(10, 130))),
        (Digest(12, 130, OTHER), (Amount(12, 130), Amount(12, 130))),
        (Digest(10, 100, OTHER), (Amount(10, 100), Amount(10, 100))),
    ],
)
def test_a_difference_is_as_large_as_it_may_be(
    met: Digest, difference: tuple[Amount, Amount]
) -> None:
    """All that are there may be others; where none can be, fewer are so many lost."""
    changed = compared(STRETCH, met)

    assert changed is not None
    assert (changed.difference, changed.loss) == difference


def test_differences_go_while_they_add_up_to_no_more_than_the_tolerance() -> None:
    """Of objects and of bytes."""
    tolerance, met = Tolerance(objects=5, bytes=50), Digest(8, 80, OTHER)
    went = []
    for _ in range(3):
        goes, tolerance, _ = may_go(STRETCH, met, tolerance, is_steady=True)
        went.append(goes)

    assert went == [True, True, False]
    assert tolerance.used == Amount(4, 40)
    assert not may_go(STRETCH, met, Tolerance(objects=5, bytes=19), is_steady=True)[0]


@pytest.mark.parametrize(
    ("met", "said"),
    [
        (Digest(9, 90, OTHER), "10 objects of 100 B planned, and 9 objects of 90 B there"),
        (Digest(10, 100, OTHER), "10 objects of 100 B as planned, and not the same ones"),
    ],
)
def test_a_difference_is_told_with_both_figures(met: Digest, said: str) -> None:
    """And with the keys between which it lies."""
    changed = compared(STRETCH, met)

    assert changed is not None
    assert changed.sentence().startswith(f'from "a" to "b": {said}: ')


def test_a_difference_tells_that_it_went() -> None:
    """It was within the tolerance."""
    changed = Changed("a", "b", Digest(10, 100, ONE), Digest(9, 90, OTHER))

    assert changed.sentence().endswith("9 objects of 90 B there: goes, within the tolerance")


def test_a_difference_tells_that_it_stays() -> None:
    """No tolerance was given, which would have to be said enough of."""
    changed = Changed("a", "b", Digest(10, 100, ONE), Digest(9, 90, OTHER), stays=True)

    assert changed.sentence().endswith("9 objects of 90 B there: stays")


def test_a_difference_tells_that_nothing_is_left_to_stay_or_go() -> None:
    """It takes no tolerance."""
    changed = Changed("a", "b", Digest(10, 100, ONE), Digest())

    assert changed.sentence().endswith("0 objects of 0 B there: nothing of it is left")


@pytest.mark.parametrize(
    ("met", "tolerance", "is_steady", "said"),
    [
        (
            Digest(11, 110, OTHER),
            Tolerance(5, 1000, Amount(1, 10)),
            False,
            (
                "any of its objects may be another one, so it counts as 11 objects of 110 B, and "
                "there was room for 4 objects within the tolerance"
            ),
        ),
        (
            Digest(8, 80, OTHER),
            Tolerance(1, 1000),
            True,
            "it counts as 2 objects of 20 B, and there was room for 1 object within the tolerance",
        ),
        (
            Digest(8, 80, OTHER),
            Tolerance(1, 5),
            True,
            (
                "it counts as 2 objects of 20 B, and there was room for 1 object and 5 B within "
                "the tolerance"
            ),
        ),
    ],
)
def test_a_difference_tells_why_the_tolerance_was_not_enough(
    met: Digest, tolerance: Tolerance, is_steady: bool, said: str
) -> None:
    """By what it counts as, and what was left."""
    _, _, changed = may_go(STRETCH, met, tolerance, is_steady=is_steady)

    assert changed is not None
    told = changed.sentence(is_steady=is_steady, is_tolerant=True)
    assert told.partition(": stays: ")[2] == said


def test_no_tolerance_is_for_what_lies_where_nothing_was_planned() -> None:
    """However large it is."""
    changed = Changed("a", "b", Digest(), Digest(1, 1, ONE), stays=True)

    assert changed.sentence(is_tolerant=True).endswith(
        ": stays, as no tolerance is for what lies where nothing was planned"
    )


def test_a_named_object_that_differs_is_said_to_be_none_of_the_plan() -> None:
    """Whether it was written anew, or there was none: the plan does not tell the two apart."""
    changed = Changed("nix", "nix", Digest(), Digest(1, 7, ONE), stays=True)

    assert changed.sentence() == '"nix" as it is now, of 7 B, is no object of the plan: stays'


def test_the_log_tells_the_figures_of_a_difference_without_its_keys() -> None:
    """And the line reads as the answer does."""
    changed = Changed("a", "b", Digest(10, 100, ONE), Digest(9, 90, OTHER), stays=True)

    told = json.loads(line_of({"reason": changed.sentence()}))["reason"]

    assert told == (
        'from "..." to "...": 10 objects of 100 B planned, and 9 objects of 90 B there: stays'
    )


@given(listed=LISTED, today=LISTED, cuts=BORDERS, few=st.integers(100, 900))
def test_an_application_takes_nothing_that_was_not_planned(
    listed: list[Listed], today: list[Listed], cuts: list[int], few: int
) -> None:
    """However the bucket has changed since, and all of what stretches without a change hold."""
    stretches, last = Stretches(most=2, most_bytes=few), ""
    for page in pages_of(listed, cuts):
        stretches.meet(last, page[-1].key, digest(page))
        last = page[-1].key
    for stretch in stretches.whole().held():
        planned = [each for each in listed if each.key in stretch]
        met = [each for each in today if each.key in stretch]

        goes, _, _ = may_go(stretch, digest(met), Tolerance(), is_steady=False)

        as_digests_see = [(each.key, each.size, each.mark) for each in planned]
        is_same = [(each.key, each.size, each.mark) for each in met] == as_digests_see
        assert goes == (is_same or not met)
