"""What a checkpoint reserves, and when it lets its job be split into parts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ossweep.handover.continuation import seal
from ossweep.jobs.checkpoints import Checkpoints
from ossweep.stops import SPLIT, Stop
from ossweep.work import Range, Work
from unit.memory import Clock

if TYPE_CHECKING:
    from ossweep.jobs.share import Share

RANGES = (Range("a/", until="a/m"), Range("a/", "a/m"))


class Leases:
    """Leases whose records are written."""

    def keep(self, *_: object) -> None:
        pass


def checkpoints_of(work: Work) -> Checkpoints:
    clock = Clock()
    session = SimpleNamespace(
        settings=SimpleNamespace(max_objects=None, checkpoint_seconds=5.0),
        world=SimpleNamespace(monotonic=clock.monotonic),
        budget=SimpleNamespace(left=lambda: 600.0),
    )
    every: Any = (None, Leases(), None, session, None)
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
