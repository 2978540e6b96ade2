"""How an invocation leaves its jobs: one line of the log each, and their own answers in errors."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, hurried, sum_of
from localcloud.faults import AsTold, Before, Refuse
from ossweep.answers import SEND_BACK
from ossweep.errors import UndoneError

if TYPE_CHECKING:
    from deployment import Chain
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

PREFIX = {"bucket": BUCKET, "prefix": "a/"}
RULE = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}
NOT_WRITTEN = Refuse(403, "AccessDenied", "No.")


@pytest.fixture
def long(chain: Chain) -> Chain:
    """A job of 3,000 objects, of which an invocation can delete a thousand."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    hurried(chain.deployment, 60, batch_delete=57)
    return chain


def ends(chain: Chain) -> list[tuple[Any, ...]]:
    """Return how the log says that jobs are left; each line has exact sums."""
    lines = [line for line in chain.deployment.log if line["message"] == "sweep ends"]
    assert all(sum_of(line) == line["listed"] for line in lines)
    return [(line["job"], line["status"], line["level"]) for line in lines]


def message(document: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "subject": "acs:mns:cn-hangzhou:123456789:queues/deletions",
        "data": {"messageId": "M1", "messageBody": json.dumps(document)},
    }


def written(chain: Chain, document: Any) -> dict[str, Any]:
    """Write a request file, and return its event; the answer beside it cannot be written."""
    oss = chain.deployment.set(rules=json.dumps([RULE])).oss
    oss.fill(BUCKET, {"requests/x.json": json.dumps(document).encode()})
    oss.misbehave(AsTold(lambda request: [NOT_WRITTEN] * (request.key == "requests/x.answer.json")))
    return {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "eventSource": "acs:oss",
                "eventTime": "2036-01-01T00:00:00.000Z",
                "oss": {"bucket": {"name": BUCKET}, "object": {"key": "requests/x.json"}},
                "responseElements": {"requestId": "R1"},
            }
        ]
    }


def test_an_invocation_has_one_line_for_how_it_leaves_its_job(long: Chain) -> None:
    """A job that is handed over is `continued`, and nobody has to send anything back."""
    job = long.begin(PREFIX)["job"]
    long.to_the_end()

    assert ends(long) == [(job, "continued", "INFO")] * 2 + [(job, "done", "INFO")]
    assert SEND_BACK not in json.dumps(long.deployment.log)


def test_a_job_that_splits_is_not_told_as_stopped(chain: Chain) -> None:
    """Each of its parts has a line of its own, and so has the whole."""
    chain.deployment.fill(*(f"{name}/{number:04}" for name in "abcd" for number in range(1500)))
    chain.wait_for_a_split()
    job = chain.deployment.set(in_flight="2").send({"prefix": list("abcd"), "parallel": 2})["job"]
    first = ends(chain)
    chain.to_the_end()

    assert first == [(job, "continued", "INFO")]
    told = ends(chain)
    assert {status for _, status, _ in told} == {"continued", "done"}
    assert {name for name, _, _ in told} == {job, f"{job}-p1", f"{job}-p2"}


def test_a_job_that_is_stopped_is_told_as_stopped_whenever_the_order_came(long: Chain) -> None:
    """At a checkpoint, or as the invocation looks for orders before it hands the rest over."""
    oss, left, told = long.deployment.oss, [0], []

    def order(request: Request) -> None:
        left[0] -= request.bucket == STATE_BUCKET
        if left[0] == 0:
            left[0] = -1
            folders = {key.split("/")[1] for key in oss.keys(STATE_BUCKET)}
            [job] = folders - {name for name, _, _ in ends(long)}
            replace(long.deployment, request_id="operator", log=[]).send({"job": job, "do": "stop"})

    oss.misbehave(Before("list", order))
    for looks in range(1, 9):
        left[0] = looks
        long.deployment.fill(*(f"a/{number:05}" for number in range(3000)))
        answer = long.begin(PREFIX)
        told.append(answer["status"])
        assert ends(long)[-1] == (answer["job"], answer["status"], "INFO")

    assert set(told) == {"continued", "stopped"}


def test_a_job_that_cannot_be_handed_over_is_not_refused(long: Chain) -> None:
    """It is unfinished, with its counts, and the error is the reason."""
    long.deployment.set(fc_endpoint="http://127.0.0.1:9")

    with pytest.raises(UndoneError, match="1 of 1 jobs were not done") as raised:
        long.begin(message(PREFIX))

    [answer] = raised.value.answers
    assert (answer["status"], answer["error"]) == ("unfinished", "HandoverError")
    assert (answer["deleted"], sum_of(answer)) == (1000, answer["listed"])
    assert answer["reason"].startswith("the rest could not be handed over: ")
    assert ends(long) == [(answer["job"], "unfinished", "ERROR")]
    assert {line["message"] for line in long.deployment.log if line["level"] == "ERROR"} == {
        "not handed over",
        "sweep ends",
        "raised",
    }


def test_a_job_whose_answer_is_not_written_is_done(chain: Chain) -> None:
    """Its event comes again all the same, to write the answer."""
    chain.deployment.fill("a/1", "a/2")
    event = written(chain, PREFIX)

    with pytest.raises(UndoneError, match="1 of 1 jobs did not end as they should: ") as raised:
        chain.begin(event)

    [answer] = raised.value.answers
    assert (answer["status"], answer["deleted"], answer["error"]) == ("done", 2, "UndoneError")
    assert "its answer was not written: AccessDenied" in answer["reason"]
    assert "refused" not in {line["message"] for line in chain.deployment.log}
    assert ends(chain) == [(answer["job"], "done", "INFO")]


def test_jobs_whose_common_answer_is_not_written_keep_their_own(chain: Chain) -> None:
    """And what was refused among them is refused."""
    chain.deployment.fill("a/1", "a/2", "b/1")
    event = written(chain, [PREFIX, {"prefix": "b/"}, {"job": "nobody", "do": "status"}])

    with pytest.raises(UndoneError, match="3 of 3 jobs did not end as they should") as raised:
        chain.begin(event)

    told = [(each["status"], each["deleted"]) for each in raised.value.answers]
    assert told == [("done", 2), ("done", 1), ("ignored", 0)]
    assert all(each["error"] == "UndoneError" for each in raised.value.answers)


def test_an_order_whose_state_cannot_be_written_is_refused(chain: Chain) -> None:
    """Nothing of it was deleted."""
    chain.deployment.fill("a/1")
    chain.deployment.oss.misbehave(AsTold(_state_refused))

    with pytest.raises(UndoneError, match="1 of 1 jobs were not done") as raised:
        chain.begin(message(PREFIX))

    [answer] = raised.value.answers
    assert (answer["status"], answer["error"]) == ("refused", "StoreError")
    assert ends(chain) == []
    assert chain.deployment.keys() == ["a/1"]


def _state_refused(request: Request) -> list[Fault]:
    is_written = (request.bucket, request.operation) == (STATE_BUCKET, "put")
    return [NOT_WRITTEN] if is_written else []


def test_a_part_that_ends_at_its_share_of_a_ceiling_is_not_told_as_stopped(chain: Chain) -> None:
    """The whole job had room for what the part left, and is done."""
    chain.deployment.fill(*(f"a/{number:04}" for number in range(1000)))
    chain.deployment.fill(*(f"b/{number:04}" for number in range(7000)))
    chain.wait_for_a_split()
    request = {"prefix": ["a/", "b/"], "parallel": 2, "limits": {"objects": 8000}}
    job = chain.deployment.set(in_flight="2").send(request)["job"]
    chain.to_the_end()

    assert ends(chain)[-1] == (job, "done", "INFO")
    assert chain.deployment.keys() == []
    assert {status for _, status, _ in ends(chain)} == {"continued", "done"}
    reasons = [line.get("reason") or "" for line in chain.deployment.log]
    assert any(reason.startswith("limits.objects allows") for reason in reasons)
