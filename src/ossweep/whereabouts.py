"""Where keys that have failed lie: in which of the stretches that are settled already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ossweep.objects import NOT_UTF8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.objects import Failure
    from ossweep.work import Range


def settled_before(ranges: Sequence[Range], before: Range | None = None) -> list[Range]:
    """Return the stretches that ranges have counted, each of them behind the range `before` it."""
    stretches: list[Range] = []
    for each in ranges:
        start = before.until if before is not None and before.prefix == each.prefix else ""
        if start < each.after:
            stretches.append(replace(each, after=start, until=each.after))
        before = each
    return stretches


def lies_in(failure: Failure, stretch: Range) -> bool:
    """Tell whether what has failed lies in a stretch; a key that is not UTF-8 does by its bytes."""
    if failure.code != NOT_UTF8:
        return failure.key in stretch
    raw = unquote_to_bytes(failure.key)
    if not raw.startswith(stretch.prefix.encode()) or raw <= stretch.after.encode():
        return False
    return not stretch.until or raw <= stretch.until.encode()
