"""Every source's payloads, as the vendor prints them, are read as what they are."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep import triggers
from ossweep.errors import RequestError
from ossweep.events import Happened, Ordered, Unreadable, identity_of
from ossweep.request import parse
from ossweep.triggers import http
from ossweep.triggers.dates import filled
from steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.events import Reading

# Samples quoted from the vendor's page "Trigger event format" and from its tools' templates.
OSS_EVENT = json.loads(
    '{"events":[{"eventName":"ObjectCreated:PutObject","eventSource":"acs:oss",'
    '"eventTime":"2022-08-13T06:45:43.000Z","eventVersion":"1.0","oss":{"bucket":{"arn":'
    '"acs:oss:cn-hangzhou:123456789:testbucket","name":"testbucket","ownerIdentity":'
    '"164901546557****"},"object":{"deltaSize":122539,"eTag":"688A7BF4F233DC9C88A80BF985AB****",'
    '"key":"source/a.png","objectMeta":{"mimeType":"application/zip","userMeta":'
    '{"x-oss-meta-last-modified":"20250213"}},"size":122539},"ossSchemaVersion":"1.0","ruleId":'
    '"9adac8e253828f4f7c0466d941fa3db81161****"},"region":"cn-hangzhou","requestParameters":'
    '{"sourceIPAddress":"140.205.XX.XX"},"responseElements":{"requestId":'
    '"58F9FF2D3DF792092E12044C"},"userIdentity":{"principalId":"164901546557****"}}]}'
)
CLOUD_EVENT = {
    "data": {
        "eventVersion": "1.0",
        "responseElements": {"requestId": "69B1***********C0A8"},
        "eventSource": "acs:oss",
        "eventTime": "2026-03-11T05:40:45.000Z",
        "requestParameters": {"sourceIPAddress": "***********"},
        "eventName": "ObjectCreated:PostObject",
        "userIdentity": {"principalId": "1***********9"},
        "region": "cn-hangzhou",
        "oss": {
            "bucket": {
                "name": "dwoss1024",
                "arn": "acs:oss:cn-hangzhou:1***********9:dwoss1024",
                "virtualBucket": "",
                "ownerIdentity": "1***********9",
            },
            "ossSchemaVersion": "1.0",
            "object": {
                "size": 59537,
                "objectMeta": {"mimeType": "text/csv"},
                "deltaSize": 0,
                "eTag": "63***********D32",
                "key": "input/a b+c%20d.csv",
            },
        },
    },
    "subject": "acs:oss:cn-hangzhou:1***********9:dwoss1024/input/******.csv",
    "aliyunoriginalaccountid": "1***********9",
    "source": "acs.oss",
    "type": "oss:ObjectCreated:PostObject",
    "aliyunpublishtime": "2026-03-11T05:40:45.682Z",
    "specversion": "1.0",
    "aliyuneventbusname": "DATAWORKS_TRIGGER_FOR_BUCKET_******",
    "id": "69B1***********0A8",
    "time": "2026-03-11T05:40:45.000Z",
    "aliyunregionid": "cn-hangzhou",
}
REQUEST = {"bucket": "examplebucket", "keys": ["a"]}
TOPIC = {
    "TopicOwner": "118620210433****",
    "Message": "hello topic",
    "Subscriber": "118620210433****",
    "PublishTime": 1550216480040,
    "SubscriptionName": "test-fc-subscribe",
    "MessageMD5": "BA4BA9B48AC81F0F9C66F6C909C3****",
    "TopicName": "Mytopic",
    "MessageId": "2F5B3C082B923D4EAC694B76D928****",
}
QUEUE = {
    "id": "c2g71017-6f65-fhcf-a814-a396fc8d****",
    "source": "MNS-Function-mnstrigger",
    "specversion": "1.0",
    "type": "mns:Queue:SendMessage",
    "datacontenttype": "application/json; charset=utf-8",
    "subject": "acs:mns:cn-hangzhou:164901546557****:queues/zeus",
    "time": "2021-04-08T06:28:17.093Z",
    "aliyunaccountid": "164901546557****",
    "aliyunpublishtime": "2021-10-15T07:06:34.028Z",
    "aliyunoriginalaccountid": "164901546557****",
    "aliyuneventbusname": "MNS-Function-mnstrigger",
    "aliyunregionid": "cn-chengdu",
    "aliyunpublishaddr": "42.120.XX.XX",
    "data": {
        "requestId": "606EA3074344430D4C81****",
        "messageId": "C6DB60D1574661357FA227277445****",
        "messageBody": "TEST",
    },
}
TIMER = {
    "triggerTime": "2023-12-26T07:49:00Z",
    "triggerName": "timer-trigger",
    "payload": "awesome-fc",
}


def read(document: Any) -> Reading:
    return triggers.read(triggers.parse(json.dumps(document).encode()))


def happened(reading: Reading) -> list[tuple[str, str, str]]:
    return [
        (item.name, item.bucket, item.key) for item in reading.items if isinstance(item, Happened)
    ]


def documents(reading: Reading) -> list[Any]:
    return [item.document for item in reading.items if isinstance(item, Ordered)]


def refusals(reading: Reading) -> list[str]:
    return [str(item.refusal) for item in reading.items if isinstance(item, Unreadable)]


def identities(reading: Reading) -> list[str | None]:
    of_orders = [ordered.identity for ordered in reading.orders]
    return of_orders + [item.identity for item in reading.items if isinstance(item, Happened)]


def in_base64(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def queued(body: Any) -> dict[str, Any]:
    return {**QUEUE, "data": {**QUEUE["data"], "messageBody": body}}  # type: ignore[dict-item] # it is one


def times(reading: Reading) -> list[int | None]:
    of_orders = [ordered.at for ordered in reading.orders]
    return of_orders + [item.at for item in reading.items if isinstance(item, Happened)]


@pytest.mark.parametrize(
    ("event", "seconds"),
    [
        (OSS_EVENT, 1660373143),
        ({**TOPIC, "Message": json.dumps(REQUEST)}, 1550216480),
        ({**TOPIC, "PublishTime": "1550216480040", "Message": json.dumps(REQUEST)}, 1550216480),
        ({**TOPIC, "PublishTime": "soon", "Message": json.dumps(REQUEST)}, None),
        ({**TOPIC, "PublishTime": -1, "Message": json.dumps(REQUEST)}, 0),
        ({**TOPIC, "PublishTime": 10**40, "Message": json.dumps(REQUEST)}, None),
        ({**TOPIC, "Message": json.dumps(OSS_EVENT)}, 1660373143),
        ([queued(json.dumps(REQUEST))], 1617863297),
        ({"messageId": "1", "messageBody": json.dumps(REQUEST)}, None),
        ({**TIMER, "payload": json.dumps(REQUEST)}, 1703576940),
        (REQUEST, None),
    ],
    ids=str,
)
def test_an_event_brings_its_time(event: Any, seconds: int | None) -> None:
    """In whole seconds, rounded down; what is no time tells none, and refuses nothing."""
    assert times(read(event)) == [seconds]


def test_osss_own_trigger_is_read() -> None:
    """The vendor's sample, with its time."""
    reading = read(OSS_EVENT)

    assert (reading.source, reading.together) == ("oss", False)
    assert happened(reading) == [("ObjectCreated:PutObject", "testbucket", "source/a.png")]
    assert [item.at for item in reading.items if isinstance(item, Happened)] == [1660373143]


def test_an_old_sample_with_a_virtual_bucket_and_no_meta_is_read() -> None:
    """Both are optional."""
    event = json.loads(json.dumps(OSS_EVENT))
    event["events"][0]["oss"]["bucket"]["virtualBucket"] = ""
    del event["events"][0]["oss"]["object"]["objectMeta"]

    assert happened(read(event)) == [("ObjectCreated:PutObject", "testbucket", "source/a.png")]


@pytest.mark.parametrize("event", [CLOUD_EVENT, [CLOUD_EVENT], [CLOUD_EVENT, CLOUD_EVENT]])
def test_oss_through_eventbridge_is_read(event: Any) -> None:
    """One CloudEvent or a list of them; the key is not decoded."""
    expected = ("ObjectCreated:PostObject", "dwoss1024", "input/a b+c%20d.csv")

    reading = read(event)

    assert reading.source == "oss"
    assert happened(reading) == [expected] * (len(event) if isinstance(event, list) else 1)


@pytest.mark.parametrize("name", ["objectMeta", "eTag"])
def test_a_field_that_may_be_left_out_may_be_null(name: str) -> None:
    """It says as little."""
    event = json.loads(json.dumps(OSS_EVENT))
    event["events"][0]["oss"]["object"][name] = None

    assert happened(read(event)) == [("ObjectCreated:PutObject", "testbucket", "source/a.png")]


def test_a_messages_id_and_an_http_requests_headers_may_be_null() -> None:
    """What is null is as good as left out, whoever has sent it."""
    data = {"messageId": None, "messageBody": json.dumps(REQUEST)}
    request = {**HTTP_EVENT, "headers": None, "body": None, "isBase64Encoded": None}

    assert documents(read({**QUEUE, "data": data})) == [REQUEST]
    assert http.read(request).body == b""


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_outside_of_the_calendar_is_refused(time: str) -> None:
    """Only its zone takes it there; the events beside it are read."""
    events = [{**OSS_EVENT["events"][0], "eventTime": time}, *OSS_EVENT["events"]]

    reading = read({"events": events})

    assert refusals(reading) == [
        "event 1 is no event of an object: eventTime: the time lies outside of the calendar"
    ]
    assert len(happened(reading)) == 1
    with pytest.raises(RequestError, match="triggerTime: the time lies outside of the calendar"):
        read({**TIMER, "triggerTime": time, "payload": json.dumps(REQUEST)})
    assert times(read({**TOPIC, "PublishTime": time, "Message": json.dumps(REQUEST)})) == [None]


def test_a_time_of_the_calendars_first_year_is_read() -> None:
    """As the earliest there is: whatever was written since then stays."""
    for time in ("0001-01-01T00:00:00", "0001-01-01T00:00:00Z"):
        event = {"events": [{**OSS_EVENT["events"][0], "eventTime": time}]}
        assert times(read(event)) == [0]


def test_a_document_that_is_nested_too_deeply_is_refused_from_every_source() -> None:
    """What Python can parse it may not be able to walk through, or to write again."""
    payload = '{"prefix": ' + "[" * 600 + "]" * 600 + "}"

    with pytest.raises(RequestError, match="the event is nested too deeply"):
        triggers.parse(payload.encode())
    with pytest.raises(RequestError, match="the event is nested too deeply"):
        read({**TIMER, "payload": payload})
    assert "the event is nested too deeply" in refusals(read(queued(payload)))[0]


def test_a_bad_event_does_not_hide_the_others() -> None:
    """Each is read for itself."""
    reading = read({"events": [{"eventSource": "acs:oss"}, *OSS_EVENT["events"]]})

    assert len(happened(reading)) == 1
    assert refusals(reading) == ["event 1 is no event of an object: eventName: Field required"]


def test_a_topics_stream_message_is_the_request_itself() -> None:
    """Without attributes nothing is around it."""
    assert documents(read(REQUEST)) == [REQUEST]


def test_a_topics_stream_message_may_be_in_base64() -> None:
    """It depends on the publisher's SDK."""
    reading = triggers.read(triggers.parse(in_base64(REQUEST).encode()))

    assert documents(reading) == [REQUEST]


def test_a_topics_stream_message_that_is_no_json_is_refused() -> None:
    """`hello topic` orders nothing."""
    with pytest.raises(RequestError, match="the event is not JSON"):
        triggers.parse(b"hello topic")


@pytest.mark.parametrize("body", [json.dumps(REQUEST), in_base64(REQUEST)])
def test_a_topics_stream_message_with_attributes_is_unwrapped(body: str) -> None:
    """Attributes change the shape."""
    reading = read({"body": body, "attrs": {"Extend": '{"key":"value"}'}})

    assert (reading.source, documents(reading)) == ("mns", [REQUEST])


@pytest.mark.parametrize("body", [json.dumps(REQUEST), in_base64(REQUEST)])
@pytest.mark.parametrize("attributes", [{}, {"key": "value"}, {"keys": ["z"], "everything": "1"}])
def test_a_topics_json_message_is_unwrapped(body: str, attributes: dict[str, Any]) -> None:
    """Attributes lie beside it, and even those that look like a request's fields are none."""
    reading = read({**TOPIC, "Message": body, **attributes})

    assert (reading.source, documents(reading)) == ("mns", [REQUEST])


def test_a_topics_message_that_is_no_request_is_refused_by_its_id() -> None:
    """The refusal names the message."""
    (refusal,) = refusals(read(TOPIC))

    assert refusal.startswith(
        "message 2F5B3C082B923D4EAC694B76D928****: the event is not JSON: Expecting value"
    )


@pytest.mark.parametrize("body", [json.dumps(REQUEST), in_base64(REQUEST), REQUEST])
@pytest.mark.parametrize("as_list", [True, False])
def test_a_queues_message_is_unwrapped(body: Any, as_list: bool) -> None:
    """A list of CloudEvents, or a single one; the body text, Base64 or parsed already."""
    message = queued(body)

    reading = read([message] if as_list else message)

    assert (reading.source, reading.together) == ("mns", False)
    assert documents(reading) == [REQUEST]


@pytest.mark.parametrize(
    "event",
    [
        [json.dumps(REQUEST), in_base64(REQUEST)],
        [
            {"requestId": "r", "messageId": "1", "messageBody": json.dumps(REQUEST)},
            {"requestId": "r", "messageId": "2", "messageBody": json.dumps(REQUEST)},
        ],
    ],
)
def test_a_queues_raw_messages_are_read(event: Any) -> None:
    """With RawData no CloudEvent is around them."""
    reading = read(event)

    assert (reading.source, documents(reading)) == ("mns", [REQUEST, REQUEST])


@pytest.mark.parametrize("wrap", [json.dumps, in_base64, lambda inner: inner])
@pytest.mark.parametrize("inner", [REQUEST, OSS_EVENT], ids=["a request", "an event"])
def test_a_topics_message_in_a_queue_is_unwrapped(wrap: Any, inner: Any) -> None:
    """A queue that is subscribed to a topic brings the topic's envelope in its own."""
    (item,) = read([queued(wrap({**TOPIC, "Message": wrap(inner)}))]).items

    if isinstance(item, Happened):
        assert item.key == "source/a.png"
    else:
        assert isinstance(item, Ordered)
        assert (item.document, item.identity) == (REQUEST, TOPIC_IDENTITY)
        assert item.where == "message C6DB60D1574661357FA227277445****: the request"


def test_a_wrapped_message_has_the_earliest_time_that_is_told() -> None:
    """An envelope inside of another one was written by its sender, who may say anything."""
    inner = {**TOPIC, "PublishTime": 9_999_999_999_000, "Message": json.dumps(REQUEST)}

    assert times(read(queued(TOPIC | {"Message": json.dumps(REQUEST)}))) == [1550216480]
    assert times(read(queued(inner))) == [1617863297]


def test_messages_are_unwrapped_to_a_bounded_depth() -> None:
    """Three envelopes around a request are more than any way through MNS makes."""
    event: Any = REQUEST
    for _ in range(3):
        event = queued(event)
    too_deep = queued(queued(event))

    assert documents(read(event)) == [REQUEST]
    (refusal,) = refusals(read(too_deep))
    assert "wrapped in each other 4 times or more; send the request itself" in refusal


def test_base64_in_base64_is_decoded_to_a_bounded_depth() -> None:
    """A publisher's SDK may encode, and the topic's format once more."""

    def encoded(times: int) -> str:
        text = json.dumps(REQUEST)
        for _ in range(times):
            text = base64.b64encode(text.encode()).decode()
        return text

    assert documents(read(queued(encoded(4)))) == [REQUEST]
    assert documents(triggers.read(triggers.parse(encoded(4).encode()))) == [REQUEST]
    assert "is not JSON" in refusals(read(queued(encoded(5))))[0]


@pytest.mark.parametrize("wrap", [json.dumps, in_base64])
def test_an_oss_notification_relayed_by_mns_is_an_oss_event(wrap: Any) -> None:
    """OSS's notification rules send it in Base64."""
    relayed = read({**TOPIC, "Message": wrap(OSS_EVENT)})
    also = read([queued(wrap(CLOUD_EVENT)), queued(wrap(OSS_EVENT))])

    assert happened(relayed) == [("ObjectCreated:PutObject", "testbucket", "source/a.png")]
    assert [name for name, _, _ in happened(also)] == [
        "ObjectCreated:PostObject",
        "ObjectCreated:PutObject",
    ]


def test_a_notification_with_its_fields_inside_of_oss_is_read() -> None:
    """The notification's documentation nests some of them one level deeper."""
    event = json.loads(json.dumps(OSS_EVENT))
    for name in ("region", "requestParameters", "userIdentity"):
        event["events"][0]["oss"][name] = event["events"][0].pop(name)

    assert happened(read({**TOPIC, "Message": in_base64(event)})) == [
        ("ObjectCreated:PutObject", "testbucket", "source/a.png")
    ]


def test_a_timers_payload_is_a_request() -> None:
    """It is always text."""
    reading = read({**TIMER, "payload": json.dumps(REQUEST)})

    assert (reading.source, reading.together, documents(reading)) == ("timer", True, [REQUEST])


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [("awesome-fc", "the event is not JSON"), ("  ", 'the timer "timer-trigger" has no payload')],
)
def test_a_timers_payload_that_is_no_request_is_refused(payload: str, sentence: str) -> None:
    """The vendor's sample orders nothing."""
    with pytest.raises(RequestError, match=sentence):
        read({**TIMER, "payload": payload})


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("logs/{trigger_time - 30d:%Y/%m/%d}/", "logs/2023/11/26/"),
        ("logs/{trigger_time-1h:%Y%m%d%H}", "logs/2023122606"),
        ("logs/{trigger_time - 2 months:%Y-%m}/", "logs/2023-10/"),
        ("logs/{trigger_time + 6d:%Y-%m-%d}/", "logs/2024-01-01/"),
        ("logs/{trigger_time - 90m:%y%m%d-%H%M}", "logs/231226-0619"),
        ("logs/{trigger_time:%u}/{trigger_time + 1d:%d}", "logs/2/27"),
        ("logs/{ trigger_time -  30 d:%Y%j}", "logs/2023330"),
        ("logs/{trigger_time - 1w:%G-W%V}/{trigger_time:%u}", "logs/2023-W51/2"),
        ("logs/{trigger_time - 1 month:%Y/%m/%d}/", "logs/2023/11/26/"),
        ("logs/{trigger_time - 1 year:%y}/", "logs/22/"),
        ("logs/{trigger_time - 30m:%S:%M}/", "logs/00:19/"),
    ],
)
def test_a_timers_dates_are_relative_to_its_time(template: str, name: str) -> None:
    """In UTC, however late the timer is delivered."""
    request = {"keys": [template], "prefix": template, "directory": [template, "x"]}

    (found,) = documents(read({**TIMER, "payload": json.dumps(request)}))

    assert found == {"keys": [name], "prefix": name, "directory": [name, "x"]}


def test_a_timers_lists_and_questions_have_dates_as_well() -> None:
    """A range names a list for each of its dates, which is read as they all are."""
    day, days = "lists/{trigger_time - 1d:%m%d}", "{trigger_time - 1d..2d:%m-%d}"
    request = {"manifest": [day, {"key": days, "header": True}], "only": {"match_regex": "a{1,2}"}}
    question = {"do": "explain", "key": day, "request": {"manifest": {"key": days}}}
    payload = [request, {"manifest": {"key": day, "column": 2}}, question]

    first, second, third = documents(read({**TIMER, "payload": json.dumps(payload)}))

    assert first == {
        "manifest": [
            "lists/1225",
            {"key": "12-25", "header": True},
            {"key": "12-24", "header": True},
        ],
        "only": {"match_regex": "a{1,2}"},
    }
    assert second == {"manifest": {"key": "lists/1225", "column": 2}}
    assert third == {
        "do": "explain",
        "key": "lists/1225",
        "request": {"manifest": [{"key": "12-25"}, {"key": "12-24"}]},
    }


@pytest.mark.parametrize(
    "request_",
    [
        {"manifest": "lists/{x}.txt"},
        {"manifest": {"key": "lists/{x}.txt"}},
        {"manifest": ["a", {"key": "{triggertime - 1d:%Y%m%d}"}]},
        {"do": "explain", "key": "a", "request": {"prefix": "{x}"}},
    ],
    ids=str,
)
def test_a_timers_braces_that_are_no_date_are_refused_in_lists(request_: dict[str, Any]) -> None:
    """Taken literally they would name nothing."""
    with pytest.raises(RequestError, match="are no date"):
        read({**TIMER, "payload": json.dumps(request_)})


@pytest.mark.parametrize(
    ("only", "sentence"),
    [
        ({"match": "{trigger_time - 30d:%Y%m%d}/*"}, "`only.match` holds a date in braces"),
        ({"except": ["a", "\\{trigger_time\\}"]}, "`only.except` holds a date in braces"),
        ({"except_regex": "{ trigger_time - 1d:%Y%m%d}"}, "`only.except_regex` holds a date"),
        ({"older_than": "{trigger_time - 30d:%Y-%m-%d}Z"}, "`only.older_than` holds a date"),
        ({"tags": {"day": "{trigger_time - 30d:%Y%m%d}"}}, "`only.tags` holds a date in braces"),
        ({"match_regex": "{triggertime - 1d:%Y%m%d}"}, "`only.match_regex` are neither a date"),
        ({"except_regex": "[{}]"}, "write a backslash before a brace"),
    ],
    ids=str,
)
def test_a_timers_date_in_a_condition_is_refused(only: dict[str, Any], sentence: str) -> None:
    """A condition has none, and taken literally it would let go, or keep, what nobody meant."""
    for request in ({"prefix": "a/", "only": only}, {"do": "explain", "request": {"only": only}}):
        with pytest.raises(RequestError, match=re.escape(sentence)):
            read({**TIMER, "payload": json.dumps(request)})


def test_a_timers_conditions_may_have_braces_that_are_read_otherwise() -> None:
    """Repetitions, classes, characters, and braces behind a backslash."""
    only = {"match_regex": [r"\d{8}\.log", r"\p{Greek}x{2,}", r"\x{41}"], "except": r"\{x\}*"}
    request = {"prefix": "a/", "only": only}

    assert documents(read({**TIMER, "payload": json.dumps(request)})) == [request]


@pytest.mark.parametrize(
    "template",
    [
        "logs/{trigger_time}/",
        "logs/{trigger_time - 30d}/",
        "logs/{trigger_time - 30d:}/",
        "logs/{trigger_time - 30d:day}/",
        "logs/{trigger_time - 30d:%B}/",
        "logs/{trigger_time - 30d:%}/",
        "logs/{trigger_time - 30:%Y}/",
        "logs/{trigger_time - d:%Y}/",
        "logs/{trigger_time * 3d:%Y}/",
        "logs/{trigger_time - 999999w:%G%V}/",
        "logs/{trigger_time - 9999 years:%Y}/",
        "logs/{trigger_time + 999999 months:%Y%m}/",
        "logs/{trigger_time - \u0663d:%Y%m%d}/",
        "logs/{trigger_time - 1234567m:%Y%m%d%H%M}/",
    ],
)
def test_a_date_that_could_shorten_a_prefix_is_refused(template: str) -> None:
    """A template that yields nothing, or something of another length, orders nothing."""
    with pytest.raises(RequestError, match="the date"):
        read({**TIMER, "payload": json.dumps({"prefix": template})})


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "-1"])
def test_an_event_of_any_time_is_read(time: str) -> None:
    """However far away, it stops none of the others that come with it."""
    event = {**OSS_EVENT["events"][0], "eventTime": time}

    (happened,) = read({"events": [event]}).items

    assert isinstance(happened, Happened)
    assert happened.at >= 0


def dated(text: str, time: str, zone: str = "UTC") -> Any:
    event = {**TIMER, "triggerTime": time, "payload": json.dumps({"prefix": text})}
    (document,) = documents(triggers.read(event, zone))
    return document["prefix"]


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        (
            "{trigger_time - 30d:%Y-%m}/",
            (
                'the date "{trigger_time - 30d:%Y-%m}" names a whole month, which holds what is '
                "younger than 30 days; subtract months, which go by the calendar, like "
                "{trigger_time - 1 month:%Y-%m}, or name the day, too, with digits such as %Y%m%d"
            ),
        ),
        ("{trigger_time - 2w:%m}/", "names a whole month"),
        ("{trigger_time - 14d:%G-%V}/", "names a whole week"),
        ("{trigger_time - 12 months:%Y}/", "names a whole year"),
        ("{trigger_time - 36h:%Y%m%d}/", "names a whole day"),
        ("{trigger_time - 90m:%Y%m%d%H}/", "names a whole hour"),
    ],
)
def test_a_date_that_holds_what_is_younger_than_was_subtracted_is_refused(
    template: str, sentence: str
) -> None:
    """On 31 March, the month of thirty days ago is the running one."""
    with pytest.raises(RequestError, match=re.escape(sentence)):
        dated(template, "2024-03-31T02:00:00Z")


@pytest.mark.parametrize(
    ("template", "unit"),
    [
        ("- 28d:%d", "month"),
        ("- 1 month:%d", "month"),
        ("- 90d:%Y-%d", "month"),
        ("- 1d..30d:%d", "month"),
        ("- 365d:%m/%d", "year"),
        ("- 1 year:%m/%d", "year"),
        ("- 12 months:%m", "year"),
        ("- 365d:%j", "year"),
        ("- 52w:%V", "year"),
        ("- 7d:%u", "week"),
        ("- 24h:%H", "day"),
        ("- 2d:%Y%m%H", "day"),
        ("- 60m:%M", "hour"),
        ("- 1h:%Y%m%d%M", "hour"),
        ("- 1m:%S", "minute"),
    ],
)
def test_a_date_that_has_come_again_since_is_refused(template: str, unit: str) -> None:
    """It names something younger than was subtracted, as a whole month does."""
    with pytest.raises(RequestError, match=rf"comes again in each {unit}, so that it also names"):
        dated(f"{{trigger_time {template}}}", "2024-03-31T02:00:00Z")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("- 27d:%d", "04"),
        ("- 11 months:%m", "04"),
        ("- 364d:%m%d", "0402"),
        ("- 6d:%u", "1"),
        ("- 23h:%H", "03"),
        ("- 59m:%M", "01"),
        ("- 400d:%Y%m%d", "20230225"),
        ("- 52w:%G-%V-%u", "2023-13-7"),
        ("- 30h:%Y%j%H", "202408920"),
    ],
)
def test_a_date_that_has_not_come_again_is_read(template: str, text: str) -> None:
    """Or that names all of itself."""
    assert dated(f"{{trigger_time {template}}}", "2024-03-31T02:00:00Z") == text


@pytest.mark.parametrize(
    ("time", "months", "month"),
    [
        ("2024-03-31T02:00:00Z", "1 month", "2024-02-29"),
        ("2024-01-31T02:00:00Z", "1 month", "2023-12-31"),
        ("2024-01-31T02:00:00Z", "2 months", "2023-11-30"),
        ("2024-02-29T02:00:00Z", "1 year", "2023-02-28"),
        ("2024-02-29T02:00:00Z", "25 months", "2022-01-29"),
    ],
)
def test_months_are_subtracted_by_the_calendar(time: str, months: str, month: str) -> None:
    """A shorter month's last day stands in for those that it does not have."""
    assert dated(f"{{trigger_time - {months}:%Y-%m-%d}}", time) == month


@pytest.mark.parametrize(
    "text",
    [
        "logs/{date}/",
        "logs/{}/",
        "logs/{triggertime - 30d:%Y%m%d}",
        "logs/{trigger_times:%Y%m%d}",
        "logs/{trigger_time_:%Y%m%d}",
        "logs/{trigger_time:%Y%m%d",
        "logs/trigger_time:%Y}",
        "logs/{trigger_time:%Y}}",
        "logs/{{trigger_time:%Y}",
    ],
)
def test_braces_that_are_no_date_are_refused(text: str) -> None:
    """Taken to the letter they would name nothing, every night."""
    with pytest.raises(RequestError, match=r"the braces in .* are no date; write one like"):
        dated(text, TIMER["triggerTime"])


def test_a_range_names_each_of_its_dates() -> None:
    """A night that was missed is made up for by the nights after it."""
    prefix = "a/{trigger_time - 30d..32d:%Y/%m/%d}/{trigger_time:%Y}"

    assert dated(prefix, "2024-03-31T02:00:00Z") == [
        "a/2024/03/01/2024",
        "a/2024/02/29/2024",
        "a/2024/02/28/2024",
    ]
    assert dated("{trigger_time - 1 month..2months:%Y-%m}", "2024-03-31T02:00:00Z") == [
        "2024-02",
        "2024-01",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{trigger_time - 36d..30d:%Y%m%d}", "the range .* cannot be read; write it like"),
        ("{trigger_time - 1d..2w:%Y%m%d}", "with one unit"),
        ("{trigger_time - 1d..999d:%Y%m%d}", "400 dates at most"),
        ("{trigger_time - 1d..:%Y%m%d}", "cannot be read"),
        ("{trigger_time - 1w..3w:%Y%m%d}", "counts weeks and names single days"),
        ("{trigger_time - 1m..3m:%Y%m%d%H%M%S}", "names single seconds"),
        ("{trigger_time - 1d..2d:%Y%m%d}{trigger_time - 1d..2d:%Y%m%d}", "holds two ranges"),
        (["{trigger_time - 1d..400d:%Y%m%d}"] * 26, "name more than 10,000"),
        ("{" + " " * 5000 + "trigger_time:%Y}", "is too long for a text with dates"),
    ],
)
def test_a_range_that_leaves_something_open_is_refused(text: Any, sentence: str) -> None:
    """Which dates it means must be plain, and few enough."""
    with pytest.raises(RequestError, match=sentence):
        dated(text, TIMER["triggerTime"])


def test_a_date_is_that_of_the_deployments_time_zone() -> None:
    """Two in the night in Shanghai is still yesterday in UTC."""
    template = "{trigger_time - 1d:%Y-%m-%d %H}/{trigger_time - 23h:%H}"

    assert dated(template, "2024-03-30T18:00:00Z") == "2024-03-29 18/19"
    assert dated(template, "2024-03-30T18:00:00Z", "Asia/Shanghai") == "2024-03-30 02/03"


def test_days_are_subtracted_by_the_calendar_of_the_zone() -> None:
    """The day on which the clocks go forward has 23 hours, and half past midnight stays so."""
    at = "2024-04-01T00:30:00+02:00"

    assert dated("{trigger_time - 1d:%y%m%d %H%M}", at, "Europe/Berlin") == "240331 0030"
    assert dated("{trigger_time - 24h:%y%m%d %H%M}", at, "Europe/Berlin") == "240330 2330"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{trigger_time - 52w:%Y-%V}", "comes again in each year.*such as %G-%V$"),
        ("{trigger_time - 1 year:%G}", "the year of a week without the week"),
        ("{trigger_time - 30d:%G-%m-%d}", "the year of a week without the week"),
    ],
)
def test_the_year_of_a_week_goes_with_the_week(template: str, said: str) -> None:
    """The last week of ISO's year may lie in January, and the first one in December."""
    with pytest.raises(RequestError, match=said):
        dated(template, "2023-12-31T02:00:00Z")


def test_an_hour_that_comes_twice_is_refused() -> None:
    """Where clocks are put back its digits name the younger one, too; the second names no more."""
    template = "{trigger_time - 1h:%Y%m%d%H}"

    with pytest.raises(RequestError, match="2024-11-03T01:30:00-04:00 comes twice"):
        dated(template, "2024-11-03T06:30:00Z", "America/New_York")
    assert dated(template, "2024-11-03T07:30:00Z", "America/New_York") == "2024110301"
    assert dated(template, "2024-11-03T06:30:00Z") == "2024110305"


def test_a_year_keeps_its_four_digits() -> None:
    """A shorter one would be a shorter prefix."""
    assert (
        dated("{trigger_time:%Y-%m}/{trigger_time:%G}/", "0987-03-01T00:00:00Z") == "0987-03/0987/"
    )


@given(
    before=st.sampled_from(["{", "{trigger_time", "{trigger_time -", "{trigger_time - 1", "x"]),
    unit=st.sampled_from([" ", "{", "}", "1", "%", ":", "{trigger_time:%Y}", "%Y", "-", ". "]),
    after=st.sampled_from(["", "}", "d:%Y%m%d}", ":", "{trigger_time:%Y}"]),
)
def test_the_time_to_read_dates_grows_no_faster_than_the_text(
    before: str, unit: str, after: str
) -> None:
    """However many spaces, braces or signs stand in it."""
    at = datetime(2024, 3, 31, tzinfo=timezone.utc)

    def steps(size: int) -> int:
        text = before + unit * (size // len(unit)) + after
        return steps_of(lambda: _outcome_of(lambda: filled(text, at, timezone.utc)))

    assert steps(4000) <= 10 * steps(500) + 1000


def _outcome_of(act: Callable[[], object]) -> object:
    try:
        return act()
    except RequestError as refusal:
        return refusal


def test_a_wrong_character_in_a_date_is_refused_with_a_sentence() -> None:
    """The text between a date's digits is a piece of the key like any other."""
    prefix = dated("{trigger_time:\ud800%Y}", TIMER["triggerTime"])

    with pytest.raises(RequestError, match="`prefix"):
        parse({"bucket": "examplebucket", "prefix": prefix})


def test_an_event_of_nobodys_is_refused_with_what_was_looked_for() -> None:
    """The sentence lists the marks."""
    with pytest.raises(RequestError, match=r"nobody that ossweep knows.*looked for: a request"):
        read({"hello": "world"})


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        ("prefx", "prefix"),
        ("directories", "directory"),
        ("key", "keys"),
        ("Everything", "everything"),
    ],
)
def test_a_mistyped_field_alone_is_told_what_was_meant(mistyped: str, meant: str) -> None:
    """As beside other fields, and as in a message or a file."""
    with pytest.raises(RequestError, match=f'no field "{mistyped}"; did you mean `{meant}`'):
        parse(read({mistyped: "a/"}).orders[0].document)


def test_a_record_of_a_failure_destination_is_nobodys_event() -> None:
    """What failed once is not run again by being reported."""
    record = {
        "timestamp": 1660120276975,
        "requestContext": {
            "requestId": "xxxx",
            "functionArn": "acs:fc:::services/Destination-destination.LATEST/functions/main",
            "condition": "UnhandledInvocationError",
            "approximateInvokeCount": 1,
        },
        "requestPayload": json.dumps(REQUEST),
        "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
        "responsePayload": '{"errorMessage": "..."}',
    }

    with pytest.raises(RequestError, match="nobody that ossweep knows"):
        read(record)


HTTP_EVENT = {
    "version": "v1",
    "rawPath": "/example",
    "body": "Hello FC!",
    "isBase64Encoded": False,
    "headers": {"header1": "value1", "header2": "value1,value2"},
    "queryParameters": {"parameter1": "value1", "parameter2": "value1,value2"},
    "requestContext": {
        "accountId": "123456*********",
        "domainName": "<http-trigger-id>.<region-id>.fcapp.run",
        "domainPrefix": "<http-trigger-id>",
        "http": {
            "method": "GET",
            "path": "/example",
            "protocol": "HTTP/1.1",
            "sourceIp": "11.11.11.**",
            "userAgent": "PostmanRuntime/7.32.3",
        },
        "requestId": "1-64f6cd87-*************",
        "time": "2023-09-05T06:41:11Z",
        "timeEpoch": "1693896071895",
    },
}


def test_an_http_request_is_read() -> None:
    """The vendor's sample: without a token, and no invocation."""
    assert http.recognises(HTTP_EVENT)
    assert http.read(HTTP_EVENT) == http.HttpRequest(
        method="GET", path="/example", body=b"Hello FC!", is_invocation=False, token=None
    )


def test_an_http_body_in_base64_is_decoded() -> None:
    """As it comes where the content type is a binary one."""
    event = {**HTTP_EVENT, "body": "SGVsbG8=", "isBase64Encoded": True}

    assert http.read(event).body == b"Hello"


OSS_IDENTITY = identity_of(
    "oss",
    "58F9FF2D3DF792092E12044C",
    "ObjectCreated:PutObject",
    "testbucket",
    "source/a.png",
    "1660373143",
)
TOPIC_IDENTITY = identity_of(
    "mns", "2F5B3C082B923D4EAC694B76D928****", "118620210433****", "Mytopic"
)
QUEUE_IDENTITY = identity_of(
    "mns", "C6DB60D1574661357FA227277445****", "acs:mns:cn-hangzhou:164901546557****:queues/zeus"
)


def without_request(event: Any) -> Any:
    """An OSS event that does not tell by which request it happened."""
    bare = json.loads(json.dumps(event))
    for each in bare["events"] if "events" in bare else [bare["data"]]:
        del each["responseElements"]
    return bare


def test_an_oss_event_is_known_by_its_request_and_its_object() -> None:
    """However it came here: one request may have deleted many objects."""
    as_cloud_event = {**CLOUD_EVENT, "data": OSS_EVENT["events"][0]}

    for event in (OSS_EVENT, as_cloud_event, [as_cloud_event], queued(OSS_EVENT)):
        assert identities(read(event)) == [OSS_IDENTITY]


def test_a_notification_that_tells_its_request_inside_of_oss_has_the_same_identity() -> None:
    """Its documentation nests one level deeper what a trigger tells beside `oss`."""
    event = json.loads(json.dumps(OSS_EVENT))
    event["events"][0]["oss"]["responseElements"] = event["events"][0].pop("responseElements")

    assert identities(read({**TOPIC, "Message": in_base64(event)})) == [OSS_IDENTITY]


def test_a_cloud_event_of_no_request_is_known_by_its_own_id() -> None:
    """CloudEvents have one."""
    (identity,) = identities(read(without_request(CLOUD_EVENT)))

    assert identity == identity_of(
        "oss",
        "69B1***********0A8",
        "ObjectCreated:PostObject",
        "dwoss1024",
        "input/a b+c%20d.csv",
        "1773207645",
    )


@pytest.mark.parametrize("told", [None, 7, "", "id", [], {}, {"requestId": None}, {"requestId": 7}])
def test_an_oss_event_of_no_request_has_no_identity(told: Any) -> None:
    """And is read all the same."""
    event = json.loads(json.dumps(OSS_EVENT))
    event["events"][0]["responseElements"] = told

    assert identities(read(event)) == [None]


def test_an_oss_event_wins_over_the_message_that_brings_it() -> None:
    """One event may be published twice, in messages of different ids."""
    relayed = read({**TOPIC, "Message": json.dumps(OSS_EVENT)})
    again = read({**TOPIC, "Message": json.dumps(OSS_EVENT), "MessageId": "another"})

    assert identities(relayed) == identities(again) == [OSS_IDENTITY]


def test_a_message_stands_in_for_an_oss_event_without_identity() -> None:
    """Delivered again, it is at least known by that."""
    relayed = read({**TOPIC, "Message": json.dumps(without_request(OSS_EVENT))})

    assert identities(relayed) == [TOPIC_IDENTITY]


@pytest.mark.parametrize("attributes", [{}, {"key": "value"}])
def test_a_topics_message_is_known_by_its_id_and_its_topic(attributes: dict[str, Any]) -> None:
    """Each request in it is brought by the same event."""
    body = json.dumps([REQUEST, REQUEST])

    assert identities(read({**TOPIC, "Message": body, **attributes})) == [TOPIC_IDENTITY] * 2


def test_a_list_with_a_text_among_requests_is_no_list_of_messages() -> None:
    """It is refused as a whole, as any list of requests with a bad one is."""
    reading = read([{"prefix": "a/"}, "b/"])

    assert (reading.source, reading.together) == ("direct", True)


def test_a_queues_message_is_known_by_its_id_and_its_queue() -> None:
    """An id is unique within its queue only; the CloudEvent's own id is EventBridge's."""
    assert identities(read([queued(REQUEST), {**queued(REQUEST), "id": "another"}])) == [
        QUEUE_IDENTITY,
        QUEUE_IDENTITY,
    ]


@pytest.mark.parametrize("given", [{}, {"messageId": ""}])
def test_a_queues_message_without_an_id_has_no_identity(given: dict[str, str]) -> None:
    """Two of them are not the same."""
    data = {"messageBody": REQUEST, **given}

    assert identities(read({**QUEUE, "data": data})) == [None]


@pytest.mark.parametrize(
    "event",
    [
        REQUEST,
        [REQUEST],
        {"body": json.dumps(REQUEST), "attrs": {}},
        [json.dumps(REQUEST)],
    ],
)
def test_an_event_without_a_number_has_no_identity(event: Any) -> None:
    """A direct invocation, and bodies of messages that come without their ids."""
    assert set(identities(read(event))) == {None}


def test_a_timer_is_known_by_its_name_and_its_time() -> None:
    """In UTC, however it is written."""
    expected = identity_of("timer", "timer-trigger", "2023-12-26T07:49:00+00:00")
    payload = json.dumps(REQUEST)

    for time in ("2023-12-26T07:49:00Z", "2023-12-26T15:49:00+08:00"):
        assert identities(read({**TIMER, "triggerTime": time, "payload": payload})) == [expected]
