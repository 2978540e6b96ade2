"""The plan's document: figures that add up, in JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from ossweep.plans.bill import Between, Money
from ossweep.plans.census import Census, census_in_any_order
from ossweep.plans.digest import digest_of, hashes_of
from ossweep.plans.document import MOST_OF_LEVEL, MOST_SHOWN
from ossweep.plans.lifecycle import RuleScope, lifecycle_rule
from ossweep.plans.siblings import siblings_of
from unit.plans import CLOCK, DAY, LISTED, Listed, census_of, columns_of, plan_of

SOME = [
    Listed("a/b/1", 10, CLOCK - 2 * DAY, "IA"),
    Listed("a/c/2", 20, CLOCK - 1 * DAY),
    Listed("a/d", 5),
    Listed("e", 1),
]


def test_a_plan_has_what_the_contract_says() -> None:
    """Each field by its name."""
    assert set(plan_of(SOME).document()) - {"sample", "objects_a_second"} == {
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
