"""The port of the records: a place for small objects, with OSS's own times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class StateObject(Protocol):
    """An object as it was read, with when it was written and when it was read, in Unix seconds."""

    @property
    def content(self) -> bytes:
        """Its content."""

    @property
    def written(self) -> int:
        """When it was written, by OSS's clock."""

    @property
    def now(self) -> int:
        """When it was read, by the same clock."""


class StateObjects(Protocol):
    """Where the records are. Each method raises Closed and StoreError."""

    def create(self, name: str, make: Callable[[], bytes]) -> bool:
        """
        Write an object that is not there yet; return whether it was not.

        Its content is made once it is known that nothing is there.
        """

    def write(self, name: str, content: bytes) -> bool:
        """
        Write an object; return whether no request for that is still under way.

        If one is, or if this raises, it may be carried out later.
        """

    def read(self, name: str) -> StateObject | None:
        """Return an object, if it is there."""

    def names(self, below: str = "") -> Sequence[str]:
        """Return the names of all objects that begin so."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects."""

    def moment(self) -> float:
        """Return what `time_at` tells the time of: now, by a clock of this machine's."""

    def time_at(self, moment: float) -> int:
        """Return OSS's time at a moment, as far as is known: it was that late, or later."""

    def latest(self) -> float:
        """Return OSS's time now, as far as is known: it is that late, or earlier."""
