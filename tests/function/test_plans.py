"""A dry run's plan, and its application: exactly that, or what the difference is."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployment import (
    BUCKET,
    STATE,
    STATE_BUCKET,
    Chain,
    hurried,
    ordered_to_stop,
)
from localcloud.faults import AsTold, DateShift, Refuse, ShortPage, Trickle
from localcloud.moto_store import Traits
from localcloud.tree import plant
from ossweep.plans.comparison import BEYOND_CEILING, NOT_AS_PLANNED, UNKNOWN_TO_PLAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment import Days, Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

WRITES = ("put", "batch_delete", "delete", "copy")
EVENTS = Path(__file__).parents[2] / "events"
LOGS = [f"logs/{day:02}/{number:03}" for day in range(5) for number in range(500)]


def planned(chain: Chain, **request: Any) -> dict[str, Any]:
    """Send a request as a dry run; return the plan that it ends with."""
    answer = chain.begin({"bucket": BUCKET, "dry_run": True, **request})
    answers = [answer, *chain.to_the_end()]
    plan: dict[str, Any] = answers[-1]["plan"]
    return plan


def applied(chain: Chain, plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Apply a plan; return the last answer."""
    answer = chain.begin({"apply": plan["id"], **more})
    return [answer, *chain.to_the_end()][-1]


def test_a_plan_says_what_goes(chain: Chain) -> None:
    """By class and directory, with its ends, and with what it costs."""
    chain.deployment.fill(*LOGS[:700], "logs2/a", "other")

    plan = planned(chain, prefix="logs")

    assert (plan["objects"], plan["first"], plan["last"]) == (701, LOGS[0], "logs2/a")
    assert plan["by_storage_class"] == {"Standard": {"objects": 701, "bytes": plan["bytes"]}}
    names = [each["directory"] for each in plan["by_directory"]["largest"]]
    assert names == ["logs/", "logs2/"]
    assert plan["requests"]["put"] == {"at_least": 2, "at_most": 702}
    assert json.dumps({"apply": plan["id"]}) in plan["advice"][-1]


def test_requests_that_find_out_what_goes_are_in_a_plan(chain: Chain) -> None:
    """A listing for each named key, and a look at the tags of each object."""
    chain.deployment.fill("a", "k", "z", *LOGS[:10])

    named = planned(chain, keys=["a", "k", "z"])
    tagged = planned(chain, prefix="logs/", only={"tags": {"tier": "temporary"}})

    assert named["requests"] == {"put": {"at_least": 2, "at_most": 6}, "get": 0}
    assert tagged["requests"]["get"] >= 10


def test_a_dry_run_writes_nothing_but_its_records(chain: Chain) -> None:
    """And those are in the jobs' state."""
    chain.deployment.fill(*LOGS[:10])

    planned(chain, prefix="logs/")

    written = {each.bucket for each in chain.deployment.oss.requests if each.operation in WRITES}
    assert written == {STATE_BUCKET}


def test_a_dry_run_without_a_state_writes_nothing(deployment: Deployment) -> None:
    """Its plan says that it cannot be applied."""
    deployment.fill(*LOGS[:10])

    plan = deployment.send({"bucket": BUCKET, "prefix": "logs/", "dry_run": True})["plan"]

    assert not [each for each in deployment.oss.requests if each.operation in WRITES]
    assert plan["id"] is None
    assert "OSSWEEP_STATE" in plan["advice"][-1]


def test_named_keys_that_are_not_there_are_asked_for_where_no_plan_is_kept(
    deployment: Deployment,
) -> None:
    """OSS confirms the deletion of what is not there."""
    deployment.fill("a")
    request = {"bucket": BUCKET, "keys": ["a", "b", "c"]}

    plan = deployment.send({**request, "dry_run": True})["plan"]

    assert plan["advice"][0] == (
        "2 of the named keys show no object: a deletion asks for them all the same, and OSS "
        "confirms that"
    )
    assert deployment.send(request)["deleted"] == 3


@pytest.mark.parametrize("parallel", [1, 4])
def test_no_application_makes_fewer_requests_than_its_plan_says(
    chain: Chain, parallel: int
) -> None:
    """However many listings the dry run has made."""
    chain.deployment.fill(*(f"t/{number:05}" for number in range(7_500)))
    plan = planned(chain, prefix="t/", parallel=parallel)

    made = applied(chain, plan)["requests_made"]

    needed = made["list"] + made["batch_delete"] + made["delete"]
    assert plan["requests"]["put"]["at_least"] <= needed
    assert plan["requests"]["put"]["at_least"] == 16


def test_a_plan_says_what_it_is_of_and_where_it_was_cut(chain: Chain) -> None:
    """By OSS's own time, over several invocations."""
    chain.deployment.fill(*LOGS)
    hurried(chain.deployment, 20, list=9)

    plan = planned(
        chain,
        prefix="logs/",
        keys=["x"],
        only={"size": {"below": "1GB"}},
        limits={"objects": 2_000},
    )

    assert chain.delivered
    assert plan["order"] == {
        "bucket": BUCKET,
        "prefix": ["logs/"],
        "keys": 1,
        "only": {"size": {"below": 10**9}},
        "limits": {"objects": 2_000},
    }
    made = datetime.fromisoformat(plan["made"].replace("Z", "+00:00")).timestamp()
    assert 0 <= chain.deployment.oss.now() - made < 60
    assert "2,000" in plan["cut"]
    assert plan["advice"][0].startswith("this is not all that was ordered: limits.objects")


def test_days_that_are_short_cost_nothing_in_a_bucket_that_keeps_versions(chain: Chain) -> None:
    """A delete marker frees nothing; they are charged when the versions go."""
    oss = chain.deployment.oss
    oss.enable_versioning(BUCKET)
    oss.fill(BUCKET, ["a/1", "a/2"], oss.now() - 60, Traits(storage_class="IA"))

    plan = planned(chain, prefix="a/")

    assert plan["early_delete"] == {}
    assert [each for each in plan["advice"] if "costs no days now: 2 objects are younger" in each]


def test_siblings_of_a_prefix_are_told(chain: Chain) -> None:
    """It takes more than the directory of its name."""
    chain.deployment.fill("src/a", "src/b", "src2/c", "src.txt")

    plan = planned(chain, prefix="src")

    (siblings,) = plan["siblings"]
    assert (siblings["within"]["objects"], siblings["beside"]["objects"]) == (2, 2)
    assert [each for each in plan["advice"] if 'below "src/", and 2 objects beside it' in each]


def test_objects_below_a_named_directory_are_told(chain: Chain) -> None:
    """Its own object goes alone."""
    chain.deployment.fill("src/", "src/a", "src/b")

    plan = planned(chain, keys=["src/"])

    assert plan["objects"] == 1
    assert [each for each in plan["advice"] if "2 objects below it stay" in each]


def test_objects_below_a_named_directory_without_an_object_are_told(chain: Chain) -> None:
    """The key shows none, and the usual directory of OSS has none."""
    chain.deployment.fill(*(f"src/{number:03}" for number in range(600)))

    plan = planned(chain, keys=["src/"])

    assert plan["objects"] == 0
    assert [each for each in plan["advice"] if "shows no object, and 600 objects below it" in each]
    assert plan["siblings"][0]["below"]["objects"] == 600


def test_objects_below_a_swept_directory_are_not_said_to_stay(chain: Chain) -> None:
    """Its own object goes by itself, and all that lies below it goes as well."""
    chain.deployment.fill("src/", "src/a", "src/lib/", "src/lib/b")

    plan = planned(chain, directory="src", keys=["src/lib/"])

    assert plan["objects"] == 4
    assert not [each for each in plan["advice"] if "stay" in each]


def test_a_plan_over_several_invocations_is_one_plan(chain: Chain) -> None:
    """Its digest is that of one invocation."""
    chain.deployment.fill(*LOGS)
    once = planned(chain, prefix="logs/")
    hurried(chain.deployment, 20, list=9)

    plan = planned(chain, prefix="logs/")

    assert chain.delivered
    assert (plan["digest"], plan["objects"]) == (once["digest"], 2500)
    assert plan["by_directory"] == once["by_directory"]


def test_an_application_deletes_what_was_planned(chain: Chain) -> None:
    """And says that nothing was different."""
    chain.deployment.fill(*LOGS, "other")
    plan = planned(chain, prefix="logs/")

    answer = applied(chain, plan)

    assert (answer["status"], answer["reason"], answer["deleted"]) == ("done", None, 2500)
    assert answer["plan"]["as_planned"] is True
    assert answer["plan"]["digest"] == plan["digest"]
    assert chain.deployment.keys() == ["other"]


def test_an_application_over_several_invocations_deletes_what_was_planned(chain: Chain) -> None:
    """A stretch of which some is left is not compared once more."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    hurried(chain.deployment, 20, batch_delete=9)

    answer = applied(chain, plan)

    assert chain.delivered
    assert (answer["status"], answer["deleted"]) == ("done", 2500)
    assert answer["plan"]["as_planned"] is True


def test_a_stretch_that_differs_stays_in_whole(chain: Chain) -> None:
    """With both figures, and the rest goes."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.oss.remove(BUCKET, [LOGS[3]])

    answer = applied(chain, plan)

    assert answer["status"] == "done"
    assert answer["skipped_because"] == {NOT_AS_PLANNED: 999}
    assert answer["deleted"] == 1500
    assert answer["plan"]["as_planned"] is False
    assert "1,000 objects of" in answer["plan"]["first_differences"][0]
    assert "plan anew" in answer["reason"]


def test_an_object_behind_all_that_was_planned_stays(chain: Chain) -> None:
    """Its stretch begins where the last planned one ends."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    chain.deployment.fill("logs/zzz")

    answer = applied(chain, plan)

    assert (answer["deleted"], chain.deployment.keys()) == (20, ["logs/zzz"])
    (told,) = answer["plan"]["first_differences"]
    assert told == (
        'from "logs/00/019" to "logs/zzz": 0 objects of 0 B planned, and 1 object of 0 B there: '
        "stays"
    )


def test_an_object_that_a_list_keeps_is_no_difference(chain: Chain) -> None:
    """It was not planned, and stays for the list's reason as it would have then."""
    plant(chain.deployment.oss, BUCKET)
    event = json.loads((EVENTS / "direct/manifest-jsonl.json").read_text("utf-8"))
    plan = planned(chain, **event)

    answer = applied(chain, plan)

    assert (answer["deleted"], answer["skipped_because"]) == (5, {"changed since the list": 5})
    assert answer["plan"]["as_planned"] is True


def test_a_difference_within_the_tolerance_goes(chain: Chain) -> None:
    """As long as all of them add up to no more."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.oss.remove(BUCKET, [LOGS[3]])

    answer = applied(chain, plan, tolerance={"objects": 1})

    assert (answer["deleted"], answer["skipped_because"]) == (2499, {})
    assert answer["plan"]["differences"] == 1


def test_an_object_that_came_into_a_plan_and_went_is_told(chain: Chain) -> None:
    """More went than was planned, and none of the plan is said to be missing."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.fill(f"{LOGS[3]}a")

    answer = applied(chain, plan, tolerance={"objects": 5000})

    assert (answer["deleted"], answer["plan"]["as_planned"]) == (2501, False)
    assert answer["reason"].startswith("2,501 objects were deleted, and 2,500 planned; differences")
    assert "not there any more" not in answer["reason"]
    assert answer["plan"]["first_differences"][0].endswith(": goes, within the tolerance")


def test_a_tolerance_that_is_not_enough_is_told(chain: Chain) -> None:
    """One object more makes all of its stretch count."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.fill(f"{LOGS[3]}a")

    answer = applied(chain, plan, tolerance={"objects": 5})

    assert answer["skipped_because"] == {NOT_AS_PLANNED: 1001}
    assert "it counts as 1,001 objects of" in answer["reason"]
    assert answer["reason"].endswith("and there was room for 5 objects within the tolerance")


def test_an_object_written_since_the_plan_stays(chain: Chain) -> None:
    """By the plan's clock; it makes no other differ."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    oss = chain.deployment.oss
    oss.fill(BUCKET, ["logs/new"], modified=oss.now() + 60)

    answer = applied(chain, plan)

    assert (answer["deleted"], chain.deployment.keys()) == (20, ["logs/new"])


def test_a_named_object_that_is_another_one_stays(chain: Chain) -> None:
    """Named keys are held to their size and their ETag."""
    chain.deployment.fill("a", "b")
    plan = planned(chain, keys=["a", "b"])
    chain.deployment.oss.fill(BUCKET, {"b": b"another"})

    answer = applied(chain, plan)

    assert answer["skipped_because"] == {NOT_AS_PLANNED: 1}
    assert chain.deployment.keys() == ["b"]


def test_a_tolerance_is_used_once_by_each_named_object(chain: Chain) -> None:
    """One that was looked at, and waits for the next invocation, has used up nothing."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, keys=LOGS)
    chain.deployment.oss.fill(BUCKET, dict.fromkeys(LOGS[::50], b"another"))
    hurried(chain.deployment, 20, batch_delete=9)

    answer = applied(chain, plan, tolerance={"objects": len(LOGS[::50])})

    assert chain.delivered
    assert (answer["status"], answer["deleted"]) == ("done", len(LOGS))
    assert answer["plan"]["differences"] == len(LOGS[::50])


def test_an_application_that_was_stopped_tells_how_it_goes_on(chain: Chain) -> None:
    """Its plan, ordered once more, is answered with the same."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    hurried(chain.deployment, 20, batch_delete=9)
    job = chain.begin({"apply": plan["id"]})["job"]
    chain.begin({"job": job, "do": "stop"})

    stopped = chain.to_the_end()[-1]
    again = chain.begin({"apply": plan["id"]})
    chain.begin({"job": job, "do": "resume"})
    chain.to_the_end()

    assert stopped["status"] == again["status"] == "stopped"
    assert stopped["reason"] == again["reason"] == ordered_to_stop(job)
    assert chain.deployment.keys() == []


def test_a_plan_that_is_not_there_is_refused(chain: Chain) -> None:
    """Nobody can tell what it would delete."""
    said = chain.deployment.refuse({"apply": "plan-5f0c"})

    assert said.startswith('RequestError: the request: there is no plan "plan-5f0c"; look at its')


def test_a_plan_is_refused_while_the_deployment_only_plans(chain: Chain) -> None:
    """OSSWEEP_DRY_RUN lets nothing delete."""
    chain.deployment.set(dry_run="true")

    said = chain.deployment.refuse({"apply": "plan-5f0c"})

    assert "OSSWEEP_DRY_RUN is set, and no plan is applied" in said


def test_objects_that_are_protected_today_stay(chain: Chain) -> None:
    """And does not make its neighbours differ."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    chain.deployment.set(protected="logs/00/01")

    answer = applied(chain, plan)

    assert answer["skipped_because"] == {"protected": 10}
    assert answer["deleted"] == 10


@pytest.mark.timeout(120)
def test_a_plan_in_parts_is_one_plan(chain: Chain) -> None:
    """And can be applied in parts."""
    chain.deployment.fill(*LOGS)
    once = planned(chain, prefix="logs/")

    plan = planned(chain, prefix=[f"logs/{day:02}/" for day in range(5)], parallel=2)
    answer = applied(chain, plan, parallel=2)

    assert plan["digest"] == once["digest"]
    assert (answer["status"], answer["deleted"]) == ("done", 2500)
    assert answer["plan"]["as_planned"] is True


def test_named_keys_that_are_not_there_are_told(chain: Chain) -> None:
    """They are no objects of the plan, and its application skips them."""
    chain.deployment.fill("a")

    answer = chain.begin({"bucket": BUCKET, "dry_run": True, "keys": ["a", "b"]})

    assert (answer["remaining"], answer["plan"]["objects"]) == (2, 1)
    assert answer["plan"]["advice"][0] == (
        "1 of the named keys shows no object: the plan's application skips it as `gone before its "
        "turn came`"
    )
    assert applied(chain, answer["plan"])["skipped_because"] == {"gone before its turn came": 1}


def test_objects_of_a_list_are_held_to_what_they_were(chain: Chain) -> None:
    """As named keys are, whatever the list says by then."""
    oss = chain.deployment.oss
    chain.deployment.fill("a", "b", "c")
    oss.fill(BUCKET, {"lists/old.txt": b"a\nb\n"})
    plan = planned(chain, manifest="lists/old.txt")
    oss.fill(BUCKET, {"lists/old.txt": b"a\nb\nc\n", "b": b"another"})

    answer = applied(chain, plan)

    assert (plan["objects"], answer["deleted"]) == (2, 1)
    assert answer["skipped_because"] == {NOT_AS_PLANNED: 2}
    assert chain.deployment.keys() == ["b", "c", "lists/old.txt"]


def test_a_plan_is_applied_for_some_days(aging: Chain, days: Days) -> None:
    """By OSS's own time; then it is refused, and nothing of it goes."""
    aging.deployment.fill(*LOGS[:20])
    plan = planned(aging, prefix="logs/")
    aging.deployment.set(plan_days="2")
    days.passed = 3

    said = aging.deployment.refuse({"apply": plan["id"]})

    assert "a plan is applied for 2 days (OSSWEEP_PLAN_DAYS); it was never applied" in said
    assert len(aging.deployment.keys()) == 20


def test_a_damaged_plan_is_refused(chain: Chain) -> None:
    """Before anything of it is deleted."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    chain.deployment.oss.fill(STATE_BUCKET, {kept_at(plan): b"{}"})

    assert "is not as it was kept; plan anew" in chain.deployment.refuse({"apply": plan["id"]})
    assert len(chain.deployment.keys()) == 20


@pytest.mark.parametrize("what", ["order", "plan"])
def test_nothing_of_one_plan_stands_in_for_another(chain: Chain, what: str) -> None:
    """A plan's id is made of what the plan holds, and of its order."""
    deployment, oss = chain.deployment, chain.deployment.oss
    oss.create_bucket("mirrorbucket")
    deployment.set(buckets=f"{BUCKET},mirrorbucket")
    for bucket in (BUCKET, "mirrorbucket"):
        oss.fill(bucket, LOGS[:20])
    one, other = (
        planned(chain, prefix="logs/"),
        planned(chain, prefix="logs/", bucket="mirrorbucket"),
    )
    content = oss.content(STATE_BUCKET, kept_at(other, what))
    assert content is not None
    oss.fill(STATE_BUCKET, {kept_at(one, what): content})

    said = deployment.refuse({"apply": one["id"]})

    assert "is not as it was kept; plan anew" in said
    assert len(oss.keys(BUCKET)) == len(oss.keys("mirrorbucket")) == 20


def test_a_dry_run_that_comes_again_leaves_a_plan_as_it_is(chain: Chain) -> None:
    """Though nobody could write that it has ended, and what is there has changed by then."""
    deployment, oss = chain.deployment, chain.deployment.oss
    deployment.fill(*LOGS[:20])
    oss.misbehave(AsTold(refusing_an_end))
    order = {"bucket": BUCKET, "dry_run": True, "prefix": "logs/"}
    first = deployment.send(order)["plan"]
    oss.behave()
    oss.fill(BUCKET, {LOGS[5]: b"another one"})
    second = deployment.send(order)["plan"]

    answer = applied(chain, first)

    assert first["id"] != second["id"]
    assert (answer["deleted"], answer["skipped_because"]) == (0, {NOT_AS_PLANNED: 20})


def test_objects_that_are_renamed_into_a_plan_count_against_its_tolerance(chain: Chain) -> None:
    """In a hierarchical bucket a name changes, and the time of the last change does not."""
    oss, keys = chain.deployment.oss, [f"top/{number:03}" for number in range(50)]
    oss.make_hierarchical(BUCKET)
    oss.fill(BUCKET, {"top/": b"", **dict.fromkeys(keys, b"x")})
    plan = planned(chain, directory="top")
    oss.remove(BUCKET, keys[:20])
    renamed = [f"top/030-{number:02}" for number in range(19)]
    oss.fill(BUCKET, dict.fromkeys(renamed, b"x"))

    answer = applied(chain, plan, tolerance={"objects": 1})

    assert {*renamed} < {*oss.keys(BUCKET)}
    assert answer["deleted"] == 0


def test_an_application_is_not_gone_on_with_once_it_has_ended(chain: Chain) -> None:
    """What has failed may be another object by then, and is planned anew."""
    deployment, oss = chain.deployment, chain.deployment.oss
    deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    operations = ("delete", "batch_delete")
    oss.misbehave(Refuse(409, "FileImmutable", keys=LOGS[3:4], operation=operations))
    ended = applied(chain, plan)
    oss.behave()
    oss.fill(BUCKET, {LOGS[3]: b"another one"})

    resumed = chain.begin({"job": ended["job"], "do": "resume"})

    assert (ended["status"], ended["deleted"]) == ("incomplete", 19)
    assert ended["reason"].endswith("; plan anew to try the failed keys again")
    assert resumed["plan"] == ended["plan"]
    assert deployment.keys() == LOGS[3:4]


def test_a_dry_run_whose_invocation_has_died_leaves_nothing_in_doubt(chain: Chain) -> None:
    """It has asked for nothing: its plan is that of a dry run without a death."""
    deployment, oss = hurried(chain.deployment, 300, list=6), chain.deployment.oss
    deployment.fill(*LOGS)
    oss.misbehave(ShortPage(400, operation="list"))
    order = {"bucket": BUCKET, "prefix": "logs/", "dry_run": True, "limits": {"objects": 2200}}

    def die() -> bool:
        if any("-w" in name for name in chain.state()):
            raise Death
        return False

    deployment.terminated = die
    with pytest.raises(Death):
        chain.begin(order)
    (job,) = {key.split("/")[1] for key in oss.keys(STATE_BUCKET)} - {".plans"}
    deployment.terminated = lambda: False
    oss.misbehave(DateShift(300))
    answer = [chain.begin({"job": job, "do": "resume"}), *chain.to_the_end()][-1]

    assert (answer["plan"]["objects"], answer["at_least"]) == (2200, False)
    assert answer["reason"] == "limits.objects allows 2,200 objects; for more, send a new request"


class Death(BaseException):
    """An invocation that meets it does nothing more."""


def test_a_look_at_the_bucket_without_an_end_leaves_time_to_keep_the_plan(chain: Chain) -> None:
    """It has half of what is left."""
    chain.deployment.fill(*LOGS[:20])
    chain.deployment.set(reserve_seconds="1").timeout = 5
    chain.deployment.oss.misbehave(Trickle(0.5, operation="bucket_stat"))

    plan = planned(chain, prefix="logs/")

    assert plan["id"] is not None


def test_plans_that_one_event_could_only_carry_out_in_part_are_refused(chain: Chain) -> None:
    """Each request has its share of the ceiling; alone, each plan goes."""
    chain.deployment.fill(*LOGS[:20], *(f"b/{number}" for number in range(30)))
    plans = [planned(chain, prefix=prefix) for prefix in ("logs/", "b/")]
    chain.deployment.set(max_objects="40")

    said = chain.deployment.refuse([{"apply": plan["id"]} for plan in plans])

    assert "has 30 objects, and OSSWEEP_MAX_OBJECTS allows 20 to each of 2 requests" in said
    assert [applied(chain, plan)["deleted"] for plan in plans] == [20, 30]


def test_a_plan_counts_keys_that_nobody_can_ask_for_against_a_ceiling(chain: Chain) -> None:
    """Else it would be carried out in part, and used up."""
    chain.deployment.fill(*LOGS[:20], "logs/\udcff")
    plan = planned(chain, prefix="logs/")
    chain.deployment.set(max_objects="20")

    said = chain.deployment.refuse({"apply": plan["id"]})

    assert "has 21 objects, and OSSWEEP_MAX_OBJECTS allows 20" in said
    assert len(chain.deployment.keys()) == 21


def refusing_an_end(request: Request) -> Sequence[Fault]:
    is_an_end = request.operation == "put" and request.key.endswith("/end")
    return [Refuse(503, "ServiceUnavailable")] if is_an_end else []


def kept_at(plan: dict[str, Any], what: str = "plan") -> str:
    return f"{STATE}.plans/{plan['id']}/{what}"


def test_a_key_that_was_protected_when_it_was_planned_stays(chain: Chain) -> None:
    """It is none of the plan's, whatever is protected by now."""
    chain.deployment.fill(*LOGS[:20])
    chain.deployment.set(protected="logs/00/01")
    plan = planned(chain, prefix="logs/")
    chain.deployment.set(protected="")

    answer = applied(chain, plan)

    assert (answer["deleted"], answer["skipped_because"]) == (10, {"protected": 10})
    assert answer["plan"]["as_planned"] is True


def test_an_application_that_is_sent_back_needs_its_plan(chain: Chain) -> None:
    """Without the state there is none to hold objects to, and nothing goes."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    hurried(chain.deployment, 20, batch_delete=9)
    left = chain.begin({"apply": plan["id"], "unfinished": "return"})["continuation"]
    before = chain.deployment.keys()
    del chain.deployment.environ["OSSWEEP_STATE"]

    said = chain.deployment.refuse(left)

    assert "applies a plan, and plans are kept in OSSWEEP_STATE" in said
    assert chain.deployment.keys() == before


def test_directories_of_a_hierarchical_bucket_go_as_planned(chain: Chain) -> None:
    """Those that OSS refuses at first, because something is in them, lay in a stretch."""
    chain.deployment.oss.make_hierarchical(BUCKET)
    chain.deployment.fill("top/", "top/a/", "top/a/1", "top/b/", "top/b/c/", "top/b/c/3", "top/z")
    plan = planned(chain, directory="top")

    answer = applied(chain, plan)

    assert (answer["status"], answer["deleted"], chain.deployment.keys()) == ("done", 7, [])
    assert answer["plan"]["as_planned"] is True


def test_a_plan_up_to_a_ceiling_is_applied_to_that(chain: Chain) -> None:
    """What lies beyond was never planned, and makes no difference."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/", limits={"objects": 5})

    answer = applied(chain, plan)

    assert (plan["objects"], answer["deleted"], len(chain.deployment.keys())) == (5, 5, 15)
    assert (answer["plan"]["as_planned"], answer["plan"]["differences"]) == (True, 0)


def test_objects_beyond_a_ceiling_have_their_own_reason(chain: Chain) -> None:
    """It does not count with what differs."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/", limits={"objects": 1200})
    chain.deployment.oss.remove(BUCKET, [LOGS[3]])

    answer = applied(chain, plan)

    assert answer["skipped_because"] == {NOT_AS_PLANNED: 999, BEYOND_CEILING: 1300}
    assert (answer["deleted"], answer["plan"]["as_planned"]) == (200, False)


def test_a_held_application_grows_old(aging: Chain, days: Days) -> None:
    """As long as nothing of it was deleted."""
    aging.deployment.fill(*LOGS[:20])
    plan = planned(aging, prefix="logs/")
    aging.deployment.set(consent_tag="ossweep=allowed")
    held = aging.begin({"apply": plan["id"]})
    days.passed = 30
    del aging.deployment.environ["OSSWEEP_CONSENT_TAG"]

    said = aging.deployment.refuse({"apply": plan["id"]})

    assert (held["status"], held["deleted"]) == ("stopped", 0)
    assert "a plan is applied for 7 days" in said


def test_a_tolerance_can_be_narrowed_and_not_widened(chain: Chain) -> None:
    """By the same plan's order once more, for a job that is held."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.oss.remove(BUCKET, [LOGS[3]])
    chain.deployment.set(consent_tag="ossweep=allowed")
    held = chain.begin({"apply": plan["id"], "tolerance": {"objects": 5}})
    del chain.deployment.environ["OSSWEEP_CONSENT_TAG"]

    answer = applied(chain, plan)

    assert (held["status"], answer["deleted"]) == ("stopped", 1500)
    assert answer["skipped_because"] == {NOT_AS_PLANNED: 999}


def test_a_plan_above_the_ceiling_of_the_deployment_is_refused_whole(chain: Chain) -> None:
    """Else half of it would go, and the other half never."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    chain.deployment.set(max_objects="19")

    said = chain.deployment.refuse({"apply": plan["id"]})

    assert "has 20 objects, and OSSWEEP_MAX_OBJECTS allows 19" in said
    assert len(chain.deployment.keys()) == 20


def test_the_log_names_the_plan(chain: Chain) -> None:
    """As it is made, and as it is applied."""
    chain.deployment.fill(*LOGS[:20])
    plan = planned(chain, prefix="logs/")
    applied(chain, plan)

    lines = [(each["message"], each.get("plan")) for each in chain.deployment.log]

    assert [plan for message, plan in lines if message == "sweep ends"] == 2 * [plan["id"]]
    assert ("sweep starts", plan["id"]) in lines


def test_the_log_tells_whether_all_went_as_planned(chain: Chain) -> None:
    """Of an application; a dry run has nothing to tell of that."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.oss.remove(BUCKET, [LOGS[3]])
    applied(chain, plan)

    dry, end = [each for each in chain.deployment.log if each["message"] == "sweep ends"]

    assert "as_planned" not in dry
    assert (end["level"], end["status"]) == ("INFO", "done")
    assert (end["plan"], end["as_planned"]) == (plan["id"], False)
    assert 'from "..." to "logs' not in end["reason"]
    assert '; from the beginning to "...": 1,000 objects of' in end["reason"]


def test_a_whole_stretch_that_is_gone_is_told(chain: Chain) -> None:
    """Nothing of it is listed any more."""
    chain.deployment.fill(*LOGS)
    plan = planned(chain, prefix="logs/")
    chain.deployment.oss.remove(BUCKET, LOGS[:1000])

    answer = applied(chain, plan)

    assert (answer["deleted"], answer["plan"]["as_planned"]) == (1500, False)
    assert answer["reason"] == (
        "1,500 of 2,500 planned objects were deleted; the other 1,000 were not there any more"
    )


def test_a_plan_of_named_keys_up_to_a_ceiling_is_applied_to_that(chain: Chain) -> None:
    """Those beyond it are none of its own, and no difference."""
    chain.deployment.fill("a", "b", "c")
    plan = planned(chain, keys=["a", "b", "c"], limits={"objects": 2})

    answer = applied(chain, plan)

    assert (answer["deleted"], answer["plan"]["as_planned"]) == (2, True)
    assert len(chain.deployment.keys()) == 1


def test_a_named_object_that_a_plan_up_to_a_ceiling_does_not_hold_may_be_either(
    chain: Chain,
) -> None:
    """It differs, or lies beyond: the plan does not tell the two apart."""
    chain.deployment.fill("a", "b", "c")
    plan = planned(chain, keys=["a", "b", "c"], limits={"objects": 2})
    chain.deployment.oss.fill(BUCKET, {"a": b"another"})

    answer = applied(chain, plan)

    assert answer["skipped_because"] == {UNKNOWN_TO_PLAN: 2}
    assert (answer["deleted"], answer["plan"]["as_planned"]) == (1, False)
