"""What stands for OSS in tests says what OSS says: each statement is made of all that do."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import oss2
import pytest

from deployment import BUCKET, no_pauses
from localcloud.clients import oss2_bucket
from localcloud.faults import Refuse, ShortPage, Withhold
from localcloud.moto_store import MotoStore
from localcloud.oss import LocalOss
from localcloud.quick import QuickStore
from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.engine.throttle import Throttle
from ossweep.errors import Closed
from ossweep.objects import Fates, Shown
from ossweep.store import Credentials, connect
from unit.memory import Bucket, MemoryStore
from unit.state_objects import MemoryStateObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ossweep.store import OssStore

KEYS = [*(f"a/{number}" for number in range(7)), "b/", "b/1", "other"]
DENIED = "a/3"
PAGE = 3


def opened(oss: LocalOss, gate: Gate) -> OssStore:
    own, world = oss.credentials, no_pauses()
    return connect(
        BUCKET,
        endpoint=oss.endpoint,
        region=oss.region,
        credentials=Credentials(own.access_key_id, own.access_key_secret),
        gate=gate,
        world=world,
        connections=4,
    )


@dataclass
class Asked:
    """The store of a sweep, whoever stands for OSS behind it."""

    store: Any

    def pages(self, prefix: str, after: str = "") -> list[tuple[list[str], bool]]:
        return [(list(page.keys), more) for page, more in self.store.pages(prefix, after)]

    def keys(self, prefix: str = "", after: str = "") -> list[str]:
        return [key for keys, _ in self.pages(prefix, after) for key in keys]

    def delete(self, *keys: str) -> Fates:
        throttle = Throttle(time.monotonic, lambda low, _: low, 1, None)
        ticket = throttle.start(throttle.lane(), len(keys))
        answer: Fates = self.store.delete(list(keys), ticket, Shown(int(time.time())))
        return answer


@dataclass
class Stand:
    """Opens a store on a bucket that holds `KEYS`, of which one is denied."""

    oss: LocalOss
    in_memory: bool

    def open(self, *, tree: bool = False, versioning: str = "", seconds: float = 60.0) -> Asked:
        gate = Gate(Budget(seconds, time.monotonic))
        if self.in_memory:
            denied = frozenset({DENIED})
            bucket = Bucket.of(KEYS, denied=denied, page=PAGE, tree=tree, versioning=versioning)
            return Asked(MemoryStore(bucket, gate))
        self.oss.fill(BUCKET, dict.fromkeys(KEYS, 10))
        self.oss.misbehave(ShortPage(PAGE, operation="list"))
        self.oss.misbehave(Withhold({DENIED}))
        self.oss.misbehave(Refuse(409, "FileImmutable", "No.", {DENIED}, operation="delete"))
        if tree:
            self.oss.make_hierarchical(BUCKET)
        if versioning:
            self.oss.enable_versioning(BUCKET)
        return Asked(opened(self.oss, gate))


@pytest.fixture(params=["in memory", "local OSS"])
def stand(request: pytest.FixtureRequest, oss: LocalOss) -> Stand:
    """Each that stands for OSS."""
    return Stand(oss, request.param == "in memory")


def test_borders_are_the_directories_behind_a_key(stand: Stand) -> None:
    """Each ends in a slash, and they are in order; objects beside them are left out."""
    store = stand.open().store

    assert store.borders("", "") == (["a/", "b/"], "")
    assert store.borders("a/", "")[0] == []


def test_pages_come_in_order_and_say_whether_there_are_more(stand: Stand) -> None:
    """None is longer than it may be, and the last one, which may be empty, ends it."""
    pages = stand.open().pages("a/")

    assert [key for keys, _ in pages for key in keys] == KEYS[:7]
    assert all(len(keys) <= PAGE for keys, _ in pages)
    assert [more for _, more in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.parametrize(
    ("prefix", "after", "keys"),
    [
        ("", "", KEYS),
        ("a/", "a/4", ["a/5", "a/6"]),
        ("a/", "a/44", ["a/5", "a/6"]),
        ("a/", "b", []),
        ("b/", "a/4", ["b/", "b/1"]),
        ("b/", "b/", ["b/1"]),
        ("b", "", ["b/", "b/1"]),
        ("none", "", []),
    ],
)
def test_a_listing_begins_behind_its_marker(
    stand: Stand, prefix: str, after: str, keys: list[str]
) -> None:
    """Whether that is there, or lies below the prefix, or not; a prefix is any text."""
    assert stand.open().keys(prefix, after) == keys


def test_a_prefix_without_keys_is_one_empty_page(stand: Stand) -> None:
    """It is said once that there is nothing."""
    assert stand.open().pages("none") == [([], False)]


def test_a_key_is_found_or_is_not_there(stand: Stand) -> None:
    """As a listing shows it; one that begins like it is another one."""
    store = stand.open().store
    found = store.find("a/4")

    assert (found.key, found.size) == ("a/4", 10)
    assert store.find("a") is None


def test_a_missing_object_counts_as_deleted(stand: Stand) -> None:
    """OSS names it in its answer."""
    store = stand.open()
    answer = store.delete("a/1", "a/none", "a/2")

    assert answer.deleted == {"a/1", "a/none", "a/2"}
    assert answer.failed == ()
    assert store.keys("a/") == ["a/0", *KEYS[3:7]]


def test_a_refused_key_fails_and_takes_no_other_with_it(stand: Stand) -> None:
    """It is asked for by itself, and so has its reason."""
    store = stand.open()
    answer = store.delete("a/2", DENIED, "a/4")

    assert answer.deleted == {"a/2", "a/4"}
    assert [(each.key, each.code) for each in answer.failed] == [(DENIED, "FileImmutable")]
    assert store.keys("a/") == ["a/0", "a/1", DENIED, "a/5", "a/6"]


def test_a_directory_goes_only_when_it_is_empty(stand: Stand) -> None:
    """Where directories are more than a habit."""
    store = stand.open(tree=True)
    full = store.delete("b/")
    empty = (store.delete("b/1"), store.delete("b/"))

    assert [(each.key, each.code) for each in full.full] == [("b/", "FileAlreadyExists")]
    assert full.deleted == frozenset()
    assert [each.deleted for each in empty] == [{"b/1"}, {"b/"}]


@pytest.mark.parametrize("status", ["", "Enabled"])
def test_a_bucket_says_whether_it_has_versions(stand: Stand, status: str) -> None:
    """In OSS's own word."""
    assert stand.open(versioning=status).store.versioning() == status


def test_no_request_is_made_once_time_is_up(stand: Stand) -> None:
    """A listing says so; a deletion is left without an answer."""
    store = stand.open(seconds=0.0)

    with pytest.raises(Closed):
        store.keys()
    assert store.delete("a/1") == Fates()


@pytest.fixture(params=["in memory", "local OSS", "with versions"])
def objects(request: pytest.FixtureRequest, oss: LocalOss) -> Any:
    """Each that keeps the state of jobs."""
    if request.param == "in memory":
        return MemoryStateObjects()
    if request.param == "with versions":
        oss.enable_versioning(BUCKET)
    return opened(oss, Gate(Budget(60.0, time.monotonic))).state_objects("state/", {})


def test_an_object_is_created_once(objects: Any) -> None:
    """A later caller is told so, and changes nothing; the creator is told so again."""
    said = [objects.create("a", lambda text=text: text) for text in (b"1", b"2", b"1")]

    assert said == [True, False, True]
    assert objects.read("a").content == b"1"


def test_a_name_may_be_the_beginning_of_another(objects: Any) -> None:
    """Each object is created for itself, and is read by its whole name."""
    assert [objects.create(name, name.encode) for name in ("ab", "a", "abc")] == [True] * 3
    assert not objects.create("a", lambda: b"2")
    assert [objects.read(name).content for name in ("a", "abc")] == [b"a", b"abc"]


def test_a_write_replaces_what_was_there(objects: Any) -> None:
    """And tells when, in whole seconds of the same clock as the time at which it is read."""
    before = int(objects.now if isinstance(objects, MemoryStateObjects) else time.time())
    assert (objects.write("a", b"1"), objects.write("a", b"2")) == (True, True)
    kept = objects.read("a")

    assert kept.content == b"2"
    assert before - 1 <= kept.written <= kept.now <= before + 60


def test_names_are_those_that_begin_so(objects: Any) -> None:
    """Sorted, whatever the order in which they were written."""
    for name in ("job/b", "job/a", "job2/a", "other"):
        objects.write(name, b"")

    assert objects.names() == ["job/a", "job/b", "job2/a", "other"]
    assert objects.names("job") == ["job/a", "job/b", "job2/a"]
    assert objects.names("job/") == ["job/a", "job/b"]
    assert objects.names("none") == []


def test_a_removed_name_is_free_again(objects: Any) -> None:
    """And a missing name counts as removed."""
    objects.write("a", b"1")
    objects.write("b", b"1")
    objects.remove(["a", "none"])

    assert (objects.read("a"), objects.names()) == (None, ["b"])
    assert objects.create("a", lambda: b"2")


def told(store: type[MotoStore]) -> list[Any]:
    """Return what a bucket answers by a store, without what differs from answer to answer."""
    said: list[Any] = []
    with LocalOss(store=store, clock=lambda: 1_800_000_000.0) as oss:
        oss.create_bucket(BUCKET)
        oss.create_bucket("versioned")
        oss.enable_versioning("versioned")
        oss.fill(BUCKET, {"sized": 12, "filled": b"text"}, 1_700_000_000)
        for bucket in (oss2_bucket(oss, BUCKET), oss2_bucket(oss, "versioned")):
            said += [_answer(call, bucket) for call in CALLS]
    return said


META = {"x-oss-meta-Colour": "blue", "Content-Type": "text/x", "Cache-Control": "no-cache"}
ONCE = {"x-oss-forbid-overwrite": "true"}
CALLS: Sequence[Callable[[Any], Any]] = (
    lambda bucket: bucket.put_object("a", b"one", headers=META),
    lambda bucket: bucket.get_object("a"),
    lambda bucket: bucket.head_object("a"),
    lambda bucket: bucket.get_object("a", byte_range=(1, 2)),
    lambda bucket: bucket.put_object("a", b"two", headers=ONCE),
    lambda bucket: bucket.put_object("a", b"three"),
    lambda bucket: bucket.get_object("a"),
    lambda bucket: bucket.put_object("b", b"", headers=ONCE),
    lambda bucket: bucket.copy_object(bucket.bucket_name, "a", "c", headers=META),
    lambda bucket: bucket.get_object("c"),
    lambda bucket: bucket.get_object("sized"),
    lambda bucket: bucket.head_object("filled"),
    lambda bucket: bucket.get_object("a", headers={"If-None-Match": '"none"'}),
    lambda bucket: bucket.get_object("none"),
    lambda bucket: bucket.head_object("none"),
    lambda bucket: bucket.delete_object("a"),
    lambda bucket: bucket.delete_object("a"),
    lambda bucket: bucket.get_object("a"),
    lambda bucket: bucket.head_object("a"),
    lambda bucket: bucket.put_object("a", b"four", headers=ONCE),
    lambda bucket: bucket.list_objects(),
    lambda bucket: bucket.batch_delete_objects(["a", "b", "none"]),
    lambda bucket: bucket.delete_bucket(),
)
# The error of a HEAD is a document, and names the request.
OF_AN_ANSWER = ("date", "x-oss-request-id", "x-oss-server-time", "x-oss-err")


def _answer(call: Callable[[Any], Any], bucket: oss2.Bucket) -> tuple[int, dict[str, str], bytes]:
    try:
        response = call(bucket).resp
        status, headers, body = response.status, response.headers, response.read()
    except oss2.exceptions.OssError as error:
        status, headers, body = error.status, error.headers, str(error.details).encode()
    kept = {name.lower(): text for name, text in headers.items()}
    request_id = kept.get("x-oss-request-id", "-").encode()
    body = re.sub(rb"127\.0\.0\.1:\d+", b"", body.replace(request_id, b""))
    shown = {name: text for name, text in kept.items() if name not in OF_AN_ANSWER}
    return status, shown, body


def test_plain_calls_are_answered_as_the_server_of_moto_answers_them() -> None:
    """Which does not look at a call that its memory has an answer for."""
    assert told(QuickStore) == told(MotoStore)
