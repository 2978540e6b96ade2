"""Whatever goes wrong, and whoever dies: what must hold holds, in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from chaos.plots import draw
from chaos.stage import report, verdict

if TYPE_CHECKING:
    from chaos.play import Stage

RUNS = 300
AT_ONCE = 10  # seeds of one test
BRIEF = 20  # examples of a property where it is shown few of them, and so are runs played


@pytest.mark.parametrize("first", range(1, RUNS + 1, AT_ONCE))
def test_what_must_hold_holds_in_every_run(chaos_stage: Stage, first: int) -> None:
    """Nothing outside the order is gone, `done` is done, sums agree, every chain ends."""
    is_brief = settings.default is not None and settings.default.max_examples <= BRIEF
    seeds = range(first, first + (1 if is_brief else AT_ONCE))

    stories = [story for story in (report(seed, chaos_stage) for seed in seeds) if story]

    assert not stories, "\n\n".join(stories)


@pytest.mark.parametrize("seed", [3, 14])
def test_a_run_is_the_same_every_time(chaos_stage: Stage, seed: int) -> None:
    """Which thread is faster decides nothing: a seed that has failed fails again."""
    stories = [verdict(draw(seed), chaos_stage)[1].told() for _ in range(2)]

    assert stories[0] == stories[1]
