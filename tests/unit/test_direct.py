"""An event's bytes are read strictly as a request or several, or refused with a sentence."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ossweep import triggers
from ossweep.errors import RequestError
from ossweep.events import Ordered, Reading
from ossweep.triggers import direct, documents

pytestmark = pytest.mark.differs

EXAMPLE = '{"bucket": "examplebucket", "keys": ["exampledir/a.txt"], "dry_run": true}'


def read(event: bytes) -> Reading:
    """Read bytes as a direct invocation's."""
    return direct.read(documents.parse(event))


@pytest.mark.parametrize(
    ("event", "document"),
    [
        (b'{"keys": ["a"]}', {"keys": ["a"]}),
        (b' \r\n{"keys": ["a"]}\n', {"keys": ["a"]}),
        (b'\xef\xbb\xbf{"keys": ["a"]}', {"keys": ["a"]}),
        ('{"keys": ["\u00e9", "\\u00e9"]}'.encode(), {"keys": ["\u00e9", "\u00e9"]}),
        (b'{"keys": ["\\ud83d\\udca9"]}', {"keys": ["\N{PILE OF POO}"]}),
        (b'{"keys": ["\\ud83d"]}', {"keys": ["\ud83d"]}),
        (b"{}", {}),
        (b"null", None),
        (b"7", 7),
        (b'"text"', "text"),
    ],
    ids=range(10),
)
def test_one_document_is_one_request(event: bytes, document: Any) -> None:
    """Whether it really is one is seen later."""
    assert read(event) == Reading("direct", (Ordered(document, "the request"),))


@pytest.mark.parametrize(
    ("event", "requests"),
    [
        (b'[{"keys": ["a"]}]', [{"keys": ["a"]}]),
        (b'[{"keys": ["a"]}, 7]', [{"keys": ["a"]}, 7]),
        (b'{"requests": [{"keys": ["a"]}, {}]}', [{"keys": ["a"]}, {}]),
        (b'[[{"keys": ["a"]}]]', [[{"keys": ["a"]}]]),
        (b'[{"requests": []}]', [{"requests": []}]),
    ],
    ids=range(5),
)
def test_a_list_is_a_request_each(event: bytes, requests: list[Any]) -> None:
    """They carry their numbers, stand and fall together, and are answered as a list."""
    items = tuple(Ordered(each, f"request {number}") for number, each in enumerate(requests, 1))

    assert read(event) == Reading("direct", items, together=True, is_list=True)


@pytest.mark.parametrize("document", [{"keys": ["a"]}, [{"keys": ["a"]}]])
def test_a_reading_names_its_source(document: Any) -> None:
    """An HTTP request's body is read the same way."""
    assert direct.read(document, "http").source == "http"


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (b"", f"the event is empty; send a request, such as {EXAMPLE}"),
        (b" \r\n\t", f"the event is empty; send a request, such as {EXAMPLE}"),
        (b"[]", f"the list holds no request; send at least one, such as {EXAMPLE}"),
        (
            b'{"requests": []}',
            f"`requests` holds no request; send at least one, such as {EXAMPLE}",
        ),
        (b'{"requests": {}}', "`requests` is no list; write a list of requests"),
        (b'{"requests": null}', "`requests` is no list; write a list of requests"),
        (
            b'{"requests": [{}], "dry_run": true, "bucket": "b"}',
            'beside `requests` there is "bucket"; write it into each of the requests',
        ),
        (
            b'{"keys": ["\xff"]}',
            "the event is not UTF-8: byte 11 is 0xff; send JSON in UTF-8",
        ),
        (
            '{"keys": ["a"]}'.encode("utf-16"),
            "the event is not UTF-8: byte 0 is 0xff; send JSON in UTF-8",
        ),
        (
            b'{"keys": ["a"],}',
            (
                "the event is not JSON: Expecting property name enclosed in double quotes "
                f"in line 1, column 16; send a request, such as {EXAMPLE}"
            ),
        ),
        (
            b'{"keys":\n ["a"]} {}',
            (
                f"the event is not JSON: Extra data in line 2, column 9; send a request, such as "
                f"{EXAMPLE}"
            ),
        ),
        (
            b"a/b.txt",
            (
                "the event is not JSON: Expecting value in line 1, column 1; "
                f"send a request, such as {EXAMPLE}"
            ),
        ),
        (
            b'{"keys": ["a\nb"]}',
            (
                "the event is not JSON: Invalid control character at in line 1, column 13; "
                f"send a request, such as {EXAMPLE}"
            ),
        ),
        (
            b'{"dry_run": true, "keys": ["a"], "dry_run": false}',
            '"dry_run" stands twice in one object; write it once',
        ),
        (
            b'[{"limits": {"objects": 1, "objects": 2}}]',
            '"objects" stands twice in one object; write it once',
        ),
        (
            b'{"keys": ["a"], "k\\u0065ys": ["b"]}',
            '"keys" stands twice in one object; write it once',
        ),
        (b'{"limits": NaN}', "the event holds NaN, which is not JSON; write a number"),
        (b"[Infinity]", "the event holds Infinity, which is not JSON; write a number"),
        (b"-Infinity", "the event holds -Infinity, which is not JSON; write a number"),
        (b"[" * 100_000, f"the event is nested too deeply; send a request, such as {EXAMPLE}"),
        (
            b'{"a":' * 100_000,
            f"the event is nested too deeply; send a request, such as {EXAMPLE}",
        ),
    ],
    ids=range(21),
)
def test_an_event_is_refused(event: bytes, sentence: str) -> None:
    """With what is wrong, where, and what to send instead."""
    with pytest.raises(RequestError) as refused:
        read(event)

    assert str(refused.value) == sentence


def test_a_number_of_5000_digits_is_refused() -> None:
    """Python would take time with their square to read it, or not read it at all."""
    with pytest.raises(RequestError) as refused:
        read(b'{"limits": {"objects": ' + b"9" * 5000 + b"}}")

    assert str(refused.value).startswith("the event holds a number of 5,000 digits")


@pytest.mark.timeout(10)  # a search that grows with the square of the names takes minutes
def test_a_name_that_stands_twice_among_100000_is_found() -> None:
    """However many there are, it does not take longer than reading them."""
    names = [f'"{number}": 0' for number in (*range(100_000), 99_999)]

    with pytest.raises(RequestError) as refused:
        read(("{" + ", ".join(names) + "}").encode())

    assert str(refused.value) == '"99999" stands twice in one object; write it once'


BYTES = st.binary() | st.text('[]{}",:0123456789.eE-+ntrufalsINy\\\ud7ff ').map(str.encode)


@settings(deadline=None)  # as below
@given(BYTES | BYTES.map(base64.b64encode))
@example(b"\xef\xbb\xbf")
@example(b"\xef\xbb\xbf\xef\xbb\xbf{}")
@example(b"1e999")
@example(b"\xff")
@example(b"W10=")
@example(b"W" * 100_000)
@example(base64.b64encode(b"[" * 100_000))
def test_any_bytes_are_a_reading_or_are_refused(event: bytes) -> None:
    """There is no third way."""
    try:
        found = triggers.read(triggers.parse(event))
    except RequestError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - the words are the rule
    else:
        assert found.items


# What the sources are recognised by, with whatever may stand beside and inside.
MARKS = st.sampled_from(
    [
        *("events", "eventSource", "acs:oss", "specversion", "source", "acs.oss", "type", "data"),
        *("oss:ObjectCreated:PutObject", "mns:Queue:SendMessage", "messageBody", "messageId"),
        *("TopicOwner", "TopicName", "Message", "MessageId", "body", "attrs", "requests", "keys"),
        *("triggerTime", "triggerName", "payload", "2024-05-01T00:00:00Z", "1e400", "eyJrZXlz"),
        *("{}", "[]", "[{}]", '{"keys": ["{trigger_time:%Y}"]}', "version", "v1", "http"),
        *("{trigger_time - 999999w:%Y}", "{trigger_time", "requestContext", "headers", "\ud83d"),
    ]
)
DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | MARKS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MARKS, inner, max_size=5),
)


@settings(deadline=None)  # the first of a source imports its models
@given(DOCUMENT)
@example({"triggerTime": "2024-05-01T00:00:00Z", "triggerName": "t", "payload": "7"})
@example({"events": [{"eventSource": "acs:oss"}, None]})
@example(["\ud83d", {"messageBody": None, "messageId": 1}])
@example({"body": "\ud83d", "attrs": 0})
@example([[], "[]", "", " "])
def test_any_document_is_a_reading_or_is_refused(document: Any) -> None:
    """Whatever sources it resembles."""
    try:
        found = triggers.read(document)
    except RequestError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - the words are the rule
    else:
        assert found.items


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ),
    st.booleans(),
)
def test_a_document_is_read_as_it_was_written(document: Any, ascii_only: bool) -> None:
    """Escaped or not, and in Base64 as well."""
    wrapped = {"document": document}
    text = json.dumps(wrapped, ensure_ascii=ascii_only)

    assert documents.parse(text.encode()) == wrapped
    assert triggers.parse(base64.b64encode(text.encode())) == wrapped
    assert documents.parse_message(text) == wrapped
    assert documents.parse_message(base64.b64encode(text.encode()).decode()) == wrapped


@pytest.mark.parametrize("body", [None, 7, {"keys": ["a"]}, ["e30="]])
def test_a_message_that_is_no_text_has_been_parsed_already(body: Any) -> None:
    """Its source has done so."""
    assert documents.parse_message(body) is body


@pytest.mark.parametrize("body", ["", "a/b.txt", "e30", "NQ==", "\ud83d", "e30=e30="])
def test_a_message_that_is_neither_json_nor_json_in_base64_is_refused(body: str) -> None:
    """An object or a list is the least that Base64 must hold to be meant."""
    with pytest.raises(RequestError):
        documents.parse_message(body)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (b"e30=", b"{}"),
        (b" W10=\n", b"[]"),
        (b"IHt9", b" {}"),
        (b"NQ==", None),
        (b"", None),
        (b"e30", None),
        (b"e3_0", None),
        (b"{}", None),
    ],
)
def test_base64_is_decoded_if_it_could_hold_json(text: bytes, inner: bytes | None) -> None:
    """Nothing else is guessed at."""
    assert documents.decoded(text) == inner
