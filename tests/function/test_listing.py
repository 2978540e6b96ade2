"""A listing is taken page by page: whole, in order, and for one request a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import oss2
import pytest

from deployment import BUCKET, no_pauses
from hostile import PAGE, Server
from localcloud.faults import CutBody, Refuse, Reset
from ossweep.errors import Scope, StoreError
from ossweep.objects import Found
from ossweep.store import Bucket, Credentials, OssStore, connect
from ossweep.store.lazy import Lazy
from ossweep.store.pages import Entries

if TYPE_CHECKING:
    from localcloud.oss import LocalOss

KEYS = [f"a/{number:04}" for number in range(2500)]


class Open:
    """A gate that is open for a minute, and has no opinion."""

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: 60.0


def opened(oss: LocalOss | Server) -> OssStore:
    return connect(
        BUCKET,
        endpoint=oss.endpoint,
        region=oss.region,
        credentials=Credentials(oss.credentials.access_key_id, oss.credentials.access_key_secret),
        gate=Open(),
        world=no_pauses(),
        connections=2,
    )


def test_a_page_holds_a_thousand_keys(oss: LocalOss) -> None:
    """One request a page, and none after the last one."""
    oss.fill(BUCKET, [*KEYS, "b"])

    pages = list(opened(oss).pages("a/", ""))

    assert [list(page.keys) for page, _ in pages] == [KEYS[:1000], KEYS[1000:2000], KEYS[2000:]]
    assert oss.count("list") == 3


@pytest.mark.parametrize(
    ("number", "more"), [(999, [False]), (1000, [False]), (1001, [True, False])]
)
def test_a_page_tells_whether_there_are_more(oss: LocalOss, number: int, more: list[bool]) -> None:
    """As OSS says it; a full page may well be the last one."""
    oss.fill(BUCKET, [f"a/{each:04}" for each in range(number)])

    assert [each for _, each in opened(oss).pages("a/", "")] == more


def test_no_page_is_asked_for_before_its_turn(oss: LocalOss) -> None:
    """A caller that stops early has paid for the pages it took."""
    oss.fill(BUCKET, KEYS)

    next(opened(oss).pages("a/", ""))

    assert oss.count("list") == 1


def test_pages_begin_after_a_key(oss: LocalOss) -> None:
    """That key itself is not among them."""
    oss.fill(BUCKET, KEYS)

    ((page, _),) = opened(oss).pages("a/", "a/2497")

    assert list(page.keys) == ["a/2498", "a/2499"]


@pytest.mark.parametrize("letter", [" ", "+", "%", "&", "=", "#", "?", "/", "\r", "\u00e9", "\x00"])
def test_a_prefix_and_a_marker_may_hold_anything(oss: LocalOss, letter: str) -> None:
    """They are signed as they are, and read as they were meant."""
    keys = [f"a{letter}{number}" for number in range(3)]
    oss.fill(BUCKET, [*keys, "a", "b"])

    ((page, _),) = opened(oss).pages(f"a{letter}", keys[0])

    assert list(page.keys) == keys[1:]


def test_an_empty_bucket_is_one_empty_page(oss: LocalOss) -> None:
    """Its sums are nothing, too."""
    ((page, _),) = opened(oss).pages("a/", "")

    assert (list(page.keys), page.newest, page.bytes, list(page.objects())) == ([], 0, 0, [])


@pytest.mark.parametrize(("marker", "reaches"), [(b"a%2F5", "a/5"), (b"a%2F%FF", "")])
def test_an_empty_page_tells_where_the_next_one_begins(marker: bytes, reaches: str) -> None:
    """If there is one; a marker that is not UTF-8 is no place to go on from in words."""
    with Server() as server:
        more = PAGE % (b"<NextMarker>%s</NextMarker>" % marker)
        server.body = more.replace(b">false<", b">true<")

        page, is_truncated = next(opened(server).pages("a/", ""))

    assert (list(page.keys), page.reaches, is_truncated) == ([], reaches, True)


def test_a_page_knows_its_objects(oss: LocalOss) -> None:
    """Each by itself, the last one written, and the sum of their sizes."""
    oss.fill(BUCKET, ["a/1", "a/2"])

    ((page, _),) = opened(oss).pages("a/", "")

    first, second = page.objects()
    assert [first.key, second.key] == ["a/1", "a/2"]
    assert page.newest == max(first.modified, second.modified) > 0
    assert page.bytes == first.size + second.size
    assert list(page.objects()) == [
        Found("a/1", first.size, first.modified),
        Found("a/2", second.size, second.modified),
    ]


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(503, "ServiceUnavailable", operation="list", probability=0.5),
        CutBody(9000, operation="list", probability=0.5),
        Reset("after", operation="list", probability=0.5),
    ],
    ids=["refused", "cut", "reset"],
)
def test_a_page_tried_again_is_the_same_page(oss: LocalOss, fault: Any) -> None:
    """Nothing is lost and nothing comes twice."""
    oss.fill(BUCKET, KEYS)
    oss.misbehave(fault)

    assert [key for page, _ in opened(oss).pages("a/", "") for key in page.keys] == KEYS


def test_a_page_that_is_refused_for_good_raises(oss: LocalOss) -> None:
    """After the pages before it."""
    oss.fill(BUCKET, KEYS)
    pages = opened(oss).pages("a/", "")
    next(pages)
    oss.misbehave(Refuse(403, "AccessDenied", "No.", operation="list"))

    with pytest.raises(StoreError, match="AccessDenied") as refused:
        next(pages)

    assert refused.value.scope is Scope.KEYS


ODD = [f"d/{letter}" for letter in "%+&<>'\"\\ \u00e9\u2028\ufffd\ufffe\U0001f4a9~]"]
CONTROLS = [f"d/{chr(code)}" for code in range(0x20)]


def by_columns(oss: LocalOss) -> Bucket:
    auth = oss2.AuthV4(oss.credentials.access_key_id, oss.credentials.access_key_secret)
    return Bucket(auth, oss.endpoint, BUCKET, region=oss.region)


def test_osss_own_pages_are_read_by_columns(oss: LocalOss) -> None:
    """Whatever their keys hold, and whether or not another page follows."""
    oss.fill(BUCKET, [*ODD, *CONTROLS])

    first = by_columns(oss).list_objects(marker="", max_keys=10)
    second = by_columns(oss).list_objects(marker=first.next_marker, max_keys=1000)

    assert isinstance(first.object_list, Entries)
    assert isinstance(second.object_list, Entries)
    assert [*first.object_list.page.keys, *second.object_list.page.keys] == oss.keys(BUCKET)


def test_osss_own_answers_are_read_by_columns(oss: LocalOss) -> None:
    """Whatever the keys hold that went into the batch."""
    oss.fill(BUCKET, ODD[:-4])

    answer = by_columns(oss).batch_delete_objects(ODD[:-4])

    assert isinstance(answer.delete_versions, Lazy)
    assert answer.deleted_keys == ODD[:-4]
    assert oss.keys(BUCKET) == []


def test_an_empty_batch_is_no_request(oss: LocalOss) -> None:
    """As oss2 says."""
    with pytest.raises(oss2.exceptions.ClientError, match="key_list should not be empty"):
        by_columns(oss).batch_delete_objects([])

    assert oss.requests == []
