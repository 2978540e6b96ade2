"""
Connections that end with the time left: each wait for the network takes its limit from it.

A name is resolved, a connection opened and each piece sent or received within the time that is left
at that moment. So neither an answer that comes a byte at a time nor a slow name server can outlast
it, whichever thread waits, and nobody has to watch.
"""

from __future__ import annotations

import io
import socket
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPResponse
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.connection import allowed_gai_family, create_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    class Dial(Protocol):
        """Opens a connection to an address and port within so many seconds; raises OSError."""

        def __call__(
            self, address: tuple[str, int], timeout: float, *, socket_options: Any
        ) -> socket.socket:
            """Return the connection."""


CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0  # until an answer begins, and between its pieces; a listing may take this long


def addresses_of(host: str, flags: int = 0) -> list[str]:
    """Return the numeric addresses of a host, in the order to try them; raises OSError."""
    found = socket.getaddrinfo(
        host.strip("[]"), None, allowed_gai_family(), socket.SOCK_STREAM, 0, flags
    )
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """The way to other machines: the real one by default; a test hands in its own."""

    resolve: Callable[[str], Sequence[str]] = addresses_of
    dial: Dial = create_connection


class Connections:
    """The connections of a session: none outlasts the time left, and all can be cut at once."""

    def __init__(self, left: Callable[[], float], network: Network) -> None:
        self._left = left
        self._network = network
        self._lock = Lock()
        self._open: WeakSet[socket.socket] = WeakSet()
        self._addresses: dict[str, Future[Sequence[str]]] = {}
        self.is_cut = False  # whether all of them have been

    def limit(self, most: float) -> float:
        """Return the seconds that something may take now; raises TimeoutError if none are left."""
        left = self._left()
        if left <= 0:
            raise TimeoutError("no time is left")
        return min(most, left)

    def limit_next(self, connection: socket.socket) -> None:
        """Limit the next piece of a connection; raises TimeoutError as `limit` does."""
        seconds = self.limit(READ_SECONDS)
        if connection.gettimeout() != seconds:  # to set it is a call of the system's
            connection.settimeout(seconds)

    def dial(self, host: str, port: int, socket_options: Any) -> socket.socket:
        """Return a connection to a host, whichever of its addresses answers; raises OSError."""
        refused: OSError = OSError("the name has no addresses")
        for address in self._addresses_of(host):
            seconds = self.limit(CONNECT_SECONDS)
            try:
                opened = self._network.dial((address, port), seconds, socket_options=socket_options)
            except OSError as error:
                refused = error
                continue
            try:
                opened.settimeout(self.limit(CONNECT_SECONDS))  # for what TLS has to say
            except TimeoutError:
                opened.close()
                raise
            return opened
        with self._lock:
            self._addresses.pop(host, None)  # the host may have moved
        raise refused

    def opened(self, connection: socket.socket) -> None:
        """Take note of a connection; raises TimeoutError if all have been cut."""
        with self._lock:
            self._open.add(connection)
            if not self.is_cut:
                return
        connection.close()
        self.check_open()

    def check_open(self) -> None:
        """Raise TimeoutError if all connections have been cut: that is done when time is up."""
        if self.is_cut:
            raise TimeoutError("no time is left")

    def cut(self) -> None:
        """Cut off everything that is sent or received; new connections fail."""
        with self._lock:
            self.is_cut = True
            for connection in self._open:
                with suppress(OSError):
                    # The plain socket's own method: TLS would start to talk.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _addresses_of(self, host: str) -> Sequence[str]:
        """Return the addresses of a host, which is asked for once; raises OSError."""
        with suppress(socket.gaierror):
            return addresses_of(host, socket.AI_NUMERICHOST)
        with self._lock:
            found = self._addresses.get(host)
            if found is None or (found.done() and found.exception() is not None):
                found = self._addresses[host] = Future()
                # The system's resolver takes no time limit: so a thread of its own waits for it.
                Thread(target=self._resolve, args=(host, found), daemon=True).start()
        try:
            return found.result(self.limit(READ_SECONDS))
        except NotYetError:
            raise socket.gaierror(
                socket.EAI_AGAIN, "the name was not resolved in the time that there was"
            ) from None

    def _resolve(self, host: str, found: Future[Sequence[str]]) -> None:
        try:
            found.set_result(self._network.resolve(host))
        except Exception as error:  # noqa: BLE001 - it is raised where the addresses are waited for
            found.set_exception(error)


class Plain(HTTPConnection):
    """urllib3's connection, in the time left."""

    def __init__(self, *args: Any, connections: Connections, **more: Any) -> None:
        super().__init__(*args, **more)
        self._connections = connections
        # http.client calls it. A method of the connection's own would keep the connection alive.
        self.response_class = partial(_answer, connections)  # type: ignore[assignment]

    def connect(self) -> None:
        """Connect, unless all connections have been cut."""
        super().connect()
        self._connections.opened(self.sock)

    def send(self, data: Any) -> None:
        """Send a piece of a request; raises TimeoutError when no time is left."""
        if self.sock is None:
            self.connect()
        self._connections.limit_next(self.sock)
        super().send(data)

    def _new_conn(self) -> socket.socket:
        """Connect as urllib3 does, with its exceptions."""
        host = self._dns_host
        try:
            host.encode("idna")
        except UnicodeError:
            raise LocationParseError(f"'{host}', label empty or too long") from None
        try:
            return self._connections.dial(host, self.port, self.socket_options)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"connecting to {self.host}: {error}") from error
        except OSError as error:
            raise NewConnectionError(self, f"connecting to {self.host}: {error}") from error


class Secure(Plain, HTTPSConnection):
    """The same over TLS."""


def _answer(
    connections: Connections, connection: socket.socket, *args: Any, **more: Any
) -> HTTPResponse:
    reader: Any = _Reader(connection, connections)
    return HTTPResponse(reader, *args, **more)


class _Reader(io.RawIOBase):
    """Reads from a connection, each piece in the time left; stands in for http.client's socket."""

    def __init__(self, connection: socket.socket, connections: Connections) -> None:
        self._connection = connection
        self._connections = connections
        self._pieces = connection.makefile("rb", buffering=0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connections.limit_next(self._connection)
        count = self._pieces.readinto(buffer)
        if count == 0:
            self._connections.check_open()  # an answer without a length would pass for a whole one
        return count

    def close(self) -> None:
        self._pieces.close()
        super().close()
