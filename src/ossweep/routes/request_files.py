"""Files in OSS that order deletions: what they hold, as orders."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import md5
from typing import TYPE_CHECKING

from ossweep import policy, triggers
from ossweep.engine.gate import Gate
from ossweep.errors import Closed, RequestError, StoreError, UndoneError
from ossweep.events import Reply
from ossweep.helps import HELPS_OF_FILES, met_at
from ossweep.routes.instructions import Nothing, read
from ossweep.session import open_bucket
from ossweep.store import bare_etag
from ossweep.triggers import direct
from ossweep.work import Work

if TYPE_CHECKING:
    from ossweep.events import Reading
    from ossweep.routes.instructions import Instruction, RequestFile
    from ossweep.session import Session
    from ossweep.store import Content

MOST_BYTES = 32 * 1024 * 1024  # what FC takes as an event


@dataclass(frozen=True)
class Filed:
    """A request file as it was read, and where it is answered."""

    body: bytes
    reply: Reply


def open_file(file: RequestFile, session: Session) -> Filed | Nothing:
    """
    Read a request file; one that was overwritten since its event orders nothing.

    Raises RequestError if it is gone, UndoneError if there was no time, StoreError, and
    SettingsError.
    """
    happened = file.happened
    try:
        gate = Gate(session.budget, helps=HELPS_OF_FILES)
        with closing(open_bucket(happened.bucket, gate, session)) as store:
            content = store.read(happened.key, MOST_BYTES)
    except Closed as closed:
        met = f": {closed}" if str(closed) else ""
        raise UndoneError(f"{happened.where}: time ran out before it was read{met}") from None
    except StoreError as error:
        if error.code == "NoSuchKey":
            raise RequestError(
                f"{happened.where}: the request file is gone ({error.code}), and what it ordered "
                "is not known; to order that, write the file again"
            ) from None
        place = f"the request file {json.dumps(happened.key)} in the bucket {happened.bucket}"
        raise met_at(place, error, HELPS_OF_FILES) from None
    if _is_another(content, happened.etag):
        reason = (
            f"{happened.where}: the file was overwritten before it was read, as its ETag tells; "
            "what it ordered is not known, and the one that is there now has an event of its own"
        )
        return Nothing(reason, happened)
    reply = Reply(happened.bucket, happened.key, content.written, content.etag)
    return Filed(content.body, reply)


def reading_of(filed: Filed, file: RequestFile) -> Reading:
    """Return the reading of a request file; raises RequestError."""
    happened = file.happened
    return direct.read(triggers.parse(filed.body), "oss", happened.identity, happened.at)


def instructions_of(
    filed: Filed, reading: Reading, file: RequestFile, session: Session
) -> list[Instruction]:
    """Return the orders of a request file, all of them allowed; raises what `read` raises."""
    of_requests, several = file.of_requests, len(reading.orders) > 1
    if several:
        of_requests = max(1, of_requests) * len(reading.orders)
        policy.share_of(of_requests, session.settings.max_objects)
    reply = replace(filed.reply, of_several=several)
    orders = [read(ordered, "oss", session, of_requests) for ordered in reading.orders]
    return [replace(each, reply=reply) if isinstance(each, Work) else each for each in orders]


def _is_another(content: Content, etag: str | None) -> bool:
    """Tell whether a file is not the one that an event is about, as far as both ETags tell."""
    wanted = bare_etag(etag or "")
    # OSS's ETag of what is put in one piece.
    if not content.etag and re.fullmatch("[0-9A-F]{32}", wanted):
        return md5(content.body, usedforsecurity=False).hexdigest().upper() != wanted
    return bool(wanted and content.etag) and content.etag != wanted
