"""What conditions let go is deleted, and what cannot be judged stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment import BUCKET
from localcloud.moto_store import Traits

if TYPE_CHECKING:
    from deployment import Deployment

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
