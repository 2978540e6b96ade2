"""One invocation's share of a job: from its work to what is left of it, and to its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ossweep import policy
from ossweep.answers import KINDS, RARE, document, so_far
from ossweep.engine.planning import PlanTerms
from ossweep.engine.result import Result
from ossweep.engine.sweep import sweep
from ossweep.engine.throttle import Throttle
from ossweep.errors import RequestError
from ossweep.handover import continuation
from ossweep.jobs import ends
from ossweep.log import Log
from ossweep.names import in_quotes
from ossweep.session import LISTINGS, open_bucket
from ossweep.stops import Stop, Why
from ossweep.tally import tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.gate import Gate
    from ossweep.engine.ports import Checkpoint, Lists
    from ossweep.engine.sweep import Progress
    from ossweep.session import Session
    from ossweep.store import OssStore
    from ossweep.work import Work


@dataclass(frozen=True)
class Share:
    """The share of a job that an invocation has done: the work left, and the job's answer."""

    left: Work
    stopped: Stop | None  # what ended it early, if anything but time did
    answer: dict[str, Any]
    expected: int | None  # objects that are probably left
    trouble: str | None = None  # what kept requests from being answered


class Checkpoints(Protocol):
    """The port to what keeps a job's checkpoints; the rest is as in the sweep's Keeper."""

    def due(self) -> bool:
        """Tell whether it is time for the next one."""

    def keep(self, share: Share, reserved: int) -> Checkpoint:
        """Keep one that reserves at least so many objects, in a thread; raises nothing."""

    def beat_due(self) -> bool:
        """Tell whether to give a sign of life now."""

    def beat(self) -> None:
        """Give one, in a thread; raises nothing."""


def perform(
    work: Work, session: Session, gate: Gate, checkpoints: Checkpoints | None = None
) -> Share:
    """
    Do as much of a job's work as time allows, within what the gate lets through.

    Raises SettingsError before anything is deleted.
    """
    settings, world = session.settings, session.world
    terms = _terms(work, session)
    if isinstance(terms, Stop):
        share = _share_without(work, terms)
        ends.swept(share.answer, share.stopped, session)
        return share
    store = opened(work, gate, session)
    session.logger.append_keys(job=work.job, bucket=work.bucket)
    log = Log(session.logger, work, world.monotonic, settings.log_seconds)
    log.start(session.budget.left())
    began = world.monotonic()

    def report(progress: Progress) -> None:
        log.progress(progress)
        if session.invocation.terminated():
            session.budget.end()

    def share_of(result: Result) -> Share:
        spent = round(1000 * (world.monotonic() - began))
        return _share(work, result, store, gate, spent)

    lists = lists_of(work, store, gate, session)
    # Where no state is kept, a continuation is a request: its clock is held to OSS's own.
    is_known = settings.state is not None or work.clock is None
    swept = work if is_known else replace(work, clock=None)
    with session.budget.kept_back(continuation.seconds_to_write(work, world.monotonic)):
        result = sweep(
            swept,
            store,
            gate,
            throttle_of(work, session),
            protected=terms.protected_too(policy.protected_in(work.bucket, settings)),
            ceiling=policy.ceiling_of(work, settings),
            in_flight=settings.in_flight,
            listings=LISTINGS,
            report=report,
            keeper=_Keeper(checkpoints, share_of) if checkpoints is not None else None,
            lists=lists,
            terms=terms,
        )
    share = _with_plan(share_of(result), work, terms, session, gate)
    ends.swept(share.answer, share.stopped, session)
    return share


def _terms(work: Work, session: Session) -> PlanTerms | Stop:
    """
    Return what a sweep has to do with plans; the order of a new one is kept.

    A job whose plan is gone, or cannot be read, ends: nobody could say what it may delete.
    """
    if session.settings.state is None or not (work.dry_run or work.applies):
        return PlanTerms()
    from ossweep.jobs import plans  # noqa: PLC0415 - for plans

    if work.applies is None:
        if work.plan is None and work.part_of is None:  # nothing has been met of it
            plans.keep_order(work, session)
        return PlanTerms(is_kept=True)
    try:
        plan = plans.kept_plan(work.applies, session)
    except RequestError as error:
        return Stop(Why.REFUSED, str(error), is_final=True)
    if plan is not None:
        return PlanTerms(to_apply=plan)
    name = in_quotes(work.applies)
    gone = f"the plan {name}, which this job applies, is gone: what is left stays; plan anew"
    return Stop(Why.REFUSED, gone, is_final=True)


def _share_without(work: Work, stop: Stop) -> Share:
    """Return the share of a job that ends before anything more of it is done."""
    left = replace(work, hop=work.hop + 1)
    listed = so_far(work, None)["listed"]
    end = Result(listed, work.counts, left, stop, may_go_on=False, expected=None)
    return Share(left, stop, {**document(work, end), "plan": {"id": work.applies}}, None)


def _with_plan(share: Share, work: Work, terms: PlanTerms, session: Session, gate: Gate) -> Share:
    """Return a share with the plan that it has made or applied, in its answer."""
    if terms.to_apply is not None:
        from ossweep.jobs.plans import compared_with_plan  # noqa: PLC0415 - for plans

        answer = compared_with_plan(share.answer, share.left, terms.to_apply)
        return replace(share, answer=answer)
    is_over = share.answer["continuation"] is None and work.part_of is None
    at_ceiling = share.stopped is not None and share.stopped.why is Why.CEILING
    if work.dry_run and is_over and (at_ceiling or share.answer["status"] == "planned"):
        from ossweep.jobs.planned import with_plan  # noqa: PLC0415 - for dry runs

        return replace(share, answer=with_plan(share.answer, share.left, session, gate.left()))
    return share


def throttle_of(work: Work, session: Session) -> Throttle:
    """Return the throttle of a job's share."""
    settings, world = session.settings, session.world
    return Throttle(
        world.monotonic,
        world.uniform,
        settings.in_flight,
        policy.rate_of(work, settings),
        policy.quota_share_of(work, settings),
    )


def opened(work: Work, gate: Gate, session: Session) -> OssStore:
    """Open a job's bucket as its order needs it; raises SettingsError."""
    return open_bucket(
        work.bucket,
        gate,
        session,
        work.clock_at,
        work.null_versions,
        with_classes=(
            work.dry_run
            or work.applies is not None
            or (work.only is not None and work.only.needs_classes)
        ),
    )


def requests_made(work: Work, store: OssStore) -> dict[str, int]:
    """Return the requests that a job has made, with those of this store."""
    made = tally((work.requests_made, store.requests))
    rare = {kind: made[kind] for kind in RARE if made.get(kind)}
    return {kind: made.get(kind, 0) for kind in KINDS} | rare


def lists_of(work: Work, store: OssStore, gate: Gate, session: Session) -> Lists | None:
    """Return the lists of an order, if it names any."""
    if not work.lists:
        return None
    from ossweep.store.lists import OssLists  # noqa: PLC0415 - most orders name none

    return OssLists(work.bucket, store, lambda bucket: open_bucket(bucket, gate, session))


@dataclass(frozen=True)
class _Keeper:
    """A job's checkpoints, as the sweep sees them."""

    checkpoints: Checkpoints
    share_of: Callable[[Result], Share]

    def due(self) -> bool:
        return self.checkpoints.due()

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        return self.checkpoints.keep(self.share_of(result), reserved)

    def beat_due(self) -> bool:
        return self.checkpoints.beat_due()

    def beat(self) -> None:
        self.checkpoints.beat()


def _share(work: Work, result: Result, store: OssStore, gate: Gate, milliseconds: int) -> Share:
    clocks = (result.left.clock, store.first_date(), work.clock)
    left = replace(
        result.left,
        clock=min((each for each in clocks if each is not None), default=None),
        requests_made=requests_made(work, store),
        errors=tally((work.errors, gate.errors)),
        milliseconds=work.milliseconds + milliseconds,
    )
    answer = document(work, replace(result, left=left))
    return Share(left, result.stopped, answer, result.expected, result.trouble)
