"""What a document asks of a job that goes on by itself, of all of them, or about one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ossweep.errors import RequestError
from ossweep.handover.continuation import check_job
from ossweep.leases.orders import Word
from ossweep.names import UnfitError, keys_of

if TYPE_CHECKING:
    from ossweep.events import Ordered
    from ossweep.request import Request
    from ossweep.session import Session
    from ossweep.work import Work

COMMANDS = ("status", "stop", "resume")
EXPLAIN = "explain"
_LATER = ("report", "verify", "undo")  # commands that a later version has


@dataclass(frozen=True)
class ListJobs:
    """A question for the jobs in a deployment's state, from one name on."""

    after: str = ""


@dataclass(frozen=True)
class Command:
    """
    A person's command to a job.

    Its word has the same name whenever its event comes again, and a name that no other word has.
    """

    job: str
    do: str
    word: Word


@dataclass(frozen=True)
class Explain:
    """A question for what would become of a key by a request, which is this work."""

    key: str
    request: Request
    work: Work


def question_in(document: Any, where: str) -> tuple[str, Any] | None:
    """Return the key and the request of a question, if it is one; raises RequestError."""
    if not (isinstance(document, dict) and document.get("do") == EXPLAIN):
        return None
    if document.keys() != {"do", "key", "request"} or not isinstance(document["key"], str):
        raise RequestError(
            f"{where}: `explain` asks about a `key`, which is a string, by a `request`, and there "
            "is no other field"
        )
    try:
        (key,) = keys_of([document["key"]])
    except UnfitError as unfit:
        raise RequestError(f"{where}: `key`: {unfit}") from None
    return key, document["request"]


def read(ordered: Ordered, session: Session) -> Command | ListJobs | None:
    """Return the command in a document, if it is meant to be one; raises RequestError."""
    document, where = ordered.document, ordered.where
    if not (isinstance(document, dict) and "do" in document):
        return None
    if document["do"] == "list":
        return _listing(document, where)
    if document["do"] in _LATER:
        raise RequestError(
            f"{where}: `{document['do']}` is not supported yet; `do` is one of "
            f"{', '.join(COMMANDS)}, list and explain"
        )
    job, do = document.get("job"), document["do"]
    if document.keys() != {"job", "do"} or not isinstance(job, str) or do not in COMMANDS:
        raise RequestError(
            f'{where}: a command names a job and what to do: {{"job": "...", "do": "status"}}; '
            f"`do` is one of {', '.join(COMMANDS)}, and there is no other field; "
            '{"do": "list"} lists the jobs, and `explain` asks about a `key` by a `request`'
        )
    identity = ordered.identity or f"word {session.invocation.request_id or session.unnamed}"
    word = Word(session.next_job(identity, document), ordered.at)
    return Command(check_job(job, where), do, word)


def _listing(document: dict[str, Any], where: str) -> ListJobs:
    after = document.get("after")
    if not document.keys() <= {"do", "after"} or not isinstance(after, str | None):
        raise RequestError(
            f'{where}: {{"do": "list"}} lists the jobs, and "after": "..." those behind one of '
            "them; there is no other field"
        )
    return ListJobs(check_job(after, where)) if after is not None else ListJobs()


def only_asks(document: Any) -> bool:
    """Tell whether a document, if it is a command, only asks: a job's bad state is no failure."""
    return isinstance(document, dict) and document.get("do") in (
        "status",
        "stop",
        "list",
        EXPLAIN,
    )
