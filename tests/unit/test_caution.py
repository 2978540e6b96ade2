"""Where nobody may look at the bucket: what a lost answer means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ossweep.engine.budget import Budget
from ossweep.engine.caution import Caution
from ossweep.engine.gate import Gate
from ossweep.errors import Scope, StoreError
from ossweep.stops import GONE_UNSEEN, Stop
from ossweep.work import Counts, Range, Work
from unit.memory import Clock

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
DIED = replace(NEW, at_least=True)


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
