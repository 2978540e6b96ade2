"""What a plan costs: days that are short, requests, time, and money where prices are known."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ossweep.errors import SettingsError
from ossweep.filters.early_delete import EarlyDelete
from ossweep.filters.reasons import EARLY
from ossweep.plans.bill import Between, duration_of, money_for, requests_needed
from ossweep.plans.directories import Amount
from ossweep.plans.early import GB, EarlyDeletion, ShortOf, early_deletion
from ossweep.plans.prices import Prices, prices_of
from unit.plans import BORDERS, CLOCK, DAY, LISTED, Listed, columns_of, pages_of
from unit.subjects import Seen

HOUR = 3_600


def short(*listed: Listed, knows_transitions: bool = True) -> EarlyDeletion:
    return early_deletion(columns_of(listed, knows_transitions=knows_transitions), CLOCK)


def aged(storage_class: str | None, days: int, size: int = GB) -> Listed:
    return Listed("a", size, CLOCK - days * DAY, storage_class)


@pytest.mark.parametrize(
    ("storage_class", "days", "missing"),
    [
        ("IA", 20, 10),
        ("IA", 30, None),
        ("Archive", 20, 40),
        ("ColdArchive", 20, 160),
        ("DeepColdArchive", 179, 1),
        ("Standard", 0, None),
    ],
)
def test_a_class_bills_the_days_that_are_missing(
    storage_class: str, days: int, missing: int | None
) -> None:
    """Of an object of a GB, as many GB-days."""
    found = short(aged(storage_class, days)).short

    if missing is None:
        assert found == {}
    else:
        assert found[storage_class].gb_days == (missing, missing)


def test_the_cold_classes_count_from_the_transition() -> None:
    """However old the object is."""
    moved = replace(aged("ColdArchive", 400), transitioned=CLOCK - 100 * DAY)

    assert short(moved).short["ColdArchive"].gb_days == (80, 80)


def test_the_other_classes_count_from_the_last_modification() -> None:
    """Days in Standard count for IA, and those in IA for Archive."""
    moved = replace(aged("Archive", 50), transitioned=CLOCK)

    assert short(moved).short["Archive"].gb_days == (10, 10)


def test_an_object_whose_transition_was_not_told_is_short_of_all_days_at_most() -> None:
    """It may have been moved just now."""
    found = short(aged("ColdArchive", 400), knows_transitions=False)

    assert found.short["ColdArchive"].gb_days == (0, 180)
    assert short(aged("IA", 400), knows_transitions=False) == EarlyDeletion()


def test_a_small_object_is_billed_as_64_kilobytes_at_most() -> None:
    """By its own size at least."""
    least, most = short(aged("IA", 20, size=1_024)).short["IA"].gb_days

    assert least == pytest.approx(1_024 * 10 / GB)
    assert most == pytest.approx(65_536 * 10 / GB)


def test_a_begun_hour_is_billed_at_most() -> None:
    """OSS counts the hours that an object was stored."""
    found = short(replace(aged("IA", 30, size=65_536), modified=CLOCK - 30 * DAY + 1)).short["IA"]

    assert (int(found.at_least), int(found.at_most)) == (65_536, 65_536 * HOUR)


def test_the_vendors_example_is_met() -> None:
    """100 GB in IA for 20 days: 2.667 CNY."""
    prices = Prices("CNY", gb_month={"IA": Decimal("0.08")})
    needed = requests_needed({})

    money = money_for(prices, short(aged("IA", 20, size=100 * GB)), needed)

    assert round(money.early.at_least, 3) == round(money.early.at_most, 3) == Decimal("2.667")


def test_a_million_small_objects_cost_more_than_their_bytes_tell() -> None:
    """10 KB in IA for 5 days: 4.07 CNY at most."""
    one = short(aged("IA", 5, size=10 * 1_024)).short["IA"]
    million = EarlyDeletion(
        {"IA": ShortOf(10**6, str(int(one.at_least) * 10**6), str(int(one.at_most) * 10**6))}
    )
    prices = Prices("CNY", gb_month={"IA": Decimal("0.08")})

    money = money_for(prices, million, requests_needed({}))

    assert round(money.early.at_most, 2) == Decimal("4.07")
    assert round(money.early.at_least, 2) == Decimal("0.64")


@pytest.mark.parametrize(("name", "said"), [("ClassOf2030", "ClassOf2030"), (None, "unknown")])
def test_an_object_of_an_unknown_class_is_counted_apart(name: str | None, said: str) -> None:
    """Nobody knows its least days."""
    assert short(aged(name, 1), aged("IA", 90)) == EarlyDeletion(unknown={said: 1})


def carried(found: EarlyDeletion) -> EarlyDeletion:
    form = TypeAdapter(EarlyDeletion)
    found.check()
    return form.validate_json(form.dump_json(found), strict=True)


@given(listed=LISTED, borders=BORDERS, data=st.data())
def test_early_deletion_adds_up_in_any_order(
    listed: list[Listed], borders: list[int], data: st.DataObject
) -> None:
    """Over pages, branches and invocations."""
    pages = data.draw(st.permutations(pages_of(listed, borders)))

    parts = [carried(short(*page)) for page in pages]

    assert reduce(add, parts) == short(*listed)


@given(listed=LISTED)
def test_objects_that_are_short_are_those_that_the_filter_keeps(listed: list[Listed]) -> None:
    """`skip_early_delete` makes a plan that costs no days, but for the very last second."""
    kept = sum(
        EarlyDelete().reason_to_keep(
            Seen(
                modified=each.modified,
                storage_class=each.storage_class,
                transitioned=each.transitioned,
            ),
            CLOCK,
            [each.key],
        )
        == EARLY
        for each in listed
        if each.modified % DAY != CLOCK % DAY
    )
    others = [each for each in listed if each.modified % DAY != CLOCK % DAY]

    assert (sum(each.objects for each in short(*others).short.values()) if others else 0) == kept


@pytest.mark.parametrize(
    "forged",
    [
        EarlyDeletion({"Standard": ShortOf(1, "1", "1")}),
        EarlyDeletion({"IA": ShortOf(0, "1", "1")}),
        EarlyDeletion({"IA": ShortOf(1, "2", "1")}),
        EarlyDeletion({"IA": ShortOf(1, "-2", "1")}),
        EarlyDeletion(unknown={"IA": 1}),
        EarlyDeletion(unknown={"X": 0}),
    ],
)
def test_early_deletion_of_no_objects_is_refused(forged: EarlyDeletion) -> None:
    """A continuation is anybody's document."""
    with pytest.raises(ValueError, match=r"days|short"):
        forged.check()


MANY = {"IA": Amount(1_500, 0), "Standard": Amount(600, 0)}


def test_a_call_deletes_a_thousand() -> None:
    """It is one request at least; whether each of its keys counts, no document says."""
    needed = requests_needed(MANY, lists=6)

    assert (needed.lists, needed.calls) == (Between(3, 6), 3)
    assert needed.put == Between(6, 6 + 2_100)
    assert needed.deletions == {"IA": Between(0, 1_500), "Standard": Between(0, 600)}


def test_no_application_makes_fewer_listings_than_its_objects_have_pages() -> None:
    """A dry run may have made more of them than there need to be."""
    assert requests_needed(MANY, lists=40).lists == Between(3, 40)
    assert requests_needed(MANY, lists=1).lists == Between(3, 3)


def test_calls_of_one_class_are_its_own() -> None:
    """No other could be billed."""
    assert requests_needed({"IA": Amount(1_500, 0)}).deletions == {"IA": Between(2, 1_500)}


def test_a_bucket_without_batches_takes_a_request_for_each_object() -> None:
    """Such is a hierarchical namespace."""
    needed = requests_needed(MANY, batches=False)

    assert needed.calls == 2_100
    assert needed.deletions["IA"].is_exact


def test_keys_that_no_batch_carries_go_alone() -> None:
    """Each is a request."""
    assert requests_needed(MANY, alone=100).calls == 102


PRICES = Prices(
    "CNY",
    gb_month={"IA": Decimal("0.08")},
    put={"IA": Decimal("0.1"), "Standard": Decimal("0.01")},
    get={"Standard": Decimal("0.01")},
)


def test_requests_cost_a_least_and_a_most() -> None:
    """By calls in the cheapest class, or by objects in their own."""
    money = money_for(PRICES, EarlyDeletion(), requests_needed(MANY))

    assert money.requests.at_least == Decimal("0.000003")
    assert money.requests.at_most == Decimal("0.0156")
    assert money.unpriced == ("listings: a request in the bucket's class",)


def test_listings_cost_by_the_buckets_class() -> None:
    """And looks, whose requests are of the other class."""
    needed = replace(requests_needed({}, lists=10_000), looks=10_000)

    assert money_for(PRICES, EarlyDeletion(), needed, "Standard").requests == Between(
        Decimal("0.01"), Decimal("0.02")
    )


def test_money_without_a_price_is_not_told() -> None:
    """What is missing is named."""
    needed = replace(requests_needed({"Archive": Amount(1, 1)}), looks=1)
    early = EarlyDeletion({"Archive": ShortOf(1, "1", "1")}, {"X": 1})

    money = money_for(PRICES, early, needed)

    assert money.early == money.requests == Between(0, 0)
    assert money.unpriced == (
        "days that are short: a GB-month of Archive",
        "days that are short: the least days of X",
        "deletions: a PUT request of Archive",
        "listings: a request in the bucket's class",
        "looks: a request in the bucket's class",
    )


def test_days_cost_nothing_where_versions_are_kept() -> None:
    """A delete marker frees nothing."""
    early = short(aged("IA", 1), aged(None, 1))

    assert early.charged(keeps_versions=True) == EarlyDeletion()
    assert early.charged(keeps_versions=False) == early


def test_days_may_cost_nothing_where_versions_may_be_kept() -> None:
    """Then no number is a least."""
    early = short(aged("IA", 1)).charged(keeps_versions=None)

    assert early.short["IA"].gb_days == (0, 29)


def test_an_application_takes_its_time_by_the_quotas() -> None:
    """The account's at the best, that of one run of names at the worst."""
    found = duration_of(1_000_000, seconds_each=240)

    assert found.seconds == Between(100, 500)
    assert found.invocations == Between(1, 3)
    assert found.rate == Between(2_000, 10_000)


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ({"max_rate": 1_000}, (1_000, 1_000)),
        ({"max_rate": 5_000}, (200, 500)),
        ({"share": 0.5}, (200, 1_000)),
        ({"share": 0.5, "max_rate": 500}, (2_000, 2_000)),
    ],
)
def test_a_deployments_own_limits_make_it_longer(
    limits: dict[str, Any], seconds: tuple[int, int]
) -> None:
    """Its rate, and its share of OSS's quotas."""
    assert duration_of(1_000_000, seconds_each=1e9, **limits).seconds == Between(*seconds)


def test_nothing_takes_no_time() -> None:
    """But an invocation."""
    found = duration_of(0, seconds_each=240)

    assert (found.seconds, found.invocations) == (Between(0, 0), Between(1, 1))


def test_branches_are_invocations() -> None:
    """Where one would not do."""
    assert duration_of(1_000_000, seconds_each=240, parallel=4).invocations == Between(1, 4)


GOOD = {"currency": "CNY", "gb_month": {"IA": 0.08}, "put": {"IA": 0.1, "Standard": 1}}


def test_prices_are_exact() -> None:
    """As they are written: 0.08 is no binary number."""
    assert prices_of(json.dumps(GOOD)) == Prices(
        "CNY",
        gb_month={"IA": Decimal("0.08")},
        put={"IA": Decimal("0.1"), "Standard": Decimal(1)},
    )


@pytest.mark.parametrize("text", ["", "  "])
def test_a_deployment_without_prices_has_none(text: str) -> None:
    """Then no money is told."""
    assert prices_of(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.08", "is the number 0.08"),
        ("IA=0.08", "is no JSON"),
        ('{"currency": "CNY", "currency": "USD"}', "names something twice"),
        ('{"gb_month": {"IA": 1}}', "has no `currency`"),
        ('{"currency": "yuan", "put": {"IA": 1}}', "three letters"),
        ('{"currency": 1, "put": {"IA": 1}}', "three letters"),
        ('{"currency": "CNY"}', "holds no price"),
        ('{"currency": "CNY", "put": {}}', "holds no price"),
        ('{"currency": "CNY", "storage": {}}', "there is no field"),
        ('{"currency": "CNY", "put": 0.1}', "`put` as the number 0.1"),
        ('{"currency": "CNY", "put": {"ia": 0.1}}', '"ia", which is no storage class'),
        ('{"currency": "CNY", "put": {"IA": "0.1"}}', "without quotes"),
        ('{"currency": "CNY", "put": {"IA": true}}', "no number"),
        ('{"currency": "CNY", "put": {"IA": null}}', "no number"),
        ('{"currency": "CNY", "put": {"IA": NaN}}', "no number"),
        ('{"currency": "CNY", "put": {"IA": Infinity}}', "no number"),
        ('{"currency": "CNY", "put": {"IA": -0.1}}', "no price"),
        ('{"currency": "CNY", "put": {"IA": 1e9}}', "no price"),
        ('{"currency": "CNY", "put": {"IA": 1e999999999999}}', "no "),
    ],
)
def test_prices_that_are_none_are_refused(text: str, said: str) -> None:
    """A wrong number in a preview of a bill is worse than none."""
    with pytest.raises(SettingsError, match=said) as refused:
        prices_of(text)

    assert str(refused.value).startswith("OSSWEEP_PRICES ")
