"""Clients of the local OSS as tests hold them: oss2, the vendor's second SDK, and bare HTTP."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import alibabacloud_oss_v2
import oss2

from localcloud.oss import LocalOss
from localcloud.signature import Credentials


@dataclass(frozen=True)
class Response:
    """What came back over bare HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Reading(oss2.Session):  # type: ignore[misc] # oss2 has no types
    """
    oss2's session, which reads to its end what has no body.

    oss2 does not, so that the connection is the garbage collector's, who warns of it at any time.
    """

    def do_request(self, req: Any, timeout: Any) -> Any:
        answer = super().do_request(req, timeout)
        if req.method == "HEAD" or answer.headers.get("Content-Length", "0") == "0":
            answer.read()
        return answer


def oss2_bucket(oss: LocalOss, bucket: str, credentials: Credentials | None = None) -> oss2.Bucket:
    """oss2 as it is, signing with V4; with the permanent key if no other is given."""
    own = credentials or oss.credentials
    provider = oss2.credentials.StaticCredentialsProvider(
        own.access_key_id, own.access_key_secret, own.security_token
    )
    auth = oss2.ProviderAuthV4(provider)
    return oss2.Bucket(auth, oss.endpoint, bucket, session=Reading(), region=oss.region)


def sdk_v2(oss: LocalOss) -> alibabacloud_oss_v2.Client:
    """The vendor's second SDK, which asks once and does not retry."""
    own = oss.credentials
    provider = alibabacloud_oss_v2.credentials.StaticCredentialsProvider(
        own.access_key_id, own.access_key_secret
    )
    return alibabacloud_oss_v2.Client(
        alibabacloud_oss_v2.Config(
            region=oss.region,
            endpoint=oss.endpoint,
            credentials_provider=provider,
            use_path_style=True,
            retry_max_attempts=1,
        )
    )


def signed_call(  # noqa: PLR0913 a request has as many parts
    oss: LocalOss,
    method: str,
    bucket: str,
    key: str = "",
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: float = 20,
) -> Response:
    """One request on its own connection, signed by oss2 and sent exactly as given."""
    request = oss2.http.Request(
        method, oss.endpoint, params=dict(query or {}), headers=headers, region=oss.region
    )
    request.product = "oss"
    oss2.AuthV4(oss.credentials.access_key_id, oss.credentials.access_key_secret)._sign_request(  # noqa: SLF001 oss2 signs nothing but its own requests otherwise
        request, bucket, key
    )
    sent = {name: value for name, value in request.headers.items() if value is not None}
    path = f"/{bucket}/{quote(key, safe='')}"
    target = f"{path}?{urlencode(request.params)}"
    return call(oss, method, target, headers=sent, body=body, timeout=timeout)


def call(  # noqa: PLR0913 as above
    oss: LocalOss,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: float = 20,
) -> Response:
    """One request on its own connection, not signed, its target sent as given."""
    connection = http.client.HTTPConnection(oss.endpoint.removeprefix("http://"), timeout=timeout)
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        response = connection.getresponse()
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, answered, response.read())
    finally:
        connection.close()
