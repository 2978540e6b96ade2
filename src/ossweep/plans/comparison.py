"""
The comparison: whether a stretch of keys is as it was planned, before anything of it is deleted.

A stretch that differs stays in whole, because doubt keeps the object. A tolerance lets stretches go
as long as their differences add up to no more than that, and what a stretch would take beyond it
is not begun. A digest tells that something differs, and not how much of it: any object that is
there may be another one, and all count as different. Only where no object can be planned that was
not, because it would be younger, fewer objects are so many lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.names import in_quotes
from ossweep.plans.digest import Digest  # noqa: TC001 - a continuation is read by these types
from ossweep.plans.directories import NOTHING, Amount

if TYPE_CHECKING:
    from ossweep.plans.stretches import PlannedStretch

NOT_AS_PLANNED = "not as planned"


@dataclass(frozen=True)
class Changed:
    """
    A stretch that is not as planned: its borders, what was planned there, and what is there.

    It `stays`, or goes within the tolerance. A key that is named has itself for both borders.
    """

    after: str
    until: str
    planned: Digest
    met: Digest
    stays: bool = False

    @property
    def difference(self) -> Amount:
        """How many objects, and how many bytes, may differ: all that were planned, or are there."""
        planned, met = self.planned, self.met
        return Amount(max(planned.objects, met.objects), max(planned.bytes, met.bytes))

    @property
    def loss(self) -> Amount:
        """How many are gone, and their bytes, where nothing can have come in their place."""
        planned, met = self.planned, self.met
        if met.objects >= planned.objects or met.bytes > planned.bytes:
            return self.difference
        return Amount(planned.objects - met.objects, planned.bytes - met.bytes)

    def sentence(self) -> str:
        """Say what is different, with both figures."""
        planned, met = self.planned, self.met
        if self.after == self.until:
            return f"{in_quotes(self.until)} is another object than planned, of {met.bytes:,} B"
        if (planned.objects, planned.bytes) == (met.objects, met.bytes):
            figures = f"{_figures(planned)} as planned, and not the same ones"
        else:
            figures = f"{_figures(planned)} planned, and {_figures(met)} there"
        begins = in_quotes(self.after) if self.after else "the beginning"
        return f"from {begins} to {in_quotes(self.until)}: {figures}"


@dataclass(frozen=True)
class Tolerance:
    """How much of a plan may differ; `used` is how much of that did so far."""

    objects: int = 0
    bytes: int = 0
    used: Amount = NOTHING

    def takes(self, difference: Amount) -> bool:
        """Tell whether one more difference is within it."""
        total = self.used + difference
        return total.objects <= self.objects and total.bytes <= self.bytes

    def with_used(self, difference: Amount) -> Tolerance:
        """Return what is left of it after a difference."""
        return Tolerance(self.objects, self.bytes, self.used + difference)


def compared(stretch: PlannedStretch, met: Digest) -> Changed | None:
    """Return what differs between a planned stretch and what is there now; None: nothing."""
    if stretch.digest == met:
        return None
    return Changed(stretch.after, stretch.until, stretch.digest, met)


def may_go(
    stretch: PlannedStretch, met: Digest, tolerance: Tolerance, *, is_steady: bool
) -> tuple[bool, Tolerance, Changed | None]:
    """
    Return whether a stretch goes, what is left of the tolerance, and what differs.

    Where a plan `is_steady`, no other object can be there in place of one that was planned. A
    stretch in which nothing is left any more has nothing to keep, and uses up nothing.
    """
    changed = compared(stretch, met)
    if changed is None or not met.objects:
        return True, tolerance, changed
    difference = changed.loss if is_steady else changed.difference
    if tolerance.takes(difference):
        return True, tolerance.with_used(difference), changed
    return False, tolerance, replace(changed, stays=True)


def _figures(digest: Digest) -> str:
    return f"{digest.objects:,} object{'' if digest.objects == 1 else 's'} of {digest.bytes:,} B"
