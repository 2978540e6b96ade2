"""Of two answers to the same request file that one stands which tells more of its orders."""

from __future__ import annotations

from typing import Any

import pytest

from ossweep.jobs.standing import bettered

REFUSED = {"status": "refused", "reason": "a setting"}
IGNORED = {"job": "one", "status": "ignored", "dry_run": False}
PLANNED = {"job": "dry", "status": "planned", "dry_run": True}
DONE = {"job": "one", "status": "done", "dry_run": False}
AMISS = {**DONE, "status": "unfinished", "error": "HandoverError"}


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (REFUSED, {**REFUSED, "reason": "another"}),
        (REFUSED, IGNORED),
        (REFUSED, DONE),
        (IGNORED, PLANNED),
        (IGNORED, DONE),
        (PLANNED, DONE),
        (PLANNED, {**PLANNED, "status": "stopped"}),
        ({**DONE, "status": "incomplete"}, DONE),
        (REFUSED, {"answers": [DONE, IGNORED]}),
        ({"answers": [REFUSED, REFUSED]}, REFUSED),
        (AMISS, DONE),
        (AMISS, {**DONE, "status": "continued"}),
        (AMISS, IGNORED),
        (IGNORED, AMISS),
    ],
)
def test_an_answer_that_tells_more_replaces_the_one_that_is_there(
    there: dict[str, Any], said: dict[str, Any]
) -> None:
    """A job's own later answer does, too, and of two refusals the later one."""
    assert bettered(there, said) == said


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (DONE, IGNORED),
        (DONE, REFUSED),
        (DONE, PLANNED),
        (DONE, {**DONE, "job": "another"}),
        (PLANNED, {**PLANNED, "job": "another"}),
        (IGNORED, REFUSED),
        (DONE, {**DONE, "status": "continued"}),
        ({"answers": [DONE, REFUSED]}, REFUSED),
        ({"answers": [DONE]}, {"answers": [IGNORED]}),
        ({}, REFUSED),
        ({"job": []}, DONE),
        ({"answers": [5]}, {"answers": [DONE]}),
        (DONE, AMISS),
        (AMISS, REFUSED),
    ],
)
def test_an_answer_that_tells_less_or_of_another_job_replaces_nothing(
    there: dict[str, Any], said: dict[str, Any]
) -> None:
    """What is no answer of ours stays, too."""
    assert bettered(there, said) is None


def test_each_of_several_orders_is_judged_by_itself() -> None:
    """Both deliveries may have carried out a part of them."""
    there, said = {"answers": [DONE, REFUSED]}, {"answers": [IGNORED, PLANNED]}

    assert bettered(there, said) == {"answers": [DONE, PLANNED]}
