"""One hop of a job: the invocation's share of the work, and how the hop is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.answers import SEND_BACK, Answer, bare, ignored, with_failures
from ossweep.engine.gate import Gate
from ossweep.errors import NO_TIME, Closed, HandoverError, StoreError
from ossweep.handover import continuation
from ossweep.handover.carrier import task_id
from ossweep.handover.parts import split
from ossweep.jobs import replies
from ossweep.jobs.brake import as_held, held_by
from ossweep.jobs.calls import hand_over, handover_error
from ossweep.jobs.checkpoints import Checkpoints
from ossweep.jobs.leaving import (
    answer_of,
    as_continued,
    as_ordered,
    as_stopped,
    as_to_try_again,
    as_unsplit,
    doubtful,
    own_reason_to_stop,
    to_try_again,
)
from ossweep.jobs.order import job_of_continuation
from ossweep.jobs.progress import achieved
from ossweep.jobs.state import carrier_of
from ossweep.jobs.threshold import perform_within
from ossweep.leases.records import Departure
from ossweep.stops import ORDERED, OVERTAKEN, SPLIT, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.jobs.consent import Brake
    from ossweep.jobs.share import Share
    from ossweep.leases.leases import Leases
    from ossweep.leases.records import How, Lease
    from ossweep.session import Session
    from ossweep.stops import Stop
    from ossweep.work import Work


TOO_LITTLE = "there is too little to share: ranges, room below the ceiling, or OSSWEEP_MAX_RATE"


@dataclass(frozen=True)
class BranchEnded:
    """A part of a job has come to its end, with its answer: the whole job may be the next step."""

    whole: str
    said: Answer


@dataclass(frozen=True)
class Hop:
    """A hop that this invocation holds."""

    lease: Lease
    leases: Leases
    session: Session

    def do(self, work: Work) -> BranchEnded | Answer:
        """
        Do the hop's share of the job's work, and leave the hop.

        Returns the job's answer. Raises what `perform` does, HandoverError if nobody goes on, and
        Closed and StoreError if the end of a part could not be written.
        """
        lease = self.lease
        began = lease.began if lease.began is not None else self.session.time_of_state()
        work = replace(
            work,
            hop=lease.fence.hop,
            more_hops=work.more_hops + (lease.fence.epoch > 1),
            # Known from the record on, so that no checkpoint lacks it: an invocation that went on
            # from such a one would take the time at which it was written.
            clock=work.clock if began is None else work.clock_at(began),
        )
        if lease.died:
            work = doubtful(work, lease.reserved)
        if lease.is_repeated:
            work = replace(work, judged=True)
        brake = held_by(work, self.session)
        if brake is not None:
            return self._hold(work, brake)
        gate = Gate(self.session.budget, self.leases.timer.left)
        self.leases.is_part_of(work.part_of)
        try:
            if lease.is_to_stop or self.leases.is_whole_to_stop():
                gate.stop(ORDERED)
            carrier = carrier_of(self.session) if work.unfinished == "continue" else None
            checkpoints = Checkpoints(work, lease, self.leases, gate, self.session, carrier)
            is_recorded = self.lease.work is not None
            share = perform_within(work, self.session, gate, checkpoints, is_recorded=is_recorded)
        except Exception:
            self._release(work, gate)
            raise
        if share.stopped is OVERTAKEN:
            return self._overtaken(work)
        # It may have come to its end before it was told to split.
        if share.stopped is SPLIT and share.answer["continuation"] is not None:
            return self._split(work, share)
        if share.answer["status"] == "unfinished" and work.unfinished == "continue":
            return self._go_on(work, share)
        return self._leave_ended(work, share)

    def _release(self, work: Work, gate: Gate) -> None:
        """Leave the hop so that the next event goes on from the last checkpoint, at once."""
        kept = self.leases.last_checkpoint
        answer, reserved = self.lease.answer, 0
        if kept is not None:
            work = job_of_continuation(
                kept.continuation, self.session, f"the state of the job {work.job}"
            )
            answer, reserved = kept.answer, kept.reserved
        if gate.has_asked:
            work = doubtful(work, reserved)
        left = continuation.seal(replace(work, hop=self.lease.fence.hop + 1, reserved_bytes=0))
        self._quietly(lambda: self._leave("released", left, answer))

    def _hold(self, work: Work, brake: Brake) -> Answer:
        """Leave the hop, of which nothing may be done for now, as the next one finds it."""
        left = replace(work, hop=self.lease.fence.hop + 1)
        said = as_held(left, brake, self.lease.answer)
        answer, sealed = said.document, said.document["continuation"]
        self._quietly(lambda: self._leave("stopped", sealed, answer, why=Why.BRAKE))
        return said

    def _overtaken(self, work: Work) -> Answer:
        return Answer(ignored(OVERTAKEN.sentence, work.job, work.bucket, dry_run=work.dry_run))

    def _leave_ended(self, work: Work, share: Share) -> BranchEnded | Answer:
        """Leave the hop, or the job, as it has ended."""
        said, left = answer_of(share), share.left
        answer = said.document
        # The whole job may have room for keys that a part's share of the ceiling left over.
        is_over = answer["continuation"] is None or said.why in {Why.CEILING, Why.DOUBT}
        if left.part_of is not None and is_over:
            self._end(said, left, left)
            return BranchEnded(left.part_of, said)
        if answer["continuation"] is None:
            kept = to_try_again(left) if left.finished else None
            said = as_to_try_again(said, left, kept) if left.finished else said
            self._quietly(lambda: self._end(said, left, kept))
        else:
            if said.why is Why.ORDERED:
                return self._obey(work, share)
            self._release_answered(answer, said.why)
        return said

    def _release_answered(self, answer: dict[str, Any], why: Why | None = None) -> None:
        sealed = answer["continuation"]
        self._quietly(lambda: self._leave("released", sealed, answer, why=why))

    def _obey(self, work: Work, share: Share) -> Answer:
        """Leave the job as it was ordered to be, unless that is taken back by then."""
        answer = as_ordered(share.answer, share.left)
        left = Departure("stopped", answer["continuation"], bare(answer), why=Why.ORDERED)
        stands = True

        def leave() -> None:
            nonlocal stands
            stands = self.leases.depart_as_ordered(self.lease, left) is not None

        self._quietly(leave)
        if stands:
            return Answer(answer, Why.ORDERED)
        reason = with_failures("it was resumed meanwhile", share.left.counts)
        answer = {**answer, "status": "unfinished", "reason": f"{reason}; {SEND_BACK}"}
        if work.unfinished == "continue":
            return self._go_on(work, replace(share, answer=answer))
        self._release_answered(answer)
        return Answer(answer)

    def _end(self, said: Answer, left: Work, kept: Work | None) -> None:
        """Write how the job has ended, and what is kept of it; raises Closed and StoreError."""
        sealed = continuation.seal(kept) if kept is not None else None
        reply = left.reply if left.part_of is None else None
        self.leases.end(
            self.lease, bare(said.document), left.clock, sealed, said.why, reply, left.more_hops
        )

    def _go_on(self, work: Work, share: Share) -> Answer:
        """Hand the rest over, unless there is a reason not to."""
        left = replace(share.left, idle=0 if achieved(work, share.left) else work.idle + 1)
        sealed = share.answer["continuation"]
        sealed = continuation.changed(sealed, idle=left.idle, parallel=left.parallel)
        answer = {**share.answer, "continuation": sealed}
        if self.session.invocation.terminated():
            self._quietly(lambda: self._leave("released", sealed, answer))
            return Answer(answer)
        try:
            stop = self._reason_to_stop(answer, left, share.trouble)
            if stop is None:
                onward = as_continued(answer, task_id(left.job, left.hop, self.lease.fence.epoch))
                stop = self._leave_to_next(work, share, onward, answer, left)
            if stop is OVERTAKEN:
                return self._overtaken(work)
            if stop is not None:
                return Answer(as_stopped(answer, stop, left), stop.why)
            # If it fails, the rest is written twice more.
            to_write = continuation.seconds_to_write(left, self.session.world.monotonic)
            with self.session.ending.kept_back(to_write):
                hand_over(sealed, self.lease.fence.epoch, self.session)
        except (HandoverError, StoreError, Closed) as error:
            is_kept = self._quietly(lambda: self._leave("released", sealed, share.answer))
            self._note_lost(error, left)
            raise handover_error(error, work.job, sealed, is_kept=is_kept) from None
        self.session.logger.info("handed over", job=left.job, hop=left.hop, task=onward["next"])
        return Answer(onward)

    def _reason_to_stop(
        self, answer: dict[str, Any], left: Work, trouble: str | None
    ) -> Stop | None:
        """Return why the job does not go on, if it does not; unless overtaken, it is left so."""
        stop = self.leases.reason_to_stop(self.lease)
        if stop is ORDERED:
            stop = self._obeyed(answer, left)
        if stop is None and (stop := own_reason_to_stop(left, trouble, self.session)) is not None:
            said = as_stopped(answer, stop, left)
            self._leave("stopped", answer["continuation"], said, why=stop.why)
        return stop

    def _leave_to_next(
        self,
        work: Work,
        share: Share,
        onward: dict[str, Any],
        answer: dict[str, Any],
        left: Work,
    ) -> Stop | None:
        """
        Leave the hop to the next invocation; return why that is not called, if it is not.

        As long as the lease lasts nobody else can have the hop, and an order to stop that comes now
        is the next one's to obey.
        """

        def leave() -> None:
            self._leave("continued", onward["continuation"], onward, share.expected)

        leave()
        replies.tell_on_the_way(work, onward, self.session)
        if self.leases.timer.left() > 0:
            return None
        stop = self.leases.reason_to_stop(self.lease)
        if stop is ORDERED and (stop := self._obeyed(answer, left)) is None:
            leave()
        return stop

    def _obeyed(self, answer: dict[str, Any], left: Work) -> Stop | None:
        """Leave the job stopped, as `depart_as_ordered` does: an order may not stand any more."""
        said = bare(as_stopped(answer, ORDERED, left))
        departure = Departure("stopped", answer["continuation"], said, why=ORDERED.why)
        return self.leases.depart_as_ordered(self.lease, departure)

    def _split(self, work: Work, share: Share) -> Answer:
        """Hand the rest over to several chains."""
        ceiling = policy.ceiling_of(work, self.session.settings)
        room = None if ceiling is None else ceiling.objects - share.left.counts.asked
        kept, parts = split(share.left, limit=room, rate=self.session.settings.max_rate)
        if not parts:
            whole = as_unsplit(share.answer, TOO_LITTLE)
            one = replace(share.left, parallel=1)
            return self._go_on(work, replace(share, left=one, answer=whole))
        whole = as_unsplit(share.answer, "it was ordered to stop before it was split")
        share = replace(share, answer=whole)
        answer = {
            **bare(share.answer),
            "status": "continued",
            "reason": f"{len(parts)} chains of invocations go on with it, each with a part",
            "next": [task_id(part.job, part.hop) for part in parts],
        }
        sealed = [continuation.seal(part) for part in parts]
        left = Departure("split", continuation.seal(kept), answer, share.expected, parts=sealed)
        try:
            if self.leases.reason_to_stop(self.lease) is not None:
                return self._go_on(work, share)  # which comes to the same, and leaves the hop
            self.leases.depart(self.lease, left)
            # An invocation that overtakes this hop from now on sees the split, and calls the parts.
            if self.leases.reason_to_stop(self.lease) is OVERTAKEN:
                return self._overtaken(work)
            replies.tell_on_the_way(work, answer, self.session)
            for each in sealed:
                hand_over(each, 1, self.session)
        except (HandoverError, StoreError, Closed) as error:
            self._note_lost(error, share.left)
            raise handover_error(error, work.job, None) from None
        self.session.logger.info("split", job=work.job, parts=len(parts))
        return Answer(answer)

    def _note_lost(self, error: Exception, left: Work) -> None:
        """Log that nobody goes on, without the rest of the job, which may name keys."""
        self.session.logger.error(
            "not handed over",
            job=left.job,
            bucket=left.bucket,
            hop=left.hop,
            error=str(error) or type(error).__name__,
        )

    def _leave(
        self,
        how: How,
        sealed: dict[str, Any],
        answer: dict[str, Any] | None,
        expected: int | None = None,
        why: Why | None = None,
    ) -> None:
        """Write how the hop is left, and with which continuation; raises Closed and StoreError."""
        kept = bare(answer) if answer is not None else None
        self.leases.depart(self.lease, Departure(how, sealed, kept, expected, why))

    def _quietly(self, write: Callable[[], None]) -> bool:
        """
        Write to the job's state; return whether that went well.

        If it is not written, others only wait, or ask again.
        """
        try:
            write()
        except (StoreError, Closed) as error:
            self.session.logger.warning("state not written", error=str(error) or NO_TIME)
            return False
        return True
