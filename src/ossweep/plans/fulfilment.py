"""
Fulfilment: what became of a plan, by the counts at the end of its application.

An answer claims no more than is known. A stretch that went within the tolerance may have held other
objects than were planned, and a plan up to a ceiling does not know what lies beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.plans.comparison import BEYOND_CEILING, NOT_AS_PLANNED, UNKNOWN_TO_PLAN
from ossweep.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.plans.kept import Applied, KeptPlan
    from ossweep.work import Counts


@dataclass(frozen=True)
class Fulfilment:
    """A plan, how far it is applied, and the counts of the job that does so."""

    plan: KeptPlan
    applied: Applied
    counts: Counts

    @property
    def is_as_planned(self) -> bool:
        """Whether all that was planned is gone, and nothing has differed."""
        differs = self.applied.stretches > 0 or self._kept(NOT_AS_PLANNED) > 0
        return not differs and self.counts.deleted == self.plan.digest.objects

    def first_differences(self) -> list[str]:
        """Return a sentence for each of the first stretches and named objects that differ."""
        is_steady, is_tolerant = self.plan.is_steady, self.applied.tolerance.is_given
        return [
            each.sentence(is_steady=is_steady, is_tolerant=is_tolerant)
            for each in self.applied.changed
        ]

    def difference(self) -> str | None:
        """Say what differs from the plan, and what lies beyond its ceiling, if anything does."""
        if not self.is_as_planned:
            return "; ".join(self._clauses())
        beyond = self._kept(BEYOND_CEILING) + self._kept(UNKNOWN_TO_PLAN)
        return _beyond(beyond) if beyond else None

    def _clauses(self) -> Iterator[str]:
        yield from self._on_deleted()
        kept = self._kept(NOT_AS_PLANNED)
        if kept:
            one = "object stays, as it or its stretch differs from the plan: plan anew to delete it"
            more = "objects stay, as they or their stretches differ from the plan: plan anew to "
            yield counted(kept, one, f"{more}delete them")
        if beyond := self._kept(BEYOND_CEILING):
            yield _beyond(beyond)
        if unknown := self._kept(UNKNOWN_TO_PLAN):
            one = "object differs from the plan, or lies beyond its ceiling, and stays"
            more = "objects differ from the plan, or lie beyond its ceiling, and stay"
            yield counted(unknown, one, more)
        told = zip(self.applied.changed, self.first_differences(), strict=True)
        yield from [sentence for changed, sentence in told if changed.stays][:1]
        yield from self._on_missing()

    def _on_deleted(self) -> Iterator[str]:
        deleted, planned = self.counts.deleted, self.plan.digest.objects
        used = self.applied.tolerance.used
        were = "was" if deleted == 1 else "were"
        if not used.objects:
            yield f"{deleted:,} of {counted(planned, 'planned object')} {were} deleted"
            return
        yield f"{counted(deleted, 'object')} {were} deleted, and {planned:,} planned"
        yield (
            f"differences that count as {counted(used.objects, 'object')} of {used.bytes:,} B were "
            "within the tolerance"
        )

    def _on_missing(self) -> Iterator[str]:
        """Say how many planned objects neither went nor stayed as ones that differ."""
        kept = self._kept(NOT_AS_PLANNED) + self._kept(UNKNOWN_TO_PLAN)
        missing = self.plan.digest.objects - self.counts.deleted - kept
        if missing <= 0:
            return
        told = kept + self._kept(BEYOND_CEILING)
        others = sum(self.counts.skipped.values()) > told
        are = "is" if missing == 1 else "are"
        gone = f"{'was' if missing == 1 else 'were'} not there any more"
        if self.counts.unanswered:
            gone = f"{are} gone, by this job without an answer or before it"
        also = f", or {are} counted in `skipped_because`" if others else ""
        if kept or self.applied.stretches:
            yield f"at least {counted(missing, 'planned object')} {gone}{also}"
        else:
            yield f"the other {'one' if missing == 1 else f'{missing:,}'} {gone}{also}"

    def _kept(self, reason: str) -> int:
        return self.counts.skipped.get(reason, 0)


def _beyond(number: int) -> str:
    one = "object lies beyond the plan's ceiling and stays"
    return counted(number, one, "objects lie beyond the plan's ceiling and stay")
