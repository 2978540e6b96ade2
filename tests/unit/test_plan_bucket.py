"""A bucket in a plan: what can come back, what stays, what would go by itself, what is unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ossweep.conditions import Conditions
from ossweep.plans.bucket import (
    ACTIONS,
    MOST_RULES_TOLD,
    NO_PERMISSION,
    BucketFacts,
    BucketRule,
    Retention,
    Taken,
)
from ossweep.plans.lifecycle import RuleScope

DAY = 86_400
CLOCK = 20_000 * DAY  # 2024-10-04
PLAIN = BucketFacts("", False, objects=100, bytes=1000, storage_class="Standard")
LOGS = RuleScope(["logs/"])


def taken(scope: RuleScope = LOGS, **of: Any) -> Taken:
    known: dict[str, Any] = {"objects": 38, "bytes": 250, "oldest": CLOCK - 40 * DAY}
    return Taken(scope, CLOCK, **{**known, "newest": CLOCK - 10 * DAY, **of})


def said(facts: BucketFacts, what: Taken | None = None) -> str:
    """Return all advice on a bucket as one text."""
    return "\n".join(facts.advice(what or taken()))


def test_a_bucket_is_told_in_figures() -> None:
    """As a plan's document holds it."""
    facts = replace(PLAIN, region="cn-hangzhou", tags={"a": "b"}, retention=Retention("Locked", 3))

    assert facts.document(taken()) == {
        "versioning": "none",
        "hierarchical": False,
        "retention": {"state": "Locked", "days": 3},
        "share": {"objects": 0.38, "bytes": 0.25},
        "counted": {"objects": 100, "bytes": 1000},
        "storage_class": "Standard",
        "region": "cn-hangzhou",
        "tags": {"a": "b"},
        "lifecycle": [],
        "not_looked_at": {},
    }


def test_a_bucket_of_which_nothing_is_known_is_told_so() -> None:
    """An unknown is no zero and no false; what to allow is said once."""
    facts = BucketFacts(not_looked_at=dict.fromkeys(ACTIONS, NO_PERMISSION))

    document, advice = facts.document(taken()), facts.advice(taken())

    unknown = {name: each for name, each in document.items() if name != "not_looked_at"}
    assert set(map(str, unknown.values())) == {"None", "[]"}
    assert document["not_looked_at"]["retention"] == "no permission"
    assert advice[0] == (
        "whether anything can come back is not known: versioning not looked at: no permission"
    )
    assert advice[-1].startswith("not looked at in the bucket: info (no permission), versioning")
    assert advice[-1].endswith(f"; allow {', '.join(ACTIONS.values())}")
    assert len(advice) == 2


def test_a_code_is_told_where_a_permission_would_not_help() -> None:
    """Nothing is advised against it."""
    facts = replace(PLAIN, not_looked_at={"share": "InternalError", "tags": "no time"})

    assert facts.advice(taken())[-1] == (
        "not looked at in the bucket: share (InternalError), tags (no time)"
    )


def test_nothing_comes_back_without_versions() -> None:
    """Which is the first that is said."""
    assert PLAIN.advice(taken())[0] == (
        "the bucket keeps no versions: nothing that is deleted can come back"
    )


def test_everything_comes_back_from_versions_while_no_rule_removes_them() -> None:
    """It costs what it has cost."""
    facts = replace(PLAIN, versioning="Enabled", rules=(BucketRule("x", "a/", noncurrent_days=1),))

    assert (
        "all of them can come back until somebody removes the versions, which no rule of its"
        in (said(facts))
    )


@pytest.mark.parametrize("prefix", ["", "logs/", "logs/2024/"])
def test_versions_come_back_until_the_lifecycle_removes_the_first(prefix: str) -> None:
    """By the rule with the fewest days of all that may take any of them."""
    rules = (
        BucketRule("late", "", noncurrent_days=90),
        BucketRule("first", prefix, noncurrent_days=7),
    )
    facts = replace(PLAIN, versioning="Enabled", rules=rules)

    assert (
        "until its lifecycle removes the first of the versions, 7 days after they were deleted "
        '(rule "first")'
    ) in said(facts)


def test_versions_come_back_unless_an_unknown_lifecycle_removes_them() -> None:
    """Nobody could look."""
    facts = replace(PLAIN, versioning="Enabled", not_looked_at={"lifecycle": NO_PERMISSION})

    assert "unless its lifecycle removes the versions (not looked at: no permission)" in said(facts)


def test_null_versions_are_lost_where_versioning_is_suspended() -> None:
    """A job in earnest would stop, so the plan says how to ask for it."""
    found = said(replace(PLAIN, versioning="Suspended"))

    assert "an object's null version, written before or after that, is lost for good" in found
    assert '"null_versions": "lose"' in found


@pytest.mark.parametrize(
    ("days", "end"),
    [
        (10, "until then; all of these are older"),
        (11, "what was written since 2024-09-23 stays"),
        (40, "what was written since 2024-08-25 stays"),
        (41, "none of these can be deleted before 2024-10-05"),
    ],
)
def test_retention_is_held_against_what_is_planned(days: int, end: str) -> None:
    """By the oldest and the youngest of it."""
    facts = replace(PLAIN, retention=Retention("Locked", days))

    assert said(facts).split("\n")[1].endswith(end)


def test_retention_that_is_not_locked_holds_all_the_same() -> None:
    """For the day in which it may be taken back."""
    facts = replace(PLAIN, retention=Retention("InProgress", 1))

    assert "not locked yet and holds all the same, keeps each object for 1 day after" in said(facts)


def test_retention_to_the_end_of_the_calendar_is_told() -> None:
    """70 years are the most that OSS takes; an answer may hold any number."""
    facts = replace(PLAIN, retention=Retention("Locked", 10**17))

    assert said(facts).count("the end of the calendar") == 1


def test_a_hierarchical_bucket_has_each_directory_go_alone() -> None:
    """There are no batches."""
    assert "each object and each directory goes alone" in said(replace(PLAIN, hierarchical=True))


def test_the_share_is_told_with_its_age() -> None:
    """OSS counts once an hour."""
    assert (
        "these are 38.0% of the 100 objects in the bucket, and 25.0% of its bytes, as OSS counts "
        "them, which may be an hour old"
    ) in said(PLAIN)


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (1, 2_000, "less than 0.1%"),
        (1_200, 19_700_000_000, "less than 0.1%"),
        (1, 1_000, "0.1%"),
        (999, 1_000, "99.9%"),
        (19_699_998_800, 19_700_000_000, "more than 99.9%"),
        (10, 10, "100.0%"),
    ],
)
def test_a_share_is_never_nothing_of_something_and_never_all_of_less(
    part: int, whole: int, told: str
) -> None:
    """Whatever would be rounded."""
    facts = replace(PLAIN, objects=whole, bytes=whole)

    found = said(facts, taken(objects=part, bytes=part))

    assert f"these are {told} of the {whole:,} objects" in found or part == 1
    assert f"and {told} of its bytes" in found
    assert (facts.document(taken(objects=part, bytes=part))["share"]["bytes"] == 1) is (
        part == whole
    )


@pytest.mark.parametrize("of", [{"objects": 101}, {"bytes": 1001}])
def test_a_count_from_before_the_plan_tells_no_share(of: dict[str, Any]) -> None:
    """More than all is nonsense."""
    assert PLAIN.document(taken(**of))["share"] is None
    assert "% of" not in said(PLAIN, taken(**of))
    assert (
        "no share of the bucket is told: OSS counts 100 objects and 1,000 bytes in it, less than "
        "the plan has met, for its count may be an hour old"
    ) in said(PLAIN, taken(**of))


@pytest.mark.parametrize(
    "facts", [replace(PLAIN, objects=0, bytes=0), replace(PLAIN, objects=None), BucketFacts("")]
)
def test_an_empty_or_uncounted_bucket_has_no_share(facts: BucketFacts) -> None:
    """There is nothing to divide by."""
    assert facts.document(taken())["share"] is None


def test_a_plan_of_nothing_tells_no_share() -> None:
    """There is nothing to be sure of."""
    assert "in the bucket" not in said(PLAIN, taken(objects=0, bytes=0))


WHOLE = "the bucket's lifecycle would delete all of these anyway"
PART = "the bucket's lifecycle may delete a part of these anyway"


@pytest.mark.parametrize(
    ("rule", "scope", "begins"),
    [
        (BucketRule("r", days=30), LOGS, WHOLE),
        (BucketRule("r", "logs/", days=30), LOGS, WHOLE),
        (BucketRule("r", "lo", since=CLOCK - 1), LOGS, WHOLE),
        (BucketRule("r", before=CLOCK), LOGS, WHOLE),
        (BucketRule("r", before=CLOCK - 1), LOGS, PART),
        (BucketRule("r", before=CLOCK - 5), RuleScope(["a"], Conditions(before=CLOCK - 5)), WHOLE),
        (BucketRule("r", before=CLOCK - 5), RuleScope(["a"], Conditions(older_than=5)), WHOLE),
        (BucketRule("r", before=CLOCK - 5), RuleScope(["a"], Conditions(older_than=4)), PART),
        (BucketRule("r", "logs/2024/", days=30), LOGS, PART),
        (BucketRule("r", "other/", days=30), LOGS, None),
        (BucketRule("r", "logs/", noncurrent_days=3), LOGS, None),
        (BucketRule("r", days=1, tags=frozenset({("a", "b")})), LOGS, PART),
        (
            BucketRule("r", days=1, tags=frozenset({("a", "b")})),
            RuleScope(["logs/"], Conditions(tags=(("a", "b"), ("c", "d")))),
            WHOLE,
        ),
        (BucketRule("r", days=1, above=0), LOGS, PART),
        (BucketRule("r", days=1, above=0), RuleScope(["a"], Conditions(at_least=1)), WHOLE),
        (BucketRule("r", days=1, below=9), LOGS, PART),
        (BucketRule("r", days=1, below=9), RuleScope(["a"], Conditions(below=9)), WHOLE),
        (BucketRule("r", days=1, below=9), RuleScope(["a"], Conditions(below=10)), PART),
        (BucketRule("r", days=1, spared=("logs/keep/",)), LOGS, PART),
        (BucketRule("r", days=1, spared=("l",)), LOGS, PART),
        (BucketRule("r", days=1, spared=("other/",)), LOGS, WHOLE),
        (BucketRule("r", days=1), RuleScope([], named=True), WHOLE),
        (BucketRule("r", "logs/", days=1), RuleScope(["logs/"], named=True), PART),
        (BucketRule("r", "logs/", days=1), RuleScope(["logs/", "tmp/"]), PART),
        (BucketRule("r", days=1), RuleScope(["logs/"], versions="all"), None),
    ],
)
def test_a_rule_is_held_against_the_order(
    rule: BucketRule, scope: RuleScope, begins: str | None
) -> None:
    """All of it or a part; where nobody can be sure, a part."""
    advice = replace(PLAIN, rules=(rule,)).advice(taken(scope))

    found = [each for each in advice if "anyway" in each]
    assert [each.startswith(f'{begins} (rule "r")') for each in found] == [True] * bool(begins)
    document = replace(PLAIN, rules=(rule,)).document(taken(scope))["lifecycle"]
    if begins is not None:
        assert document[0]["takes"] == ("all" if begins == WHOLE else "part")


def test_several_rules_hold_an_order_together() -> None:
    """Each its prefix; when, is said of both."""
    rules = (BucketRule("one", "logs/", days=3), BucketRule("two", "tmp/", before=CLOCK))

    found = said(replace(PLAIN, rules=rules), taken(RuleScope(["logs/", "tmp/"])))

    assert (
        f'{WHOLE} (rule "one", "two"): each from 3 days after it was last written, the last from '
        "2024-09-27 on and at its next runs"
    ) in found


def test_a_rule_that_begins_later_is_told_with_its_day() -> None:
    """Until then it takes nothing."""
    found = said(replace(PLAIN, rules=(BucketRule("r", since=CLOCK + 9 * DAY),)))

    assert f'{WHOLE} (rule "r"): from 2024-10-13 on' in found


def test_rules_are_told_with_what_they_do_and_not_without_end() -> None:
    """A bucket has a thousand at most, which nobody reads."""
    rules = [BucketRule(f"{number}", "logs/", days=number + 1) for number in range(1000)]
    document = replace(PLAIN, rules=tuple(rules)).document(taken())

    assert len(document["lifecycle"]) == MOST_RULES_TOLD
    assert document["lifecycle"][1] == {"id": "1", "prefix": "logs/", "days": 2, "takes": "all"}
