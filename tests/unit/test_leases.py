"""One invocation at a time carries a job on, whatever is delivered twice and whoever dies."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ossweep.errors import Closed, PolicyError, RequestError, Scope, StoreError, UndoneError
from ossweep.leases.leases import AT_WORK
from ossweep.leases.orders import Word
from ossweep.leases.records import (
    BEAT,
    FIRST,
    LEFT,
    Departure,
    Fence,
    Lease,
    NotGranted,
    Record,
    heartbeat,
    record_of,
    written,
)
from ossweep.stops import GOES_ON, ORDERED, OVERTAKEN, Why
from unit.state_objects import (
    JOB,
    LEASE,
    NOON,
    RESERVED,
    Invocation,
    MemoryStateObjects,
    chain,
    elsewhere,
    holding,
    leases_on,
    rest,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.leases.leases import Leases
    from ossweep.stops import Stop


_WORDS = count(1)


BEHIND = 300  # seconds


WORDS = count(1)  # that people have said


@pytest.fixture
def objects() -> MemoryStateObjects:
    """An empty objects."""
    return MemoryStateObjects()


def beating(objects: MemoryStateObjects, holder: Invocation) -> Callable[[str], None]:
    """Return what lets a holder keep a checkpoint whenever somebody else sleeps."""

    def beat(request: str) -> None:
        if request == "sleep":
            holder.keep(1)

    return beat


def unanswered(objects: MemoryStateObjects) -> None:
    """Let the next request to write come to nothing, as far as its sender can tell."""

    def fail(request: str) -> None:
        if request == "write":
            objects.before = lambda _: None
            raise StoreError("ReadTimeout", "nothing came in time", Scope.PASSING)

    objects.before = fail


def record(objects: MemoryStateObjects) -> Record:
    """Return the first holder's record."""
    return record_of(Record, objects.objects[f"{JOB}/{FIRST.name}"][0])


def faster(objects: MemoryStateObjects) -> Callable[[str], None]:
    """Return what lets a rival create the next record that somebody wants to create."""

    def create(request: str) -> None:
        if request == "create":
            objects.before = lambda _: None
            objects.before = beating(objects, holding(objects))

    return create


def died(objects: MemoryStateObjects) -> None:
    """Let so much time pass that a holder who has not written anything counts as dead."""
    objects.pass_by(LEASE + 1)


def look(objects: MemoryStateObjects) -> str:
    return leases_on(objects).job_state().how


def resume(objects: MemoryStateObjects, word: str = "") -> Lease | NotGranted:
    """Ask for what a person does who wants the job to go on, by a word of its own or this one."""
    return leases_on(objects).resume(Word(word or f"word-{next(_WORDS)}"))


def take_back(objects: MemoryStateObjects, word: str = "") -> None:
    """Take back what a person's word does, of its own or this one."""
    leases_on(objects).take_back(Word(word or f"word-{next(_WORDS)}"))


def test_a_new_job_takes_one_request_to_begin(objects: MemoryStateObjects) -> None:
    """The invocation that creates the first record holds the first hop."""
    assert holding(objects).lease == Lease(FIRST)
    assert (objects.requests, objects.kept()) == (["create"], ["000000-01"])


def test_a_short_job_takes_one_more_to_end(objects: MemoryStateObjects) -> None:
    """Two records are left: who began it, and how it has ended."""
    holding(objects).end()

    assert (objects.requests, objects.kept()) == (["create", "write"], ["000000-01", "end"])


def test_the_second_of_two_learns_that_the_first_is_at_work(objects: MemoryStateObjects) -> None:
    """By a checkpoint that was sent after its first look, for which it waits."""
    first = holding(objects)
    objects.before = beating(objects, first)

    assert elsewhere(objects) == NotGranted(AT_WORK)
    assert objects.now == NOON + 3  # OSS tells times in whole seconds


def test_late_writes_of_a_dead_holder_are_no_sign_of_life(objects: MemoryStateObjects) -> None:
    """Its last checkpoint and its last beats may be carried out while somebody watches."""
    dying = holding(objects)
    dying.keep(1)
    last, sent = record(objects), objects.now

    def carry_out(request: str) -> None:
        if request == "sleep" and objects.now < sent + 5:
            late = replace(last, beat=last.beat + int(objects.now), sent=int(sent))
            objects.objects[f"{JOB}/{FIRST.name}-w01"] = written(late), int(objects.now)
            objects.objects[f"{JOB}/{FIRST.name}-beat"] = heartbeat(3, int(sent)), int(objects.now)

    objects.before = carry_out

    assert holding(objects).lease.died
    assert objects.now > sent + LEASE


def test_a_date_that_lay_ahead_is_no_sign_of_life(objects: MemoryStateObjects) -> None:
    """Nothing can have been sent after OSS has written it down, whatever its sender believed."""
    dying = holding(objects)
    dying.keep(1)
    ahead = replace(record(objects), sent=NOON + 600)
    objects.objects[f"{JOB}/{FIRST.name}-w01"] = written(ahead), NOON

    assert holding(objects).lease.died


def test_a_holder_whose_record_was_removed_still_counts(objects: MemoryStateObjects) -> None:
    """A removal of another one's record of that name may have been carried out late."""
    holding(objects).keep(1)
    died(objects)
    second = holding(objects)
    second.keep(2)
    del objects.objects[f"{JOB}/000000-02"]
    died(objects)

    assert holding(objects).lease.fence == Fence(0, 3)
    assert second.keep(3) == OVERTAKEN


def order_to_stop(objects: MemoryStateObjects) -> None:
    """Have somebody say that the job shall stop, who has said nothing else."""
    leases_on(objects).stop(Word(f"word {next(WORDS)}"))


def told_to_stop(objects: MemoryStateObjects) -> Invocation:
    """Return a holder that has seen at its checkpoint that it is to stop."""
    holder = holding(objects)
    order_to_stop(objects)
    assert holder.keep(1) == ORDERED
    return holder


def stopped_by(holder: Invocation) -> Stop | None:
    """Let a holder leave as it was ordered to, and return why it shall not go on."""
    left = Departure("stopped", rest(1), said("stopped"), why=Why.ORDERED)
    return holder.leases.depart_as_ordered(holder.lease, left)


def test_a_holder_obeys_the_orders_that_stand_as_it_leaves(objects: MemoryStateObjects) -> None:
    """Though the one that it saw was taken back: a newer one is about it, too."""
    holder = told_to_stop(objects)
    take_back(objects)
    order_to_stop(objects)

    assert stopped_by(holder) == ORDERED
    assert elsewhere(objects).reason == "this job was stopped"


def test_an_order_that_is_taken_back_as_its_holder_leaves_lets_it_go_on(
    objects: MemoryStateObjects,
) -> None:
    """It looks once more when it has written that it stops: nobody else would go on."""
    holder = told_to_stop(objects)

    def meanwhile(request: str) -> None:
        if request == "write":
            objects.before = lambda _: None
            take_back(objects)

    objects.before = meanwhile

    assert stopped_by(holder) is None


def test_a_job_left_by_an_order_that_was_taken_back_is_anyones_if_the_holder_dies(
    objects: MemoryStateObjects,
) -> None:
    """A repetition of its event goes on: that it has stopped was true of that order alone."""
    holder = told_to_stop(objects)

    def die_having_left(request: str) -> None:
        if request == "write":
            objects.after = lambda _: None
            take_back(objects)
            raise KeyboardInterrupt

    objects.after = die_having_left
    with pytest.raises(KeyboardInterrupt):
        stopped_by(holder)

    assert look(objects) == "released"
    assert holding(objects).lease == Lease(Fence(1), rest(1), is_repeated=True)


def test_a_stop_that_is_carried_out_late_over_a_handover_holds_up_nobody(
    objects: MemoryStateObjects,
) -> None:
    """Its order was taken back, which is why its holder went on."""
    holder = holding(objects)
    order_to_stop(objects)
    assert stopped_by(holder) == ORDERED
    late = objects.objects[f"{JOB}/{FIRST.name}{LEFT}"]
    take_back(objects)
    holder.leave("continued", 1)
    objects.objects[f"{JOB}/{FIRST.name}{LEFT}"] = late

    found = leases_on(objects).claim(1)

    assert isinstance(found, Lease)
    assert not found.is_to_stop


def test_an_order_that_comes_again_is_no_newer_one(objects: MemoryStateObjects) -> None:
    """What took it back has known of it."""
    holder = holding(objects)
    leases_on(objects).stop(Word("word"))
    take_back(objects)

    leases_on(objects).stop(Word("word"))

    assert holder.leases.reason_to_stop(holder.lease) is None


def test_a_holder_obeys_what_is_ordered_while_it_leaves(objects: MemoryStateObjects) -> None:
    """An event that lets the job go on by its rest has known of both orders."""
    holder = told_to_stop(objects)
    order_to_stop(objects)

    assert stopped_by(holder) == ORDERED
    assert not holding(objects, 1).lease.is_to_stop


def test_a_stopped_job_that_is_ordered_to_stop_again_goes_on_for_no_older_word(
    objects: MemoryStateObjects,
) -> None:
    """Neither for the continuation that the first order has led to."""
    holder = holding(objects)
    order_to_stop(objects)
    assert stopped_by(holder) == ORDERED
    order_to_stop(objects)

    assert holding(objects, 1).lease.is_to_stop


def resumed(objects: MemoryStateObjects, word: str) -> Invocation:
    """Return the invocation that goes on with a job because of a word."""
    leases = leases_on(objects)
    found = leases.resume(Word(word))
    assert isinstance(found, Lease), found
    return Invocation(leases, found)


def test_a_resume_that_comes_again_takes_back_no_order_that_is_younger(
    objects: MemoryStateObjects,
) -> None:
    """What it takes back was written down when it came first, whoever died since."""
    holding(objects).leave("stopped", 1)
    resumed(objects, "word").keep(2)
    order_to_stop(objects)
    died(objects)

    assert resumed(objects, "word").lease.is_to_stop
    died(objects)
    assert not resumed(objects, "another word").lease.is_to_stop


def test_a_resume_that_comes_again_sets_nothing_going_that_was_stopped_since(
    objects: MemoryStateObjects,
) -> None:
    """It is answered."""
    holding(objects).leave("stopped", 1)
    holder = resumed(objects, "word")
    order_to_stop(objects)
    assert holder.keep(1) == ORDERED
    assert stopped_by(holder) == ORDERED

    found = resume(objects, "word")

    assert isinstance(found, NotGranted)
    assert found.reason == "this job was stopped"


def test_a_resume_that_died_before_it_began_is_carried_out_when_it_comes_again(
    objects: MemoryStateObjects,
) -> None:
    """With what it had come to take back."""
    holding(objects).leave("stopped", 1)

    def die(request: str) -> None:
        if request == "write":
            raise KeyboardInterrupt

    objects.before = die
    with pytest.raises(KeyboardInterrupt):
        resume(objects, "word")
    objects.before = lambda _: None

    assert resume(objects, "word") == Lease(Fence(1), rest(1), is_repeated=True)


def test_a_word_that_somebody_has_changed_is_no_word(objects: MemoryStateObjects) -> None:
    """It would write what it names."""
    holding(objects).leave("stopped", 1)
    objects.write(f"{JOB}/resume-word", b'{"by": "a", "orders": ["../elsewhere"]}')

    with pytest.raises(StoreError, match="BadRecord: a job's record is damaged"):
        resume(objects, "word")


@pytest.mark.parametrize(
    "ask",
    [
        lambda leases: leases.resume(Word("word")),
        lambda leases: leases.claim(1, resumes=lambda _: True),
    ],
)
def test_a_refused_order_leaves_a_stopped_job_as_it_was(
    objects: MemoryStateObjects, ask: Callable[[Leases], object]
) -> None:
    """What is left is judged before anything is taken back, or held."""
    holding(objects).leave("stopped", 1)
    before = dict(objects.objects)

    def refuse(_: dict[str, Any]) -> None:
        raise PolicyError("no")

    with pytest.raises(PolicyError):
        ask(leases_on(objects, judge=refuse))
    assert objects.objects == before


def test_a_sign_of_life_that_began_between_two_looks_counts(objects: MemoryStateObjects) -> None:
    """The names were listed before it, and the record was read long after."""
    holder = holding(objects)
    holder.keep(1)
    died(objects)
    objects.pass_by(-3)

    def read_slowly(request: str) -> None:
        if request == "read":
            objects.before = lambda _: None
            holder.leases.heartbeat(holder.lease)
            objects.pass_by(10)

    objects.before = read_slowly
    objects.after = lambda request: (
        holder.leases.heartbeat(holder.lease) if request == "sleep" else None
    )

    assert elsewhere(objects) == NotGranted(AT_WORK)


def test_a_claim_gives_way_to_a_holder_that_turns_out_to_live(objects: MemoryStateObjects) -> None:
    """Clocks may lie, and a look take long: the record is read once more, and has changed."""
    holder = holding(objects)
    holder.keep(1)
    died(objects)

    def keep_meanwhile(request: str) -> None:
        if request == "create":
            objects.before = beating(objects, holder)
            holder.keep(2)

    objects.before = keep_meanwhile

    assert elsewhere(objects) == NotGranted(AT_WORK)
    assert [name for name in objects.kept() if name.startswith("000000-02")] == []


def test_a_checkpoint_that_was_under_way_as_somebody_overtook_reserves_nothing(
    objects: MemoryStateObjects,
) -> None:
    """The one that has overtaken may have read the one before, which reserved less."""
    slow = holding(objects)
    slow.keep(1)
    died(objects)
    others: list[Invocation] = []

    def overtake(request: str) -> None:
        if request == "write" and not others:
            others.append(holding(objects))

    objects.before = overtake

    assert slow.keep(2) == OVERTAKEN
    assert others[0].lease.continuation == rest(1)


def test_the_second_of_two_takes_over_when_no_sign_of_life_comes(
    objects: MemoryStateObjects,
) -> None:
    """It waits as long as a lease lasts, and not longer."""
    holding(objects)

    assert holding(objects).lease == Lease(Fence(0, 2), began=NOON, died=True)
    assert NOON + LEASE < objects.now <= NOON + LEASE + 1


class Behind(MemoryStateObjects):
    """The same objects, as a front end shows them whose clock is five minutes behind."""

    def time_at(self, moment: float) -> int:
        return int(moment) - BEHIND

    def latest(self) -> float:
        return int(self.now) + 1 - BEHIND


class Ahead(MemoryStateObjects):
    """The same objects, as a front end shows them whose clock is most of a lease ahead."""

    def time_at(self, moment: float) -> int:
        return int(moment + LEASE) - 3

    def latest(self) -> float:
        return super().latest() + LEASE - 3


def test_a_holder_that_lives_is_not_overtaken_where_the_time_told_is_ahead(
    objects: MemoryStateObjects,
) -> None:
    """Its last sign of life is a few seconds old, and looks older than a lease."""
    first = holding(objects)
    first.keep(1)
    objects.pass_by(4)
    ahead = Ahead(objects.now, objects.objects)

    def keep(request: str) -> None:
        if request == "sleep":
            objects.now = ahead.now
            first.keep(2)

    ahead.before = keep

    assert elsewhere(ahead) == NotGranted(AT_WORK)


def test_a_dead_holders_last_sign_is_not_a_new_one_where_the_time_told_is_behind(
    objects: MemoryStateObjects,
) -> None:
    """It lies ahead of all that is told, and is over by the reader's own clock after a lease."""
    holding(objects).keep(1)
    behind = Behind(objects.now, objects.objects)

    assert holding(behind).lease.died
    assert NOON + LEASE < behind.now <= NOON + LEASE + 2


def test_a_holder_that_lives_is_seen_to_where_the_time_told_is_behind(
    objects: MemoryStateObjects,
) -> None:
    """By a sign of life that a dead one could not have sent."""
    first = holding(objects)
    first.keep(1)
    behind = Behind(objects.now, objects.objects)

    def go_on(request: str) -> None:
        objects.now = behind.now
        if request == "sleep":
            first.keep(1)

    behind.before = go_on

    assert elsewhere(behind) == NotGranted(AT_WORK)


def test_the_time_of_oss_tells_of_death_where_there_is_none_to_watch(
    objects: MemoryStateObjects,
) -> None:
    """A function of a few seconds would never go on with the job of one that has died."""
    holding(objects).keep(1)
    died(objects)

    def close(request: str) -> None:
        if request == "sleep":
            raise Closed

    objects.before = close

    assert holding(objects).lease.died


def test_a_lease_begins_with_its_record(objects: MemoryStateObjects) -> None:
    """And not with the looks before it, which may take as long as OSS likes."""
    objects.before = lambda request: objects.pass_by(LEASE) if request == "create" else None

    assert holding(objects).leases.timer.left() > 0


def test_a_lease_is_as_long_as_its_own_record_says(objects: MemoryStateObjects) -> None:
    """A setting that has changed meanwhile lets nobody in beside a holder who is alive."""
    holding(objects)
    later = leases_on(objects, beat=1.0)
    assert later.timer.seconds < LEASE

    assert isinstance(later.claim(0), Lease)
    assert objects.now - NOON > LEASE


def test_a_wait_that_takes_too_long_is_told(objects: MemoryStateObjects) -> None:
    """The event's source shall send it again later."""
    holding(objects)

    def close(request: str) -> None:
        if request == "sleep":
            raise Closed

    objects.before = close

    with pytest.raises(UndoneError, match="before it was clear who carries the job job on"):
        leases_on(objects).claim(0)


@pytest.mark.parametrize("request_number", [1, 2, 3])
@pytest.mark.parametrize("what", ["claim", "resume"])
def test_time_that_runs_out_anywhere_in_a_claim_is_told(
    objects: MemoryStateObjects, what: str, request_number: int
) -> None:
    """Whichever request it is that is not let through any more."""
    chain(objects, 1).leave("released", 2)
    left = [None] * request_number

    def close(_: str) -> None:
        left.pop()
        if not left:
            raise Closed

    objects.before = close
    with pytest.raises(UndoneError, match="send the event again later"):
        _ = leases_on(objects).claim(0) if what == "claim" else resume(objects)


def test_a_job_whose_holder_died_before_any_checkpoint_is_begun_once_more(
    objects: MemoryStateObjects,
) -> None:
    """With the time at which it began: what was written since is spared as before."""
    holding(objects)
    died(objects)

    assert holding(objects).lease == Lease(Fence(0, 2), None, began=NOON, died=True)


def test_the_time_a_job_began_outlasts_every_death(objects: MemoryStateObjects) -> None:
    """The second holder that dies so has not begun the job."""
    for epoch in (1, 2, 3):
        assert holding(objects).lease.fence == Fence(0, epoch)
        died(objects)

    assert holding(objects).lease.began == NOON


def test_a_job_whose_holder_died_goes_on_from_its_last_checkpoint(
    objects: MemoryStateObjects,
) -> None:
    """What was done after it may not have been counted."""
    first = holding(objects)
    first.keep(1)
    first.keep(2)
    died(objects)

    assert holding(objects).lease == Lease(
        Fence(0, 2), rest(2), began=NOON, died=True, reserved=RESERVED
    )


def test_only_one_of_several_overtakes_a_dead_holder(objects: MemoryStateObjects) -> None:
    """Another that saw the same death finds the place taken, and waits for a sign of life there."""
    holding(objects)
    died(objects)
    objects.before = faster(objects)

    assert elsewhere(objects) == NotGranted(AT_WORK)
    assert objects.kept() == ["000000-01", "000000-02", "000000-02-w01"]


def test_only_one_of_several_begins_a_hop(objects: MemoryStateObjects) -> None:
    """The same holds for an event that is delivered twice at once."""
    holding(objects).leave("continued", 1)
    objects.before = lambda request: rival() if request == "create" else None

    def rival() -> None:
        objects.before = lambda _: None
        objects.before = beating(objects, holding(objects, 1, 1))

    assert elsewhere(objects, 1, 1) == NotGranted(AT_WORK)


def test_an_overtaken_holder_learns_it_at_its_next_checkpoint(objects: MemoryStateObjects) -> None:
    """It does not write any more: neither a checkpoint, nor how the job has ended."""
    slow = holding(objects)
    slow.keep(1)
    died(objects)
    holding(objects)
    before = dict(objects.objects)

    assert slow.keep(2) == OVERTAKEN
    slow.end()
    assert slow.leases.reason_to_stop(slow.lease) == OVERTAKEN
    assert objects.objects == before


def test_a_checkpoint_that_is_carried_out_late_hides_no_newer_one(
    objects: MemoryStateObjects,
) -> None:
    """Its request was never answered: what is written after it has another name."""
    holder = holding(objects)
    unanswered(objects)
    with pytest.raises(StoreError):
        holder.keep(1)
    name, late = f"{JOB}/{FIRST.name}", written(replace(record(objects), continuation=rest(1)))
    holder.keep(2)
    holder.keep(3)
    objects.objects[name] = late, int(objects.now)
    died(objects)

    found = leases_on(objects).claim(0)

    assert isinstance(found, Lease)
    assert found.continuation == rest(3)
    assert len(objects.kept()) == 3, "one more name for one request without an answer"


def test_a_holder_that_sleeps_past_the_jobs_end_learns_it(objects: MemoryStateObjects) -> None:
    """There is no later record any more, but the end was written from a later place."""
    chain(objects, 1).keep(2)
    died(objects)
    slow = holding(objects, 1, 1)
    died(objects)
    holding(objects, 1, 1).end()
    before = dict(objects.objects)

    assert slow.keep(2) == OVERTAKEN
    slow.end("incomplete")
    assert objects.objects == before


def test_a_record_that_comes_after_the_jobs_end_is_taken_back(objects: MemoryStateObjects) -> None:
    """Somebody has taken too long between looking and creating."""
    slow = chain(objects, 1)
    died(objects)

    def end(request: str) -> None:
        if request == "create":
            objects.before = lambda _: None
            slow.end()

    objects.before = end

    assert elsewhere(objects, 1, 1) == NotGranted("this job has ended", said("done"))
    assert objects.kept() == ["000000-01", "end"]


def test_a_record_that_comes_after_the_next_hops_is_taken_back(objects: MemoryStateObjects) -> None:
    """The holder who seemed to be dead has handed the job over meanwhile."""
    slow = chain(objects, 1)
    died(objects)

    def go_on(request: str) -> None:
        if request == "create":
            objects.before = lambda _: None
            slow.leave("continued", 2)
            holding(objects, 2, 2).leave("continued", 3)

    objects.before = go_on

    assert elsewhere(objects, 1, 1).resend == (rest(3),)
    assert "000001-02" not in objects.kept()


def test_a_call_to_the_next_hop_leaves_it_to_the_holder_that_has_overtaken(
    objects: MemoryStateObjects,
) -> None:
    """The holder that has left the hop was overtaken before; the job is where the later one is."""
    slow = holding(objects)
    died(objects)
    hasty = holding(objects)
    slow.leave("continued", 1)
    objects.before = beating(objects, hasty)

    assert elsewhere(objects, 1, 1) == NotGranted(AT_WORK)


def test_a_call_to_the_next_hop_overtakes_a_holder_that_has_overtaken_and_died(
    objects: MemoryStateObjects,
) -> None:
    """What the later holder had reserved is in its record alone."""
    slow = holding(objects)
    slow.keep(0)
    died(objects)
    holding(objects)
    slow.leave("continued", 1)
    died(objects)

    found = holding(objects, 1, 1).lease
    assert (found.fence, found.continuation) == (Fence(0, 3), rest(0))
    assert found.reserved == RESERVED


def test_a_claim_gives_way_to_who_has_overtaken_the_hop_before_meanwhile(
    objects: MemoryStateObjects,
) -> None:
    """Two would be at work, each of whom takes the other for overtaken."""
    slow = holding(objects)
    died(objects)
    slow.leave("continued", 1)
    left = objects.objects.pop(f"{JOB}/000000-01-left")

    def overtake(request: str) -> None:
        if request == "create":
            objects.objects.pop(f"{JOB}/000000-01-left")
            objects.before = lambda _: None
            objects.before = beating(objects, holding(objects))

    objects.objects[f"{JOB}/000000-01-left"] = left
    objects.before = overtake

    assert elsewhere(objects, 1, 1) == NotGranted(AT_WORK)
    assert "000001-01" not in objects.kept()


def test_the_next_hop_goes_on_with_its_event(objects: MemoryStateObjects) -> None:
    """Nobody has died, and nothing is doubtful."""
    assert chain(objects, 1).lease == Lease(Fence(1), rest(1))
    assert objects.kept() == ["000000-01", "000000-01-left", "000001-01"]


def test_a_pointer_finds_what_it_points_at(objects: MemoryStateObjects) -> None:
    """The continuation that the hop before has left."""
    holding(objects).leave("continued", 1)

    assert holding(objects, 1).lease == Lease(Fence(1), rest(1))


@pytest.mark.parametrize("hops", [0, 1])
def test_a_pointer_at_nothing_is_refused(objects: MemoryStateObjects, hops: int) -> None:
    """And leaves no record that would look like work."""
    if hops:
        holding(objects)
    before = objects.kept()

    with pytest.raises(RequestError, match="the state of the job job is gone; send its request"):
        leases_on(objects).claim(1)
    assert objects.kept() == before


def test_a_continuation_without_a_record_is_nobodys(objects: MemoryStateObjects) -> None:
    """Where a state is kept, a document says nothing: whoever wrote it may have been anybody."""
    with pytest.raises(RequestError, match="the state of the job job is gone; send its request"):
        leases_on(objects).claim(4)
    assert objects.kept() == []


def test_a_chain_may_be_long(objects: MemoryStateObjects) -> None:
    """Its hops' numbers outgrow the six digits that they are written with."""
    objects.write(f"{JOB}/{Fence(999_999).name}", written(Record("holder", LEASE)))
    left = written(Departure("continued", rest(2), said("continued")))
    objects.write(f"{JOB}/{Fence(999_999).name}{LEFT}", left)
    holding(objects, 1_000_000, 2).leave("continued", 3)

    assert holding(objects, 1_000_001, 3).lease.fence == Fence(1_000_001)


def test_an_event_of_a_job_that_went_on_calls_its_next_invocation_again(
    objects: MemoryStateObjects,
) -> None:
    """The holder may have died before the call; if it has called, a second call does no harm."""
    chain(objects, 2).leave("continued", 3)

    for hop in (0, 1, 2):
        found = elsewhere(objects, hop, hop or None)
        called = said("continued")
        assert found == NotGranted("its next invocation is called", called, resend=(rest(3),))


def test_an_early_hops_event_waits_for_the_last_holder(objects: MemoryStateObjects) -> None:
    """The chain is three hops on, and somebody is at work there."""
    last = chain(objects, 4)
    objects.before = beating(objects, last)

    assert elsewhere(objects, 1, 1) == NotGranted(AT_WORK)


def test_an_early_hops_event_overtakes_the_last_holder_if_that_is_dead(
    objects: MemoryStateObjects,
) -> None:
    """It goes on where the chain has ended, not where the event would."""
    chain(objects, 4).keep(9)
    died(objects)

    assert holding(objects, 1, 1).lease == Lease(
        Fence(4, 2), rest(9), began=NOON, died=True, reserved=RESERVED
    )


@pytest.mark.parametrize("hop", [0, 1, 2])
def test_a_hop_that_was_released_is_taken_up_by_whoever_comes(
    objects: MemoryStateObjects, hop: int
) -> None:
    """At once, without waiting for a lease; and as the next hop."""
    chain(objects, 1).leave("released", 2)

    lease = Lease(Fence(2), rest(2), is_repeated=True)
    assert holding(objects, hop, hop or None).lease == lease
    assert objects.now == NOON


def test_a_stopped_job_is_left_alone(objects: MemoryStateObjects) -> None:
    """An event that asks for it gets the continuation."""
    chain(objects, 1).leave("stopped", 2)

    for hop in (0, 1):
        found = elsewhere(objects, hop, hop or None)
        assert found.answer == {**said("stopped"), "continuation": rest(2)}
        assert found.resend == ()


@pytest.mark.parametrize("why", [Why.IDLE, Why.HOPS])
@pytest.mark.parametrize("hop", [0, 1, 2])
def test_a_job_that_has_stopped_by_itself_goes_on_for_any_event(
    objects: MemoryStateObjects, hop: int, why: Why
) -> None:
    """The first one's, the last one's, and a call of the next hop that comes late."""
    chain(objects, 1).leave("stopped", 2, why)

    found = leases_on(objects).claim(hop)

    assert found == Lease(Fence(2), rest(2), is_repeated=True)
    assert look(objects) == "running"


@pytest.mark.parametrize("why", [each for each in Why if each not in GOES_ON])
@pytest.mark.parametrize("hop", [0, 1, 2])
def test_a_job_that_was_stopped_for_another_reason_stays_stopped(
    objects: MemoryStateObjects, hop: int, why: Why
) -> None:
    """An event that comes again is no word that it may go on."""
    chain(objects, 1).leave("stopped", 2, why)

    found = leases_on(objects).claim(hop)

    assert isinstance(found, NotGranted)
    assert (found.reason, found.why) == ("this job was stopped", why)


def test_a_job_that_has_stopped_by_itself_finds_an_order_that_came_since(
    objects: MemoryStateObjects,
) -> None:
    """Its event lets it begin, and it stops before it asks for anything."""
    chain(objects, 1).leave("stopped", 2, Why.IDLE)
    order_to_stop(objects)

    assert holding(objects).lease.is_to_stop


def test_a_stopped_job_goes_on_only_for_who_may_say_so(objects: MemoryStateObjects) -> None:
    """An event from a caller who may not order anything does not count."""
    chain(objects, 1).leave("stopped", 2)

    found = leases_on(objects).claim(2)

    assert isinstance(found, NotGranted)
    assert found.reason == "this job was stopped"


def test_a_stopped_job_goes_on_when_its_continuation_is_sent_back(
    objects: MemoryStateObjects,
) -> None:
    """That is the next hop's."""
    chain(objects, 1).leave("stopped", 2)

    assert holding(objects, 2, 2).lease == Lease(Fence(2), rest(2), is_repeated=True)


@pytest.mark.parametrize("status", ["done", "planned", "stopped", "incomplete"])
def test_an_ended_job_is_over(objects: MemoryStateObjects, status: str) -> None:
    """For each event of its chain."""
    chain(objects, 2).end(status)

    for hop in (0, 1, 2):
        found = elsewhere(objects, hop, hop or None)
        assert found == NotGranted("this job has ended", said(status))


def test_the_end_leaves_two_records(objects: MemoryStateObjects) -> None:
    """Checkpoints, what was handed over and an order to stop are gone."""
    last = chain(objects, 2)
    last.keep(7)
    order_to_stop(objects)
    last.end()

    assert objects.kept() == ["000000-01", "end"]


def test_a_job_whose_end_is_written_is_over_before_it_is_tidied_up(
    objects: MemoryStateObjects,
) -> None:
    """Its invocation may die between the two."""
    last = chain(objects, 2)

    def die(request: str) -> None:
        if request == "remove":
            raise KeyboardInterrupt

    objects.before = die
    with pytest.raises(KeyboardInterrupt):
        last.end()
    objects.before = lambda _: None

    assert len(objects.kept()) > 2
    assert elsewhere(objects, 2, 2).reason == "this job has ended"
    assert look(objects) == "ended"


def test_a_sign_of_life_that_comes_while_the_job_ends_is_removed_with_it(
    objects: MemoryStateObjects,
) -> None:
    """It was under way when the names were listed, and nobody else would ever remove it."""
    last = holding(objects)
    last.keep(1)
    last.leases.heartbeat(last.lease)
    name = f"{JOB}/{FIRST.name}{BEAT}"
    sign = objects.objects.pop(name)

    def arrive(request: str) -> None:
        if request == "remove":
            objects.before = lambda _: None
            objects.objects[name] = sign

    objects.before = arrive
    last.end()

    assert objects.kept() == ["000000-01", "end"]


def test_failed_keys_are_tried_once_more_if_their_event_comes_again(
    objects: MemoryStateObjects,
) -> None:
    """As far as their names are known, and by the clock of the first time."""
    holding(objects).end("incomplete", to_try_again=7)

    again = holding(objects)
    assert again.lease == Lease(Fence(0, 2), rest(7), began=NOON)
    assert look(objects) == "running"
    again.end("done")

    assert elsewhere(objects) == NotGranted("this job has ended", said("done"))
    assert objects.kept() == ["000000-01", "end"]


def test_the_last_hops_event_tries_what_has_failed_once_more(objects: MemoryStateObjects) -> None:
    """What the hop was to do does not count any more; whoever comes later tries again."""
    chain(objects, 2).end("incomplete", to_try_again=7)

    again = holding(objects, 2, 2)
    assert again.lease == Lease(Fence(2, 2), rest(7), began=NOON)
    again.end("incomplete", to_try_again=8)

    assert elsewhere(objects, 1).answer == said("incomplete")
    assert holding(objects, 2).lease == Lease(Fence(2, 3), rest(8), began=NOON)


def test_the_event_of_a_job_that_went_on_tries_what_has_failed_once_more(
    objects: MemoryStateObjects,
) -> None:
    """However many hops it has taken."""
    chain(objects, 2).end("incomplete", to_try_again=7)

    assert holding(objects).lease == Lease(Fence(2, 2), rest(7), began=NOON)


def test_a_holder_that_dies_after_anothers_split_leaves_the_job_to_the_parts(
    objects: MemoryStateObjects,
) -> None:
    """The overtaken holder has split the job: its own rest is not all that is left."""
    slow = holding(objects)
    died(objects)
    holding(objects)
    slow.leases.depart(slow.lease, Departure("split", rest(1), said("continued"), parts=[rest(5)]))
    died(objects)

    found = elsewhere(objects)

    assert (found.reason, found.parts) == ("its parts go on with it", (rest(5),))


def test_a_date_that_lay_ahead_does_not_outlast_its_holder(objects: MemoryStateObjects) -> None:
    """A job has begun before its record was written."""
    leases = leases_on(objects, time=lambda: NOON + 600)
    leases.claim(0)
    died(objects)

    assert holding(objects).lease.began == NOON


def test_failures_without_names_are_not_tried_again(objects: MemoryStateObjects) -> None:
    """To do the whole order once more would delete what has been written since."""
    chain(objects, 1).end("incomplete")

    assert elsewhere(objects, 1, 1) == NotGranted("this job has ended", said("incomplete"))


def test_a_holder_that_dies_trying_once_more_is_overtaken(objects: MemoryStateObjects) -> None:
    """The end that was written before does not hold any more."""
    holding(objects).end("incomplete", to_try_again=7)
    holding(objects).keep(1)
    died(objects)

    assert holding(objects).lease == Lease(
        Fence(0, 3), rest(1), began=NOON, died=True, reserved=RESERVED
    )


def test_an_order_to_stop_is_seen_at_a_checkpoint(objects: MemoryStateObjects) -> None:
    """The checkpoint is kept all the same."""
    holder = holding(objects)
    order_to_stop(objects)

    assert holder.keep(1) == ORDERED
    died(objects)
    assert holding(objects).lease.continuation == rest(1)


def test_an_order_to_stop_is_seen_at_a_hops_end(objects: MemoryStateObjects) -> None:
    """And stands until a person takes it back."""
    holder = holding(objects)
    order_to_stop(objects)

    assert holder.leases.reason_to_stop(holder.lease) == ORDERED
    assert stopped_by(holder) == ORDERED
    assert holding(objects, 1).lease == Lease(Fence(1), rest(1), is_repeated=True)


@pytest.mark.parametrize("how", ["continued", "released", "dead"])
def test_an_order_to_stop_is_seen_before_a_hop_begins(
    objects: MemoryStateObjects, how: str
) -> None:
    """However the one before has ended."""
    holder = holding(objects)
    if how == "dead":
        died(objects)
    elif how == "released":
        holder.leave("released", 1)
    else:
        holder.leave("continued", 1)
    order_to_stop(objects)

    assert holding(objects, *((1, 1) if how == "continued" else ())).lease.is_to_stop


def test_an_overtaken_holder_need_not_know_of_an_order(objects: MemoryStateObjects) -> None:
    """It is not its job any more."""
    slow = holding(objects)
    died(objects)
    holding(objects)
    order_to_stop(objects)

    assert slow.leases.reason_to_stop(slow.lease) == OVERTAKEN


def test_a_stopped_job_is_resumed(objects: MemoryStateObjects) -> None:
    """As its next hop."""
    chain(objects, 1).leave("stopped", 2)

    assert resume(objects) == Lease(Fence(2), rest(2), is_repeated=True)


@pytest.mark.parametrize("how", ["released", "continued"])
def test_a_resume_takes_an_order_to_stop_back(objects: MemoryStateObjects, how: str) -> None:
    """The later word counts."""
    holder = holding(objects)
    if how == "released":
        holder.leave("released", 1)
    else:
        holder.leave("continued", 1)
    order_to_stop(objects)

    assert resume(objects) == Lease(Fence(1), rest(1), is_repeated=True)


def test_late_writes_change_nothing_about_a_newer_order(
    objects: MemoryStateObjects,
) -> None:
    """Neither a late order that was taken back, nor the object that took it back."""
    holder = holding(objects)
    order_to_stop(objects)
    order_to_stop(objects)
    assert holder.leases.reason_to_stop(holder.lease) == ORDERED
    given = dict(objects.objects)
    take_back(objects)
    taken_back = dict(objects.objects)
    objects.objects.update(given)
    assert holder.leases.reason_to_stop(holder.lease) is None
    order_to_stop(objects)

    objects.objects.update(taken_back)

    assert holder.leases.reason_to_stop(holder.lease) == ORDERED
    take_back(objects)
    assert holder.leases.reason_to_stop(holder.lease) is None


def test_a_second_order_to_stop_is_heard(objects: MemoryStateObjects) -> None:
    """Though an order of the same invocation was taken back."""
    holder, giver = holding(objects), leases_on(objects)
    giver.stop(Word("word"))
    take_back(objects)
    giver.stop(Word("another word"))

    assert holder.leases.reason_to_stop(holder.lease) == ORDERED


def test_a_late_removal_at_a_jobs_end_removes_no_newer_order(objects: MemoryStateObjects) -> None:
    """An invocation that tries failed keys once more still sees it."""
    first = holding(objects)
    order_to_stop(objects)
    before = set(objects.objects)
    first.end("incomplete", to_try_again=7)
    again = holding(objects)
    order_to_stop(objects)

    objects.remove(before - {f"{JOB}/{FIRST.name}"})

    assert again.leases.reason_to_stop(again.lease) == ORDERED


@pytest.mark.parametrize("again", ["stop", "resume"])
def test_a_word_that_comes_again_after_a_job_has_ended_is_no_new_one(
    objects: MemoryStateObjects, again: str
) -> None:
    """What has failed may be tried again, and words are brought more than once."""
    first = holding(objects)
    leases_on(objects).stop(Word("stop"))
    take_back(objects, "resume")
    first.end("incomplete", to_try_again=7)
    repetition = holding(objects)

    if again == "stop":
        leases_on(objects).stop(Word("stop"))
        assert repetition.leases.reason_to_stop(repetition.lease) is None
    else:
        leases_on(objects).stop(Word("younger"))
        take_back(objects, "resume")
        assert repetition.leases.reason_to_stop(repetition.lease) == ORDERED


def test_an_order_to_stop_of_an_earlier_version_holds(objects: MemoryStateObjects) -> None:
    """It has no name of its own."""
    holder = holding(objects)
    objects.write(f"{JOB}/stop", b"{}")
    assert holder.leases.reason_to_stop(holder.lease) == ORDERED

    take_back(objects)
    assert holder.leases.reason_to_stop(holder.lease) is None


def test_a_word_writes_down_what_it_takes_back_though_that_be_nothing(
    objects: MemoryStateObjects,
) -> None:
    """Else it would take back what was ordered since, when it comes again."""
    holding(objects).leave("released", 1)

    take_back(objects, "word")
    order_to_stop(objects)
    take_back(objects, "word")

    assert holding(objects).lease.is_to_stop


def test_a_dead_job_is_resumed_from_its_last_checkpoint(objects: MemoryStateObjects) -> None:
    """As if its event had come again."""
    holding(objects).keep(3)
    died(objects)

    assert resume(objects) == Lease(Fence(0, 2), rest(3), began=NOON, died=True, reserved=RESERVED)


def test_a_job_without_a_checkpoint_cannot_be_resumed(objects: MemoryStateObjects) -> None:
    """What it was to do is known to its event alone."""
    holding(objects)
    died(objects)

    found = resume(objects)
    assert isinstance(found, NotGranted)
    assert "died before its first checkpoint; send its event again" in found.reason


def test_a_job_that_goes_on_need_not_be_resumed(objects: MemoryStateObjects) -> None:
    """Somebody is at work on it."""
    objects.before = beating(objects, holding(objects))

    assert resume(objects) == NotGranted(AT_WORK)


def test_an_ended_job_and_an_unknown_one_are_not_resumed(objects: MemoryStateObjects) -> None:
    """Each is told from the other."""
    unknown = resume(objects)
    holding(objects).end()

    assert isinstance(unknown, NotGranted)
    assert unknown.reason.startswith("there is no such job")
    assert resume(objects) == NotGranted("this job has ended", said("done"))


def test_a_resume_tries_again_what_has_failed(objects: MemoryStateObjects) -> None:
    """It holds the hop that the job's event would, sent again."""
    chain(objects, 2).end("incomplete", to_try_again=7)

    assert resume(objects) == Lease(Fence(2, 2), rest(7), began=NOON)


def test_a_look_tells_how_a_job_is(objects: MemoryStateObjects) -> None:
    """In each state that it goes through."""
    seen = [look(objects)]
    holder = holding(objects)
    seen.append(look(objects))
    died(objects)
    seen.append(look(objects))
    holder.keep(1)
    died(objects)
    seen.append(look(objects))
    holder.leave("continued", 1)
    seen.append(look(objects))
    holder = holding(objects, 1, 1)
    holder.leave("released", 2)
    seen.append(look(objects))
    holder = holding(objects, 1, 1)
    holder.leave("stopped", 3)
    seen.append(look(objects))
    holding(objects, 3, 3).end()
    seen.append(look(objects))

    early = ["unknown", "running early", "dead early"]
    assert seen == [*early, "dead", "continued", "released", "stopped", "ended"]


def test_a_look_tells_how_far_a_job_is(objects: MemoryStateObjects) -> None:
    """By the last checkpoint, and with OSS's time of the look."""
    holder = chain(objects, 2)
    holder.leases.keep(holder.lease, rest(1), said("unfinished"), 70, RESERVED)
    objects.pass_by(3)

    seen = leases_on(objects).job_state()
    assert (seen.answer, seen.hops, seen.expected) == (said("unfinished"), 3, 70)
    assert seen.now == NOON + 3


@pytest.mark.parametrize(
    "content", [b"", b"no JSON", b"[]", b"null", b"{}", b'{"holder": "a", "more": 1}', b"\xff"]
)
@pytest.mark.parametrize("name", ["000000-01", "000000-01-left", "end"])
def test_a_record_that_somebody_has_changed_is_no_record(
    objects: MemoryStateObjects, name: str, content: bytes
) -> None:
    """Nobody holds anything by it."""
    if name == "end":
        holding(objects).end()
    else:
        holding(objects).leave("continued", 1)
    objects.write(f"{JOB}/{name}", content)

    with pytest.raises(StoreError, match="BadRecord: a job's record is damaged"):
        leases_on(objects).claim(0)


@pytest.mark.parametrize(
    "damage",
    [
        {"answer": {}},
        {"answer": {**said("done"), "deleted": None}},
        {"answer": {**said("done"), "status": ["done"]}},
        {"answer": {**said("done"), "failures": ["a"]}},
        {"answer": {**said("done"), "failures": [{"code": "a", "message": "b"}]}},
        {"answer": {**said("done"), "requests_made": {"list": "1"}}},
        {"answer": {**said("done"), "requests_made": {"list": 2**63}}},
        {"answer": {**said("done"), "deleted": 2**63}},
        {"answer": {**said("done"), "remaining": -1}},
        {"answer": {**said("done"), "seconds": -0.1}},
        {"answer": {**said("done"), "seconds": 1e300}},
        {"answer": {**said("done"), "passed_over": 3}},
        {"answer": {**said("done"), "passed_over": ["a"]}},
        {"answer": {**said("done"), "errors": 5}},
        {"answer": {**said("done"), "errors": {"ReadTimeout": "1"}}},
        {"answer": {**said("done"), "keys": 7}},
        {"continuation": {}},
        {"continuation": {**rest(1), "job": "a/b"}},
        {"continuation": {**rest(1), "hop": None}},
        {"why": "because"},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["000000-01-left", "end"])
def test_a_record_that_is_damaged_inside_is_no_record(
    objects: MemoryStateObjects, name: str, damage: dict[str, Any]
) -> None:
    """Whatever is in it, who reads it is told so by one sentence."""
    if name == "end":
        holding(objects).end("incomplete", 1)
    else:
        holding(objects).leave("continued", 1)
    content, _ = objects.objects[f"{JOB}/{name}"]
    objects.write(f"{JOB}/{name}", json.dumps({**json.loads(content), **damage}).encode())

    with pytest.raises(StoreError, match="BadRecord: a job's record is damaged"):
        leases_on(objects).job_state()


def test_other_objects_beside_the_records_are_ignored(objects: MemoryStateObjects) -> None:
    """They are no records, and another job's records are not this one's."""
    for name in ("job/notes", "job/000009-1", "job/000009-01-lefty", "jobs/000009-01"):
        objects.write(name, b"")

    assert holding(objects).lease.fence == FIRST
    holding_again = objects.kept()
    assert "000000-01" in holding_again
    assert "jobs/000009-01" in objects.objects
