"""The ends of an event's jobs: what is logged, and, decided here alone, what is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ossweep.answers import FINE, Answer, ignored
from ossweep.errors import UndoneError
from ossweep.events import Happened
from ossweep.stops import Why, asking, resuming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger

    from ossweep.events import Reading
    from ossweep.session import Session

NAMED = 10  # jobs that an exception names; it counts all
# Refusals of what was asked for: as long as it asks for the same, it is refused again.
_REFUSALS = frozenset({"RequestError", "PolicyError", "SettingsError"})
# Kinds of reasons for which a job may end, so that nothing goes on.
_ENDING = frozenset({Why.CEILING, Why.DOUBT, Why.PLANLESS, Why.REFUSED})
_GO_ON = "go on with what is left"
_SHOWN = ("status", "reason", "deleted", "failed", "remaining", "errors")


def note(answer: Answer, logger: Logger, *, is_kept: bool = False) -> None:
    """
    Log a job that somebody should look after, and an event that asks for nothing.

    `is_kept` tells that the deployment keeps its jobs' state.
    """
    document = answer.document
    if "error" in document:
        return  # it has a line of its own
    names: dict[str, Any] = {"job": document.get("job"), "bucket": document.get("bucket")}
    shown: dict[str, Any] = {name: document[name] for name in _SHOWN if name in document}
    if document["status"] == "ignored":
        logger.info("ignored", **names, reason=document["reason"])
    elif answer.why is Why.BRAKE:
        logger.warning("job held", **names, **shown)
    elif answer.why is Why.PLANLESS:
        # Keys are left out of its reason here: the job's state has it whole.
        told: dict[str, Any] = {"whole": asking(document["job"])} if is_kept else {}
        logger.warning("job needs a plan", **names, **shown, **told)
    elif answer.wants_repetition:
        logger.error("job ended badly", **names, **shown)


def raise_if_undone(
    reading: Reading, answers: Sequence[Answer], session: Session, *, only_asked: bool
) -> None:
    """
    Raise UndoneError for a bad end that has to be raised.

    Function Compute repeats an event, or tells a person of it, only if its invocation raises. So a
    bad end is raised where the deployment says so for the event's source, where one of several
    orders was refused, and where nobody reads the answer, unless the event has only asked.
    """
    raises = reading.source in session.settings.raise_ and not only_asked
    undone = [
        answer
        for answer in answers
        if "error" in answer.document or (answer.wants_repetition and (raises or answer.is_unread))
    ]
    if not undone:
        return
    documents = [answer.document for answer in answers]
    if not raises and len(answers) == 1 and undone[0].is_unread:
        raise UndoneError(_end_of(documents[0]), documents)
    again = _sentence_on_repetition(answers, reading, session)
    sentence = f"{_summary(undone, answers)}. {again}"
    raise UndoneError(sentence, documents)


def _summary(undone: Sequence[Answer], answers: Sequence[Answer]) -> str:
    """Say how the undone jobs of an event ended, and how the others did."""
    ends = "; ".join(_end_of(answer.document) for answer in undone[:NAMED])
    others = _summary_of_others([answer for answer in answers if answer not in undone])
    are_done = any(answer.document["status"] in FINE for answer in undone)
    verb = "did not end as they should" if are_done else "were not done"
    return f"{len(undone)} of {len(answers)} jobs {verb}: {ends}{others}"


def _end_of(document: dict[str, Any]) -> str:
    if document["status"] == "refused" or "job" not in document:
        return str(document["reason"])
    return f"job {document['job']}: {document['status']}: {document['reason']}"


def _summary_of_others(others: Sequence[Answer]) -> str:
    """Say how the done jobs ended: their source gets the exception and nothing else."""
    ends = [
        f"job {each['job']}: {each['status']}, {each['deleted']:,} deleted"
        for each in (answer.document for answer in others[:NAMED])
        if "deleted" in each
    ]
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"; the others: {'; '.join(ends)}{more}" if ends else ""


def _sentence_on_repetition(answers: Sequence[Answer], reading: Reading, session: Session) -> str:
    """Return a sentence about sending the event again; what was refused has no job to go on."""
    refused = [answer.document.get("error") in _REFUSALS for answer in answers]
    if all(refused):
        return "Sent again, it is refused again: correct it first"
    also = "; what was refused is refused again, until it is corrected" if any(refused) else ""
    return f"{_sentence_on_jobs(answers, reading, session)}{also}"


def _sentence_on_jobs(answers: Sequence[Answer], reading: Reading, session: Session) -> str:
    """Return a sentence about the jobs of an event that is sent again: not all of them go on."""
    names = [ordered.identity for ordered in reading.orders]
    names += [item.identity for item in reading.items if isinstance(item, Happened)]
    if session.settings.state is not None and None not in names:
        ways = [_what_becomes_of(answer) for answer in answers]
        others = [way for way in ways if way not in {"", _GO_ON}]
        more = [f"and {len(others) - NAMED} more alike"] if len(others) > NAMED else []
        also = "; ".join(others[:NAMED] + more)
        if _GO_ON in ways or not others:
            also = f"its jobs are known, and {_GO_ON}{', but for this: ' if also else ''}{also}"
        return f"Sending the event again is harmless: {also}"
    return (
        "Sent again, the event is carried out again: what it names may be deleted even if it has "
        "been written anew since"
    )


def _what_becomes_of(answer: Answer) -> str:
    """Return what becomes of a job when its event comes again; nothing to say if it is done."""
    document, job = answer.document, answer.document.get("job")
    if document["status"] in FINE or document.get("error") in _REFUSALS:
        return ""
    if answer.why in _ENDING and document["continuation"] is None:
        return f"job {job} has ended, and nothing of it goes on"
    if answer.why is Why.BRAKE:
        return f"job {job} is held until what its reason names is so"
    if answer.why is Why.ORDERED:
        return f"job {job} stays stopped until {resuming(str(job))}"
    return _GO_ON


def ignored_for(reason: str, happened: Happened, session: Session) -> Answer:
    """Return the answer to an event of OSS that orders nothing."""
    job = session.next_job(happened.identity)
    return Answer(ignored(reason, job, happened.bucket, dry_run=session.settings.dry_run))
