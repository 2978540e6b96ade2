"""A bucket in memory behind a real gate, on a clock that only requests and tests move."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from threading import Condition, Event, RLock
from typing import TYPE_CHECKING

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.engine.planning import PlanTerms
from ossweep.engine.sweep import sweep
from ossweep.engine.throttle import Throttle
from ossweep.errors import Closed, Scope, StoreError
from ossweep.handover.continuation import seal, unseal
from ossweep.objects import Failure, Fates, Found, Lot, Neighbours
from ossweep.row import ALIKE, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ossweep.engine.ports import Keeper, Lists
    from ossweep.engine.result import Result
    from ossweep.engine.sweep import Progress
    from ossweep.engine.throttle import Permit
    from ossweep.objects import Page, Shown
    from ossweep.work import Ceiling, Counts, Work

BEGAN = 1_000_000  # OSS's own time at its first answer
SECONDS = 60.0  # of a hop
REFUSAL = StoreError("FileImmutable", "No.", Scope.KEYS)
LONG = 30.0  # real seconds: no test waits so long unless it fails


class Clock:
    """A clock that stands still until it is moved; threads share it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Bucket:
    """
    What is in OSS, over all hops, and what a sweep has asked of it.

    `denied` keys are never deleted; each is refused by itself, as long as the gate is open. A
    deletion that holds a `silent` key is answered up to that key only, once; the value tells
    whether the rest of it was carried out all the same; what of it has no answer is `doubted`. In a
    `tree` a directory is refused as long as something is in it; `waited` are those that were.
    """

    objects: dict[str, Found]
    denied: frozenset[str] = frozenset()
    silent: dict[str, bool] = field(default_factory=dict)
    page: int = 1000
    tree: bool = False
    versioning: str = ""
    tags: dict[str, Mapping[str, str]] = field(default_factory=dict)
    waited: set[str] = field(default_factory=set)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    confirmed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self._names = sorted(self.objects)

    @classmethod
    def of(cls, keys: Iterable[str], **more: object) -> Bucket:
        """Hold objects of ten bytes each, written long before the job."""
        return cls({key: Found(key, 10, BEGAN - 3600) for key in keys}, **more)  # type: ignore[arg-type] # passed on

    def after(self, prefix: str, after: str) -> list[Found]:
        """Return a page of what there is."""
        found: list[Found] = []
        with self.lock:
            start = max(bisect_right(self._names, after), bisect_right(self._names, prefix) - 1)
            for name in self._names[max(0, start) :]:
                if len(found) == self.page or not (name.startswith(prefix) or name < prefix):
                    break
                if name > after and name.startswith(prefix) and name in self.objects:
                    found.append(self.objects[name])
        return found

    def from_key(self, key: str) -> list[Found]:
        """Return a page of what there is from a key on."""
        with self.lock:
            names = self._names[bisect_left(self._names, key) :]
            there = (self.objects[name] for name in names if name in self.objects)
            return [*islice(there, self.page)]

    def folders(self, prefix: str, after: str) -> list[str]:
        """Return the directories right below a prefix that hold anything behind a key."""
        with self.lock:
            there = [key[len(prefix) :] for key in self.objects if key.startswith(prefix)]
            below = {prefix + each[: each.find("/") + 1] for each in there if "/" in each}
        return sorted(each for each in below if each > after or after.startswith(each))

    def write(self, keys: Iterable[str], modified: int = BEGAN + 60) -> None:
        """Write objects anew, as somebody else does while a job is going on."""
        with self.lock:
            self.objects.update({key: Found(key, 3, modified) for key in keys})
            self._names = sorted({*self._names, *self.objects})

    def full(self, keys: Iterable[str]) -> list[str]:
        """Delete what may go of keys, one after the other; return the directories that may not."""
        full = []
        for key in keys:
            if key.endswith("/") and any(each != key for each in self._below(key)):
                full.append(key)
            else:
                self.remove({key} - self.denied)
        self.waited.update(full)
        return full

    def _below(self, prefix: str) -> list[str]:
        return [key for key in self.objects if key.startswith(prefix)]

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)


@dataclass(frozen=True)
class Began:
    """When a job began, which every answer tells alike."""

    time: int

    def clock(self, known: int | None) -> int:
        return known or self.time

    def last_date(self) -> int | None:
        return self.time


class MemoryStore:
    """The store of one hop. `at` tells what happens as the request of that number starts."""

    def __init__(
        self, bucket: Bucket, gate: Gate, at: Mapping[int, Callable[[], None]] | None = None
    ) -> None:
        self.bucket = bucket
        self.gate = gate
        self.closed = Event()
        self._at = {} if at is None else at
        self._requests = 0

    def clock(self, known: int | None) -> int:
        return BEGAN if known is None else known

    def last_date(self) -> int | None:
        return BEGAN

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        more = True
        while more:
            self.admit("list")
            page = self.bucket.after(prefix, after)
            self.bucket.shown.update(found.key for found in page)
            more = len(page) == self.bucket.page
            yield Lot(page), more
            after = page[-1].key if page else after

    def level(self, prefix: str) -> Iterator[Sequence[Found]]:
        after, more = "", True
        while more:
            self.admit("list")
            page = self.bucket.after(prefix, after)
            more, after = len(page) == self.bucket.page, page[-1].key if page else after
            yield [found for found in page if "/" not in found.key[len(prefix) :]]

    def borders(self, prefix: str, after: str) -> tuple[list[str], str] | None:
        self.admit("list")
        found = self.bucket.folders(prefix, after)
        there, more = found[: self.bucket.page], found[self.bucket.page :]
        return there, there[-1] if more else ""

    def versioning(self) -> str:
        return self.bucket.versioning

    def find(self, key: str) -> Found | None:
        self.admit("list")
        return self.bucket.objects.get(key)

    def tags(self, key: str, permit: Permit) -> Mapping[str, str] | None:
        self.admit("tags")
        if key not in self.bucket.objects:
            raise StoreError("NoSuchKey", "No.", Scope.KEYS)
        return self.bucket.tags.get(key, {})

    def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
        self.admit("list")
        page = self.bucket.from_key(keys[0])
        is_full = len(page) == self.bucket.page
        decided = bisect_right(keys, page[-1].key) if is_full else len(keys)
        wanted = {*keys[:decided]}
        found = {each.key: each for each in page if each.key in wanted}
        etags = {key: f"E{found[key].size}" for key in found} if with_etags else {}
        return Neighbours(decided, found, etags)

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        try:
            self.admit("delete")
        except Closed:
            return Fates()
        return self.carry_out(keys, shown)

    def close(self) -> None:
        self.closed.set()

    def admit(self, kind: str) -> None:
        with self.bucket.lock:
            if self.closed.is_set():
                raise Closed
            self.gate.admit("list" if kind in {"list", "tags"} else "batch_delete")
            self._requests += 1
            self._at.get(self._requests, lambda: None)()

    def carry_out(self, keys: Sequence[str], shown: Shown) -> Fates:
        """Delete what can be, and tell what this fake lets OSS tell."""
        bucket = self.bucket
        with bucket.lock:
            bucket.asked.append(tuple(keys))
            mute = next((number for number, key in enumerate(keys) if key in bucket.silent), None)
            heard, unheard = (keys, ()) if mute is None else (keys[:mute], keys[mute:])
            bucket.doubted.update(unheard)
            if unheard and bucket.silent.pop(unheard[0]):
                bucket.remove(set(unheard) - bucket.denied)
            full = bucket.full(heard) if bucket.tree else []
            deleted = frozenset(heard) - bucket.denied - set(full)
            bucket.remove(deleted)
            bucket.confirmed.update(deleted)
        if deleted:
            self.gate.deleted()
        failed, passed_over = self._refused(heard, shown.refused)
        if passed_over:
            self.gate.passed_over(REFUSAL)
        refused = tuple(Failure(key, "FileAlreadyExists", "Not empty.") for key in full)
        return Fates(deleted, failed, frozenset(unheard), passed_over=passed_over, full=refused)

    def _refused(
        self, keys: Sequence[str], refused: str
    ) -> tuple[tuple[Failure, ...], tuple[Failure, ...]]:
        """Ask for each denied key by itself, and pass over those behind a hundred in a row."""
        failed, passed_over = [], []
        row = Row(refused, ALIKE if refused else 0)
        with suppress(Closed):
            for key in keys:
                if key not in self.bucket.denied:
                    if row.times:
                        row.end()
                        self.gate.deleted()
                elif row.times >= ALIKE or self.gate.refused:
                    passed_over.append(Failure(key, REFUSAL.code, REFUSAL.message))
                else:
                    self.gate.admit("delete")
                    self.gate.failed(REFUSAL)
                    row.add(REFUSAL.code)
                    self.bucket.refused[key] += 1
                    failed.append(Failure(key, REFUSAL.code, REFUSAL.message))
        return tuple(failed), tuple(passed_over)


class LateStore(MemoryStore):
    """A store whose deletions of some keys wait, after OSS has carried them out, for an event."""

    def __init__(self, bucket: Bucket, gate: Gate, late: Mapping[str, Event]) -> None:
        super().__init__(bucket, gate)
        self._late = late

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        answer = super().delete(keys, pace, shown)
        for key in keys:
            if key in self._late:
                assert self._late[key].wait(LONG)
        return answer


class ShuffledStore(MemoryStore):
    """
    A store whose deletions of some keys are overtaken by others.

    They wait until two later ones have ended, or a moment if there are no later ones; any order of
    the answers is a right one.
    """

    def __init__(
        self,
        bucket: Bucket,
        gate: Gate,
        at: Mapping[int, Callable[[], None]],
        slow: frozenset[str],
    ) -> None:
        super().__init__(bucket, gate, at)
        self._slow = slow
        self._ended = 0
        self._change = Condition()

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        with self._change:
            before = self._ended
            if not self._slow.isdisjoint(keys):
                self._change.wait_for(lambda: self._ended >= before + 2, timeout=0.01)
        answer = super().delete(keys, pace, shown)
        with self._change:
            self._ended += 1
            self._change.notify_all()
        return answer


@dataclass(frozen=True)
class Seen:
    """What a report has said when it came."""

    listed: int
    counts: Counts
    seconds_left: float


@dataclass
class Hop:
    """One invocation: a clock, a gate, and what the sweep is told of the deployment."""

    clock: Clock = field(default_factory=Clock)
    protected: tuple[str, ...] = ()
    ceiling: Ceiling | None = None
    in_flight: int = 3
    listings: int = 1
    most_ranges: int = 64
    max_rate: int | None = None
    reports: list[Seen] = field(default_factory=list)
    on_report: Callable[[Seen], None] = lambda _: None
    keeper: Keeper | None = None
    lists: Lists | None = None
    terms: PlanTerms = field(default_factory=PlanTerms)

    def __post_init__(self) -> None:
        self.gate = Gate(Budget(SECONDS, self.clock.monotonic))

    def leave(self, seconds: float) -> Callable[[], None]:
        """Return what moves the clock to so many seconds before the end."""

        def move() -> None:
            self.clock.now = SECONDS - seconds

        return move

    def refuse_all(self) -> None:
        """Let OSS answer that the credentials are gone."""
        self.gate.failed(StoreError("SecurityTokenExpired", "Gone.", Scope.JOB))

    def sweep(self, work: Work, store: MemoryStore) -> Result:
        def report(progress: Progress) -> None:
            seen = Seen(progress.listed, progress.counts, progress.seconds_left)
            self.reports.append(seen)
            self.on_report(seen)

        return sweep(
            work,
            store,
            self.gate,
            Throttle(self.clock.monotonic, lambda low, _high: low, self.in_flight, self.max_rate),
            protected=self.protected,
            ceiling=self.ceiling,
            in_flight=self.in_flight,
            listings=self.listings,
            report=report,
            keeper=self.keeper,
            most_ranges=self.most_ranges,
            lists=self.lists,
            terms=self.terms,
        )


def sent_back(result: Result) -> Work:
    """Return the work that is left as it arrives at the next hop."""
    return unseal(json.loads(json.dumps(seal(result.left))), "the request")
