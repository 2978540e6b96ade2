"""
Messages of MNS: a topic's, in either format, and a queue's, which EventBridge brings.

A topic in the format STREAM without attributes brings the message's body and nothing else, which
cannot be told from a direct invocation, and need not be. A queue that is subscribed to a topic
brings the topic's envelope in its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ossweep.errors import RequestError
from ossweep.events import Item, Ordered, Reading, Together, Unreadable, identity_of
from ossweep.triggers import direct, oss
from ossweep.triggers.documents import WRAPPINGS, parse_message

_TOPIC = {"TopicOwner", "TopicName", "Message", "MessageId"}


@dataclass(frozen=True)
class _Message:
    """A message out of its envelope; `identity` and `at` are None where it tells none."""

    where: str
    identity: str | None
    at: int | None
    body: Any


def recognises(document: Any) -> bool:
    """Tell whether MNS has sent this."""
    if isinstance(document, dict):
        return _is_wrapped(document)
    if isinstance(document, list):
        texts = bool(document) and all(isinstance(message, str) for message in document)
        return texts or any(_is_queued(message) for message in document)
    return False


def read(document: Any) -> Reading:
    """
    Read the messages; one that is bad does not stop the others.

    The requests that one message holds stand and fall together.
    """
    messages = document if isinstance(document, list) else [document]
    items = [item for message in messages for item in _items(message)]
    several = len(items) > 1 or any(isinstance(item, Together) for item in items)
    return Reading("mns", tuple(items), together=False, is_list=several)


def _items(message: Any) -> list[Item]:
    where = "the message"
    try:
        outer = _unwrapped(message)
        where = outer.where
        brought, inner = _innermost(outer)
        if oss.recognises(inner):
            reading = oss.read(inner, brought.identity)
        else:
            reading = direct.read(inner, "mns", brought.identity, brought.at)
    except RequestError as refusal:
        return [Unreadable(RequestError(f"{where}: {refusal}"), where)]
    renamed = [_named(item, where) for item in reading.items]
    orders = tuple(item for item in renamed if isinstance(item, Ordered))
    return [Together(orders, where)] if len(orders) > 1 else renamed


def _named(item: Item, where: str) -> Item:
    """Return a message's item with the message's name in it, also in its refusal."""
    named = replace(item, where=f"{where}: {item.where}")
    if isinstance(named, Unreadable):
        return replace(named, refusal=RequestError(f"{where}: {named.refusal}"))
    return named


def _innermost(message: _Message) -> tuple[_Message, Any]:
    """
    Return the message inside of all envelopes, and the document in it; raises RequestError.

    Its id comes before that of the envelope around it, because a topic may put one message into a
    queue twice. Its time is the earliest that was told.
    """
    for _ in range(WRAPPINGS):
        document = parse_message(message.body)
        if not _is_wrapped(document):
            return message, document
        inner = _unwrapped(document)
        message = replace(
            inner,
            identity=inner.identity or message.identity,
            at=min((at for at in (inner.at, message.at) if at is not None), default=None),
        )
    raise RequestError(
        f"messages are wrapped in each other {WRAPPINGS} times or more; send the request itself"
    )


def _unwrapped(message: Any) -> _Message:
    from ossweep.triggers.envelopes import (  # noqa: PLC0415 - for messages only
        CloudEventsEnvelope,
        QueueMessage,
        TopicEnvelope,
        unix_seconds,
    )

    if _is_stream(message):
        return _Message("the message", None, None, message["body"])
    if _is_topics(message):
        read = TopicEnvelope().parse(message, QueueMessage)
        place = [message["TopicOwner"], message["TopicName"]]
        at = unix_seconds(message.get("PublishTime"))
    elif _is_queued(message):
        data = message if "messageBody" in message else message["data"]
        (read,) = CloudEventsEnvelope().parse({"data": data}, QueueMessage)
        place = [message.get("subject")]
        at = unix_seconds(message.get("time"))
    else:
        return _Message("the message", None, None, message)
    if not read.id:
        return _Message("message without an id", None, at, read.body)
    # An id is unique within its queue or topic only (the vendor's "How can I identify messages").
    identity = identity_of("mns", read.id, *(each for each in place if isinstance(each, str)))
    return _Message(f"message {read.id}", identity, at, read.body)


def _is_wrapped(document: Any) -> bool:
    """Tell whether this is an envelope of MNS, by any of its ways."""
    return _is_topics(document) or _is_stream(document) or _is_queued(document)


def _is_topics(message: Any) -> bool:
    """Tell whether this is a topic's message in the format JSON."""
    return isinstance(message, dict) and message.keys() >= _TOPIC


def _is_stream(message: Any) -> bool:
    """Tell whether this is a topic's message in the format STREAM with attributes."""
    return (
        isinstance(message, dict)
        and message.keys() == {"body", "attrs"}
        and isinstance(message["body"], str)
    )


def _is_queued(message: Any) -> bool:
    """Tell whether this is a queue's message, in a CloudEvent or as it is."""
    if not isinstance(message, dict):
        return False
    if message.get("type") == "mns:Queue:SendMessage" and isinstance(message.get("data"), dict):
        return "messageBody" in message["data"]
    return "messageBody" in message and "messageId" in message
