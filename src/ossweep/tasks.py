"""What a document asks for: a job, a word to a job, or the rest of one that its state holds."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ossweep import chain, commands, log
from ossweep.answers import Said, refused_of
from ossweep.calls import Pointer, pointer
from ossweep.commands import Command, Listing
from ossweep.errors import Closed, SweepError, UndoneError
from ossweep.events import Origin
from ossweep.handover.continuation import is_continuation, seconds_to_write
from ossweep.job import order
from ossweep.policy import check_source, share_of
from ossweep.state import check_state
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.events import Ordered, Reading, Source
    from ossweep.job import App

TIMES = 2  # what a job was ordered is written down: as its rest, and for who looks for it

Task = Work | Command | Listing | Pointer


@dataclass(frozen=True)
class Step:
    """
    What a message asks for: tasks, as far as they are known, and how they are done.

    `where` names it in a refusal, which `act` raises.
    """

    where: str
    act: Callable[[], list[Said]]
    tasks: Sequence[Task] = ()


def read(ordered: Ordered, source: Source, app: App, of_requests: int = 1) -> Task:
    """
    Return what is asked for, once the deployment allows it; raises RequestError, PolicyError.

    It is one of so many requests.
    """
    document, where = ordered.document, ordered.where
    if not (source == "direct" and goes_on(document, app)):
        check_source(source, app.settings, where)
    word = commands.read(ordered, app) or pointer(document)
    if word is not None:
        check_state(app)
        return word
    origin = Origin(source, ordered.identity, ordered.at)
    work = order(document, app, where, origin)
    if is_continuation(document):
        work = _as_sent(work, origin)
    return within(of_requests, work, app)


def _as_sent(work: Work, origin: Origin) -> Work:
    """
    Return the work of a continuation that was sent as an event: nothing in it is a secret.

    So where it says that its answer belongs, its job must have answered already, and what was
    written after the event stays, as it would if a request had come by that.
    """
    times = [each for each in (work.not_after, origin.at) if each is not None]
    reply = replace(work.reply, is_claimed=True) if work.reply is not None else None
    return replace(work, reply=reply, not_after=min(times, default=None))


def within(of_requests: int, work: Work, app: App) -> Work:
    """Return a work that deletes no more than its share, as one of so many requests."""
    share = share_of(of_requests, app.settings.max_objects)
    limits = [limit for limit in (work.limit, share) if limit is not None]
    among = max(of_requests, work.of_requests)  # which the rest of a job brings along
    return replace(work, limit=min(limits, default=None), of_requests=among)


def goes_on(document: Any, app: App) -> bool:
    """
    Tell whether this may be a job's next invocation, whose order came by another source.

    The function calls itself directly. What such a document does, the job's state decides.
    """
    is_of_a_job = pointer(document) is not None or is_continuation(document)
    return is_of_a_job and app.settings.state is not None


def step(where: str, read: Callable[[], list[Task]], app: App) -> Step:
    """Return what is asked for, once it is allowed; to do it raises what is refused."""
    try:
        found = read()
    except SweepError as refusal:
        return Step(where, partial(_refuse, refusal))
    return Step(where, partial(do_all, found, app), found)


def _refuse(refusal: SweepError) -> list[Said]:
    raise refusal


def do_all(found: Sequence[Task], app: App) -> list[Said]:
    """
    Do tasks one after the other; one alone raises what `do` raises.

    Each leaves those behind it the time that it takes to write down what they were ordered: when
    time runs out, that is done with each of them, and once more where nobody can go on with it.
    """
    if len(found) == 1:
        return [do(found[0], app)]
    answers: list[Said] = []
    for task, seconds in zip(found, _to_leave([[each] for each in found], app), strict=True):
        with _left(seconds, app):
            answers.append(_done(task, app))
    return answers


def do_each(steps: Sequence[Step], app: App) -> list[Said]:
    """
    Do what several messages ask for, one after the other, each for itself; raises nothing.

    Each leaves time to those behind it, as `do_all` tells.
    """
    answers: list[Said] = []
    for step, seconds in zip(steps, _to_leave([step.tasks for step in steps], app), strict=True):
        with _left(seconds, app):
            answers += _step_done(step, app)
    return answers


def _step_done(step: Step, app: App) -> list[Said]:
    """Do what a message asks for: that it is refused does not stop the others."""
    try:
        return step.act()
    except SweepError as refusal:
        log.refused(app.logger, refusal)
        return [Said({"status": "refused", "where": step.where, **refused_of(refusal)})]


def _to_leave(lots: Sequence[Sequence[Task]], app: App) -> list[float]:
    """Return the seconds that each of several lots of tasks leaves to those behind it."""
    clock = app.world.monotonic
    to_write = [
        sum(seconds_to_write(each, clock) for each in lot if isinstance(each, Work)) for lot in lots
    ]
    *later, of_all = accumulate(reversed(to_write), initial=0.0)
    # Half of the time is for the first one's work, however much there is to write.
    times = min(TIMES, max(0.0, app.budget.left()) / 2 / of_all) if of_all else 0.0
    return [times * seconds for seconds in reversed(later)]


@contextmanager
def _left(seconds: float, app: App) -> Iterator[None]:
    """Let time be up so much earlier meanwhile."""
    with app.budget.owed(seconds), app.ending.kept_back(seconds):
        yield


def _done(task: Task, app: App) -> Said:
    """Do one of several tasks: that one has nobody to go on with it does not stop the others."""
    try:
        return do(task, app)
    except SweepError as error:
        log.refused(app.logger, error)
        return Said({"status": "refused", **refused_of(error)})


def do(task: Task, app: App) -> Said:
    """Do it, and return the job's answer; raises what `carry` and `obey` raise, and UndoneError."""
    try:
        with log.about(app.logger, **_names(task)):
            if isinstance(task, Command):
                return commands.obey(task, app)
            if isinstance(task, Listing):
                return commands.listed(task, app)
            if isinstance(task, Pointer):
                return chain.follow(task, app)
            return chain.carry(task, app)
    except Closed as closed:
        met = f": {closed}" if str(closed) else ""
        sentence = f"time ran out before the job's state was read or written{met}"
        raise UndoneError(sentence) from None


def _names(task: Task) -> dict[str, str]:
    """Return what the log's lines shall name."""
    if isinstance(task, Listing):
        return {}
    return {"job": task.job, **({"bucket": task.bucket} if isinstance(task, Work) else {})}


def together(reading: Reading, answers: Sequence[Said]) -> dict[str, Any]:
    """Return one answer as itself; several rules may have made several of one event."""
    documents = [said.document for said in answers]
    return {"answers": documents} if reading.is_list or len(documents) > 1 else documents[0]
