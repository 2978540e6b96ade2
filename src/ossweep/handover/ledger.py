"""
Who carries a job on: at any moment one invocation, whatever is delivered twice and whoever dies.

A hop is an invocation's share of a job. Whoever begins with it creates its record, which only one
can, and gives signs of life: it writes the record anew every few seconds, and a small object beside
it where that takes longer. A holder that has given none for longer than the lease in its record has
died, or has stopped; whoever overtakes it creates a record with the next epoch, and so on.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from ossweep.errors import Closed, RequestError, UndoneError
from ossweep.handover import orders
from ossweep.handover.claims import Seen, asked, gathered, resumed
from ossweep.handover.folder import Folder, handed_to
from ossweep.handover.records import (
    BEAT,
    END,
    FIRST,
    LEFT,
    Elsewhere,
    End,
    Held,
    Left,
    Look,
    Record,
    beat,
    record_name,
    written,
)
from ossweep.handover.watch import Watch
from ossweep.stops import ORDERED, OVERTAKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ossweep.events import Reply
    from ossweep.handover.lease import Lease
    from ossweep.handover.ports import Shelf
    from ossweep.stops import Stop, Why

LOOKS = 1.0  # seconds between two looks at a holder that may be dead

AT_WORK = "another invocation is at work on this job"


class Ledger:
    """
    The records of one job. One thread claims and leaves; others may keep and beat meanwhile.

    `began` is when the invocation did, in seconds by the clock that `now` reads; `time` tells it by
    OSS's own clock, in Unix seconds, once OSS has told that.
    """

    def __init__(  # noqa: PLR0913 - all that it takes to hold a job
        self,
        shelf: Shelf,
        job: str,
        *,
        holder: str,
        lease: Lease,
        now: Callable[[], float],
        began: float,
        time: Callable[[], int | None],
        sleep: Callable[[float], None],
    ) -> None:
        self._shelf = shelf
        self._job = job
        self._folder = f"{job}/"
        self._records = Folder(shelf, self._folder)
        self._whole = ""  # the folder of the job that this one is a part of, if it is
        self._holder = holder
        self._now = now
        self._began = began
        self._time = time
        self._sleep = sleep
        self._record = Record(holder, lease.seconds)
        self._beats = 0
        self._orders = 0  # to stop, that have been given here
        self._writings = 1  # names that the record has had; the first is its creation's alone
        self._is_in_doubt = False  # whether a request to write it may be carried out late
        self.lease = lease
        self.last_checkpoint: Record | None = None  # that this holder has made
        self._seen_orders: list[str] = []  # to stop, that it has seen last
        self.has_stopped = False  # for an order that nobody had taken back by then

    def claim(
        self, hop: int, *, may_resume: bool = True, answer: dict[str, Any] | None = None
    ) -> Held | Elsewhere:
        """
        Hold the hop that an event asks for, or the one after which nobody goes on.

        What is left of the job stands in its records; only the event of hop 0 brings its work, and
        in `answer` what there is to tell of it. One that was stopped goes on with its next hop only
        where that is said by one who `may_resume`.

        Waits where a holder may be dead or alive. Raises UndoneError if there was no time to tell,
        RequestError if the work that is left is gone, and StoreError.
        """
        first = Held(FIRST, answer=answer)
        with self._in_time():
            if hop == 0 and self._create(first):
                return first
            return self._settle(lambda seen: self._asked(seen, hop, may_resume=may_resume), hop)

    def gather(
        self, hop: int, continuation: dict[str, Any], answer: dict[str, Any] | None = None
    ) -> Held | Elsewhere:
        """
        Hold the hop in which a job's parts come together, unless somebody has held it before.

        `answer` is what they tell of the job together. Raises as `claim` does.
        """
        with self._in_time():
            return self._settle(lambda seen: gathered(seen, hop, continuation, answer))

    def resume(self) -> Held | Elsewhere:
        """
        Take an order to stop back, and hold the hop after the last one, because a person says so.

        Raises as `claim` does.
        """
        with self._in_time():
            self.take_back_order()
            return self._settle(resumed)

    def take_back_order(self) -> None:
        """Take all orders to stop back, if there are any; raises Closed and StoreError."""
        self._take_back(orders.standing(self._records.names()))

    def _take_back(self, given: Iterable[str]) -> None:
        for order in given:
            self._shelf.write(self._folder + order + orders.BACK, b"{}")

    def release(self) -> None:
        """Let whoever comes next go on with a job that was stopped; raises Closed, StoreError."""
        self.take_back_order()
        seen = self._records.seen()
        if isinstance(seen, Seen) and seen.left is not None and seen.left.how == "stopped":
            released = replace(seen.left, how="released", why=None)
            self._shelf.write(self._folder + seen.place.name + LEFT, written(released))

    def is_part_of(self, job: str | None) -> None:
        """Take note of the job that this one is a part of: orders to stop that one count here."""
        self._whole = f"{job}/" if job is not None else ""

    def keep(
        self,
        held: Held,
        continuation: dict[str, Any],
        answer: dict[str, Any],
        expected: int | None,
        reserved: int,
    ) -> Stop | None:
        """
        Write the holder's record; return why it shall not go on, if it shall not.

        Whoever has overtaken this holder until the record was written is seen afterwards, and
        whoever does later reads it once more. Raises Closed and StoreError.
        """
        if self.reason_to_stop(held) is OVERTAKEN:
            return OVERTAKEN
        self._record = self.last_checkpoint = replace(
            self._record,
            beat=self._record.beat + 1,
            reserved=reserved,
            continuation=continuation,
            answer=answer,
            expected=expected,
            sent=self._time_by_oss(),
        )
        self._writings += self._is_in_doubt
        name = self._folder + record_name(held.place, self._writings)
        content = written(self._record)
        sent, self._is_in_doubt = self._now(), True
        self._is_in_doubt = not self._shelf.write(name, content)
        self.lease.renew(sent)
        return self.reason_to_stop(held)

    def beat(self, held: Held) -> None:
        """Give a sign of life, small and in one request; raises Closed and StoreError."""
        self._beats += 1
        sent, content = self._now(), beat(self._beats, self._time_by_oss())
        self._shelf.write(self._folder + held.place.name + BEAT, content)
        self.lease.renew(sent)

    def reason_to_stop(self, held: Held) -> Stop | None:
        """Return why a holder shall not go on, if it shall not; raises Closed and StoreError."""
        names = self._records.names()
        if self._records.is_past(held.place, names):
            return OVERTAKEN
        self._seen_orders = orders.standing(names)
        return ORDERED if self._seen_orders or self.is_whole_to_stop() else None

    def is_whole_to_stop(self) -> bool:
        """Tell whether the job that this one is a part of was ordered to stop; raises as `look`."""
        return bool(self._whole) and Folder(self._shelf, self._whole).is_to_stop()

    def leave(self, held: Held, left: Left) -> None:
        """Write how the holder leaves its hop; raises Closed and StoreError."""
        self._shelf.write(self._folder + held.place.name + LEFT, written(left))
        if left.how == "stopped":
            # What was ordered since is about whoever goes on.
            standing = orders.standing(self._records.names())
            obeyed = [order for order in standing if order in self._seen_orders]
            self.has_stopped = bool(obeyed) or self.is_whole_to_stop()
            self._take_back(obeyed)

    def end(  # noqa: PLR0913, PLR0917 - all that its record holds
        self,
        held: Held,
        answer: dict[str, Any],
        began: int | None,
        continuation: dict[str, Any] | None = None,
        why: Why | None = None,
        reply: Reply | None = None,
    ) -> None:
        """
        Write how the job has ended, and remove what nobody needs any more.

        A part leaves a continuation to the whole, and a job of which keys have failed one for who
        tries those again. The first record stays as well: a repetition of the event that began the
        job meets it. One who was overtaken leaves that to whoever has the job. Raises Closed and
        StoreError.
        """
        place = held.place
        end = written(End(place.hop, place.epoch, began, answer, continuation, why, reply))
        is_alone = place == FIRST and self.last_checkpoint is None and not self._beats
        if is_alone and self.lease.left() > 0:
            self._shelf.write(self._folder + END, end)
            return
        names = self._records.names()
        if self._records.is_past(place, names):
            return
        self._shelf.write(self._folder + END, end)
        # A checkpoint or a sign of life may have been under way when the names were listed.
        own = {record_name(place, each) for each in range(1, self._writings + 1)}
        own |= {place.name + BEAT} if self._beats else set()
        gone = (names | own) - {END, FIRST.name}
        self._shelf.remove(self._folder + name for name in gone)

    def stop(self) -> None:
        """Order the job to stop at its next checkpoint; raises Closed and StoreError."""
        self._orders += 1
        self._shelf.write(self._folder + orders.order_name(self._holder, self._orders), b"{}")

    def look(self) -> Look:
        """Return how the job is; raises Closed and StoreError."""
        seen = self._records.seen()
        if seen is None:
            return Look("unknown")
        if isinstance(seen, End):
            return Look("ended", seen.answer, seen.hop + 1, end=seen)
        how: str = seen.left.how if seen.left is not None else "dead"
        if seen.has_life:
            how = "running"
        elif how == "continued" and seen.is_lost:
            how = "lost"
        if how in {"running", "dead"} and seen.record.continuation is None:
            how = f"{how} early"
        last = seen.left or seen.record
        return Look(how, last.answer, seen.place.hop + 1, last.expected, seen.now, seen.left)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except Closed as closed:
            met = f" ({closed})" if str(closed) else ""
            raise UndoneError(
                f"time ran out before it was clear who carries the job {self._job} on{met}; send "
                "the event again later"
            ) from None

    def _settle(
        self, judge: Callable[[Seen | End | None], Held | Elsewhere], hop: int = 0
    ) -> Held | Elsewhere:
        """
        Hold the hop that is to be held by what can be seen, as soon as that can be told.

        Only the event of hop 0 brings what the job is to do.
        """
        watch = Watch(self._now)
        while True:
            began, seen = self._now(), self._records.seen()
            if isinstance(seen, Seen) and seen.has_life:
                if watch.shows_life(seen):
                    return Elsewhere(AT_WORK)
                if not watch.shows_death(seen, began):
                    watch.looked(seen)
                    self._sleep(LOOKS)
                    continue
            found = judge(seen)
            if isinstance(found, Elsewhere):
                return found
            if max(hop, found.place.hop) > 0 and found.continuation is None:
                raise RequestError(
                    f"the state of the job {self._job} is gone; send its request anew"
                )
            if self._create(found):
                held = self._confirmed(found, seen)
                if held is not None:
                    return held

    def _asked(self, seen: Seen | End | None, hop: int, *, may_resume: bool) -> Held | Elsewhere:
        handed = handed_to(self._job, self._shelf) if seen is None and hop else None
        return asked(seen, hop, handed, may_resume=may_resume)

    def _confirmed(self, found: Held, seen: Seen | End | None) -> Held | None:
        """Return what has just been created, unless the job has gone past what was seen."""
        if not self._records.may_hold(found.place, seen):
            self._shelf.remove([self._folder + found.place.name])
            return None
        if not (isinstance(seen, Seen) and seen.is_to_stop):
            return found
        self._seen_orders = orders.standing(self._records.names())
        return replace(found, is_to_stop=bool(self._seen_orders))

    def _time_by_oss(self) -> int:
        return self._shelf.time_at(self._shelf.moment())

    def _create(self, held: Held) -> bool:
        sent = self._now()

        def record() -> bytes:
            began = held.began
            if began is None and held.place == FIRST:
                began = self._time()
            self._record = Record(
                self._holder,
                self.lease.seconds,
                # Until its first checkpoint, what those before had reserved is in no record else.
                reserved=held.reserved,
                late=ceil(sent - self._began),
                began=began,
                continuation=held.continuation,
                answer=held.answer,  # so that nobody is told less than the last hop knew
            )
            return written(self._record)

        is_mine = self._shelf.create(self._folder + held.place.name, record)
        if is_mine:
            self.lease.begin(sent)
        return is_mine
