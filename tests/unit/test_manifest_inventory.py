"""OSS's inventory: what its manifest may say, and its data files, each proved before it is told."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ossweep.lists import Position
from ossweep.manifests.inventory import (
    DataFile,
    Inventory,
    read_inventory,
    read_inventory_files,
)
from ossweep.manifests.nouns import Entry, ListError
from unit.lists import BUCKET, opener, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.manifests.nouns import Opener, Passage

pytestmark = pytest.mark.differs

# As Alibaba's documentation shows it, but for an MD5 that has all of its digits.
MD5 = "F77449179760C3B13F1E76110F070000"
DOCUMENT = {
    "creationTimestamp": "1642994594",
    "destinationBucket": "destbucket",
    "fileFormat": "CSV",
    "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, StorageClass, "
    "LastModifiedDate, ETag, IsMultipartUploaded, EncryptionStatus, ObjectAcl, TaggingCount, "
    "ObjectType, Crc64",
    "files": [{"MD5checksum": MD5, "key": "destprefix/data/a.csv.gz", "size": 2046}],
    "sourceBucket": BUCKET,
    "version": "2019-09-01",
}
INCREMENTAL = (
    "the inventory is an incremental one: it tells what has been done to objects, also to those "
    "that were deleted, and is no list of what there is; name a full one's manifest.json"
)


def read(**change: Any) -> Inventory:
    return read_inventory(json.dumps({**DOCUMENT, **change}).encode(), BUCKET)


def test_a_manifest_names_columns_and_files() -> None:
    """Its columns are those that the rule asks for, in any order."""
    assert read() == Inventory(
        bucket=BUCKET,
        created=1642994594,
        fields=(
            "bucket", "key", "version_id", "latest", "marker", "size", "storage_class",
            "modified", "etag", None, None, None, None, None, None,
        ),
        files=(DataFile("destprefix/data/a.csv.gz", 2046, MD5.lower()),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"startTimestamp": "1759320000"}, INCREMENTAL),
        ({"fileSchema": "Bucket, Key, RecordType"}, INCREMENTAL),
        (
            {"fileFormat": "Parquet"},
            'the inventory\'s files are written in "Parquet"; only CSV can be read',
        ),
        (
            {"sourceBucket": "other"},
            (
                'the inventory is that of the bucket "other", and objects are to be deleted from '
                '"examplebucket"; its keys say nothing of that'
            ),
        ),
        (
            {"fileSchema": "Bucket, Size"},
            "the inventory's manifest has no `fileSchema` with a column Key",
        ),
        ({"fileSchema": None}, "the inventory's manifest has no `fileSchema` with a column Key"),
        (
            {"fileSchema": "Key, Size, Size"},
            "the inventory's `fileSchema` names the same column twice: size",
        ),
        (
            {"fileSchema": "Key, VersionId"},
            (
                "the inventory has versions, and no column IsLatest: which of them is the current "
                "one cannot be told"
            ),
        ),
        ({"files": None}, "the inventory's manifest has no list of `files`"),
        (
            {"files": [{"key": "a", "size": "7", "MD5checksum": MD5}]},
            "`files[0]` of the inventory's manifest has no `key` and `size`",
        ),
        (
            {"files": [{"key": "a", "size": 7, "MD5checksum": MD5[:28]}]},
            (
                "`files[0]` of the inventory's manifest has no MD5 of 32 hexadecimal digits, by "
                "which the file could be checked"
            ),
        ),
    ],
)
def test_a_manifest_that_is_no_list_of_the_bucket_is_refused(
    change: dict[str, Any], sentence: str
) -> None:
    """With the reason."""
    with pytest.raises(ListError) as refused:
        read(**change)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("text", [b"", b"[]", b"[" * 100_000, b" " * (1 << 24) + b"{}"])
def test_a_manifest_is_a_json_object(text: bytes) -> None:
    """Not too large a one, either."""
    with pytest.raises(ListError, match="is no JSON object, or too large for one"):
        read_inventory(text, BUCKET)


class Files:
    """Data files of an inventory, and what was asked of them."""

    def __init__(self, schema: str, *texts: str) -> None:
        self.stored = {
            f"data/{number}.csv.gz": gzip.compress(text.encode(), mtime=0)
            for number, text in enumerate(texts)
        }
        self.opened: list[tuple[str, int]] = []
        listed = [
            {"key": key, "size": len(text), "MD5checksum": hashlib.md5(text).hexdigest().upper()}  # noqa: S324
            for key, text in self.stored.items()
        ]
        self.inventory = read(fileSchema=schema, files=listed)

    def open(self, file: DataFile) -> Opener:
        def open_at(offset: int) -> Iterable[bytes]:
            self.opened.append((file.key, offset))
            return opener(self.stored[file.key])(offset)

        return open_at

    def read(self, position: Position = Position()) -> list[Passage]:  # noqa: B008 - is frozen
        return list(read_inventory_files(self.open, self.inventory, position))


def test_an_inventorys_entries_hold_its_columns() -> None:
    """Keys are URL-encoded, fields in quotation marks or not."""
    files = Files(
        "Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, TransitionTime",
        'examplebucket,a%2Fb%20c,7,IA,2024-05-31T12-00-00Z,"E",\n'
        '"examplebucket","d","8","Standard","2024-05-31T12:00:00Z","F","2024-05-31T12:00:00Z"\n',
    )

    assert told(files.read())[0] == [
        Entry("a/b c", 1, None, "E", 7, 1717156800, "IA", None),
        Entry("d", 2, None, "F", 8, 1717156800, "Standard", 1717156800),
    ]


def test_old_versions_and_delete_markers_are_passed_over() -> None:
    """What is deleted is what is there now."""
    files = Files(
        "Key, VersionId, IsLatest, IsDeleteMarker",
        "a,3,false,false\na,4,true,false\nb,5,true,true\nc,,True,False\nd,6,,false\n",
    )
    passages = files.read()

    entries, bad, _ = told(passages)
    assert [(each.key, each.version_id) for each in entries] == [("a", "4"), ("c", None)]
    assert sum(each.noncurrent for each in passages) == 3
    assert bad == []


def test_a_row_of_another_bucket_is_bad() -> None:
    """Also where the manifest names the right one."""
    files = Files("Bucket, Key, IsLatest", "other,a,true\nexamplebucket,b,maybe\n")

    bad = told(files.read())[1]

    assert [(each.file, each.line, each.wrong) for each in bad] == [
        ("data/0.csv.gz", 1, "the line names another bucket"),
        ("data/0.csv.gz", 2, "a column of the inventory is neither true nor false"),
    ]


def test_a_data_file_is_read_once_for_its_md5_and_once_for_its_entries() -> None:
    """One file after the other; where it has been proved, the position says so."""
    files = Files("Key", "a\nb\n", "c\n")

    passages = files.read()

    first, second = files.stored
    assert files.opened == [(first, 0), (first, 0), (second, 0), (second, 0)]
    assert [each.key for each in told(passages)[0]] == ["a", "b", "c"]
    assert passages[-1].end == Position(file=2)


def test_reading_goes_on_in_a_data_file_that_was_proved() -> None:
    """Those before it are not opened again."""
    files = Files("Key", "a\nb\n", "c\nd\n")
    passages = [each for each in files.read() if each.keys]
    files.opened.clear()

    rest = files.read(passages[1].before(1))

    assert [each.key for each in told(rest)[0]] == ["d"]
    assert files.opened == [("data/1.csv.gz", 0)]
    assert files.read(Position(file=2)) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"md5": "0" * 32},
            (
                '"data/1.csv.gz" has not the MD5 that the inventory\'s manifest says; nothing of '
                "it was taken"
            ),
        ),
        (
            {"size": 9},
            (
                '"data/1.csv.gz" is longer than the 9 bytes that the inventory\'s manifest says; '
                "nothing of it was taken"
            ),
        ),
        (
            {"size": 999},
            (
                '"data/1.csv.gz" is shorter than the 999 bytes that the inventory\'s manifest '
                "says; nothing of it was taken"
            ),
        ),
    ],
)
def test_a_data_file_that_is_not_what_the_manifest_says_tells_nothing(
    change: dict[str, Any], sentence: str
) -> None:
    """The files before it stand."""
    files = Files("Key", "a\n", "b\n")
    one, other = files.inventory.files
    files.inventory = replace(files.inventory, files=(one, replace(other, **change)))
    passages: list[Passage] = []

    with pytest.raises(ListError) as refused:
        passages.extend(read_inventory_files(files.open, files.inventory))

    assert str(refused.value) == sentence
    assert [each.key for each in told(passages)[0]] == ["a"]
