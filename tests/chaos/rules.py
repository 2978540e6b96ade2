"""What must hold after every run, whatever has gone wrong in it."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Any

from chaos.fates import BIT, QUOTAS
from chaos.jobs import FINAL, answer_beside_the_file, answers_of, by_life, left_to_others, whole_of
from chaos.life import Killed, OwnFaultError
from chaos.scene import BUCKET, REQUESTS, STATE, STATE_BUCKET
from chaos.truth import OTHERS
from ossweep.errors import SweepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.jobs import Job
    from chaos.play import Play
    from chaos.truth import Loss

PASSING = frozenset(
    {*QUOTAS, "InternalError", "ReadTimeout", "ConnectionError", "UnreadableAnswer", "HTTP 502"}
)
NAMED = re.compile(r"`failures` names what OSS answered: ([^;.]*)")
NOT_CLEAR = "time ran out before it was clear"
COUNTS = ("deleted", "failed", "skipped", "remaining")
# A word of a person's that comes as a job ends stays, too; and a checkpoint, a sign of life or a
# note of a call that was under way at the end may be carried out afterwards.
WORD = r"stop-[0-9a-f]+(-back)?|resume-.+"
ENDED = re.compile(rf"(000000-01|\d{{6}}-\d\d-(w\d\d|beat)|end|{WORD})")
PART_ENDED = re.compile(rf"(000001-01|\d{{6}}-\d\d-(w\d\d|beat|called)|end|{WORD})")


def broken(play: Play, jobs: dict[str, Job]) -> list[str]:
    """Return the rules that a run has broken, each with how."""
    return [
        *play.wrong,
        *_the_bucket(play),
        *_losses(play, jobs),
        *_invocations(play),
        *(wrong for job in jobs.values() for wrong in _job(play, job, jobs)),
        *_state(play, jobs),
        *(_answers(play, jobs) if play.scene.source == "oss" else ()),
    ]


def _the_bucket(play: Play) -> Iterator[str]:
    aside = (STATE, REQUESTS)
    there = {key for key in play.stage.oss.keys(BUCKET) if not key.startswith(aside)}
    if there != play.truth.there.keys():
        differ = sorted(there ^ play.truth.there.keys())
        yield f"what is there is not what was written down: {differ[:5]}"


def _losses(play: Play, jobs: dict[str, Job]) -> Iterator[str]:
    """Nothing outside of the order is gone, nothing written after the job's clock, nothing dry."""
    workers = by_life(jobs)
    for loss in play.truth.losses:
        if loss.by == OTHERS:
            continue
        own = [job for job in workers.get(loss.by, []) if job.order.holds(loss.key)]
        if not own:
            yield f"{loss.by} has deleted {loss.key!r}, which nobody has ordered"
            continue
        job = own[0]
        if job.order.dry_run:
            yield f"a dry run has deleted {loss.key!r}"
        # What has failed is tried again by the job's clock, as everything is but a first order.
        is_first = loss.at <= play.leases.ended.get(job.name, inf)
        named = is_first and loss.key in job.order.keys and not job.order.lists(loss.key)
        lie = BIT if play.scene.weather.wrong_date else 0
        young = loss.written > play.born.get(job.name, 0) + lie
        if young and not named and not play.truth.may_be_mistaken(loss):
            yield f"{loss.by} has deleted {loss.key!r}, written after the job {job.name} began"


def _invocations(play: Play) -> Iterator[str]:
    for life in play.lives:
        error = life.error
        if error is not None and not isinstance(error, SweepError | Killed | OwnFaultError):
            yield f"{life.name} has raised {error!r}"
        said = f"{life.log} {error} {life.answer}"
        for secret in (life.key.access_key_secret, life.key.security_token, life.name):
            if secret is not None and re.search(rf"{re.escape(secret)}\b", said):
                yield f"{life.name} has told {secret}"
        if life.answer is not None and life.ended > life.deadline - 0.001:
            yield f"{life.name} has answered after its time limit"
        for answer in answers_of(life):
            if answer["listed"] != sum(answer[name] for name in COUNTS):
                yield f"{life.name}'s sums do not agree: {answer}"


def _job(play: Play, job: Job, jobs: dict[str, Job]) -> Iterator[str]:
    yield from _limit(play, job)
    yield from _failures(job)
    if job.final is None:
        if not job.given_up:
            yield f"the job {job.name} has not ended"
        return
    final = job.final
    for name, answers in job.chains.items():
        deleted = [answer["deleted"] for answer in _along_the_chain(answers)]
        if deleted != sorted(deleted):
            yield f"the counts of {name} decrease: {deleted}"
    ends = [answer for answer in job.said() if answer["status"] in {"done", "planned"}]
    # Who has overtaken a holder that was just writing the end counts at least what is left.
    exact = {each["deleted"] for each in ends if not each["at_least"]}
    if len(exact) > 1 and not _was_disturbed(play, job):
        yield f"{job.name} has ended more than once: {ends}"
    if final["status"] == "done":
        left = [key for key in play.truth.there if _is_left(play, job, key)]
        if left:
            yield f"{job.name} is done, and there is still {left[:5]}"
    if final["status"] == "incomplete" and not final["failed"]:
        yield f"{job.name} is incomplete, and nothing has failed"
    if final["status"] not in FINAL | {"stopped"}:
        yield f"{job.name} has ended as {final['status']}"
    yield from _counts(play, job, jobs)


def _failures(job: Job) -> Iterator[str]:
    """What passes is no failure of a key."""
    for answer in job.said():
        passing = {each["code"] for each in answer["failures"]} & PASSING
        if passing:
            yield f"{job.name} says keys have failed for good that met {passing}"
    for life in job.lives:
        told = NAMED.search(str(life.error))
        words = told[1].split() if told is not None else []
        wrong = PASSING.intersection(words)
        if wrong:
            yield f"{life.name} says keys have failed for good that met {sorted(wrong)}"


def _along_the_chain(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    hops = [each for each in answers if isinstance(each.get("next"), str)]
    return sorted(hops, key=lambda answer: _number(answer["next"]))


def _number(task: str) -> tuple[int, ...]:
    """Return the hop in a task's id, and the epoch of whoever has called it."""
    return tuple(map(int, task.rpartition("-")[2].split("e")))


def _is_left(play: Play, job: Job, key: str) -> bool:
    # The oldest that others have written is younger than this, the youngest at the beginning older.
    return job.order.holds(key) and play.truth.there[key] < play.scene.epoch - 1


def _counts(play: Play, job: Job, jobs: dict[str, Job]) -> Iterator[str]:
    """Counts are those of the objects that the store has lost, or less and say so."""
    if job.final is None or job.order.dry_run:
        return
    names = {life.name for life in job.lives}
    mine = [loss for loss in play.truth.lost_to(names) if job.order.holds(loss.key)]
    old = [loss for loss in mine if _is_old(play, job, loss)]
    listed = {loss.key for loss in old if job.order.lists(loss.key)}
    asked = {
        key
        for key, by, _ in play.truth.asked
        if by in names and job.order.holds(key) and not job.order.lists(key)
    }
    failed = {failure["key"] for failure in job.final["failures"]}
    real = len(listed - failed) + len(asked - failed)
    others = sum(loss.by not in names for loss in play.truth.losses)
    said, at_least = job.final["deleted"], job.final["at_least"]
    # What was written anew just before it went is deleted, too, and counts as what was meant.
    young = sum(job.order.lists(loss.key) and not _is_old(play, job, loss) for loss in mine)
    if said > real + young + others:
        yield f"{job.name} says it has deleted {said}, and it was {real + young}"
    if said < real and not at_least and not (jobs.keys() - {job.name} and job.given_up):
        yield f"{job.name} says it has deleted {said} and no more, and it was {real}"


def _limit(play: Play, job: Job) -> Iterator[str]:
    """At most so many objects are asked for, whoever dies."""
    limit = job.order.limit
    if limit is None:
        return
    names = {life.name for life in job.lives}
    asked = {key for key, by in play.truth.requested if by in names and job.order.holds(key)}
    if len(asked) > limit:
        yield f"{job.name} has asked for {len(asked)} objects, and its limit was {limit}"


def _is_old(play: Play, job: Job, loss: Loss) -> bool:
    return loss.written <= play.born.get(job.name, 0.0)


def _state(play: Play, jobs: dict[str, Job]) -> Iterator[str]:
    """Of a job that has ended two objects stay, by which its event is known when it comes again."""
    where = play.scene.settings["OSSWEEP_STATE"].partition("/")[0]
    assert where in {BUCKET, STATE_BUCKET}
    for key in play.stage.oss.keys(where):
        if not key.startswith(STATE):
            continue
        folder, _, record = key.removeprefix(STATE).partition("/")
        name = whole_of(folder)
        if name not in jobs or jobs[name].given_up or _was_disturbed(play, jobs[name]):
            continue
        if not (ENDED if name == folder else PART_ENDED).fullmatch(record):
            yield f"{key} is left behind"


def _answers(play: Play, jobs: dict[str, Job]) -> Iterator[str]:
    """Beside a request file stands how its job has ended; of several in it, how each has."""
    if play.scene.is_refused:
        told = answer_beside_the_file(play, None)
        was_never_read = told is None and bool(play.failures)
        if not was_never_read and (told is None or told.get("status") != "refused"):
            yield f"the answer to a file that was refused is {told}"
        return
    for job in jobs.values():
        told = answer_beside_the_file(play, job.name)
        if job.final is not None and (told is None or told["status"] != job.final["status"]):
            yield f"{job.name} has ended as {job.final['status']}, and beside its file is {told}"
        elif job.final is not None and job.name in left_to_others(play):
            yield f"{job.name} has an answer, which the answer to its whole file does not tell"


def _was_disturbed(play: Play, job: Job) -> bool:
    """Tell whether somebody at a job was kept from tidying up, or from hearing what it did."""
    was_kept = any(
        NOT_CLEAR in str(life.error) and job.name in str(life.error) for life in play.lives
    )
    return was_kept or any(
        life.is_dead or "state not written" in life.log or "checkpoint not written" in life.log
        for life in job.lives
    )
