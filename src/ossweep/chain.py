"""A job over all its invocations: this one's share of it, and who goes on with the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep.answers import FINE, ignored
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
from ossweep.handover.records import Elsewhere, Held, Left
from ossweep.job import order, perform
from ossweep.state import carrier_of, ledger_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.handover.carrier import Carrier
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
        return perform(work, app, Gate(app.budget)).answer
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


def _answer(
    found: Held | Elsewhere, job: str, work: Work | None, ledger: Ledger, app: App
) -> dict[str, Any]:
    if isinstance(found, Held):
        if found.continuation is not None:
            work = order(found.continuation, app, f"the state of the job {job}")
        if work is None:
            raise RequestError(f"the state of the job {job} is gone; send its request anew")
        return _told(_Hop(found, ledger, app).do(work), work, app)
    if found.resend is not None:
        _deliver(found.resend, carrier_of(app), app)
    if found.answer is not None and found.answer["status"] in {"stopped", "incomplete"}:
        return found.answer
    # A repetition is answered with what there is to know, and its source need not send it again.
    bucket = work.bucket if work is not None else None
    reason = f"{found.reason}, and this event asks for the same"
    return ignored(reason, job, bucket, dry_run=app.settings.dry_run)


def _told(answer: dict[str, Any], work: Work, app: App) -> dict[str, Any]:
    """
    Return an answer if somebody is there to read it.

    Whatever began a chain is gone by its last hop: what it wants raised is raised here. Raises
    UndoneError.
    """
    called = work.hop > 0 and work.unfinished == "continue"
    ordered = answer["status"] == "stopped" and answer["reason"] == ORDERED
    if called and work.source in app.settings.raise_ and not (answer["status"] in FINE or ordered):
        raise UndoneError(f"job {work.job}: {answer['status']}: {answer['reason']}")
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
        work = replace(
            work,
            hop=held.place.hop,
            clock=work.clock if work.clock is not None else held.began,
            at_least=work.at_least or held.died,
        )
        gate = Gate(self.app.budget)
        if held.is_to_stop:
            gate.stop(ORDERED)
        carrier = carrier_of(self.app) if work.unfinished == "continue" else None
        checkpoints = _Checkpoints(held, self.ledger, self.app, carrier)
        try:
            share = perform(work, self.app, gate, checkpoints)
        except Exception:
            # Whoever is sent this event again need not wait for the lease to end.
            self._quietly(lambda: self._leave("released", work, {}))
            raise
        if share.stopped == OVERTAKEN:
            return ignored(OVERTAKEN, work.job, work.bucket, dry_run=work.dry_run)
        if share.answer["status"] == "unfinished" and carrier is not None:
            return self._go_on(work, share, carrier)
        return self._rest(share)

    def _rest(self, share: Share) -> dict[str, Any]:
        """Leave the hop, or the job, as it has ended, and return its answer."""
        answer, left = share.answer, share.left
        if answer["continuation"] is None:
            self._quietly(lambda: self.ledger.end(self.held, _bare(answer), left.clock))
        else:
            how: How = "stopped" if share.stopped == ORDERED else "released"
            self._quietly(lambda: self._leave(how, left, answer))
        return answer

    def _go_on(self, work: Work, share: Share, carrier: Carrier) -> dict[str, Any]:
        """Hand the rest over, unless there is a reason not to; return the answer."""
        left = replace(share.left, idle=0 if achieved(work, share.left) else work.idle + 1)
        sealed = continuation.seal(left)
        answer = {**share.answer, "continuation": sealed}
        if self.app.invocation.terminated():
            self._quietly(lambda: self._leave("released", left, answer))
            return answer
        try:
            reason = self.ledger.reason_to_stop(self.held) or _reason_to_stop(left, self.app)
            if reason == OVERTAKEN:
                return ignored(OVERTAKEN, work.job, work.bucket, dry_run=work.dry_run)
            if reason is not None:
                answer = {**answer, "status": "stopped", "reason": reason}
                self._leave("stopped", left, answer)
                return answer
            answer = _continued(answer, left)
            self._leave("continued", left, answer, share.expected)
            _deliver(sealed, carrier, self.app)
        except (HandoverError, StoreError, Closed) as error:
            self._quietly(lambda: self._leave("released", left, share.answer))
            raise _lost(error, sealed) from None
        self.app.logger.info("handed over", job=left.job, hop=left.hop, task=answer["next"])
        return answer

    def _leave(
        self, how: How, left: Work, answer: dict[str, Any], expected: int | None = None
    ) -> None:
        """Write how the hop is left; raises Closed and StoreError."""
        sealed = continuation.seal(left)
        self.ledger.leave(self.held, Left(how, sealed, _bare(answer), expected))

    def _quietly(self, write: Callable[[], None]) -> None:
        """Write to the job's state; what cannot be written only makes others wait, or ask again."""
        try:
            write()
        except (StoreError, Closed) as error:
            self.app.logger.warning("state not written", error=str(error) or type(error).__name__)


class _Checkpoints:
    """Keeps a hop's checkpoints, the first of them soon."""

    def __init__(self, held: Held, ledger: Ledger, app: App, carrier: Carrier | None) -> None:
        self._held = held
        self._ledger = ledger
        self._app = app
        self._carrier = carrier
        self._every = app.settings.checkpoint_seconds
        self._next = app.world.monotonic() + min(self._every, app.budget.left() / 3)

    def due(self) -> bool:
        return self._app.world.monotonic() >= self._next

    def keep(self, share: Share) -> str | None:
        if self._carrier is not None:
            self._carrier.prepare()  # it takes a second, which there may not be at the end
        try:
            return self._ledger.keep(
                self._held, continuation.seal(share.left), _bare(share.answer), share.expected
            )
        except (StoreError, Closed) as error:
            self._app.logger.warning("no checkpoint", error=str(error) or type(error).__name__)
            return None
        finally:
            self._next = self._app.world.monotonic() + self._every


def _bare(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as it is kept, beside its continuation."""
    return {**answer, "continuation": None}


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


def achieved(work: Work, left: Work) -> bool:
    """Tell whether less is left of a job's work than there was."""
    return (
        left.counts.settled > work.counts.settled
        or len(left.keys) < len(work.keys)
        or _extent(left) != _extent(work)
    )


def _extent(work: Work) -> list[tuple[str, str, str]]:
    """Return the stretches that the work's ranges make up: to cut one in two achieves nothing."""
    stretches: list[tuple[str, str, str]] = []
    for each in work.ranges:
        if stretches and stretches[-1][0] == each.prefix and stretches[-1][2] == each.after:
            stretches[-1] = (each.prefix, stretches[-1][1], each.until)
        else:
            stretches.append((each.prefix, each.after, each.until))
    return stretches


def _deliver(sealed: dict[str, Any], carrier: Carrier, app: App) -> None:
    """Call the next invocation; raises HandoverError."""
    job, hop = sealed["job"], sealed["hop"]
    event = json.dumps(sealed).encode()
    if len(event) > PAYLOAD_BYTES:
        event = json.dumps({POINTER_MARK: continuation.FORM, "job": job, "hop": hop}).encode()
    deliver(carrier, event, task_id(job, hop), left=app.ending.left, world=app.world)


def _lost(error: Exception, sealed: dict[str, Any]) -> HandoverError:
    """Return what says that nobody goes on with a job, and how somebody can."""
    code = getattr(error, "code", type(error).__name__)
    said = str(error) or "no time was left for it"
    return HandoverError(
        code,
        f"{said}; the job goes on when its event is sent again, when "
        f"{json.dumps({'job': sealed['job'], 'do': 'resume'})} is sent, or this: "
        f"{json.dumps(sealed)}",
        passing=True,
    )
