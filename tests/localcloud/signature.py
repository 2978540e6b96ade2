"""Whether a request is signed by one of the local account's keys: V4 in the header or query, V1."""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import quote

from localcloud.answers import OssError, invalid_argument
from localcloud.arrivals import Request

ALGORITHM = "OSS4-HMAC-SHA256"
CLOCKS_MAY_DIFFER = 15 * 60
LONGEST_PRESIGNED = 7 * 24 * 3600
UNSIGNED_QUERY = ("x-oss-signature",)
ALWAYS_SIGNED = ("content-type", "content-md5")

# The query parameters a V1 signature covers; all others it leaves out.
SUBRESOURCES_OF_V1 = """
    acl uploads location cors logging website referer lifecycle delete append tagging objectMeta
    uploadId partNumber security-token position img style styleName replication cname bucketInfo
    replicationProgress replicationLocation comp qos live status vod startTime endTime symlink
    x-oss-process callback callback-var x-oss-request-payer x-oss-traffic-limit restore stat
    response-content-type response-content-language response-expires response-cache-control
    response-content-disposition response-content-encoding versions versioning versionId encryption
    policy requestPayment qosInfo asyncFetch sequential inventory inventoryId continuation-token
    worm wormId wormExtend metaQuery transferAcceleration resourceGroup objectInfo group link
"""
SUBRESOURCES = frozenset(SUBRESOURCES_OF_V1.split())


@dataclass(frozen=True)
class Credentials:
    """A key of the local account; one with a security token stands for a role's."""

    access_key_id: str
    access_key_secret: str
    security_token: str | None = None


@dataclass(frozen=True)
class Scope:
    """What a V4 signature is valid for."""

    access_key_id: str
    date: str
    region: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/oss/aliyun_v4_request"


def key_id_of(request: Request) -> str:
    """The access key that a request names, rightly or not; "" if it is not signed."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("OSS "):
        return authorization.removeprefix("OSS ").partition(":")[0]
    named = re.search(r"Credential=([^/,]*)", authorization)
    return named[1] if named else request.query.get("x-oss-credential", "").partition("/")[0]


def verify(request: Request, accounts: Iterable[Credentials], region: str, now: float) -> None:
    """Raise the refusal OSS gives by its own time where a request is not signed, or not rightly."""
    known = {account.access_key_id: account for account in accounts}
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(ALGORITHM + " "):
        _verify_v4_header(request, authorization, known, region, now)
    elif authorization.startswith("OSS "):
        _verify_v1_header(request, authorization, known, now)
    elif "x-oss-signature" in request.query:
        _verify_v4_query(request, known, region)
    else:
        raise OssError(403, "AccessDenied", "You have no right to access this object.")


def _verify_v4_header(
    request: Request,
    authorization: str,
    known: Mapping[str, Credentials],
    region: str,
    now: float,
) -> None:
    fields = dict(
        part.split("=", 1)
        for part in re.split(r",\s*", authorization.removeprefix(ALGORITHM + " "))
        if "=" in part
    )
    scope = _scope(fields.get("Credential", ""), region)
    account = _account(scope.access_key_id, known)
    signed_at = request.headers.get("x-oss-date", "")
    _refuse_skewed(_v4_time(signed_at), now)
    _refuse_other_day(scope, signed_at)
    canonical = _canonical_request(request, fields.get("AdditionalHeaders", ""))
    _compare(_v4_signature(account, scope, signed_at, canonical), fields.get("Signature", ""))
    _refuse_wrong_token(account, request.headers.get("x-oss-security-token"))


def _verify_v4_query(request: Request, known: Mapping[str, Credentials], region: str) -> None:
    query = request.query
    if query.get("x-oss-signature-version") != ALGORITHM:
        raise invalid_argument("x-oss-signature-version is not OSS4-HMAC-SHA256.")
    scope = _scope(query.get("x-oss-credential", ""), region)
    account = _account(scope.access_key_id, known)
    signed_at = query.get("x-oss-date", "")
    _refuse_expired(_v4_time(signed_at), query.get("x-oss-expires", ""))
    _refuse_other_day(scope, signed_at)
    canonical = _canonical_request(request, query.get("x-oss-additional-headers", ""))
    _compare(_v4_signature(account, scope, signed_at, canonical), query["x-oss-signature"])
    _refuse_wrong_token(account, query.get("x-oss-security-token"))


def _verify_v1_header(
    request: Request, authorization: str, known: Mapping[str, Credentials], now: float
) -> None:
    access_key_id, _, signature = authorization.removeprefix("OSS ").partition(":")
    account = _account(access_key_id, known)
    signed_at = request.headers.get("x-oss-date") or request.headers.get("date", "")
    try:
        _refuse_skewed(parsedate_to_datetime(signed_at).timestamp(), now)
    except (TypeError, ValueError):
        raise OssError(403, "AccessDenied", "The Date header is missing or invalid.") from None
    digest = hmac.new(
        account.access_key_secret.encode(), _v1_string_to_sign(request, signed_at), hashlib.sha1
    ).digest()
    _compare(base64.b64encode(digest).decode(), signature)
    _refuse_wrong_token(account, request.headers.get("x-oss-security-token"))


def _scope(credential: str, region: str) -> Scope:
    parts = credential.split("/")
    if len(parts) != 5 or parts[3:] != ["oss", "aliyun_v4_request"]:
        raise invalid_argument("The Credential of the signature is invalid.")
    scope = Scope(*parts[:3])
    if scope.region != region:
        raise invalid_argument(
            "Invalid signing region in Authorization header.", fine_code="0002-00000226"
        )
    return scope


def _account(access_key_id: str, known: Mapping[str, Credentials]) -> Credentials:
    if access_key_id not in known:
        raise OssError(
            403,
            "InvalidAccessKeyId",
            "The OSS Access Key Id you provided does not exist in our records.",
            details={"OSSAccessKeyId": access_key_id},
        )
    return known[access_key_id]


@lru_cache
def _v4_time(text: str) -> float:
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise OssError(403, "AccessDenied", "x-oss-date is missing or invalid.") from None
    return moment.timestamp()


def _refuse_other_day(scope: Scope, signed_at: str) -> None:
    if not signed_at.startswith(scope.date):
        raise invalid_argument("The date of the Credential is not that of x-oss-date.")


def _refuse_skewed(signed_at: float, now: float) -> None:
    # Clients sign by the real time, whatever clock a test has given the server; some by that one.
    if min(abs(now - signed_at), abs(time.time() - signed_at)) > CLOCKS_MAY_DIFFER:
        raise OssError(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )


def _refuse_expired(signed_at: float, expires: str) -> None:
    if not expires.isdecimal() or not 1 <= int(expires) <= LONGEST_PRESIGNED:
        raise invalid_argument("x-oss-expires is not between 1 second and 7 days.")
    now = time.time()
    if signed_at - now > CLOCKS_MAY_DIFFER or now > signed_at + int(expires):
        raise OssError(403, "AccessDenied", "Request has expired.")


def _refuse_wrong_token(account: Credentials, token: str | None) -> None:
    if (token or None) != account.security_token:
        raise OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.")


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise OssError(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
        )


def _v4_signature(account: Credentials, scope: Scope, signed_at: str, canonical: bytes) -> str:
    to_sign = f"{ALGORITHM}\n{signed_at}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = _signing_key(account.access_key_secret, scope)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


@lru_cache
def _signing_key(secret: str, scope: Scope) -> bytes:
    key = ("aliyun_v4" + secret).encode()
    for part in (scope.date, scope.region, "oss", "aliyun_v4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _canonical_request(request: Request, additional: str) -> bytes:
    also_signed = sorted(name.lower() for name in additional.split(";") if name)
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    query = "&".join(
        f"{name}={value}" if value else name
        for name, value in sorted(
            (_quoted(name), _quoted(value))
            for name, value in request.query.items()
            if name not in UNSIGNED_QUERY
        )
    )
    headers = "".join(
        f"{name}:{value}\n"
        for name, value in sorted(request.headers.items())
        if name.startswith("x-oss-") or name in ALWAYS_SIGNED or name in also_signed
    )
    payload = request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    lines = [request.method, quote(path, safe="/"), query, headers, ";".join(also_signed), payload]
    return "\n".join(lines).encode("latin-1")


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogateescape")


def _v1_string_to_sign(request: Request, date: str) -> bytes:
    headers = "".join(
        f"{name}:{value}\n"
        for name, value in sorted(request.headers.items())
        if name.startswith("x-oss-")
    )
    subresources = "&".join(
        f"{name}={value}" if value else name
        for name, value in sorted(request.query.items())
        if name in SUBRESOURCES
    )
    resource = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    if subresources:
        resource += "?" + subresources
    first_lines = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        date,
        headers,
    ]
    return "\n".join(first_lines).encode("latin-1") + resource.encode()
