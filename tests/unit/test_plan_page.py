"""A plan to look at: as a table for terminals, and as a page that needs nothing but itself."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from rich.console import Console

from localcloud.plan_page import page_of_plan
from localcloud.plan_table import bar, show_plan
from localcloud.plan_words import between, cut, key_shown, objects, origin_of, size, visible
from ossweep.conditions import Conditions
from ossweep.plans.lifecycle import RuleScope, lifecycle_rule
from ossweep.plans.ordered import OrderTold
from ossweep.plans.siblings import siblings_of
from pages import Elements, figures_of
from unit.plans import CLOCK, DAY, LISTED, Listed, columns_of, plan_of

HOSTILE = '</title><script>alert("x")</script>&amp;\x1b[31m\u202e'
TREE = [
    Listed("a/b/1", 70, CLOCK - 2 * DAY, "IA"),
    Listed("a/c/2", 20),
    Listed("b/d", 9),
    Listed("e", 1),
]


def table(plan: dict[str, Any], *, has_page: bool = False, width: int = 120) -> str:
    out = io.StringIO()
    show_plan(Console(file=out, width=width, highlight=False), plan, has_page=has_page)
    return out.getvalue()


@given(listed=LISTED)
def test_the_figures_on_a_page_are_those_of_the_plan(listed: list[Listed]) -> None:
    """Each directory's, each class's, and each area's."""
    plan = plan_of(listed).document()

    elements = Elements(page_of_plan(plan))

    for kind in ("directory", "class"):
        assert elements.figures(kind) == figures_of(plan, kind)
    tiles = elements.having("data-tile")
    assert sum(int(each["data-bytes"] or 0) for each in tiles) == plan["bytes"]
    assert f"{objects(plan['objects'])}, {size(plan['bytes'])}" in elements.texts


def test_an_area_is_as_large_as_its_share() -> None:
    """Of the bytes; all areas together fill the picture."""
    page = page_of_plan(plan_of(TREE).document())

    areas = [
        float(each["width"] or 0) * float(each["height"] or 0)
        for tag, each in Elements(page).found
        if tag == "rect"
    ]

    assert [round(100 * area / (960 * 420)) for area in areas] == [90, 9, 1]


def test_objects_without_a_size_are_drawn_by_their_number() -> None:
    """Else there would be nothing to see."""
    listed = [Listed("a/1", 0), Listed("b/1", 0), Listed("b/2", 0)]
    page = page_of_plan(plan_of(listed).document())

    assert page.count("<rect") == 2
    assert 'style="width:66.7%"' in page


def test_a_directory_opens_to_what_is_below_it() -> None:
    """Level by level, without a script."""
    page = page_of_plan(plan_of(TREE).document())

    assert re.search(r'<details><summary>.*data-directory="a/".*</summary>', page)
    assert page.index('data-directory="a/"') < page.index('data-directory="a/b/"')
    assert page.count("<details>") == 1


def hostile_plan() -> dict[str, Any]:
    listed = [Listed(f"{HOSTILE}/{HOSTILE}/x", 5, CLOCK - DAY, f"IA{HOSTILE}"), Listed("a", 1)]
    found = siblings_of("a", columns_of([Listed("a"), Listed(f"a/{HOSTILE}")]))
    return plan_of(
        sorted(listed, key=lambda each: each.key),
        id=HOSTILE,
        skipped={HOSTILE: 1},
        siblings=[found],
        advice=[HOSTILE],
        lifecycle=lifecycle_rule(RuleScope(["</pre><script>"]), CLOCK),
    ).document()


def test_a_page_needs_nothing_from_elsewhere() -> None:
    """No script, no style sheet, no picture, whatever the keys are."""
    elements = Elements(page_of_plan(hostile_plan()))

    tags = {tag for tag, _ in elements.found}
    assert tags.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base"}
    )
    for attribute in ("src", "href", "xlink:href", "onload", "onclick", "srcset", "action"):
        assert elements.having(attribute) == []
    assert "url(" not in page_of_plan(hostile_plan())


def test_a_page_forbids_what_it_does_not_need() -> None:
    """Should a mistake let something in, no browser runs it."""
    (policy,) = Elements(page_of_plan(plan_of(TREE).document())).having("http-equiv")

    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_keys_are_shown_without_what_they_do() -> None:
    """Neither in a browser nor in a terminal."""
    for shown in (page_of_plan(hostile_plan()), table(hostile_plan())):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert visible("a\n\x1b\u202e\u00e9\ud800 b") == "a\\n\\x1b\\u202e\u00e9\\ud800 b"


def test_a_plan_shows_what_it_is_of() -> None:
    """To whoever approves it by the page or by the table."""
    ordered = OrderTold("mybucket", ["a/"], keys=2, objects=5, made=0, cut="limits.objects is 5")
    plan = plan_of(TREE, ordered=ordered).document()

    for shown in (" ".join(Elements(page_of_plan(plan)).texts), table(plan)):
        assert "plan-1" in shown
        assert "of the bucket mybucket, made at 1970-01-01T00:00:00Z by OSS's clock" in shown
        assert 'ordered: prefix "a/"; 2 keys; limits {"objects": 5}' in shown
        assert "4 objects, 100 B, cut by a ceiling" in shown
        assert "not all of that is in it: limits.objects is 5" in shown


def test_an_order_of_everything_is_told() -> None:
    """And conditions as a request has them."""
    ordered = OrderTold("b", [""], lists=1, first_lists=["l"], only=Conditions(older_than=DAY))

    assert [*origin_of(plan_of(TREE, ordered=ordered).document())] == [
        "of the bucket b",
        'ordered: everything; manifest "l"; only {"older_than": "1d"}',
    ]


def test_long_keys_that_begin_alike_look_different() -> None:
    """A key is cut in its middle."""
    one, other = (key_shown("x" * 900 + end) for end in "ab")

    assert (one[-2:], other[-2:]) == ("xa", "xb")
    assert cut("abcdefghij", 5) == "ab\u2026ij"
    assert cut("abcde", 5) == "abcde"


def test_a_long_key_is_cut_and_a_sentence_is_not() -> None:
    """A sentence says what to do."""
    assert len(key_shown("x" * 1_023)) == 201
    plan = plan_of(TREE, advice=["x" * 1_023]).document()

    assert "x" * 1_023 in page_of_plan(plan)
    assert table(plan).count("x") >= 1_023


@pytest.mark.parametrize("listed", [TREE, [], [Listed("a", 0)]])
def test_a_plan_of_any_size_is_shown(listed: list[Listed]) -> None:
    """That of nothing, too."""
    plan = plan_of(listed).document()

    assert page_of_plan(plan).endswith("</html>\n")
    assert plan["digest"] in table(plan)


@pytest.mark.parametrize(("number", "rows"), [(12, 12), (13, 11), (20, 11), (200, 11)], ids=str)
def test_a_table_of_many_directories_is_cut(number: int, rows: int) -> None:
    """Its last row has the sum of the others, and the page has all that the plan has."""
    listed = [Listed(f"{each:03}/x", each + 1) for each in range(number)]
    plan = plan_of(listed).document()

    found = re.findall(r"^(\d+/|\d+ others) +(\d+) ", table(plan), re.MULTILINE)

    assert len(found) == rows
    assert sum(int(count) for _, count in found) == number
    assert [name for name, _ in found if "others" in name] == (
        [] if rows == number else [f"{number - rows + 1} others"]
    )
    assert page_of_plan(plan).count("data-directory=") == min(number, 20)


def test_a_plan_that_is_kept_nowhere_has_no_id() -> None:
    """It is only to be looked at."""
    plan = plan_of(TREE, id=None).document()

    assert table(plan).startswith("Plan, kept nowhere: 4 objects, 100 B")
    assert "<title>Plan, kept nowhere</title>" in page_of_plan(plan)


def test_a_rule_is_left_to_the_page_where_there_is_one() -> None:
    """Else the terminal has it."""
    rule = lifecycle_rule(RuleScope(["a/"]), CLOCK)
    plan = plan_of(TREE, lifecycle=rule).document()

    assert "<Prefix>a/</Prefix>" in table(plan)
    assert "<Prefix>" not in table(plan, has_page=True)
    assert "&lt;Prefix&gt;a/&lt;/Prefix&gt;" in page_of_plan(plan)


def test_directories_that_are_told_in_part_are_said_to_be() -> None:
    """Of very many directories some figures are the least only."""
    plan = plan_of(TREE).document()
    plan["by_directory"]["is_exact"] = False

    for shown in (table(plan), page_of_plan(plan)):
        assert "each directory has at least so much" in shown


def test_a_table_has_bars_for_classes_and_directories() -> None:
    """And says what lies in none."""
    plan = plan_of(TREE, skipped={"protected": 2}).document()

    lines = table(plan).splitlines()

    assert any(re.fullmatch(r"IA +1 +70 B +\u2588{14} *", each) for each in lines)
    assert any(re.fullmatch(r"a/ +2 +90 B +\u2588{18} *", each) for each in lines)
    assert any(each.startswith("in no directory") for each in lines)
    assert "kept: 2 objects, protected" in lines
    assert any("GB-days" in each for each in lines)
    assert "requests: 2 to 5 PUT, 0 GET" in lines
    assert any(each.startswith("time: 1 second in 1 invocation, at ") for each in lines)


@pytest.mark.parametrize(
    ("part", "drawn"), [(0, "    "), (1, "\u258f   "), (50, "\u2588\u2588  "), (100, "\u2588" * 4)]
)
def test_a_bar_is_as_long_as_its_share(part: int, drawn: str) -> None:
    """What is there at all is seen."""
    assert bar(part, 100, 4) == drawn
    assert bar(0, 0, 4) == "    "


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0 B"),
        (1_023, "1,023 B"),
        (1_024, "1.0 KiB"),
        (3 * 2**40, "3.0 TiB"),
        (2**63, "8,192.0 PiB"),
    ],
)
def test_a_size_is_written_by_1024s(number: int, written: str) -> None:
    """As OSS bills it."""
    assert size(number) == written


@pytest.mark.parametrize(
    ("least", "most", "written"),
    [(1, 1, "1"), (1_000, 2_000, "1,000 to 2,000"), ("0.5", "1", "0.5 to 1")],
)
def test_bounds_that_are_one_number_are_written_as_one(least: Any, most: Any, written: str) -> None:
    """Others as both."""
    assert between({"at_least": least, "at_most": most}) == written
