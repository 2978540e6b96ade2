"""Where nobody may look at the bucket: what a lost answer means."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.budget import Budget
from ossweep.engine.caution import Caution
from ossweep.engine.gate import Gate
from ossweep.engine.ports import Checkpoint
from ossweep.errors import Scope, StoreError
from ossweep.stops import GONE_UNSEEN, Stop
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import Bucket, Clock, Hop, MemoryStore

if TYPE_CHECKING:
    from ossweep.engine.result import Result

NEW = Work("job", "examplebucket", ranges=(Range("a/"),))
BEGUN = Work("job", "examplebucket", ranges=(Range("a/"),), counts=Counts(deleted=1))
PART = Work("job-p1", "examplebucket", ranges=(Range("a/"),), part_of="job", harmless=True)


@pytest.mark.parametrize(
    ("work", "stopped"),
    [(NEW, GONE_UNSEEN), (BEGUN, None), (PART, None)],
    ids=["new", "begun", "part"],
)
def test_a_lost_answer_ends_a_job_that_has_deleted_nothing(
    work: Work, stopped: Stop | None
) -> None:
    """Where others have gone without a null marker, the one in doubt has cost no version."""
    gate = Gate(Budget(600.0, Clock().monotonic))
    Caution.of(work, gate).looked_at(StoreError("AccessDenied", "No.", Scope.KEYS))

    gate.left_in_doubt()

    assert (gate.singly, gate.stopped) == (True, stopped)


DOUBTED = replace(NEW, keys=("a",), doubted=("a",))
DIED = replace(NEW, counts=Counts(unanswered=2000))


@pytest.mark.parametrize("doubtful", [DOUBTED, DIED], ids=["a key without an answer", "a death"])
@pytest.mark.parametrize(("harmless", "stopped"), [(False, GONE_UNSEEN), (True, None)])
def test_a_doubt_of_an_earlier_invocation_ends_a_job_that_may_have_lost_a_version(
    doubtful: Work, harmless: bool, stopped: Stop | None
) -> None:
    """Each that followed would lose another."""
    gate = Gate(Budget(600.0, Clock().monotonic))
    caution = Caution.of(replace(doubtful, harmless=harmless), gate)

    caution.looked_at(StoreError("AccessDenied", "No.", Scope.KEYS))

    assert gate.stopped == stopped


@pytest.mark.parametrize(
    ("code", "has_advice"), [("AccessDenied", True), ("NotImplemented", False)]
)
def test_a_permission_is_advised_where_one_is_missing(code: str, *, has_advice: bool) -> None:
    """A hierarchical bucket has no versioning that anybody may look at."""
    caution = Caution.of(NEW, Gate(Budget(600.0, Clock().monotonic)))

    caution.looked_at(StoreError(code, "No.", Scope.KEYS))

    assert ("allow oss:GetBucketVersioning" in str(caution.note)) is has_advice


class Unseen(MemoryStore):
    """A store whose bucket nobody may look at."""

    def versioning(self) -> str:
        raise StoreError("AccessDenied", "No.", Scope.KEYS)


@dataclass
class Recording:
    """Keeps how many keys had been asked for at each checkpoint, and what was known by then."""

    bucket: Bucket
    kept: list[tuple[int, bool]] = field(default_factory=list)

    def due(self) -> bool:
        return False

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        assert reserved
        self.kept.append((len(self.bucket.asked), result.left.harmless))
        return Checkpoint(None, 2000)

    def beat_due(self) -> bool:
        return False

    def beat(self) -> None:
        raise NotImplementedError


def test_the_key_that_goes_alone_is_on_record_before_it_goes() -> None:
    """Else each invocation that dies before it can tell would let one more go."""
    bucket = Bucket.of([f"a/{number:03}" for number in range(2500)])
    keeper = Recording(bucket)
    hop = Hop(keeper=keeper)

    result = hop.sweep(NEW, Unseen(bucket, hop.gate))

    assert keeper.kept[0] == (0, False)
    assert (result.counts.deleted, result.left.harmless) == (2500, True)


@pytest.mark.parametrize("limit", [None, 2400])
def test_the_first_keys_answer_is_on_record_before_others_go(limit: int | None) -> None:
    """Else an invocation that takes over would have to stop the job, though nothing is lost."""
    bucket = Bucket.of([f"a/{number:03}" for number in range(2500)])
    keeper = Recording(bucket)
    hop = Hop(keeper=keeper, ceiling=Ceiling(limit, "limits.objects") if limit else None)

    hop.sweep(NEW, Unseen(bucket, hop.gate))

    told = [asked for asked, harmless in keeper.kept if not harmless]
    assert (max(told), keeper.kept[len(told)]) == (0, (1, True))
