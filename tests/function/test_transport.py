"""How requests travel: as they were signed, over connections that last, to nobody but OSS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from oss2.http import Request
from urllib3.exceptions import HTTPError, ProtocolError

from ossweep.errors import Scope, StoreError
from ossweep.store.transport import Session
from ossweep.store.verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Told:
    """What a server answers, and what it has seen."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"<ListBucketResult/>"
    connections: int = 0
    lines: list[str] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    endpoint: str = ""


def served(told: Told, certificate: Path | None = None) -> ThreadingHTTPServer:
    """Start a server that answers what it is told, over TLS if it has a certificate."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            told.connections += 1
            super().setup()

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.lines.append(self.requestline)
            told.seen.append({name.lower(): text for name, text in self.headers.items()})
            self.send_response(told.status)
            length = {} if told.status == 204 else {"Content-Length": str(len(told.body))}
            for name, text in {**length, **told.headers}.items():
                self.send_header(name, text)
            self.end_headers()
            if told.status != 204:
                self.wfile.write(told.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # who is refused hangs up
    told.endpoint = f"http://127.0.0.1:{server.server_port}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        told.endpoint = f"https://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.fixture
def told() -> Iterator[Told]:
    """A server that is told what to answer."""
    told = Told()
    server = served(told)
    yield told
    server.shutdown()
    server.server_close()


def session() -> Session:
    return Session(lambda: 10.0, 2, lambda: 0.0)


def request(told: Told, method: str = "GET", path: str = "/b/", **more: Any) -> Request:
    return Request(method, told.endpoint + path, **more)


@pytest.mark.parametrize(
    ("status", "method"), [(200, "GET"), (200, "POST"), (204, "DELETE"), (404, "GET")]
)
def test_a_connection_is_used_again(told: Told, status: int, method: str) -> None:
    """Once its answer is read; an answer without content is read at once."""
    told.status, sent = status, session()

    for _ in range(3):
        answer = sent.do_request(request(told, method, data=b"content"), None)
        assert status == 204 or answer.read() == told.body

    assert (told.connections, len(told.lines)) == (1, 3)


def test_a_connection_that_was_closed_is_opened_again(told: Told) -> None:
    """Servers close them when they like."""
    told.headers, sent = {"Connection": "close"}, session()

    for _ in range(2):
        sent.do_request(request(told), None).read()

    assert (told.connections, len(told.lines)) == (2, 2)


def test_an_answer_is_read_in_pieces_if_asked_for(told: Told) -> None:
    """Until there is none left, and as a whole otherwise."""
    told.body = bytes(range(256)) * 1000

    pieces = session().do_request(request(told), None)
    whole = session().do_request(request(told), None)
    iterated = session().do_request(request(told), None)

    assert (pieces.read(1000), pieces.read(10**6), pieces.read(1)) == (
        told.body[:1000],
        told.body[1000:],
        b"",
    )
    assert (whole.read(), whole.read()) == (told.body, b"")
    assert b"".join(iterated) == told.body


def test_an_answer_that_ends_early_is_none(told: Told) -> None:
    """What has arrived of it does not count."""
    told.headers = {"Content-Length": "1000", "Connection": "close"}
    told.body = b"x" * 10
    answer = session().do_request(request(told), None)

    with pytest.raises(ProtocolError):
        answer.read()


def test_a_query_travels_as_it_was_signed(told: Told) -> None:
    """A space is %20: in a query + means one to some and itself to others."""
    params = {"prefix": "a b+c/%\u00e9&=\r", "delete": ""}

    session().do_request(request(told, params=params), None).read()

    assert told.lines == ["GET /b/?prefix=a%20b%2Bc%2F%25%C3%A9%26%3D%0D&delete= HTTP/1.1"]


def test_a_path_travels_as_oss2_has_written_it(told: Told) -> None:
    """Nobody on the way resolves its dots."""
    session().do_request(request(told, "DELETE", "/b/a%2F..%2F.%2Fc%2F%2Fd"), None).read()

    assert told.lines == ["DELETE /b/a%2F..%2F.%2Fc%2F%2Fd HTTP/1.1"]


def test_no_header_travels_that_nobody_wants(told: Told) -> None:
    """Answers come as they are, not compressed, and no cookie goes along."""
    told.headers = {"Set-Cookie": "a=b"}
    sent = session()

    for _ in range(2):
        sent.do_request(request(told, headers={"x-oss-date": "today"}), None).read()

    assert told.seen[0] == told.seen[1]
    assert set(told.seen[0]) == {"host", "accept-encoding", "user-agent", "x-oss-date"}
    assert told.seen[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_ends_the_job(told: Told, status: int) -> None:
    """It leads away from OSS; what it names is never asked."""
    told.status, told.headers = status, {"Location": "/elsewhere"}

    with pytest.raises(StoreError, match="Redirected") as refused:
        session().do_request(request(told, "DELETE"), None)

    assert refused.value.scope is Scope.JOB
    assert len(told.lines) == 1


def test_an_endpoint_that_a_redirect_of_osss_names_is_told(told: Told) -> None:
    """It is what the deployment should ask."""
    told.status = 307
    told.headers = {"Location": "http://b.oss-cn-beijing.aliyuncs.com/", "x-oss-request-id": "1"}
    told.body = b"<Error><Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>"

    with pytest.raises(StoreError, match=r"Redirected: .*oss-cn-beijing.aliyuncs.com") as refused:
        session().do_request(request(told, "DELETE"), None)

    assert refused.value.scope is Scope.JOB


def test_what_a_redirect_names_and_is_no_endpoint_is_not_told(told: Told) -> None:
    """Nor what another server says."""
    told.status, told.body = 307, b"<Error><Endpoint>a b \x1b[31m</Endpoint></Error>"
    told.headers = {"x-oss-request-id": "1"}

    with pytest.raises(StoreError, match="another server has answered"):
        session().do_request(request(told, "DELETE"), None)


@pytest.mark.parametrize("text", ["a\nsecret", "a\r\nsecret: b", "secret\u20ac"])
def test_a_header_that_cannot_be_sent_ends_the_job(told: Told, text: str) -> None:
    """And is not shown: it may be a credential."""
    with pytest.raises(StoreError, match="InvalidHeader") as refused:
        session().do_request(request(told, headers={"x-oss-security-token": text}), None)

    assert refused.value.scope is Scope.JOB
    assert "secret" not in str(refused.value)
    assert told.lines == []


@pytest.mark.parametrize("endpoint", ["http://a:b", "http://[", "http://a b", "http://" + "a" * 64])
def test_an_endpoint_that_is_none_ends_the_job(endpoint: str) -> None:
    """No second try makes it better."""
    with pytest.raises(HTTPError) as refused:
        session().do_request(request(Told(endpoint=endpoint)), None)

    assert verdict(refused.value).scope is Scope.JOB


def test_what_is_cut_off_stays_so(told: Told) -> None:
    """No new connection helps."""
    sent = session()
    sent.do_request(request(told), None).read()
    sent.cut()

    for _ in range(3):
        with pytest.raises(HTTPError):
            sent.do_request(request(told), None)

    assert len(told.lines) == 1


def test_a_server_that_nobody_vouches_for_is_told_nothing(tmp_path: Path) -> None:
    """Neither the request nor its signature."""
    told = Told()
    server = served(told, certified(tmp_path / "certificate.pem"))

    with pytest.raises(HTTPError) as refused:
        session().do_request(request(told), None)

    server.shutdown()
    server.server_close()
    told_of = verdict(refused.value)
    assert (told_of.code, told_of.scope) == ("CertificateNotTrusted", Scope.JOB)  # tried once
    assert told.lines == []


def certified(path: Path) -> Path:
    """Write a certificate for the loopback address, signed by nobody else, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
