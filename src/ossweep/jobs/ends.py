"""How the jobs of an invocation are left: a line of the log for each, and a document for errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ossweep import log
from ossweep.answers import UNDECIDED
from ossweep.errors import Closed, SweepError, out_of_time
from ossweep.stops import SPLIT, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ossweep.answers import Answer
    from ossweep.session import Session
    from ossweep.stops import Stop

WHOLE = "the whole job goes on with what is left, if it has room"


def swept(answer: Mapping[str, Any], stopped: Stop | None, session: Session) -> None:
    """Take note of a sweep that has ended: how its job is left is to be decided yet."""
    # Where it is to split, the state may soon say that others go on with it.
    also = {"continuation": None} if stopped is SPLIT else {}
    session.left[answer["job"]] = {**answer, **UNDECIDED, **also}


def decided(said: Answer, session: Session, *, is_part: bool = False) -> None:
    """
    Tell how a job is left; one that others go on with has the counts that are known here.

    A part that has come to its end at its share of a ceiling is not told as stopped: the whole job
    may have room for what it leaves, and tells of the ceiling itself.
    """
    document = said.document
    job = document["job"]
    known = session.left.get(job, document)
    if document["status"] == "ignored":
        document = {**known, "status": "ignored", "reason": document["reason"]}
    session.left[job] = document
    if is_part and said.why in {Why.CEILING, Why.DOUBT}:
        reason = f"{document['reason']}; {WHOLE}"
        log.ended(session.logger, {**document, "status": "continued", "reason": reason}, well=True)
        return
    log.ended(session.logger, document, well=not said.wants_repetition)


@contextmanager
def told_in_errors(job: str, session: Session) -> Iterator[None]:
    """
    Tell how a job is left if its sweep has ended, and an error comes before the decision.

    Raises UndoneError instead of Closed.
    """
    try:
        yield
    except Closed as closed:
        error = out_of_time(closed)
        _tell_of(error, job, session)
        raise error from None
    except SweepError as error:
        _tell_of(error, job, session)
        raise


def _tell_of(error: SweepError, job: str, session: Session) -> None:
    if job in session.left:
        session.left[job]["reason"] = str(error)
        log.ended(session.logger, session.left[job], well=False)
