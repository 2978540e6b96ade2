"""What the deployment's rules make of an event of OSS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep import policy, request_files, tasks
from ossweep.endings import ignored_for
from ossweep.events import Origin
from ossweep.job import order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.answers import Said
    from ossweep.events import Happened
    from ossweep.job import App
    from ossweep.rules import Rule
    from ossweep.work import Work


def steps(happened: Happened, app: App, of_requests: int) -> list[tasks.Step]:
    """Return what the deployment's rules make of an event of OSS."""
    if happened.by_ossweep:
        return [_nothing("ossweep has written this object itself", happened, app)]
    if policy.lies_in_state(happened.bucket, happened.key, app.settings):
        return [_nothing("ossweep keeps its jobs' state there", happened, app)]
    steps: list[tasks.Step] = []
    for rule in app.settings.rules:
        parts = rule.parts(happened)
        if parts is not None:
            steps.append(_of_rule(rule, happened, parts, app, of_requests))
    return steps or [_nothing(f"no rule is about {happened.where}", happened, app)]


def _of_rule(
    rule: Rule, happened: Happened, parts: Mapping[str, str], app: App, of_requests: int
) -> tasks.Step:
    """Return what one rule says; that it is refused does not stop the others."""

    def belongings() -> list[tasks.Task]:
        _check_rules(happened, app)
        return [tasks.within(of_requests, _belongings(rule, happened, parts, app), app)]

    def file() -> list[Said]:
        _check_rules(happened, app)
        return request_files.run(happened, app, of_requests)

    if rule.delete is None:
        return tasks.Step(happened.where, file)
    return tasks.step(happened.where, belongings, app)


def _check_rules(happened: Happened, app: App) -> None:
    policy.check_source("oss", app.settings, happened.where)
    policy.check_allowed(happened.bucket, app.settings, happened.where)


def _nothing(reason: str, happened: Happened, app: App) -> tasks.Step:
    return tasks.Step(happened.where, lambda: [ignored_for(reason, happened, app)])


def _belongings(rule: Rule, happened: Happened, parts: Mapping[str, str], app: App) -> Work:
    """Return the work of deleting what belongs to an object."""
    request = rule.delete.request(happened.bucket, parts) if rule.delete else {}
    # What was written after the event belongs to another object of that name, whether a listing
    # shows it or the rule names it.
    origin = Origin("oss", happened.identity, happened.at)
    return replace(order(request, app, happened.where, origin), judged=True)
