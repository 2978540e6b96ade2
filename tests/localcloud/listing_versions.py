"""ListObjectVersions: by key, the newest first, markers among the versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localcloud.answers import Answer, branch, invalid_argument, leaf, xml_answer
from localcloud.arrivals import Request
from localcloud.listing import (
    OWNER,
    Question,
    group_row,
    read_argument,
    read_question,
)
from localcloud.moto_store import ListedVersion, MotoStore, group_of
from localcloud.version_ids import check_version_id


@dataclass(frozen=True)
class Shown:
    """What a page shows: versions and groups in their order, and whether there is more."""

    rows: Sequence[ListedVersion | bytes]
    truncated: bool

    @property
    def next_markers(self) -> tuple[bytes, str]:
        """Where to go on; a group has no version."""
        last = self.rows[-1]
        return (last, "") if isinstance(last, bytes) else (last.key, last.version_id)


def list_versions(store: MotoStore, request: Request) -> Answer:
    question = read_question(request.query, read_argument(request.query, "key-marker"))
    version_marker = request.query.get("version-id-marker", "")
    if version_marker and not question.after:
        raise invalid_argument("A version-id marker cannot be specified without a key marker.")
    if version_marker:
        check_version_id(version_marker)
    shown = _shown(_behind(store, request.bucket, question, version_marker), question)
    write = question.write
    position = leaf("KeyMarker", write(question.after)) + leaf("VersionIdMarker", version_marker)
    following = ""
    if shown.truncated:
        key, version_id = shown.next_markers
        following = leaf("NextKeyMarker", write(key)) + leaf("NextVersionIdMarker", version_id)
    entries = [_entry(row, question) for row in shown.rows if isinstance(row, ListedVersion)]
    groups = [group_row(question, row) for row in shown.rows if isinstance(row, bytes)]
    head = question.head(request.bucket, position, shown.truncated)
    return xml_answer("ListVersionsResult", head + following + "".join(entries + groups))


def _behind(
    store: MotoStore, bucket: str, question: Question, version_marker: str
) -> Iterable[ListedVersion]:
    """Those behind the markers; the version they name may be gone."""

    def moment(version_id: str) -> int:
        return store.moment(bucket, question.after, version_id)

    for version in store.versions(bucket, question.prefix):
        if version.key > question.after or (
            version.key == question.after
            and version_marker
            and moment(version.version_id) < moment(version_marker)
        ):
            yield version


def _shown(versions: Iterable[ListedVersion], question: Question) -> Shown:
    rows: list[ListedVersion | bytes] = []
    for version in versions:
        group = group_of(version.key, question.prefix, question.delimiter)
        if group is not None and (group <= question.after or (rows and rows[-1] == group)):
            continue
        if len(rows) == question.max_keys:
            return Shown(rows, truncated=True)
        rows.append(version if group is None else group)
    return Shown(rows, truncated=False)


def _entry(version: ListedVersion, question: Question) -> str:
    head = (
        f"    <Key>{question.write(version.key)}</Key>\n"
        f"    <VersionId>{version.version_id}</VersionId>\n"
        f"    <IsLatest>{'true' if version.is_latest else 'false'}</IsLatest>\n"
        f"    <LastModified>{version.modified:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>\n"
    )
    shown = version.shown
    if shown is None:
        return branch("DeleteMarker", head + OWNER)
    return branch(
        "Version",
        f"{head}    <ETag>{shown.etag.upper()}</ETag>\n    <Type>Normal</Type>\n"
        f"    <Size>{shown.size}</Size>\n"
        f"    <StorageClass>{shown.storage_class}</StorageClass>\n{OWNER}",
    )
