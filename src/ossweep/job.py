"""One job in one invocation: from a request's document to its work, and to its answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ossweep import meant, policy
from ossweep.answers import KINDS, document
from ossweep.engine.gate import Gate
from ossweep.engine.sweep import sweep
from ossweep.engine.throttle import Throttle
from ossweep.errors import PolicyError, RequestError, SettingsError
from ossweep.events import Origin
from ossweep.handover import continuation
from ossweep.log import Log
from ossweep.request import parse
from ossweep.store import connect
from ossweep.tally import tally
from ossweep.triggers.oss import OWN_META
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools import Logger

    from ossweep.engine.budget import Budget
    from ossweep.engine.ports import Checkpoint
    from ossweep.engine.result import Result
    from ossweep.engine.sweep import Progress
    from ossweep.settings import Settings
    from ossweep.stops import Stop
    from ossweep.store import Credentials, OssStore, Shelf
    from ossweep.world import World

DIRECT = Origin()
LISTINGS = 32  # pages of listings that a job may ask for at once

# What a job's name may begin with: it stands in objects' keys and in the log.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")

# The one region whose internal endpoint is named otherwise (the vendor's "Regions and endpoints").
_INTERNAL = {"cn-shanghai-finance-1": "oss-cn-shanghai-finance-1-pub-internal.aliyuncs.com"}


@dataclass(frozen=True)
class Invocation:
    """
    What an invocation brings along: who is called, for how long, and as whom.

    `timeout_seconds` is the function's, whose name is `service$function` if it has a service.
    """

    request_id: str
    began: float  # of the world's monotonic clock, at the handler's first line
    timeout_seconds: int
    region: str | None
    credentials: Credentials | None
    function_name: str = ""
    account_id: str = ""
    service: str | None = None  # that the context names
    qualifier: str | None = None
    terminated: Callable[[], bool] = lambda: False  # whether FC wants it to end now
    certificates: tuple[str, ...] = ()  # files of authorities to believe, beside the world's


@dataclass(frozen=True)
class App:
    """All that the jobs of one invocation share."""

    settings: Settings
    invocation: Invocation
    budget: Budget  # for the work
    ending: Budget  # for what comes after it, up to the answer
    logger: Logger
    world: World
    jobs: Counter[str] = field(default_factory=Counter)  # named so far, by what their names share
    opened: list[OssStore] = field(default_factory=list)

    @cached_property
    def shelf(self) -> Shelf:
        """Where the deployment keeps its jobs' state; raises SettingsError."""
        bucket, _, prefix = (self.settings.state or "").partition("/")
        self.opened.append(open_bucket(bucket, Gate(self.ending), self))
        return self.opened[-1].shelf(prefix, {OWN_META: self.invocation.request_id})

    @cached_property
    def unnamed(self) -> str:
        """The name of an invocation that brings no request id: no other one's."""
        return self.world.nonce()[:20]

    def time_of_state(self) -> int | None:
        """Return when the invocation began, by OSS's own time, if the jobs' state has told it."""
        return self.opened[-1].first_date() if self.opened else None

    def close(self) -> None:
        """Let nothing be left under way."""
        for store in self.opened:
            store.close()

    def next_job(self, identity: str | None = None, task: Any = None) -> str:
        """
        Return the name of a new job: letters, digits, `_` and `-`, 100 of them at most.

        The same task of the same event gets the same name whenever it is delivered; without an
        identity the name is the invocation's. `task` is a JSON document: what the job shall do.
        """
        if identity is not None:
            source, _, _ = identity.partition(" ")
            beginning = f"{source}-{self._digest(identity, task)}"
        elif not self.invocation.request_id:
            beginning = f"request-{self.unnamed}"
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


def order(document: Any, app: App, where: str, origin: Origin = DIRECT) -> Work:
    """
    Return the work that a document orders, once the deployment allows it.

    Raises RequestError or PolicyError, with `where` at the sentence's beginning.
    """
    settings = app.settings
    if continuation.is_continuation(document):
        work = continuation.unseal(document, where)
        policy.check_allowed(work.bucket, settings, where)
        if settings.state is None and work.unfinished == "continue":
            raise PolicyError(
                "this job goes on by itself, and the deployment has no place any more for what one "
                "invocation leaves to the next; set OSSWEEP_STATE"
            )
        if settings.state is not None and work.hop == 0:
            # Only a request begins a job; whatever goes on with one has had a hop before it.
            wrong = "it would begin its job; send a request"
            raise RequestError(f"{where} is no continuation: {wrong}")
        return replace(work, dry_run=work.dry_run or settings.dry_run)
    request = parse(document, where)
    bucket = policy.bucket_of(request, settings, where)
    policy.check_unprotected(request, bucket, settings, where)
    meant.check_no_address(request, bucket, settings, where)
    continues = policy.may_continue(request, settings, where)
    ranges = policy.ranges_of(request)
    dry_run = request.dry_run or settings.dry_run
    return Work(
        job=app.next_job(origin.identity, [bucket, dry_run, document]),
        bucket=bucket,
        dry_run=dry_run,
        not_after=origin.at,
        limit=request.limits.objects if request.limits else None,
        # A named key that a range holds is met there; it must not be counted twice.
        keys=tuple(key for key in request.keys if not policy.is_listed(key, ranges)),
        ranges=ranges,
        directories=frozenset(request.directory),
        unfinished="continue" if continues else "return",
        parallel=request.parallel,
        source=origin.source,
        null_versions=request.null_versions,
        notes=meant.notes(request),
    )


def open_bucket(
    bucket: str,
    gate: Gate,
    app: App,
    clock_at: Callable[[int], int] = lambda began: began,
    null_versions: Literal["keep", "lose"] = "lose",
) -> OssStore:
    """
    Open a bucket; no request is made. Raises SettingsError.

    `clock_at` tells a job's clock from OSS's own time when the invocation began.
    """
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
        began=app.invocation.began,
        certificates=app.invocation.certificates,
        clock_at=clock_at,
        may_lose=null_versions == "lose",
    )


@dataclass(frozen=True)
class Share:
    """What an invocation has done of a job: the work that is left, and the job's answer."""

    left: Work
    stopped: Stop | None  # what ended it early, if anything but time did
    answer: dict[str, Any]
    expected: int | None  # objects that are probably left
    trouble: str | None = None  # what kept requests from being answered


class Checkpoints(Protocol):
    """Whoever keeps a job's checkpoints; the rest is as in the sweep's Keeper."""

    def due(self) -> bool:
        """Tell whether it is time for the next one."""

    def keep(self, share: Share, reserved: int) -> Checkpoint:
        """Keep one that reserves at least so many objects, in a thread; raises nothing."""

    def beat_due(self) -> bool:
        """Tell whether to give a sign of life now."""

    def beat(self) -> None:
        """Give one, in a thread; raises nothing."""


def perform(work: Work, app: App, gate: Gate, checkpoints: Checkpoints | None = None) -> Share:
    """
    Do as much of a job's work as time allows, within what the gate lets through.

    Raises SettingsError before anything is deleted.
    """
    settings, world = app.settings, app.world
    store = open_bucket(work.bucket, gate, app, work.clock_at, work.null_versions)
    app.logger.append_keys(job=work.job, bucket=work.bucket)
    log = Log(app.logger, work, world.monotonic, settings.log_seconds)
    log.start(app.budget.left())
    most = policy.rate_of(work, settings)
    throttle = Throttle(world.monotonic, world.uniform, settings.in_flight, most)
    began = world.monotonic()

    def report(progress: Progress) -> None:
        log.progress(progress)
        if app.invocation.terminated():
            app.budget.end()

    def share_of(result: Result) -> Share:
        spent = round(1000 * (world.monotonic() - began))
        return _share(work, result, store, gate, spent)

    # Where no state is kept, a continuation is a request: its clock is held to OSS's own.
    swept = work if settings.state is not None else replace(work, clock=None)
    with app.budget.kept_back(continuation.seconds_to_write(work, world.monotonic)):
        result = sweep(
            swept,
            store,
            gate,
            throttle,
            protected=policy.protected_in(work.bucket, settings),
            ceiling=policy.ceiling_of(work, settings),
            in_flight=settings.in_flight,
            listings=LISTINGS,
            report=report,
            keeper=_Keeper(checkpoints, share_of) if checkpoints is not None else None,
        )
    share = share_of(result)
    log.end(share.answer)
    return share


@dataclass(frozen=True)
class _Keeper:
    """A job's checkpoints, as the sweep sees them."""

    checkpoints: Checkpoints
    share_of: Callable[[Result], Share]

    def due(self) -> bool:
        return self.checkpoints.due()

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        return self.checkpoints.keep(self.share_of(result), reserved)

    def beat_due(self) -> bool:
        return self.checkpoints.beat_due()

    def beat(self) -> None:
        self.checkpoints.beat()


def _share(work: Work, result: Result, store: OssStore, gate: Gate, milliseconds: int) -> Share:
    clocks = (result.left.clock, store.first_date(), work.clock)
    left = replace(
        result.left,
        clock=min((each for each in clocks if each is not None), default=None),
        requests_made={
            kind: work.requests_made.get(kind, 0) + store.requests.get(kind, 0) for kind in KINDS
        },
        errors=tally((work.errors, gate.errors)),
        milliseconds=work.milliseconds + milliseconds,
    )
    answer = document(work, replace(result, left=left))
    return Share(left, result.stopped, answer, result.expected, result.trouble)


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
