"""What a document asks for: a job, a word to a job, or the rest of one that its state holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep import chain, commands
from ossweep.calls import Pointer, pointer
from ossweep.commands import Command, Listing
from ossweep.errors import Closed, UndoneError
from ossweep.events import Origin
from ossweep.job import order
from ossweep.work import Work

if TYPE_CHECKING:
    from ossweep.answers import Said
    from ossweep.events import Ordered, Source
    from ossweep.job import App

Task = Work | Command | Listing | Pointer


def read(ordered: Ordered, source: Source, app: App) -> Task:
    """Return what is asked for, once the deployment allows it; raises RequestError, PolicyError."""
    document, where = ordered.document, ordered.where
    return (
        commands.read(document, where)
        or pointer(document)
        or order(document, app, where, Origin(source, ordered.identity, ordered.at))
    )


def do(task: Task, app: App) -> Said:
    """Do it, and return the job's answer; raises what `carry` and `obey` raise, and UndoneError."""
    try:
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
