"""A look at what is about to be deleted may take long, and show what is no longer so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, Clock, no_pauses
from localcloud.faults import After, AsTold, Refuse
from localcloud.moto_store import Traits
from ossweep.objects import NEWER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment import Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

TIER = {"tier": "temporary"}


@pytest.mark.parametrize("seconds", [6, 40])
@pytest.mark.parametrize(("slow", "only"), [("list", {}), ("tags", {"only": {"tags": TIER}})])
def test_a_look_that_was_long_under_way_is_made_once_more(
    deployment: Deployment, slow: str, only: dict[str, Any], seconds: int
) -> None:
    """
    Here a batch is refused once, and is old when it is asked for again; an object is written anew
    while an answer of the look is on its way.
    """
    clock, oss = Clock(), deployment.oss
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    deployment.timeout = 600
    oss.fill(BUCKET, ["a/1", "a/2", "a/3"], oss.now() - 3600, Traits(tags=TIER))

    def told(request: Request) -> Sequence[Fault]:
        if request.operation == "batch_delete" and oss.count("batch_delete") == 1:
            clock.now += 6
            return [Refuse(500, "InternalError")]
        return []

    def write_anew(request: Request) -> None:
        if request.operation == slow and oss.count("batch_delete") == 1:
            clock.now += seconds
            oss.fill(BUCKET, ["a/1"], oss.now() + 50, Traits(tags=TIER))

    oss.misbehave(AsTold(told))
    oss.misbehave(After(write_anew))

    answer = deployment.send({"prefix": "a/", **only})

    assert (answer["deleted"], answer["skipped_because"]) == (2, {NEWER: 1})
    assert deployment.keys() == ["a/1"]
