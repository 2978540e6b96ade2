"""Who carries the rest on: which client, how often it tries, and what each refusal means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.errors import HandoverError, SettingsError
from ossweep.handover.attempt import refusal
from ossweep.handover.carrier import PAYLOAD_BYTES, Function, choose, deliver, task_id
from ossweep.handover.fc_2_0 import FC2
from ossweep.handover.fc_3_0 import FC3
from ossweep.store import Credentials
from ossweep.world import World

if TYPE_CHECKING:
    from ossweep.events import CarrierKind

pytestmark = pytest.mark.differs

KEY = Credentials("STS.role", "role-secret", "role-token")
OLD = Function("ossweep", "tools", None, account_id="123456789", region="cn-hangzhou")
NEW = replace(OLD, service=None)
BUSY = HandoverError("ResourceExhausted", "try later", passing=True)
DENIED = HandoverError("AccessDenied", "no", passing=False)


@dataclass
class Road:
    """A carrier with its clock: it fails as told, and each attempt takes so many seconds."""

    failures: list[HandoverError] = field(default_factory=list)
    left: float = 100.0
    takes: float = 0.0
    sent: list[tuple[bytes, str]] = field(default_factory=list)
    given: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    most_bytes: int = PAYLOAD_BYTES

    def prepare(self) -> None:
        """Nothing."""

    def send(self, event: bytes, task_id: str, seconds: float) -> None:
        assert 0 < seconds <= self.left
        self.sent.append((event, task_id))
        self.given.append(seconds)
        self.left -= min(self.takes, seconds)
        if self.failures:
            raise self.failures.pop(0)

    def deliver(self) -> None:
        world = World(sleep=self._sleep, uniform=lambda low, high: high)
        deliver(self, b"rest", "task", left=lambda: self.left, world=world)

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.left -= seconds


@pytest.mark.parametrize(("function", "carrier"), [(OLD, FC2), (NEW, FC3)])
def test_a_service_in_the_context_means_fc_2(function: Function, carrier: type) -> None:
    """A function of FC 3.0 has none."""
    assert isinstance(choose(function, None, None, KEY), carrier)


@pytest.mark.parametrize(("kind", "carrier"), [("fc2", FC2), ("fc3", FC3)])
def test_a_setting_overrides_the_context(kind: CarrierKind, carrier: type) -> None:
    """FC 3.0 reaches functions of both."""
    assert isinstance(choose(OLD, None, kind, KEY), carrier)


@pytest.mark.parametrize("function", [OLD, NEW])
def test_the_endpoint_is_the_account_s_internal_one(function: Function) -> None:
    """Over HTTPS."""
    carrier = choose(function, None, None, KEY)

    assert isinstance(carrier, FC2 | FC3)
    assert carrier.endpoint == "https://123456789.cn-hangzhou-internal.fc.aliyuncs.com"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("fc.example.com", "https://fc.example.com"),
        ("https://fc.example.com/", "https://fc.example.com"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ],
)
def test_another_endpoint_is_a_host_or_a_url(endpoint: str, url: str) -> None:
    """A slash at its end is not part of it."""
    carrier = choose(NEW, endpoint, None, KEY)

    assert isinstance(carrier, FC3)
    assert carrier.endpoint == url


@pytest.mark.parametrize(
    ("function", "kind", "sentence"),
    [
        (NEW, "fc2", "names no service"),
        (replace(NEW, name=""), None, "names no function"),
        (replace(NEW, account_id=""), None, "set OSSWEEP_FC_ENDPOINT"),
        (replace(NEW, region=""), None, "set OSSWEEP_FC_ENDPOINT"),
    ],
)
def test_a_function_that_cannot_be_invoked_is_refused(
    function: Function, kind: CarrierKind | None, sentence: str
) -> None:
    """Before any work is done, if it is asked for before."""
    with pytest.raises(SettingsError, match=sentence):
        choose(function, None, kind, KEY)


def test_a_carrier_does_not_show_its_key() -> None:
    """Not even where it is printed."""
    assert "role" not in repr(choose(NEW, None, None, KEY)) + repr(choose(OLD, None, None, KEY))


def test_a_call_that_fails_in_passing_is_tried_again_as_the_same_task() -> None:
    """With pauses that double."""
    road = Road([BUSY] * 3)

    road.deliver()

    assert road.sent == [(b"rest", "task")] * 4
    assert road.pauses == [0.5, 1.0, 2.0]


def test_an_error_that_will_not_pass_ends_the_attempts_at_once() -> None:
    """A refusal of the credentials, say."""
    road = Road([BUSY, DENIED, BUSY])

    with pytest.raises(HandoverError) as caught:
        road.deliver()

    assert (caught.value, len(road.sent)) == (DENIED, 2)


def test_six_attempts_are_enough() -> None:
    """The last one's failure is raised."""
    road = Road([*[BUSY] * 5, replaced := HandoverError("Last", "", passing=True), BUSY])

    with pytest.raises(HandoverError) as caught:
        road.deliver()

    assert (caught.value, len(road.sent), len(road.failures)) == (replaced, 6, 1)


def test_no_attempt_begins_without_time_for_it() -> None:
    """Nor after a pause that would use it up."""
    late, short = Road(left=0.1), Road([BUSY] * 9, left=2.0)

    for road in (late, short):
        with pytest.raises(HandoverError):
            road.deliver()

    assert (late.sent, short.pauses, short.left) == ([], [0.5, 1.0], 0.5)


def test_an_attempt_without_an_answer_leaves_time_for_another() -> None:
    """It has half of what is left, a second if there is one, and ten at most."""
    road, short = Road([BUSY] * 9, left=30.0, takes=60.0), Road(left=1.5)

    with pytest.raises(HandoverError):
        road.deliver()
    short.deliver()

    assert (road.given, short.given) == ([10.0, 9.75, 4.375, 1.1875], [1.0])


def test_a_task_s_id_can_be_read() -> None:
    """It names the job and the hop, if the job's own id allows."""
    assert task_id("1-64f6cd87-1", 12) == "ossweep-1-64f6cd87-1-12"
    assert task_id("mns/queue-1", 3).startswith("ossweep_mns-queue-1_")


@given(
    st.tuples(st.text("ab-_1/é"), st.integers(0, 99)),
    st.tuples(st.text("ab-_1/é"), st.integers(0, 99)),
)
def test_a_task_s_id_is_of_one_job_and_hop(one: tuple[str, int], other: tuple[str, int]) -> None:
    """Whatever the job is called."""
    assert re.fullmatch("[A-Za-z_][A-Za-z0-9_-]{0,127}", task_id(*one))
    assert (task_id(*one) == task_id(*other)) is (one == other)


def test_each_holder_of_a_hop_calls_a_task_of_its_own() -> None:
    """That of a holder before may have run, and Function Compute runs a task only once."""
    ids = {task_id("job", 3, epoch) for epoch in (1, 2, 10)}

    assert len(ids | {task_id("job", 32), task_id("job", 310)}) == 5


@pytest.mark.parametrize("job", ["a" * 200, "a" * 199 + "b", "\ud800", "a" * 116, "a" * 117])
def test_a_long_or_odd_job_has_a_task_s_id_all_the_same(job: str) -> None:
    """Its digest stands for it."""
    ids = {task_id(job, hop) for hop in (0, 1, 10, 999_999)}

    assert len(ids) == 4
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_-]{0,127}", each) for each in ids)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (409, "StatefulAsyncInvocationAlreadyExists", "stateful async invocation 'a' exists"),
        (400, "StatefulAsyncInvocationAlreadyExists", ""),
        (409, "AsyncTaskAlreadyExist", ""),
        (409, "DuplicateTask", ""),
        (409, "Conflict", "the task 'a' already exists"),
    ],
)
def test_a_task_that_is_there_already_is_no_failure(status: int, code: str, words: str) -> None:
    """Whichever way it is said."""
    assert refusal(status, code, words, KEY) is None


@pytest.mark.parametrize(
    ("status", "code", "words", "passing"),
    [
        (409, "Conflict", "another update is under way", False),
        (400, "InvalidArgument", "it already exists", False),
        (500, "InternalError", "the record already exists", True),
        (429, "ResourceExhausted", "", True),
        (400, "Throttling.User", "", True),
        (403, "ResourceThrottled", "", True),
        (503, "", "", True),
        (403, "AccessDenied", "", False),
        (404, "FunctionNotFound", "", False),
        (400, "EntityTooLarge", "", False),
    ],
)
def test_every_other_refusal_is_one(status: int, code: str, words: str, passing: bool) -> None:
    """A conflict about something else, too, and whatever words a broken server has."""
    error = refusal(status, code, words, KEY)

    assert error is not None
    assert (error.passing, error.code) == (passing, code or str(status))


def test_words_are_short_and_without_secrets() -> None:
    """Be it that a server quotes what it was sent."""
    signature = "q" * 43 + "="
    error = refusal(403, "Denied", f"role-secret\n role-token {signature} " + "word " * 200, KEY)

    assert str(error).startswith(
        'the rest could not be handed over: Denied: "*** *** *** word word'
    )
    assert len(str(error)) < 400
