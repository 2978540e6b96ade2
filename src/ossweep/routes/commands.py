"""Commands about a job that goes on by itself: how far it is, stop it, let it go on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ossweep.answers import Answer
from ossweep.errors import (
    NO_TIME,
    Closed,
    HandoverError,
    StoreError,
    SweepError,
    UndoneError,
)
from ossweep.jobs.applications import job_applying
from ossweep.jobs.brake import answer_of_held, brake_of, is_stopped_by_it
from ossweep.jobs.calls import call_missing, note_call
from ossweep.jobs.relay import finish, go_on, join
from ossweep.jobs.state import leases_of, states_of_parts
from ossweep.leases.job_state import JobState
from ossweep.leases.leases import AT_WORK
from ossweep.leases.records import NotGranted
from ossweep.names import JOB
from ossweep.routes.of_plans import applying, not_applied, plan_named, with_application
from ossweep.routes.telling import NOT_BEGUN, THEY_STOP, JobStates, told
from ossweep.session import check_state
from ossweep.stops import Why

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ossweep.leases.leases import Leases
    from ossweep.routes.orders import Command, ListJobs
    from ossweep.routes.telling import Look
    from ossweep.session import Session

# Sentences about a job that is ordered to stop.
_STOPS_BY_ITSELF = "it stops at its next checkpoint, or before it goes on"
_STAYS = "nobody is at work on it, and whoever comes finds the order to stop, until resume"
_STOPS = {
    "running": _STOPS_BY_ITSELF,
    "running early": _STOPS_BY_ITSELF,
    "continued": _STOPS_BY_ITSELF,
    "called anew": _STOPS_BY_ITSELF,
    "called": "it stops before it begins",
    **dict.fromkeys(("dead", "dead early", "lost", "lost early", "released"), _STAYS),
}

NOTHING_DONE = "there was no order to stop that this word takes back"
HAS_ENDED = "nothing was done, because this job has ended"
NOBODY_CALLED = f"{NOTHING_DONE}, and no part to call an invocation for"
LATE = 1.0  # seconds left in which no look at one more job is begun
LISTED = 50  # jobs in one answer
_COUNTS = ("listed", "deleted", "failed", "skipped", "remaining")
_SHOWN = ("status", "reason", "bucket", "dry_run", *_COUNTS, "hops")


def obey(command: Command, session: Session) -> Answer:
    """
    Do what a command says, and return the job's answer.

    A command that names a plan is about the job that applies it.

    Raises PolicyError where no state is kept, StoreError and Closed where it cannot be read, and
    what a job that goes on raises.
    """
    looks = JobStates(session)
    plan = plan_named(command.job, looks)
    if plan is None:
        return _obey(command, looks, session)
    job = job_applying(plan)
    if looks.at(job).state.how == "unknown":
        return Answer(not_applied(plan, looks))
    said = _obey(replace(command, job=job), looks, session)
    return replace(said, document=applying(plan, said.document))


def _obey(command: Command, looks: JobStates, session: Session) -> Answer:
    look = looks.at(command.job)
    end = look.state.end
    if command.do == "resume" and _is_held(command.job, looks):
        held = answer_of_held(look.state, session)
        now = {} if held is None else {"reason": held.document["reason"]}  # of a job without parts
        return Answer({**told(command.job, looks), **now}, Why.BRAKE)
    if command.do == "resume" and (end is None or end.rest is not None):
        return _resume(command, look, session)
    if command.do == "resume" and look.state.orders:
        return _release(command, session)
    if command.do == "resume" and end is not None:
        return Answer(_as_ended(told(command.job, looks)))
    if command.do != "stop" or look.state.how in {"unknown", "ended"}:
        return Answer(with_application(told(command.job, looks), looks))
    leases_of(command.job, session).stop(command.word)
    looks.order_to_stop(command.job, command.word.name)
    answer = told(command.job, looks)
    if look.state.parts and answer["status"] == "continued":
        # An order to stop lies in the whole job's state, where every part looks for it.
        answer["reason"] = f"its parts go on with it; {THEY_STOP}"
    elif look.state.how in _STOPS:
        answer["reason"] = _STOPS[look.state.how]
    return Answer(answer)


def _as_ended(document: dict[str, Any]) -> dict[str, Any]:
    """Return how a job has ended that was to be resumed."""
    ended = f"{HAS_ENDED}: {document['status']}"
    return {**document, "reason": "; ".join(filter(None, [ended, document["reason"]]))}


def _is_held(job: str, looks: JobStates) -> bool:
    """Tell whether a job is left because of a brake, which is still there, and by no order."""
    settings = looks.session.settings
    if not settings.dry_run and settings.consent_tag is None:
        return False
    look = looks.at(job)
    parts = look.state.parts
    states = [each.state for each in looks.at_parts(job, parts).values()] if parts else [look.state]
    left = [state for state in states if state.how != "ended"]
    if not left or any(state.orders or not is_stopped_by_it(state) for state in left):
        return False
    return any(brake_of(state, looks.session) is not None for state in left)


@dataclass
class _Done:
    """Things that a `resume` has done so far, beside the work itself, and words for nothing."""

    leases: Leases
    called: list[str] = field(default_factory=list)
    nothing: str = NOTHING_DONE

    def __str__(self) -> str:
        """Return it in words; nothing at all, if there is nothing."""
        orders, called = len(self.leases.taken_back), self.called
        said = []
        if orders:
            which = "an order to stop was" if orders == 1 else f"{orders} orders to stop were"
            said.append(f"{which} taken back")
        if called:
            one, *others = called
            calls = f"invocations were called for {len(called)} parts"
            said.append(calls if others else f"an invocation was called for {one}")
        return "; ".join(said)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Add to an error that is raised meanwhile what had been done before it."""
        try:
            yield
        except (Closed, UndoneError, StoreError, HandoverError) as error:
            if not str(self):
                raise
            is_late = isinstance(error, Closed)
            cause = f"time ran out: {str(error) or NO_TIME}" if is_late else str(error)
            sentence = f"{self}; then {cause}; `resume`, sent again, does the rest"
            raise UndoneError(sentence) from None


def _resume(command: Command, look: Look, session: Session) -> Answer:
    """
    Let a job go on, or try again what has failed of it, as its event sent again does.

    Returns how the job is, with what was done for that.
    """
    leases = leases_of(command.job, session)
    done = _Done(leases)
    if look.state.parts:
        return _resume_parts(command, look.state, replace(done, nothing=NOBODY_CALLED), session)
    if look.handed is not None and look.state.how in NOT_BEGUN:
        with done.told():
            leases.take_back(command.word)
            parts, states = {command.job: look.handed}, {command.job: JobState("unknown")}
            done.called += call_missing(parts, states, session, anew=True)
            return _told_after(done, command.job, JobStates(session), called=done.called)
    with done.told():
        found = leases.resume(command.word)
        if isinstance(found, NotGranted) and found.reason == AT_WORK:
            return _told_after(done, command.job, JobStates(session))
    said = go_on(found, leases, command.job, session)
    if isinstance(found, NotGranted) and str(done):
        return replace(said, document=_with_done(done, said.document))
    return said


def _release(command: Command, session: Session) -> Answer:
    """Take back the orders to stop a job that has ended, and of which nothing is to be done."""
    leases = leases_of(command.job, session)
    done = _Done(leases)
    with done.told():
        leases.take_back(command.word)
    return _told_after(done, command.job, JobStates(session))


def _resume_parts(command: Command, whole: JobState, done: _Done, session: Session) -> Answer:
    """Let the parts of a job go on, or the whole if all of them have ended."""
    job, parts = command.job, whole.parts
    with done.told():
        done.leases.take_back(command.word, parts)
        states = states_of_parts(job, parts, session)
        for part in call_missing(parts, states, session, anew=True):
            done.called.append(part)
            note_call(part, states[part], session)
        have_ended = all(state.how == "ended" for state in states.values())
        claimed = join(job, session) if have_ended else None
    said = finish(claimed, session)
    if said is not None:
        return said
    standing = tuple(set(whole.orders).difference(done.leases.taken_back))
    looks = JobStates(session, {job: replace(whole, orders=standing), **states})
    return _told_after(done, job, looks, called=done.called)


def _told_after(done: _Done, job: str, looks: JobStates, called: Collection[str] = ()) -> Answer:
    """Return how a job is after a `resume`, and what the resume has done."""
    looks.at(job)
    for part in called:
        looks.call(part)
    return Answer(_with_done(done, told(job, looks)))


def _with_done(done: _Done, document: dict[str, Any]) -> dict[str, Any]:
    said = [str(done) or done.nothing, document["reason"]]
    return {**document, "reason": "; ".join(filter(None, said))}


def listed(listing: ListJobs, session: Session) -> Answer:
    """
    Return how the jobs in the state are, as many as there is time for.

    Raises as `obey` does.
    """
    check_state(session)
    names, more = session.state_objects.folders(listing.after, LISTED)
    looks = JobStates(session)
    jobs: list[dict[str, Any]] = []
    last = listing.after
    for name in names:
        if jobs and session.budget.left() < LATE:
            more = True
            break
        if JOB.fullmatch(name):  # other folders are no jobs
            try:
                jobs.append({"job": name, **_in_short(name, looks)})
            except Closed:
                if jobs:
                    more = True
                    break
                jobs.append({"job": name, "status": "unknown", "reason": NO_TIME})
        last = name
    following = {"do": "list", "after": last} if more else None
    return Answer({"status": "done", "jobs": jobs, "next": following})


def _in_short(job: str, looks: JobStates) -> dict[str, Any]:
    try:
        answer = told(job, looks)
    except SweepError as error:  # one that cannot be read hides no others
        return {"status": "unknown", "reason": str(error)}
    plan = answer.get("plan", {}).get("id")
    return {name: answer[name] for name in _SHOWN} | ({} if plan is None else {"plan": plan})
