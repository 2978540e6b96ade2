"""
The threshold: with OSSWEEP_REQUIRE_PLAN, no more objects than that go without a plan.

Before a job without a plan deletes anything, a sweep that deletes nothing counts what it would
delete, up to one object more than that. A job that is larger ends there, and so does one that
cannot be counted: nothing is deleted uncounted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep import policy
from ossweep.answers import document
from ossweep.engine.ports import Checkpoint
from ossweep.engine.result import Result
from ossweep.engine.sweep import sweep
from ossweep.handover import continuation
from ossweep.jobs import ends
from ossweep.jobs.share import (
    Share,
    lists_of,
    opened,
    perform,
    requests_made,
    throttle_of,
)
from ossweep.plurals import counted
from ossweep.session import LISTINGS
from ossweep.stops import Stop, Why
from ossweep.tally import tally
from ossweep.work import Ceiling, Counts, add

if TYPE_CHECKING:
    from ossweep.engine.gate import Gate
    from ossweep.engine.sweep import Progress
    from ossweep.jobs.share import Checkpoints
    from ossweep.session import Session
    from ossweep.work import Work

SETTING = "OSSWEEP_REQUIRE_PLAN"
LONGEST_SHOWN = 2000  # characters of a request that a reason repeats
ENOUGH = 0.5  # of the function's time: a count that had so much, and was not done, will never be


def perform_within(
    work: Work,
    session: Session,
    gate: Gate,
    checkpoints: Checkpoints | None = None,
    *,
    is_recorded: bool = False,
) -> Share:
    """
    Do as `perform` does, unless the job meets more objects than may go without a plan.

    `is_recorded` tells that the work comes from the job's state, which is believed.
    """
    most = session.settings.require_plan
    if most is None or gate.stopped is not None or not _is_to_count(work, is_recorded=is_recorded):
        return perform(work, session, gate, checkpoints)
    counted = _counted(work, session, gate, checkpoints, most)
    if isinstance(counted, Share):
        ends.swept(counted.answer, counted.stopped, session)
        return counted
    return perform(counted, session, gate, checkpoints)


def _is_to_count(work: Work, *, is_recorded: bool) -> bool:
    """
    Tell whether a job has to be counted before it goes on.

    One that has asked for anything was counted before, and so were the parts of one, as far as its
    state says so; a document from outside may say anything.
    """
    if work.dry_run or work.applies is not None:
        return False
    was_counted = work.part_of is not None or work.counts.asked > 0
    return not (is_recorded and was_counted)


def _counted(
    work: Work, session: Session, gate: Gate, checkpoints: Checkpoints | None, most: int
) -> Work | Share:
    """Count what a job meets; return its work, or the share with which it ends here."""
    protected = policy.protected_in(work.bucket, session.settings)
    named = [*work.keys, *(each.key for each in work.held)]
    known = sum(not key.startswith(protected) for key in named)
    before = work.counts.settled + len(named)
    if known > most:
        return _share(_result(work, before, work.counts, _planless(work, most, session)))
    if not (work.ranges or work.lists):
        return work
    time_left = session.budget.left()
    found, work = _met(work, session, gate, checkpoints, most - known)
    if gate.stopped is not None:
        return work  # with which nothing goes
    listed = before + found.listed
    counts = add(work.counts, Counts(skipped=found.counts.skipped))
    if known + found.counts.asked > most:
        end = _result(work, listed, counts, _planless(work, most, session))
    elif found.left.finished:
        return work
    else:
        had_time = time_left >= ENOUGH * session.invocation.timeout_seconds
        end = _uncounted(_result(work, listed, counts), found, session, had_time=had_time)
    left = replace(work, errors=tally((work.errors, gate.errors)))  # of which it tells here and now
    return _share(replace(end, left=left))


def _met(
    work: Work, session: Session, gate: Gate, checkpoints: Checkpoints | None, most: int
) -> tuple[Result, Work]:
    """
    Count what an order does not name, up to one object more than `most`.

    Returns what was met, and the work with the requests that this has taken.
    """
    clock = session.world.monotonic
    began = clock()
    session.logger.info("counting", job=work.job, bucket=work.bucket, most=most)

    def report(_: Progress) -> None:
        if session.invocation.terminated():
            session.budget.end()

    # As when it is carried out: where no state is kept, a document's clock is not believed.
    known = work if session.settings.state is not None else replace(work, clock=None)
    unseen = work_to_count(known)
    store = opened(unseen, gate, session)
    so_far = _share(_result(work, work.counts.settled + len(work.keys) + len(work.held)))
    with session.budget.kept_back(continuation.seconds_to_write(work, clock)):
        found = sweep(
            unseen,
            store,
            gate,
            throttle_of(unseen, session),
            protected=policy.protected_in(work.bucket, session.settings),
            ceiling=Ceiling(most + 1, SETTING),
            in_flight=session.settings.in_flight,
            listings=LISTINGS,
            report=report,
            keeper=None if checkpoints is None else _Uncounted(checkpoints, so_far, most + 1),
            lists=lists_of(unseen, store, gate, session),
        )
    clocks = [each for each in (work.clock, store.first_date()) if each is not None]
    return found, replace(
        work,
        clock=min(clocks, default=None),
        requests_made=requests_made(work, store),
        milliseconds=work.milliseconds + round(1000 * (clock() - began)),
    )


def work_to_count(work: Work) -> Work:
    """Return the work of counting what its order does not name."""
    return replace(
        work,
        dry_run=True,
        keys=(),
        doubted=(),
        sizes={},
        held=(),
        unsettled=0,
        counts=Counts(),
        limit=None,
        limit_bytes=None,
    )


def _uncounted(end: Result, found: Result, session: Session, *, had_time: bool) -> Result:
    """
    Return the end of a job that could not be counted.

    Where it was for its size, it would be no other time; else another invocation counts anew.
    """
    cause = found.stopped.sentence if found.stopped is not None else found.trouble
    sentence = f"{_nothing(end.left)} was deleted, because what would go could not be counted"
    if found.stopped is not None:
        stop = replace(found.stopped, sentence=f"{sentence}: {cause}")
        return replace(end, stopped=stop, may_go_on=not stop.is_final)
    if cause is not None or session.invocation.terminated() or not had_time:
        return replace(end, trouble=f"{sentence}: {cause or 'time ran out'}", may_go_on=True)
    most = counted(session.settings.require_plan or 0, "object")
    reason = (
        f"{sentence} before time ran out, and {SETTING} lets no more than {most} go "
        f"without a plan; {_to_send(end.left, session)}"
    )
    return replace(end, stopped=Stop(Why.PLANLESS, reason, is_final=True))


def _planless(work: Work, most: int, session: Session) -> Stop:
    reason = (
        f"{_nothing(work)} was deleted, because these are more than {counted(most, 'object')}, and "
        f"{SETTING} lets no more go without a plan; {_to_send(work, session)}"
    )
    return Stop(Why.PLANLESS, reason, is_final=True)


def _nothing(work: Work) -> str:
    return "nothing more" if work.counts.asked else "nothing"


def _to_send(work: Work, session: Session) -> str:
    """
    Say what to send: the request as a dry run, where it is at hand and short, and the plan.

    Where no state is kept, no plan is: that has to be set first.
    """
    request = session.requests.get(work.job)
    shown = json.dumps({**request, "dry_run": True}) if isinstance(request, dict) else ""
    if not 0 < len(shown) <= LONGEST_SHOWN:
        shown = 'the same request with "dry_run": true'
    first = "" if session.settings.state is not None else "set OSSWEEP_STATE to keep plans in, "
    return f'{first}send {shown}, and then {{"apply": "..."}} with the id of the plan in its answer'


def _result(
    work: Work, listed: int, counts: Counts | None = None, stop: Stop | None = None
) -> Result:
    counts = work.counts if counts is None else counts
    return Result(
        listed=listed, counts=counts, left=work, stopped=stop, may_go_on=False, expected=None
    )


def _share(end: Result) -> Share:
    """Return the share of a job of which nothing was done."""
    left = replace(end.left, hop=end.left.hop + 1)
    return Share(left, end.stopped, document(end.left, replace(end, left=left)), None, end.trouble)


@dataclass(frozen=True)
class _Uncounted:
    """
    A job's checkpoints while it is counted: each says that nothing was done, and asked for.

    They renew its lease, and tell of an order to stop. The count waits for none of them.
    """

    checkpoints: Checkpoints
    share: Share
    most: int

    def due(self) -> bool:
        return self.checkpoints.due()

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        del result, reserved  # a dry run's, which asks for nothing
        stop = self.checkpoints.keep(self.share, 0).stop if self.due() else None
        return Checkpoint(stop, self.most)

    def beat_due(self) -> bool:
        return self.checkpoints.beat_due()

    def beat(self) -> None:
        self.checkpoints.beat()
