"""One job: from a request's document to its work, and from its work to its answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
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
    from aws_lambda_powertools import Logger

    from ossweep.engine.budget import Budget
    from ossweep.engine.sweep import Result
    from ossweep.settings import Settings
    from ossweep.store import Credentials, OssStore
    from ossweep.world import World

KINDS = ("list", "batch_delete", "delete", "throttled")  # that an answer counts

MANY_OBJECTS = 10_000_000  # from which on a dry run tells of lifecycle rules
LISTINGS = 32  # pages of listings that a job may ask for at once

# What a job's name may begin with: it stands in objects' keys and in the log.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")

# The one region whose internal endpoint is named otherwise (the vendor's "Regions and endpoints").
_INTERNAL = {"cn-shanghai-finance-1": "oss-cn-shanghai-finance-1-pub-internal.aliyuncs.com"}


@dataclass(frozen=True)
class Invocation:
    """
    What an invocation brings along: who is called, for how long, and as whom.

    `function_name` is `service$function` where the function has a service (FC 2.0).
    """

    request_id: str
    began: float  # of the world's monotonic clock, at the handler's first line
    timeout_seconds: int
    region: str | None
    credentials: Credentials | None
    function_name: str = ""
    account_id: str = ""


@dataclass(frozen=True)
class App:
    """All that the jobs of one invocation share."""

    settings: Settings
    invocation: Invocation
    budget: Budget
    logger: Logger
    world: World
    jobs: Counter[str] = field(default_factory=Counter)  # named so far, by what their names share

    def next_job(self, identity: str | None = None, task: Any = None) -> str:
        """
        Return the name of a new job: letters, digits, `_` and `-`, 100 of them at most.

        The same task of the same event gets the same name whenever it is delivered; without an
        identity the name is the invocation's. `task` is a JSON document: what the job shall do.
        """
        if identity is not None:
            source, _, _ = identity.partition(" ")
            beginning = f"{source}-{self._digest(identity, task)}"
        elif _PLAIN.fullmatch(self.invocation.request_id):
            beginning = self.invocation.request_id
        else:
            beginning = f"request-{self._digest(self.invocation.request_id, None)}"
        self.jobs[beginning] += 1
        return f"{beginning}-{self.jobs[beginning]}"

    def _digest(self, identity: str, task: Any) -> str:
        """
        Return 20 hex digits of what sets a job apart from others that share a state prefix.

        Other functions get the same events. And what one event asks for may change between two
        deliveries, with the rules, the settings or the request file: what was done then must not
        pass for what is asked for now. So each task counts for itself, and no task's name depends
        on whether those beside it were refused.
        """
        run = self.invocation
        whole = [identity, run.function_name, run.region, run.account_id, task]
        return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:20]


def order(document: Any, app: App, where: str, identity: str | None = None) -> Work:
    """
    Return the work that a document orders, once the deployment allows it.

    `identity` is that of the event that ordered it. Raises RequestError or PolicyError, with
    `where` at the sentence's beginning.
    """
    settings = app.settings
    if continuation.is_continuation(document):
        work = continuation.unseal(document, where)
        policy.check_allowed(work.bucket, settings, where)
        return replace(work, dry_run=work.dry_run or settings.dry_run)
    request = parse(document, where)
    bucket = policy.bucket_of(request, settings, where)
    policy.check_unprotected(request, bucket, settings, where)
    continues = policy.may_continue(request, settings, where)
    ranges = policy.ranges_of(request)
    dry_run = request.dry_run or settings.dry_run
    return Work(
        job=app.next_job(identity, [bucket, dry_run, document]),
        bucket=bucket,
        dry_run=dry_run,
        limit=request.limits.objects if request.limits else None,
        # A named key that a range holds is met there; it must not be counted twice.
        keys=tuple(key for key in request.keys if not policy.is_listed(key, ranges)),
        ranges=ranges,
        directories=frozenset(request.directory),
        unfinished="continue" if continues else "return",
    )


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


def ignored(
    reason: str, bucket: str | None, app: App, identity: str | None = None
) -> dict[str, Any]:
    """Return the answer of an event that asks for nothing."""
    return {
        "job": app.next_job(identity),
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
