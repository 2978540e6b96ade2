"""
Dates in a timer's payload: `{trigger_time - 30d:%Y/%m/%d}`.

A date names a minute, an hour, a day, a week, a month or a year: the smallest unit that it writes.
The amount that is subtracted must not be smaller than that unit, because a month that holds the day
thirty days ago also holds younger days. And where a date is written without its month or year, the
amount must be less than the time after which the same digits come again.
Each text is cut at its braces and signs, never searched twice, so that reading it takes time in
proportion to its length.
"""

from __future__ import annotations

import json
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ossweep.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

MOST_DATES = 400  # that one range names: a year of days, and some
_MOST_DIGITS = 6
_MOST_CHARACTERS = 4096  # of a text with dates in it: four times the longest key
_EXAMPLE = "{trigger_time - 30d:%Y/%m/%d}"
_HOW = f"write it like {_EXAMPLE}, with the units m, h, d, w, month and year"

# Units from the smallest; a second can be written, and not be subtracted.
_SIZES = ("second", "minute", "hour", "day", "week", "month", "year")
_UNITS = {
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "month": "month",
    "months": "month",
    "year": "year",
    "years": "year",
}
# How a unit is written in a template, and which digits name one of it.
_AS = {
    "minute": ("1m", "%Y%m%d%H%M"),
    "hour": ("1h", "%Y%m%d%H"),
    "day": ("1d", "%Y%m%d"),
    "week": ("1w", "%G-%V"),
    "month": ("1 month", "%Y-%m"),
    "year": ("1 year", "%Y"),
}


def _year(moment: datetime) -> str:
    return f"{moment.year:04}"


def _week(moment: datetime) -> str:
    return f"{moment.isocalendar()[1]:02}"


# Each of these always yields the same number of digits: nothing can make a prefix shorter.
_DIRECTIVES: dict[str, tuple[str, Callable[[datetime], str]]] = {
    "Y": ("year", _year),
    "y": ("year", lambda moment: _year(moment)[2:]),
    "G": ("year", lambda moment: f"{moment.isocalendar()[0]:04}"),
    "m": ("month", lambda moment: f"{moment.month:02}"),
    "V": ("week", _week),
    "d": ("day", lambda moment: f"{moment.day:02}"),
    "j": ("day", lambda moment: f"{moment.timetuple().tm_yday:03}"),
    "u": ("day", lambda moment: str(moment.isoweekday())),
    "H": ("hour", lambda moment: f"{moment.hour:02}"),
    "M": ("minute", lambda moment: f"{moment.minute:02}"),
    "S": ("second", lambda moment: f"{moment.second:02}"),
}

_DAY = 86_400

# The most seconds that one of a unit has.
_LONGEST = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 31 * _DAY,
    "year": 366 * _DAY,
}


@dataclass(frozen=True)
class _Within:
    """The time in which a letter's digits come again, unless one of these letters is beside it."""

    unit: str
    letters: str
    seconds: int  # after which they come again, at the earliest
    digits: str  # which name both


_WITHIN = {
    "m": _Within("year", "Yy", 365 * _DAY, "%Y-%m"),
    "V": _Within("year", "G", 364 * _DAY, "%G-%V"),
    "d": _Within("month", "m", 28 * _DAY, "%Y%m%d"),
    "j": _Within("year", "Yy", 365 * _DAY, "%Y%j"),
    "u": _Within("week", "Vdj", 7 * _DAY, "%G-%V-%u"),
    "H": _Within("day", "dju", _DAY, "%Y%m%d%H"),
    "M": _Within("hour", "H", 3600, "%Y%m%d%H%M"),
    "S": _Within("minute", "M", 60, "%Y%m%d%H%M%S"),
}


@dataclass(frozen=True)
class _Shift:
    """How far a date lies from the timer's time: `first` units to `last` units, both of them in."""

    sign: int
    first: int
    last: int
    unit: str


@dataclass(frozen=True)
class _Form:
    """How a date is written: pieces of text, and letters between them."""

    texts: tuple[str, ...]
    letters: tuple[str, ...]

    @property
    def smallest(self) -> str:
        """The smallest unit that it writes."""
        return min((_DIRECTIVES[letter][0] for letter in self.letters), key=_SIZES.index)

    def write(self, moment: datetime) -> str:
        """Return the date of a moment."""
        pieces = [self.texts[0]]
        for letter, text in zip(self.letters, self.texts[1:], strict=True):
            pieces += [_DIRECTIVES[letter][1](moment), text]
        return "".join(pieces)


def filled(text: str, at: datetime, zone: tzinfo) -> list[str]:
    """
    Return a text with its dates filled in: one text, or one for each date of a range.

    `at` is the timer's time. Raises RequestError.
    """
    first, *rest = text.split("{")
    if "}" in first:
        raise _no_template(text)
    if rest and len(text) > _MOST_CHARACTERS:
        raise RequestError(f"{_shown(text)} is too long for a text with dates in it")
    pieces: list[list[str]] = []
    for piece in rest:
        inside, closed, after = piece.partition("}")
        if not closed or "}" in after:
            raise _no_template(text)
        pieces.append([date + after for date in _dates(inside, at, zone)])
    ranges = [len(dates) for dates in pieces if len(dates) > 1]
    if len(ranges) > 1:
        raise RequestError(f"{_shown(text)} holds two ranges of dates; write one at most")
    return [
        first + "".join(dates[number if len(dates) > 1 else 0] for dates in pieces)
        for number in range(max(ranges, default=1))
    ]


def _dates(inside: str, at: datetime, zone: tzinfo) -> list[str]:
    """Return the dates that a template stands for, given the text between its braces."""
    template = "{" + inside + "}"
    head, colon, written = inside.strip().partition(":")
    if not head.startswith("trigger_time") or head[12:13].isalnum() or head[12:13] == "_":
        raise _no_template(template)
    shifted = head.removeprefix("trigger_time").strip()
    if not colon or not written:
        raise _unreadable(template)
    form = _read_form(written, template)
    shift = _read_shift(shifted, template) if shifted else _Shift(1, 0, 0, form.smallest)
    _check_unit(shift, form, template)
    try:
        return [
            form.write(_moved(at, shift.sign * number, shift.unit, zone))
            for number in range(shift.first, shift.last + 1)
        ]
    except (OverflowError, ValueError):
        raise RequestError(
            f"the date {_shown(template)} lies outside of the calendar; {_HOW}"
        ) from None


def _read_shift(text: str, template: str) -> _Shift:
    """Read `- 30d`, or `- 30d..36d`."""
    sign = {"-": -1, "+": 1}.get(text[0])
    if sign is None:
        raise _unreadable(template)
    first, dots, last = text[1:].partition("..")
    number, unit = _read_amount(first, template)
    until, its_unit = _read_amount(last, template) if dots else (number, unit)
    if its_unit != unit or not number <= until < number + MOST_DATES:
        raise RequestError(
            f"the range {_shown(template)} cannot be read; write it like "
            f"{{trigger_time - 30d..36d:%Y/%m/%d}}, with one unit, the smaller number first, and "
            f"{MOST_DATES} dates at most"
        )
    return _Shift(sign, number, until, unit)


def _read_amount(text: str, template: str) -> tuple[int, str]:
    """Read `30d`, or `1 month`."""
    unit = text.strip().lstrip("0123456789")
    number = text.strip().removesuffix(unit)
    if not 0 < len(number) <= _MOST_DIGITS or unit.strip() not in _UNITS:
        raise _unreadable(template)
    return int(number), _UNITS[unit.strip()]


def _read_form(text: str, template: str) -> _Form:
    first, *rest = text.split("%")
    letters = tuple(piece[:1] for piece in rest)
    if not letters or not all(letter in _DIRECTIVES for letter in letters):
        raise RequestError(
            f"the date {_shown(template)} does not say which digits of the time to write; {_HOW} "
            "and the letters Y, m, d, H, M, S, j, G, V, y and u behind a %"
        )
    return _Form((first, *(piece[1:] for piece in rest)), letters)


def _check_unit(shift: _Shift, form: _Form, template: str) -> None:
    """Refuse to subtract days and to name a month, and ranges that leave something out."""
    named = form.smallest
    if shift.sign < 0 and _SIZES.index(shift.unit) < _SIZES.index(named):
        amount, digits = _AS[named]
        last = f"{shift.first} {shift.unit}s"
        finer = _AS[shift.unit][1]
        raise RequestError(
            f"the date {_shown(template)} names a whole {named}, which holds what is younger than "
            f"{last}; subtract {named}s, which go by the calendar, like "
            f"{{trigger_time - {amount}:{digits}}}, or name the {shift.unit}, too, with digits "
            f"such as {finer}"
        )
    if shift.sign < 0:
        _check_no_return(shift, form, template)
    if shift.last > shift.first and shift.unit != named:
        raise RequestError(
            f"the range {_shown(template)} counts {shift.unit}s and names single {named}s, so that "
            f"most are left out; count {named}s"
            if named in _AS
            else f"the range {_shown(template)} names single seconds; let it name minutes"
        )


def _check_no_return(shift: _Shift, form: _Form, template: str) -> None:
    """Refuse digits that have come again since, and so name younger objects, too."""
    if "G" in form.letters and "V" not in form.letters:
        raise RequestError(
            f"the date {_shown(template)} names the year of a week without the week: it may still "
            "be running when the calendar's has ended; write %Y, or %G-%V"
        )
    ago = shift.last * _LONGEST[shift.unit]
    for letter in form.letters:
        within = _WITHIN.get(letter)
        if within is None or ago < within.seconds or set(within.letters) & set(form.letters):
            continue
        raise RequestError(
            f"the date {_shown(template)} comes again in each {within.unit}, so that it also names "
            f"what is younger than {shift.first} {shift.unit}s; name the {within.unit}, too, with "
            f"digits such as {within.digits}"
        )


def _moved(at: datetime, number: int, unit: str, zone: tzinfo) -> datetime:
    """Return another time in the zone; from days on, the same time of day by the calendar."""
    if unit in {"second", "minute", "hour"}:
        return _refuse_repeated_hour(
            (at + timedelta(**{f"{unit}s": number})).astimezone(zone), number
        )
    here = at.astimezone(zone).replace(tzinfo=None)
    if unit in {"day", "week"}:
        return here + timedelta(**{f"{unit}s": number})
    years, month = divmod(here.month - 1 + number * (12 if unit == "year" else 1), 12)
    year = here.year + years
    # The last day stands in for a day that a shorter month does not have.
    return here.replace(
        year=year, month=month + 1, day=min(here.day, monthrange(year, month + 1)[1])
    )


def _refuse_repeated_hour(moment: datetime, number: int) -> datetime:
    """Refuse an hour that comes twice, as clocks are put back: its digits name a younger one."""
    if number < 0 and not moment.fold and moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise RequestError(
            f"the hour of {moment.isoformat()} comes twice in this zone, where clocks are put "
            "back, and its digits name what is younger as well; order it in UTC"
        )
    return moment


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name; raises ValueError and KeyError for one that is not known."""
    if name == "UTC":
        return timezone.utc
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - for deployments that name one

    return ZoneInfo(name)


def _unreadable(template: str) -> RequestError:
    return RequestError(f"the date {_shown(template)} cannot be read; {_HOW}")


def _no_template(text: str) -> RequestError:
    return RequestError(
        f"the braces in {_shown(text)} are no date; write one like {_EXAMPLE}, and order keys that "
        "have braces in their names in another way than by a timer"
    )


def _shown(text: str) -> str:
    """Show a text as JSON does: it may be a key."""
    return json.dumps(text if len(text) <= 80 else text[:77] + "...")  # noqa: PLR2004 - one line
