"""The digest: the same for the same objects, whoever lists them in whatever pages."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ossweep.objects import Columns
from ossweep.plans.digest import Digest, digest_of, hashes_of
from unit.plans import BORDERS, KEYS, LISTED, Listed, columns_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def digest(listed: Sequence[Listed]) -> Digest:
    columns = columns_of(listed)
    return digest_of(columns, hashes_of(columns))


SOME = [Listed("a/1", 10), Listed("a/2", 20), Listed("b/1", 30)]


def test_the_digest_of_no_objects_is_zero() -> None:
    """It adds nothing."""
    assert digest([]) == Digest()
    assert digest(SOME) + Digest() == digest(SOME)


def test_a_digest_counts_objects_and_their_bytes() -> None:
    """Beside the sum of the hashes."""
    assert (digest(SOME).objects, digest(SOME).bytes) == (3, 60)


def test_the_digest_of_an_object_stays_what_it_is() -> None:
    """A plan of last week is compared with a listing of today, by another version of the code."""
    assert digest([Listed("a/1", 10)]).sum == "fa79893a2506918035aa39a5f88d3584"


@given(listed=LISTED, borders=BORDERS, data=st.data())
def test_the_order_of_meeting_changes_nothing(
    listed: list[Listed], borders: list[int], data: st.DataObject
) -> None:
    """Neither do pages, branches and invocations."""
    pages = data.draw(st.permutations(pages_of(listed, borders)))

    assert reduce(add, map(digest, pages)) == digest(listed)


@pytest.mark.parametrize(
    "others",
    [
        [Listed("a/1", 20), Listed("a/2", 10), SOME[2]],
        [Listed("a/2", 10), Listed("b/1", 20), Listed("a/1", 30)],
        [Listed("a/3", 10), SOME[1], SOME[2]],
        [replace(SOME[0], mark="OTHER"), SOME[1], SOME[2]],
        [SOME[0], SOME[0], SOME[0]],
        [SOME[1], SOME[1], SOME[1]],
        [Listed("a/1\n1", 0), SOME[1], SOME[2]],
    ],
    ids=["sizes", "moved", "renamed", "rewritten", "thrice", "thrice the other", "line breaks"],
)
def test_another_set_of_objects_has_another_digest(others: list[Listed]) -> None:
    """Though it has as many, or the same names, or the same sizes."""
    assert digest(others).sum != digest(SOME).sum


def test_an_object_that_is_met_twice_does_not_cancel_out() -> None:
    """Two pairs differ from each other, and from nothing."""
    first, second = [SOME[0]] * 2, [SOME[1]] * 2

    assert len({digest(first).sum, digest(second).sum, Digest().sum}) == 3


@given(
    rows=st.lists(st.tuples(KEYS, st.integers(0, 3), st.sampled_from("AB")), max_size=6),
    others=st.lists(st.tuples(KEYS, st.integers(0, 3), st.sampled_from("AB")), max_size=6),
)
def test_a_digest_is_of_one_collection_of_objects(
    rows: list[tuple[str, int, str]], others: list[tuple[str, int, str]]
) -> None:
    """As far as anybody will see."""

    def of(rows: list[tuple[str, int, str]]) -> Digest:
        return digest([Listed(key, size, mark=mark) for key, size, mark in rows])

    assert (of(rows) == of(others)) == (Counter(rows) == Counter(others))


def test_a_column_that_is_too_short_is_an_error() -> None:
    """No object is left out of the sum."""
    short = Columns(["a", "b"], [1], [1], ["Standard"], ["A"])

    with pytest.raises(ValueError, match="shorter"):
        hashes_of(short)


def test_a_digest_survives_json() -> None:
    """Each of its numbers, though JSON's readers have 53 bits."""
    form = TypeAdapter(Digest)
    document = form.dump_json(digest(SOME))

    assert form.validate_json(document, strict=True) == digest(SOME)
    assert isinstance(json.loads(document)["sum"], str)


@pytest.mark.parametrize(
    "forged",
    [
        Digest(-1),
        Digest(1, -1),
        Digest(1, 1, "0"),
        Digest(1, 1, "G" * 32),
        Digest(0, 1),
        Digest(0, 0, "1" * 32),
    ],
)
def test_a_digest_that_no_objects_add_up_to_is_refused(forged: Digest) -> None:
    """A document from outside may hold any."""
    with pytest.raises(ValueError, match="digest"):
        forged.check()


def test_a_digest_of_objects_is_accepted() -> None:
    """And that of none."""
    digest(SOME).check()
    Digest().check()
