"""From what a listing shows to batches of keys to delete: what is chosen, and what is spared."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Literal

from ossweep.objects import NEWER, Found, Lot
from ossweep.tally import tally
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ossweep.engine.span import Span
    from ossweep.objects import Page
    from ossweep.work import Ceiling, Work

ENOUGH_KEYS = 500  # with which a batch is cut at a page's end, so that the next page is one whole
SKIPPED_KEYS = 20_000  # a batch is cut after so many keys that are spared, to keep their place

PROTECTED = "protected"
PASSED = ""  # no reason to spare it: it has failed before


Source = Literal["named", "listed", "marker"]


@dataclass(frozen=True)
class Batch:
    """
    Objects to delete together, and what was met and spared, or passed by, since the batch before.

    `between` counts the latter: how many of the batch's objects came before it, and why it is not
    among them; `unnamed` are keys met there that are not UTF-8. A listed batch belongs to a span
    and brings it up to the key `place`; named keys and marker objects are kept by name and have
    neither.
    """

    source: Source
    keys: Sequence[str]
    page: Page
    between: Mapping[tuple[int, str], int] = field(default_factory=dict)
    unnamed: Sequence[tuple[int, str]] = ()
    span: Span | None = None
    place: str = ""
    number: int = 0  # in its span, in the order in which they are taken up
    left: float = -inf  # seconds that were left when the first of it was listed or looked at

    @property
    def skipped(self) -> dict[str, int]:
        """How many were spared, by reason."""
        return tally({why: number} for (_, why), number in self.between.items() if why != PASSED)

    @property
    def passed(self) -> int:
        """How many have failed before, and are counted already."""
        return sum(number for (_, why), number in self.between.items() if why == PASSED)

    def split(self, keys: int) -> tuple[Batch, Batch | None]:
        """Return its first part with so many keys, and the rest; each counts what lies in it."""
        if len(self.keys) <= keys:
            return self, None
        first, rest = self.page.part(0, keys), self.page.part(keys, len(self.keys))
        met = self.between.items()
        before = {(at, why): number for (at, why), number in met if at < keys}
        after = {(at - keys, why): number for (at, why), number in met if at >= keys}
        place = self.keys[keys - 1]
        lost = [each for each in self.unnamed if each[0] < keys]
        later = [(at - keys, text) for at, text in self.unnamed if at >= keys]
        part = replace(self, keys=first.keys, page=first, between=before, unnamed=lost, place=place)
        return part, replace(self, keys=rest.keys, page=rest, between=after, unnamed=later)


class Choice:
    """
    Chooses what to delete of what is met, up to the job's ceiling, and cuts batches of it.

    `held` are the marker objects met, which go last, and the span in which each was met; those
    of an earlier invocation have none. So have directories that were named, and that OSS has not
    deleted yet because something is left in them.
    """

    def __init__(
        self,
        work: Work,
        clock: Callable[[int | None], int],
        protected: tuple[str, ...],
        ceiling: Ceiling | None,
    ) -> None:
        self._clock_of = clock
        self._protected = protected
        self._ceiling = ceiling
        # What is in doubt may be gone already, and keeps its room.
        self._chosen = work.counts.asked + len(work.doubted)
        self._directories = work.directories
        self._passed = frozenset(work.passed)
        self.held: dict[str, tuple[Span | None, Found]] = {
            found.key: (None, found) for found in work.held
        }
        self._full: set[str] = set()  # of those, which OSS has refused: something was left in them
        # Pages without any of these need no look at each object.
        self._special = sorted({*work.directories, *work.passed, *self.held, *protected})
        self.clock = work.clock
        self.met = 0  # keys that were listed, but for those that an earlier invocation has settled
        self.names_taken = 0  # keys that were named, and are in a batch
        self.ceiling_reached: str | None = None

    def named(self, keys: Iterable[str]) -> Iterator[Batch]:
        """Yield batches of keys that were named, up to the ceiling."""
        for objects in _by_thousands(Found(key, 0, 0) for key in keys):
            chosen = Lot(objects[: self.room])
            self._chosen += len(chosen.found)
            self.names_taken += len(chosen.found)
            if chosen.found:
                yield Batch("named", chosen.keys, chosen)
            if len(chosen.found) < len(objects):
                self._stop_at_ceiling()
                return

    def listed(self, span: Span, page: Page, left: float) -> None:
        """
        Choose from a page of a span, and cut what batches that fills.

        So many seconds were left when it was asked for. Raises StoreError if OSS's own time, by
        which objects are judged, is not known.
        """
        keys = page.keys
        span.page_left = left
        if span.place == span.cut:
            span.chosen_left = left
        if keys and self._takes_whole(span, page, keys):
            self._chosen += len(keys)
            self.met += len(keys)
            span.place = keys[-1]
            self._cut(span, page)
        else:
            self._one_by_one(span, page)
        if page.reaches:
            self._go_to(span, page.reaches)
        if span.listed or page.reaches or len(span.chosen) >= ENOUGH_KEYS:
            self.flush(span)

    def flush(self, span: Span) -> None:
        """Cut a batch of what a span has met and not put into one yet."""
        if span.place != span.cut or span.unnamed:
            self._cut(span, Lot(tuple(span.chosen)))

    def has_room(self) -> bool:
        """Tell whether the ceiling lets one more object be chosen; if not, take note of it."""
        if self.room == 0:
            self._stop_at_ceiling()
        return self.room > 0

    def choose(self) -> None:
        """Take note that an object has been chosen."""
        self._chosen += 1

    def put_back(self, objects: int) -> None:
        """Take note that so many of the chosen ones stay for now."""
        self._chosen -= objects

    def hold(self, span: Span | None, found: Found) -> None:
        """Take note that OSS has refused a directory that was chosen: it goes after the others."""
        self.put_back(1)
        self._full.add(found.key)
        self.held[found.key] = (span, found)

    @property
    def full(self) -> list[str]:
        """The held ones that OSS has refused, and that need not wait for the job's end."""
        return [key for key in self._full - self._directories if key in self.held]

    def reason_to_spare(self, found: Found) -> str | None:
        """Return why an object is spared, if it is; raises StoreError if OSS's time is unknown."""
        if found.key.startswith(self._protected):
            return PROTECTED
        # Times are whole seconds: what carries the clock's own second may have been written after.
        return NEWER if found.modified >= self._clock() else None

    def _stop_at_ceiling(self) -> None:
        if self._ceiling is not None:
            self.ceiling_reached = f"{self._ceiling.name} allows {self._ceiling.objects:,} objects"

    def _takes_whole(self, span: Span, page: Page, keys: Sequence[str]) -> bool:
        """Tell whether all of a page is chosen and makes a batch by itself."""
        return (
            len(keys) <= self.room
            and not (span.chosen or span.between or span.unnamed or span.behind or page.unnamed)
            and page.newest < self._clock()
            and not self._has_special(keys[0], keys[-1])
        )

    def _has_special(self, first: str, last: str) -> bool:
        if first.startswith(self._protected):
            return True
        at = bisect_left(self._special, first)
        return at < len(self._special) and self._special[at] <= last

    def _one_by_one(self, span: Span, page: Page) -> None:
        """Choose of a page's objects until the ceiling is reached."""
        span.behind += page.unnamed
        for found in page.objects():
            at = len(span.chosen)
            known = found.key in self._passed or found.key in self.held
            if not known and not self._choose(span, found):
                self._stop_at_ceiling()
                return
            self.met += not known
            while span.behind and span.behind[0].lies_before(found.key):
                self._lose(span, at)
            if found.key in self._passed:
                span.between[len(span.chosen), PASSED] += 1
            span.place = found.key
            if len(span.chosen) == BATCH_KEYS or span.between.total() >= SKIPPED_KEYS:
                self.flush(span)
        # Until its end is listed, whoever goes on from its last key meets what lies behind again.
        while span.listed and span.behind:
            if span.until is not None and not span.behind[0].lies_before(span.until):
                span.behind.clear()  # the range was cut meanwhile: others meet them
                return
            self._lose(span, len(span.chosen))

    def _go_to(self, span: Span, place: str) -> None:
        """Go on to a place up to which nothing is left that could be asked for."""
        while span.behind and span.behind[0].lies_before(place):
            self._lose(span, len(span.chosen))
        span.place = place

    def _lose(self, span: Span, at: int) -> None:
        """Take note of a key that nobody can ask for: it is not UTF-8."""
        self.met += 1
        self.choose()
        span.unnamed.append((at, span.behind.popleft().text))

    def _choose(self, span: Span, found: Found) -> bool:
        """Put an object where it belongs; return whether the ceiling has room for it."""
        reason = self.reason_to_spare(found)
        if reason is not None:
            span.between[len(span.chosen), reason] += 1
        elif found.key in self._directories:
            self.held[found.key] = (span, found)
        elif self.room > 0:
            self.choose()
            span.chosen.append(found)
        else:
            return False
        return True

    def _cut(self, span: Span, page: Page) -> None:
        keys = page.keys
        batch = Batch(
            "listed",
            keys,
            page,
            dict(span.between),
            span.unnamed,
            span,
            span.place,
            left=span.chosen_left,
        )
        span.ready.append(batch)
        span.cut = span.place
        span.chosen, span.between, span.unnamed = [], Counter(), []
        span.chosen_left = span.page_left

    def _clock(self) -> int:
        # The first answers of all may have had a Date that lies ahead, which later ones tell.
        self.clock = self._clock_of(self.clock)
        return self.clock

    @property
    def room(self) -> int:
        """How many more objects the ceiling lets a batch hold."""
        if self._ceiling is None:
            return BATCH_KEYS
        return max(0, self._ceiling.objects - self._chosen)


def _by_thousands(objects: Iterable[Found]) -> Iterator[list[Found]]:
    iterator = iter(objects)
    while chunk := list(islice(iterator, BATCH_KEYS)):
        yield chunk
