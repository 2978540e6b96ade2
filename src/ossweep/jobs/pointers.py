"""Events that only point at a continuation in a job's state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ossweep.errors import RequestError
from ossweep.events import POINTER_MARK
from ossweep.handover import continuation


@dataclass(frozen=True)
class Pointer:
    """An event that only says where the continuation is, which was too large to be sent."""

    job: str
    hop: int


def pointer(document: Any) -> Pointer | None:
    """Return the pointer in a document, if it is one; raises RequestError."""
    if not (isinstance(document, dict) and POINTER_MARK in document):
        return None
    if document[POINTER_MARK] != continuation.FORM:
        raise RequestError(
            f"the event is a handover of another form than {continuation.FORM}, made by another "
            "version; send the job's continuation instead"
        )
    match document:
        case {"job": str(job), "hop": int(hop)} if len(document) == 3 and hop > 0:  # noqa: PLR2004 - its fields
            return Pointer(continuation.check_job(job, "the event"), hop)
    raise RequestError("the event is no handover of ossweep's; send the job's continuation instead")


def pointing(job: str, hop: int) -> bytes:
    """Return the event that points at a continuation in a job's state."""
    return json.dumps({POINTER_MARK: continuation.FORM, "job": job, "hop": hop}).encode()
