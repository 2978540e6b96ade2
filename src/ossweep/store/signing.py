"""Signatures of requests: by this machine's clock, until OSS says that it is wrong."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import oss2

from ossweep.store.transport import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SKEWED = "RequestTimeTooSkewed"


class Auth(oss2.ProviderAuthV4):  # type: ignore[misc] # oss2 has no types
    """
    oss2's signature of version 4, by a clock that can be corrected.

    `now` tells the time in Unix seconds. Threads share it.
    """

    def __init__(self, provider: Any, now: Callable[[], float]) -> None:
        super().__init__(provider)
        self._now = now
        self._behind = 0.0  # seconds by which OSS's clock is ahead
        self._key: tuple[tuple[str, ...], bytes] = (), b""  # the last one, and what it is made of

    def correct(self, headers: Mapping[str, str]) -> None:
        """Sign by OSS's own time from now on, which an answer's Date tells if it is OSS's."""
        date = seconds_of(headers.get("Date"))
        if date is not None and headers.get("x-oss-request-id"):
            self._behind = date - self._now()

    def _sign_request(
        self, req: Any, bucket_name: str, key: str, _additional_headers: Any = None
    ) -> None:
        """Sign as oss2 2.19.1 does (`oss2/auth.py`), which looks at this machine's clock only."""
        credentials = self.credentials_provider.get_credentials()
        if credentials.get_security_token():
            req.headers["x-oss-security-token"] = credentials.get_security_token()
        moment = datetime.fromtimestamp(self._now() + self._behind, timezone.utc)
        time = moment.strftime("%Y%m%dT%H%M%SZ")
        req.headers["x-oss-date"] = time
        req.headers["x-oss-content-sha256"] = "UNSIGNED-PAYLOAD"
        # oss2 itself names no header that is to be signed beside those that always are.
        signature = self._ProviderAuthV4__make_signature(
            req, bucket_name, key, None, credentials, time
        )
        scope = self._ProviderAuthV4__get_scope(time[:8], req)
        req.headers["authorization"] = (
            f"OSS4-HMAC-SHA256 Credential={credentials.get_access_key_id()}/{scope}, "
            f"Signature={signature}"
        )

    def _ProviderAuthV4__get_signing_key(  # noqa: N802 - oss2's own name
        self, req: Any, credentials: Any, date_time: str
    ) -> bytes:
        """Return the key that oss2's method of this name makes, which stays the same for a day."""
        region = self._ProviderAuthV4__get_region(req)
        made_of = credentials.get_access_key_secret(), date_time[:8], region, req.product
        last, key = self._key
        if last != made_of:
            key = super()._ProviderAuthV4__get_signing_key(req, credentials, date_time)
            self._key = made_of, key
        return key

    def _ProviderAuthV4__v4_uri_encode(self, raw_text: str | bytes, ignoreSlashes: bool) -> str:  # noqa: N802, N803 - oss2's own names
        """Encode as oss2's method of this name does, which looks at each character by itself."""
        return quote(raw_text, safe="~/" if ignoreSlashes else "~")
