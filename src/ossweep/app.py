"""Chooses the real things, does what an event asks for, and turns the results into an answer."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ossweep import __version__, log, policy, reactions, tasks, triggers
from ossweep.answers import Said, ignored, refused_of, wants_repetition
from ossweep.commands import only_asks
from ossweep.endings import note, said_of
from ossweep.engine.budget import Budget
from ossweep.errors import (
    HandoverError,
    PolicyError,
    RequestError,
    SettingsError,
    StoreError,
    SweepError,
    UndoneError,
)
from ossweep.events import Happened, Item, Ordered, Reading, Together, Unreadable
from ossweep.job import App, Invocation
from ossweep.request import schema
from ossweep.settings import Settings, described
from ossweep.triggers import direct, http
from ossweep.triggers.documents import EXAMPLES
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools import Logger

    from ossweep.events import Source
    from ossweep.triggers.http import HttpRequest

__all__ = ["Invocation", "answer"]

SMALL = 0.2  # seconds that a request about a job's state is expected to take
ANSWER_SECONDS = 0.3  # of the time limit, kept for the answer itself
STATUSES: dict[type[SweepError], int] = {
    RequestError: 400,
    PolicyError: 403,
    SettingsError: 500,
    StoreError: 502,
    UndoneError: 500,
    HandoverError: 502,
}


def answer(
    event: bytes,
    invocation: Invocation,
    environ: Mapping[str, str],
    logger: Logger,
    world: World | None = None,
) -> str:
    """
    Do what an event asks for, and return the answer: a JSON document, or an HTTP response.

    Raises RequestError, PolicyError or SettingsError, before anything is deleted, for what is
    refused, and UndoneError for jobs that were not done if their source asks for that.
    """
    world = world or World()
    settings = Settings.read(environ)
    budget, ending = _budgets(settings, invocation, world)
    with closing(App(settings, invocation, budget, ending, logger, world)) as app:
        if not event.strip():
            return _help(app)
        document = triggers.parse(event)
        if http.recognises(document):
            return _over_http(document, app)
        return json.dumps(_act(triggers.read(document, settings.time_zone), app))


def _help(app: App) -> str:
    """Answer an empty event, which the console sends if nothing else is written."""
    reason = "the event is empty; send a request, such as these"
    nothing = ignored(reason, app.next_job(), None, dry_run=app.settings.dry_run)
    note(Said(nothing), app.logger)
    return json.dumps({**nothing, "examples": EXAMPLES})


def _budgets(settings: Settings, invocation: Invocation, world: World) -> tuple[Budget, Budget]:
    """Return the time for the work, and that for handing the rest over; raises SettingsError."""
    passed = world.monotonic() - invocation.began
    seconds = invocation.timeout_seconds - settings.reserve_seconds - passed
    if seconds <= 0:
        raise SettingsError(
            f"the function's time limit of {invocation.timeout_seconds} s leaves nothing beside "
            f"the {settings.reserve_seconds:g} s of OSSWEEP_RESERVE_SECONDS; raise the limit"
        )
    return (
        Budget(seconds, world.monotonic),
        Budget(seconds + settings.reserve_seconds - ANSWER_SECONDS, world.monotonic, SMALL),
    )


def _over_http(document: Any, app: App) -> str:
    """Answer an HTTP request; FC's own InvokeFunction in this wrapping is answered as itself."""
    try:
        request = http.read(document)
        if not _is_own_call(request, app):
            policy.check_caller(request.token, app.settings)
    except SweepError as refusal:
        return _turned_down(refusal, app)
    if request.is_invocation and not request.body.strip():
        return _help(app)
    if request.is_invocation:
        return json.dumps(_act(_within(request, app), app))
    try:
        return http.response(*_route(request, app))
    except SweepError as refusal:
        return _turned_down(refusal, app)


def _is_own_call(request: HttpRequest, app: App) -> bool:
    """Tell whether this may be a job's next invocation; what it does, the job's state decides."""
    if not request.is_invocation or app.settings.state is None:
        return False
    try:
        reading = _within(request, app)
    except RequestError:
        return False
    match reading:
        case Reading("direct", (Ordered(document),), is_list=False):
            return tasks.goes_on(document, app)
    return False


def _within(request: HttpRequest, app: App) -> Reading:
    """Read the event that InvokeFunction brings in an HTTP request; raises RequestError."""
    return triggers.read(triggers.parse(request.body), app.settings.time_zone)


def _turned_down(refusal: SweepError, app: App) -> str:
    log.refused(app.logger, refusal)
    return http.response(STATUSES[type(refusal)], refused_of(refusal))


def _route(request: HttpRequest, app: App) -> tuple[int, Any]:
    match request.method, request.path:
        case "GET", "/":
            shown = described(app.settings)
            return 200, {"name": "ossweep", "version": __version__, "settings": shown}
        case "GET", "/schema":
            return 200, schema()
        case "POST", "/":
            document = triggers.parse(request.body)
            return 200, _act(direct.read(document, "http"), app)
        case _, "/" | "/schema":
            return 405, {"error": "MethodNotAllowed", "reason": "POST a request to /"}
        case _:
            return 404, {"error": "NotFound", "reason": "there are / and /schema"}


def _act(reading: Reading, app: App) -> Any:
    """Do what was read; raises what is refused, and UndoneError if the source asks for that."""
    of_requests = _requests_in(reading, app)
    policy.share_of(of_requests, app.settings.max_objects)
    answers = (
        _all_or_none(reading.orders, reading.source, app, of_requests)
        if reading.together
        else tasks.do_each(
            [
                step
                for item in reading.items
                for step in _steps(item, reading.source, app, of_requests)
            ],
            app,
        )
    )
    undone = [said for said in answers if said.document["status"] == "refused"]
    asks = all(isinstance(each, Ordered) and only_asks(each.document) for each in reading.items)
    for said in () if asks else answers:
        note(said, app.logger)
    if reading.source in app.settings.raise_ and not asks:
        undone = [said for said in answers if wants_repetition(said)]
    if undone:
        sentence = f"{said_of(undone, answers)}. {_of_repetition(reading, app)}"
        raise UndoneError(sentence, [said.document for said in answers])
    return tasks.together(reading, answers)


def _requests_in(reading: Reading, app: App) -> int:
    """Return how many jobs an event may make, one for each rule that is about what happened."""
    happened = [item for item in reading.items if isinstance(item, Happened)]
    of_rules = [
        rule for item in happened for rule in app.settings.rules if rule.parts(item) is not None
    ]
    return len(of_rules) + sum(not only_asks(each.document) for each in reading.orders)


def _all_or_none(
    orders: Sequence[Ordered], source: Source, app: App, of_requests: int
) -> list[Said]:
    """Do what is ordered, once all of it is allowed; raises what is refused."""
    return tasks.do_all([tasks.read(ordered, source, app, of_requests) for ordered in orders], app)


def _of_repetition(reading: Reading, app: App) -> str:
    """Return what is true of sending an event again."""
    names = [ordered.identity for ordered in reading.orders]
    names += [item.identity for item in reading.items if isinstance(item, Happened)]
    if app.settings.state is not None and None not in names:
        return (
            "Sending the event again is harmless: its jobs are known, and go on with what is left"
        )
    return (
        "Sent again, the event is carried out again: what it names may be deleted even if it has "
        "been written anew since"
    )


def _steps(item: Item, source: Source, app: App, of_requests: int) -> list[tasks.Step]:
    if isinstance(item, Happened):
        return reactions.steps(item, app, of_requests)

    def ordered() -> list[tasks.Task]:
        if isinstance(item, Unreadable):
            raise item.refusal
        orders = item.orders if isinstance(item, Together) else (item,)
        return [tasks.read(each, source, app, of_requests) for each in orders]

    return [tasks.step(item.where, ordered, app)]
