"""Several orders of one event share its time."""

from __future__ import annotations

from io import StringIO
from itertools import count
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools import Logger

from ossweep.engine.budget import Budget
from ossweep.routes.batch import do_all, do_each
from ossweep.routes.instructions import Message
from ossweep.session import Invocation, Session
from ossweep.settings import Settings
from ossweep.work import Work
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ossweep.answers import Answer

pytestmark = pytest.mark.differs


class Watch(StringIO):
    """A log that takes note of the time that is left for the work when a line is written."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self.budget = budget
        self.left: list[int] = []

    def write(self, text: str, /) -> int:
        if text.strip():
            self.left.append(round(self.budget.left()))
        return len(text)


def each(works: Sequence[Work], session: Session) -> list[Answer]:
    """Do each of several works as what a message of its own has ordered."""
    return do_each([Message("it", [work]) for work in works], session)


@pytest.mark.parametrize("way", [do_all, each])
@pytest.mark.parametrize(
    ("keys", "seconds", "left"),
    [
        (2000, 1000.0, [952, 976, 1000]),
        (2000, 60.0, [40, 50, 60]),
        (1000, 60.0, [60, 60, 60]),
    ],
)
def test_each_of_several_leaves_the_others_the_time_to_write_down_what_they_were_ordered(
    keys: int,
    seconds: float,
    left: list[int],
    way: Callable[[Sequence[Work], Session], list[Answer]],
) -> None:
    """
    In one message or in one each; half of all of it at most: here it takes twelve seconds for two
    thousand keys, or twice.
    """
    ticks = count(0, 2)
    budget = Budget(seconds, lambda: 0.0)
    watch = Watch(budget)
    session = Session(
        Settings(),
        Invocation("request", 0.0, 60, "cn-hangzhou", credentials=None),
        budget,
        Budget(seconds, lambda: 0.0),
        Logger(f"tasks {keys} {seconds} {way.__name__}", stream=watch),
        World(monotonic=lambda: float(next(ticks))),
    )
    names = tuple(map(str, range(keys)))

    answers = way([Work(f"job-{n}", "examplebucket", keys=names) for n in range(3)], session)

    assert watch.left == left  # of the lines that tell of credentials, of which there are none
    assert {said.document["error"] for said in answers} == {"SettingsError"}
