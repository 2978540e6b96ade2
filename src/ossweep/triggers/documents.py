"""JSON as events bring it: read strictly, because a document may order a deletion."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ossweep.errors import RequestError

EXAMPLES = (
    {"bucket": "examplebucket", "keys": ["exampledir/a.txt"], "dry_run": True},
    {"bucket": "examplebucket", "prefix": "logs/2024-", "dry_run": True},
    {"bucket": "examplebucket", "directory": "src", "dry_run": True},
)
EXAMPLE = json.dumps(EXAMPLES[0])

DEEPEST = 64  # levels of a document; what ossweep reads has a dozen at most
LONGEST_NUMBER = 400  # characters of a whole number; Python takes time with their square to read it
WRAPPINGS = 4  # the most layers around a message: a queue's around a topic's, Base64 in Base64


def parse(event: bytes) -> Any:
    """Parse JSON; raises RequestError with the place of what is wrong."""
    if not event.strip():
        raise RequestError(f"the event is empty; send a request, such as {EXAMPLE}")
    try:
        text = event.decode("utf-8-sig")  # some editors put a byte order mark first
    except UnicodeDecodeError as error:
        raise RequestError(
            f"the event is not UTF-8: byte {error.start} is 0x{event[error.start]:02x}; "
            "send JSON in UTF-8"
        ) from None
    try:
        document = json.loads(
            text, object_pairs_hook=_unique_names, parse_constant=_no_constant, parse_int=_number
        )
    except json.JSONDecodeError as error:
        raise RequestError(
            f"the event is not JSON: {error.msg} in line {error.lineno}, column {error.colno}; "
            f"send a request, such as {EXAMPLE}"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(document)
    return document


def parse_message(body: Any) -> Any:
    """
    Parse a message's body: JSON, JSON in Base64, or a document that its source has parsed already.

    Whether an MNS body is in Base64 depends on the publisher's SDK (NOT ESTABLISHED), so both are
    read. Raises RequestError for one that is neither.
    """
    if not isinstance(body, str):
        return body
    try:
        return parse(body.encode())
    except UnicodeEncodeError:
        raise RequestError("the message holds half of a surrogate pair; send UTF-8") from None
    except RequestError:
        if (inner := decoded(body.encode())) is None:
            raise
        return parse(inner)


def decoded(text: bytes) -> bytes | None:
    """
    Return the bytes in a text of Base64, or None if it is none that could hold JSON.

    Base64 may lie in Base64: a publisher's SDK and the topic may both have encoded the message.
    """
    for _ in range(WRAPPINGS):
        try:
            text = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            return None
        if text.lstrip()[:1] in {b"{", b"["}:
            return text
    return None


def _check_depth(document: Any) -> None:
    """Refuse a depth that Python could parse, and could not walk through or write again."""
    level = [document]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> RequestError:
    return RequestError(f"the event is nested too deeply; send a request, such as {EXAMPLE}")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: of two `dry_run`, either might be meant."""
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise RequestError(f"{json.dumps(name)} stands twice in one object; write it once")
        document[name] = value
    return document


def _number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise RequestError(
            f"the event holds a number of {len(digits):,} digits, and no request needs one; write "
            "a smaller one"
        )
    return int(digits)


def _no_constant(name: str) -> None:
    raise RequestError(f"the event holds {name}, which is not JSON; write a number")
