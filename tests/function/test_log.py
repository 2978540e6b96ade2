"""What the log tells, and what it never does."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, Clock, carried, hurried, no_pauses
from localcloud import fc_faults
from localcloud.faults import AsTold, Before, ErrorInside200, Refuse
from localcloud.fc_deployed import Call, Deployed
from localcloud.fc_process import run
from localcloud.function import Function
from ossweep.errors import SweepError
from ossweep.handover.continuation import seal
from ossweep.log import line_of
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment import Chain, Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault
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


def test_the_line_of_a_start_tells_lists_and_whether_there_are_conditions(
    deployment: Deployment,
) -> None:
    """The keys of lists, as prefixes are told, and nothing of what they name."""
    deployment.oss.fill(BUCKET, {"lists/a.txt": b"secret\n"})

    deployment.send({"manifest": "lists/a.txt", "only": {"older_than": "1d"}})
    deployment.send({"prefix": "a/"})

    told = [each for each in deployment.log if each["message"] == "sweep starts"]
    assert [each["lists"] for each in told] == [["lists/a.txt"], []]
    assert [each["only"] for each in told] == [True, False]
    assert "secret" not in str(deployment.log)


def test_an_error_about_a_list_names_the_list_in_the_log(deployment: Deployment) -> None:
    """And not what its line says."""
    deployment.oss.fill(BUCKET, {"lists/a.txt": b"b\n", "lists/b.txt": b"/secret\n"})

    deployment.send({"manifest": ["lists/a.txt", "lists/b.txt"]})

    (end,) = [each for each in deployment.log if each["message"] == "sweep ends"]
    assert end["reason"].startswith('the list "lists/b.txt", line 1 ("..."): the key "..." begins')
    assert "secret" not in str(deployment.log)


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
    [line] = ended.log
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "refused", "RequestError")
    assert line["reason"] == ended.error["errorMessage"].replace('"/a"', '"..."')


HOSTILE = "\u2028\u2029\x85\x9b\u202e\u2066\ud800\udc00\x1b[2J\x7f\x00\n{"


@pytest.mark.parametrize(
    "event",
    [
        {"keys": [f"a/{HOSTILE}"], "dry_run": HOSTILE},
        {"prefix": f"a/{HOSTILE}"},
        {HOSTILE: 1, "keys": ["a"]},
        {"bucket": HOSTILE, "keys": ["a"]},
        {
            "triggerTime": "2024-03-31T02:00:00Z",
            "triggerName": HOSTILE,
            "payload": json.dumps({"prefix": f"{{trigger_time {HOSTILE}}}"}),
        },
    ],
    ids=["key", "prefix", "field", "bucket", "timer"],
)
def test_a_line_is_a_json_document_of_printable_ascii(oss: LocalOss, event: Any) -> None:
    """Whatever the event holds, nothing ends a line, hides it or turns it around."""
    oss.create_bucket(BUCKET)
    function = Deployed("ossweep", oss.credentials, environment=_environment(oss))

    lines = run(Call(function, json.dumps(event).encode(), "request")).log

    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict)
        assert line.isascii()
        assert line.isprintable()


def test_an_event_cannot_fill_the_log(oss: LocalOss) -> None:
    """A hundred lines of a kind are written; the last line counts the others."""
    oss.create_bucket(BUCKET)
    function = Function(_environment(oss), oss.credentials)

    refused = function.invoke(json.dumps(["no"] * 150).encode())
    done = function.invoke(json.dumps([{"prefix": f"a/{n}"} for n in range(120)]).encode())

    assert [line["message"] for line in refused.log].count("refused") == 100
    assert (refused.log[-1]["message"], refused.log[-1]["left_out"]["refused"] >= 50) == (
        "lines left out",
        True,
    )
    assert [line["message"] for line in done.log].count("sweep ends") == 100
    assert done.log[-1]["left_out"] == {"sweep starts": 20, "sweep ends": 20}


def test_a_handover_that_fails_is_told_without_its_continuation(deployment: Deployment) -> None:
    """What was to be handed over stands in the error that is raised, with all its keys."""
    keys = [f"customers/{number:04}" for number in range(2500)]
    deployment.fill(*keys)
    with carried(deployment) as chain:
        chain.fc.misbehave(fc_faults.Refuse(403, "AccessDenied", "the caller may not."))
        hurried(deployment, 20, batch_delete=10)
        said = deployment.refuse({"keys": keys})

    assert "customers/2400" in said
    assert "customers/" not in json.dumps(deployment.log)
    assert "customers/" not in line_of({"message": "refused", "reason": said})


# What a message of OSS's, or of whoever answers in its place, may say: the key as it is, in
# quotation marks, behind a stray one, and as if it were another name or a quotation's end.
NAMED = "customers/0007"
SAID = f'{NAMED} "{NAMED}": {NAMED}", bucket "{NAMED}", field "{NAMED} \\" {NAMED}\n{NAMED}'


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({"prefix": "customers/"}, Refuse(403, "AccessDenied", SAID, operation="list")),
        ({"prefix": "customers/"}, Refuse(503, "ServiceUnavailable", SAID, operation="list")),
        ({"prefix": "customers/"}, Refuse(403, SAID, SAID, operation="list")),
        ({"prefix": "customers/"}, ErrorInside200("InternalError", SAID, operation="list")),
        ({"prefix": "customers/"}, ErrorInside200(SAID, SAID, operation="list")),
        ({"prefix": "customers/"}, Refuse(403, "NoSuchBucket", SAID, operation="batch_delete")),
        ({"prefix": "customers/"}, Refuse(400, "InvalidArgument", SAID)),
        ({"prefix": "customers/"}, Refuse(403, SAID, SAID, operation=("batch_delete", "delete"))),
        ({"keys": [NAMED]}, ErrorInside200("InternalError", SAID, operation="delete")),
        ({"keys": [NAMED]}, Refuse(403, "AccessDenied", SAID, operation="bucket_versioning")),
        ({"keys": [NAMED]}, Refuse(403, "FileImmutable", SAID, keys=[NAMED])),
    ],
    ids=str,
)
def test_no_message_of_osss_names_a_key_in_the_log(
    deployment: Deployment, event: Any, fault: Fault
) -> None:
    """Whatever it says, by whatever code, and whichever line tells of it; the answer holds it."""
    deployment.fill(*(f"customers/{number:04}" for number in range(300)))
    deployment.oss.misbehave(fault)
    deployment.timeout = 20

    answer = deployment.send(event)

    assert deployment.log
    assert "customers/0" not in json.dumps(deployment.log)
    assert answer["status"] == "done" or NAMED in json.dumps(answer)


@pytest.mark.parametrize("operation", ["put", "get", "list"])
def test_no_message_about_a_jobs_state_names_a_key_in_the_log(chain: Chain, operation: str) -> None:
    """Be it that a checkpoint, the end or the rest is not written, or that nothing is read."""
    deployment = chain.deployment
    deployment.fill(*(f"customers/{number:04}" for number in range(3000)))
    deployment.oss.misbehave(
        AsTold(_of_state(Refuse(403, "AccessDenied", SAID)), operation=operation)
    )
    hurried(deployment, 20, batch_delete=10)

    said = ""
    try:
        chain.begin({"prefix": "customers/"})
        chain.to_the_end()
    except SweepError as error:  # which the door writes a line of
        said = line_of({"message": "refused", "reason": str(error)})

    assert "AccessDenied" in json.dumps(deployment.log) + said
    assert "customers/0" not in json.dumps(deployment.log) + said


def _of_state(fault: Fault) -> Callable[[Request], list[Fault]]:
    """Let a fault meet what is asked for in the state's bucket, but for the first few requests."""
    left = count()

    def meets(request: Request) -> list[Fault]:
        return [fault] if request.bucket == STATE_BUCKET and next(left) > 2 else []

    return meets


def test_no_message_of_function_computes_names_a_key_in_the_log(chain: Chain) -> None:
    """It may quote what it was sent."""
    chain.deployment.fill(*(f"customers/{number:04}" for number in range(3000)))
    chain.fc.misbehave(fc_faults.Refuse(400, SAID, SAID))
    hurried(chain.deployment, 20, batch_delete=10)

    said = chain.deployment.refuse({"prefix": "customers/"})

    assert NAMED in said
    assert "customers/0" not in line_of({"message": "refused", "reason": said})
    assert "customers/0" not in json.dumps(chain.deployment.log)


def test_the_answer_to_a_request_file_that_is_not_written_is_told_without_its_name(
    chain: Chain,
) -> None:
    """Where a word to a job has one, too."""
    oss = chain.deployment.oss
    chain.deployment.set(
        rules=json.dumps([{"on": "ObjectCreated:*", "key": "customers/{name}", "run": "request"}])
    )
    oss.fill(BUCKET, {NAMED: b'{"job": "one", "do": "status"}'})
    oss.misbehave(Refuse(403, "AccessDenied", SAID, operation="put"))
    happened = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "oss": {"bucket": {"name": BUCKET}, "object": {"key": NAMED}},
        "responseElements": {"requestId": "R1"},
    }

    said = chain.deployment.refuse({"events": [happened]})

    assert f'"{NAMED}" was not written' in said
    assert "customers/0" not in line_of({"message": "refused", "reason": said})
    assert "customers/0" not in json.dumps(chain.deployment.log)


def test_the_keys_of_a_stretch_that_was_passed_over_are_not_named(deployment: Deployment) -> None:
    """The ends of the stretch are keys; the answer names them."""
    deployment.fill(*(f"customers/{number:03}" for number in range(300)))
    for operation in ("batch_delete", "delete"):
        deployment.oss.misbehave(Refuse(403, "AccessDenied", "No.", operation=operation))

    answer = deployment.send({"prefix": "customers"})

    assert answer["passed_over"][0]["first"].startswith("customers/")
    assert "customers/" not in json.dumps(deployment.log)


def test_a_continuation_cannot_fill_a_line(deployment: Deployment) -> None:
    """A made-up one may count errors of fifty thousand names."""
    names = {f"made/up/{number}": 1 for number in range(50_000)}
    forged = Work("job", BUCKET, keys=("a",), errors=names, notes=tuple(names))

    deployment.send(seal(forged))

    assert max(len(json.dumps(line)) for line in deployment.log) < 10_000


def test_a_refusal_names_its_job_and_bucket(oss: LocalOss) -> None:
    """As every line does that is about a job."""
    oss.create_bucket(BUCKET)
    environment = {**_environment(oss), "OSSWEEP_STATE": "statebucket/state"}

    ended = Function(environment, oss.credentials).invoke(b'{"keys": ["a"]}')

    assert ended.error is not None
    [line] = [line for line in ended.log if line["message"] == "refused"]
    assert (line["bucket"], line["job"].endswith("-1")) == (BUCKET, True)
    assert "NoSuchBucket" in line["reason"]


def test_a_line_says_where_in_the_code_it_was_written(oss: LocalOss) -> None:
    """Not where the logger is called for all of them."""
    oss.fill(BUCKET, ["a"])
    function = Function(_environment(oss), oss.credentials)

    done, refused = function.invoke(b'{"keys": ["a"]}'), function.invoke(b"{}")

    places = [line["location"].rpartition(":")[0] for line in (*done.log, *refused.log)]
    assert places == ["share.py:perform", "ends.py:decided", "index.py:_answer"]


def test_a_function_of_a_service_has_an_arn_of_its_own(oss: LocalOss) -> None:
    """Written as FC 2.0 does."""
    oss.fill(BUCKET, ["a"])
    function = Deployed("rest", oss.credentials, service="tests", environment=_environment(oss))
    call = Call(function, b'{"keys": ["a"]}', "request", qualifier="prod")

    lines = [json.loads(line) for line in run(call).log]

    assert {line["function_arn"] for line in lines} == {
        "acs:fc:cn-hangzhou:123456789:services/tests.prod/functions/rest"
    }


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
