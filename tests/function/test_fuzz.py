"""Ten thousand events nobody has foreseen: each is answered, ignored or refused, and no more."""

from __future__ import annotations

import base64
import gzip
import json
import time
from contextlib import suppress
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment import BUCKET, STATE_BUCKET, Deployment
from hostile import ENTRY, ERROR, PAGE, Server
from localcloud.faults import (
    CutBody,
    CutXml,
    DateShift,
    ErrorInside200,
    Gateway,
    NoDate,
    Refuse,
    Reset,
    ShortPage,
)
from ossweep.errors import SweepError
from ossweep.handover.continuation import seal
from ossweep.log import line_of
from ossweep.work import Range, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.faults import Fault
    from localcloud.oss import LocalOss

TOKEN = "a-token-that-nobody-guesses-0123"
REQUEST: dict[str, Any] = {"bucket": BUCKET, "prefix": "a/", "dry_run": True}
HAPPENED: dict[str, Any] = {
    "eventName": "ObjectRemoved:DeleteObject",
    "eventSource": "acs:oss",
    "eventTime": "2022-08-13T06:45:43.000Z",
    "oss": {"bucket": {"name": BUCKET}, "object": {"key": "videos/7.mp4", "objectMeta": {}}},
}
WRITTEN: dict[str, Any] = {
    **HAPPENED,
    "eventName": "ObjectCreated:PutObject",
    "oss": {"bucket": {"name": BUCKET}, "object": {"key": "requests/planted.json"}},
}
QUEUED: dict[str, Any] = {
    "specversion": "1.0",
    "type": "mns:Queue:SendMessage",
    "data": {"messageId": "M1", "messageBody": json.dumps(REQUEST)},
}
TOPIC: dict[str, Any] = {
    "TopicOwner": "1",
    "TopicName": "t",
    "MessageId": "M",
    "PublishTime": 1550216480040,
    "Message": json.dumps(REQUEST),
}
DEEP: Any = json.loads("[" * 300 + "]" * 300)
SEEDS: list[Any] = [
    REQUEST,
    [REQUEST, {"bucket": BUCKET, "keys": ["a/planted-1", "b"]}],
    {"requests": [REQUEST]},
    {"bucket": BUCKET, "everything": True, "confirm": BUCKET, "limits": {"objects": 5}},
    {"events": [HAPPENED, HAPPENED]},
    {"events": [WRITTEN]},
    {"specversion": "1.0", "source": "acs.oss", "type": "oss:x", "data": HAPPENED},
    [{"specversion": "1.0", "source": "acs.oss", "type": "oss:x", "data": HAPPENED}],
    QUEUED,
    [QUEUED, QUEUED],
    [{**QUEUED, "data": {"messageId": "M2", "messageBody": json.dumps(TOPIC)}}, QUEUED],
    [{"messageId": "M3", "messageBody": json.dumps({"events": [HAPPENED]})}, QUEUED],
    {"job": "x", "do": "status"},
    TOPIC,
    {"body": json.dumps(REQUEST), "attrs": {"Extend": "{}"}},
    {
        "triggerTime": "2023-12-26T07:49:00Z",
        "triggerName": "nightly",
        "payload": json.dumps({"prefix": "logs/{trigger_time - 30d:%Y/%m/%d}/"}),
    },
    {
        "version": "v1",
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "body": json.dumps(REQUEST),
        "isBase64Encoded": False,
        "requestContext": {"domainName": "d", "http": {"method": "POST", "path": "/"}},
    },
    {"ossweep_continuation": 1, "job": "x", "bucket": BUCKET, "keys": ["a"], "fingerprint": ""},
    json.loads(json.dumps(seal(Work("x", BUCKET, ranges=(Range("a/"),), hop=1)))),
    {"do": "list"},
]
DEEPER = 0.8  # how often a change goes further inside
RULES = [
    {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "hls/{id}/"}},
    {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"},
]

NAMES = sorted({name for seed in SEEDS if isinstance(seed, dict) for name in seed})
LEAVES: list[Any] = [
    *(None, True, False, 0, -1, 7, 2**70, 0.5, 1e300),
    *("", "/", "..", "a", "otherbucket", BUCKET, "true", "{trigger_time:%Y}", "*", "\ud800", "{}"),
    *("{trigger_time - 30d:\ud800%Y%m%d}", "{trigger_time - 9999w:%Y%m%d}", "\x00", "b" * 2000),
    *("0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e300"),
    *(
        DEEP,
        [],
        [[]],
        {},
        {"": None},
        [None, "a"],
        {"keys": ["a"]},
        {"bucket": {"name": "otherbucket"}},
    ),
]


def mutated(chance: Random) -> bytes:
    """Take a good event, and change some of it, or wrap it, or cut it."""
    event = chance.choice(SEEDS)
    for _ in range(chance.randrange(4)):
        event = _changed(event, chance)
    data = json.dumps(event).encode()
    at = chance.randrange(len(data) + 1)
    wrapped = {**QUEUED, "data": {"messageBody": data.decode()}}
    return chance.choices(
        [
            data,
            data[:at],
            base64.b64encode(data),
            data[:at] + chance.randbytes(2) + data[at:],
            json.dumps(wrapped).encode(),
        ],
        weights=[6, 1, 1, 1, 1],
    )[0]


def _changed(value: Any, chance: Random) -> Any:
    """Replace, remove or add something, somewhere inside; the value itself stays as it is."""
    if isinstance(value, dict) and value and chance.random() < DEEPER:
        name = chance.choice(sorted(value))
        change = chance.randrange(5)
        if change == 0:
            return {key: each for key, each in value.items() if key != name}
        if change == 1:
            return {**value, chance.choice(NAMES): chance.choice(LEAVES)}
        return {**value, name: _changed(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < DEEPER:
        at = chance.randrange(len(value))
        return [*value[:at], _changed(value[at], chance), *value[at + 1 :]]
    if isinstance(value, str) and value[:2] in {'{"', "[{"} and chance.random() < DEEPER:
        return json.dumps(_changed(json.loads(value), chance))
    return chance.choice(LEAVES)


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


WITH_KEYS = "planted"  # what keys hold that nothing but an order by name or for all may delete
KEPT = ("kept/planted", ".dlsdata/planted")
SOUGHT = ("a/planted-1", "hls/7/planted", *KEPT)
SECRETS = ("secret", TOKEN)  # what all credentials of the local cloud have in common


def _settings(chance: Random) -> dict[str, str]:
    """Draw a deployment: who may order, by which rules, how much, and with a state or without."""
    sources = chance.sample(["direct", "http", "oss", "mns", "timer"], chance.randrange(1, 6))
    token = f"sha256:{sha256(TOKEN.encode()).hexdigest()}"
    return {
        "buckets": chance.choice([BUCKET, "nobodysbucket"]),
        "dry_run": chance.choice(["true", "true", "false"]),
        "http": chance.choice(["trigger", "trigger", token, ""]),
        "sources": chance.choice(["direct,http,oss,mns,timer", ",".join(sources)]),
        "raise": chance.choice(["none", "oss,mns,timer", "direct,http"]),
        "rules": json.dumps(chance.choice([RULES, RULES[1:], []])),
        "state": chance.choice(["", "", "", "", f"{STATE_BUCKET}/state"]),
        "fc_endpoint": "http://127.0.0.1:9",
        "max_objects": chance.choice(["1", "3", "1000000"]),
        "time_zone": chance.choice(["UTC", "Asia/Shanghai"]),
        "in_flight": chance.choice(["1", "64"]),
    }


FAULTS: list[Fault | None] = [
    *[None] * 8,
    Refuse(403, "AccessDenied", 'no right to "a/planted-1"'),
    Refuse(503, "ServiceUnavailable", times=3),
    Refuse(404, "NoSuchBucket"),
    Refuse(409, "FileImmutable", operation=["delete", "batch_delete"]),
    ErrorInside200("InternalError", times=2),
    CutBody(40, times=1),
    CutXml(40),
    Reset(times=1),
    Reset("after", times=1),
    Gateway(502, -86_400 * 365, times=1),
    NoDate(),
    DateShift(86_400 * 365),
    DateShift(-86_400 * 365),
    ShortPage(1),
]


def _page(*keys: bytes) -> bytes:
    return PAGE % b"".join(ENTRY % key for key in keys)


# Answers to whatever is asked: status, headers, body.
ANSWERS: list[tuple[int, dict[str, str], bytes]] = [
    (200, {}, _page(b"outside/planted")),
    (200, {}, _page(b"a/" + b"k" * 1022)),
    (200, {}, _page(b"a/" + b"k" * 200_000)),
    (200, {}, _page(b"a/1") + b" " * 200_000),
    (200, {}, b" " * 300_000 + _page(b"a/1")),
    (200, {}, b"x" * 400_000),
    (200, {"Content-Length": str(2**62)}, _page(b"a/1")),
    (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 1_000_000)),
    (200, {}, b'<?xml version="1.0" encoding="utf-16"?>' + _page(b"a/1")),
    (200, {}, _page(b"a/1").decode().encode("utf-16")),
    (200, {}, _page(b"a/%ff%fe")),
    (200, {}, _page(b"a/1").replace(b"2020-01-01", b"0000-00-00")),
    (200, {}, _page(b"a/1").replace(b"2020-01-01", b"99999-01-01")),
    (200, {"Date": "yesterday", "x-oss-request-id": "1"}, _page(b"a/1")),
    (200, {"Date": "Mon, 01 Jan 0001 00:00:00 +2359", "x-oss-request-id": "1"}, _page(b"a/1")),
    (503, {}, b"<Error>" + b"<Code>" * 500),
    (403, {}, ERROR.replace(b"No.", b"outside/planted" * 900)),
    (307, {"x-oss-request-id": "1"}, b"<Error><Endpoint>outside.example</Endpoint></Error>"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that is told what to answer."""
    with Server() as server:
        yield server


def say(deployment: Deployment, event: bytes) -> str:
    """Send an event, and return what is said of it; what may not be in the log is not."""
    began = time.monotonic()
    try:
        said = json.dumps(deployment.send(event))
    except SweepError as refusal:
        said = str(refusal)
        deployment.log.append(json.loads(line_of({"message": "refused", "reason": said})))
    took = time.monotonic() - began
    assert said
    assert took < deployment.timeout
    log = json.dumps(deployment.log)
    assert [word for word in (WITH_KEYS, "videos/7", *SECRETS) if word in log] == []
    deployment.log.clear()
    return said


def orders_by_name_or_all(event: bytes) -> bool:
    """Tell whether an event may have chosen any key: by a word that is in it, encoded or not."""
    with suppress(ValueError):
        event += base64.b64decode(event)
    return b"everything" in event or b"ossweep_continuation" in event


@pytest.mark.timeout(600)  # a minute of one core; the machine may be busy
@settings(max_examples=7 * settings().max_examples)
@given(seed=st.integers(0, 2**32))
def test_every_event_is_answered_ignored_or_refused(shared_oss: LocalOss, seed: int) -> None:
    """
    By any deployment, and whatever OSS answers: in time, within the order, and with no key and no
    secret in the log. Twenty-four events for each seed.
    """
    chance = Random(seed)
    deployment = prepared(shared_oss, chance)
    fault = chance.choice(FAULTS)
    if fault is not None:
        shared_oss.misbehave(fault)

    events = [mutated(chance) for _ in range(24)]
    for event in events:
        say(deployment, event)

    shared_oss.behave()
    assert {request.bucket for request in shared_oss.requests} <= {
        deployment.environ["OSSWEEP_BUCKETS"],
        STATE_BUCKET,
    }
    if not any(map(orders_by_name_or_all, events)):
        assert set(shared_oss.keys(BUCKET)) >= set(KEPT)


# A connection that the server gave up may be collected before it has been closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(600)
@settings(max_examples=2 * settings().max_examples)
@given(seed=st.integers(0, 2**32))
def test_every_answer_that_is_none_of_osss_is_survived(server: Server, seed: int) -> None:
    """Nothing is asked for that was listed outside of the order, either."""
    chance = Random(seed)
    server.sent.clear()
    server.status, server.headers, server.body = chance.choice(ANSWERS)
    deployment = Deployment(server).set(**{**_settings(chance), "dry_run": "false"})  # type: ignore[arg-type]
    deployment.timeout = 10

    events = [mutated(chance) for _ in range(2)]
    for event in events:
        say(deployment, event)

    if not any(map(orders_by_name_or_all, events)):
        assert [sent for sent in server.sent if b"outside" in sent] == []


@settings(max_examples=9 * settings().max_examples)
@given(event=st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | documents.map(_json))
def test_every_event_that_is_like_no_other_is_refused_or_read(
    shared_oss: LocalOss, event: bytes
) -> None:
    """Bytes, text and JSON of any kind."""
    assert say(Deployment(shared_oss).set(dry_run="true"), event)


def prepared(oss: LocalOss, chance: Random) -> Deployment:
    """Return a drawn deployment, before a bucket with something in it."""
    oss.behave()
    oss.forget()
    oss.reset()
    for bucket in (BUCKET, STATE_BUCKET):
        oss.create_bucket(bucket)
    oss.fill(BUCKET, SOUGHT)
    oss.fill(BUCKET, {"requests/planted.json": json.dumps(REQUEST).encode()})
    return Deployment(oss).set(**_settings(chance))
