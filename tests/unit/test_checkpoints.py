"""What a checkpoint reserves, and when it lets its job be split into parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ossweep.engine.ports import Checkpoint
from ossweep.errors import Scope, StoreError
from ossweep.handover.continuation import seal
from ossweep.jobs.checkpoints import SOON, Checkpoints
from ossweep.stops import SPLIT, Stop
from ossweep.work import Range, Work
from unit.memory import Clock

if TYPE_CHECKING:
    from ossweep.jobs.share import Share

RANGES = (Range("a/", until="a/m"), Range("a/", "a/m"))


@dataclass
class Leases:
    """Leases whose records are written, but for as many as fail."""

    failures: int = 0
    timer: Any = field(default_factory=lambda: SimpleNamespace(left=lambda: 10.0))

    def keep(self, *_: object) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("ServiceUnavailable", "Busy.", Scope.PASSING)


def checkpoints_of(
    work: Work, leases: Leases | None = None, clock: Clock | None = None
) -> Checkpoints:
    clock = clock or Clock()
    session = SimpleNamespace(
        settings=SimpleNamespace(max_objects=None, checkpoint_seconds=5.0),
        world=SimpleNamespace(monotonic=clock.monotonic),
        budget=SimpleNamespace(left=lambda: 600.0),
        logger=SimpleNamespace(warning=lambda *_, **__: None),
    )
    every: Any = (None, leases or Leases(), None, session, None)
    return Checkpoints(work, *every)


@pytest.mark.parametrize(("harmless", "stop"), [(True, SPLIT), (False, None)])
def test_a_job_is_split_once_it_is_known_that_deletions_lose_nothing(
    harmless: bool, stop: Stop | None
) -> None:
    """Where nobody may look at the bucket, each part would lose a null version of its own."""
    work = Work("job", "examplebucket", parallel=2, ranges=RANGES, harmless=harmless)
    share = SimpleNamespace(answer={"continuation": seal(work)}, left=work, expected=None)

    checkpoint = checkpoints_of(work).keep(cast("Share", share), 0)

    assert checkpoint.stop is stop


@pytest.mark.parametrize(
    ("harmless", "wanted", "reserved"), [(True, 0, 2000), (False, 0, 0), (False, 1, 2000)]
)
def test_nothing_is_reserved_for_a_first_key_that_does_not_go(
    harmless: bool, wanted: int, reserved: int
) -> None:
    """What is reserved counts as asked for, and an invocation that died would end its job."""
    work = Work("job", "examplebucket", ranges=RANGES, harmless=harmless)
    share = SimpleNamespace(answer={"continuation": seal(work)}, left=work, expected=None)

    checkpoint = checkpoints_of(work).keep(cast("Share", share), wanted)

    assert checkpoint.reserved == reserved


def test_a_checkpoint_that_is_not_written_is_due_again_soon() -> None:
    """The sweep may wait for it."""
    work = Work("job", "examplebucket", ranges=RANGES, harmless=True)
    share: Any = SimpleNamespace(answer={"continuation": seal(work)}, left=work, expected=None)
    clock = Clock()
    checkpoints = checkpoints_of(work, Leases(failures=1), clock)

    assert checkpoints.keep(share, 1) == Checkpoint(None, None, "ServiceUnavailable: Busy.")
    clock.now += SOON
    assert checkpoints.due()
    assert checkpoints.keep(share, 1).reserved
    assert not checkpoints.due()
