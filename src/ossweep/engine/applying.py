"""
Applying: nothing of a planned stretch of keys goes before all of it was listed and is as planned.

Pages wait until the border of their stretch is listed. Where a stretch was found as it was planned,
and was begun, a continuation names its border: what is left of it is not compared once more, as
parts of it may be gone by then. One that was not begun is compared again in the next invocation. A
stretch that differs stays in whole: where a continuation begins in the middle of a stretch that
nobody has approved, what lies before has stayed, and so does the rest.

An approval, of a stretch or of a difference within the tolerance, is on record before anything goes
by it: whoever goes on after a death knows all of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ossweep.objects import Asked, Columns, Lot
from ossweep.plans.comparison import (
    BEYOND_CEILING,
    NOT_AS_PLANNED,
    UNKNOWN_TO_PLAN,
    Changed,
    may_go,
)
from ossweep.plans.digest import Digest, digest_of, hashes_of
from ossweep.plans.kept import Applied
from ossweep.plans.sofar import known_again
from ossweep.whereabouts import BEHIND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.queues import Queue
    from ossweep.engine.scan import Scan
    from ossweep.engine.selection import Selection
    from ossweep.objects import Found, Page, Unnamed
    from ossweep.plans.directories import Amount
    from ossweep.plans.kept import KeptPlan
    from ossweep.plans.stretches import PlannedStretch
    from ossweep.work import Work


@dataclass(eq=False)
class Held:
    """
    The pages of a range that wait for the border of their stretch, and what stays of others.

    What was listed up to the key `until` waits no more. Stretches are `staying`, and what is
    `unplanned` lies between them, until that is settled.
    """

    stretch: PlannedStretch | None = None
    pages: list[tuple[Page, float]] = field(default_factory=list)
    staying: list[Changed] = field(default_factory=list)
    unplanned: list[Changed] = field(default_factory=list)
    until: str = ""

    def told(self, settled: str) -> list[Changed]:
        """Return what nobody will compare again, with all up to a key settled, and forget it."""
        told = [each for each in self.staying if each.after < settled]
        told += [each for each in self.unplanned if each.until <= settled]
        self.staying = [each for each in self.staying if each.after >= settled]
        self.unplanned = [each for each in self.unplanned if each.until > settled]
        return told


class Applying:
    """Compares what is listed with a plan. One thread calls it."""

    def __init__(self, plan: KeptPlan, work: Work, selection: Selection) -> None:
        self._plan = plan
        self._selection = selection
        self._ends = [each.until for each in plan.stretches]
        self._directories = work.directories
        self._applied = Applied.of(work.applied)
        self._held: dict[Scan, Held] = {}
        self.approvals = 0  # in this invocation
        self._of_named = 0  # the last of them that named objects need
        self._of_ranges: dict[int, int] = {}  # and that ranges do, by their queues
        self._tolerated: dict[str, Changed] = {}  # named objects that differ, go, and wait
        self._out: set[str] = set()  # those of them that are asked for at the moment
        self._let_go: dict[str, tuple[Changed, Amount]] = {}  # stretches that differ, by borders

    def needs(self, queue: Queue) -> int:
        """Return the approval that has to be on record before a queue's batch goes."""
        return self._of_named if queue.listed is None else self._of_ranges.get(id(queue), 0)

    def border(self, scan: Scan, at: str) -> str | None:
        """Return the border of a stretch at or behind a key of a range; None: there is none."""
        place = bisect_left(self._ends, at)
        if place == len(self._ends):
            return None
        end = self._ends[place]
        within = end.startswith(scan.prefix) and (scan.until is None or end < scan.until)
        return end if within else None

    def take(self, scan: Scan, page: Page, left: float) -> Iterator[tuple[Page, float, bool]]:
        """
        Take a range's page; yield those that may be selected of now, and whether one by one.

        So many seconds were left when it was asked for.
        """
        held = self._held.setdefault(scan, Held())
        if not page.keys:
            held.stretch = held.stretch or self._stretch_within(scan, page.reaches)
            if held.pages or held.stretch is not None:
                held.pages.append((page, left))
            else:
                yield page, left, False
        for stretch, part in self._parts(scan, page):
            if held.pages and held.stretch != stretch:
                yield from self._decided(scan, held)
            held.stretch = stretch
            held.pages.append((part, left))
        reached = page.reaches or (page.keys[-1] if page.keys else "")
        is_whole = held.stretch is not None and held.stretch.until <= reached
        if held.pages and (scan.listed or is_whole or held.stretch is None):
            yield from self._decided(scan, held)

    def end(self, scan: Scan) -> None:
        """Take note that nothing of a range is left."""
        self._of_ranges.pop(id(scan.queue), None)
        held = self._held.pop(scan, None)
        for changed in (*held.staying, *held.unplanned) if held is not None else ():
            self._applied = self._applied.with_change(changed)

    def reason_of_named(self, found: Found) -> str | None:
        """
        Return why an object known by name stays, if it is not as planned.

        A directory that waits because something was left in it lay in a stretch, and was compared.
        """
        if found.key in self._selection.deferred and found.key not in self._directories:
            return None
        columns = Columns.of([found])
        hashes = hashes_of(columns)
        (hash_,) = known_again(hashes)
        if self._plan.holds(hash_):
            return None
        if self._plan.is_cut:
            return UNKNOWN_TO_PLAN
        met = digest_of(columns, hashes)
        changed = Changed(found.key, found.key, Digest(), met)
        # An invocation before may have asked for it, and it may still go by that request.
        tolerance = self._applied.tolerance
        was_let_go = changed in self._applied.changed and tolerance.is_kept
        if was_let_go or self._tolerated.get(found.key) == changed:
            return None
        if tolerance.takes(changed.difference):
            used = tolerance.with_used(changed.difference)
            self._applied = replace(self._applied, tolerance=used).with_change(changed)
            self._of_named = self._approve()
            self._tolerated[found.key] = changed
            return None
        stays = replace(changed, stays=True, left=tolerance.left)
        self._applied = self._applied.with_change(stays)
        return NOT_AS_PLANNED

    def take_up(self, batch: Batch) -> None:
        """Take note that objects known by name are about to be asked for."""
        self._out.update(self._tolerated.keys() & batch.keys)

    def hear(self, outcome: Outcome) -> None:
        """Take note of what became of such objects: what waits again has used no tolerance."""
        waits = {found.key for found in outcome.undone} - outcome.in_doubt
        for key in self._out.intersection(outcome.batch.keys):
            self._out.remove(key)
            if key not in waits:
                del self._tolerated[key]

    def give_back(self) -> None:
        """
        Give back the approvals, and the tolerance, of what only waits at the end.

        It will be looked at once more. A checkpoint gives nothing back: what waits then may be gone
        when an invocation dies.
        """
        for key in self._tolerated.keys() - self._out:
            changed = self._tolerated.pop(key)
            self._applied = self._applied.without(changed, changed.difference)
        for scan in self._held:
            begun = [each for each in scan.approved if self._is_begun(scan, each)]
            for border in {*scan.approved}.difference(begun):
                if border in self._let_go:
                    self._applied = self._applied.without(*self._let_go.pop(border))
            scan.approved = begun

    def _is_begun(self, scan: Scan, border: str) -> bool:
        """
        Tell whether the stretch with such a border was begun: asked for, or settled, in a part.

        What is left of it is not all that was compared.
        """
        if border in scan.carried:
            return True
        after = self._plan.stretches[bisect_left(self._ends, border)].after
        return after < max(scan.asked, scan.settlement.settled)

    def put_into(self, work: Work) -> Work:
        """Return work with how far the plan is applied."""
        for scan, held in self._held.items():
            for changed in held.told(scan.settlement.settled):
                self._applied = self._applied.with_change(changed)
        return replace(work, applied=self._applied.document())

    def _parts(self, scan: Scan, page: Page) -> Iterator[tuple[PlannedStretch | None, Page]]:
        """Yield a page cut at the borders of stretches, each part with its stretch."""
        keys, unnamed, first = page.keys, deque(page.unnamed), 0
        while first < len(keys):
            stretch = self._stretch_of(scan, keys[first])
            border = stretch.until if stretch else self._gap(keys[first])
            end = bisect_right(keys, border, first)
            part = page.part(first, end) if (first, end) != (0, len(keys)) else page
            if unnamed:
                is_last = end == len(keys)
                within: list[Unnamed] = []
                while unnamed and (is_last or unnamed[0].lies_before(border)):
                    within.append(unnamed.popleft())
                part = Lot(part.objects(), within)
            yield stretch, part
            first = end

    def _gap(self, key: str) -> str:
        """Return where the gap ends in which a key lies, between stretches or behind the last."""
        at = bisect_left(self._ends, key)
        after = self._plan.stretches[at].after if at < len(self._ends) else BEHIND
        return after if key <= after else BEHIND

    def _stretch_of(self, scan: Scan, key: str) -> PlannedStretch | None:
        """Return the stretch in which a key of a range lies; None: nothing was planned there."""
        at = bisect_left(self._ends, key)
        if at == len(self._ends) or not self._ends[at].startswith(scan.prefix):
            return None
        found = self._plan.stretches[at]
        return found if found.after < key else None

    def _stretch_within(self, scan: Scan, place: str) -> PlannedStretch | None:
        """Return the stretch in the middle of which a place of a range lies, if in one."""
        found = self._stretch_of(scan, place) if place else None
        return found if found is not None and place < found.until else None

    def _decided(self, scan: Scan, held: Held) -> Iterator[tuple[Page, float, bool]]:
        """Yield the pages of a stretch that was listed to its end: all of it goes, or stays."""
        stretch, pages = held.stretch, held.pages
        held.stretch, held.pages = None, []
        reason = NOT_AS_PLANNED
        if stretch is None:
            reason = BEYOND_CEILING if self._plan.is_cut else NOT_AS_PLANNED
            self._note_unplanned(scan, held, pages)
        elif self._goes(scan, held, stretch, pages):
            yield from ((page, left, False) for page, left in pages)
            return
        for page, left in pages:
            yield self._as_staying(page, reason), left, True

    def _note_unplanned(self, scan: Scan, held: Held, pages: Sequence[tuple[Page, float]]) -> None:
        """Take note of what lies where nothing is planned; a plan up to a ceiling knows no more."""
        met = self._met(pages)
        at = bisect_left(self._ends, pages[0][0].keys[0])
        after = max(scan.after, self._ends[at - 1] if at else "", held.until)
        held.until = pages[-1][0].keys[-1]
        if met.objects and not self._plan.is_cut:
            held.unplanned.append(Changed(after, held.until, Digest(), met, stays=True))

    def _met(self, pages: Sequence[tuple[Page, float]]) -> Digest:
        met = Digest()
        for page, _ in pages:
            columns = self._planned_in(page)
            if columns is not None:
                met += digest_of(columns, hashes_of(columns))
        return met

    def _goes(
        self,
        scan: Scan,
        held: Held,
        planned: PlannedStretch,
        pages: Sequence[tuple[Page, float]],
    ) -> bool:
        if planned.until in scan.approved:
            return True
        if planned.after < scan.after:
            return False  # the invocation that began it has told of it
        goes, tolerance, changed = may_go(
            planned,
            self._met(pages),
            self._applied.tolerance,
            is_steady=self._plan.is_steady,
        )
        if not goes:
            held.staying += [] if changed is None else [changed]
            return False
        if changed is not None:
            used = tolerance.used - self._applied.tolerance.used
            self._applied = replace(self._applied, tolerance=tolerance).with_change(changed)
            self._let_go[planned.until] = changed, used
        settled = scan.settlement.settled
        scan.approved = [*(each for each in scan.approved if each > settled), planned.until]
        self._of_ranges[id(scan.queue)] = self._approve()
        return True

    def _approve(self) -> int:
        """Return the number of one more approval."""
        self.approvals += 1
        return self.approvals

    def _planned_in(self, page: Page) -> Columns | None:
        """Return what of a page goes by the plan, whatever is protected by now; None: nothing."""
        if not page.keys:
            return None
        selection, protected = self._selection, self._plan.protected
        if selection.protects(protected) and not page.unnamed:
            whole = selection.judge_plain(page)
            if whole is not None:
                return None if whole.reason else page.columns()
        clock = selection.clock_now()
        going = [
            found
            for found in page.objects()
            if not (found.key.startswith(protected) or selection.goes_later(found.key))
            and (selection.reason_by(found, clock) or found.why_kept) is None
        ]
        return Columns.of(going) if going else None

    def _as_staying(self, page: Page, reason: str) -> Page:
        """Return a page in which all objects that were to go have this reason to stay."""
        kept = (
            found if found.why_kept is not None else Asked.about(found, reason)
            for found in page.objects()
        )
        return Lot(tuple(kept), page.unnamed, page.reaches)
