"""Whatever the bucket, the order and the faults: what is left is what a plain model says."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from deployment import BUCKET, Clock, Deployment, no_pauses, sum_of
from localcloud.faults import Before, CutBody, CutXml, LoseFromAnswer, Refuse, Reset, Withhold

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.faults import Fault
    from localcloud.oss import LocalOss

SEGMENTS = ["a", "b", "src", "src2", "", ".", "..", "x\ry", "x\ny", "&", "%2F", "\ufffe", "\u00e9"]
PROTECTED = ("b/", ".dlsdata/")
DOT_KEYS = {".", ".."}

keys = (
    st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda key: key and not key.startswith("/"))
)


@dataclass(frozen=True)
class Order:
    """A request, with what a model needs to know of it."""

    keys: Collection[str]
    prefixes: Collection[str]

    def document(self) -> dict[str, Any]:
        directories = [prefix for prefix in self.prefixes if prefix.endswith("/")]
        prefixes = [prefix for prefix in self.prefixes if not prefix.endswith("/")]
        selectors = {"keys": list(self.keys), "prefix": prefixes, "directory": directories}
        return {name: names for name, names in selectors.items() if names}

    def lists(self, key: str) -> bool:
        return key.startswith(tuple(self.prefixes))

    def takes(self, key: str, young: Collection[str]) -> bool:
        """Tell whether a key is to be deleted, if OSS lets it."""
        if key.startswith(PROTECTED):
            return False
        if self.lists(key):
            return key not in young
        return key in self.keys


orders = st.builds(
    Order,
    st.lists(keys, max_size=8, unique=True),
    st.lists(keys.map(lambda key: key[:3]) | keys.map(lambda key: key + "/"), max_size=3),
).filter(
    lambda order: any(not name.startswith(PROTECTED) for name in (*order.keys, *order.prefixes))
)


def passing(seed: int) -> list[Fault]:
    """Return faults that pass, each on a part of the requests."""
    return [
        Refuse(503, "ServiceUnavailable", probability=0.1, seed=seed),
        Reset("after", probability=0.1, seed=seed + 1),
        CutBody(120, probability=0.1, seed=seed + 2),
        CutXml(90, probability=0.1, seed=seed + 3),
    ]


@dataclass(frozen=True)
class Scene:
    """A bucket, and what goes wrong in it. `hurry` is the time each request takes, in seconds."""

    bucket: set[str]
    stubborn: set[str]
    withheld: set[str]
    lost: set[str]
    young: set[str]
    passing: int | None
    hurry: float

    def faults(self) -> list[Fault]:
        return [
            Refuse(409, "FileImmutable", "No.", self.stubborn),
            Withhold(self.withheld),
            LoseFromAnswer(self.lost),
            *(passing(self.passing) if self.passing is not None else ()),
        ]

    def never_deleted(self) -> set[str]:
        """Return the keys that OSS refuses, alone as in a batch; dot keys only go in batches."""
        return self.stubborn | (DOT_KEYS & self.withheld)

    def never_confirmed(self) -> set[str]:
        return self.never_deleted() | (DOT_KEYS & self.lost)

    def staying(self) -> set[str]:
        """Return the keys that every look shows; others may be gone before OSS has said so."""
        return self.bucket & self.never_deleted()


some_keys = st.sets(keys, max_size=6)
scenes = st.builds(
    Scene,
    bucket=st.sets(keys, max_size=40),
    stubborn=some_keys,
    withheld=some_keys,
    lost=some_keys,
    young=some_keys,
    passing=st.none() | st.integers(0, 1000),
    hurry=st.sampled_from([0.0, 0.4, 1.1]),
)


@given(scene=scenes, order=orders)
def test_the_rest_is_what_the_model_says(shared_oss: LocalOss, scene: Scene, order: Order) -> None:
    """Nothing outside the order is gone, nothing of it is left but what failed, sums agree."""
    deployment = _hurried(_deployed(shared_oss, scene), scene.hurry)

    answer = deployment.send(order.document())
    while answer["continuation"] is not None:
        assert answer["listed"] == sum_of(answer)
        answer = deployment.send(answer["continuation"])

    taken = {key for key in scene.bucket if order.takes(key, scene.young)}
    named = {key for key in order.keys if order.takes(key, ()) and not order.lists(key)}
    failed = {failure["key"] for failure in answer["failures"]}
    certain = scene.never_confirmed() & (taken | named)
    unseen = (taken | named) - scene.staying() if answer["at_least"] else set()
    # A young object under a name in doubt may have been written since it was asked for: it stays.
    doubtful = named & scene.young if answer["at_least"] else set()
    left = scene.bucket - (taken - scene.never_deleted())
    assert left <= set(deployment.keys()) <= left | (doubtful & scene.bucket)
    assert answer["listed"] == sum_of(answer)
    assert certain - unseen <= failed <= certain
    assert (answer["status"], answer["failed"]) == (
        "incomplete" if failed else "done",
        len(failed),
    )
    if scene.passing is None:
        gone = (taken | named) - failed
        assert len(gone - unseen) <= answer["deleted"] <= len(gone)


def _deployed(oss: LocalOss, scene: Scene) -> Deployment:
    oss.reset()
    oss.create_bucket(BUCKET)
    oss.fill(BUCKET, scene.bucket - scene.young)
    oss.fill(BUCKET, scene.bucket & scene.young, oss.now() + 60)
    for fault in scene.faults():
        oss.misbehave(fault)
    return Deployment(oss).set(protected=PROTECTED[0])


def _hurried(deployment: Deployment, seconds: float) -> Deployment:
    """
    Let time pass with each request, so that the sweep is interrupted.

    And as it does anyway: who waits for a quota waits for nothing else.
    """
    clock = Clock()
    deployment.oss.misbehave(Before(None, clock.pass_by(seconds)))
    deployment.world = replace(no_pauses(), monotonic=lambda: clock.monotonic() + time.monotonic())
    deployment.timeout = 6
    return deployment.set(reserve_seconds="1", in_flight="2")
