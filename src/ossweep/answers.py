"""The answer of a job: a JSON document."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ossweep.engine.tagging import note_of_unreadable
from ossweep.engine.throttle import ACCOUNT_RATE
from ossweep.errors import NOT_EMPTY, UndoneError, code_of
from ossweep.handover import continuation
from ossweep.helps import with_help
from ossweep.objects import GONE_UNANSWERED
from ossweep.plurals import counted
from ossweep.stops import MEANT, of_a_plan
from ossweep.tally import tally
from ossweep.work import FAILURES_NAMED, PLANNED_NAMED, Counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.engine.result import Result
    from ossweep.errors import SweepError
    from ossweep.stops import Why
    from ossweep.work import Work

KINDS = ("list", "batch_delete", "delete", "throttled")  # that an answer counts
RARE = ("tags",)  # that it counts where there were any
FINE = frozenset({"done", "planned", "ignored", "continued"})
UNDECIDED = {"status": "unfinished", "reason": None}  # of a job that an error leaves as it is
SEND_BACK = "send the continuation back to go on"
CODES_NAMED = 3  # in a reason
MANY_OBJECTS = 10_000_000  # so many make a dry run mention lifecycle rules


@dataclass(frozen=True)
class Answer:
    """
    A job's answer, and the kind of reason for which the job has stopped, if it has.

    `is_unread` tells that nobody reads the document: the invocation that received the job's event
    is gone.
    """

    document: dict[str, Any]
    why: Why | None = None
    is_unread: bool = False

    @property
    def wants_repetition(self) -> bool:
        """Whether anything is gained if the job's event comes again."""
        return self.document["status"] not in FINE and self.why not in MEANT


def ignored(reason: str, job: str, bucket: str | None, *, dry_run: bool) -> dict[str, Any]:
    """Return the answer to an event that asks for nothing."""
    return {
        "job": job,
        "status": "ignored",
        "reason": reason,
        "bucket": bucket,
        "dry_run": dry_run,
        **_counts(Counts(), 0),
        "passed_over": [],
        "at_least": False,
        "requests_made": dict.fromkeys(KINDS, 0),
        "seconds": 0.0,
        "continuation": None,
    }


def refused_of(refusal: SweepError) -> dict[str, Any]:
    """Return the answer for an order that was refused, or not done."""
    answers = refusal.answers if isinstance(refusal, UndoneError) else ()
    told = {"answers": list(answers)} if answers else {}
    return {"error": type(refusal).__name__, "reason": str(refusal), **told}


def amiss(error: SweepError, left: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    Return the answer for an order that an error has met: refused, or as its job is `left`.

    A job that was swept is not refused: it has its status and its counts, and the error beside its
    own reason.
    """
    said = refused_of(error)
    if left is None:
        return {"status": "refused", **said}
    own = left.get("reason")
    if own and own != said["reason"]:
        said["reason"] = f"{own}; {said['reason']}"
    return {**left, **said}


def document(work: Work, result: Result) -> dict[str, Any]:
    """Return the answer of a job whose sweep had this result; the counts are the whole job's."""
    status, reason = _status(work, result)
    left = result.left
    may_go_on = result.may_go_on and status in {"unfinished", "stopped"}
    unreadable = note_of_unreadable(result.counts.skipped)
    notes = (*work.notes, *result.notes, *([] if unreadable is None else [unreadable]))
    if work.applies is not None:
        reason, notes = reason and of_a_plan(reason), tuple(map(of_a_plan, notes))
    return {
        "job": work.job,
        "status": status,
        "reason": reason,
        "bucket": work.bucket,
        "dry_run": work.dry_run,
        **_counts(result.counts, result.listed),
        "passed_over": [asdict(each) for each in result.passed_over[:FAILURES_NAMED]],
        "at_least": left.at_least,
        "requests_made": dict.fromkeys(KINDS, 0) | dict(left.requests_made),
        "seconds": round(left.milliseconds / 1000, 1),
        "continuation": continuation.seal(left) if may_go_on else None,
        **({"errors": dict(left.errors)} if left.errors else {}),
        **_named(result.counts.named),
        **_notes((*notes, *([] if may_go_on else _doubt(left, result.counts)))),
    }


def so_far(work: Work, reason: str | None) -> dict[str, Any]:
    """Return the answer of a job of which only the rest is known."""
    listed = work.counts.settled + work.unsettled + len(work.keys) + len(work.held)
    return {
        **ignored("", work.job, work.bucket, dry_run=work.dry_run),
        "status": "continued",
        "reason": reason,
        **_counts(work.counts, listed),
        "at_least": work.at_least,
        "requests_made": dict.fromkeys(KINDS, 0) | dict(work.requests_made),
        "seconds": round(work.milliseconds / 1000, 1),
        **_applied_by(work),
    }


def of_parts(
    kept: Work, answers: Sequence[Mapping[str, Any]], status: str, reason: str | None
) -> dict[str, Any]:
    """Return one answer for a job of several parts, by the work that it kept and their answers."""
    own = _counts(kept.counts, kept.counts.settled + len(kept.held))
    every = (own, *answers)
    numbers = ("listed", "deleted", "bytes", "failed", "skipped", "remaining")
    failures = {each["key"]: each for answer in every for each in answer["failures"]}
    errors = tally((kept.errors, *(answer.get("errors", {}) for answer in answers)))
    made = (kept.requests_made, *(answer["requests_made"] for answer in answers))
    return {
        "job": kept.job,
        "status": status,
        "reason": reason,
        "bucket": kept.bucket,
        "dry_run": kept.dry_run,
        **{name: sum(answer[name] for answer in every) for name in numbers},
        "failures": list(failures.values())[:FAILURES_NAMED],
        "skipped_because": tally(answer["skipped_because"] for answer in every),
        "passed_over": [each for answer in answers for each in answer.get("passed_over", ())],
        "at_least": kept.at_least or any(answer["at_least"] for answer in answers),
        "requests_made": dict.fromkeys(KINDS, 0) | tally(made),
        "seconds": round(kept.milliseconds / 1000 + sum(each["seconds"] for each in answers), 1),
        "continuation": None,
        **({"errors": errors} if errors else {}),
        **_notes(_once(kept.notes, *(answer.get("notes", ()) for answer in answers))),
        **_named((*kept.counts.named, *(k for each in answers for k in each.get("keys", ())))),
        **_applied_by(kept),
    }


def as_listed(together: dict[str, Any], before: int) -> dict[str, Any]:
    """
    Return the answer of a job of several parts that had listed so many keys before it was split.

    Its parts list again the keys that were still to do then.
    """
    more = max(0, before - together["listed"])
    listed, remaining = together["listed"] + more, together["remaining"] + more
    return {**together, "listed": listed, "remaining": remaining}


def _once(*notes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(chain(*notes)))


def _doubt(left: Work, counts: Counts) -> Sequence[str]:
    """Return a note on objects that are counted nowhere because OSS's answers did not come."""
    unanswered = counts.unanswered - counts.skipped.get(GONE_UNANSWERED, 0)
    if not left.at_least or unanswered <= 0:
        return ()
    note = (
        f"up to {counted(unanswered, 'more object')} may be gone: asked for, and no answer came; "
        "what is gone is not listed again"
    )
    return (note,)


def _notes(notes: Sequence[str]) -> dict[str, list[str]]:
    return {"notes": list(notes)} if notes else {}


def _applied_by(work: Work) -> dict[str, Any]:
    """Return the id of the plan that a job applies, if it does."""
    return {"plan": {"id": work.applies}} if work.applies is not None else {}


def _named(keys: Sequence[str]) -> dict[str, list[str]]:
    """Return some of the keys that a dry run would delete, if it is one."""
    return {"keys": sorted(dict.fromkeys(keys))[:PLANNED_NAMED]} if keys else {}


def bare(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as it is kept, beside its continuation."""
    return {**answer, "continuation": None}


def _counts(counts: Counts, listed: int) -> dict[str, Any]:
    skipped = sum(counts.skipped.values())
    return {
        "listed": listed,
        "deleted": counts.deleted,
        "bytes": counts.bytes,
        "failed": counts.failed,
        "skipped": skipped,
        "remaining": listed - counts.deleted - counts.failed - skipped,
        "failures": [
            {"key": failure.key, "code": failure.code, "message": failure.message}
            for failure in counts.failures
        ],
        "skipped_because": dict(counts.skipped),
    }


def _status(work: Work, result: Result) -> tuple[str, str | None]:
    if not result.left.finished:
        if result.stopped is not None:
            return "stopped", with_failures(result.stopped.sentence, result.counts)
        cause = with_failures(result.trouble or "time ran out", result.counts)
        return "unfinished", f"{cause}; {SEND_BACK}"
    if work.dry_run:
        return "planned", advice(result.counts.planned)
    if result.counts.failed:
        return "incomplete", with_help(*_failures_and_code(result.counts))
    return "done", None


def with_failures(sentence: str, counts: Counts) -> str:
    """Add to the reason why a job has not ended which keys have failed so far, if any have."""
    if not counts.failed:
        return sentence
    failures, code = _failures_and_code(counts)
    cause = sentence.replace(with_help("", code), "")  # the help comes once, and last
    return with_help(f"{cause}; {failures}", code)


def _failures_and_code(counts: Counts) -> tuple[str, str]:
    """
    Say how many keys have failed, and by which codes; return the code to give help against, too.

    That is the most frequent one, but where keys have stayed, a full directory only follows.
    """
    codes = Counter(code_of(failure.code) for failure in counts.failures)
    number = f"{counted(counts.failed, 'key')} could not be deleted"
    unknown = counts.failed - codes.total() - len(counts.also_failed)
    if unknown > 0:
        number += f" (of {unknown:,} not even the names are kept: only a new request tries these)"
    if not codes:
        return number, ""
    by_code = ", ".join(f"{code} {times:,}" for code, times in codes.most_common(CODES_NAMED))
    causes = [code for code, _ in codes.most_common() if code != NOT_EMPTY] or [NOT_EMPTY]
    which = "" if counts.failed == codes.total() else f"of {codes.total():,} of them "
    sentence = f"{number}; `failures` names {which}what OSS answered: {by_code}"
    return sentence, causes[0]


def advice(planned: int) -> str | None:
    """Return the advice for a dry run over very many objects."""
    if planned < MANY_OBJECTS:
        return None
    hours = planned / ACCOUNT_RATE / 3600
    return (
        f"deleting {planned:,} objects takes at least {hours:.1f} hours, because OSS lets an "
        f"account delete {ACCOUNT_RATE:,.0f} a second; if a prefix and an age describe them and "
        "a day more does no harm, a lifecycle rule of the bucket deletes them without a function"
    )
