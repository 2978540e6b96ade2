"""A request to apply a plan: its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from ossweep.amiss import kind_of_value, no_such_field
from ossweep.conditions import MOST_BYTES
from ossweep.errors import RequestError
from ossweep.names import MOST_OBJECTS, MOST_PARTS, PLAN, UnfitError, check_bucket
from ossweep.sizes import ceiling_in

APPLY = "apply"
TOLERANCE = ("objects", "bytes")
FIELDS = (APPLY, "bucket", "tolerance", "unfinished", "parallel")


@dataclass(frozen=True)
class ApplyRequest:
    """An order to apply a plan; `objects` and `bytes` are how much of it may differ."""

    plan: str
    bucket: str | None = None
    objects: int = 0
    bytes: int = 0
    unfinished: Literal["return", "continue"] | None = None
    parallel: int = 1


def is_apply(document: Any) -> bool:
    """Tell whether a document means to apply a plan."""
    return isinstance(document, dict) and APPLY in document


def read(document: dict[str, Any], where: str, others: tuple[str, ...]) -> ApplyRequest:
    """Read one; `others` are the fields of other requests. Raises RequestError."""
    for name in document:
        if name in others and name not in FIELDS:
            raise RequestError(
                f"{where}: `{name}` stands beside `apply`, and the plan has its own; write no more "
                "than `bucket`, `tolerance`, `unfinished` and `parallel` beside it"
            )
        if name not in FIELDS:
            raise RequestError(f"{where}: {no_such_field(name, FIELDS)}")
    plan = document[APPLY]
    if not isinstance(plan, str) or not PLAN.fullmatch(plan):
        raise RequestError(
            f"{where}: `apply` is {kind_of_value(plan)}; write the `id` of a dry run's `plan`, "
            "which begins with plan-"
        )
    bucket = document.get("bucket")
    try:
        if bucket is not None:
            check_bucket(_text(bucket))
    except UnfitError as error:
        raise RequestError(f"{where}: `bucket`: {error}") from None
    objects, size = _tolerance(document.get("tolerance"), where)
    unfinished = document.get("unfinished")
    if unfinished not in (None, "return", "continue"):  # it may be anything
        raise RequestError(
            f"{where}: `unfinished` is {kind_of_value(unfinished)}; write 'return' or 'continue'"
        )
    parallel = document.get("parallel", 1)
    if type(parallel) is not int or not 1 <= parallel <= MOST_PARTS:
        raise RequestError(
            f"{where}: `parallel` is {kind_of_value(parallel)}; write a whole number from 1 to "
            f"{MOST_PARTS}"
        )
    goes_on = cast("Literal['return', 'continue'] | None", unfinished)
    return ApplyRequest(plan, bucket, objects, size, goes_on, parallel)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnfitError(f"it is {kind_of_value(value)}; write a string")
    return value


def _tolerance(value: Any, where: str) -> tuple[int, int]:
    if value is None:
        return 0, 0
    if not isinstance(value, dict) or not value:
        raise RequestError(
            f"{where}: `tolerance` is {kind_of_value(value)}; write `objects`, `bytes` or both in "
            'it, such as {"objects": 10, "bytes": "1GB"}'
        )
    for name in value:
        if name not in TOLERANCE:
            raise RequestError(f"{where}: `tolerance`: {no_such_field(name, TOLERANCE)}")
    objects, size = value.get("objects", 0), value.get("bytes", 0)
    if type(objects) is not int or not 0 <= objects < MOST_OBJECTS:
        raise RequestError(
            f"{where}: `tolerance.objects` is {kind_of_value(objects)}; write a whole number from "
            f"0 to {MOST_OBJECTS - 1:,}"
        )
    # What is left out sets no bound: objects that differ have bytes.
    return (
        objects if "objects" in value else MOST_OBJECTS - 1,
        _bytes(size, where) if "bytes" in value else MOST_BYTES - 1,
    )


def _bytes(size: Any, where: str) -> int:
    if type(size) is int and size == 0:
        return 0
    try:
        return ceiling_in("tolerance.bytes", size)
    except ValueError as error:
        raise RequestError(f"{where}: {error}") from None
