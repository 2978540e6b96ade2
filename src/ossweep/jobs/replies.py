"""The answer to a request file, written beside it by the invocation that ends its job."""

from __future__ import annotations

import json
from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import Closed, PolicyError, Scope, StoreError, UndoneError
from ossweep.helps import HELPS_OF_FILES, met_at
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
# The user metadata that says which file an answer is for: when the file was written, and its ETag.
FILE_META = "x-oss-meta-ossweep-file"
# A header by which OSS writes only where nothing stands, and its refusal where something does.
_IF_NEW = {"x-oss-forbid-overwrite": "true"}
_STANDS = "FileAlreadyExists"


def tell(work: Work, answer: Mapping[str, Any], session: Session) -> None:
    """
    Write a job's answer beside the request file that ordered it, if one did; raises as `tell_of`.

    A part's own end is no answer; the last part's invocation may write that of the whole job.
    """
    job = work.part_of or work.job
    if work.reply is not None and answer["job"] == job:
        tell_of(work.reply, job, answer, session)


def tell_of(reply: Reply, job: str, answer: Mapping[str, Any], session: Session) -> None:
    """
    Write a job's answer beside a request file.

    The answer of a job that goes on was written before its next invocation was called, which may
    have ended the job by now. If writing fails where state is kept, raises UndoneError: the
    repetition finds the job ended, and writes what is missing. Without state a repetition would
    carry the order out once more, so the loss is only logged.
    """
    if answer["status"] in {"continued", "ignored"}:
        return
    try:
        _write(reply, job, answer, session, Gate(session.ending, helps=HELPS_OF_FILES))
    except (StoreError, Closed) as error:
        said = str(error) or "time ran out"
        if session.settings.state is not None:
            undone = UndoneError(f"job {job}: its answer was not written: {said}")
            undone.answer = answer
            raise undone from None
        session.logger.warning("answer not written", job=job, error=said)


def tell_on_the_way(work: Work, answer: Mapping[str, Any], session: Session) -> None:
    """
    Write a first answer before the next invocation is called; the job's end will replace it.

    It replaces no other answer, because OSS may carry it out when the job has ended. It takes at
    most half of the time that is left, and is not missed if it cannot be written.
    """
    if work.reply is None or work.part_of is not None:
        return
    time = Budget(session.ending.left() / 2, session.world.monotonic, SMALL)
    try:
        _write(work.reply, work.job, answer, session, Gate(time, helps=HELPS_OF_FILES), _IF_NEW)
    except (StoreError, Closed) as error:
        if not (isinstance(error, StoreError) and error.code == _STANDS):
            session.logger.warning(
                "answer not written", job=work.job, error=str(error) or "no time"
            )


def write(reply: Reply, document: Any, session: Session) -> None:
    """
    Write the answer to a request file as a whole; raises as `tell`.

    It includes the answers of jobs that other invocations carry out. They may write at the same
    time: so as long as answers are missing, it is looked at again until nothing is new.
    """
    gate, last = Gate(session.ending, helps=HELPS_OF_FILES), None
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
    Write an answer, unless there is one to a newer file, or one to the same file that tells more.

    It is written only where a rule runs the file now: the rules may have changed since the file was
    read. `how` are headers to write it with. Returns what was written, if anything was; raises
    Closed and StoreError.
    """
    reason = _reason_not_to(reply, session)
    if reason is not None:
        session.logger.warning("answer not written", job=job, error=reason)
        return None
    key = answer_key(reply.key, job if reply.of_several else None)
    try:
        with closing(open_bucket(reply.bucket, gate, session)) as store:
            to_stand = _replacement(key, reply, document, store)
            if to_stand is not None:
                mark = {OWN_META: session.invocation.request_id, FILE_META: _mark(reply)}
                store.write(key, json.dumps(to_stand, indent=2).encode(), {**mark, **how})
    except StoreError as error:
        place = f"the answer {json.dumps(key)} in the bucket {reply.bucket}"
        raise met_at(place, error, HELPS_OF_FILES) from None
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


def _replacement(key: str, reply: Reply, document: Any, store: OssStore) -> Any | None:
    """
    Return the answer to write in a place; None: the answer that is there stays.

    A claimed reply replaces only its own job's answer.
    """
    if reply.of_several and not reply.is_claimed:
        return document
    there = _content_at(key, store)
    written, _, etag = there.headers.get(FILE_META, "").partition(" ") if there else ("", "", "")
    is_marked = written.isascii() and written.isdecimal()
    if there is not None and is_marked and (int(written), etag) == (reply.written, reply.etag):
        said = _answer_in(there.body)
        if reply.is_claimed:
            return document if are_of_one_job(document, said) else None
        better = _completed(bettered(said, document) or said, reply, store)
        return better if better != said else None
    # OSS's times are whole seconds: of two files of one second, the one done last is answered.
    if reply.is_claimed or (is_marked and int(written) > reply.written):
        return None
    return _completed(document, reply, store)


def _content_at(key: str, store: OssStore) -> Content | None:
    """Return the object in an answer's place; None: there is none, or nobody may look."""
    try:
        return store.read(key, LARGEST)
    except StoreError as error:
        if error.scope is not Scope.KEYS:
            raise
        return None


def _completed(document: Any, reply: Reply, store: OssStore) -> Any:
    """Return an answer with those of the orders that other invocations carry out."""

    def own(job: str) -> Any | None:
        there = _content_at(answer_key(reply.key, job), store)
        is_marked = there is not None and there.headers.get(FILE_META) == _mark(reply)
        return _answer_in(there.body) if there is not None and is_marked else None

    return completed(document, own)


def _answer_in(content: bytes) -> dict[str, Any]:
    """Return the answer in an object, if it holds one."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _mark(reply: Reply) -> str:
    return f"{reply.written} {reply.etag}".rstrip()
