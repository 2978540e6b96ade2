"""
The frontier: how far a job's ranges have been listed, and which of them to cut in two.

A listing begins behind any key, so a range may be cut anywhere, and both halves listed at once. An
idle lister gets half of what is probably left of the largest range; `cuts.py` says where that
begins. Only the balance depends on it: each key lies in exactly one of the halves.

As many ranges are open as listings are worth having (`window.py`). A page that does not belong to
its range, or is out of order, is refused by `arrivals.check` as a whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from ossweep.engine.arrivals import MARKER_BYTES, as_far_as_it_reaches, check, without_others
from ossweep.engine.cuts import DARING, GALLOP, Cuts
from ossweep.engine.reads import SOON
from ossweep.engine.scan import Scan
from ossweep.engine.splits import common_start
from ossweep.objects import Lot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ossweep.engine.borders import Survey
    from ossweep.engine.pace import QuotaPace
    from ossweep.engine.throttle import Throttle
    from ossweep.objects import Page, Stretch
    from ossweep.work import Range

LAST = "\U0010fffd"  # behind whatever a key may go on with
MOST_APART = 64  # stretches that were passed over and are kept apart; one more stops its range
OLD = 2 * SOON  # seconds: the last key of a page is to go by then
AHEAD = 2  # batches of one range that may wait to be taken up before its listing stands still


class Frontier:
    """
    The ranges of a job in the order of their keys, each listed by one request at a time.

    One thread calls it. It alone lists; the settling of what was listed (`settling.py`) takes
    ranges out of `scans` when they are drained, and puts in what is kept apart.
    """

    def __init__(
        self,
        ranges: Iterable[Range],
        throttle: Throttle,
        *,
        is_dry_run: bool = False,
        most: int | None = None,
        border: Callable[[Scan, str], str | None] | None = None,
    ) -> None:
        self._throttle = throttle
        self._is_dry_run = is_dry_run
        self._border = border  # at or behind a key, where a range may be cut; None: anywhere
        self._most = most  # ranges into which it is cut; None: they are joined when they are left
        self.waiting = deque(ranges)  # whose listing has not begun
        self._denied: set[str] = set()  # prefixes whose listing OSS refuses
        self._cuts = Cuts()
        self._futile = False  # whether there is nothing to cut, by what has been seen so far
        self.scans: list[Scan] = []

    @property
    def exhausted(self) -> bool:
        """Whether the listing has shown all that there is."""
        return not self.waiting and all(scan.listed for scan in self.scans)

    def next(self, most: int) -> Scan | None:
        """
        Return a range to ask for its next page, if there is one.

        At most `most` ranges are open at once, beside those in which OSS refuses everything. No
        other range is opened while that many listed ones wait for their deletions. Ranges that
        were passed over before come last. Nothing is listed that would wait for its pace so long
        that it would have to be listed again.
        """
        unlisted = [scan for scan in self._unlisted() if not scan.settlement.passed_over]
        slow = self._slow()
        if self._throttle.job in slow:
            return None
        idle = [
            scan
            for scan in unlisted
            if not scan.listing and len(scan.queue.batches) < AHEAD and scan.lane.pace not in slow
        ]
        willing = [scan for scan in idle if not scan.queue.course.refused]
        if willing:
            return min(willing, key=lambda scan: len(scan.queue.batches))
        undeleted = sum(scan.listed and bool(scan.queue.batches) for scan in self.scans)
        refused = min(MOST_APART, sum(bool(scan.queue.course.refused) for scan in unlisted))
        other = self._open_another() if max(len(unlisted) - refused, undeleted) < most else None
        if other is not None or not idle:
            return other if other is not None or unlisted else self._wake_passed_over()
        return min(idle, key=lambda scan: len(scan.queue.batches))

    def _slow(self) -> set[QuotaPace]:
        """
        Return the paces at which what was listed, or is just being, goes on for too long.

        Nothing waits for its pace in a dry run, nor where a batch ahead keeps it from its turn.
        """
        waiting: dict[QuotaPace, int] = {}
        for scan in () if self._is_dry_run else self.scans:
            ready = 0 if scan.settlement.is_too_early else scan.queue.waiting
            keys = scan.listing * self._cuts.page_keys + ready
            for pace in (scan.lane.job, scan.lane.pace) if keys else ():
                waiting[pace] = waiting.get(pace, 0) + keys
        return {pace for pace, keys in waiting.items() if keys > self._most_waiting(pace.rate)}

    def _most_waiting(self, rate: float) -> float:
        """Return how many keys may wait for such a pace when the next page is asked for."""
        return max(0.0, min(SOON * rate, OLD * rate - self._cuts.page_keys))

    def survey(self) -> Survey | None:
        """Return a directory to survey now, if that pays."""
        return None if self.exhausted else self._cuts.borders.next_survey()

    def surveyed(self, survey: Survey, shown: tuple[Sequence[str], str] | None) -> None:
        """Take note of the borders that a survey has shown, and where it goes on; None: refused."""
        self._futile = False
        if shown is None:
            self._cuts.borders.give_up()
        else:
            self._cuts.borders.learn(survey, *shown, self._cuts.pages)

    def _open_another(self) -> Scan | None:
        """Return a range whose listing has not begun, or half of what is left of another one."""
        while self.waiting:
            scan = self._begin()
            if scan.settlement.passed_over is None and not self.denies(scan):
                return scan
        # It has nothing else to go by until the next page comes.
        if self._futile:
            return None
        if self._most is not None and len(self.scans) >= self._most:
            return None
        cut = self._cuts.choose(self._unlisted())
        self._futile = cut is None
        if cut is None:
            return None
        return self._cut_off(cut.scan, cut.at, is_guess=cut.is_guess)

    def _unlisted(self) -> Iterable[Scan]:
        """Yield the ranges that have been begun, and may hold more than was listed."""
        return (scan for scan in self.scans if not (scan.listed or self.denies(scan)))

    def deny(self, scan: Scan) -> None:
        """
        List nothing more below a range's prefix: OSS refuses that, and the rest stays to be done.

        A policy goes by the prefix that a listing asks for, whatever lies below it.
        """
        self._denied.add(scan.prefix)

    def denies(self, scan: Scan) -> bool:
        """Tell whether nothing more of a range is listed because OSS refuses that."""
        return scan.prefix in self._denied

    def passed_over(self) -> list[Stretch]:
        """Return what of the ranges was passed over, in this sweep or before."""
        every = [*(scan.settlement.passed_over for scan in self.scans)]
        every += [keys.passed_over for keys in self.waiting]
        return [stretch for stretch in every if stretch is not None]

    def take(self, scan: Scan, page: Page, *, more: bool) -> Page:
        """
        Take note of a range's page, and whether more follow; return what belongs to the range.

        Keys that were cut off from the range while the page was on its way are listed apart.
        A page without any objects reaches up to the next one's marker.
        Raises StoreError for a page that holds what it should not, or not in order.
        """
        keys = page.keys
        check(scan, keys)
        self._futile = False
        self._cuts.learn(scan, keys, more=more)
        scan.listed = not more
        if scan.until is not None and keys and keys[-1] >= scan.until:
            unnamed = page.unnamed
            page = page.part(0, bisect_right(keys, scan.until))
            keys = page.keys
            scan.listed = True
            if unnamed:
                page = Lot(page.objects(), unnamed)
        if page.unnamed:
            page = without_others(page, scan)
        if scan.guesses and not keys:
            self._tell_neighbour(scan)
        self._cuts.count(scan, keys)
        if keys:
            scan.at = keys[-1]
        return as_far_as_it_reaches(page, scan)

    def keys_left(self, scan: Scan) -> int:
        """Return how many keys a range probably still holds, and those listed and not taken up."""
        ready = scan.queue.waiting
        if scan.listed or scan.sample is None:
            return ready
        return ready + min(self._cuts.expected(scan, scan.sample), self._cuts.met * GALLOP)

    def expected(self) -> int | None:
        """Return how many keys the ranges probably hold; None while there is no telling."""
        passed_over = sum(stretch.keys for stretch in self.passed_over())
        unlisted = [
            (scan, scan.sample)
            for scan in self.scans
            if not (scan.listed or scan.settlement.passed_over)
        ]
        waiting = any(keys.passed_over is None for keys in self.waiting)
        if waiting or any(sample is None for _, sample in unlisted):
            return None
        ready = sum(scan.queue.waiting for scan in self.scans)
        return (
            passed_over
            + ready
            + sum(self._cuts.expected(scan, sample) for scan, sample in unlisted if sample)
        )

    def _tell_neighbour(self, scan: Scan) -> None:
        """Let a range know that there was nothing behind the guess at its end."""
        at = self.scans.index(scan)
        if at and self.scans[at - 1].until == scan.after:
            self.scans[at - 1].misses += 1

    def _begin(self) -> Scan:
        lane = self._throttle.lane(self.scans[-1].lane if self.scans else None)
        scan = Scan.of(self.waiting.popleft(), lane)
        scan.queue.keys_left = partial(self.keys_left, scan)
        self.scans.append(scan)
        return scan

    def _wake_passed_over(self) -> Scan | None:
        """Return a range that was passed over before, to be tried again."""
        scan = next(iter(self._unlisted()), None)
        if scan is not None:
            scan.settlement.passed_over = None
        return scan

    def look_behind(self, scan: Scan) -> None:
        """
        Cut a range behind all keys that begin like those passed over right before it.

        Policies deny keys by their beginning, so the keys behind them may well be deleted.
        """
        over = self.scans[max(0, self.scans.index(scan) - 1)].settlement.passed_over
        if over is None:
            return
        shared = over.first[: common_start(over.first, over.last)]
        at = shared + LAST
        inside = scan.at < at and (scan.until is None or at < scan.until)
        if (
            inside
            and shared != scan.prefix
            and len(at.encode()) <= MARKER_BYTES
            and not scan.listed
            and self._cuts.open_guesses < DARING * max(1, self._cuts.pages)
        ):
            self._cut_off(scan, at, is_guess=True)

    def _cut_off(self, scan: Scan, key: str, *, is_guess: bool) -> Scan | None:
        """Cut a range behind a key, or behind the border there; None: there is none."""
        at = key if self._border is None else self._border(scan, key)
        if at is None:
            self._futile = True
            return None
        rest = Scan.between(scan.prefix, at, scan.until, self._throttle.lane(scan.lane))
        rest.queue.keys_left = partial(self.keys_left, rest)
        rest.sample = scan.sample
        rest.approved, rest.carried = [*scan.approved], scan.carried
        scan.until = at
        if is_guess:
            self._cuts.guessed(scan, rest)
        self.scans.insert(self.scans.index(scan) + 1, rest)
        return rest
