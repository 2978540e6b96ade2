"""Objects as a listing shows them, and the fates of keys that OSS is asked to delete."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# Reasons why an object that was met is not deleted.
NEWER = "written after the job began"
GONE = "gone before its turn came"  # somebody else has deleted it meanwhile
GONE_UNANSWERED = "asked for, and gone without an answer"
NOT_UTF8 = "KeyNotUtf8"  # the code of a key that has no name to ask for
BAD_LINE = "BadLine"  # the code of a line of a list that names no key
NAMELESS = frozenset({NOT_UTF8, BAD_LINE})  # of failures whose `key` is none to ask for


@dataclass(frozen=True)
class Found:
    """An object as a listing shows it: key, size in bytes, last modification in Unix seconds."""

    key: str
    size: int
    modified: int

    @property
    def storage_class(self) -> str | None:
        """Nothing: it was not asked for."""
        return None

    @property
    def transitioned(self) -> int | None:
        """Nothing, as above."""
        return None

    @property
    def etag(self) -> str:
        """Nothing, as above."""
        return ""

    @property
    def why_kept(self) -> str | None:
        """Why it stays, where requests of their own had to tell; None: none has kept it."""
        return None


class Absent(Found):
    """A key that would be asked for, though no object of its name was seen."""


@dataclass(frozen=True)
class Classed(Found):
    """
    An object whose storage class was asked for as well; None: the listing has not told it.

    `transitioned` is when a lifecycle rule moved it there, in Unix seconds, `UNREADABLE_TIME` if
    the listing tells a time that is none. The `etag` has no quotation marks.
    """

    storage_class: str | None = None
    transitioned: int | None = None
    etag: str = ""


@dataclass(frozen=True)
class Asked(Classed):
    """An object about which requests of their own have told why it stays, if it does."""

    why_kept: str | None = None
    clock: int | None = None  # the job's, if that decides what was told

    @classmethod
    def about(cls, found: Found, why: str | None, clock: int | None = None) -> Asked:
        """Return an object as one that was asked about."""
        more = found.storage_class, found.transitioned, found.etag
        return cls(found.key, found.size, found.modified, *more, why, clock)


UNREADABLE_TIME = 2**62  # no time, and later than any


@dataclass(frozen=True)
class Extent:
    """
    A page's extent: when the first and the last of its objects were written, and its sizes.

    `classes` are their storage classes, None if those were not asked for, and `last_transition` is
    the last of the times at which lifecycle rules moved them.
    """

    oldest: int
    newest: int
    smallest: int
    largest: int
    classes: frozenset[str | None] | None = None
    last_transition: int | None = None


@dataclass(frozen=True)
class Columns:
    """
    Objects by columns, in the order of their keys, at least one; all columns have the same length.

    `marks` tell an object from what it was before: its ETag without quotation marks, or its
    version's id. Times are Unix seconds, and a class is None where it is not known. `transitioned`
    is when a lifecycle rule moved an object to its class, None for one that OSS tells no such time
    of; the column is None if it was not read.
    """

    keys: Sequence[str]
    sizes: Sequence[int]
    modified: Sequence[int]
    classes: Sequence[str | None]
    marks: Sequence[str]
    transitioned: Sequence[int | None] | None = None

    @classmethod
    def of(cls, objects: Sequence[Found]) -> Columns:
        """Return objects by columns."""
        return cls(
            [each.key for each in objects],
            [each.size for each in objects],
            [each.modified for each in objects],
            [each.storage_class for each in objects],
            [each.etag for each in objects],
            [each.transitioned for each in objects],
        )


@dataclass(frozen=True)
class Unnamed:
    """A key that is not UTF-8 and cannot be asked for: as the listing writes it, and its bytes."""

    text: str
    raw: bytes

    def lies_before(self, key: str) -> bool:
        """Tell whether a listing shows it before a key."""
        return self.raw < key.encode()


@dataclass(frozen=True)
class Neighbours:
    """
    What one page of a listing shows of keys that are in order.

    It decides so many of the first of them; those that are there are `found`, with their `etags`
    where these were asked for.
    """

    decided: int
    found: Mapping[str, Found]
    etags: Mapping[str, str]


class Page(Protocol):
    """A page of a listing, in the order of the keys' bytes. It may be empty."""

    @property
    def unnamed(self) -> Sequence[Unnamed]:
        """The keys among, before or after its objects that have no name to ask for."""

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
    def extent(self) -> Extent:
        """How old and how large its objects are, of which there is at least one."""

    @property
    def reaches(self) -> str:
        """On a page without objects, the marker behind which the next begins; else empty."""

    def objects(self) -> Sequence[Found]:
        """Return the objects one by one, which costs more than all of the above."""

    def columns(self) -> Columns:
        """Return its objects, at least one, by columns, for which nothing is made of each."""

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

    @property
    def extent(self) -> Extent:
        """How old and how large its objects are, of which there is at least one."""
        times, sizes = {each.modified for each in self.found}, {each.size for each in self.found}
        classes = frozenset(each.storage_class for each in self.found)
        moved = (each.transitioned for each in self.found if each.transitioned is not None)
        last = max(moved, default=None)
        return Extent(min(times), max(times), min(sizes), max(sizes), classes, last)

    def objects(self) -> Sequence[Found]:
        """Return the objects."""
        return self.found

    def columns(self) -> Columns:
        """Return the objects by columns."""
        return Columns.of(self.found)

    def part(self, first: int, end: int) -> Lot:
        """Return the page of its objects from number `first` up to, and without, number `end`."""
        return Lot(self.found[first:end])


@dataclass(eq=False)
class Listed:
    """
    A range that was listed below a prefix.

    Looks at what waits of it go one after the other, so that the next need not ask for what the one
    before it has shown.
    """

    prefix: str
    _turn: Lock = field(init=False, default_factory=Lock, repr=False)

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for the turn to look, though no longer than so many seconds."""
        is_mine = self._turn.acquire(timeout=seconds)
        try:
            yield
        finally:
            if is_mine:
                self._turn.release()


class Again(Protocol):
    """Judges objects once more by what may change though nobody writes them: classes and tags."""

    @property
    def needs_tags(self) -> bool:
        """Whether tags have to be asked for."""

    def reason_to_keep(self, found: Found, clock: int) -> str | None:
        """Return why an object stays, whatever its tags are."""

    def reason_of_tags(self, tags: Mapping[str, str] | None) -> str | None:
        """Return why an object with these tags stays; None: OSS cannot be asked for them."""


@dataclass(frozen=True)
class Shown:
    """
    The knowledge of keys that are to be deleted, and its age.

    `left` are the seconds of the invocation that were left when the keys were looked for, negative
    infinity for keys that nobody has looked at. `listed` is the range whose listing has shown them
    one after the other, if one has. `clock` is the job's, None until OSS has told the time.
    `refused` is the code by which OSS refused every key before these that it was asked for, if it
    did. `doubted` are those among them that an earlier invocation has asked for without an answer.
    `ages` tells why an object of a time stays by such a clock, if it does, and if any age is asked
    for.
    What is looked at once more is judged `again`, if it may have changed without being written.
    """

    clock: int | None
    left: float = -inf
    listed: Listed | None = None
    refused: str = ""
    doubted: frozenset[str] = frozenset()
    ages: Callable[[int, int], str | None] | None = None
    again: Again | None = None


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

    OSS has refused the keys before them, and the probes among them, with this code.
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
class Fates:
    """
    The fates of the keys that a store was asked to delete.

    `kept` tells why keys stay, or are gone already; `full` are directories that OSS deletes only
    when nothing is left in them. Keys in none of these are still to do; those `passed_over` among
    them would be refused like the keys before them. `unanswered` keys were asked for, and no answer
    decided them, whether they are still to do, or turned out to be gone or newer. `halved` is how
    many keys the smallest request held that was refused as a whole; 0: none was.
    """

    deleted: frozenset[str] = frozenset()
    failed: tuple[Failure, ...] = ()
    unanswered: frozenset[str] = frozenset()
    kept: Mapping[str, str] = field(default_factory=dict)
    full: tuple[Failure, ...] = ()
    passed_over: tuple[Failure, ...] = ()
    halved: int = 0
