"""What is said of one object to a person who asks why it goes or stays."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from ossweep.conditions import Conditions
from ossweep.filters import reasons
from ossweep.filters.explain import LookedUp, Said, explain
from unit.subjects import CLOCK, DAY, Seen

ALL = Conditions(
    older_than=30 * DAY,
    newer_than=60 * DAY,
    below=100,
    storage_class=("IA",),
    match=("*.log",),
    except_=("b*",),
    match_regex=("a.*",),
    except_regex=("keep",),
    tags=(("a", "b"),),
    keep_latest=2,
    skip_early_delete=True,
)


def said(asked: Conditions, *names: str, also: LookedUp | None = None) -> dict[str, str | None]:
    lines = explain(asked, Seen(), CLOCK, names, also or LookedUp())
    return {each.condition: each.reason for each in lines}


def test_each_condition_says_why_it_keeps_an_object() -> None:
    """All of them, and not the first one alone; what is not known keeps it."""
    assert said(ALL, "b.log") == {
        "older_than": None,
        "newer_than": None,
        "size": reasons.LARGER,
        "storage_class": reasons.OTHER_CLASS,
        "skip_early_delete": None,
        "match": None,
        "match_regex": reasons.NO_MATCH,
        "except": reasons.EXCEPTED,
        "except_regex": None,
        "tags": reasons.UNJUDGED,
        "keep_latest": None,
    }


def test_a_condition_that_is_not_asked_for_says_nothing() -> None:
    """Nor does one of its two ends."""
    assert list(explain(Conditions(before=CLOCK), Seen(), CLOCK, ["a"])) == [
        Said("older_than", None)
    ]


@pytest.mark.parametrize(
    ("newer", "reason"),
    [(0, reasons.LATEST), (1, reasons.LATEST), (2, None), (None, reasons.UNJUDGED)],
)
def test_the_latest_stay_until_enough_are_newer(newer: int | None, reason: str | None) -> None:
    """Somebody has counted them."""
    assert said(Conditions(keep_latest=2), "a", also=LookedUp(newer=newer)) == {
        "keep_latest": reason
    }


def test_an_object_that_is_none_of_the_latest_by_its_name_is_not_kept_as_one() -> None:
    """Its name keeps it."""
    asked = Conditions(keep_latest=2, match=("*.log",))

    assert said(asked, "a", also=LookedUp(newer=0)) == {
        "match": reasons.NO_MATCH,
        "keep_latest": None,
    }


def test_tags_are_judged_once_they_are_known() -> None:
    """By all of them."""
    asked = Conditions(tags=(("a", "b"),))

    assert said(asked, "a", also=LookedUp(no_tags="why")) == {"tags": "why"}
    assert said(asked, "a", also=LookedUp(tags={"a": "b"})) == {"tags": None}
    assert said(asked, "a", also=LookedUp(tags={})) == {"tags": reasons.OTHER_TAGS}


def test_an_object_that_no_selector_takes_with_both_conditions_is_kept_by_the_second() -> None:
    """Each of them has a name that matches, but not the same one."""
    asked = Conditions(match=("*.log",), match_regex=("x/.*",))

    assert said(asked, "x/a.log", "a.log") == {"match": None, "match_regex": reasons.NO_MATCH}


@pytest.mark.parametrize("field", [each.name for each in fields(Conditions)])
def test_no_condition_is_left_untold(field: str) -> None:
    """A field that is added has to be told."""
    values: dict[str, Any] = {field: getattr(ALL, field) or 1}

    assert len(list(explain(Conditions(**values), Seen(), CLOCK, ["a"]))) == 1
