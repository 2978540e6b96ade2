"""The requests that a deletion makes of oss2's bucket: to delete keys, and to look at them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ossweep.store.asking import Looked
from ossweep.store.bucket import as_bytes
from ossweep.store.pages import PAGE_KEYS, page_of
from ossweep.store.sights import Sight
from ossweep.store.stretch import stretch_of
from ossweep.store.wire import fits_a_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ossweep.objects import Found, Listed
    from ossweep.store.store import OssStore


@dataclass(frozen=True)
class Requests:
    """The requests of deletions, made of a bucket."""

    store: OssStore

    def delete(self, keys: Sequence[str]) -> set[str]:
        """Delete keys, and return those of them that OSS names."""
        bucket = self.store.bucket
        if len(keys) == 1 and fits_a_url(keys[0]):
            self.store.lost(bucket.delete_object(keys[0]))
            return set(keys)
        result = bucket.batch_delete_objects(keys)
        self.store.lost(result)
        if result.deleted_keys == [*keys]:  # which is usual
            return set(keys)
        return set(result.deleted_keys).intersection(keys)

    def look(
        self, keys: Sequence[str], *, listed: Listed | None, seconds: float, ahead: bool
    ) -> Looked:
        """Look at keys, for about so many seconds; in a listing if they lie one after the other."""
        if listed is not None:
            return self._listed_again(keys, listed if ahead else None, seconds)
        there: dict[str, int] = {}
        left: dict[str, float] = {}
        objects: dict[str, Found] = {}
        began = self.store.left()
        for key in keys:
            now = self.store.left()
            if left and began - now > seconds:
                break
            found = shown(key, partial(self._page, key))
            if found is not None:
                there[key] = found.modified
                objects[key] = found
            left[key] = now
        return Looked(there, left, objects)

    def tags(self, key: str) -> Mapping[str, str] | None:
        """Return an object's tags; None if no request can ask for them."""
        return self.store.bucket.get_object_tagging(key) if fits_a_url(key) else None

    def seen(self, keys: Sequence[str], listed: Listed) -> Looked | None:
        """Return what a look ahead in their range has shown of all keys, if that is not too old."""
        return self.store.sights.of(keys, listed, self.store.left())

    def clock(self, known: int | None) -> int:
        """Return the job's clock; raises StoreError."""
        return self.store.clock(known)

    def throttled(self) -> None:
        """Take note that OSS asked for fewer requests."""
        self.store.session.throttled()

    def without_batches(self) -> None:
        """Take note that the bucket has no batches."""
        self.store.has_batches = False

    @property
    def has_batches(self) -> bool:
        """Whether the bucket may have batches."""
        return self.store.has_batches

    def _listed_again(self, keys: Sequence[str], ahead: Listed | None, seconds: float) -> Looked:
        """List the stretch of keys; below the prefix of the range in which the look goes ahead."""
        wanted, last = sorted(keys), max(keys)
        prefix, marker = stretch_of(keys)
        prefix = prefix if ahead is None else ahead.prefix
        there: dict[str, int] = {}
        left: dict[str, float] = {}
        found: dict[str, Found] = {}
        began = self.store.left()
        while True:
            now = self.store.left()
            answer = self.store.bucket.list_objects(
                prefix=prefix, marker=marker, max_keys=PAGE_KEYS
            )
            objects = page_of(answer.object_list).objects()
            page = {each.key: each.modified for each in objects}
            end = as_bytes(answer.next_marker) if answer.is_truncated else None
            if ahead is not None:
                self.store.sights.keep(ahead, Sight(as_bytes(marker), end, page, now))
            listed = bisect_right(wanted, last.encode() if end is None else end, key=str.encode)
            left.update(dict.fromkeys(wanted[len(left) : listed], now))
            there.update((key, written) for key, written in page.items() if key in left)
            found.update((each.key, each) for each in objects if each.key in left)
            is_late = bool(left) and began - self.store.left() > seconds
            if len(left) == len(wanted) or not answer.is_truncated or is_late:
                return Looked(there, left, found)
            marker = answer.next_marker

    def _page(self, key: str, marker: str) -> Any:
        return self.store.bucket.list_objects(prefix=key, marker=marker, max_keys=1)


def shown(key: str, page_after: Callable[[str], Any]) -> Found | None:
    """
    Return an object as a listing of its own key as the prefix shows it.

    OSS may list nothing and say that there is more: so page after page is asked for, until one has
    come to the key, or past it.
    """
    marker = ""
    while True:
        page = page_after(marker)
        for each in page_of(page.object_list).objects():
            return each if each.key == key else None
        if not page.is_truncated or as_bytes(page.next_marker) >= key.encode():
            return None
        marker = page.next_marker
