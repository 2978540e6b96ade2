"""Several tasks of one event share its time."""

from __future__ import annotations

from io import StringIO
from itertools import count

import pytest
from aws_lambda_powertools import Logger

from ossweep.engine.budget import Budget
from ossweep.job import App, Invocation
from ossweep.settings import Settings
from ossweep.tasks import do_all
from ossweep.work import Work
from ossweep.world import World


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


@pytest.mark.parametrize(
    ("keys", "seconds", "left"),
    [
        (2000, 1000.0, [952, 976, 1000]),
        (2000, 60.0, [40, 50, 60]),
        (1000, 60.0, [60, 60, 60]),
    ],
)
def test_each_of_several_leaves_the_others_the_time_to_write_down_what_they_were_ordered(
    keys: int, seconds: float, left: list[int]
) -> None:
    """Half of all of it at most: here it takes twelve seconds for two thousand keys, or twice."""
    ticks = count(0, 2)
    budget = Budget(seconds, lambda: 0.0)
    watch = Watch(budget)
    app = App(
        Settings(),
        Invocation("request", 0.0, 60, "cn-hangzhou", credentials=None),
        budget,
        Budget(seconds, lambda: 0.0),
        Logger(f"tasks {keys} {seconds}", stream=watch),
        World(monotonic=lambda: float(next(ticks))),
    )
    names = tuple(map(str, range(keys)))

    answers = do_all([Work(f"job-{n}", "examplebucket", keys=names) for n in range(3)], app)

    assert watch.left == left  # of the lines that tell of credentials, of which there are none
    assert {said.document["error"] for said in answers} == {"SettingsError"}
