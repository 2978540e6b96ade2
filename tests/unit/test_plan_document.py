"""The plan's document: figures that add up, in JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from ossweep.conditions import Conditions
from ossweep.plans.bill import Between, Money
from ossweep.plans.census import Census, census_in_any_order
from ossweep.plans.digest import digest_of, hashes_of
from ossweep.plans.document import MOST_OF_LEVEL, MOST_SHOWN
from ossweep.plans.lifecycle import RuleScope, lifecycle_rule
from ossweep.plans.ordered import OrderTold, conditions_told
from ossweep.plans.siblings import below_named, siblings_of
from unit.plans import CLOCK, DAY, LISTED, ORDERED, Listed, census_of, columns_of, plan_of

SOME = [
    Listed("a/b/1", 10, CLOCK - 2 * DAY, "IA"),
    Listed("a/c/2", 20, CLOCK - 1 * DAY),
    Listed("a/d", 5),
    Listed("e", 1),
]


def test_a_plan_has_what_the_contract_says() -> None:
    """Each field by its name."""
    assert set(plan_of(SOME).document()) - {
        "sample",
        "objects_a_second",
        "order",
        "made",
        "cut",
    } == {
        "id",
        "digest",
        "objects",
        "bytes",
        "by_storage_class",
        "by_directory",
        "oldest",
        "newest",
        "first",
        "last",
        "skipped_because",
        "siblings",
        "bucket",
        "early_delete",
        "requests",
        "seconds",
        "invocations",
        "advice",
        "lifecycle",
    }


def test_a_plan_shows_directories_level_by_level() -> None:
    """And what lies in none of them."""
    assert plan_of(SOME).document()["by_directory"] == {
        "largest": [
            {
                "directory": "a/",
                "objects": 3,
                "bytes": 35,
                "largest": [
                    {"directory": "a/c/", "objects": 1, "bytes": 20},
                    {"directory": "a/b/", "objects": 1, "bytes": 10},
                ],
                "others": {"objects": 1, "bytes": 5},
            }
        ],
        "others": {"directories": 0, "objects": 0, "bytes": 0},
        "in_none": {"objects": 1, "bytes": 1},
        "is_exact": True,
    }


@pytest.mark.parametrize("number", [19, 20, 21, 64, 65, 900])
def test_the_largest_directories_are_shown_and_the_others_counted(number: int) -> None:
    """Twenty of them."""
    listed = [Listed(f"{each:04}/x", each) for each in range(number)]

    said = plan_of(listed).document()["by_directory"]

    others = max(number - MOST_SHOWN, 0)
    assert len(said["largest"]) == min(number, MOST_SHOWN)
    assert said["others"] == {
        "directories": others,
        "objects": others,
        "bytes": sum(range(others)),
    }


def test_each_directory_has_its_own_largest_below_it() -> None:
    """A small one as well as a large one; what is not named is the sum of the others."""
    listed = [Listed(f"a/{each:03}/x", 1_000) for each in range(100)]
    listed += [Listed(f"b/{each}/{way}/x", 100) for each in range(5) for way in "pq"]
    listed += [Listed(f"c/{each:03}/x", 90) for each in range(30)]

    said = plan_of(listed).document()["by_directory"]

    below = {each["directory"]: each for each in said["largest"]}
    assert {name: len(each["largest"]) for name, each in below.items()} == {
        "a/": MOST_SHOWN,
        "b/": 5,
        "c/": MOST_SHOWN,
    }
    assert below["c/"]["others"] == {"objects": 10, "bytes": 900}
    assert "others" not in below["b/"]
    assert [len(each["largest"]) for each in below["b/"]["largest"]] == [2] * 5
    assert said["is_exact"]


def test_directories_of_a_level_share_its_room() -> None:
    """Of each as many are told, and all sums stay."""
    listed = [
        Listed(f"{top:02}/{middle:02}/{low:02}/x", top + middle + low)
        for top in range(20)
        for middle in range(20)
        for low in range(20)
    ]

    said = plan_of(listed).document()["by_directory"]

    third = [low for top in said["largest"] for low in top["largest"]]
    assert {len(each["largest"]) for each in third} == {2}
    assert len(third) * 2 <= MOST_OF_LEVEL
    for each in third:
        named = sum(one["bytes"] for one in each["largest"])
        assert named + each["others"]["bytes"] == each["bytes"]


def test_a_directory_of_another_selector_lies_in_none_by_accident() -> None:
    """A named key's directories begin at the top, those of a prefix below it."""
    named = columns_of([Listed("logs/a", 1)])
    hashes = hashes_of(named)
    loose = census_in_any_order(named, hashes, digest_of(named, hashes))
    census = census_of([Listed("logs/2024-1/x/1", 5)], len("logs/")) + loose

    said = plan_of([], census=census).document()["by_directory"]["largest"]

    assert [(each["directory"], each["bytes"]) for each in said] == [
        ("logs/2024-1/", 5),
        ("logs/", 1),
    ]
    assert "largest" not in said[1]


@given(listed=LISTED)
def test_the_parts_of_a_plan_add_up_to_it(listed: list[Listed]) -> None:
    """By class, and by directory; and JSON carries all of it."""
    said = json.loads(json.dumps(plan_of(listed).document()))

    directories = said["by_directory"]
    by_directory = [*directories["largest"], directories["others"], directories["in_none"]]
    for parts in (said["by_storage_class"].values(), by_directory):
        for name in ("objects", "bytes"):
            assert sum(each[name] for each in parts) == said[name]


def test_a_plan_tells_times_as_people_write_them() -> None:
    """In UTC; a plan of nothing has none."""
    said = plan_of(SOME).document()

    assert said["oldest"].endswith("Z")
    assert said["oldest"] < said["newest"]
    empty = plan_of([], census=Census()).document()
    assert (empty["oldest"], empty["first"], empty["objects"]) == (None, None, 0)


def test_a_plan_tells_days_that_are_short() -> None:
    """And where they are not known, that they are not."""
    listed = [Listed("a", 2**30, CLOCK - DAY, "IA"), Listed("b", 1, CLOCK, None)]

    assert plan_of(listed).document()["early_delete"] == {
        "IA": {"objects": 1, "gb_days": {"at_least": 29.0, "at_most": 29.0}},
        "unknown": {"objects": 1, "gb_days": None},
    }


def test_siblings_are_advice() -> None:
    """If there is something to be surprised by."""
    listed = [Listed("src.txt"), Listed("src/a"), Listed("src2/b")]
    found = [siblings_of("src", columns_of(listed)), siblings_of("src2", columns_of(listed[2:]))]

    said = plan_of(listed, siblings=found).document()

    assert [each["prefix"] for each in said["siblings"]] == ["src"]
    assert said["siblings"][0]["beside"] == {"objects": 2, "bytes": 2}
    assert len(said["advice"]) == 1


def test_siblings_hold_the_objects_that_stay_below_a_named_key() -> None:
    """Whether the directory has an object of its own or not."""
    columns = columns_of([Listed("src/a", 2), Listed("src/b", 2)])
    found = [below_named("src/", columns), below_named("src/", columns, is_there=False)]

    said = plan_of(SOME, below=found).document()

    assert [each["is_object"] for each in said["siblings"]] == [True, False]
    assert said["siblings"][1] == {
        "key": "src/",
        "is_object": False,
        "below": {"objects": 2, "bytes": 4},
        "at_least": False,
    }
    assert len(said["advice"]) == 2


def test_a_plan_says_what_it_is_of() -> None:
    """Its bucket, the order in the words of a request, and when it was made."""
    only = Conditions(
        older_than=30 * DAY, at_least=5, match=("*.log",), except_=("a",), tags=(("k", "v"),)
    )
    ordered = OrderTold(
        "b", ["a/"], keys=3, lists=21, first_lists=["l"] * 20, only=only, objects=9, made=0
    )

    said = plan_of(SOME, ordered=ordered).document()

    assert said["order"] == {
        "bucket": "b",
        "prefix": ["a/"],
        "keys": 3,
        "manifest": [*["l"] * 20, "and 1 more"],
        "only": {
            "older_than": "30d",
            "size": {"at_least": 5},
            "match": ["*.log"],
            "except": ["a"],
            "tags": {"k": "v"},
        },
        "limits": {"objects": 9},
    }
    assert (said["made"], said["cut"]) == ("1970-01-01T00:00:00Z", None)


def test_conditions_are_told_as_a_request_has_them() -> None:
    """A time that was a duration once is a time."""
    only = Conditions(before=0, newer_than=90, keep_latest=2, skip_early_delete=True)

    assert conditions_told(only) == {
        "older_than": "1970-01-01T00:00:00Z",
        "newer_than": "90s",
        "keep_latest": 2,
        "skip_early_delete": True,
    }


def test_a_plan_of_everything_says_so() -> None:
    """It has no prefix to tell."""
    said = OrderTold("b", [""], loses_null_versions=True).document()

    assert said == {"bucket": "b", "everything": True, "null_versions": "lose"}


def test_a_plan_that_a_ceiling_has_cut_says_so_first() -> None:
    """What it leaves out was ordered, too."""
    cut = "limits.objects allows no more than 5"

    said = plan_of(SOME, ordered=replace(ORDERED, cut=cut)).document()

    assert said["cut"] == cut
    assert said["advice"][0] == f"this is not all that was ordered: {cut}; what lies beyond stays"


def test_money_is_written_as_digits() -> None:
    """No reader of JSON rounds it."""
    money = Money("CNY", Between(Decimal("2.6666666"), Decimal(4)), Between(0, 0), ("looks",))

    assert plan_of(SOME, money=money).document()["money"] == {
        "currency": "CNY",
        "early_delete": {"at_least": "2.6667", "at_most": "4.0000"},
        "requests": {"at_least": 0, "at_most": 0},
        "without": ["looks"],
    }


@pytest.mark.parametrize(
    ("scope", "has"),
    [(RuleScope(["a/"]), {"rule", "differences"}), (RuleScope([], named=True), {"rule", "why"})],
)
def test_a_plan_has_a_rule_or_why_there_is_none(scope: RuleScope, has: set[str]) -> None:
    """Ready to paste."""
    said: dict[str, Any] = plan_of(SOME, lifecycle=lifecycle_rule(scope, CLOCK)).document()

    assert set(said["lifecycle"]) == has
