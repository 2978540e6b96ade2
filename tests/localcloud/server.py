"""The HTTP server before the dialect: reads requests as sent, writes answers, breaks on order."""

import contextlib
import ipaddress
import secrets
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from localcloud import batch
from localcloud.answers import (
    Answer,
    OssError,
    error_answer,
    invalid_argument,
)
from localcloud.arrivals import Log, Request
from localcloud.bodies import read_body, read_headers
from localcloud.dialect import Dialect, operation_of, read_target
from localcloud.faults import (
    After,
    Before,
    CutBody,
    CutXml,
    DateShift,
    ErrorInside200,
    Fault,
    Faults,
    Gateway,
    Latency,
    NoDate,
    Refuse,
    Reset,
    ShortPage,
    Trickle,
)
from localcloud.signature import Credentials, verify

LONGEST_TRICKLE = 60.0
STOPPING_TAKES_AT_MOST = 10.0


@dataclass(frozen=True)
class Service:
    """What the server's threads share."""

    dialect: Dialect
    faults: Faults
    log: Log
    accounts: Sequence[Credentials]
    region: str
    has_bucket: Callable[[str], bool]
    now: Callable[[], float]
    stopping: threading.Event


class OssServer(ThreadingHTTPServer):
    """Threads that end with their connections, and connections that end with the server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, service: Service) -> None:
        super().__init__(("127.0.0.1", port), OssHandler)
        self.service = service
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.service.stopping.set()
        self.shutdown()
        self._thread.join()
        with self._changed:
            for connection in self._open:
                _hang_up(connection)
            self._changed.wait_for(lambda: not self._open, STOPPING_TAKES_AT_MOST)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        # Closed without the farewell socketserver sends first, so that a reset is one.
        self.close_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is a bug, here or in a test's hook."""
        if not isinstance(sys.exc_info()[1], OSError | EOFError):
            super().handle_error(request, client_address)


class OssHandler(BaseHTTPRequestHandler):
    """One connection: its requests one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: OssServer
    raw_requestline: bytes
    _headers: Mapping[str, str]

    def parse_request(self) -> bool:
        """Read a request's head; the base class's parser, made for mails, takes its time."""
        self.requestline = self.raw_requestline.decode("latin-1").rstrip("\r\n")
        words = self.requestline.split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":
            is_read = super().parse_request()
            if is_read:
                self._headers = {name.lower(): text for name, text in self.headers.items()}
            return is_read
        self.command, self.path, self.request_version = words
        self._headers = read_headers(self.rfile)
        self.close_connection = self._headers.get("connection", "").lower() == "close"
        is_asked_first = self._headers.get("expect", "").lower() == "100-continue"
        return not is_asked_first or self.handle_expect_100()

    def serve(self) -> None:
        service = self.server.service
        began = time.monotonic()
        request_id = secrets.token_hex(12).upper()
        headers = self._headers
        request, body, refusal = self._read(headers)
        ticket = service.log.arrived(request)
        faults = service.faults.met_by(request)
        waited_out = not service.stopping.wait(sum(fault.seconds for fault in _of(faults, Latency)))
        if not waited_out or any(reset.when == "before" for reset in _of(faults, Reset)):
            self._reset()
            return
        host = headers.get("host", "")
        try:
            if refusal is not None:
                raise refusal
            answer = self._carry_out(request, body, faults, request_id)
        except OssError as error:
            answer = error_answer(error, request.method, request_id, host)
        for after in _of(faults, After):
            after.function(request)
        if _of(faults, Reset):
            self._reset()
            return
        for gateway in _of(faults, Gateway):
            answer = Answer(
                gateway.status, b"<html></html>", {"Content-Type": "text/html"}, timed=False
            )
        if answer.timed:
            took = {"x-oss-server-time": str(round((time.monotonic() - began) * 1000))}
            answer = replace(answer, headers={**took, **answer.headers})
        service.log.answered(ticket, answer.status)
        self._send(answer, request, faults, request_id)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve  # noqa: N815 http.server's names

    def _read(self, headers: Mapping[str, str]) -> tuple[Request, bytes, OssError | None]:
        body = read_body(self.rfile, headers)
        # The base class shortens a path's leading slashes in self.path: it is another object's.
        target = self.requestline.split(" ")[1]
        method = self.command or ""
        try:
            path, query = read_target(target)
            bucket, key = self._bucket_and_key(path.decode(), headers.get("host", ""))
        except UnicodeDecodeError:
            unread = Request("unknown", method, "", "", {}, headers)
            return unread, body, invalid_argument("The request's URI is not UTF-8.")
        operation = operation_of(Request("unknown", method, bucket, key, query, headers))
        keys = batch.keys_in(body) if operation == "batch_delete" else ()
        return Request(operation, method, bucket, key, query, headers, keys), body, None

    def _bucket_and_key(self, path: str, host: str) -> tuple[str, str]:
        name = host.rpartition(":")[0] or host
        first_label, _, rest = name.partition(".")
        named = rest.startswith("oss-") and rest.endswith(".aliyuncs.com")
        if not _is_address(name) and (named or self.server.service.has_bucket(first_label)):
            return first_label, path.removeprefix("/")
        bucket, _, key = path.removeprefix("/").partition("/")
        return bucket, key

    def _carry_out(
        self, request: Request, body: bytes, faults: Sequence[Fault], request_id: str
    ) -> Answer:
        service = self.server.service
        # OSS tells anybody that there is no such bucket, before it looks who asks.
        if request.bucket and request.operation != "create_bucket":
            service.dialect.check_bucket(request)
        verify(request, service.accounts, service.region, service.now())
        for before in _of(faults, Before):
            before.function(request)
        for refuse in _of(faults, Refuse):
            raise OssError(refuse.status, refuse.code, refuse.message)
        for hidden in _of(faults, ErrorInside200):
            error = OssError(200, hidden.code, hidden.message)
            host = request.headers.get("host", "")
            return error_answer(error, request.method, request_id, host)
        for short in _of(faults, ShortPage):
            most = min(short.keys, int(request.query.get("max-keys", "1000")))
            request = replace(request, query={**request.query, "max-keys": str(most)})
        return service.dialect.answer(request, body, faults)

    def _send(
        self, answer: Answer, request: Request, faults: Sequence[Fault], request_id: str
    ) -> None:
        for cut in _of(faults, CutXml):
            answer = replace(answer, body=answer.body[: cut.after_bytes])
        head = self._head(answer, faults, request_id)
        sent = answer.body
        for cut_short in _of(faults, CutBody):
            sent = sent[: cut_short.after_bytes]
            self.close_connection = True
        trickles = _of(faults, Trickle)
        if request.method == "HEAD":
            self.wfile.write(head)
        elif trickles:
            self.wfile.write(head)
            self._trickle(sent, trickles[0].seconds_between_bytes)
        else:
            self.wfile.write(head + sent)

    def _head(self, answer: Answer, faults: Sequence[Fault], request_id: str) -> bytes:
        gateways = _of(faults, Gateway)
        headers = {} if gateways else {"Server": "AliyunOSS", "x-oss-request-id": request_id}
        if not _of(faults, NoDate):
            shift = sum(fault.seconds for fault in _of(faults, DateShift))
            shift += sum(gateway.date_shift for gateway in gateways)
            headers["Date"] = formatdate(self.server.service.now() + shift, usegmt=True)
        if answer.status not in (204, 304):
            headers["Content-Length"] = str(len(answer.body))
        if self.close_connection:
            headers["Connection"] = "close"
        headers.update(answer.headers)
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _trickle(self, body: bytes, seconds: float) -> None:
        until = time.monotonic() + LONGEST_TRICKLE
        for at in range(len(body)):
            if time.monotonic() > until or self.server.service.stopping.wait(seconds):
                self.close_connection = True
                return
            self.wfile.write(body[at : at + 1])

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
        """Requests are in the log that tests read."""


def _of(faults: Sequence[Fault], kind: type) -> list[Any]:
    return [fault for fault in faults if isinstance(fault, kind)]


@lru_cache
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client may have been faster
        connection.shutdown(socket.SHUT_RDWR)
