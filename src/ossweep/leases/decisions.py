"""
Decisions: which hop of a job an event asks for, by what can be seen of the job.

They are pure: what was seen comes in as one value, a lease or the reason for none goes out, and no
request is made. The records say how far a job is, and not the event, which anybody may have
written. The view may be old by then, so a decision is only a proposal: the lease's record must
be created, which one invocation alone can do, and afterwards it is looked at once more whether the
job has gone past what was seen (`Folder.may_hold`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep.leases.job_state import JobState
from ossweep.leases.records import End, Fence, Lease, NotGranted
from ossweep.stops import GOES_ON

if TYPE_CHECKING:
    from ossweep.leases.records import Departure, How, Record


# Tells whether an event lets a job go on that was stopped with this continuation.
Resumes = Callable[[dict[str, Any]], bool]

UNKNOWN = "there is no such job; if there was one, it has ended long ago, or its state is gone"

# Seconds by which the clocks of two of OSS's front ends may differ. A holder that has been silent
# for longer than its lease and this is dead; before that, its reader waits for a sign of life.
CLOCKS_DIFFER = 60


@dataclass(frozen=True)
class Observed:
    """All that can be seen of a job that has not ended; times are OSS's, in Unix seconds."""

    fence: Fence  # the last one
    record: Record
    written: int  # when the record was
    alive: int  # when its holder gave the last sign of life
    sent: int  # when the last sign of life was, at least: it may have been carried out later
    now: int  # when the names of what there is were asked for, at least
    latest: float  # when all of it had been read, at most
    departure: Departure | None
    departure_age: int  # seconds
    orders: tuple[str, ...]  # to stop it that stand, by their full names
    # The continuation of an earlier holder of the hop, if the last one has died without leaving
    # any.
    before: dict[str, Any] | None = None

    @property
    def has_life(self) -> bool:
        """Whether an invocation is at work on it, as far as can be told."""
        return self.departure is None and self.now - self.alive <= self.record.lease

    @property
    def may_have_life(self) -> bool:
        """Whether its holder may live, by whichever of OSS's clocks it and its reader are told."""
        longest = self.record.lease + CLOCKS_DIFFER
        return self.departure is None and self.now - self.alive <= longest

    @property
    def how(self) -> How | None:
        """How its last holder has left it, if it has."""
        return self.departure.how if self.departure is not None else None

    @property
    def rest(self) -> dict[str, Any] | None:
        """The work that is left, as far as anybody has left any."""
        if self.departure is not None:
            return self.departure.continuation
        return self.record.continuation if self.record.continuation is not None else self.before

    @property
    def is_lost(self) -> bool:
        """Whether its next invocation was called so long ago that it should have begun."""
        return self.how in {"continued", "split"} and self.departure_age > self.record.lease


@dataclass(frozen=True)
class Handed:
    """The work that was handed to a part, and whether it should have begun long ago."""

    continuation: dict[str, Any]
    is_late: bool = False


def decide_for_event(
    observed: Observed | End | None,
    hop: int,
    handed: Handed | None,
    resumes: Resumes = lambda _: False,
) -> Lease | NotGranted:
    """
    Return what an event about a hop gets, where no invocation is at work.

    The records say how far the job is, and not the event, which anybody may have written. Of the
    holders of the last hop the last one counts: an earlier one that has left it since had been
    overtaken. `handed` is the work of a part that has not begun, from the whole job's record.
    """
    if observed is None:
        if handed is None:
            return Lease(Fence(hop))
        return Lease(Fence(hop), handed.continuation, is_repeated=handed.is_late)
    if isinstance(observed, End):
        return _decide_after_end(observed, hop)
    if observed.departure is None:
        return _overtaking(observed)
    # A stopped job's continuation that is sent back says that the job shall go on. A call of the
    # next invocation does not: its caller may have been overtaken by the holder that stopped. Where
    # the job goes on for any event, that call is one.
    if hop > observed.fence.hop and (
        observed.how in {"continued", "released"}
        or (observed.how == "stopped" and resumes(observed.departure.continuation))
    ):
        is_awaited = observed.how == "continued" and not observed.is_lost
        return _next_hop(observed.fence, observed.departure, is_repeated=not is_awaited)
    return _of_left_hop(observed, observed.departure)


def _of_left_hop(observed: Observed, departure: Departure) -> Lease | NotGranted:
    """Return what an event gets that is about a hop whose holder has left it."""
    if departure.how == "stopped" and departure.why not in GOES_ON:
        whole = {**(departure.answer or {}), "continuation": departure.continuation}
        return NotGranted("this job was stopped", whole, departure.why)
    if departure.how == "split":
        return NotGranted(
            "its parts go on with it",
            departure.answer,
            parts=tuple(departure.parts),
            is_lost=observed.is_lost,
        )
    if departure.how in {"stopped", "released"} or observed.is_lost:
        return _next_hop(observed.fence, departure, is_repeated=True)
    return NotGranted(
        "its next invocation is called",
        departure.answer,
        resend=(departure.continuation,),
        epoch=observed.fence.epoch,
    )


def _next_hop(last: Fence, departure: Departure, *, is_repeated: bool) -> Lease:
    """
    Return the hop after one that its holder has left.

    Where that was to be the last for a while, or nobody came, it is a repetition: what the order
    names may have been written anew since.
    """
    return Lease(
        Fence(last.hop + 1),
        departure.continuation,
        answer=departure.answer,
        is_repeated=is_repeated,
    )


def _decide_after_end(end: End, hop: int) -> Lease | NotGranted:
    """Return what an event gets after its job has ended: failed keys may be tried once more."""
    if end.continuation is not None and end.continuation.get("part_of") is not None:
        # The whole job tells what has become of its parts.
        return replace(_ended(end), part_of=end.continuation["part_of"])
    if end.rest is not None and hop in {0, end.hop}:
        return _trying_again(end)
    return _ended(end)


def _trying_again(end: End) -> Lease:
    """Return the hop in which the failed keys of an ended job are tried again."""
    fence = Fence(end.hop, end.epoch + 1)
    return Lease(fence, end.continuation, began=end.began, answer=end.answer)


def _ended(end: End) -> NotGranted:
    return NotGranted("this job has ended", end.answer, end.why, reply=end.reply)


def decide_for_branches(
    observed: Observed | End | None,
    hop: int,
    continuation: dict[str, Any],
    answer: dict[str, Any] | None = None,
) -> Lease | NotGranted:
    """Return what the last part of a job gets: of several that end at once, one is the last."""
    if isinstance(observed, End):
        return _ended(observed)
    if observed is not None and observed.how == "split":
        return Lease(Fence(hop), continuation, answer=answer)
    return decide_for_event(observed, hop, Handed(continuation))


def decide_for_resume(observed: Observed | End | None) -> Lease | NotGranted:
    """
    Return what a person gets who wants a job to go on, where no holder is alive.

    The orders that the person can have known were taken back before: a job that is stopped all the
    same was stopped since, and goes on only as it does for its event.
    """
    if observed is None:
        return NotGranted(UNKNOWN)
    if isinstance(observed, End):
        return _ended(observed) if observed.rest is None else _trying_again(observed)
    if observed.departure is not None and observed.departure.how in {"split", "stopped"}:
        return _of_left_hop(observed, observed.departure)
    if observed.departure is not None:
        return _next_hop(observed.fence, observed.departure, is_repeated=True)
    if observed.record.continuation is None:
        return NotGranted("this job died before its first checkpoint; send its event again")
    return _overtaking(observed)


def state_of(observed: Observed | End | None) -> JobState:
    """Return how a job is."""
    if observed is None:
        return JobState("unknown")
    if isinstance(observed, End):
        hops = _hops_so_far(observed.hop, observed.continuation) + observed.more_hops
        return JobState("ended", observed.answer, hops, observed.hop + 1, end=observed)
    how: str = observed.how or "dead"
    if observed.has_life:
        how = "running"
    elif how == "continued" and observed.is_lost:
        how = "lost"
    if how in {"running", "dead"} and observed.record.continuation is None:
        how = f"{how} early"
    last = observed.departure or observed.record
    hop, rest = observed.fence.hop, observed.rest
    return JobState(
        how,
        last.answer,
        _hops_so_far(hop, rest) + (rest or {}).get("more_hops", 0),
        hop + 1,
        last.expected,
        observed.now,
        observed.departure,
        is_lost=observed.is_lost,
        orders=observed.orders,
        fence=observed.fence,
    )


def _hops_so_far(last: int, rest: dict[str, Any] | None) -> int:
    """Return how many hops there have been up to the last; a part's first has the number 1."""
    is_part = rest is not None and rest.get("part_of") is not None
    return last if is_part else last + 1


def _overtaking(observed: Observed) -> Lease:
    """Return the hop of a holder that has died."""
    record = observed.record
    return Lease(
        Fence(observed.fence.hop, observed.fence.epoch + 1),
        observed.rest,
        began=_earliest(record.began, observed.written - record.late),
        died=True,
        reserved=record.reserved,
        answer=record.answer,
    )


def _earliest(told: int | None, shown: int) -> int:
    """Return when a job began: no later than the time that its record shows."""
    return shown if told is None else min(told, shown)
