"""The objects of one level: below a prefix, up to the next slash behind it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ossweep.errors import StoreError
from ossweep.store.bucket import UNREADABLE
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

    Behind a key that is not UTF-8, which oss2 cannot write, those that lie deeper come as well; so
    they do from a page on that cannot be read, because a directory's name is not.
    """
    marker: str | bytes = ""
    is_of_folders = True
    while True:
        is_of_folders = is_of_folders and isinstance(marker, str)
        asked: dict[str, Any] = {"prefix": prefix, "marker": marker}
        request = bucket.list_folders if is_of_folders else bucket.list_objects
        try:
            page = ask(partial(request, **asked, max_keys=PAGE_KEYS))
        except StoreError as error:
            if error.code != UNREADABLE or not is_of_folders:
                raise
            is_of_folders = False
            continue
        yield page_of(page.object_list).objects()
        if not page.is_truncated:
            return
        marker = page.next_marker
