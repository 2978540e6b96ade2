"""The throttle assumes nothing before OSS refuses something, and then keeps within its quotas."""

from __future__ import annotations

from random import Random
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossweep.engine.probing import CAREFUL, PROBE, STORM
from ossweep.engine.throttle import Lane, Permit, Throttle
from unit.memory import Clock
from unit.quotas import Bucket, Counted, Neighbour, Oss, Run, Sweep

SEEDS = (1, 2)


def throttle_of(
    clock: Clock, most: int = 64, max_rate: int | None = None, share: float | None = None
) -> Throttle:
    return Throttle(clock.monotonic, Random(1).uniform, most, max_rate, share)


def partitions(*rates: float) -> list[Bucket]:
    return [Bucket(rate) for rate in rates]


def an_account() -> Oss:
    return Oss(150_000, Bucket(10_000.0), partitions(*[2000.0] * 8))


def test_nothing_waits_while_oss_refuses_nothing() -> None:
    """The window opens to the most there are, and batches stay full."""
    run = Sweep(Oss(keys=200_000)).finish()

    assert max(flying for _, flying in run.windows) == 64
    assert sum(objects == 1000 for _, objects in run.sent) > 150
    assert run.seconds < 2.0


def test_the_window_stays_small_where_this_machine_is_what_requests_wait_for() -> None:
    """A tenth of a core, and OSS answers at once: more in flight would only wait for the core."""
    oss = Oss(keys=200_000, listing=0.001, deletion=0.002, cpu=0.02)

    run = Sweep(oss).finish()

    assert max(flying for at, flying in run.windows if at > run.seconds / 2) <= 16


def test_a_quota_of_the_account_is_used_up() -> None:
    """At least 95 % of it over eight partitions, with at most 3 % of all requests refused."""
    for seed in SEEDS:
        run = Sweep(an_account(), seed=seed).finish()

        assert 150_000 / run.seconds >= 0.95 * 10_000
        assert run.refused_share <= 0.03


def test_a_quota_of_a_partition_is_used_up() -> None:
    """At least 95 % of it though nobody is told of it; of both runs' requests 3 % are refused."""
    runs = [Sweep(Oss(150_000, None, partitions(2000.0)), seed=seed).finish() for seed in SEEDS]

    assert all(150_000 / run.seconds >= 0.95 * 2000 for run in runs)
    assert sum(run.refused_share for run in runs) / len(runs) <= 0.03


@pytest.mark.parametrize("quota", [5000.0, 2500.0])
def test_the_rest_of_a_shared_quota_is_used_up(quota: float) -> None:
    """The published figure is where the throttle begins, and nothing it insists on."""
    oss = Oss(15 * int(quota), Bucket(quota), partitions(*[2000.0] * 8))

    run = Sweep(oss).finish()

    assert 15 * quota / run.seconds >= 0.9 * quota
    assert run.refused_share <= 0.08


def test_a_quota_that_rises_again_is_used_again() -> None:
    """After five seconds of half a quota, nearly all of it is used within another eight."""
    account = Bucket(10_000.0, later=((8.0, 5000.0), (13.0, 10_000.0)))

    run = Sweep(Oss(250_000, account, partitions(*[2000.0] * 8))).finish()

    assert run.rate(8, 13) >= 0.9 * 5000
    assert run.rate(21, 25) >= 0.95 * 10_000


def test_partitions_far_from_a_slow_one_are_not_slowed() -> None:
    """What is left of the fourth partition takes long, the others are done as soon as ever."""
    rates = [2000.0] * 8
    rates[3] = 500.0

    run = Sweep(Oss(160_000, Bucket(10_000.0), partitions(*rates))).finish()

    done = [max(at for at, first, _ in run.deleted if first // 20_000 == n) for n in range(8)]
    assert run.seconds >= 0.9 * 20_000 / 500
    assert max(done[:2] + done[6:]) <= run.seconds / 2


def test_partitions_that_are_all_used_up_keep_their_own_paces() -> None:
    """Four of them carry several times what one does."""
    run = Sweep(Oss(120_000, None, partitions(*[2000.0] * 4))).finish()

    assert 120_000 / run.seconds >= 2.2 * 2000


@pytest.mark.parametrize("by_partition", [False, True])
def test_work_goes_on_after_five_seconds_of_nothing_but_refusals(by_partition: bool) -> None:
    """In which the pauses grow: some requests a second ask whether it is over."""
    oss = an_account()
    oss.storm, oss.storm_partition = (5.0, 10.0), by_partition

    run = Sweep(oss).finish()

    assert sum(6 <= at < 10 for at in run.refusals) <= 4 * 20
    assert run.rate(12, 16) >= 0.6 * 10_000


@pytest.mark.parametrize("kind", [Bucket, Counted])
@pytest.mark.parametrize("parts", [1, 8])
def test_a_neighbour_in_a_partition_is_left_in_peace(kind: type[Bucket], parts: int) -> None:
    """At most 1 % of what it writes is refused, 3 % of the job's requests; the rest is used up."""
    account = kind(10_000.0) if parts > 1 else None
    keys, left = (150_000, 9600) if parts > 1 else (30_000, 1600)
    oss = Oss(keys, account, [kind(2000.0) for _ in range(parts)])
    oss.neighbour = Neighbour(400.0, parts // 2)

    run = Sweep(oss).finish()

    assert oss.neighbour.refused_share <= 0.01
    assert run.refused_share <= 0.035
    assert keys / run.seconds >= 0.82 * left


@pytest.mark.parametrize("kind", [Bucket, Counted])
def test_a_share_of_a_partition_leaves_the_rest_of_it(kind: type[Bucket]) -> None:
    """From the first refusal on, which shows which ranges lie in it; half of it suffices then."""
    oss = Oss(15_000, None, [kind(2000.0)])

    run = Sweep(oss, share=0.5).finish()

    assert run.rate(4, 12) <= 1.05 * 1000
    assert 15_000 / run.seconds >= 0.95 * 1000


def test_a_share_of_the_account_holds_over_any_second() -> None:
    """But for one batch, though OSS refuses nothing."""
    run = Sweep(Oss(keys=30_000), share=0.2).finish()

    assert most_in_a_second(run) <= 2000 + 1000
    assert 30_000 / run.seconds >= 0.9 * 2000


def most_in_a_second(run: Run) -> int:
    """Return the most objects that any second of a run has seen sent."""
    return max(
        sum(objects for at, objects in run.sent if since <= at < since + 1) for since, _ in run.sent
    )


def test_a_ceiling_holds_over_any_second() -> None:
    """But for one batch; OSS would take more."""
    run = Sweep(Oss(keys=30_000), max_rate=3000).finish()

    assert most_in_a_second(run) <= 3000 + 1000
    assert 30_000 / run.seconds >= 0.95 * 3000


def test_a_low_ceiling_holds_from_the_first_second_on() -> None:
    """Nothing was missed before the first request: there is nothing to make up for."""
    run = Sweep(Oss(keys=200), max_rate=10).finish()

    assert most_in_a_second(run) <= 10 + 10
    assert 200 / run.seconds >= 0.9 * 10


def test_a_refusal_shrinks_the_batches_of_its_lane_or_of_the_job() -> None:
    """A partition's code slows a range, an account's slows all."""
    clock = Clock()
    throttle = throttle_of(clock)
    first = throttle.lane()
    other = throttle.lane(beside=first)

    by_partition = throttle.start(first, 1000).refused(1000, partition=True)
    shrunk = (first.batch_keys, other.batch_keys, throttle.wait(first) > 0, throttle.wait(other))
    by_account = throttle.start(other, 1000).refused(1000, partition=False)

    assert (by_partition.objects, by_account.objects) == (100, 196)
    assert by_partition.after > 0
    assert by_account.after > 0
    assert shrunk == (100, 1000, True, PROBE)
    assert other.batch_keys == 196
    assert throttle.wait(other) > 0


@pytest.mark.parametrize(
    ("max_rate", "keys"),
    [(None, 1000), (1_000_000, 1000), (20_000, 400), (5000, 100), (400, 100), (1, 1)],
)
def test_a_lower_limit_goes_in_smaller_batches(max_rate: int | None, keys: int) -> None:
    """So that there are always some a second, and no quota is too small for one."""
    assert throttle_of(Clock(), max_rate=max_rate).lane().batch_keys == keys


def test_lanes_that_together_explain_a_refusal_share_a_pace() -> None:
    """What lies between them shares it from the start; what lies beside them does not."""
    clock = Clock()
    throttle = throttle_of(clock)
    lanes = [throttle.lane() for _ in range(3)]
    throttle.start(lanes[0], 1000)
    throttle.start(lanes[1], 900)
    clock.now = 0.05
    late = throttle.start(lanes[1], 1000)
    clock.now = 0.11
    late.refused(1000, partition=True)

    between = throttle.lane(beside=lanes[0])
    beside = throttle.lane(beside=lanes[1])

    assert lanes[0].pace is lanes[1].pace is between.pace
    assert len({lane.pace for lane in (lanes[0], beside, lanes[2])}) == 3


def test_a_lane_that_carries_a_partitions_quota_is_refused_alone() -> None:
    """Its own load explains it."""
    clock = Clock()
    throttle = throttle_of(clock)
    lanes = [throttle.lane() for _ in range(3)]
    for lane in (lanes[0], lanes[1], lanes[1], lanes[2]):
        throttle.start(lane, 1000)
    clock.now = 0.01
    late = throttle.start(lanes[1], 1000)
    clock.now = 0.07
    late.refused(1000, partition=True)

    assert [lane.batch_keys for lane in lanes] == [1000, 100, 1000]


def test_refusals_in_two_places_put_all_between_them_into_one_partition() -> None:
    """If no more than it takes went through the whole job; what lies beside them stays apart."""
    clock = Clock()
    throttle = throttle_of(clock)
    lanes = [throttle.lane() for _ in range(5)]
    for lane in lanes[1:3]:
        throttle.start(lane, 1000)
    clock.now = 0.1
    late = [throttle.start(lanes[number], 1000) for number in (1, 3)]
    clock.now = 0.16
    for permit in late:
        permit.refused(1000, partition=True)

    assert lanes[1].pace is lanes[2].pace is lanes[3].pace
    assert len({lane.pace for lane in lanes}) == 3


def test_more_than_a_partition_has_in_stock_goes_batch_by_batch_until_the_first_answer() -> None:
    """So that a refusal comes back before others are on their way; then nothing waits."""
    clock = Clock()
    throttle = throttle_of(clock)
    lane = throttle.lane()
    permits, waits = [], []
    for _ in range(3):
        permits.append(throttle.start(lane, 1000))
        waits.append(throttle.wait(lane))
    permits[0].confirmed(1000)

    assert waits == [0.0, 0.0, PROBE]
    assert throttle.wait(lane) == 0.0


def test_a_first_deletion_that_ends_without_an_answer_is_waited_for_no_longer() -> None:
    """It was not refused, and there may be no other."""
    throttle = throttle_of(Clock())
    lane = throttle.lane()
    permits = [throttle.start(lane, 1000) for _ in range(3)]
    before = throttle.wait(lane)
    permits[0].ended()

    assert before > 0
    assert throttle.wait(lane) == 0.0


def test_a_refusal_by_a_partition_lets_the_others_be_probed_for_a_while() -> None:
    """One full batch after the other, and smaller ones sooner."""
    clock = Clock()
    throttle = throttle_of(clock)
    first, other = throttle.lane(), throttle.lane()
    throttle.start(first, 1000).refused(1000, partition=True)
    clock.now += PROBE
    before = throttle.wait(other)
    throttle.start(other, 1000)
    after_a_full_one = throttle.wait(other)
    clock.now += PROBE
    throttle.start(other, 100)
    after_a_small_one = throttle.wait(other)
    clock.now += CAREFUL
    throttle.start(other, 1000)

    assert before == 0.0
    assert (after_a_full_one, after_a_small_one) == pytest.approx((PROBE, PROBE / 10))
    assert throttle.wait(other) == 0.0


def test_refusals_from_all_over_hold_the_whole_job() -> None:
    """They tell of no partition: so they join nothing, and few requests ask whether it is over."""
    clock = Clock()
    throttle = throttle_of(clock)
    lanes = [throttle.lane() for _ in range(STORM + 1)]
    permits = [throttle.start(lane, 1000) for lane in lanes]
    clock.now = 0.06
    for permit in permits[:-1]:
        permit.refused(1000, partition=True)
    before = throttle.job.opens
    permits[-1].refused(1000, partition=True)

    assert before <= clock.now
    assert throttle.job.opens > clock.now


def test_a_request_that_waits_for_its_turn_is_not_in_flight() -> None:
    """A thread that sleeps off a refusal keeps no other from starting, up to the most there are."""
    clock = Clock()
    throttle = throttle_of(clock, most=3)
    lane = throttle.lane()
    permits = [throttle.start(lane, 1000) for _ in range(3)]
    full = throttle.room()
    permits[0].ended()
    permits[0].ended()
    turn = permits[1].refused(1000, partition=True)
    pausing = throttle.room()
    throttle.start(lane, 1000)
    rooms = (full, pausing, throttle.room())
    clock.now += turn.after

    assert rooms == (0, 1, 0)
    assert throttle.room() == 0


def test_a_refusal_of_a_request_sent_before_the_last_refusal_is_no_news() -> None:
    """A burst of refusals lowers a pace once."""
    clock = Clock()
    throttle = throttle_of(clock)
    lane = throttle.lane()
    permits = [throttle.start(lane, 1000) for _ in range(10)]
    rates = []
    for permit in permits:
        clock.now += 0.001
        permit.refused(1000, partition=False)
        rates.append(lane.job.rate)

    assert 9000 < min(rates) <= max(rates) < 10_000


def test_a_closed_lane_is_forgotten_when_its_last_deletion_has_ended() -> None:
    """Until then its refusals still count for those beside it."""
    clock = Clock()
    throttle = throttle_of(clock)
    lane = throttle.lane()
    permit = throttle.start(lane, 1000)
    throttle.close(lane)
    turn = permit.refused(1000, partition=True)
    permit.ended()
    turn_after_the_end = permit.refused(200, partition=True)

    assert turn.after > 0
    assert turn_after_the_end.after > turn.after


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.floats(0, 2)), max_size=60))
def test_no_order_of_events_breaks_it(events: list[tuple[int, int, float]]) -> None:
    """Waits are finite and not negative, batches hold a key, and the most in flight is kept."""
    clock = Clock()
    throttle = throttle_of(clock, most=5)
    lanes: list[Lane] = [throttle.lane()]
    permits: list[Permit] = []
    for act, number, seconds in events:
        clock.now += seconds
        lane = lanes[number % len(lanes)]
        permit = permits[number % len(permits)] if permits else None
        if act == 0:
            lanes.append(throttle.lane(beside=lane))
        elif act == 1 and throttle.room():
            permits.append(throttle.start(lane, lane.batch_keys))
        elif act in {2, 3} and permit is not None:
            turn = permit.refused(permit.asked or 1, partition=act == 2)
            assert 0 <= turn.after < float("inf")
            assert 1 <= turn.objects <= 1000
        elif act == 4 and permit is not None:
            permit.confirmed(permit.asked)
            permit.ended()
            permits.remove(permit)
        elif act == 5:
            throttle.close(lane)
        assert 0 <= throttle.room() <= 5 - len(permits)
        assert 0 <= throttle.wait(lane) < float("inf")
        assert 1 <= lane.batch_keys <= 1000


def test_threads_share_it() -> None:
    """Whatever they do at the same time, each deletion is counted in and out."""
    clock = Clock()
    throttle = throttle_of(clock, most=8)
    lane = throttle.lane()

    def work() -> None:
        for number in range(200):
            permit = throttle.start(lane, 10)
            if number % 3:
                permit.confirmed(10)
            else:
                permit.refused(10, partition=bool(number % 2))
            permit.ended()

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert throttle.room() >= 4
