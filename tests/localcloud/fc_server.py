"""The HTTP server before the local Function Compute: connections that end when it does."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.bodies import read_body
from localcloud.fc_answers import HungUp, Request

if TYPE_CHECKING:
    from localcloud.fc_answers import Answer


class Api(Protocol):
    """What is behind the server."""

    def answer(self, request: Request, request_id: str) -> Answer:
        """Answer anything; raises HungUp for a connection that is to be reset."""


class FcServer(ThreadingHTTPServer):
    """One thread a connection; all have ended when it is stopped."""

    daemon_threads = False  # so that they are waited for
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FcHandler)
        self.api: Api
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self, api: Api) -> None:
        self.api = api
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client may have been faster
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        # Closed without the farewell socketserver sends first, so that a reset is one.
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is a bug."""
        if not isinstance(sys.exc_info()[1], OSError | EOFError):
            super().handle_error(request, client_address)


class FcHandler(BaseHTTPRequestHandler):
    """One connection: its requests one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FcServer

    def serve(self) -> None:
        headers = self._headers()
        body = read_body(self.rfile, headers)
        path, _, query = self.requestline.split(" ")[1].partition("?")
        request = Request(self.command, path, query, headers, body, self.client_address[0])
        try:
            answer = self.server.api.answer(request, str(uuid.uuid4()))
        except HungUp:
            self._reset()
            return
        self._send(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = serve  # noqa: N815

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            known = headers.get(name.lower())
            headers[name.lower()] = value if known is None else f"{known},{value}"
        return headers

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
        """What ran is in the log that tests read."""
