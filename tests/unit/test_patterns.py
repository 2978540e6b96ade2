"""Patterns of keys: what they match, what they never do, and where two of them meet."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "key", "parts"),
    [
        ("videos/{id}.mp4", "videos/a1.mp4", {"id": "a1"}),
        ("videos/{id}.mp4", "videos/a.b.mp4", {"id": "a.b"}),
        ("{tenant}/in/{name}.zip", "t1/in/x.zip", {"tenant": "t1", "name": "x"}),
        ("plain.txt", "plain.txt", {}),
        ("a.c/{x}", "a.c/é\n", {"x": "é\n"}),
    ],
)
def test_a_key_of_the_form_gives_its_parts(pattern: str, key: str, parts: dict[str, str]) -> None:
    """Whatever characters a part holds, but for a slash."""
    assert Pattern(pattern).match(key) == parts
    assert Pattern(pattern).fill(parts) == key


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("videos/{id}.mp4", "videos/.mp4"),
        ("videos/{id}.mp4", "videos/a/b.mp4"),
        ("videos/{id}/x", "videos/./x"),
        ("videos/{id}/x", "videos/../x"),
        ("videos/{id}.mp4", "xvideos/a.mp4"),
        ("videos/{id}.mp4", "videos/a.mp4x"),
        ("videos/{id}.mp4", "videos/aXmp4"),
        ("{a}-{b}.mp4", "x-y-z.mp4"),
        ("plain.txt", "plain-txt"),
    ],
)
def test_an_empty_a_dotted_a_wider_or_an_ambiguous_part_matches_nothing(
    pattern: str, key: str
) -> None:
    """In doubt the rule says nothing about the key."""
    assert Pattern(pattern).match(key) is None


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("a{", "a part is written"),
        ("a}b", "a part is written"),
        ("a{}", "a part is written"),
        ("a{B}", "a part is written"),
        ("a{b c}", "a part is written"),
        ("{a}{b}", "touch each other"),
        ("{a}/{a}", "stands twice"),
    ],
)
def test_a_pattern_that_nobody_could_be_sure_of_is_refused(pattern: str, sentence: str) -> None:
    """Its sentence says what to write."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Pattern(pattern)


@pytest.mark.parametrize(
    ("one", "below", "other", "meet"),
    [
        ("hls/{id}/", True, "videos/{id}.mp4", False),
        ("videos/{id}/", True, "videos/{id}.mp4", False),
        ("videos/{id}/", True, "videos/{id}/master.mp4", True),
        ("videos/{id}.m", True, "videos/{id}.mp4", True),
        ("thumbs/{id}.jpg", False, "thumbs/{id}.jpg", True),
        ("thumbs/{id}.jpg", False, "thumbs/{id}.png", False),
        ("{a}/x", False, "y/{b}", True),
        ("{a}", False, "b/{c}", False),
        ("v", True, "videos/{id}.mp4", True),
        ("a{x}c", False, "ab{y}", True),
    ],
)
def test_patterns_meet_where_a_key_matches_both(
    one: str, below: bool, other: str, meet: bool
) -> None:
    """`below` stands for everything that begins with what the first one matches."""
    assert Pattern(one).meets(Pattern(other), below=below) is meet


texts = st.lists(st.sampled_from(["a", "b", "/", "x", "y"]), max_size=4).map("".join)


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    pieces = [draw(texts) for _ in range(draw(st.integers(1, 3)))]
    names = iter("pqr")
    text = pieces[0] + "".join(f"{{{next(names)}}}-{piece}" for piece in pieces[1:])
    return Pattern(text)


@given(one=patterns(), other=patterns(), below=st.booleans(), data=st.data())
def test_a_key_that_both_match_makes_them_meet(
    one: Pattern, other: Pattern, below: bool, data: st.DataObject
) -> None:
    """No common key is overlooked."""
    part = st.text("abxy-", min_size=1, max_size=4)
    key = one.fill({name: data.draw(part) for name in one.parts})
    key += data.draw(st.text("abxy/-", max_size=4)) if below else ""

    if re.fullmatch(re.sub(r"\\\{[a-z]\\\}", "[^/]+", re.escape(other.text)), key):
        assert one.meets(other, below=below)
