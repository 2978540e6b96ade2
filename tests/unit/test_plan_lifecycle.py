"""The lifecycle rule that would do the same, what is different about it, or why there is none."""

from __future__ import annotations

from dataclasses import make_dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ossweep.conditions import Conditions
from ossweep.plans.lifecycle import MOST_RULES, LifecycleRule, RuleScope, lifecycle_rule

DAY = 86_400
MIDNIGHT = 20_000 * DAY  # 2024-10-04
CLOCK = MIDNIGHT + 7 * 3_600


def rule(scope: RuleScope, **how: Any) -> LifecycleRule:
    return lifecycle_rule(scope, CLOCK, **how)


def leaf(found: LifecycleRule, path: str) -> list[str | None]:
    """Return the texts of an element of the rules."""
    assert found.xml is not None
    return [each.text for each in ET.fromstring(found.xml).iterfind(path)]  # noqa: S314 - our own


def test_a_prefix_and_an_age_are_a_rule() -> None:
    """Ready to paste, in the elements of PutBucketLifecycle."""
    assert rule(RuleScope(["logs/"], Conditions(older_than=30 * DAY))).xml == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<LifecycleConfiguration>\n"
        "  <Rule>\n"
        "    <ID>ossweep-1</ID>\n"
        "    <Prefix>logs/</Prefix>\n"
        "    <Status>Enabled</Status>\n"
        "    <Expiration><Days>30</Days></Expiration>\n"
        "  </Rule>\n"
        "</LifecycleConfiguration>"
    )


def test_an_order_without_an_age_is_a_date() -> None:
    """The last midnight before the job began: what is younger stays."""
    found = rule(RuleScope(["logs/"]))

    assert leaf(found, "Rule/Expiration/CreatedBeforeDate") == ["2024-10-04T00:00:00.000Z"]
    assert any("since 2024-10-04T00:00:00.000Z stays" in each for each in found.differences)


@pytest.mark.parametrize(
    ("before", "date"),
    [
        (MIDNIGHT - 5 * DAY, "2024-09-29T00:00:00.000Z"),
        (MIDNIGHT - 5 * DAY + 1, "2024-09-29T00:00:00.000Z"),
        (MIDNIGHT + 9 * DAY, "2024-10-04T00:00:00.000Z"),
    ],
)
def test_a_date_is_the_midnight_before_it(before: int, date: str) -> None:
    """Nothing goes that the order would have left."""
    found = rule(RuleScope(["logs/"], Conditions(before=before)))

    assert leaf(found, "Rule/Expiration/CreatedBeforeDate") == [date]


@pytest.mark.parametrize(("seconds", "days"), [(DAY, "1"), (DAY + 1, "2"), (36 * 3_600, "2")])
def test_an_age_is_whole_days_at_least(seconds: int, days: str) -> None:
    """As above."""
    found = rule(RuleScope(["logs/"], Conditions(older_than=seconds)))

    assert leaf(found, "Rule/Expiration/Days") == [days]
    assert any("whole days" in each for each in found.differences) is bool(seconds % DAY)


def test_sizes_and_tags_are_in_a_rule() -> None:
    """OSS's bounds are both outside of what goes."""
    only = Conditions(at_least=10, below=20, tags=(("a&b", "<"), ("c", "")))
    found = rule(RuleScope(["logs/"], only))

    assert leaf(found, "Rule/Filter/ObjectSizeGreaterThan") == ["9"]
    assert leaf(found, "Rule/Filter/ObjectSizeLessThan") == ["20"]
    assert leaf(found, "Rule/Tag/Key") == ["a&b", "c"]
    assert leaf(found, "Rule/Tag/Value") == ["<", None]


def test_several_prefixes_are_several_rules() -> None:
    """Each has a name of its own."""
    found = rule(RuleScope(["a/", "b<"]))

    assert leaf(found, "Rule/ID") == ["ossweep-1", "ossweep-2"]
    assert leaf(found, "Rule/Prefix") == ["a/", "b<"]


def test_a_protected_prefix_is_left_out_of_the_rule_above_it() -> None:
    """A rule would touch it where ossweep never does."""
    found = rule(RuleScope([""]), protected=[".dlsdata/"])

    assert leaf(found, "Rule/Filter/Not/Prefix") == [".dlsdata/"]
    assert leaf(rule(RuleScope(["a/"]), protected=[".dlsdata/"]), "Rule/Filter") == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"named": True}, "names keys"),
        ({"prefixes": ()}, "names keys"),
        ({"versions": "all"}, "versions"),
        ({"prefixes": ("a\x01",)}, "XML"),
        ({"prefixes": ("a\r",)}, "XML"),
        ({"prefixes": tuple(map(str, range(MOST_RULES + 1)))}, "1,000"),
        ({"only": Conditions(at_least=1)}, "empty objects"),
        ({"only": Conditions(newer_than=5)}, "`newer_than`"),
        ({"only": Conditions(after=5)}, "`newer_than`"),
        ({"only": Conditions(storage_class=("IA",))}, "a storage class"),
        ({"only": Conditions(match=("*",))}, "`match`"),
        ({"only": Conditions(except_=("*",))}, "`except`"),
        ({"only": Conditions(match_regex=(".",), except_regex=(".",))}, "`except_regex`"),
        ({"only": Conditions(keep_latest=1)}, "`keep_latest`"),
        ({"only": Conditions(skip_early_delete=True)}, "`skip_early_delete`"),
    ],
)
def test_an_order_that_no_rule_can_say_is_told_why(change: dict[str, Any], why: str) -> None:
    """A rule knows prefixes, age, sizes and tags."""
    found = rule(replace(RuleScope(["logs/"]), **change))

    assert found.xml is None
    assert found.why_not is not None
    assert why in found.why_not


def test_a_protected_prefix_has_no_rule() -> None:
    """Nor has what lies below it."""
    assert rule(RuleScope(["a/b/"]), protected=["a/"]).why_not == "a prefix is protected"


def test_a_hierarchical_bucket_has_no_rules() -> None:
    """By OSS's documents."""
    assert rule(RuleScope(["a/"]), hierarchical=True).why_not is not None


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("cn-hangzhou", "1,000 million objects in 24 hours, and each object of the other classes"),
        ("cn-chengdu", "100 million objects in 24 hours, and each object of the other classes"),
        ("cn-hongkong", "100 million objects in 24 hours, and its requests cost nothing"),
        ("ap-southeast-1", "1,000 million objects in 24 hours, and its requests cost nothing"),
    ],
)
def test_a_region_has_its_limits_and_fees(region: str, said: str) -> None:
    """As the vendor tells them."""
    found = rule(RuleScope(["a/"]), region=region)

    assert any(said in each for each in found.differences)


def test_a_rule_that_stands_goes_on() -> None:
    """An age is reached every day anew, a date is not."""
    said = [
        rule(RuleScope(["a/"], only)).differences for only in (Conditions(older_than=DAY), None)
    ]

    standing, dated = (any("until somebody removes it" in each for each in one) for one in said)
    assert standing
    assert not dated


def test_a_condition_that_nobody_has_thought_of_leaves_no_rule() -> None:
    """A rule would delete more than the order."""
    fields = [("weekday", str, "Monday")]
    with_more = make_dataclass("WithMore", fields, bases=(Conditions,), frozen=True)

    found = rule(RuleScope(["logs/"], with_more(older_than=30 * DAY)))

    assert found.why_not == "a lifecycle rule cannot say `weekday`"
