"""The local Function Compute takes InvokeFunction from the vendor's own clients."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET
from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import Remote, fc2_client, fc3_invoke, written
from localcloud.signature import Credentials
from refusals import refusal_of_fc2, refusal_of_fc3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.oss import LocalOss

ACCOUNT = Credentials("LTAI-account", "account-secret")
ROLE = Credentials("STS.role", "role-secret", "role-token")
DELETE_A = b'{"keys": ["a"]}'


@pytest.fixture
def echoing(tmp_path: Path) -> Iterator[LocalFc]:
    """Deploy two functions that answer their event: one of FC 2.0, one of FC 3.0."""
    code = written(
        tmp_path, "def handler(event, context):\n    print('echoing')\n    return event\n"
    )
    old = Deployed("echo", ROLE, code=code, service="tests")
    new = Deployed("echo", ROLE, code=code, qualifiers=("LATEST", "prod"))
    with LocalFc([old, new], credentials=ACCOUNT) as fc:
        yield fc


@pytest.fixture
def sweeping(oss: LocalOss) -> Iterator[LocalFc]:
    """Deploy ossweep itself: on FC 2.0 with python3.10, and on FC 3.0 with python3.12."""
    oss.fill(BUCKET, ["a", "b"])
    environment = {"OSSWEEP_BUCKETS": BUCKET, "OSSWEEP_ENDPOINT": oss.endpoint}
    role = oss.temporary_credentials
    old = Deployed("ossweep", role, environment, service="tests")
    new = Deployed("ossweep", role, environment, runtime="python3.12")
    with LocalFc([old, new], credentials=ACCOUNT) as fc:
        yield fc


def test_the_client_of_fc_2_deletes_with_ossweep(sweeping: LocalFc, oss: LocalOss) -> None:
    """A synchronous invocation answers what the handler returned."""
    answer = fc2_client(sweeping).invoke_function("tests", "ossweep", DELETE_A)

    assert json.loads(answer.data)["status"] == "done"
    assert oss.keys(BUCKET) == ["b"]


def test_the_client_of_fc_3_deletes_with_ossweep(sweeping: LocalFc, oss: LocalOss) -> None:
    """So it does on the runtime whose context has no credentials."""
    answer = fc3_invoke(sweeping, "ossweep", DELETE_A)

    assert (answer.status, answer.document["status"]) == (200, "done")
    assert oss.keys(BUCKET) == ["b"]


def test_asynchronous_invocations_of_both_delete_with_ossweep(
    sweeping: LocalFc, oss: LocalOss
) -> None:
    """They are answered at once, with nothing, and run later."""
    headers = {"x-fc-invocation-type": "Async"}

    first = fc2_client(sweeping).invoke_function("tests", "ossweep", DELETE_A, headers)
    second = fc3_invoke(sweeping, "ossweep", b'{"keys": ["b"]}', kind="Async")
    sweeping.wait()

    assert (first.data, second.status, second.body) == (b"", 202, b"")
    assert oss.keys(BUCKET) == []
    assert {invocation.type for invocation in sweeping.invocations} == {"Async"}


def test_a_deployed_function_is_invoked_as_one_that_is_not(
    sweeping: LocalFc, oss: LocalOss
) -> None:
    """What shows ossweep at work sees the same answer, refusal and log."""
    function = Remote(sweeping, "ossweep")
    log: list[Any] = []

    done = function.invoke(DELETE_A, log.append)
    refused = function.invoke(b'{"keys": ["/a"]}')

    assert done.answer is not None
    assert refused.error is not None
    assert (done.answer["status"], refused.error["errorType"]) == ("done", "RequestError")
    assert (done.log, oss.keys(BUCKET)) == (tuple(log), ["b"])


@pytest.mark.parametrize("credentials", [ACCOUNT, ROLE], ids=["account", "role"])
def test_events_and_answers_come_through_unchanged(
    echoing: LocalFc, credentials: Credentials
) -> None:
    """Any bytes, signed by the account's key or with a role's token."""
    event = bytes(range(256))

    old = fc2_client(echoing, credentials).invoke_function("tests", "echo", event)
    new = fc3_invoke(echoing, "echo", event, credentials=credentials)
    none = fc3_invoke(echoing, "echo", b"", credentials=credentials)

    assert (old.data, new.body, none.body) == (event, event, b"")


def test_the_test_is_told_what_ran(echoing: LocalFc) -> None:
    """By its request id, which the client was given, too."""
    answer = fc2_client(echoing).invoke_function("tests", "echo", b"hello")

    [invocation] = echoing.invocations
    assert invocation.request_id == answer.headers["x-fc-request-id"]
    assert (invocation.function, invocation.payload, invocation.attempt) == (
        "tests$echo",
        b"hello",
        1,
    )
    assert (invocation.outcome.how, invocation.outcome.log) == ("answered", ("echoing",))


def test_the_tail_of_the_log_comes_when_asked_for(echoing: LocalFc) -> None:
    """As Base64 in a header."""
    answer = fc2_client(echoing).invoke_function(
        "tests", "echo", b"", headers={"x-fc-log-type": "Tail"}
    )

    assert base64.b64decode(answer.headers["x-fc-log-result"]) == b"echoing"


def test_a_function_that_is_not_there_is_not_found(echoing: LocalFc) -> None:
    """Nor is a function of FC 3.0 reached by the API of FC 2.0, which asks for a service."""
    client = fc2_client(echoing)

    assert refusal_of_fc2(lambda: client.invoke_function("tests", "other")) == (
        404,
        "FunctionNotFound",
    )
    assert refusal_of_fc2(lambda: client.invoke_function("other", "echo")) == (
        404,
        "ServiceNotFound",
    )
    assert refusal_of_fc3(lambda: fc3_invoke(echoing, "other", b"")) == (404, "FunctionNotFound")


def test_fc_3_sees_a_function_of_fc_2_under_both_names(echoing: LocalFc) -> None:
    """As service$function."""
    assert fc3_invoke(echoing, "tests$echo", b"hello").body == b"hello"
    assert echoing.invocations[0].function == "tests$echo"


def test_a_qualifier_is_looked_up(echoing: LocalFc) -> None:
    """In the path of FC 2.0, in the query of FC 3.0."""
    client = fc2_client(echoing)

    assert client.invoke_function("tests", "echo", b"1", qualifier="LATEST").data == b"1"
    assert fc3_invoke(echoing, "echo", b"2", qualifier="prod").body == b"2"
    assert refusal_of_fc3(lambda: fc3_invoke(echoing, "echo", b"", qualifier="test")) == (
        404,
        "AliasNotFound",
    )


def test_a_synchronous_event_has_at_most_32_mb(echoing: LocalFc) -> None:
    """One byte more is refused before anything runs."""
    client = fc2_client(echoing)  # the other one reads so much for minutes
    most = bytes(32 * 1024 * 1024)

    assert client.invoke_function("tests", "echo", most).data == most
    assert refusal_of_fc2(lambda: client.invoke_function("tests", "echo", most + b"0")) == (
        400,
        "EntityTooLarge",
    )
    assert len(echoing.invocations) == 1


def test_an_asynchronous_event_has_at_most_128_kb(echoing: LocalFc) -> None:
    """One byte more is refused, not cut."""
    most = bytes(128 * 1024)

    assert fc3_invoke(echoing, "echo", most, kind="Async").status == 202
    assert refusal_of_fc3(lambda: fc3_invoke(echoing, "echo", most + b"0", kind="Async")) == (
        400,
        "EntityTooLarge",
    )
    echoing.wait()
    assert len(echoing.invocations) == 1
