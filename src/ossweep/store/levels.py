"""The objects of one level: below a prefix, up to the next slash behind it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ossweep.store.pages import PAGE_KEYS, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.objects import Found
    from ossweep.store.bucket import Bucket


def level_of(
    bucket: Bucket, ask: Callable[[Callable[[], Any]], Any], prefix: str
) -> Iterator[Sequence[Found]]:
    """
    Yield the objects of a level, page by page; raises what `ask`, which makes a request, does.

    Behind a key that is not UTF-8, which oss2 cannot write, those that lie deeper come as well.
    """
    marker: str | bytes = ""
    while True:
        if isinstance(marker, str):
            request = partial(bucket.list_folders, prefix, marker, PAGE_KEYS)
        else:
            asked = {"prefix": prefix, "marker": marker, "max_keys": PAGE_KEYS}
            request = partial(bucket.list_objects, **asked)
        page = ask(request)
        yield page_of(page.object_list).objects()
        if not page.is_truncated:
            return
        marker = page.next_marker
