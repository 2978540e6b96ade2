"""
Lists of what to delete, as they lie in OSS.

A list is read in parts, each of which asks for the object's ETag: no connection is held while what
was read is deleted, and a list that is written anew on the way is another one, of which nothing is
taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ossweep.errors import StoreError
from ossweep.helps import HELPS_OF_LISTS, with_help
from ossweep.manifests.forms import form_of
from ossweep.manifests.inventory import (
    MOST_OF_MANIFEST,
    read_inventory,
    read_inventory_files,
)
from ossweep.manifests.nouns import BadLine, ListError, RewrittenError, StoredError, cut_short
from ossweep.manifests.reader import read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.lists import ListLeft, Position
    from ossweep.manifests.forms import ListForm
    from ossweep.manifests.inventory import DataFile, Inventory
    from ossweep.manifests.nouns import Passage
    from ossweep.store.parts import Part
    from ossweep.store.store import OssStore

PART_BYTES = 1024 * 1024  # that are asked for at once
SMALL_BYTES = 100_000_000  # of a list, as it is stored, that is read for its form first
VERSIONS = "the line names a version, and only current versions can be deleted"


class OssLists:
    """The lists of an order. Its own bucket is open; others are opened when a list lies there."""

    def __init__(
        self, bucket: str, store: OssStore, open_bucket: Callable[[str], OssStore]
    ) -> None:
        self._bucket = bucket
        self._open_bucket = open_bucket
        self._stores = {bucket: store}

    def open(self, left: ListLeft) -> OssList:
        """Open a list, and find out its form; raises Closed, and ListError."""
        request = left.request
        bucket = request.bucket or self._bucket
        if bucket not in self._stores:
            self._stores[bucket] = self._open_bucket(bucket)
        place = f"the list {cut_short(request.key)} in the bucket {bucket}"
        pinned = Pinned(self._stores[bucket], place, request.key, left.etag)
        form = form_of(pinned, request)
        if form.format != "inventory":
            return OssList(pinned, self._bucket, form)
        if pinned.size > MOST_OF_MANIFEST:
            said = f"is larger than {MOST_OF_MANIFEST:,} bytes: it is no inventory's manifest"
            raise ListError(f"{cut_short(request.key)} {said}")
        try:
            inventory = read_inventory(b"".join(pinned(0)), self._bucket)
        except ListError as error:
            raise ListError(f"{cut_short(request.key)}: {error}") from None
        return OssList(pinned, self._bucket, form, inventory)

    def close(self) -> None:
        """Let none of their requests start any more."""
        for store in self._stores.values():
            store.close()


class Pinned:
    """A stored file that opens at any byte: the one that was opened first, or none."""

    def __init__(self, store: OssStore, place: str, key: str, etag: str = "") -> None:
        self._store = store
        self._place = place
        self._key = key
        self._first: Part | None = None  # kept: the form is told by it, and then it is read
        self._etag = etag

    @property
    def etag(self) -> str:
        """Its ETag."""
        return self._first_part.etag

    @property
    def size(self) -> int:
        """Its size in bytes, as it is stored."""
        return self._first_part.size

    def beside(self, key: str) -> Pinned:
        """Return another file of the same bucket."""
        return Pinned(self._store, f"{cut_short(key)}, a file of {self._place}", key)

    def __call__(self, offset: int) -> Iterator[bytes]:
        """Return its bytes from one on; raises Closed, and ListError."""
        size = self.size
        if 0 == offset < size:
            yield self._first_part.body
            offset = len(self._first_part.body)
        while offset < size:
            part = self._part(offset)
            yield part.body
            offset += len(part.body)

    @property
    def _first_part(self) -> Part:
        if self._first is None:
            self._first = self._part(0)
            self._etag = self._first.etag
        return self._first

    def _part(self, offset: int) -> Part:
        try:
            part = self._store.read_part(self._key, offset, PART_BYTES, self._etag)
        except StoreError as error:
            if error.code == "PreconditionFailed":
                raise RewrittenError(
                    f"{self._place} has been written anew since it was named or opened, and says "
                    "perhaps something else: send a new request"
                ) from None
            said = f"{self._place} cannot be read: {error}"
            raise StoredError(with_help(said, error.code, HELPS_OF_LISTS)) from None
        return part


@dataclass(frozen=True)
class OssList:
    """A list that is open."""

    pinned: Pinned
    bucket: str  # to delete from
    form: ListForm
    inventory: Inventory | None = None

    @property
    def etag(self) -> str:
        """Its ETag."""
        return self.pinned.etag

    @property
    def is_small(self) -> bool:
        """Whether it is small enough to be read for its form first."""
        return self.pinned.size + sum(file.size for file in self._files) < SMALL_BYTES

    @property
    def is_inventory(self) -> bool:
        """Whether it is an inventory."""
        return self.inventory is not None

    @property
    def files(self) -> Sequence[str]:
        """The keys of an inventory's data files."""
        return [file.key for file in self._files]

    @property
    def _files(self) -> tuple[DataFile, ...]:
        return () if self.inventory is None else self.inventory.files

    @property
    def created(self) -> int | None:
        """When an inventory's bucket was looked at, at the earliest."""
        return None if self.inventory is None else self.inventory.created

    def passages(self, position: Position) -> Iterator[Passage]:
        """Return what it says from a position on; raises Closed, and ListError."""
        if self.inventory is None:
            every = read_list(self.pinned, self.form, self.bucket, position)
            return map(partial(_without_versions, self.form.name), every)
        return self._of_files(self.inventory, position)

    def _of_files(self, inventory: Inventory, position: Position) -> Iterator[Passage]:
        opened: dict[DataFile, Pinned] = {}  # the one that is read

        def open_file(file: DataFile) -> Pinned:
            if file not in opened:
                opened.clear()
                opened[file] = self.pinned.beside(file.key)
            return opened[file]

        if position.verified and position.file < len(inventory.files):
            file = inventory.files[position.file]
            # By an ETag that is no MD5 nobody can tell that the file is still the one that was
            # proved: then it is proved once more.
            is_same = open_file(file).etag == file.md5.upper()
            position = replace(position, verified=is_same)
        return read_inventory_files(open_file, inventory, position)


def _without_versions(name: str, passage: Passage) -> Passage:
    """Return a passage in which each line with a version is a bad one."""
    versions = passage.known.get("version_id", ())
    if not any(versions):
        return passage
    named = [at for at, version in enumerate(versions) if version]
    others = [at for at, version in enumerate(versions) if not version]
    return replace(
        passage,
        keys=[passage.keys[at] for at in others],
        lines=[passage.lines[at] for at in others],
        known={name: [of[at] for at in others] for name, of in passage.known.items()},
        bad=(*passage.bad, *(BadLine(name, *_versioned(passage, at)) for at in named)),
    )


def _versioned(passage: Passage, at: int) -> tuple[int, str, str]:
    return passage.lines[at], VERSIONS, cut_short(passage.keys[at])
