"""
Tags: asked for last, of what all other conditions let go, and right before it is selected.

An object's tags take a request of their own, and change without the object being written. So what
a listing or a look has shown is sifted before it is selected: its tags are asked for in the order
of its keys, as many at once as deletions, and by the same throttle, since OSS's quotas count both.
What is not asked for while the listing is young is listed again.

An object stays whose tags OSS refuses to tell. Where it refuses all of the first ones alike, it
would refuse the others, too: the job stops, and all that waits is still to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from ossweep.engine.reads import SOON
from ossweep.errors import NO_SUCH_KEY, Closed, Scope, StoreError
from ossweep.helps import HELPS_OF_TAGS, with_help
from ossweep.objects import GONE, Asked, Lot
from ossweep.row import Row
from ossweep.stops import Stop, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ossweep.engine.gate import Gate
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.ports import Store
    from ossweep.engine.reads import Reads
    from ossweep.engine.selection import Selection
    from ossweep.engine.throttle import Lane, Permit, Throttle
    from ossweep.objects import Page

ENOUGH = SOON / 2  # seconds after which what is known goes on: the rest is listed again
CROWD = 64  # keys that were looked at by name, and wait for that: no more are looked at
FEWEST = 100  # keys of a page that are asked about, though a ceiling leaves room for less
CODES = 8  # that reasons name; any other is no reason of its own
FIRST = 50  # looks, all of them refused by one code, after which nothing more is looked at
NOT_READABLE = "tags could not be read"
_BY_CODE = f"{NOT_READABLE}, "

# Is given why keys stay, and the first key that was not asked about, "" if all were.
Sifted: TypeAlias = "Callable[[Mapping[str, str], str], None]"


@dataclass(eq=False)
class Sifting:
    """
    Keys whose tags are asked for, in their order.

    `left` are the seconds that were left when they were shown, negative infinity where all keys
    have to be answered, however long that takes.
    """

    keys: list[str]
    lane: Lane
    left: float
    done: Sifted
    fail: Callable[[Closed | StoreError], None]
    asked: int = 0
    answers: dict[str, str | None] = field(default_factory=dict)  # why they stay, None: they go
    is_over: bool = False

    @property
    def answered(self) -> int:
        """How many keys are answered, up to the first that is not."""
        of_those = (at for at, key in enumerate(self.keys) if key not in self.answers)
        return next(of_those, len(self.keys))


class Tagging:
    """Asks for tags, and tells those who wait for it which keys stay for theirs."""

    def __init__(
        self, store: Store, gate: Gate, throttle: Throttle, reads: Reads, selection: Selection
    ) -> None:
        self._store = store
        self._gate = gate
        self._throttle = throttle
        self._reads = reads
        self._selection = selection
        self._codes: set[str] = set()
        self._siftings: list[Sifting] = []
        self._refused = Row()  # of looks
        self._told = 0  # how many objects' tags OSS has told

    @classmethod
    def of(
        cls, store: Store, gate: Gate, throttle: Throttle, reads: Reads, selection: Selection
    ) -> Tagging | None:
        """Return the tagging of a job, if its conditions ask for tags."""
        asks = selection.choice.needs_tags
        return cls(store, gate, throttle, reads, selection) if asks else None

    @property
    def most(self) -> int:
        """How many keys of a page are worth asking about, by the room below the ceiling."""
        return max(FEWEST, self._selection.room + 1)

    def sift(
        self,
        keys: Iterable[str],
        lane: Lane,
        left: float,
        done: Sifted,
        fail: Callable[[Closed | StoreError], None],
    ) -> None:
        """Ask for the tags of keys, which `done` is told at once if there are none."""
        sifting = Sifting([*keys], lane, left, done, fail)
        if not sifting.keys:
            done({}, "")
        else:
            self._siftings.append(sifting)

    def start(self, pipeline: Pipeline) -> float | None:
        """
        Ask for as many as may be asked for.

        Return the seconds until one more may, or until what is known now goes on, if any waits.
        """
        pause: float | None = None
        for sifting in [*self._siftings]:
            is_old = sifting.left - self._reads.seconds_left > ENOUGH
            if is_old and self._ends_early(sifting):
                pause = 0.0
            while sifting.asked < len(sifting.keys) and not sifting.is_over:
                is_full = self._selection.ceiling_reached is not None
                if is_full or not self._gate.admits("tags", pipeline.in_flight):
                    is_answered = sifting.asked == len(sifting.answers)
                    if is_answered and self._ends_early(sifting):  # there is time to delete these
                        pause = 0.0
                    break
                if not self._throttle.room():
                    return pause
                wait = self._throttle.wait(sifting.lane)
                if wait > 0:
                    pause = wait if pause is None else min(pause, wait)
                    break
                self._begin(sifting, pipeline)
        return pause

    def _begin(self, sifting: Sifting, pipeline: Pipeline) -> None:
        key = sifting.keys[sifting.asked]
        sifting.asked += 1
        permit = self._throttle.start(sifting.lane, 1)
        book = partial(self._book, sifting, key, permit, self._told)
        pipeline.start(partial(self._ask, key, permit), book)

    def _ask(self, key: str, permit: Permit) -> str | Closed | StoreError | None:
        """Ask for the tags of a key; in a thread. Return why it stays, if it does."""
        try:
            tags = self._store.tags(key, permit)
        except (Closed, StoreError) as error:
            return error
        permit.confirmed(1)
        return self._selection.choice.reason_of_tags(tags)

    def _book(
        self,
        sifting: Sifting,
        key: str,
        permit: Permit,
        told: int,
        answer: str | Closed | StoreError | None,
    ) -> None:
        """Take note of an answer; `told` is how many had been told when it was asked for."""
        permit.ended()
        if sifting.is_over:
            return
        if isinstance(answer, StoreError) and answer.scope is Scope.KEYS:
            if self._is_refused_for_good(answer):
                self._stop(answer)
                return
            answer = self._reason_of(answer)
        elif isinstance(answer, StoreError) and self._told > told:
            answer = self._reason_of(answer)  # only this one cannot be told
        elif not isinstance(answer, (Closed, StoreError)):
            self._told += 1
        if isinstance(answer, (Closed, StoreError)):
            self._forget(sifting)
            self._reads.failed(key, answer, sifting.fail, "a look at tags")
            return
        sifting.answers[key] = answer
        if len(sifting.answers) == len(sifting.keys):
            self._end(sifting)

    def _is_refused_for_good(self, refusal: StoreError) -> bool:
        """Take note of a refusal; tell whether all looks would come to the same."""
        if refusal.code == NO_SUCH_KEY:
            return False
        return self._refused.add(refusal.code) >= FIRST and not self._told

    def _stop(self, refusal: StoreError) -> None:
        """Stop the job; what waits is still to do."""
        said = f"OSS answered {refusal.code} to all of the first {FIRST} looks at tags"
        said = f"{said}: {refusal.words}" if refusal.words else said
        self._reads.stop(Stop(Why.REFUSED, with_help(said, refusal.code, HELPS_OF_TAGS)))
        for sifting in [*self._siftings]:
            self._forget(sifting)
            sifting.fail(Closed(""))

    def _reason_of(self, refusal: StoreError) -> str:
        """Return the reason for which an object stays whose tags OSS does not tell."""
        if refusal.code == NO_SUCH_KEY:
            return GONE
        if len(self._codes) < CODES:
            self._codes.add(refusal.code)
        return reason_of_unreadable(refusal) if refusal.code in self._codes else NOT_READABLE

    def _ends_early(self, sifting: Sifting) -> bool:
        """Tell what is known by now, if that is anything; return whether it is."""
        ends = sifting.left > -inf and sifting.answered > 0
        if ends:
            self._end(sifting)
        return ends

    def _end(self, sifting: Sifting) -> None:
        """Tell what is known."""
        self._forget(sifting)
        rest = sifting.keys[sifting.answered :]
        kept = {key: why for key, why in sifting.answers.items() if why is not None}
        try:
            sifting.done(kept, rest[0] if rest else "")
        except (Closed, StoreError) as error:
            self._reads.failed(sifting.keys[0], error, sifting.fail)

    def _forget(self, sifting: Sifting) -> None:
        sifting.is_over = True
        self._siftings.remove(sifting)


def reason_of_unreadable(refusal: StoreError) -> str:
    """Return the reason for which an object stays that OSS has refused to tell the tags of."""
    return f"{_BY_CODE}{refusal.code}"


def note_of_unreadable(skipped: Iterable[str]) -> str | None:
    """Return a note on tags that could not be read, if that is among the reasons to skip."""
    reasons = sorted(each for each in skipped if each.startswith(NOT_READABLE))
    if not reasons:
        return None
    codes = [each.removeprefix(_BY_CODE) for each in reasons if each.startswith(_BY_CODE)]
    by_code = f" ({', '.join(codes)})" if codes else ""
    said = f"{NOT_READABLE}{by_code}, and the objects stay, as `skipped_because` counts them"
    return with_help(said, codes[0] if codes else "", HELPS_OF_TAGS)


def asked_about(page: Page, kept: Mapping[str, str], clock: int | None = None) -> Page:
    """
    Return a page whose objects were asked about, those that are `kept` with the reason.

    What was told depends on a clock, if there is one.
    """
    if not page.keys:
        return page
    found = (Asked.about(each, kept.get(each.key), clock) for each in page.objects())
    return Lot(tuple(found), page.unnamed)
