"""One look at the bucket before anything is deleted: whether a deletion there loses a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.errors import Scope
from ossweep.stops import NULL_MARKER_SHOWN, NULL_VERSIONS_LOST, Stop, Why

if TYPE_CHECKING:
    from ossweep.engine.gate import Gate
    from ossweep.errors import StoreError
    from ossweep.work import Work

SUSPENDED = "Suspended"
DENIED = "AccessDenied"
TRIES = 3  # where OSS refuses what goes alone, the rest shows by itself whether it may go


@dataclass
class Caution:
    """
    Whether deletions may begin, and what the job's answer has to tell of that.

    `due` tells whether the bucket is still to be looked at. A dry run deletes nothing, and whoever
    has said that null versions may be lost need not be told. Where nobody may look, one key goes
    alone, and the others wait for its answer: it shows whether its null version was lost. After one
    that has (`was_shown`) nothing goes until somebody may look.
    """

    due: bool
    settled: bool
    was_shown: bool = False
    note: str | None = None
    _tries: int = 0  # keys that are to go alone, one after the other, until one is deleted
    _tried: int = 0  # keys that have gone so, and whose answer has not come yet

    @classmethod
    def of(cls, work: Work) -> Caution:
        """Begin with a job."""
        careful = not (work.dry_run or work.finished or work.null_versions == "lose")
        return cls(due=careful, settled=not careful, was_shown=work.null_marker)

    @property
    def lets_go(self) -> bool:
        """Whether a deletion may begin now."""
        return self.settled and not self._tried

    def most(self, keys: int) -> int:
        """Return how many of so many keys may go together now."""
        return 1 if self._tries else keys

    def begins(self, keys: int) -> None:
        """Take note that so many keys go."""
        self._tried += keys if self._tries else 0

    def ended(self, keys: int, deleted: int) -> None:
        """Take note that what became of so many keys is known, and how many were deleted."""
        self._tried = max(0, self._tried - keys)
        self._tries = 0 if deleted else max(0, self._tries - 1)

    def looked_at(self, found: str | StoreError, gate: Gate) -> None:
        """Take note of a look, and close the gate if nothing may be deleted."""
        if isinstance(found, str):
            self.settled = found != SUSPENDED
            if not self.settled:
                gate.stop(Stop(Why.REFUSED, f"nothing was deleted: {NULL_VERSIONS_LOST}"))
            return
        if found.scope is not Scope.KEYS:
            gate.failed(found)  # deletions wait: nobody knows yet
            return
        if self.was_shown:
            gate.stop(NULL_MARKER_SHOWN)
            return
        # What does not know the question has no versions to lose.
        self.settled, self._tries = True, TRIES if found.code == DENIED else 0
        self.note = (
            "nobody could look whether the bucket's versioning is suspended, where a deletion "
            f"loses an object's null version for good ({found}); allow oss:GetBucketVersioning, "
            "and it is known beforehand"
        )
