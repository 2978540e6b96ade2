"""The answer to an empty event, which the console sends if nothing is typed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ossweep.answers import Answer, ignored
from ossweep.routes.endings import note
from ossweep.triggers.documents import EXAMPLES

if TYPE_CHECKING:
    from ossweep.session import Session


def menu(session: Session) -> dict[str, Any]:
    """Return an answer that shows what could be sent."""
    reason = "the event is empty; send a request, such as these"
    nothing = ignored(reason, session.next_job(), None, dry_run=session.settings.dry_run)
    note(Answer(nothing), session.logger)
    return {**nothing, "examples": EXAMPLES}
