"""The instruction in a document: a job, the rest of one, a word to one, or a question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep import apply_request
from ossweep.errors import RequestError, SweepError
from ossweep.events import Happened, Origin
from ossweep.handover.continuation import is_continuation
from ossweep.jobs.order import job_of, job_of_request
from ossweep.jobs.pointers import Pointer, pointer
from ossweep.policy import check_source, share_of
from ossweep.request import parse
from ossweep.routes import orders
from ossweep.routes.orders import Command, Explain, ListJobs
from ossweep.session import check_state
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ossweep.events import Ordered, Source
    from ossweep.session import Session


@dataclass(frozen=True)
class RequestFile:
    """An object that holds requests, with the event by which it was found, one of so many."""

    happened: Happened
    of_requests: int


@dataclass(frozen=True)
class Nothing:
    """An event of OSS that orders nothing, and why."""

    reason: str
    happened: Happened


Instruction = Work | Command | ListJobs | Explain | Pointer | RequestFile | Nothing


@dataclass(frozen=True)
class Message:
    """The orders of one message, or why it is refused; `where` names it in a refusal."""

    where: str
    instructions: Sequence[Instruction] = ()
    refusal: SweepError | None = None


def message(where: str, read: Callable[[], list[Instruction]]) -> Message:
    """Return the orders that `read` finds in a message; a refusal concerns no other message."""
    try:
        return Message(where, read())
    except SweepError as refusal:
        return Message(where, refusal=refusal)


def read(ordered: Ordered, source: Source, session: Session, of_requests: int = 1) -> Instruction:
    """
    Return the instruction in a document, once the deployment allows it.

    It is one of `of_requests` requests. Raises RequestError and PolicyError.
    """
    document, where = ordered.document, ordered.where
    if not (source == "direct" and is_next_invocation(document, session)):
        check_source(source, session.settings, where)
    origin = Origin(source, ordered.identity, ordered.at)
    question = orders.question_in(document, where)
    if question is not None:
        key, request = question
        asked = job_of_request(request, session, where, origin)
        if asked.lists:
            raise RequestError(
                f"{where}: `explain` reads no list, and cannot tell what one names; leave "
                "`manifest` out, and name the key in `keys` to ask what judges it"
            )
        return Explain(key, parse(request, where), asked)
    word = orders.read(ordered, session) or pointer(document)
    if word is not None:
        check_state(session)
        return word
    if apply_request.is_apply(document):
        from ossweep.jobs.plans import job_of_plan  # noqa: PLC0415 - for plans

        work = job_of_plan(document, session, where, origin, of_requests)
        return within_share(of_requests, work, session)
    work = job_of(document, session, where, origin)
    if is_continuation(document):
        work = _as_sent(work, origin)
    return within_share(of_requests, work, session)


def within_share(of_requests: int, work: Work, session: Session) -> Work:
    """Return the work, limited to its share as one of so many requests."""
    share = share_of(of_requests, session.settings.max_objects)
    limits = [limit for limit in (work.limit, share) if limit is not None]
    among = max(of_requests, work.of_requests)  # which the rest of a job brings along
    return replace(work, limit=min(limits, default=None), of_requests=among)


def is_next_invocation(document: Any, session: Session) -> bool:
    """
    Tell whether this may be a job's next invocation, whose order came by another source.

    The function calls itself directly. The job's state decides what such a document does.
    """
    is_of_a_job = pointer(document) is not None or is_continuation(document)
    return is_of_a_job and session.settings.state is not None


def _as_sent(work: Work, origin: Origin) -> Work:
    """
    Return the work of a continuation that was sent as an event, which anybody may have written.

    So it may only replace an answer that its own job has given before; and objects that were
    written after the event stay, as they would if a request had come by that event.
    """
    times = [each for each in (work.not_after, origin.at) if each is not None]
    reply = replace(work.reply, is_claimed=True) if work.reply is not None else None
    return replace(work, reply=reply, not_after=min(times, default=None))
