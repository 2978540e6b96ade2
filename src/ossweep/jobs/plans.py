"""The plans that the jobs' state keeps, and the job that applies one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep import apply_request, policy
from ossweep.errors import Closed, PolicyError, RequestError, Scope, StoreError, UndoneError
from ossweep.handover import continuation
from ossweep.jobs.applications import (
    FOLDER,
    is_noted,
    job_applying,
    no_such_plan,
    note_order,
    too_old,
    what_became,
)
from ossweep.jobs.state import leases_of
from ossweep.names import in_quotes
from ossweep.plans.comparison import Tolerance
from ossweep.plans.fulfilment import Fulfilment
from ossweep.plans.kept import Applied, KeptPlan, hash_of, id_of, named_of
from ossweep.plurals import counted
from ossweep.request import FIELDS
from ossweep.work import Counts

if TYPE_CHECKING:
    from ossweep.events import Origin
    from ossweep.plans.sofar import SoFar
    from ossweep.session import Session
    from ossweep.work import Work


def keep_order(work: Work, session: Session) -> None:
    """Keep the order of a dry run that begins; raises Closed and StoreError."""
    sealed = continuation.seal(replace(work, plan=None))
    session.state_objects.write(_order_name(work.job), continuation.compact(sealed))


def keep_plan(left: Work, so_far: SoFar, session: Session, *, is_steady: bool) -> str:
    """
    Keep the plan of a dry run that has ended, and return its id.

    What conditions have become since it began, dates instead of durations, is kept with its order.
    Raises Closed, StoreError and RequestError.
    """
    kept = session.state_objects.read(_order_name(left.job))
    if kept is None:
        raise StoreError("NoOrder", "its order is not in the state any more", Scope.JOB)
    content, order = kept.content, _order_of(kept.content, "the plan")
    if (order.job, order.bucket) != (left.job, left.bucket):
        raise StoreError("NoOrder", "another job's order is in its place in the state", Scope.JOB)
    if order.only != left.only:
        content = continuation.compact(continuation.seal(replace(order, only=left.only)))
    plan = KeptPlan(
        hash_of(content),
        left.clock or 0,
        so_far.census.digest,
        so_far.kept_stretches().held(),
        named_of(so_far.named),
        policy.protected_in(left.bucket, session.settings),
        is_cut=not left.finished,
        is_steady=is_steady and not _may_change(left),
        kept_at=session.state_objects.time_at(session.state_objects.moment()),
        nameless=left.counts.failed,
    )
    written = plan.written()
    plan_id = id_of(written)
    session.state_objects.write(_name(plan_id, "order"), content)
    session.state_objects.write(_name(plan_id, "plan"), written)
    return plan_id


def _may_change(left: Work) -> bool:
    """Tell whether an object may fulfil an order's conditions later, though nobody writes it."""
    return left.only is not None and (left.only.needs_classes or bool(left.only.tags))


def kept_plan(plan: str, session: Session) -> KeptPlan | None:
    """Return a plan, if it is there; raises RequestError, Closed and StoreError."""
    found = session.state_objects.read(_name(plan, "plan"))
    if found is None:
        return None
    if id_of(found.content) != plan:
        raise RequestError(f"the plan {in_quotes(plan)} is not as it was kept; plan anew")
    try:
        return KeptPlan.read(found.content)
    except ValueError as error:
        raise RequestError(f"the plan {in_quotes(plan)}: {error}") from None


def job_of_plan(
    document: dict[str, Any], session: Session, where: str, origin: Origin, of_requests: int = 1
) -> Work:
    """
    Return the work of applying a plan: its order, at its clock.

    It is one of so many requests of an event. A plan has one job, whoever orders it, so that it is
    applied once. Raises RequestError and PolicyError, with `where` at the sentence's beginning, and
    UndoneError and StoreError.
    """
    asked, settings = apply_request.read(document, where, FIELDS), session.settings
    if settings.state is None:
        raise PolicyError(f"{where}: plans are kept in OSSWEEP_STATE; set it, and plan anew")
    if settings.dry_run:
        raise PolicyError(f"{where}: OSSWEEP_DRY_RUN is set, and no plan is applied; unset it")
    try:
        return _job_of_plan(asked, document, session, where, origin, of_requests)
    except Closed as closed:
        met = f": {closed}" if str(closed) else ""
        raise UndoneError(f"{where}: time ran out before its plan was read{met}") from None


def _job_of_plan(  # noqa: PLR0913, PLR0917 - as job_of_plan, which has read it
    asked: apply_request.ApplyRequest,
    document: dict[str, Any],
    session: Session,
    where: str,
    origin: Origin,
    of_requests: int,
) -> Work:
    job = job_applying(asked.plan)
    state = leases_of(job, session).job_state()
    if state.end is not None and not is_noted(asked.plan, document, origin, session):
        raise RequestError(f"{where}: {what_became(asked.plan, job, state.end.answer)}")
    plan, order = _plan_and_order(asked.plan, session, where)
    was_begun = state.answer is not None and (state.answer["deleted"] or state.answer["at_least"])
    if state.end is None and not was_begun:
        reason = too_old(plan, session)
        if reason is not None:
            raise RequestError(f"{where}: {reason}")
        _check_ceiling(plan, session, where, of_requests)
    if asked.bucket not in {None, order.bucket}:
        raise RequestError(f"{where}: `bucket`: the plan is about the bucket {order.bucket}")
    policy.check_allowed(order.bucket, session.settings, where)
    lists = (each.request for each in order.lists)
    policy.check_lists(lists, order.bucket, session.settings, where)
    if state.end is None:
        note_order(asked.plan, document, origin, session)
    goes_on = asked.unfinished != "return"
    return replace(
        order,
        job=job,
        dry_run=False,
        applies=asked.plan,
        applied=Applied(Tolerance(asked.objects, asked.bytes)).document(),
        clock=plan.made,
        judged=True,
        hop=0,
        more_hops=0,
        idle=0,
        counts=Counts(),
        requests_made={},
        errors={},
        milliseconds=0,
        at_least=False,
        unfinished="continue" if goes_on else "return",
        parallel=asked.parallel,
        source=origin.source,
        reply=None,
        of_requests=1,
        notes=(),  # which were on the dry run
    )


def _plan_and_order(plan_id: str, session: Session, where: str) -> tuple[KeptPlan, Work]:
    """Return a plan, and its order; raises RequestError, Closed and StoreError."""
    plan = kept_plan(plan_id, session)
    kept = session.state_objects.read(_name(plan_id, "order"))
    if plan is None or kept is None:
        raise RequestError(f"{where}: {no_such_plan(plan_id)}")
    if hash_of(kept.content) != plan.order:
        raise RequestError(
            f"{where}: the order of the plan {in_quotes(plan_id)} is not as it was kept; plan anew"
        )
    return plan, _order_of(kept.content, where)


def narrowed(work: Work, asked: Work) -> Work:
    """Return a job that applies a plan, with no more tolerance than its event has this time."""
    if work.applies is None or asked.applies != work.applies:
        return work
    applied = Applied.of(work.applied).narrowed(Applied.of(asked.applied))
    return replace(work, applied=applied.document())


def _order_of(content: bytes, where: str) -> Work:
    """Return the order of a plan; raises RequestError for what is none."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not continuation.is_continuation(document):
        raise RequestError(f"{where}: the order of its plan cannot be read; plan anew")
    return continuation.unseal(document, f"{where}: its plan's order")


def _check_ceiling(plan: KeptPlan, session: Session, where: str, of_requests: int) -> None:
    """Raise PolicyError for a plan that could only be carried out in part."""
    allowed = session.settings.max_objects
    share = policy.share_of(of_requests, allowed)
    most = allowed if share is None else share
    objects = plan.digest.objects + plan.nameless
    if most is not None and objects > most:
        each = "" if share is None else f" to each of {of_requests:,} requests of one event"
        alone = "" if share is None else "send it alone, "
        raise PolicyError(
            f"{where}: the plan {in_quotes(plan.id)} has {counted(objects, 'object')}, and "
            f"OSSWEEP_MAX_OBJECTS allows {most:,}{each}; {alone}raise that, or plan less"
        )


def compared_with_plan(document: dict[str, Any], left: Work, plan: KeptPlan) -> dict[str, Any]:
    """Return the answer of a job that applies a plan, with what differs from that."""
    planned = plan.digest
    found = Fulfilment(plan, Applied.of(left.applied), left.counts)
    # Whatever is left beyond the ceiling of a plan stays, whether a look still shows it or not.
    is_full = document["status"] == "stopped" and plan.is_cut and found.is_as_planned
    is_over = document["status"] in {"done", "incomplete"} or is_full
    said = {
        "id": left.applies,
        "digest": planned.sum,
        "objects": planned.objects,
        "bytes": planned.bytes,
        "as_planned": found.is_as_planned if is_over else None,
        "differences": found.applied.stretches,
        "first_differences": found.first_differences(),
    }
    document = {**document, "plan": said}
    if document["status"] == "done":
        document["reason"] = found.difference()
    return document


def _order_name(job: str) -> str:
    """Return where the order of a dry run is kept until it is a plan's."""
    return f"{FOLDER}/orders/{job}"


def _name(plan: str, what: str) -> str:
    return f"{FOLDER}/{plan}/{what}"
