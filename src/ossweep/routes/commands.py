"""Commands about a job that goes on by itself: how far it is, stop it, let it go on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ossweep.answers import Answer, as_listed, ignored, of_parts, so_far
from ossweep.errors import PolicyError, RequestError, SweepError
from ossweep.handover.continuation import check_job
from ossweep.jobs.calls import call_missing
from ossweep.jobs.order import job_of_continuation
from ossweep.jobs.relay import finish, join, resume
from ossweep.jobs.state import leases_of
from ossweep.leases.records import JOB

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ossweep.events import Ordered
    from ossweep.leases.leases import Leases
    from ossweep.leases.records import Departure, JobState
    from ossweep.session import Session
    from ossweep.work import Work

COMMANDS = ("status", "stop", "resume")

_AT_WORK = "an invocation is at work on it"

# What is said of a job that has not ended: its status in the answer, and the reason.
_SAID = {
    "running": ("continued", _AT_WORK),
    "running early": (
        "continued",
        f"{_AT_WORK}; before its first checkpoint nothing is known of its counts",
    ),
    "dead": (
        "unfinished",
        "its invocation has died; it goes on when its event is sent again, or by resume",
    ),
    "dead early": (
        "unfinished",
        "its invocation died before its first checkpoint; its event, sent again, begins it anew",
    ),
    "continued": ("continued", "its next invocation is on its way"),
    "lost": (
        "unfinished",
        "its next invocation never began; it goes on when its event is sent again, or by resume",
    ),
    "released": ("unfinished", "it goes on when its event is sent again, or by resume"),
}

# What is said of a job that is ordered to stop.
_STOPS_BY_ITSELF = "it stops at its next checkpoint, or before it goes on"
_STAYS = "nobody is at work on it, and whoever comes finds the order to stop, until resume"
_STOPS = {
    "running": _STOPS_BY_ITSELF,
    "running early": _STOPS_BY_ITSELF,
    "continued": _STOPS_BY_ITSELF,
    **dict.fromkeys(("dead", "dead early", "lost", "released"), _STAYS),
}

LATE = 1.0  # seconds that a look at one more job is not begun in any more
LISTED = 50  # jobs in one answer
_COUNTS = ("listed", "deleted", "failed", "skipped", "remaining")
_SHOWN = ("status", "reason", "bucket", "dry_run", *_COUNTS, "hops")


@dataclass(frozen=True)
class ListJobs:
    """A question for the jobs of a deployment's state, those whose names come after one."""

    after: str = ""


@dataclass(frozen=True)
class Command:
    """A word to a job. It has the same name whenever its event comes again, and no other has it."""

    job: str
    do: str
    name: str = ""


def read(ordered: Ordered, session: Session) -> Command | ListJobs | None:
    """Return the command in a document, if it is meant to be one; raises RequestError."""
    document, where = ordered.document, ordered.where
    if not (isinstance(document, dict) and "do" in document):
        return None
    if document["do"] == "list":
        return _listing(document, where)
    job, do = document.get("job"), document["do"]
    if document.keys() != {"job", "do"} or not isinstance(job, str) or do not in COMMANDS:
        raise RequestError(
            f'{where}: a command names a job and what to do: {{"job": "...", "do": "status"}}; '
            f"`do` is one of {', '.join(COMMANDS)}, and there is no other field; "
            '{"do": "list"} lists the jobs'
        )
    word = ordered.identity or f"word {session.invocation.request_id or session.unnamed}"
    return Command(check_job(job, where), do, session.next_job(word, document))


def _listing(document: dict[str, Any], where: str) -> ListJobs:
    after = document.get("after")
    if not document.keys() <= {"do", "after"} or not isinstance(after, str | None):
        raise RequestError(
            f'{where}: {{"do": "list"}} lists the jobs, and "after": "..." those behind one of '
            "them; there is no other field"
        )
    return ListJobs(check_job(after, where)) if after is not None else ListJobs()


def only_asks(document: Any) -> bool:
    """Tell whether a document, if it is a command, does no work: how a job is, is no failure."""
    return isinstance(document, dict) and document.get("do") in ("status", "stop", "list")


def obey(command: Command, session: Session) -> Answer:
    """
    Do what a command says, and return the job's answer.

    Raises PolicyError where no state is kept, StoreError and Closed where it cannot be read, and
    what `resume` raises.
    """
    leases = leases_of(command.job, session)
    state = leases.job_state()
    if state.departure is not None and state.departure.how == "split":
        return _of_parts(command, state.departure, leases, session)
    if command.do == "stop" and state.how not in {"unknown", "ended"}:
        leases.stop(command.name)
    if command.do == "resume" and state.end is None:
        return resume(command.job, command.name, session)
    answer = _status(command.job, state, session)
    if command.do == "stop" and state.how in _STOPS:
        answer["reason"] = _STOPS[state.how]
    return Answer(answer)


def listed(listing: ListJobs, session: Session) -> Answer:
    """
    Return how the jobs are of which the state tells, so many at once as there is time for.

    Raises as `obey` does.
    """
    if session.settings.state is None:
        raise PolicyError("the deployment keeps no state of jobs; set OSSWEEP_STATE")
    names, more = session.state_objects.folders(listing.after, LISTED)
    jobs: list[dict[str, Any]] = []
    last = listing.after
    for name in names:
        if jobs and session.budget.left() < LATE:
            more = True
            break
        last = name
        if JOB.fullmatch(name):  # whatever else lies there is none
            jobs.append({"job": name, **_in_short(name, session)})
    following = {"do": "list", "after": last} if more else None
    return Answer({"status": "done", "jobs": jobs, "next": following})


def _in_short(job: str, session: Session) -> dict[str, Any]:
    try:
        answer = _status(job, leases_of(job, session).job_state(), session)
    except SweepError as error:  # one that cannot be read hides no others
        return {"status": "unknown", "reason": str(error)}
    return {name: answer[name] for name in _SHOWN}


def _of_parts(command: Command, left: Departure, leases: Leases, session: Session) -> Answer:
    """
    Do what a command says about a job of several parts; return one answer for all of them.

    An order to stop lies in the whole job's state, where every part looks for it.
    """
    if command.do == "stop":
        leases.stop(command.name)
    kept = job_of_continuation(left.continuation, session, "the job's state")
    known = {
        each["job"]: job_of_continuation(each, session, "the job's state") for each in left.parts
    }
    called: tuple[str, ...] = ()
    if command.do == "resume":
        leases.take_back(command.name, known)
        now = call_missing(left.parts, session, anew=True)
        said = finish(join(command.job, session), session) if now.have_ended else None
        if said is not None:
            return said
        called = now.jobs
    looks = {each["job"]: leases_of(each["job"], session).job_state() for each in left.parts}
    answers = {job: _status(job, state, session, known[job]) for job, state in looks.items()}
    for job in called:
        answers[job]["status"], answers[job]["reason"] = _SAID["continued"]
    ended = frozenset(job for job, state in looks.items() if state.how == "ended")
    status, reason = _status_of(answers, ended)
    if command.do == "stop" and status == "continued":
        reason = "its parts stop at their next checkpoints, or before they go on"
    elif command.do == "stop" and status == "unfinished":
        reason = f"{reason}; whoever comes finds the order to stop, until resume"
    ends = [answer["estimated_end"] for answer in answers.values() if answer["status"] != "done"]
    rates = [answer["objects_per_second"] or 0 for answer in answers.values()]
    together = of_parts(kept, list(answers.values()), status, reason)
    document = {
        **as_listed(together, (left.answer or together)["listed"]),
        # A part's first hop bears the number of the one after that in which the job was split.
        "hops": kept.hop + sum(max(0, answer["hops"] - 1) for answer in answers.values()),
        "objects_per_second": round(sum(rates), 1),
        "estimated_end": max(ends) if ends and None not in ends else None,
        "parts": {job: answer["status"] for job, answer in answers.items()},
    }
    return Answer(document)


def _status_of(answers: Mapping[str, Mapping[str, Any]], ended: Collection[str]) -> tuple[str, str]:
    """Return how a job is by its parts; one that has ended has left the rest to the whole."""
    at_work = {job: answer for job, answer in answers.items() if job not in ended}
    for status in ("unfinished", "stopped"):
        for job, answer in at_work.items():
            if answer["status"] == status:
                return status, f"{job}: {answer['reason']}"
    if not at_work:
        reason = "its parts have ended, and nobody has joined them; it goes on by resume"
        return "unfinished", reason
    return "continued", "its parts go on with it"


def _status(
    job: str, state: JobState, session: Session, known: Work | None = None
) -> dict[str, Any]:
    """Return how a job is; `known` is what a part began with, which its state may not tell yet."""
    nothing = ignored(
        "there is no such job; if there was one, it has ended long ago",
        job,
        None,
        dry_run=session.settings.dry_run,
    )
    if known is None and state.answer is None and state.departure is not None:
        known = job_of_continuation(state.departure.continuation, session, "the job's state")
    if known is not None:
        nothing = so_far(known, "its first invocation is on its way")
    if state.how == "unknown":
        return {**nothing, "hops": 0, "objects_per_second": None, "estimated_end": None}
    answer = dict(state.answer or nothing)
    if state.how in _SAID and (state.how, answer["status"]) != ("released", "stopped"):
        answer["status"], answer["reason"] = _SAID[state.how]
    return {**answer, "hops": state.hops, **_pace(answer, state)}


def _pace(answer: Mapping[str, Any], state: JobState) -> dict[str, Any]:
    """Return the objects a second, and when the job should end if it goes on at that pace."""
    settled = answer["deleted"] + (answer["remaining"] if answer["dry_run"] else 0)
    rate = settled / answer["seconds"] if answer["seconds"] else None
    end = None
    if state.how in {"running", "continued"} and rate and state.expected is not None:
        with suppress(ValueError, OverflowError, OSError):  # it lies outside of the calendar
            moment = datetime.fromtimestamp(state.now + state.expected / rate, timezone.utc)
            end = moment.isoformat(timespec="seconds")
    return {
        "objects_per_second": None if rate is None else round(rate, 1),
        "estimated_end": end,
    }
