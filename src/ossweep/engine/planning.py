"""Planning: what a dry run meets goes into a plan, page for page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.objects import Absent, Columns

if TYPE_CHECKING:
    from ossweep.engine.applying import Applying
    from ossweep.engine.batch import Batch
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.queues import Queue
    from ossweep.engine.scan import Scan
    from ossweep.engine.selection import Selection
    from ossweep.plans.kept import KeptPlan
    from ossweep.plans.sofar import Sums
    from ossweep.work import Work


@dataclass(frozen=True)
class PlanTerms:
    """What a sweep has to do with a plan: whether its own `is_kept`, and the one `to_apply`."""

    is_kept: bool = False
    to_apply: KeptPlan | None = None

    def protected_too(self, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        """Return what is protected, with what was when the plan was made: that is not in it."""
        before = () if self.to_apply is None else self.to_apply.protected
        return tuple(dict.fromkeys((*prefixes, *before)))

    def open(self, work: Work, selection: Selection) -> Plans:
        """Return the plans of a sweep of this work."""
        applying = None
        if self.to_apply is not None:
            from ossweep.engine.applying import Applying  # noqa: PLC0415 - for plans

            applying = Applying(self.to_apply, work, selection)
            selection.held_to = applying.reason_of_named
        return Plans(Planning.of(work, selection, is_kept=self.is_kept), applying)


PLAIN = PlanTerms()


@dataclass(frozen=True)
class Plans:
    """The plan that a sweep makes, or applies, if it does either."""

    planning: Planning | None = None
    applying: Applying | None = None

    @property
    def approvals(self) -> int:
        """How many approvals there are, by which more of a plan may go."""
        return 0 if self.applying is None else self.applying.approvals

    def lets_go(self, queue: Queue, recorded: float) -> bool:
        """Tell whether what a queue's first batch needs is among so many approvals on record."""
        return self.applying is None or self.applying.needs(queue) <= recorded

    def end(self, scan: Scan) -> None:
        """Take note that nothing of a range is left."""
        for each in (self.planning, self.applying):
            if each is not None:
                each.end(scan)

    def take_up(self, batch: Batch) -> None:
        """Take note of a batch that is about to be deleted."""
        if self.applying is not None and not batch.is_listed:
            self.applying.take_up(batch)

    def hear(self, outcome: Outcome) -> None:
        """Take note of what became of a batch."""
        if self.applying is not None and not outcome.batch.is_listed:
            self.applying.hear(outcome)

    def give_back(self) -> None:
        """Take note that nothing more is taken up."""
        if self.applying is not None:
            self.applying.give_back()

    def put_into(self, work: Work) -> Work:
        """Return work with how far its plan is made, or applied."""
        if self.planning is not None:
            return self.planning.put_into(work)
        return work if self.applying is None else self.applying.put_into(work)


NO_PLANS = Plans()


class Planning:
    """Takes the sums of what a dry run would delete. One thread calls it."""

    def __init__(self, sums: Sums, selection: Selection) -> None:
        self._sums = sums
        self._selection = selection

    @classmethod
    def of(cls, work: Work, selection: Selection, *, is_kept: bool) -> Planning | None:
        """
        Go on with what a dry run has planned so far; None: the work is none.

        Stretches are noted where the plan `is_kept`.
        """
        if not work.dry_run:
            return None
        from ossweep.plans.ordered import MOST_TOLD  # noqa: PLC0415 - as below
        from ossweep.plans.sofar import SoFar, Sums  # noqa: PLC0415 - for dry runs

        so_far = SoFar.of(work.plan)
        if work.plan is None and work.part_of is None:  # nothing has been met of it
            names = [each.request.key for each in work.lists]
            so_far = SoFar(
                keys=len(work.keys), lists=len(names), first_lists=tuple(names[:MOST_TOLD])
            )
        has_names = so_far.has_names or bool(work.keys or work.lists)
        return cls(Sums(replace(so_far, has_names=has_names), is_kept=is_kept), selection)

    def meet(self, scan: Scan, batch: Batch) -> None:
        """Add the next batch of a range."""
        columns = batch.page.columns() if batch.keys else None
        after, clock = scan.settlement.settled, self._selection.clock or 0
        listed = len(batch.keys) + sum(batch.between.values())
        self._sums.meet(scan, scan.prefix, after, batch.place, columns, clock, listed)

    def end(self, scan: Scan) -> None:
        """Take note that nothing of a range is left."""
        self._sums.end(scan)

    def meet_named(self, batch: Batch) -> None:
        """Add a batch of objects known by name, or of directories' own."""
        found = list(batch.page.objects())
        seen = [each for each in found if not isinstance(each, Absent)]
        self._sums.miss_named([each.key for each in found if isinstance(each, Absent)])
        if seen:
            self._sums.meet_named(Columns.of(seen), self._selection.clock or 0)

    def put_into(self, work: Work) -> Work:
        """Return work with the plan so far."""
        return replace(work, plan=self._sums.so_far().document())
