"""Names that were probably meant otherwise, and that OSS, which knows only keys, takes as keys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ossweep.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.request import Request
    from ossweep.settings import Settings

# An address as tools write it, with a bucket or its host, and as policies do.
_TOOLS = re.compile(r"(?:oss|s3)://([^/]*)/?(.*)", re.IGNORECASE | re.DOTALL)
_RESOURCE = re.compile(r"acs:oss:[^:/]*:[^:/]*:([^/]*)/?(.*)", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"https?://([^/?#]+)/?([^?#]*)", re.IGNORECASE)
# A bucket's host, or the service's: of a region, of OSS-HDFS in one, and the oldest of all.
_HOST = re.compile(
    r"(?:([a-z0-9-]+)\.)?(?:s3\.|[a-z0-9-]+\.(?=oss-dls\.))?oss(?:-[a-z0-9.-]+)?\.aliyuncs\.com"
)
ANY = "*"
NAMED = 3  # names with an asterisk that a note shows


def check_no_address(request: Request, bucket: str, settings: Settings, where: str) -> None:
    """
    Refuse an address of an object in a bucket that may be swept, where a key should stand.

    OSS deletes a key that was never there without a word, so nobody would see the mistake. Raises
    RequestError.
    """
    for field, name in _names(request):
        address = _address(name, settings)
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
    """Return an answer's notes on names that look like patterns."""
    starred = [(field, name) for field, name in _names(request) if "*" in name]
    if not starred:
        return ()
    shown = ", ".join(f"`{field}` {_shown(name)}" for field, name in starred[:NAMED])
    more = f" and {len(starred) - NAMED:,} more" if len(starred) > NAMED else ""
    letter = (
        "the asterisk was taken to the letter; a prefix needs none, and a pattern stands in "
        '`only`: write "prefix": "logs/", "only": {"match": "*.log"}'
    )
    return (f"{shown}{more}: {letter}",)


def _names(request: Request) -> Iterator[tuple[str, str]]:
    for field in ("keys", "prefix", "directory"):
        for name in getattr(request, field):
            yield field, name
    for each in request.manifest:
        yield "manifest", each.key


def _address(name: str, settings: Settings) -> tuple[str, str] | None:
    """Return the bucket and the key that an address names, if it is one of OSS's."""
    for form in (_TOOLS, _RESOURCE):
        if (found := form.fullmatch(name)) is not None:
            return _bucket_at(found[1], settings) or found[1], found[2]
    url = _URL.match(name)
    bucket = _bucket_at(url[1], settings) if url is not None else None
    if url is None or bucket is None:
        return None
    path = unquote(url[2])
    if bucket:
        return bucket, path
    bucket, _, key = path.partition("/")
    return bucket, key


def _bucket_at(host: str, settings: Settings) -> str | None:
    """Return the bucket of a host, "" for the service's own, None if it is none of OSS's."""
    host = host.lower()
    own = (settings.endpoint or "").lower().rpartition("://")[2].rstrip("/")
    if own and (host == own or host.endswith(f".{own}")):
        return host.removesuffix(own).removesuffix(".")
    found = _HOST.fullmatch(host.partition(":")[0])
    return None if found is None else found[1] or ""


def _shown(name: str) -> str:
    return json.dumps(name if len(name) <= 80 else name[:77] + "...")  # noqa: PLR2004 - one line
