"""The answer to a request file, written beside it by whichever invocation ends its job."""

from __future__ import annotations

import json
from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import Closed, PolicyError, Scope, StoreError, UndoneError
from ossweep.jobs.standing import are_of_one_job, bettered, completed, is_completed
from ossweep.policy import check_allowed, lies_in_state
from ossweep.rules import answer_key
from ossweep.session import open_bucket
from ossweep.triggers.oss import OWN_META

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.events import Reply
    from ossweep.session import Session
    from ossweep.store import Content, OssStore
    from ossweep.work import Work

LARGEST = 32 * 1024 * 1024  # bytes of an answer; a larger one is nobody's
SMALL = 0.2  # seconds that a request is expected to take
# The user metadata by which an answer tells which file it answers: when that was written, its ETag.
FILE_META = "x-oss-meta-ossweep-file"
# What OSS carries out only where nothing stands, and how it refuses that where something does.
_IF_NEW = {"x-oss-forbid-overwrite": "true"}
_STANDS = "FileAlreadyExists"


def tell(work: Work, answer: Mapping[str, Any], session: Session) -> None:
    """
    Write a job's answer beside the request file that ordered it, if one did; raises as `tell_of`.

    What became of a part is no answer; its last invocation may tell of the whole job.
    """
    job = work.part_of or work.job
    if work.reply is not None and answer["job"] == job:
        tell_of(work.reply, job, answer, session)


def tell_of(reply: Reply, job: str, answer: Mapping[str, Any], session: Session) -> None:
    """
    Write a job's answer beside a request file.

    A job that goes on has been told of before its next invocation was called, which may have ended
    it by now. Raises UndoneError where a repetition finds the job ended, and writes what is
    missing; where no state is kept, it would carry the order out once more, so the loss is logged.
    """
    if answer["status"] in {"continued", "ignored"}:
        return
    try:
        _write(reply, job, answer, session, Gate(session.ending))
    except (StoreError, Closed) as error:
        said = str(error) or "time ran out"
        if session.settings.state is not None:
            raise UndoneError(f"job {job}: its answer was not written: {said}") from None
        session.logger.warning("answer not written", job=job, error=said)


def tell_on_the_way(work: Work, answer: Mapping[str, Any], session: Session) -> None:
    """
    Write an answer that whoever ends the job will replace, before the next invocation is called.

    It replaces none itself: OSS may carry it out when the job has ended. It takes at most half of
    the time that is left, and is not missed if it cannot be written.
    """
    if work.reply is None or work.part_of is not None:
        return
    time = Budget(session.ending.left() / 2, session.world.monotonic, SMALL)
    try:
        _write(work.reply, work.job, answer, session, Gate(time), _IF_NEW)
    except (StoreError, Closed) as error:
        if not (isinstance(error, StoreError) and error.code == _STANDS):
            session.logger.warning(
                "answer not written", job=work.job, error=str(error) or "no time"
            )


def write(reply: Reply, document: Any, session: Session) -> None:
    """
    Write what a request file as a whole is answered with; raises as `tell`.

    Of what others carry out it tells what their jobs are answered with. They may write at the same
    time: so where it does not tell of all, it is looked at again until nothing is new.
    """
    gate, last = Gate(session.ending), None
    try:
        written = _write(reply, None, document, session, gate)
        while not (is_completed(written) or written == last):
            written, last = _write(reply, None, document, session, gate), written
    except (StoreError, Closed) as error:
        said = str(error) or "time ran out"
        raise UndoneError(
            f"the answer to {json.dumps(reply.key)} was not written: {said}"
        ) from None


def _write(  # noqa: PLR0913, PLR0917 - whose answer it is, and all that it takes to write it
    reply: Reply,
    job: str | None,
    document: Any,
    session: Session,
    gate: Gate,
    how: Mapping[str, str] = MappingProxyType({}),
) -> Any | None:
    """
    Write an answer, unless one is there to a newer file, or one to the same that tells more.

    It leads nowhere but to the place of an answer beside what a rule runs now: the rules may have
    changed since the file was read. `how` are headers to write it with. Returns what was written,
    if anything was; raises Closed and StoreError.
    """
    reason = _reason_not_to(reply, session)
    if reason is not None:
        session.logger.warning("answer not written", job=job, error=reason)
        return None
    key = answer_key(reply.key, job if reply.of_several else None)
    with closing(open_bucket(reply.bucket, gate, session)) as store:
        to_stand = _to_stand(key, reply, document, store)
        if to_stand is not None:
            mark = {OWN_META: session.invocation.request_id, FILE_META: _mark(reply)}
            store.write(key, json.dumps(to_stand, indent=2).encode(), {**mark, **how})
    return to_stand


def _reason_not_to(reply: Reply, session: Session) -> str | None:
    if not any(rule.runs(reply.bucket, reply.key) for rule in session.settings.rules):
        return "no rule runs its request file any more"
    if lies_in_state(reply.bucket, reply.key, session.settings):
        return "its place is the jobs' state"
    try:
        check_allowed(reply.bucket, session.settings, "its request file")
    except PolicyError as refusal:
        return str(refusal)
    return None


def _to_stand(key: str, reply: Reply, document: Any, store: OssStore) -> Any | None:
    """
    Return what is to stand in an answer's place; None: what is there stays.

    What is claimed replaces its own job's answer alone.
    """
    if reply.of_several and not reply.is_claimed:
        return document
    there = _standing(key, store)
    written, _, etag = there.headers.get(FILE_META, "").partition(" ") if there else ("", "", "")
    is_marked = written.isascii() and written.isdecimal()
    if there is not None and is_marked and (int(written), etag) == (reply.written, reply.etag):
        said = _answer_in(there.body)
        if reply.is_claimed:
            return document if are_of_one_job(document, said) else None
        better = _completed(bettered(said, document) or said, reply, store)
        return better if better != said else None
    # OSS tells times in whole seconds: of two files in one the last one that is done is answered.
    if reply.is_claimed or (is_marked and int(written) > reply.written):
        return None
    return _completed(document, reply, store)


def _standing(key: str, store: OssStore) -> Content | None:
    """Return what stands in an answer's place; None: nothing does, or nobody may look."""
    try:
        return store.read(key, LARGEST)
    except StoreError as error:
        if error.scope is not Scope.KEYS:
            raise
        return None


def _completed(document: Any, reply: Reply, store: OssStore) -> Any:
    """Return an answer with what is known of the orders that somebody else carries out."""

    def own(job: str) -> Any | None:
        there = _standing(answer_key(reply.key, job), store)
        is_marked = there is not None and there.headers.get(FILE_META) == _mark(reply)
        return _answer_in(there.body) if there is not None and is_marked else None

    return completed(document, own)


def _answer_in(content: bytes) -> dict[str, Any]:
    """Return the answer that stands there, if it is one."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _mark(reply: Reply) -> str:
    return f"{reply.written} {reply.etag}".rstrip()
