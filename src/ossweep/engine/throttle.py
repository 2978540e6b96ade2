"""
The throttle: says when the next deletion may start, from what OSS has answered so far.

OSS's quotas count objects, not requests (PROTOCOL 3.5): some 2,000 a second in a partition, a run
of the key space whose borders nobody is told, and 10,000 for an account. Nothing is assumed before
OSS refuses something.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, inf
from threading import Lock
from typing import TYPE_CHECKING

from ossweep.engine.pace import Pace, Window

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT_RATE = 10_000.0  # objects a second, as published
PARTITION_RATE = 2_000.0  # objects a second, as published
BATCH_KEYS = 1000  # the most keys OSS accepts in one DeleteMultipleObjects
LIMITED_KEYS = 250  # in a batch under a limit: it goes smoothly, and a refusal costs little
RECENT = 2.0  # seconds: refusals so near to each other may have one cause
PLAUSIBLE = 1.5  # times a partition's quota: what one partition may seem to carry


@dataclass(eq=False)
class Lane:
    """A key range whose objects are deleted in order. It begins without a limit of its own."""

    job: Pace
    pace: Pace
    confirmed: float = 0.0  # objects, each weighing less as it gets older
    confirmed_at: float = 0.0

    @property
    def batch_keys(self) -> int:
        """Return how many keys its next batch may hold."""
        return LIMITED_KEYS if self.job.limited or self.pace.limited else BATCH_KEYS


@dataclass(eq=False)
class Ticket:
    """A deletion under way. Its methods may be called from any one thread."""

    throttle: Throttle = field(repr=False)
    lane: Lane
    sent: float  # when its request starts or started; ahead of now while it pauses
    back_before: int
    left: int
    retried: bool = False

    @property
    def batch_keys(self) -> int:
        """Return how many keys a request may hold."""
        return self.lane.batch_keys

    def confirmed(self, objects: int) -> None:
        """Take note that OSS has deleted objects; what is left of the batch is asked for now."""
        self.throttle.confirm(self, objects)

    def refused(self, objects: int, *, partition: bool) -> float:
        """
        Take note that OSS has refused a request for so many objects, by its partition's quota or
        the account's (or any other 503). Return the seconds after which it may be tried again.

        The second try is booked: no waiting, room or start is asked for it. It may go in parts of
        `lane.batch_keys`, one after the other.
        """
        return self.throttle.refuse(self, objects, partition=partition)

    def ended(self) -> None:
        """Take note that it is no longer in flight, however it ended; a second time is harmless."""
        self.throttle.end(self)


class Throttle:
    """
    Paces the deletions of a job: one pace for the job, one for each lane or group of lanes.

    Safe for threads: every method takes the one lock, and none waits for anything else. It never
    sleeps: callers do, for as long as they are told.

    `clock` counts seconds, `uniform` draws between two numbers, `most` is the most deletions in
    flight, `max_rate` the most objects a second (OSSWEEP_MAX_RATE).
    """

    def __init__(
        self,
        clock: Callable[[], float],
        uniform: Callable[[float, float], float],
        most: int,
        max_rate: int | None,
    ) -> None:
        self._clock = clock
        self._uniform = uniform
        self._most = most
        self._lock = Lock()
        self._job = Pace(ACCOUNT_RATE, inf if max_rate is None else float(max_rate))
        self._lanes: list[Lane] = []  # in the order of their keys
        self._tickets: set[Ticket] = set()
        self._window = Window(most)

    def lane(self, beside: Lane | None = None) -> Lane:
        """Return a lane for a range that comes right after another's, or after all of them."""
        with self._lock:
            place = self._lanes.index(beside) + 1 if beside in self._lanes else len(self._lanes)
            before, after = self._lanes[:place][-1:], self._lanes[place:][:1]
            # What lies between two ranges of a partition lies in it.
            between = before and after and before[0].pace is after[0].pace
            lane = Lane(self._job, before[0].pace if between else Pace(PARTITION_RATE))
            self._lanes.insert(place, lane)
            return lane

    def close(self, lane: Lane) -> None:
        """Take note that a lane starts no more deletions; those under way go on."""
        with self._lock:
            if lane in self._lanes:
                self._lanes.remove(lane)

    def wait(self, lane: Lane) -> float:
        """Return the seconds until the lane's next batch may start: 0.0 is now."""
        with self._lock:
            return max(0.0, max(self._job.opens(), lane.pace.opens()) - self._clock())

    def room(self) -> int:
        """Return how many more deletions may be in flight. Those that pause are not, but count."""
        with self._lock:
            now = self._clock()
            flying = sum(ticket.sent <= now for ticket in self._tickets)
            return max(0, min(self._window.size() - flying, self._most - len(self._tickets)))

    def start(self, lane: Lane, objects: int) -> Ticket:
        """Book a deletion of so many objects that starts now, and count it as in flight."""
        with self._lock:
            now = self._clock()
            self._job.book(now, objects)
            lane.pace.book(now, objects)
            ticket = Ticket(self, lane, now, self._window.back, objects)
            self._tickets.add(ticket)
            return ticket

    def confirm(self, ticket: Ticket, objects: int) -> None:
        """Do what `Ticket.confirmed` says."""
        with self._lock:
            now = self._clock()
            lane = ticket.lane
            for pace in (self._job, lane.pace):
                pace.confirmed(ticket.sent)
            lane.confirmed = lane.confirmed * exp(lane.confirmed_at - now) + objects
            lane.confirmed_at = now
            ticket.left -= objects
            if not ticket.retried:
                self._window.came_back(objects, now - ticket.sent, ticket.back_before)
            ticket.sent = now
            ticket.back_before = self._window.back

    def refuse(self, ticket: Ticket, objects: int, *, partition: bool) -> float:
        """Do what `Ticket.refused` says."""
        with self._lock:
            now = self._clock()
            refusing = ticket.lane.pace if partition else self._job
            new = not refusing.limited
            refusing.refused(ticket.sent, now, self._uniform)
            if partition:
                self._explain(ticket, objects, now, new=new)
            ticket.sent = now
            for pace in (self._job, ticket.lane.pace):
                # OSS has to count up as many first.
                refilled = now + min(objects, LIMITED_KEYS) / pace.rate
                ticket.sent = max(ticket.sent, pace.book(refilled, objects))
            ticket.retried = True
            return ticket.sent - now

    def end(self, ticket: Ticket) -> None:
        """Do what `Ticket.ended` says."""
        with self._lock:
            self._tickets.discard(ticket)

    def _explain(self, ticket: Ticket, objects: int, now: float, *, new: bool) -> None:
        """
        Join the paces beside a refused lane's, if its own load cannot explain the refusal.

        A partition that carries its quota refuses nobody who alone asks for less. So others use
        it, and those are beside it in the order of keys: the fewest that make up for it.
        """
        refused = ticket.lane.pace
        loads = self._loads(ticket.sent, now)
        paces = list(loads)
        if refused not in loads:
            return  # the lane is closed and has no neighbours any more
        here = paces.index(refused)
        runs = (
            paces[first : last + 1] for first in range(here + 1) for last in range(here, len(paces))
        )
        explains = [
            run
            for run in runs
            if PARTITION_RATE - objects
            <= sum(loads[pace] for pace in run)
            <= PLAUSIBLE * PARTITION_RATE
            and (new or all(p is refused or now - p.refused_at < RECENT for p in run))
        ]
        if explains:
            self._join(refused, min(explains, key=len))

    def _join(self, pace: Pace, others: list[Pace]) -> None:
        for other in others:
            if other is not pace:
                pace.join(other)
        for lane in self._lanes:
            if lane.pace in others:
                lane.pace = pace

    def _loads(self, sent: float, now: float) -> dict[Pace, float]:
        """
        Return the objects that went through each pace in about the last second.

        What was sent before a request whose refusal is known already would have been refused too.
        """
        loads: dict[Pace, float] = {}
        for lane in self._lanes:
            went = lane.confirmed * exp(lane.confirmed_at - now)
            loads[lane.pace] = loads.get(lane.pace, 0.0) + went
        for ticket in self._tickets:
            if ticket.sent < sent:
                pace = ticket.lane.pace
                loads[pace] = loads.get(pace, 0.0) + ticket.left
        return loads
