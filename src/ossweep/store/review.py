"""
The look at keys before they are asked for: those in doubt, and those that were shown long ago.

OSS has no conditional delete: a look tells which objects are still there, and not newer than the
job's clock. It ends the doubt of a key whose request is over (`doubt.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from ossweep.errors import NO_SUCH_KEY, Closed, Scope, StoreError
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER
from ossweep.store.asking import TroubleError
from ossweep.store.doubt import Doubt
from ossweep.store.limits import FIRST_PAUSE, LONGEST_PAUSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.objects import Again, Found, Shown
    from ossweep.store.asking import Attempts, Looked
    from ossweep.world import World

OLDEST_LISTING = 5.0  # seconds after which a listing is too old to delete by
LOOKS = 4  # attempts at a look that only settles doubt
LOOKS_AT_OLD = 2  # looks in a row at keys whose look was long under way


@dataclass(eq=False, repr=False)
class Review:
    """
    The knowledge of a deletion's keys: which are in `doubt`, and which stay or are gone (`kept`).

    Keys that a look did not come to are `later`'s.
    """

    attempts: Attempts
    world: World
    shown: Shown
    kept: dict[str, str]
    doubt: Doubt = field(default_factory=Doubt)
    later: list[str] = field(init=False, default_factory=list)
    # Seconds that were left when a key was looked at again; the others were when they were shown.
    _looked: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.doubt.brought(self.shown.doubted)

    def still_meant(self, keys: Sequence[str]) -> Sequence[str]:
        """
        Return the keys that may be asked for now: those in doubt and old ones after a look.

        A long look would let its first results grow old, so it ends early, and the keys that it did
        not come to are looked at later. One that was long under way is made once more. Where that
        takes as long, nothing younger is to be had.
        """
        for _ in range(LOOKS_AT_OLD):
            if not (keys and self._needs_look(keys)):
                return keys
            keys, later = self._look(keys)
            self.later += later
        return keys

    def _needs_look(self, keys: Sequence[str]) -> bool:
        shown, again = self.shown.left, self._looked
        first = max(again.get(key, shown) for key in keys) if again else shown
        is_old = first - self.attempts.gate.left() > OLDEST_LISTING
        return is_old or self.doubt.needs_look(keys)

    def settle_left_out(self, keys: Sequence[str]) -> None:
        """
        Look at those keys that answers have left out, before they are passed over.

        Their requests are over: one that is there was not deleted. Named keys are looked at in the
        next invocation, a request each.
        """
        left: Sequence[str] = self.doubt.answered(keys) if self.shown.listed else ()
        attempt, pause = 0, 0.0
        while left and attempt < LOOKS:
            attempt += 1
            try:
                self.attempts.gate.admit("list", after=pause)
                self.world.sleep(pause)
                _, left = self._look(left)
            except Closed:
                return
            except TroubleError as trouble:
                if trouble.error.scope is not Scope.PASSING:
                    return
                pause = self.world.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))

    def _look(self, keys: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Return the keys that are there and may go, and those that the look did not come to."""
        in_doubt = self.doubt.keys.intersection(keys)
        seen = self._see(keys, is_in_doubt=bool(in_doubt))
        self._looked.update(seen.left)
        clock = self.attempts.requests.clock(self.shown.clock)
        ages = self.shown.ages
        meant, later = [], []
        for key in keys:
            written = seen.there.get(key)
            if key not in seen.left:
                later.append(key)
            elif written is None:
                self.kept[key] = GONE_UNANSWERED if key in in_doubt else GONE
            elif written >= clock:
                self.kept[key] = NEWER
            elif ages is not None and (reason := ages(written, clock)) is not None:
                self.kept[key] = reason  # since OSS's time was found to be another
            else:
                self.doubt.shown(key)
                meant.append(key)
        if self.shown.again is not None:
            meant, unseen = self._judge_again(meant, seen, self.shown.again, clock)
            later += unseen
        return meant, later

    def _judge_again(
        self, keys: Sequence[str], seen: Looked, again: Again, clock: int
    ) -> tuple[list[str], list[str]]:
        """Return the keys that may go by what they are now, and those whose tags took too long."""
        meant: list[str] = []
        began = self.attempts.gate.left()
        for at, key in enumerate(keys):
            reason = self._reason_to_keep(seen.found[key], again, clock)
            if reason is None and again.needs_tags:
                if at and began - self.attempts.gate.left() > OLDEST_LISTING / 2:
                    # Whatever was known of these is as old as can be.
                    self._looked.update(dict.fromkeys(keys[at:], inf))
                    return meant, [*keys[at:]]
                reason = self._reason_of_tags(key, again)
            if reason is None:
                meant.append(key)
            else:
                self.kept[key] = reason
        return meant, []

    def _reason_to_keep(self, found: Found, again: Again, clock: int) -> str | None:
        """Return why an object stays, whatever its tags are; a refusal is about the job."""
        try:
            return again.reason_to_keep(found, clock)
        except StoreError as error:
            if error.scope is Scope.KEYS:
                error = StoreError(error.code, error.words, Scope.JOB)
            raise TroubleError(error, error) from None

    def _reason_of_tags(self, key: str, again: Again) -> str | None:
        """Return why an object stays, by its tags as they are now."""
        try:
            return again.reason_of_tags(self.attempts.tags(key))
        except TroubleError as trouble:
            if trouble.error.scope is not Scope.KEYS:
                raise
            return GONE if trouble.error.code == NO_SUCH_KEY else again.reason_of_tags(None)

    def _see(self, keys: Sequence[str], *, is_in_doubt: bool) -> Looked:
        """
        Look at keys. Where they are only old, a look at those before them may have shown them.

        Doubt is ended by what was asked for after the request, and by nothing older.
        """
        listed, seconds = self.shown.listed, OLDEST_LISTING / 2
        if listed is None or is_in_doubt or self.shown.again is not None:
            return self.attempts.look(keys, listed=listed, seconds=seconds, ahead=False)
        with listed.turn(seconds):
            seen = self.attempts.requests.seen(keys, listed)
            if seen is not None:
                return seen
            return self.attempts.look(keys, listed=listed, seconds=seconds, ahead=True)
