"""Chooses the real things, does what an event asks for, and turns the results into an answer."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from hashlib import md5
from typing import TYPE_CHECKING, Any

from ossweep import __version__, log, policy, replies, tasks, triggers
from ossweep.answers import Said, ignored, refused_of, wants_repetition
from ossweep.commands import only_asks
from ossweep.endings import note, said_of
from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import (
    Closed,
    HandoverError,
    PolicyError,
    RequestError,
    SettingsError,
    StoreError,
    SweepError,
    UndoneError,
)
from ossweep.events import Happened, Item, Ordered, Origin, Reading, Reply, Together
from ossweep.job import App, Invocation, open_bucket, order
from ossweep.request import schema
from ossweep.settings import Settings, described
from ossweep.store import bare_etag
from ossweep.triggers import direct, http
from ossweep.triggers.documents import EXAMPLES
from ossweep.work import Work
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools import Logger

    from ossweep.events import Source
    from ossweep.rules import Rule
    from ossweep.store import Content
    from ossweep.triggers.http import HttpRequest

__all__ = ["Invocation", "answer"]

REQUEST_FILE_BYTES = 32 * 1024 * 1024  # what FC takes as an event
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
        reading = triggers.read(triggers.parse(request.body), app.settings.time_zone)
        return json.dumps(_act(reading, app))
    try:
        return http.response(*_route(request, app))
    except SweepError as refusal:
        return _turned_down(refusal, app)


def _is_own_call(request: HttpRequest, app: App) -> bool:
    """Tell whether this may be a job's next invocation; what it does, the job's state decides."""
    if not request.is_invocation or app.settings.state is None:
        return False
    try:
        return tasks.goes_on(triggers.parse(request.body), app)
    except RequestError:
        return False


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
        else _each(reading, app, of_requests)
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
    return _together(reading, answers)


def _requests_in(reading: Reading, app: App) -> int:
    """Return how many jobs an event may make, one for each rule that is about what happened."""
    happened = [item for item in reading.items if isinstance(item, Happened)]
    of_rules = [
        rule for item in happened for rule in app.settings.rules if rule.parts(item) is not None
    ]
    return len(of_rules) + sum(not only_asks(each.document) for each in reading.orders)


def _together(reading: Reading, answers: Sequence[Said]) -> dict[str, Any]:
    """Return one answer as itself; several rules may have made several of one event."""
    documents = [said.document for said in answers]
    return {"answers": documents} if reading.is_list or len(documents) > 1 else documents[0]


def _all_or_none(
    orders: Sequence[Ordered], source: Source, app: App, of_requests: int
) -> list[Said]:
    """Do what is ordered, once all of it is allowed; raises what is refused."""
    return tasks.do_all([tasks.read(ordered, source, app, of_requests) for ordered in orders], app)


def _each(reading: Reading, app: App, of_requests: int) -> list[Said]:
    """Do each item for itself; one that is refused does not stop the others."""
    answers: list[Said] = []
    for item in reading.items:
        try:
            answers += _answers_of(item, reading.source, app, of_requests)
        except SweepError as refusal:
            log.refused(app.logger, refusal)
            answers.append(Said({"status": "refused", "where": item.where, **refused_of(refusal)}))
    return answers


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


def _answers_of(item: Item, source: Source, app: App, of_requests: int) -> list[Said]:
    if isinstance(item, Ordered):
        return _all_or_none([item], source, app, of_requests)
    if isinstance(item, Together):
        return _all_or_none(item.orders, source, app, of_requests)
    if isinstance(item, Happened):
        return _answers_to(item, app, of_requests)
    raise item.refusal


def _answers_to(happened: Happened, app: App, of_requests: int) -> list[Said]:
    """Do what the deployment's rules make of an event of OSS."""
    if happened.by_ossweep:
        return [_ignored("ossweep has written this object itself", happened, app)]
    if policy.lies_in_state(happened.bucket, happened.key, app.settings):
        return [_ignored("ossweep keeps its jobs' state there", happened, app)]
    answers: list[Said] = []
    for rule in app.settings.rules:
        parts = rule.parts(happened)
        if parts is None:
            continue
        policy.check_source("oss", app.settings, happened.where)
        policy.check_allowed(happened.bucket, app.settings, happened.where)
        if rule.delete is not None:
            work = tasks.within(of_requests, _belongings(rule, happened, parts, app), app)
            answers.append(tasks.do(work, app))
        else:
            answers += _run_file(happened, app, of_requests)
    return answers or [_ignored(f"no rule is about {happened.where}", happened, app)]


def _ignored(reason: str, happened: Happened, app: App) -> Said:
    job = app.next_job(happened.identity)
    return Said(ignored(reason, job, happened.bucket, dry_run=app.settings.dry_run))


def _belongings(rule: Rule, happened: Happened, parts: Mapping[str, str], app: App) -> Work:
    """Return the work of deleting what belongs to an object."""
    request = rule.delete.request(happened.bucket, parts) if rule.delete else {}
    # What was written after the event belongs to another object of that name, whether a listing
    # shows it or the rule names it.
    origin = Origin("oss", happened.identity, happened.at)
    return replace(order(request, app, happened.where, origin), judged=True)


def _run_file(happened: Happened, app: App, of_requests: int) -> list[Said]:
    """Run the requests in an object, and see to it that they are answered beside it."""
    try:
        with closing(open_bucket(happened.bucket, Gate(app.budget), app)) as store:
            file = store.read(happened.key, REQUEST_FILE_BYTES)
    except Closed as closed:
        met = f": {closed}" if str(closed) else ""
        raise UndoneError(f"{happened.where}: time ran out before it was read{met}") from None
    if _is_another(file, happened.etag):
        reason = (
            f"{happened.where}: the file was overwritten before it was read, as its ETag tells; "
            "what it ordered is not known, and the one that is there now has an event of its own"
        )
        return [_ignored(reason, happened, app)]
    reply = Reply(happened.bucket, happened.key, file.written, file.etag)
    try:
        return _answered(file, reply, happened, app, of_requests)
    except (RequestError, PolicyError) as refusal:
        said = {"status": "refused", **refused_of(refusal)}
        replies.write(reply, None, said, app)
        return [Said({**said, "where": happened.where})]


def _is_another(file: Content, etag: str | None) -> bool:
    """Tell whether a file is not the one that an event is about, as far as both ETags tell."""
    wanted = bare_etag(etag or "")
    if not file.etag and re.fullmatch("[0-9A-F]{32}", wanted):  # OSS's for what is put in one piece
        return md5(file.body, usedforsecurity=False).hexdigest().upper() != wanted
    return bool(wanted and file.etag) and file.etag != wanted


def _answered(
    file: Content, reply: Reply, happened: Happened, app: App, of_requests: int
) -> list[Said]:
    """
    Do what a request file orders, and return the answers.

    Each job writes its own, whenever it ends. Of several, and of a word to a job, the whole is
    written here; a repetition knows less than what stands there, and leaves it.
    """
    reading = direct.read(triggers.parse(file.body), "oss", happened.identity, happened.at)
    several = len(reading.orders) > 1
    if several:
        of_requests = max(1, of_requests) * len(reading.orders)
        policy.share_of(of_requests, app.settings.max_objects)
    found = [
        replace(task, reply=replace(reply, of_several=several)) if isinstance(task, Work) else task
        for task in (tasks.read(ordered, "oss", app, of_requests) for ordered in reading.orders)
    ]
    answers = tasks.do_all(found, app)
    of_jobs = [said for task, said in zip(found, answers, strict=True) if isinstance(task, Work)]
    is_repetition = any(said.document["status"] == "ignored" for said in of_jobs)
    if not is_repetition and (several or not of_jobs):
        replies.write(reply, None, _together(reading, answers), app)
    return answers
