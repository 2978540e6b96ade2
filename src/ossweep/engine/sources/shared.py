"""The parts of a sweep that its sources share, and what one source may ask of all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ossweep import whereabouts
from ossweep.engine.planning import Plans
from ossweep.objects import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ossweep.engine.books import Books
    from ossweep.engine.deferred import Deferred
    from ossweep.engine.latest import Latest
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.ports import Lists, Store
    from ossweep.engine.queues import Course
    from ossweep.engine.reads import Reads
    from ossweep.engine.scan import Scan
    from ossweep.engine.selection import Selection
    from ossweep.engine.source import Source
    from ossweep.engine.tagging import Tagging
    from ossweep.engine.throttle import Throttle
    from ossweep.errors import Closed, StoreError
    from ossweep.objects import Found
    from ossweep.work import Work


@dataclass
class Shared:
    """The parts of a sweep that its sources use, and the sources themselves."""

    work: Work
    store: Store
    throttle: Throttle
    reads: Reads
    selection: Selection
    deferred: Deferred
    books: Books
    course: Course  # of what is known by name
    most_ranges: int  # that a continuation may hold
    tagging: Tagging | None = None  # where conditions ask for tags
    plans: Plans = field(default_factory=Plans)
    latest: Latest | None = None  # where the latest of each directory stay
    lists: Lists | None = None
    waits_for_forms: bool = False  # of lists: until they are judged, no key goes
    sources: list[Source] = field(default_factory=list)

    def ask_about(  # noqa: PLR0913, PLR0917 - what was seen, and what to do with it
        self,
        keys: Sequence[str],
        there: Mapping[str, Found],
        left: float,
        judge: Callable[[Sequence[str], Mapping[str, Found]], None],
        fail: Callable[[Closed | StoreError], None],
        stays: Callable[[Found], object] = lambda _: None,
    ) -> None:
        """
        Let keys that were looked at be judged, once the tags of those `there` are known.

        Nobody asks for the tags of what `stays` anyhow. Those keys come first whose tags are known
        in time; it may not be all. Raises StoreError.
        """
        if self.tagging is None:
            judge(keys, there)
            return
        found = (there[key] for key in keys if key in there)
        meant = [each.key for each in found if self.selection.is_meant(each) and not stays(each)]

        def sifted(kept: Mapping[str, str], unasked: str) -> None:
            known = keys[: keys.index(unasked)] if unasked else keys
            asked = {key: Asked.about(there[key], kept.get(key)) for key in meant}
            judge(known, {**there, **asked})

        self.tagging.sift(meant, self.course.lane, left, sifted, fail)

    @property
    def is_untried(self) -> bool:
        """Whether anything can still be tried, so that directories wait for it."""
        return any(source.is_untried for source in self.sources)

    def emptied(self, directories: Iterable[str]) -> list[str]:
        """Return those directories in which nothing is left that the job was to delete."""
        bounds = (pair for source in self.sources for pair in source.bounds())
        return whereabouts.emptied(directories, bounds)

    def defer_refused(self, outcome: Outcome, scan: Scan | None = None) -> Outcome:
        """
        Defer the directories that OSS has refused because something is left in them.

        Return the outcome without those, as its scan settles it. A directory has failed if it is
        refused again although nothing has been deleted since, unless something in it is left.
        """
        if outcome.head is not None:
            outcome = replace(outcome, head=self.defer_refused(outcome.head, scan))
        if not outcome.full:
            return outcome
        undone, failures = list(outcome.undone), list(outcome.counts.failures)
        failed_bytes = outcome.counts.failed_bytes
        deletions, deferred = self.books.deletions, self.deferred
        for found, failure in outcome.full:
            may_yet_go = self.is_untried or not self.emptied([found.key])
            if may_yet_go or not deferred.was_refused_at(found.key, deletions):
                self.selection.room_left.give_back(found)
                deferred.add_again(scan, found, deletions)
            elif any(each.key.startswith(found.key) for each in deferred.undone + undone):
                undone.append(found)
            else:
                failures.append(failure)
                failed_bytes += found.size if self.selection.room_left.counts_bytes else 0
        counts = replace(
            outcome.counts,
            failed=outcome.counts.failed + len(failures) - len(outcome.counts.failures),
            failures=tuple(failures),
            failed_bytes=failed_bytes,
        )
        return replace(outcome, counts=counts, undone=tuple(undone), full=())
