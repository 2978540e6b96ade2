"""The state of a job in words and figures, for a person who asks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ossweep.answers import as_listed, ignored, of_parts, so_far
from ossweep.jobs.calls import is_missing
from ossweep.jobs.order import job_of_continuation
from ossweep.jobs.state import leases_of, states_of_parts
from ossweep.leases.decisions import UNKNOWN
from ossweep.leases.records import PART
from ossweep.session import is_named_by_event

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ossweep.leases.job_state import JobState
    from ossweep.leases.records import Departure
    from ossweep.session import Session
    from ossweep.work import Work

_WHERE = "the job's state"
_AT_WORK = "an invocation is at work on it"
_BY_RESUME = "it goes on by resume"
_BY_EVENT = "it goes on when its event is sent again, or by resume"
_DIED_EARLY = "its invocation died before its first checkpoint"

# The status and the reason in the answer about a job that has not ended, by its state.
_SAID = {
    "running": ("continued", _AT_WORK),
    "running early": (
        "continued",
        f"{_AT_WORK}; before its first checkpoint nothing is known of its counts",
    ),
    "dead": ("unfinished", f"its invocation has died; {_BY_RESUME}"),
    "dead early": ("unfinished", f"{_DIED_EARLY}; its request, sent again, makes another job"),
    "continued": ("continued", "its next invocation is on its way"),
    "called": ("continued", "its first invocation is on its way"),
    "called anew": ("continued", "its next invocation is on its way"),
    "lost": ("unfinished", f"its next invocation never began; {_BY_RESUME}"),
    "lost early": ("unfinished", f"its first invocation never began; {_BY_RESUME}"),
    "released": ("unfinished", _BY_RESUME),
}
# The same about a job that is named after its event, which finds the job when it is sent again.
_SAID_OF_EVENTS = {
    **_SAID,
    "dead": ("unfinished", f"its invocation has died; {_BY_EVENT}"),
    "dead early": ("unfinished", f"{_DIED_EARLY}; its event, sent again, begins it anew"),
    "lost": ("unfinished", f"its next invocation never began; {_BY_EVENT}"),
    "released": ("unfinished", _BY_EVENT),
}
# Additions where an invocation is there to obey an order to stop, by the job's state.
_OBEYS = {
    "running": "it is ordered to stop, and stops at its next checkpoint",
    "running early": "it is ordered to stop, and stops at its next checkpoint",
    **dict.fromkeys(
        ("continued", "called anew"), "it is ordered to stop, and stops before it goes on"
    ),
    "called": "it is ordered to stop, and stops before it begins",
}
_DEAD = frozenset({"dead", "dead early", "called anew"})
THEY_STOP = "they stop at their next checkpoints, or before they go on"
UNTIL_RESUME = "it is ordered to stop, until resume"
NOT_TRIED_AGAIN = "it is ordered to stop: what has failed is not tried again, until resume"
NOT_BEGUN = frozenset({"called", "lost early"})  # states of a part that has not begun


@dataclass(frozen=True)
class Look:
    """A look at a job; that at a part includes the whole job's state, and the work handed to it."""

    state: JobState
    handed: dict[str, Any] | None = None


@dataclass(frozen=True)
class JobStates:
    """The states of several jobs; each is looked at once. Raises Closed and StoreError."""

    session: Session
    seen: dict[str, JobState] = field(default_factory=dict)

    def at(self, job: str) -> Look:
        """Return how a job is."""
        of = PART.fullmatch(job)
        whole = self._state_at(of[1]) if of is not None else None
        if of is None or whole is None or job not in whole.parts:
            return Look(self._state_at(job))
        return self.at_parts(of[1], [job])[job]

    def at_parts(self, whole: str, jobs: Collection[str]) -> dict[str, Look]:
        """Return how parts of a job are. They are ordered to stop if the job is."""
        split = self._state_at(whole)
        new = [job for job in jobs if job not in self.seen]
        if new:
            self.seen.update(states_of_parts(whole, new, self.session))
        return {
            job: Look(_state_as_part(self.seen[job], split), split.parts.get(job)) for job in jobs
        }

    def order_to_stop(self, job: str, order: str) -> None:
        """Take note of an order that was given after the look."""
        state = self._state_at(job)
        self.seen[job] = replace(state, orders=(*state.orders, order))

    def call(self, part: str) -> None:
        """Take note that an invocation was called, after the look, for a part that had nobody."""
        state = self.seen[part]
        if state.how == "unknown":
            self.seen[part] = replace(state, how="called")
        elif is_missing(state, self.session):
            how = "called anew" if state.how == "dead" else "continued"
            self.seen[part] = replace(state, how=how)

    def _state_at(self, job: str) -> JobState:
        if job not in self.seen:
            self.seen[job] = leases_of(job, self.session).job_state()
        return self.seen[job]


def told(job: str, looks: JobStates) -> dict[str, Any]:
    """Return how a job is, all of its parts together; raises as `JobStates` does."""
    look = looks.at(job)
    left, parts = look.state.departure, look.state.parts
    if left is None or not parts:
        return told_of(job, look, looks.session)
    return _told_by_parts(look.state, left, looks.at_parts(job, parts), looks.session)


def told_of(job: str, look: Look, session: Session) -> dict[str, Any]:
    """Return how a job, or a part of one, is by itself."""
    state = look.state
    known = _work_of(look, session)
    if known is not None:
        answer = so_far(known, None)
    else:
        answer = ignored(UNKNOWN, job, None, dry_run=session.settings.dry_run)
    if state.how == "unknown":
        return {**answer, "hops": 0, "objects_per_second": None, "estimated_end": None}
    answer = dict(state.answer or answer)
    if state.how in _DEAD and not answer["dry_run"]:
        answer["at_least"] = True  # as it is for whoever goes on from there
    answer["status"], answer["reason"] = _status_and_reason(job, state, answer)
    return {**answer, "hops": state.hops, **_pace(answer, state)}


def _state_as_part(state: JobState, whole: JobState) -> JobState:
    if state.how == "ended":
        return state
    state = replace(state, orders=(*whole.orders, *state.orders))
    if state.how != "unknown":
        return state
    return replace(state, how="lost early" if whole.is_lost else "called")


def _work_of(look: Look, session: Session) -> Work | None:
    """Return the work of a job that has answered nothing yet, as far as that is known."""
    sealed = look.handed
    if sealed is None and look.state.answer is None and look.state.departure is not None:
        sealed = look.state.departure.continuation
    return job_of_continuation(sealed, session, _WHERE) if sealed is not None else None


def _status_and_reason(job: str, state: JobState, answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return a job's status and its reason, which mentions a standing order to stop."""
    status, reason = answer["status"], answer["reason"]
    if (state.how, status) == ("released", "stopped"):
        return status, f"{reason}; {UNTIL_RESUME}" if state.orders else reason
    if state.orders and state.end is not None and state.end.continuation is not None:
        return status, f"{reason}; {NOT_TRIED_AGAIN}"
    if state.how not in _SAID:
        return status, reason
    status, reason = (_SAID_OF_EVENTS if is_named_by_event(job) else _SAID)[state.how]
    if not state.orders:
        return status, reason
    if state.how in _OBEYS:
        return status, f"{reason}; {_OBEYS[state.how]}"
    return status, f"nobody is at work on it, and {UNTIL_RESUME}"


def _told_by_parts(
    whole: JobState, left: Departure, looks: Mapping[str, Look], session: Session
) -> dict[str, Any]:
    """Return one answer for all parts of a job."""
    kept = job_of_continuation(left.continuation, session, _WHERE)
    answers = {part: told_of(part, look, session) for part, look in looks.items()}
    status, reason = _status_by_parts(whole, answers, looks)
    ends = [answer["estimated_end"] for answer in answers.values() if answer["status"] != "done"]
    rates = [answer["objects_per_second"] or 0 for answer in answers.values()]
    together = of_parts(kept, list(answers.values()), status, reason)
    return {
        **as_listed(together, (left.answer or together)["listed"]),
        "hops": whole.hops + sum(answer["hops"] for answer in answers.values()),
        "objects_per_second": round(sum(rates), 1),
        "estimated_end": max(ends) if ends and None not in ends else None,
        "parts": {part: answer["status"] for part, answer in answers.items()},
    }


def _status_by_parts(
    whole: JobState, answers: Mapping[str, Mapping[str, Any]], looks: Mapping[str, Look]
) -> tuple[str, str]:
    """Return a job's status and reason by its parts; ended parts leave the rest to the whole."""
    going_on = {job: said for job, said in answers.items() if looks[job].state.how != "ended"}
    for status in ("unfinished", "stopped"):
        for job, answer in going_on.items():
            if answer["status"] == status:
                return status, f"{job}: {answer['reason']}"
    if not going_on:
        reason = "its parts have ended, and nobody has joined them"
        return "unfinished", f"{reason}; {UNTIL_RESUME if whole.orders else _BY_RESUME}"
    reason = "its parts go on with it"
    if whole.orders:
        return "continued", f"{reason}; it is ordered to stop, and {THEY_STOP}"
    stopping = [job for job in going_on if looks[job].state.orders]
    return "continued", f"{reason}; ordered to stop: {', '.join(stopping)}" if stopping else reason


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
