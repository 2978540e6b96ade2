"""What may be written in `only`, and the sentence for each thing that may not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ossweep.conditions import MOST_BYTES, MOST_SECONDS, Conditions
from ossweep.errors import RequestError
from ossweep.only import parse

pytestmark = pytest.mark.differs

DAY = 86_400
MAY_1 = 1_777_593_600  # 2026-05-01T00:00:00Z
TIME = 'write a duration such as "30d" or "36h", or a date with its zone such as "2026-05-01Z"'
SIZE = 'write a size with its unit, such as "1MB" or "10MiB"'
EXAMPLE = 'write an object such as {"older_than": "30d", "match": "**/*.log"}'


@pytest.mark.parametrize(
    ("document", "asked"),
    [
        ({"older_than": "30d"}, Conditions(older_than=30 * DAY)),
        ({"older_than": "36h"}, Conditions(older_than=36 * 3600)),
        ({"older_than": "2w"}, Conditions(older_than=14 * DAY)),
        ({"older_than": "90min"}, Conditions(older_than=5400)),
        ({"older_than": "1s"}, Conditions(older_than=1)),
        ({"older_than": "30 days"}, Conditions(older_than=30 * DAY)),
        ({"older_than": "1 week"}, Conditions(older_than=7 * DAY)),
        ({"older_than": "1 minute"}, Conditions(older_than=60)),
        ({"older_than": "P30D"}, Conditions(older_than=30 * DAY)),
        ({"older_than": "PT36H"}, Conditions(older_than=36 * 3600)),
        ({"older_than": "PT1M"}, Conditions(older_than=60)),
        ({"older_than": "P1WT1S"}, Conditions(older_than=7 * DAY + 1)),
        ({"older_than": "36500d"}, Conditions(older_than=36500 * DAY)),
        ({"newer_than": "30d"}, Conditions(newer_than=30 * DAY)),
        ({"older_than": "1d", "newer_than": "2d"}, Conditions(older_than=DAY, newer_than=2 * DAY)),
        ({"older_than": "2026-05-01T00:00:00Z"}, Conditions(before=MAY_1)),
        ({"older_than": "2026-05-01 08:00+08:00"}, Conditions(before=MAY_1)),
        ({"older_than": "2026-05-01T00:00:00.9Z"}, Conditions(before=MAY_1)),
        ({"newer_than": "2026-05-01T00:00:00.9Z"}, Conditions(after=MAY_1)),
        ({"older_than": "1970-01-01T00:00Z"}, Conditions(before=0)),
        # a day: before its first second, after its last one
        ({"older_than": "2026-05-01Z"}, Conditions(before=MAY_1)),
        ({"newer_than": "2026-05-01Z"}, Conditions(after=MAY_1 + DAY - 1)),
        ({"older_than": "2026-05-01+08:00"}, Conditions(before=MAY_1 - 8 * 3600)),
        # dates and durations together: whether both can hold, the clock will tell
        (
            {"older_than": "2026-05-01Z", "newer_than": "30d"},
            Conditions(before=MAY_1, newer_than=30 * DAY),
        ),
        ({"size": {"at_least": "1MB"}}, Conditions(at_least=10**6)),
        ({"size": {"below": "5GB"}}, Conditions(below=5 * 10**9)),
        ({"size": {"below": "2TB"}}, Conditions(below=2 * 10**12)),
        ({"size": {"below": "10MiB"}}, Conditions(below=10 * 2**20)),
        ({"size": {"below": "64 KB"}}, Conditions(below=64_000)),
        ({"size": {"below": "8.3TB"}}, Conditions(below=83 * 10**11)),
        ({"size": {"below": "1b"}}, Conditions(below=1)),
        ({"size": {"at_least": "0B", "below": "1kb"}}, Conditions(at_least=0, below=1000)),
        ({"storage_class": ["IA", "Archive"]}, Conditions(storage_class=("IA", "Archive"))),
        ({"storage_class": "IA"}, Conditions(storage_class=("IA",))),
        ({"match": "*.log"}, Conditions(match=("*.log",))),
        ({"match": ["b", "a", "b"]}, Conditions(match=("b", "a"))),
        ({"except": ["keep/**"]}, Conditions(except_=("keep/**",))),
        ({"match_regex": r".*\.log"}, Conditions(match_regex=(r".*\.log",))),
        ({"except_regex": ["a", "b"]}, Conditions(except_regex=("a", "b"))),
        ({"tags": {"b": "", "a": "x y"}}, Conditions(tags=(("a", "x y"), ("b", "")))),
        ({"tags": {"\u9879\u76ee": "\u00e9"}}, Conditions(tags=(("\u9879\u76ee", "\u00e9"),))),
        ({"keep_latest": 1}, Conditions(keep_latest=1)),
        ({"skip_early_delete": True}, Conditions(skip_early_delete=True)),
        ({"skip_early_delete": False, "keep_latest": 1}, Conditions(keep_latest=1)),
    ],
    ids=lambda value: "" if isinstance(value, Conditions) else ascii(value)[:60],
)
def test_conditions_are_read(document: dict[str, Any], asked: Conditions) -> None:
    """Durations in seconds, dates in Unix seconds, sizes in bytes, each string once."""
    assert parse(document, "`only`") == asked


FIELDS = (
    "the fields are older_than, newer_than, size, storage_class, match, except, match_regex, "
    "except_regex, tags, keep_latest, skip_early_delete"
)
CLASSES = "the classes are Standard, IA, Archive, ColdArchive, DeepColdArchive"
LONG = 'months and years are not all of one length: write days, such as "30d" or "365d"'
RANGE = (
    "`only`: no object is older than `older_than` and newer than `newer_than`; "
    "exchange them, or leave one out"
)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        # the document itself
        (None, f"`only` is null; {EXAMPLE}"),
        ("30d", f'`only` is the string "30d"; {EXAMPLE}'),
        ([], f"`only` is an empty list; {EXAMPLE}"),
        ({}, f"`only` asks for nothing; {EXAMPLE}, or leave it out"),
        ({"skip_early_delete": False}, f"`only` asks for nothing; {EXAMPLE}, or leave it out"),
        # fields
        ({"older": "30d"}, '`only`: there is no field "older"; did you mean `older_than`?'),
        (
            {"Older_Than": "1d"},
            '`only`: there is no field "Older_Than"; did you mean `older_than`?',
        ),
        ({"except_": "a"}, '`only`: there is no field "except_"; did you mean `except`?'),
        ({"xyzzy": 1}, f'`only`: there is no field "xyzzy"; {FIELDS}'),
        # durations
        ({"older_than": None}, f"`only`: `older_than` is null; {TIME}"),
        ({"older_than": 30}, f"`only`: `older_than` is the number 30; {TIME}"),
        (
            {"older_than": "30"},
            f'`only`: `older_than` is the string "30", which has no unit; {TIME}',
        ),
        ({"older_than": ""}, f'`only`: `older_than` is the string ""; {TIME}'),
        ({"older_than": "P1M"}, f'`only`: `older_than` is the string "P1M"; {LONG}'),
        ({"older_than": "P1Y"}, f'`only`: `older_than` is the string "P1Y"; {LONG}'),
        ({"older_than": "P1Y2M3DT4H"}, f'`only`: `older_than` is the string "P1Y2M3DT4H"; {LONG}'),
        ({"older_than": "1M"}, f'`only`: `older_than` is the string "1M"; {LONG}'),
        ({"older_than": "3 months"}, f'`only`: `older_than` is the string "3 months"; {LONG}'),
        ({"older_than": "1y"}, f'`only`: `older_than` is the string "1y"; {LONG}'),
        (
            {"older_than": "6m"},
            (
                '`only`: `older_than` is the string "6m", which may be minutes or months; '
                "write `6min`, or days"
            ),
        ),
        (
            {"older_than": "-P1D"},
            f'`only`: `older_than` is the string "-P1D", which is negative; {TIME}',
        ),
        (
            {"newer_than": "-30d"},
            f'`only`: `newer_than` is the string "-30d", which is negative; {TIME}',
        ),
        (
            {"older_than": "0d"},
            f'`only`: `older_than` is the string "0d", which is no time at all; {TIME}',
        ),
        (
            {"older_than": "PT0S"},
            f'`only`: `older_than` is the string "PT0S", which is no time at all; {TIME}',
        ),
        ({"older_than": "36:00:00"}, f'`only`: `older_than` is the string "36:00:00"; {TIME}'),
        ({"older_than": "1.5d"}, f'`only`: `older_than` is the string "1.5d"; {TIME}'),
        ({"older_than": "P"}, f'`only`: `older_than` is the string "P"; {TIME}'),
        ({"older_than": "PT"}, f'`only`: `older_than` is the string "PT"; {TIME}'),
        ({"older_than": "30D"}, f'`only`: `older_than` is the string "30D"; {TIME}'),
        ({"older_than": "\uff13d"}, rf'`only`: `older_than` is the string "\uff13d"; {TIME}'),
        (
            {"older_than": "40000d"},
            (
                "`only`: `older_than` lies outside of what can be counted; "
                "write a duration of more than nothing and less than a hundred years"
            ),
        ),
        # dates
        (
            {"older_than": "2026-05-01"},
            (
                '`only`: `older_than` is the string "2026-05-01", which has no zone; '
                "write `2026-05-01Z` for UTC, or `2026-05-01+08:00`"
            ),
        ),
        (
            {"older_than": "2026-05-01T10:00"},
            (
                '`only`: `older_than` is the string "2026-05-01T10:00", which has no zone; '
                "write `2026-05-01T10:00Z` for UTC, or `2026-05-01T10:00+08:00`"
            ),
        ),
        (
            {"older_than": "1714521600"},
            f'`only`: `older_than` is the string "1714521600", which has no unit; {TIME}',
        ),
        (
            {"older_than": "2026-02-30Z"},
            f'`only`: `older_than` is the string "2026-02-30Z", which no calendar has; {TIME}',
        ),
        (
            {"older_than": "2026-05-01 24:00Z"},
            (
                f'`only`: `older_than` is the string "2026-05-01 24:00Z", which no calendar has; '
                f"{TIME}"
            ),
        ),
        (
            {"older_than": "2026-05-01T10:00 CET"},
            f'`only`: `older_than` is the string "2026-05-01T10:00 CET"; {TIME}',
        ),
        (
            {"older_than": "0001-01-01T00:00+23:00"},
            "`only`: `older_than` lies outside of the calendar; write a date from 1970 on",
        ),
        # ranges
        ({"older_than": "2d", "newer_than": "1d"}, RANGE),
        ({"older_than": "1d", "newer_than": "1d"}, RANGE),
        ({"older_than": "2026-05-01Z", "newer_than": "2026-05-01Z"}, RANGE),
        ({"older_than": "2026-05-01Z", "newer_than": "2026-04-30Z"}, RANGE),
        # sizes
        (
            {"size": "1MB"},
            '`only`: `size` is the string "1MB"; write an object such as {"at_least": "1MB"}',
        ),
        ({"size": {}}, "`only`: `size` is empty; write `at_least`, `below` or both in it"),
        (
            {"size": {"at_lest": "1MB"}},
            '`only`: `size`: there is no field "at_lest"; did you mean `at_least`?',
        ),
        ({"size": {"below": 100}}, f"`only`: `size.below` is the number 100; {SIZE}"),
        ({"size": {"below": "100"}}, f'`only`: `size.below` is the string "100"; {SIZE}'),
        ({"size": {"below": "-1KB"}}, f'`only`: `size.below` is the string "-1KB"; {SIZE}'),
        (
            {"size": {"below": "1e3"}},
            f'`only`: `size.below` is the string "1e3"; {SIZE}',
        ),
        (
            {"size": {"below": "5XB"}},
            f'`only`: `size.below` is the string "5XB", whose unit is none; {SIZE}',
        ),
        (
            {"size": {"below": "8kbit"}},
            f'`only`: `size.below` is the string "8kbit", which are bits; {SIZE}',
        ),
        (
            {"size": {"below": "64K"}},
            (
                '`only`: `size.below` is the string "64K", which may be thousands or 1,024s; '
                "write `64KB` or `64KiB`"
            ),
        ),
        (
            {"size": {"below": "0.5B"}},
            f'`only`: `size.below` is the string "0.5B", which is no whole number of bytes; {SIZE}',
        ),
        (
            {"size": {"below": "0B"}},
            (
                "`only`: `size.below` lets no object through; write a size of at least 1 B "
                f"and less than {MOST_BYTES:,} B"
            ),
        ),
        (
            {"size": {"at_least": "1MB", "below": "1000KB"}},
            (
                "`only`: no object has at least `size.at_least` and stays below `size.below`; "
                "exchange them, or leave one out"
            ),
        ),
        # classes
        (
            {"storage_class": []},
            ("`only`: `storage_class` is an empty list; write a string or a list, such as `IA`"),
        ),
        (
            {"storage_class": ["ia"]},
            '`only`: `storage_class`: OSS has no storage class "ia"; did you mean "IA"?',
        ),
        (
            {"storage_class": ["STANDARD_IA"]},
            ('`only`: `storage_class`: OSS has no storage class "STANDARD_IA"; did you mean "IA"?'),
        ),
        (
            {"storage_class": "STANDARD"},
            (
                '`only`: `storage_class`: OSS has no storage class "STANDARD"; '
                'did you mean "Standard"?'
            ),
        ),
        (
            {"storage_class": "deep_archive"},
            (
                '`only`: `storage_class`: OSS has no storage class "deep_archive"; '
                'did you mean "DeepColdArchive"?'
            ),
        ),
        (
            {"storage_class": ["GLACIER_IR"]},
            f'`only`: `storage_class`: OSS has no storage class "GLACIER_IR"; {CLASSES}',
        ),
        (
            {"storage_class": ["GLACIER"]},
            f'`only`: `storage_class`: OSS has no storage class "GLACIER"; {CLASSES}',
        ),
        # patterns
        (
            {"match": []},
            "`only`: `match` is an empty list; write a string or a list, such as `**/*.log`",
        ),
        (
            {"except": None},
            "`only`: `except` is null; write a string or a list, such as `**/*.log`",
        ),
        ({"match": ["a", 1]}, "`only`: `match[1]` is the number 1; write a string"),
        ({"match": ""}, "`only`: a pattern of `match` is empty; write it, or leave it out"),
        (
            {"except_regex": ""},
            "`only`: a pattern of `except_regex` is empty; write it, or leave it out",
        ),
        (
            {"match": "x" * 1024},
            ("`only`: a pattern of `match` has 1,024 characters; write 1,023 at the most"),
        ),
        (
            {"match": [str(each) for each in range(33)]},
            "`only`: `match` holds 33 patterns; write 32 at the most",
        ),
        (
            {"match": "\ud800"},
            (
                "`only`: a pattern of `match` holds half of a surrogate pair, which no key does; "
                "write the whole character"
            ),
        ),
        (
            {"match": "[a"},
            (
                '`only`: `match`: "[a" cannot be read: '
                r"`[` has no `]`; write it, or `\\[` for the character"
            ),
        ),
        (
            {"except": "keep/"},
            (
                '`only`: `except`: "keep/" cannot be read: '
                "this names the directory's marker and nothing in it; "
                "write `**` behind the slash, which keeps the marker as well"
            ),
        ),
        (
            {"match_regex": "(a"},
            (
                '`only`: `match_regex`: "(a" cannot be read: missing ): (a; '
                r"write the `)`, or `\\(` for the character"
            ),
        ),
        # tags
        (
            {"tags": []},
            '`only`: `tags` is an empty list; write an object such as {"project": "demo"}',
        ),
        ({"tags": {}}, "`only`: `tags` is empty; write a tag in it, or leave it out"),
        (
            {"tags": {"a": 1}},
            '`only`: `tags`: the tag "a" is the number 1; write its value as a string',
        ),
        ({"tags": {"": "a"}}, "`only`: the key of a tag is empty; every tag of OSS has one"),
        (
            {"tags": {"a": "x" * 257}},
            (
                '`only`: the tag "a" is too long: no key has more than 128 characters, no value '
                "more than 256; write it as the objects have it"
            ),
        ),
        (
            {"tags": {"a&b": "c"}},
            (
                '`only`: the tag "a&b" holds more than letters, digits, spaces and + - = . _ : /, '
                "and no tag of OSS does; write it as the objects have it"
            ),
        ),
        (
            {"tags": {str(each): "" for each in range(11)}},
            (
                "`only`: an object of OSS has 10 tags at the most, each key once; "
                "write only those that all objects have"
            ),
        ),
        # the rest
        ({"keep_latest": 0}, "`only`: `keep_latest` is 0; write a whole number from 1 to 10,000"),
        (
            {"keep_latest": True},
            "`only`: `keep_latest` is true; write a whole number, without quotes",
        ),
        (
            {"keep_latest": 1.0},
            "`only`: `keep_latest` is the number 1.0; write a whole number, without quotes",
        ),
        (
            {"skip_early_delete": "true"},
            '`only`: `skip_early_delete` is the string "true"; write true or false, without quotes',
        ),
        (
            {"skip_early_delete": 1},
            "`only`: `skip_early_delete` is the number 1; write true or false, without quotes",
        ),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_an_unreadable_document_is_refused(document: Any, sentence: str) -> None:
    """In one sentence: what is wrong, where, and what to write instead."""
    with pytest.raises(RequestError) as refusal:
        parse(document, "`only`")

    assert str(refusal.value) == sentence


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELD = st.sampled_from(
    [
        *("older_than", "newer_than", "size", "storage_class", "match", "except", "match_regex"),
        *("except_regex", "tags", "keep_latest", "skip_early_delete"),
    ]
)


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        ("(?=x)", "RE2 has no look-around; write what names must not have as `except_regex`"),
        ("(?<!x)", "RE2 has no look-around; write what names must not have as `except_regex`"),
        ("(?#x)", r"write `(?:`, `(?P<name>` or flags such as `(?i)`, or `\\(`"),
        ("(?<x", "write it like `(?P<name>...)`, or leave the name out"),
        ("a)", r"write the `(`, or `\\)` for the character"),
        ("[a", r"write the `]`, or `\\[` for the character"),
        ("a\\", r"write `\\\\` for the character"),
        (r"(a)\1", "RE2 has no back references; write what is to come again once more"),
        (r".*\.log\Z", r"write `\\z`, or nothing where the whole name has to match"),
        (r"\u20ac", r"write the character itself, or `\\x{20ac}`"),
        (r"\h", "write the character without a backslash, or as RE2 has it"),
        ("*.log", r"write `.*` for any characters, or `\\` before a character to have it as it is"),
        ("a++", "RE2 repeats once, and has no possessive operators; write one only"),
        ("a{1001}", "write at most 1,000 of all repetitions within each other"),
        ("[z-a]", "write the lower end first, and a class that RE2 has"),
    ],
)
@pytest.mark.parametrize("name", ["match_regex", "except_regex"])
def test_an_expression_that_re2_does_not_read_is_refused_with_another_way(
    name: str, pattern: str, instead: str
) -> None:
    """The reason is RE2's."""
    with pytest.raises(RequestError) as refusal:
        parse({name: pattern}, "`only`")

    assert str(refusal.value).startswith(f"`only`: `{name}`: {json.dumps(pattern)} cannot be read")
    assert str(refusal.value).endswith(f"; {instead}")


@given(st.dictionaries(FIELD, JUNK, max_size=3))
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    """There is no third way."""
    try:
        parse(document, "`only`").check()
    except RequestError:
        return


FORM = TypeAdapter(Conditions)
FULL = Conditions(
    older_than=1,
    after=0,
    at_least=1,
    below=2,
    storage_class=("IA",),
    match=("*",),
    except_=("a",),
    match_regex=("a",),
    except_regex=("b",),
    tags=(("a", "b"),),
    skip_early_delete=True,
)


@pytest.mark.parametrize("full", [FULL, replace(FULL, tags=(), keep_latest=3)])
def test_conditions_travel_as_json(full: Conditions) -> None:
    """To the letter, and read strictly."""
    full.check()

    assert FORM.validate_json(FORM.dump_json(full), strict=True) == full


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        ({}, "no condition"),
        ({"older_than": 0}, "`older_than` lies outside"),
        ({"newer_than": MOST_SECONDS + 1}, "`newer_than` lies outside"),
        ({"before": -1}, "outside of the calendar"),
        ({"after": 2**40}, "outside of the calendar"),
        ({"older_than": 1, "before": 1}, "a duration and a date at once"),
        ({"newer_than": 1, "after": 1}, "a duration and a date at once"),
        ({"older_than": 1, "newer_than": 2}, "no object is older"),
        ({"before": 2, "after": 1}, "no object is older"),
        ({"at_least": -1}, "lets no object through"),
        ({"below": MOST_BYTES}, "lets no object through"),
        ({"at_least": 2, "below": 2}, "no object has at least"),
        ({"storage_class": ["Glacier"]}, "a storage class is none of"),
        ({"storage_class": ["IA", "IA"]}, "says the same twice"),
        ({"match": [""]}, "is empty"),
        ({"except_": ["a", "a"]}, "`except` says the same twice"),
        ({"match_regex": ["a" * 1024]}, "1,024 characters"),
        ({"tags": [["a", "1"], ["a", "2"]]}, "each key once"),
        ({"tags": [["a", "1\n"]]}, "holds more than letters"),
        ({"keep_latest": 10_001}, "`keep_latest`"),
        ({"keep_latest": 1, "tags": [["a", "1"]]}, "cannot be asked for together"),
    ],
)
def test_conditions_that_no_request_could_have_said_are_refused(
    forged: dict[str, Any], said: str
) -> None:
    """A continuation is anybody's document."""
    asked = FORM.validate_json(json.dumps(forged), strict=True)

    with pytest.raises(ValueError, match=said):
        asked.check_asked()
