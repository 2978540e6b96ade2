"""No request outlasts the time left: neither a name, nor an answer's head, nor its body."""

from __future__ import annotations

import socket
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from oss2.http import Request
from urllib3.exceptions import HTTPError, NameResolutionError

from ossweep.store.connections import READ_SECONDS, Network
from ossweep.store.transport import TimedSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nx-oss-request-id: 5C3D\r\nConnection: close\r\n\r\n"
HEAD = UNTIL_CLOSED.replace(b"Connection", b"Content-Length: 40\r\nConnection")
BODY = b"x" * 40
LONG = 10.0  # real seconds: no test waits so long unless it fails


@dataclass
class Clock:
    """The seconds that are left, and where a test takes them from."""

    left: float

    def seconds_left(self) -> float:
        return self.left

    def pass_by(self, seconds: float) -> None:
        self.left -= seconds


class Watched(socket.socket):
    """A socket that keeps the limits which it is given."""

    limits: list[float]

    def settimeout(self, value: float | None) -> None:
        assert value is not None
        self.limits.append(value)
        super().settimeout(value)


@dataclass
class Dialled:
    """Connections to a server, with the limits of all of them."""

    limits: list[float] = field(default_factory=list)

    def __call__(
        self, address: tuple[str, int], timeout: float, *, socket_options: Any
    ) -> socket.socket:
        opened = Watched(socket.AF_INET, socket.SOCK_STREAM)
        opened.limits = self.limits
        opened.settimeout(timeout)
        opened.connect(address)
        return opened


@contextmanager
def served(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve connections, each by a thread that reads a request and answers; yield the port."""
    over = Event()

    def serve(connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            connection.recv(65536)
            answer(connection)
            over.wait(LONG)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        over.set()
        server.shutdown(socket.SHUT_RDWR)


def asked(session: TimedSession, port: int, host: str = "127.0.0.1") -> bytes:
    """Return the body of an answer."""
    request = Request("GET", f"http://{host}:{port}/bucket/", params={"max-keys": "1000"})
    return session.do_request(request, None).read()


@pytest.mark.parametrize("seconds", [4, 6, 20, 50])
def test_an_answer_may_take_up_to_a_minute(seconds: int) -> None:
    """As far as there is so much time."""
    clock, dialled = Clock(300.0), Dialled()

    def answer(connection: socket.socket) -> None:
        clock.pass_by(seconds)
        connection.sendall(HEAD + BODY)

    with served(answer) as port:
        body = asked(TimedSession(clock.seconds_left, 1, lambda: 0.0, Network(dial=dialled)), port)

    assert body == BODY
    assert dialled.limits[-1] == READ_SECONDS
    assert seconds < READ_SECONDS


def test_an_answer_may_take_no_longer_than_the_time_left() -> None:
    """Each wait for a piece of it is given what is left at that moment."""
    clock, dialled = Clock(12.0), Dialled()

    with served(lambda connection: connection.sendall(HEAD)) as port:
        session = TimedSession(clock.seconds_left, 1, lambda: 0.0, Network(dial=dialled))
        opened = session.do_request(Request("GET", f"http://127.0.0.1:{port}/b/"), None)
        clock.left = 0.0
        with pytest.raises(HTTPError):
            opened.read()

    assert dialled.limits[-1] == 12.0  # the last that was set before the wait for the head


@pytest.mark.parametrize("sent", [HEAD[:10], HEAD + BODY[:10]], ids=["head", "body"])
def test_an_answer_that_trickles_ends_with_the_time_left(sent: bytes) -> None:
    """However little each piece takes."""
    clock = Clock(1.0)

    def answer(connection: socket.socket) -> None:
        for at in range(len(sent)):
            connection.sendall(sent[at : at + 1])
            clock.pass_by(1.0 / len(sent))
        clock.left = 0.0

    with served(answer) as port, pytest.raises(HTTPError):
        asked(TimedSession(clock.seconds_left, 1, lambda: 0.0), port)


def test_a_name_that_is_resolved_slowly_ends_with_the_time_left() -> None:
    """The system's resolver takes no limit of its own; that it was the name is told."""
    known = Event()

    def resolve(host: str) -> list[str]:
        known.wait(LONG)
        return ["127.0.0.1"]

    session = TimedSession(lambda: 0.1, 1, lambda: 0.0, Network(resolve=resolve))
    with pytest.raises(NameResolutionError, match="not resolved in the time"):
        asked(session, 80, "bucket.example")
    assert not known.is_set()
    known.set()


def test_a_name_is_resolved_once() -> None:
    """Each connection of a session after the first goes to the addresses that are known."""
    names: list[str] = []

    def resolve(host: str) -> list[str]:
        names.append(host)
        return ["127.0.0.1"]

    with served(lambda connection: connection.sendall(HEAD + BODY)) as port:
        session = TimedSession(lambda: LONG, 1, lambda: 0.0, Network(resolve=resolve))
        bodies = [asked(session, port, "bucket.example") for _ in range(3)]

    assert (bodies, names) == ([BODY] * 3, ["bucket.example"])


def test_a_name_that_could_not_be_resolved_is_asked_for_again() -> None:
    """The next attempt may find it."""
    answers: list[list[str]] = [["127.0.0.1"]]

    def resolve(host: str) -> list[str]:
        if len(answers) == 1:
            answers.append([])
            raise socket.gaierror(socket.EAI_AGAIN, "Try again.")
        return answers[0]

    with served(lambda connection: connection.sendall(HEAD + BODY)) as port:
        session = TimedSession(lambda: LONG, 1, lambda: 0.0, Network(resolve=resolve))
        with pytest.raises(HTTPError):
            asked(session, port, "bucket.example")
        assert asked(session, port, "bucket.example") == BODY


@pytest.mark.parametrize("head", [HEAD, UNTIL_CLOSED])
def test_a_cut_reaches_an_answer_that_closes_its_connection(head: bytes) -> None:
    """And what has come of it does not pass for the whole, even where no length is told."""
    sessions: list[TimedSession] = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(head + BODY[:10])
        sessions[0].cut()

    with served(answer) as port:
        sessions.append(TimedSession(lambda: LONG, 1, lambda: 0.0))
        with pytest.raises(HTTPError):
            asked(sessions[0], port)
