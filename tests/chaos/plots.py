"""What a run is about: mishaps that draws of the weather alone would seldom bring together."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from chaos.scene import DIRECTORIES, Happening, Order, Scene, draw_plain, of_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.scene import Weather

CHANCE = 0.3  # of a run that has a plot
LONG = 100  # seconds of a time limit within which leases end and attempts are over


def draw(seed: int, scale: int = 1) -> Scene:
    """Return what a seed stands for; with a scale, about so many times the objects."""
    scene = draw_plain(seed, scale)
    random = Random(seed * 7919 + 3)
    if random.random() < CHANCE:
        scene = random.choice(PLOTS)(scene, random)
    else:
        never = 0.5 if random.random() < CHANCE else 0.0
        scene = replace(scene, weather=replace(scene.weather, never=never))
    return _with_answers_kept_out(_by_file(scene, random), random)


def _by_file(scene: Scene, random: Random) -> Scene:
    """Have orders come by a request file that a person would have sent."""
    if scene.source != "direct" or random.random() >= CHANCE:
        return scene
    documents = [each.document() for each in scene.orders]
    content = json.dumps(documents if len(documents) > 1 else documents[0]).encode()
    events = (of_file(content, scene.ordered),)
    return replace(scene, source="oss", events=events, file=content)


def _with_answers_kept_out(scene: Scene, random: Random) -> Scene:
    """Let nothing be written beside a request file for a while, so that others have to do it."""
    if scene.source != "oss" or random.random() < CHANCE:
        return scene
    storm = (random.uniform(0, 25), random.uniform(5, 40), "answers")
    weather = replace(scene.weather, storms=(*scene.weather.storms, storm))
    return replace(scene, weather=weather)


def _objects_come_before_the_first_answer(scene: Scene, random: Random) -> Scene:
    """By the order's clock all of them are new, whenever that is read."""
    written = [Happening(random.uniform(1, 7), "write", 100 + at) for at in range(8)]
    orders = [replace(each, dry_run=False) for each in scene.orders]
    return _happens(
        replace(_sent(scene, orders), weather=replace(scene.weather, slow_start=8.0)), written
    )


def _deletions_fail_for_long(scene: Scene, random: Random) -> Scene:
    """So long that all attempts of a batch are over, while OSS lists as if nothing were wrong."""
    storms = ((random.uniform(0, 3), random.uniform(30, 80), "deletions"),)
    weather = replace(scene.weather, storms=storms, killed=0.0, outages=())
    orders = [replace(each, dry_run=False, limit=None) for each in scene.orders]
    return _sent(_for_long(scene, weather), orders)


def _a_checkpoint_takes_longer_than_a_lease(scene: Scene, random: Random) -> Scene:
    """Signs of life alone tell that somebody is at work, and the event comes again."""
    weather = _quiet(scene, stuck=(random.uniform(0.5, 3), 9.5), cut_off=0.0)
    lasting = replace(_lasting(_for_long(scene, weather)), settings_change=True)
    return _comes_again(lasting, random)


def _the_end_takes_longer_than_a_lease(scene: Scene, random: Random) -> Scene:
    """Somebody else ends the job before its first holder has written how it has."""
    weather = _quiet(scene, stuck=(random.uniform(1, 3), 11.0), cut_off=0.0, slow=0.0)
    orders = [replace(each, dry_run=False, limit=None, parallel=None) for each in scene.orders]
    return _comes_again(_sent(_for_long(scene, weather), orders), random)


def _the_state_takes_longer_than_a_lease(scene: Scene, random: Random) -> Scene:
    """What renews a lease comes too late, and each invocation has a lease of its own."""
    weather = _quiet(scene, slow_state=0.4)
    lasting = replace(_lasting(_for_long(scene, weather)), settings_change=True)
    every = random.choice(("1", "8"))  # so that the first holder's lease is the longest, or not
    settings = {**lasting.settings, "OSSWEEP_CHECKPOINT_SECONDS": every}
    return _comes_again(replace(lasting, settings=settings), random)


def _a_holder_is_cut_off_from_the_state(scene: Scene, random: Random) -> Scene:
    """Somebody else takes the job over, and the first one hears of that when it can write again."""
    weather = _quiet(scene, cut_off=1.0, stuck=(8.9, 11.2))
    return _comes_again(_lasting(_for_long(scene, weather)), random)


def _holders_end_badly_under_a_ceiling(scene: Scene, random: Random) -> Scene:
    """By death or by an exception, after they have asked for more than a checkpoint has counted."""
    lasting = _lasting(replace(scene, weather=replace(scene.weather, killed=0.4, fails=0.5)))
    (order,) = lasting.orders
    return _sent(lasting, [replace(order, limit=random.randint(10, 25))])


def _quiet(scene: Scene, **more: Any) -> Weather:
    """Return weather in which nobody is killed and nothing is out for long, and what is told."""
    return replace(scene.weather, killed=0.0, outages=(), storms=(), **more)


def _for_long(scene: Scene, weather: Weather) -> Scene:
    """Give each invocation the time for what takes long."""
    return replace(scene, timeout=LONG + int(scene.reserve), weather=weather)


def _lasting(scene: Scene) -> Scene:
    """Have a single order be about so many objects, deleted so slowly, that it is not soon done."""
    names = (f"{each}{at:03d}" for each in DIRECTORIES for at in range(10))
    objects = tuple(sorted({*scene.objects, *names}))
    settings = {**scene.settings, "OSSWEEP_MAX_RATE": "1"}
    return _sent(replace(scene, objects=objects, settings=settings), [Order(prefixes=DIRECTORIES)])


def _comes_again(scene: Scene, random: Random) -> Scene:
    times = (12, 14, 18, 26)
    return _happens(scene, [Happening(at + random.uniform(0, 2), "again") for at in times])


def _happens(scene: Scene, more: list[Happening]) -> Scene:
    happenings = sorted([*scene.happenings, *more], key=lambda each: each.at)
    return replace(scene, happenings=tuple(happenings))


def _sent(scene: Scene, orders: list[Order]) -> Scene:
    """Have a person send the orders."""
    documents = [each.document() for each in orders]
    return replace(
        scene,
        orders=tuple(orders),
        source="direct",
        is_refused=False,
        events=(documents if len(documents) > 1 else documents[0],),
        file=None,
    )


PLOTS: tuple[Callable[[Scene, Random], Scene], ...] = (
    _objects_come_before_the_first_answer,
    _deletions_fail_for_long,
    _a_checkpoint_takes_longer_than_a_lease,
    _the_end_takes_longer_than_a_lease,
    _the_state_takes_longer_than_a_lease,
    _a_holder_is_cut_off_from_the_state,
    _holders_end_badly_under_a_ceiling,
)
