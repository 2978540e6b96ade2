"""What each source asks for is done, and what becomes of it is told the way the source needs."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from deployment import BUCKET, hurried
from localcloud.faults import Refuse
from ossweep.errors import PolicyError, RequestError, UndoneError
from ossweep.handover.continuation import seal
from ossweep.request import schema
from ossweep.work import Range, Work

if TYPE_CHECKING:
    from deployment import Chain, Deployment
    from localcloud.oss import LocalOss

HLS = {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "hls/{id}/"}}
LISTS = {"on": "ObjectCreated:*", "key": "lists/{name}.txt", "run": "manifest"}
FILES = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}


def ruled(deployment: Deployment, *rules: Any) -> Deployment:
    return deployment.set(rules=json.dumps(rules))


def oss_event(
    name: str, *keys: str, bucket: str = BUCKET, time: str = "2022-08-13T06:45:43.000Z"
) -> dict[str, Any]:
    return {
        "events": [
            {
                "eventName": name,
                "eventSource": "acs:oss",
                "eventTime": time,
                "oss": {"bucket": {"name": bucket}, "object": {"key": key}},
            }
            for key in keys
        ]
    }


def etag_of(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest().upper()


def messages(*bodies: Any) -> list[dict[str, Any]]:
    return [
        {
            "specversion": "1.0",
            "type": "mns:Queue:SendMessage",
            "data": {"messageId": f"M{number}", "messageBody": json.dumps(body)},
        }
        for number, body in enumerate(bodies, 1)
    ]


def message(body: Any) -> dict[str, Any]:
    """Return a topic's message, which is no other one."""
    return {
        "TopicOwner": "1",
        "TopicName": "t",
        "MessageId": uuid4().hex,
        "Message": json.dumps(body),
    }


def timer(request: Any, at: float = 1_709_251_200) -> dict[str, Any]:
    return {
        "triggerTime": datetime.fromtimestamp(at, timezone.utc).isoformat(),
        "triggerName": "nightly",
        "payload": json.dumps(request),
    }


def over_http(
    method: str, path: str, body: Any = "", *, domain: str = "x.fcapp.run", **headers: str
) -> dict[str, Any]:
    return {
        "version": "v1",
        "headers": headers or {"Authorization": "acs signature"},
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"domainName": domain, "http": {"method": method, "path": path}},
    }


def body_of(response: dict[str, Any]) -> Any:
    return json.loads(response["body"])


def test_the_belongings_of_a_removed_object_are_deleted(deployment: Deployment) -> None:
    """And nothing of its neighbours'."""
    deployment.oss.fill(BUCKET, ["hls/7/a", "hls/7/b", "hls/77/a", "hls/7"], 1_600_000_000)

    answer = ruled(deployment, HLS).send(oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4"))

    assert deployment.keys() == ["hls/7", "hls/77/a"]
    assert (answer["status"], answer["deleted"]) == ("done", 2)


def test_belongings_written_after_the_event_are_another_objects(
    deployment: Deployment,
) -> None:
    """The event's time is the job's clock: a late delivery harms no new upload."""
    deployment.oss.fill(BUCKET, ["hls/7/old"], 1_600_000_000)
    deployment.oss.fill(BUCKET, ["hls/7/new"], 1_700_000_000)

    answer = ruled(deployment, HLS).send(oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4"))

    assert deployment.keys() == ["hls/7/new"]
    assert answer["skipped_because"] == {"written after the job began": 1}


def test_a_rule_may_narrow_what_belongs_to_an_object(deployment: Deployment) -> None:
    """By the conditions of a request."""
    deployment.oss.fill(BUCKET, ["hls/7/a.ts", "hls/7/a.m3u8"], 1_600_000_000)
    narrow = {**HLS, "delete": {"directory": "hls/{id}/", "only": {"match": "*.ts"}}}

    answer = ruled(deployment, narrow).send(oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4"))

    assert deployment.keys() == ["hls/7/a.m3u8"]
    assert answer["skipped_because"] == {"name does not match": 1}


def test_a_rule_may_keep_the_latest_of_what_belongs_to_an_object(deployment: Deployment) -> None:
    """Of each directory."""
    for second in range(3):
        keys = [f"hls/7/{second}.ts", f"hls/7/low/{second}.ts"]
        deployment.oss.fill(BUCKET, keys, 1_600_000_000 + second)
    narrow = {**HLS, "delete": {"directory": "hls/{id}/", "only": {"keep_latest": 1}}}

    ruled(deployment, narrow).send(oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4"))

    assert deployment.keys() == ["hls/7/2.ts", "hls/7/low/2.ts"]


def test_an_event_whose_time_lies_ahead_spares_what_is_new(deployment: Deployment) -> None:
    """The job has begun by then, whatever its event says."""
    oss = deployment.oss
    oss.fill(BUCKET, ["hls/7/new"], oss.now() + 5)

    ruled(deployment, HLS).send(
        oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4", time="2099-01-01T00:00:00Z")
    )

    assert deployment.keys() == ["hls/7/new"]


def test_an_event_of_several_objects_is_answered_for_each(deployment: Deployment) -> None:
    """Whether OSS sends one event for a batch or many."""
    deployment.oss.fill(BUCKET, ["hls/1/a", "hls/2/a", "hls/3/a"], 1_600_000_000)

    answers = ruled(deployment, HLS).send(
        oss_event("ObjectRemoved:DeleteObjects", "videos/1.mp4", "other", "videos/3.mp4")
    )["answers"]

    assert deployment.keys() == ["hls/2/a"]
    assert [answer["status"] for answer in answers] == ["done", "ignored", "done"]


def test_every_rule_that_is_about_an_event_is_followed(deployment: Deployment) -> None:
    """And answered for."""
    thumbs = {**HLS, "delete": {"keys": ["thumbs/{id}.jpg"]}}
    deployment.oss.fill(BUCKET, ["hls/7/a", "thumbs/7.jpg", "thumbs/8.jpg"], 1_600_000_000)

    answers = ruled(deployment, HLS, thumbs).send(
        oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4")
    )["answers"]

    assert deployment.keys() == ["thumbs/8.jpg"]
    assert [answer["status"] for answer in answers] == ["done", "done"]


@pytest.mark.parametrize("rules", [[], [HLS]])
def test_an_event_that_no_rule_is_about_is_ignored(deployment: Deployment, rules: Any) -> None:
    """It deletes nothing, and asks OSS nothing."""
    deployment.fill("hls/7/a")

    answer = ruled(deployment, *rules).send(oss_event("ObjectCreated:PutObject", "videos/7.mp4"))

    assert (answer["status"], answer["deleted"], answer["continuation"]) == ("ignored", 0, None)
    assert deployment.oss.requests == []
    assert "no rule is about event 1 (ObjectCreated:PutObject" in answer["reason"]


def test_an_event_of_a_bucket_that_may_not_be_swept_is_refused(deployment: Deployment) -> None:
    """A rule cannot widen what the deployment allows."""
    event = oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4", bucket="otherbucket")

    with pytest.raises(UndoneError, match="is not among those in OSSWEEP_BUCKETS"):
        ruled(deployment, HLS).send(event)


def test_a_request_file_is_run_and_answered_beside_it(deployment: Deployment) -> None:
    """The answer carries a mark, so that it sets nothing off."""
    deployment.fill("a/1", "a/2", "b")
    content = json.dumps({"prefix": "a/"}).encode()
    deployment.oss.fill(BUCKET, {"requests/x.json": content})

    answer = ruled(deployment, FILES).send(oss_event("ObjectCreated:PutObject", "requests/x.json"))

    assert deployment.keys() == ["b", "requests/x.answer.json", "requests/x.json"]
    put = [request for request in deployment.oss.requests if request.operation == "put"]
    assert [(p.key, "x-oss-meta-ossweep" in p.headers) for p in put] == [
        ("requests/x.answer.json", True)
    ]
    assert (answer["status"], answer["deleted"]) == ("done", 2)


def test_a_list_that_is_created_says_what_goes(deployment: Deployment) -> None:
    """From its own bucket; what was written after its event stays."""
    deployment.oss.fill(BUCKET, ["a", "b", "c"], 1_600_000_000)
    deployment.oss.fill(BUCKET, {"lists/x.txt": b"a\nb\nnew\n"})
    deployment.fill("new")
    event = oss_event("ObjectCreated:PutObject", "lists/x.txt")
    event["events"][0]["oss"]["object"]["eTag"] = etag_of(b"a\nb\nnew\n").lower()

    answer = ruled(deployment, LISTS).send(event)

    assert (answer["status"], answer["deleted"]) == ("done", 2)
    assert answer["skipped_because"] == {"written after the job began": 1}
    assert deployment.keys() == ["c", "lists/x.txt", "new"]
    assert deployment.oss.count("put") == 0


def test_a_list_that_was_written_anew_since_its_event_deletes_nothing(
    deployment: Deployment,
) -> None:
    """The one that is there now has an event of its own."""
    deployment.oss.fill(BUCKET, ["a"], 1_600_000_000)
    deployment.oss.fill(BUCKET, {"lists/x.txt": b"a\n"})
    event = oss_event("ObjectCreated:PutObject", "lists/x.txt")
    event["events"][0]["oss"]["object"]["eTag"] = etag_of(b"b\n")

    with pytest.raises(UndoneError, match="has been written anew since it was named or opened"):
        ruled(deployment, LISTS).send(event)

    assert deployment.keys() == ["a", "lists/x.txt"]


def test_a_rule_may_say_of_its_lists_what_a_request_may(deployment: Deployment) -> None:
    """The column of a CSV, and conditions, which go by the whole key."""
    deployment.oss.fill(BUCKET, ["a/1", "a/2", "b"], 1_600_000_000)
    deployment.oss.fill(BUCKET, {"lists/x.csv": b"id,object\n1,a%2F1\n2,a/2\n3,b\n"})
    rule = {**LISTS, "key": "lists/{name}.csv", "only": {"except": "b"}}
    told = {"column": "object", "encoding": "url", "unchanged": False}
    event = oss_event("ObjectCreated:PutObject", "lists/x.csv")

    answer = ruled(deployment, {**rule, "manifest": told}).send(event)

    assert (answer["status"], answer["deleted"]) == ("done", 2)
    assert answer["skipped_because"] == {"name is excepted": 1}
    assert deployment.keys() == ["b", "lists/x.csv"]


@pytest.mark.parametrize("format_", ["text", "csv"])
def test_a_rule_can_say_what_a_refusal_of_a_list_asks_for(
    deployment: Deployment, format_: str
) -> None:
    """A list without an ending that may be two things is read as the rule says."""
    deployment.oss.fill(BUCKET, ["a,1", "a"], 1_600_000_000)
    deployment.oss.fill(BUCKET, {"lists/x": b"a,1\n"})
    rule = {**LISTS, "key": "lists/{name}"}
    event = oss_event("ObjectCreated:PutObject", "lists/x")
    with pytest.raises(UndoneError, match="say which by `format`: 'text' or 'csv'"):
        ruled(deployment, rule).send(event)

    told = {"format": format_, **({"column": 1} if format_ == "csv" else {})}
    ruled(deployment, {**rule, "manifest": told}).send(event)

    assert deployment.keys() == ["a" if format_ == "text" else "a,1", "lists/x"]


def test_a_request_file_that_is_refused_is_answered_beside_it_too(deployment: Deployment) -> None:
    """Nobody else would tell its writer."""
    deployment.oss.fill(BUCKET, {"requests/x.json": b'{"keys": ["a"], "dryrun": true}'})

    with pytest.raises(UndoneError, match="there is no field"):
        ruled(deployment, FILES).send(oss_event("ObjectCreated:PutObject", "requests/x.json"))

    assert deployment.keys() == ["requests/x.answer.json", "requests/x.json"]


def test_an_object_that_ossweep_has_written_sets_nothing_off(deployment: Deployment) -> None:
    """Even where a rule would match it."""
    event = oss_event("ObjectCreated:PutObject", "requests/x.json")
    event["events"][0]["oss"]["object"]["objectMeta"] = {"userMeta": {"x-oss-meta-ossweep": "1"}}

    answer = ruled(deployment, FILES).send(event)

    assert (answer["status"], deployment.oss.requests) == ("ignored", [])


def test_a_bad_message_does_not_stop_the_others(deployment: Deployment) -> None:
    """But the invocation fails, and names it, so that it is delivered again."""
    deployment.fill("a", "b")

    with pytest.raises(UndoneError) as raised:
        deployment.send(
            messages({"keys": ["a"]}, {"kyes": ["x"], "bucket": BUCKET}, {"keys": ["b"]})
        )

    assert deployment.keys() == []
    first, _, last = raised.value.answers
    assert str(raised.value) == (
        "1 of 3 jobs were not done: message M2: the request: "
        'there is no field "kyes"; did you mean `keys`?; the others: '
        f"job {first['job']}: done, 1 deleted; job {last['job']}: done, 1 deleted. "
        "Sent again, the event is carried out again: what it names may be deleted even if it has "
        "been written anew since; what was refused is refused again, until it is corrected"
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"job": "x", "do": ["stop"]},
        {"job": ["x"], "do": {}},
        {"keys": ["\ud800"]},
        {"limits": {"objects": 10**300}, "keys": ["x"]},
        oss_event("ObjectRemoved:DeleteObject", "x", time="9999-12-31T23:59:59-14:00"),
        json.loads('{"prefix": ' + "[" * 600 + "]" * 600 + "}"),
    ],
    ids=["do is a list", "do is an object", "surrogate", "large", "no time", "nested"],
)
def test_a_message_of_any_nonsense_does_not_stop_the_others(
    deployment: Deployment, bad: Any
) -> None:
    """Whatever is wrong in it is a refusal with a sentence."""
    deployment.fill("a", "b")

    with pytest.raises(UndoneError, match="1 of 3 jobs were not done: message M2: "):
        deployment.send(messages({"keys": ["a"]}, bad, {"keys": ["b"]}))

    assert deployment.keys() == []


@pytest.mark.parametrize("name", [True, False])
def test_only_what_is_recognised_is_called_harmless(chain: Chain, name: bool) -> None:
    """It takes a place for what is done already, and a message that has a name."""
    chain.deployment.fill("a")
    chain.deployment.oss.misbehave(Refuse(409, "FileImmutable", keys={"a"}))
    event = messages({"keys": ["a"]})
    if not name:
        del event[0]["data"]["messageId"]

    with pytest.raises(UndoneError) as raised:
        chain.begin(event)

    assert ("Sending the event again is harmless" in str(raised.value)) is name


def test_a_refused_message_is_not_said_to_go_on(chain: Chain) -> None:
    """It has no job: beside others the sentence tells both."""
    fault = Refuse(409, "FileImmutable", keys={"a"})
    chain.deployment.oss.misbehave(fault)
    chain.deployment.fill("a")

    with pytest.raises(UndoneError) as alone:
        chain.begin(messages({"kyes": []}))
    with pytest.raises(UndoneError) as beside:
        chain.begin(messages({"kyes": []}, {"keys": ["a"]}))

    assert str(alone.value).endswith(". Sent again, it is refused again: correct it first")
    assert str(beside.value).endswith(
        ". Sending the event again is harmless: its jobs are known, and go on with what is left; "
        "what was refused is refused again, until it is corrected"
    )


@pytest.mark.parametrize(
    "body",
    [[{"keys": ["a"]}, {"keys": ["b"], "dryrun": True}], {"requests": [{"keys": ["a"]}, {}]}],
    ids=["a list", "requests"],
)
def test_a_message_of_several_requests_starts_all_or_none(
    deployment: Deployment, body: Any
) -> None:
    """Like a direct event; the message beside it is another one."""
    deployment.fill("a", "b", "c")

    with pytest.raises(UndoneError, match="1 of 2 jobs were not done: message M1: request 2: "):
        deployment.send(messages(body, {"keys": ["c"]}))

    assert deployment.keys() == ["a", "b"]


def test_a_message_of_several_requests_is_answered_for_each(deployment: Deployment) -> None:
    """As a list."""
    deployment.fill("a", "b", "c")

    answers = deployment.send(messages([{"keys": ["a"]}, {"keys": ["b"]}]))["answers"]

    assert [answer["status"] for answer in answers] == ["done", "done"]
    assert deployment.keys() == ["c"]


def test_a_timers_several_requests_start_all_or_none(deployment: Deployment) -> None:
    """They are refused as a direct event is."""
    deployment.fill("a")

    refusal = deployment.refuse(timer([{"keys": ["a"]}, {"keys": []}]))

    assert refusal.startswith("RequestError: request 2: `keys` is an empty list")
    assert deployment.keys() == ["a"]


def test_a_message_delivered_twice_is_carried_out_twice(deployment: Deployment) -> None:
    """Where no state is kept; what is gone stays gone."""
    deployment.fill("a", "b")
    event = messages({"keys": ["a"]})

    first, again = deployment.send(event), deployment.send(event)

    assert deployment.keys() == ["b"]
    assert (first["status"], again["status"]) == ("done", "done")


def test_a_timer_deletes_the_day_thirty_days_ago(deployment: Deployment) -> None:
    """From the time at which it was due."""
    deployment.fill("logs/2024/01/30/a", "logs/2024/01/31/a", "logs/2024/01/3")

    deployment.send(timer({"prefix": "logs/{trigger_time - 30d:%Y/%m/%d}/"}))

    assert deployment.keys() == ["logs/2024/01/3", "logs/2024/01/30/a"]


@pytest.mark.parametrize(
    ("event", "raises"),
    [
        ({"keys": ["a"]}, False),
        (over_http("POST", "/", {"keys": ["a"]}), False),
        (timer({"keys": ["a"]}), True),
        (messages({"keys": ["a"]}), True),
    ],
)
def test_an_undone_job_raises_where_only_exceptions_are_tried_again(
    deployment: Deployment, event: Any, raises: bool
) -> None:
    """By default for OSS, MNS and timers, and not for HTTP and direct invocations."""
    deployment.set(http="trigger")
    deployment.oss.misbehave(Refuse(409, "FileImmutable", "No."))

    refusal = _outcome(deployment, event)

    assert ("UndoneError" in refusal) is raises


def published(oss: LocalOss, seconds_ago: float, request: Any) -> dict[str, Any]:
    """Return a topic's message that was published so many seconds ago."""
    return {
        "TopicOwner": "1",
        "TopicName": "t",
        "MessageId": "M1",
        "PublishTime": int((oss.now() - seconds_ago) * 1000),
        "Message": json.dumps(request),
    }


def test_objects_written_after_an_event_stay(deployment: Deployment) -> None:
    """The event has waited for a minute, and nobody meant objects that came meanwhile."""
    oss = deployment.oss
    oss.fill(BUCKET, ["a/before"], oss.now() - 61)
    oss.fill(BUCKET, ["a/since"], oss.now() - 30)

    answer = deployment.send(published(oss, 60, {"prefix": "a/"}))

    assert deployment.keys() == ["a/since"]
    assert answer["skipped_because"] == {"written after the job began": 1}


def test_an_event_that_comes_again_deletes_nothing_that_is_newer_than_it(
    deployment: Deployment,
) -> None:
    """Where no state is kept, nothing else tells that it is a repetition."""
    oss = deployment.oss
    deployment.fill("a/1")
    event = timer({"prefix": "a/"}, at=oss.now() - 60)
    deployment.send(event)
    oss.fill(BUCKET, ["a/1"], oss.now() - 30)

    deployment.send(event)

    assert deployment.keys() == ["a/1"]


def test_a_continuation_that_has_no_clock_yet_keeps_the_events_time(
    deployment: Deployment,
) -> None:
    """OSS may not have answered at all before time ran out."""
    oss = deployment.oss
    oss.fill(BUCKET, ["a/since"], oss.now() - 30)
    oss.misbehave(Refuse(500, "InternalError", operation=("list", "bucket_versioning")))

    first = deployment.set(**{"raise": "none"}).send(published(oss, 60, {"prefix": "a/"}))
    oss.behave()
    answer = deployment.send(first["continuation"])

    assert first["continuation"]["clock"] is None
    assert (answer["status"], answer["skipped"], deployment.keys()) == ("done", 1, ["a/since"])


@pytest.mark.parametrize("ahead", [None, -20, 10**6])
def test_a_continuation_brings_no_later_time_than_its_event(
    deployment: Deployment, ahead: int | None
) -> None:
    """Whatever clock it claims: a request by the same way would have spared the same."""
    oss = deployment.oss
    now = int(oss.now())
    oss.fill(BUCKET, ["a/since"], now - 30)
    clock = None if ahead is None else now + ahead
    forged = Work("job", BUCKET, ranges=(Range("a/"),), clock=clock)

    answer = deployment.send(published(oss, 60, seal(forged)))

    assert (answer["status"], answer["skipped"], deployment.keys()) == ("done", 1, ["a/since"])


def test_a_named_key_in_doubt_is_looked_at_by_the_events_time(deployment: Deployment) -> None:
    """It was asked for, and is newer than the event when it is looked at again."""
    oss = deployment.oss
    oss.fill(BUCKET, ["a"], oss.now() - 30)
    oss.misbehave(Refuse(500, "InternalError", operation="delete", times=1))

    answer = deployment.send(published(oss, 60, {"keys": ["a"]}))

    assert answer["skipped_because"] == {"written after the job began": 1}
    assert deployment.keys() == ["a"]


def test_a_request_files_job_begins_when_it_was_written(deployment: Deployment) -> None:
    """By the time of OSS's event."""
    oss = deployment.oss
    oss.fill(BUCKET, {"requests/x.json": b'{"prefix": "a/"}'})
    oss.fill(BUCKET, ["a/since"], oss.now() - 30)
    at = datetime.fromtimestamp(oss.now() - 60, timezone.utc).isoformat()

    ruled(deployment, FILES).send(oss_event("ObjectCreated:PutObject", "requests/x.json", time=at))

    left = deployment.keys()
    assert left == ["a/since", "requests/x.answer.json", "requests/x.json"]


def test_a_ceiling_that_is_reached_does_not_raise(deployment: Deployment) -> None:
    """A second delivery would delete as many objects once more."""
    deployment.fill(*(f"a/{number}" for number in range(9)))

    answer = deployment.send(messages({"prefix": "a/", "limits": {"objects": 4}})[0])

    assert (answer["status"], len(deployment.keys())) == ("stopped", 5)
    deployment.set(max_objects="2").send(messages({"prefix": "a/"})[0])
    assert len(deployment.keys()) == 3


FOUR = [{"prefix": "a/"}, {"prefix": "b/"}, {"prefix": "c/"}, {"prefix": "d/"}]


@pytest.mark.parametrize(
    "event",
    [
        FOUR,
        {"requests": FOUR},
        timer(FOUR),
        messages(*FOUR),
        messages(FOUR),
        messages(FOUR[:3], FOUR[3]),
    ],
    ids=["list", "requests", "timer", "messages", "one message", "two messages"],
)
def test_a_ceiling_holds_for_an_event_of_any_number_of_requests(
    deployment: Deployment, event: Any
) -> None:
    """Each has an equal share of it."""
    deployment.fill(*(f"{name}/{number}" for name in "abcd" for number in range(9)))

    answers = deployment.set(max_objects="19").send(event)["answers"]

    assert [answer["deleted"] for answer in answers] == [4, 4, 4, 4]
    assert answers[0]["reason"] == (
        "limits.objects, or the share of OSSWEEP_MAX_OBJECTS in an event of several requests, "
        "allows 4 objects; for more, send a new request"
    )


def test_a_ceiling_that_leaves_a_request_nothing_refuses_the_event(deployment: Deployment) -> None:
    """Nothing of it is deleted."""
    deployment.fill("a/1")

    refusal = deployment.set(max_objects="3").refuse(messages(*FOUR))

    assert refusal.startswith("PolicyError: OSSWEEP_MAX_OBJECTS leaves 3 objects for 4 requests")
    assert deployment.keys() == ["a/1"]


def test_a_requests_own_ceiling_holds_below_its_share(deployment: Deployment) -> None:
    """And a word to a job takes no share."""
    deployment.fill(*(f"{name}/{number}" for name in "ab" for number in range(9)))
    deployment.set(max_objects="10", state=f"{BUCKET}/state")

    answers = deployment.send(
        [{"prefix": "a/", "limits": {"objects": 2}}, {"prefix": "b/"}, {"job": "x", "do": "status"}]
    )["answers"]

    assert [answer["deleted"] for answer in answers] == [2, 5, 0]


def test_a_ceiling_holds_for_all_that_rules_and_request_files_make_of_an_event(
    deployment: Deployment,
) -> None:
    """Two objects removed, and two rules about each; three requests in one file."""
    other = {**HLS, "delete": {"directory": "thumbs/{id}/"}}
    keys = [f"{kind}/{name}/{n}" for kind in ("hls", "thumbs") for name in "12" for n in range(9)]
    deployment.oss.fill(BUCKET, keys, 1_600_000_000)
    content = json.dumps([{"prefix": "hls/1/"}, {"prefix": "hls/2/"}, {"prefix": "thumbs/"}])
    ruled(deployment, HLS, other, FILES).set(max_objects="12")
    removed = oss_event("ObjectRemoved:DeleteObjects", "videos/1.mp4", "videos/2.mp4")

    answers = deployment.send(removed)["answers"]
    assert [answer["deleted"] for answer in answers] == [3, 3, 3, 3]
    deployment.oss.fill(BUCKET, {"requests/x.json": content.encode()})
    deployment.send(oss_event("ObjectCreated:PutObject", "requests/x.json"))
    assert len(set(keys) & set(deployment.keys())) == 36 - 12 - 12


def test_a_share_holds_over_all_invocations_of_its_job(chain: Chain) -> None:
    """It goes on with the job."""
    chain.deployment.fill(*(f"{name}/{number:04}" for name in "ab" for number in range(3000)))
    hurried(chain.deployment, 60, batch_delete=57).set(max_objects="4400")

    chain.begin([{"prefix": "a/"}, {"prefix": "b/"}])
    answers = chain.to_the_end()

    assert answers[-1]["status"] == "stopped"
    assert len(chain.deployment.keys()) == 6000 - 4400


def test_an_order_to_stop_does_not_raise(chain: Chain) -> None:
    """The same event, sent again, is answered that it was stopped."""
    chain.deployment.fill(*(f"a/{number:04}" for number in range(3000)))
    hurried(chain.deployment, 60, batch_delete=57)
    event = timer({"prefix": "a/"})
    first = chain.begin(event)
    chain.begin({"job": first["job"], "do": "stop"})

    answers = [*chain.to_the_end(), chain.begin(event)]

    assert [answer["status"] for answer in answers] == ["stopped", "stopped"]


def test_refusals_that_stop_a_job_raise(deployment: Deployment) -> None:
    """Somebody may have mended them when the event comes again."""
    deployment.fill(*(f"a/{number:03}" for number in range(150)))
    deployment.oss.misbehave(Refuse(403, "AccessDenied", "No.", operation="batch_delete"))
    deployment.oss.misbehave(Refuse(403, "AccessDenied", "No.", operation="delete"))

    assert "UndoneError: 1 of 1 jobs" in deployment.refuse(timer({"prefix": "a/"}))


def test_the_deployment_decides_which_sources_raise(deployment: Deployment) -> None:
    """OSSWEEP_RAISE names them."""
    deployment.oss.misbehave(Refuse(409, "FileImmutable", "No."))

    direct = _outcome(deployment.set(**{"raise": "direct"}), {"keys": ["a"]})
    queue = _outcome(deployment, messages({"keys": ["a"]}))
    nobody = _outcome(deployment.set(**{"raise": "none"}), {"keys": ["a"]})

    assert ("UndoneError" in direct, "incomplete" in queue, "incomplete" in nobody) == (
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("source", "event", "way"),
    [
        ("direct", {"keys": ["a"]}, "a direct invocation (direct)"),
        ("http", over_http("POST", "/", {"keys": ["a"]}), "an HTTP trigger (http)"),
        ("mns", messages({"keys": ["a"]}), "a message of MNS (mns)"),
        ("timer", timer({"keys": ["a"]}), "a timer (timer)"),
        ("oss", oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4"), "an event of OSS (oss)"),
    ],
)
def test_only_the_sources_that_the_deployment_names_may_order(
    deployment: Deployment, source: str, event: Any, way: str
) -> None:
    """A topic that is meant for OSS's notifications accepts no orders."""
    deployment.set(http="trigger")
    deployment.oss.fill(BUCKET, ["a", "hls/7/a"], 1_600_000_000)
    others = [each for each in ("direct", "http", "oss", "mns", "timer") if each != source]
    ruled(deployment, HLS)

    refusal = _refused(deployment.set(sources=",".join(others)), event)
    assert f"it has come by {way}, which may not order here; allowed by OSSWEEP_SOURCES" in refusal
    assert deployment.keys() == ["a", "hls/7/a"]
    deployment.set(sources=source).send(event)
    assert len(deployment.keys()) == 1


def _refused(deployment: Deployment, event: Any) -> str:
    """Return the sentence, also of what is answered over HTTP."""
    try:
        response = deployment.send(event)
    except (PolicyError, UndoneError) as refusal:
        return str(refusal)
    assert response["statusCode"] == 403
    return str(body_of(response)["reason"])


def test_a_topic_for_notifications_brings_them_and_no_orders(deployment: Deployment) -> None:
    """An event of OSS is one by whatever way it comes."""
    deployment.oss.fill(BUCKET, ["a", "hls/7/a"], 1_600_000_000)
    notified = oss_event("ObjectRemoved:DeleteObject", "videos/7.mp4")
    ruled(deployment, HLS).set(sources="oss")

    with pytest.raises(UndoneError, match="1 of 2 jobs were not done: message M2: the request: it"):
        deployment.send(messages(notified, {"keys": ["a"]}))

    assert deployment.keys() == ["a"]


def test_a_job_goes_on_whatever_sources_may_order(chain: Chain) -> None:
    """Its next invocation is called directly, by the function itself."""
    chain.deployment.fill(*(f"a/{number:04}" for number in range(2500)))
    hurried(chain.deployment, 60, batch_delete=57).set(sources="timer")

    answers = [chain.begin(timer({"prefix": "a/"})), *chain.to_the_end()]

    assert [answer["status"] for answer in answers][:: len(answers) - 1] == ["continued", "done"]


def test_an_empty_event_is_answered_with_a_help(deployment: Deployment) -> None:
    """Three examples, ready to send."""
    deployment.fill("src/a")

    answer = deployment.send(b"")

    assert (answer["status"], len(answer["examples"])) == ("ignored", 3)
    for example in answer["examples"]:
        assert deployment.send(example)["status"] == "planned"


def test_a_request_over_http_is_answered_with_200(deployment: Deployment) -> None:
    """And with JSON."""
    deployment.set(http="trigger")
    deployment.fill("a")

    response = deployment.send(over_http("POST", "/", {"keys": ["a"]}))

    assert response["statusCode"] == 200
    assert response["headers"] == {"Content-Type": "application/json; charset=utf-8"}
    assert (body_of(response)["status"], deployment.keys()) == ("done", [])


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"keys": [""]}, 400, "RequestError"),
        ("not json", 400, "RequestError"),
        ("", 400, "RequestError"),
        ({"bucket": "otherbucket", "keys": ["a"]}, 403, "PolicyError"),
    ],
)
def test_a_refusal_over_http_is_a_4xx_with_the_same_words(
    deployment: Deployment, request_: Any, status: int, error: str
) -> None:
    """What a direct invocation raises."""
    deployment.set(http="trigger")
    response = deployment.send(over_http("POST", "/", request_))

    assert (response["statusCode"], body_of(response)["error"]) == (status, error)
    if isinstance(request_, dict):
        assert deployment.refuse(request_) == f"{error}: {body_of(response)['reason']}"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/", 405), ("GET", "/other", 404), ("POST", "/schema", 405)],
)
def test_other_ways_over_http_are_closed(
    deployment: Deployment, method: str, path: str, status: int
) -> None:
    """There are `/` and `/schema`."""
    deployment.set(http="trigger")
    assert deployment.send(over_http(method, path))["statusCode"] == status


def test_http_describes_the_deployment_without_secrets(deployment: Deployment) -> None:
    """The settings, and nothing of the role."""
    deployment.set(http="trigger")
    response = ruled(deployment, HLS).send(over_http("GET", "/"))

    assert body_of(response)["settings"]["OSSWEEP_BUCKETS"] == [BUCKET]
    assert body_of(response)["settings"]["OSSWEEP_RULES"] == [
        {**HLS, "delete": {"directory": ["hls/{id}/"]}}
    ]
    assert deployment.oss.credentials.access_key_secret not in response["body"]
    assert deployment.oss.credentials.access_key_id not in response["body"]


def test_http_shows_the_requests_schema(deployment: Deployment) -> None:
    """The one that is published."""
    deployment.set(http="trigger")
    assert body_of(deployment.send(over_http("GET", "/schema"))) == schema()


INVOCATION = "/2023-03-30/functions/ossweep/invocations"
HTTP_EVENTS = [
    over_http("POST", "/", {"keys": ["a"]}),
    over_http("GET", "/"),
    over_http("GET", "/schema"),
    over_http("POST", "/", {"keys": ["a"]}, Authorization="Bearer guessed"),
    over_http(
        "POST",
        INVOCATION,
        {"keys": ["a"]},
        domain="1.cn-hangzhou.fc.aliyuncs.com",
        **{"X-Acs-Action": "InvokeFunction", "Authorization": "ACS3-HMAC-SHA256 Credential=x"},
    ),
]


@pytest.mark.parametrize("event", HTTP_EVENTS)
def test_http_is_closed_until_the_deployment_says_who_checks(
    deployment: Deployment, event: Any
) -> None:
    """A header Authorization proves nothing: a trigger may pass any through unread."""
    deployment.fill("a")

    refused = deployment.send(event)
    vouched = deployment.set(http="trigger", dry_run="true").send(event)

    assert refused["statusCode"] == 403
    assert "set OSSWEEP_HTTP to trigger" in body_of(refused)["reason"]
    assert vouched.get("statusCode", 200) == 200


@pytest.mark.parametrize("event", HTTP_EVENTS)
def test_http_is_closed_to_those_without_the_token(deployment: Deployment, event: Any) -> None:
    """The settings, too; the sentence tells nothing of the token."""
    hashed = sha256(b"secret").hexdigest()

    refused = deployment.set(http=f"sha256:{hashed}").send(event)

    assert refused["statusCode"] == 403
    assert "does not bring the token" in body_of(refused)["reason"]
    assert hashed not in refused["body"]
    assert deployment.oss.requests == []


@pytest.mark.parametrize("written", ["Bearer s3cret", "bearer  s3cret ", "BEARER s3cret"])
def test_the_token_lets_a_request_in(deployment: Deployment, written: str) -> None:
    """The deployment holds its hash only, and does not show even that."""
    hashed = sha256(b"s3cret").hexdigest()
    deployment.fill("a")
    deployment.set(http=f"sha256:{hashed.upper()}")

    answer = deployment.send(over_http("POST", "/", {"keys": ["a"]}, authorization=written))
    page = deployment.send(over_http("GET", "/", authorization=written))

    assert (body_of(answer)["status"], deployment.keys()) == ("done", [])
    assert body_of(page)["settings"]["OSSWEEP_HTTP"] == "sha256"
    assert hashed not in page["body"]


def test_a_job_goes_on_in_the_wrapping_of_http_whoever_checks(chain: Chain) -> None:
    """The function's call of itself comes so where it has an HTTP trigger, and has no token."""
    chain.deployment.fill(*(f"a/{number:04}" for number in range(2500)))
    hurried(chain.deployment, 60, batch_delete=57).set(http="sha256:" + "0" * 64)
    chain.begin({"prefix": "a/"})
    (event,) = chain.called

    answer = chain.begin(
        over_http(
            "POST",
            INVOCATION,
            event,
            domain="1.cn-hangzhou.fc.aliyuncs.com",
            **{"X-Acs-Action": "InvokeFunction"},
        )
    )

    assert answer["status"] == "continued"
    assert answer["deleted"] > 0


def test_a_source_that_may_order_resumes_parts_where_nobody_may_directly(chain: Chain) -> None:
    """The parts are called directly, and go on by what the state says of them."""
    chain.deployment.fill(*(f"{prefix}/{number:04}" for prefix in "ab" for number in range(1200)))
    chain.deployment.set(sources="mns", in_flight="1", checkpoint_seconds="1")
    order = {"prefix": ["a/", "b/"], "parallel": 2, "limits": {"objects": 5000}}
    job = chain.begin(message(order))["job"]
    chain.begin(message({"job": job, "do": "stop"}))
    stopped = chain.to_the_end()

    chain.begin(message({"job": job, "do": "resume"}))
    chain.to_the_end()

    assert {each["status"] for each in stopped} == {"stopped"}
    assert chain.begin(message({"job": job, "do": "status"}))["status"] == "done"
    assert chain.deployment.keys() == []


def test_a_rule_that_is_refused_stops_no_other(deployment: Deployment) -> None:
    """The name that it makes is too long for OSS; what the others say is done, and told."""
    long = {**HLS, "delete": {"directory": "hls/" + "d" * 600 + "/{id}/"}}
    ruled(deployment, {**HLS, "delete": {"keys": ["thumbs/{id}"]}}, long, HLS)
    video = "x" * 500
    deployment.fill(f"thumbs/{video}", f"hls/{video}/1.ts")
    event = oss_event(
        "ObjectRemoved:DeleteObject", f"videos/{video}.mp4", time="2099-01-01T00:00:00Z"
    )

    refusal = deployment.refuse(event)

    assert refusal.startswith("UndoneError: 1 of 3 jobs were not done: ")
    assert deployment.keys() == []


@pytest.mark.parametrize("mark", ["ossweep_handover", "ossweep_continuation"])
@pytest.mark.parametrize(
    "event",
    [
        {"TopicOwner": "1", "TopicName": "t", "MessageId": "1", "Message": '{"prefix": "a"}'},
        {"triggerTime": "2026-01-01T00:00:00Z", "payload": '{"prefix": "a"}', "triggerName": "t"},
        {"requests": [{"prefix": "a"}]},
    ],
    ids=["MNS", "timer", "list"],
)
def test_the_mark_of_a_job_opens_the_door_to_no_other_event(
    chain: Chain, event: dict[str, Any], mark: str
) -> None:
    """What an event is its shape says, and all of it has to be a job's rest."""
    chain.deployment.fill("a")
    chain.deployment.set(http="sha256:" + "0" * 64)

    refused = chain.begin(
        over_http(
            "POST",
            INVOCATION,
            {mark: 1, **event},
            domain="1.cn-hangzhou.fc.aliyuncs.com",
            **{"X-Acs-Action": "InvokeFunction"},
        )
    )

    assert refused["statusCode"] in {400, 403}
    assert chain.deployment.keys() == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"body": "{", "isBase64Encoded": True},
        {"body": "\u00e9", "isBase64Encoded": True},
        {"body": "\ud800"},
        {"body": 7},
        {"body": "[" * 5000},
        {"headers": {"Authorization": 7}},
        {"headers": []},
        {"requestContext": {"http": {}}},
        {"requestContext": {"http": None}},
    ],
    ids=str,
)
def test_an_http_request_that_cannot_be_read_is_a_4xx(
    deployment: Deployment, change: dict[str, Any]
) -> None:
    """Its sender did something wrong, and not the function."""
    event = {**over_http("POST", "/"), **change}

    response = deployment.set(http="trigger").send(event)

    assert response["statusCode"] == 400
    assert body_of(response)["error"] == "RequestError"


def test_an_invocation_in_the_wrapping_of_http_is_answered_as_itself(
    deployment: Deployment,
) -> None:
    """It comes so where a function has an HTTP trigger; the console's `haha` is refused."""
    deployment.set(http="trigger")
    headers = {"Authorization": "ACS3-HMAC-SHA256 Credential=x", "X-Acs-Action": "InvokeFunction"}
    deployment.fill("a")

    def invoke(body: Any) -> Any:
        return over_http(
            "POST",
            "/2023-03-30/functions/ossweep/invocations",
            body,
            domain="143**********149.cn-huhehaote.fc.aliyuncs.com",
            **headers,
        )

    answer = deployment.send(invoke({"keys": ["a"]}))
    nothing = deployment.send(invoke(""))

    assert (answer["status"], nothing["status"]) == ("done", "ignored")
    with pytest.raises(RequestError, match="the event is not JSON"):
        deployment.send(invoke("haha"))
    with pytest.raises(PolicyError):
        deployment.send(invoke({"bucket": "otherbucket", "keys": ["a"]}))


def _outcome(deployment: Deployment, event: Any) -> str:
    try:
        return json.dumps(deployment.send(event))
    except UndoneError as error:
        return f"UndoneError: {error}"
