"""
The way of requests to OSS: never longer than the time left, counted, and cut off all at once.

oss2 sends its requests through a session; this one goes straight to urllib3, on which oss2's own
stands. The library `requests` in between, twice for a thousand keys, costs more than reading the
answers does.

OSS's clock is the only one by which objects are judged. It is reckoned from the Date of OSS's own
answers (`note_date`), and the earliest result counts: a clock that is late would delete what is
newer, one that is early only keeps more. Without any Date nothing listed is deleted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache, partial
from math import floor, inf
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from urllib3 import Retry, Timeout
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from ossweep.errors import Scope, StoreError
from ossweep.store.connections import CONNECT_SECONDS, READ_SECONDS, Connections, Network
from ossweep.store.names import KEY_BYTES
from ossweep.store.pools import PlainPool, SecurePool
from ossweep.store.verdicts import ForeignAnswerError
from ossweep.trust import authorities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

    from ossweep.work import Kind

PIECE_BYTES = 256 * 1024  # of an answer whose length is not known

# An answer of OSS's has a thousand rows at most: a key, each byte of it as %00, and the other
# fields of an object or a version (600 bytes with owner, restoration and white space).
_ROWS = 1000
_ROW_BYTES = 3 * KEY_BYTES + 1024
ROWS_BYTES = (_ROWS + 8) * _ROW_BYTES  # with the prefix, the markers and the bucket's name
WORDS_BYTES = 64 * 1024  # of all other documents: an error, or a setting of the bucket's

_SHOWN = 40  # characters of a header that a sentence quotes
SECONDS = 64  # of which the text is remembered: many answers come in each
FORBIDDEN = 403
REDIRECTION_BYTES = 16 * 1024  # that are read of the answer that redirects
_ENDPOINT = re.compile(rb"<Endpoint>\s*([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)\s*</Endpoint>")

KINDS: dict[str, Kind] = {
    "POST": "batch_delete",
    "DELETE": "delete",
    "PUT": "put",
}

_SHORT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")  # of ISO 8601

# OSS takes no request that was signed more than 15 minutes away from its own time, and an answer
# may take as long as it is waited for.
_APART = 15 * 60 + 2 * READ_SECONDS

# Whoever these come from, OSS may have carried the request out, and they are told by their numbers.
_OF_GATEWAYS = frozenset({500, 502, 503, 504})

# The store tries again by itself, and OSS never redirects: DELETE must not follow anyone.
_ONCE = Retry(False, redirect=False)


class TimedSession:
    """
    The session of oss2's requests: a time limit for each, their count, and OSS's time.

    `left` tells the seconds that a request may take, `elapsed` those since the invocation began.
    """

    def __init__(
        self,
        left: Callable[[], float],
        connections: int,
        elapsed: Callable[[], float],
        network: Network | None = None,
        certificates: tuple[str, ...] = (),
    ) -> None:
        self._elapsed = elapsed
        self._open = Connections(left, network or Network())
        # Neither a .netrc nor a proxy of the machine's is looked for: they would change requests
        # that are signed.
        self._pool = cache(partial(_pool, certificates, through=self._open, most=connections))
        self._lock = Lock()
        self.requests: Counter[str] = Counter()
        self.began: int | None = None  # OSS's time when the invocation began, in Unix seconds
        self._latest: float | None = None  # and what that was no later than

    def do_request(self, req: Any, timeout: Any) -> Response:  # noqa: ARG002 - the time left decides
        """
        Send one request; oss2 calls this for every one.

        Raises urllib3's HTTPError if no answer comes, and StoreError for an answer that is not
        OSS's, or is encoded: nobody asks for that, and a short answer could become one of any
        length.
        """
        sent = self._elapsed()
        path = req.url.index("/", len("https://"))
        kind = _kind(req)
        with self._lock:
            self.requests[kind] += 1
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
                decode_content=False,
            )
        except ValueError as refused:
            if isinstance(refused, OSError | HTTPError):
                raise
            # The words of the refusal may hold a credential.
            raise StoreError(
                "InvalidHeader", "a header of the request cannot be sent", Scope.JOB
            ) from None
        if response.status // 100 == 3:  # noqa: PLR2004 - redirections
            raise _redirected(response)
        if encoding := _encoding(response):
            response.close()
            raise ForeignAnswerError(
                "EncodedAnswer",
                f"the answer is encoded, and not to be read: {encoding}",
                _scope_if_unreadable(req),
            )
        if response.status not in _OF_GATEWAYS and not response.headers.get("x-oss-request-id"):
            response.close()
            words = f"an answer with status {response.status} has no request id of OSS's"
            words += ": it comes from somebody else"
            raise ForeignAnswerError("UnreadableAnswer", words, Scope.PASSING)
        if response.status == 204:  # noqa: PLR2004 - No Content
            response.read()  # nobody else would, and the connection could not be used again
        self.note_date(response, _signed(req.headers.get("x-oss-date")), sent)
        return Response(response, _longest_document(req), _scope_if_unreadable(req))

    def moment(self) -> float:
        """Return the seconds since the invocation began."""
        return self._elapsed()

    def time_at(self, moment: float) -> int:
        """Return OSS's time at a moment, or an earlier time; 0 if nobody has told it."""
        with self._lock:
            return 0 if self.began is None else floor(self.began + moment)

    def latest(self) -> float:
        """Return OSS's time now, or a later time; infinity if nobody has told it."""
        with self._lock:
            return inf if self._latest is None else self._latest + self._elapsed()

    @property
    def began_by(self) -> float | None:
        """OSS's time when the invocation began, or a later time; None if nobody has told it."""
        return self._latest

    def throttled(self) -> None:
        """Count an answer by which OSS asked for fewer requests."""
        with self._lock:
            self.requests["throttled"] += 1

    @property
    def is_cut(self) -> bool:
        """Whether all requests have been cut off."""
        return self._open.is_cut

    def cut(self) -> None:
        """Cut off all requests under way; new ones fail."""
        self._open.cut()

    def note_date(
        self, response: BaseHTTPResponse, signed: float | None = None, sent: float = 0.0
    ) -> None:
        """
        Reckon from an answer's Date when the invocation began; the earliest result counts.

        Only OSS's own answers are believed: a gateway's, or one that tells of a fault, may carry
        any Date. Nor is a Date believed so far ahead that OSS would have refused the signature:
        then the time at which the request was `signed` counts. A Date that lies behind does no
        harm: it only keeps more objects. OSS wrote the Date after the request was `sent`, so many
        seconds after the invocation began.
        """
        if not _tells_the_time(response):
            return
        date = seconds_of(response.headers.get("Date"))
        if date is None:
            return
        is_too_late = signed is not None and date - signed > _APART
        began = floor((signed if signed is not None and is_too_late else date) - self._elapsed())
        with self._lock:
            self.began = began if self.began is None else min(self.began, began)
            if not is_too_late:
                self._latest = max(date + 1 - sent, self._latest or -inf)


def _tells_the_time(response: BaseHTTPResponse) -> bool:
    """Tell whether an answer is OSS's own, to a request that was not refused for its time."""
    is_fault = response.status >= 500  # noqa: PLR2004 - faults
    own = response.headers.get("x-oss-request-id")
    return bool(own) and not is_fault and response.status != FORBIDDEN


@lru_cache(maxsize=SECONDS)
def _signed(signed: str | None) -> float | None:
    """Return when a request was signed, in Unix seconds, by its header."""
    with suppress(ValueError):
        iso = _SHORT.sub(r"\1-\2-\3T\4:\5:\6+00:00", signed or "")
        return datetime.fromisoformat(iso).timestamp()
    return None


@lru_cache(maxsize=SECONDS)
def seconds_of(date: str | None) -> int | None:
    """Return the time in a header in Unix seconds, if there is one."""
    with suppress(ValueError, OverflowError, TypeError):
        return int(parsedate_to_datetime(date).timestamp()) if date is not None else None
    return None


class Response:
    """
    An answer as oss2 reads it: `oss2.http.Response`, without requests and without its log.

    At most `most` bytes are read where the whole answer is asked for; `about` is the scope of the
    error if it is larger.
    """

    def __init__(self, response: BaseHTTPResponse, most: int, about: Scope) -> None:
        self.response = response
        self._most = most
        self._about = about
        self.status = response.status
        self.headers = response.headers
        self.request_id = response.headers.get("x-oss-request-id", "")

    def read(self, amt: int | None = None) -> bytes:
        """
        Return up to `amt` bytes, or all that are left; none if all are read.

        Raises StoreError for more than OSS can have written, as soon as that is known.
        """
        if amt is not None:
            return self._read_up_to(amt)
        announced = self.response.length_remaining
        if announced is not None and announced <= self._most:
            return self.response.read()
        if announced is None and len(body := self._read_up_to(self._most + 1)) <= self._most:
            return body
        self.response.close()
        raise ForeignAnswerError(
            "TooLarge",
            f"the answer is larger than {self._most:,} bytes, and none of OSS's can be",
            self._about,
        )

    def _read_up_to(self, amt: int) -> bytes:
        """Read until there are so many bytes or no more; a piece may be short though more come."""
        body = bytearray()
        while len(body) < amt:
            piece = self.response.read(min(PIECE_BYTES, amt - len(body)))
            if not piece:
                break
            body += piece
        return bytes(body)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response.stream(PIECE_BYTES))


def _redirected(response: BaseHTTPResponse) -> StoreError:
    """
    Return the error of a redirection: the job asks at the wrong place, and nobody follows it.

    OSS names the bucket's own endpoint in the answer's body. Only a name that looks like a host's
    is passed on.
    """
    with suppress(HTTPError, OSError):
        body = response.read(REDIRECTION_BYTES)
        if response.headers.get("x-oss-request-id") and (named := _ENDPOINT.search(body)):
            words = f"the endpoint that OSS names is {named[1].decode()} (OSSWEEP_ENDPOINT)"
            response.close()
            return StoreError("Redirected", words, Scope.JOB)
    response.close()
    words = "OSS redirects nobody: another server has answered"
    return ForeignAnswerError("Redirected", words, Scope.JOB)


def _kind(request: Any) -> Kind:
    if request.method == "GET":
        if "tagging" in request.params:
            return "tags"
        return "list" if "max-keys" in request.params else "get"
    return KINDS[request.method]


def _longest_document(request: Any) -> int:
    """Return the bytes of the longest document that OSS may answer a request with."""
    is_of_rows = not {"max-keys", "delete", "lifecycle"}.isdisjoint(request.params)
    return ROWS_BYTES if is_of_rows else WORDS_BYTES


def _scope_if_unreadable(request: Any) -> Scope:
    """
    Return the scope of an answer that cannot be read.

    After a deletion it is the moment's: it may have been carried out, whatever the answer is.
    """
    is_an_object = _kind(request) == "get" and "versioning" not in request.params
    return Scope.KEYS if is_an_object else Scope.PASSING


def _encoding(response: BaseHTTPResponse) -> str:
    """Return how an answer's body is encoded, as far as a sentence needs it; "" if it is not."""
    encoding = response.headers.get("Content-Encoding", "").strip()[:_SHOWN]
    return "" if encoding.lower() in {"", "identity"} else json.dumps(encoding)


def _pool(
    certificates: tuple[str, ...], origin: str, through: Connections, most: int
) -> HTTPConnectionPool:
    """Return urllib3's pool for a scheme and host, over connections that end with the time left."""
    url = parse_url(origin)
    if url.host is None:
        raise LocationParseError(origin)
    limits = Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    more: dict[str, Any] = {"maxsize": most, "timeout": limits, "connections": through}
    if url.scheme == "https":
        return SecurePool(url.host, url.port, ssl_context=authorities(certificates), **more)
    return PlainPool(url.host, url.port, **more)
