"""
The latest of each directory, found by a pass over the directory before its first object goes.

A pass lists a directory's own objects, whatever range they are met in, and keeps in mind the n
newest of those that count. The oldest of these tells of every object of the directory whether it
stays, in whichever range or invocation it is met: so ranges may be cut, parts and continuations
made, and invocations repeated, as ever. A directory that lies within a page of the listing takes no
pass of its own, nor does one of which the page shows nothing that may go.

A pass that time does not suffice for has shown nothing, and the next invocation begins it anew.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from operator import lt
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from ossweep.engine.tagging import asked_about
from ossweep.errors import Scope, StoreError
from ossweep.filters.latest import Newest, directory_of, is_marker, rank_of
from ossweep.filters.reasons import LATEST
from ossweep.whereabouts import outermost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ossweep.engine.ports import Store
    from ossweep.filters.latest import Rank
    from ossweep.objects import Found, Page
    from ossweep.work import Work

MOST_KNOWN = 10_000  # directories that are kept in mind
LOCKS = 64  # so that two ranges seldom wait for each other, and never list a directory twice


class Judge(Protocol):
    """Tells what the order and its other conditions say of an object."""

    def counts_as_latest(self, found: Found, clock: int) -> bool:
        """Tell whether an object is one of those of which the latest of each directory stay."""

    def may_go(self, found: Found, clock: int) -> bool:
        """Tell whether an object goes by such a clock, if it is not one of the latest."""

    def reason_by(self, found: Found, clock: int) -> str | None:
        """Return why an object stays by such a clock, one of the latest or not."""


class Latest:
    """
    Sifts pages: objects that stay as one of the latest of their directory say so.

    What was sifted by a later clock, or is looked at once more, is judged `Again`.

    The judge is asked in threads, as are the methods.
    """

    def __init__(
        self,
        most: int,
        store: Store,
        selectors: Iterable[str],
        judge: Judge,
        clock: int | None,
    ) -> None:
        self._most = most
        self._store = store
        self._selectors = outermost(selectors)
        self._counts = judge.counts_as_latest
        self._may_go = judge.may_go
        self._reason_by = judge.reason_by
        self._began = clock
        self._lock = Lock()
        self._locks = [Lock() for _ in range(LOCKS)]
        # What is known of a directory, and by which clock: that only ever becomes earlier.
        self._known: OrderedDict[str, tuple[int, Rank]] = OrderedDict()

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        """Yield pages as a store does, sifted; raises Closed, StoreError."""
        marker = after
        for page, more in self._store.pages(prefix, after):
            keys = page.keys
            if not keys:
                yield page, more
                continue
            # Of a directory that lies between these two the page shows all.
            yield self._sifted(page, prefix, marker or None, keys[-1] if more else None), more
            marker = keys[-1]

    @classmethod
    def of(cls, work: Work, store: Store, judge: Judge, most: int | None) -> Latest | None:
        """Return those of a job, if any are to stay."""
        return cls(most, store, work.selectors, judge, work.clock) if most else None

    @property
    def needs_tags(self) -> bool:
        """No: tags are not asked for beside the latest."""
        return False

    def reason_of_tags(self, tags: Mapping[str, str] | None) -> str | None:  # noqa: ARG002 - none
        """Return nothing: tags are not asked for."""
        return None

    def reason_to_keep(self, found: Found, clock: int) -> str | None:
        """Return why an object stays, one of the latest or not; raises Closed, StoreError."""
        reason = self._reason_by(found, clock)
        if reason is not None:
            return reason
        return LATEST if rank_of(found) >= self._oldest_in(directory_of(found.key), clock) else None

    def newer_than(self, found: Found) -> int:
        """
        Return how many objects of its directory count and are newer, up to as many as stay.

        Raises Closed, StoreError.
        """
        clock, rank, newer = self._store.clock(self._began), rank_of(found), 0
        for objects in self._passed(directory_of(found.key), clock):
            newer += sum(rank_of(each) > rank for each in objects)
            if newer >= self._most:
                break
        return min(newer, self._most)

    def _sifted(self, page: Page, prefix: str, after: str | None, until: str | None) -> Page:
        clock = self._store.clock(self._began)
        counted: dict[str, list[Found]] = {}
        for found in page.objects():
            if not is_marker(found.key) and self._counts(found, clock):
                counted.setdefault(directory_of(found.key), []).append(found)
        kept = {}
        for directory, objects in counted.items():
            if not any(self._may_go(each, clock) for each in objects):
                continue
            begins = directory.startswith(prefix) and (after is None or after < directory)
            ends = until is None or not until.startswith(directory)
            if begins and ends:
                oldest = self._oldest_of([objects])
            else:
                oldest = self._oldest_in(directory, clock)
            kept.update({each.key: LATEST for each in objects if rank_of(each) >= oldest})
        return asked_about(page, kept, clock)

    def _oldest_in(self, directory: str, clock: int) -> Rank:
        """Return the rank of the oldest that stays of a directory, if need be by a pass."""
        with self._locks[hash(directory) % LOCKS]:
            with self._lock:
                known = self._known.get(directory)
                if known is not None and known[0] == clock:
                    self._known.move_to_end(directory)
                    return known[1]
            oldest = self._oldest_of(self._passed(directory, clock))
            with self._lock:
                self._known[directory] = clock, oldest
                if len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
            return oldest

    def _oldest_of(self, objects: Iterable[Iterable[Found]]) -> Rank:
        newest = Newest(self._most)
        for some in objects:
            for found in some:
                newest.add(found)
        return newest.oldest

    def _passed(self, directory: str, clock: int) -> Iterator[Iterable[Found]]:
        """Yield those objects of a directory that the order selects and that count."""
        for prefix in self._prefixes_in(directory):
            last = ""
            for objects in self._store.level(prefix):
                own = [each for each in objects if directory_of(each.key) == directory]
                _check(prefix, [last, *(each.key for each in own)])
                last = own[-1].key if own else last
                yield [e for e in own if not is_marker(e.key) and self._counts(e, clock)]

    def _prefixes_in(self, directory: str) -> Sequence[str]:
        """Return the prefixes of those of a directory's objects that the order selects."""
        selectors = self._selectors
        before = bisect_right(selectors, directory)
        if before and directory.startswith(selectors[before - 1]):
            return [directory]
        first = bisect_left(selectors, directory)
        within = []
        for each in selectors[first:]:
            if not each.startswith(directory):
                break
            if "/" not in each[len(directory) :]:
                within.append(each)
        return within


def _check(prefix: str, keys: Sequence[str]) -> None:
    """Raise StoreError for keys that come twice or elsewhere: what stays is counted by them."""
    if not (all(map(lt, keys, keys[1:])) and all(key.startswith(prefix) for key in keys[1:])):
        raise StoreError(
            "ListingOutOfOrder",
            "OSS listed a key outside of what it was asked for, or not in order",
            Scope.KEYS,
        )
