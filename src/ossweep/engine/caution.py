"""One look at the bucket before anything is deleted: whether a deletion there loses a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.errors import NO_SUCH_REQUEST, Scope
from ossweep.stops import GONE_UNSEEN, NULL_MARKER_SHOWN, NULL_VERSIONS_LOST, Stop, Why

if TYPE_CHECKING:
    from ossweep.engine.gate import Gate
    from ossweep.errors import StoreError
    from ossweep.work import Work

SUSPENDED = "Suspended"


@dataclass
class Caution:
    """
    Whether deletions may begin, and what the job's answer has to tell of that.

    `due` tells whether the bucket is still to be looked at. A dry run, which deletes nothing, needs
    no look, nor does an order that allows null versions to be lost. Where the look is refused, for
    whatever reason, the gate lets keys go one at a time until one has gone: its answer shows
    whether a null version was lost. If one was (`was_shown`), or if the first key that goes has no
    answer (`may_be_lost`), nothing more goes until somebody may look. Where the gate knows that
    nothing is lost, because other keys have gone, a lost answer stops nothing.
    """

    gate: Gate
    due: bool
    settled: bool
    was_shown: bool = False
    may_be_lost: bool = False
    note: str | None = None
    _under_way: int = 0  # batches

    @classmethod
    def of(cls, work: Work, gate: Gate) -> Caution:
        """Begin with a job."""
        careful = not (work.dry_run or work.finished or work.null_versions == "lose")
        gate.harmless = not careful or work.harmless or work.counts.deleted > 0
        in_doubt = work.counts.unanswered > 0 or bool(work.doubted)
        return cls(
            gate,
            due=careful,
            settled=not careful,
            was_shown=work.null_marker,
            may_be_lost=in_doubt and not gate.harmless,
        )

    @property
    def lets_go(self) -> bool:
        """Whether a batch may begin now, beside those under way."""
        return self.settled and not (self.gate.singly and self._under_way)

    def begins(self) -> None:
        """Take note that a batch goes."""
        self._under_way += 1

    def ended(self) -> None:
        """Take note that a batch's outcome is known."""
        self._under_way -= 1

    def looked_at(self, found: str | StoreError) -> None:
        """Take note of a look, and close the gate if nothing may be deleted."""
        gate = self.gate
        if isinstance(found, str):
            self.settled = gate.harmless = found != SUSPENDED
            if not self.settled:
                gate.stop(Stop(Why.REFUSED, f"nothing was deleted: {NULL_VERSIONS_LOST}"))
            return
        if found.scope is not Scope.KEYS:
            gate.failed(found)  # deletions wait: it is not known yet
            return
        if self.was_shown:
            gate.stop(NULL_MARKER_SHOWN)
            return
        if self.may_be_lost:
            gate.stop(GONE_UNSEEN)
            return
        self.settled = gate.singly = True
        self.note = note_on(found)


def note_on(refusal: StoreError) -> str:
    """Return what a job's answer says where OSS has refused the look."""
    lost = f"where a deletion loses an object's null version for good ({refusal})"
    if refusal.code in NO_SUCH_REQUEST:
        return f"this bucket does not tell whether its versioning is suspended, {lost}"
    return (
        f"nobody could look whether the bucket's versioning is suspended, {lost}; allow "
        "oss:GetBucketVersioning, and it is known beforehand"
    )
