"""What is said of a plan that is about to be applied, is applied, or was: and what to send."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Chain, hurried, sum_of
from localcloud.faults import Refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment import Days, Deployment

LOGS = [f"logs/{day:02}/{number:03}" for day in range(5) for number in range(500)]
DAY = 86_400
TAG = "the tag ossweep=allowed (OSSWEEP_CONSENT_TAG)"


def planned(chain: Chain, **request: Any) -> dict[str, Any]:
    """Plan a sweep of the logs; return the plan."""
    answer = chain.begin({"bucket": BUCKET, "dry_run": True, "prefix": "logs/", **request})
    plan: dict[str, Any] = [answer, *chain.to_the_end()][-1]["plan"]
    return plan


def applied(chain: Chain, plan: dict[str, Any]) -> dict[str, Any]:
    """Apply a plan; return the last answer."""
    answer = chain.begin({"apply": plan["id"]})
    return [answer, *chain.to_the_end()][-1]


def tick(order: dict[str, Any], at: float) -> dict[str, Any]:
    """Return the event of a timer that went off at a time."""
    moment = datetime.fromtimestamp(at, timezone.utc)
    return {
        "triggerTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "triggerName": "nightly",
        "payload": json.dumps(order),
    }


def kept(chain: Chain, plan: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the record of a plan, and where it is kept."""
    name = f"{STATE}.plans/{plan['id']}/plan"
    content = chain.deployment.oss.content(STATE_BUCKET, name)
    assert content is not None
    return name, json.loads(content)


@pytest.fixture
def asking(chain: Chain) -> Deployment:
    """A deployment that asks for consent, in a bucket that has not given it."""
    chain.deployment.fill(*LOGS[:20])
    return chain.deployment.set(consent_tag="ossweep=allowed")


def to_delete(plan: dict[str, Any], first: str = "") -> str:
    return f"to delete exactly this, {first}send {json.dumps({'apply': plan['id']})}"


def test_a_plan_of_a_bucket_without_consent_asks_for_its_tag_first(
    chain: Chain, asking: Deployment
) -> None:
    """With the tag its application is not held."""
    plan = planned(chain)
    asking.oss.describe(BUCKET, tags={"ossweep": "allowed"})

    assert plan["advice"][-1] == to_delete(plan, f"give the bucket {BUCKET} {TAG}, and ")
    assert applied(chain, plan)["status"] == "done"


def test_a_plan_tells_of_all_that_keeps_it_from_being_applied(
    chain: Chain, asking: Deployment
) -> None:
    """OSSWEEP_DRY_RUN and the tag, each by its name."""
    asking.set(dry_run="true")

    plan = planned(chain)

    steps = f"unset OSSWEEP_DRY_RUN, and give the bucket {BUCKET} {TAG}, and "
    assert plan["advice"][-1] == to_delete(plan, steps)


def test_a_plan_of_a_bucket_that_consents_asks_for_nothing_first(
    chain: Chain, asking: Deployment
) -> None:
    """One look at the bucket's tags is enough for that."""
    asking.oss.describe(BUCKET, tags={"ossweep": "allowed"})

    plan = planned(chain)

    assert plan["advice"][-1] == to_delete(plan)
    assert asking.oss.count("bucket_tags") == 1


def test_a_plan_of_a_bucket_whose_tags_are_not_known_says_so(
    chain: Chain, asking: Deployment
) -> None:
    """It would be held where nobody may look."""
    asking.oss.misbehave(Refuse(403, "AccessDenied", operation="bucket_tags"))

    plan = planned(chain)

    look = f"see to it that the tags of the bucket {BUCKET} can be looked at, and that it has"
    assert plan["advice"][-1] == to_delete(plan, f"{look} {TAG}, and ")


def test_an_application_that_would_lose_null_versions_says_to_plan_anew(chain: Chain) -> None:
    """Beside `apply` nothing can be said of them."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain)
    chain.deployment.oss.suspend_versioning(BUCKET)

    answer = applied(chain, plan)

    assert answer["status"] == "stopped"
    assert answer["reason"].endswith('all the same, plan anew with "null_versions": "lose"')


def test_a_plan_by_an_old_event_grows_old_from_when_it_was_kept(chain: Chain) -> None:
    """Its clock is the event's, and compares objects; what is a week old is the plan."""
    oss = chain.deployment.oss
    oss.fill(BUCKET, LOGS[:20], modified=oss.now() - 20 * DAY)
    order = {"bucket": BUCKET, "prefix": "logs/", "dry_run": True}
    plan = chain.begin(tick(order, oss.now() - 8 * DAY))["plan"]
    oss.fill(BUCKET, ["logs/new"], modified=oss.now() - DAY)

    answer = applied(chain, plan)

    assert (answer["status"], answer["deleted"]) == ("done", 20)
    assert chain.deployment.keys() == ["logs/new"]


def test_a_plan_that_is_too_old_is_told_with_when_it_was_made(aging: Chain, days: Days) -> None:
    """The day is that on which it was kept."""
    aging.deployment.fill(*LOGS[:20])
    days.passed = 10
    plan = planned(aging)
    aging.deployment.set(plan_days="1")
    days.passed = 12

    said = aging.deployment.refuse({"apply": plan["id"]})

    (made,) = re.findall(r"was made on (\S+ \S+) UTC, and a plan is applied for 1 day \(", said)
    age = days.now() - datetime.fromisoformat(f"{made}+00:00").timestamp()
    assert 2 * DAY <= age < 2.5 * DAY


def remove_plans(chain: Chain) -> None:
    """Remove the records of all plans."""
    oss = chain.deployment.oss
    oss.remove(STATE_BUCKET, [key for key in oss.keys(STATE_BUCKET) if "/.plans/" in key])


def spoil(chain: Chain) -> None:
    """Leave nothing readable in the records of all plans."""
    oss = chain.deployment.oss
    plans = [key for key in oss.keys(STATE_BUCKET) if key.endswith("/plan")]
    oss.fill(STATE_BUCKET, dict.fromkeys(plans, b"{}"))


def half_applied(chain: Chain) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a plan, and the answer of the first invocation that applies it."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain)
    hurried(chain.deployment, 20, batch_delete=9)
    return plan, chain.begin({"apply": plan["id"]})


@pytest.mark.parametrize("lose", [remove_plans, spoil])
def test_a_job_whose_plan_is_lost_ends_and_says_to_plan_anew(
    chain: Chain, lose: Callable[[Chain], None]
) -> None:
    """Nobody can say any more what it may delete."""
    plan, first = half_applied(chain)
    lose(chain)
    before = chain.deployment.keys()

    last = chain.to_the_end()[-1]

    assert (first["status"], last["status"], last["continuation"]) == ("continued", "stopped", None)
    assert (last["deleted"], last["plan"]["id"]) == (first["deleted"], plan["id"])
    assert last["listed"] == sum_of(last)
    assert "plan anew" in last["reason"]
    assert chain.deployment.keys() == before


@pytest.mark.parametrize("do", ["status", "resume"])
def test_a_job_whose_plan_is_lost_goes_on_by_nothing(chain: Chain, do: str) -> None:
    """And whoever asks is told so, and nothing is raised."""
    _, first = half_applied(chain)
    remove_plans(chain)
    chain.to_the_end()

    said = chain.begin({"job": first["job"], "do": do})

    assert (said["status"], said["deleted"]) == ("stopped", first["deleted"])
    assert said["reason"].endswith("is gone: what is left stays; plan anew")


def test_an_application_whose_state_is_gone_says_to_plan_anew(chain: Chain) -> None:
    """Its request names a plan, which is gone with the state."""
    _, first = half_applied(chain)
    chain.deployment.oss.remove(STATE_BUCKET, chain.deployment.oss.keys(STATE_BUCKET))

    said = chain.deployment.refuse(chain.called[0])
    status = chain.begin({"job": first["job"], "do": "status"})

    assert said == f"RequestError: the state of the job {first['job']} is gone; plan anew"
    assert status["reason"].endswith("it has ended long ago, or its state is gone")
