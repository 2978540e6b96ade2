"""
A sweep in virtual time: lanes that appear as ranges are split, deletions, and OSS's token buckets.

Nothing here takes time or depends on the machine: an event after the other is taken from a queue.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import floor
from random import Random
from typing import TYPE_CHECKING

from ossweep.engine.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.throttle import Lane, Permit, Reservation

PAGE_KEYS = 1000
LISTERS = 32
AHEAD = 4000  # keys of a lane that may be listed and not deleted


@dataclass
class Bucket:
    """
    Tokens that come back at a rate; it holds one second's worth and is full at first.

    `later` are times from which on it has another rate.
    """

    rate: float
    later: tuple[tuple[float, float], ...] = ()
    tokens: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.rate

    def holds(self, objects: float, now: float) -> bool:
        for since, rate in self.later:
            if since <= now:
                self.rate = rate
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return objects <= self.tokens


@dataclass
class Counted(Bucket):
    """A count that begins anew every second, the first time after `begins` seconds."""

    begins: float = 0.5
    second: int = 0

    def holds(self, objects: float, now: float) -> bool:
        second = floor(now - self.begins)
        if second != self.second:
            self.second, self.tokens = second, self.rate
        return objects <= self.tokens


@dataclass
class Neighbour:
    """Somebody else, who writes so many objects a second into one of the partitions."""

    rate: float
    partition: int = 0
    writes: int = 0
    refused: int = 0

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, self.writes)


@dataclass
class Oss:
    """Answers a deletion after `deletion` seconds, and refuses one after `listing` seconds."""

    keys: int
    account: Bucket | None = None
    partitions: list[Bucket] = field(default_factory=list)
    listing: float = 0.06
    deletion: float = 0.3
    cpu: float = 0.0  # seconds of this machine's only core that a request takes
    storm: tuple[float, float] = (0.0, 0.0)  # when every request is refused
    storm_partition: bool = False
    neighbour: Neighbour | None = None

    def verdict(self, first: int, objects: int, now: float) -> str:
        """Return "deleted", or whose quota a request exceeds."""
        self._let_neighbour_write(now)
        if self.storm[0] <= now < self.storm[1]:
            return "partition" if self.storm_partition else "account"
        return self._take(self._asked(first, objects), objects, now)

    def _let_neighbour_write(self, now: float) -> None:
        """Let the neighbour write what it has written up to now."""
        other = self.neighbour
        while other is not None and (at := other.writes / other.rate) <= now:
            other.writes += 1
            verdict = self._take([(self.partitions[other.partition], 1)], 1, at)
            other.refused += verdict != "deleted"

    def _take(self, asked: list[tuple[Bucket, int]], objects: int, now: float) -> str:
        if not all(bucket.holds(share, now) for bucket, share in asked):
            return "partition"
        if self.account is not None:
            if not self.account.holds(objects, now):
                return "account"
            self.account.tokens -= objects
        for bucket, share in asked:
            bucket.tokens -= share
        return "deleted"

    def partition_of(self, key: int) -> int:
        return key * len(self.partitions) // self.keys

    def _asked(self, first: int, objects: int) -> list[tuple[Bucket, int]]:
        asked = []
        for number, bucket in enumerate(self.partitions):
            begins = -(-number * self.keys // len(self.partitions))
            ends = -(-(number + 1) * self.keys // len(self.partitions))
            share = min(first + objects, ends) - max(first, begins)
            if share > 0:
                asked.append((bucket, share))
        return asked


@dataclass(eq=False)
class Range:
    """Keys `start` up to `listed` are waiting to be deleted, those up to `end` to be listed."""

    lane: Lane
    start: int
    listed: int
    end: int
    turn: int = 0  # in which a batch of it was started the last time

    @property
    def waiting(self) -> int:
        return self.listed - self.start

    @property
    def left(self) -> int:
        return self.end - self.start


@dataclass
class Run:
    """What has happened."""

    lists: int = 0
    deletions: int = 0
    refused: int = 0
    deleted: list[tuple[float, int, int]] = field(default_factory=list)  # time, first, objects
    refusals: list[float] = field(default_factory=list)
    sent: list[tuple[float, int]] = field(default_factory=list)
    windows: list[tuple[float, int]] = field(default_factory=list)  # time, in flight
    seconds: float = 0.0

    @property
    def refused_share(self) -> float:
        return self.refused / (self.lists + self.deletions)

    def rate(self, since: float, until: float, of: range | None = None) -> float:
        """Return the objects deleted a second in a time, of all keys or of those in a range."""
        return sum(
            objects
            for at, first, objects in self.deleted
            if since <= at < until and (of is None or first in of)
        ) / (until - since)


class Sweep:
    """Deletes all keys of a store through a throttle."""

    def __init__(  # noqa: PLR0913 - each is a condition of its own
        self,
        oss: Oss,
        *,
        seed: int = 1,
        most: int = 64,
        max_rate: int | None = None,
        share: float | None = None,
        late: float = 0.005,
    ) -> None:
        self.oss = oss
        self.random = Random(seed)
        self.now = 0.0
        self.late = late  # seconds, at most, that whoever sleeps oversleeps
        self.throttle = Throttle(lambda: self.now, self.random.uniform, most, max_rate, share)
        self.ranges: deque[Range] = deque()
        self.run = Run()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._core_free = 0.0
        self._left = oss.keys
        self._wakes = float("inf")
        self._in_flight = 0
        self._turn = 1

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        heappush(self._events, (self.now + seconds, next(self._numbers), act))

    def finish(self) -> Run:
        """Run to the end, and return what has happened."""
        self.at(0.0, lambda: self._list(Range(self.throttle.lane(), 0, 0, self.oss.keys)))
        while self._left:
            self.now, _, act = heappop(self._events)
            act()
            self._start()
        self.run.seconds = self.now
        return self.run

    def _took(self, seconds: float) -> float:
        """Return how long a request takes that OSS answers after so many seconds."""
        self._core_free = max(self._core_free, self.now) + self.oss.cpu
        return self._core_free - self.now + seconds * self.random.uniform(0.9, 1.1)

    def _list(self, keys: Range) -> None:
        if keys not in self.ranges:
            self.ranges.append(keys)
        self.run.lists += 1
        self.at(self._took(self.oss.listing), lambda: self._listed(keys))

    def _listed(self, keys: Range) -> None:
        keys.listed = min(keys.end, keys.listed + PAGE_KEYS)
        if len(self.ranges) < LISTERS and keys.end - keys.listed > 2 * PAGE_KEYS:
            self._split(keys)
        self._list_on(keys)

    def _list_on(self, keys: Range) -> None:
        if keys.listed == keys.end:
            if not keys.waiting and keys in self.ranges:
                self.ranges.remove(keys)
                self.throttle.close(keys.lane)
                largest = max(self.ranges, key=lambda each: each.end - each.listed, default=None)
                if largest and largest.end - largest.listed > 2 * PAGE_KEYS:
                    self._split(largest)
        elif keys.waiting <= AHEAD:
            self._list(keys)
        else:
            self.at(0.05, lambda: self._list_on(keys))

    def _split(self, keys: Range) -> None:
        middle = (keys.listed + keys.end) // 2
        lane = self.throttle.lane(beside=keys.lane)
        self._list(Range(lane, middle, middle, keys.end))
        keys.end = middle

    def _start(self) -> None:
        """Start what may start, taking turns, and wake up when the next may."""
        soonest = float("inf")
        room = self.throttle.room()
        while room:
            due, soonest = self._due()
            if due is None:
                break
            keys, objects = due
            keys.turn = self._turn
            self._turn += 1
            permit = self.throttle.start(keys.lane, objects)
            room = self.throttle.room()
            self._in_flight += 1
            self.run.windows.append((self.now, self._in_flight))
            self._send(permit, keys.start, objects, objects)
            keys.start += objects
            if not keys.waiting and keys.listed == keys.end:
                self._list_on(keys)
        if soonest < float("inf") and not self.now < self._wakes <= self.now + soonest:
            wakes = soonest + self.random.uniform(0.0, self.late)
            self._wakes = self.now + wakes
            self.at(wakes, lambda: None)

    def _due(self) -> tuple[tuple[Range, int] | None, float]:
        """Return the range whose turn it is, with its objects; else the seconds until one may."""
        soonest = float("inf")
        for keys in sorted(self.ranges, key=lambda each: each.left * (each.turn - self._turn)):
            objects = min(keys.lane.batch_keys, keys.waiting)
            if not objects or (objects == keys.waiting < PAGE_KEYS / 4 and keys.listed < keys.end):
                continue
            wait = self.throttle.wait(keys.lane)
            if wait <= 0:
                return (keys, objects), soonest
            soonest = min(soonest, wait)
        return None, soonest

    def _send(self, permit: Permit, first: int, objects: int, part: int) -> None:
        """Send the first part of a batch, and the rest of it after its answer."""
        self.run.deletions += 1
        self.run.sent.append((self.now, part))
        cpu = self._took(0.0)
        self.at(cpu + self.oss.listing / 2, lambda: self._arrive(permit, first, objects, part))

    def _arrive(self, permit: Permit, first: int, objects: int, part: int) -> None:
        verdict = self.oss.verdict(first, part, self.now)
        half = self.oss.listing / 2
        if verdict == "deleted":
            self.run.deleted.append((self.now, first, part))
            took = (self.oss.deletion - half) * self.random.uniform(0.9, 1.1)
            self.at(took, lambda: self._confirmed(permit, first, objects, part))
            return
        self.run.refused += 1
        self.run.refusals.append(self.now)
        partition = verdict == "partition"
        self.at(half, lambda: self._refused(permit, first, objects, part, partition))

    def _confirmed(self, permit: Permit, first: int, objects: int, part: int) -> None:
        permit.confirmed(part)
        self._left -= part
        if part == objects:
            permit.ended()
            self._in_flight -= 1
            return
        self._send_later(permit, first + part, objects - part, permit.part(objects - part))

    def _refused(
        self, permit: Permit, first: int, objects: int, part: int, partition: bool
    ) -> None:
        self._send_later(permit, first, objects, permit.refused(part, partition=partition))

    def _send_later(self, permit: Permit, first: int, objects: int, turn: Reservation) -> None:
        late = self.random.uniform(0.0, self.late)
        self.at(turn.after + late, lambda: self._send(permit, first, objects, turn.objects))
