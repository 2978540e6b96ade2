"""
The throttle: says when the next deletion may start, from what OSS has answered so far.

OSS's quotas count objects, not requests (PROTOCOL 3.5): some 2,000 a second in a partition, a run
of the key space whose borders are not published, and 10,000 for an account. So the job has a pace,
and so has each range, until its refusals show that it shares a partition with its neighbours: then
they share one pace. Nothing is assumed before OSS refuses something.

Which ranges share a partition is a guess from what went through them (`Throttle._explain`). A wrong
guess slows a range down and harms nothing else: the outermost lanes of a slow group leave it again
after `ALONE` seconds without a refusal of their own. The window (`pace.py`) bounds the deletions in
flight, OSSWEEP_MAX_RATE the pace of the job, and OSSWEEP_SHARE each pace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, inf
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from ossweep.engine.pace import DeletionWindow, QuotaPace
from ossweep.engine.probing import PARTITION_RATE, Probing
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT_RATE = 10_000.0  # objects a second, as published
LIMITED_KEYS = 100  # in a batch under those rates: it goes smoothly, and a refusal costs little
SMOOTH = 50  # requests a second that a higher limit makes, before its batches are full
ENOUGH = 4  # requests a second that a low limit makes
RECENT = 2.0  # seconds: refusals so near to each other may have one cause
WEAK = 0.75  # of a partition's quota: a group that carries so much may well be all of it
PLAUSIBLE = 1.5  # of a partition's quota: no partition seems to carry more
ONE = 1.1  # of it: if the whole job carries no more, all that is refused lies in one partition
ROW = 2  # refusals: longer rows are a quota that admits nothing, and tell nothing of borders
ALONE = 20.0  # seconds without a refusal of its own, after which a lane may be in a wrong group


@dataclass(eq=False)
class Lane:
    """A key range whose objects are deleted in order, and the pace it goes at."""

    job: QuotaPace
    pace: QuotaPace  # its own, until it turns out to share a partition with the lanes beside it
    load: float = 0.0  # objects confirmed, each weighing less as it gets older
    loaded_at: float = 0.0
    refused_at: float = -inf  # itself, not only another of its group
    closed: bool = False

    @property
    def batch_keys(self) -> int:
        """Return how many keys its next batch may hold: fewer under a limit."""
        rate = min(self.job.rate, self.pace.rate)
        return max(1, int(min(BATCH_KEYS, max(rate / SMOOTH, min(LIMITED_KEYS, rate / ENOUGH)))))


class Reservation(NamedTuple):
    """When a request may be sent again, and with how many objects. It is booked already."""

    after: float  # seconds from now
    objects: int


@dataclass(eq=False)
class Permit:
    """A deletion under way, for the thread that makes it; others have their own."""

    throttle: Throttle = field(repr=False)
    lane: Lane
    asked: int  # objects of its request
    sent: float  # when that starts or started: ahead of now while it waits to be sent again
    back_before: int  # deletions that had come back by then
    retried: bool = False

    @property
    def batch_keys(self) -> int:
        """Return how many keys a request may hold."""
        return self.lane.batch_keys

    def confirmed(self, objects: int) -> None:
        """Take note that OSS has deleted so many objects."""
        self.throttle.confirm(self, objects)

    def refused(self, objects: int, *, partition: bool) -> Reservation:
        """
        Take note that OSS has refused a request for so many objects, and return the
        reservation of the next try, which may hold fewer of them.

        `partition` tells a partition's quota from the account's, or any other 503.
        """
        return self.throttle.refuse(self, objects, partition=partition)

    def part(self, objects: int) -> Reservation:
        """Return the reservation of the next part of a refused batch that has so many left."""
        return self.throttle.part(self, objects)

    def ended(self) -> None:
        """Take note that it is no longer in flight, however it ended; a second time is harmless."""
        self.throttle.end(self)


class Throttle:
    """
    Paces the deletions of a job: one pace for the job, one for each lane or group of lanes.

    Safe for threads: each method takes the one lock, and none waits for anything else. Nothing
    here sleeps; the callers do, for as long as they are told.

    `clock` counts seconds, `uniform` draws between two numbers, `most` is the most deletions in
    flight, `max_rate` the most objects a second (OSSWEEP_MAX_RATE), and `share` the most of what
    OSS's quotas allow (OSSWEEP_SHARE).
    """

    def __init__(
        self,
        clock: Callable[[], float],
        uniform: Callable[[float, float], float],
        most: int,
        max_rate: float | None,
        share: float | None = None,
    ) -> None:
        self._clock = clock
        self._uniform = uniform
        self._most = most
        self._lock = Lock()
        most_rate = inf if max_rate is None else max_rate
        self._share = inf if share is None else share
        self.job: Final = QuotaPace(ACCOUNT_RATE, min(most_rate, self._share * ACCOUNT_RATE))
        self._lanes: list[Lane] = []  # in the order of their keys
        self._permits: set[Permit] = set()
        self._window = DeletionWindow(most)
        self._probing = Probing()

    def lane(self, beside: Lane | None = None) -> Lane:
        """Return a lane for the range right after that of another, or after all of them."""
        with self._lock:
            place = self._lanes.index(beside) + 1 if beside in self._lanes else len(self._lanes)
            paces = [lane.pace for lane in self._lanes[max(0, place - 1) : place + 1]]
            # A lane between two lanes of one partition lies in that partition.
            between = len(paces) == 2 and paces[0] is paces[1]  # noqa: PLR2004 - a pair
            own = QuotaPace(PARTITION_RATE, self._share * PARTITION_RATE)
            lane = Lane(self.job, paces[0] if between else own)
            self._lanes.insert(place, lane)
            return lane

    def close(self, lane: Lane) -> None:
        """Take note that a lane starts no more deletions; those under way go on."""
        with self._lock:
            lane.closed = True
            self._forget(lane)

    def wait(self, lane: Lane) -> float:
        """Return the seconds until the lane's next batch may start: 0.0 is now."""
        with self._lock:
            opens = max(self.job.opens, lane.pace.opens)
            if not lane.pace.tested:
                opens = max(opens, self._probing.opens)
            return max(0.0, opens - self._clock())

    def room(self) -> int:
        """Return how many more deletions may start; those that wait are not in flight."""
        with self._lock:
            free = self._window.size - self._flying(self._clock())
            return max(0, min(free, self._most - len(self._permits)))

    def start(self, lane: Lane, objects: int) -> Permit:
        """Book a deletion of so many objects, to be sent now, and count it as in flight."""
        with self._lock:
            now = self._clock()
            self.job.book(now, objects)
            lane.pace.book(now, objects)
            if not lane.pace.tested:
                self._probing.started(objects, now)
            permit = Permit(self, lane, objects, now, self._window.back)
            self._permits.add(permit)
            return permit

    def confirm(self, permit: Permit, objects: int) -> None:
        """Do what `Permit.confirmed` says."""
        with self._lock:
            now = self._clock()
            lane = permit.lane
            self._probing.confirmed(permit.sent)
            for pace in (self.job, lane.pace):
                pace.confirmed(permit.sent)
            lane.load = lane.load * exp(lane.loaded_at - now) + objects
            lane.loaded_at = now
            if not permit.retried:
                self._window.came_back(objects, permit.sent, now - permit.sent, permit.back_before)
            # A batch that takes several requests sends the next one now.
            permit.asked -= objects
            permit.sent = now
            permit.back_before = self._window.back

    def refuse(self, permit: Permit, objects: int, *, partition: bool) -> Reservation:
        """Do what `Permit.refused` says."""
        with self._lock:
            now = self._clock()
            pace = permit.lane.pace if partition else self.job
            first = not pace.tested
            pace.refused(permit.sent, now, objects, self._uniform)
            if first:
                self._window.restart(now, self._flying(now))
            if partition:
                permit.lane.refused_at = now
                self._probing.refused(now)
                if self._probing.is_storm:
                    self.job.pause(pace.opens)
                else:
                    self._explain(permit, objects, now, first=first)
            return self._reserve(permit, objects)

    def part(self, permit: Permit, objects: int) -> Reservation:
        """Do what `Permit.part` says."""
        with self._lock:
            return self._reserve(permit, objects)

    def end(self, permit: Permit) -> None:
        """Do what `Permit.ended` says."""
        with self._lock:
            self._permits.discard(permit)
            self._probing.ended()
            self._forget(permit.lane)

    def _forget(self, lane: Lane) -> None:
        over = lane.closed and all(permit.lane is not lane for permit in self._permits)
        if over and lane in self._lanes:
            self._lanes.remove(lane)

    def _flying(self, now: float) -> int:
        return sum(permit.sent <= now for permit in self._permits)

    def _reserve(self, permit: Permit, objects: int) -> Reservation:
        now = self._clock()
        permit.retried = True
        permit.asked = min(objects, permit.lane.batch_keys)
        permit.sent = max(pace.book(now, permit.asked) for pace in (self.job, permit.lane.pace))
        return Reservation(permit.sent - now, permit.asked)

    def _explain(self, permit: Permit, objects: int, now: float, *, first: bool) -> None:
        """
        Join a refused pace with those beside it, if its own load cannot explain the refusal.

        A partition serves 2,000 objects a second before it refuses any. So if less went through
        this pace, lanes beside it use the same partition: the fewest that make up the difference.
        That is a guess, so a pace that was limited before joins only others that were, too.
        """
        refused = permit.lane.pace
        loads = self._loads(permit.sent, now)
        if refused not in loads:
            return  # its lane is over
        paces = list(loads)
        here = paces.index(refused)
        sums = [0.0, *accumulate(loads.values())]
        least = PARTITION_RATE * (1.0 if first else WEAK) - objects
        explaining = [
            paces[begin : end + 1]
            for begin in range(here + 1)
            for end in range(here, len(paces))
            if least <= sums[end + 1] - sums[begin] <= PLAUSIBLE * PARTITION_RATE
        ]
        refused_together = self._refused_together(paces, objects, sums[-1], now)
        if len(refused_together) > 1:
            self._join(refused, refused_together, now)
            return
        for others in sorted(explaining, key=len):
            if all(
                other.row <= ROW
                and (first or (now - other.refused_at < RECENT and _is_weak(loads[other])))
                for other in others
            ):
                self._join(refused, others, now)
                return
        if not first and _is_weak(refused.rate):
            self._let_go(refused, now)

    def _refused_together(
        self, paces: list[QuotaPace], objects: int, load: float, now: float
    ) -> list[QuotaPace]:
        """
        Return the paces from the first to the last that was refused of late, if that is one cause.

        A partition is a run of keys. If no more than it takes went through the whole job, and it
        refuses in two places, then all that lies between them lies in it.
        """
        if not WEAK * PARTITION_RATE - objects <= load <= ONE * PARTITION_RATE:
            return []
        at = [number for number, pace in enumerate(paces) if now - pace.refused_at < RECENT]
        between = paces[at[0] : at[-1] + 1]
        return between if all(pace.row <= ROW for pace in between) else []

    def _let_go(self, pace: QuotaPace, now: float) -> None:
        """Let the outermost lanes leave a slow group, to which they may not belong."""
        group = [lane for lane in self._lanes if lane.pace is pace]
        for outermost in (group[0], group[-1]):
            if now - outermost.refused_at > ALONE:
                outermost.pace = pace.parted()

    def _join(self, pace: QuotaPace, others: list[QuotaPace], now: float) -> None:
        for other in others:
            if other is not pace:
                pace.join(other, now)
        for lane in self._lanes:
            if lane.pace in others:
                lane.pace = pace

    def _loads(self, sent: float, now: float) -> dict[QuotaPace, float]:
        """
        Return about how many objects went through each pace in the last second, in key order.

        Objects that were sent well before the refused request count like confirmed ones: had they
        been refused as well, that would be known by now.
        """
        loads: dict[QuotaPace, float] = {}
        for lane in self._lanes:
            load = lane.load * exp(lane.loaded_at - now)
            loads[lane.pace] = loads.get(lane.pace, 0.0) + load
        for permit in self._permits:
            if permit.sent < sent - (now - sent) / 2 and permit.lane.pace in loads:
                loads[permit.lane.pace] += permit.asked
        return loads


def _is_weak(rate: float) -> bool:
    return rate < WEAK * PARTITION_RATE
