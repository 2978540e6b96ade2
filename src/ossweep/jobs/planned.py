"""The plan of a dry run that has come to its end: in its answer, and in the jobs' state."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import NO_TIME, Closed, RequestError, StoreError
from ossweep.jobs.applications import request_of
from ossweep.jobs.plans import keep_plan
from ossweep.objects import GONE
from ossweep.plans.bill import duration_of, money_for, requests_needed
from ossweep.plans.bucket import ENABLED, SUSPENDED, Taken
from ossweep.plans.document import Plan
from ossweep.plans.lifecycle import RuleScope, lifecycle_rule
from ossweep.plans.ordered import OrderTold
from ossweep.plans.siblings import below_named
from ossweep.plans.sofar import SoFar
from ossweep.plurals import counted
from ossweep.session import open_bucket
from ossweep.store.facts import bucket_facts
from ossweep.tally import tally
from ossweep.whereabouts import outermost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.plans.bill import Money, RequestsNeeded
    from ossweep.plans.bucket import BucketFacts
    from ossweep.plans.early import EarlyDeletion
    from ossweep.plans.prices import Prices
    from ossweep.plans.siblings import BelowNamed
    from ossweep.session import Session
    from ossweep.store import OssStore
    from ossweep.work import Work

LOOK_SECONDS = 10.0  # for looks at the bucket
NOT_KEPT = (
    "this plan is kept nowhere, and can be looked at only: set OSSWEEP_STATE, and plan again, to "
    "apply one"
)


def with_plan(
    answer: dict[str, Any], left: Work, session: Session, seconds: float
) -> dict[str, Any]:
    """
    Return the answer of a dry run that goes on no further, with its plan.

    The bucket is looked at once, for a few of the `seconds` that the job is its holder's for, and
    half of them at most: the plan has to be written. Those requests count, too.
    """
    so_far, clock = SoFar.of(left.plan), session.world.monotonic
    ends = clock() + seconds
    gate = Gate(Budget(min(LOOK_SECONDS, seconds / 2), clock))
    with closing(open_bucket(left.bucket, gate, session)) as store:
        facts, below = bucket_facts(store), _below(so_far, outermost(left.selectors), store)
    plan = replace(_plan(left, so_far, answer, facts, session), below=below)
    document = {**answer, "requests_made": _with_those(store, answer["requests_made"])}
    return {**document, "plan": _kept(plan, left, so_far, session, clock() < ends)}


def _with_those(store: OssStore, made: Mapping[str, int]) -> dict[str, int]:
    """Return how many requests of each kind that is told were made, with those to a bucket."""
    every = tally((made, store.requests))
    return {kind: every[kind] for kind in made}


def _kept(plan: Plan, left: Work, so_far: SoFar, session: Session, in_time: bool) -> dict[str, Any]:
    """Return the plan as a document, once it is kept, or with the reason why it is not."""
    document = plan.document()
    if session.settings.state is None:
        return {**document, "advice": [*document["advice"], NOT_KEPT]}
    if so_far.unheld:
        more = counted(so_far.unheld, "object more is named", "objects more are named")
        said = (
            f"{more} by keys and lists than a plan holds to what they are, and so it cannot be "
            "applied: order them in several requests"
        )
        return {**document, "advice": [*document["advice"], said]}
    plan_id, why = None, NO_TIME
    if in_time:
        try:
            plan_id = keep_plan(left, so_far, session, is_steady=_is_steady(document["bucket"]))
        except (StoreError, Closed, RequestError) as error:
            why = str(error) or NO_TIME
    if plan_id is None:
        said = f"this plan may not have been kept; plan again to apply one: {why}"
        return {**document, "advice": [*document["advice"], said]}
    how = _how_to_apply(plan_id, document, left, session)
    return {**document, "id": plan_id, "advice": [*document["advice"], *how]}


def _is_steady(bucket: Mapping[str, Any]) -> bool:
    """
    Tell whether no old object can come to be in a bucket without being written.

    With versions an older one may show again, and in a hierarchical bucket one is renamed.
    """
    return bucket["versioning"] == "none" and bucket["hierarchical"] is False


def _how_to_apply(
    plan_id: str, document: Mapping[str, Any], left: Work, session: Session
) -> list[str]:
    """Say how the plan is applied, or what has to be so before; nothing if it is of nothing."""
    if not document["objects"]:
        return []
    if document["bucket"]["versioning"] == SUSPENDED and left.null_versions == "keep":
        return ['it would stop at once: plan anew with "null_versions": "lose" to lose them']
    first = _to_do_first(document["bucket"]["tags"], left.bucket, session)
    steps = "".join(f"{each}, and " for each in first)
    return [f"to delete exactly this, {steps}send {request_of(plan_id)}"]


def _to_do_first(tags: Mapping[str, str] | None, bucket: str, session: Session) -> list[str]:
    """Say what keeps a plan from being applied now; `tags` are the bucket's, None: not known."""
    said, tag = [], session.settings.consent_tag
    if session.settings.dry_run:
        said.append("unset OSSWEEP_DRY_RUN")
    if tag is not None and (tags is None or tags.get(tag[0]) != tag[1]):
        wanted = f"the tag {tag[0]}={tag[1]} (OSSWEEP_CONSENT_TAG)"
        is_missing = f"give the bucket {bucket} {wanted}"
        is_unseen = (
            f"see to it that the tags of the bucket {bucket} can be looked at, and that it has "
            f"{wanted}"
        )
        said.append(is_unseen if tags is None else is_missing)
    return said


def _plan(
    left: Work, so_far: SoFar, answer: dict[str, Any], facts: BucketFacts, session: Session
) -> Plan:
    settings = session.settings
    census, clock = so_far.census, left.clock or 0
    scope = RuleScope(outermost(left.selectors), left.only, named=so_far.has_names)
    digest = census.digest
    taken = Taken(scope, clock, digest.objects, digest.bytes, census.oldest, census.newest)
    region = facts.region or settings.region or session.invocation.region
    requests, early = _requests(so_far, answer, facts), _charged(so_far.early, facts)
    return Plan(
        id=None,
        ordered=_ordered(left, so_far, answer),
        census=census,
        early=early,
        requests=requests,
        duration=duration_of(
            digest.objects,
            seconds_each=session.invocation.timeout_seconds - settings.reserve_seconds,
            max_rate=settings.max_rate,
            share=settings.share,
        ),
        skipped=left.counts.skipped,
        siblings=so_far.siblings,
        bucket=facts.document(taken),
        money=_money(early, requests, facts, settings.prices),
        lifecycle=lifecycle_rule(
            scope,
            clock,
            region=None if region is None else region.removeprefix("oss-"),
            protected=policy.protected_in(left.bucket, settings),
            hierarchical=bool(facts.hierarchical),
        ),
        advice=[
            *_of_absent(so_far.absent, is_kept=settings.state is not None),
            *facts.advice(taken),
            *_of_early(so_far.early, facts),
        ],
    )


def _ordered(left: Work, so_far: SoFar, answer: Mapping[str, Any]) -> OrderTold:
    return OrderTold(
        left.bucket,
        outermost(left.selectors),
        so_far.keys,
        so_far.lists,
        so_far.first_lists,
        left.only,
        left.limit,
        left.limit_bytes,
        left.null_versions == "lose",
        left.clock,
        answer["reason"] if answer["status"] == "stopped" else None,
    )


def _charged(early: EarlyDeletion, facts: BucketFacts) -> EarlyDeletion:
    """Return what is charged for now: of a suspended bucket, some objects may be versions."""
    known = {ENABLED: True, "": False}
    return early.charged(
        keeps_versions=None if facts.versioning is None else known.get(facts.versioning)
    )


def _of_early(early: EarlyDeletion, facts: BucketFacts) -> list[str]:
    """Say what is charged later, in a bucket that keeps versions."""
    number = early.objects
    if facts.versioning != ENABLED or not number:
        return []
    one = "object is younger than its class bills at least"
    short = counted(number, one, "objects are younger than their classes bill at least")
    its = "its version goes" if number == 1 else "their versions go"
    charged = f"what is missing then is charged when {its}"
    return [f"a delete marker frees nothing, and costs no days now: {short}, and {charged}"]


def _requests(so_far: SoFar, answer: dict[str, Any], facts: BucketFacts) -> RequestsNeeded:
    """Return the requests that it takes: of listings at most, and of looks, as the dry run made."""
    by_class, made = so_far.census.by_class, answer["requests_made"]
    needed = requests_needed(by_class, lists=made["list"], batches=not facts.hierarchical)
    return replace(needed, looks=made.get("tags", 0))


def _money(
    early: EarlyDeletion, requests: RequestsNeeded, facts: BucketFacts, prices: Prices | None
) -> Money | None:
    """Return what it costs, where the deployment knows prices."""
    return None if prices is None else money_for(prices, early, requests, facts.storage_class)


def _of_absent(number: int, *, is_kept: bool) -> list[str]:
    """Say what becomes of the named keys that are not there."""
    if not number:
        return []
    it = "it" if number == 1 else "them"
    of = "of the named keys"
    none = counted(number, f"{of} shows no object", f"{of} show no object")
    if is_kept:
        return [f"{none}: the plan's application skips {it} as `{GONE}`"]
    return [f"{none}: a deletion asks for {it} all the same, and OSS confirms that"]


def _below(so_far: SoFar, prefixes: Sequence[str], store: OssStore) -> list[BelowNamed]:
    """
    Return what stays below those named keys that are directories.

    There is one look at each of them, as far as there is time. Nothing stays below one that a
    prefix or directory of the order holds.
    """
    told: list[BelowNamed] = []
    for each in so_far.below:
        if each.key.startswith(tuple(prefixes)):
            continue
        try:
            page, more = next(store.pages(each.key, each.key))
        except (Closed, StoreError):
            break
        if page.keys:
            found = below_named(each.key, page.columns(), more=more, is_there=each.is_there)
            if found is not None and found.below.objects:
                told.append(found)
    return told
