"""Words for what is wrong in a JSON document: a value of another kind, a field that is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ossweep.names import in_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable

# Fields of a request that a later version has: none of them is taken for a mistake, nor ignored.
LATER = {
    "uploads": "leave it out; a lifecycle rule aborts uploads that were never completed",
    "then": "leave it out, and order what is to follow when the job is done",
}


def kind_of_value(value: Any) -> str:
    """Name the kind of a JSON value in words that help a person find it."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return f"the string {in_quotes(value)}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return "an empty list" if not value else f"a list of {len(value):,}"
    return "an object"


def no_such_field(name: str, known: Iterable[str]) -> str:
    """Say that there is no such field, and which of the known ones may be meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - for what is mistyped

    names = tuple(known)
    near = get_close_matches(name.lower(), names, n=1)
    instead = f"did you mean `{near[0]}`?" if near else f"the fields are {', '.join(names)}"
    return f"there is no field {in_quotes(name)}; {instead}"
