"""One look at the bucket before anything is deleted: whether a deletion there loses a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.errors import Scope
from ossweep.stops import NULL_VERSIONS_LOST, Stop, Why

if TYPE_CHECKING:
    from ossweep.engine.gate import Gate
    from ossweep.errors import StoreError
    from ossweep.work import Work

SUSPENDED = "Suspended"


@dataclass
class Caution:
    """
    Whether deletions may begin, and what the job's answer has to tell of that.

    `due` tells whether the bucket is still to be looked at. A dry run deletes nothing, and whoever
    has said that null versions may be lost need not be told.
    """

    due: bool
    settled: bool
    note: str | None = None

    @classmethod
    def of(cls, work: Work) -> Caution:
        """Begin with a job."""
        careful = not (work.dry_run or work.finished or work.null_versions == "lose")
        return cls(due=careful, settled=not careful)

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
        self.settled = True
        self.note = (
            "nobody could look whether the bucket's versioning is suspended, where a deletion "
            f"loses an object's null version for good ({found}); allow oss:GetBucketVersioning, "
            "and it is known beforehand"
        )
