"""In a bucket with a hierarchical namespace a directory goes after what is in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, hurried, sum_of
from localcloud.faults import Before, Refuse, ShortPage
from ossweep.helps import HELPS

if TYPE_CHECKING:
    from deployment import Chain, Deployment

TREE = [
    "logs/",
    *(f"logs/{directory}/" for directory in "abc"),
    *(f"logs/{directory}/{number}" for directory in "abc" for number in range(5)),
    *("logs/a/x/", "logs/a/x/y/", "logs/a/x/y/1"),
]
WIDE = [
    "logs/",
    *(f"logs/{number:02}/" for number in range(40)),
    *(f"logs/{number:02}/{each}" for number in range(40) for each in range(4)),
]
EACH_TEN = [f"logs/{number}" for number in range(4)]  # prefixes of those directories


@pytest.fixture
def hierarchical(deployment: Deployment) -> Deployment:
    """A deployment for such a bucket, which holds a tree and something beside it."""
    deployment.fill(*TREE, "other/1")
    deployment.oss.make_hierarchical(BUCKET)
    return deployment


@pytest.mark.parametrize(
    "event",
    [
        {"directory": "logs"},
        {"prefix": "logs/"},
        {"keys": TREE},
        {"keys": TREE[::-1]},
        {"prefix": "logs/a", "keys": [key for key in TREE if not key.startswith("logs/a")]},
    ],
    ids=["directory", "prefix", "keys", "keys the other way round", "both"],
)
def test_directories_go_after_what_is_in_them(
    hierarchical: Deployment, event: dict[str, Any]
) -> None:
    """However they were selected, and none of them is a failure on the way."""
    answer = hierarchical.send(event)

    assert hierarchical.keys() == ["other/1"]
    assert (answer["status"], answer["deleted"], answer["failed"]) == ("done", len(TREE), 0)
    assert answer["listed"] == sum_of(answer) == len(TREE)


def test_the_whole_bucket_is_emptied(hierarchical: Deployment) -> None:
    """Its directories, too."""
    answer = hierarchical.send({"everything": True, "confirm": BUCKET})

    assert (answer["status"], hierarchical.keys()) == ("done", [])


def test_directories_that_more_than_a_page_is_in_go_as_well(deployment: Deployment) -> None:
    """Several deletions are under way at once, and one directory's contents in several of them."""
    deployment.fill(*WIDE)
    deployment.oss.make_hierarchical(BUCKET)
    deployment.oss.misbehave(ShortPage(7, operation="list"))

    answer = deployment.send({"prefix": "logs/"})

    assert (answer["status"], answer["deleted"], deployment.keys()) == ("done", len(WIDE), [])
    assert deployment.oss.count("list") > len(WIDE) // 7


def test_a_directory_in_which_something_stays_has_failed(hierarchical: Deployment) -> None:
    """With OSS's own code, once nothing more is deleted; and so have those around it."""
    hierarchical.oss.fill(BUCKET, ["logs/b/new"], time.time() + 60)

    answer = hierarchical.send({"prefix": "logs/"})

    assert hierarchical.keys() == ["logs/", "logs/b/", "logs/b/new", "other/1"]
    assert (answer["status"], answer["failed"], answer["skipped"]) == ("incomplete", 2, 1)
    assert {(each["key"], each["code"]) for each in answer["failures"]} == {
        ("logs/", "FileAlreadyExists"),
        ("logs/b/", "FileAlreadyExists"),
    }
    assert answer["listed"] == sum_of(answer)


def test_the_cause_is_helped_and_not_the_full_directories(hierarchical: Deployment) -> None:
    """They are more, and follow from it."""
    hierarchical.oss.misbehave(Refuse(403, "AccessDenied", operation="delete", keys={"logs/b/1"}))

    answer = hierarchical.send({"prefix": "logs/"})

    assert "FileAlreadyExists 2, AccessDenied 1" in answer["reason"]
    assert answer["reason"].endswith(HELPS["AccessDenied"])


def test_a_bucket_that_does_not_tell_of_versioning_asks_for_no_permission(
    hierarchical: Deployment,
) -> None:
    """None would change it."""
    (note,) = hierarchical.send({"prefix": "logs/"})["notes"]

    assert note.startswith("this bucket does not tell whether its versioning is suspended")
    assert "oss:GetBucketVersioning" not in note


def test_a_hundred_full_directories_stop_nobody(deployment: Deployment) -> None:
    """They are refused because of their order, not because OSS refuses this job everything."""
    deployment.timeout = 600  # hundreds of requests, one after the other
    tree = [key for number in range(150) for key in (f"a/{number:03}/", f"b/{number:03}")]
    deployment.fill(*tree, *(f"a/{number:03}/x" for number in range(150)))
    deployment.oss.make_hierarchical(BUCKET)

    answer = deployment.send({"keys": [f"a/{n:03}/" for n in range(150)], "prefix": "b/"})

    assert (answer["status"], answer["failed"], answer["deleted"]) == ("incomplete", 150, 150)


def test_an_object_that_is_no_directory_is_never_tried_again(deployment: Deployment) -> None:
    """Whatever OSS means by the code there."""
    deployment.fill("a", "b")
    deployment.oss.misbehave(Refuse(409, "FileAlreadyExists", keys={"a"}))

    answer = deployment.send({"keys": ["a", "b"]})

    assert (answer["deleted"], answer["failed"], deployment.keys()) == (1, 1, ["a"])
    assert deployment.oss.count("delete") == 2  # each by itself, after the batch was refused


def test_a_directory_that_was_written_anew_meanwhile_stays(hierarchical: Deployment) -> None:
    """It is looked at once more before its turn comes."""

    def anew(_: object) -> None:
        hierarchical.oss.fill(BUCKET, ["logs/a/x/"], time.time() + 60)

    hierarchical.oss.misbehave(Before("delete", anew, times=1))

    answer = hierarchical.send({"keys": ["logs/a/x/"], "prefix": "logs/a/x/y"})

    left = [key for key in hierarchical.keys() if key.startswith("logs/a/x")]  # noqa: SIM118 - a list
    assert left == ["logs/a/x/"]
    assert (answer["status"], answer["skipped"], answer["deleted"]) == ("done", 1, 2)


def test_directories_go_last_across_invocations(deployment: Deployment) -> None:
    """They travel in the continuation, and the sums agree."""
    deployment.fill(*WIDE)
    deployment.oss.make_hierarchical(BUCKET)
    hurried(deployment, 20, delete=0.12)

    answer = deployment.send({"keys": ["logs/"], "prefix": EACH_TEN})
    held = set()
    for _ in range(30):
        if answer["continuation"] is None:
            break
        assert answer["listed"] == sum_of(answer)
        held |= {found["key"] for found in answer["continuation"]["held"]}
        answer = deployment.send(answer["continuation"])

    assert "logs/" in held
    assert (answer["status"], answer["deleted"], deployment.keys()) == ("done", len(WIDE), [])
    assert answer["listed"] == sum_of(answer) == len(WIDE)


def test_directories_of_all_parts_go_when_the_parts_have_ended(chain: Chain) -> None:
    """What one part has met may have to wait for what lies in another."""
    chain.deployment.fill(*WIDE)
    chain.deployment.oss.make_hierarchical(BUCKET)
    hurried(chain.deployment, 60, list=0.3, delete=0.03)
    chain.wait_for_a_split("delete")

    first = chain.begin({"keys": ["logs/"], "prefix": EACH_TEN, "parallel": 3})
    last = chain.to_the_end()[-1]

    assert len(first["next"]) == 3
    assert (last["status"], chain.deployment.keys()) == ("done", [])
    assert (last["deleted"], last["failed"]) == (len(WIDE), 0)
    assert last["listed"] == sum_of(last) == len(WIDE)
