"""What the answer of a job that applies a plan says of that."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from ossweep.jobs.plans import compared_with_plan
from ossweep.plans.digest import Digest
from ossweep.plans.kept import Applied, KeptPlan
from ossweep.work import Counts, Work

CUT = KeptPlan("order", 0, Digest(2), (), array("Q", [1, 2]), is_cut=True)


def as_planned(status: str, deleted: int, plan: KeptPlan) -> bool | None:
    left = Work(
        "job", "examplebucket", counts=Counts(deleted=deleted), applied=Applied().document()
    )
    said: bool | None = compared_with_plan({"status": status}, left, plan)["plan"]["as_planned"]
    return said


@pytest.mark.parametrize("status", ["done", "stopped"])
def test_a_plan_up_to_a_ceiling_is_as_planned_once_all_of_it_is_gone(status: str) -> None:
    """Whether a key beyond the ceiling was looked at, or none was, as that was full."""
    assert as_planned(status, 2, CUT) is True


def test_a_stopped_plan_of_which_something_is_left_is_not_judged() -> None:
    """It may go on."""
    assert as_planned("stopped", 1, CUT) is None


def test_a_stopped_plan_that_has_no_ceiling_is_not_judged() -> None:
    """What is left may differ."""
    assert as_planned("stopped", 2, replace(CUT, is_cut=False)) is None
