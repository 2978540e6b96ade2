"""What went wrong on the way is told by kind, with how often, and with what helps."""

from __future__ import annotations

import pytest

from ossweep.engine.troubles import KINDS_NAMED, Troubles
from ossweep.errors import Scope, StoreError
from ossweep.helps import HELPS, HELPS_OF_STATE
from ossweep.store.verdicts import JOB_CODES, THROTTLED

LOST = StoreError("ReadTimeout", "nothing came in time", Scope.PASSING, answered=False)
BUSY = StoreError("ServiceUnavailable", "busy", Scope.PASSING)


def test_requests_that_went_well_are_not_mentioned() -> None:
    """An attempt that was answered is no trouble."""
    troubles = Troubles()
    troubles.asked("list")

    assert (troubles.sentence, troubles.errors) == (None, {})


def test_none_of_many_listings_was_answered() -> None:
    """The kind of request, the error and the way out are named."""
    troubles = Troubles()
    for _ in range(7):
        troubles.asked("list")
        troubles.missed("list", LOST)

    assert troubles.errors == {"ReadTimeout": 7}
    assert troubles.sentence is not None
    assert troubles.sentence.startswith(
        "none of 7 listings was answered: ReadTimeout 7 times (nothing came in time); see that "
    )


def test_an_answer_that_refuses_is_one() -> None:
    """What OSS has answered was not carried out; nobody is sent to look for the network."""
    troubles = Troubles()
    troubles.asked("batch_delete")
    troubles.missed("batch_delete", BUSY)

    assert str(troubles.sentence).startswith(
        "none of 1 batch was carried out: ServiceUnavailable once (busy); OSS asks for fewer"
    )


def test_refused_looks_at_tags_are_told_with_their_own_permission() -> None:
    """Unless anything else is refused by the same code."""
    troubles, denied = Troubles(), StoreError("AccessDenied", "no", Scope.KEYS)
    troubles.asked("tags")
    troubles.missed("tags", denied)
    alone = str(troubles.sentence)
    troubles.asked("list")
    troubles.missed("list", denied)

    assert alone.startswith("none of 1 look at tags was carried out: AccessDenied once (no); see")
    assert "oss:GetObjectTagging" in alone
    assert "oss:ListObjects" in str(troubles.sentence)


def test_some_of_many_requests_went_wrong() -> None:
    """Where others of the kind were answered."""
    troubles = Troubles()
    for _ in range(1200):
        troubles.asked("batch_delete")
    troubles.missed("batch_delete", BUSY)

    assert str(troubles.sentence).startswith("1 of 1,200 requests went wrong: ServiceUnavailable")


def test_codes_that_anybody_makes_up_take_little_room() -> None:
    """They travel in continuations."""
    troubles = Troubles()
    for number in range(1000):
        troubles.missed("list", StoreError(f"C{number:04}" * 12, "", Scope.PASSING))

        troubles.missed("list", StoreError(f"C{number:04}" * 1000, "", Scope.PASSING))

    assert len(troubles.errors) <= KINDS_NAMED + 2
    assert max(map(len, troubles.errors)) <= 64
    assert sum(troubles.errors.values()) == 2000


def test_every_code_that_ends_a_job_or_slows_it_down_has_its_advice() -> None:
    """For each of OSS's codes."""
    assert HELPS.keys() >= JOB_CODES | THROTTLED


@pytest.mark.parametrize("code", sorted(HELPS_OF_STATE))
def test_help_goes_by_what_was_asked_for(code: str) -> None:
    """A busy state does not ask for fewer deletions, nor for permissions to delete."""
    said = {}
    for where, helps in (("sweep", HELPS), ("state", HELPS_OF_STATE)):
        troubles = Troubles(helps)
        troubles.asked("put")
        troubles.missed("put", StoreError(code, "No.", Scope.PASSING))
        said[where] = str(troubles.sentence)

    assert said["sweep"].endswith(HELPS[code])
    assert said["state"].endswith(HELPS_OF_STATE[code])
    assert HELPS[code] != HELPS_OF_STATE[code]
