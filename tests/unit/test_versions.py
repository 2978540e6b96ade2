"""Listings of versions are looked at before they are believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import oss2
import pytest

from ossweep.errors import Scope, StoreError
from ossweep.store.bucket import Bucket
from ossweep.store.versions import Version, VersionsPage

pytestmark = pytest.mark.differs

VERSION = '<Version><Key>a%0Ab</Key><VersionId>2</VersionId><ETag>"E"</ETag></Version>'
MARKER = "<DeleteMarker><Key>a%0Ab</Key><VersionId>3</VersionId></DeleteMarker>"
OLDER = VERSION.replace("2", "1")
WHOLE = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
MORE = (
    "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    "<NextKeyMarker>a%0Ab</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker>"
)


@dataclass
class Answer:
    """An answer as oss2's session hands it on, and the session that does."""

    body: str
    status: int = 200
    request_id: str = "request"
    headers: dict[str, str] = field(default_factory=dict)

    def read(self) -> bytes:
        return self.body.encode()

    def do_request(self, request: Any, timeout: Any) -> Answer:
        return self


def page(body: str, markers: tuple[str, str] = ("", "")) -> VersionsPage:
    session = Answer(f"<ListVersionsResult>{body}</ListVersionsResult>")
    bucket = Bucket(
        oss2.AuthV4("key", "secret"),
        "http://localhost",
        "bucket",
        session=session,
        region="cn-hangzhou",
    )
    return bucket.list_versions("a", markers)


def test_versions_and_markers_come_in_their_order() -> None:
    """That is how one sees which came first."""
    read = page(WHOLE + VERSION + MARKER + OLDER)

    assert read.versions == [
        Version("a\nb", "2", '"E"', is_marker=False),
        Version("a\nb", "3", "", is_marker=True),
        Version("a\nb", "1", '"E"', is_marker=False),
    ]
    assert read.following is None


def test_a_page_tells_where_the_next_one_begins() -> None:
    """By a key and a version."""
    assert page(MORE, ("a\nb", "2")).following == ("a\nb", "1")


@pytest.mark.parametrize("markers", [("a\nb", "1"), ("b", "")])
def test_a_listing_of_versions_that_leads_nowhere_is_refused(markers: tuple[str, str]) -> None:
    """It would go on for ever."""
    with pytest.raises(StoreError, match="ListingStuck") as refused:
        page(MORE, markers)

    assert refused.value.scope is Scope.PASSING


@pytest.mark.parametrize(
    "body",
    [
        WHOLE.replace("url", "none") + VERSION,
        VERSION,
        WHOLE + VERSION.replace("VersionId", "Version"),
        WHOLE + VERSION.replace("ETag", "Tag"),
        WHOLE + VERSION.replace("%0A", "%FF"),
        MORE.replace("NextKeyMarker", "KeyMarker"),
        WHOLE + "<Version>",
    ],
)
def test_an_answer_that_is_no_listing_of_versions_is_refused(body: str) -> None:
    """Another try may bring one."""
    with pytest.raises(StoreError, match="UnreadableAnswer") as refused:
        page(body)

    assert refused.value.scope is Scope.PASSING


@pytest.mark.parametrize(
    "body", [WHOLE + VERSION.replace("%0A", "+"), MORE.replace("a%0Ab", "a+b")], ids=["key", "next"]
)
def test_a_raw_plus_in_a_listing_of_versions_ends_it(body: str) -> None:
    """OSS writes none: it may stand for a space or for itself, which are two objects."""
    with pytest.raises(StoreError, match="UnreadableKey") as refused:
        page(body)

    assert refused.value.scope is Scope.JOB
