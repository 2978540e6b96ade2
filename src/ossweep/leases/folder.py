"""A job's folder of records, as it is read: what can be seen of the job, and how it has ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.leases import orders
from ossweep.leases.decisions import Handed, Observed, state_of
from ossweep.leases.records import (
    BEAT,
    CALLED,
    END,
    LEFT,
    PART,
    Departure,
    End,
    Record,
    fences,
    last_fence,
    last_record,
    record_of,
    sent_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ossweep.leases.job_state import JobState
    from ossweep.leases.ports import StateObject, StateObjects
    from ossweep.leases.records import Fence


@dataclass(frozen=True)
class Records:
    """
    The names of a job's records, and a moment no later than that at which they were asked for.

    `above`, where it was listed, has the full names of the objects about orders to the job that
    this one is a part of.
    """

    names: frozenset[str]
    moment: float
    above: frozenset[str] | None = None


@dataclass(frozen=True)
class Folder:
    """The records of a job. Its methods raise Closed and StoreError."""

    objects: StateObjects
    name: str  # with the slash at its end

    def time(self) -> int:
        """Return the time by OSS's clock, as far as is known: it is that late, or later."""
        return self.objects.time_at(self.objects.moment())

    def names(self) -> frozenset[str]:
        """Return the names of the records, without the folder's."""
        return frozenset(each.removeprefix(self.name) for each in self.objects.names(self.name))

    def listing(self) -> Records:
        """Return what is there."""
        moment = self.objects.moment()
        return Records(self.names(), moment)

    def standing(self, names: Iterable[str] | None = None) -> list[str]:
        """Return the full names of the standing orders to stop the job; lists them if need be."""
        if names is None:
            listed = self.objects.names(self.name + orders.STOP)
            names = [each.removeprefix(self.name) for each in listed]
        return [self.name + each for each in orders.standing(names)]

    def end(self, names: frozenset[str]) -> End | None:
        """Return how the job has ended, if that is among the names."""
        kept = self.objects.read(self.name + END) if END in names else None
        return record_of(End, kept.content) if kept is not None else None

    def is_past(self, fence: Fence, names: frozenset[str]) -> bool:
        """Tell whether somebody holds a later fence, or has ended the job from it."""
        last = last_fence(names)
        if last is not None and last > fence:
            return True
        end = self.end(names)
        return end is not None and end.fence >= fence

    def orders_known(self, listing: Records | None = None) -> list[str]:
        """Return the orders to this job that stand, and those that it has stopped by."""
        names = (listing or self.listing()).names
        last = last_fence(names)
        left = self._departure(last) if last is not None and last.name + LEFT in names else None
        obeyed = left[0].orders if left is not None and left[0].how == "stopped" else []
        own = [order for order in obeyed if orders.folder_of(order) == self.name]
        return [*self.standing(names), *own]

    def state(self, listing: Records | None = None) -> JobState:
        """Return how the job is. One that has not begun, or has ended, may be ordered to stop."""
        listing = listing or self.listing()
        seen = self.seen(listing)
        state = state_of(seen)
        if state.how == "dead" and isinstance(seen, Observed) and self._is_called(seen, listing):
            return replace(state, how="called anew")
        if state.how not in {"unknown", "ended"}:
            return state
        return replace(state, orders=tuple(self.standing(listing.names)))

    def note_call(self, fence: Fence) -> None:
        """
        Write that an invocation was called to take the place of a holder that is dead.

        It may live all the same: so that is an object of its own, of which no holder knows.
        """
        self.objects.write(self.name + fence.name + CALLED, b"{}")

    def _is_called(self, observed: Observed, listing: Records) -> bool:
        """Tell whether an invocation was called in a dead holder's place, and may still begin."""
        name = observed.fence.name + CALLED
        kept = self.objects.read(self.name + name) if name in listing.names else None
        return kept is not None and kept.now - kept.written <= observed.record.lease

    def seen(self, listing: Records | None = None) -> Observed | End | None:
        """Return what there is of the job, if it was listed, by that; None if there is nothing."""
        while True:
            listed, listing = listing or self.listing(), None
            names = listed.names
            last = last_fence(names)
            end = self.end(names)
            if end is not None and (last is None or last <= end.fence):
                return end
            if last is None:
                return None
            kept = self.objects.read(self.name + last_record(last, names))
            left = self._departure_by_now(last, listed) if last.name + LEFT in names else None
            beat = self._read_heartbeat(last, names) if left is None else None
            if kept is not None:
                record = record_of(Record, kept.content)
                before = (
                    self._earlier_departure(last, listed) if record.continuation is None else None
                )
                # A holder that was overtaken as it split the job has called its parts, or was about
                # to.
                if left is None and before is not None and before[0].how == "split":
                    left = before
                return Observed(
                    last,
                    record,
                    alive=max(kept.written, beat.written if beat is not None else 0),
                    written=kept.written,
                    sent=max(
                        min(record.sent, kept.written),  # one Date may have lain ahead
                        min(sent_of(beat.content), beat.written) if beat is not None else 0,
                    ),
                    # As of the listing: a sign of life that came after it is not seen.
                    now=self.objects.time_at(listed.moment),
                    latest=self.objects.latest(),
                    departure=left[0] if left is not None else None,
                    departure_age=left[1] if left is not None else 0,
                    orders=tuple(self.standing(names)),
                    before=before[0].continuation if before is not None else None,
                )

    def may_hold(self, fence: Fence, observed: Observed | End | None) -> bool:
        """Tell whether nothing has gone past what was seen when a fence's record is written."""
        names = self.names()
        end = self.end(names)
        is_older = observed is not None and end is not None and end.fence < observed.fence
        is_over = end is not None and end != observed and not is_older
        # Another invocation may have taken the last holder for dead before, and have begun.
        others = fences(names) - {fence}
        is_doubled = any(observed is None or other > observed.fence for other in others)
        # The holder that was taken for dead may live.
        is_alive = False
        if isinstance(observed, Observed) and observed.how is None:
            is_alive = self._has_stirred(observed, names)
        return not (is_over or is_doubled or is_alive or self.is_past(fence, names))

    def _has_stirred(self, observed: Observed, names: frozenset[str]) -> bool:
        """Tell whether a holder has left its hop, or given a sign of life, since it was seen."""
        if observed.fence.name + LEFT in names:
            return True
        kept = self.objects.read(self.name + last_record(observed.fence, names))
        if kept is None:
            return False
        beat = self._read_heartbeat(observed.fence, names)
        alive = max(kept.written, beat.written if beat is not None else 0)
        return (record_of(Record, kept.content), alive) != (observed.record, observed.alive)

    def _read_heartbeat(self, fence: Fence, names: frozenset[str]) -> StateObject | None:
        is_there = fence.name + BEAT in names
        return self.objects.read(self.name + fence.name + BEAT) if is_there else None

    def _departure_by_now(self, fence: Fence, listed: Records) -> tuple[Departure, int] | None:
        """Return how a holder has left its hop, as it counts by now, and how many seconds ago."""
        found = self._departure(fence)
        if found is None or found[0].how != "stopped":
            return found
        left, ago = found
        stands = any(self._is_standing(each, listed) for each in left.orders)
        return (left if stands else left.released), ago

    def _departure(self, fence: Fence) -> tuple[Departure, int] | None:
        """Return how a holder has left its hop, as it has written it, and how many seconds ago."""
        kept = self.objects.read(self.name + fence.name + LEFT)
        if kept is None:
            return None
        left = record_of(Departure, kept.content)
        if left.how == "stopped":
            left = replace(left, orders=left.orders or [self.name + orders.own_order(fence.name)])
        return left, kept.now - kept.written

    def _is_standing(self, order: str, listed: Records) -> bool:
        """Tell whether nobody has taken back an order, to this job or to the one it is part of."""
        if orders.folder_of(order) == self.name:
            return order.removeprefix(self.name) + orders.BACK not in listed.names
        above = self.objects.names(order) if listed.above is None else listed.above
        return order + orders.BACK not in above

    def _earlier_departure(self, last: Fence, listed: Records) -> tuple[Departure, int] | None:
        """Return how an earlier, overtaken holder of the same hop has left it."""
        lefts = fences(listed.names, LEFT)
        lefts = {each for each in lefts if each.hop == last.hop and each < last}
        return self._departure_by_now(max(lefts), listed) if lefts else None


def parts_listed(
    whole: str, jobs: Collection[str], objects: StateObjects
) -> dict[str, tuple[Folder, Records]]:
    """Return the records of parts of a job, by two listings for all; raises as Folder does."""
    moment = objects.moment()
    above = frozenset(objects.names(f"{whole}/{orders.STOP}"))
    found: dict[str, set[str]] = {job: set() for job in jobs}
    for full in objects.names(f"{whole}-p"):
        job, _, name = full.partition("/")
        if job in found:
            found[job].add(name)
    return {
        job: (Folder(objects, f"{job}/"), Records(frozenset(names), moment, above))
        for job, names in found.items()
    }


def standing_of(given: Iterable[str], objects: StateObjects) -> list[str]:
    """Return those orders that nobody has taken back, by their full names; raises as Folder."""
    back: set[str] = set()
    given = list(given)
    for folder in sorted({orders.folder_of(each) for each in given}):
        back.update(objects.names(folder + orders.STOP))
    return [order for order in given if order + orders.BACK not in back]


def handed_to(job: str, objects: StateObjects) -> Handed | None:
    """Return the work that was handed to a part of a job, if it is one and has not begun."""
    found = PART.fullmatch(job)
    if found is None:
        return None
    whole = Folder(objects, f"{found[1]}/").state()
    work = whole.parts.get(job)
    return Handed(work, whole.is_lost) if work is not None else None
