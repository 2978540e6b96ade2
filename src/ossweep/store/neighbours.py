"""What a page of a listing shows of keys that are in order, and most likely close together."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from ossweep.objects import Neighbours
from ossweep.store.bucket import as_bytes
from ossweep.store.contents import bare_etag
from ossweep.store.pages import PAGE_KEYS, page_of
from ossweep.store.stretch import stretch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ossweep.objects import Found


def neighbours(
    keys: Sequence[str], page_after: Callable[[str, str, int], Any], *, with_etags: bool
) -> Neighbours:
    """
    Return what a page shows of keys in the order of their bytes, of the first at least.

    `page_after` lists below a prefix, behind a marker, so many objects. OSS may list nothing and
    say that there is more: so page after page is asked for, until one has come to the first key.
    """
    prefix, marker, most = keys[0], "", 1
    if len(keys) > 1:
        (prefix, marker), most = stretch_of(keys), PAGE_KEYS
    while True:
        answer = page_after(prefix, marker, most)
        end = as_bytes(answer.next_marker) if answer.is_truncated else None
        decided = len(keys) if end is None else bisect_right(keys, end, key=str.encode)
        if decided:
            wanted = {*keys[:decided]}
            objects = page_of(answer.object_list).objects()
            found = {each.key: each for each in objects if each.key in wanted}
            return Neighbours(decided, found, _etags(answer, found) if with_etags else {})
        marker = answer.next_marker


def _etags(answer: Any, found: Mapping[str, Found]) -> dict[str, str]:
    if not found:
        return {}  # to look at the others would make an object of each
    rows = answer.object_list
    return {each.key: bare_etag(each.etag or "") for each in rows if each.key in found}
