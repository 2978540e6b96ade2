"""A objects in memory, on a clock that only sleep and tests move, and invocations that share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from ossweep.leases.leases import Leases
from ossweep.leases.records import Departure, Lease, NotGranted
from ossweep.leases.timer import LeaseTimer

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ossweep.leases.records import How
    from ossweep.stops import Stop, Why

JOB = "job"
BEAT = 5.0
RESERVED = 2000  # objects, by each checkpoint
LEASE = 17.0  # seconds without a beat after which a holder counts as dead
NOON = 1_000_000  # what time it is when a test begins, in Unix seconds by OSS's clock


@dataclass(frozen=True)
class Kept:
    """An object as it was read, with when it was written and when it was read."""

    content: bytes
    written: int
    now: int


@dataclass
class MemoryStateObjects:
    """
    Small objects as OSS keeps them: created once, and with times in whole seconds.

    `before` is called with each request's name before it is carried out, and `after` afterwards.
    """

    now: float = NOON
    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None

    def create(self, name: str, make: Callable[[], bytes]) -> bool:
        return self._carried_out("create", lambda: self._create(name, make()))

    def write(self, name: str, content: bytes) -> bool:
        self._carried_out("write", lambda: self._put(name, content))
        return True

    def read(self, name: str) -> Kept | None:
        return self._carried_out("read", lambda: self._kept(name))

    def names(self, below: str = "") -> list[str]:
        return self._carried_out("names", lambda: sorted(self._below(below)))

    def remove(self, names: Iterable[str]) -> None:
        for name in list(names):
            self._carried_out("remove", lambda: self.objects.pop(name, None))  # noqa: B023 - at once

    def sleep(self, seconds: float) -> None:
        self._carried_out("sleep", lambda: self.pass_by(seconds))

    def clock(self) -> float:
        return self.now

    def moment(self) -> float:
        return self.now

    def time_at(self, moment: float) -> int:
        return int(moment)

    def latest(self) -> float:
        return int(self.now) + 1

    def pass_by(self, seconds: float) -> None:
        self.now += seconds

    def kept(self) -> list[str]:
        """Return what is there, by its name within the job's folder."""
        return [name.removeprefix(f"{JOB}/") for name in sorted(self.objects)]

    def _carried_out(self, name: str, act: Callable[[], T]) -> T:
        self.before(name)
        self.requests.append(name)
        found = act()
        self.after(name)
        return found

    def _create(self, name: str, content: bytes) -> bool:
        if name in self.objects:
            return self.objects[name][0] == content
        self._put(name, content)
        return True

    def _put(self, name: str, content: bytes) -> None:
        self.objects[name] = content, int(self.now)

    def _kept(self, name: str) -> Kept | None:
        if name not in self.objects:
            return None
        content, written = self.objects[name]
        return Kept(content, written, int(self.now))

    def _below(self, below: str) -> list[str]:
        return [name for name in self.objects if name.startswith(below)]


_HOLDERS = count(1)


def leases_on(
    objects: Any,
    *,
    job: str = JOB,
    beat: float = BEAT,
    time: Callable[[], int | None] = lambda: None,
    judge: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Leases:
    """Return the leases of an invocation of its own."""
    return Leases(
        objects,
        job,
        holder=f"holder {next(_HOLDERS)}",
        timer=LeaseTimer(beat, objects.clock),
        now=objects.clock,
        began=objects.now,
        time=time,
        sleep=objects.sleep,
        judge=judge,
    )


def rest(number: int) -> dict[str, Any]:
    """Return a continuation, to be told from others."""
    return {"job": JOB, "hop": number}


def said(status: str) -> dict[str, Any]:
    """Return an answer."""
    return {
        "job": JOB,
        "status": status,
        "reason": None,
        "bucket": "examplebucket",
        "dry_run": False,
        **dict.fromkeys(("listed", "deleted", "bytes", "failed", "skipped", "remaining"), 0),
        "failures": [],
        "skipped_because": {},
        "at_least": False,
        "requests_made": {},
        "seconds": 0.0,
        "continuation": None,
    }


@dataclass(frozen=True)
class Invocation:
    """One invocation, and the hop that it holds."""

    leases: Leases
    lease: Lease

    def keep(self, number: int) -> Stop | None:
        return self.leases.keep(self.lease, rest(number), said("unfinished"), None, RESERVED)

    def leave(self, how: How, number: int, why: Why | None = None) -> None:
        status = {"continued": "continued", "released": "unfinished", "stopped": "stopped"}[how]
        self.leases.depart(self.lease, Departure(how, rest(number), said(status), why=why))

    def end(self, status: str = "done", to_try_again: int | None = None) -> None:
        kept = rest(to_try_again) if to_try_again is not None else None
        self.leases.end(self.lease, said(status), NOON, kept)


def holding(objects: Any, hop: int = 0, number: int | None = None) -> Invocation:
    """Return an invocation that holds what its event asks for."""
    leases = leases_on(objects)
    found = leases.claim(hop, resumes=lambda _: True)
    assert isinstance(found, Lease), found
    return Invocation(leases, found)


def elsewhere(objects: Any, hop: int = 0, number: int | None = None) -> NotGranted:
    """Return what an invocation learns that does not hold what its event asks for."""
    found = leases_on(objects).claim(hop, resumes=lambda _: True)
    assert isinstance(found, NotGranted), found
    return found


def chain(objects: Any, hops: int) -> Invocation:
    """Hand a job over so many times, and return the invocation that holds it then."""
    now = holding(objects)
    for number in range(1, hops + 1):
        now.leave("continued", number)
        now = holding(objects, number, number)
    return now
