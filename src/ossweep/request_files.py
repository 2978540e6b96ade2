"""Files in OSS that order deletions: what they hold is done, and answered beside them."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from hashlib import md5
from typing import TYPE_CHECKING

from ossweep import policy, replies, tasks, triggers
from ossweep.answers import Said, refused_of
from ossweep.endings import ignored_for
from ossweep.engine.gate import Gate
from ossweep.errors import Closed, PolicyError, RequestError, UndoneError
from ossweep.events import Reply
from ossweep.job import open_bucket
from ossweep.store import bare_etag
from ossweep.triggers import direct
from ossweep.work import Work

if TYPE_CHECKING:
    from ossweep.events import Happened
    from ossweep.job import App
    from ossweep.store import Content

MOST_BYTES = 32 * 1024 * 1024  # what FC takes as an event


def run(happened: Happened, app: App, of_requests: int) -> list[Said]:
    """Run the requests in an object, and see to it that they are answered beside it."""
    try:
        with closing(open_bucket(happened.bucket, Gate(app.budget), app)) as store:
            file = store.read(happened.key, MOST_BYTES)
    except Closed as closed:
        met = f": {closed}" if str(closed) else ""
        raise UndoneError(f"{happened.where}: time ran out before it was read{met}") from None
    if _is_another(file, happened.etag):
        reason = (
            f"{happened.where}: the file was overwritten before it was read, as its ETag tells; "
            "what it ordered is not known, and the one that is there now has an event of its own"
        )
        return [ignored_for(reason, happened, app)]
    reply = Reply(happened.bucket, happened.key, file.written, file.etag)
    try:
        return _answered(file, reply, happened, app, of_requests)
    except (RequestError, PolicyError) as refusal:
        said = {"status": "refused", **refused_of(refusal)}
        replies.write(reply, said, app)
        return [Said({**said, "where": happened.where})]


def _is_another(file: Content, etag: str | None) -> bool:
    """Tell whether a file is not the one that an event is about, as far as both ETags tell."""
    wanted = bare_etag(etag or "")
    if not file.etag and re.fullmatch("[0-9A-F]{32}", wanted):  # OSS's for what is put in one piece
        return md5(file.body, usedforsecurity=False).hexdigest().upper() != wanted
    return bool(wanted and file.etag) and file.etag != wanted


def _answered(
    file: Content, reply: Reply, happened: Happened, app: App, of_requests: int
) -> list[Said]:
    """
    Do what a request file orders, and return the answers.

    Each job writes its own, whenever it ends. Of several, and of a word to a job, the whole is
    written here; of what stands there a repetition replaces what it knows better.
    """
    reading = direct.read(triggers.parse(file.body), "oss", happened.identity, happened.at)
    several = len(reading.orders) > 1
    if several:
        of_requests = max(1, of_requests) * len(reading.orders)
        policy.share_of(of_requests, app.settings.max_objects)
    found = [
        replace(task, reply=replace(reply, of_several=several)) if isinstance(task, Work) else task
        for task in (tasks.read(ordered, "oss", app, of_requests) for ordered in reading.orders)
    ]
    answers = tasks.do_all(found, app)
    if several or not any(isinstance(task, Work) for task in found):
        replies.write(reply, tasks.together(reading, answers), app)
    return answers
