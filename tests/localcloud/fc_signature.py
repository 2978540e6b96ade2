"""Whether a request is signed by a known key: FC's own way (2016-08-15), or ACS3 (2023-03-30)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

from localcloud.fc_answers import FcError

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.fc_answers import Request
    from localcloud.signature import Credentials

ALGORITHM = "ACS3-HMAC-SHA256"
CLOCKS_MAY_DIFFER = 15 * 60


def verify_fc(request: Request, accounts: Collection[Credentials]) -> None:
    """Raise FcError if it is not signed as aliyun-fc2 signs."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    access_key_id, _, signature = rest.partition(":")
    if scheme != "FC" or not signature:
        raise _denied("the request is not signed")
    account = _account(access_key_id, accounts)
    headers = sorted(item for item in request.headers.items() if item[0].startswith("x-fc-"))
    lines = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        request.headers.get("date", ""),
        *(f"{name}:{value}" for name, value in headers),
        unquote(request.path),
    ]
    expected = base64.b64encode(_hmac(account, "\n".join(lines)).digest()).decode()
    _compare(expected, signature)
    _refuse_other_token(account, request.headers.get("x-fc-security-token"))
    _refuse_skewed(_date(request.headers.get("date", "")))


def verify_acs3(request: Request, accounts: Collection[Credentials]) -> None:
    """Raise FcError if it is not signed as the clients of Alibaba Cloud's OpenAPI sign."""
    payload = hashlib.sha256(request.body).hexdigest()
    account, signed = _signed_by_acs3(request, accounts, payload)
    _refuse_unsigned_headers(request, signed)
    if request.headers.get("x-acs-content-sha256") != payload:
        raise _denied("x-acs-content-sha256 is not that of the body")
    _refuse_other_token(account, request.headers.get("x-acs-security-token"))
    _refuse_skewed(_timestamp(request.headers.get("x-acs-date", "")))


def verify_trigger(request: Request, accounts: Collection[Credentials]) -> None:
    """
    Raise FcError if it is not signed as the vendor's "Configure signature authentication for HTTP
    triggers" does it: the same, but the body is not signed, nor need the host be.
    """
    account, signed = _signed_by_acs3(request, accounts, "")
    if "x-acs-date" not in signed:
        raise _denied("x-acs-date is not signed")
    _refuse_other_token(account, request.headers.get("x-acs-security-token"))
    _refuse_skewed(_timestamp(request.headers.get("x-acs-date", "")))


def _signed_by_acs3(
    request: Request, accounts: Collection[Credentials], payload: str
) -> tuple[Credentials, list[str]]:
    """Return who has signed, and which headers."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != ALGORITHM or not {"Credential", "SignedHeaders", "Signature"} <= set(fields):
        raise _denied("the request is not signed")
    account = _account(fields["Credential"], accounts)
    signed = fields["SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            request.method,
            request.path,
            _canonical_query(request.query),
            "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in sorted(signed)),
            fields["SignedHeaders"],
            payload,
        ]
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    _compare(_hmac(account, to_sign).hexdigest(), fields["Signature"])
    return account, signed


def _canonical_query(query: str) -> str:
    items = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in items)


def _refuse_unsigned_headers(request: Request, signed: Collection[str]) -> None:
    # Not those of FC itself: the vendor's Node client and Serverless Devs sign none of them.
    must_be = [name for name in request.headers if name.startswith("x-acs-")]
    if not {"host", "x-acs-date", *must_be} <= set(signed):
        raise _denied("a header that must be signed is not")


def _account(access_key_id: str, accounts: Collection[Credentials]) -> Credentials:
    for account in accounts:
        if account.access_key_id == access_key_id:
            return account
    raise FcError(403, "InvalidAccessKeyID", f"invalid access key ID '{access_key_id}'")


def _refuse_other_token(account: Credentials, token: str | None) -> None:
    if (token or None) != account.security_token:
        raise _denied("the security token is not that of the access key")


def _refuse_skewed(signed_at: float) -> None:
    if abs(time.time() - signed_at) > CLOCKS_MAY_DIFFER:
        raise _denied("the request was signed more than 15 minutes ago, or in the future")


def _date(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        raise _denied("the Date header is missing or is no date") from None


def _timestamp(text: str) -> float:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise _denied("x-acs-date is missing or is no time") from None
    return moment.timestamp()


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise FcError(
            403,
            "SignatureNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your access key and signing method",
        )


def _hmac(account: Credentials, text: str) -> hmac.HMAC:
    return hmac.new(account.access_key_secret.encode(), text.encode(), hashlib.sha256)


def _denied(reason: str) -> FcError:
    """403 is certain; which code each of these reasons has is NOT ESTABLISHED."""
    return FcError(403, "AccessDenied", reason)
