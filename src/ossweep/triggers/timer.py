"""A timer: its payload is a request, in which keys and prefixes may name days relative to it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ossweep.errors import RequestError
from ossweep.events import Ordered, Reading, identity_of
from ossweep.triggers import direct
from ossweep.triggers.documents import parse_message

# {trigger_time - 30d:%Y/%m/%d}
_TEMPLATE = re.compile(r"\{\s*trigger_time\b([^{}]*)\}")
_INSIDE = re.compile(r"\s*(?:([+-])\s*(\d{1,6})\s*([mhdw]))?\s*:(.+)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# Each of these always yields as many digits: nothing can make a prefix shorter.
_DIRECTIVES = re.compile(r"%[YmdHMSjGVyu]")
_HOW = "write it like {trigger_time - 30d:%Y/%m/%d}, with the units m, h, d and w"


def recognises(document: Any) -> bool:
    """Tell whether a timer has sent this."""
    return isinstance(document, dict) and document.keys() >= {
        "triggerTime",
        "triggerName",
        "payload",
    }


def read(document: Any) -> Reading:
    """Read the payload; raises RequestError."""
    from ossweep.triggers.envelopes import (  # noqa: PLC0415 - for timers
        TimerEnvelope,
        TimerEvent,
        seconds_of,
    )

    try:
        event = TimerEnvelope().parse(document, TimerEvent)
    except RequestError as refusal:
        raise RequestError(f"this is no timer's event: {refusal}") from None
    if not event.payload.strip():
        raise RequestError(
            f"the timer {event.name} has no payload; write a request into its configuration"
        )
    at = event.time
    identity = identity_of("timer", event.name, at.isoformat())
    reading = direct.read(parse_message(event.payload), "timer", identity, seconds_of(at))
    items = tuple(
        replace(item, document=_dated(item.document, at)) if isinstance(item, Ordered) else item
        for item in reading.items
    )
    return replace(reading, items=items)


def _dated(document: Any, at: datetime) -> Any:
    """Fill in the dates in a request's keys, prefixes and directories."""
    if not isinstance(document, dict):
        return document
    dated = {
        name: _filled(document[name], at)
        for name in ("keys", "prefix", "directory")
        if name in document
    }
    return {**document, **dated}


def _filled(value: Any, at: datetime) -> Any:
    if isinstance(value, list):
        return [_filled(each, at) for each in value]
    if not isinstance(value, str):
        return value
    return _TEMPLATE.sub(lambda template: _date(template, at), value)


def _date(template: re.Match[str], at: datetime) -> str:
    inside = _INSIDE.fullmatch(template[1])
    if inside is None:
        raise RequestError(f"the date {template[0]} cannot be read; {_HOW}")
    sign, number, unit, form = inside.groups()
    if "%" in _DIRECTIVES.sub("", form) or not _DIRECTIVES.search(form):
        raise RequestError(
            f"the date {template[0]} does not say which digits of the time to write; {_HOW} "
            "and the letters Y, m, d, H, M, S, j, G, V, y and u behind a %"
        )
    try:
        shift = timedelta(**{_UNITS[unit]: int(number)}) if unit else timedelta()
        moment = at - shift if sign == "-" else at + shift
    except OverflowError:
        raise RequestError(f"the date {template[0]} lies outside of the calendar; {_HOW}") from None
    return moment.strftime(form)
