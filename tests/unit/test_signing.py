"""What a request's signature is made of: the same as oss2 makes it of."""

from __future__ import annotations

import oss2
from hypothesis import given
from hypothesis import strategies as st
from oss2.credentials import StaticCredentialsProvider

from ossweep.store.signing import Auth

PROVIDER = StaticCredentialsProvider("id", "secret")
OURS, ITS_OWN = Auth(PROVIDER, lambda: 0.0), oss2.ProviderAuthV4(PROVIDER)
ENCODE = "_ProviderAuthV4__v4_uri_encode"


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.binary(), st.booleans())
def test_a_text_is_encoded_for_a_signature_as_oss2_does(text: str | bytes, is_path: bool) -> None:
    """OSS encodes what it was asked for in its own way, and refuses a signature of another."""
    assert getattr(OURS, ENCODE)(text, is_path) == getattr(ITS_OWN, ENCODE)(text, is_path)
