"""Put, copy, get, head and delete of one object."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote
from xml.sax.saxutils import escape

from localcloud.answers import (
    Answer,
    OssError,
    branch,
    invalid_argument,
    invalid_digest,
    leaf,
    no_such_bucket,
    no_such_key,
    no_such_version,
    xml_answer,
)
from localcloud.arrivals import Request
from localcloud.checksums import crc64_of
from localcloud.moto_store import VERSION_ID, Marker, MotoStore, Reply
from localcloud.version_ids import check_version_id

LONGEST_KEY = 1023
DEFAULT_TYPE = "application/octet-stream"
SENT_ON = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
# OSS puts unconditionally, or, by x-oss-forbid-overwrite, only what is not there.
REFUSED_ON_PUT = ("If-Modified-Since", "If-Unmodified-Since", "If-Match", "If-None-Match")
OF_THE_SOURCE = "x-oss-copy-source-"
ASKED_ON = ("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
BROUGHT_BACK = (
    *SENT_ON,
    "last-modified",
    "content-range",
    "accept-ranges",
)
# Kept beside what was put, because OSS tells it of the whole object where a part is asked for, too.
CRC64 = "x-amz-meta-localcloud-crc64"


@dataclass(frozen=True)
class Version:
    """An object, or, where an id is given, a version of it."""

    bucket: str
    key: str
    version_id: str = ""


def check_name(key: str) -> None:
    if not 1 <= len(key.encode()) <= LONGEST_KEY or key[0] in "/\\":
        message = "The specified object is not valid."
        raise OssError(400, "InvalidObjectName", message, details={"ObjectName": key})


def put_object(store: MotoStore, request: Request, body: bytes) -> Answer:
    _refuse_conditions(request.headers)
    _check_digest(request.headers.get("content-md5"), body)
    headers = {**_headers_to_store(store, request), CRC64: crc64_of(body)}
    reply = store.put(request.bucket, request.key, body, headers)
    if reply.status == 412:
        raise _already_exists()
    if reply.status != 200:
        raise _refusal(reply, _asked(request))
    told = {"ETag": reply.headers["etag"].upper(), "x-oss-hash-crc64ecma": headers[CRC64]}
    return Answer(200, headers={**told, **_version_of(reply)})


def copy_object(store: MotoStore, request: Request) -> Answer:
    source = _source(request.headers["x-oss-copy-source"])
    if not store.has_bucket(source.bucket):
        raise no_such_bucket(source.bucket)
    found = _found(store, source, _conditions_of_source(request.headers))
    if found.status == 304:
        return Answer(304)
    headers = _headers_to_store(store, request)
    # moto's copy does not look at If-None-Match
    if "if-none-match" in headers and store.head(request.bucket, request.key, {}).status == 200:
        raise _already_exists()
    if "x-oss-metadata-directive" in request.headers:
        # The tests of OSS's second SDK write it in small letters, too, which moto does not know.
        headers["x-amz-metadata-directive"] = request.headers["x-oss-metadata-directive"].upper()
    if source == _asked(request):
        # Onto itself, which is how OSS's metadata is changed, whatever the directive says.
        headers["x-amz-metadata-directive"] = "REPLACE"
        if "content-type" not in request.headers:
            headers["content-type"] = found.headers["content-type"]
    crc64 = found.headers.get(CRC64)
    if crc64 is not None:
        headers[CRC64] = crc64  # which goes with the content, whatever becomes of the metadata
    target = (request.bucket, request.key)
    reply = store.copy((source.bucket, source.key), target, headers, source.version_id)
    if reply.status != 200:
        raise _refusal(reply, source)
    stored = store.head(request.bucket, request.key, {})
    etag = stored.headers["etag"].upper()
    modified = store.modified(request.bucket, request.key)
    answer = xml_answer(
        "CopyObjectResult",
        leaf("ETag", etag) + leaf("LastModified", f"{modified:%Y-%m-%dT%H:%M:%S}.000Z"),
    )
    told = {} if crc64 is None else {"x-oss-hash-crc64ecma": crc64}
    return replace(answer, headers={**answer.headers, **_version_of(reply), **told})


def get_object(store: MotoStore, request: Request) -> Answer:
    asked, conditions = _asked(request), _conditions(request.headers)
    _refuse_marker(store, asked)
    reply = store.get(asked.bucket, asked.key, conditions, asked.version_id)
    if reply.status not in (200, 206, 304):
        raise _refusal(reply, asked)
    return Answer(reply.status, reply.body, _headers_of(reply))


def head_object(store: MotoStore, request: Request) -> Answer:
    reply = _found(store, _asked(request), _conditions(request.headers))
    length = reply.headers.get("content-length", "0")
    return Answer(reply.status, headers={**_headers_of(reply), "Content-Length": length})


def object_tags(store: MotoStore, request: Request) -> Answer:
    """The tags of an object; keys and values are told as they are, whatever is asked for."""
    asked = _asked(request)
    _refuse_marker(store, asked)
    tags = store.tags(asked.bucket, asked.key)
    if tags is None:
        raise _missing(asked)
    rows = "".join(
        branch("Tag", leaf("Key", escape(key), 3) + leaf("Value", escape(value), 3), 2)
        for key, value in tags.items()
    )
    return xml_answer("Tagging", branch("TagSet", rows))


def delete_object(store: MotoStore, request: Request) -> Answer:
    version_id = _asked(request).version_id
    if store.is_hierarchical(request.bucket):
        _refuse_full_directory(store, request)
    if version_id or store.has_versions(request.bucket):
        (removed,) = store.remove(request.bucket, [(request.key, version_id)])
        headers = {"x-oss-version-id": removed.version_id or removed.marker_id}
        if removed.marker_id:
            headers["x-oss-delete-marker"] = "true"
        return Answer(204, headers=headers)
    reply = store.delete(request.bucket, request.key)
    if reply.status != 204:
        raise _refusal(reply, _asked(request))
    return Answer(204)


def _asked(request: Request) -> Version:
    version_id = request.query.get("versionId", "")
    if version_id:
        check_version_id(version_id)
    return Version(request.bucket, request.key, version_id)


def _source(text: str) -> Version:
    path, named, version_id = text.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not key:
        raise invalid_argument("The copy source is not /bucket/object.")
    if named:
        check_version_id(version_id)
    return Version(bucket, key, version_id)


def _found(store: MotoStore, asked: Version, conditions: Mapping[str, str]) -> Reply:
    """The head of what is asked for; raises OSS's refusal where there is none to give."""
    _refuse_marker(store, asked)
    reply = store.head(asked.bucket, asked.key, conditions, asked.version_id)
    if reply.status == 404:
        raise _missing(asked)
    if reply.status not in (200, 304):
        raise _refusal(reply, asked)
    return reply


def _missing(asked: Version) -> OssError:
    if asked.version_id:
        return no_such_version(asked.key, asked.version_id)
    return no_such_key(asked.key)


def _refuse_marker(store: MotoStore, asked: Version) -> None:
    marker = store.version(asked.bucket, asked.key, asked.version_id)
    if not isinstance(marker, Marker):
        return
    if not asked.version_id:
        raise no_such_key(asked.key, marker.version_id)
    raise OssError(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        fine_code="0017-00000002",
        headers={"x-oss-version-id": marker.version_id, "x-oss-delete-marker": "true"},
    )


def _refuse_full_directory(store: MotoStore, request: Request) -> None:
    directory = request.key.encode()
    if (
        directory.endswith(b"/")
        and store.page(
            request.bucket, prefix=directory, after=directory, delimiter=b"", limit=1
        ).objects
    ):
        raise OssError(409, "FileAlreadyExists", "The directory is not empty.")


def _refuse_conditions(headers: Mapping[str, str]) -> None:
    for name in REFUSED_ON_PUT:
        if name.lower() in headers:
            raise OssError(
                400,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented.",
                details={"Header": name},
                fine_code="0017-00000245",
            )


def _check_digest(given: str | None, body: bytes) -> None:
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    if given is not None and given != base64.b64encode(digest).decode():
        raise invalid_digest(given)


def _headers_to_store(store: MotoStore, request: Request) -> dict[str, str]:
    headers = request.headers
    sent = {name: headers[name] for name in SENT_ON if name in headers}
    sent.setdefault("content-type", DEFAULT_TYPE)
    for name, value in headers.items():
        if name.startswith("x-oss-meta-"):
            sent["x-amz-meta-" + name.removeprefix("x-oss-meta-")] = value
    # With versions the header does not take effect.
    forbidden = headers.get("x-oss-forbid-overwrite") == "true"
    if forbidden and not store.has_versions(request.bucket):
        sent["if-none-match"] = "*"
    return sent


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    asked = {name: headers[name] for name in ASKED_ON if name in headers}
    return {
        name: value.lower() if name in ("if-match", "if-none-match") else value  # moto's ETags
        for name, value in asked.items()
    }


def _conditions_of_source(headers: Mapping[str, str]) -> dict[str, str]:
    return _conditions(
        {
            name.removeprefix(OF_THE_SOURCE): headers[name]
            for name in headers
            if name.startswith(OF_THE_SOURCE)
        }
    )


def _headers_of(reply: Reply) -> dict[str, str]:
    headers = {name.title(): reply.headers[name] for name in BROUGHT_BACK if name in reply.headers}
    for name, value in reply.headers.items():
        if name.startswith("x-amz-meta-") and name != CRC64:
            headers["x-oss-meta-" + name.removeprefix("x-amz-meta-")] = value
    if "etag" in reply.headers:
        headers["ETag"] = reply.headers["etag"].upper()
    headers.update(_version_of(reply))
    # Nobody has put what was seeded, and what was copied is not sure to have one.
    known = CRC64 in reply.headers
    crc64 = {"x-oss-hash-crc64ecma": reply.headers[CRC64]} if known else {}
    headers |= {"x-oss-object-type": "Normal", **crc64}
    return {**headers, "x-oss-storage-class": "Standard"}


def _version_of(reply: Reply) -> dict[str, str]:
    version_id = reply.headers.get(VERSION_ID)
    return {"x-oss-version-id": version_id} if version_id else {}


def _already_exists() -> OssError:
    return OssError(
        409,
        "FileAlreadyExists",
        "The object you specified already exists and can not be overwritten.",
        fine_code="0026-00000002",
    )


def _refusal(reply: Reply, asked: Version) -> OssError:
    if reply.status == 404:
        return _missing(asked)
    if reply.status == 412 and reply.error_code in ("", "PreconditionFailed"):
        message = "At least one of the pre-conditions you specified did not hold."
        return OssError(412, "PreconditionFailed", message)
    return OssError(reply.status, reply.error_code or "InternalError", "moto refused it.")
