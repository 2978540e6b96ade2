"""A timer: its payload is a request, in which keys and prefixes may name days relative to it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep.errors import RequestError
from ossweep.events import Ordered, Reading, identity_of
from ossweep.triggers import direct
from ossweep.triggers.documents import parse_message

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

MOST_NAMES = 10_000  # that the ranges of one list may add to it
_DATED = ("keys", "prefix", "directory")


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
    """Fill in the dates in a request's keys, prefixes and directories."""
    if not isinstance(document, dict):
        return document
    dated = {name: _filled(document[name], at, zone) for name in _DATED if name in document}
    return {**document, **dated}


def _filled(value: Any, at: datetime, zone: tzinfo) -> Any:
    from ossweep.triggers import dates  # noqa: PLC0415 - for timers

    if isinstance(value, str):
        texts = dates.filled(value, at, zone)
        return texts if len(texts) > 1 else texts[0]
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for each in value:
        found += dates.filled(each, at, zone) if isinstance(each, str) else [each]
        if len(found) > len(value) + MOST_NAMES:
            raise RequestError(
                f"the timer's ranges of dates name more than {MOST_NAMES:,} keys or prefixes; "
                "let each name fewer, or a whole month"
            )
    return found
