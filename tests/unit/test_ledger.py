"""One invocation at a time carries a job on, whatever is delivered twice and whoever dies."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ossweep.errors import Closed, PolicyError, RequestError, Scope, StoreError, UndoneError
from ossweep.handover.ledger import AT_WORK
from ossweep.handover.records import (
    BEAT,
    FIRST,
    LEFT,
    Elsewhere,
    Held,
    Left,
    Place,
    Record,
    beat,
    record_of,
    written,
)
from ossweep.stops import ORDERED, OVERTAKEN, Why
from unit.shelf import (
    JOB,
    LEASE,
    NOON,
    RESERVED,
    Invocation,
    MemoryShelf,
    chain,
    elsewhere,
    holding,
    ledger_on,
    rest,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.handover.ledger import Ledger
    from ossweep.stops import Stop


_WORDS = count(1)


BEHIND = 300  # seconds


WORDS = count(1)  # that people have said


@pytest.fixture
def shelf() -> MemoryShelf:
    """An empty shelf."""
    return MemoryShelf()


def beating(shelf: MemoryShelf, holder: Invocation) -> Callable[[str], None]:
    """Return what lets a holder keep a checkpoint whenever somebody else sleeps."""

    def beat(request: str) -> None:
        if request == "sleep":
            holder.keep(1)

    return beat


def unanswered(shelf: MemoryShelf) -> None:
    """Let the next request to write come to nothing, as far as its sender can tell."""

    def fail(request: str) -> None:
        if request == "write":
            shelf.before = lambda _: None
            raise StoreError("ReadTimeout", "nothing came in time", Scope.PASSING)

    shelf.before = fail


def record(shelf: MemoryShelf) -> Record:
    """Return the first holder's record."""
    return record_of(Record, shelf.objects[f"{JOB}/{FIRST.name}"][0])


def faster(shelf: MemoryShelf) -> Callable[[str], None]:
    """Return what lets a rival create the next record that somebody wants to create."""

    def create(request: str) -> None:
        if request == "create":
            shelf.before = lambda _: None
            shelf.before = beating(shelf, holding(shelf))

    return create


def died(shelf: MemoryShelf) -> None:
    """Let so much time pass that a holder who has not written anything counts as dead."""
    shelf.pass_by(LEASE + 1)


def look(shelf: MemoryShelf) -> str:
    return ledger_on(shelf).look().how


def resume(shelf: MemoryShelf, word: str = "") -> Held | Elsewhere:
    """Ask for what a person does who wants the job to go on, by a word of its own or this one."""
    return ledger_on(shelf).resume(word or f"word-{next(_WORDS)}")


def take_back(shelf: MemoryShelf, word: str = "") -> None:
    """Take back what a person's word does, of its own or this one."""
    ledger_on(shelf).take_back(word or f"word-{next(_WORDS)}")


def test_a_new_job_takes_one_request_to_begin(shelf: MemoryShelf) -> None:
    """Whoever creates the first record holds the first hop."""
    assert holding(shelf).held == Held(FIRST)
    assert (shelf.requests, shelf.kept()) == (["create"], ["000000-01"])


def test_a_short_job_takes_one_more_to_end(shelf: MemoryShelf) -> None:
    """Two records are left: who began it, and how it has ended."""
    holding(shelf).end()

    assert (shelf.requests, shelf.kept()) == (["create", "write"], ["000000-01", "end"])


def test_the_second_of_two_learns_that_the_first_is_at_work(shelf: MemoryShelf) -> None:
    """By a checkpoint that was sent after its first look, for which it waits."""
    first = holding(shelf)
    shelf.before = beating(shelf, first)

    assert elsewhere(shelf) == Elsewhere(AT_WORK)
    assert shelf.now == NOON + 3  # OSS tells times in whole seconds


def test_what_a_dead_holder_had_sent_is_no_sign_of_life(shelf: MemoryShelf) -> None:
    """Its last checkpoint and its last beats may be carried out while somebody watches."""
    dying = holding(shelf)
    dying.keep(1)
    last, sent = record(shelf), shelf.now

    def carry_out(request: str) -> None:
        if request == "sleep" and shelf.now < sent + 5:
            late = replace(last, beat=last.beat + int(shelf.now), sent=int(sent))
            shelf.objects[f"{JOB}/{FIRST.name}-w01"] = written(late), int(shelf.now)
            shelf.objects[f"{JOB}/{FIRST.name}-beat"] = beat(3, int(sent)), int(shelf.now)

    shelf.before = carry_out

    assert holding(shelf).held.died
    assert shelf.now > sent + LEASE


def test_a_date_that_lay_ahead_is_no_sign_of_life(shelf: MemoryShelf) -> None:
    """Nothing can have been sent after OSS has written it down, whatever its sender believed."""
    dying = holding(shelf)
    dying.keep(1)
    ahead = replace(record(shelf), sent=NOON + 600)
    shelf.objects[f"{JOB}/{FIRST.name}-w01"] = written(ahead), NOON

    assert holding(shelf).held.died


def test_a_holder_whose_record_was_removed_still_counts(shelf: MemoryShelf) -> None:
    """A removal of another one's record of that name may have been carried out late."""
    holding(shelf).keep(1)
    died(shelf)
    second = holding(shelf)
    second.keep(2)
    del shelf.objects[f"{JOB}/000000-02"]
    died(shelf)

    assert holding(shelf).held.place == Place(0, 3)
    assert second.keep(3) == OVERTAKEN


def order_to_stop(shelf: MemoryShelf) -> None:
    """Have somebody say that the job shall stop, who has said nothing else."""
    ledger_on(shelf).stop(f"word {next(WORDS)}")


def told_to_stop(shelf: MemoryShelf) -> Invocation:
    """Return a holder that has seen at its checkpoint that it is to stop."""
    holder = holding(shelf)
    order_to_stop(shelf)
    assert holder.keep(1) == ORDERED
    return holder


def stopped_by(holder: Invocation) -> Stop | None:
    """Let a holder leave as it was ordered to, and return why it shall not go on."""
    left = Left("stopped", rest(1), said("stopped"), why=Why.ORDERED)
    return holder.ledger.leave_as_ordered(holder.held, left)


def test_a_holder_obeys_the_orders_that_stand_as_it_leaves(shelf: MemoryShelf) -> None:
    """Though the one that it saw was taken back: a newer one is about it, too."""
    holder = told_to_stop(shelf)
    take_back(shelf)
    order_to_stop(shelf)

    assert stopped_by(holder) == ORDERED
    assert elsewhere(shelf).reason == "this job was stopped"


def test_an_order_that_is_taken_back_as_its_holder_leaves_lets_it_go_on(shelf: MemoryShelf) -> None:
    """It looks once more when it has written that it stops: nobody else would go on."""
    holder = told_to_stop(shelf)

    def meanwhile(request: str) -> None:
        if request == "write":
            shelf.before = lambda _: None
            take_back(shelf)

    shelf.before = meanwhile

    assert stopped_by(holder) is None


def test_who_dies_having_left_a_job_by_an_order_that_was_taken_back_leaves_it_to_anyone(
    shelf: MemoryShelf,
) -> None:
    """A repetition of its event goes on: that it has stopped was true of that order alone."""
    holder = told_to_stop(shelf)

    def die_having_left(request: str) -> None:
        if request == "write":
            shelf.after = lambda _: None
            take_back(shelf)
            raise KeyboardInterrupt

    shelf.after = die_having_left
    with pytest.raises(KeyboardInterrupt):
        stopped_by(holder)

    assert look(shelf) == "released"
    assert holding(shelf).held == Held(Place(1), rest(1), is_repeated=True)


def test_a_stop_that_is_carried_out_late_over_a_handover_holds_up_nobody(
    shelf: MemoryShelf,
) -> None:
    """Its order was taken back, which is why its holder went on."""
    holder = holding(shelf)
    order_to_stop(shelf)
    assert stopped_by(holder) == ORDERED
    late = shelf.objects[f"{JOB}/{FIRST.name}{LEFT}"]
    take_back(shelf)
    holder.leave("continued", 1)
    shelf.objects[f"{JOB}/{FIRST.name}{LEFT}"] = late

    found = ledger_on(shelf).claim(1, may_resume=False)

    assert isinstance(found, Held)
    assert not found.is_to_stop


def test_an_order_that_comes_again_is_no_newer_one(shelf: MemoryShelf) -> None:
    """What took it back has known of it."""
    holder = holding(shelf)
    ledger_on(shelf).stop("word")
    take_back(shelf)

    ledger_on(shelf).stop("word")

    assert holder.ledger.reason_to_stop(holder.held) is None


def test_a_holder_obeys_what_is_ordered_while_it_leaves(shelf: MemoryShelf) -> None:
    """Who lets the job go on by what it has left has known of both orders."""
    holder = told_to_stop(shelf)
    order_to_stop(shelf)

    assert stopped_by(holder) == ORDERED
    assert not holding(shelf, 1).held.is_to_stop


def test_a_stopped_job_that_is_ordered_to_stop_again_goes_on_for_no_older_word(
    shelf: MemoryShelf,
) -> None:
    """Neither for the continuation that the first order has led to."""
    holder = holding(shelf)
    order_to_stop(shelf)
    assert stopped_by(holder) == ORDERED
    order_to_stop(shelf)

    assert holding(shelf, 1).held.is_to_stop


def resumed(shelf: MemoryShelf, word: str) -> Invocation:
    """Return the invocation that goes on with a job because of a word."""
    ledger = ledger_on(shelf)
    found = ledger.resume(word)
    assert isinstance(found, Held), found
    return Invocation(ledger, found)


def test_a_resume_that_comes_again_takes_back_no_order_that_is_younger(shelf: MemoryShelf) -> None:
    """What it takes back was written down when it came first, whoever died since."""
    holding(shelf).leave("stopped", 1)
    resumed(shelf, "word").keep(2)
    order_to_stop(shelf)
    died(shelf)

    assert resumed(shelf, "word").held.is_to_stop
    died(shelf)
    assert not resumed(shelf, "another word").held.is_to_stop


def test_a_resume_that_comes_again_sets_nothing_going_that_was_stopped_since(
    shelf: MemoryShelf,
) -> None:
    """It is answered."""
    holding(shelf).leave("stopped", 1)
    holder = resumed(shelf, "word")
    order_to_stop(shelf)
    assert holder.keep(1) == ORDERED
    assert stopped_by(holder) == ORDERED

    found = resume(shelf, "word")

    assert isinstance(found, Elsewhere)
    assert found.reason == "this job was stopped"


def test_a_resume_that_died_before_it_began_is_carried_out_when_it_comes_again(
    shelf: MemoryShelf,
) -> None:
    """With what it had come to take back."""
    holding(shelf).leave("stopped", 1)

    def die(request: str) -> None:
        if request == "write":
            raise KeyboardInterrupt

    shelf.before = die
    with pytest.raises(KeyboardInterrupt):
        resume(shelf, "word")
    shelf.before = lambda _: None

    assert resume(shelf, "word") == Held(Place(1), rest(1))


def test_a_word_that_somebody_has_changed_is_no_word(shelf: MemoryShelf) -> None:
    """It would write what it names."""
    holding(shelf).leave("stopped", 1)
    shelf.write(f"{JOB}/resume-word", b'{"by": "a", "orders": ["../elsewhere"]}')

    with pytest.raises(StoreError, match="BadRecord: a job's record is damaged"):
        resume(shelf, "word")


@pytest.mark.parametrize(
    "ask", [lambda ledger: ledger.resume("word"), lambda ledger: ledger.claim(1)]
)
def test_what_is_refused_leaves_a_stopped_job_as_it_was(
    shelf: MemoryShelf, ask: Callable[[Ledger], object]
) -> None:
    """What is left is judged before anything is taken back, or held."""
    holding(shelf).leave("stopped", 1)
    before = dict(shelf.objects)

    def refuse(_: dict[str, Any]) -> None:
        raise PolicyError("no")

    with pytest.raises(PolicyError):
        ask(ledger_on(shelf, judge=refuse))
    assert shelf.objects == before


def test_a_sign_of_life_that_began_between_two_looks_counts(shelf: MemoryShelf) -> None:
    """The names were listed before it, and the record was read long after."""
    holder = holding(shelf)
    holder.keep(1)
    died(shelf)
    shelf.pass_by(-3)

    def read_slowly(request: str) -> None:
        if request == "read":
            shelf.before = lambda _: None
            holder.ledger.beat(holder.held)
            shelf.pass_by(10)

    shelf.before = read_slowly
    shelf.after = lambda request: holder.ledger.beat(holder.held) if request == "sleep" else None

    assert elsewhere(shelf) == Elsewhere(AT_WORK)


def test_who_overtakes_a_holder_that_lives_gives_way(shelf: MemoryShelf) -> None:
    """Clocks may lie, and a look take long: the record is read once more, and has changed."""
    holder = holding(shelf)
    holder.keep(1)
    died(shelf)

    def keep_meanwhile(request: str) -> None:
        if request == "create":
            shelf.before = beating(shelf, holder)
            holder.keep(2)

    shelf.before = keep_meanwhile

    assert elsewhere(shelf) == Elsewhere(AT_WORK)
    assert [name for name in shelf.kept() if name.startswith("000000-02")] == []


def test_a_checkpoint_that_was_under_way_as_somebody_overtook_reserves_nothing(
    shelf: MemoryShelf,
) -> None:
    """Whoever has overtaken may have read the one before, which reserved less."""
    slow = holding(shelf)
    slow.keep(1)
    died(shelf)
    others: list[Invocation] = []

    def overtake(request: str) -> None:
        if request == "write" and not others:
            others.append(holding(shelf))

    shelf.before = overtake

    assert slow.keep(2) == OVERTAKEN
    assert others[0].held.continuation == rest(1)


def test_the_second_of_two_takes_over_when_no_sign_of_life_comes(shelf: MemoryShelf) -> None:
    """It waits as long as a lease lasts, and not longer."""
    holding(shelf)

    assert holding(shelf).held == Held(Place(0, 2), began=NOON, died=True)
    assert NOON + LEASE < shelf.now <= NOON + LEASE + 1


class Behind(MemoryShelf):
    """The same objects, as a front end shows them whose clock is five minutes behind."""

    def time_at(self, moment: float) -> int:
        return int(moment) - BEHIND

    def latest(self) -> float:
        return int(self.now) + 1 - BEHIND


def test_a_dead_holders_last_sign_is_not_a_new_one_where_the_time_told_is_behind(
    shelf: MemoryShelf,
) -> None:
    """It lies ahead of all that is told, and is over by the reader's own clock after a lease."""
    holding(shelf).keep(1)
    behind = Behind(shelf.now, shelf.objects)

    assert holding(behind).held.died
    assert NOON + LEASE < behind.now <= NOON + LEASE + 2


def test_a_holder_that_lives_is_seen_to_where_the_time_told_is_behind(shelf: MemoryShelf) -> None:
    """By a sign of life that a dead one could not have sent."""
    first = holding(shelf)
    first.keep(1)
    behind = Behind(shelf.now, shelf.objects)

    def go_on(request: str) -> None:
        shelf.now = behind.now
        if request == "sleep":
            first.keep(1)

    behind.before = go_on

    assert elsewhere(behind) == Elsewhere(AT_WORK)


def test_a_lease_is_as_long_as_its_own_record_says(shelf: MemoryShelf) -> None:
    """A setting that has changed meanwhile lets nobody in beside a holder who is alive."""
    holding(shelf)
    later = ledger_on(shelf, beat=1.0)
    assert later.lease.seconds < LEASE

    assert isinstance(later.claim(0), Held)
    assert shelf.now - NOON > LEASE


def test_a_wait_that_takes_too_long_is_told(shelf: MemoryShelf) -> None:
    """The event's source shall send it again later."""
    holding(shelf)

    def close(request: str) -> None:
        if request == "sleep":
            raise Closed

    shelf.before = close

    with pytest.raises(UndoneError, match="before it was clear who carries the job job on"):
        ledger_on(shelf).claim(0)


@pytest.mark.parametrize("request_number", [1, 2, 3])
@pytest.mark.parametrize("what", ["claim", "resume"])
def test_time_that_runs_out_anywhere_in_a_claim_is_told(
    shelf: MemoryShelf, what: str, request_number: int
) -> None:
    """Whichever request it is that is not let through any more."""
    chain(shelf, 1).leave("released", 2)
    left = [None] * request_number

    def close(_: str) -> None:
        left.pop()
        if not left:
            raise Closed

    shelf.before = close
    with pytest.raises(UndoneError, match="send the event again later"):
        _ = ledger_on(shelf).claim(0) if what == "claim" else resume(shelf)


def test_a_job_whose_holder_died_before_any_checkpoint_is_begun_once_more(
    shelf: MemoryShelf,
) -> None:
    """With the time at which it began: what was written since is spared as before."""
    holding(shelf)
    died(shelf)

    assert holding(shelf).held == Held(Place(0, 2), None, began=NOON, died=True)


def test_when_a_job_began_outlasts_every_death(shelf: MemoryShelf) -> None:
    """The second holder that dies so has not begun the job."""
    for epoch in (1, 2, 3):
        assert holding(shelf).held.place == Place(0, epoch)
        died(shelf)

    assert holding(shelf).held.began == NOON


def test_a_job_whose_holder_died_goes_on_from_its_last_checkpoint(shelf: MemoryShelf) -> None:
    """What was done after it may not have been counted."""
    first = holding(shelf)
    first.keep(1)
    first.keep(2)
    died(shelf)

    assert holding(shelf).held == Held(
        Place(0, 2), rest(2), began=NOON, died=True, reserved=RESERVED
    )


def test_one_of_several_overtakes_a_dead_holder(shelf: MemoryShelf) -> None:
    """Another who saw the same death finds the place taken, and waits for a beat of that one."""
    holding(shelf)
    died(shelf)
    shelf.before = faster(shelf)

    assert elsewhere(shelf) == Elsewhere(AT_WORK)
    assert shelf.kept() == ["000000-01", "000000-02", "000000-02-w01"]


def test_one_of_several_begins_a_hop(shelf: MemoryShelf) -> None:
    """The same holds for an event that is delivered twice at once."""
    holding(shelf).leave("continued", 1)
    shelf.before = lambda request: rival() if request == "create" else None

    def rival() -> None:
        shelf.before = lambda _: None
        shelf.before = beating(shelf, holding(shelf, 1, 1))

    assert elsewhere(shelf, 1, 1) == Elsewhere(AT_WORK)


def test_an_overtaken_holder_learns_it_at_its_next_checkpoint(shelf: MemoryShelf) -> None:
    """It does not write any more: neither a checkpoint, nor how the job has ended."""
    slow = holding(shelf)
    slow.keep(1)
    died(shelf)
    holding(shelf)
    before = dict(shelf.objects)

    assert slow.keep(2) == OVERTAKEN
    slow.end()
    assert slow.ledger.reason_to_stop(slow.held) == OVERTAKEN
    assert shelf.objects == before


def test_a_checkpoint_that_is_carried_out_late_hides_no_newer_one(shelf: MemoryShelf) -> None:
    """Its request was never answered: what is written after it has another name."""
    holder = holding(shelf)
    unanswered(shelf)
    with pytest.raises(StoreError):
        holder.keep(1)
    name, late = f"{JOB}/{FIRST.name}", written(replace(record(shelf), continuation=rest(1)))
    holder.keep(2)
    holder.keep(3)
    shelf.objects[name] = late, int(shelf.now)
    died(shelf)

    found = ledger_on(shelf).claim(0)

    assert isinstance(found, Held)
    assert found.continuation == rest(3)
    assert len(shelf.kept()) == 3, "one more name for one request without an answer"


def test_a_holder_that_sleeps_past_the_jobs_end_learns_it(shelf: MemoryShelf) -> None:
    """There is no later record any more, but the end was written from a later place."""
    chain(shelf, 1).keep(2)
    died(shelf)
    slow = holding(shelf, 1, 1)
    died(shelf)
    holding(shelf, 1, 1).end()
    before = dict(shelf.objects)

    assert slow.keep(2) == OVERTAKEN
    slow.end("incomplete")
    assert shelf.objects == before


def test_a_record_that_comes_after_the_jobs_end_is_taken_back(shelf: MemoryShelf) -> None:
    """Somebody has taken too long between looking and creating."""
    slow = chain(shelf, 1)
    died(shelf)

    def end(request: str) -> None:
        if request == "create":
            shelf.before = lambda _: None
            slow.end()

    shelf.before = end

    assert elsewhere(shelf, 1, 1) == Elsewhere("this job has ended", said("done"))
    assert shelf.kept() == ["000000-01", "end"]


def test_a_record_that_comes_after_the_next_hops_is_taken_back(shelf: MemoryShelf) -> None:
    """The holder who seemed to be dead has handed the job over meanwhile."""
    slow = chain(shelf, 1)
    died(shelf)

    def go_on(request: str) -> None:
        if request == "create":
            shelf.before = lambda _: None
            slow.leave("continued", 2)
            holding(shelf, 2, 2).leave("continued", 3)

    shelf.before = go_on

    assert elsewhere(shelf, 1, 1).resend == (rest(3),)
    assert "000001-02" not in shelf.kept()


def test_whoever_is_sent_to_the_next_hop_leaves_it_to_who_has_overtaken(
    shelf: MemoryShelf,
) -> None:
    """The holder that has left the hop was overtaken before; the job is where the later one is."""
    slow = holding(shelf)
    died(shelf)
    hasty = holding(shelf)
    slow.leave("continued", 1)
    shelf.before = beating(shelf, hasty)

    assert elsewhere(shelf, 1, 1) == Elsewhere(AT_WORK)


def test_whoever_is_sent_to_the_next_hop_overtakes_who_has_overtaken_and_died(
    shelf: MemoryShelf,
) -> None:
    """What the later holder had reserved is in its record alone."""
    slow = holding(shelf)
    slow.keep(0)
    died(shelf)
    holding(shelf)
    slow.leave("continued", 1)
    died(shelf)

    found = holding(shelf, 1, 1).held
    assert (found.place, found.continuation) == (Place(0, 3), rest(0))
    assert found.reserved == RESERVED


def test_a_claim_gives_way_to_who_has_overtaken_the_hop_before_meanwhile(
    shelf: MemoryShelf,
) -> None:
    """Two would be at work, each of whom takes the other for overtaken."""
    slow = holding(shelf)
    died(shelf)
    slow.leave("continued", 1)
    left = shelf.objects.pop(f"{JOB}/000000-01-left")

    def overtake(request: str) -> None:
        if request == "create":
            shelf.objects.pop(f"{JOB}/000000-01-left")
            shelf.before = lambda _: None
            shelf.before = beating(shelf, holding(shelf))

    shelf.objects[f"{JOB}/000000-01-left"] = left
    shelf.before = overtake

    assert elsewhere(shelf, 1, 1) == Elsewhere(AT_WORK)
    assert "000001-01" not in shelf.kept()


def test_the_next_hop_goes_on_with_its_event(shelf: MemoryShelf) -> None:
    """Nobody has died, and nothing is doubtful."""
    assert chain(shelf, 1).held == Held(Place(1), rest(1))
    assert shelf.kept() == ["000000-01", "000000-01-left", "000001-01"]


def test_a_pointer_finds_what_it_points_at(shelf: MemoryShelf) -> None:
    """The continuation that the hop before has left."""
    holding(shelf).leave("continued", 1)

    assert holding(shelf, 1).held == Held(Place(1), rest(1))


@pytest.mark.parametrize("hops", [0, 1])
def test_a_pointer_at_nothing_is_refused(shelf: MemoryShelf, hops: int) -> None:
    """And leaves no record that would look like work."""
    if hops:
        holding(shelf)
    before = shelf.kept()

    with pytest.raises(RequestError, match="the state of the job job is gone; send its request"):
        ledger_on(shelf).claim(1)
    assert shelf.kept() == before


def test_a_continuation_without_a_record_is_nobodys(shelf: MemoryShelf) -> None:
    """Where a state is kept, a document says nothing: whoever wrote it may have been anybody."""
    with pytest.raises(RequestError, match="the state of the job job is gone; send its request"):
        ledger_on(shelf).claim(4)
    assert shelf.kept() == []


def test_a_chain_may_be_long(shelf: MemoryShelf) -> None:
    """Its hops' numbers outgrow the six digits that they are written with."""
    shelf.write(f"{JOB}/{Place(999_999).name}", written(Record("holder", LEASE)))
    left = written(Left("continued", rest(2), said("continued")))
    shelf.write(f"{JOB}/{Place(999_999).name}{LEFT}", left)
    holding(shelf, 1_000_000, 2).leave("continued", 3)

    assert holding(shelf, 1_000_001, 3).held.place == Place(1_000_001)


def test_an_event_of_a_job_that_went_on_calls_its_next_invocation_again(shelf: MemoryShelf) -> None:
    """Whoever left it may have died before it did; where it did, a second call does no harm."""
    chain(shelf, 2).leave("continued", 3)

    for hop in (0, 1, 2):
        found = elsewhere(shelf, hop, hop or None)
        called = said("continued")
        assert found == Elsewhere("its next invocation is called", called, resend=(rest(3),))


def test_an_early_hops_event_waits_for_the_last_holder(shelf: MemoryShelf) -> None:
    """The chain is three hops on, and somebody is at work there."""
    last = chain(shelf, 4)
    shelf.before = beating(shelf, last)

    assert elsewhere(shelf, 1, 1) == Elsewhere(AT_WORK)


def test_an_early_hops_event_overtakes_the_last_holder_if_that_is_dead(shelf: MemoryShelf) -> None:
    """It goes on where the chain has ended, not where the event would."""
    chain(shelf, 4).keep(9)
    died(shelf)

    assert holding(shelf, 1, 1).held == Held(
        Place(4, 2), rest(9), began=NOON, died=True, reserved=RESERVED
    )


@pytest.mark.parametrize("hop", [0, 1, 2])
def test_a_hop_that_was_released_is_taken_up_by_whoever_comes(shelf: MemoryShelf, hop: int) -> None:
    """At once, without waiting for a lease; and as the next hop."""
    chain(shelf, 1).leave("released", 2)

    held = Held(Place(2), rest(2), is_repeated=hop < 2)
    assert holding(shelf, hop, hop or None).held == held
    assert shelf.now == NOON


def test_a_stopped_job_is_left_alone(shelf: MemoryShelf) -> None:
    """Whoever asks for it gets the continuation."""
    chain(shelf, 1).leave("stopped", 2)

    for hop in (0, 1):
        found = elsewhere(shelf, hop, hop or None)
        assert found.answer == {**said("stopped"), "continuation": rest(2)}
        assert found.resend == ()


def test_a_stopped_job_goes_on_only_for_who_may_say_so(shelf: MemoryShelf) -> None:
    """Whoever may call the function, and give no orders by that, may not."""
    chain(shelf, 1).leave("stopped", 2)

    found = ledger_on(shelf).claim(2, may_resume=False)

    assert isinstance(found, Elsewhere)
    assert found.reason == "this job was stopped"


def test_a_stopped_job_goes_on_when_its_continuation_is_sent_back(shelf: MemoryShelf) -> None:
    """That is the next hop's."""
    chain(shelf, 1).leave("stopped", 2)

    assert holding(shelf, 2, 2).held == Held(Place(2), rest(2))


@pytest.mark.parametrize("status", ["done", "planned", "stopped", "incomplete"])
def test_an_ended_job_is_over(shelf: MemoryShelf, status: str) -> None:
    """For each event of its chain."""
    chain(shelf, 2).end(status)

    for hop in (0, 1, 2):
        found = elsewhere(shelf, hop, hop or None)
        assert found == Elsewhere("this job has ended", said(status))


def test_the_end_leaves_two_records(shelf: MemoryShelf) -> None:
    """Checkpoints, what was handed over and an order to stop are gone."""
    last = chain(shelf, 2)
    last.keep(7)
    order_to_stop(shelf)
    last.end()

    assert shelf.kept() == ["000000-01", "end"]


def test_a_job_whose_end_is_written_is_over_before_it_is_tidied_up(shelf: MemoryShelf) -> None:
    """Its invocation may die between the two."""
    last = chain(shelf, 2)

    def die(request: str) -> None:
        if request == "remove":
            raise KeyboardInterrupt

    shelf.before = die
    with pytest.raises(KeyboardInterrupt):
        last.end()
    shelf.before = lambda _: None

    assert len(shelf.kept()) > 2
    assert elsewhere(shelf, 2, 2).reason == "this job has ended"
    assert look(shelf) == "ended"


def test_a_sign_of_life_that_comes_while_the_job_ends_is_removed_with_it(
    shelf: MemoryShelf,
) -> None:
    """It was under way when the names were listed, and nobody else would ever remove it."""
    last = holding(shelf)
    last.keep(1)
    last.ledger.beat(last.held)
    name = f"{JOB}/{FIRST.name}{BEAT}"
    sign = shelf.objects.pop(name)

    def arrive(request: str) -> None:
        if request == "remove":
            shelf.before = lambda _: None
            shelf.objects[name] = sign

    shelf.before = arrive
    last.end()

    assert shelf.kept() == ["000000-01", "end"]


def test_what_has_failed_is_tried_once_more_if_its_event_comes_again(shelf: MemoryShelf) -> None:
    """With what is known of it by name, and by the clock of the first time."""
    holding(shelf).end("incomplete", to_try_again=7)

    again = holding(shelf)
    assert again.held == Held(Place(0, 2), rest(7), began=NOON)
    assert look(shelf) == "running"
    again.end("done")

    assert elsewhere(shelf) == Elsewhere("this job has ended", said("done"))
    assert shelf.kept() == ["000000-01", "end"]


def test_the_last_hops_event_tries_what_has_failed_once_more(shelf: MemoryShelf) -> None:
    """What the hop was to do does not count any more; whoever comes later tries again."""
    chain(shelf, 2).end("incomplete", to_try_again=7)

    again = holding(shelf, 2, 2)
    assert again.held == Held(Place(2, 2), rest(7), began=NOON)
    again.end("incomplete", to_try_again=8)

    assert elsewhere(shelf, 1).answer == said("incomplete")
    assert holding(shelf, 2).held == Held(Place(2, 3), rest(8), began=NOON)


def test_the_event_of_a_job_that_went_on_tries_what_has_failed_once_more(
    shelf: MemoryShelf,
) -> None:
    """However many hops it has taken."""
    chain(shelf, 2).end("incomplete", to_try_again=7)

    assert holding(shelf).held == Held(Place(2, 2), rest(7), began=NOON)


def test_who_dies_after_a_split_of_another_leaves_it_to_the_parts(shelf: MemoryShelf) -> None:
    """Who was overtaken has split the job: what it kept for the end is not all that is left."""
    slow = holding(shelf)
    died(shelf)
    holding(shelf)
    slow.ledger.leave(slow.held, Left("split", rest(1), said("continued"), parts=[rest(5)]))
    died(shelf)

    found = elsewhere(shelf)

    assert (found.reason, found.parts) == ("its parts go on with it", (rest(5),))


def test_a_date_that_lay_ahead_does_not_outlast_its_holder(shelf: MemoryShelf) -> None:
    """A job has begun before its record was written."""
    ledger = ledger_on(shelf, time=lambda: NOON + 600)
    ledger.claim(0)
    died(shelf)

    assert holding(shelf).held.began == NOON


def test_failures_without_names_are_not_tried_again(shelf: MemoryShelf) -> None:
    """To do the whole order once more would delete what has been written since."""
    chain(shelf, 1).end("incomplete")

    assert elsewhere(shelf, 1, 1) == Elsewhere("this job has ended", said("incomplete"))


def test_who_tries_once_more_and_dies_is_overtaken(shelf: MemoryShelf) -> None:
    """The end that was written before does not hold any more."""
    holding(shelf).end("incomplete", to_try_again=7)
    holding(shelf).keep(1)
    died(shelf)

    assert holding(shelf).held == Held(
        Place(0, 3), rest(1), began=NOON, died=True, reserved=RESERVED
    )


def test_an_order_to_stop_is_seen_at_a_checkpoint(shelf: MemoryShelf) -> None:
    """The checkpoint is kept all the same."""
    holder = holding(shelf)
    order_to_stop(shelf)

    assert holder.keep(1) == ORDERED
    died(shelf)
    assert holding(shelf).held.continuation == rest(1)


def test_an_order_to_stop_is_seen_at_a_hops_end(shelf: MemoryShelf) -> None:
    """And stands until a person takes it back."""
    holder = holding(shelf)
    order_to_stop(shelf)

    assert holder.ledger.reason_to_stop(holder.held) == ORDERED
    assert stopped_by(holder) == ORDERED
    assert holding(shelf, 1).held == Held(Place(1), rest(1))


@pytest.mark.parametrize("how", ["continued", "released", "dead"])
def test_an_order_to_stop_is_seen_before_a_hop_begins(shelf: MemoryShelf, how: str) -> None:
    """However the one before has ended."""
    holder = holding(shelf)
    if how == "dead":
        died(shelf)
    elif how == "released":
        holder.leave("released", 1)
    else:
        holder.leave("continued", 1)
    order_to_stop(shelf)

    assert holding(shelf, *((1, 1) if how == "continued" else ())).held.is_to_stop


def test_an_overtaken_holder_need_not_know_of_an_order(shelf: MemoryShelf) -> None:
    """It is not its job any more."""
    slow = holding(shelf)
    died(shelf)
    holding(shelf)
    order_to_stop(shelf)

    assert slow.ledger.reason_to_stop(slow.held) == OVERTAKEN


def test_a_stopped_job_is_resumed(shelf: MemoryShelf) -> None:
    """As its next hop."""
    chain(shelf, 1).leave("stopped", 2)

    assert resume(shelf) == Held(Place(2), rest(2))


@pytest.mark.parametrize("how", ["released", "continued"])
def test_to_resume_a_job_takes_an_order_to_stop_back(shelf: MemoryShelf, how: str) -> None:
    """The later word counts."""
    holder = holding(shelf)
    if how == "released":
        holder.leave("released", 1)
    else:
        holder.leave("continued", 1)
    order_to_stop(shelf)

    assert resume(shelf) == Held(Place(1), rest(1))


def test_what_is_carried_out_late_changes_nothing_about_a_newer_order(shelf: MemoryShelf) -> None:
    """Neither an order that was taken back, nor what has done that."""
    holder = holding(shelf)
    order_to_stop(shelf)
    order_to_stop(shelf)
    assert holder.ledger.reason_to_stop(holder.held) == ORDERED
    given = dict(shelf.objects)
    take_back(shelf)
    taken_back = dict(shelf.objects)
    shelf.objects.update(given)
    assert holder.ledger.reason_to_stop(holder.held) is None
    order_to_stop(shelf)

    shelf.objects.update(taken_back)

    assert holder.ledger.reason_to_stop(holder.held) == ORDERED
    take_back(shelf)
    assert holder.ledger.reason_to_stop(holder.held) is None


def test_one_who_stops_a_job_once_more_is_heard(shelf: MemoryShelf) -> None:
    """Though an order of the same invocation was taken back."""
    holder, giver = holding(shelf), ledger_on(shelf)
    giver.stop("word")
    take_back(shelf)
    giver.stop("another word")

    assert holder.ledger.reason_to_stop(holder.held) == ORDERED


def test_what_the_end_of_a_job_removes_late_is_no_newer_order(shelf: MemoryShelf) -> None:
    """To one who tries once more what has failed."""
    first = holding(shelf)
    order_to_stop(shelf)
    before = set(shelf.objects)
    first.end("incomplete", to_try_again=7)
    again = holding(shelf)
    order_to_stop(shelf)

    shelf.remove(before - {f"{JOB}/{FIRST.name}"})

    assert again.ledger.reason_to_stop(again.held) == ORDERED


def test_an_order_to_stop_of_an_earlier_version_holds(shelf: MemoryShelf) -> None:
    """It has no name of its own."""
    holder = holding(shelf)
    shelf.write(f"{JOB}/stop", b"{}")
    assert holder.ledger.reason_to_stop(holder.held) == ORDERED

    take_back(shelf)
    assert holder.ledger.reason_to_stop(holder.held) is None


def test_a_word_writes_down_what_it_takes_back_though_that_be_nothing(shelf: MemoryShelf) -> None:
    """Else it would take back what was ordered since, when it comes again."""
    holding(shelf).leave("released", 1)

    take_back(shelf, "word")
    order_to_stop(shelf)
    take_back(shelf, "word")

    assert holding(shelf).held.is_to_stop


def test_a_dead_job_is_resumed_from_its_last_checkpoint(shelf: MemoryShelf) -> None:
    """As if its event had come again."""
    holding(shelf).keep(3)
    died(shelf)

    assert resume(shelf) == Held(Place(0, 2), rest(3), began=NOON, died=True, reserved=RESERVED)


def test_a_job_without_a_checkpoint_cannot_be_resumed(shelf: MemoryShelf) -> None:
    """What it was to do is known to its event alone."""
    holding(shelf)
    died(shelf)

    found = resume(shelf)
    assert isinstance(found, Elsewhere)
    assert "died before its first checkpoint; send its event again" in found.reason


def test_a_job_that_goes_on_need_not_be_resumed(shelf: MemoryShelf) -> None:
    """Somebody is at work on it."""
    shelf.before = beating(shelf, holding(shelf))

    assert resume(shelf) == Elsewhere(AT_WORK)


def test_an_ended_job_and_an_unknown_one_are_not_resumed(shelf: MemoryShelf) -> None:
    """Each is told from the other."""
    unknown = resume(shelf)
    holding(shelf).end()

    assert isinstance(unknown, Elsewhere)
    assert unknown.reason.startswith("there is no such job")
    assert resume(shelf) == Elsewhere("this job has ended", said("done"))


def test_a_look_tells_how_a_job_is(shelf: MemoryShelf) -> None:
    """In each state that it goes through."""
    seen = [look(shelf)]
    holder = holding(shelf)
    seen.append(look(shelf))
    died(shelf)
    seen.append(look(shelf))
    holder.keep(1)
    died(shelf)
    seen.append(look(shelf))
    holder.leave("continued", 1)
    seen.append(look(shelf))
    holder = holding(shelf, 1, 1)
    holder.leave("released", 2)
    seen.append(look(shelf))
    holder = holding(shelf, 1, 1)
    holder.leave("stopped", 3)
    seen.append(look(shelf))
    holding(shelf, 3, 3).end()
    seen.append(look(shelf))

    early = ["unknown", "running early", "dead early"]
    assert seen == [*early, "dead", "continued", "released", "stopped", "ended"]


def test_a_look_tells_how_far_a_job_is(shelf: MemoryShelf) -> None:
    """By the last checkpoint, and with OSS's time of the look."""
    holder = chain(shelf, 2)
    holder.ledger.keep(holder.held, rest(1), said("unfinished"), 70, RESERVED)
    shelf.pass_by(3)

    seen = ledger_on(shelf).look()
    assert (seen.answer, seen.hops, seen.expected) == (said("unfinished"), 3, 70)
    assert seen.now == NOON + 3


@pytest.mark.parametrize(
    "content", [b"", b"no JSON", b"[]", b"null", b"{}", b'{"holder": "a", "more": 1}', b"\xff"]
)
@pytest.mark.parametrize("name", ["000000-01", "000000-01-left", "end"])
def test_a_record_that_somebody_has_changed_is_no_record(
    shelf: MemoryShelf, name: str, content: bytes
) -> None:
    """Nobody holds anything by it."""
    if name == "end":
        holding(shelf).end()
    else:
        holding(shelf).leave("continued", 1)
    shelf.write(f"{JOB}/{name}", content)

    with pytest.raises(StoreError, match="BadRecord: a job's record is damaged"):
        ledger_on(shelf).claim(0)


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
    shelf: MemoryShelf, name: str, damage: dict[str, Any]
) -> None:
    """Whatever is in it, who reads it is told so by one sentence."""
    if name == "end":
        holding(shelf).end("incomplete", 1)
    else:
        holding(shelf).leave("continued", 1)
    content, _ = shelf.objects[f"{JOB}/{name}"]
    shelf.write(f"{JOB}/{name}", json.dumps({**json.loads(content), **damage}).encode())

    with pytest.raises(StoreError, match="BadRecord: a job's record is damaged"):
        ledger_on(shelf).look()


def test_what_else_lies_beside_the_records_is_overlooked(shelf: MemoryShelf) -> None:
    """It is not a place, and another job's records are not this one's."""
    for name in ("job/notes", "job/000009-1", "job/000009-01-lefty", "jobs/000009-01"):
        shelf.write(name, b"")

    assert holding(shelf).held.place == FIRST
    holding_again = shelf.kept()
    assert "000000-01" in holding_again
    assert "jobs/000009-01" in shelf.objects
