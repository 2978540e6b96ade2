"""What became of a plan: by the counts of its application, and no more than is known."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ossweep.plans.comparison import (
    BEYOND_CEILING,
    NOT_AS_PLANNED,
    UNKNOWN_TO_PLAN,
    Changed,
    Tolerance,
)
from ossweep.plans.digest import Digest
from ossweep.plans.directories import Amount
from ossweep.plans.fulfilment import Fulfilment
from ossweep.plans.kept import Applied, KeptPlan
from ossweep.work import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAN = KeptPlan("plan-1", 0, Digest(1000, 1000), (), array("Q"))
CUT = replace(PLAN, is_cut=True)
AS_PLANNED = Applied()
TOLERANT = Tolerance(2000, 2000, Amount(501, 510))


def ended(
    deleted: int,
    applied: Applied = AS_PLANNED,
    plan: KeptPlan = PLAN,
    skipped: Mapping[str, int] | None = None,
) -> Fulfilment:
    return Fulfilment(plan, applied, Counts(deleted=deleted, skipped=skipped or {}))


def test_a_plan_that_went_as_planned_needs_no_words() -> None:
    """All of it is gone, and nothing else."""
    assert (ended(1000).is_as_planned, ended(1000).difference()) == (True, None)


def test_a_plan_of_which_something_stays_is_not_as_planned() -> None:
    """Whatever else is known of it: the count alone is enough."""
    assert not ended(1000, skipped={NOT_AS_PLANNED: 1}).is_as_planned


@pytest.mark.parametrize("reason", [BEYOND_CEILING, UNKNOWN_TO_PLAN])
def test_objects_beyond_the_ceiling_of_a_plan_are_no_difference(reason: str) -> None:
    """Named objects that are not in it are beyond it, too, once all of its own are gone."""
    end = ended(1000, plan=CUT, skipped={reason: 300})

    assert end.is_as_planned
    assert end.difference() == "300 objects lie beyond the plan's ceiling and stay"


def test_objects_that_went_within_the_tolerance_are_told() -> None:
    """More may have gone than was planned, and then nothing is said to be missing."""
    end = ended(1001, Applied(TOLERANT, (), 1))

    assert end.difference() == (
        "1,001 objects were deleted, and 1,000 planned; differences that count as 501 objects of "
        "510 B were within the tolerance"
    )


def test_objects_as_many_as_were_planned_may_still_be_others() -> None:
    """Which is said of no other."""
    end = ended(1000, Applied(TOLERANT, (), 1))

    assert not end.is_as_planned
    assert "1,000 objects were deleted, and 1,000 planned; differences" in str(end.difference())


def test_objects_that_stay_are_told_with_their_first_stretch() -> None:
    """And with what has to be done about it."""
    went = Changed("a", "b", Digest(500, 500), Digest(499, 499))
    stays = replace(went, after="b", until="c", stays=True)
    end = ended(0, Applied(Tolerance(), (went, stays), 2), skipped={NOT_AS_PLANNED: 1000})

    assert end.difference() == (
        "0 of 1,000 planned objects were deleted; 1,000 objects stay, as they or their stretches "
        'differ from the plan: plan anew to delete them; from "b" to "c": 500 objects of 500 B '
        "planned, and 499 objects of 499 B there: stays"
    )


def test_objects_that_differ_do_not_count_with_those_beyond_the_ceiling() -> None:
    """Each has a number of its own."""
    end = ended(1, plan=CUT, skipped={NOT_AS_PLANNED: 999, BEYOND_CEILING: 1300})

    assert end.difference() == (
        "1 of 1,000 planned objects was deleted; 999 objects stay, as they or their stretches "
        "differ from the plan: plan anew to delete them; 1,300 objects lie beyond the plan's "
        "ceiling and stay"
    )


def test_a_named_object_that_may_lie_beyond_a_ceiling_is_told_as_that() -> None:
    """Where something of the plan is missing, it may be that."""
    end = ended(999, plan=CUT, skipped={UNKNOWN_TO_PLAN: 1})

    assert end.difference() == (
        "999 of 1,000 planned objects were deleted; 1 object differs from the plan, or lies beyond "
        "its ceiling, and stays"
    )


@pytest.mark.parametrize(
    ("deleted", "skipped", "said"),
    [
        (999, {}, "the other one was not there any more"),
        (990, {}, "the other 10 were not there any more"),
        (
            990,
            {"protected": 10},
            "the other 10 were not there any more, or are counted in `skipped_because`",
        ),
    ],
)
def test_objects_that_were_not_there_any_more_are_counted(
    deleted: int, skipped: dict[str, int], said: str
) -> None:
    """Where nothing has differed, all others are gone, or have a reason of their own to stay."""
    assert str(ended(deleted, skipped=skipped).difference()).endswith(f"; {said}")


@pytest.mark.parametrize(
    ("applied", "said"),
    [
        (AS_PLANNED, "the other 10 are gone, by this job without an answer or before it"),
        (
            Applied(Tolerance(), (), 1),
            "at least 10 planned objects are gone, by this job without an answer or before it",
        ),
    ],
)
def test_objects_that_the_job_may_have_deleted_itself_are_told_so(
    applied: Applied, said: str
) -> None:
    """It has asked for some, and no answer came."""
    counts = Counts(deleted=990, unanswered=2000)

    assert str(Fulfilment(PLAN, applied, counts).difference()).endswith(f"; {said}")


def test_missing_objects_have_a_bound_where_something_differs() -> None:
    """What stays with a stretch, or went with it, may have been planned or not."""
    end = ended(500, Applied(Tolerance(), (), 1), skipped={NOT_AS_PLANNED: 499})

    assert str(end.difference()).endswith("; at least 1 planned object was not there any more")


def test_a_difference_says_why_the_tolerance_of_its_order_was_not_enough() -> None:
    """It is told in the reason, and among the first differences."""
    stays = Changed("a", "b", Digest(5, 5), Digest(6, 6), stays=True, left=Amount(2, 100))
    end = ended(0, Applied(Tolerance(2, 100), (stays,), 1), skipped={NOT_AS_PLANNED: 6})

    (told,) = end.first_differences()
    assert told.endswith("and there was room for 2 objects within the tolerance")
    assert told in str(end.difference())


def test_a_difference_is_read_again_with_what_was_left_of_the_tolerance() -> None:
    """One that was kept without that is read as well."""
    stays = Changed("a", "b", Digest(5, 5), Digest(6, 6), stays=True, left=Amount(2, 100))
    kept = Applied(Tolerance(2, 100), (stays,), 1)
    earlier = kept.document()
    del earlier["changed"][0]["left"]

    assert Applied.of(kept.document()) == kept
    assert Applied.of(earlier).changed == (replace(stays, left=None),)
