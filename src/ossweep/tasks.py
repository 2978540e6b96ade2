"""What a document asks for: a job, a word to a job, or the rest of one that its state holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep import chain, commands, log
from ossweep.calls import Pointer, pointer
from ossweep.commands import Command, Listing
from ossweep.errors import Closed, UndoneError
from ossweep.events import POINTER_MARK, Origin
from ossweep.handover.continuation import is_continuation
from ossweep.job import order
from ossweep.policy import check_source
from ossweep.state import check_state
from ossweep.work import Work

if TYPE_CHECKING:
    from ossweep.answers import Said
    from ossweep.events import Ordered, Source
    from ossweep.job import App

Task = Work | Command | Listing | Pointer


def read(ordered: Ordered, source: Source, app: App, share: int | None = None) -> Task:
    """
    Return what is asked for, once the deployment allows it; raises RequestError, PolicyError.

    `share` is the most objects that it may delete, one of several requests.
    """
    document, where = ordered.document, ordered.where
    if not (source == "direct" and goes_on(document, app)):
        check_source(source, app.settings, where)
    word = commands.read(document, where) or pointer(document)
    if word is not None:
        check_state(app)
        return word
    return within(share, order(document, app, where, Origin(source, ordered.identity, ordered.at)))


def within(share: int | None, work: Work) -> Work:
    """Return a work that deletes no more than its share."""
    if share is None:
        return work
    return replace(work, limit=share if work.limit is None else min(share, work.limit))


def goes_on(document: Any, app: App) -> bool:
    """
    Tell whether this may be a job's next invocation, whose order came by another source.

    The function calls itself directly. What such a document does, the job's state decides.
    """
    is_of_a_job = isinstance(document, dict) and (
        POINTER_MARK in document or is_continuation(document)
    )
    return is_of_a_job and app.settings.state is not None


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
