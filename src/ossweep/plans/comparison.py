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
from ossweep.plurals import counted

if TYPE_CHECKING:
    from ossweep.plans.stretches import PlannedStretch

# Why an object stays that a plan does not let go.
NOT_AS_PLANNED = "not as planned"
BEYOND_CEILING = "beyond the plan's ceiling"
UNKNOWN_TO_PLAN = "not as planned, or beyond the plan's ceiling"


@dataclass(frozen=True)
class Changed:
    """
    A stretch that is not as planned: its borders, what was planned there, and what is there.

    It `stays`, for which so much of the tolerance was `left`, or goes within the tolerance. A key
    that is named has itself for both borders.
    """

    after: str
    until: str
    planned: Digest
    met: Digest
    stays: bool = False
    left: Amount | None = None

    @property
    def is_named(self) -> bool:
        """Whether it is an object known by name."""
        return self.after == self.until

    @property
    def difference(self) -> Amount:
        """How many objects, and how many bytes, may differ: all that were planned, or are there."""
        planned, met = self.planned, self.met
        return Amount(max(planned.objects, met.objects), max(planned.bytes, met.bytes))

    @property
    def loss(self) -> Amount:
        """How many are gone, and their bytes, where nothing can have come in their place."""
        planned, met = self.planned, self.met
        if not self._is_less:
            return self.difference
        return Amount(planned.objects - met.objects, planned.bytes - met.bytes)

    @property
    def _is_less(self) -> bool:
        planned, met = self.planned, self.met
        return met.objects < planned.objects and met.bytes <= planned.bytes

    def sentence(self, *, is_steady: bool = False, is_tolerant: bool = False) -> str:
        """
        Say what is different, with both figures, and whether it stays.

        In a plan that `is_steady` fewer objects are so many lost. An order that `is_tolerant` is
        told why its tolerance was not enough.
        """
        fate = self._fate(is_steady=is_steady, is_tolerant=is_tolerant)
        return f"{self._figures()}: {fate}"

    def _figures(self) -> str:
        planned, met = self.planned, self.met
        if self.is_named:
            now = f"as it is now, of {met.bytes:,} B,"
            return f"{in_quotes(self.until)} {now} is no object of the plan"
        if (planned.objects, planned.bytes) == (met.objects, met.bytes):
            figures = f"{_figures(planned)} as planned, and not the same ones"
        else:
            figures = f"{_figures(planned)} planned, and {_figures(met)} there"
        begins = in_quotes(self.after) if self.after else "the beginning"
        return f"from {begins} to {in_quotes(self.until)}: {figures}"

    def _fate(self, *, is_steady: bool, is_tolerant: bool) -> str:
        if not self.stays:
            return "goes, within the tolerance" if self.met.objects else "nothing of it is left"
        if not is_tolerant:
            return "stays"
        if not (self.planned.objects or self.is_named):
            return "stays, as no tolerance is for what lies where nothing was planned"
        if self.left is None:
            return "stays"
        is_loss = is_steady and self._is_less
        counts, left = self.loss if is_loss else self.difference, self.left
        any_other = "" if is_loss or self.is_named else "any of its objects may be another one, so "
        room = [counted(left.objects, "object")] if counts.objects > left.objects else []
        room += [f"{left.bytes:,} B"] if counts.bytes > left.bytes else []
        return (
            f"stays: {any_other}it counts as {_figures(counts)}, and there was room for "
            f"{' and '.join(room)} within the tolerance"
        )


@dataclass(frozen=True)
class Tolerance:
    """How much of a plan may differ; `used` is how much of that did so far."""

    objects: int = 0
    bytes: int = 0
    used: Amount = NOTHING

    @property
    def is_given(self) -> bool:
        """Whether an order has one at all."""
        return self.objects > 0 or self.bytes > 0

    @property
    def is_kept(self) -> bool:
        """Whether no more was used than there is: an order may have narrowed it since."""
        return self.used.objects <= self.objects and self.used.bytes <= self.bytes

    @property
    def left(self) -> Amount:
        """How much more may differ."""
        objects, size = self.objects - self.used.objects, self.bytes - self.used.bytes
        return Amount(max(0, objects), max(0, size))

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
    stretch in which nothing is left any more has nothing to keep, and uses up nothing. Where
    nothing was planned nothing goes, and nothing is begun that would be carried through.
    """
    changed = compared(stretch, met)
    if not stretch.digest.objects:
        stays = changed and replace(changed, stays=True, left=tolerance.left)
        return False, tolerance, stays
    if changed is None or not met.objects:
        return True, tolerance, changed
    difference = changed.loss if is_steady else changed.difference
    if tolerance.takes(difference):
        return True, tolerance.with_used(difference), changed
    return False, tolerance, replace(changed, stays=True, left=tolerance.left)


def _figures(amount: Digest | Amount) -> str:
    return f"{counted(amount.objects, 'object')} of {amount.bytes:,} B"
