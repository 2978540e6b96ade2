"""Whatever goes wrong, and whoever dies: what must hold holds, in every run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from chaos.plots import draw
from chaos.stage import again, report, verdict

if TYPE_CHECKING:
    from chaos.play import Stage

PAGE = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
RUNS = 50  # of 300; .ci/run plays the others
AT_ONCE = 10  # seeds of one test
BRIEF = 20  # examples of a property where it is shown few of them, and so are runs played


@pytest.mark.parametrize("first", range(1, RUNS + 1, AT_ONCE))
def test_the_rules_hold_in_every_run(chaos_stage: Stage, first: int) -> None:
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


def test_a_story_has_the_lines_that_its_page_explains(chaos_stage: Stage) -> None:
    """The page shows some of a run's lines, each up to its three dots; numbers may differ."""
    (shown,) = re.findall(r"```\n(seed .*?)\n\n", PAGE, re.DOTALL)
    first, *lines = shown.splitlines()
    (seed,) = re.findall(r"^seed (\d+) ", first)
    told = [_without_numbers(line) for line in verdict(draw(int(seed)), chaos_stage)[1].told()]

    assert first == again(int(seed))
    for line in lines:
        begins = _without_numbers(line.removesuffix("..."))
        assert any(each.startswith(begins) for each in told), line


def _without_numbers(line: str) -> str:
    return re.sub(r"\d+", "0", line.strip())
