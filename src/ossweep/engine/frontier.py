"""How far a job's ranges have been listed, and which of them to cut in two for an idle lister."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque
from dataclasses import replace
from operator import lt
from typing import TYPE_CHECKING

from ossweep.engine.span import Span
from ossweep.engine.splits import Alphabet, Sight
from ossweep.errors import Scope, StoreError
from ossweep.work import Lot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.engine.throttle import Throttle
    from ossweep.work import Page, Range

SURE_PAGES = 2  # pages with another after them before a first cut: a small job asks for no more
WORTH = 2  # pages that must be expected in a range before it is cut
GALLOP = 8  # a cut leaves at most so many times the keys before it that have been met so far
GUESSES = 3  # cuts in a row behind which nobody has looked yet
DARING = 4  # ranges that were cut off and not yet looked into, for each page met
EMPTY_FREE = 16  # ranges that may turn out to be empty, beside one for every other page
EMPTY_SHARE = 2
AHEAD = 2  # batches of one range that may wait to be taken up before its listing stands still


class Frontier:
    """
    The ranges of a job in the order of their keys, each listed by one request at a time.

    One thread calls it.
    """

    def __init__(self, ranges: Iterable[Range], throttle: Throttle) -> None:
        self._throttle = throttle
        self._waiting = deque(ranges)  # nobody has begun to list them
        self._alphabet = Alphabet()
        self._pages = 0  # that another one follows
        self._page_keys = 1  # of the largest of them
        self._futile = False  # whether there is nothing to cut, by what has been seen so far
        self._guesses = 0  # ranges that were cut off and not yet looked into
        self._empty = 0  # ranges that were cut off and turned out to be empty
        self.spans: list[Span] = []
        self.met = 0  # keys that have been listed

    @property
    def exhausted(self) -> bool:
        """Whether the listing has shown all that there is."""
        return not self._waiting and all(span.listed for span in self.spans)

    @property
    def done(self) -> bool:
        """Whether all that there was has been listed and settled."""
        return not (self._waiting or self.spans)

    def next(self, most: int) -> Span | None:
        """
        Return a range to ask for its next page, if there is one.

        At most so many ranges are open at once, and no other one is opened while as many that have
        been listed wait to be deleted from.
        """
        unlisted = [span for span in self.spans if not span.listed]
        idle = [span for span in unlisted if not span.listing and len(span.ready) < AHEAD]
        if idle:
            return min(idle, key=lambda span: len(span.ready))
        undeleted = sum(span.listed and bool(span.ready) for span in self.spans)
        if max(len(unlisted), undeleted) >= most:
            return None
        if self._waiting:
            return self._begin()
        # It has nothing else to go by until the next page comes.
        if not self._futile:
            cut = self._cut()
            self._futile = cut is None
            return cut
        return None

    def take(self, span: Span, page: Page, *, more: bool) -> Page:
        """
        Take note of a range's page, after which there are more or not; return what belongs to it.

        What was cut off from the range while the page was on its way is left to whoever lists it.
        Raises StoreError for a page that holds what it should not, or not in order.
        """
        keys = page.keys
        _check(span, keys)
        self._futile = False
        if keys:
            self._alphabet.learn(keys)
            span.sight = Sight(len(keys), keys[0], keys[-1])
        if more:
            self._pages += 1
            self._page_keys = max(self._page_keys, len(keys))
        span.listed = not more
        if span.until is not None and keys and keys[-1] >= span.until:
            unnamed = page.unnamed
            page = page.part(0, bisect_right(keys, span.until))
            keys = page.keys
            span.listed = True
            if unnamed:
                page = Lot(page.objects(), unnamed)
        if page.unnamed:
            page = _without_others(page, span)
        if span.guesses:
            span.guesses = 0
            self._guesses -= 1
            if not keys:
                self._found_empty(span)
        if keys:
            span.at = keys[-1]
            self.met += len(keys)
        return page

    def forget(self, span: Span) -> None:
        """Let a range go of which nothing is left; what it has settled lies before the next one."""
        at = self.spans.index(span)
        del self.spans[at]
        self._throttle.close(span.lane)
        after = self.spans[at] if at < len(self.spans) else None
        if after is not None and after.prefix == span.prefix:
            after.take_over(span)
        elif after is None and self._waiting and self._waiting[0].prefix == span.prefix:
            waiting = self._waiting[0]
            self._waiting[0] = replace(
                waiting,
                spared=span.spared + Counter(waiting.spared),
                failed=span.failed + waiting.failed,
                planned=span.planned + waiting.planned,
                bytes=span.bytes + waiting.bytes,
            )

    def keys_left(self, span: Span) -> int:
        """Return how many keys a range probably still holds, and those listed and not taken up."""
        ready = sum(len(batch.keys) for batch in span.ready)
        if span.listed or span.sight is None:
            return ready
        return ready + min(self._expected(span, span.sight), self.met * GALLOP)

    def expected(self) -> int | None:
        """Return how many keys the ranges probably hold; None while there is no telling."""
        unseen = any(not span.listed and span.sight is None for span in self.spans)
        if self._waiting or unseen:
            return None
        unlisted = [(span, span.sight) for span in self.spans if not span.listed]
        ready = sum(len(batch.keys) for span in self.spans for batch in span.ready)
        return ready + sum(self._expected(span, sight) for span, sight in unlisted if sight)

    def rest(self) -> list[Range]:
        """Return what is left, in order; what was cut off for nobody is put back where it was."""
        left: list[Range] = []
        for span in self.spans:
            keys = span.rest()
            uncalled = span.guesses and not (keys.spared or keys.failed or keys.planned)
            if uncalled and left and left[-1].until == keys.after:
                left[-1] = replace(left[-1], until=keys.until)
            else:
                left.append(keys)
        return [*left, *self._waiting]

    def _found_empty(self, span: Span) -> None:
        self._empty += 1
        at = self.spans.index(span)
        if at and self.spans[at - 1].until == span.after:
            self.spans[at - 1].misses += 1

    def _begin(self) -> Span:
        lane = self._throttle.lane(self.spans[-1].lane if self.spans else None)
        span = Span.of(self._waiting.popleft(), lane)
        self.spans.append(span)
        return span

    def _cut(self) -> Span | None:
        """Cut off half of what is probably left of the largest range, if that is worth it."""
        if self._pages < SURE_PAGES or self._guesses >= DARING * self._pages:
            return None
        if self._empty > EMPTY_FREE + self._pages // EMPTY_SHARE:
            return None
        for _, keys, span, sight in sorted(self._cuttable(), key=lambda each: -each[0]):
            # Who has met a thousand keys does not know much about a million.
            most = self.met * GALLOP ** (span.guesses + 1) // GALLOP**span.misses
            at = self._alphabet.cut(
                span.prefix, span.at, span.until, sight, max(1, min(keys // 2, most))
            )
            if at is not None:
                return self._cut_off(span, at)
        return None

    def _cuttable(self) -> Iterable[tuple[int, int, Span, Sight]]:
        """Yield what may be cut: the keys it is trusted to hold, those expected, and its sight."""
        for span in self.spans:
            if span.sight is not None and not span.listed and span.guesses < GUESSES:
                keys = self._expected(span, span.sight)
                if keys >= WORTH * self._page_keys:
                    trusted = min(keys, self.met * GALLOP) // GALLOP ** (span.guesses + span.misses)
                    yield trusted, keys, span, span.sight

    def _expected(self, span: Span, sight: Sight) -> int:
        """Return how many keys a range probably still holds; reckoned anew when it has changed."""
        state = (span.at, span.until, sight, self._alphabet.lessons)
        if span.expected is None or span.expected[0] != state:
            keys = self._alphabet.keys_between(span.prefix, span.at, span.until, sight)
            span.expected = state, keys
        return span.expected[1]

    def _cut_off(self, span: Span, at: str) -> Span:
        rest = Span(span.prefix, at, span.until, self._throttle.lane(span.lane))
        rest.sight = span.sight
        rest.guesses = span.guesses + 1
        span.until = at
        self._guesses += 1
        self.spans.insert(self.spans.index(span) + 1, rest)
        return rest


def _without_others(page: Page, span: Span) -> Page:
    """Return a page without the unnamed keys that whoever lists what follows the range meets."""
    until = span.until
    if until is None:
        return page
    within = tuple(each for each in page.unnamed if each.lies_before(until))
    if len(within) < len(page.unnamed):
        span.listed = True
    return Lot(page.objects(), within)


def _check(span: Span, keys: Sequence[str]) -> None:
    if not keys:
        return
    # With both ends in the prefix and all in order, the keys between are in it as well.
    ends_right = keys[0].startswith(span.prefix) and keys[-1].startswith(span.prefix)
    if not (ends_right and span.at < keys[0] and all(map(lt, keys, keys[1:]))):
        raise StoreError(
            "ListingOutOfOrder",
            "OSS listed a key outside of what it was asked for, or not in order",
            Scope.KEYS,
        )
