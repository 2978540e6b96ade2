"""The session: what the jobs of one invocation share, from its settings to the way to OSS."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import PolicyError, SettingsError
from ossweep.events import UNREAD
from ossweep.helps import HELPS_OF_STATE
from ossweep.store import connect
from ossweep.triggers.oss import OWN_META

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools import Logger

    from ossweep.settings import Settings
    from ossweep.store import Credentials, OssStateObjects, OssStore
    from ossweep.world import World

LISTINGS = 32  # pages of listings that a job may ask for at once
SMALL = 0.2  # seconds that a request about a job's state is expected to take
ANSWER_SECONDS = 0.3  # of the time limit, kept for the answer itself

# An allowed beginning of a job's name, which stands in objects' keys and in the log.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")
# The name of a job, or of a part of one, that comes from the identity of its event.
_OF_EVENT = re.compile(rf"(?:{'|'.join(UNREAD)}|apply)-[0-9a-f]{{20}}-\d+(?:-p\d+)?")

# The one region whose internal endpoint is named otherwise (the vendor's "Regions and endpoints").
_INTERNAL = {"cn-shanghai-finance-1": "oss-cn-shanghai-finance-1-pub-internal.aliyuncs.com"}


@dataclass(frozen=True)
class Invocation:
    """
    The invocation: which function is called, for how long, and with whose credentials.

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
class Consent:
    """
    The consent of a bucket to deletions; `missing` says why it has not given it, None: it has.

    `is_unseen` tells that nobody could look, `is_passing` that another try may.
    """

    missing: str | None = None
    is_unseen: bool = False
    is_passing: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Session:
    """All that the jobs of one invocation share."""

    settings: Settings
    invocation: Invocation
    budget: Budget  # for the work
    ending: Budget  # for what comes after it, up to the answer
    logger: Logger
    world: World
    jobs: Counter[str] = field(default_factory=Counter)  # named so far, by what their names share
    opened: list[OssStore] = field(default_factory=list)
    # The names of jobs as they would be in earnest, by those of dry runs that a brake has made.
    in_earnest: dict[str, str] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)  # of buckets that were looked at
    # The requests of new jobs that may need a plan, by the jobs' names.
    requests: dict[str, Any] = field(default_factory=dict)
    # The answers of jobs that were swept here, as they are left; for what an error says of them.
    left: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, settings: Settings, invocation: Invocation, logger: Logger, world: World
    ) -> Session:
        """Share an invocation's time out; raises SettingsError where its limit leaves none."""
        passed = world.monotonic() - invocation.began
        seconds = invocation.timeout_seconds - settings.reserve_seconds - passed
        if seconds <= 0:
            raise SettingsError(
                f"the function's time limit of {invocation.timeout_seconds} s leaves nothing "
                f"beside the {settings.reserve_seconds:g} s of OSSWEEP_RESERVE_SECONDS; raise the "
                "limit"
            )
        to_the_answer = seconds + settings.reserve_seconds - ANSWER_SECONDS
        return cls(
            settings,
            invocation,
            Budget(seconds, world.monotonic),
            Budget(to_the_answer, world.monotonic, SMALL),
            logger,
            world,
        )

    @cached_property
    def state_objects(self) -> OssStateObjects:
        """Where the deployment keeps its jobs' state; raises SettingsError."""
        bucket, _, prefix = (self.settings.state or "").partition("/")
        gate = Gate(self.ending, helps=HELPS_OF_STATE)
        self.opened.append(open_bucket(bucket, gate, self))
        return self.opened[-1].state_objects(prefix, {OWN_META: self.invocation.request_id})

    @cached_property
    def unnamed(self) -> str:
        """The name of an invocation without a request id, which no other one has."""
        return self.world.nonce()[:20]

    def time_of_state(self) -> int | None:
        """Return when the invocation began, by OSS's own time, if the jobs' state has told it."""
        return self.opened[-1].first_date() if self.opened else None

    def close(self) -> None:
        """End all requests that are under way."""
        for store in self.opened:
            store.close()

    def next_job(self, identity: str | None = None, task: Any = None) -> str:
        """
        Return the name of a new job: letters, digits, `_` and `-`, 100 of them at most.

        The same task of the same event gets the same name whenever it is delivered; without an
        identity the name is the invocation's. `task` is the job's order as a JSON document.
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

    def name_of_event(self, identity: str | None, task: Any) -> str:
        """
        Return the name of an event that asks for a task: letters and digits.

        An event without an identity is known by its invocation, which keeps its id when Function
        Compute repeats it.
        """
        return self._digest(identity or self.invocation.request_id or self.unnamed, task)

    def _digest(self, identity: str, task: Any) -> str:
        """
        Return 20 hex digits that set a job apart from others that share a state prefix.

        Other functions get the same events. And an event may ask for something else when it comes
        again, because the rules, the settings or the request file have changed: then the earlier
        job must not pass for it. So each task counts for itself, and no task's name depends on
        whether those beside it were refused.
        """
        run = self.invocation
        whole = [identity, run.function_name, run.region, run.account_id, task]
        return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:20]


def is_named_by_event(job: str) -> bool:
    """
    Tell whether a job is named after its event, which finds the job when it is sent again.

    Any other job is named after its invocation: its event, sent again, makes another one.
    """
    return _OF_EVENT.fullmatch(job) is not None


def check_state(session: Session) -> None:
    """Raise PolicyError where the deployment keeps no state."""
    if session.settings.state is None:
        raise PolicyError("the deployment keeps no state of jobs; set OSSWEEP_STATE")


def open_bucket(  # noqa: PLR0913 - what a job says of its bucket
    bucket: str,
    gate: Gate,
    session: Session,
    clock_at: Callable[[int], int] = lambda began: began,
    null_versions: Literal["keep", "lose"] = "lose",
    *,
    with_classes: bool = False,
) -> OssStore:
    """
    Open a bucket; no request is made. Raises SettingsError.

    `clock_at` tells a job's clock from OSS's own time when the invocation began; listings tell
    storage classes `with_classes`.
    """
    if session.invocation.credentials is None:
        raise SettingsError(
            "there are no credentials: give the function a role, or, outside of Function Compute, "
            "set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET"
        )
    return connect(
        bucket,
        endpoint=_endpoint(session),
        region=_region(session),
        credentials=session.invocation.credentials,
        gate=gate,
        world=session.world,
        connections=session.settings.in_flight + LISTINGS,
        began=session.invocation.began,
        certificates=session.invocation.certificates,
        clock_at=clock_at,
        may_lose=null_versions == "lose",
        with_classes=with_classes,
    )


def _region(session: Session) -> str:
    region = session.settings.region or session.invocation.region
    if not region:
        raise SettingsError(
            "the function's context names no region; set OSSWEEP_REGION to the bucket's, "
            "such as cn-hangzhou"
        )
    return region.removeprefix("oss-")


def _endpoint(session: Session) -> str:
    region = _region(session)
    host = session.settings.endpoint or _INTERNAL.get(region, f"oss-{region}-internal.aliyuncs.com")
    return host if "://" in host else f"https://{host}"
