"""What a request's signature is made of: the same as oss2 makes it of."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import oss2
from hypothesis import given
from hypothesis import strategies as st
from oss2.credentials import Credentials, StaticCredentialsProvider
from oss2.http import Request

from ossweep.store.signing import Auth

PROVIDER = StaticCredentialsProvider("id", "secret")
OURS, ITS_OWN = Auth(PROVIDER, lambda: 0.0), oss2.ProviderAuthV4(PROVIDER)
ENCODE = "_ProviderAuthV4__v4_uri_encode"


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.binary(), st.booleans())
def test_a_text_is_encoded_for_a_signature_as_oss2_does(text: str | bytes, is_path: bool) -> None:
    """OSS encodes what it was asked for in its own way, and refuses a signature of another."""
    assert getattr(OURS, ENCODE)(text, is_path) == getattr(ITS_OWN, ENCODE)(text, is_path)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.none() | st.just("token"))
def test_a_request_is_signed_as_oss2_does_at_the_same_time(key: str, token: str | None) -> None:
    """But for the clock, which oss2 has no way to correct."""
    provider = StaticCredentialsProvider("id", "secret", token)
    theirs, ours = (
        Request(
            "GET",
            "http://oss",
            params={"prefix": key},
            headers={"x-oss-meta": "1"},
            region="cn-hangzhou",
            product="oss",
        )
        for _ in range(2)
    )
    oss2.ProviderAuthV4(provider)._sign_request(theirs, "bucket", key)  # noqa: SLF001 - as its client does
    signed = datetime.strptime(f"{theirs.headers['x-oss-date']}+0000", "%Y%m%dT%H%M%SZ%z")

    Auth(provider, signed.timestamp)._sign_request(ours, "bucket", key)  # noqa: SLF001 - as above

    assert dict(ours.headers) == dict(theirs.headers)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 86_399, 86_400])), min_size=2))
def test_a_signature_is_by_the_secret_and_the_day_of_its_own_request(
    turns: list[tuple[str, int]],
) -> None:
    """Whatever the requests before it were signed with."""
    secrets, times = iter([secret for secret, _ in turns]), iter([time for _, time in turns])

    class Renewed:
        def get_credentials(self) -> Credentials:
            return Credentials("id", next(secrets))

    goes_on = Auth(Renewed(), lambda: next(times))

    def signed(auth: Auth) -> str:
        request = Request("GET", "http://oss", region="cn-hangzhou", product="oss")
        auth._sign_request(request, "bucket", "key")  # noqa: SLF001 - as its client does
        return str(request.headers["authorization"])

    for secret, time in turns:
        fresh = Auth(StaticCredentialsProvider("id", secret), partial(float, time))
        assert signed(goes_on) == signed(fresh)
