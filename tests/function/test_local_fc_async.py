"""Asynchronous invocations are retried, reach a destination, and run once for each task's id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import fc2
import pytest
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import fc2_client, fc3_invoke, written
from localcloud.signature import Credentials

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = Credentials("LTAI-account", "account-secret")
FAILS = "def handler(event, context):\n    raise ValueError('no')\n"
ANSWERS = "def handler(event, context):\n    return event\n"
FAILS_TWICE = """
    def handler(event, context):
        if int(context.retry_count) < 2:
            raise ValueError("not yet")
        return "at last"
"""


def local_fc(folder: Path, source: str, pauses: list[float], **settings: Any) -> LocalFc:
    """One function, whose pauses before retries are noted and not waited for."""
    function = Deployed("tried", ACCOUNT, code=written(folder / "code", source), **settings)
    return LocalFc([function], credentials=ACCOUNT, pause=pauses.append)


def test_a_failed_invocation_is_tried_four_times(tmp_path: Path) -> None:
    """Once and three more, under one request id, each time after a longer pause."""
    pauses: list[float] = []
    with local_fc(tmp_path, FAILS, pauses) as fc:
        fc3_invoke(fc, "tried", b"{}", kind="Async")
        fc.wait()

    assert [invocation.attempt for invocation in fc.invocations] == [1, 2, 3, 4]
    assert len({invocation.request_id for invocation in fc.invocations}) == 1
    assert sorted(set(pauses)) == pauses
    assert len(pauses) == 3


def test_the_failure_destination_is_sent_the_record_of_the_last_failure(tmp_path: Path) -> None:
    """In the form that Function Compute gives it, event and error as text."""
    with local_fc(tmp_path, FAILS, [], retries=1) as fc:
        fc3_invoke(fc, "tried", b'{"failure":true}', kind="Async")
        fc.wait()

    [failure] = fc.failures
    assert json.loads(failure.pop("responsePayload"))["errorMessage"] == "no"
    assert failure.pop("timestamp") > 1_600_000_000_000
    assert failure == {
        "requestContext": {
            "requestId": fc.invocations[0].request_id,
            "functionArn": "acs:fc:cn-hangzhou:123456789:functions/tried/LATEST",
            "condition": "UnhandledInvocationError",
            "approximateInvokeCount": 2,
        },
        "requestPayload": '{"failure":true}',
        "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
    }


def test_a_timeout_is_retried_as_any_other_error(tmp_path: Path) -> None:
    """It reaches the failure destination, too."""
    source = "import time\ndef handler(event, context):\n    time.sleep(600)\n"
    with local_fc(tmp_path, source, [], retries=1, timeout=1) as fc:
        fc3_invoke(fc, "tried", b"", kind="Async")
        fc.wait()

    assert [i.outcome.how for i in fc.invocations] == ["timed out", "timed out"]
    assert "timed out after 1 seconds" in fc.failures[0]["responsePayload"]


def test_a_retry_that_succeeds_is_the_end_of_it(tmp_path: Path) -> None:
    """The context counts the retries."""
    with local_fc(tmp_path, FAILS_TWICE, [], on_success=True) as fc:
        fc3_invoke(fc, "tried", b"", kind="Async")
        fc.wait()

    [success] = fc.successes
    assert (success["responsePayload"], fc.failures) == ("at last", [])
    assert success["requestContext"]["approximateInvokeCount"] == 3


def test_successes_are_told_of_only_where_asked_for(tmp_path: Path) -> None:
    """With an empty condition."""
    with local_fc(tmp_path, ANSWERS, [], on_success=True) as fc:
        fc.deploy(Deployed("silent", ACCOUNT, code=tmp_path / "code"))
        fc3_invoke(fc, "tried", b"told", kind="Async")
        fc3_invoke(fc, "silent", b"not told", kind="Async")
        fc.wait()

    [success] = fc.successes
    assert (success["requestPayload"], success["requestContext"]["condition"]) == ("told", "")


def test_a_synchronous_failure_is_neither_retried_nor_told_of(tmp_path: Path) -> None:
    """The caller has its error."""
    with local_fc(tmp_path, FAILS, []) as fc:
        fc3_invoke(fc, "tried", b"")

    assert (len(fc.invocations), fc.failures) == (1, [])


def test_a_task_s_id_can_be_used_once(tmp_path: Path) -> None:
    """The same id is refused, by both APIs; the invocation it names goes on."""
    header = "x-fc-stateful-async-invocation-id"
    with local_fc(tmp_path, ANSWERS, []) as fc:
        fc.deploy(Deployed("tried", ACCOUNT, code=tmp_path / "code", service="tests"))
        client = fc2_client(fc)
        headers = {"x-fc-invocation-type": "Async", header: "job-1"}
        first = fc3_invoke(fc, "tried", b"1", kind="Async", task_id="job-1")
        second = client.invoke_function("tests", "tried", b"2", headers)
        with pytest.raises(ClientException) as new:
            fc3_invoke(fc, "tried", b"3", kind="Async", task_id="job-1")
        with pytest.raises(fc2.FcError) as old:
            client.invoke_function("tests", "tried", b"4", headers)
        fc.wait()

    assert (first.headers["x-fc-async-task-id"], second.headers[header]) == ("job-1", "job-1")
    assert (new.value.status_code, old.value.status_code) == (409, 409)
    assert new.value.code == old.value.err_code == "StatefulAsyncInvocationAlreadyExists"
    assert sorted(invocation.payload for invocation in fc.invocations) == [b"1", b"2"]


@pytest.mark.parametrize("task_id", ["1st", "a b", "a" * 129])
def test_a_task_s_id_has_a_form(tmp_path: Path, task_id: str) -> None:
    """A letter or underscore first, 128 characters at most."""
    with local_fc(tmp_path, ANSWERS, []) as fc, pytest.raises(ClientException) as caught:
        fc3_invoke(fc, "tried", b"", kind="Async", task_id=task_id)

    assert (caught.value.status_code, caught.value.code) == (400, "InvalidArgument")


def test_without_an_id_each_invocation_is_a_task_of_its_own(tmp_path: Path) -> None:
    """Its request id names it."""
    with local_fc(tmp_path, ANSWERS, []) as fc:
        answers = [fc3_invoke(fc, "tried", b"", kind="Async") for _ in range(3)]
        fc.wait()

    ids = {answer.headers["x-fc-async-task-id"] for answer in answers}
    assert ids == {invocation.request_id for invocation in fc.invocations}
    assert len(ids) == 3


def test_a_function_can_invoke_itself_with_its_role_s_key(tmp_path: Path) -> None:
    """Waiting waits for the whole chain."""
    source = """
        import os
        import fc2
        def handler(event, context):
            key = context.credentials
            client = fc2.Client(
                endpoint=os.environ["ENDPOINT"],
                accessKeyID=key.access_key_id,
                accessKeySecret=key.access_key_secret,
                securityToken=key.security_token,
            )
            left = int(event)
            if left:
                headers = {"x-fc-invocation-type": "Async"}
                name = context.function.name
                client.invoke_function(context.service.name, name, str(left - 1), headers)
    """
    role = Credentials("STS.role", "role-secret", "role-token")
    code = written(tmp_path / "code", source)
    with LocalFc(credentials=ACCOUNT) as fc:
        environment = {"ENDPOINT": fc.endpoint}
        fc.deploy(Deployed("tried", role, environment, code=code, service="tests"))
        fc3_invoke(fc, "tests$tried", b"2", kind="Async")
        fc.wait()

    assert [invocation.payload for invocation in fc.invocations] == [b"2", b"1", b"0"]
    assert fc.failures == []
