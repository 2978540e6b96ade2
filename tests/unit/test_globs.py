"""Globs on names: what they match, what is refused, and that no pattern hangs."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ossweep.filters.globs import Globs

pytestmark = pytest.mark.differs


def matches(pattern: str, name: str, *, widely: bool = False) -> bool:
    return bool(Globs([pattern], widely=widely).matches(name))


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("a.log", ["a.log"], ["a.log/", "aXlog", "A.log", "b/a.log", "a.log\n"]),
        ("*.log", ["a.log", ".log", ".a.log", "a\nb.log", "\u00e9.log"], ["a/b.log", "/a.log"]),
        ("**/*.log", ["a.log", "a/b.log", "a/b/c.log", "a//b.log", "/a.log"], ["a.txt", "a.log/"]),
        ("*", ["a", ".a", "..", "\n", "\\"], ["", "a/", "a/b"]),
        ("**", ["a", "a/b", "a/", "/", ".a/.b"], [""]),
        ("a/**", ["a/b", "a/b/c", "a//", "a/b/"], ["a", "a/", "b/a", "aa/b"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a//b"], ["ab", "a/xb", "xa/b"]),
        ("a/**/**/b", ["a/b", "a/x/b"], ["ab"]),
        ("a/*/b", ["a/x/b"], ["a//b", "a/b", "a/x/y/b"]),
        ("a/b", ["a/b"], ["a//b", "a/./b"]),
        ("**/x/**", ["x/a", "a/x/b", "a/b/x/c/d"], ["x", "x/", "ax/b"]),
        ("**/", ["a/", "a/b/", "/"], ["a", "a/b"]),
        ("*-*.log", ["a-b.log", "-.log", "a-b-c.log"], ["a.log", "a/-.log"]),
        ("?.log", ["a.log", "\u00e9.log", "\U0001f4a9.log", "\n.log"], ["/.log", ".log", "ab.log"]),
        ("[abc]", ["a", "c"], ["d", "", "/"]),
        ("[a-c]x", ["bx"], ["dx", "-x"]),
        ("[!a]", ["b", "\n", "!", "\u00e9"], ["a", "/", ""]),
        ("[^a]", ["b"], ["a", "/"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[!]a]", ["b"], ["]", "a"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[+-9]", ["+", ".", "0", "9"], ["/", ":"]),
        (r"[\]\-]", ["]", "-"], ["\\"]),
        (r"\*\?\[\]\{\}\!", ["*?[]{}!"], ["a?[]{}!"]),
        (r"\\", ["\\"], ["\\\\"]),
        ("a!b", ["a!b"], ["ab"]),
        ("~/a~", ["~/a~"], ["a~"]),
        ("a.b+c(d)|e^f$g", ["a.b+c(d)|e^f$g"], ["a"]),
        ("*\x00", ["\x00", "a\x00"], ["\x00a"]),
    ],
)
def test_a_pattern_matches_whole_names(pattern: str, names: list[str], others: list[str]) -> None:
    """To the letter: a key is opaque, a dot hides nothing, and no slash is left out."""
    assert [name for name in [*names, *others] if matches(pattern, name)] == names


@pytest.mark.parametrize(
    ("pattern", "name"), [("*", ""), ("a/*", "a/"), ("a/**", "a/"), ("**", ""), ("a/*/b", "a//b")]
)
def test_an_empty_name_matches_a_star_only_where_that_keeps_it(pattern: str, name: str) -> None:
    """Shells know none: of two readings, the object stays."""
    assert not matches(pattern, name)
    assert matches(pattern, name, widely=True)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("!a", "as an exception"),
        ("/a", "no slash"),
        ("./a", "no slash"),
        ("**.log", "`**` has to stand alone"),
        ("a**", "`**` has to stand alone"),
        ("***", "more than two stars"),
        ("[a", "`[` has no `]`"),
        ("[]", "only characters and ranges"),
        ("[!]", "only characters and ranges"),
        ("[a/b]", "only characters and ranges"),
        ("[[:alpha:]]", "only characters and ranges"),
        (r"[\d]", "only characters and ranges"),
        ("[z-a]", "upside down"),
        ("*.{log,txt}", "a list of patterns"),
        ("a}", "a list of patterns"),
        ("a\\", "a backslash"),
        ("a\\b", "a backslash"),
        ("a\\/b", "a backslash"),
    ],
)
@pytest.mark.parametrize("widely", [False, True])
def test_a_pattern_that_is_read_in_different_ways_is_refused(
    pattern: str, sentence: str, widely: bool
) -> None:
    """Its sentence says what to write."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Globs([pattern], widely=widely)


def test_an_exception_does_not_end_in_a_slash() -> None:
    """It would keep the directory's marker, and let all go that is in the directory."""
    with pytest.raises(ValueError, match=re.escape("write `**` behind the slash")):
        Globs(["a/"], widely=True)

    assert matches("a/**", "a/", widely=True)


def test_one_of_several_patterns_has_to_match() -> None:
    """Whichever it is."""
    globs = Globs(["*.log", "a|b"], widely=False)

    assert [bool(globs.matches(name)) for name in ("x.log", "a|b", "a", "b")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("code", range(1, 128))
def test_a_plain_character_is_matched_by_itself_only(code: int) -> None:
    """By either engine, escaped or not, and between brackets."""
    letter = chr(code)
    if letter not in "*?[]{}/\\!":
        for pattern in (letter, f"x{letter}", f"*x*{letter}"):
            assert matches(pattern, pattern.replace("*", "")), pattern
            assert not matches(pattern, pattern.replace("*", "")[:-1] + "\u00e9"), pattern
    if not letter.isalnum() and letter != "/":
        for pattern in (f"\\{letter}", f"*x*\\{letter}", f"[_\\{letter}]", f"*x*[_\\{letter}]"):
            name = ("x" if "x" in pattern else "") + letter
            assert matches(pattern, name), pattern


@pytest.mark.parametrize(
    ("pattern", "is_quick"),
    [
        ("**/*.log", True),
        ("a/**/b-*/c-*.log", True),
        ("**/x/**", True),
        ("*-*.log", False),
        ("**/x/**/y", False),
        ("a" * 65, False),
    ],
)
def test_a_pattern_that_could_be_tried_often_is_matched_in_linear_time(
    pattern: str, is_quick: bool
) -> None:
    """By RE2: a writer chooses the key, and `re` would try every way to share it out."""
    assert Globs([pattern], widely=False).is_quick is is_quick


def test_a_key_that_a_glob_library_hangs_at_is_matched() -> None:
    """12 seconds with wcmatch, for a quarter of a key."""
    assert not matches("*a" * 20 + "*b", "a" * 1023)
    assert not matches("**/a/" * 20 + "b", "a/" * 511)


def naive(pattern: str, name: str, *, widely: bool) -> bool:
    """Match piece by piece, by trying everything."""
    return _pieces(pattern.split("/"), name.split("/"), widely)


def _pieces(pattern: list[str], name: list[str], widely: bool) -> bool:
    if not pattern or not name:
        return not pattern and not name
    first, *rest = pattern
    if first == "**" and not rest:
        return widely or name != [""]
    if first == "**":
        return any(_pieces(rest, name[at:], widely) for at in range(len(name)))
    if first == "*" and not name[0] and not widely:
        return False
    return _letters(first, name[0]) and _pieces(rest, name[1:], widely)


def _letters(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(_letters(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and _letters(pattern[1:], name[1:])


PIECES = st.just("**") | st.lists(
    st.sampled_from(["a", "b", ".", "*", "?", "\u00e9"]), max_size=4
).map("".join).filter(lambda piece: "**" not in piece)
PATTERNS = (
    st.lists(PIECES, min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda text: text and not text.startswith(("/", "./")) and not text.endswith("/"))
)


@given(pattern=PATTERNS, name=st.text("ab./\n\u00e9", max_size=8), widely=st.booleans())
@example(pattern="a/**", name="a/", widely=False)
@example(pattern="**/**", name="", widely=False)
@example(pattern="**/*", name="/", widely=True)
def test_a_name_matches_as_by_trying_everything(pattern: str, name: str, widely: bool) -> None:
    """Whichever engine matches it."""
    assert matches(pattern, name, widely=widely) == naive(pattern, name, widely=widely)


@given(pattern=PATTERNS, name=st.text("ab./", max_size=8))
def test_an_exception_keeps_whatever_the_same_pattern_would_choose(pattern: str, name: str) -> None:
    """It is read no more narrowly."""
    assert matches(pattern, name, widely=True) or not matches(pattern, name)


@given(first=PATTERNS, second=PATTERNS, name=st.text("ab./", max_size=8))
def test_a_list_of_patterns_is_their_union(first: str, second: str, name: str) -> None:
    """None of them changes what another one means."""
    both = bool(Globs([first, second], widely=False).matches(name))

    assert both == (matches(first, name) or matches(second, name))


@given(
    st.sampled_from(
        ["*", "*.log", "**/*.log", "**/*", "**", "*g", "**/*/", "a*", "*.l?g", "*.[l]og"]
    ),
    st.lists(st.text("a/.log", max_size=6), min_size=1, max_size=4),
    st.booleans(),
)
def test_a_page_of_names_matches_as_its_names_do(
    pattern: str, names: list[str], widely: bool
) -> None:
    """Whatever shortcut there is for a pattern that asks for an end only."""
    if widely and pattern.endswith("/"):
        return
    globs = Globs([pattern], widely=widely)

    assert globs.match_all(names) == all(globs.matches(name) for name in names)
