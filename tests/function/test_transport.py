"""How requests travel: as they were signed, over connections that last, to nobody but OSS."""

from __future__ import annotations

import gzip
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from oss2.http import Request
from urllib3.exceptions import HTTPError, ProtocolError

from localcloud.certificates import certificate_hash, certified
from localcloud.function import Function
from ossweep.errors import Scope, SettingsError, StoreError
from ossweep.store.names import KEY_BYTES
from ossweep.store.transport import ROWS_BYTES, WORDS_BYTES, TimedSession
from ossweep.store.verdicts import is_undecided, verdict
from ossweep.trust import authorities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.oss import LocalOss

pytestmark = pytest.mark.differs


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
    framed: str = "announced"  # by its length, "in chunks" or "to the end" of the connection


def framing(told: Told) -> dict[str, str]:
    """Return the headers that say where the body ends."""
    if told.framed == "announced":
        return {} if told.status == 204 else {"Content-Length": str(len(told.body))}
    return {"in chunks": {"Transfer-Encoding": "chunked"}}.get(told.framed, {"Connection": "close"})


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
            own = {"x-oss-request-id": "5C3D"} if told.status // 100 in {2, 4} else {}
            for name, text in {**own, **framing(told), **told.headers}.items():
                self.send_header(name, text)
            self.end_headers()
            if told.status == 204:
                return
            with suppress(OSError):  # who has read enough hangs up
                if told.framed == "in chunks":
                    for start in range(0, len(told.body), 50_000):
                        piece = told.body[start : start + 50_000]
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    self.wfile.write(b"0\r\n\r\n")
                else:
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


def session() -> TimedSession:
    return TimedSession(lambda: 10.0, 2, lambda: 0.0)


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
    whole = session().do_request(request(told, params={"max-keys": "1000"}), None)
    iterated = session().do_request(request(told), None)

    assert (pieces.read(1000), pieces.read(10**6), pieces.read(1)) == (
        told.body[:1000],
        told.body[1000:],
        b"",
    )
    assert (whole.read(), whole.read()) == (told.body, b"")
    assert b"".join(iterated) == told.body


LISTING = {"max-keys": "1000"}


@pytest.mark.parametrize("framed", ["announced", "in chunks", "to the end"])
@pytest.mark.parametrize(
    ("method", "params", "most"),
    [
        ("GET", LISTING, ROWS_BYTES),
        ("GET", {"versions": "", **LISTING}, ROWS_BYTES),
        ("POST", {"delete": ""}, ROWS_BYTES),
        ("DELETE", {}, WORDS_BYTES),
        ("PUT", {}, WORDS_BYTES),
        ("GET", {"versioning": ""}, WORDS_BYTES),
        ("GET", {}, WORDS_BYTES),
    ],
)
def test_an_answer_is_as_large_as_one_of_oss_may_be_and_no_larger(
    told: Told, method: str, params: dict[str, str], most: int, framed: str
) -> None:
    """Whether its length is announced, or each chunk's is, or none is."""
    told.framed = framed
    for size in (most, most + 1):
        told.body = bytes(size)
        answer = session().do_request(request(told, method, params=params), None)
        if size == most:
            assert answer.read() == told.body
        else:
            with pytest.raises(StoreError, match="TooLarge") as refused:
                answer.read()

    assert refused.value.scope is (Scope.PASSING if params or method != "GET" else Scope.KEYS)


def test_an_answer_that_announces_too_much_is_not_read(told: Told) -> None:
    """Not a byte of it, and nothing is asked over its connection any more."""
    told.headers = {"Content-Length": str(10**12)}
    sent = session()
    answer = sent.do_request(request(told, params=LISTING), None)

    with pytest.raises(StoreError, match="TooLarge"):
        answer.read()

    told.headers = {}
    assert sent.do_request(request(told), None).read() == told.body
    assert told.connections == 2


def test_the_longest_page_of_oss_is_read() -> None:
    """A thousand keys of 1,023 bytes, each of them quoted, with all that a listing may tell."""
    entry = (
        "<Contents><Key>%s</Key><LastModified>2024-05-01T00:00:00.000Z</LastModified>"
        '<ETag>"5B3C1A2E053D763E1B002CC607C5A0FE-10000"</ETag><Type>Multipart</Type>'
        "<Size>48800000000000</Size><StorageClass>DeepColdArchive</StorageClass>"
        "<Owner><ID>1234567890123456</ID><DisplayName>1234567890123456</DisplayName></Owner>"
        '<RestoreInfo>ongoing-request="false", expiry-date="Sun, 16 Apr 2017 08:12:33 GMT"'
        "</RestoreInfo></Contents>"
    ).replace("><", ">\n    <")

    assert 1000 * len(entry % ("%00" * KEY_BYTES)) + 3 * 4096 < ROWS_BYTES


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_an_encoded_answer_is_refused_and_not_unpacked(told: Told, method: str) -> None:
    """A short one could become one of any length; what it was about may have been done."""
    told.headers = {"Content-Encoding": "gzip"}
    told.body = gzip.compress(bytes(10**6))

    with pytest.raises(StoreError, match='encoded, and not to be read: "gzip"') as refused:
        session().do_request(request(told, method), None)

    assert refused.value.scope is (Scope.KEYS if method == "GET" else Scope.PASSING)


def test_an_answer_that_says_it_is_not_encoded_is_read(told: Told) -> None:
    """That is what was asked for."""
    told.headers = {"Content-Encoding": "Identity"}

    assert session().do_request(request(told), None).read() == told.body


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


def test_a_redirect_to_what_is_no_endpoint_is_not_quoted(told: Told) -> None:
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


def test_a_cut_off_connection_stays_cut_off(told: Told) -> None:
    """No new connection helps."""
    sent = session()
    sent.do_request(request(told), None).read()
    sent.cut()

    for _ in range(3):
        with pytest.raises(HTTPError):
            sent.do_request(request(told), None)

    assert len(told.lines) == 1


def test_no_proxy_is_used(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are the others for Function Compute's connections."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")

    assert session().do_request(request(told), None).read() == told.body


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


def test_a_certificate_that_is_not_believed_is_about_the_job(tmp_path: Path) -> None:
    """No second try is made of it, and nothing that was asked for is in doubt."""
    told = Told()
    server = served(told, certified(tmp_path / "certificate.pem"))

    with pytest.raises(HTTPError) as refused:
        session().do_request(request(told, "DELETE"), None)

    server.shutdown()
    server.server_close()
    said = verdict(refused.value)
    assert (said.code, said.scope) == ("CertificateNotTrusted", Scope.JOB)
    assert "self-signed certificate" in said.message.replace("self signed", "self-signed")
    assert "SSL_CERT_FILE" in said.message
    assert not is_undecided(refused.value)


@pytest.mark.parametrize("hashed", [False, True], ids=["file", "directory"])
def test_a_certificate_that_the_deployment_names_is_believed(tmp_path: Path, hashed: bool) -> None:
    """In a file, or in a directory as OpenSSL makes them; the world's stay believed beside it."""
    told = Told()
    certificate = certified(tmp_path / "certificate.pem")
    if hashed:
        (tmp_path / certificate_hash(certificate)).write_bytes(certificate.read_bytes())
    named = str(tmp_path if hashed else certificate)
    server = served(told, certificate)

    opened = TimedSession(lambda: 10.0, 2, lambda: 0.0, certificates=(named,))
    answer = opened.do_request(request(told), None).read()

    server.shutdown()
    server.server_close()
    assert answer == told.body
    world = authorities().cert_store_stats()["x509_ca"]
    assert authorities((named,)).cert_store_stats()["x509_ca"] >= world > 100


def test_a_file_without_certificates_is_a_wrong_setting(tmp_path: Path) -> None:
    """It is told before any request."""
    for place in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(SettingsError, match=r"REQUESTS_CA_BUNDLE\) cannot be read"):
            authorities((str(place),))
        (tmp_path / "empty.pem").write_text("none")


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_the_environment_names_whom_to_believe(oss: LocalOss, name: str) -> None:
    """A file that is not there is told before anything is asked for."""
    environment = {
        "OSSWEEP_BUCKETS": "examplebucket",
        "OSSWEEP_ENDPOINT": oss.endpoint,
        name: "/missing.pem",
    }

    ended = Function(environment, oss.credentials).invoke(b'{"keys": ["a"]}')

    assert ended.error is not None
    assert ended.error["errorType"] == "SettingsError"
    assert '"/missing.pem"' in ended.error["errorMessage"]
    assert oss.requests == []
