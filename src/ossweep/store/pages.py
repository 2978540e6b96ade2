"""
Pages of a listing, read by columns where oss2 would build a thousand objects.

A page is three columns: keys, times, sizes. Times are ISO 8601 of one form, which sort as text, so
the newest object is the greatest text. Storage classes are a column, too, for a job that has to
know them, and so are ETags. `rows.py` says why the columns are right. A page of any
other shape, a time that no calendar has (`_are_days`) and a name that is not plain go to the parser
(`entries.py`), which reads what this cannot, or refuses it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ossweep.objects import UNREADABLE_TIME, Classed, Columns, Extent, Found, Lot
from ossweep.store.contents import bare_etag
from ossweep.store.forms import OWNER, Element, in_order
from ossweep.store.lazy import Lazy
from ossweep.store.rows import Shape, unescaped, unquoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ossweep.objects import Page


@cache
def _shape() -> Shape:
    """Return the shape of a listing, made for the first one that is read."""
    return Shape(
        root=b"ListBucketResult",
        row=b"Contents",
        elements=in_order(
            Element(b"Key"),
            # As oss2 takes it; days that a month does not have are looked for below.
            Element(b"LastModified", rb"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.000Z"),
            Element(b"ETag"),
            Element(b"Type"),
            Element(b"Size", rb"\d{1,18}"),
            Element(b"StorageClass"),
            OWNER,
        ),
        columns=b"Key LastModified Size",
        never=b"CommonPrefixes",
    )


CLASSES = b"StorageClass TransitionTime ETag"  # the columns of a page that tells storage classes
PAGE_KEYS = 1000  # the most keys OSS lists in one page

_ISO = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")
_TIME = len("2026-01-01T00:00:00.000Z")
_DAY = itemgetter(slice(10))  # of a time in ISO 8601
_TRUNCATED = {b"true": True, b"false": False}


@dataclass(frozen=True, slots=True)
class Classes:
    """The storage classes of a page's objects, when rules moved them there, and their ETags."""

    names: Sequence[str | None]
    moved: Sequence[int | None]
    etags: Sequence[str]

    def part(self, first: int, end: int) -> Classes:
        """Return those of the objects from number `first` up to, and without, number `end`."""
        kept = slice(first, end)
        return Classes(self.names[kept], self.moved[kept], self.etags[kept])


@dataclass(frozen=True, slots=True)
class PlainPage:
    """
    A page as OSS has written it: times in ISO 8601, which sort as they are, and sizes.

    A hundred thousand of its objects may wait for their deletion. So a column that is seldom looked
    at is one text: the times without anything between them, the sizes with a space.
    """

    keys: list[str]
    _latest: bytes
    _times: bytes
    _sizes: bytes
    _classes: Classes | None = None

    @classmethod
    def of(
        cls,
        keys: list[str],
        times: list[bytes],
        sizes: list[bytes],
        classes: Classes | None = None,
    ) -> PlainPage:
        """Return the page of these columns."""
        return cls(keys, max(times, default=b""), b"".join(times), b" ".join(sizes), classes)

    @property
    def unnamed(self) -> tuple[()]:
        """Nothing: a page with a key that is not UTF-8 is no plain page."""
        return ()

    @property
    def reaches(self) -> str:
        """Nothing: a plain page is not empty."""
        return ""

    @property
    def newest(self) -> int:
        """The last of the objects' times, in Unix seconds."""
        return _unix(self._latest)

    @property
    def bytes(self) -> int:
        """The sum of the objects' sizes."""
        return sum(map(int, self._sizes.split()))

    @property
    def extent(self) -> Extent:
        """How old and how large its objects are."""
        sizes = [*map(int, self._sizes.split())]
        oldest = _unix(min(_apart(self._times)))
        if self._classes is None:
            return Extent(oldest, self.newest, min(sizes), max(sizes))
        names = frozenset(self._classes.names)
        last = max((each for each in self._classes.moved if each is not None), default=None)
        return Extent(oldest, self.newest, min(sizes), max(sizes), names, last)

    def objects(self) -> list[Found]:
        """Return the objects one by one."""
        sizes, times = map(int, self._sizes.split()), _all_unix(_apart(self._times))
        if self._classes is None:
            return list(map(Found, self.keys, sizes, times))
        told = self._classes
        return list(map(Classed, self.keys, sizes, times, told.names, told.moved, told.etags))

    def columns(self) -> Columns:
        """Return the objects by columns."""
        told = self._classes
        if told is None:
            return Columns.of(self.objects())
        sizes, times = [*map(int, self._sizes.split())], _all_unix(_apart(self._times))
        return Columns(self.keys, sizes, times, told.names, told.etags, told.moved)

    def part(self, first: int, end: int) -> PlainPage:
        """Return the page of its objects from number `first` up to, and without, number `end`."""
        times, sizes = _apart(self._times)[first:end], self._sizes.split()[first:end]
        classes = None if self._classes is None else self._classes.part(first, end)
        return PlainPage.of(self.keys[first:end], times, sizes, classes)


@dataclass(frozen=True, slots=True)
class Listing:
    """An answer to a listing: a page, and where the next one begins if there is one."""

    page: PlainPage
    is_truncated: bool
    next_marker: str


class Entries(Lazy):
    """
    A page as an ObjectIterator takes it: a list of objects, made only if one is looked at.

    The iterator adds the page's directories, sorts by key, and takes them off one by one.
    """

    def __init__(self, page: Page, make: Callable[[], list[Any]]) -> None:
        super().__init__(make)
        self.page = page

    def __add__(self, directories: Iterable[Any]) -> Any:
        """Return the list with directories; a page has none unless it is asked for them."""
        return [*self, *directories] if directories else self

    def sort(self, *_: Any, **__: Any) -> None:
        """Do nothing: a page is in the order of its keys."""


def page_of(entries: Sequence[Any]) -> Page:
    """Return the page that an ObjectIterator has fetched as its entries."""
    if isinstance(entries, Entries):
        return entries.page
    return Lot(tuple(map(found_of, entries)))


def found_of(entry: Any) -> Found:
    """Return an entry as the object that it shows."""
    return Found(entry.key, entry.size, entry.last_modified)


def classed_of(entry: Any) -> Found:
    """Return an entry as the object that it shows, with its storage class."""
    moved = entry.transition_time
    return Classed(
        entry.key,
        entry.size,
        entry.last_modified,
        entry.storage_class or None,
        None if moved is None else _moved(moved.encode()),
        bare_etag(entry.etag or ""),
    )


def read_listing(body: bytes, *, with_classes: bool = False) -> Listing | None:
    """Return what `read_entries` would read; None if that takes it, or there is no object."""
    table = _shape().read(body, CLASSES if with_classes else b"")
    if table is None or table.leaves.get(b"EncodingType") != b"url":
        return None
    is_truncated = _TRUNCATED.get(table.leaves.get(b"IsTruncated", b""))
    marker = unquoted([table.leaves.get(b"NextMarker", b"")] if is_truncated else [b""])
    keys = unquoted(table.columns["Key"])
    if is_truncated is None or marker is None or keys is None or keys != sorted(keys):
        return None
    if is_truncated and b"NextMarker" not in table.leaves:
        return None
    times, sizes = table.columns["LastModified"], table.columns["Size"]
    if not _are_days(times):
        return None
    classes = _classes(table.columns) if with_classes else None
    return Listing(PlainPage.of(keys, times, sizes, classes), is_truncated, marker[0])


def _classes(columns: Mapping[str, list[bytes]]) -> Classes:
    """Return the classes in a page's columns, each name and each time made once."""
    names, moved = columns["StorageClass"], columns["TransitionTime"]
    of_names = {each: unescaped([each])[0] if each else None for each in set(names)}
    of_moved = {each: None if each is None else _moved(each) for each in set(moved)}
    etags = unescaped([each or b"" for each in columns["ETag"]])
    return Classes(
        [of_names[each] for each in names],
        [of_moved[each] for each in moved],
        [bare_etag(each) for each in etags],
    )


def _moved(time: bytes) -> int:
    """Return the time of a transition in Unix seconds; it has to be as those of modifications."""
    with suppress(ValueError):
        if _ISO.fullmatch(time):
            return _unix(time)
    return UNREADABLE_TIME


def _are_days(times: list[bytes]) -> bool:
    """Tell whether times are those of days that the calendar has."""
    try:
        for day in set(map(_DAY, times)):
            date.fromisoformat(day.decode())
    except ValueError:
        return False
    return True


def _apart(times: bytes) -> list[bytes]:
    return [times[at : at + _TIME] for at in range(0, len(times), _TIME)]


def _all_unix(times: list[bytes]) -> list[int]:
    """Return times in Unix seconds, a page's at a third of what each by itself would take."""
    days = {day: _unix(day + b"T00:00:00") for day in set(map(_DAY, times))}
    return [
        days[time[:10]] + int(time[11:13]) * 3600 + int(time[14:16]) * 60 + int(time[17:19])
        for time in times
    ]


def _unix(time: bytes) -> int:
    moment = datetime.fromisoformat(time[:19].decode()).replace(tzinfo=timezone.utc)
    return int(moment.timestamp())
