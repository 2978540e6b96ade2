"""OSS's inventory as a list: checked, compared, and never another bucket's or another form's."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from deployment import BUCKET, sum_of
from localcloud.clients import oss2_bucket
from localcloud.faults import Before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment import Deployment

MANIFEST = "inventory/2024-06-01T00-00Z/manifest.json"
SCHEMA = "Bucket, Key, Size, LastModifiedDate, ETag, StorageClass"
CHANGED = "changed since the list"


def rows_of(deployment: Deployment, keys: Sequence[str]) -> list[list[object]]:
    """Return what an inventory says of objects that are there."""
    listed = oss2_bucket(deployment.oss, BUCKET).list_objects(max_keys=1000).object_list
    found = {each.key: each for each in listed}
    rows: list[list[object]] = []
    for key in keys:
        each = found[key]
        written = datetime.fromtimestamp(each.last_modified, timezone.utc)
        time = f"{written:%Y-%m-%dT%H-%M-%SZ}"
        rows.append([BUCKET, quote(key), each.size, time, each.etag, "Standard"])
    return rows


def put(deployment: Deployment, *files: Sequence[Sequence[object]], **more: Any) -> None:
    """Put an inventory of these files where OSS would."""
    stored: dict[str, bytes] = {}
    listed = []
    for number, rows in enumerate(files):
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
        content = gzip.compress(text.getvalue().encode())
        key = f"inventory/data/{number}.csv.gz"
        stored[key] = content
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
        listed.append({"key": key, "size": len(content), "MD5checksum": md5})
    document = {
        "creationTimestamp": str(int(deployment.oss.now()) - 60),
        "destinationBucket": BUCKET,
        "fileFormat": "CSV",
        "fileSchema": SCHEMA,
        "files": listed,
        "sourceBucket": BUCKET,
        "version": "2019-09-01",
        **more,
    }
    deployment.oss.fill(BUCKET, {**stored, MANIFEST: json.dumps(document).encode()})


def sent(deployment: Deployment, **more: Any) -> dict[str, Any]:
    answer = deployment.send({"bucket": BUCKET, "manifest": MANIFEST, **more})
    assert answer["listed"] == sum_of(answer)
    return answer


def left(deployment: Deployment) -> list[str]:
    keys = deployment.keys()
    return [key for key in keys if not key.startswith("inventory/")]


def test_an_inventory_is_deleted_file_by_file(deployment: Deployment) -> None:
    """Keys are URL-decoded; what is not in it stays."""
    keys = [f"a/{number:03} \N{SNOWMAN}" for number in range(300)]
    deployment.fill(*keys, "b")
    rows = rows_of(deployment, keys)
    put(deployment, rows[:100], rows[100:250], [], rows[250:])

    answer = sent(deployment)

    assert (answer["status"], answer["deleted"]) == ("done", 300)
    assert left(deployment) == ["b"]


def test_an_object_that_has_changed_since_an_inventory_stays(deployment: Deployment) -> None:
    """By its time, by its ETag; one that is gone is counted as such."""
    deployment.oss.fill(BUCKET, {"a": b"1", "b": b"2", "c": b"3", "d": b"4"})
    rows = rows_of(deployment, "abcd")
    put(deployment, rows)
    deployment.oss.fill(BUCKET, {"b": b"2"}, deployment.oss.now() - 1000)
    deployment.oss.remove(BUCKET, ["c"])

    answer = sent(deployment)

    assert answer["skipped_because"] == {CHANGED: 1, "gone before its turn came": 1}
    assert (answer["deleted"], left(deployment)) == (2, ["b"])


def test_an_inventory_without_times_goes_by_when_it_was_made(deployment: Deployment) -> None:
    """An object that is older than that was not written since."""
    deployment.fill("a")
    deployment.oss.fill(BUCKET, ["b"], deployment.oss.now() - 30)
    put(deployment, [[BUCKET, "a"], [BUCKET, "b"]], fileSchema="Bucket, Key")

    answer = sent(deployment)

    assert (answer["deleted"], answer["skipped_because"]) == (1, {CHANGED: 1})
    assert left(deployment) == ["b"]


def test_old_versions_in_an_inventory_are_nobodys_order(deployment: Deployment) -> None:
    """Nor are delete markers: only what was current is looked at."""
    deployment.fill("a", "b")
    put(
        deployment,
        [
            [BUCKET, "a", "v2", "true", "false"],
            [BUCKET, "a", "v1", "false", "false"],
            [BUCKET, "b", "v3", "true", "true"],
        ],
        fileSchema="Bucket, Key, VersionId, IsLatest, IsDeleteMarker",
    )

    answer = sent(deployment)

    assert (answer["deleted"], answer["listed"], left(deployment)) == (1, 1, ["b"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fileFormat": "Parquet"}, 'are written in "Parquet"; only CSV can be read'),
        ({"sourceBucket": "otherbucket"}, 'that of the bucket "otherbucket", and objects are to'),
        ({"startTimestamp": "1"}, "the inventory is an incremental one"),
    ],
    ids=["format", "bucket", "incremental"],
)
def test_an_inventory_that_is_no_list_of_this_bucket_deletes_nothing(
    deployment: Deployment, change: dict[str, str], said: str
) -> None:
    """With the reason."""
    deployment.fill("a")
    put(deployment, rows_of(deployment, "a"), **change)

    answer = sent(deployment)

    assert (answer["status"], left(deployment)) == ("stopped", ["a"])
    assert answer["reason"].startswith(f'the list "{MANIFEST}": ')
    assert said in answer["reason"]


def test_a_file_that_is_not_what_the_manifest_says_deletes_nothing(deployment: Deployment) -> None:
    """Its MD5 is judged with the form, before anything goes."""
    deployment.fill("a", "b")
    put(deployment, rows_of(deployment, "a"), rows_of(deployment, "b"))
    stored = deployment.oss.content(BUCKET, "inventory/data/1.csv.gz") or b""
    deployment.oss.fill(BUCKET, {"inventory/data/1.csv.gz": stored[:-1] + b"x"})

    answer = sent(deployment)

    assert (answer["status"], left(deployment)) == ("stopped", ["a", "b"])
    assert answer["reason"].startswith(
        f'the list "{MANIFEST}": "inventory/data/1.csv.gz" has not the MD5 that '
        "the inventory's manifest says"
    )


def test_a_file_that_changes_on_the_way_ends_the_job(deployment: Deployment) -> None:
    """What it says then was not proved: nothing more of it is taken."""
    deployment.fill("a", "b")
    put(deployment, rows_of(deployment, "a"), rows_of(deployment, "b"))
    other = deployment.oss.content(BUCKET, "inventory/data/0.csv.gz") or b""

    def write(_: object) -> None:
        deployment.oss.fill(BUCKET, {"inventory/data/1.csv.gz": other})

    deployment.oss.misbehave(Before("batch_delete", write))
    deployment.oss.misbehave(Before("delete", write))

    answer = sent(deployment)

    assert (answer["status"], answer["deleted"], left(deployment)) == ("stopped", 1, ["b"])


def test_an_inventory_and_its_files_stay_while_they_are_read(deployment: Deployment) -> None:
    """Though it lists itself, as one of the whole bucket does."""
    deployment.fill("a", "b")
    put(deployment, rows_of(deployment, "a"), rows_of(deployment, "b"))
    files = [MANIFEST, "inventory/data/0.csv.gz", "inventory/data/1.csv.gz"]
    put(deployment, rows_of(deployment, ["a", *files]), rows_of(deployment, "b"))

    answer = sent(deployment)

    assert (answer["status"], answer["deleted"]) == ("done", 2)
    assert answer["skipped_because"] == {"a list that the job reads": 3}
    assert deployment.keys() == sorted(files)


def test_an_inventory_and_its_files_go_when_it_has_been_read(deployment: Deployment) -> None:
    """If the request takes them as well."""
    deployment.fill("a", "b")
    put(deployment, rows_of(deployment, "a"), rows_of(deployment, "b"))

    answer = sent(deployment, prefix="inventory/")

    assert (answer["status"], answer["deleted"], list(deployment.keys())) == ("done", 5, [])
