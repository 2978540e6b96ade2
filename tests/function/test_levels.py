"""What the log says has the level at which it has to be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployment import carried, hurried, sum_of
from localcloud.faults import Refuse
from ossweep.errors import HandoverError

if TYPE_CHECKING:
    from deployment import Deployment


EVENTS = Path(__file__).parents[2] / "events"


def errors(deployment: Deployment) -> list[dict[str, Any]]:
    return [line for line in deployment.log if line["level"] == "ERROR"]


def test_a_job_that_ended_badly_is_an_error(deployment: Deployment) -> None:
    """With its name, its bucket and the cause; the answer is returned all the same."""
    deployment.fill("a/1")
    deployment.oss.misbehave(Refuse(409, "FileImmutable", keys=["a/1"]))

    answer = deployment.send({"prefix": "a/"})

    lines = errors(deployment)
    assert [line["message"] for line in lines] == ["sweep ends", "job ended badly"]
    for line in lines:
        assert {name: line[name] for name in ("job", "bucket", "status", "reason", "failed")} == {
            name: answer[name] for name in ("job", "bucket", "status", "reason", "failed")
        }
        assert "a/1" not in str(line)


@pytest.mark.parametrize("limit", [1, 9])
def test_a_job_that_ended_as_it_was_meant_to_is_none(deployment: Deployment, limit: int) -> None:
    """Nor is one that a ceiling has stopped."""
    deployment.fill("a/1", "a/2")

    deployment.send({"prefix": "a/", "limits": {"objects": limit}})

    assert errors(deployment) == []


def test_a_handover_that_failed_is_an_error(deployment: Deployment) -> None:
    """Nobody goes on, and what is left is not in the log."""
    deployment.fill(*(f"a/{number:05}" for number in range(4000)))
    with carried(hurried(deployment, 10, batch_delete=4)) as chain:
        deployment.set(fc_endpoint="http://127.0.0.1:9")
        with pytest.raises(HandoverError, match="network reaches Function Compute"):
            chain.begin({"prefix": "a/"})

    line, end = errors(deployment)
    assert (line["message"], line["job"][:8]) == ("not handed over", "request-")
    assert "Connection refused" in line["error"]
    assert (end["message"], end["status"], end["job"]) == ("sweep ends", "unfinished", line["job"])
    assert (end["deleted"], sum_of(end)) == (4000 - len(deployment.keys()), end["listed"])
    assert "Connection refused" in end["reason"]
    assert "send the continuation back" not in end["reason"]
    assert "fingerprint" not in str([line, end])


def test_a_refused_message_is_an_error(deployment: Deployment) -> None:
    """Each of an event has its own line."""
    event = json.loads((EVENTS / "refused" / "second-message-bad.json").read_text())

    deployment.set(**{"raise": "none"}).refuse(event)

    assert {line["message"] for line in errors(deployment)} == {"refused"}


def test_an_ignored_event_leaves_one_line(deployment: Deployment) -> None:
    """It is no error that nothing was asked for."""
    deployment.send(
        {
            "events": [
                {
                    "eventName": "ObjectRemoved:DeleteObject",
                    "eventSource": "acs:oss",
                    "eventTime": "2024-03-01T00:00:00.000Z",
                    "eventVersion": "1.0",
                    "oss": {
                        "bucket": {"name": "examplebucket", "arn": "acs:oss"},
                        "object": {"key": "a", "eTag": "", "size": 1},
                        "ossSchemaVersion": "1.0",
                        "ruleId": "rule",
                    },
                    "region": "cn-hangzhou",
                    "requestParameters": {"sourceIPAddress": "1.2.3.4"},
                    "responseElements": {"requestId": "R1"},
                    "userIdentity": {"principalId": "1"},
                }
            ]
        }
    )

    [line] = deployment.log
    assert (line["level"], line["message"], line["bucket"]) == ("INFO", "ignored", "examplebucket")


def test_an_empty_event_leaves_one_line(deployment: Deployment) -> None:
    """It asks for nothing, either."""
    deployment.send(b"")

    [line] = deployment.log
    assert (line["level"], line["message"]) == ("INFO", "ignored")
