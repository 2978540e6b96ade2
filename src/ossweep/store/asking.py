"""The requests that a deletion makes of a bucket, as it sees them, and what a look has shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.errors import StoreError


class Requests(Protocol):
    """The requests of a deletion, one attempt each; whatever goes wrong is raised."""

    def delete(self, keys: Sequence[str]) -> set[str]:
        """Ask OSS once to delete keys; return those that its answer names."""

    def look(self, keys: Sequence[str], *, listed: bool, seconds: float) -> Looked:
        """
        Look at at least one key, and at as many as there is time for in so many seconds.

        Keys that were listed lie close together, and are listed again.
        """

    def clock(self, known: int | None) -> int:
        """Return the job's clock: what is `known` of it, or earlier; raises StoreError."""

    def throttled(self) -> None:
        """Count an answer by which OSS asked for fewer requests."""

    def without_batches(self) -> None:
        """Take note that the bucket carries out no request for several keys."""

    @property
    def has_batches(self) -> bool:
        """Whether a request for several keys may be carried out, as far as anybody knows."""


@dataclass(frozen=True)
class Looked:
    """
    The result of a look: when each key that is there was written, in Unix seconds.

    `left` has, for each key that was looked at, the seconds of the invocation that were left then;
    keys that are gone are among them. A key that is not in it has not been looked at.
    """

    there: Mapping[str, int]
    left: Mapping[str, float]


class TroubleError(Exception):
    """An attempt that did not get the answer it should."""

    def __init__(self, error: StoreError, *, throttled: bool, in_doubt: bool) -> None:
        super().__init__(error)
        self.error = error
        self.throttled = throttled
        self.in_doubt = in_doubt
