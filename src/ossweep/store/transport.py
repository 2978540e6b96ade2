"""How requests travel: never longer than the time left, counted, and cut off all at once."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import suppress
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import oss2
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.work import Kind

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0  # between two pieces of an answer; a batch of a thousand may take seconds
SHORTEST_SECONDS = 0.05  # a timeout of 0 would be refused as "no timeout" by urllib3

KINDS: dict[str, Kind] = {
    "POST": "batch_delete",
    "DELETE": "delete",
    "PUT": "put",
}


class Session(oss2.Session):  # type: ignore[misc] # oss2 has no types
    """oss2's session, with a time limit for each request and a memory of OSS's first answer."""

    def __init__(self, left: Callable[[], float], connections: int) -> None:
        self._left = left
        self._open = _Connections()
        super().__init__(adapter=_Adapter(self._open, connections))
        # A .netrc or a proxy of the machine's would meddle with signed requests, and looking for
        # them costs a file access each; OSS never redirects, and DELETE must not follow anyone.
        self.session.trust_env = False
        self.session.max_redirects = 0
        self._lock = Lock()
        self.requests: Counter[str] = Counter()
        self.date: int | None = None  # OSS's time at its first answer, in Unix seconds

    def do_request(self, req: Any, timeout: Any) -> Any:  # noqa: ARG002 - the time left decides
        """Send one request; oss2 calls this for every one."""
        left = max(self._left(), SHORTEST_SECONDS)
        with self._lock:
            self.requests[_kind(req)] += 1
        response = super().do_request(req, (min(CONNECT_SECONDS, left), min(READ_SECONDS, left)))
        if response.status == 204:  # noqa: PLR2004 - No Content
            response.read()  # nobody else would, and the connection could not be used again
        self._note_date(response.headers.get("Date"))
        return response

    def throttled(self) -> None:
        """Count an answer by which OSS asked for fewer requests."""
        with self._lock:
            self.requests["throttled"] += 1

    def cut(self) -> None:
        """Cut off all requests under way; new ones fail."""
        self._open.cut()

    def _note_date(self, date: str | None) -> None:
        if self.date is None and date is not None:
            with suppress(ValueError, OverflowError, TypeError), self._lock:
                self.date = self.date or int(parsedate_to_datetime(date).timestamp())


def _kind(request: Any) -> Kind:
    if request.method == "GET":
        return "list" if "max-keys" in request.params else "get"
    return KINDS[request.method]


class _Connections:
    """The connections that are open, to be cut off together."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: WeakSet[HTTPConnection] = WeakSet()
        self._closed = False

    def opened(self, connection: HTTPConnection) -> None:
        with self._lock:
            if not self._closed:
                self._open.add(connection)
                return
        connection.close()
        raise ConnectionAbortedError("no time is left")

    def cut(self) -> None:
        with self._lock:
            self._closed = True
            for connection in self._open:
                if connection.sock is not None:
                    with suppress(OSError):
                        # The plain socket's own method: TLS would start to talk.
                        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """requests' adapter, over connections that can be cut off."""

    def __init__(self, opened: _Connections, connections: int) -> None:
        self._opened = opened
        super().__init__(pool_connections=1, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make urllib3 use connections that tell when they open."""
        super().init_poolmanager(*args, **kwargs)
        opened = self._opened

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                opened.opened(self)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                opened.opened(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
