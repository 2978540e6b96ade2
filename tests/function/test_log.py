"""What the log tells, and what it never does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from deployment import BUCKET, Clock, no_pauses
from localcloud.faults import Before
from localcloud.function import Function

if TYPE_CHECKING:
    import pytest

    from deployment import Deployment
    from localcloud.oss import LocalOss


def test_a_sweep_logs_its_start_its_progress_and_its_end(deployment: Deployment) -> None:
    """One line each, and one of progress every few seconds."""
    deployment.fill(*(f"a/{number:05}" for number in range(6000)))
    clock = Clock()
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    deployment.oss.misbehave(Before("batch_delete", clock.pass_by(2)))
    deployment.set(log_seconds="5", in_flight="1").send({"prefix": "a/"})

    start, *progress, end = deployment.log

    assert start["message"] == "sweep starts"
    assert {"sweeping"} == {line["message"] for line in progress}
    assert 1 <= len(progress) <= 2
    assert (end["message"], end["status"], end["deleted"]) == ("sweep ends", "done", 6000)
    for line in deployment.log:
        assert (line["job"], line["bucket"], line["level"]) == ("request-1", BUCKET, "INFO")
    for line in progress:
        told = {"listed", "deleted", "failed", "skipped", "deleted_per_second", "seconds_left"}
        assert told < set(line)


def test_keys_stand_in_the_log_as_json_only(
    deployment: Deployment, capfd: pytest.CaptureFixture[str]
) -> None:
    """A key that imitates a log line imitates none."""
    key = 'a/\n{"level": "INFO", "message": "forged"}'
    deployment.fill(key)

    deployment.send({"keys": [key]})
    deployment.send({"prefix": key[:5]})

    assert "forged" not in {line["message"] for line in deployment.log}
    assert capfd.readouterr() == ("", "")


def test_an_invocation_through_the_door_names_itself_in_every_line(oss: LocalOss) -> None:
    """Function Compute's context stands where aws-lambda-powertools looks for its own."""
    oss.fill(BUCKET, ["a"])

    ended = Function(_environment(oss), oss.credentials).invoke(b'{"keys": ["a"]}')

    assert ended.answer is not None
    assert (
        ended.answer["status"],
        [line["message"] for line in ended.log],
    ) == ("done", ["sweep starts", "sweep ends"])
    for line in ended.log:
        assert ended.answer["job"] == f"{line['function_request_id']}-1"
        assert (line["function_name"], line["function_memory_size"]) == ("ossweep", "512")
        assert line["function_arn"] == "acs:fc:cn-hangzhou:123456789:functions/ossweep"


def test_a_refusal_is_raised_and_logged_in_one_line(oss: LocalOss) -> None:
    """Function Compute shows its class and its sentence."""
    ended = Function(_environment(oss), oss.credentials).invoke(b'{"keys": ["/a"]}')

    assert ended.error is not None
    assert (
        ended.error["errorType"],
        "begins with" in ended.error["errorMessage"],
    ) == ("RequestError", True)
    assert [("refused", "RequestError", ended.error["errorMessage"])] == [
        (line["message"], line["error"], line["reason"]) for line in ended.log
    ]


def test_no_credential_is_ever_logged(oss: LocalOss) -> None:
    """Neither when all is well, nor when OSS refuses, nor when the event does."""
    oss.fill(BUCKET, ["a"])
    function = Function(
        # The logger's own switches must not open what is closed here.
        {
            **_environment(oss),
            "POWERTOOLS_LOGGER_LOG_EVENT": "true",
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
        },
        oss.temporary_credentials,
    )
    stranger = replace(oss.temporary_credentials, access_key_secret="not-the-secret")

    said = json.dumps(
        [
            (ended.log, ended.answer, ended.error)
            for ended in (
                function.invoke(b'{"keys": ["a"]}'),
                function.invoke(b'{"keys": ["/a"]}'),
                replace(function, credentials=stranger).invoke(b'{"prefix": "a"}'),
            )
        ]
    )

    token = oss.temporary_credentials.security_token
    assert token is not None
    assert token not in said
    assert oss.temporary_credentials.access_key_id not in said
    assert oss.temporary_credentials.access_key_secret not in said
    assert "not-the-secret" not in said


def _environment(oss: LocalOss) -> dict[str, str]:
    return {"OSSWEEP_BUCKETS": BUCKET, "OSSWEEP_ENDPOINT": oss.endpoint}
