"""Any number of invocations, stepped through and killed at any request, carry a job to its end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, Any

from hypothesis import event, given
from hypothesis import strategies as st

from ossweep.errors import UndoneError
from ossweep.leases.records import Departure, Fence, Lease
from ossweep.stops import OVERTAKEN
from unit.state_objects import JOB, LEASE, NOON, RESERVED, MemoryStateObjects, leases_on, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.leases.leases import Leases

OBJECTS = 6  # of which a hop deletes two
LONG = 20.0  # real seconds that no step takes unless the test fails

Event = tuple[int, dict[str, Any] | None]  # a hop, and the continuation that it brings


class Death(BaseException):
    """An invocation that meets it is gone, and does nothing more."""


@dataclass
class Actor:
    """An invocation in a thread of its own, which does one request each time it is let."""

    life: Callable[[Actor], None]
    event: Event
    held: Fence | None = None
    fate: str = "go"
    is_over: bool = False
    has_failed: bool = False  # so that its event is delivered once more

    def __post_init__(self) -> None:
        self._may = Semaphore(0)
        self._stands = Semaphore(0)
        self._thread = Thread(target=self._live, daemon=True)
        self._thread.start()
        assert self._stands.acquire(timeout=LONG)

    def step(self, fate: str) -> None:
        """Let it do one request, or die before or after it."""
        self.fate = fate
        self._may.release()
        assert self._stands.acquire(timeout=LONG)

    def request(self, act: Callable[[], Any]) -> Any:
        """Wait until it may do one."""
        self._stands.release()
        assert self._may.acquire(timeout=LONG)
        if self.fate == "die before":
            raise Death
        found = act()
        if self.fate == "die after":
            raise Death
        return found

    def _live(self) -> None:
        try:
            self.life(self)
        except (Death, UndoneError):
            self.has_failed = True
        finally:
            self.lease = None
            self.is_over = True
            self._stands.release()


@dataclass
class SteppedState:
    """The state as one actor sees it: each request waits for its turn."""

    state: MemoryStateObjects
    actor: Actor

    @property
    def now(self) -> float:
        return self.state.now

    def clock(self) -> float:
        return self.state.now

    def __getattr__(self, name: str) -> Any:
        act = getattr(self.state, name)
        return lambda *given: self.actor.request(lambda: act(*given))


@dataclass
class World:
    """One job's state, Function Compute's queue, and those who are at work."""

    state: MemoryStateObjects = field(default_factory=MemoryStateObjects)
    queue: deque[Event] = field(default_factory=lambda: deque([(0, None)]))
    tasks: set[tuple[int, int]] = field(
        default_factory=set
    )  # whose ids Function Compute does not take again
    actors: list[Actor] = field(default_factory=list)
    objects: int = OBJECTS

    def deliver(self, *, again: bool = False) -> None:
        """Let an invocation begin with the oldest event; it may be delivered again later."""
        delivered = self.queue[0] if again else self.queue.popleft()
        self.actors.append(Actor(self.life, delivered))

    def step(self, number: int, fate: str) -> None:
        """Let one of the actors do a request."""
        actor = self.actors[number % len(self.actors)]
        actor.step(fate)
        self.check()
        if actor.is_over:
            self.actors.remove(actor)
            if actor.has_failed:
                self.queue.append(actor.event)  # Function Compute tries again

    def check(self) -> None:
        """No two hold the same place."""
        lease = [actor.held for actor in self.actors if actor.held is not None]
        assert len(lease) == len(set(lease))

    def life(self, actor: Actor) -> None:
        """Do what `chain` does with an event."""
        leases = leases_on(SteppedState(self.state, actor))
        hop, _ = actor.event
        found = leases.claim(hop)
        if not isinstance(found, Lease):
            for sealed in found.resend:
                self.hand_over(actor, sealed, found.epoch)
            return
        actor.held = found.fence
        assert found.fence.hop == 0 or found.continuation is not None
        work = found.continuation or {"job": JOB, "counted": 0, "at_least": False}
        work = {**work, "hop": found.fence.hop + 1}
        work["at_least"] = work["at_least"] or found.died
        work["counted"] += actor.request(lambda: self.delete(leases, found.fence))
        if leases.keep(found, dict(work), said("unfinished"), None, RESERVED) == OVERTAKEN:
            return
        work["counted"] += actor.request(lambda: self.delete(leases, found.fence))
        if not self.objects:
            leases.end(found, {**said("done"), **work}, NOON)
        elif leases.reason_to_stop(found) != OVERTAKEN:
            leases.depart(found, Departure("continued", work, said("continued")))
            self.hand_over(actor, work, found.fence.epoch)

    def delete(self, leases: Leases, fence: Fence) -> int:
        """Delete an object of the job's, if the lease lasts; return how many were there."""
        if leases.timer.left() <= 0:
            return 0
        assert fence == max(actor.held for actor in self.actors if actor.held is not None)
        there = min(self.objects, 1)
        self.objects -= there
        return there

    def hand_over(self, actor: Actor, left: dict[str, Any], epoch: int) -> None:
        def invoke() -> None:
            if (left["hop"], epoch) not in self.tasks:
                self.tasks.add((left["hop"], epoch))
                self.queue.append((left["hop"], left))

        actor.request(invoke)

    def come_to_an_end(self) -> None:
        """Let everybody go on who lives, and deliver what is to be delivered, until all is done."""
        for _ in range(200):
            while self.actors:
                self.step(0, "go")
            if not self.queue:
                return
            self.deliver()
        raise AssertionError("events are delivered for ever")


FATES = st.sampled_from(["go"] * 8 + ["die before", "die after"])
MOVES = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 3), FATES),
    st.tuples(st.just("step"), st.integers(0, 3), st.just("go")),
    st.tuples(st.just("step"), st.integers(0, 3), st.just("go")),
    st.tuples(st.just("steps"), st.integers(0, 3), st.integers(2, 9)),
    st.tuples(st.just("deliver"), st.booleans()),
    st.tuples(st.just("pass"), st.sampled_from([1.0, LEASE + 1])),
)


@given(st.lists(MOVES, max_size=60))
def test_a_job_comes_to_its_end_whoever_dies_and_whatever_comes_twice(
    moves: list[tuple[Any, ...]],
) -> None:
    """
    No place has two holders, as long as somebody comes the job gets on, and what it counts is
    exact, or said to be the least.
    """
    world = World()
    world.deliver(again=True)
    for move in moves:
        match move:
            case "step", number, fate if world.actors:
                world.step(number, fate)
            case "steps", number, times:
                for _ in range(times):
                    if world.actors:
                        world.step(number, "go")
            case "deliver", again if world.queue and len(world.actors) < 4:
                world.deliver(again=again)
            case "pass", seconds:
                world.state.pass_by(seconds)
    world.come_to_an_end()

    event(f"hops called: {len(world.tasks)}")
    seen = leases_on(world.state).job_state()
    assert (seen.how, world.objects) == ("ended", 0)
    answer = seen.answer or {}
    event(f"exact: {not answer['at_least']}")
    assert answer["counted"] == OBJECTS or (answer["at_least"] and answer["counted"] < OBJECTS)
    assert {f"{JOB}/000000-01", f"{JOB}/end"} <= set(world.state.objects)
