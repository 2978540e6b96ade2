"""Chooses the real things, runs an event's requests, and turns the results into an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.engine.sweep import sweep
from ossweep.errors import SettingsError
from ossweep.handover import continuation
from ossweep.log import Log
from ossweep.request import parse
from ossweep.settings import Settings
from ossweep.store import Credentials, connect
from ossweep.triggers import direct
from ossweep.work import Work
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools import Logger

    from ossweep.engine.sweep import Result

# The one region whose internal endpoint is named otherwise (the vendor's "Regions and endpoints").
_INTERNAL = {"cn-shanghai-finance-1": "oss-cn-shanghai-finance-1-pub-internal.aliyuncs.com"}


@dataclass(frozen=True)
class Invocation:
    """What an invocation brings along: who is called, for how long, and as whom."""

    request_id: str
    began: float  # of the world's monotonic clock, at the handler's first line
    timeout_seconds: int
    region: str | None
    credentials: Credentials | None


@dataclass(frozen=True)
class App:
    """All that the requests of one invocation share."""

    settings: Settings
    invocation: Invocation
    budget: Budget
    logger: Logger
    world: World


def answer(
    event: bytes,
    invocation: Invocation,
    environ: Mapping[str, str],
    logger: Logger,
    world: World | None = None,
) -> str:
    """
    Do what an event asks for, and return the answer: a JSON document.

    Raises RequestError, PolicyError or SettingsError, before anything is deleted, if any of the
    event's requests cannot be done.
    """
    world = world or World()
    settings = Settings.read(environ)
    app = App(settings, invocation, _budget(settings, invocation, world), logger, world)
    read = direct.read(event)
    jobs = [
        _work(document, number, app, where=f"request {number}" if read.is_batch else "the request")
        for number, document in enumerate(read.documents, start=1)
    ]
    answers = [_run(work, app) for work in jobs]
    return json.dumps({"answers": answers} if read.is_batch else answers[0])


def _budget(settings: Settings, invocation: Invocation, world: World) -> Budget:
    passed = world.monotonic() - invocation.began
    seconds = invocation.timeout_seconds - settings.reserve_seconds - passed
    if seconds <= 0:
        raise SettingsError(
            f"the function's time limit of {invocation.timeout_seconds} s leaves nothing beside "
            f"the {settings.reserve_seconds:g} s of OSSWEEP_RESERVE_SECONDS; raise the limit"
        )
    return Budget(seconds, world.monotonic)


def _work(document: Any, number: int, app: App, where: str) -> Work:
    """Return the work that a document orders, once the deployment allows it."""
    settings = app.settings
    if continuation.is_continuation(document):
        work = continuation.unseal(document, where)
        policy.check_allowed(work.bucket, settings, where)
    else:
        request = parse(document, where)
        bucket = policy.bucket_of(request, settings, where)
        policy.check_unprotected(request, settings, where)
        ranges = policy.ranges_of(request)
        listed = tuple(each.prefix for each in ranges)
        work = Work(
            job=f"{app.invocation.request_id}-{number}",
            bucket=bucket,
            dry_run=request.dry_run,
            limit=request.limits.objects if request.limits else None,
            # A named key that a range holds is met there; it must not be counted twice.
            keys=tuple(key for key in request.keys if not key.startswith(listed)),
            ranges=ranges,
            directories=frozenset(request.directory),
        )
    return replace(work, dry_run=work.dry_run or settings.dry_run)


def _run(work: Work, app: App) -> dict[str, Any]:
    settings, world, invocation = app.settings, app.world, app.invocation
    gate = Gate(app.budget)
    store = connect(
        work.bucket,
        endpoint=_endpoint(app),
        region=_region(app),
        credentials=_credentials(invocation),
        gate=gate,
        world=world,
        connections=settings.in_flight + 1,
    )
    began = world.monotonic()
    log = Log(app.logger, work, world.monotonic, settings.log_seconds)
    log.start(app.budget.left())
    result = sweep(
        work,
        store,
        gate,
        spares=lambda key: policy.spares(key, settings),
        ceiling=policy.ceiling_of(work, settings),
        in_flight=settings.in_flight,
        report=log.progress,
    )
    left = replace(
        result.left,
        clock=result.left.clock if result.left.clock is not None else store.first_date(),
        requests_made={
            kind: work.requests_made.get(kind, 0) + store.requests.get(kind, 0)
            for kind in ("list", "batch_delete", "delete", "throttled")
        },
        milliseconds=work.milliseconds + round(1000 * (world.monotonic() - began)),
    )
    document = _document(work, replace(result, left=left))
    log.end(document)
    return document


def _document(work: Work, result: Result) -> dict[str, Any]:
    counts, left = result.counts, result.left
    skipped = sum(counts.skipped.values())
    status, reason = _status(work, result)
    may_go_on = result.may_go_on and status in {"unfinished", "stopped"}
    return {
        "job": work.job,
        "status": status,
        "reason": reason,
        "bucket": work.bucket,
        "dry_run": work.dry_run,
        "listed": result.listed,
        "deleted": counts.deleted,
        "bytes": counts.bytes,
        "failed": counts.failed,
        "skipped": skipped,
        "remaining": result.listed - counts.deleted - counts.failed - skipped,
        "failures": [
            {"key": failure.key, "code": failure.code, "message": failure.message}
            for failure in counts.failures
        ],
        "skipped_because": dict(counts.skipped),
        "requests_made": dict(left.requests_made),
        "seconds": round(left.milliseconds / 1000, 1),
        "continuation": continuation.seal(left) if may_go_on else None,
    }


def _status(work: Work, result: Result) -> tuple[str, str | None]:
    if result.stopped is not None:
        return "stopped", result.stopped
    if not result.left.finished:
        return "unfinished", "time ran out; send the continuation back to go on"
    if work.dry_run:
        return "planned", None
    if result.counts.failed:
        return "incomplete", "some keys could not be deleted; `failures` names them"
    return "done", None


def _region(app: App) -> str:
    region = app.settings.region or app.invocation.region
    if not region:
        raise SettingsError(
            "the function's context names no region; set OSSWEEP_REGION to the bucket's, "
            "such as cn-hangzhou"
        )
    return region.removeprefix("oss-")


def _endpoint(app: App) -> str:
    region = _region(app)
    host = app.settings.endpoint or _INTERNAL.get(region, f"oss-{region}-internal.aliyuncs.com")
    return host if "://" in host else f"https://{host}"


def _credentials(invocation: Invocation) -> Credentials:
    if invocation.credentials is None:
        raise SettingsError(
            "there are no credentials: give the function a role, or, outside of Function Compute, "
            "set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET"
        )
    return invocation.credentials
