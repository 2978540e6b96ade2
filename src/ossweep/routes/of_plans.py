"""Plans in the words to a person who asks for one, or for the dry run that has made it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ossweep.errors import Closed, StoreError
from ossweep.jobs.applications import job_applying, no_such_plan, request_of, too_old
from ossweep.jobs.plans import kept_plan
from ossweep.names import PLAN, in_quotes
from ossweep.routes.telling import told
from ossweep.stops import asking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.leases.job_state import JobState
    from ossweep.routes.telling import JobStates


def plan_named(name: str, looks: JobStates) -> str | None:
    """Return the plan that a person names in the place of a job; None: it is a job's name."""
    is_plan = PLAN.fullmatch(name) is not None and looks.at(name).state.how == "unknown"
    return name if is_plan else None


def applying(plan: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the job that applies a plan, for a person who has named the plan."""
    said = f"the job {answer['job']} applies the plan {in_quotes(plan)}"
    return {**answer, "reason": "; ".join(filter(None, [said, answer["reason"]]))}


def not_applied(plan: str, looks: JobStates) -> dict[str, Any]:
    """
    Return the answer about a plan that no job applies; it says what to send.

    Raises RequestError for a plan that cannot be read, StoreError and Closed.
    """
    kept = kept_plan(plan, looks.session)
    reason = no_such_plan(plan)
    if kept is not None:
        never = f"the plan {in_quotes(plan)} has not been applied, and nothing was done; to apply"
        reason = too_old(kept, looks.session) or f"{never} it, send {request_of(plan)}"
    return {**told(plan, looks), "reason": reason}


def with_application(answer: dict[str, Any], looks: JobStates) -> dict[str, Any]:
    """
    Return the answer of a dry run, with the job that has applied its plan since, if one has.

    That job is looked at once, and not missed if it cannot be looked at.
    """
    plan = answer.get("plan")
    if not answer["dry_run"] or plan is None or plan.get("id") is None:
        return answer
    job = job_applying(plan["id"])
    with suppress(Closed, StoreError):
        state = looks.at(job).state
        if state.how != "unknown":
            to_send, said = request_of(plan["id"]), _said_of(job, state)
            advice = [*(each for each in plan["advice"] if to_send not in each), said]
            return {**answer, "plan": {**plan, "applied_by": job, "advice": advice}}
    return answer


def _said_of(job: str, state: JobState) -> str:
    if state.end is None:
        return f"the job {job} applies this plan; {asking(job)} tells how far it is"
    status = state.end.answer["status"]
    return f"this plan was applied by the job {job}, which is {status}; {asking(job)} tells more"
