"""The plain nouns of an event, as a trigger has read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ossweep.errors import RequestError

# The field by which a continuation is known; a job's rest is sent back as an event.
CONTINUATION_MARK = "ossweep_continuation"
POINTER_MARK = "ossweep_handover"  # and by which an event is known that only says where it is

CarrierKind = Literal["fc2", "fc3"]  # the API by which the next invocation's event is sent

Source = Literal["direct", "http", "oss", "mns", "timer"]

# The sources that there are, in words. The deployment lets those order that OSSWEEP_SOURCES names.
SOURCES: dict[Source, str] = {
    "direct": "a direct invocation",
    "http": "an HTTP trigger",
    "oss": "an event of OSS",
    "mns": "a message of MNS",
    "timer": "a timer",
}


# Those of which nobody reads the answer: a job of theirs that was not done raises, so that its
# event comes again, and has a name that is made of the event.
UNREAD: tuple[Source, ...] = ("oss", "mns", "timer")


def identity_of(source: Source, *marks: str) -> str:
    """
    Return an event's identity, which is the same when it is delivered again.

    It begins with the source; `marks` are the fields by which the source tells its events apart.
    """
    return f"{source} {json.dumps(marks)}"


@dataclass(frozen=True)
class Origin:
    """
    The event by which an order has come.

    `identity` is the same when the event is delivered again; `at` is its time in Unix seconds.
    None: it has none of its own.
    """

    source: Source = "direct"
    identity: str | None = None
    at: int | None = None


@dataclass(frozen=True)
class Ordered:
    """
    A document that should be a request or a continuation. `where` names it in a refusal.

    `identity` is that of the event that brought it, and `at` its time in Unix seconds; None: the
    event has none of its own.
    """

    document: Any
    where: str
    identity: str | None = None
    at: int | None = None


@dataclass(frozen=True)
class Together:
    """The orders in one message: none of them starts unless all are valid."""

    orders: tuple[Ordered, ...]
    where: str


@dataclass(frozen=True)
class Happened:
    """
    Something that happened to an object, as OSS tells it.

    `name` is OSS's own, without `oss:` before it (`ObjectCreated:PutObject`); `at` is the event's
    time in Unix seconds; `by_ossweep` tells whether ossweep has written the object itself; `etag`
    is the object's, if OSS tells it.
    `identity` is the same when the event is delivered again; None: it has none.
    """

    name: str
    bucket: str
    key: str
    at: int
    by_ossweep: bool
    where: str
    identity: str | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """A message that holds none of these, with the reason."""

    refusal: RequestError
    where: str


Item = Ordered | Together | Happened | Unreadable


@dataclass(frozen=True)
class Reading:
    """
    The contents of an event.

    `together` items stand and fall together: nothing starts unless all are valid, and the event is
    refused as a whole. The others are done each for itself. `is_list` tells whether the answer is a
    list, too.
    """

    source: Source
    items: tuple[Item, ...]
    together: bool = True
    is_list: bool = False

    @property
    def orders(self) -> tuple[Ordered, ...]:
        """The orders among the items, and in them."""
        found: list[Ordered] = []
        for item in self.items:
            if isinstance(item, Together):
                found += item.orders
            elif isinstance(item, Ordered):
                found.append(item)
        return tuple(found)


@dataclass(frozen=True)
class Reply:
    """
    The request file that ordered a job, which is answered beside it.

    `written` is when the file that was read had been written, in Unix seconds, and `etag` which it
    was. A job `of_several` in one file has an answer of its own. A reply that `is_claimed` has come
    in a continuation that was sent as an event: it may replace its own job's answer, and no other.
    """

    bucket: str
    key: str
    written: int
    etag: str
    of_several: bool = False
    is_claimed: bool = False
