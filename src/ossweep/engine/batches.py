"""From the work that is left to batches of keys to delete, in the order in which they are met."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from ossweep.errors import Closed, Scope, StoreError
from ossweep.work import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ossweep.engine.sweep import Store
    from ossweep.work import Ceiling, Range, Work

BATCH_KEYS = 1000  # the most keys OSS accepts in one DeleteMultipleObjects
SKIPPED_KEYS = 20_000  # a batch is cut after so many keys that are spared, to keep their place

PROTECTED = "protected"
NEWER = "written after the job began"
GONE = "gone before its turn came"  # a marker object that somebody else has deleted meanwhile


Source = Literal["named", "listed", "marker"]


class Place(NamedTuple):
    """How far the listing has come: in the range of this number, after this key."""

    number: int
    after: str


@dataclass(frozen=True)
class Batch:
    """
    Objects to delete together, and what was met and spared since the batch before.

    `place` is where the listing stood when the batch was cut; named keys and marker objects are
    kept by name and have none.
    """

    number: int
    source: Source
    objects: tuple[Found, ...]
    skipped: Mapping[str, int]
    place: Place | None


class Batches:
    """
    Walks over the work that is left. One thread at a time may advance it.

    The accounts read along: what it has met, what is out, and why it ended early.
    """

    def __init__(
        self,
        work: Work,
        store: Store,
        spares: Callable[[str], bool],
        ceiling: Ceiling | None,
    ) -> None:
        self._work = work
        self._store = store
        self._spares = spares
        self._ceiling = ceiling
        self._chosen = work.counts.asked
        self._numbers: Counter[Source] = Counter()
        self._passed = frozenset(work.passed)
        self.clock = work.clock
        self.exhausted = False  # whether the listing has shown all that there is
        self.met = 0  # keys that listings have shown
        self.taken = 0  # named keys that batches have taken up
        # Batches whose outcome is not booked yet.
        self.out: dict[tuple[Source, int], Batch] = {}
        self.held: dict[str, tuple[Place, Found]] = {
            found.key: (Place(0, ""), found) for found in work.held
        }
        self.start = self._start_of(0)
        self.ceiling_reached: str | None = None
        self.listing_failed: str | None = None

    def named_and_listed(self) -> Iterator[Batch]:
        """Yield batches of the named keys, then of all ranges but the held marker objects."""
        yield from self._named(self._work.keys)
        if self.ceiling_reached is None:
            yield from self._listed()

    def markers(self) -> Iterator[Batch]:
        """
        Yield batches of the held marker objects: what lay below them has been dealt with.

        Each is looked at once more, because that may have taken hours.
        """
        chosen: list[Found] = []
        skipped: Counter[str] = Counter()
        looked_at: list[str] = []
        try:
            for key in list(self.held):
                if len(chosen) == self._room():
                    self._stop_at_ceiling()
                    break
                found = self._store.find(key)
                reason = self._reason_to_spare(found) if found else GONE
                looked_at.append(key)
                if found is None or reason is not None:
                    skipped[reason or GONE] += 1
                else:
                    chosen.append(found)
                if len(chosen) == BATCH_KEYS:
                    yield self._cut_markers(chosen, skipped, looked_at)
                    chosen, skipped, looked_at = [], Counter(), []
        except Closed:
            pass
        except StoreError as error:
            self.listing_failed = f"listing failed: {error}"
        if looked_at:
            yield self._cut_markers(chosen, skipped, looked_at)

    def _cut_markers(
        self, chosen: list[Found], skipped: Mapping[str, int], looked_at: list[str]
    ) -> Batch:
        batch = self._cut("marker", chosen, skipped, None)
        # Only now: a look that never came back would leave the others neither held nor out.
        for key in looked_at:
            del self.held[key]
        return batch

    def _named(self, keys: Iterable[str]) -> Iterator[Batch]:
        for objects in _by_thousands(Found(key, 0, 0) for key in keys):
            chosen = objects[: self._room()]
            self.taken += len(chosen)
            if chosen:
                yield self._cut("named", chosen, {}, None)
            if len(chosen) < len(objects):
                self._stop_at_ceiling()
                return

    def _listed(self) -> Iterator[Batch]:
        chosen: list[Found] = []
        skipped: Counter[str] = Counter()
        place = self.start
        try:
            for place_after, found in self._walk():
                if found is None:
                    place = place_after
                    continue
                reason = self._reason_to_spare(found)
                if reason is not None:
                    skipped[reason] += 1
                elif found.key in self._work.directories:
                    self.held[found.key] = (place_after, found)
                elif len(chosen) < self._room():
                    chosen.append(found)
                else:
                    self._stop_at_ceiling()
                    break
                self.met += 1
                place = place_after
                if len(chosen) == BATCH_KEYS or skipped.total() >= SKIPPED_KEYS:
                    yield self._cut("listed", chosen, skipped, place)
                    chosen, skipped = [], Counter()
            else:
                self.exhausted = True
        except Closed:
            pass
        except StoreError as error:
            self.listing_failed = f"listing failed: {error}"
        if place != self.start:
            yield self._cut("listed", chosen, skipped, place)

    def _walk(self) -> Iterator[tuple[Place, Found | None]]:
        """Yield each object with the place that meeting it leads to, and None at a range's end."""
        for number, keys in enumerate(self._work.ranges):
            last = keys.after
            for found in self._store.scan(keys.prefix, keys.after):
                if found.key <= last or not found.key.startswith(keys.prefix):
                    raise StoreError(
                        "ListingOutOfOrder",
                        "OSS listed a key outside of what it was asked for, or not in order",
                        Scope.KEYS,
                    )
                last = found.key
                if found.key not in self.held and found.key not in self._passed:
                    yield Place(number, found.key), found
            yield self._start_of(number + 1), None

    def _start_of(self, number: int) -> Place:
        ranges: tuple[Range, ...] = self._work.ranges
        return Place(number, ranges[number].after if number < len(ranges) else "")

    def _reason_to_spare(self, found: Found) -> str | None:
        if self._spares(found.key):
            return PROTECTED
        if self.clock is None:
            self.clock = self._store.began()
        # Times are whole seconds: what carries the clock's own second may have been written after.
        return NEWER if found.modified >= self.clock else None

    def _room(self) -> int:
        """Return how many objects the ceiling still lets the next batch hold."""
        if self._ceiling is None:
            return BATCH_KEYS
        return max(0, self._ceiling.objects - self._chosen)

    def _stop_at_ceiling(self) -> None:
        if self._ceiling is not None:
            self.ceiling_reached = f"{self._ceiling.name} allows {self._ceiling.objects:,} objects"

    def _cut(
        self,
        source: Source,
        objects: list[Found],
        skipped: Mapping[str, int],
        place: Place | None,
    ) -> Batch:
        batch = Batch(self._numbers[source], source, tuple(objects), dict(skipped), place)
        self._numbers[source] += 1
        self._chosen += len(objects)
        self.out[source, batch.number] = batch
        return batch


def _by_thousands(objects: Iterable[Found]) -> Iterator[list[Found]]:
    iterator = iter(objects)
    while chunk := list(islice(iterator, BATCH_KEYS)):
        yield chunk
