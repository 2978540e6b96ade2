"""A range of keys is cut in two where half of it probably lies."""

from __future__ import annotations

import random
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.engine.splits import Alphabet, Sample
from unit.key_shapes import SHAPES, keys_of

KEY_BYTES = 1023  # the longest key in OSS, and so the longest marker
ANY = st.characters(exclude_categories=["Cs"])
FEW = st.sampled_from("ab01/\u00e9\u4e00\U0001f4a9\x00\uffff")
KEYS = st.lists(st.text(ANY | FEW, min_size=1, max_size=8), min_size=2, max_size=20, unique=True)


def learned(keys: list[str]) -> tuple[Alphabet, Sample]:
    """Return what somebody knows who has seen a page of these keys."""
    alphabet = Alphabet()
    alphabet.learn(keys)
    return alphabet, Sample(len(keys), keys[0], keys[-1])


@given(st.text(ANY | FEW, max_size=4), KEYS, KEYS, st.booleans(), st.integers(1, 10**9))
def test_any_cut_lies_strictly_between_the_ends(
    prefix: str, seen: list[str], others: list[str], bounded: bool, number: int
) -> None:
    """Below the range's prefix, whatever was seen before, and as UTF-8 can carry it."""
    seen, others = (sorted(prefix + key for key in keys) for keys in (seen, others))
    alphabet, sight = learned(seen)
    alphabet.learn(others)
    low, end = seen[-1], others[-1] if bounded and others[-1] > seen[-1] else None

    cut = alphabet.cut(prefix, low, end, sight, number)

    if cut is not None:
        assert low < cut
        assert end is None or cut < end
        assert cut.startswith(prefix)
        assert cut.encode().decode() == cut


@given(KEYS, st.integers(1, 10**9))
def test_a_range_without_room_is_not_cut(seen: list[str], number: int) -> None:
    """Nothing lies between a key and the end right behind it."""
    seen.sort()
    alphabet, sight = learned(seen)

    assert alphabet.cut("", seen[-1], seen[-1] + "\x00", sight, number) is None
    assert alphabet.keys_between("", seen[-1], seen[-1], sight) == 0


@given(KEYS, KEYS)
def test_keys_between_two_places_are_no_fewer_if_the_places_lie_farther_apart(
    seen: list[str], places: list[str]
) -> None:
    """And never fewer than none, wherever the places are."""
    seen.sort()
    alphabet, sight = learned(seen)
    low, middle, *_, end = sorted([*places, seen[0]])

    inner = alphabet.keys_between("", low, middle, sight)
    outer = alphabet.keys_between("", low, end, sight)

    assert 0 <= inner <= outer
    assert alphabet.keys_between("", end, low, sight) == 0


@pytest.mark.parametrize("shape", ["padded numbers", "hashes", "uuids", "Chinese"])
def test_the_keys_between_two_places_are_reckoned_from_a_page(shape: str) -> None:
    """Where keys are spread evenly, half as many to twice as many as there are."""
    keys = keys_of(shape, 50_000)
    alphabet = Alphabet()
    for first in range(0, len(keys), 5000):
        alphabet.learn(keys[first : first + 1000])
    alphabet.learn(keys[9000:10_000])
    sight = Sample(1000, keys[9000], keys[9999])

    reckoned = alphabet.keys_between("", keys[9999], keys[-1000], sight)

    assert 0.5 < reckoned / (len(keys) - 11_000) < 2


@pytest.mark.parametrize("shape", SHAPES)
def test_keys_of_any_shape_are_cut_with_some_on_either_side(shape: str) -> None:
    """Once a few pages from here and there have been seen, no cut at half is a wasted one."""
    keys = keys_of(shape, 50_000)
    alphabet = Alphabet()
    for first in range(0, len(keys), 5000):
        alphabet.learn(keys[first : first + 1000])
    sight = Sample(1000, keys[19_000], keys[19_999])
    expected = alphabet.keys_between("", keys[19_999], keys[-1], sight)

    cut = alphabet.cut("", keys[19_999], keys[-1], sight, expected // 2)

    assert cut is not None
    assert 20_500 < bisect_right(keys, cut) < len(keys) - 500


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("13", "0123456789"),
        ("1b", "0123456789abcdef"),
        ("1k", "0123456789abcdefghijklmnopqrstuvwxyz"),
        ("bd", "abcdefghijklmnopqrstuvwxyz"),
        ("1B", "0123456789ABCDEF"),
        ("1K", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("-_", "-_"),
    ],
)
def test_one_character_of_a_kind_stands_for_its_whole_kind(seen: str, expected: str) -> None:
    """Cuts are made of digits where digits were seen, of letters where letters were."""
    alphabet, sight = learned(sorted(seen))
    chance = random.Random(1)

    cuts = (
        alphabet.cut("", seen[0], None, sight, chance.randrange(1, 100 * len(seen)))
        for _ in range(2000)
    )

    assert {cut[0] for cut in cuts if cut} | {seen[0]} <= set(expected)


def test_a_cut_is_short() -> None:
    """It is part of a continuation: a few characters beyond what keys around it share."""
    keys = keys_of("hashes", 3000)
    alphabet, sight = learned(keys[:1000])

    cut = alphabet.cut("", keys[999], None, sight, 300)

    assert cut is not None
    assert len(cut) <= 4


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u4e00", "\U0001f4a9"])
def test_no_cut_is_longer_than_a_key(letter: str) -> None:
    """OSS would refuse it as a marker."""
    longest = letter * (KEY_BYTES // len(letter.encode()))
    keys = [longest[:-2] + tail for tail in ("0", "0zz"[: len(letter.encode())], "1")]
    alphabet, sight = learned([*keys, longest])

    cuts = [alphabet.cut("", keys[0], None, sight, number) for number in range(1, 200)]

    assert {len(cut.encode()) for cut in cuts if cut} <= set(range(KEY_BYTES + 1))
    assert any(cuts)
