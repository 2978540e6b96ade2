"""A job's records as they are read: what can be seen of it, and how it has ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep.handover import orders
from ossweep.handover.claims import Seen
from ossweep.handover.records import (
    BEAT,
    END,
    LEFT,
    PART,
    End,
    Left,
    Record,
    last_place,
    last_record,
    places,
    record_of,
    sent_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.handover.ports import Kept, Shelf
    from ossweep.handover.records import Place


@dataclass(frozen=True)
class Folder:
    """The records of a job. Its methods raise Closed and StoreError."""

    shelf: Shelf
    name: str  # with the slash at its end

    def names(self) -> frozenset[str]:
        """Return the names of the records, without the folder's."""
        return frozenset(each.removeprefix(self.name) for each in self.shelf.names(self.name))

    def standing(self, names: Iterable[str] | None = None) -> list[str]:
        """Return the full names of the orders to stop the job that stand; only they are listed."""
        if names is None:
            listed = self.shelf.names(self.name + orders.STOP)
            names = [each.removeprefix(self.name) for each in listed]
        return [self.name + each for each in orders.standing(names)]

    def end(self, names: frozenset[str]) -> End | None:
        """Return how the job has ended, if that is among the names."""
        kept = self.shelf.read(self.name + END) if END in names else None
        return record_of(End, kept.content) if kept is not None else None

    def is_past(self, place: Place, names: frozenset[str]) -> bool:
        """Tell whether somebody holds a later place, or has ended the job from it."""
        last = last_place(names)
        if last is not None and last > place:
            return True
        end = self.end(names)
        return end is not None and end.place >= place

    def seen(self) -> Seen | End | None:
        """Return what there is of the job; None if there is nothing."""
        while True:
            moment = self.shelf.moment()
            names = self.names()
            last = last_place(names)
            end = self.end(names)
            if end is not None and (last is None or last <= end.place):
                return end
            if last is None:
                return None
            kept = self.shelf.read(self.name + last_record(last, names))
            beat = self._beat(last, names)
            left = self._left(last, names) if last.name + LEFT in names else None
            if kept is not None:
                record = record_of(Record, kept.content)
                before = self._before(last, names) if record.continuation is None else None
                # Who was overtaken as it split the job has called its parts, or was just going to.
                if left is None and before is not None and before[0].how == "split":
                    left = before
                return Seen(
                    last,
                    record,
                    alive=max(kept.written, beat.written if beat is not None else 0),
                    written=kept.written,
                    sent=max(
                        min(record.sent, kept.written),  # one Date may have lain ahead
                        min(sent_of(beat.content), beat.written) if beat is not None else 0,
                    ),
                    # A sign of life whose name was not there yet is not read, however late that is.
                    now=self.shelf.time_at(moment),
                    latest=self.shelf.latest(),
                    left=left[0] if left is not None else None,
                    left_age=left[1] if left is not None else 0,
                    orders=tuple(self.standing(names)),
                    before=before[0].continuation if before is not None else None,
                )

    def may_hold(self, place: Place, seen: Seen | End | None) -> bool:
        """Tell whether nothing has gone past what was seen when a place's record is written."""
        names = self.names()
        end = self.end(names)
        is_over = end is not None and end != seen and not (seen and end.place < seen.place)
        # Somebody may have taken the hop before for a dead one's, and have begun with it.
        others = places(names) - {place}
        is_doubled = any(seen is None or other > seen.place for other in others)
        # The holder that was taken for dead may live.
        is_alive = isinstance(seen, Seen) and seen.left is None and self._stirs(seen, names)
        return not (is_over or is_doubled or is_alive or self.is_past(place, names))

    def _stirs(self, seen: Seen, names: frozenset[str]) -> bool:
        """Tell whether a holder has left its hop, or given a sign of life, since it was seen."""
        if seen.place.name + LEFT in names:
            return True
        kept = self.shelf.read(self.name + last_record(seen.place, names))
        if kept is None:
            return False
        beat = self._beat(seen.place, names)
        alive = max(kept.written, beat.written if beat is not None else 0)
        return (record_of(Record, kept.content), alive) != (seen.record, seen.alive)

    def _beat(self, place: Place, names: frozenset[str]) -> Kept | None:
        is_there = place.name + BEAT in names
        return self.shelf.read(self.name + place.name + BEAT) if is_there else None

    def _left(self, place: Place, names: frozenset[str]) -> tuple[Left, int] | None:
        """Return how a holder has left its hop, and how many seconds ago."""
        kept = self.shelf.read(self.name + place.name + LEFT)
        if kept is None:
            return None
        left = record_of(Left, kept.content)
        if left.how == "stopped":
            obeyed = left.orders or [self.name + orders.own_order(place.name)]
            left = replace(left, orders=obeyed)
            left = left if any(self._stands(each, names) for each in obeyed) else left.released
        return left, kept.now - kept.written

    def _stands(self, order: str, names: frozenset[str]) -> bool:
        """Tell whether nobody has taken an order back: to this job, or to the one it is of."""
        if orders.folder_of(order) == self.name:
            return order.removeprefix(self.name) + orders.BACK not in names
        return order + orders.BACK not in self.shelf.names(order)

    def _before(self, last: Place, names: frozenset[str]) -> tuple[Left, int] | None:
        """Return how an earlier holder of the same hop has left it, who had been overtaken."""
        lefts = [each for each in places(names, LEFT) if each.hop == last.hop and each < last]
        return self._left(max(lefts), names) if lefts else None


def handed_to(job: str, shelf: Shelf) -> dict[str, Any] | None:
    """Return what was handed to a job, if it is a part of another one and has not begun."""
    found = PART.fullmatch(job)
    if found is None:
        return None
    whole = Folder(shelf, f"{found[1]}/").seen()
    parts = whole.left.parts if isinstance(whole, Seen) and whole.left is not None else ()
    return next((part for part in parts if part.get("job") == job), None)
