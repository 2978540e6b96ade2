"""A job is named after the event that ordered it, so that a second delivery is known as one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET
from ossweep.handover import continuation
from ossweep.session import is_named_by_event
from ossweep.work import Work

if TYPE_CHECKING:
    from deployment import Deployment

HLS = {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "hls/{id}/"}}
THUMBS = {**HLS, "delete": {"keys": ["thumbs/{id}.jpg"]}}
FILES = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}
KEYS = {"bucket": BUCKET, "keys": ["a"]}


def removed(*keys: str, name: str = "ObjectRemoved:DeleteObjects") -> dict[str, Any]:
    """Events of one request to OSS."""
    return {
        "events": [
            {
                "eventName": name,
                "eventSource": "acs:oss",
                "eventTime": "2022-08-13T06:45:43.000Z",
                "oss": {"bucket": {"name": BUCKET}, "object": {"key": key}},
                "responseElements": {"requestId": "58F9FF2D3DF792092E12044C"},
            }
            for key in keys
        ]
    }


def message(number: int, body: Any = KEYS) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "subject": "acs:mns:cn-hangzhou:123456789:queues/deletions",
        "data": {"messageId": f"M{number}", "messageBody": json.dumps(body)},
    }


TIMER = {
    "triggerTime": "2024-03-01T00:00:00Z",
    "triggerName": "nightly",
    "payload": json.dumps(KEYS),
}
TOPIC = {
    "TopicOwner": "123456789",
    "Message": json.dumps(KEYS),
    "TopicName": "deletions",
    "MessageId": "2F5B3C082B923D4EAC694B76D928ABCD",
}


def jobs(deployment: Deployment, event: Any, request_id: str = "request") -> list[str]:
    """Send an event in an invocation of its own, and return the names of its jobs."""
    deployment.request_id = request_id
    answer = deployment.send(event)
    return [each["job"] for each in answer.get("answers", [answer])]


@pytest.fixture
def ruled(deployment: Deployment) -> Deployment:
    """A deployment with rules, for which nothing raises."""
    return deployment.set(rules=json.dumps([HLS, FILES]), **{"raise": "none"})


@pytest.mark.parametrize(
    ("event", "source"),
    [
        (removed("videos/7.mp4"), "oss"),
        (removed("nothing/to-do"), "oss"),
        ({**TOPIC, "Message": json.dumps(removed("videos/7.mp4"))}, "oss"),
        (TOPIC, "mns"),
        (message(1), "mns"),
        (message(1, [KEYS, {"bucket": BUCKET, "prefix": "b"}]), "mns"),
        (TIMER, "timer"),
    ],
)
def test_an_event_delivered_again_gives_its_jobs_the_same_names(
    ruled: Deployment, event: Any, source: str
) -> None:
    """Whichever invocation it comes to; a name begins with the event's source."""
    first, again = jobs(ruled, event, "first"), jobs(ruled, event, "second")

    assert first == again
    assert all(re.fullmatch(source + r"-[0-9a-f]{20}-1", job) for job in first)
    assert len(set(first)) == len(first)
    assert all(is_named_by_event(name) for job in first for name in (job, f"{job}-p2"))


@pytest.mark.parametrize("request_id", ["first", "1-65f2b9c0-7d3b2c1e", "", "mns-1", "of a space "])
def test_a_request_that_is_sent_directly_makes_another_job(
    deployment: Deployment, request_id: str
) -> None:
    """Its job is named after the invocation, so nothing is to say that it finds the job again."""
    [first], [again] = jobs(deployment, KEYS, request_id), jobs(deployment, KEYS, "second")

    assert first != again
    assert not any(is_named_by_event(name) for name in (first, again, f"{first}-p2"))


def test_events_of_one_request_are_different_jobs(ruled: Deployment) -> None:
    """One DeleteObjects deletes a thousand objects, under one request id."""
    assert len(set(jobs(ruled, removed("videos/1.mp4", "videos/2.mp4", "x", "y")))) == 4


def test_an_event_is_the_same_by_whichever_way_it_comes(ruled: Deployment) -> None:
    """By a trigger and, at the same time, in a message."""
    event = removed("videos/7.mp4")

    assert jobs(ruled, event) == jobs(ruled, message(1, event)) == jobs(ruled, message(2, event))


def test_a_message_keeps_its_name_in_another_batch(deployment: Deployment) -> None:
    """EventBridge makes batches as it likes."""
    first = jobs(deployment, [message(1), message(2), message(3)])

    assert jobs(deployment, [message(3), message(1)]) == [first[2], first[0]]
    assert jobs(deployment, message(2)) == [first[1]]


def test_a_message_keeps_its_name_whatever_becomes_of_another(ruled: Deployment) -> None:
    """One that was refused may be allowed when it comes again, and is not the same job then."""
    other = {"bucket": "otherbucket", "keys": ["a"], "dry_run": True}
    event = [message(1, [other, KEYS]), message(2, other)]

    ruled.oss.create_bucket("otherbucket")

    said = ruled.refuse(event)
    ruled.set(buckets=f"{BUCKET},otherbucket", **{"raise": "mns"})
    after = jobs(ruled, event[0])

    assert "2 of 2 jobs were not done" in said
    assert jobs(ruled, message(1)) == [after[1]] != [after[0]]


@pytest.mark.parametrize(
    "other", [{"function_name": "another"}, {"region": "cn-beijing"}, {"account_id": "987654321"}]
)
def test_another_functions_jobs_have_other_names(
    deployment: Deployment, other: dict[str, str]
) -> None:
    """Several may share a state prefix, and be sent the same event."""
    deployment.set(region="cn-hangzhou")
    ours = jobs(deployment, TIMER)
    for name, value in other.items():
        setattr(deployment, name, value)

    assert jobs(deployment, TIMER) != ours


def test_a_person_who_sends_a_request_again_orders_another_job(deployment: Deployment) -> None:
    """It is named after the invocation."""
    assert jobs(deployment, KEYS, "first") == ["first-1"]
    assert jobs(deployment, KEYS, "second") == ["second-1"]
    assert jobs(deployment, [KEYS, KEYS], "third") == ["third-1", "third-2"]


def test_jobs_of_an_event_without_identity_are_counted(deployment: Deployment) -> None:
    """Messages that come without their ids are named after the invocation."""
    body = json.dumps(KEYS)

    assert jobs(deployment, [body, message(1), body])[::2] == ["request-1", "request-2"]


def test_an_event_that_orders_the_same_twice_makes_two_jobs(deployment: Deployment) -> None:
    """Their names count up."""
    first, second = jobs(deployment, message(1, [KEYS, KEYS]))

    assert (first[:-2], first[-2:], second[-2:]) == (second[:-2], "-1", "-2")


def test_a_rule_that_has_changed_makes_another_job_of_an_event(deployment: Deployment) -> None:
    """What was done by the old one does not pass for it; the other rules' jobs stay the same."""
    event = removed("videos/7.mp4")
    (old,) = jobs(deployment.set(rules=json.dumps([HLS])), event)

    (new, kept) = jobs(deployment.set(rules=json.dumps([THUMBS, HLS])), event)

    assert (kept, new == old) == (old, False)


def test_an_event_that_was_only_planned_is_another_job_in_earnest(deployment: Deployment) -> None:
    """The deployment's dry run ends, and the event is sent again."""
    deployment.fill("a")

    planned = jobs(deployment.set(dry_run="true"), TIMER)
    done = jobs(deployment.set(dry_run="false"), TIMER)

    assert (planned == done, deployment.keys()) == (False, [])


def test_a_request_file_is_known_by_the_event_that_announces_it(ruled: Deployment) -> None:
    """Each request in it is a job of its own."""
    event = removed("requests/x.json", name="ObjectCreated:PutObject")
    content = json.dumps([{"keys": ["a"]}, {"keys": ["b"]}]).encode()
    ruled.oss.fill(BUCKET, {"requests/x.json": content})

    first, again = jobs(ruled, event, "first"), jobs(ruled, event, "second")

    assert first == again
    assert [job[:4] for job in first] == ["oss-", "oss-"]


def test_a_continuation_keeps_its_job(deployment: Deployment) -> None:
    """Whichever event brings it."""
    rest = continuation.seal(Work("timer-0123456789abcdef0123-1", BUCKET, keys=("a",)))

    assert jobs(deployment, message(1, rest)) == [rest["job"]]
    assert jobs(deployment, rest) == [rest["job"]]


@pytest.mark.parametrize("request_id", ["../../a", "a b", "\u00e9", "", "a\n", "x" * 81])
def test_a_jobs_name_can_stand_in_a_key_and_in_a_log(
    deployment: Deployment, request_id: str
) -> None:
    """Whatever the invocation's id is."""
    (job,) = jobs(deployment, KEYS, request_id)

    assert re.fullmatch(r"request-[0-9a-f]{20}-1", job)


def test_an_invocation_without_a_request_id_has_a_name_of_its_own(deployment: Deployment) -> None:
    """Two of them must not pass for one: the second would find the first one's record."""
    deployment.request_id = ""

    names = [deployment.send(KEYS)["job"] for _ in range(2)]

    assert len(set(names)) == 2
