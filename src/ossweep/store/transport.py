"""
How requests travel: never longer than the time left, counted, and cut off all at once.

oss2 sends its requests through a session; this one goes straight to urllib3, on which oss2's own
stands. What requests does in between, twice a thousand keys, costs more than reading the answers.
"""

from __future__ import annotations

import re
import ssl
from collections import Counter
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cache, partial
from math import floor
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry, Timeout
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from ossweep.errors import Scope, StoreError
from ossweep.store.connections import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Connections,
    Network,
    Plain,
    Secure,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from urllib3 import BaseHTTPResponse

    from ossweep.work import Kind

REDIRECTION_BYTES = 16 * 1024  # that are read of the answer that redirects
_ENDPOINT = re.compile(rb"<Endpoint>\s*([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)\s*</Endpoint>")
PIECE_BYTES = 64 * 1024  # of an answer that is iterated over

KINDS: dict[str, Kind] = {
    "POST": "batch_delete",
    "DELETE": "delete",
    "PUT": "put",
}

# The store tries again by itself, and OSS never redirects: DELETE must not follow anyone.
_ONCE = Retry(False, redirect=False)


class Session:
    """
    What oss2 sends requests through: a limit for each, a count, and when the invocation began.

    `left` tells the seconds that a request may take, `elapsed` those since the invocation began.
    """

    def __init__(
        self,
        left: Callable[[], float],
        connections: int,
        elapsed: Callable[[], float],
        network: Network | None = None,
    ) -> None:
        self._elapsed = elapsed
        self._open = Connections(left, network or Network())
        # Neither a .netrc nor a proxy of the machine's is looked for: they would meddle with
        # requests that are signed.
        self._pool = cache(partial(_pool, through=self._open, most=connections))
        self._lock = Lock()
        self.requests: Counter[str] = Counter()
        self.began: int | None = None  # OSS's time when the invocation began, in Unix seconds

    def do_request(self, req: Any, timeout: Any) -> Response:  # noqa: ARG002 - the time left decides
        """
        Send one request; oss2 calls this for every one.

        Raises urllib3's HTTPError if no answer comes, and StoreError for what is no OSS.
        """
        path = req.url.index("/", len("https://"))
        with self._lock:
            self.requests[_kind(req)] += 1
            pool = self._pool(req.url[:path])
        query = f"?{urlencode(req.params, quote_via=quote)}" if req.params else ""
        try:
            response = pool.urlopen(
                req.method,
                req.url[path:] + query,
                body=req.data,
                # oss2 says by None which headers shall not be sent.
                headers={name: text for name, text in req.headers.items() if text is not None},
                retries=_ONCE,
                redirect=False,
                preload_content=False,
            )
        except ValueError as refused:
            if isinstance(refused, OSError | HTTPError):
                raise
            # What the refusal says may hold a credential.
            raise StoreError(
                "InvalidHeader", "a header of the request cannot be sent", Scope.JOB
            ) from None
        if response.status // 100 == 3:  # noqa: PLR2004 - redirections
            raise _redirected(response)
        if response.status == 204:  # noqa: PLR2004 - No Content
            response.read()  # nobody else would, and the connection could not be used again
        self.note_date(response)
        return Response(response)

    def throttled(self) -> None:
        """Count an answer by which OSS asked for fewer requests."""
        with self._lock:
            self.requests["throttled"] += 1

    def cut(self) -> None:
        """Cut off all requests under way; new ones fail."""
        self._open.cut()

    def note_date(self, response: BaseHTTPResponse) -> None:
        """
        Reckon from an answer's Date when the invocation began; the earliest that comes out counts.

        A gateway's answer, and any that tells of a fault, may have a Date that is nobody's: only
        OSS's own are believed.
        """
        if response.status >= 500 or not response.headers.get("x-oss-request-id"):  # noqa: PLR2004 - faults
            return
        date = seconds_of(response.headers.get("Date"))
        if date is None:
            return
        began = floor(date - self._elapsed())
        with self._lock:
            self.began = began if self.began is None else min(self.began, began)


def seconds_of(date: str | None) -> int | None:
    """Return the time in a header in Unix seconds, if there is one."""
    with suppress(ValueError, OverflowError, TypeError):
        return int(parsedate_to_datetime(date).timestamp()) if date is not None else None
    return None


class Response:
    """An answer as oss2 reads it: `oss2.http.Response`, without requests and without its log."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self.response = response
        self.status = response.status
        self.headers = response.headers
        self.request_id = response.headers.get("x-oss-request-id", "")

    def read(self, amt: int | None = None) -> bytes:
        """Return up to `amt` bytes, or all that are left; none if all are read."""
        return self.response.read(amt)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response.stream(PIECE_BYTES))


def _redirected(response: BaseHTTPResponse) -> StoreError:
    """
    Return what a redirection means, which nobody follows: that the job asks at the wrong place.

    OSS names the endpoint that a bucket is reached at, in the answer's body. Only what looks like a
    host's name is passed on.
    """
    with suppress(HTTPError, OSError):
        body = response.read(REDIRECTION_BYTES)
        if response.headers.get("x-oss-request-id") and (named := _ENDPOINT.search(body)):
            words = f"the endpoint that OSS names is {named[1].decode()} (OSSWEEP_ENDPOINT)"
            response.close()
            return StoreError("Redirected", words, Scope.JOB)
    response.close()
    return StoreError("Redirected", "OSS redirects nobody: another server has answered", Scope.JOB)


def _kind(request: Any) -> Kind:
    if request.method == "GET":
        return "list" if "max-keys" in request.params else "get"
    return KINDS[request.method]


def _pool(origin: str, through: Connections, most: int) -> HTTPConnectionPool:
    """Return urllib3's pool for a scheme and host, over connections that end with the time left."""
    url = parse_url(origin)
    if url.host is None:
        raise LocationParseError(origin)
    limits = Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    more: dict[str, Any] = {"maxsize": most, "timeout": limits, "connections": through}
    pool: HTTPConnectionPool
    if url.scheme == "https":
        pool = HTTPSConnectionPool(url.host, url.port, ssl_context=_trust(), **more)
        pool.ConnectionCls = Secure
    else:
        pool = HTTPConnectionPool(url.host, url.port, **more)
        pool.ConnectionCls = Plain
    return pool


@cache
def _trust() -> ssl.SSLContext:
    """Return whom to trust. To read all of the world's certificates again would cost 20 ms."""
    return ssl.create_default_context(cafile=certifi.where())
