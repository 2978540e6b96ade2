"""
OSS's inventory: a manifest.json, and data files of CSV that it names, each with its MD5.

A data file is read twice: once for its MD5, before any of its entries is told, and then for them.
So what has been told of it has been proved, and a file that is damaged at its end has told nothing.
Both times must be of the same bytes: whoever opens the files asks for them by their ETag. Where
OSS's ETag of a file is its MD5, as it is for a file that was put in one piece, the first time can
be spared: by a position that says `verified`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep.lists import Position
from ossweep.manifests.columns import field_of
from ossweep.manifests.forms import ListForm
from ossweep.manifests.no_text import is_named_packed
from ossweep.manifests.nouns import ListError, Passage, cut_short
from ossweep.manifests.reader import read_list
from ossweep.manifests.tape import let_go

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ossweep.manifests.nouns import Opener

MOST_OF_MANIFEST = 16 * 1024 * 1024  # bytes: a hundred thousand data files
_MD5 = re.compile("[0-9A-Fa-f]{32}")
_INCREMENTAL = frozenset({"RecordType", "SequenceNumber", "RecordTimestamp"})
_START = Position()


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of an inventory: its key in the bucket where the inventory lies, and what it holds."""

    key: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """
    What a manifest.json says.

    `bucket` is the one that was looked at, at `created` (Unix seconds) or later. `fields` are what
    the columns hold, None where nothing that is asked for.
    """

    bucket: str
    created: int | None
    fields: tuple[str | None, ...]
    files: tuple[DataFile, ...]

    def form_of_file(self, file: DataFile) -> ListForm:
        """Return the form of one of its data files."""
        return ListForm(
            file.key,
            "csv",
            packed=is_named_packed(file.key),
            is_url=True,
            fields=self.fields,
            of_inventory=True,
        )


def read_inventory(text: bytes, bucket: str) -> Inventory:
    """
    Read a manifest.json. Raises ListError unless it is a full inventory of a bucket.

    Its data files lie in the bucket where it lies itself.
    """
    try:
        document = json.loads(text) if len(text) <= MOST_OF_MANIFEST else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ListError("the inventory's manifest is no JSON object, or too large for one")
    schema = document.get("fileSchema")
    names = [each.strip() for each in schema.split(",")] if isinstance(schema, str) else []
    if "startTimestamp" in document or not _INCREMENTAL.isdisjoint(names):
        raise ListError(
            "the inventory is an incremental one: it tells what has been done to objects, also to "
            "those that were deleted, and is no list of what there is; name a full one's "
            "manifest.json"
        )
    if document.get("fileFormat") != "CSV":
        raise ListError(
            f"the inventory's files are written in {_shown(document.get('fileFormat'))}; only CSV "
            "can be read"
        )
    source = document.get("sourceBucket")
    if source != bucket:
        raise ListError(
            f"the inventory is that of the bucket {_shown(source)}, and objects are to be deleted "
            f"from {_shown(bucket)}; its keys say nothing of that"
        )
    return Inventory(bucket, _created(document), _columns(names), _files(document.get("files")))


def read_inventory_files(
    open_file: Callable[[DataFile], Opener], inventory: Inventory, position: Position = _START
) -> Iterator[Passage]:
    """
    Return what an inventory's data files say, one after the other, from a position on.

    A position behind the last file ends it. Raises ListError where there is no reading on.
    """
    for number in range(position.file, len(inventory.files)):
        file = inventory.files[number]
        open_at = open_file(file)
        start = position if number == position.file else Position(file=number)
        if not start.verified:
            for _ in _verified(open_at, file):
                yield Passage(start)
            start = replace(start, verified=True)
        yield from read_list(open_at, inventory.form_of_file(file), inventory.bucket, start)
        yield Passage(Position(file=number + 1))


def _verified(open_at: Opener, file: DataFile) -> Iterator[None]:
    """Read a whole file, and raise ListError unless it is what the manifest says."""
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    pieces = open_at(0)
    try:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if size > file.size:
                break
            yield
    finally:
        let_go(pieces)
    if size != file.size:
        raise ListError(
            f"{cut_short(file.key)} is {'longer' if size > file.size else 'shorter'} than the "
            f"{file.size:,} bytes that the inventory's manifest says; nothing of it was taken"
        )
    if digest.hexdigest() != file.md5:
        raise ListError(
            f"{cut_short(file.key)} has not the MD5 that the inventory's manifest says; nothing of "
            "it was taken"
        )


def _columns(names: list[str]) -> tuple[str | None, ...]:
    fields = tuple(field_of(name, of_inventory=True) for name in names)
    if "key" not in fields:
        raise ListError("the inventory's manifest has no `fileSchema` with a column Key")
    for field in set(fields) - {None}:
        if fields.count(field) > 1:
            raise ListError(f"the inventory's `fileSchema` names the same column twice: {field}")
    if ("version_id" in fields or "marker" in fields) and "latest" not in fields:
        raise ListError(
            "the inventory has versions, and no column IsLatest: which of them is the current one "
            "cannot be told"
        )
    return fields


def _files(listed: Any) -> tuple[DataFile, ...]:
    if not isinstance(listed, list):
        raise ListError("the inventory's manifest has no list of `files`")
    return tuple(_file(number, each) for number, each in enumerate(listed))


def _file(number: int, listed: Any) -> DataFile:
    key, size, md5 = (
        (listed.get(name) for name in ("key", "size", "MD5checksum"))
        if isinstance(listed, dict)
        else (None, None, None)
    )
    if not isinstance(key, str) or not key or type(size) is not int or size < 0:
        raise ListError(f"`files[{number}]` of the inventory's manifest has no `key` and `size`")
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        raise ListError(
            f"`files[{number}]` of the inventory's manifest has no MD5 of 32 hexadecimal digits, "
            "by which the file could be checked"
        )
    return DataFile(key, size, md5.lower())


def _created(document: dict[str, Any]) -> int | None:
    written = document.get("creationTimestamp")
    is_time = isinstance(written, str) and re.fullmatch("[0-9]{1,12}", written)
    return int(written) if is_time and isinstance(written, str) else None


def _shown(value: Any) -> str:
    return cut_short(value) if isinstance(value, str) else json.dumps(value)[:80]
