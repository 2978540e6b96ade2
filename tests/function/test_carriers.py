"""The two carriers, with the vendor's unmodified clients, over HTTP to the local FC."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import traceback
from typing import TYPE_CHECKING

import pytest

from deployment import no_pauses
from localcloud.certificates import certified
from localcloud.fc import Accepted, Deployed, LocalFc
from localcloud.fc_clients import written
from localcloud.fc_faults import Late, Refuse, Reset
from localcloud.signature import Credentials
from ossweep.errors import HandoverError
from ossweep.handover.carrier import PAYLOAD_BYTES, Carrier, Function, choose, deliver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ossweep.events import CarrierKind

pytestmark = pytest.mark.differs

ACCOUNT = Credentials("LTAI-account", "account-secret")
ROLE = Credentials("STS.role", "role-secret", "role-token/with+signs==")
SECRETS = (ROLE.access_key_secret, str(ROLE.security_token), "FC STS", "ACS3-HMAC", "Signature=")
ANSWERS = "def handler(event, context):\n    return event\n"
SECONDS = 10.0
END = b"\r\n\r\n"  # of a request's headers


@pytest.fixture(params=["fc2", "fc3"])
def kind(request: pytest.FixtureRequest) -> CarrierKind:
    """Each client in turn."""
    found: CarrierKind = request.param
    return found


@pytest.fixture
def fc(tmp_path: Path) -> Iterator[LocalFc]:
    """Deploy one function of FC 2.0 and one of FC 3.0; what they accept does not run by itself."""
    code = written(tmp_path, ANSWERS)
    old = Deployed("rest", ROLE, code=code, service="tests")
    with LocalFc([old, Deployed("rest", ROLE, code=code)], credentials=ACCOUNT) as fc:
        fc.misbehave(Late(behind=99))
        yield fc


@pytest.fixture
def carrier(kind: CarrierKind, fc: LocalFc) -> Carrier:
    """The carrier of the function that the client is made for."""
    return to(fc.endpoint, kind)


def to(
    endpoint: str,
    kind: CarrierKind,
    credentials: Credentials = ROLE,
    certificates: tuple[str, ...] = (),
) -> Carrier:
    service = "tests" if kind == "fc2" else None
    function = Function("rest", service, "LATEST", account_id="123456789", region="cn-hangzhou")
    return choose(function, endpoint, None, credentials, certificates)


def delivered(carrier: Carrier, event: bytes = b"rest") -> None:
    deliver(carrier, event, "ossweep-job-1", left=lambda: SECONDS, world=no_pauses())


def failure_of(carrier: Carrier, seconds: float = SECONDS) -> HandoverError:
    with pytest.raises(HandoverError) as caught:
        carrier.send(b"rest", "ossweep-job-1", seconds)
    return caught.value


def test_the_function_is_invoked_with_the_rest(carrier: Carrier, fc: LocalFc) -> None:
    """As the task it was said to be."""
    carrier.send(b'{"the": "rest"}', "ossweep-job-1", SECONDS)
    accepted = fc.accepted[:]
    fc.wait()

    assert accepted == [Accepted("ossweep-job-1", b'{"the": "rest"}')]
    [invocation] = fc.invocations
    assert (invocation.type, invocation.payload) == ("Async", b'{"the": "rest"}')


def test_fc_3_reaches_a_function_of_fc_2(fc: LocalFc) -> None:
    """Under the name of service and function."""
    function = Function("rest", "tests", None, account_id="123456789", region="cn-hangzhou")
    choose(function, fc.endpoint, "fc3", ROLE).send(b"rest", "a", SECONDS)
    fc.wait()

    assert [invocation.function for invocation in fc.invocations] == ["tests$rest"]


def test_a_task_that_is_there_already_is_a_success(carrier: Carrier, fc: LocalFc) -> None:
    """It is not there twice."""
    carrier.send(b"rest", "ossweep-job-1", SECONDS)
    carrier.send(b"rest", "ossweep-job-1", SECONDS)

    assert fc.accepted == [Accepted("ossweep-job-1", b"rest")]


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(429, "ResourceExhausted", times=2),
        Refuse(500, "InternalServerError", times=2),
        Reset("before", times=1),
        Reset("after", times=1),
    ],
    ids=["throttled", "broken", "reset before", "reset after"],
)
def test_a_passing_fault_is_outlasted(carrier: Carrier, fc: LocalFc, fault: Refuse | Reset) -> None:
    """Where nobody was told of the success, the second attempt is told of the first."""
    fc.misbehave(fault)

    delivered(carrier)

    assert fc.accepted == [Accepted("ossweep-job-1", b"rest")]


def test_a_denial_is_told_at_once(carrier: Carrier, fc: LocalFc) -> None:
    """By Function Compute's own code and words; a second attempt would have succeeded here."""
    fc.misbehave(Refuse(403, "AccessDenied", "the caller may not.", times=1))

    with pytest.raises(HandoverError, match='handed over: AccessDenied: "the caller') as no:
        delivered(carrier)

    assert (no.value.code, no.value.passing, fc.accepted) == ("AccessDenied", False, [])


@pytest.fixture
def said(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Callable[[], str]:
    """Return what is logged, down to DEBUG, and what is printed."""
    monkeypatch.setenv("DEBUG", "sdk")  # which makes FC 3.0's client log its headers
    caplog.set_level(logging.DEBUG)
    return lambda: caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_refusal_gives_no_secret_away(
    carrier: Carrier, fc: LocalFc, said: Callable[[], str], status: int, quoted: bool
) -> None:
    """Neither to the log, nor in the error and its past; others log as before."""
    words = f"you sent {ROLE.security_token}, signed by {ROLE.access_key_secret}"
    fc.misbehave(Refuse(status, "No", words if quoted else "as ordered"))

    error = failure_of(carrier)
    logging.warning("others go on")  # noqa: LOG015 - the logger whose functions fc2 uses

    everything = said() + "".join(traceback.format_exception(error))
    assert [secret for secret in SECRETS if secret in everything] == []
    assert ("others go on" in everything, "No: " in everything) == (True, True)
    assert (error.__cause__, error.__context__) == (None, None)


def test_a_success_gives_no_secret_away(carrier: Carrier, said: Callable[[], str]) -> None:
    """Fc2 would tell at DEBUG what it signs."""
    carrier.send(b"rest", "ossweep-job-1", SECONDS)

    everything = said()
    assert [secret for secret in SECRETS if secret in everything] == []


def test_a_key_that_no_header_can_hold_is_not_quoted(kind: CarrierKind, fc: LocalFc) -> None:
    """It is not tried again either."""
    error = failure_of(to(fc.endpoint, kind, Credentials("STS.role", "s", "role\ntoken")))

    assert (error.passing, "token" in str(error)) == (False, False)


def test_the_largest_event_goes(carrier: Carrier, fc: LocalFc) -> None:
    """One byte more does not."""
    carrier.send(bytes(PAYLOAD_BYTES), "fits", SECONDS)
    with pytest.raises(HandoverError, match="EntityTooLarge") as too_large:
        carrier.send(bytes(PAYLOAD_BYTES + 1), "fits-not", SECONDS)

    assert [accepted.payload for accepted in fc.accepted] == [bytes(PAYLOAD_BYTES)]
    assert not too_large.value.passing


@contextlib.contextmanager
def server(
    answer: bytes, *, trickle: bool = False, certificate: Path | None = None
) -> Iterator[str]:
    """One that takes connections, says this to whoever sends something, and then nothing."""
    ended = threading.Event()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is not None:
        tls.load_cert_chain(certificate)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                if certificate is not None:
                    try:
                        connection = tls.wrap_socket(connection, server_side=True)
                    except ssl.SSLError:
                        continue
                with connection:
                    said = connection.recv(65536)
                    while certificate is not None and b"rest" not in said.partition(END)[2]:
                        said += connection.recv(65536)  # over TLS a body comes by itself
                    connection.sendall(answer)
                    while not ended.wait(0.02) and trickle:
                        connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            scheme = "http" if certificate is None else "https"
            yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def response(status: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("trickle", [False, True])
def test_an_attempt_ends_though_no_answer_does(kind: CarrierKind, trickle: bool) -> None:
    """Whether none begins, or one that trickles has no end; it may have been heard."""
    beginning = b"HTTP/1.1 200 OK\r\nX-Long: " if trickle else b""
    with server(beginning, trickle=trickle) as endpoint:
        error = failure_of(to(endpoint, kind), seconds=0.3)

    assert error.passing


def test_an_attempt_where_nobody_listens_is_one_connection(kind: CarrierKind) -> None:
    """The client does not try again by itself, for half a minute; the error says what happened."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    error = failure_of(to(endpoint, kind), seconds=60)

    assert (error.passing, error.code != "Timeout") == (True, True)
    assert "Connection refused" in str(error)


def test_an_answer_that_is_not_from_function_compute_is_none(kind: CarrierKind) -> None:
    """A 200 of somebody else would end the chain in silence."""
    with server(response("200 OK", b"{}")) as endpoint:
        error = failure_of(to(endpoint, kind))

    assert (error.code, error.passing) == ("NotFunctionCompute", False)


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[]", b'"no"', b"null"])
def test_a_refusal_that_cannot_be_read_may_pass(kind: CarrierKind, body: bytes) -> None:
    """A gateway before Function Compute has no codes."""
    with server(response("502 Bad Gateway", body)) as endpoint:
        error = failure_of(to(endpoint, kind))

    assert error.passing


TAKEN = b"HTTP/1.1 202 Accepted\r\nX-Fc-Request-Id: request\r\nContent-Length: 0\r\n\r\n"


def test_a_certificate_that_is_not_believed_is_not_tried_again(
    kind: CarrierKind, tmp_path: Path
) -> None:
    """It will be no other one a second later; nobody was told anything."""
    certificate = certified(tmp_path / "certificate.pem")
    with server(TAKEN, certificate=certificate) as endpoint:
        error = failure_of(to(endpoint, kind))

    assert not error.passing
    assert "certificate verify failed" in error.message


def test_a_certificate_that_the_deployment_names_is_believed(
    kind: CarrierKind, tmp_path: Path
) -> None:
    """As OSS's connections believe it."""
    certificate = certified(tmp_path / "certificate.pem")
    with server(TAKEN, certificate=certificate) as endpoint:
        to(endpoint, kind, certificates=(str(certificate),)).send(b"rest", "task", SECONDS)


def test_no_proxy_is_used(
    kind: CarrierKind, fc: LocalFc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever the environment says of one, and of whom to be: requests are signed already."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")

    to(fc.endpoint, kind).send(b"rest", "task", SECONDS)

    assert fc.accepted == [Accepted("task", b"rest")]
