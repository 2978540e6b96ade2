"""Patterns of keys: what they match, what they never do, and where two of them meet."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ossweep.patterns import Pattern
from steps import steps_of

pytestmark = pytest.mark.differs


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


def by_expressions(pattern: Pattern, key: str) -> dict[str, str] | None:
    """Match as a regular expression does, with the longest and with the shortest parts."""
    text = re.escape(pattern.text)
    greedy, lazy = (
        re.fullmatch(re.sub(r"\\\{([a-z])\\\}", rf"(?P<\1>[^/]{repeated})", text), key)
        for repeated in ("+", "+?")
    )
    if greedy is None or lazy is None or greedy.groupdict() != lazy.groupdict():
        return None
    parts = greedy.groupdict()
    return None if {".", ".."} & set(parts.values()) else parts


def parts_with(borders: st.SearchStrategy[str]) -> st.SearchStrategy[Pattern]:
    """Patterns of up to four parts, with texts of the same few characters around them."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Pattern:
        between = draw(st.lists(borders.filter(bool), max_size=3))
        text = "".join(f"{{{name}}}{border}" for name, border in zip("pqrs", between, strict=False))
        return Pattern(draw(borders) + text + draw(st.sampled_from(["", "{z}"])) + draw(borders))

    return drawn().filter(lambda pattern: "}{" not in pattern.text)


@given(pattern=parts_with(st.text("ab/.", max_size=3)), key=st.text("ab/.", max_size=12))
def test_a_key_matches_as_by_a_regular_expression(pattern: Pattern, key: str) -> None:
    """Whose longest and shortest parts are the same."""
    assert pattern.match(key) == by_expressions(pattern, key)


@given(
    pattern=parts_with(st.text("ab", max_size=2)),
    unit=st.text("ab/-", min_size=1, max_size=3),
    end=st.text("ab/-", max_size=2),
)
@example(pattern=Pattern("{p}a{q}a{r}a{s}a"), unit="a", end="b")
@example(pattern=Pattern("{p}a{q}a{r}a{s}a"), unit="a", end="")
def test_the_time_to_match_grows_no_faster_than_the_key(
    pattern: Pattern, unit: str, end: str
) -> None:
    """A writer chooses the key: 1 KB of just what the pattern waits for."""
    pattern.match("warm")  # what belongs to the pattern alone is made once
    short, long = (unit * (size // len(unit)) + end for size in (128, 1024))
    first = steps_of(lambda: pattern.match(short))

    assert steps_of(lambda: pattern.match(long)) <= 10 * first + 100
