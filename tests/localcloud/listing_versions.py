"""ListObjectVersions: by key, the newest first, markers among the versions."""

from itertools import dropwhile

from localcloud.answers import Answer, invalid_argument, not_implemented, xml_answer
from localcloud.arrivals import Request
from localcloud.listing import OWNER, STORAGE_CLASSES, Question, read_question
from localcloud.moto_store import NULL, ListedVersion, MotoStore


def list_versions(store: MotoStore, request: Request) -> Answer:
    question = read_question(request.query, request.query.get("key-marker", "").encode())
    version_marker = request.query.get("version-id-marker", "")
    if question.delimiter:
        raise not_implemented("versions with a delimiter")
    if version_marker and not question.after:
        raise invalid_argument("A version-id marker cannot be specified without a key marker.")
    versions = list(
        dropwhile(
            lambda version: _is_before(version, question.after, version_marker),
            store.versions(request.bucket, question.prefix),
        )
    )
    shown = versions[: question.max_keys]
    write = question.write
    head = (
        f"<Name>{request.bucket}</Name><Prefix>{write(question.prefix)}</Prefix>"
        f"<KeyMarker>{write(question.after)}</KeyMarker>"
        f"<VersionIdMarker>{version_marker}</VersionIdMarker>"
        f"<MaxKeys>{question.max_keys}</MaxKeys><Delimiter></Delimiter>"
    )
    if question.encoded:
        head += "<EncodingType>url</EncodingType>"
    if len(shown) < len(versions):
        head += (
            f"<IsTruncated>true</IsTruncated><NextKeyMarker>{write(shown[-1].key)}</NextKeyMarker>"
            f"<NextVersionIdMarker>{shown[-1].version_id}</NextVersionIdMarker>"
        )
    else:
        head += "<IsTruncated>false</IsTruncated>"
    entries = "".join([_entry(version, question) for version in shown])
    return xml_answer(f"<ListVersionsResult>{head}{entries}</ListVersionsResult>")


def _is_before(version: ListedVersion, key: bytes, version_id: str) -> bool:
    """Whether the markers are at it or behind it; the version they name may be gone."""
    if version.key != key:
        return version.key < key
    return not version_id or _age(version.version_id) >= _age(version_id)


def _age(version_id: str) -> tuple[bool, str]:
    # What was written before the bucket had versions comes last.
    return version_id != NULL, version_id


def _entry(version: ListedVersion, question: Question) -> str:
    head = (
        f"<Key>{question.write(version.key)}</Key><VersionId>{version.version_id}</VersionId>"
        f"<IsLatest>{'true' if version.is_latest else 'false'}</IsLatest>"
        f"<LastModified>{version.modified:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
    )
    shown = version.shown
    if shown is None:
        return f"<DeleteMarker>{head}{OWNER}</DeleteMarker>"
    storage_class = STORAGE_CLASSES.get(shown.storage_class, "Standard")
    return (
        f"<Version>{head}<ETag>{shown.etag.upper()}</ETag><Type>Normal</Type>"
        f"<Size>{shown.size}</Size><StorageClass>{storage_class}</StorageClass>{OWNER}</Version>"
    )
