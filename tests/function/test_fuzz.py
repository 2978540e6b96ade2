"""Twelve thousand events nobody has foreseen: each ends as an order, as nothing, or refused."""

from __future__ import annotations

import base64
import copy
import json
from random import Random
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment import BUCKET, Deployment
from ossweep import triggers
from ossweep.engine.budget import Budget
from ossweep.errors import SweepError
from ossweep.events import Happened, Ordered, Unreadable
from ossweep.job import App, Invocation, order
from ossweep.settings import Settings
from ossweep.triggers import http
from ossweep.world import World

if TYPE_CHECKING:
    from localcloud.oss import LocalOss
    from ossweep.work import Work

REQUEST: dict[str, Any] = {"bucket": BUCKET, "prefix": "a/", "dry_run": True}
HAPPENED: dict[str, Any] = {
    "eventName": "ObjectRemoved:DeleteObject",
    "eventSource": "acs:oss",
    "eventTime": "2022-08-13T06:45:43.000Z",
    "oss": {"bucket": {"name": BUCKET}, "object": {"key": "videos/7.mp4", "objectMeta": {}}},
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
    [REQUEST, {"bucket": BUCKET, "keys": ["a", "b"]}],
    {"requests": [REQUEST]},
    {"bucket": BUCKET, "everything": True, "confirm": BUCKET, "limits": {"objects": 5}},
    {"events": [HAPPENED, HAPPENED]},
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
        "headers": {"Authorization": "x"},
        "body": json.dumps(REQUEST),
        "isBase64Encoded": False,
        "requestContext": {"domainName": "d", "http": {"method": "POST", "path": "/"}},
    },
    {"ossweep_continuation": 1, "job": "x", "bucket": BUCKET, "keys": ["a"], "fingerprint": ""},
]
DEEPER = 0.8  # how often a change goes further inside
RULES = [
    {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "hls/{id}/"}},
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
    event = copy.deepcopy(chance.choice(SEEDS))
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
    """Replace, remove or add something, somewhere inside."""
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
    return copy.deepcopy(chance.choice(LEAVES))


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


def _works(event: bytes, app: App) -> list[Work]:
    """Return the works that an event orders, as the app would run them."""
    document = triggers.parse(event)
    if http.recognises(document):
        document = triggers.parse(http.read(document).body)
    works = []
    for item in triggers.read(document).items:
        if isinstance(item, Unreadable):
            assert str(item.refusal)
        elif isinstance(item, Ordered):
            works.append(order(item.document, app, item.where))
        elif isinstance(item, Happened):
            for rule in app.settings.rules:
                parts = rule.parts(item)
                if parts is not None and rule.delete is not None:
                    works.append(order(rule.delete.request(item.bucket, parts), app, item.where))
    return works


APP = App(
    Settings.read({"OSSWEEP_BUCKETS": BUCKET, "OSSWEEP_RULES": json.dumps(RULES)}),
    Invocation("request", 0.0, 60, "cn-hangzhou", None),
    Budget(60, lambda: 0.0),
    Budget(61, lambda: 0.0),
    Logger("fuzz"),
    World(),
)


def sentence_for(event: bytes) -> str:
    """Read an event as the app would, check where it reaches, and return what is said of it."""
    try:
        works = _works(event, APP)
    except SweepError as refusal:
        return str(refusal)
    assert {work.bucket for work in works} <= {BUCKET}
    return f"{len(works)} orders"


@settings(max_examples=5 * settings().max_examples)
@given(seed=st.integers(0, 2**32))
def test_every_event_ends_as_an_order_or_is_refused_with_a_sentence(seed: int) -> None:
    """And no order reaches outside of the allow-list; twenty events for each seed."""
    chance = Random(seed)

    events = [mutated(chance) for _ in range(20)]

    assert [event for event in events if not sentence_for(event)] == []


@settings(max_examples=9 * settings().max_examples)
@given(event=st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | documents.map(_json))
def test_every_event_that_is_like_no_other_is_refused_or_read(event: bytes) -> None:
    """Bytes, text and JSON of any kind."""
    assert sentence_for(event)


@settings(max_examples=3 * settings().max_examples)
@given(seed=st.integers(0, 2**32))
def test_every_event_is_answered_or_refused_by_the_whole(shared_oss: LocalOss, seed: int) -> None:
    """Through to OSS, where no other bucket is ever asked for."""
    shared_oss.reset()
    shared_oss.create_bucket(BUCKET)
    deployment = Deployment(shared_oss).set(rules=json.dumps(RULES), dry_run="true")

    try:
        said = str(deployment.send(mutated(Random(seed))))
    except SweepError as refusal:
        said = str(refusal)

    assert said
    assert {request.bucket for request in shared_oss.requests} <= {BUCKET}
