"""
The selection: which of the objects that a listing shows are deleted, and in what batches.

A page that holds nothing special (all of it older than the job's clock, no protected key, no
directory marker, no known failure, room below the ceiling, and conditions that let all of it go) is
a batch as it is, and no object is made of any of its keys; nor is any where a condition keeps all
of it. The objects of any other page are judged one by one, and those that stay are counted between
the chosen ones, so that a batch can be cut anywhere and still tell what lies in it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batch import KNOWN_FAILURE, Dates
from ossweep.engine.choice import EVERYTHING, Choice
from ossweep.engine.needed import NEEDED, Needed
from ossweep.engine.room import Room
from ossweep.filters.reasons import UNJUDGED
from ossweep.objects import NEWER, Asked
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ossweep.engine.backlog import Backlog
    from ossweep.engine.batch import Batch
    from ossweep.engine.deferred import Deferred
    from ossweep.engine.ports import Dated
    from ossweep.engine.scan import Scan
    from ossweep.filters.ports import Whole
    from ossweep.lists import ListRequest
    from ossweep.objects import Found, Page
    from ossweep.work import Ceiling, Work

ENOUGH_KEYS = 500  # a batch with so many ends at a page's end, so that the next page stays whole
SKIPPED_KEYS = 4_000  # a batch is cut after so many keys that are skipped, to keep their place

PROTECTED = "protected"


class Selection:
    """
    Selects what to delete of what is met, up to the job's ceiling, and fills backlogs with it.

    Directory markers that are met are deferred. The `room_left` is what the ceiling leaves.
    """

    def __init__(
        self,
        work: Work,
        store: Dated,
        protected: tuple[str, ...],
        ceiling: Ceiling | None,
        deferred: Deferred,
    ) -> None:
        self._store = store
        self._protected = protected
        self.room_left = Room(work, ceiling)
        self._directories = work.directories
        self._known_failures = frozenset(work.passed)
        self.deferred = deferred
        self._choice = Choice(work.only, work.selectors)
        # Pages without any of these need no look at each object.
        self.needed = Needed(work)
        special = {
            *work.directories,
            *work.passed,
            *deferred.waiting,
            *protected,
            *self.needed.keys,
        }
        self._special = sorted(special)
        self.clock = work.clock
        # Why an object known by name stays that is not as a plan has it.
        self.held_to: Callable[[Found], str | None] | None = None
        self.met = 0  # keys that were listed, but for those that an earlier invocation has settled

    def select(self, scan: Scan, page: Page, left: float) -> None:
        """
        Select of a page of a scan, and cut what batches that fills.

        So many seconds were left when it was asked for. Raises StoreError if OSS's own time, by
        which objects are judged, is not known.
        """
        keys, backlog = page.keys, scan.backlog
        self._begin_page(scan, page, left)
        whole = self._judge_whole(backlog, page, keys)
        if whole is None:
            self._select_one_by_one(scan, page)
        elif whole.reason is not None:
            self._skip_whole(backlog, keys, whole.reason)
        else:
            self.room_left.take_page(page)
            self.met += len(keys)
            backlog.place = keys[-1]
            backlog.cut_batch(page)
        self._end_page(scan, page)

    def select_singly(self, scan: Scan, page: Page, left: float) -> None:
        """Select of a page as `select` does, whose objects may have been told to stay."""
        self._begin_page(scan, page, left)
        self._select_one_by_one(scan, page)
        self._end_page(scan, page)

    def _begin_page(self, scan: Scan, page: Page, left: float) -> None:
        scan.backlog.begin_page(left, self.dates_now() if page.keys else self.dates)

    def _end_page(self, scan: Scan, page: Page) -> None:
        backlog = scan.backlog
        if page.reaches:
            self._go_to(backlog, page.reaches)
        is_last = scan.listed and backlog.place == scan.at  # of parts of a page, of a plan's
        if is_last or page.reaches or len(backlog.chosen) >= ENOUGH_KEYS:
            backlog.flush()

    def judge_plain(self, page: Page) -> Whole | None:
        """Return what becomes of all of a page that holds nothing special, if that is one thing."""
        clock, keys = self.clock_now(), page.keys
        if page.newest >= clock or self._has_special(keys[0], keys[-1]):
            return None
        return self._choice.judge_page(page, clock)

    def goes_later(self, key: str) -> bool:
        """Tell whether an object waits, as a directory's own, or as a list until it is read."""
        return key in self._directories or key in self.needed

    def protects(self, prefixes: tuple[str, ...]) -> bool:
        """Tell whether these prefixes are what is protected."""
        return prefixes == self._protected

    def is_protected(self, key: str) -> bool:
        """Tell whether a key is never touched, which needs no look."""
        return key.startswith(self._protected)

    def judged_anew(self, batch: Batch) -> Batch:
        """
        Return a batch that waited, without what stays by what OSS has told of the time since.

        Where the latest of each directory stay, it is looked at again if they were others then.
        Raises StoreError if OSS's time is unknown.
        """
        if batch.dates is None or not batch.keys:
            return self.needed.taken_from(batch, self.room_left)
        dates, clock, page = self.dates_now(), self.clock_now(), batch.page
        if self._choice.keep_latest is not None and _was_asked_by_later(page, clock):
            batch = replace(batch, left=inf)
        if dates == batch.dates:
            return batch
        if page.newest < clock and self._choice.judge_page(page, clock) == EVERYTHING:
            return batch
        reasons = [self._reason_to_stay(found, clock) for found in page.objects()]
        staying = [found for found, why in zip(page.objects(), reasons, strict=True) if why]
        if not staying:
            return batch
        self.room_left.give_back(*(found for found in staying if found.key not in batch.doubted))
        return batch.without(reasons)

    @property
    def dates(self) -> Dates:
        """By what objects are judged."""
        return Dates(self.clock, self._choice.after)

    def dates_now(self) -> Dates:
        """Return by what objects are judged now; raises StoreError if OSS's time is unknown."""
        self.clock_now()
        return self.dates

    def reason_of_age(self, modified: int, clock: int) -> str | None:
        """Return why an object of a time stays by its age, if it does."""
        self._see_last_date()
        return self._choice.reason_of_age(modified, clock)

    def needs_also(self, request: ListRequest, files: Sequence[str]) -> None:
        """Take note of the files of an inventory, which stay as long as it is read."""
        self.needed.add(request, files)
        self._special = sorted({*self._special, *files})

    def clock_now(self) -> int:
        """Return the job's clock; raises StoreError if OSS's time is unknown."""
        # The first answers of all may have had a Date that lies ahead, which later ones tell.
        self.clock = self._store.clock(self.clock)
        self._see_last_date()
        return self.clock

    def _see_last_date(self) -> None:
        if self._choice.is_after_a_time:
            self._choice.has_begun_by(self._store.last_date())

    def reason_to_skip(self, found: Found, unlike: str | None = None) -> str | None:
        """
        Return why an object known by name stays, if it does; `unlike`: why a list has it stay.

        Raises StoreError if OSS's time is unknown.
        """
        reason = self._reason_to_stay(found, self.clock_now()) or unlike
        return self.held_to(found) if reason is None and self.held_to is not None else reason

    def _reason_to_stay(self, found: Found, clock: int) -> str | None:
        if found.key.startswith(self._protected):
            return PROTECTED
        if found.key in self.needed:
            return NEEDED
        reason = self.reason_by(found, clock) or found.why_kept
        if reason is None and self._choice.needs_more and not isinstance(found, Asked):
            return UNJUDGED  # whoever has met it has not asked
        return reason

    def is_meant(self, found: Found) -> bool:
        """Tell whether an object goes if nothing more has to be asked about it."""
        return self.may_go(found, self.clock_now())

    def may_go(self, found: Found, clock: int) -> bool:
        """Tell whether an object goes by such a clock, if it is not one of the latest."""
        self._see_last_date()
        is_protected = found.key.startswith(self._protected)
        return not is_protected and self.reason_by(found, clock) is None

    def counts_as_latest(self, found: Found, clock: int) -> bool:
        """Tell whether an object is one of those of which the latest of each directory stay."""
        is_there = found.modified < clock and not found.key.startswith(self._protected)
        return is_there and self._choice.counts_as_latest(found.key)

    def reason_by(self, found: Found, clock: int) -> str | None:
        """Return why an object stays by such a clock, protected or one of the latest or not."""
        # Times are whole seconds: an object of the clock's own second may have been written later.
        if found.modified >= clock:
            return NEWER
        return self._choice.reason_to_keep(found, clock)

    @property
    def choice(self) -> Choice:
        """The conditions of the order."""
        return self._choice

    def is_candidate(self, found: Found) -> bool:
        """
        Tell whether an object in a listing has to be asked about; raises as `reason_to_skip`.

        Known failures have been, and directories are when they are looked at once more.
        """
        is_known = found.key in self._known_failures or found.key in self.deferred.waiting
        is_later = is_known or found.key in self._directories
        return not is_later and self.is_meant(found)

    @property
    def ceiling_reached(self) -> str | None:
        """Which ceiling has been reached with an object above it, if one has."""
        return self.room_left.reached

    @property
    def room(self) -> int:
        """How many more objects the ceiling lets a batch hold."""
        return self.room_left.objects

    def has_room(self, found: Found | None = None) -> bool:
        """
        Tell whether the ceiling lets one more object be chosen; if not, take note of it.

        Whether an object has too many bytes is known only once it was found.
        """
        return self.room_left.allows(found)

    def _judge_whole(self, backlog: Backlog, page: Page, keys: Sequence[str]) -> Whole | None:
        """Return what becomes of all of a page, if that is the same for each of its objects."""
        if not keys or page.unnamed or backlog.behind:
            return None
        whole = self.judge_plain(page)
        makes_a_batch = not backlog.has_draft and self.room_left.holds(page)
        return whole if whole is not None and (whole.reason or makes_a_batch) else None

    def _skip_whole(self, backlog: Backlog, keys: Sequence[str], reason: str) -> None:
        self.met += len(keys)
        backlog.between[len(backlog.chosen), reason] += len(keys)
        backlog.place = keys[-1]
        if backlog.between.total() >= SKIPPED_KEYS:
            backlog.flush()

    def _has_special(self, first: str, last: str) -> bool:
        if first.startswith(self._protected):
            return True
        at = bisect_left(self._special, first)
        return at < len(self._special) and self._special[at] <= last

    def _select_one_by_one(self, scan: Scan, page: Page) -> None:
        """Select of a page's objects until the ceiling is reached."""
        backlog, failures, deferred = scan.backlog, self._known_failures, self.deferred.waiting
        backlog.behind += page.unnamed
        clock = self.clock_now() if page.keys else 0
        for found in page.objects():
            at = len(backlog.chosen)
            is_known = found.key in failures or found.key in deferred
            if not is_known and not self._has_place_for(scan, found, clock):
                return
            self.met += not is_known
            while backlog.behind and backlog.behind[0].lies_before(found.key):
                self._lose_next(backlog, at)
            if found.key in failures:
                backlog.between[len(backlog.chosen), KNOWN_FAILURE] += 1
            backlog.place = found.key
            if len(backlog.chosen) == BATCH_KEYS:
                backlog.flush()
        if backlog.between.total() >= SKIPPED_KEYS:
            backlog.flush()
        # Until its end is listed, a listing from its last key on meets what lies behind again.
        while scan.listed and backlog.behind:
            if scan.until is not None and not backlog.behind[0].lies_before(scan.until):
                backlog.behind.clear()  # the range was cut meanwhile: they belong to the other half
                return
            self._lose_next(backlog, len(backlog.chosen))

    def _has_place_for(self, scan: Scan, found: Found, clock: int) -> bool:
        """Put an object where it belongs; return whether the ceiling has room for it."""
        backlog = scan.backlog
        reason = self._reason_to_stay(found, clock)
        if reason is not None:
            backlog.between[len(backlog.chosen), reason] += 1
        elif found.key in self._directories:
            self.deferred.add(scan, found)
        elif self.room_left.choose(found):
            backlog.chosen.append(found)
        else:
            return False
        return True

    def _go_to(self, backlog: Backlog, place: str) -> None:
        """Go on to a place before which nothing is left to ask for."""
        while backlog.behind and backlog.behind[0].lies_before(place):
            self._lose_next(backlog, len(backlog.chosen))
        backlog.place = place

    def _lose_next(self, backlog: Backlog, at: int) -> None:
        """Count the next key that is not UTF-8, so none to ask for, as chosen if all are."""
        self.met += 1
        reason = self._choice.reason_to_keep_unnamed
        if reason is not None:
            backlog.skip_unnamed(at, reason)
            return
        self.room_left.lose()
        backlog.lose(at)


def _was_asked_by_later(page: Page, clock: int) -> bool:
    """Tell whether what was told of any object depends on a later clock."""
    asked = (found.clock for found in page.objects() if isinstance(found, Asked))
    return any(by is not None and by > clock for by in asked)
