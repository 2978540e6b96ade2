"""Addresses of objects, as tools, policies and browsers write them."""

from __future__ import annotations

import re
from urllib.parse import unquote

# An address as tools write it, with a bucket or its host, and as policies do.
_TOOLS = re.compile(r"(?:oss|s3)://([^/]*)/?(.*)", re.IGNORECASE | re.DOTALL)
_RESOURCE = re.compile(r"acs:oss:[^:/]*:[^:/]*:([^/]*)/?(.*)", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"https?://([^/?#]+)/?([^?#]*)", re.IGNORECASE)
# A bucket's host, or the service's: of a region, of OSS-HDFS in one, and the oldest of all.
_HOST = re.compile(
    r"(?:([a-z0-9-]+)\.)?(?:s3\.|[a-z0-9-]+\.(?=oss-dls\.))?oss(?:-[a-z0-9.-]+)?\.aliyuncs\.com"
)


def address_of(name: str, endpoint: str = "") -> tuple[str, str] | None:
    """Return the bucket and key of an address, if it is one of OSS's, or of this endpoint."""
    for form in (_TOOLS, _RESOURCE):
        if (found := form.fullmatch(name)) is not None:
            return _bucket_at(found[1], endpoint) or found[1], found[2]
    url = _URL.match(name)
    bucket = _bucket_at(url[1], endpoint) if url is not None else None
    if url is None or bucket is None:
        return None
    path = unquote(url[2])
    if bucket:
        return bucket, path
    bucket, _, key = path.partition("/")
    return bucket, key


def _bucket_at(host: str, endpoint: str) -> str | None:
    """Return the bucket of a host, "" for the service's own, None if it is none of OSS's."""
    host = host.lower()
    own = endpoint.lower().rpartition("://")[2].rstrip("/")
    if own and (host == own or host.endswith(f".{own}")):
        return host.removesuffix(own).removesuffix(".")
    found = _HOST.fullmatch(host.partition(":")[0])
    return None if found is None else found[1] or ""
