"""What the log says of how an event's jobs have ended, at the level at which it has to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ossweep.answers import wants_repetition

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from ossweep.answers import Said
    from ossweep.errors import SweepError

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


def note_refusal(refusal: SweepError, logger: Logger) -> None:
    """Write a line of what was refused, or could not be handed over."""
    logger.error("refused", error=type(refusal).__name__, reason=str(refusal))
