"""The ports of the engine: all that a sweep needs of the world outside; it is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ossweep.engine.result import Result
    from ossweep.engine.throttle import Permit
    from ossweep.lists import ListLeft, Position
    from ossweep.manifests.nouns import Passage
    from ossweep.objects import Fates, Found, Neighbours, Page, Shown
    from ossweep.stops import Stop


class Dated(Protocol):
    """When a job began, in Unix seconds, as OSS's answers tell it."""

    def clock(self, known: int | None) -> int:
        """
        Return the job's clock: what is `known` of it, or earlier if this bucket's answers tell so.

        In Unix seconds by OSS's own time. Raises StoreError if no answer has told it.
        """

    def last_date(self) -> int | None:
        """Return the latest that it can be; None if no answer has told it."""


class Store(Dated, Protocol):
    """A bucket, as the sweep sees it. Threads share it."""

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        """
        Yield the pages of objects below a prefix that come after a key, at least one, each with
        whether there are more; raises Closed, StoreError.
        """

    def level(self, prefix: str) -> Iterator[Sequence[Found]]:
        """
        Yield the objects below a prefix, in order, up to the next slash behind it, with others that
        lie deeper where a listing cannot do without; raises Closed, StoreError.
        """

    def borders(self, prefix: str, after: str) -> tuple[Sequence[str], str] | None:
        """
        Return directories right below a prefix, from a key on, and the key behind which more may
        follow, "" if none do; None where OSS does not tell. Raises Closed.
        """

    def versioning(self) -> str:
        """
        Return the state of the bucket's versioning, "" if it never had any.

        Raises Closed, and StoreError if OSS does not tell.
        """

    def find(self, key: str) -> Found | None:
        """Return an object as a listing shows it now; raises Closed, StoreError."""

    def tags(self, key: str, permit: Permit) -> Mapping[str, str] | None:
        """
        Return an object's tags, None if no request can ask for them; raises Closed, StoreError.

        The permit sets the pauses where OSS's quotas refuse the request.
        """

    def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
        """
        Return what one page of a listing shows of keys in order, of the first at least; raises
        Closed, StoreError.
        """

    def delete(self, keys: Sequence[str], permit: Permit, shown: Shown) -> Fates:
        """
        Delete up to a thousand keys, as fast as the permit lets it; raises nothing.

        Keys that are in doubt, or were shown long ago, are looked at before they are asked for.
        """

    def close(self) -> None:
        """Cut off whatever request is under way, and let none start any more."""


class OpenedList(Protocol):
    """A list whose form is known. One thread at a time reads it."""

    @property
    def etag(self) -> str:
        """The ETag of the object that was opened, of which all is read."""

    @property
    def is_small(self) -> bool:
        """Whether all of it is read for its form before anything is deleted."""

    @property
    def is_inventory(self) -> bool:
        """Whether it is an inventory."""

    @property
    def files(self) -> Sequence[str]:
        """The keys of an inventory's data files, which lie in the same bucket as itself."""

    @property
    def created(self) -> int | None:
        """When an inventory's bucket was looked at, at the earliest, in Unix seconds, if told."""

    def passages(self, position: Position) -> Iterator[Passage]:
        """Return what it says from a position on; raises Closed, and ListError."""


class Lists(Protocol):
    """The lists that an order names."""

    def open(self, left: ListLeft) -> OpenedList:
        """Open one: the object that it was when it was opened first; raises Closed, ListError."""

    def close(self) -> None:
        """Let none of their requests start any more."""


@dataclass(frozen=True)
class Checkpoint:
    """
    A checkpoint that was kept, or not.

    `stop` says why the sweep shall end, if it shall; `reserved` objects may be asked for beside
    those that it counts, None if it was not written, which `error` gives the reason for.
    """

    stop: Stop | None
    reserved: int | None
    error: str = ""


class Keeper(Protocol):
    """
    Keeps a sweep's checkpoints, in case the sweep does not come to its end, and sees to it that no
    other invocation takes its job meanwhile.
    """

    def due(self) -> bool:
        """Tell whether it is time for the next one."""

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        """Keep one that reserves at least so many objects, in a thread; raises nothing."""

    def beat_due(self) -> bool:
        """Tell whether to give a sign of life now."""

    def beat(self) -> None:
        """Give one, in a thread; raises nothing."""
