"""How far a job's ranges have been listed, and which of them to cut in two for an idle lister."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.engine.arrivals import MARKER_BYTES, as_far_as_it_reaches, check, without_others
from ossweep.engine.span import Span
from ossweep.engine.splits import Alphabet, Sight
from ossweep.objects import Lot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.throttle import Throttle
    from ossweep.objects import Page, Stretch
    from ossweep.work import Range

SURE_PAGES = 2  # pages with another after them before a first cut: a small job asks for no more
WORTH = 2  # pages that must be expected in a range before it is cut
GALLOP = 8  # a cut leaves at most so many times the keys before it that have been met so far
GUESSES = 3  # cuts in a row behind which nobody has looked yet
DARING = 4  # ranges that were cut off and not yet looked into, for each page met
EMPTY_FREE = 16  # ranges that may turn out to be empty, beside one for every other page
EMPTY_SHARE = 2
LAST = "\U0010fffd"  # behind whatever a key may go on with
MOST_HELD = 64  # stretches that were passed over and are kept apart; one more stops its range
AHEAD = 2  # batches of one range that may wait to be taken up before its listing stands still


class Frontier:
    """
    The ranges of a job in the order of their keys, each listed by one request at a time.

    One thread calls it.
    """

    def __init__(self, ranges: Iterable[Range], throttle: Throttle) -> None:
        self._throttle = throttle
        self._waiting = deque(ranges)  # nobody has begun to list them
        self._denied: set[str] = set()  # prefixes whose listing OSS refuses
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

    def next(self, most: int) -> Span | None:
        """
        Return a range to ask for its next page, if there is one.

        At most so many ranges are open at once, beside those of which OSS refuses all, and no other
        one is opened while as many that have been listed wait to be deleted from. What was passed
        over before comes last.
        """
        unlisted = [span for span in self._to_list() if not span.passed_over]
        idle = [span for span in unlisted if not span.listing and len(span.ready) < AHEAD]
        willing = [span for span in idle if not span.refused]
        if willing:
            return min(willing, key=lambda span: len(span.ready))
        undeleted = sum(span.listed and bool(span.ready) for span in self.spans)
        refused = min(MOST_HELD, sum(bool(span.refused) for span in unlisted))
        other = self._another() if max(len(unlisted) - refused, undeleted) < most else None
        if other is not None or not idle:
            return other if other is not None or unlisted else self._wake()
        return min(idle, key=lambda span: len(span.ready))

    def _another(self) -> Span | None:
        """Return a range that nobody has begun to list, or half of what is left of another one."""
        while self._waiting:
            span = self._begin()
            if span.passed_over is None and not self.denies(span):
                return span
        # It has nothing else to go by until the next page comes.
        if self._futile:
            return None
        cut = self._cut()
        self._futile = cut is None
        return cut

    def _to_list(self) -> Iterable[Span]:
        """Yield the ranges that have been begun, and may hold more that nobody has been shown."""
        return (span for span in self.spans if not (span.listed or self.denies(span)))

    def deny(self, span: Span) -> None:
        """
        List nothing more below a range's prefix: OSS refuses that, and the rest stays to be done.

        A policy goes by the prefix that a listing asks for, whatever lies below it.
        """
        self._denied.add(span.prefix)

    def denies(self, span: Span) -> bool:
        """Tell whether nothing more of a range is listed because OSS refuses that."""
        return span.prefix in self._denied

    def pass_over(self, span: Span, outcome: Outcome) -> None:
        """Keep the next batch of a range apart, so that what lies behind it can be settled."""
        at = self.spans.index(span)
        self.spans.insert(at, span.pass_over(outcome))
        self._hold_together(at)

    def _hold_together(self, at: int) -> None:
        """Make one of two neighbours that hold what was passed over, if they are two."""
        if 0 < at < len(self.spans):
            before, after = self.spans[at - 1 : at + 1]
            if before.held and after.held and before.hold_too(after):
                del self.spans[at]

    @property
    def can_hold(self) -> bool:
        """Whether one more stretch that was passed over can be kept apart."""
        return sum(span.held for span in self.spans) < MOST_HELD

    @property
    def held_only(self) -> bool:
        """Whether nothing is left but what has been passed over, or may not be listed."""
        return not self._waiting and all(
            span.held or (self.denies(span) and span.settled_so_far) for span in self.spans
        )

    def bounds(self) -> list[tuple[str, str]]:
        """Return pairs of keys between which all lies that is left of the begun ranges."""
        return [span.bounds for span in self.spans]

    def passed_over(self) -> list[Stretch]:
        """Return what of the ranges was passed over, in this sweep or before."""
        every = [*(span.passed_over for span in self.spans)]
        every += [keys.passed_over for keys in self._waiting]
        return [stretch for stretch in every if stretch is not None]

    def take(self, span: Span, page: Page, *, more: bool) -> Page:
        """
        Take note of a range's page, after which there are more or not; return what belongs to it.

        What was cut off from the range while the page was on its way is left to whoever lists it.
        A page without any objects reaches up to the next one's marker.
        Raises StoreError for a page that holds what it should not, or not in order.
        """
        keys = page.keys
        check(span, keys)
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
            page = without_others(page, span)
        if span.guesses:
            span.guesses = 0
            self._guesses -= 1
            if not keys:
                self._found_empty(span)
        if keys:
            span.at = keys[-1]
            self.met += len(keys)
        return as_far_as_it_reaches(page, span)

    def forget(self, span: Span) -> None:
        """Let a range go of which nothing is left; what it has settled lies before the next one."""
        at = self.spans.index(span)
        if at:
            self.spans[at - 1].reach_to_end_of(span)
        del self.spans[at]
        self._throttle.close(span.lane)
        after = self.spans[at] if at < len(self.spans) else None
        if after is not None and after.prefix == span.prefix:
            after.take_over(span)
            self._hold_together(at)
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
        passed_over = sum(stretch.keys for stretch in self.passed_over())
        unlisted = [
            (span, span.sight) for span in self.spans if not (span.listed or span.passed_over)
        ]
        waiting = any(keys.passed_over is None for keys in self._waiting)
        if waiting or any(sight is None for _, sight in unlisted):
            return None
        ready = sum(len(batch.keys) for span in self.spans for batch in span.ready)
        return (
            passed_over
            + ready
            + sum(self._expected(span, sight) for span, sight in unlisted if sight)
        )

    def rest(self) -> list[Range]:
        """Return what is left, in order; what was cut off for nobody is put back where it was."""
        left: list[Range] = []
        for span in self.spans:
            keys = span.rest()
            uncalled = span.guesses and not (keys.spared or keys.failed or keys.planned)
            beside = left and left[-1].until == keys.after and not left[-1].passed_over
            if uncalled and beside:
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

    def _wake(self) -> Span | None:
        """Return a range that was passed over before, to be tried again."""
        span = next(iter(self._to_list()), None)
        if span is not None:
            span.passed_over = None
        return span

    def look_behind(self, span: Span) -> None:
        """
        Cut a range behind all that begins as what was passed over right before it does.

        Policies deny what begins alike: what lies behind it may go, however much of it there is.
        """
        passed = self.spans[max(0, self.spans.index(span) - 1)].passed_over
        if passed is None:
            return
        shared = _shared(passed.first, passed.last)
        at = shared + LAST
        inside = span.at < at and (span.until is None or at < span.until)
        if (
            inside
            and shared != span.prefix
            and len(at.encode()) <= MARKER_BYTES
            and not span.listed
            and self._guesses < DARING * max(1, self._pages)
        ):
            self._cut_off(span, at)

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
        for span in self._to_list():
            if span.sight is not None and span.guesses < GUESSES:
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


def _shared(one: str, other: str) -> str:
    """Return what two texts begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))]
