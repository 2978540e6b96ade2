"""
Who carries a job on: at any moment one invocation, whatever is delivered twice and whoever dies.

A hop is an invocation's share of a job. Whoever begins with it creates its record, which only one
can, and writes it anew every few seconds. A holder whose record has not been written for longer
than the lease has died; whoever overtakes it creates a record with the next epoch, and so on.
Which of two times is the later one is told by OSS's own clock alone.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ossweep.errors import Closed, RequestError, Scope, StoreError, UndoneError
from ossweep.handover.claims import Seen, asked, gathered, resumed
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
    Record,
    last_place,
    places,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ossweep.handover.records import Place

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
        RequestError if the work that is left is gone, and StoreError.
        """
        first = Held(FIRST)
        with self._in_time():
            if hop == 0 and self._create(first):
                return first
            if hop > 0 and continuation is None:
                continuation = self._handed(hop)
            return self._settle(lambda seen: asked(seen, hop, continuation), hop)

    def gather(self, hop: int, continuation: dict[str, Any]) -> Held | Elsewhere:
        """
        Hold the hop in which a job's parts come together, unless somebody has held it before.

        Raises as `claim` does.
        """
        with self._in_time():
            return self._settle(lambda seen: gathered(seen, hop, continuation), hop)

    def resume(self) -> Held | Elsewhere:
        """Hold the hop after the last one, because a person says so; raises as `claim` does."""
        with self._in_time():
            found = self._settle(resumed)
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

    @property
    def last_checkpoint(self) -> Record | None:
        """The last checkpoint that this holder has written, if it has written one."""
        return self._record if self._record.beat else None

    def reason_to_stop(self, held: Held) -> str | None:
        """Return why a holder shall not go on, if it shall not; raises Closed and StoreError."""
        names = self._names()
        if self._is_past(held.place, names):
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
        the event that began the job meets it. One who was overtaken leaves that to whoever has the
        job. Raises Closed and StoreError.
        """
        place = held.place
        end = written(End(place.hop, place.epoch, began, answer, continuation))
        if place == FIRST and not self._record.beat:
            self._shelf.write(self._folder + END, end)
            return
        names = self._names()
        if self._is_past(place, names):
            return
        self._shelf.write(self._folder + END, end)
        gone = names - {END, FIRST.name}
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
        return Look(how, last.answer, seen.place.hop + 1, last.expected, now, seen.left)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except Closed:
            raise UndoneError(
                f"time ran out before it was clear who carries the job {self._job} on; send the "
                "event again later"
            ) from None

    def _settle(
        self, judge: Callable[[Seen | End | None], Held | Elsewhere], hop: int = 0
    ) -> Held | Elsewhere:
        """
        Hold the hop that is to be held by what can be seen, as soon as that can be told.

        Who is sent to a hop after the last one need not ask whether its holder is alive: somebody
        has left it, and the others who held it are overtaken by that.
        """
        watched = None
        while True:
            seen = self._look()
            if isinstance(seen, Seen) and seen.place.hop >= hop and seen.has_life(self._lease):
                pulse = (seen.place, seen.record)
                if watched is not None and watched != pulse:
                    return Elsewhere(AT_WORK)
                watched = pulse
                self._sleep(LOOKS)
                continue
            found = judge(seen)
            if isinstance(found, Elsewhere):
                return found
            if found.place.hop > 0 and found.continuation is None:
                raise RequestError(
                    f"the state of the job {self._job} is gone; send its request anew"
                )
            if self._create(found):
                held = self._confirmed(found, seen)
                if held is not None:
                    return held

    def _confirmed(self, found: Held, seen: Seen | End | None) -> Held | None:
        """Return what has just been created, unless the job has gone past what was seen."""
        names = self._names()
        end = self._end(names)
        is_over = end is not None and end != seen and not (seen and end.place < seen.place)
        if is_over or self._is_past(found.place, names):
            self._shelf.remove([self._folder + found.place.name])
            return None
        # Somebody has taken the hop before for a dead one's, and may have begun with it.
        others = places(names) - {found.place}
        doubled = any(seen is None or place > seen.place for place in others)
        ordered = isinstance(seen, Seen) and seen.is_to_stop
        return replace(found, is_to_stop=ordered, died=found.died or doubled)

    def _is_past(self, place: Place, names: frozenset[str]) -> bool:
        """Tell whether somebody holds a later place, or has ended the job from it."""
        last = last_place(names)
        if last is not None and last > place:
            return True
        end = self._end(names)
        return end is not None and end.place >= place

    def _handed(self, hop: int) -> dict[str, Any] | None:
        """Return what the hop before has left, by whichever of its holders, if it is there."""
        for place in sorted(places(self._names(), LEFT), reverse=True):
            if place.hop == hop - 1:
                kept = self._shelf.read(self._folder + place.name + LEFT)
                if kept is not None:
                    return _of(Left, kept).continuation
        return None

    def _look(self) -> Seen | End | None:
        while True:
            names = self._names()
            last = last_place(names)
            end = self._end(names)
            if end is not None and (last is None or last <= end.place):
                return end
            if last is None:
                return None
            kept = self._shelf.read(self._folder + last.name)
            left = None
            if last.name + LEFT in names:
                left = self._shelf.read(self._folder + last.name + LEFT)
            if kept is not None:
                return Seen(
                    last,
                    _of(Record, kept),
                    age=kept.now - kept.written,
                    written=kept.written,
                    left=_of(Left, left) if left is not None else None,
                    is_to_stop=STOP in names,
                )

    def _end(self, names: frozenset[str]) -> End | None:
        kept = self._shelf.read(self._folder + END) if END in names else None
        return _of(End, kept) if kept is not None else None

    def _names(self) -> frozenset[str]:
        return frozenset(
            name.removeprefix(self._folder) for name in self._shelf.names(self._folder)
        )

    def _create(self, held: Held) -> bool:
        record = Record(self._holder, began=held.began, continuation=held.continuation)
        self._record = record
        return self._shelf.create(self._folder + held.place.name, written(record))


def _of(kind: type[R], kept: Kept) -> R:
    try:
        return kind(**json.loads(kept.content))
    except (ValueError, TypeError):
        raise StoreError("BadRecord", "a job's record has been changed", Scope.JOB) from None
