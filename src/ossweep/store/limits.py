"""Limits on a store's requests from outside: the time left, and the pace that OSS allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ossweep.errors import StoreError
    from ossweep.stops import Stop
    from ossweep.work import Kind


FIRST_PAUSE = 0.2  # seconds; doubled after each attempt
LONGEST_PAUSE = 10.0  # seconds


class Gate(Protocol):
    """The gate that lets requests start. Threads share it."""

    @property
    def deletions(self) -> int:
        """How many requests have deleted something."""

    @property
    def singly(self) -> bool:
        """Whether keys go one at a time, until one has gone."""

    def admit(self, kind: Kind, after: float = 0.0) -> None:
        """Return if a request may start in `after` seconds; raise Closed if it may not."""

    def left(self) -> float:
        """Return the seconds that a request may take."""

    def answered(self, kind: Kind, seconds: float) -> None:
        """Take note of the time that a request has taken."""

    def missed(self, kind: Kind, error: StoreError) -> None:
        """Take note of the error of an attempt that was not answered as it should be."""

    def deleted(self) -> None:
        """Take note that OSS has deleted something."""

    def left_in_doubt(self) -> None:
        """Take note of a key of which nobody can tell any more whether it was deleted."""

    def hold(self) -> None:
        """Take note of a key in doubt for which there is no time any more."""

    def stop(self, reason: Stop) -> None:
        """Close for a reason that is no error of OSS's."""

    def failed(self, error: StoreError) -> None:
        """Take note of a request that failed for good."""

    @property
    def refused(self) -> str:
        """The code by which OSS refuses key after key, if nothing has gone since it began to."""

    def passed_over(self, error: StoreError) -> None:
        """Take note of a stretch of keys that was passed over, because OSS refuses their like."""


class Turn(Protocol):
    """When a request may be sent, and with how many objects."""

    @property
    def after(self) -> float:
        """Seconds from now."""

    @property
    def objects(self) -> int:
        """The most objects that it may hold."""


class Pace(Protocol):
    """How fast the objects of one call may be deleted."""

    def confirmed(self, objects: int) -> None:
        """Take note that OSS has deleted so many."""

    def refused(self, objects: int, *, partition: bool) -> Turn:
        """
        Take note that OSS's quotas have refused a request for so many, that of a partition or
        another one. Return the turn of the next try.
        """

    def part(self, objects: int) -> Turn:
        """Return the turn of the next part of what was refused, with so many left."""
