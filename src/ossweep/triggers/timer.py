"""A timer: its payload is a request, in which keys and prefixes may name days relative to it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep.errors import RequestError, quoted
from ossweep.events import Ordered, Reading, identity_of
from ossweep.triggers import direct
from ossweep.triggers.documents import parse_message

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

MOST_NAMES = 10_000  # that the ranges of one list may add to it
_DATED = ("keys", "prefix", "directory", "manifest")
_MEANT = re.compile(r"\{\s*trigger_time")
# What RE2 reads behind a brace, or before it: a repetition, a class, a character, an escape.
_OF_NO_REGEX = re.compile(r"(?<!\\)(?<!\\[pPx])\{(?!\d+(?:,\d*)?\})", re.ASCII)
_REGEXES = ("match_regex", "except_regex")


def recognises(document: Any) -> bool:
    """Tell whether a timer has sent this."""
    return isinstance(document, dict) and document.keys() >= {
        "triggerTime",
        "triggerName",
        "payload",
    }


def read(document: Any, zone: tzinfo) -> Reading:
    """Read the payload, whose dates are the zone's; raises RequestError."""
    from ossweep.triggers.envelopes import (  # noqa: PLC0415 - for timers
        TimerEnvelope,
        TimerEvent,
        unix_seconds,
    )

    try:
        event = TimerEnvelope().parse(document, TimerEvent)
    except RequestError as refusal:
        raise RequestError(f"this is no timer's event: {refusal}") from None
    if not event.payload.strip():
        raise RequestError(
            f"the timer {json.dumps(event.name)} has no payload; write a request into its "
            "configuration"
        )
    at = event.time
    identity = identity_of("timer", event.name, at.isoformat())
    reading = direct.read(parse_message(event.payload), "timer", identity, unix_seconds(at))
    items = tuple(
        replace(item, document=_dated(item.document, at, zone))
        if isinstance(item, Ordered)
        else item
        for item in reading.items
    )
    return replace(reading, items=items)


def _dated(document: Any, at: datetime, zone: tzinfo) -> Any:
    """
    Fill in the dates in a request's keys, prefixes, directories and lists.

    So too in a question, for its key and in its request.
    """
    if not isinstance(document, dict):
        return document
    if document.get("do") == "explain":
        asked = {"request": _dated(document["request"], at, zone)} if "request" in document else {}
        key = {"key": _filled(document["key"], at, zone)} if "key" in document else {}
        return {**document, **asked, **key}
    _refuse_dates_in_conditions(document.get("only"))
    dated = {name: _filled(document[name], at, zone) for name in _DATED if name in document}
    return {**document, **dated}


def _filled(value: Any, at: datetime, zone: tzinfo) -> Any:
    if not isinstance(value, list):
        found = _each_filled(value, at, zone)
        return found if len(found) > 1 else found[0]
    every: list[Any] = []
    for each in value:
        every += _each_filled(each, at, zone)
        if len(every) > len(value) + MOST_NAMES:
            raise RequestError(
                f"the timer's ranges of dates name more than {MOST_NAMES:,} keys or prefixes; "
                "let each name fewer, or a whole month"
            )
    return every


def _each_filled(value: Any, at: datetime, zone: tzinfo) -> list[Any]:
    """Return a text for each of its dates, or as many lists whose keys they are."""
    from ossweep.triggers import dates  # noqa: PLC0415 - for timers

    if isinstance(value, str):
        return [*dates.filled(value, at, zone)]
    if isinstance(value, dict) and isinstance(value.get("key"), str):
        return [{**value, "key": key} for key in dates.filled(value["key"], at, zone)]
    return [value]


def _refuse_dates_in_conditions(only: Any) -> None:
    """Refuse what would be a date if conditions had any: taken literally it matches nothing."""
    if not isinstance(only, dict):
        return
    for name, value in only.items():
        inner = [*value.values()] if isinstance(value, dict) else value
        for text in inner if isinstance(inner, list) else [inner]:
            if not isinstance(text, str):
                continue
            if _MEANT.search(text):
                raise RequestError(
                    f"`only.{name}` holds a date in braces, {quoted(text)}, and a timer fills "
                    "dates in only in keys, prefixes, directories and lists; write it there, or "
                    'say the age, such as "older_than": "30d"'
                )
            if name in _REGEXES and _OF_NO_REGEX.search(text):
                raise RequestError(
                    f"the braces in {quoted(text)} of `only.{name}` are neither a date, which a "
                    "timer fills in only in keys, prefixes, directories and lists, nor a "
                    "repetition; write a backslash before a brace that names have"
                )
