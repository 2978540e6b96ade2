"""What conditions let go is deleted, and what cannot be judged stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployment import BUCKET, Clock, hurried, no_pauses, sum_of
from localcloud.faults import Before, Refuse, ShortPage
from localcloud.moto_store import Traits

if TYPE_CHECKING:
    from deployment import Deployment
    from localcloud.arrivals import Request

DAY = 86_400


def fill(deployment: Deployment, ago: float, traits: Traits, *keys: str) -> None:
    """Put objects there that were written so many days ago."""
    oss = deployment.oss
    oss.fill(BUCKET, keys, oss.now() - ago * DAY, traits)


def test_objects_of_other_classes_stay(deployment: Deployment) -> None:
    """They are counted by that reason."""
    fill(deployment, 1, Traits("IA"), "a/1", "a/3")
    fill(deployment, 1, Traits("ColdArchive", transitioned=deployment.oss.now()), "a/2")
    fill(deployment, 1, Traits("Standard"), "a/4", "a/5")

    answer = deployment.send({"prefix": "a/", "only": {"storage_class": ["IA", "ColdArchive"]}})

    assert deployment.keys() == ["a/4", "a/5"]
    assert answer["skipped_because"] == {"another storage class": 2}
    assert answer["status"] == "done"


def test_objects_that_would_be_billed_for_days_to_come_stay(deployment: Deployment) -> None:
    """Those days count from the last modification, or from a rule's transition to a cold class."""
    now = deployment.oss.now()
    fill(deployment, 0.1, Traits("Standard"), "standard")
    fill(deployment, 31, Traits("IA"), "ia-31")
    fill(deployment, 29, Traits("IA"), "ia-29")
    fill(deployment, 181, Traits("ColdArchive"), "cold-181")
    fill(deployment, 500, Traits("ColdArchive", now - 181 * DAY), "cold-moved-181")
    fill(deployment, 500, Traits("ColdArchive", now - 179 * DAY), "cold-moved-179")
    fill(deployment, 61, Traits("Archive", now), "archive-61")
    fill(deployment, 500, Traits("Colder"), "unknown")
    order = {"everything": True, "confirm": BUCKET, "only": {"skip_early_delete": True}}

    answer = deployment.send(order)

    assert deployment.keys() == ["cold-moved-179", "ia-29", "unknown"]
    assert answer["skipped_because"] == {
        "short of its minimum storage time": 2,
        "conditions could not be judged": 1,
    }


def test_a_named_key_is_judged_by_its_class(deployment: Deployment) -> None:
    """The look at it tells the class as any listing does."""
    fill(deployment, 1, Traits("IA"), "a")
    fill(deployment, 1, Traits("Archive"), "b")

    answer = deployment.send({"keys": ["a", "b"], "only": {"storage_class": "Archive"}})

    assert deployment.keys() == ["a"]
    assert answer["requests_made"]["list"] == 2


def test_a_thousand_named_keys_side_by_side_are_looked_at_in_one_listing(
    deployment: Deployment,
) -> None:
    """And the answer says so; one that lies elsewhere costs a look of its own."""
    keys = [f"logs/{number:04}" for number in range(1000)]
    fill(deployment, 40, Traits(), *keys[:999], "other")
    fill(deployment, 1, Traits(), keys[999])
    only = {"older_than": "30d"}

    answer = deployment.send({"keys": [*keys[::-1], "other"], "only": only})

    assert deployment.keys() == ["logs/0999"]
    assert (answer["status"], answer["deleted"], answer["skipped"]) == ("done", 1000, 1)
    assert answer["requests_made"]["list"] == 2


TAGGED = Traits(tags={"tier": "temporary", "team": "a"})


def test_objects_with_other_tags_stay(deployment: Deployment) -> None:
    """All of the tags have to be there, and to know them takes a request an object."""
    fill(deployment, 1, TAGGED, "a/1", "a/3")
    fill(deployment, 1, Traits(tags={"tier": "temporary"}), "a/2")
    fill(deployment, 1, Traits(), "a/4")
    only = {"tags": {"team": "a", "tier": "temporary"}}

    answer = deployment.send({"prefix": "a/", "only": only})

    assert deployment.keys() == ["a/2", "a/4"]
    assert answer["skipped_because"] == {"other tags": 2}
    assert answer["requests_made"] == {
        "list": 1,
        "batch_delete": 1,
        "delete": 0,
        "throttled": 0,
        "tags": 4,
    }


def test_tags_are_asked_for_last(deployment: Deployment) -> None:
    """What another condition keeps costs no request."""
    fill(deployment, 1, TAGGED, *(f"a/{number}.log" for number in range(3)))
    fill(deployment, 1, TAGGED, *(f"a/{number}.txt" for number in range(50)))
    only = {"tags": {"team": "a"}, "match": "*.log"}

    answer = deployment.send({"prefix": "a/", "only": only})

    assert (answer["deleted"], answer["requests_made"]["tags"]) == (3, 3)


def test_a_dry_run_asks_for_tags(deployment: Deployment) -> None:
    """It counts what would go."""
    fill(deployment, 1, TAGGED, "a/1")
    fill(deployment, 1, Traits(), "a/2")

    answer = deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}, "dry_run": True})

    assert (answer["remaining"], answer["skipped"]) == (1, 1)


def test_a_named_key_is_judged_by_its_tags(deployment: Deployment) -> None:
    """A look at the key comes first."""
    fill(deployment, 1, TAGGED, "a")
    fill(deployment, 1, Traits(), "b")

    answer = deployment.send({"keys": ["a", "b", "c"], "only": {"tags": {"team": "a"}}})

    assert deployment.keys() == ["b"]
    assert answer["skipped_because"] == {"other tags": 1, "gone before its turn came": 1}
    assert (answer["requests_made"]["list"], answer["requests_made"]["tags"]) == (3, 2)


def test_a_directory_is_judged_by_its_tags_as_well(deployment: Deployment) -> None:
    """In the look at it that comes last."""
    fill(deployment, 1, TAGGED, "a/", "b/", "b/1")
    fill(deployment, 1, Traits(), "a/1", "c/")

    deployment.send({"directory": ["a", "b", "c"], "only": {"tags": {"team": "a"}}})

    assert deployment.keys() == ["a/1", "c/"]


def test_an_object_whose_tags_alone_cannot_be_told_keeps_no_other(deployment: Deployment) -> None:
    """OSS tells those of all others meanwhile, so there is no outage to wait for."""
    fill(deployment, 1, TAGGED, *(f"a/{number}" for number in range(10)))
    deployment.oss.misbehave(
        Refuse(500, "InternalError", operation="tags", keys=lambda key: key == "a/5")
    )

    answer = deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})

    assert (answer["status"], deployment.keys()) == ("done", ["a/5"])
    assert answer["skipped_because"] == {"tags could not be read, InternalError": 1}


def test_an_object_whose_tags_cannot_be_read_stays(deployment: Deployment) -> None:
    """It is counted by what OSS says to that."""
    fill(deployment, 1, TAGGED, "a/1", "a/2")
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="tags", times=1))

    answer = deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})

    assert len(deployment.keys()) == 1
    assert answer["skipped_because"] == {"tags could not be read, AccessDenied": 1}
    assert (answer["status"], answer["deleted"]) == ("done", 1)
    assert answer["errors"] == {"AccessDenied": 1}
    (note,) = answer["notes"]
    assert note.startswith("tags could not be read (AccessDenied), and the objects stay")
    assert "oss:GetObjectTagging" in note


def test_a_job_stops_where_no_tags_can_be_read(deployment: Deployment) -> None:
    """After the first fifty looks; once they are allowed, the rest goes."""
    oss = deployment.oss
    fill(deployment, 1, TAGGED, *(f"a/{number:03}" for number in range(200)), "a/z/")
    oss.misbehave(Refuse(403, "AccessDenied", operation="tags", keys=lambda key: key != "a/z/"))
    deployment.set(in_flight="4")
    order = {"directory": ["a", "a/z"], "only": {"tags": {"team": "a"}}}

    answer = deployment.send(order)

    assert (answer["status"], answer["deleted"], answer["skipped"]) == ("stopped", 0, 0)
    assert answer["reason"].startswith(
        "OSS answered AccessDenied to all of the first 50 looks at tags: "
    )
    assert "oss:GetObjectTagging" in answer["reason"]
    assert 50 <= answer["errors"]["AccessDenied"] == answer["requests_made"]["tags"] < 60
    assert answer["listed"] == sum_of(answer)

    oss.behave()
    last = deployment.send(answer["continuation"])

    assert (last["status"], last["deleted"], deployment.keys()) == ("done", 201, [])


def test_a_job_goes_on_where_the_tags_of_anything_can_be_read(deployment: Deployment) -> None:
    """A policy may be about one directory alone; what lies there stays."""
    fill(deployment, 1, TAGGED, "a", *(f"b/{number:03}" for number in range(70)), "c")
    deployment.oss.misbehave(
        Refuse(403, "AccessDenied", operation="tags", keys=lambda key: key.startswith("b/"))
    )
    deployment.set(in_flight="1")

    answer = deployment.send(
        {"everything": True, "confirm": BUCKET, "only": {"tags": {"team": "a"}}}
    )

    assert (answer["status"], answer["deleted"]) == ("done", 2)
    assert answer["skipped_because"] == {"tags could not be read, AccessDenied": 70}
    assert answer["errors"] == {"AccessDenied": 70}


def test_tags_that_an_earlier_invocation_was_told_let_a_job_go_on(deployment: Deployment) -> None:
    """The stop is the job's: an invocation that meets nothing but refusals is no reason for one."""
    keys = [f"a/{number:04}" for number in range(500)]
    fill(deployment, 1, TAGGED, *keys)
    hurried(deployment, 3, tags=0.005)
    answers = [deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})]
    left = len(deployment.keys())
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="tags"))

    while answers[-1]["continuation"] is not None:
        answers.append(deployment.send(answers[-1]["continuation"]))

    assert answers[-1]["status"] == "done"
    assert 0 < left < 500
    assert answers[-1]["skipped_because"] == {"tags could not be read, AccessDenied": left}


def test_looks_at_tags_go_as_fast_as_quotas_let_them(deployment: Deployment) -> None:
    """A refusal slows them down as it does deletions, and loses nothing."""
    fill(deployment, 1, TAGGED, *(f"a/{number}" for number in range(20)))
    deployment.oss.misbehave(Refuse(503, "PartitionQpsLimitted", operation="tags", times=3))

    answer = deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})

    assert (answer["status"], answer["deleted"]) == ("done", 20)
    assert (answer["requests_made"]["throttled"], answer["requests_made"]["tags"]) == (3, 23)


def test_an_outage_leaves_what_waits_for_its_tags_to_be_done(deployment: Deployment) -> None:
    """Attempts that are over do not tell that an object has other tags."""
    fill(deployment, 1, TAGGED, "a/1", "a/2")
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="tags"))

    answer = deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})

    assert (answer["status"], answer["skipped"], answer["deleted"]) == ("stopped", 0, 0)
    assert answer["continuation"] is not None
    assert answer["reason"].startswith("a look at tags failed: InternalError")


def test_a_key_that_no_url_carries_has_no_tags_to_read(deployment: Deployment) -> None:
    """A request for the tags of `..` would be answered with the bucket's."""
    fill(deployment, 1, TAGGED, ".", "..", "a")
    order = {"everything": True, "confirm": BUCKET, "only": {"tags": {"team": "a"}}}

    answer = deployment.send(order)

    assert deployment.keys() == [".", ".."]
    assert answer["skipped_because"] == {"conditions could not be judged": 2}


def test_tags_that_change_while_a_deletion_waits_keep_an_object(deployment: Deployment) -> None:
    """A batch that is tried again later asks for them once more."""
    oss, clock = deployment.oss, Clock()
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    fill(deployment, 1, TAGGED, "a/1", "a/2", "a/3")

    def change(_: Request) -> None:
        clock.now += 6
        oss.fill(BUCKET, ["a/2"], oss.now() - DAY, Traits())

    oss.misbehave(Before("batch_delete", change, times=1))
    oss.misbehave(Refuse(500, "InternalError", operation="batch_delete", times=1))

    answer = deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})

    assert deployment.keys() == ["a/2"]
    assert answer["skipped_because"] == {"other tags": 1}


def test_a_class_that_changes_while_a_deletion_waits_keeps_an_object(
    deployment: Deployment,
) -> None:
    """A lifecycle rule moves an object without writing it."""
    oss, clock = deployment.oss, Clock()
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    fill(deployment, 90, Traits("Archive"), "a/1", "a/2", "a/3")

    def change(_: Request) -> None:
        clock.now += 6
        oss.fill(BUCKET, ["a/2"], oss.now() - 90 * DAY, Traits("ColdArchive", oss.now()))

    oss.misbehave(Before("batch_delete", change, times=1))
    oss.misbehave(Refuse(500, "InternalError", operation="batch_delete", times=1))

    answer = deployment.send({"prefix": "a/", "only": {"skip_early_delete": True}})

    assert deployment.keys() == ["a/2"]
    assert answer["skipped_because"] == {"short of its minimum storage time": 1}


def test_a_ceiling_counts_what_tags_let_go(deployment: Deployment) -> None:
    """What stays for its tags takes no room."""
    keys = [f"a/{number:04}" for number in range(1500)]
    fill(deployment, 1, Traits(), *keys)
    fill(deployment, 1, TAGGED, *keys[400::100])

    answer = deployment.send(
        {"prefix": "a/", "only": {"tags": {"team": "a"}}, "limits": {"objects": 5}}
    )

    assert (answer["status"], answer["deleted"]) == ("stopped", 5)
    assert len(deployment.keys()) == 1495


def test_tags_hold_over_continuations(deployment: Deployment) -> None:
    """Each key is counted once."""
    keys = [f"a/{number:04}" for number in range(600)]
    fill(deployment, 1, TAGGED, *keys[::2])
    fill(deployment, 1, Traits(), *keys[1::2])
    hurried(deployment, 3, tags=0.005)

    answers = [deployment.send({"prefix": "a/", "only": {"tags": {"team": "a"}}})]
    while answers[-1]["continuation"] is not None:
        answers.append(deployment.send(answers[-1]["continuation"]))

    assert deployment.keys() == keys[1::2]
    assert (answers[-1]["status"], len(answers) > 1) == ("done", True)
    assert answers[-1]["skipped_because"]["other tags"] == 300
    assert answers[-1]["listed"] == sum_of(answers[-1])


def test_the_latest_of_each_directory_stay(deployment: Deployment) -> None:
    """By their last modification, and each directory for itself."""
    for day in range(1, 6):
        fill(deployment, day, Traits(), f"a/{day}", f"a/b/{day}", f"c-{day}")
    fill(deployment, 9, Traits(), "a/", "a/b/")
    order = {"everything": True, "confirm": BUCKET, "only": {"keep_latest": 2}}

    answer = deployment.send(order)

    assert deployment.keys() == ["a/", "a/1", "a/2", "a/b/", "a/b/1", "a/b/2", "c-1", "c-2"]
    assert answer["skipped_because"] == {
        "among the latest of its directory": 6,
        "marker of a directory whose latest stay": 2,
    }
    assert answer["requests_made"]["list"] == 1


def test_the_latest_are_of_those_that_were_there_and_whose_names_match(
    deployment: Deployment,
) -> None:
    """Those that are too young to go count, too; what comes meanwhile does not."""
    for day in range(1, 7):
        fill(deployment, day, Traits(), f"a/{day}.log", f"a/{day}.txt")
    deployment.oss.fill(BUCKET, ["a/future.log"], deployment.oss.now() + 60)
    only = {"keep_latest": 4, "older_than": "60h", "match": "*.log"}

    deployment.send({"directory": "a", "only": only})

    there = deployment.keys()
    assert [key for key in there if key.endswith(".log")] == [
        "a/1.log",
        "a/2.log",
        "a/3.log",
        "a/4.log",
        "a/future.log",
    ]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_large_directory_keeps_its_latest_over_continuations(
    deployment: Deployment, dry_run: bool
) -> None:
    """However ranges are cut, each invocation comes to the same."""
    oss = deployment.oss
    keys = [f"a/{number:05}" for number in range(6500)]
    for part in range(10):
        oss.fill(BUCKET, keys[part::10], oss.now() - (part + 1) * DAY)
    oss.fill(BUCKET, [f"a/{number:05}/x" for number in range(0, 6500, 100)])
    stay = [*keys[-10::-10], keys[-9]][:651]
    hurried(deployment, 6, list=0.1, batch_delete=1)
    order = {"prefix": "a/0", "only": {"keep_latest": 651}, "dry_run": dry_run}

    answers = [deployment.send(order)]
    while answers[-1]["continuation"] is not None:
        answers.append(deployment.send(answers[-1]["continuation"]))

    there = deployment.keys()
    left = [key for key in there if not key.endswith("/x")]
    assert left == (keys if dry_run else sorted(stay))
    assert answers[-1]["skipped"] == 651 + 65
    assert answers[-1]["listed"] == 6565 == sum_of(answers[-1])
    assert len(answers) > 1 or dry_run


@pytest.mark.parametrize("page", [1000, 7, 1])
def test_names_that_are_not_utf_8_hide_none_of_the_latest(
    deployment: Deployment, page: int
) -> None:
    """Be they keys or directories, and wherever a page ends."""
    keys = [f"a/{number:02}" for number in range(30)]
    for number, key in enumerate(keys):
        fill(
            deployment, 50 - number % 20, Traits(), key, f"a/{number:02}\udcff/x", f"a/{key}\udcff"
        )
    deployment.oss.misbehave(ShortPage(page, operation="list"))

    answer = deployment.send({"prefix": "a/", "only": {"keep_latest": 2}})

    there = deployment.keys()
    assert [key for key in there if key.isascii() and key.count("/") == 1] == ["a/18", "a/19"]
    assert answer["skipped_because"]["among the latest of its directory"] == 2
    assert answer["listed"] == sum_of(answer)
