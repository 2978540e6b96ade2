"""A job over all its invocations: this one's share of it, and who goes on with the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep import policy, replies
from ossweep.answers import bare, ignored, wants_repetition
from ossweep.checkpoints import SPLIT, Checkpoints
from ossweep.engine.gate import Gate
from ossweep.errors import (
    Closed,
    HandoverError,
    PolicyError,
    RequestError,
    StoreError,
    UndoneError,
)
from ossweep.events import POINTER_MARK
from ossweep.handover import continuation
from ossweep.handover.carrier import PAYLOAD_BYTES, deliver, task_id
from ossweep.handover.ledger import ORDERED, OVERTAKEN
from ossweep.handover.parts import joined, split
from ossweep.handover.progress import achieved
from ossweep.handover.records import Elsewhere, Held, Left
from ossweep.job import order, perform
from ossweep.state import carrier_of, ledger_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.handover.ledger import Ledger
    from ossweep.handover.records import How
    from ossweep.job import App, Share
    from ossweep.work import Work

IDLE_HOPS = 2  # in a row that have achieved nothing: then a job stops


@dataclass(frozen=True)
class Pointer:
    """What an event that is too small for a continuation says: whose state holds it."""

    job: str
    hop: int


def pointer(document: Any) -> Pointer | None:
    """Return what a document points at, if it is such an event; raises RequestError."""
    if not (isinstance(document, dict) and POINTER_MARK in document):
        return None
    match document:
        case {"job": str(job), "hop": int(hop)} if len(document) == 3 and hop > 0:  # noqa: PLR2004 - its fields
            return Pointer(continuation.check_job(job, "the event"), hop)
    raise RequestError("the event is no handover of ossweep's; send the job's continuation instead")


def carry(work: Work, app: App) -> dict[str, Any]:
    """
    Do this invocation's share of a job, and see to it that somebody goes on with the rest.

    Returns the job's answer. Raises SettingsError and PolicyError before anything is deleted,
    UndoneError if another invocation may be at work on it, HandoverError if nobody goes on.
    """
    if app.settings.state is None:
        if work.unfinished == "continue":
            raise PolicyError(
                "this job goes on by itself, and the deployment has no place any more for what one "
                "invocation leaves to the next; set OSSWEEP_STATE"
            )
        answer = perform(work, app, Gate(app.budget)).answer
        replies.tell(work, answer, app)
        return answer
    ledger = ledger_of(work.job, app)
    found = ledger.claim(work.hop, continuation.seal(work) if work.hop else None)
    return _answer(found, work.job, work, ledger, app)


def follow(where: Pointer, app: App) -> dict[str, Any]:
    """Go on with what a job's state holds; raises as `carry` does, and RequestError."""
    ledger = ledger_of(where.job, app)
    return _answer(ledger.claim(where.hop, None), where.job, None, ledger, app)


def resume(job: str, app: App) -> dict[str, Any]:
    """Go on with a job that nobody is at work on; raises as `carry` does, and RequestError."""
    ledger = ledger_of(job, app)
    return _answer(ledger.resume(), job, None, ledger, app)


def hand_over(sealed: dict[str, Any], app: App) -> None:
    """Call the next invocation of a job, or of a part; raises HandoverError and SettingsError."""
    job, hop = sealed["job"], sealed["hop"]
    event = json.dumps(sealed).encode()
    if len(event) > PAYLOAD_BYTES:
        event = json.dumps({POINTER_MARK: continuation.FORM, "job": job, "hop": hop}).encode()
    deliver(carrier_of(app), event, task_id(job, hop), left=app.ending.left, world=app.world)


def call_again(part: dict[str, Any], app: App) -> None:
    """Have an invocation go on with a part that was begun and that nobody is at work on."""
    job = part["job"]
    event = json.dumps(_resuming(job)).encode()
    # Each order to go on is a task of its own: the one before may have been carried out.
    task = task_id(f"{job}-{app.world.nonce()[:8]}", part["hop"])
    deliver(carrier_of(app), event, task, left=app.ending.left, world=app.world)


def _answer(
    found: Held | Elsewhere, job: str, work: Work | None, ledger: Ledger, app: App
) -> dict[str, Any]:
    if isinstance(found, Held):
        if found.continuation is not None:
            work = order(found.continuation, app, f"the state of the job {job}")
        if work is None:
            raise RequestError(f"the state of the job {job} is gone; send its request anew")
        return _told(_Hop(found, ledger, app).do(work), work, app)
    for sealed in found.resend:
        try:
            hand_over(sealed, app)
        except HandoverError as error:
            raise _lost(error, sealed["job"], sealed) from None
    whole = join(found.part_of, app) if found.part_of is not None else None
    answer = whole or found.answer
    if answer is not None and answer["status"] in {"done", "planned", "stopped", "incomplete"}:
        answer = _told(answer, work, app) if work is not None else answer
        if answer["status"] in {"stopped", "incomplete"}:
            return answer
    # A repetition is answered with what there is to know, and its source need not send it again.
    bucket = work.bucket if work is not None else None
    reason = f"{found.reason}, and this event asks for the same"
    return ignored(reason, job, bucket, dry_run=app.settings.dry_run)


def _told(answer: dict[str, Any], work: Work, app: App) -> dict[str, Any]:
    """
    Return an answer if somebody is there to read it.

    Whatever began a chain is gone by its last hop: what it wants raised is raised here. What became
    of one part does not tell what became of the job. Raises UndoneError.
    """
    replies.tell(work, answer, app)
    is_part = answer["job"] == work.job and work.part_of is not None
    called = work.hop > 0 and work.unfinished == "continue" and not is_part
    if called and work.source in app.settings.raise_ and wants_repetition(answer):
        raise UndoneError(f"job {answer['job']}: {answer['status']}: {answer['reason']}")
    return answer


@dataclass(frozen=True)
class _Hop:
    """A hop that this invocation holds."""

    held: Held
    ledger: Ledger
    app: App

    def do(self, work: Work) -> dict[str, Any]:
        """Do the hop's share of the job's work, leave the hop, and return the job's answer."""
        held = self.held
        began = held.began if held.began is not None else self.app.time_of_state()
        work = replace(
            work,
            hop=held.place.hop,
            # Known from the record on, so that there is no checkpoint without it: whoever goes on
            # from one would take the time at which that was written.
            clock=work.clock if began is None else work.clock_at(began),
            at_least=work.at_least or held.died,
        )
        gate = Gate(self.app.budget)
        if held.is_to_stop:
            gate.stop(ORDERED)
        carrier = carrier_of(self.app) if work.unfinished == "continue" else None
        checkpoints = Checkpoints(work, held, self.ledger, self.app, carrier)
        try:
            share = perform(work, self.app, gate, checkpoints)
        except Exception:
            # The next delivery of this event need not wait for the lease to end. What this
            # invocation has deleted since its last checkpoint, if anything, nobody has counted.
            kept, answer = self.ledger.last_checkpoint, None
            if kept is not None:
                work = order(kept.continuation, self.app, f"the state of the job {work.job}")
                answer = kept.answer
            begun = continuation.seal(replace(work, at_least=True))
            self._quietly(lambda: self._leave("released", begun, answer))
            raise
        if share.stopped == OVERTAKEN:
            return ignored(OVERTAKEN, work.job, work.bucket, dry_run=work.dry_run)
        if share.stopped == SPLIT:
            return self._split(work, share)
        if share.answer["status"] == "unfinished" and work.unfinished == "continue":
            return self._go_on(work, share)
        return self._rest(share)

    def _rest(self, share: Share) -> dict[str, Any]:
        """Leave the hop, or the job, as it has ended, and return its answer."""
        answer, left = share.answer, share.left
        if answer["continuation"] is None and left.part_of is not None:
            end = continuation.seal(left)
            self.ledger.end(self.held, bare(answer), left.clock, end)
            return join(left.part_of, self.app) or answer
        if answer["continuation"] is None:
            self._quietly(lambda: self.ledger.end(self.held, bare(answer), left.clock))
        else:
            how: How = "stopped" if share.stopped == ORDERED else "released"
            self._quietly(lambda: self._leave(how, answer["continuation"], answer))
        return answer

    def _go_on(self, work: Work, share: Share) -> dict[str, Any]:
        """Hand the rest over, unless there is a reason not to; return the answer."""
        left = replace(share.left, idle=0 if achieved(work, share.left) else work.idle + 1)
        sealed = continuation.seal(left)
        answer = {**share.answer, "continuation": sealed}
        if self.app.invocation.terminated():
            self._quietly(lambda: self._leave("released", sealed, answer))
            return answer
        try:
            reason = self.ledger.reason_to_stop(self.held) or _reason_to_stop(left, self.app)
            if reason == OVERTAKEN:
                return ignored(OVERTAKEN, work.job, work.bucket, dry_run=work.dry_run)
            if reason is not None:
                answer = {**answer, "status": "stopped", "reason": reason}
                self._leave("stopped", sealed, answer)
                return answer
            answer = _continued(answer, left)
            self._leave("continued", sealed, answer, share.expected)
            replies.tell_on_the_way(work, answer, self.app)
            hand_over(sealed, self.app)
        except (HandoverError, StoreError, Closed) as error:
            is_kept = self._quietly(lambda: self._leave("released", sealed, share.answer))
            raise _lost(error, work.job, sealed, is_kept=is_kept) from None
        self.app.logger.info("handed over", job=left.job, hop=left.hop, task=answer["next"])
        return answer

    def _split(self, work: Work, share: Share) -> dict[str, Any]:
        """Hand the rest over to several chains; return the answer."""
        ceiling = policy.ceiling_of(work, self.app.settings)
        room = None if ceiling is None else ceiling.objects - share.left.counts.asked
        kept, parts = split(share.left, limit=room, rate=self.app.settings.max_rate)
        if not parts:
            whole = replace(share.left, parallel=1)
            return self._go_on(work, replace(share, left=whole))
        answer = {
            **bare(share.answer),
            "status": "continued",
            "reason": f"{len(parts)} chains of invocations go on with it, each with a part",
            "next": [task_id(part.job, part.hop) for part in parts],
        }
        sealed = [continuation.seal(part) for part in parts]
        left = Left("split", continuation.seal(kept), answer, share.expected, sealed)
        try:
            if self.ledger.reason_to_stop(self.held) is not None:
                return self._go_on(work, share)  # which comes to the same, and leaves the hop
            self.ledger.leave(self.held, left)
            replies.tell_on_the_way(work, answer, self.app)
            for each in sealed:
                hand_over(each, self.app)
        except (HandoverError, StoreError, Closed) as error:
            raise _lost(error, work.job, None) from None
        self.app.logger.info("split", job=work.job, parts=len(parts))
        return answer

    def _leave(
        self,
        how: How,
        sealed: dict[str, Any],
        answer: dict[str, Any] | None,
        expected: int | None = None,
    ) -> None:
        """Write how the hop is left, and with which continuation; raises Closed and StoreError."""
        kept = bare(answer) if answer is not None else None
        self.ledger.leave(self.held, Left(how, sealed, kept, expected))

    def _quietly(self, write: Callable[[], None]) -> bool:
        """
        Write to the job's state; return whether that went well.

        What is not written there only makes others wait, or ask again.
        """
        try:
            write()
        except (StoreError, Closed) as error:
            self.app.logger.warning("state not written", error=str(error) or type(error).__name__)
            return False
        return True


def _reason_to_stop(left: Work, app: App) -> str | None:
    if left.idle >= IDLE_HOPS:
        return (
            f"{IDLE_HOPS} invocations in a row have achieved nothing; what keeps them from it is "
            "in the log: OSS's answers, or a time limit that is too short"
        )
    if left.hop >= app.settings.max_hops:
        return f"the job has taken {left.hop} invocations, the most that OSSWEEP_MAX_HOPS allows"
    return None


def _continued(answer: dict[str, Any], left: Work) -> dict[str, Any]:
    return {
        **answer,
        "status": "continued",
        "reason": "time ran out; the next invocation is on its way",
        "next": task_id(left.job, left.hop),
    }


def _lost(
    error: Exception, job: str, sealed: dict[str, Any] | None, *, is_kept: bool = True
) -> HandoverError:
    """Return what says that nobody goes on with a job, and how somebody can."""
    code = getattr(error, "code", type(error).__name__)
    said = error.message if isinstance(error, HandoverError) else str(error)
    ways = f"the job goes on when its event is sent again, or {json.dumps(_resuming(job))}"
    itself = json.dumps(sealed) if sealed is not None else ""
    if itself and (len(itself) <= PAYLOAD_BYTES or not is_kept):
        ways += f", or this: {itself}"
    return HandoverError(code, f"{said or 'no time was left for it'}; {ways}", passing=True)


def _resuming(job: str) -> dict[str, str]:
    return {"job": job, "do": "resume"}


def join(job: str, app: App) -> dict[str, Any] | None:
    """
    Go on with a job whose parts have all come to their end; return None if they have not.

    If it has ended before, this returns its answer. Raises as `carry` does.
    """
    ledger = ledger_of(job, app)
    seen = ledger.look()
    if seen.end is not None:
        return seen.end.answer
    if seen.left is None or seen.left.how != "split":
        return None
    ends = [ledger_of(each["job"], app).look().end for each in seen.left.parts]
    ended = [end for end in ends if end is not None]
    if len(ended) < len(ends):
        return None
    where = f"the state of the job {job}"
    kept = order(seen.left.continuation, app, where)
    parts = [order(end.continuation, app, where) for end in ended]
    whole = joined(kept, parts)
    found = ledger.gather(whole.hop, continuation.seal(whole))
    if isinstance(found, Elsewhere):
        return found.answer
    return _answer(found, job, whole, ledger, app)
