"""What a deployment does not allow, no event can have."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from deployment import BUCKET, Deployment, no_pauses, sum_of
from localcloud.faults import Before, DateShift, NoDate
from localcloud.oss import LocalOss
from ossweep.errors import SettingsError


def test_without_an_allow_list_every_request_is_refused(deployment: Deployment) -> None:
    """A deployment that names no bucket sweeps none."""
    deployment.set(buckets="").fill("a")

    refusal = deployment.refuse({"bucket": BUCKET, "keys": ["a"]})

    assert refusal == (
        "PolicyError: OSSWEEP_BUCKETS is not set, so no bucket may be swept; "
        "set it to the names of the buckets that may"
    )
    assert deployment.keys() == ["a"]


def test_a_star_allows_any_bucket_that_is_named(deployment: Deployment) -> None:
    """But a request must then name it."""
    deployment.set(buckets="*").fill("a")

    refusal = deployment.refuse({"keys": ["a"]})
    answer = deployment.send({"bucket": BUCKET, "keys": ["a"]})

    assert "`bucket` is missing" in refusal
    assert (answer["status"], answer["bucket"]) == ("done", BUCKET)


@pytest.mark.parametrize(
    "request_",
    [
        {"keys": [".dlsdata/a"]},
        {"keys": [".dlsdata/a", "keep/b"]},
        {"prefix": ".dlsdata/blocks"},
        {"directory": ".dlsdata"},
        {"directory": ["keep/more", ".dlsdata"]},
        {"prefix": "keep/", "keys": ["keep/a"]},
    ],
)
def test_a_request_for_protected_keys_alone_is_refused(
    deployment: Deployment, request_: dict[str, Any]
) -> None:
    """It could delete nothing, and whoever sent it should know."""
    deployment.set(protected="keep/")

    refusal = deployment.refuse(request_)

    assert "is protected: OSSWEEP_PROTECTED holds" in refusal
    assert deployment.oss.requests == []


@pytest.mark.parametrize(
    "request_",
    [
        {"everything": True, "confirm": BUCKET},
        {"prefix": ["k", ".", "a"]},
        {"directory": ["keep", "a"], "keys": ["b"]},
        {"keys": ["a/1", "b", "keep/1", ".dlsdata/1"]},
    ],
)
def test_a_request_that_contains_protected_keys_goes_around_them(
    deployment: Deployment, request_: dict[str, Any]
) -> None:
    """They are skipped, and everything else is deleted."""
    deployment.set(protected="keep/").fill("a/1", "b", "keep/1", ".dlsdata/1")

    answer = deployment.send(request_)

    assert {".dlsdata/1", "keep/1"} <= set(deployment.keys())
    assert answer["listed"] == sum_of(answer)
    assert {"protected": answer["skipped"]} == answer["skipped_because"]


def test_the_deployment_can_turn_every_request_into_a_dry_run(deployment: Deployment) -> None:
    """Whatever the request says."""
    deployment.set(dry_run="true").fill("a", "b")

    answer = deployment.send({"keys": ["a"], "dry_run": False})

    assert deployment.keys() == ["a", "b"]
    assert (answer["status"], answer["dry_run"], answer["remaining"]) == ("planned", True, 1)


def test_objects_written_during_the_sweep_are_skipped(deployment: Deployment) -> None:
    """A writer that races with the sweep loses nothing."""
    deployment.fill(*(f"a/{number:04}" for number in range(2500)))

    def write(_: object) -> None:
        # The first answer's Date is read after this, on a slow day in a later second.
        in_a_minute = deployment.oss.now() + 60
        deployment.oss.fill(BUCKET, ["a/1500-new", "a/2600-new"], in_a_minute)

    deployment.oss.misbehave(Before("batch_delete", write, times=1))
    deployment.oss.misbehave(Before("list", write, times=1))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == ["a/1500-new", "a/2600-new"]
    assert tuple(answer[name] for name in ("status", "deleted", "skipped", "skipped_because")) == (
        "done",
        2500,
        2,
        {"written after the job began": 2},
    )


def test_the_clock_is_osss_own_and_is_taken_once(deployment: Deployment) -> None:
    """Neither the function's clock nor a later answer's counts, not even in another invocation."""
    keys = [f"a/{number:04}" for number in range(1001)]
    now = deployment.oss.now()
    deployment.oss.fill(BUCKET, keys, now - 7200)
    deployment.oss.fill(BUCKET, ["a/recent"], now - 1800)
    deployment.oss.misbehave(DateShift(-3600, operation="list", times=1))
    passed = [0.0]
    deployment.world = replace(no_pauses(), monotonic=lambda: passed[0])

    def later(_: object) -> None:
        passed[0] += 30

    deployment.oss.misbehave(Before("list", later, times=1))
    first = deployment.send({"prefix": "a/"})
    answer = deployment.send(first["continuation"])

    assert deployment.keys() == ["a/recent"]
    assert (first["status"], answer["status"], answer["skipped"]) == ("unfinished", "done", 1)


def test_a_first_date_that_lies_ahead_is_put_right_by_the_next(deployment: Deployment) -> None:
    """Without a state as well: what was written since then would be deleted by it."""
    deployment.fill(*(f"a/{number:04}" for number in range(2000)))
    oss = deployment.oss
    oss.fill(BUCKET, ["a/2000"], oss.now() + 60)
    oss.misbehave(DateShift(600, operation="list", times=1))
    oss.misbehave(Before("bucket_versioning", lambda _: oss.wait_for("list", 2)))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == ["a/2000"]
    assert (answer["status"], answer["deleted"]) == ("done", 2000)


def test_a_marker_object_that_is_written_again_is_spared(deployment: Deployment) -> None:
    """It goes last, perhaps hours after the listing has shown it; so it is looked at again."""
    deployment.fill("d/", "d/1", "d/2", "d/3")
    now = deployment.oss.now()
    deployment.oss.misbehave(
        Before("batch_delete", lambda _: deployment.oss.fill(BUCKET, ["d/"], now + 60), times=1)
    )

    answer = deployment.send({"directory": "d"})

    assert deployment.keys() == ["d/"]
    assert (answer["deleted"], answer["skipped_because"]) == (
        3,
        {"written after the job began": 1},
    )


def test_an_object_of_the_clocks_own_second_is_spared() -> None:
    """Times are whole seconds: it may have been written after."""
    second = int(time.time())
    with LocalOss(clock=lambda: second + 0.5) as oss:
        oss.create_bucket(BUCKET)
        oss.fill(BUCKET, ["a/1"], second - 2)  # the invocation began a moment earlier
        oss.fill(BUCKET, ["a/2"], second)

        Deployment(oss).send({"prefix": "a/"})

        assert oss.keys(BUCKET) == ["a/2"]


def test_a_named_key_is_deleted_however_young_it_is(deployment: Deployment) -> None:
    """It was asked for by name; no listing has chosen it."""
    deployment.oss.fill(BUCKET, ["a", "b"], deployment.oss.now())

    deployment.send({"keys": ["a", "b"]})

    assert deployment.keys() == []


def test_without_osss_date_nothing_listed_is_deleted(deployment: Deployment) -> None:
    """Then nobody can tell what was written since."""
    deployment.fill("a/1")
    deployment.oss.misbehave(NoDate())

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == ["a/1"]
    assert answer["status"] == "stopped"
    assert "has no Date" in answer["reason"]


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("OSSWEEP_DRYRUN", "true"),
        ("OSSWEEP_DRY_RUN", "True"),
        ("OSSWEEP_MAX_OBJECTS", "many"),
        ("OSSWEEP_RESERVE_SECONDS", "-1"),
        ("OSSWEEP_PROTECTED", "[1]"),
        ("OSSWEEP_PROTECTED", "keep/,/data/"),
        ("OSSWEEP_ENDPOINT", "http://127.0.0.1:99999"),
        ("OSSWEEP_RAISE", "sometimes"),
        ("OSSWEEP_RULES", "{}"),
        ("OSSWEEP_HTTP", "anyone"),
        ("OSSWEEP_ENDPOINT", "http://not an endpoint"),
    ],
)
def test_a_setting_that_cannot_be_understood_refuses_everything(
    deployment: Deployment, variable: str, text: str
) -> None:
    """A mistyped OSSWEEP_DRYRUN must never delete."""
    deployment.fill("a")
    deployment.environ[variable] = text

    with pytest.raises(SettingsError, match=variable):
        deployment.send({"keys": ["a"]})

    assert deployment.keys() == ["a"]
