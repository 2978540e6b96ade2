"""Siblings: what a prefix takes beside the directory of its name, and what a named key leaves."""

from __future__ import annotations

from functools import reduce
from operator import add

import pytest
from hypothesis import given
from pydantic import TypeAdapter

from ossweep.plans.directories import NOTHING, Amount
from ossweep.plans.siblings import MOST_NAMED_BESIDE, Siblings, below_named, siblings_of
from unit.plans import BORDERS, LISTED, Listed, columns_of, pages_of


def taken(prefix: str, *keys: str) -> Siblings:
    found = siblings_of(prefix, columns_of([Listed(key, 2) for key in sorted(keys)]))
    assert found is not None
    return found


def test_a_prefix_takes_what_lies_beside_its_directory() -> None:
    """As a plain string match does."""
    found = taken("src", "src", "src.txt", "src/", "src/a", "src/b/c", "src2/a", "src2/b")

    assert found.within == Amount(3, 6)
    assert found.beside == Amount(4, 8)
    assert found.named == {
        "src": Amount(1, 2),
        "src.txt": Amount(1, 2),
        "src2/": Amount(2, 4),
    }


def test_a_prefix_that_takes_more_than_its_directory_is_told_of() -> None:
    """With the word that would have meant the directory alone."""
    keys = [*(f"src2/{each}" for each in range(40)), "src.txt", "src/a", "src/b"]

    assert taken("src", *keys).sentence() == (
        'the prefix "src" takes 2 objects below "src/", and 41 objects beside it: "src.txt" and '
        'below "src2/"; write `directory` instead to leave them'
    )


def test_a_sentence_names_the_largest_siblings() -> None:
    """And that there are others."""
    keys = [f"s{name}/{each}" for name in "abcde" for each in range(2 + (name == "e"))]

    assert (
        'below "sc/", below "sd/", below "se/" and elsewhere;'
        in taken("s", "s/x", *keys).sentence()
    )


@pytest.mark.parametrize(
    ("keys", "is_surprising"),
    [(["a/1"], False), (["ab", "ac"], False), (["a/1", "ab"], True), (["a", "a/1"], True)],
)
def test_a_prefix_surprises_where_both_are_there(keys: list[str], is_surprising: bool) -> None:
    """`logs/2024-` has no directory of its name, and means what it says."""
    assert taken("a", *keys).is_surprising is is_surprising


@pytest.mark.parametrize("prefix", ["", "a/"])
def test_a_prefix_that_ends_a_directory_has_no_siblings(prefix: str) -> None:
    """Nor has the whole bucket."""
    assert siblings_of(prefix, columns_of([Listed("a/1")])) is None


def test_many_siblings_are_counted_and_a_few_of_them_named() -> None:
    """Memory does not grow with their number."""
    found = taken("a", "a/1", *(f"a{each:04}/x" for each in range(900)))

    assert (found.beside.objects, len(found.named), found.is_cut) == (900, MOST_NAMED_BESIDE, True)


def carried(found: Siblings | None) -> Siblings:
    assert found is not None
    form = TypeAdapter(Siblings)
    return form.validate_json(form.dump_json(found), strict=True)


@given(listed=LISTED, borders=BORDERS)
def test_siblings_add_up_however_their_keys_are_cut(
    listed: list[Listed], borders: list[int]
) -> None:
    """Into pages, branches and invocations."""
    mine = [each for each in listed if each.key.startswith("a")]
    if not mine:
        return
    parts = [carried(siblings_of("a", columns_of(page))) for page in pages_of(mine, borders)]

    found = reduce(add, parts)

    within = [each for each in mine if each.key.startswith("a/")]
    assert found.within == Amount(len(within), sum(each.size for each in within))
    assert found.within + found.beside == Amount(len(mine), sum(each.size for each in mine))
    assert found.is_cut or sum(found.named.values(), NOTHING) == found.beside


def test_a_named_key_leaves_what_lies_below_it() -> None:
    """It is the directory's own object, and nothing else."""
    columns = columns_of([Listed(key, 2) for key in ("a", "a/", "a/b/c", "a/d", "a0")])

    found = below_named("a/", columns)

    assert found is not None
    assert found.below == Amount(2, 4)
    assert found.sentence() == (
        'the key "a/" is a directory\'s own object, and 2 objects below it stay; '
        "write `directory` instead to delete them, too"
    )


def test_one_object_below_a_named_key_is_told_as_one() -> None:
    """And stays, as several stay."""
    found = below_named("a/", columns_of([Listed("a/"), Listed("a/1")]))

    assert found is not None
    assert "and 1 object below it stays; write" in found.sentence()


def test_a_named_directory_without_an_object_of_its_own_leaves_what_lies_below_it() -> None:
    """Most directories have none."""
    columns = columns_of([Listed("a/b/c", 2)])

    found = below_named("a/", columns, is_there=False)

    assert found is not None
    assert found.sentence() == (
        'the key "a/" shows no object, and 1 object below it stays; write `directory` instead to '
        "delete it"
    )


@pytest.mark.parametrize(("keys", "more"), [(["a/", "a/1"], True), (["a/", "a/1", "b"], False)])
def test_a_page_below_a_named_key_is_enough(keys: list[str], more: bool) -> None:
    """Whether there are more, the page tells, or that there is one."""
    found = below_named("a/", columns_of([Listed(key) for key in keys]), more=True)

    assert found is not None
    assert ("at least 1 object below it" in found.sentence()) is more
    assert (found + found).below == Amount(2, 2)


def test_a_named_key_without_a_slash_is_an_object() -> None:
    """Nothing lies below it."""
    assert below_named("a", columns_of([Listed("a"), Listed("a/1")])) is None
