"""Several orders of one event, done one after the other in the time that they share."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ossweep import log
from ossweep.answers import Answer, amiss, refused_of
from ossweep.errors import Closed, PolicyError, RequestError, SweepError, UndoneError, out_of_time
from ossweep.handover.continuation import seconds_to_write
from ossweep.jobs.alone import do_alone
from ossweep.jobs.pointers import Pointer
from ossweep.routes.endings import ignored_for
from ossweep.routes.instructions import Nothing, RequestFile
from ossweep.routes.orders import Command, Explain, ListJobs
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.routes.instructions import Instruction, Message
    from ossweep.routes.request_files import Filed
    from ossweep.session import Session

TIMES = 2  # an order is written down so often: as the job's rest, and in the job's state


def do_each(messages: Sequence[Message], session: Session) -> list[Answer]:
    """
    Do the orders of several messages, each for itself; raises nothing.

    Each message leaves time to those behind it, as in `do_all`.
    """
    answers: list[Answer] = []
    to_leave = _seconds_to_leave([message.instructions for message in messages], session)
    for message, seconds in zip(messages, to_leave, strict=True):
        with _kept_back(seconds, session):
            answers += _answers_to(message, session)
    return answers


def _answers_to(message: Message, session: Session) -> list[Answer]:
    """Do the orders of a message: a refusal does not stop the messages behind it."""
    try:
        if message.refusal is not None:
            raise message.refusal
        return do_all(message.instructions, session)
    except SweepError as refusal:
        log.refused(session.logger, refusal)
        return [Answer({**amiss(refusal, refusal.answer), "where": message.where})]


def do_all(instructions: Sequence[Instruction], session: Session) -> list[Answer]:
    """
    Do instructions one after the other; one alone raises what `do` raises.

    Each leaves the others enough time to write their orders down. When time runs out, each of them
    is written down, and once more where nobody can go on with it.
    """
    if len(instructions) == 1:
        return do(instructions[0], session)
    answers: list[Answer] = []
    to_leave = _seconds_to_leave([[each] for each in instructions], session)
    for instruction, seconds in zip(instructions, to_leave, strict=True):
        with _kept_back(seconds, session):
            answers += _answers_among_others(instruction, session)
    return answers


def _answers_among_others(instruction: Instruction, session: Session) -> list[Answer]:
    """Do one of several instructions: a job that cannot go on does not stop the others."""
    try:
        return do(instruction, session)
    except SweepError as error:
        log.refused(session.logger, error)
        return [Answer(amiss(error, error.answer))]


def do(instruction: Instruction, session: Session) -> list[Answer]:
    """
    Do an instruction, and return its answer, or the answers of all jobs of a request file.

    Raises what `do_alone`, `relay.carry` and `commands.obey` raise, and UndoneError. An error tells
    how the job is left that was at work, if it has been swept.
    """
    if isinstance(instruction, Nothing):
        return [ignored_for(instruction.reason, instruction.happened, session)]
    if isinstance(instruction, RequestFile):
        return _do_request_file(instruction, session)
    try:
        with log.about(session.logger, **_names_for_log(instruction)):
            return [_carry_out(instruction, session)]
    except Closed as closed:
        raise out_of_time(closed) from None
    except SweepError as error:
        error.answer = error.answer or session.left.get(error.about.get("job", ""))
        raise


def _carry_out(
    instruction: Work | Command | ListJobs | Explain | Pointer, session: Session
) -> Answer:
    if isinstance(instruction, Explain):
        from ossweep.routes import explaining  # noqa: PLC0415 - as below

        return explaining.explained(instruction, session)
    if isinstance(instruction, Work) and session.settings.state is None:
        return do_alone(instruction, session)
    if isinstance(instruction, Command | ListJobs):
        from ossweep.routes import commands  # noqa: PLC0415 - for a person's words

        if isinstance(instruction, Command):
            return commands.obey(instruction, session)
        return commands.listed(instruction, session)
    from ossweep.jobs import relay  # noqa: PLC0415 - where state is kept

    if isinstance(instruction, Pointer):
        return relay.follow(instruction, session)
    return relay.carry(instruction, session)


def _do_request_file(file: RequestFile, session: Session) -> list[Answer]:
    """Do the orders of a request file, and see to it that the answer lies beside the file."""
    from ossweep.jobs import replies  # noqa: PLC0415 - for request files
    from ossweep.routes import request_files  # noqa: PLC0415 - as above

    found = request_files.open_file(file, session)
    if isinstance(found, Nothing):
        return do(found, session)
    try:
        return _do_instructions_of(found, file, session)
    except (RequestError, PolicyError) as refusal:
        document = {"status": "refused", **refused_of(refusal)}
        replies.write(found.reply, document, session)
        return [Answer({**document, "where": file.happened.where})]


def _do_instructions_of(filed: Filed, file: RequestFile, session: Session) -> list[Answer]:
    """
    Do the instructions of a request file, and return their answers.

    Each job writes its own answer, whenever it ends. The answer to several orders together, and to
    a word to a job, is written here; a repetition replaces those parts that it knows better.
    """
    from ossweep.jobs import replies  # noqa: PLC0415 - as above
    from ossweep.routes import request_files  # noqa: PLC0415

    reading = request_files.reading_of(filed, file)
    instructions = request_files.instructions_of(filed, reading, file, session)
    answers = do_all(instructions, session)
    if len(instructions) > 1 or not any(isinstance(each, Work) for each in instructions):
        try:
            replies.write(filed.reply, together(answers, is_list=reading.is_list), session)
        except UndoneError as error:
            log.refused(session.logger, error)
            return [_without_its_file(answer, error) for answer in answers]
    else:
        _tell_of_application(instructions[0], answers[0], session)
    return answers


def _tell_of_application(order: Instruction, answer: Answer, session: Session) -> None:
    """
    See to it that the file of an order to apply a plan is answered, whoever has ordered it first.

    The job writes its answers beside the file that it was begun by.
    """
    from ossweep.jobs import replies  # noqa: PLC0415 - as above

    if isinstance(order, Work) and order.applies is not None and order.reply is not None:
        replies.tell_of(order.reply, order.job, answer.document, session)
        if answer.document["status"] in {"continued", "ignored"}:
            replies.tell_on_the_way(order, answer.document, session)


def _without_its_file(answer: Answer, error: UndoneError) -> Answer:
    """Return an answer that was not written beside its request file, with that error."""
    if "error" in answer.document:
        return answer
    return replace(answer, document=amiss(error, answer.document))


def together(answers: Sequence[Answer], *, is_list: bool) -> dict[str, Any]:
    """Return one answer as itself; several rules may have made several of one event."""
    documents = [answer.document for answer in answers]
    return {"answers": documents} if is_list or len(documents) > 1 else documents[0]


def _seconds_to_leave(groups: Sequence[Sequence[Instruction]], session: Session) -> list[float]:
    """Return the seconds that each of several groups leaves to the groups behind it."""
    clock = session.world.monotonic
    to_write = [
        sum(seconds_to_write(each, clock) for each in group if isinstance(each, Work))
        for group in groups
    ]
    *later, of_all = accumulate(reversed(to_write), initial=0.0)
    # Half of the time is for the first one's work, however much there is to write.
    times = min(TIMES, max(0.0, session.budget.left()) / 2 / of_all) if of_all else 0.0
    return [times * seconds for seconds in reversed(later)]


@contextmanager
def _kept_back(seconds: float, session: Session) -> Iterator[None]:
    """Let time be up so much earlier meanwhile."""
    with session.budget.owed(seconds), session.ending.kept_back(seconds):
        yield


def _names_for_log(
    instruction: Work | Command | ListJobs | Explain | Pointer,
) -> dict[str, str]:
    """Return the names of job and bucket for the lines of the log."""
    if isinstance(instruction, ListJobs):
        return {}
    if isinstance(instruction, Explain):
        return {"bucket": instruction.work.bucket}
    return {
        "job": instruction.job,
        **({"bucket": instruction.bucket} if isinstance(instruction, Work) else {}),
    }
