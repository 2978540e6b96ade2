"""
Messages of MNS: a topic's, in either format, and a queue's, which EventBridge brings.

A topic in the format STREAM without attributes brings the message's body and nothing else, which
cannot be told from a direct invocation, and need not be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ossweep.errors import RequestError
from ossweep.events import Item, Ordered, Reading, Together, Unreadable, identity_of
from ossweep.triggers import direct, oss
from ossweep.triggers.documents import parse_message

_TOPIC = {"TopicOwner", "TopicName", "Message", "MessageId"}


def recognises(document: Any) -> bool:
    """Tell whether MNS has sent this."""
    if isinstance(document, dict):
        return document.keys() >= _TOPIC or _is_stream(document) or _is_queued(document)
    if isinstance(document, list):
        return any(_is_queued(message) or isinstance(message, str) for message in document)
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
        where, identity, at, body = _unwrapped(message)
        inner = parse_message(body)
        if oss.recognises(inner):
            reading = oss.read(inner, identity)
        else:
            reading = direct.read(inner, "mns", identity, at)
    except RequestError as refusal:
        return [Unreadable(RequestError(f"{where}: {refusal}"), where)]
    renamed = [replace(item, where=f"{where}: {item.where}") for item in reading.items]
    orders = tuple(item for item in renamed if isinstance(item, Ordered))
    return [Together(orders, where)] if len(orders) > 1 else renamed


def _unwrapped(message: Any) -> tuple[str, str | None, int | None, Any]:
    """Return a message's name, its identity if it has an id, its time if it tells it, its body."""
    from ossweep.triggers.envelopes import (  # noqa: PLC0415 - for messages only
        CloudEventsEnvelope,
        QueueMessage,
        TopicEnvelope,
        seconds_of,
    )

    if _is_stream(message):
        return "the message", None, None, message["body"]
    if isinstance(message, dict) and message.keys() >= _TOPIC:
        read = TopicEnvelope().parse(message, QueueMessage)
        place = [message["TopicOwner"], message["TopicName"]]
        at = seconds_of(message.get("PublishTime"))
    elif _is_queued(message):
        data = message if "messageBody" in message else message["data"]
        (read,) = CloudEventsEnvelope().parse({"data": data}, QueueMessage)
        place = [message.get("subject")]
        at = seconds_of(message.get("time"))
    else:
        return "the message", None, None, message
    if not read.id:
        return "message without an id", None, at, read.body
    # An id is unique within its queue or topic only (the vendor's "How can I identify messages").
    identity = identity_of("mns", read.id, *(each for each in place if isinstance(each, str)))
    return f"message {read.id}", identity, at, read.body


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
