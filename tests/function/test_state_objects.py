"""The objects over HTTP: who creates an object, with and without versions, whatever gets lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, no_pauses
from localcloud.clients import oss2_bucket
from localcloud.faults import (
    Before,
    CutBody,
    DateShift,
    ErrorInside200,
    NoDate,
    Refuse,
    Reset,
    Withhold,
)
from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import Closed, Scope, StoreError
from ossweep.handover.continuation import seal, unseal
from ossweep.leases.records import Departure, record_of, written
from ossweep.store import Credentials, OssStateObjects, connect
from ossweep.store.deletion import ATTEMPTS
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.arrivals import Request
    from localcloud.oss import LocalOss

AT_ONCE = 8
MARK = {"x-oss-meta-ossweep": "request"}


def objects_on(oss: LocalOss, seconds: float = 60.0) -> OssStateObjects:
    """Open a objects as an invocation of its own does."""
    world = no_pauses()
    own = oss.credentials
    store = connect(
        BUCKET,
        endpoint=oss.endpoint,
        region=oss.region,
        credentials=Credentials(own.access_key_id, own.access_key_secret),
        gate=Gate(Budget(seconds, world.monotonic)),
        world=world,
        connections=AT_ONCE,
    )
    return store.state_objects("state/", MARK)


@pytest.fixture(params=["plain", "with versions"])
def objects(request: pytest.FixtureRequest, oss: LocalOss) -> OssStateObjects:
    """A objects in each kind of bucket."""
    if request.param == "with versions":
        oss.enable_versioning(BUCKET)
    return objects_on(oss)


@pytest.fixture
def versioned(oss: LocalOss) -> OssStateObjects:
    """A objects in a bucket with versions."""
    oss.enable_versioning(BUCKET)
    return objects_on(oss)


def content(objects: OssStateObjects, name: str) -> bytes | None:
    kept = objects.read(name)
    return None if kept is None else kept.content


def versions(oss: LocalOss, name: str) -> list[tuple[str, bytes]]:
    """Return ids and contents of an object's versions, the newest first."""
    bucket = oss2_bucket(oss, BUCKET)
    page = bucket.list_object_versions(f"state/{name}")
    return [
        (each.versionid, bucket.get_object(each.key, params={"versionId": each.versionid}).read())
        for each in page.versions
    ]


def everything(oss: LocalOss) -> int:
    """Return how many versions and markers the bucket holds."""
    page = oss2_bucket(oss, BUCKET).list_object_versions(max_keys=1000)
    return len(page.versions) + len(page.delete_marker)


def behind(objects: OssStateObjects, name: str, taken: bytes) -> Any:
    """Return what creates an object when someone else has looked for it and is about to."""
    first = iter([True])

    def function(request: Request) -> None:
        if request.headers.get("x-oss-forbid-overwrite") and next(first, False):
            assert objects.create(name, lambda: taken)

    return function


def test_only_one_of_many_creates_an_object(oss: LocalOss, objects: OssStateObjects) -> None:
    """All eight have found nothing there; one's content stays, and the others are told."""
    shelves = [objects, *(objects_on(oss) for _ in range(AT_ONCE - 1))]
    barrier = Barrier(AT_ONCE)
    oss.misbehave(Before("put", lambda _: barrier.wait(20)))

    def create(number: int, name: str) -> bool:
        return shelves[number].create(name, lambda: str(number).encode())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for turn in range(4):
            name = f"job/{turn}"
            won = list(pool.map(create, range(AT_ONCE), [name] * AT_ONCE))

            assert sum(won) == 1
            assert [text for _, text in versions(oss, name)] == [str(won.index(True)).encode()]
            assert content(objects, name) == str(won.index(True)).encode()


def test_only_one_of_two_creates_an_object_that_neither_has_found(
    oss: LocalOss, objects: OssStateObjects
) -> None:
    """The first to write, not the first to look."""
    oss.misbehave(Before("put", behind(objects_on(oss), "a", b"1")))

    assert not objects.create("a", lambda: b"2")
    assert content(objects, "a") == b"1"


def test_the_winners_later_write_stays_on_top(oss: LocalOss, versioned: OssStateObjects) -> None:
    """The loser takes back its own version, wherever it lies by now."""
    other = objects_on(oss)
    oss.misbehave(Before("put", behind(other, "a", b"1")))
    oss.misbehave(Before("list_versions", lambda _: other.write("a", b"1, later"), times=2))

    assert not versioned.create("a", lambda: b"2")
    assert [text for _, text in versions(oss, "a")][-2:] == [b"1, later", b"1"]
    assert content(versioned, "a") == b"1, later"


def test_an_object_that_is_removed_meanwhile_is_nobodys(
    oss: LocalOss, versioned: OssStateObjects
) -> None:
    """What its creator does not find any more it has not created."""
    other = objects_on(oss)
    oss.misbehave(Before("list_versions", lambda _: other.remove(["a"]), times=1))

    assert not versioned.create("a", lambda: b"1")
    assert (content(versioned, "a"), everything(oss)) == (None, 0)


@pytest.mark.parametrize("gone", ["by its name", "by a marker"])
def test_a_name_that_was_removed_is_free(
    oss: LocalOss, objects: OssStateObjects, gone: str
) -> None:
    """A marker, as a lifecycle's rule leaves one, is as good as a removal."""
    assert objects.create("a", lambda: b"1")
    if gone == "by its name":
        objects.remove(["a"])
    else:
        oss2_bucket(oss, BUCKET).delete_object("state/a")

    assert (content(objects, "a"), objects.names()) == (None, [])
    assert (objects.create("a", lambda: b"2"), objects_on(oss).create("a", lambda: b"3")) == (
        True,
        False,
    )
    assert content(objects, "a") == b"2"


@pytest.mark.parametrize(
    "fault",
    [Reset("after", operation="put", times=3), Reset("before", operation="put", times=3)],
    ids=["after", "before"],
)
def test_an_answer_that_is_lost_does_not_lose_the_object(
    oss: LocalOss, objects: OssStateObjects, fault: Reset
) -> None:
    """Whether the request was carried out or not."""
    oss.misbehave(fault)

    assert (objects.create("a", lambda: b"1"), objects.create("a", lambda: b"2")) == (True, False)
    assert content(objects, "a") == b"1"


def test_a_loser_without_an_answer_takes_back_all_it_wrote(
    oss: LocalOss, versioned: OssStateObjects
) -> None:
    """A version for each request that was carried out."""
    assert objects_on(oss).create("a", lambda: b"1")
    oss.misbehave(Refuse(404, "NoSuchKey", operation="get", times=1))
    oss.misbehave(Reset("after", operation="put", times=3))

    assert not versioned.create("a", lambda: b"2")
    assert [text for _, text in versions(oss, "a")] == [b"1"]


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(503, "ServiceUnavailable", times=ATTEMPTS - 1),
        CutBody(1, operation=["get", "list", "list_versions", "batch_delete"], times=3),
        ErrorInside200("InternalError", times=3),
    ],
    ids=["refused", "cut off", "an error inside"],
)
def test_a_request_is_tried_again_after_a_passing_fault(
    oss: LocalOss, objects: OssStateObjects, fault: Any
) -> None:
    """Each kind of request outlives it."""
    objects.write("b", b"0")
    done: list[Any] = []
    for do in (
        lambda: objects.create("a", lambda: b"1"),
        lambda: objects.write("a", b"2"),
        lambda: content(objects, "a"),
        objects.names,
        lambda: objects.remove(["a", "b"]),
        objects.names,
    ):
        oss.misbehave(fault)
        done.append(do())
        oss.behave()

    created, _, *others = done
    assert [created, *others] == [True, b"2", ["a", "b"], None, []]


@pytest.mark.parametrize(("faults", "is_sure"), [([], True), ([Reset("after", times=1)], False)])
def test_a_write_tells_whether_it_may_be_carried_out_once_more(
    oss: LocalOss, objects: OssStateObjects, faults: list[Reset], is_sure: bool
) -> None:
    """So it may be where a request before the last one got no answer."""
    for fault in faults:
        oss.misbehave(fault)

    assert objects.write("a", b"1") is is_sure


def test_an_object_tells_its_age_by_the_clock_of_oss(
    oss: LocalOss, objects: OssStateObjects
) -> None:
    """Whatever the clock of its reader says."""
    objects.write("a", b"1")
    written = oss2_bucket(oss, BUCKET).list_objects("state/a").object_list[0].last_modified
    oss.misbehave(DateShift(-1_000_000.0, operation="get"))

    kept = objects.read("a")

    assert kept is not None
    assert kept.written == written
    assert -1_000_002 <= kept.now - written <= -999_990


def test_a_single_date_ahead_of_time_makes_it_no_later(
    oss: LocalOss, objects: OssStateObjects
) -> None:
    """Else a holder would be taken for dead that is at work."""
    objects.write("a", b"1")
    oss.misbehave(DateShift(600, operation="get"))

    kept = objects.read("a")

    assert kept is not None
    assert objects.time_at(objects.moment()) - kept.written < 60
    assert objects.latest() - kept.written > 500


def test_state_of_any_named_keys_is_read_again(oss: LocalOss) -> None:
    """However much longer than its name a key is as JSON, and a name than its characters."""
    keys = tuple(f"{number:05}" + "\x01" * 50 + "\u6f22" * 300 for number in range(16_500))
    work = Work("job", BUCKET, keys=keys)
    objects = objects_on(oss)

    objects.write("a", written(Departure("released", seal(work), None)))
    kept = objects.read("a")

    assert kept is not None
    assert unseal(record_of(Departure, kept.content).continuation, "the state") == work


def test_an_object_without_a_time_is_no_sign_of_life(
    oss: LocalOss, objects: OssStateObjects
) -> None:
    """Its age is not guessed."""
    objects.write("a", b"1")
    oss.misbehave(NoDate(operation="get"))

    with pytest.raises(StoreError, match="OSS's answer has no Date"):
        objects.read("a")


def test_an_object_of_the_state_says_whose_it_is(oss: LocalOss, objects: OssStateObjects) -> None:
    """Triggers know it by its metadata."""
    objects.create("a", lambda: b"{}")
    objects.write("b", b"{}")

    for name in ("a", "b"):
        found = oss2_bucket(oss, BUCKET).get_object(f"state/{name}")
        said = (found.read(), found.headers["Content-Type"], found.headers["x-oss-meta-ossweep"])
        assert said == (b"{}", "application/json", "request")


def test_names_are_listed_to_the_end(oss: LocalOss, objects: OssStateObjects) -> None:
    """All pages of what begins alike, and nothing from outside the objects."""
    names = [f"job/{number:04}" for number in range(1200)]
    oss.fill(BUCKET, ["state", "state/", "state/else", "states/x", *(f"state/{n}" for n in names)])

    assert objects.names("job/") == names
    assert objects.names() == ["else", *names]
    assert objects.names("nothing") == []


def test_a_removal_leaves_nothing_behind(oss: LocalOss, objects: OssStateObjects) -> None:
    """All versions and markers, of these names alone; those that are not there are no matter."""
    oss.fill(BUCKET, [f"state/job/{number:04}" for number in range(1100)])
    for text in (b"1", b"2"):
        objects.write("job/0000", text)
        objects.write("job/0000x", text)
        objects.write("other", text)
    oss2_bucket(oss, BUCKET).delete_object("state/job/0001")

    objects.remove(objects.names("job/000"))
    objects.remove([f"job/{number:04}" for number in range(1101)])
    objects.remove([])

    assert objects.names() == ["other"]
    assert everything(oss) == len(versions(oss, "other"))


def test_a_removal_spares_what_was_hidden_before(oss: LocalOss, versioned: OssStateObjects) -> None:
    """Only the versions of the names that were asked for are deleted."""
    for name in ("a", "ab", "b"):
        versioned.write(name, b"1")
    oss2_bucket(oss, BUCKET).delete_object("state/ab")

    versioned.remove(["a", "b"])

    assert (versioned.names(), everything(oss)) == ([], 2)


def test_an_object_created_during_a_removal_stays(
    oss: LocalOss, versioned: OssStateObjects
) -> None:
    """It lies on top of the removal's marker."""
    versioned.write("a", b"1")
    other = objects_on(oss)
    oss.misbehave(Before("list_versions", lambda _: other.create("a", lambda: b"2"), times=1))

    versioned.remove(["a"])

    assert [text for _, text in versions(oss, "a")] == [b"2"]
    assert everything(oss) == 1


def test_a_removal_that_ends_half_way_shows_nothing_again(
    oss: LocalOss, versioned: OssStateObjects
) -> None:
    """What a marker hides goes before the marker."""
    versioned.write("a", b"1")

    def refuse_from_here_on(_: Request) -> None:
        if oss.count("batch_delete") == 2:
            oss.misbehave(Refuse(500, "InternalError", operation="batch_delete"))

    oss.misbehave(Before("batch_delete", refuse_from_here_on))

    with pytest.raises(StoreError, match="InternalError"):
        versioned.remove(["a"])

    assert (content(versioned, "a"), everything(oss)) == (None, 1)


def test_an_object_that_was_not_removed_is_reported(
    oss: LocalOss, objects: OssStateObjects
) -> None:
    """Its key is missing in the answer."""
    objects.write("a", b"1")
    oss.misbehave(Withhold(["state/a"]))

    with pytest.raises(StoreError, match="NotDeleted: OSS left 1 key out of its answer"):
        objects.remove(["a", "b"])


@pytest.mark.parametrize(
    "fault",
    [Refuse(403, "AccessDenied", operation="batch_delete"), Withhold(["state/a"], times=1)],
    ids=["refused", "left out"],
)
def test_versions_that_may_not_be_deleted_count_as_gone(
    oss: LocalOss, versioned: OssStateObjects, fault: Refuse | Withhold
) -> None:
    """Behind a marker, which stays as long as there is something that it hides."""
    assert versioned.create("a", lambda: b"1")
    oss.misbehave(Before("list_versions", lambda _: oss.misbehave(fault), times=1))
    versioned.remove(["a"])
    oss.behave()

    assert (content(versioned, "a"), versioned.names()) == (None, [])
    assert versioned.create("a", lambda: b"2")


def test_a_loser_that_cannot_take_back_what_it_wrote_says_so(
    oss: LocalOss, versioned: OssStateObjects
) -> None:
    """Its content hides the winner's: that is for the deployment to set right."""
    oss.misbehave(Before("put", behind(objects_on(oss), "a", b"1")))
    oss.misbehave(Refuse(403, "AccessDenied", operation="delete"))

    with pytest.raises(StoreError, match="needs oss:ListObjectVersions and oss:DeleteObj") as said:
        versioned.create("a", lambda: b"2")

    assert said.value.scope is Scope.JOB


def test_nobody_creates_anything_where_versions_are_suspended(oss: LocalOss) -> None:
    """There one version takes the place of the other, and nobody can tell who came first."""
    oss.enable_versioning(BUCKET)
    oss.suspend_versioning(BUCKET)

    with pytest.raises(StoreError, match="VersioningSuspended") as said:
        objects_on(oss).create("a", lambda: b"1")

    assert said.value.scope is Scope.JOB
    assert everything(oss) == 0


@pytest.mark.parametrize(
    ("operation", "do"),
    [
        ("get", lambda objects: objects.create("a", lambda: b"1")),
        ("put", lambda objects: objects.create("a", lambda: b"1")),
        ("put", lambda objects: objects.write("a", b"1")),
        ("get", lambda objects: objects.read("a")),
        ("list", lambda objects: objects.names()),
        ("batch_delete", lambda objects: objects.remove(["a"])),
    ],
)
def test_a_refusal_is_not_tried_again(
    oss: LocalOss, operation: str, do: Callable[[OssStateObjects], object]
) -> None:
    """It is raised as OSS says it."""
    oss.misbehave(Refuse(403, "AccessDenied", operation=operation))

    with pytest.raises(StoreError, match='AccessDenied: "Refused by the local OSS'):
        do(objects_on(oss))

    assert oss.count(operation) == 1


def test_a_bucket_that_is_not_there_is_no_empty_state(oss: LocalOss) -> None:
    """Only an object may be missing."""
    objects = objects_on(oss)
    oss2_bucket(oss, BUCKET).delete_bucket()

    with pytest.raises(StoreError, match="NoSuchBucket"):
        objects.read("a")


def test_the_state_closes_with_its_store(oss: LocalOss) -> None:
    """No request of its starts when time is up."""
    objects = objects_on(oss, seconds=0.0)

    with pytest.raises(Closed):
        objects.create("a", lambda: b"1")

    assert oss.requests == []


@pytest.mark.parametrize("name", ["a\rb", "a\x00", "\ud800"])
def test_a_name_that_xml_might_change_is_refused(oss: LocalOss, name: str) -> None:
    """It could name another object there."""
    objects = objects_on(oss)

    with pytest.raises(StoreError, match="InvalidName"):
        objects.write(name, b"")
    with pytest.raises(StoreError, match="InvalidName"):
        objects.remove([name])

    assert oss.requests == []
