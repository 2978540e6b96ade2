"""
The bill of a plan: requests by their billing class, money where prices are known, and time.

Deletions and listings are requests of the class PUT, looks at single objects of the class GET. The
vendor's table has one request for each call of DeleteMultipleObjects, and no sentence on whether
its keys count, or whose class's price it has where they differ: so there is a least and a most.
A listing has the price of the bucket's class, a deletion that of the object's. A page shows a
thousand keys and a call deletes as many: no application makes fewer requests than that takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.plans.directories import Amount
    from ossweep.plans.early import EarlyDeletion
    from ossweep.plans.prices import Prices

PARTITION_RATE = 2_000  # objects a second that OSS takes of one run of names, as it publishes
ACCOUNT_RATE = 10_000  # and of an account
_DAYS = 30  # of a month, in the vendor's formula
_BY = 10_000  # requests that a price is of


@dataclass(frozen=True)
class Between:
    """Two bounds of a number: `at_least` and `at_most`."""

    at_least: Decimal | int
    at_most: Decimal | int

    def __add__(self, other: Between) -> Between:
        """Return the bounds of a sum."""
        return Between(self.at_least + other.at_least, self.at_most + other.at_most)

    @property
    def is_exact(self) -> bool:
        """Whether there is nothing between them."""
        return self.at_least == self.at_most


@dataclass(frozen=True)
class RequestsNeeded:
    """
    The requests that a plan's application makes, repetitions left out.

    `deletions` are by storage class, `calls` all of them together: a call may hold several classes.
    """

    lists: Between
    calls: int
    deletions: Mapping[str, Between]
    looks: int = 0

    @property
    def put(self) -> Between:
        """Requests that are billed in the class PUT."""
        most = sum(each.at_most for each in self.deletions.values())
        return self.lists + Between(self.calls, most)


@dataclass(frozen=True)
class Money:
    """
    What a plan costs in a currency; `unpriced` tells what is not in it, and which price is missing.

    `early` is for days that are short, `requests` for requests.
    """

    currency: str
    early: Between
    requests: Between
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duration:
    """How many seconds an application takes, and how many invocations, at these quotas."""

    seconds: Between
    invocations: Between
    rate: Between


def requests_needed(
    by_class: Mapping[str, Amount], *, lists: int = 0, alone: int = 0, batches: bool = True
) -> RequestsNeeded:
    """
    Return the requests for objects by class.

    The dry run has made `lists` listings. `alone` objects go by themselves because of their names,
    and without `batches`, in a bucket with a hierarchical namespace, all do.
    """
    objects = sum(each.objects for each in by_class.values())
    single = min(alone, objects) if batches else objects
    calls = single + ceil((objects - single) / BATCH_KEYS)
    deletions = {
        name: Between(
            ceil(each.objects / BATCH_KEYS) if batches and len(by_class) == 1 else 0, each.objects
        )
        for name, each in by_class.items()
    }
    if not batches:
        deletions = {name: Between(each.objects, each.objects) for name, each in by_class.items()}
    pages = ceil(objects / BATCH_KEYS)
    return RequestsNeeded(Between(pages, max(pages, lists)), calls, deletions)


def money_for(
    prices: Prices,
    early: EarlyDeletion,
    needed: RequestsNeeded,
    bucket_class: str | None = None,
) -> Money:
    """Return what a plan costs, where a price is known for it."""
    unpriced: list[str] = []
    days = Between(Decimal(0), Decimal(0))
    for name, each in early.short.items():
        price = prices.gb_month.get(name)
        if price is None:
            unpriced.append(f"days that are short: a GB-month of {name}")
            continue
        least, most = map(Decimal, each.gb_days)
        days += Between(least * price / _DAYS, most * price / _DAYS)
    unpriced += [f"days that are short: the least days of {name}" for name in early.unknown]
    requests = Between(Decimal(0), Decimal(0))
    missing = [name for name in needed.deletions if name not in prices.put]
    if missing:
        unpriced.append(f"deletions: a PUT request of {', '.join(missing)}")
    elif needed.deletions:
        cheapest = min(prices.put[name] for name in needed.deletions)
        costs = (each.at_most * prices.put[name] for name, each in needed.deletions.items())
        most = sum(costs, Decimal(0))
        requests += Between(needed.calls * cheapest / _BY, most / _BY)
    looks = Between(needed.looks, needed.looks)
    beside = (("listings", prices.put, needed.lists), ("looks", prices.get, looks))
    for kind, table, number in beside:
        price = table.get(bucket_class or "")
        if number.at_most and price is None:
            unpriced.append(f"{kind}: a request in the bucket's class")
        elif price is not None:
            requests += Between(number.at_least * price / _BY, number.at_most * price / _BY)
    return Money(prices.currency, days, requests, tuple(unpriced))


def duration_of(
    objects: int,
    *,
    seconds_each: float,
    max_rate: int | None = None,
    share: float | None = None,
    parallel: int = 1,
) -> Duration:
    """
    Return how long it takes to delete so many objects.

    It is as fast as the account's quota at the best, as that of one run of names at the worst.
    `seconds_each` is the time that one invocation has for work, `parallel` how many are at work.
    """
    rates = [ACCOUNT_RATE * (share or 1), PARTITION_RATE * (share or 1)]
    best, worst = (each if max_rate is None else min(each, max_rate) for each in rates)
    seconds = ceil(objects / best), ceil(objects / worst)
    least, most = (_invocations(each, seconds_each, parallel) for each in seconds)
    return Duration(Between(*seconds), Between(least, most), Between(ceil(worst), ceil(best)))


def _invocations(seconds: int, seconds_each: float, parallel: int) -> int:
    """Return how many share the work; a job that one has time for is not cut into parts."""
    return max(parallel, ceil(seconds / seconds_each)) if seconds > seconds_each else 1
