"""`only`: what may be written in it, and the sentence for each thing that may not."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from math import floor
from typing import TYPE_CHECKING, Any

from ossweep.amiss import kind_of_value, no_such_field
from ossweep.conditions import LEAST_DAYS, Conditions, check_patterns
from ossweep.errors import RequestError
from ossweep.names import in_quotes
from ossweep.sizes import size_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from pydantic import TypeAdapter

_EXAMPLE = 'write an object such as {"older_than": "30d", "match": "**/*.log"}'
_TIME = 'write a duration such as "30d" or "36h", or a date with its zone such as "2026-05-01Z"'

# Seconds of each unit, in the order of ISO 8601.
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
_WORDS = {"week": "w", "day": "d", "hour": "h", "minute": "min", "second": "s"}
_UNITS = {unit: unit for unit in _SECONDS} | _WORDS | {f"{word}s": _WORDS[word] for word in _WORDS}
_SHORT = re.compile(r"([0-9]{1,12}) ?([A-Za-z]+)")
_ISO = re.compile(
    r"P(?=.)(?:(\d{1,12})W)?(?:(\d{1,12})D)?"
    r"(?:T(?=.)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})S)?)?",
    re.ASCII,
)
_ISO_LONG = re.compile(r"[+-]?P[\dYMWD.]*[YM]", re.ASCII)  # months or years, ahead of any T
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?(.*)", re.ASCII)
_ZONE = re.compile(r"Z|[+-]\d\d:\d\d", re.ASCII)
_MONTHS = frozenset({"mo", "mon", "month", "months", "M", "y", "yr", "year", "years", "Y"})
_DAY = 86_400
# The classes of S3, and those of OSS that are stored and billed alike; no other has its like.
_OF_S3 = {
    "STANDARD": "Standard",
    "STANDARD_IA": "IA",
    "ONEZONE_IA": "IA",
    "DEEP_ARCHIVE": "DeepColdArchive",
    "GLACIER": None,
    "GLACIER_IR": None,
    "INTELLIGENT_TIERING": None,
    "REDUCED_REDUNDANCY": None,
    "EXPRESS_ONEZONE": None,
}
_SYNTAX = "write it as https://github.com/google/re2/wiki/Syntax has it"
_NO_LOOKING = "RE2 has no look-around; write what names must not have as `except_regex`"
_NO_REPEATING = r"write `.*` for any characters, or `\\` before a character to have it as it is"
# What to write instead, by how RE2's reasons begin.
_INSTEAD = {
    **dict.fromkeys((f"invalid perl operator: (?{each}" for each in "=!<"), _NO_LOOKING),
    "invalid perl operator": r"write `(?:`, `(?P<name>` or flags such as `(?i)`, or `\\(`",
    "invalid named capture group": "write it like `(?P<name>...)`, or leave the name out",
    "missing )": r"write the `)`, or `\\(` for the character",
    "unexpected )": r"write the `(`, or `\\)` for the character",
    "missing ]": r"write the `]`, or `\\[` for the character",
    "trailing": r"write `\\\\` for the character",
    **dict.fromkeys(
        (rf"invalid escape sequence: \{each}" for each in "123456789gk"),
        "RE2 has no back references; write what is to come again once more",
    ),
    r"invalid escape sequence: \Z": r"write `\\z`, or nothing where the whole name has to match",
    r"invalid escape sequence: \u": r"write the character itself, or `\\x{20ac}`",
    "invalid escape sequence": r"write the character without a backslash, or as RE2 has it",
    "no argument for repetition operator": _NO_REPEATING,
    "bad repetition operator": "RE2 repeats once, and has no possessive operators; write one only",
    "invalid repetition size": "write at most 1,000 of all repetitions within each other",
    "invalid character class range": r"write the lower end first, and a class that RE2 has",
    "pattern too large": "write a shorter one, or several",
}


def parse(document: Any, where: str) -> Conditions:
    """
    Read the conditions of `only` from a JSON value.

    `where` begins the sentence of a refusal ("request 2: `only`"). Raises RequestError.
    """
    if not isinstance(document, dict):
        raise RequestError(f"{where} is {kind_of_value(document)}; {_EXAMPLE}")
    _refuse_unknown(document, _READERS, where)
    values: dict[str, Any] = {}
    for name, value in document.items():
        try:
            values.update(_READERS[name](name, value))
        except ValueError as error:
            raise RequestError(f"{where}: {error}") from None
    asked = Conditions(**values)
    if asked == Conditions():
        raise RequestError(f"{where} asks for nothing; {_EXAMPLE}, or leave it out")
    try:
        asked.check_asked()
    except ValueError as error:
        raise RequestError(f"{where}: {error}") from None
    return asked


def _time(name: str, value: Any) -> dict[str, Any]:
    """Read a duration before the job's clock, or a date."""
    if not isinstance(value, str):
        raise _amiss(name, value, f"; {_TIME}")
    date = _DATE.fullmatch(value)
    if date is not None:
        return {"before" if name == "older_than" else "after": _moment(name, value, date)}
    return {name: _duration(name, value)}


def _duration(name: str, text: str) -> int:
    if text.startswith("-"):
        raise _amiss(name, text, f", which is negative; {_TIME}")
    short, iso = _SHORT.fullmatch(text), _ISO.fullmatch(text)
    if iso is not None:
        numbers = (int(number or 0) for number in iso.groups())
        seconds = sum(map(int.__mul__, numbers, _SECONDS.values()))
    elif _ISO_LONG.match(text) or (short is not None and short[2] in _MONTHS):
        raise _amiss(
            name,
            text,
            '; months and years are not all of one length: write days, such as "30d" or "365d"',
        )
    elif short is not None and short[2] == "m":
        raise _amiss(
            name, text, f", which may be minutes or months; write `{short[1]}min`, or days"
        )
    elif short is not None and short[2] in _UNITS:
        seconds = int(short[1]) * _SECONDS[_UNITS[short[2]]]
    elif text.isdigit():
        raise _amiss(name, text, f", which has no unit; {_TIME}")
    else:
        raise _amiss(name, text, f"; {_TIME}")
    if not seconds:
        raise _amiss(name, text, f", which is no time at all; {_TIME}")
    return seconds


def _moment(name: str, text: str, date: re.Match[str]) -> int:
    """
    Return a date and time in Unix seconds, those that only one reading takes left out.

    A day without a time is older than its first second, and newer than its last.
    """
    day, time, zone = date.groups()
    if not zone:
        raise _amiss(name, text, f", which has no zone; write `{text}Z` for UTC, or `{text}+08:00`")
    if not _ZONE.fullmatch(zone):
        raise _amiss(name, text, f"; {_TIME}")
    try:
        moment = _aware_datetime().validate_python(f"{day}T{time or '00:00'}{zone}")
        seconds = floor(moment.timestamp())
    except (ValueError, OverflowError):
        raise _amiss(name, text, f", which no calendar has; {_TIME}") from None
    return seconds + _DAY - 1 if time is None and name == "newer_than" else seconds


@cache
def _aware_datetime() -> TypeAdapter[datetime]:
    from pydantic import AwareDatetime, TypeAdapter  # noqa: PLC0415 - few requests need it

    return TypeAdapter(AwareDatetime)


def _sizes(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _amiss(name, value, '; write an object such as {"at_least": "1MB"}')
    for field in value:
        if field not in {"at_least", "below"}:
            raise ValueError(f"`{name}`: {no_such_field(field, ('at_least', 'below'))}")
    if not value:
        raise ValueError(f"`{name}` is empty; write `at_least`, `below` or both in it")
    return {field: size_in(f"{name}.{field}", size) for field, size in value.items()}


def _classes(name: str, value: Any) -> dict[str, Any]:
    classes = _strings(name, value, "`IA`")
    for each in classes:
        if each not in LEAST_DAYS:
            meant = _class_meant(each)
            known = ", ".join(LEAST_DAYS)
            instead = f'did you mean "{meant}"?' if meant else f"the classes are {known}"
            raise ValueError(f"`{name}`: OSS has no storage class {in_quotes(each)}; {instead}")
    return {name: classes}


def _class_meant(name: str) -> str | None:
    """Return OSS's name for a class of S3's, or the one that is mistyped, if there is any."""
    if name.upper() in _OF_S3:
        return _OF_S3[name.upper()]
    near = {known.lower(): known for known in LEAST_DAYS}
    close = get_close_matches(name.lower(), near, n=1)
    return near[close[0]] if close else None


def _globs(name: str, value: Any) -> dict[str, Any]:
    from ossweep.filters.globs import Globs  # noqa: PLC0415 - few requests need it

    patterns = _strings(name, value, "`**/*.log`")
    is_except = name == "except"
    _refuse_unreadable(name, patterns, lambda each: Globs([each], widely=is_except))
    return {"except_" if is_except else name: patterns}


def _regexes(name: str, value: Any) -> dict[str, Any]:
    from ossweep.filters.regexes import Regexes  # noqa: PLC0415 - as above

    patterns = _strings(name, value, r"`.*\\.log`")
    is_except = name == "except_regex"

    def read(pattern: str) -> None:
        try:
            Regexes([pattern], widely=is_except)
        except ValueError as error:
            said = str(error)
            help_ = (text for begins, text in _INSTEAD.items() if said.startswith(begins))
            raise ValueError(f"{said}; {next(help_, _SYNTAX)}") from None

    _refuse_unreadable(name, patterns, read)
    return {name: patterns}


def _refuse_unreadable(name: str, patterns: tuple[str, ...], read: Callable[[str], object]) -> None:
    check_patterns(name, patterns)
    for pattern in patterns:
        try:
            read(pattern)
        except ValueError as error:
            raise ValueError(f"`{name}`: {in_quotes(pattern)} cannot be read: {error}") from None


def _tags(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _amiss(name, value, '; write an object such as {"project": "demo"}')
    if not value:
        raise ValueError(f"`{name}` is empty; write a tag in it, or leave it out")
    for key, text in value.items():
        if not isinstance(text, str):
            raise ValueError(  # noqa: TRY004 - a sentence
                f"`{name}`: the tag {in_quotes(key)} is {kind_of_value(text)}; "
                "write its value as a string"
            )
    return {name: tuple(sorted(value.items()))}


def _number(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _amiss(name, value, "; write a whole number, without quotes")
    return {name: value}


def _literal_flag(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise _amiss(name, value, "; write true or false, without quotes")
    return {name: value}


def _strings(name: str, value: Any, example: str) -> tuple[str, ...]:
    """Return a string or a list of them, each once."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise _amiss(name, value, f"; write a string or a list, such as {example}")
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise _amiss(f"{name}[{at}]", text, "; write a string")
    return tuple(dict.fromkeys(texts))


_READERS: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    "older_than": _time,
    "newer_than": _time,
    "size": _sizes,
    "storage_class": _classes,
    "match": _globs,
    "except": _globs,
    "match_regex": _regexes,
    "except_regex": _regexes,
    "tags": _tags,
    "keep_latest": _number,
    "skip_early_delete": _literal_flag,
}
FIELDS = tuple(_READERS)


def _amiss(name: str, value: Any, how: str) -> ValueError:
    return ValueError(f"`{name}` is {kind_of_value(value)}{how}")


def _refuse_unknown(document: dict[str, Any], known: Iterable[str], where: str) -> None:
    for name in document:
        if name not in known:
            raise RequestError(f"{where}: {no_such_field(name, known)}")
