"""Events of OSS: by its own trigger, by EventBridge, or relayed in a message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ossweep.errors import RequestError
from ossweep.events import Happened, Item, Reading, Unreadable, identity_of

if TYPE_CHECKING:
    from ossweep.triggers.envelopes import ObjectEvent

# ossweep writes its answers with this user metadata, so that they set nothing off.
OWN_META = "x-oss-meta-ossweep"


def recognises(document: Any) -> bool:
    """
    Tell whether OSS has sent this.

    Its own trigger says `eventSource` acs:oss; a CloudEvent's `type` begins with oss:, and its
    `source` is acs.oss.
    """
    return any(map(_is_event, _native(document))) or any(map(_is_cloud_event, _listed(document)))


def read(document: Any, brought_by: str | None = None) -> Reading:
    """
    Read the events; one that cannot be read does not stop the others.

    `brought_by` is the identity of the message around them, for those that have none themselves.
    """
    events = [(event, None) for event in _native(document)] or [
        (event.get("data"), event.get("id")) if _is_cloud_event(event) else (event, None)
        for event in _listed(document)
    ]
    items = tuple(
        _item(event, cloud_id, f"event {number}", brought_by)
        for number, (event, cloud_id) in enumerate(events, 1)
    )
    return Reading("oss", items, together=False, is_list=len(items) > 1)


def _item(event: Any, cloud_id: Any, where: str, brought_by: str | None) -> Item:
    from ossweep.triggers.envelopes import (  # noqa: PLC0415 - for events
        ObjectEvent,
        OssEnvelope,
        unix_seconds,
    )

    try:
        (read,) = OssEnvelope().parse({"events": [event]}, ObjectEvent)
    except RequestError as refusal:
        return Unreadable(RequestError(f"{where} is no event of an object: {refusal}"), where)
    at = unix_seconds(read.time) or 0
    return Happened(
        name=read.name.removeprefix("oss:"),
        bucket=read.oss.bucket.name,
        key=read.oss.object.key,  # as it is: OSS does not encode it
        at=at,
        by_ossweep=OWN_META in read.user_meta,
        where=f"{where} ({read.name} of {json.dumps(read.oss.object.key)})",
        # The event's own comes first: OSS may publish an event twice, which makes two messages with
        # two ids of it, and a bucket may have a trigger beside its notifications.
        identity=_identity(read, at, cloud_id) or brought_by,
        etag=etag if isinstance(etag := read.oss.object.etag, str) and etag else None,
    )


def _identity(read: ObjectEvent, at: int, cloud_id: Any) -> str | None:
    """Return an event's identity, different for each object: one request may delete many."""
    place, name = read.oss, read.name.removeprefix("oss:")
    for request in (read.request_id, cloud_id):
        if isinstance(request, str) and request:
            return identity_of("oss", request, name, place.bucket.name, place.object.key, str(at))
    return None


def _native(document: Any) -> list[Any]:
    """Return the events in OSS's own form, if this is it."""
    events = document.get("events") if isinstance(document, dict) else None
    return events if isinstance(events, list) else []


def _listed(document: Any) -> list[Any]:
    return document if isinstance(document, list) else [document]


def _is_event(event: Any) -> bool:
    return isinstance(event, dict) and event.get("eventSource") == "acs:oss"


def _is_cloud_event(event: Any) -> bool:
    return (
        isinstance(event, dict)
        and "specversion" in event
        and (event.get("source") == "acs.oss" or str(event.get("type", "")).startswith("oss:"))
    )
