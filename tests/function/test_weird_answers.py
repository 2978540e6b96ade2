"""Servers that are not OSS, or not quite: none of their answers ends an invocation midway."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from deployment import Deployment, sum_of
from hostile import ENTRY, ERROR, PAGE, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.differs


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is told what to answer."""
    with Server() as server:
        yield server


def deployed(server: Server) -> Deployment:
    return Deployment(server)  # type: ignore[arg-type] # it has what a deployment asks for


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b""),
        (200, {}, b"<html>Welcome</html>"),
        (200, {}, b"<ListBucketResult><IsTruncated>"),
        (200, {}, PAGE % b"<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>"),
        (200, {}, (PAGE % b"").replace(b"<EncodingType>url</EncodingType>", b"")),
        (200, {}, (PAGE % b"").replace(b">false<", b">true<")),
        (200, {}, PAGE % (ENTRY % b"z/outside")),
        (200, {"Date": "Fri, 13 Nov 2026 00:00:00 +99999999999999999999"}, PAGE % (ENTRY % b"a/1")),
        (200, {"Content-Length": "abc"}, PAGE % b""),
        (403, {}, b'<?xml version="1.0" encoding="GBK"?>' + ERROR),
        (403, {}, b'<?xml version="1.0" encoding="no-such"?>' + ERROR),
        (302, {"Location": "/\xff"}, b""),
        (302, {"Location": "http://127.0.0.1:9/"}, b""),
        (500, {"Content-Type": "text/html"}, b"<html>"),
    ],
)
def test_an_answer_that_is_none_of_osss_deletes_nothing(
    server: Server, status: int, headers: dict[str, str], body: bytes
) -> None:
    """The job stops and says so; nothing is raised, and no deletion is asked for."""
    server.status, server.headers, server.body = status, headers, body

    answer = deployed(server).send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"], answer["listed"]) == ("stopped", 0, sum_of(answer))
    assert set(server.methods) == {"GET"}


def test_a_server_that_answers_with_a_listing_has_told_nothing_of_versioning(
    server: Server,
) -> None:
    """It does not know the sub-resource: nobody could look."""
    server.body = server.versioning = PAGE % (ENTRY % b"a/1")

    answer = deployed(server).send({"prefix": "a/"})

    assert "no VersioningConfiguration" in answer["notes"][0]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (204, b""),
        (200, b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>"),
        *((status, b"<html>No</html>") for status in (400, 403, 404, 408, 501)),
    ],
)
@pytest.mark.parametrize("keys", [["a"], ["a", "b"]], ids=["alone", "batch"])
def test_nothing_is_deleted_by_an_answer_that_is_not_osss(
    server: Server, keys: list[str], status: int, body: bytes
) -> None:
    """A portal or a proxy says yes or no to anything: only OSS's answers have its request id."""
    server.status, server.body, server.request_id = status, body, None

    answer = deployed(server).send({"keys": keys, "null_versions": "lose"})

    assert (answer["status"], answer["deleted"], answer["failed"]) == ("unfinished", 0, 0)
    assert (answer["remaining"], answer["at_least"]) == (len(keys), True)
    assert "has no request id of OSS's" in answer["reason"]


def test_a_listing_with_a_raw_plus_deletes_nothing(server: Server) -> None:
    """The key may be `a/b c` or `a/b+c`; the answer says what was wrong."""
    server.body = PAGE % (ENTRY % b"a/b" + ENTRY % b"a/b+c")

    answer = deployed(server).send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert answer["reason"].startswith("listing failed: UnreadableKey: a listing that is URL-")
    assert '"a/b+c"' in answer["reason"]
    assert set(server.methods) == {"GET"}


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b""),
        (200, {}, b"<html>Welcome</html>"),
        (200, {}, b"<DeleteResult><Deleted><Key>other</Key></Deleted></DeleteResult>"),
        (403, {}, b'<?xml version="1.0" encoding="GBK"?>' + ERROR),
        (200, {"Content-Length": "abc"}, b"<DeleteResult/>"),
    ],
)
def test_a_deletion_that_no_answer_decides_stays_to_be_done(
    server: Server, status: int, headers: dict[str, str], body: bytes
) -> None:
    """Whatever else the answer says: nothing is confirmed, and nothing is refused."""
    server.status, server.headers, server.body = status, headers, body

    answer = deployed(server).send({"keys": ["a", "b"]})

    assert (answer["status"], answer["deleted"], answer["failed"]) == ("unfinished", 0, 0)
    assert (answer["remaining"], answer["at_least"]) == (2, True)
    assert answer["continuation"] is not None


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b" " * 1_000_000),
        ({}, PAGE % (ENTRY % b"a/1" + b" " * 10_000_000)),
        ({"Content-Length": str(10**12)}, b""),
        ({"Content-Encoding": "gzip"}, gzip.compress(PAGE % (ENTRY % b"a/1"))),
        ({}, PAGE % (ENTRY % (b"a/" + b"k" * 1022))),
        ({}, PAGE % b"".join(ENTRY % (b"a/%04d" % number) for number in range(1001))),
    ],
    ids=["white space", "large", "announced", "encoded", "long key", "many keys"],
)
def test_a_listing_that_oss_cannot_have_written_deletes_nothing(
    server: Server, headers: dict[str, str], body: bytes
) -> None:
    """The job stops and says so, and no deletion is asked for."""
    server.headers, server.body = headers, body

    answer = deployed(server).send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert answer["reason"].startswith("listing failed: ")
    assert set(server.methods) == {"GET"}
