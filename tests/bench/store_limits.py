"""What holds a store's requests up: latency with a slow tail, and OSS's quotas."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.store_objects import Run

# OSS's own spelling (its error 0026-00000028).
PARTITION_CODE = "PartitionQpsLimitted"
ACCOUNT_CODE = "TotalQpsLimitExceeded"


@dataclass(frozen=True)
class Latency:
    """
    How long requests take, in seconds; a share of them, drawn by chance, takes `tail_times` longer.

    A refusal costs `refusal`: the round trip, and none of the work.
    """

    listing: float = 0.0
    deletion: float = 0.0
    refusal: float = 0.0
    tail_share: float = 0.0
    tail_times: float = 1.0
    seed: int = 1

    def draw(self) -> Callable[[float], float]:
        """Return a function from a request's usual seconds to those that it takes this time."""
        chance = random.Random(self.seed)

        def lasts(usual: float) -> float:
            return usual * (self.tail_times if chance.random() < self.tail_share else 1.0)

        return lasts


class Bucket:
    """A token bucket: so many operations a second, and never more than one second's in stock."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = rate
        self._filled = now

    def holds(self, operations: int, now: float) -> bool:
        """Tell whether so many operations may be had now."""
        self._fill(now)
        return self._tokens >= operations

    def take(self, operations: int) -> None:
        """Take what it holds."""
        self._tokens -= operations

    def _fill(self, now: float) -> None:
        self._tokens = min(self._rate, self._tokens + (now - self._filled) * self._rate)
        self._filled = now


class Counting(Bucket):
    """A count that begins anew with every whole second, whatever is left of the one before."""

    def _fill(self, now: float) -> None:
        if floor(now) != floor(self._filled):
            self._tokens = self._rate
        self._filled = now


READINGS = {"tokens": Bucket, "counters": Counting}


@dataclass(frozen=True)
class Quota:
    """
    Operations a second, None for no limit.

    `partitions` are ranges of the key space with equally many keys, of `partition_rate` each.
    `reading` is how the quota is read: tokens that trickle in, or counters that begin anew every
    second; which of them OSS uses is not published. `neighbour` is how many objects a second
    somebody else writes, one by one and evenly, into the partition in the middle. They are
    reckoned and not sent, so that nothing but the quota is shared with the deleter.
    """

    partitions: int = 1
    partition_rate: float | None = None
    account_rate: float | None = None
    reading: str = "tokens"
    neighbour: float = 0.0


class Limits:
    """A quota's stock. A request takes all that it needs, or nothing and is refused."""

    def __init__(self, quota: Quota, count: int, now: float) -> None:
        self._parts, self._count = quota.partitions, max(count, 1)
        self._neighbour = quota.neighbour
        rate, make = quota.partition_rate, READINGS[quota.reading]
        self._partitions = [make(rate, now) for _ in range(quota.partitions)] if rate else []
        self._account = make(quota.account_rate, now) if quota.account_rate else None
        self._began: float | None = None  # when the first request came
        self.written = self.unwritten = 0  # the neighbour's writes since then, and those refused

    def partition(self, index: int) -> int:
        """Return the partition that holds the key of this index."""
        return min(index * self._parts // self._count, self._parts - 1)

    def operations_of(self, runs: Iterable[Run], block_size: int) -> Counter[int]:
        """Return how many of a batch's keys are in which partition."""
        asked: Counter[int] = Counter()
        for run in runs:
            # What is no key is somebody's operation, too: it is weighed on a partition near it.
            first = (run.block or 0) * block_size
            lowest = self.partition(max(first + min(run.positions), 0))
            if lowest == self.partition(max(first + max(run.positions), 0)):
                asked[lowest] += len(run.positions)
            else:
                asked.update(self.partition(max(first + at, 0)) for at in run.positions)
        return asked

    def refuse(self, asked: Counter[int], now: float) -> str | None:
        """Take the operations; or return the code of what is used up, and take nothing."""
        self._let_neighbour_write(now)
        return self._refuse(asked, now)

    def _let_neighbour_write(self, now: float) -> None:
        """Let the neighbour write what was due by now since the first request."""
        if self._began is None:
            self._began = now
        if not self._neighbour:
            return
        asked = Counter({self._parts // 2: 1})
        while (at := self._began + self.written / self._neighbour) <= now:
            self.written += 1
            self.unwritten += self._refuse(asked, at) is not None

    def _refuse(self, asked: Counter[int], now: float) -> str | None:
        whole = asked.total()
        if self._account is not None and not self._account.holds(whole, now):
            return ACCOUNT_CODE
        if self._partitions:
            # All of them are looked at, so that all are filled up to now.
            short = [not self._partitions[at].holds(n, now) for at, n in asked.items()]
            if any(short):
                return PARTITION_CODE
            for at, operations in asked.items():
                self._partitions[at].take(operations)
        if self._account is not None:
            self._account.take(whole)
        return None
