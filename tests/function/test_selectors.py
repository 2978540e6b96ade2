"""What a request names is deleted, and nothing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, hurried, sum_of
from ossweep.plurals import counted

if TYPE_CHECKING:
    from deployment import Deployment

DAY = 86_400
NEIGHBOURS = ("src/", "src/a", "src/b/c", "src2/a", "src.txt", "srcs", "sr", "other")


def numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


def test_deletes_one_named_key_with_delete_object(deployment: Deployment) -> None:
    """A single key takes one DeleteObject."""
    deployment.fill("a", "ab", "b")

    answer = deployment.send({"keys": ["a"]})

    assert deployment.keys() == ["ab", "b"]
    assert answer["status"] == "done"
    assert answer["requests_made"] == {"list": 0, "batch_delete": 0, "delete": 1, "throttled": 0}


def test_deletes_many_named_keys_in_one_batch(deployment: Deployment) -> None:
    """Several keys take one DeleteMultipleObjects."""
    deployment.fill("a", "b", "c", "d")

    answer = deployment.send({"keys": ["a", "c", "d"]})

    assert deployment.keys() == ["b"]
    assert 3 == answer["deleted"] == answer["listed"]
    assert answer["requests_made"] == {"list": 0, "batch_delete": 1, "delete": 0, "throttled": 0}


def test_a_key_that_does_not_exist_is_deleted(deployment: Deployment) -> None:
    """To delete what is not there succeeds, as it does at OSS."""
    answer = deployment.send({"keys": ["a", "b"]})

    assert (answer["status"], answer["deleted"]) == ("done", 2)


def test_a_key_named_twice_is_deleted_and_counted_once(deployment: Deployment) -> None:
    """Duplicates are one key."""
    deployment.fill("a", "b")

    answer = deployment.send({"keys": ["a", "a", "b", "a"]})

    assert 2 == answer["deleted"] == answer["listed"]
    assert deployment.oss.requests[-1].keys == ("a", "b")


def test_twenty_thousand_named_keys_take_twenty_batches(deployment: Deployment) -> None:
    """A long list is cut into batches of a thousand."""
    keys = numbered("k/", 20_000)
    deployment.fill(keys[5], keys[19_999], "k/else")

    answer = deployment.send({"keys": keys})

    assert deployment.keys() == ["k/else"]
    assert (answer["deleted"], answer["requests_made"]["batch_delete"]) == (20_000, 20)


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ({"prefix": "src"}, ["other", "sr"]),
        ({"prefix": "src/"}, ["other", "sr", "src.txt", "src2/a", "srcs"]),
        ({"prefix": ["src2", "oth"]}, ["sr", "src.txt", "src/", "src/a", "src/b/c", "srcs"]),
        ({"directory": "src"}, ["other", "sr", "src.txt", "src2/a", "srcs"]),
        ({"directory": "src/"}, ["other", "sr", "src.txt", "src2/a", "srcs"]),
        ({"directory": ["src", "src2"]}, ["other", "sr", "src.txt", "srcs"]),
        ({"directory": "src/b"}, ["other", "sr", "src.txt", "src/", "src/a", "src2/a", "srcs"]),
        ({"everything": True, "confirm": BUCKET}, []),
        ({"keys": ["sr"], "prefix": "src2", "directory": "src"}, ["other", "src.txt", "srcs"]),
        ({"keys": ["src/a", "other"], "directory": "src"}, ["sr", "src.txt", "src2/a", "srcs"]),
        ({"prefix": "src", "directory": ["src", "src/b"]}, ["other", "sr"]),
        ({"prefix": "nothing-begins-so"}, sorted(NEIGHBOURS)),
    ],
)
def test_selectors_delete_their_union(
    deployment: Deployment, request_: dict[str, Any], left: list[str]
) -> None:
    """A prefix is a plain string match, a directory is the tree below it, and they add up."""
    deployment.fill(*NEIGHBOURS)

    answer = deployment.send(request_)

    assert left == deployment.keys()
    assert len(NEIGHBOURS) - len(left) == answer["deleted"] == answer["listed"] == sum_of(answer)
    assert (answer["status"], answer["continuation"]) == ("done", None)


def test_overlapping_selectors_list_nothing_twice(deployment: Deployment) -> None:
    """A prefix inside of another adds no listing, and a named key inside of one no deletion."""
    deployment.fill(*NEIGHBOURS)

    answer = deployment.send({"keys": ["src/a"], "prefix": ["src", "src2", "src/"]})

    assert answer["requests_made"] == {"list": 1, "batch_delete": 1, "delete": 0, "throttled": 0}


def test_1900_objects_cost_two_listings_and_two_deletions(deployment: Deployment) -> None:
    """Pages and batches are full, and nothing more is asked for."""
    deployment.fill(*numbered("logs/", 1900), "other")

    answer = deployment.send({"prefix": "logs/"})

    assert deployment.keys() == ["other"]
    assert answer["requests_made"] == {"list": 2, "batch_delete": 2, "delete": 0, "throttled": 0}
    assert [
        request.query["max-keys"]
        for request in deployment.oss.requests
        if request.operation == "list"
    ] == ["1000"] * 2


def test_a_small_prefix_costs_one_listing_and_one_deletion(deployment: Deployment) -> None:
    """Each is a range by itself, and none waits for another one."""
    deployment.fill(*(f"{letter}/{number}" for letter in "abcdef" for number in range(2)))

    answer = deployment.send({"prefix": [f"{letter}/" for letter in "abcde"]})

    assert deployment.keys() == ["f/0", "f/1"]
    assert answer["requests_made"] == {"list": 5, "batch_delete": 5, "delete": 0, "throttled": 0}


def test_a_directorys_marker_object_goes_last(deployment: Deployment) -> None:
    """An interrupted deletion still shows the directory."""
    deployment.fill(*numbered("src/", 1500), "src/", "src/a/", "src/a/x")

    deployment.send({"directory": "src"})

    deletions = [r.touched for r in deployment.oss.requests if r.operation != "list"]
    assert deletions[-1] == ("src/",)
    assert all("src/" not in keys for keys in deletions[:-1])


def test_bytes_are_those_of_the_deleted_objects(deployment: Deployment) -> None:
    """The sizes that the listing showed add up."""
    deployment.oss.fill(BUCKET, {"a/1": 100, "a/2": 23, "b": 1000})

    assert deployment.send({"prefix": "a/"})["bytes"] == 123


def test_a_batch_of_requests_answers_each(deployment: Deployment) -> None:
    """A list of requests is answered by a list of answers, each its own job."""
    deployment.fill("a/1", "a/2", "b", "c")

    answers = deployment.send([{"prefix": "a/"}, {"keys": ["b"]}])["answers"]

    assert deployment.keys() == ["c"]
    assert [(a["job"], a["deleted"]) for a in answers] == [("request-1", 2), ("request-2", 1)]


def test_requests_may_stand_in_an_object(deployment: Deployment) -> None:
    """`{"requests": [...]}` is a batch, too."""
    deployment.fill("a", "b")

    answers = deployment.send({"requests": [{"keys": ["b"]}]})["answers"]

    assert deployment.keys() == ["a"]
    assert [answer["status"] for answer in answers] == ["done"]


def test_a_batch_starts_only_if_every_request_in_it_is_valid(deployment: Deployment) -> None:
    """One bad request refuses the batch, before any deletion."""
    deployment.fill("a", "b")

    refusal = deployment.refuse([{"keys": ["a"]}, {"keys": ["b"], "dryrun": True}])

    assert deployment.keys() == ["a", "b"]
    assert deployment.oss.requests == []
    assert refusal == 'RequestError: request 2: there is no field "dryrun"; did you mean `dry_run`?'


def test_a_dry_run_counts_and_deletes_nothing(deployment: Deployment) -> None:
    """What would be deleted is remaining, and its bytes are counted."""
    deployment.oss.fill(BUCKET, {"a/1": 100, "a/2": 23, "a/": 0, "b": 1, "c": 1})

    answer = deployment.send({"directory": "a", "keys": ["b"], "dry_run": True})

    assert deployment.keys() == ["a/", "a/1", "a/2", "b", "c"]
    assert tuple(
        answer[name] for name in ("status", "dry_run", "listed", "deleted", "remaining", "bytes")
    ) == ("planned", True, 4, 0, 4, 124)
    made = {request.operation for request in deployment.oss.requests}
    assert not made & {"put", "batch_delete", "delete"}


@pytest.mark.parametrize("ceiling", [1, 999, 1000, 1001, 1500, 2499])
def test_a_ceiling_stops_before_the_object_after_it(deployment: Deployment, ceiling: int) -> None:
    """Exactly as many objects as allowed are deleted."""
    deployment.fill(*numbered("a/", 2500))

    answer = deployment.send({"prefix": "a/", "limits": {"objects": ceiling}})

    assert 2500 - ceiling == len(deployment.keys())
    assert ("stopped", ceiling, None) == (
        answer["status"],
        answer["deleted"],
        answer["continuation"],
    )
    allowed = counted(ceiling, "object")
    assert f"limits.objects allows {allowed}; for more, send a new request" == answer["reason"]


@pytest.mark.parametrize(
    "request_",
    [{"prefix": "a/"}, {"keys": ["a/1", "a/2", "a/3"]}, {"directory": "a"}],
)
def test_a_ceiling_that_is_just_enough_stops_nothing(
    deployment: Deployment, request_: dict[str, Any]
) -> None:
    """There is no object after the last one."""
    deployment.fill("a/1", "a/2", "a/3")

    answer = deployment.send({**request_, "limits": {"objects": 3}})

    assert (answer["status"], answer["deleted"]) == ("done", 3)


def test_a_ceiling_holds_for_named_keys_and_marker_objects(deployment: Deployment) -> None:
    """However a key was chosen, it counts."""
    deployment.fill("n1", "n2", "d/", "d/1", "e/")

    answer = deployment.send(
        {"keys": ["n1", "n2"], "directory": ["d", "e"], "limits": {"objects": 4}}
    )

    assert len(deployment.keys()) == 1
    assert (answer["status"], answer["deleted"], answer["remaining"]) == ("stopped", 4, 1)


def test_the_deployments_ceiling_and_the_orders_both_hold(deployment: Deployment) -> None:
    """The lower one stops the sweep, and is named."""
    deployment.set(max_objects="2").fill("a", "b", "c", "d")

    answer = deployment.send({"keys": ["a", "b", "c"], "limits": {"objects": 3}})

    assert deployment.keys() == ["c", "d"]
    assert answer["reason"].startswith("OSSWEEP_MAX_OBJECTS allows 2 objects; for more, raise that")


def test_a_ceiling_stops_a_dry_run_too(deployment: Deployment) -> None:
    """A dry run shows what the deletion would do."""
    deployment.fill("a/1", "a/2", "a/3")

    answer = deployment.send({"prefix": "a/", "limits": {"objects": 2}, "dry_run": True})

    assert (answer["status"], answer["remaining"]) == ("stopped", 2)


def test_a_named_key_with_conditions_is_looked_at_first(deployment: Deployment) -> None:
    """By one listing request each, and what is not as it should be stays."""
    oss = deployment.oss
    oss.fill(BUCKET, ["old.log", "old.txt"], oss.now() - 40 * DAY)
    oss.fill(BUCKET, ["new.log"], oss.now() - DAY)
    only = {"older_than": "30d", "match": "*.log"}

    answer = deployment.send({"keys": ["old.log", "old.txt", "new.log"], "only": only})

    assert deployment.keys() == ["new.log", "old.txt"]
    assert answer["skipped_because"] == {"younger than asked for": 1, "name does not match": 1}
    assert answer["requests_made"]["list"] == 3


def test_conditions_hold_over_continuations(deployment: Deployment) -> None:
    """Whatever one invocation leaves to the next is judged alike."""
    oss = deployment.oss
    keys = [f"a/{number:05}.{'log' if number % 3 else 'txt'}" for number in range(6000)]
    oss.fill(BUCKET, keys, oss.now() - 40 * DAY)
    hurried(deployment, 4, batch_delete=1)

    answer = deployment.send({"prefix": "a/", "only": {"match": "*.log"}})
    while answer["continuation"] is not None:
        answer = deployment.send(answer["continuation"])

    assert deployment.keys() == [key for key in keys if key.endswith(".txt")]
    assert (answer["status"], answer["deleted"]) == ("done", 4000)
    assert answer["skipped_because"] == {"name does not match": 2000}


def test_a_key_that_conditions_would_judge_by_two_names_is_refused(deployment: Deployment) -> None:
    """What keeps it as a key may let it go as a part of a prefix."""
    order = {"keys": ["a/1"], "prefix": "a/", "only": {"except": "**/1"}}

    assert '"a/1" in `keys` lies below' in deployment.refuse(order)
    assert "`only.except` would judge it by two names" in deployment.refuse(order)


def test_a_key_below_a_prefix_is_no_mistake_where_names_do_not_matter(
    deployment: Deployment,
) -> None:
    """It has one age, whatever selects it, and counts once."""
    oss = deployment.oss
    oss.fill(BUCKET, ["a/1", "a/2", "b"], oss.now() - 40 * DAY)

    answer = deployment.send({"keys": ["a/1", "b"], "prefix": "a/", "only": {"older_than": "1d"}})

    assert (answer["deleted"], answer["listed"]) == (3, 3)
    assert deployment.keys() == []


def test_a_job_without_conditions_leaves_no_selectors(deployment: Deployment) -> None:
    """An earlier version can go on with it, and thousands of prefixes take no room."""
    deployment.fill(*numbered("a/", 3000))
    hurried(deployment, 2, batch_delete=1)

    answer = deployment.send({"prefix": "a/"})

    assert not answer["continuation"].keys() & {"only", "selectors"}
