"""The places of keys: which prefixes lie below others, which directories are empty."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ossweep.objects import BAD_LINE, NOT_UTF8

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.objects import Failure
    from ossweep.work import Range

BEHIND = "\U0010ffff" * 256  # behind whatever a key goes on with: it has 1,023 bytes at most


def outermost(prefixes: Iterable[str]) -> list[str]:
    """Return the prefixes, in order, that lie below no other one."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not (kept and prefix.startswith(kept[-1])):
            kept.append(prefix)
    return kept


def settled_before(ranges: Sequence[Range], before: Range | None = None) -> list[Range]:
    """Return the stretches that ranges have counted, each behind the range before."""
    stretches: list[Range] = []
    for each in ranges:
        start = before.until if before is not None and before.prefix == each.prefix else ""
        if start < each.after:
            stretches.append(replace(each, after=start, until=each.after))
        before = each
    return stretches


def lies_in(failure: Failure, stretch: Range) -> bool:
    """Tell whether a failure lies in a stretch; a key that is not UTF-8 is placed by its bytes.

    A bad line of a list lies in none.
    """
    if failure.code == BAD_LINE:
        return False
    if failure.code != NOT_UTF8:
        return failure.key in stretch
    raw = unquote_to_bytes(failure.key)
    if not raw.startswith(stretch.prefix.encode()) or raw <= stretch.after.encode():
        return False
    return not stretch.until or raw <= stretch.until.encode()


def emptied(directories: Iterable[str], left: Iterable[tuple[str, str]]) -> list[str]:
    """
    Return the directories in which certainly nothing is left, not even their marker objects.

    `left` are pairs of keys between which something may be left, both included; no two overlap.
    """
    pairs = sorted(left)
    if not pairs:
        return list(directories)
    lasts = [last for _, last in pairs]

    def is_empty(directory: str) -> bool:
        at = bisect_left(lasts, directory)
        return at == len(pairs) or pairs[at][0] > directory + BEHIND

    return list(filter(is_empty, directories))
