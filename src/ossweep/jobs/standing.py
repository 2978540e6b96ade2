"""Which of two answers to the same request file stands: the one that tells more of its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# How much an answer tells of an order's fate.
_REFUSED = 0  # there was no job; there may be one once a setting has changed
_IGNORED = 1  # another invocation has its job
_PLANNED = 2  # no end of what was ordered, where a setting has made a dry run of it
_CARRIED_OUT = 3


def bettered(there: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """
    Return the answer that is to replace one to the same file; None: that one stays as it is.

    A repetition may carry out orders that were refused at first, and knows less of those that were
    not. So of several orders each keeps the answer that tells more of it.
    """
    olds, news = _answers_in(there), _answers_in(said)
    if len(olds) != len(news):  # one of them refuses the file as a whole
        return said if all(_rank(old) == _REFUSED for old in olds) else None
    tells_more = [_tells_more(new, old) for new, old in zip(news, olds, strict=True)]
    if all(tells_more):
        return said
    if not any(tells_more):
        return None
    chosen = [new if more else old for new, old, more in zip(news, olds, tells_more, strict=True)]
    return {**said, "answers": chosen}


def completed(said: Any, own: Callable[[str], Any | None]) -> Any:
    """
    Return an answer to several orders, completed by the answers of jobs that others have.

    `own` returns a job's own answer, if it has one.
    """
    if is_completed(said):
        return said
    answers = [
        (own(_job_of_others(each)) or each) if _job_of_others(each) else each
        for each in said["answers"]
    ]
    return {**said, "answers": answers}


def is_completed(said: Any) -> bool:
    """Tell whether an answer leaves none of several orders to another invocation."""
    several = said.get("answers") if isinstance(said, dict) else None
    return not (isinstance(several, list) and any(map(_job_of_others, several)))


def _job_of_others(said: Any) -> str:
    """Return the job of an order that another invocation has, if one does."""
    job = said.get("job") if _rank(said) == _IGNORED else None
    return job if isinstance(job, str) else ""


def are_of_one_job(one: Any, other: Any) -> bool:
    """Tell whether two answers are the same job's; a document that is no answer is nobody's."""
    are_answers = isinstance(one, dict) and isinstance(other, dict)
    return are_answers and "job" in one and one["job"] == other.get("job")


def _answers_in(said: Mapping[str, Any]) -> list[Any]:
    """Return the answers to a file's orders: several in one, or one by itself."""
    several = said.get("answers") if "status" not in said else None
    return several if isinstance(several, list) else [said]


def _tells_more(new: Any, old: Any) -> bool:
    """Tell whether a later answer to an order tells more of it."""
    # An error has kept the job from its end, or its answer from its place.
    is_amiss = isinstance(old, dict) and {"job", "error"} <= old.keys()
    if is_amiss:
        return _rank(new) != _REFUSED
    if are_of_one_job(new, old):
        return _rank(new) != _IGNORED and (_is_over(new) or not _is_over(old))
    return _rank(old) == _REFUSED or _rank(new) > _rank(old)


def _is_over(said: Any) -> bool:
    """Tell whether an answer is an end, not only a word that others go on, which may come late."""
    return said.get("status") not in {"continued", "ignored"} and "error" not in said


def _rank(said: Any) -> int:
    if not isinstance(said, dict):
        return _CARRIED_OUT  # not an answer of ours: it stays
    if said.get("status") == "refused" and "job" not in said:
        return _REFUSED
    if said.get("status") == "ignored":
        return _IGNORED
    return _PLANNED if said.get("dry_run") is True else _CARRIED_OUT
