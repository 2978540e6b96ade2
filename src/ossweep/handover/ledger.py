"""
Who carries a job on: at any moment one invocation, whatever is delivered twice and whoever dies.

A hop is an invocation's share of a job. Whoever begins with it creates its record, which only one
can, and writes it anew every few seconds. A holder whose record has not been written for longer
than the lease has died; whoever overtakes it creates a record with the next epoch, and so on.
Which of two times is the later one is told by OSS's own clock alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ossweep.errors import Closed, Scope, StoreError, UndoneError
from ossweep.handover.records import (
    END,
    FIRST,
    LEFT,
    STOP,
    Elsewhere,
    End,
    Held,
    Left,
    Look,
    Place,
    Record,
    last_place,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

R = TypeVar("R", Record, Left, End)

BEATS = 3  # that may be missed before a holder is taken for dead
SLACK = 2  # seconds more: OSS tells times in whole seconds
LOOKS = 1.0  # seconds between two looks at a holder that may be dead

OVERTAKEN = "another invocation has taken the job over"
ORDERED = "it was ordered to stop"
AT_WORK = "another invocation is at work on this job"


class Kept(Protocol):
    """An object as it was read, with when it was written and when it was read, in Unix seconds."""

    @property
    def content(self) -> bytes:
        """What it holds."""

    @property
    def written(self) -> int:
        """When it was written, by OSS's clock."""

    @property
    def now(self) -> int:
        """When it was read, by the same clock."""


class Shelf(Protocol):
    """Where the records are. Each method raises Closed and StoreError."""

    def create(self, name: str, content: bytes) -> bool:
        """Write an object that is not there yet; return whether it was not."""

    def write(self, name: str, content: bytes) -> None:
        """Write an object."""

    def read(self, name: str) -> Kept | None:
        """Return an object, if it is there."""

    def names(self, below: str = "") -> Sequence[str]:
        """Return the names of all objects that begin so."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects."""


@dataclass(frozen=True)
class _Seen:
    """All that there is of a job that has not ended."""

    last: Place
    record: Record
    age: int  # seconds
    written: int
    left: Left | None
    is_to_stop: bool

    def has_life(self, lease: float) -> bool:
        """Tell whether somebody is at work on it, as far as can be told."""
        return self.left is None and self.age <= lease


class Ledger:
    """The records of one job. One thread claims and leaves; another may keep meanwhile."""

    def __init__(
        self,
        shelf: Shelf,
        job: str,
        *,
        holder: str,
        beat_seconds: float,
        sleep: Callable[[float], None],
    ) -> None:
        self._shelf = shelf
        self._job = job
        self._folder = f"{job}/"
        self._holder = holder
        self._lease = BEATS * beat_seconds + SLACK
        self._sleep = sleep
        self._record = Record(holder)

    def claim(self, hop: int, continuation: dict[str, Any] | None) -> Held | Elsewhere:
        """
        Hold the hop that an event asks for, or the one after which nobody goes on.

        Waits where a holder may be dead or alive. Raises UndoneError if there was no time to tell,
        and StoreError.
        """
        first = Held(FIRST)
        if hop == 0 and self._create(first):
            return first
        return self._settle(lambda seen: _asked(seen, hop, continuation))

    def resume(self) -> Held | Elsewhere:
        """Hold the hop after the last one, because a person says so; raises as `claim` does."""
        found = self._settle(_resumed)
        if isinstance(found, Held):
            self._shelf.remove([self._folder + STOP])
            found = replace(found, is_to_stop=False)
        return found

    def keep(
        self,
        held: Held,
        continuation: dict[str, Any],
        answer: dict[str, Any],
        expected: int | None,
    ) -> str | None:
        """
        Write the holder's record; return why it shall not go on, if it shall not.

        Raises Closed and StoreError.
        """
        reason = self.reason_to_stop(held)
        if reason != OVERTAKEN:
            self._record = replace(
                self._record,
                beat=self._record.beat + 1,
                continuation=continuation,
                answer=answer,
                expected=expected,
            )
            self._shelf.write(self._folder + held.place.name, written(self._record))
        return reason

    def reason_to_stop(self, held: Held) -> str | None:
        """Return why a holder shall not go on, if it shall not; raises Closed and StoreError."""
        names = self._names()
        last = last_place(names)
        if last is not None and last > held.place:
            return OVERTAKEN
        return ORDERED if STOP in names else None

    def leave(self, held: Held, left: Left) -> None:
        """Write how the holder leaves its hop; raises Closed and StoreError."""
        self._shelf.write(self._folder + held.place.name + LEFT, written(left))
        if left.how == "stopped":
            self._shelf.remove([self._folder + STOP])

    def end(
        self,
        held: Held,
        answer: dict[str, Any],
        began: int | None,
        continuation: dict[str, Any] | None = None,
    ) -> None:
        """
        Write how the job has ended, and remove what nobody needs any more.

        A part leaves a continuation to the whole. The first record stays as well: a repetition of
        the event that began the job meets it. Raises Closed and StoreError.
        """
        place = held.place
        end = End(place.hop, place.epoch, began, answer, continuation)
        self._shelf.write(self._folder + END, written(end))
        if place != FIRST or self._record.beat:
            gone = self._names() - {END, FIRST.name}
            self._shelf.remove(self._folder + name for name in gone)

    def stop(self) -> None:
        """Order the job to stop at its next checkpoint; raises Closed and StoreError."""
        self._shelf.write(self._folder + STOP, b"{}")

    def look(self) -> Look:
        """Return how the job is; raises Closed and StoreError."""
        seen = self._look()
        if seen is None:
            return Look("unknown")
        if isinstance(seen, End):
            return Look("ended", seen.answer, seen.hop + 1, end=seen)
        how: str = seen.left.how if seen.left is not None else "dead"
        if seen.has_life(self._lease):
            how = "running"
        last = seen.left or seen.record
        now = seen.written + seen.age
        return Look(how, last.answer, seen.last.hop + 1, last.expected, now, seen.left)

    def _settle(self, judge: Callable[[_Seen | End | None], Held | Elsewhere]) -> Held | Elsewhere:
        """Hold the hop that is to be held by what can be seen, as soon as that can be told."""
        watched = None
        try:
            while True:
                seen = self._look()
                if isinstance(seen, _Seen) and seen.has_life(self._lease):
                    pulse = (seen.last, seen.record)
                    if watched is not None and watched != pulse:
                        return Elsewhere(AT_WORK, seen.record.answer)
                    watched = pulse
                    self._sleep(LOOKS)
                    continue
                found = judge(seen)
                if isinstance(found, Elsewhere):
                    return found
                if self._create(found):
                    ordered = isinstance(seen, _Seen) and seen.is_to_stop
                    return replace(found, is_to_stop=ordered)
        except Closed:
            raise UndoneError(
                f"the job {self._job} has a holder, and there was no time to tell whether it is "
                "alive; send the event again later"
            ) from None

    def _look(self) -> _Seen | End | None:
        while True:
            names = self._names()
            last = last_place(names)
            if END in names:
                kept = self._shelf.read(self._folder + END)
                end = _of(End, kept) if kept is not None else None
                if end is not None and (last is None or last <= end.place):
                    return end
            if last is None:
                return None
            kept = self._shelf.read(self._folder + last.name)
            left = None
            if last.name + LEFT in names:
                left = self._shelf.read(self._folder + last.name + LEFT)
            if kept is not None:
                return _Seen(
                    last,
                    _of(Record, kept),
                    age=kept.now - kept.written,
                    written=kept.written,
                    left=_of(Left, left) if left is not None else None,
                    is_to_stop=STOP in names,
                )

    def _names(self) -> frozenset[str]:
        return frozenset(
            name.removeprefix(self._folder) for name in self._shelf.names(self._folder)
        )

    def _create(self, held: Held) -> bool:
        record = Record(self._holder, began=held.began, continuation=held.continuation)
        self._record = record
        return self._shelf.create(self._folder + held.place.name, written(record))


def _asked(
    seen: _Seen | End | None, hop: int, continuation: dict[str, Any] | None
) -> Held | Elsewhere:
    """Return what an event asks for that is about a hop, where no holder is alive."""
    if seen is None:
        return Held(Place(hop), continuation)
    if isinstance(seen, End):
        return _asked_again(seen, hop, continuation)
    if hop > seen.last.hop:
        handed = seen.left.continuation if seen.left is not None else None
        return Held(Place(hop), continuation or handed, died=seen.last.epoch > 1)
    return _overtaking(seen) if seen.left is None else _after(seen.last, seen.left)


def _after(last: Place, left: Left) -> Held | Elsewhere:
    """Return what an event asks for that is about a hop which its holder has left."""
    if left.how == "released":
        return Held(Place(last.hop + 1), left.continuation)
    if left.how == "stopped":
        whole = {**(left.answer or {}), "continuation": left.continuation}
        return Elsewhere("this job was stopped", whole)
    if left.how == "split":
        return Elsewhere("its parts go on with it", left.answer, tuple(left.parts))
    return Elsewhere("its next invocation is called", left.answer, (left.continuation,))


def _asked_again(end: End, hop: int, continuation: dict[str, Any] | None) -> Held | Elsewhere:
    """Return what an event asks for after its job has ended: what failed may be tried once more."""
    is_part = end.continuation is not None  # whose failures the whole job has told
    if end.answer["status"] == "incomplete" and hop == end.hop and not is_part:
        again = Place(end.hop, end.epoch + 1)
        return Held(again, continuation, began=end.began, died=hop > 0)
    part_of = end.continuation["part_of"] if end.continuation is not None else None
    return Elsewhere("this job has ended", end.answer, part_of=part_of)


def _resumed(seen: _Seen | End | None) -> Held | Elsewhere:
    """Return what a person asks for who wants a job to go on, where no holder is alive."""
    if seen is None:
        return Elsewhere("there is no such job; if there was one, it has ended long ago")
    if isinstance(seen, End):
        return Elsewhere("this job has ended", seen.answer)
    if seen.left is not None and seen.left.how == "split":
        return _after(seen.last, seen.left)
    if seen.left is not None:
        return Held(Place(seen.last.hop + 1), seen.left.continuation)
    if seen.record.continuation is None:
        return Elsewhere("this job died before its first checkpoint; send its event again")
    return _overtaking(seen)


def _overtaking(seen: _Seen) -> Held:
    """Return the hop of a holder that has died."""
    return Held(
        Place(seen.last.hop, seen.last.epoch + 1),
        seen.record.continuation,
        began=seen.record.began or seen.written,
        died=True,
    )


def _of(kind: type[R], kept: Kept) -> R:
    try:
        return kind(**json.loads(kept.content))
    except (ValueError, TypeError):
        raise StoreError("BadRecord", "a job's record has been changed", Scope.JOB) from None
