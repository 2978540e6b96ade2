"""A request: what it holds, read at once where all is right, and by its form where it is not."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from ossweep.errors import RequestError
from ossweep.names import (
    MOST_OBJECTS,
    MOST_PARTS,
    UnfitError,
    check_bucket,
    check_no_empty_prefix,
    check_no_root_directory,
    directories_of,
    keys_of,
    prefixes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.conditions import Conditions
    from ossweep.lists import ListRequest


@dataclass(frozen=True)
class Limits:
    """Ceilings that end the job before the object after them; None: there is none of that kind."""

    objects: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Request:
    """An order to delete objects from one bucket; `request_form.py` says what each field means."""

    bucket: str | None = None
    keys: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    manifest: tuple[ListRequest, ...] = ()
    everything: bool = False
    confirm: str | None = None
    versions: Literal["current"] = "current"
    null_versions: Literal["keep", "lose"] = "keep"
    dry_run: bool = False
    limits: Limits | None = None
    unfinished: Literal["return", "continue"] | None = None
    parallel: int = 1
    only: Conditions | None = None


FIELDS = tuple(each.name for each in fields(Request))


def parse(document: Any, where: str = "the request") -> Request:
    """
    Read one request from a JSON document.

    `where` begins the sentence of a refusal ("request 2"). Raises RequestError.
    """
    if isinstance(document, dict) and "only" in document:
        rest = {name: value for name, value in document.items() if name != "only"}
        return _narrowed(parse(rest, where), _conditions(document["only"], where), where)
    if isinstance(document, dict) and (request := _at_once(document)) is not None:
        return request
    from ossweep.request_form import validated  # noqa: PLC0415 - for what is not right

    values = validated(document, where)
    limits = values["limits"]
    limits = None if limits is None else Limits(limits.objects, limits.bytes)
    return Request(**{**values, "limits": limits})


def schema() -> dict[str, Any]:
    """Return the request's JSON Schema."""
    from ossweep.request_form import form_schema  # noqa: PLC0415 - for those who ask for it

    return form_schema()


def _narrowed(request: Request, only: Conditions, where: str) -> Request:
    by_name = "keys" if request.keys else "manifest" if request.manifest else None
    if by_name is not None and only.keep_latest is not None:
        raise RequestError(
            f"{where}: `only.keep_latest` keeps the latest of each directory, and `{by_name}` "
            "names objects one by one; write a prefix, a directory or `everything` instead"
        )
    beside = "prefix" if request.prefix else "directory" if request.directory else None
    is_ambiguous = beside is not None and not request.everything  # which takes keys by all of them
    if request.manifest and is_ambiguous and only.names:
        raise RequestError(
            f"{where}: `only.{only.names[0]}` would judge a key by two names, by all of it where a "
            f"list of `manifest` names it, and by what stands behind `{beside}`; send two requests"
        )
    if only.names:
        from ossweep.whole_keys import check_no_whole_keys  # noqa: PLC0415 - for requests with patterns

        # By `everything` each key is a name.
        selectors = () if request.everything else (*request.prefix, *request.directory)
        check_no_whole_keys(only, selectors, f"{where}: `only`", request.bucket)
    return replace(request, only=only)


def _conditions(document: Any, where: str) -> Conditions:
    from ossweep import only  # noqa: PLC0415 - for requests that have conditions

    return only.parse(document, f"{where}: `only`")


def _at_once(document: dict[str, Any]) -> Request | None:
    """Return a request in which all is right; None for any other, of which the form decides."""
    try:
        request = Request(**{name: _READERS[name](value) for name, value in document.items()})
    except (KeyError, UnfitError):
        return None
    names = (*request.keys, *request.prefix, *request.directory)
    selects = names or request.manifest or request.everything
    is_confirmed = request.confirm is None or request.everything
    return request if selects and is_confirmed else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnfitError
    return value


def _texts(value: Any) -> list[str]:
    if not (isinstance(value, list) and value and all(isinstance(each, str) for each in value)):
        raise UnfitError
    return value


def _one_or_more(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else _texts(value)


def _prefix(value: Any) -> tuple[str, ...]:
    check_no_empty_prefix(value)
    return prefixes_of(_one_or_more(value))


def _directory(value: Any) -> tuple[str, ...]:
    check_no_root_directory(value)
    return directories_of(_one_or_more(value))


def _manifest(value: Any) -> tuple[ListRequest, ...]:
    from ossweep import manifest_request  # noqa: PLC0415 - for requests that name lists

    try:
        return manifest_request.read(value, "`manifest`")
    except RequestError:
        raise UnfitError from None


def _literal_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnfitError
    return value


def _number_below(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < most:
            raise UnfitError
        return value

    return read


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise UnfitError
        return value

    return read


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _limits(value: Any) -> Limits:
    if not isinstance(value, dict) or not value or not value.keys() <= {"objects", "bytes"}:
        raise UnfitError
    objects = _number_below(MOST_OBJECTS)(value["objects"]) if "objects" in value else None
    return Limits(objects, _ceiling_of_bytes(value["bytes"]) if "bytes" in value else None)


def _ceiling_of_bytes(value: Any) -> int:
    from ossweep.sizes import ceiling_in  # noqa: PLC0415 - for requests with such a ceiling

    try:
        return ceiling_in("limits.bytes", value)
    except ValueError as error:
        raise UnfitError(str(error)) from None


_READERS: dict[str, Callable[[Any], Any]] = {
    "bucket": _or_none(lambda value: check_bucket(_text(value))),
    "keys": lambda value: keys_of(_texts(value)),
    "prefix": _prefix,
    "directory": _directory,
    "manifest": _manifest,
    "everything": _literal_bool,
    "confirm": _or_none(_text),
    "versions": _one_of("current"),
    "null_versions": _one_of("keep", "lose"),
    "dry_run": _literal_bool,
    "limits": _or_none(_limits),
    "unfinished": _or_none(_one_of("return", "continue")),
    "parallel": _number_below(MOST_PARTS + 1),
}
