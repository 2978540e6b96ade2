"""The policy: what this deployment lets a request do; a request can narrow it, never widen it."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from ossweep.errors import PolicyError
from ossweep.events import SOURCES
from ossweep.plurals import counted
from ossweep.whereabouts import outermost
from ossweep.work import Ceiling, Range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.events import Source
    from ossweep.lists import ListRequest
    from ossweep.request import Request
    from ossweep.settings import Settings
    from ossweep.work import Work

ANY = "*"
_LIMIT = "limits.objects"
_LIMIT_OR_SHARE = (
    "limits.objects, or the share of OSSWEEP_MAX_OBJECTS in an event of several requests,"
)


def bucket_of(request: Request, settings: Settings, where: str) -> str:
    """Return the bucket that a request is about; raises PolicyError if it may not be swept."""
    only = settings.buckets[0] if len(settings.buckets) == 1 else None
    bucket = request.bucket
    if bucket is None:
        if only is None or only == ANY:
            raise PolicyError(
                f"{where}: `bucket` is missing, and the deployment does not name exactly one; "
                'write "bucket": "<name>"'
            )
        bucket = only
    check_allowed(bucket, settings, where)
    if request.everything and request.confirm != bucket:
        raise PolicyError(
            f"{where}: `everything` would empty the bucket {bucket}; "
            f'to confirm it write "confirm": "{bucket}"'
        )
    return bucket


def check_caller(token: str | None, settings: Settings) -> None:
    """
    Raise PolicyError unless the check that the deployment names has let an HTTP request in.

    Nothing else in the request proves anything: where a trigger lets everyone in, Function Compute
    may pass any header through unread.
    """
    if settings.http is None:
        raise PolicyError(
            "HTTP requests are refused here, because the deployment does not say who checks them; "
            "set OSSWEEP_HTTP to trigger, if the trigger's authType is function or jwt, or to "
            "sha256: and the hash of a token"
        )
    if settings.http == "trigger":
        return
    given = sha256((token or "").encode(errors="surrogatepass")).hexdigest()
    if token is None or not compare_digest(given, settings.http.removeprefix("sha256:")):
        raise PolicyError(
            "this HTTP request does not bring the token whose hash is in OSSWEEP_HTTP; "
            "send it as Authorization: Bearer <token>"
        )


def check_source(source: Source, settings: Settings, where: str) -> None:
    """Raise PolicyError unless the deployment lets this source order anything."""
    if source not in settings.sources:
        allowed = ", ".join(settings.sources) or "none"
        raise PolicyError(
            f"{where}: it has come by {SOURCES[source]} ({source}), which may not order here; "
            f"allowed by OSSWEEP_SOURCES are: {allowed}"
        )


def check_allowed(bucket: str, settings: Settings, where: str) -> None:
    """Raise PolicyError unless the deployment allows this bucket to be swept."""
    if not settings.buckets:
        raise PolicyError(
            "OSSWEEP_BUCKETS is not set, so no bucket may be swept; "
            "set it to the names of the buckets that may"
        )
    if ANY not in settings.buckets and bucket not in settings.buckets:
        raise PolicyError(
            f"{where}: the bucket {json.dumps(bucket)} is not among those in OSSWEEP_BUCKETS; "
            f"allowed are: {', '.join(settings.buckets)}"
        )


def check_unprotected(request: Request, bucket: str, settings: Settings, where: str) -> None:
    """Raise PolicyError for a request that touches nothing but protected keys."""
    if request.everything or request.manifest:
        return  # what a list names is judged key by key
    names = (*request.keys, *request.prefix, *request.directory)
    if all(name.startswith(_by_setting(bucket, settings)) for name in names):
        raise PolicyError(
            f"{where}: {json.dumps(names[0])} is protected: OSSWEEP_PROTECTED holds "
            f"{_protecting(names[0], bucket, settings)}; name something else, or change the "
            "setting (.dlsdata/ cannot be taken out: it is OSS-HDFS's own data)"
        )
    if all(name.startswith(protected_in(bucket, settings)) for name in names):
        raise PolicyError(
            f"{where}: {json.dumps(names[0])} lies where OSSWEEP_STATE keeps the jobs' state; "
            "name something else"
        )


def check_lists(lists: Iterable[ListRequest], bucket: str, settings: Settings, where: str) -> None:
    """Raise PolicyError for a list that lies where nothing may be swept, or in jobs' state."""
    for each in lists:
        place = each.bucket or bucket
        check_allowed(place, settings, f"{where}: `manifest`")
        if lies_in_state(place, each.key, settings):
            raise PolicyError(
                f"{where}: `manifest`: {json.dumps(each.key)} lies where OSSWEEP_STATE keeps the "
                "jobs' state; put the list somewhere else"
            )


def protected_in(bucket: str, settings: Settings) -> tuple[str, ...]:
    """Return the key prefixes that are never touched in a bucket."""
    state_bucket, _, prefix = (settings.state or "").partition("/")
    protected = _by_setting(bucket, settings)
    return (*protected, prefix) if bucket == state_bucket else protected


def _by_setting(bucket: str, settings: Settings) -> tuple[str, ...]:
    """Return what OSSWEEP_PROTECTED protects in a bucket."""
    return tuple(each for prefix in settings.protected for each in _readings(prefix, bucket))


def _readings(prefix: str, bucket: str) -> tuple[str, ...]:
    """
    Return a protected prefix, and what it is in a bucket whose name or address it begins with.

    OSSWEEP_STATE is written with the bucket's name, and a key may begin with it, too. Nobody knows
    which is meant, so both are protected. A bucket's name alone may mean the whole bucket.
    """
    address = rf"(?:[a-z0-9]+://)?{re.escape(bucket)}(?:\.[^/]*)?/(.*)"
    told = re.fullmatch(address, prefix, re.DOTALL)
    return (prefix,) if told is None else (prefix, told[1])


def lies_in_state(bucket: str, key: str, settings: Settings) -> bool:
    """Tell whether an object belongs to the state of a job."""
    return settings.state is not None and f"{bucket}/{key}".startswith(settings.state)


def may_continue(request: Request, settings: Settings, where: str) -> bool:
    """
    Tell whether the next invocation goes on with a job that runs out of time.

    Raises PolicyError for a request that asks for it where no state is kept.
    """
    if request.unfinished == "continue" and settings.state is None:
        raise PolicyError(
            f'{where}: `unfinished` is "continue", and the deployment has no place for what one '
            'invocation leaves to the next; write "return", or set OSSWEEP_STATE'
        )
    continues = settings.state is not None and request.unfinished != "return"
    if request.parallel > 1 and not continues:
        raise PolicyError(
            f"{where}: `parallel` makes chains of invocations, which take OSSWEEP_STATE, and no "
            '"unfinished": "return"; leave `parallel` out, or see to those'
        )
    return continues


def share_of(requests: int, ceiling: int | None) -> int | None:
    """
    Return how much each of several requests of one event may delete; None: its own ceiling holds.

    Equal shares are known before anything starts, are the same when the event comes again, and hold
    however many invocations each job takes. Raises PolicyError where there are not enough.
    """
    if ceiling is None or requests <= 1:
        return None
    if ceiling < requests:
        raise PolicyError(
            f"OSSWEEP_MAX_OBJECTS leaves {counted(ceiling, 'object')} for {requests:,} requests of "
            "one event; send fewer at once, or raise it"
        )
    return ceiling // requests


def ceiling_of(work: Work, settings: Settings) -> Ceiling | None:
    """
    Return the lower of the order's ceiling and the deployment's.

    The deployment's may have been lowered since an event with several requests began, or since a
    job was split. Then a request has its share of it, and a part what that leaves.
    """
    most = settings.max_objects
    if most is not None:
        most //= work.of_requests
    if most is not None and work.of_parts > 1:
        most = _left_to_part(work, most - work.asked_before)
    ceilings = [
        Ceiling(objects, name)
        for objects, name in (
            (work.limit, _LIMIT if settings.max_objects is None else _LIMIT_OR_SHARE),
            (most, "OSSWEEP_MAX_OBJECTS"),
        )
        if objects is not None
    ]
    return min(ceilings, key=lambda ceiling: ceiling.objects, default=None)


def _left_to_part(work: Work, most: int) -> int:
    """
    Return how much a part may ask for if all parts together may now ask for so many objects.

    The other parts may have used up their shares, which this one cannot know. So each part goes
    without the whole difference. The whole job uses in the end what that leaves over.
    """
    if work.shared is None or work.limit is None:
        return 0  # there is no saying what the others have asked for
    return max(0, min(most, work.limit - max(0, work.shared - most)))


def rate_of(work: Work, settings: Settings) -> float | None:
    """Return the most objects a second; a part has its share, which may be less than one."""
    of_all = settings.max_rate
    rates = (work.rate, None if of_all is None else of_all / work.of_parts)
    return min((rate for rate in rates if rate is not None), default=None)


def quota_share_of(work: Work, settings: Settings) -> float | None:
    """Return the share of OSS's quotas that may be used; the parts of a job share it."""
    return None if settings.share is None else settings.share / work.of_parts


def ranges_of(request: Request) -> tuple[Range, ...]:
    """Return the fewest ranges that hold all that the request's prefixes and directories hold."""
    prefixes = [""] if request.everything else [*request.prefix, *request.directory]
    return tuple(Range(prefix) for prefix in outermost(prefixes))


def is_listed(key: str, ranges: tuple[Range, ...]) -> bool:
    """Tell whether one of the ranges, sorted and apart from each other, holds a key."""
    before = bisect_right(ranges, key, key=lambda each: each.prefix)
    return before > 0 and key.startswith(ranges[before - 1].prefix)


def _protecting(name: str, bucket: str, settings: Settings) -> str:
    prefixes = settings.protected
    return next(json.dumps(each) for each in prefixes if name.startswith(_readings(each, bucket)))
