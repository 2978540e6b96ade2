"""Names that were probably meant otherwise, and that OSS, which knows only keys, takes as keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ossweep.addresses import address_of
from ossweep.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.request import Request
    from ossweep.settings import Settings

ANY = "*"
NAMED = 3  # names with an asterisk that a note shows


def check_no_address(request: Request, bucket: str, settings: Settings, where: str) -> None:
    """
    Refuse an address of an object in a bucket that may be swept, where a key should stand.

    OSS deletes a key that was never there without a word, so nobody would see the mistake. Raises
    RequestError.
    """
    for field, name in _names(request):
        address = address_of(name, settings.endpoint or "")
        if address is None or not (ANY in settings.buckets or address[0] in settings.buckets):
            continue
        there, key = address
        wrong = f"{where}: `{field}`: {_shown(name)} is an address and no key"
        if not key:
            raise RequestError(
                f"{wrong}; it names the whole bucket {json.dumps(there)}, which only `everything` "
                "does"
            )
        elsewhere = f' with "bucket": {json.dumps(there)}' if there != bucket else ""
        raise RequestError(f"{wrong}; write {json.dumps(key)}{elsewhere}")


def notes(request: Request) -> tuple[str, ...]:
    """Return an answer's notes on names like patterns, and on patterns like whole keys."""
    return (*_on_asterisks(request), *_on_patterns(request))


def _on_patterns(request: Request) -> Iterator[str]:
    if (
        request.only is None
        or request.everything
        or not (request.only.match or request.only.except_)
    ):
        return
    from ossweep.whole_keys import notes_on_globs  # noqa: PLC0415 - for requests with patterns

    yield from notes_on_globs(request.only, (*request.prefix, *request.directory))


def _on_asterisks(request: Request) -> Iterator[str]:
    starred = [(field, name) for field, name in _names(request) if "*" in name]
    if not starred:
        return
    shown = ", ".join(f"`{field}` {_shown(name)}" for field, name in starred[:NAMED])
    more = f" and {len(starred) - NAMED:,} more" if len(starred) > NAMED else ""
    letter = (
        "the asterisk was taken to the letter; a prefix needs none, and a pattern stands in "
        '`only`: write "prefix": "logs/", "only": {"match": "*.log"}'
    )
    yield f"{shown}{more}: {letter}"


def _names(request: Request) -> Iterator[tuple[str, str]]:
    for field in ("keys", "prefix", "directory"):
        for name in getattr(request, field):
            yield field, name
    for each in request.manifest:
        yield "manifest", each.key


def _shown(name: str) -> str:
    return json.dumps(name if len(name) <= 80 else name[:77] + "...")  # noqa: PLR2004 - one line
