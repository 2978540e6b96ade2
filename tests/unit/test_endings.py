"""What is said of an event's jobs where a bad end is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Logger

from ossweep.answers import Answer, ignored
from ossweep.engine.budget import Budget
from ossweep.errors import UndoneError
from ossweep.events import Ordered, Reading
from ossweep.routes.endings import NAMED, raise_if_undone
from ossweep.session import Invocation, Session
from ossweep.settings import Settings
from ossweep.stops import Why
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

HARMLESS = "Sending the event again is harmless: "
GO_ON = "its jobs are known, and go on with what is left"
STAYS = 'job stopped stays stopped until {"job": "stopped", "do": "resume"}'


def answer(job: str, status: str, why: Why | None = None, *, goes_on: bool = True) -> Answer:
    document: dict[str, Any] = ignored("it is so", job, "examplebucket", dry_run=False)
    rest = {"job": job} if goes_on else None
    return Answer({**document, "status": status, "continuation": rest}, why)


DONE = answer("done", "done", goes_on=False)
UNFINISHED = answer("unfinished", "unfinished")
IDLE = answer("idle", "stopped", Why.IDLE)
REFUSED = answer("refused", "stopped", Why.REFUSED)
STOPPED = answer("stopped", "stopped", Why.ORDERED)
ENDED = answer("ended", "stopped", Why.DOUBT, goes_on=False)
OVER = answer("over", "stopped", Why.REFUSED, goes_on=False)
UNDONE = Answer({"status": "refused", "error": "UndoneError", "reason": "time ran out"})
BAD = Answer({"status": "refused", "error": "PolicyError", "reason": "it is not allowed"})


def said_of(answers: Sequence[Answer]) -> str:
    """Return what is said of an event with these answers, if it is sent again."""
    ordered = tuple(Ordered({}, f"message {n}", f"mns {n}") for n in range(len(answers)))
    settings = Settings(state="statebucket/state", raise_=("mns",))
    invocation = Invocation("request", 0.0, 60, "cn-hangzhou", credentials=None)
    budget = Budget(60.0, lambda: 0.0)
    session = Session(settings, invocation, budget, budget, Logger("endings"), World())
    with pytest.raises(UndoneError) as raised:
        raise_if_undone(Reading("mns", ordered), answers, session, only_asked=False)
    return str(raised.value).rpartition(". ")[2]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([UNFINISHED], GO_ON),
        ([DONE, IDLE, REFUSED, UNDONE], GO_ON),
        ([ENDED, DONE], "job ended has ended, and nothing of it goes on"),
        ([OVER], "job over has ended, and nothing of it goes on"),
        ([UNFINISHED, STOPPED], f"{GO_ON}, but for this: {STAYS}"),
        ([STOPPED, ENDED], f"{STAYS}; job ended has ended, and nothing of it goes on"),
        ([BAD, UNDONE], f"{GO_ON}; what was refused is refused again, until it is corrected"),
        (
            [BAD, ENDED],
            (
                "job ended has ended, and nothing of it goes on; what was refused is refused "
                "again, until it is corrected"
            ),
        ),
    ],
)
def test_a_sentence_on_an_event_sent_again_is_true_of_each_of_its_jobs(
    answers: list[Answer], said: str
) -> None:
    """Those that do not go on are named, with what lets them."""
    assert said_of(answers) == HARMLESS + said


def test_a_sentence_on_an_event_sent_again_names_so_many_jobs() -> None:
    """And counts the others."""
    said = said_of([answer(f"job-{n}", "stopped", Why.DOUBT, goes_on=False) for n in range(12)])

    assert said.count("has ended") == NAMED
    assert said.endswith("; and 2 more alike")
