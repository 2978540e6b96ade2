"""Old batches of one page are looked at once: one request a thousand keys, however few in each."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import oss2
import pytest

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.engine.throttle import Reservation
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER, Listed, Shown
from ossweep.store import OssStore
from ossweep.store.review import OLDEST_LISTING
from ossweep.store.sights import MOST, Sight, Sights
from ossweep.world import World
from unit.memory import Clock
from unit.test_store import Free, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.objects import Fates

pytestmark = pytest.mark.differs

CLOCK = 1_000_000
OLD, YOUNG = CLOCK - 60, CLOCK
SECONDS = 600.0
KEYS = [f"a/{number:04}" for number in range(2000)]
BATCHES = [KEYS[at : at + 100] for at in range(0, len(KEYS), 100)]
SLOW_DOWN = oss2.exceptions.ServerError(
    503, {"x-oss-request-id": "6A5B"}, b"", {"Code": "TotalQpsLimitExceeded"}
)


class Slow(Free):
    """The pace of a bucket whose quotas are met."""

    def refused(self, objects: int, *, partition: bool) -> Reservation:
        return Reservation(0.1, objects)


@dataclass
class Bucket:
    """
    Objects, by when they were written, and the prefixes of the listings that were asked for.

    The answer to a deletion is the next of `raises` instead, which carries nothing out.
    """

    there: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, OLD))
    listings: list[str] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)
    listing: Callable[[], None] = lambda: None  # called while a listing is under way

    def list_objects(self, prefix: str, marker: str, max_keys: int) -> Any:
        self.listings.append(prefix)
        keys = sorted(key for key in self.there if key.startswith(prefix))
        keys = keys[bisect_right(keys, marker) :]
        page = [SimpleNamespace(key=key, size=1, last_modified=self.there[key]) for key in keys]
        self.listing()
        return SimpleNamespace(
            object_list=page[:max_keys],
            is_truncated=len(page) > max_keys,
            next_marker=keys[max_keys - 1] if len(page) > max_keys else "",
        )

    def batch_delete_objects(self, keys: Sequence[str]) -> Any:
        if self.raises:
            raise self.raises.pop(0)
        for key in keys:
            self.there.pop(key, None)
        return SimpleNamespace(deleted_keys=list(keys))


class Job:
    """A store over a bucket, and a range whose listing is too old when the first batch comes."""

    def __init__(self) -> None:
        self.clock, self.bucket = Clock(), Bucket()
        world = World(self.clock.monotonic, self._sleep, lambda _, most: most)
        gate = Gate(Budget(SECONDS, self.clock.monotonic))
        self.store = OssStore(cast("Any", self.bucket), cast("Any", Session()), gate, world)
        self.shown = Shown(CLOCK, SECONDS, Listed("a/"))
        self.clock.now = OLDEST_LISTING + 1

    def delete(self, keys: Sequence[str]) -> Fates:
        return self.store.delete(keys, Slow(), self.shown)

    def _sleep(self, seconds: float) -> None:
        self.clock.now += seconds


def test_old_batches_of_one_page_cost_one_listing_of_their_range() -> None:
    """Below its prefix, which a policy allows where it allows no other."""
    job = Job()

    for batch in BATCHES:
        assert job.delete(batch).deleted == set(batch)

    assert job.bucket.listings == ["a/"] * 2


def test_batches_that_come_at_once_are_shown_by_one_listing() -> None:
    """Those behind the first wait for what it shows."""
    job = Job()
    others = [Thread(target=job.delete, args=(batch,)) for batch in BATCHES[1:5]]

    def start() -> None:
        for other in others:
            other.start()

    job.bucket.listing = start

    job.delete(BATCHES[0])
    for other in others:
        other.join()

    assert (len(job.bucket.listings), len(job.bucket.there)) == (1, len(KEYS) - 500)


def test_keys_that_another_batch_had_shown_are_judged_like_any_others() -> None:
    """What is newer stays, and what is gone needs no request."""
    job = Job()
    job.bucket.there["a/0150"] = YOUNG
    del job.bucket.there["a/0160"]

    job.delete(BATCHES[0])

    assert job.delete(BATCHES[1]).kept == {"a/0150": NEWER, "a/0160": GONE}
    assert len(job.bucket.listings) == 1


@pytest.mark.parametrize(("age", "listings"), [(OLDEST_LISTING, 1), (OLDEST_LISTING + 0.1, 2)])
def test_a_page_that_is_too_old_is_asked_for_again(age: float, listings: int) -> None:
    """A key written anew stays if the page is too old, and goes within the bound: the known gap."""
    job = Job()
    job.delete(BATCHES[0])
    job.bucket.there["a/0150"] = YOUNG
    job.clock.now += age

    kept = job.delete(BATCHES[1]).kept

    assert kept == ({"a/0150": NEWER} if listings == 2 else {})
    assert len(job.bucket.listings) == listings


def test_a_page_grows_no_younger_by_being_used() -> None:
    """A second attempt that comes when the page is too old looks again."""
    job = Job()
    job.delete(BATCHES[0])
    job.clock.now += OLDEST_LISTING
    job.bucket.raises = [SLOW_DOWN]
    job.bucket.there["a/0150"] = YOUNG

    assert job.delete(BATCHES[1]).kept == {"a/0150": NEWER}
    assert len(job.bucket.listings) == 2


def test_keys_in_doubt_are_looked_at_anew() -> None:
    """Another look has shown them before they were sent: that tells nothing of their request."""
    job = Job()
    job.delete(BATCHES[0])
    job.bucket.raises = [ConnectionResetError()]
    del job.bucket.there["a/0150"]

    assert job.delete(BATCHES[1]).kept == {"a/0150": GONE_UNANSWERED}
    assert len(job.bucket.listings) == 2


def test_keys_that_lie_beyond_a_page_are_not_judged_by_it() -> None:
    """Not even if only the last of them does."""
    sight = Sight(b"a", b"c", {"b": OLD, "c": OLD}, SECONDS)

    assert sight.of(["b", "c"]) is not None
    assert sight.of(["c", "d"]) is None
    assert sight.of(["a", "b"]) is None


def test_few_pages_are_kept_and_none_for_longer_than_it_is_of_use() -> None:
    """However many ranges there are."""
    sights, ranges = Sights(), [Listed("a/") for _ in range(2 * MOST)]
    for each in ranges:
        sights.keep(each, Sight(b"", None, {}, SECONDS))

    known = [each for each in ranges if sights.of(["a"], each, SECONDS) is not None]
    assert known == ranges[MOST:]

    sights.keep(ranges[0], Sight(b"", None, {}, SECONDS - OLDEST_LISTING - 1))
    assert [each for each in ranges if sights.of(["a"], each, SECONDS) is not None] == ranges[:1]


def test_a_look_whose_time_is_over_when_its_turn_comes_is_not_made() -> None:
    """It would be counted, and blamed on an endpoint that was never asked."""
    job = Job()
    job.shown = Shown(CLOCK, SECONDS, Busy("a/", job.clock))

    assert job.delete(BATCHES[0]).deleted == frozenset()
    assert job.bucket.listings == []


@dataclass(eq=False)
class Busy(Listed):
    """A range whose turn comes when the invocation's time is over."""

    clock: Clock

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        del seconds
        self.clock.now = SECONDS
        yield
