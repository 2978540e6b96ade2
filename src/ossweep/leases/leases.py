"""
Leases: one invocation at a time carries a job on, whatever is delivered twice and whoever dies.

A hop is an invocation's share of a job. To hold it, an invocation creates the hop's record, which
only one can do, and then gives signs of life: it writes the record anew every few seconds, or a
small object beside it. A holder that is silent for longer than the lease in its record has died or
stopped; another then overtakes it, by a record with the next epoch. A holder stops before its lease
is over (`timer.py`), so two never delete at once. No two clocks are compared (`watch.py`), and each
claim is followed by a look whether the job has gone past it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from ossweep.errors import Closed, RequestError, UndoneError
from ossweep.leases import decisions, orders, words
from ossweep.leases.decisions import Observed
from ossweep.leases.folder import Folder, handed_to, standing_of
from ossweep.leases.records import (
    BEAT,
    END,
    FIRST,
    LEFT,
    Departure,
    End,
    Lease,
    NotGranted,
    Record,
    heartbeat,
    record_name,
    written,
)
from ossweep.leases.watch import Watch
from ossweep.stops import ORDERED, OVERTAKEN, ordering_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ossweep.events import Reply
    from ossweep.leases.decisions import Resumes
    from ossweep.leases.job_state import JobState
    from ossweep.leases.orders import Word
    from ossweep.leases.ports import StateObjects
    from ossweep.leases.timer import LeaseTimer
    from ossweep.stops import Stop, Why
    from ossweep.work import Work

AT_WORK = "another invocation is at work on this job"


class Leases:
    """
    The records of one job. One thread claims and leaves; others may keep and beat meanwhile.

    `began` is when the invocation began, in seconds by the clock that `now` reads; `time` tells the
    same by OSS's own clock, in Unix seconds, once OSS has told that. `judge` makes work of a
    continuation, or raises why that is not allowed: nobody holds a job that it may not do.
    """

    def __init__(  # noqa: PLR0913 - all that it takes to hold a job
        self,
        objects: StateObjects,
        job: str,
        *,
        holder: str,
        timer: LeaseTimer,
        now: Callable[[], float],
        began: float,
        time: Callable[[], int | None],
        sleep: Callable[[float], None],
        judge: Callable[[dict[str, Any]], Work | None] = lambda _: None,
    ) -> None:
        self._objects = objects
        self._job = job
        self._folder = f"{job}/"
        self._records = Folder(objects, self._folder)
        self._whole = ""  # the folder of the job that this one is a part of, if it is
        self._holder = holder
        self._now = now
        self._began = began
        self._time = time
        self._sleep = sleep
        self._judge = judge
        self._record = Record(holder, timer.seconds)
        self._beats = 0
        self._writings = 1  # names that the record has had; the first is its creation's alone
        self._is_in_doubt = False  # whether a request to write it may be carried out late
        self.timer = timer
        self.last_checkpoint: Record | None = None  # that this holder has made
        self._obeyed: list[str] = []  # the orders to stop that it has seen last
        self.taken_back: list[str] = []  # those that a person's word has taken back here

    def claim(
        self, hop: int, *, resumes: Resumes = lambda _: False, answer: dict[str, Any] | None = None
    ) -> Lease | NotGranted:
        """
        Hold the hop that an event asks for, or the last one, if nobody goes on after it.

        The records have the work that is left; only the event of hop 0 brings the job's work
        itself, and in `answer` what there is to tell of it. A stopped job goes on only if the event
        `resumes` it. Waits where a holder may be dead or alive. Raises UndoneError if there was no
        time to find out, RequestError if the work that is left is gone, StoreError, and what
        `judge` raises.
        """
        first = Lease(FIRST, answer=answer)
        with self._in_time():
            if hop == 0 and self._create(first):
                return first
            return self._settle(lambda seen: self._decide(seen, hop, resumes), hop)

    def gather(
        self, hop: int, continuation: dict[str, Any], answer: dict[str, Any] | None = None
    ) -> Lease | NotGranted:
        """
        Hold the hop in which a job's parts come together, unless somebody has held it before.

        `answer` is what they tell of the job together. Raises as `claim` does.
        """
        with self._in_time():
            decide = decisions.decide_for_branches
            return self._settle(lambda seen: decide(seen, hop, continuation, answer))

    def resume(self, word: Word) -> Lease | NotGranted:
        """
        Take orders to stop back, and hold the hop after the last one, because a person says so.

        Of a job that has ended with failed keys it is the hop that tries them again. Raises as
        `claim` does.
        """
        with self._in_time():
            observed = self._records.seen()
            rest = observed.rest if observed is not None else None
            if rest is not None:
                self._judge(rest)
            if rest is not None or isinstance(observed, Observed):
                self.take_back(word)
            return self._settle(decisions.decide_for_resume)

    def take_back(self, word: Word, parts: Collection[str] = ()) -> None:
        """Take back the orders to the job and its parts that a word can; raises as `stop`."""
        given = words.taken_back_by(word, self._records, parts, self._holder)
        for order in standing_of(given, self._objects):
            words.take_back(self._objects, [order])
            self.taken_back.append(order)

    def is_part_of(self, job: str | None) -> None:
        """Take note of the job that this one is a part of: orders to stop that one count here."""
        self._whole = f"{job}/" if job is not None else ""

    def keep(
        self,
        lease: Lease,
        continuation: dict[str, Any],
        answer: dict[str, Any],
        expected: int | None,
        reserved: int,
    ) -> Stop | None:
        """
        Write the holder's record; return why it shall not go on, if it shall not.

        An invocation that overtook this holder before the record was written is seen afterwards;
        one that does so later reads the record once more. Raises Closed and StoreError.
        """
        if self.reason_to_stop(lease) is OVERTAKEN:
            return OVERTAKEN
        self._record = self.last_checkpoint = replace(
            self._record,
            beat=self._record.beat + 1,
            reserved=reserved,
            continuation=continuation,
            answer=answer,
            expected=expected,
            sent=self._records.time(),
        )
        self._writings += self._is_in_doubt
        name = self._folder + record_name(lease.fence, self._writings)
        content = written(self._record)
        sent, self._is_in_doubt = self._now(), True
        self._is_in_doubt = not self._objects.write(name, content)
        self.timer.renew(sent)
        return self.reason_to_stop(lease)

    def heartbeat(self, lease: Lease) -> None:
        """Give a sign of life, small and in one request; raises Closed and StoreError."""
        self._beats += 1
        sent, content = self._now(), heartbeat(self._beats, self._records.time())
        self._objects.write(self._folder + lease.fence.name + BEAT, content)
        self.timer.renew(sent)

    def reason_to_stop(self, lease: Lease) -> Stop | None:
        """Return why a holder shall not go on, if it shall not; raises Closed and StoreError."""
        names = self._records.names()
        if self._records.is_past(lease.fence, names):
            return OVERTAKEN
        standing = self._records.standing(names)
        self._obeyed = standing or self._obeyed
        return ORDERED if standing or self.is_whole_to_stop() else None

    def is_whole_to_stop(self) -> bool:
        """Tell whether the job that this one is a part of was ordered to stop; raises as `look`."""
        standing = Folder(self._objects, self._whole).standing() if self._whole else []
        self._obeyed = standing or self._obeyed
        return bool(standing)

    def depart(self, lease: Lease, left: Departure) -> None:
        """Write how the holder leaves its hop; raises Closed and StoreError."""
        self._objects.write(self._folder + lease.fence.name + LEFT, written(left))

    def depart_as_ordered(self, lease: Lease, left: Departure) -> Stop | None:
        """
        Write that the holder obeys the orders that it has seen; return as `reason_to_stop` does.

        A word that takes them back meanwhile looks afterwards how the job is left, and this holder
        looks whether they stand: one of the two sees that it is to go on. Newer orders count, too.
        """
        while True:
            obeyed = self._obeyed
            self.depart(lease, replace(left, orders=obeyed))
            stop = self.reason_to_stop(lease)
            if stop is not ORDERED or set(self._obeyed) <= set(obeyed):
                return stop

    def end(  # noqa: PLR0913, PLR0917 - all that its record holds
        self,
        lease: Lease,
        answer: dict[str, Any],
        began: int | None,
        continuation: dict[str, Any] | None = None,
        why: Why | None = None,
        reply: Reply | None = None,
        more_hops: int = 0,
    ) -> None:
        """
        Write how the job has ended, and remove what nobody needs any more.

        A part leaves a continuation to the whole job. A job with failed keys leaves one for trying
        them again. In both cases the orders stay, too. The first record stays, so that a repetition
        of the job's event meets it. An overtaken holder leaves all this to the one that has the
        job. Raises Closed and StoreError.
        """
        fence = lease.fence
        end = End(fence.hop, fence.epoch, began, answer, continuation, why, reply, more_hops)
        is_alone = fence == FIRST and self.last_checkpoint is None and not self._beats
        if is_alone and self.timer.left() > 0:
            self._objects.write(self._folder + END, written(end))
            return
        names = self._records.names()
        if self._records.is_past(fence, names):
            return
        self._objects.write(self._folder + END, written(end))
        # A checkpoint or a sign of life may have been under way when the names were listed.
        own = {record_name(fence, each) for each in range(1, self._writings + 1)}
        own |= {fence.name + BEAT} if self._beats else set()
        gone = (names | own) - {END, FIRST.name}
        gone -= words.remembered(names) if continuation is not None and not self._whole else set()
        self._objects.remove(self._folder + name for name in gone)

    def stop(self, word: Word) -> None:
        """Order the job to stop, by a person's word; raises Closed and StoreError."""
        self._objects.write(self._folder + orders.order_name(word.name), word.content)

    def job_state(self) -> JobState:
        """Return how the job is; raises Closed and StoreError."""
        return self._records.state()

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
        self, judge: Callable[[Observed | End | None], Lease | NotGranted], hop: int = 0
    ) -> Lease | NotGranted:
        """
        Hold the hop that `judge` finds in what can be seen, as soon as that can be told.

        Only the event of hop 0 brings the job's work.
        """
        watch = Watch(self._now, self._sleep)
        while True:
            began, observed = self._now(), self._records.seen()
            if isinstance(observed, Observed) and observed.may_have_life:
                if watch.shows_life(observed):
                    return NotGranted(AT_WORK)
                if not watch.shows_death(observed, began) and watch.waits(observed):
                    continue
            found = judge(observed)
            if isinstance(found, NotGranted):
                return found
            if max(hop, found.fence.hop) > 0 and found.continuation is None:
                raise RequestError(
                    f"the state of the job {self._job} is gone; {ordering_anew(self._job)}"
                )
            if found.continuation is not None:
                found = replace(found, work=self._judge(found.continuation))
            # Going on after a stop means that the stop does not hold any more.
            words.take_back(self._objects, words.obeyed(observed, self._folder))
            if self._create(found) and (held := self._confirmed(found, observed)) is not None:
                return held

    def _decide(
        self, observed: Observed | End | None, hop: int, resumes: Resumes
    ) -> Lease | NotGranted:
        handed = handed_to(self._job, self._objects) if observed is None and hop else None
        return decisions.decide_for_event(observed, hop, handed, resumes)

    def _confirmed(self, found: Lease, observed: Observed | End | None) -> Lease | None:
        """Return what has just been created, unless the job has gone past what was seen."""
        if not self._records.may_hold(found.fence, observed):
            self._objects.remove([self._folder + found.fence.name])
            return None
        if isinstance(observed, Observed) and not observed.orders:
            return found  # a part may have been ordered to stop before it began
        self._obeyed = self._records.standing()
        return replace(found, is_to_stop=bool(self._obeyed))

    def _create(self, lease: Lease) -> bool:
        sent = self._now()

        def record() -> bytes:
            nonlocal sent
            sent = self._now()  # the requests before this one took time, too
            is_new = lease.began is None and lease.fence == FIRST
            self._record = Record(
                self._holder,
                self.timer.seconds,
                # Until its first checkpoint no other record has what earlier holders reserved.
                reserved=lease.reserved,
                late=ceil(sent - self._began),
                began=self._time() if is_new else lease.began,
                continuation=lease.continuation,
                answer=lease.answer,  # so that nobody is told less than the last hop knew
            )
            return written(self._record)

        is_mine = self._objects.create(self._folder + lease.fence.name, record)
        if is_mine:
            self.timer.begin(sent)
        return is_mine
