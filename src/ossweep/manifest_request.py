"""
What a request may say of a list that it deletes from, and the sentence for each thing it may not.

`manifest` takes one list or several; each is a key in the request's bucket, or an object.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, get_args

from ossweep.amiss import kind_of_value, no_such_field
from ossweep.errors import RequestError
from ossweep.lists import Compression, Encoding, ListFormat, ListRequest
from ossweep.names import UnfitError, check_bucket, check_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ossweep.lists import ListLeft

MOST_COLUMNS = 1000  # that a row can be asked for
MOST_LISTS = 100  # of one request, each of which is opened before anything is deleted
_EXAMPLE = "write its key, or an object with its `key`"


FIELDS = tuple(each.name for each in fields(ListRequest))


def read(value: Any, where: str) -> tuple[ListRequest, ...]:
    """
    Read the list that a request names, or the lists, each once.

    `where` begins the sentence of a refusal ("request 2: `manifest`"). Raises RequestError.
    """
    if not isinstance(value, list):
        return (parse(value, where),)
    if not value or len(value) > MOST_LISTS:
        raise RequestError(
            f"{where} is {kind_of_value(value)}; write 1 to {MOST_LISTS} lists, or leave it out"
        )
    found = (parse(each, f"{where[:-1]}[{at}]`") for at, each in enumerate(value))
    return tuple(dict.fromkeys(found))


def parse(document: Any, where: str = "`manifest`") -> ListRequest:
    """
    Read one list that a request names.

    `where` begins the sentence of a refusal ("request 2: `manifest[1]`"). Raises RequestError.
    """
    if isinstance(document, str):
        document = {"key": document}
    elif not isinstance(document, dict):
        raise RequestError(f"{where} is {kind_of_value(document)}; {_EXAMPLE}")
    elif "key" not in document:
        _refuse_unknown(document, where)
        raise RequestError(f"{where} does not say where the list is; {_EXAMPLE}")
    _refuse_unknown(document, where)
    values: dict[str, Any] = {}
    for name, value in document.items():
        if value is None and name != "key":
            continue  # as if it were left out
        try:
            values[name] = _READERS[name](value)
        except ValueError as error:  # with the sentence for it
            raise RequestError(f"{where}: `{name}`{error}") from None
    found = ListRequest(**values)
    if (why := _contradiction(found)) is not None:
        raise RequestError(f"{where}: {why}")
    return found


def check_left(lists: Iterable[ListLeft]) -> None:
    """Refuse lists that no request can have named, or that no sweep has left so; as UnfitError."""
    for each in lists:
        try:
            parse(asdict(each.request))
            each.check()
        except (RequestError, ValueError) as error:
            raise UnfitError(str(error)) from None


def _contradiction(found: ListRequest) -> str | None:
    """Return a sentence if two of its fields cannot both be meant."""
    if found.format == "inventory":
        for name in ("encoding", "header", "column", "compression"):
            if getattr(found, name) is not None:
                return (
                    f"`{name}` is nothing to be said of an inventory, whose manifest.json tells "
                    "it; leave it out"
                )
    for name in ("header", "column"):
        if found.format not in {None, "csv"} and getattr(found, name) is not None:
            return (
                f"`{name}` is said of CSV, and `format` is '{found.format}'; leave one of the two "
                "out"
            )
    if isinstance(found.column, str) and found.header is False:
        return (
            "`column` names a column, which only a header does, and `header` is false; write the "
            "column's number, or leave `header` out"
        )
    return None


def _key(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f" is {kind_of_value(value)}; write a string")  # noqa: TRY004 - a wrong value
    if not value:
        raise ValueError(": a key is empty; every object in OSS has a name: write it")
    return _checked(value, lambda text: check_name(text, "the key"))


def _bucket(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f" is {kind_of_value(value)}; write a string")  # noqa: TRY004 - a wrong value
    return _checked(value, check_bucket)


def _checked(text: str, check: Callable[[str], str]) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise ValueError(f": {error}") from None


def _one_of(*words: str) -> Callable[[Any], str]:
    listed = f"{', '.join(map(repr, words[:-1]))} or {words[-1]!r}"

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f" is {kind_of_value(value)}; write {listed}")
        return value

    return read


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(  # noqa: TRY004 - a wrong value like any other
            f" is {kind_of_value(value)}; write true or false, without quotes"
        )
    return value


def _column(value: Any) -> str | int:
    if isinstance(value, str) and value:
        return value
    if type(value) is int and 1 <= value <= MOST_COLUMNS:
        return value
    raise ValueError(
        f" is {kind_of_value(value)}; "
        f"write the column's name, or its number from 1 to {MOST_COLUMNS:,}"
    )


_READERS: dict[str, Callable[[Any], Any]] = {
    "key": _key,
    "bucket": _bucket,
    "format": _one_of(*get_args(ListFormat)),
    "compression": _one_of(*get_args(Compression)),
    "encoding": _one_of(*get_args(Encoding)),
    "header": _truth,
    "column": _column,
    "unchanged": _truth,
}


def _refuse_unknown(document: dict[str, Any], where: str) -> None:
    """Raise RequestError for an unknown field: a mistyped `unchanged` must never delete."""
    for name in document:
        if name not in FIELDS:
            raise RequestError(f"{where}: {no_such_field(name, FIELDS)}")
