"""What a list knows of an entry beside its key, by the names that lists give it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# As lists call it, in any case and without `_`, `-` and spaces: JSON's `lastModified` is also the
# inventory's `LastModifiedDate`. A list that says the same in a way that is not known here would be
# taken to know less than it does: so both are read.
_FIELDS = {
    "key": "key",
    "bucket": "bucket",
    "versionid": "version_id",
    "etag": "etag",
    "size": "size",
    "lastmodified": "modified",
    "lastmodifieddate": "modified",
    "storageclass": "storage_class",
    "transitiontime": "transitioned",
}
# And what an inventory also says, in which each version of an object has a line of its own.
_OF_INVENTORIES = {"islatest": "latest", "isdeletemarker": "marker"}
_FILLING = re.compile("[-_ ]")
# An inventory's folders are named after times with hyphens; if its columns are, that is one, too.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d)[:-](\d\d)[:-](\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)", re.ASCII
)
_PLAIN_TIMES = re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.000)?Z(?:,(?=\d)|$))+", re.ASCII)
_SIZE = re.compile("[0-9]{1,15}")


def field_of(name: str, *, of_inventory: bool = False) -> str | None:
    """Return what a column or a field of this name holds, None if nothing that is asked for."""
    folded = _FILLING.sub("", name).lower()
    return _FIELDS.get(folded) or (_OF_INVENTORIES.get(folded) if of_inventory else None)


def read_column(field: str, values: Sequence[Any]) -> tuple[list[Any], dict[int, str]]:
    """Return the values that a column's texts stand for, and for some indexes what is wrong."""
    read = _READERS[field]
    if set(map(type, values)) == {str} and "" not in values:
        if field in _TEXTS:
            return [*values], {}
        if field in _MANY and (found := _MANY[field](values)) is not None:
            return found, {}
    try:
        return [None if value is None or value == "" else read(value) for value in values], {}
    except ValueError:
        found = []
        wrong = {}
        for index, value in enumerate(values):
            try:
                found.append(None if value is None or value == "" else read(value))
            except ValueError as error:
                found.append(None)
                wrong[index] = str(error)
        return found, wrong


def _text(what: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{what} is no text")  # noqa: TRY004 - a wrong value like any other
        return value

    return read


def _etag(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("the ETag is no text")  # noqa: TRY004 - a wrong value like any other
    return value[1:-1] if value[:1] == value[-1:] == '"' and len(value) > 1 else value


def _size(value: Any) -> int:
    if isinstance(value, str) and _SIZE.fullmatch(value):
        return int(value)
    if type(value) is int and 0 <= value < 10**15:
        return value
    raise ValueError("the size is no number of bytes")


def _seconds(value: Any) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("the time is not written like 2024-05-31T12:00:00Z, with its zone")
    day, hours, minutes, seconds, zone = found.groups()
    zone = "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[-2:]}"
    try:
        return int(datetime.fromisoformat(f"{day}T{hours}:{minutes}:{seconds}{zone}").timestamp())
    except (ValueError, OverflowError):
        raise ValueError("the time is none that there has been") from None


def _truth(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueError("a column of the inventory is neither true nor false")


def _many_sizes(values: Sequence[str]) -> list[Any] | None:
    joined = "".join(values)
    if max(map(len, values)) <= 15 and joined.isascii() and joined.isdecimal():  # noqa: PLR2004
        return [*map(int, values)]
    return None


def _many_seconds(values: Sequence[str]) -> list[Any] | None:
    if not _PLAIN_TIMES.fullmatch(",".join(values)):
        return None
    try:
        times = map(datetime.fromisoformat, [f"{value[:19]}+00:00" for value in values])
        return [*map(int, map(datetime.timestamp, times))]
    except ValueError:
        return None


def _many_etags(values: Sequence[str]) -> list[Any] | None:
    return None if '"' in "".join(values) else [*values]


_TEXTS = frozenset({"bucket", "version_id", "storage_class"})  # any text will do
# The same for many texts at once; None where one of them has to be looked at.
_MANY: dict[str, Callable[[Sequence[str]], list[Any] | None]] = {
    "size": _many_sizes,
    "etag": _many_etags,
    "modified": _many_seconds,
    "transitioned": _many_seconds,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "bucket": _text("the bucket"),
    "version_id": _text("the version"),
    "etag": _etag,
    "size": _size,
    "modified": _seconds,
    "storage_class": _text("the storage class"),
    "transitioned": _seconds,
    "latest": _truth,
    "marker": _truth,
}
