"""Answers whose Date lies ahead: what was judged by it is judged anew when others tell the time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deployment import BUCKET, Clock, hurried, no_pauses
from localcloud.faults import AsTold, DateShift
from ossweep.filters.reasons import LATEST, OLDER, YOUNGER
from ossweep.objects import NEWER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment import Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault
    from localcloud.oss import LocalOss

AHEAD = DateShift(960)  # seconds: OSS would still have taken the signature
HOUR_OLD = {"older_than": "1h"}


def let_the_first_date_lie_ahead(oss: LocalOss) -> None:
    """
    Let the first listing's Date lie ahead.

    The look at the bucket is answered once the second is there, and until then nothing is deleted.
    """
    answers = iter([[AHEAD]])

    def told(request: Request) -> Sequence[Fault]:
        if request.operation == "bucket_versioning":
            assert oss.wait_for("list", 2)
        return next(answers, []) if request.operation == "list" else []

    oss.misbehave(AsTold(told))


def fill(deployment: Deployment, objects: int, seconds: int) -> None:
    """Put objects of so many seconds ago below `a/`; those of minus so many are yet to come."""
    oss = deployment.oss
    oss.fill(BUCKET, [f"a/{number:04}" for number in range(objects)], oss.now() - seconds)


def test_objects_that_a_date_ahead_made_old_enough_stay(deployment: Deployment) -> None:
    """It is judged anew before it is asked for."""
    fill(deployment, 1500, 3000)
    let_the_first_date_lie_ahead(deployment.oss)

    answer = deployment.send({"prefix": "a/", "only": HOUR_OLD})

    assert (answer["status"], answer["skipped_because"]) == ("done", {YOUNGER: 1500})


def test_named_keys_that_a_date_ahead_made_old_enough_stay(deployment: Deployment) -> None:
    """They are judged anew as well."""
    fill(deployment, 1500, 3000)
    let_the_first_date_lie_ahead(deployment.oss)

    answer = deployment.send({"keys": deployment.keys(), "only": HOUR_OLD})

    assert (answer["status"], answer["skipped_because"]) == ("done", {YOUNGER: 1500})


def test_objects_that_a_date_ahead_made_older_than_the_job_stay(deployment: Deployment) -> None:
    """Its room below a ceiling is free again."""
    fill(deployment, 1500, -60)
    let_the_first_date_lie_ahead(deployment.oss)

    answer = deployment.send({"prefix": "a/", "limits": {"objects": 1000}})

    assert (answer["status"], answer["skipped_because"]) == ("done", {NEWER: 1500})


def test_objects_that_a_date_behind_made_young_enough_stay(deployment: Deployment) -> None:
    """`newer_than` goes by the latest that the job can have begun, here and in what is left."""
    fill(deployment, 1500, 4000)
    deployment.fill("b/1")
    deployment.oss.misbehave(DateShift(-960, operation="list"))
    only = {"only": {"newer_than": "65min"}, "limits": {"objects": 1}}

    answer = deployment.send({"prefix": ["a/", "b/"], **only, "unfinished": "return"})
    # Whether the look at the bucket comes before the first page is judged is left to chance.
    if answer["status"] == "unfinished":
        answer = deployment.send(answer["continuation"])

    assert (answer["deleted"], answer["skipped_because"]) == (1, {OLDER: 1500})


def test_a_rest_is_young_enough_by_the_date_of_its_jobs_beginning(
    deployment: Deployment,
) -> None:
    """A duration is a date from then on, however long the job takes."""
    fill(deployment, 1500, 3000)
    order = {"prefix": "a/", "only": {"newer_than": "1h"}, "unfinished": "return"}
    left = hurried(deployment, 10, batch_delete=6).send(order)["continuation"]
    deployment.oss.behave()
    deployment.oss.misbehave(DateShift(7200))

    answer = deployment.send(left)

    assert left["only"]["newer_than"] is None
    assert (answer["status"], answer["deleted"], deployment.keys()) == ("done", 1500, [])


def test_an_old_batch_is_judged_by_the_date_of_the_look_at_it(deployment: Deployment) -> None:
    """Even where all answers until then had a Date ahead."""
    clock, oss = Clock(), deployment.oss
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    fill(deployment, 1500, 3000)

    def told(request: Request) -> Sequence[Fault]:
        if request.operation == "bucket_versioning":
            assert oss.wait_for("list", 2)
            clock.now += 6  # seconds: what was listed before is old
        return [AHEAD] if oss.count("list") <= 2 else []

    oss.misbehave(AsTold(told))

    answer = deployment.send({"prefix": "a/", "only": HOUR_OLD})

    assert (answer["deleted"], answer["skipped_because"]) == (0, {YOUNGER: 1500})


def test_the_latest_are_those_by_the_date_of_the_deletion(deployment: Deployment) -> None:
    """What was written after the job began is none of them, whatever the first listing's Date."""
    fill(deployment, 1500, 864_000)
    oss = deployment.oss
    oss.fill(BUCKET, ["a/0200"], oss.now() - 100)
    oss.fill(BUCKET, ["a/0100"], oss.now() + 60)
    let_the_first_date_lie_ahead(oss)

    answer = deployment.send({"prefix": "a/", "only": {"keep_latest": 1}})

    assert (answer["status"], deployment.keys()) == ("done", ["a/0100", "a/0200"])
    assert answer["skipped_because"] == {NEWER: 1, LATEST: 1}


def test_a_date_behind_keeps_nothing_from_being_too_old(deployment: Deployment) -> None:
    """Here the look at the bucket tells the time, when the listing has been judged."""
    fill(deployment, 1500, 4000)
    oss = deployment.oss

    def told(request: Request) -> Sequence[Fault]:
        if request.operation == "bucket_versioning":
            assert oss.wait_for("list", 2)
        return [DateShift(-960)] if request.operation == "list" else []

    oss.misbehave(AsTold(told))

    answer = deployment.send({"prefix": "a/", "only": {"newer_than": "65min"}})

    assert (answer["status"], answer["skipped_because"]) == ("done", {OLDER: 1500})
