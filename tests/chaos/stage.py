"""Where runs take place, and how one is told of."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from chaos.jobs import Person
from chaos.play import Clock, Play, Stage
from chaos.plots import draw
from chaos.rules import broken
from localcloud.fc_server import FcServer
from localcloud.oss import LocalOss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.scene import Scene
    from localcloud.fc_answers import Answer, Request


class _Nobody:
    def answer(self, request: Request, request_id: str) -> Answer:
        raise NotImplementedError


@contextmanager
def stage() -> Iterator[Stage]:
    """Set a stage; one serves run after run."""
    clock = Clock()
    server = FcServer()
    with LocalOss(clock=clock) as oss:
        server.start(_Nobody())
        try:
            yield Stage(oss, clock, server)
        finally:
            server.stop()


def verdict(scene: Scene, on: Stage) -> tuple[list[str], Play]:
    """Play a scene; return the rules that it has broken, and the run."""
    play = Play(scene, on)
    try:
        play.tell(f"{scene}")
        for event in scene.events:
            play.deliver(event)
        jobs = Person(play).see_to_it()
        return broken(play, jobs), play
    finally:
        play.close()


def report(seed: int, on: Stage, scale: int = 1) -> str:
    """Run a seed; return the story of a run that has broken a rule, and else nothing."""
    wrong, play = verdict(draw(seed, scale), on)
    if not wrong:
        return ""
    return "\n".join([again(seed), *play.story, "", *wrong])


def again(seed: int) -> str:
    """Return a story's first line, which says how to play the run again."""
    return f"seed {seed} (again: make chaos SEED={seed} RUNS=1)"
