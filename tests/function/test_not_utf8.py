"""A key that is not UTF-8 has failed by its name, and takes none of the others with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment import BUCKET, hurried, sum_of
from localcloud.faults import AsTold, Reset, ShortPage

if TYPE_CHECKING:
    from deployment import Chain, Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

pytestmark = pytest.mark.differs

KEYS = [f"a/{number:04}" for number in range(1500)]
# Not UTF-8, with what stands for each byte that is not: before, between, behind the others, and
# a name that UTF-8 has for something else.
ODD = ["a/0700\udcff\udcfe", "a/0\udcc3", "a/\udcff\udcfe", "a/\udced\udca0\udc80"]
NAMES = {"a/0700%FF%FE", "a/0%C3", "a/%FF%FE", "a/%ED%A0%80"}
LOOKALIKES = ["a/%FF%FE", "a/\ufffd", "a/\u00ff\u00fe"]


@pytest.fixture
def odd(deployment: Deployment) -> Deployment:
    """A deployment whose bucket holds such keys among others."""
    deployment.fill(*KEYS, *ODD, "b/\udcff", "b/1")
    return deployment


@pytest.mark.parametrize("page", [1000, 7, 1])
def test_the_others_of_a_prefix_go(odd: Deployment, page: int) -> None:
    """Each such key is counted once and named, with what to do; none is asked for."""
    keys = KEYS if page == 1000 else KEYS[::15]
    odd.oss.remove(BUCKET, set(KEYS) - set(keys))
    odd.oss.misbehave(ShortPage(page, operation="list"))

    answer = odd.send({"prefix": "a/"})

    assert sorted(odd.keys()) == sorted([*ODD, "b/\udcff", "b/1"])
    assert (answer["status"], answer["deleted"], answer["failed"]) == ("incomplete", len(keys), 4)
    assert {each["key"].replace("%2F", "/") for each in answer["failures"]} == NAMES
    assert {each["code"] for each in answer["failures"]} == {"KeyNotUtf8"}
    assert "delete it with a tool" in answer["failures"][0]["message"]
    assert answer["listed"] == sum_of(answer) == len(keys) + 4


def test_keys_that_look_like_them_go_and_they_stay(odd: Deployment) -> None:
    """Neither the name that is shown nor what a decoder makes of it is their key."""
    odd.fill(*LOOKALIKES)

    answer = odd.send({"prefix": "a/"})

    assert (answer["deleted"], answer["failed"]) == (len(KEYS) + len(LOOKALIKES), 4)
    assert sorted(odd.keys()) == sorted([*ODD, "b/\udcff", "b/1"])


def test_a_prefix_that_holds_nothing_else_comes_to_its_end(deployment: Deployment) -> None:
    """Behind a marker that is none of UTF-8's."""
    deployment.fill(*(f"a/\udcff{number:04}" for number in range(1200)))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["failed"], answer["deleted"]) == ("incomplete", 1200, 0)
    assert (len(answer["failures"]), answer["listed"]) == (100, 1200)


@pytest.mark.parametrize("page", [1, 3, 4])
def test_a_stretch_that_is_listed_again_is_looked_at_past_them(
    deployment: Deployment, page: int
) -> None:
    """Its pages may end with one, whose name comes as bytes."""
    deployment.fill("a/1", "a/2", "a/2\udcff", "a/2\udcff\udcfe", "a/3", "a/\ue000", "a/\U0001f600")
    oss = deployment.oss

    def shorten_the_second(_: Request) -> list[Fault]:
        return [ShortPage(page)] if oss.count("batch_delete") else []

    oss.misbehave(AsTold(shorten_the_second, operation="list"))
    oss.misbehave(Reset("before", operation="batch_delete", times=1))

    answer = deployment.send({"prefix": "a/"})

    assert sorted(deployment.keys()) == ["a/2\udcff", "a/2\udcff\udcfe"]
    assert (answer["deleted"], answer["failed"], answer["at_least"]) == (5, 2, False)
    assert answer["errors"] == {"ConnectionError": 1}


def test_a_dry_run_tells_of_them(odd: Deployment) -> None:
    """They would fail."""
    answer = odd.send({"prefix": "a/", "dry_run": True})

    assert (answer["status"], answer["failed"], answer["remaining"]) == ("planned", 4, 1500)


@pytest.mark.parametrize("seconds", [8, 12])
def test_keys_that_are_not_utf8_count_once_over_all_invocations(
    odd: Deployment, seconds: int
) -> None:
    """Though an invocation may meet again those at which the one before stopped."""
    odd.oss.remove(BUCKET, set(KEYS) - set(KEYS[::15]))
    odd.oss.misbehave(ShortPage(5, operation="list"))
    hurried(odd, seconds, list=0.3, batch_delete=0.3)

    answer = odd.send({"prefix": "a/"})
    hops = 1
    while answer["continuation"] is not None:
        assert answer["listed"] == sum_of(answer)
        answer = odd.send(answer["continuation"])
        hops += 1
        assert hops < 60

    assert hops > 1
    assert (answer["status"], answer["deleted"], answer["failed"]) == ("incomplete", 100, 4)
    assert {each["key"].replace("%2F", "/") for each in answer["failures"]} == NAMES
    assert answer["listed"] == sum_of(answer) == 104


def test_keys_that_are_not_utf8_count_once_over_all_parts(chain: Chain) -> None:
    """Each range counts those that lie in it."""
    deployment = chain.deployment
    deployment.fill(*KEYS, *ODD)
    deployment.oss.misbehave(ShortPage(20, operation="list"))
    hurried(deployment, 20, list=0.2, batch_delete=0.2).set(reserve_seconds="9")

    chain.begin({"prefix": "a/", "parallel": 3})
    last = chain.to_the_end()[-1]

    assert (last["deleted"], last["failed"], last["listed"]) == (1500, 4, sum_of(last))


def test_such_a_key_stays_unjudged_where_conditions_choose(odd: Deployment) -> None:
    """Nobody is told to delete what the order may mean to keep, and a ceiling has room for it."""
    answer = odd.send({"prefix": "b/", "only": {"match": "*"}, "limits": {"objects": 1}})

    assert (answer["status"], answer["deleted"], answer["failed"]) == ("done", 1, 0)
    assert answer["skipped_because"] == {"conditions could not be judged": 1}
    assert answer["listed"] == sum_of(answer)
