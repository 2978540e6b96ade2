"""What the local Function Compute does wrong on order, and that it loses nothing by it."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

import fc2
import pytest
import requests
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import fc2_client, fc3_invoke, written
from localcloud.fc_faults import Delay, Kill, Late, Latency, Refuse, Reset, Twice
from localcloud.signature import Credentials
from refusals import refusal_of_fc3

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.fc_faults import Fault

ACCOUNT = Credentials("LTAI-account", "account-secret")
ANSWERS = "def handler(event, context):\n    return event\n"
NEVER_ENDS = """
    import time
    def handler(event, context):
        for number in range(3):
            print("line", number, flush=True)
        time.sleep(600)
"""
SAYS_GOODBYE = """
    import signal, time
    def handler(event, context):
        told = []
        signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
        print("ready", flush=True)
        while not told:
            time.sleep(0.01)
        print("goodbye", flush=True)
        return event
"""
ANSWERS_LATE = """
    import time
    def handler(event, context):
        print("line", flush=True)
        if context.retry_count == "0":
            time.sleep(600)
        return event
"""


def local_fc(folder: Path, source: str = ANSWERS, **settings: Any) -> LocalFc:
    """Deploy one function of FC 2.0, whose pauses before retries are not waited for."""
    code = written(folder / "code", source)
    function = Deployed("tried", ACCOUNT, code=code, service="tests", **settings)
    return LocalFc([function], credentials=ACCOUNT, pause=lambda _: None)


def send(fc: LocalFc, *payloads: bytes) -> None:
    for payload in payloads:
        fc3_invoke(fc, "tests$tried", payload, kind="Async", task_id=f"task-{payload.decode()}")


def payloads(fc: LocalFc) -> list[bytes]:
    return [invocation.payload for invocation in fc.invocations]


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "ResourceExhausted"), (500, "InternalServerError"), (403, "AccessDenied")],
)
def test_a_request_is_refused(tmp_path: Path, status: int, code: str) -> None:
    """With any status and code, to the clients of both versions; nothing is accepted."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Refuse(status, code))
        with pytest.raises(fc2.FcError) as old:
            fc2_client(fc).invoke_function("tests", "tried", b"", {"x-fc-invocation-type": "Async"})
        with pytest.raises(Exception, match="as ordered") as new:
            send(fc, b"1")

    assert (old.value.status_code, old.value.err_code) == (status, code)
    assert (getattr(new.value, "status_code", None), fc.accepted) == (status, [])


@pytest.mark.parametrize(("when", "accepted"), [("before", 0), ("after", 1)])
def test_a_connection_is_reset(tmp_path: Path, when: Any, accepted: int) -> None:
    """Before the event is accepted, or after, so that the client does not know."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Late(99))  # what is accepted need not run
        fc.misbehave(Reset(when, times=1))
        with pytest.raises(requests.ConnectionError):
            fc2_client(fc).invoke_function("tests", "tried", b"", {"x-fc-invocation-type": "Async"})

    assert len(fc.accepted) == accepted


def test_a_reset_after_a_refusal_hides_the_refusal(tmp_path: Path) -> None:
    """The task that was there already is there, and nobody is told."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Late(99))
        send(fc, b"1")
        fc.misbehave(Reset("after", times=1))
        with pytest.raises(Exception, match=r"reset|aborted"):
            send(fc, b"1")
        refused = refusal_of_fc3(lambda: send(fc, b"1"))

    assert (refused[0], len(fc.accepted)) == (409, 1)


def test_latency_ends_with_the_server(tmp_path: Path) -> None:
    """A client that waits for an answer is hung up on."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Latency(0.05, times=1))
        fc.misbehave(Late(99))
        send(fc, b"1")
        fc.misbehave(Latency(600))
        client = fc2_client(fc)
        client.timeout = 0.2
        with pytest.raises(requests.ReadTimeout):
            client.invoke_function("tests", "tried", b"", {"x-fc-invocation-type": "Async"})

    assert len(fc.accepted) == 1


def test_synchronous_requests_are_spared_unless_meant(tmp_path: Path) -> None:
    """A fault says which kind it meets, and may choose among the calls."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Refuse(429, "ResourceExhausted"))
        fc.misbehave(
            Refuse(500, "InternalServerError", kind="Sync", of=lambda call: call.payload == b"2")
        )
        first = fc3_invoke(fc, "tests$tried", b"1")
        with pytest.raises(Exception, match="as ordered"):
            fc3_invoke(fc, "tests$tried", b"2")

    assert first.body == b"1"


def chances(fc: LocalFc, seed: int) -> list[int]:
    fc.behave()
    fc.misbehave(Late(99))
    fc.misbehave(Refuse(429, "ResourceExhausted", probability=0.5, seed=seed))
    accepted = []
    for _ in range(10):
        with contextlib.suppress(ClientException):
            fc3_invoke(fc, "tests$tried", b"", kind="Async")
        accepted.append(len(fc.accepted))
    return [number - accepted[0] for number in accepted]


def test_chance_can_be_repeated(tmp_path: Path) -> None:
    """By its seed, and it is chance."""
    with local_fc(tmp_path) as fc:
        first, again, other = chances(fc, 1), chances(fc, 1), chances(fc, 2)

    assert (first == again, first == other, 0 < first[-1] < 9) == (True, False, True)


@pytest.mark.parametrize("when", ["beside", "after"])
def test_an_event_is_delivered_twice(tmp_path: Path, when: Any) -> None:
    """Under one request id, though it was accepted once."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Twice(when, times=1))
        send(fc, b"1")
        fc.wait()

    assert (len(fc.accepted), payloads(fc)) == (1, [b"1", b"1"])
    assert len({invocation.request_id for invocation in fc.invocations}) == 1


def test_both_copies_run_at_once(tmp_path: Path) -> None:
    """Each waits until the other has begun."""
    meeting = str(tmp_path / "begun-")
    source = f"""
        import os, pathlib, time
        def handler(event, context):
            pathlib.Path({meeting!r} + str(os.getpid())).touch()
            while len(list(pathlib.Path({str(tmp_path)!r}).glob("begun-*"))) < 2:
                time.sleep(0.01)
    """
    with local_fc(tmp_path, source) as fc:
        fc.misbehave(Twice())
        send(fc, b"1")
        fc.wait()

    assert (len(fc.invocations), fc.failures) == (2, [])


def test_a_late_event_comes_behind_another(tmp_path: Path) -> None:
    """That was accepted after it."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Late(of=lambda call: call.payload == b"1"))
        send(fc, b"1", b"2")
        fc.wait()

    assert payloads(fc) == [b"2", b"1"]


def test_late_events_that_nothing_follows_come_all_the_same(tmp_path: Path) -> None:
    """The newest first, when somebody waits for the end."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Late(behind=99))
        send(fc, b"1", b"2")
        nothing = payloads(fc)
        fc.wait()

    assert (nothing, payloads(fc)) == ([], [b"2", b"1"])


def test_a_delayed_event_waits_by_the_test_s_own_pause(tmp_path: Path) -> None:
    """Which is told how long."""
    pauses: list[float] = []
    function = Deployed("tried", ACCOUNT, code=written(tmp_path, ANSWERS), service="tests")
    with LocalFc([function], credentials=ACCOUNT, pause=pauses.append) as fc:
        fc.misbehave(Delay(60))
        send(fc, b"1")
        fc.wait()

    assert (pauses, payloads(fc)) == ([60], [b"1"])


@pytest.mark.parametrize("kill", [Kill(after_seconds=0), Kill(at_line=3)], ids=repr)
def test_a_running_invocation_is_killed(tmp_path: Path, kill: Fault) -> None:
    """Some time after it has begun, or after a line; it counts as any other sudden end."""
    with local_fc(tmp_path, NEVER_ENDS, retries=0) as fc:
        fc.misbehave(kill)
        send(fc, b"1")
        fc.wait()

    [failure] = fc.failures
    assert [invocation.outcome.how for invocation in fc.invocations] == ["killed"]
    assert "Process exited unexpectedly" in failure["responsePayload"]


def test_a_killed_invocation_is_tried_again(tmp_path: Path) -> None:
    """As after any error."""
    with local_fc(tmp_path, ANSWERS_LATE, on_success=True) as fc:
        fc.misbehave(Kill(at_line=1, times=1))
        send(fc, b"1")
        fc.wait()

    assert [invocation.outcome.how for invocation in fc.invocations] == ["killed", "answered"]
    assert (len(fc.successes), fc.failures) == (1, [])


def test_sigterm_lets_it_say_its_last(tmp_path: Path) -> None:
    """And even to answer, which nobody hears any more."""
    with local_fc(tmp_path, SAYS_GOODBYE, retries=0) as fc:
        fc.misbehave(Kill(at_line=1, by=signal.SIGTERM))
        send(fc, b"1")
        fc.wait()

    [invocation] = fc.invocations
    assert (invocation.outcome.how, invocation.outcome.log) == ("killed", ("ready", "goodbye"))


def test_behaving_removes_every_fault(tmp_path: Path) -> None:
    """At once."""
    with local_fc(tmp_path) as fc:
        fc.misbehave(Refuse(429, "ResourceExhausted"))
        fc.misbehave(Kill(after_seconds=0))
        fc.behave()
        send(fc, b"1")
        fc.wait()

    assert [invocation.outcome.how for invocation in fc.invocations] == ["answered"]
