"""The throttle assumes nothing before OSS refuses something, and then keeps within its quotas."""

from __future__ import annotations

from random import Random

from ossweep.engine.throttle import Lane, Throttle
from unit.memory import Clock
from unit.quotas import Bucket, Oss, Sweep


def throttle_of(clock: Clock, most: int = 64, max_rate: int | None = None) -> Throttle:
    return Throttle(clock.monotonic, Random(1).uniform, most, max_rate)


def delete(throttle: Throttle, lane: Lane, clock: Clock, seconds: float = 0.3) -> None:
    ticket = throttle.start(lane, 1000)
    clock.now += seconds
    ticket.confirmed(1000)
    ticket.ended()


def test_nothing_waits_while_oss_refuses_nothing() -> None:
    """However much is asked for."""
    run = Sweep(Oss(keys=200_000)).finish()

    assert run.refused == 0
    assert max(flying for _, flying in run.windows) == 64
    assert sum(objects == 1000 for _, objects in run.sent) > 150


def test_a_refusal_shrinks_the_batches_of_its_lane() -> None:
    """A partition's code slows a range, an account's slows the job."""
    clock = Clock()
    throttle = throttle_of(clock)
    first = throttle.lane()
    other = throttle.lane(beside=first)

    ticket = throttle.start(first, 1000)
    by_partition = ticket.refused(1000, partition=True)
    shrunk = (first.batch_keys, other.batch_keys, throttle.wait(first) > 0, throttle.wait(other))
    ticket = throttle.start(other, 1000)
    by_account = ticket.refused(1000, partition=False)

    assert by_partition > 0
    assert by_account > 0
    assert shrunk == (250, 1000, True, 0.0)
    assert other.batch_keys == 250
    assert throttle.wait(other) > 0


def test_what_pauses_is_not_in_flight() -> None:
    """A thread that sleeps off a refusal keeps no other from starting, up to the most there are."""
    clock = Clock()
    throttle = throttle_of(clock, most=3)
    lane = throttle.lane()
    tickets = [throttle.start(lane, 1000) for _ in range(3)]
    full = throttle.room()
    tickets[0].ended()
    tickets[1].refused(1000, partition=True)

    assert (full, throttle.room()) == (0, 1)


def test_a_single_partition_is_used_up() -> None:
    """Though nobody is told how far it goes."""
    run = Sweep(Oss(150_000, partitions=[Bucket(2000.0)])).finish()

    assert 150_000 / run.seconds >= 0.95 * 2000


def test_a_quota_of_the_account_is_used_up() -> None:
    """Over eight partitions."""
    oss = Oss(150_000, Bucket(10_000.0), [Bucket(2000.0) for _ in range(8)])

    run = Sweep(oss).finish()

    assert 150_000 / run.seconds >= 0.95 * 10_000
