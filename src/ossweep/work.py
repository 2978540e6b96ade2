"""The plain nouns of a job: its order, the work that is left, and the totals so far."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a continuation is read by these types
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Literal

from ossweep.conditions import Conditions  # noqa: TC001 - as above
from ossweep.events import Reply  # noqa: TC001 - as above
from ossweep.lists import ListLeft  # noqa: TC001 - as above
from ossweep.objects import NAMELESS, Failure, Found, Stretch
from ossweep.tally import tally

# Bytes of the largest object of a job's state: the 32 MB of keys of a request, some of them twice.
STATE_BYTES = 80 * 1024 * 1024

PLANNED_NAMED = 10  # keys that a dry run names
BATCH_KEYS = 1000  # the most keys OSS accepts in one DeleteMultipleObjects
FAILURES_NAMED = 100  # the answer names so many; all are counted
FAILED_KEPT = 10_000  # more failed keys, beside those, whose names are kept
LONGEST_KEPT = 30 * 86_400  # seconds that any source keeps an event; an older time does not count

# The kinds of requests to OSS, named as in the answer's `requests_made`. `names` is a listing of a
# job's state, after which nothing has to be deleted.
Kind = Literal["list", "batch_delete", "delete", "tags", "get", "put", "names"]


@dataclass(frozen=True)
class Range:
    """
    The keys that begin with `prefix`, come after `after`, and not after `until` if that is given.

    `spared` and `failed` count the keys that earlier invocations have met between the range before
    it, or the prefix's beginning, and `after`, and that stay; so do `planned` and `bytes` in a dry
    run. `passed_over` is there if everything left of it has been passed over. `approved` are the
    borders of a plan's stretches that were found as planned, and of which something may be left.
    """

    prefix: str
    after: str = ""
    until: str = ""
    spared: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    planned: int = 0
    bytes: int = 0
    passed_over: Stretch | None = None
    approved: tuple[str, ...] = ()

    def __contains__(self, key: str) -> bool:
        """Tell whether it holds a key."""
        is_behind = key.startswith(self.prefix) and self.after < key
        return is_behind and (not self.until or key <= self.until)


@dataclass(frozen=True)
class Ceiling:
    """The most objects that a job may ask OSS to delete, and the name of the limit."""

    objects: int
    name: str


@dataclass(frozen=True)
class Counts:
    """
    The fates of a job's keys, over all its invocations so far.

    Each key stands in one of `deleted`, `failed`, `skipped` and `planned`, or is still to do.
    `bytes` are those of what was deleted or planned; the others weigh on a ceiling only.
    """

    deleted: int = 0
    bytes: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    planned: int = 0  # a dry run's: what would have been deleted
    unanswered: int = 0  # asked for, and OSS's answer never came; they weigh on the ceiling only
    named: tuple[str, ...] = ()  # some of what a dry run has planned
    also_failed: tuple[str, ...] = ()  # beside those in `failures`, as far as names are kept
    failed_bytes: int = 0
    unanswered_bytes: int = 0

    @property
    def settled(self) -> int:
        """Keys that will not be looked at again."""
        return self.deleted + self.failed + self.planned + sum(self.skipped.values())

    @property
    def asked(self) -> int:
        """Objects that count against the job's ceiling."""
        return self.deleted + self.failed + self.planned + self.unanswered

    @property
    def asked_bytes(self) -> int:
        """Bytes that count against the job's ceiling, if it has one of bytes."""
        return self.bytes + self.failed_bytes + self.unanswered_bytes


def add(*parts: Counts) -> Counts:
    """Return the sum of counts; of the failures, the first hundred keep what OSS said."""
    failures = tuple(f for counts in parts for f in counts.failures)
    others = [f.key for f in failures[FAILURES_NAMED:] if f.code not in NAMELESS]
    also_failed = (*(key for counts in parts for key in counts.also_failed), *others)
    return Counts(
        deleted=sum(counts.deleted for counts in parts),
        bytes=sum(counts.bytes for counts in parts),
        failed=sum(counts.failed for counts in parts),
        failures=failures[:FAILURES_NAMED],
        also_failed=also_failed[:FAILED_KEPT],
        skipped=tally(counts.skipped for counts in parts),
        planned=sum(counts.planned for counts in parts),
        named=tuple(dict.fromkeys(k for counts in parts for k in counts.named))[:PLANNED_NAMED],
        unanswered=sum(counts.unanswered for counts in parts),
        failed_bytes=sum(counts.failed_bytes for counts in parts),
        unanswered_bytes=sum(counts.unanswered_bytes for counts in parts),
    )


# Nobody makes, shows or compares a part of a work by itself: no code is generated for that.
@dataclass(frozen=True, init=False, repr=False, eq=False)
class Order:
    """
    The order of a job, and its identity: the same from its first invocation to its last.

    `clock` is OSS's own time, in Unix seconds, when the job began; None until OSS has answered.
    `not_after` is the time of the event that ordered it, which the clock is never later than.
    `source` is the event's; `reply` is where the answer to a request file belongs; `of_requests` is
    how many requests the event held. `unfinished` tells what becomes of the rest when time runs
    out, `parallel` how many parts it may be cut into. A part knows its job, how many parts that
    has, how much the job had `asked_before`, how many objects they have `shared` below the ceiling,
    if there was one, and its own share of the `rate`, in objects a second. `judged` tells that
    named keys are looked at first, and stay if they were written after the job began.
    `null_versions` tells whether deletions may lose null versions for good. `notes` are sentences
    about the order for the answer. `only` are conditions that objects have to fulfil, too, and
    `selectors` the prefixes and directories that the order names, where conditions or lists ask.
    `limit_bytes` is a ceiling, too: with it no key is asked for whose size is not known. `applies`
    is the plan that is applied.
    """

    job: str
    bucket: str
    _: KW_ONLY
    dry_run: bool = False
    limit: int | None = None
    clock: int | None = None
    not_after: int | None = None
    source: str = "direct"
    reply: Reply | None = None
    unfinished: Literal["return", "continue"] = "return"
    parallel: int = 1
    part_of: str | None = None
    rate: int | None = None
    of_parts: int = 1
    of_requests: int = 1
    asked_before: int = 0
    shared: int | None = None
    judged: bool = False
    null_versions: Literal["keep", "lose"] = "keep"
    notes: tuple[str, ...] = ()
    only: Conditions | None = None
    selectors: tuple[str, ...] = ()
    limit_bytes: int | None = None
    applies: str | None = None

    def clock_at(self, began: int) -> int:
        """
        Return the job's clock, if it was `began` by OSS's own time when its invocation was called.

        A clock that is ahead of that is a forged one. An event may have waited for long, or come
        again, and objects written since are not meant: so its time counts. An event about an object
        counts however old it is; a time that is older than any source keeps an event does not.
        """
        known = began if self.clock is None else min(self.clock, began)
        told = known if self.not_after is None else self.not_after
        if began - told > LONGEST_KEPT and (self.clock is not None or not self.judged):
            return known
        return min(known, told)


@dataclass(frozen=True, init=False, repr=False, eq=False, kw_only=True)
class Rest:
    """
    The rest of a job.

    `directories` are the marker objects that go last; `held` are those met already, and others that
    OSS has not deleted yet because something was left in them. `doubted` are named keys that were
    asked for and not answered; they are looked at, and stay if they were written after the job
    began. `passed` are keys that have failed for good, and that the ranges will show again.
    `unsettled` is how many objects were met before and will be shown again. `null_marker` tells
    that an answer has shown one: nothing more is deleted until somebody has looked at the bucket.
    `harmless` tells that a look, or an answer, has shown that deletions lose no null version.
    `together` is how many keys are asked for at once at first: twice as many were refused as a
    whole, and time ran out before the culprit was known. Where a ceiling counts bytes, `sizes` are
    those of the doubted keys, and `reserved_bytes` in a checkpoint what may be asked for after it.
    `lists` name what to delete, too; as long as any is left, `keys_done` are the order's keys that
    are none of its `keys` any more: a list that names one of them names nothing more.
    `plan` are a dry run's sums so far (`plans/sofar.py`), and `applied` tells how far a plan is
    applied (`plans/kept.py`).
    """

    keys: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    directories: frozenset[str] = frozenset()
    held: tuple[Found, ...] = ()
    doubted: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    unsettled: int = 0
    null_marker: bool = False
    harmless: bool = False
    together: int = BATCH_KEYS
    lists: tuple[ListLeft, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    reserved_bytes: int = 0
    keys_done: tuple[str, ...] = ()
    plan: Mapping[str, Any] | None = None
    applied: Mapping[str, Any] | None = None

    @property
    def unlisted(self) -> bool:
        """Whether keys, lists or ranges are left."""
        return bool(self.keys or self.lists or self.ranges)


@dataclass(frozen=True, init=False, repr=False, eq=False, kw_only=True)
class Totals:
    """
    The totals of a job over all its invocations so far.

    `hop` is the number of its invocation, from 0, and `idle` how many in a row have achieved
    nothing. `more_hops` are the invocations that `hop` does not count: those that its parts had,
    and those that took a hop over or tried again what had failed in it. `at_least` tells whether
    there may be deletions that nobody has counted. `errors` counts the errors of its requests by
    kind. `milliseconds` are whole: a float would not survive every JSON tool unchanged.
    """

    hop: int = 0
    more_hops: int = 0
    idle: int = 0
    at_least: bool = False
    counts: Counts = field(default_factory=Counts)
    requests_made: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    milliseconds: int = 0


@dataclass(frozen=True)
class Work(Totals, Rest, Order):
    """An order with what is left of it: a new one, or one that an earlier invocation began."""

    # For pydantic: an unknown field must never be overlooked.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    @property
    def to_look_at(self) -> tuple[str, ...]:
        """The named keys that are looked at before they are asked for, or planned."""
        return self.keys if self.judges_names or self.dry_run else self.doubted

    def takes_unseen(self, key: str) -> bool:
        """Tell whether the order names a key and takes it however young it is, or not seen."""
        return key in self.keys and not self.judges_names and key not in self.doubted

    @property
    def judges_names(self) -> bool:
        """Whether a named key stays if it was written after the job began."""
        return self.judged or self.only is not None or self.limit_bytes is not None

    @property
    def in_doubt(self) -> tuple[int, int]:
        """How many named keys are in doubt, and their bytes, which have room below a ceiling."""
        return len(self.doubted), sum(self.sizes.values())

    @property
    def to_ask_for(self) -> tuple[str, ...]:
        """The named keys that are asked for however young they are."""
        looked_at = frozenset(self.to_look_at)
        return tuple(key for key in self.keys if key not in looked_at)

    @property
    def finished(self) -> bool:
        """Whether nothing is left. The marker objects that a part has met are the whole job's."""
        return not (self.unlisted or (self.held and self.part_of is None))
