"""An event that was read: its orders are checked, done, and answered, or a bad end is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.events import Happened, Ordered, Together, Unreadable
from ossweep.routes import batch, endings
from ossweep.routes.instructions import message, read
from ossweep.routes.orders import only_asks

if TYPE_CHECKING:
    from ossweep.answers import Answer
    from ossweep.events import Item, Reading, Source
    from ossweep.routes.instructions import Instruction, Message
    from ossweep.session import Session


def act(reading: Reading, session: Session) -> dict[str, Any]:
    """
    Do what was read, and return the answer's document.

    Raises refusals, and UndoneError for a bad end if the event's source asks for that.
    """
    of_requests = _requests_in(reading, session)
    policy.share_of(of_requests, session.settings.max_objects)
    answers = _answers(reading, session, of_requests)
    only_asked = all(
        isinstance(item, Ordered) and only_asks(item.document) for item in reading.items
    )
    if not only_asked:
        for answer in answers:
            endings.note(answer, session.logger, is_kept=session.settings.state is not None)
    endings.raise_if_undone(reading, answers, session, only_asked=only_asked)
    return batch.together(answers, is_list=reading.is_list)


def _requests_in(reading: Reading, session: Session) -> int:
    """Return how many jobs an event may make: one for each rule about what happened."""
    of_rules = [
        rule
        for item in reading.items
        if isinstance(item, Happened)
        for rule in session.settings.rules
        if rule.parts(item) is not None
    ]
    return len(of_rules) + sum(not only_asks(each.document) for each in reading.orders)


def _answers(reading: Reading, session: Session, of_requests: int) -> list[Answer]:
    """Do the whole event once all of it is allowed, or each message for itself."""
    if reading.together:
        source = reading.source
        found = [read(ordered, source, session, of_requests) for ordered in reading.orders]
        return batch.do_all(found, session)
    messages: list[Message] = []
    for item in reading.items:
        messages += _messages(item, reading.source, session, of_requests)
    return batch.do_each(messages, session)


def _messages(item: Item, source: Source, session: Session, of_requests: int) -> list[Message]:
    if isinstance(item, Happened):
        from ossweep.routes.reactions import reactions  # noqa: PLC0415 - for events of OSS

        return reactions(item, session, of_requests)

    def instructions() -> list[Instruction]:
        if isinstance(item, Unreadable):
            raise item.refusal
        ordered = item.orders if isinstance(item, Together) else (item,)
        return [read(each, source, session, of_requests) for each in ordered]

    return [message(item.where, instructions)]
