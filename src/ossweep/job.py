"""One job: from a request's document to its work, and from its work to its answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.engine.gate import Gate
from ossweep.engine.sweep import sweep
from ossweep.engine.throttle import ACCOUNT_RATE, Throttle
from ossweep.errors import SettingsError
from ossweep.handover import continuation
from ossweep.log import Log
from ossweep.request import parse
from ossweep.store import connect
from ossweep.work import Counts, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools import Logger

    from ossweep.engine.budget import Budget
    from ossweep.engine.sweep import Result
    from ossweep.settings import Settings
    from ossweep.store import Credentials, OssStore
    from ossweep.world import World

KINDS = ("list", "batch_delete", "delete", "throttled")  # that an answer counts

MANY_OBJECTS = 10_000_000  # from which on a dry run tells of lifecycle rules
LISTINGS = 32  # pages of listings that a job may ask for at once

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
    """All that the jobs of one invocation share."""

    settings: Settings
    invocation: Invocation
    budget: Budget
    logger: Logger
    world: World
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def next_job(self) -> str:
        """Return the name of a new job."""
        return f"{self.invocation.request_id}-{next(self.numbers)}"


def order(document: Any, app: App, where: str) -> Work:
    """
    Return the work that a document orders, once the deployment allows it.

    Raises RequestError or PolicyError, with `where` at the sentence's beginning.
    """
    settings = app.settings
    if continuation.is_continuation(document):
        work = continuation.unseal(document, where)
        policy.check_allowed(work.bucket, settings, where)
    else:
        request = parse(document, where)
        bucket = policy.bucket_of(request, settings, where)
        policy.check_unprotected(request, bucket, settings, where)
        continues = policy.may_continue(request, settings, where)
        ranges = policy.ranges_of(request)
        work = Work(
            job=app.next_job(),
            bucket=bucket,
            dry_run=request.dry_run,
            limit=request.limits.objects if request.limits else None,
            # A named key that a range holds is met there; it must not be counted twice.
            keys=tuple(key for key in request.keys if not policy.is_listed(key, ranges)),
            ranges=ranges,
            directories=frozenset(request.directory),
            unfinished="continue" if continues else "return",
        )
    return replace(work, dry_run=work.dry_run or settings.dry_run)


def open_bucket(bucket: str, gate: Gate, app: App) -> OssStore:
    """Open a bucket for a job; no request is made. Raises SettingsError."""
    if app.invocation.credentials is None:
        raise SettingsError(
            "there are no credentials: give the function a role, or, outside of Function Compute, "
            "set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET"
        )
    return connect(
        bucket,
        endpoint=_endpoint(app),
        region=_region(app),
        credentials=app.invocation.credentials,
        gate=gate,
        world=app.world,
        connections=app.settings.in_flight + LISTINGS,
    )


def run(work: Work, app: App) -> dict[str, Any]:
    """Do a job's work, and return its answer. Raises SettingsError before anything is deleted."""
    settings, world = app.settings, app.world
    gate = Gate(app.budget)
    store = open_bucket(work.bucket, gate, app)
    began = world.monotonic()
    log = Log(app.logger, work, world.monotonic, settings.log_seconds)
    log.start(app.budget.left())
    throttle = Throttle(world.monotonic, world.uniform, settings.in_flight, settings.max_rate)
    result = sweep(
        work,
        store,
        gate,
        throttle,
        protected=settings.protected,
        ceiling=policy.ceiling_of(work, settings),
        in_flight=settings.in_flight,
        listings=LISTINGS,
        report=log.progress,
    )
    left = replace(
        result.left,
        clock=result.left.clock if result.left.clock is not None else store.first_date(),
        requests_made={
            kind: work.requests_made.get(kind, 0) + store.requests.get(kind, 0) for kind in KINDS
        },
        milliseconds=work.milliseconds + round(1000 * (world.monotonic() - began)),
    )
    document = _document(work, replace(result, left=left))
    log.end(document)
    return document


def ignored(reason: str, bucket: str | None, app: App) -> dict[str, Any]:
    """Return the answer of an event that asks for nothing."""
    return {
        "job": app.next_job(),
        "status": "ignored",
        "reason": reason,
        "bucket": bucket,
        "dry_run": app.settings.dry_run,
        **_counts(Counts(), 0),
        "at_least": False,
        "requests_made": dict.fromkeys(KINDS, 0),
        "seconds": 0.0,
        "continuation": None,
    }


def _document(work: Work, result: Result) -> dict[str, Any]:
    status, reason = _status(work, result)
    left = result.left
    may_go_on = result.may_go_on and status in {"unfinished", "stopped"}
    return {
        "job": work.job,
        "status": status,
        "reason": reason,
        "bucket": work.bucket,
        "dry_run": work.dry_run,
        **_counts(result.counts, result.listed),
        "at_least": left.at_least,
        "requests_made": dict(left.requests_made),
        "seconds": round(left.milliseconds / 1000, 1),
        "continuation": continuation.seal(left) if may_go_on else None,
    }


def _counts(counts: Counts, listed: int) -> dict[str, Any]:
    skipped = sum(counts.skipped.values())
    return {
        "listed": listed,
        "deleted": counts.deleted,
        "bytes": counts.bytes,
        "failed": counts.failed,
        "skipped": skipped,
        "remaining": listed - counts.deleted - counts.failed - skipped,
        "failures": [
            {"key": failure.key, "code": failure.code, "message": failure.message}
            for failure in counts.failures
        ],
        "skipped_because": dict(counts.skipped),
    }


def _status(work: Work, result: Result) -> tuple[str, str | None]:
    if not result.left.finished:
        if result.stopped is not None:
            return "stopped", result.stopped
        return "unfinished", "time ran out; send the continuation back to go on"
    if work.dry_run:
        return "planned", advice(result.counts.planned)
    if result.counts.failed:
        return "incomplete", "some keys could not be deleted; `failures` names them"
    return "done", None


def advice(planned: int) -> str | None:
    """Return what to consider before so many objects are deleted, if they are many."""
    if planned < MANY_OBJECTS:
        return None
    hours = planned / ACCOUNT_RATE / 3600
    return (
        f"deleting {planned:,} objects takes at least {hours:.1f} hours, because OSS lets an "
        f"account delete {ACCOUNT_RATE:,.0f} a second; if a prefix and an age describe them and "
        "a day more does no harm, a lifecycle rule of the bucket deletes them without a function"
    )


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
