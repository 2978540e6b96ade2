"""The plain nouns of an event: what a trigger has found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ossweep.errors import RequestError

# The field by which a continuation is known; a job's rest is sent back as an event.
CONTINUATION_MARK = "ossweep_continuation"

Source = Literal["direct", "http", "oss", "mns", "timer"]


@dataclass(frozen=True)
class Ordered:
    """A document that should be a request or a continuation. `where` names it in a refusal."""

    document: Any
    where: str


@dataclass(frozen=True)
class Happened:
    """
    Something that happened to an object: what OSS tells of it.

    `name` is OSS's own, without `oss:` before it (`ObjectCreated:PutObject`); `at` is the event's
    time in Unix seconds; `by_ossweep` tells whether ossweep has written the object itself.
    """

    name: str
    bucket: str
    key: str
    at: int
    by_ossweep: bool
    where: str


@dataclass(frozen=True)
class Unreadable:
    """A message that holds neither, with the reason."""

    refusal: RequestError
    where: str


Item = Ordered | Happened | Unreadable


@dataclass(frozen=True)
class Reading:
    """
    What an event holds.

    `together` items stand and fall together: nothing starts unless all are valid. The others are
    jobs of their own. `is_list` tells whether the answer is a list, too.
    """

    source: Source
    items: tuple[Item, ...]
    together: bool = True
    is_list: bool = False
