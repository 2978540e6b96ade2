"""The local Function Compute runs nothing for who does not sign, or signs wrongly."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import fc2_client, fc3_invoke, http, written
from localcloud.signature import Credentials
from refusals import refusal_of_fc2, refusal_of_fc3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = Credentials("LTAI-account", "account-secret")
ROLE = Credentials("STS.role", "role-secret", "role-token")


@pytest.fixture
def echoing(tmp_path: Path) -> Iterator[LocalFc]:
    """Deploy two functions that answer their event: one of FC 2.0, one of FC 3.0."""
    code = written(tmp_path, "def handler(event, context):\n    return event\n")
    old = Deployed("echo", ROLE, code=code, service="tests")
    new = Deployed("echo", ROLE, code=code)
    with LocalFc([old, new], credentials=ACCOUNT) as fc:
        yield fc


def signed_by_hand(fc: LocalFc, body: bytes, moment: datetime) -> tuple[str, dict[str, str]]:
    """An address and headers that are right for this body at this moment."""
    request = DaraRequest()
    request.method = "POST"
    request.pathname = "/2023-03-30/functions/echo/invocations"
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "host": fc.endpoint.removeprefix("http://"),
        "x-acs-content-sha256": digest,
        "x-acs-date": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    request.headers = headers
    headers["authorization"] = Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", digest, ACCOUNT.access_key_id, ACCOUNT.access_key_secret
    )
    return fc.endpoint + request.pathname, headers


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access_key_secret": "other"}, "SignatureNotMatch"),
        ({"access_key_id": "nobody"}, "InvalidAccessKeyID"),
        ({"security_token": "other"}, "AccessDenied"),
        ({"security_token": None}, "AccessDenied"),
    ],
)
def test_a_wrong_signature_is_refused(echoing: LocalFc, change: dict[str, Any], code: str) -> None:
    """By both APIs, with 403 and a code that each client reads from its own document."""
    wrong = replace(ROLE, **change)

    old = refusal_of_fc2(lambda: fc2_client(echoing, wrong).invoke_function("tests", "echo", b"{}"))
    new = refusal_of_fc3(lambda: fc3_invoke(echoing, "echo", b"{}", credentials=wrong))

    assert (old, new) == ((403, code), (403, code))
    assert echoing.invocations == []


@pytest.mark.parametrize(
    "path",
    [
        "/2016-08-15/services/tests/functions/echo/invocations",
        "/2023-03-30/functions/echo/invocations",
    ],
)
def test_a_missing_signature_is_refused(echoing: LocalFc, path: str) -> None:
    """An invocation is nobody's by default."""
    assert http(echoing.endpoint + path, "POST", b"{}").status == 403


def test_a_signed_request_cannot_be_changed(echoing: LocalFc) -> None:
    """FC 3.0's signature covers the body, the query, and the headers of the OpenAPI."""
    url, headers = signed_by_hand(echoing, b"{}", datetime.now(timezone.utc))

    assert http(url, "POST", b"{}", headers).status == 200
    assert http(url, "POST", b"[]", headers).document["Code"] == "SignatureNotMatch"
    assert http(url + "?qualifier=prod", "POST", b"{}", headers).status == 403
    assert http(url, "POST", b"{}", {**headers, "x-acs-version": "2023-03-30"}).status == 403


def test_headers_of_function_compute_need_no_signature(echoing: LocalFc) -> None:
    """The vendor's Node client and Serverless Devs sign none of them, and are answered."""
    url, headers = signed_by_hand(echoing, b"{}", datetime.now(timezone.utc))
    said = {**headers, "x-fc-invocation-type": "Sync", "x-fc-log-type": "None"}
    assert http(url, "POST", b"{}", said).status == 200


def test_a_signature_is_good_for_a_quarter_of_an_hour(echoing: LocalFc) -> None:
    """By both APIs."""
    an_hour_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    url, headers = signed_by_hand(echoing, b"{}", an_hour_ago)
    date = {"date": format_datetime(an_hour_ago, usegmt=True)}
    client = fc2_client(echoing)

    assert http(url, "POST", b"{}", headers).document["Code"] == "AccessDenied"
    assert refusal_of_fc2(lambda: client.invoke_function("tests", "echo", b"", date)) == (
        403,
        "AccessDenied",
    )
