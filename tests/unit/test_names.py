"""The filter by names: globs and expressions, of keys relative to each selector."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.filters.names import Names
from ossweep.filters.ports import Whole
from ossweep.filters.reasons import EXCEPTED, NO_MATCH, UNJUDGED
from ossweep.filters.regexes import Regexes
from unit.subjects import CLOCK, NAMES, Seen, overview_of

pytestmark = pytest.mark.differs


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("a", ["a"], ["ab", "ba", "A", "a\n"]),
        (r".*\.log", ["a.log", "a/b.log"], ["a.log.gz", "a\nb.log"]),
        ("a|ab", ["a", "ab"], ["abc"]),
        ("^a$", ["a"], ["b\na"]),
        ("(?i)a", ["a", "A"], ["b"]),
        ("(?s)a.b", ["a\nb"], ["ab"]),
        (r"\d{4}-.", ["2024-\u00e9"], ["2024-"]),
    ],
)
def test_a_wanted_expression_matches_the_whole_name(
    pattern: str, names: list[str], others: list[str]
) -> None:
    """Its dot is no line break, unless it says so."""
    regexes = Regexes([pattern], widely=False)

    assert [name for name in [*names, *others] if regexes.matches(name)] == names


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("keep", ["keep", "a/keep.log", "upkeep"], ["Keep"]),
        ("^keep$", ["keep"], ["keeper"]),
        ("a.b", ["a\nb"], ["ab"]),
    ],
)
def test_an_exception_is_found_anywhere_in_a_name(
    pattern: str, names: list[str], others: list[str]
) -> None:
    """Of two readings, the object stays."""
    regexes = Regexes([pattern], widely=True)

    assert [name for name in [*names, *others] if regexes.matches(name)] == names


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        (r"^\w+\.txt$", ["gr\u00f6\u00dfe.txt", "a.txt"], ["\u00f6 .txt"]),
        (r"\d", ["\u0661", "1"], ["\u00e9"]),
        (r"\s", ["\u00a0", " ", "\u00e9\x1c"], ["a\u00e9"]),
        (r"[\w.]@", ["\u00fc@", "a@"], ["-@"]),
        (r"[^\w]x", ["\u00fcx", "-x"], ["ax"]),
        (r"\bcat\b", ["\u00fccat", "cat"], ["concat", "\u00fcca"]),
        (r"\Q\w\E", ["\\w"], ["\u00fc"]),
        (r"[]\d]", ["]", "\u0661"], ["\u00e9"]),
    ],
)
def test_a_name_beyond_ascii_is_excepted_by_either_reading(
    pattern: str, names: list[str], others: list[str]
) -> None:
    """RE2's classes are ASCII's; those of other tools know all alphabets."""
    regexes = Regexes([pattern], widely=True)

    assert [name for name in [*names, *others] if regexes.matches(name)] == names


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        (r"\W+x", ["-x"], ["\u00fcx"]),
        (r".*\bcat", ["-cat"], ["\u00fccat"]),
        (r"[^\d]", ["a"], ["\u0661", "\u00e9"]),
        (r"[^a]\w", ["ba", "\u00e9a"], ["b\u00e9"]),
        (r"\Q\W\E", ["\\W"], ["\u00fc"]),
    ],
)
def test_a_name_beyond_ascii_is_matched_by_none_that_takes_more_by_one_reading(
    pattern: str, names: list[str], others: list[str]
) -> None:
    """It stays."""
    regexes = Regexes([pattern], widely=False)

    assert [name for name in [*names, *others] if regexes.matches(name)] == names


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a", "missing )"),
        ("(?=a)", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("a{1001}", "invalid repetition size"),
        ("[z-a]", "invalid character class range"),
        ("*", "no argument for repetition operator"),
        ("a\\", "trailing"),
    ],
)
def test_an_expression_that_cannot_be_matched_in_linear_time_is_refused(
    pattern: str, said: str
) -> None:
    """With what RE2 says of it."""
    with pytest.raises(ValueError, match=re.escape(said)):
        Regexes(["a", pattern], widely=False)


def test_an_expression_that_takes_too_much_memory_is_refused() -> None:
    """A request may have many of them."""
    with pytest.raises(ValueError, match="too large"):
        Regexes([r"(?:\pL{300}|\pN{300}){3}"], widely=False)


def test_a_key_that_backtracking_hangs_at_is_matched() -> None:
    """RE2 takes one step a letter."""
    assert not Regexes(["(?:a*)*(?:a*)*b"], widely=False).matches("a" * 1023)


def reason(asked: Conditions, *names: str) -> str | None:
    return Names(asked).reason_to_keep(Seen(), CLOCK, names)


@pytest.mark.parametrize(
    ("asked", "names", "stays"),
    [
        (Conditions(match=("*.log",)), ["a.log"], None),
        (Conditions(match=("*.log",)), ["a.txt"], NO_MATCH),
        (Conditions(except_=("*.log",)), ["a.log"], EXCEPTED),
        (Conditions(except_=("*.log",)), ["a.txt"], None),
        (Conditions(match=("*",), except_=("*.log",)), ["a.log"], EXCEPTED),
        (Conditions(match=("*.log",), match_regex=("a.*",)), ["a.log"], None),
        (Conditions(match=("*.log",), match_regex=("a.*",)), ["b.log"], NO_MATCH),
        (Conditions(except_=("a",), except_regex=("b",)), ["b"], EXCEPTED),
        # relative to two selectors
        (Conditions(match=("*.log",)), ["x/a.log", "a.log"], None),
        (Conditions(match=("*.log",), match_regex=("x/.*",)), ["x/a.log", "a.log"], NO_MATCH),
        (Conditions(except_=("x/**",)), ["x/a.log", "a.log"], EXCEPTED),
        (Conditions(except_=("a.log",)), ["x/a.log", "a.log"], EXCEPTED),
        # nobody to ask
        (Conditions(match=("*",)), [], UNJUDGED),
        (Conditions(except_=("*",)), [], UNJUDGED),
        (Conditions(match_regex=(".*",)), ["\ud800"], UNJUDGED),
    ],
)
def test_one_name_has_to_match_and_none_may_be_excepted(
    asked: Conditions, names: list[str], stays: str | None
) -> None:
    """One selector takes an object with all conditions, and what one excepts stays."""
    assert reason(asked, *names) == stays


GLOBS = st.lists(st.sampled_from(["*", "**/*.log", "a/**", "*.log", "*b*a*", "x/*"]), max_size=2)


@given(
    match=GLOBS,
    except_=GLOBS,
    keys=st.lists(NAMES, min_size=1, max_size=4, unique=True).map(sorted),
    bases=st.lists(st.integers(0, 2), max_size=2, unique=True),
)
def test_a_page_is_judged_as_its_names_are(
    match: list[str], except_: list[str], keys: list[str], bases: list[int]
) -> None:
    """If it is judged as a whole, each of them is judged so, relative to all selectors."""
    keys = [f"zz{key}" for key in keys]
    judge = Names(Conditions(match=tuple(match), except_=tuple(except_)))

    whole = judge.judge_page(overview_of([Seen(key=key) for key in keys]), CLOCK, bases)

    each = {judge.reason([key[base:] for base in bases]) for key in keys}
    assert whole is None or each == {whole.reason}


@pytest.mark.parametrize(
    ("asked", "whole"),
    [
        (Conditions(match=("**/*.log",)), Whole()),
        (Conditions(match=("*.txt",)), Whole(NO_MATCH)),
        (Conditions(except_=("*.txt",)), Whole()),
        (Conditions(except_=("b*", "c*")), Whole(EXCEPTED)),
        (Conditions(match=("b*",)), None),
        (Conditions(except_=("b*",)), None),
        (Conditions(match_regex=(".*",)), None),
        (Conditions(match=("*.*.log", "*.log")), None),
    ],
)
def test_a_page_whose_names_are_alike_is_judged_as_a_whole(
    asked: Conditions, whole: Whole | None
) -> None:
    """By quick patterns; others are left for a look at each, so that none is matched twice."""
    page = overview_of([Seen(key="a/b.log"), Seen(key="a/c.log")])

    assert Names(asked).judge_page(page, CLOCK, [2]) == whole
    assert Names(asked).judge_page(page, CLOCK, None) is None
