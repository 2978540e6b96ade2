"""A job's records: small objects that tell who carries it on, and how far it is."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

# A job's name is part of its records' keys; whatever else stands in a continuation is no job's.
JOB = re.compile(r"[A-Za-z0-9_-]{1,100}")
END = "end"
STOP = "stop"
LEFT = "-left"
_PLACE = re.compile(r"(\d{6,})-(\d{2,})")

# How a holder has left its hop.
How = Literal[
    "continued",  # the next invocation has been called, or was just going to be
    "released",  # whoever is sent here next may go on: the same event again, or the continuation
    "stopped",  # nobody is to go on, unless a person says so
    "split",  # its parts go on, each a job of its own
]


@dataclass(frozen=True, order=True)
class Place:
    """A hop, and which of its holders: each that has died leaves it to one with the next epoch."""

    hop: int
    epoch: int = 1

    @property
    def name(self) -> str:
        """The name of its holder's record; names sort as places do."""
        return f"{self.hop:06d}-{self.epoch:02d}"


FIRST = Place(0)


@dataclass(frozen=True)
class Record:
    """
    What a holder says of its hop: at its beginning and every few seconds.

    `beat` counts these; `continuation` is the work that was left then, None for a job that has just
    begun; `answer` is how far the job was then. `began` is when a job began whose first holder died
    before it had left any work, in Unix seconds by OSS's clock; `expected` are the objects that are
    probably left, where that can be told.
    """

    holder: str
    beat: int = 0
    began: int | None = None
    continuation: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    expected: int | None = None


@dataclass(frozen=True)
class Left:
    """
    How a holder has left its hop; the rest is as in its record.

    `parts` are the continuations of the parts that a job has been split into.
    """

    how: How
    continuation: dict[str, Any]
    answer: dict[str, Any] | None
    expected: int | None = None
    parts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class End:
    """
    How a job has ended: its answer, and when it began, in Unix seconds by OSS's clock.

    `continuation` is what a part leaves to the whole. It holds until somebody takes up a later
    place than the one it was written from.
    """

    hop: int
    epoch: int
    began: int | None
    answer: dict[str, Any]
    continuation: dict[str, Any] | None = None

    @property
    def place(self) -> Place:
        """Where it was written."""
        return Place(self.hop, self.epoch)


@dataclass(frozen=True)
class Held:
    """
    A hop that this invocation holds from now on.

    `continuation` is the work to go on with, if an earlier holder has left any; `began` is when the
    job began, in Unix seconds, if it is to be begun once more; `died` tells whether a holder
    has, so that what it did last may not have been counted, and `is_to_stop` whether the job was
    ordered to stop.
    """

    place: Place
    continuation: dict[str, Any] | None = None
    began: int | None = None
    died: bool = False
    is_to_stop: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """
    The job is not this invocation's to carry on, for this reason.

    `answer` is how far it is, or how it has ended; `resend` are continuations that have been handed
    over, or nearly were: whoever finds them hands them over once more, which can do no harm. A part
    that has ended names the job that it was `part_of`.
    """

    reason: str
    answer: dict[str, Any] | None = None
    resend: tuple[dict[str, Any], ...] = ()
    part_of: str | None = None


@dataclass(frozen=True)
class Look:
    """
    How a job is: "unknown", "ended", "running", "dead", or as its last holder has left it.

    With it, how far it was when that was written, what time it is, by OSS's clock, and what its
    last holder has left.
    """

    how: str
    answer: dict[str, Any] | None = None
    hops: int = 0
    expected: int | None = None
    now: int = 0
    left: Left | None = None
    end: End | None = None


def written(record: Record | Left | End) -> bytes:
    """Return a record as it is kept."""
    return json.dumps(asdict(record)).encode()


def places(names: Iterable[str], ending: str = "") -> set[Place]:
    """Return the places that there are records of, or objects whose names end so."""
    found = (_PLACE.fullmatch(name.removesuffix(ending)) for name in names if name.endswith(ending))
    return {Place(int(each[1]), int(each[2])) for each in found if each}


def last_place(names: Iterable[str]) -> Place | None:
    """Return the last hop that somebody has held, with its last holder."""
    return max(places(names), default=None)
