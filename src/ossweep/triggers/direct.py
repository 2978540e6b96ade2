"""A direct invocation: the event is a request, or several of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ossweep.errors import RequestError

_EXAMPLE = '{"bucket": "examplebucket", "keys": ["exampledir/a.txt"], "dry_run": true}'


@dataclass(frozen=True)
class Event:
    """The documents of an event, and whether it was a batch of them."""

    documents: tuple[Any, ...]
    is_batch: bool


def read(event: bytes) -> Event:
    """Read an event; raises RequestError for one that holds no request."""
    document = _json(event)
    if isinstance(document, list):
        return _batch(document, "the list")
    if isinstance(document, dict) and "requests" in document:
        others = sorted(document.keys() - {"requests"})
        if others:
            raise RequestError(
                f"beside `requests` there is {json.dumps(others[0])}; "
                "write it into each of the requests"
            )
        if not isinstance(document["requests"], list):
            raise RequestError("`requests` is no list; write a list of requests")
        return _batch(document["requests"], "`requests`")
    return Event((document,), is_batch=False)


def _batch(documents: list[Any], name: str) -> Event:
    if not documents:
        raise RequestError(f"{name} holds no request; send at least one, such as {_EXAMPLE}")
    return Event(tuple(documents), is_batch=True)


def _json(event: bytes) -> Any:
    if not event.strip():
        raise RequestError(f"the event is empty; send a request, such as {_EXAMPLE}")
    try:
        text = event.decode("utf-8-sig")  # some editors put a byte order mark first
    except UnicodeDecodeError as error:
        raise RequestError(
            f"the event is not UTF-8: byte {error.start} is 0x{event[error.start]:02x}; "
            "send JSON in UTF-8"
        ) from None
    try:
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise RequestError(
            f"the event is not JSON: {error.msg} in line {error.lineno}, column {error.colno}; "
            f"send a request, such as {_EXAMPLE}"
        ) from None
    except RecursionError:
        raise RequestError(
            f"the event is nested too deeply; send a request, such as {_EXAMPLE}"
        ) from None
    except ValueError as error:  # Python refuses numbers of thousands of digits
        raise RequestError(f"the event is not a request: {error}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: of two `dry_run`, either might be meant."""
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise RequestError(f"{json.dumps(name)} stands twice in one object; write it once")
        document[name] = value
    return document


def _no_constant(name: str) -> None:
    raise RequestError(f"the event holds {name}, which is not JSON; write a number")
