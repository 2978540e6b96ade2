"""The store over a bucket that answers what it is told to: divisions, retries and looks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import oss2
import pytest

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.engine.throttle import Reservation
from ossweep.errors import Closed, Scope, StoreError
from ossweep.objects import GONE_UNANSWERED, Found, Listed, Shown
from ossweep.stops import ORDERED
from ossweep.store import OssStore
from ossweep.store.deletion import HALF_PAUSES
from ossweep.store.limits import FIRST_PAUSE
from ossweep.world import World
from unit.memory import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytestmark = pytest.mark.differs


class Free:
    """The pace of a bucket whose quotas nobody has met."""

    def confirmed(self, objects: int) -> None:
        pass

    def refused(self, objects: int, *, partition: bool) -> Reservation:
        return Reservation(0.0, objects)

    def part(self, objects: int) -> Reservation:
        return Reservation(0.0, objects)


NOW = Shown(clock=1_000_000, left=600.0, listed=Listed("a/"))
KEYS = [f"a/{number:03}" for number in range(1000)]


@dataclass
class Session:
    """What a store asks of its session."""

    requests: Counter[str] = field(default_factory=Counter)
    date: int | None = None
    began: int | None = None
    is_cut: bool = False

    def throttled(self) -> None:
        self.requests["throttled"] += 1

    def cut(self) -> None:
        self.is_cut = True


@dataclass
class Answers:
    """
    A bucket in which some keys are refused with an error, alone and in a batch.

    `raises` are raised before anything else, one a request.
    """

    denied: frozenset[str] = frozenset()
    code: str = "AccessDenied"
    status: int = 403
    mute: frozenset[str] = frozenset()
    raises: list[Exception] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    requests: list[tuple[str, ...]] = field(default_factory=list)
    then: Callable[[Sequence[str]], None] = lambda _: None  # called with what is asked for

    def batch_delete_objects(self, keys: Sequence[str]) -> Any:
        self._ask(keys)
        return SimpleNamespace(deleted_keys=[key for key in keys if key not in self.mute])

    def delete_object(self, key: str) -> None:
        self._ask([key])

    def list_objects(self, prefix: str, marker: str, max_keys: int) -> Any:
        self._ask([prefix])
        keys = [key for key in self.listed if key.startswith(prefix)][:max_keys]
        entries = [SimpleNamespace(key=key, size=10, last_modified=5) for key in keys]
        return SimpleNamespace(object_list=entries, is_truncated=False)

    def _ask(self, keys: Sequence[str]) -> None:
        self.requests.append(tuple(keys))
        self.then(keys)
        if self.raises:
            raise self.raises.pop(0)
        if not self.denied.isdisjoint(keys):
            details = {"Code": self.code, "Message": "No."}
            headers = {"x-oss-request-id": "6A5B"}
            raise oss2.exceptions.ServerError(self.status, headers, b"", details)


class Silent(Answers):
    """A bucket whose answers to batches leave out what is denied."""

    def batch_delete_objects(self, keys: Sequence[str]) -> Any:
        self.requests.append(tuple(keys))
        return SimpleNamespace(deleted_keys=[key for key in keys if key not in self.denied])


def opened(
    answers: Answers, sleep: Callable[[float], None] = lambda _: None
) -> tuple[OssStore, Gate]:
    """Open a store over answers, in a world in which nothing takes time."""
    clock = Clock()
    gate = Gate(Budget(600.0, clock.monotonic))
    world = World(clock.monotonic, sleep, lambda _, most: most)
    return OssStore(cast("Any", answers), cast("Any", Session()), gate, world), gate


@pytest.mark.parametrize("number", [1, 2, 99])
def test_keys_that_are_refused_are_found_by_halving(number: int) -> None:
    """All others are deleted, and the refusals of whole batches do not close the gate."""
    denied = frozenset(KEYS[::10][:number])
    store, gate = opened(Answers(denied))

    answer = store.delete(KEYS, Free(), NOW)

    assert answer.deleted == set(KEYS) - denied
    assert {failure.key for failure in answer.failed} == denied
    assert gate.refusal is None


def test_keys_are_passed_over_after_a_hundred_refusals_in_a_row() -> None:
    """The rest is probed in places, and stays to be done; the gate stays open."""
    answers = Answers(frozenset(KEYS))
    store, gate = opened(answers)

    answer = store.delete(KEYS, Free(), NOW)

    failed = [failure.key for failure in answer.failed]
    assert failed == KEYS[:100]
    assert [failure.key for failure in answer.passed_over] == KEYS[100:]
    assert {failure.code for failure in answer.passed_over} == {"AccessDenied"}
    assert (answer.deleted, answer.unanswered, gate.refusal) == (frozenset(), frozenset(), None)
    assert len(answers.requests) < 250


@pytest.mark.parametrize(("first", "end"), [(0, 500), (300, 700), (500, 1000)])
def test_keys_beside_a_denied_stretch_are_deleted(first: int, end: int) -> None:
    """Whatever of the stretch has been passed over."""
    denied = frozenset(KEYS[first:end])
    store, _ = opened(Answers(denied))

    answer = store.delete(KEYS, Free(), NOW)

    assert answer.deleted == set(KEYS) - denied
    stays = [each.key for each in (*answer.failed, *answer.passed_over)]
    assert sorted(stays) == sorted(denied)
    assert 100 <= len(answer.failed) <= 203  # and again behind the first probe that goes


def test_a_batch_behind_a_refused_one_costs_a_few_probes() -> None:
    """The batch, and three of its keys."""
    answers = Answers(frozenset(KEYS))
    store, _ = opened(answers)

    answer = store.delete(KEYS, Free(), replace(NOW, refused="AccessDenied"))

    assert [len(request) for request in answers.requests] == [1000, 1, 1, 1]
    assert (answer.failed, len(answer.passed_over)) == ((), 1000)


def test_a_probe_that_goes_ends_the_passing_over() -> None:
    """From then on refusals count anew."""
    denied = frozenset(KEYS) - {KEYS[332]}  # the first of the probes
    store, _ = opened(Answers(denied))

    answer = store.delete(KEYS, Free(), replace(NOW, refused="AccessDenied"))

    assert answer.deleted == {KEYS[332]}
    assert len(answer.failed) >= 100


def test_keys_that_answers_leave_out_are_looked_at_before_they_are_passed_over() -> None:
    """Their request is over: what a look shows is in doubt no more, and what is gone stays so."""
    denied = frozenset(KEYS[500:])
    answers = Silent(denied)
    answers.listed = KEYS[:700] + KEYS[701:]
    store, _ = opened(answers)

    answer = store.delete(KEYS, Free(), NOW)

    assert answer.deleted == set(KEYS[:500])
    assert [failure.key for failure in answer.failed] == KEYS[500:600]
    assert [failure.key for failure in answer.passed_over] == KEYS[600:700] + KEYS[701:]
    assert answer.unanswered == {KEYS[700]}
    assert answer.kept == {KEYS[700]: GONE_UNANSWERED}


def test_refusals_between_deletions_never_close_the_gate() -> None:
    """However many they are in all."""
    denied = frozenset(KEYS[::2])
    store, gate = opened(Answers(denied))

    answer = store.delete(KEYS, Free(), NOW)

    assert (len(answer.deleted), len(answer.failed), gate.refusal) == (500, 500, None)


def test_keys_that_an_answer_leaves_out_are_asked_for_alone() -> None:
    """And are told with the reason that they get."""
    store, gate = opened(Answers(denied=frozenset(), mute=frozenset(KEYS[:3])))

    answer = store.delete(KEYS, Free(), NOW)

    assert (answer.deleted, answer.failed, gate.refusal) == (frozenset(KEYS), (), None)


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_keys_that_an_answer_leaves_out_are_unanswered_when_the_gate_closes(asked: int) -> None:
    """They may have been deleted; so many of them were still asked for alone."""
    answers = Answers(mute=frozenset(KEYS[:3]))
    store, gate = opened(answers)

    def stop_after(keys: Sequence[str]) -> None:
        if len(answers.requests) == 1 + asked:
            gate.stop(ORDERED)

    answers.then = stop_after
    answer = store.delete(KEYS, Free(), NOW)

    assert len(answer.deleted) == 997 + asked
    assert (answer.failed, len(answer.unanswered)) == ((), 3 - asked)


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_a_key_asked_for_alone_whose_answer_is_lost_is_unanswered_once(asked: int) -> None:
    """Together with those that are not asked for any more."""
    answers = Answers(mute=frozenset(KEYS[:3]))
    store, gate = opened(answers)

    def lose(keys: Sequence[str]) -> None:
        if len(answers.requests) == 1 + asked:
            gate.stop(ORDERED)
            raise ConnectionResetError

    answers.then = lose
    answer = store.delete(KEYS, Free(), NOW)

    assert len(answer.deleted) == 997 + asked - 1
    assert (answer.failed, len(answer.unanswered)) == ((), 3 - asked + 1)


def test_an_error_of_the_job_closes_the_gate_and_fails_no_key() -> None:
    """The keys have done nothing wrong."""
    store, gate = opened(Answers(frozenset(KEYS), "NoSuchBucket", 404))

    answer = store.delete(KEYS, Free(), NOW)

    assert (answer.deleted, answer.failed, len(answer.unanswered)) == (frozenset(), (), 0)
    assert gate.refusal is not None
    assert gate.refusal.startswith('OSS answered NoSuchBucket: "No."; see the bucket\'s name')


def test_attempts_that_are_over_fail_no_key() -> None:
    """The keys stay to be done, and may be gone already; the error counts once for the gate."""
    answers = Answers(frozenset(KEYS), "InternalError", 500, listed=KEYS)
    store, gate = opened(answers)

    answer = store.delete(KEYS, Free(), NOW)

    assert (answer.deleted, answer.failed, len(answer.unanswered)) == (frozenset(), (), 1000)
    asked = [request for request in answers.requests if len(request) == 1000]
    assert (len(asked), gate.refusal) == (8, None)
    assert gate.trouble is not None
    assert "InternalError" in gate.trouble


def test_a_storm_of_refusals_by_quotas_is_outlasted() -> None:
    """The pace says at once when to come back; after the third refusal pauses grow all the same."""
    pauses: list[float] = []
    answers = Answers(frozenset(KEYS), "TotalQpsLimitExceeded", 503)
    store, _ = opened(answers, pauses.append)

    answer = store.delete(KEYS, Free(), NOW)

    assert (answer.failed, len(answer.unanswered)) == ((), 0)  # a quota's refusal leaves no doubt
    of_the_batch, of_parts = pauses[:5], pauses[5:]
    assert of_the_batch == [pytest.approx(0.2 * 2**attempt) for attempt in (3, 4, 5)] + [10.0, 10.0]
    assert max(of_parts) <= FIRST_PAUSE * 2**HALF_PAUSES  # each part is tried once


def test_any_exception_of_a_request_is_tried_again() -> None:
    """Whatever an answer has made oss2 raise."""
    answers = Answers(raises=[AttributeError("text"), RecursionError(), KeyError("Key")])
    answers.listed = KEYS
    store, _ = opened(answers)

    answer = store.delete(KEYS, Free(), NOW)

    assert (answer.deleted, answers.raises) == (frozenset(KEYS), [])


@pytest.mark.parametrize(
    ("listed", "found"),
    [(["a/"], True), (["a/", "a/1"], True), (["a/1"], False), ([], False)],
)
def test_an_object_is_found_as_a_listing_shows_it(listed: list[str], found: bool) -> None:
    """What only begins like it is another one."""
    store, _ = opened(Answers(listed=listed))

    assert store.find("a/") == (Found("a/", 10, 5) if found else None)


@dataclass
class Slow(Answers):
    """A bucket that lists nothing in its first pages, and says that there are more."""

    empty: list[str] = field(default_factory=list)  # where those pages end

    def list_objects(self, prefix: str, marker: str, max_keys: int) -> Any:
        if self.empty and marker < self.empty[-1]:
            self._ask([prefix])
            end = next(each for each in self.empty if each > marker)
            return SimpleNamespace(object_list=[], is_truncated=True, next_marker=end)
        return super().list_objects(prefix, marker, max_keys)


@pytest.mark.parametrize(("empty", "found"), [(["A", "a.."], True), (["A", "a/"], False)])
def test_a_look_goes_on_behind_a_page_that_is_empty(empty: list[str], found: bool) -> None:
    """Until it has come to the key, or past it: OSS may list fewer than it was asked for."""
    answers = Slow(listed=["a/"], empty=empty)
    store, _ = opened(answers)

    assert store.find("a/") == (Found("a/", 10, 5) if found else None)
    assert len(answers.requests) == (3 if found else 2)


@pytest.mark.parametrize("shown", [NOW, replace(NOW, listed=None)])
def test_a_key_in_doubt_is_not_gone_because_a_page_is_empty(shown: Shown) -> None:
    """It is there, and is asked for again."""
    answers = Slow(listed=["a/1"], empty=["A", "a/0"], raises=[ConnectionResetError()])
    store, _ = opened(answers)

    answer = store.delete(["a/1"], Free(), shown)

    assert (answer.deleted, answer.kept) == (frozenset({"a/1"}), {})


def test_a_look_is_tried_again() -> None:
    """As any listing is."""
    answers = Answers(listed=["a/"], raises=[ConnectionResetError()])
    store, _ = opened(answers)

    assert store.find("a/") is not None
    assert len(answers.requests) == 2


def test_a_look_that_is_refused_raises() -> None:
    """It is no proof that there is nothing."""
    store, _ = opened(Answers(frozenset({"a/"})))

    with pytest.raises(StoreError) as refused:
        store.find("a/")

    assert refused.value.scope is Scope.KEYS


def test_a_request_that_is_cut_off_is_not_tried_again() -> None:
    """Nobody waits for it any more, and its pause would keep a thread."""
    pauses: list[float] = []
    answers = Answers(raises=[ConnectionResetError()])
    store, _ = opened(answers, pauses.append)
    answers.then = lambda _: store.close()

    with pytest.raises(Closed):
        store.find(KEYS[0])

    assert (len(answers.requests), pauses) == (1, [])


def test_a_look_through_a_gate_that_is_closed_raises() -> None:
    """Nothing is asked."""
    answers = Answers()
    store, gate = opened(answers)
    gate.failed(StoreError("NoSuchBucket", "No.", Scope.JOB))

    with pytest.raises(Closed):
        store.find("a/")

    assert answers.requests == []
