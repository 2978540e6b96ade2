"""The plain nouns of a job: what is left to do, and what has become of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - a continuation is read by these types
from dataclasses import dataclass, field, replace
from math import inf
from typing import ClassVar, Literal, Protocol

from ossweep.events import Reply  # noqa: TC001 - as above
from ossweep.tally import tally

# Why an object that was met is not deleted.
NEWER = "written after the job began"
GONE = "gone before its turn came"  # somebody else has deleted it meanwhile
GONE_UNANSWERED = "asked for, and gone without an answer"
NOT_UTF8 = "KeyNotUtf8"  # the code of a key that has no name to ask for

# Bytes of the largest object of a job's state: a request's 32 MB of keys, some of which twice.
STATE_BYTES = 80 * 1024 * 1024

PLANNED_NAMED = 10  # keys that a dry run names
FAILURES_NAMED = 100  # the answer names so many; all are counted
FAILED_KEPT = 10_000  # keys that have failed beside those, and whose names are kept
LONGEST_KEPT = 30 * 86_400  # seconds that a source keeps an event at most; an older time is no time

# The requests that a sweep makes of OSS, named as the answer's `requests_made` names them.
# `names` is a listing of a job's state, after which nothing has to be deleted.
Kind = Literal["list", "batch_delete", "delete", "get", "put", "names"]


@dataclass(frozen=True)
class Found:
    """An object as a listing shows it: key, size in bytes, last modification in Unix seconds."""

    key: str
    size: int
    modified: int


@dataclass(frozen=True)
class Unnamed:
    """A key that is not UTF-8, and so none to ask for: as its listing writes it, and its bytes."""

    text: str
    raw: bytes

    def lies_before(self, key: str) -> bool:
        """Tell whether a listing shows it before a key."""
        return self.raw < key.encode()


class Page(Protocol):
    """A page of a listing, in the order of the keys' bytes. It may be empty."""

    @property
    def unnamed(self) -> Sequence[Unnamed]:
        """What lies between its objects, before or after them, and has no name to ask for."""

    @property
    def keys(self) -> Sequence[str]:
        """The objects' keys."""

    @property
    def newest(self) -> int:
        """When the last of the objects was written, in Unix seconds; 0 if there is none."""

    @property
    def bytes(self) -> int:
        """The sum of the objects' sizes."""

    @property
    def reaches(self) -> str:
        """The marker behind which the next page begins, of one with nothing on it; else empty."""

    def objects(self) -> Sequence[Found]:
        """Return the objects one by one, which costs more than all of the above."""

    def part(self, first: int, end: int) -> Page:
        """Return the page of its objects from number `first` up to, and without, number `end`."""


@dataclass(frozen=True)
class Lot:
    """Objects that have been looked at one by one. It can be taken for a page."""

    found: Sequence[Found]
    unnamed: Sequence[Unnamed] = ()
    reaches: str = ""

    @property
    def keys(self) -> Sequence[str]:
        """The objects' keys."""
        return [found.key for found in self.found]

    @property
    def newest(self) -> int:
        """When the last of the objects was written, in Unix seconds; 0 if there is none."""
        return max((found.modified for found in self.found), default=0)

    @property
    def bytes(self) -> int:
        """The sum of the objects' sizes."""
        return sum(found.size for found in self.found)

    def objects(self) -> Sequence[Found]:
        """Return the objects."""
        return self.found

    def part(self, first: int, end: int) -> Lot:
        """Return the page of its objects from number `first` up to, and without, number `end`."""
        return Lot(self.found[first:end])


@dataclass(frozen=True)
class Shown:
    """
    What is known of keys that are to be deleted, and since when.

    `left` are the seconds of the invocation that were left when they were asked for, negative
    infinity for keys that nobody has looked at; `is_listing` tells whether a listing has shown them
    one after the other. `clock` is the job's, None until OSS has told the time. `refused` is the
    code by which OSS refused all that it was asked for of the keys before them, if it did.
    """

    clock: int | None
    left: float = -inf
    is_listing: bool = False
    refused: str = ""


@dataclass(frozen=True)
class Failure:
    """A key that OSS would not delete, with OSS's code and message."""

    key: str
    code: str
    message: str


@dataclass(frozen=True)
class Stretch:
    """
    Keys that were met one after the other and passed over: still to do, and not asked for.

    OSS has refused those before them, and all that it was asked for of them, with this code.
    """

    first: str
    last: str
    keys: int
    code: str
    message: str

    def with_next(self, after: Stretch) -> Stretch:
        """Return one stretch with the one that follows."""
        return replace(self, last=after.last, keys=self.keys + after.keys)


@dataclass(frozen=True)
class Answer:
    """
    What became of the keys that a store was asked to delete.

    `kept` tells why keys stay, or are gone already; `full` are directories that OSS deletes only
    when nothing is left in them. Keys in none of these are still to do; of them `passed_over` are
    those that would be refused as those before them were. `unanswered` keys were asked for without
    an answer that decided them, whether they are still to do, or turned out to be gone or newer.
    """

    deleted: frozenset[str] = frozenset()
    failed: tuple[Failure, ...] = ()
    unanswered: frozenset[str] = frozenset()
    kept: Mapping[str, str] = field(default_factory=dict)
    full: tuple[Failure, ...] = ()
    passed_over: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Range:
    """
    The keys that begin with `prefix`, come after `after`, and not after `until` if that is given.

    `spared` and `failed` count what earlier invocations have met between the range before it, or
    the prefix's beginning, and `after`, and have neither deleted nor left; so do, in a dry run,
    `planned` and `bytes`. `passed_over` tells of it if all that is left has been passed over.
    """

    prefix: str
    after: str = ""
    until: str = ""
    spared: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    planned: int = 0
    bytes: int = 0
    passed_over: Stretch | None = None

    def __contains__(self, key: str) -> bool:
        """Tell whether it holds a key."""
        is_behind = key.startswith(self.prefix) and self.after < key
        return is_behind and (not self.until or key <= self.until)


@dataclass(frozen=True)
class Ceiling:
    """The most objects that a job may ask OSS to delete, and the name of what says so."""

    objects: int
    name: str


@dataclass(frozen=True)
class Counts:
    """
    What has become of a job's keys, over all its invocations so far.

    Each key stands in one of `deleted`, `failed`, `skipped` and `planned`, or is still to do.
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

    @property
    def settled(self) -> int:
        """Keys that will not be looked at again."""
        return self.deleted + self.failed + self.planned + sum(self.skipped.values())

    @property
    def asked(self) -> int:
        """Objects that count against the job's ceiling."""
        return self.deleted + self.failed + self.planned + self.unanswered


def add(*parts: Counts) -> Counts:
    """Return the sum of counts; of the failures, the first hundred keep what OSS said."""
    failures = tuple(f for counts in parts for f in counts.failures)
    others = [f.key for f in failures[FAILURES_NAMED:] if f.code != NOT_UTF8]
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
    )


@dataclass(frozen=True)
class Work:
    """
    A job with what is left of it: a new order, or one that an earlier invocation began.

    `clock` is OSS's own time, in Unix seconds, when the job began; None until OSS has answered.
    `not_after` is the time of the event that ordered it, which the clock is never later than.
    `directories` are the marker objects that go last; `held` are those met already, and others that
    OSS has not deleted yet because something was left in them. `passed` are keys that the ranges
    will show again and that have failed for good. `unsettled` objects were met before; the ranges
    will show them again. `source` is its event's, and `reply` where that was a request file.
    `unfinished` tells what becomes of the rest when time runs out, `parallel` how many parts it may
    be cut into. A part knows its job, how many parts that has, what it had `asked_before`, how many
    objects they have `shared`, and its own share of the `rate`, in objects a second; `of_requests`
    tells how many the job's event held. `judged` tells that named keys are looked at, and what was
    written after the job began stays; so are `doubted`, those of them that were asked for and not
    answered, in any case. `null_versions` tells whether deletions may lose null versions for good.
    """

    # How pydantic reads it: a field that there is not must never be overlooked.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    job: str
    bucket: str
    dry_run: bool = False
    limit: int | None = None
    clock: int | None = None
    not_after: int | None = None
    hop: int = 0
    keys: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    directories: frozenset[str] = frozenset()
    held: tuple[Found, ...] = ()
    passed: tuple[str, ...] = ()
    unsettled: int = 0
    source: str = "direct"
    reply: Reply | None = None
    unfinished: Literal["return", "continue"] = "return"
    parallel: int = 1
    part_of: str | None = None
    rate: int | None = None
    of_parts: int = 1
    of_requests: int = 1
    asked_before: int = 0
    shared: int | None = None  # below the ceiling, if there was one
    judged: bool = False
    doubted: tuple[str, ...] = ()
    null_versions: Literal["keep", "lose"] = "keep"
    idle: int = 0  # hops in a row that have achieved nothing
    at_least: bool = False  # whether there may be deletions that nobody has counted
    counts: Counts = field(default_factory=Counts)
    requests_made: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)  # what requests have met, by kind
    notes: tuple[str, ...] = ()  # what the answer has to say of the order
    milliseconds: int = 0  # a float would not survive every JSON tool unchanged

    def clock_at(self, began: int) -> int:
        """
        Return the job's clock, if it was `began` by OSS's own time when its invocation was called.

        A clock that is ahead of that is a forged one. What an event orders may have waited for
        long, or come again: what was written since is not meant. What happened to an object tells
        its own time, however old. An order whose time is older than any source keeps tells none.
        """
        known = began if self.clock is None else min(self.clock, began)
        told = known if self.not_after is None else self.not_after
        if began - told > LONGEST_KEPT and (self.clock is not None or not self.judged):
            return known
        return min(known, told)

    @property
    def to_look_at(self) -> tuple[str, ...]:
        """The named keys that are looked at before they are asked for."""
        return self.keys if self.judged else self.doubted

    @property
    def to_ask_for(self) -> tuple[str, ...]:
        """The named keys that are asked for however young they are."""
        looked_at = frozenset(self.to_look_at)
        return tuple(key for key in self.keys if key not in looked_at)

    @property
    def unlisted(self) -> bool:
        """Whether keys or ranges are left, so that it is not the markers' turn yet."""
        return bool(self.keys or self.ranges)

    @property
    def finished(self) -> bool:
        """Whether nothing is left. The marker objects that a part has met are the whole job's."""
        return not (self.unlisted or (self.held and self.part_of is None))
