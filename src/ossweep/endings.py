"""What is said of how an event's jobs have ended: in the log, and in what is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ossweep.answers import Said, ignored, wants_repetition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger

    from ossweep.events import Happened
    from ossweep.job import App

NAMED = 10  # jobs that an exception names; it counts all
_SHOWN = ("status", "reason", "deleted", "failed", "remaining", "errors")


def note(said: Said, logger: Logger) -> None:
    """Write a line of a job that somebody should look after, and of an event that asks nothing."""
    answer = said.document
    if answer["status"] == "refused":
        return  # it has a line of its own
    names: dict[str, Any] = {"job": answer.get("job"), "bucket": answer.get("bucket")}
    if answer["status"] == "ignored":
        logger.info("ignored", **names, reason=answer["reason"])
    elif wants_repetition(said):
        shown: dict[str, Any] = {name: answer[name] for name in _SHOWN if name in answer}
        logger.error("job ended badly", **names, **shown)


def said_of(undone: Sequence[Said], answers: Sequence[Said]) -> str:
    """Say how those of an event's jobs ended that were not done, and how the others did."""
    said = "; ".join(
        a["reason"] if a["status"] == "refused" else f"job {a['job']}: {a['status']}: {a['reason']}"
        for a in (each.document for each in undone[:NAMED])
    )
    others = _said_of_others([said for said in answers if said not in undone])
    return f"{len(undone)} of {len(answers)} jobs were not done: {said}{others}"


def _said_of_others(others: Sequence[Said]) -> str:
    """Say how those jobs ended that were done: an exception is all that their source gets."""
    told = [
        f"job {a['job']}: {a['status']}, {a['deleted']:,} deleted"
        for a in (each.document for each in others[:NAMED])
        if "deleted" in a
    ]
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"; the others: {'; '.join(told)}{more}" if told else ""


def ignored_for(reason: str, happened: Happened, app: App) -> Said:
    """Return the answer to an event of OSS that orders nothing."""
    job = app.next_job(happened.identity)
    return Said(ignored(reason, job, happened.bucket, dry_run=app.settings.dry_run))
