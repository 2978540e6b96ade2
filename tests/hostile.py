"""A server that is no OSS: it answers whatever it is told to."""

from __future__ import annotations

from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from localcloud.signature import Credentials

PAGE = (
    b"<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
    b"%s</ListBucketResult>"
)
ENTRY = (
    b"<Contents><Key>%s</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>x</ETag>"
    b"<Type>Normal</Type><Size>1</Size><StorageClass>Standard</StorageClass></Contents>"
)
VERSIONING = b"<VersioningConfiguration/>"
ERROR = b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>"


class Server:
    """
    Answers every request with the same bytes; an `oss` as far as a deployment needs one.

    Only of its versioning it tells what every server would. Its answers look like OSS's by their
    `request_id`.
    """

    region = "cn-hangzhou"
    credentials = Credentials("LTAI", "secret")

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.versioning = VERSIONING
        self.request_id: str | None = "5C3D9175B6FC201293AD0001"
        self.body = b""
        self.methods: list[str] = []
        self.sent: list[bytes] = []  # each request's path and body
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.sent.append(self.path.encode() + b" " + sent)
                server.methods.append(self.command)
                about_versions = "versioning" in self.path
                body = server.versioning if about_versions else server.body
                self.send_response_only(200 if about_versions else server.status)  # without a Date
                own = {} if about_versions else server.headers
                if server.request_id is not None:
                    self.send_header("x-oss-request-id", server.request_id)
                for name, value in {"Content-Length": str(len(body)), **own}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # who has read enough hangs up
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Server:  # noqa: PYI034 - typing has no Self before 3.11
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
