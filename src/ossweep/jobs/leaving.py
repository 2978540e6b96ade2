"""What is said, and what is left of a job's work, where a hop is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep.answers import SEND_BACK, Answer, with_failures
from ossweep.names import in_quotes
from ossweep.objects import NAMELESS
from ossweep.session import is_named_by_event
from ossweep.stops import Stop, Why, resuming

if TYPE_CHECKING:
    from ossweep.jobs.share import Share
    from ossweep.session import Session
    from ossweep.work import Work

IDLE_HOPS = 2  # in a row that have achieved nothing: then a job stops


def answer_of(share: Share) -> Answer:
    """Return the answer of a job that ends with this share."""
    is_stopped = share.answer["status"] == "stopped" and share.stopped is not None
    return Answer(share.answer, share.stopped.why if is_stopped and share.stopped else None)


def doubtful(work: Work, reserved: int) -> Work:
    """
    Return the work of a holder that may have asked for `reserved` objects and not counted them.

    Its checkpoint says how many bytes that may have been, too. Named keys may be among them, and
    may have been written anew: so all are looked at first. A dry run asks for nothing.
    """
    if work.dry_run:
        return replace(work, reserved_bytes=0)
    counts = replace(
        work.counts,
        unanswered=work.counts.unanswered + reserved,
        unanswered_bytes=work.counts.unanswered_bytes + work.reserved_bytes,
    )
    return replace(work, judged=True, at_least=True, counts=counts, reserved_bytes=0)


def to_try_again(left: Work) -> Work | None:
    """
    Return the work of trying failed keys once more, as far as their names are kept.

    They are judged by the job's clock, like everything that no person has ordered just now. None
    are tried again of a plan, which is applied once, and does not know them apart from the rest of
    their stretch; nor where the latest of each directory stay, which may be others by then.
    """
    if not _may_try_again(left):
        return None
    failures = left.counts.failures
    named = [failure.key for failure in failures if failure.code not in NAMELESS]
    named += left.counts.also_failed
    if not named:
        return None
    keys = tuple(dict.fromkeys(named))
    failed = left.counts.failed - len(keys)
    counts = replace(
        left.counts,
        failed=failed,
        # Nobody knows any more which bytes are whose, unless all are tried again.
        failed_bytes=left.counts.failed_bytes if failed else 0,
        failures=tuple(failure for failure in failures if failure.code in NAMELESS),
        also_failed=(),
    )
    return replace(
        left,
        keys=keys,
        judged=True,
        lists=(),
        keys_done=(),
        ranges=(),
        held=(),
        passed=(),
        unsettled=0,
        counts=counts,
    )


def _may_try_again(left: Work) -> bool:
    keeps_latest = left.only is not None and left.only.keep_latest is not None
    return left.applies is None and not keeps_latest


def as_to_try_again(said: Answer, left: Work, kept: Work | None) -> Answer:
    """Return the answer of a job that has ended, with how its failed keys are tried again."""
    if kept is not None:
        how = f"{resuming(left.job)} tries the failed keys again"
    elif left.counts.failed and not _may_try_again(left):
        anew = "plan anew" if left.applies is not None else "send its request anew"
        how = f"{anew} to try the failed keys again"
    else:
        return said
    return replace(said, document={**said.document, "reason": f"{said.document['reason']}; {how}"})


def own_reason_to_stop(left: Work, trouble: str | None, session: Session) -> Stop | None:
    """Return why a job stops by itself before its next hop, if it does."""
    if left.idle >= IDLE_HOPS:
        return Stop(
            Why.IDLE,
            f"{IDLE_HOPS} invocations in a row have achieved nothing: "
            f"{trouble or _too_short(left)}; "
            f"it goes on {ways_on(left)}",
        )
    if left.hop >= session.settings.max_hops:
        return Stop(
            Why.HOPS,
            f"the job has taken {left.hop} invocations, the most that OSSWEEP_MAX_HOPS allows; "
            f"raise that, and it goes on {ways_on(left)}",
        )
    return None


def _too_short(left: Work) -> str:
    """Say for what the time limit is too short."""
    unread = next((each.request.key for each in left.lists if not each.checked), None)
    if unread is None:
        return "OSS answers, but the time limit is too short for it"
    return (
        f"the time limit is too short to read the list {in_quotes(unread)} for its form, before "
        "which nothing is deleted: raise the function's timeout, or cut the list into several"
    )


def ways_on(work: Work) -> str:
    """Say how a person can let a job go on; an event without a name of its own begins another."""
    by_word = f"by {resuming(work.job)}"
    return f"when its event is sent again, or {by_word}" if is_named_by_event(work.job) else by_word


def as_stopped(answer: dict[str, Any], stop: Stop, left: Work) -> dict[str, Any]:
    """Return the answer of a job that has stopped for such a reason."""
    reason = with_failures(stop.sentence, left.counts)
    stopped = {**answer, "status": "stopped", "reason": reason}
    return as_ordered(stopped, left) if stop.why is Why.ORDERED else stopped


def as_ordered(answer: dict[str, Any], left: Work) -> dict[str, Any]:
    """Return the answer of a job that a person has stopped, with the way on that is left to it."""
    resume = resuming(left.part_of or left.job)
    return {**answer, "reason": f"{answer['reason']}; it goes on by {resume}"}


def as_continued(answer: dict[str, Any], task: str) -> dict[str, Any]:
    """Return the answer of a job that the next invocation goes on with, which is such a task."""
    return {
        **answer,
        "status": "continued",
        "reason": answer["reason"].replace(SEND_BACK, "the next invocation is on its way"),
        "next": task,
    }


def as_unsplit(answer: dict[str, Any], why: str) -> dict[str, Any]:
    """Return the answer of a job that was to be split, and was not."""
    return {**answer, "status": "unfinished", "reason": f"{why}; {SEND_BACK}"}
