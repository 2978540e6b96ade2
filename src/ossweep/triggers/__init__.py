"""From an event's bytes to what is in it; a file for each source, recognised by its shape."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ossweep.amiss import LATER
from ossweep.apply_request import APPLY
from ossweep.errors import RequestError
from ossweep.events import CONTINUATION_MARK, POINTER_MARK
from ossweep.request import FIELDS
from ossweep.triggers import direct, documents, mns, oss, timer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ossweep.events import Reading

# The fields by which a request, a command or the rest of a job is known.
_REQUEST = {
    *FIELDS,
    *LATER,
    APPLY,
    "requests",
    "do",
    CONTINUATION_MARK,
    POINTER_MARK,
}
ALIKE = 0.8  # of a name's letters: then it is taken for a mistyped one
LOOKED_FOR = (
    "looked for: a request (`keys`, `prefix`, `directory`, `manifest`, `everything`, `apply`), a "
    "list of requests, a command (`job` and `do`), a continuation, an OSS event (`events` with "
    "`eventSource` acs:oss), a CloudEvent (`specversion`) of OSS or MNS, an MNS message "
    "(`TopicName` and `Message`, or `body` and `attrs`), a timer's event (`triggerTime` and "
    "`payload`), an HTTP request (`version` v1)"
)


def parse(event: bytes) -> Any:
    """Parse an event: JSON, or JSON in Base64, as a topic may bring it; raises RequestError."""
    try:
        return documents.parse(event)
    except RequestError:
        if (inner := documents.decoded(event)) is None:
            raise
        return documents.parse(inner)


def read(document: Any, time_zone: str = "UTC") -> Reading:
    """
    Read an event that is no HTTP request: the first source whose marks it bears has sent it.

    `time_zone` is that of a timer's dates.
    Raises RequestError for an event that bears none and is no request either.
    """
    if oss.recognises(document):
        return oss.read(document)
    if mns.recognises(document):
        return mns.read(document)
    if timer.recognises(document):
        from ossweep.triggers import dates  # noqa: PLC0415 - for timers

        return timer.read(document, dates.zone_of(time_zone))
    if isinstance(document, dict) and document and not _is_meant_as_request(document):
        raise RequestError(f"nobody that ossweep knows has sent this event; {LOOKED_FOR}")
    return direct.read(document)


def _is_meant_as_request(document: Mapping[str, Any]) -> bool:
    """Tell whether a document has a request's field, or one whose name is hardly another."""
    return bool(document.keys() & _REQUEST) or any(
        get_close_matches(name.lower(), FIELDS, n=1, cutoff=ALIKE) for name in document
    )
