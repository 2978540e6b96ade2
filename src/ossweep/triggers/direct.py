"""A direct invocation, from the console or any program: the event is a request, or several."""

from __future__ import annotations

import json
from typing import Any

from ossweep.errors import RequestError
from ossweep.events import Ordered, Reading, Source
from ossweep.triggers.documents import EXAMPLE


def read(
    document: Any,
    source: Source = "direct",
    identity: str | None = None,
    at: int | None = None,
) -> Reading:
    """
    Read a request, a list of them, or `{"requests": [...]}`; raises RequestError.

    `identity` and `at`, Unix seconds, are those of the event that brought them. A direct invocation
    has none: a person who sends the same request again wants it done again.
    """
    if isinstance(document, list):
        return _batch(document, "the list", source, identity, at)
    if isinstance(document, dict) and "requests" in document:
        others = sorted(document.keys() - {"requests"})
        if others:
            raise RequestError(
                f"beside `requests` there is {json.dumps(others[0])}; "
                "write it into each of the requests"
            )
        if not isinstance(document["requests"], list):
            raise RequestError("`requests` is no list; write a list of requests")
        return _batch(document["requests"], "`requests`", source, identity, at)
    return Reading(source, (Ordered(document, "the request", identity, at),))


def _batch(
    documents: list[Any], name: str, source: Source, identity: str | None, at: int | None
) -> Reading:
    if not documents:
        raise RequestError(f"{name} holds no request; send at least one, such as {EXAMPLE}")
    items = tuple(
        Ordered(document, f"request {number}", identity, at)
        for number, document in enumerate(documents, 1)
    )
    return Reading(source, items, is_list=True)
