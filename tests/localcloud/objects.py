"""Put, copy, get, head and delete of one object."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from localcloud.answers import (
    Answer,
    OssError,
    invalid_argument,
    no_such_bucket,
    no_such_key,
    xml_answer,
)
from localcloud.arrivals import Request
from localcloud.moto_store import VERSION_ID, MotoStore, Reply

LONGEST_KEY = 1023
DEFAULT_TYPE = "application/octet-stream"
SENT_ON = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "expires",
)
ASKED_ON = ("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
BROUGHT_BACK = (
    *SENT_ON,
    "last-modified",
    "content-range",
    "accept-ranges",
)


def check_name(key: str) -> None:
    if not 1 <= len(key.encode()) <= LONGEST_KEY or key[0] in "/\\":
        raise OssError(400, "InvalidObjectName", "The specified object is not valid.")


def put_object(store: MotoStore, request: Request, body: bytes) -> Answer:
    _check_digest(request.headers.get("content-md5"), body)
    headers = _headers_to_store(store, request)
    reply = store.put(request.bucket, request.key, body, headers)
    if reply.status == 412:
        raise _already_exists()
    if reply.status != 200:
        raise _refusal(reply)
    return Answer(200, headers={"ETag": reply.headers["etag"].upper(), **_version_of(reply)})


def copy_object(store: MotoStore, request: Request) -> Answer:
    source = unquote(request.headers["x-oss-copy-source"]).removeprefix("/").partition("/")
    bucket, key = source[0], source[2]
    if not key:
        raise invalid_argument("The copy source is not /bucket/object.")
    if not store.has_bucket(bucket):
        raise no_such_bucket()
    headers = _headers_to_store(store, request)
    # moto's copy does not look at If-None-Match
    if "if-none-match" in headers and store.head(request.bucket, request.key, {}).status == 200:
        raise _already_exists()
    if "x-oss-metadata-directive" in request.headers:
        headers["x-amz-metadata-directive"] = request.headers["x-oss-metadata-directive"]
    reply = store.copy((bucket, key), (request.bucket, request.key), headers)
    if reply.status != 200:
        raise _refusal(reply)
    stored = store.head(request.bucket, request.key, {})
    etag = stored.headers["etag"].upper()
    modified = store.modified(request.bucket, request.key)
    answer = xml_answer(
        f"<CopyObjectResult><ETag>{etag}</ETag>"
        f"<LastModified>{modified:%Y-%m-%dT%H:%M:%S}.000Z</LastModified></CopyObjectResult>"
    )
    return replace(answer, headers={**answer.headers, **_version_of(reply)})


def get_object(store: MotoStore, request: Request) -> Answer:
    conditions, version_id = _conditions(request.headers), request.query.get("versionId", "")
    reply = store.get(request.bucket, request.key, conditions, version_id)
    if reply.status not in (200, 206, 304):
        raise _refusal(reply)
    return Answer(reply.status, reply.body, _headers_of(reply))


def head_object(store: MotoStore, request: Request) -> Answer:
    conditions, version_id = _conditions(request.headers), request.query.get("versionId", "")
    reply = store.head(request.bucket, request.key, conditions, version_id)
    if reply.status not in (200, 304):
        raise no_such_key() if reply.status == 404 else _refusal(reply)
    length = reply.headers.get("content-length", "0")
    return Answer(reply.status, headers={**_headers_of(reply), "Content-Length": length})


def delete_object(store: MotoStore, request: Request) -> Answer:
    version_id = request.query.get("versionId", "")
    if version_id or store.has_versions(request.bucket):
        (removed,) = store.remove(request.bucket, [(request.key, version_id)])
        headers = {"x-oss-version-id": removed.version_id or removed.marker_id}
        if removed.marker_id:
            headers["x-oss-delete-marker"] = "true"
        return Answer(204, headers=headers)
    reply = store.delete(request.bucket, request.key)
    if reply.status != 204:
        raise _refusal(reply)
    return Answer(204)


def _check_digest(given: str | None, body: bytes) -> None:
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    if given is not None and given != base64.b64encode(digest).decode():
        raise OssError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")


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


def _headers_of(reply: Reply) -> dict[str, str]:
    headers = {name.title(): reply.headers[name] for name in BROUGHT_BACK if name in reply.headers}
    for name, value in reply.headers.items():
        if name.startswith("x-amz-meta-"):
            headers["x-oss-meta-" + name.removeprefix("x-amz-meta-")] = value
    if "etag" in reply.headers:
        headers["ETag"] = reply.headers["etag"].upper()
    headers.update(_version_of(reply))
    return {**headers, "x-oss-object-type": "Normal", "x-oss-storage-class": "Standard"}


def _version_of(reply: Reply) -> dict[str, str]:
    version_id = reply.headers.get(VERSION_ID)
    return {"x-oss-version-id": version_id} if version_id else {}


def _already_exists() -> OssError:
    return OssError(409, "FileAlreadyExists", "The object you specified already exists.")


def _refusal(reply: Reply) -> OssError:
    if reply.error_code == "NoSuchKey":
        return no_such_key()
    if reply.status == 412 and reply.error_code == "PreconditionFailed":
        return OssError(412, "PreconditionFailed", "At least one condition did not hold.")
    return OssError(reply.status, reply.error_code or "InternalError", "moto refused it.")
