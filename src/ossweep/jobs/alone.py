"""A job of one invocation, where the deployment keeps no state: nobody goes on with its rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.engine.gate import Gate
from ossweep.jobs import ends
from ossweep.jobs.brake import as_held, held_by
from ossweep.jobs.leaving import answer_of
from ossweep.jobs.threshold import perform_within

if TYPE_CHECKING:
    from ossweep.answers import Answer
    from ossweep.session import Session
    from ossweep.work import Work


def do_alone(work: Work, session: Session) -> Answer:
    """
    Do this invocation's share of a job, and return the answer, which holds the rest.

    Raises SettingsError and PolicyError before anything is deleted.
    """
    brake = held_by(work, session)
    if brake is not None:
        return as_held(work, brake)
    said = answer_of(perform_within(work, session, Gate(session.budget)))
    ends.decided(said, session)
    if work.reply is not None:
        from ossweep.jobs import replies  # noqa: PLC0415 - for request files

        replies.tell(work, said.document, session)
    return said
