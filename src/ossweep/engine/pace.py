"""
How fast objects may go through one of OSS's quotas, and how many deletions fit on the way.

A quota shows only in refusals. So its pace goes up until something is refused, then a little down,
and slowly back to where the refusal came, as CUBIC does for a network. How many deletions are worth
having under way shows in their round trips: one that takes longer than the fastest of its size has
only waited for others.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SAFE = 0.98  # of a published quota: where a pace begins that was refused for the first time
DROP = 0.15  # of the rate down to its peak, and of that once more, at each refusal after that
HALT = 0.6  # of the rate, where the quota was used up again as soon as it was asked
SOON = 0.4  # seconds of asking after which that is so
GROWTH = 0.005  # of the peak, per cubed second
SECOND = 1.0  # in which a quota counts: refusals in the same one say the same
FIRST_PAUSE = 0.8  # seconds, after which what was asked for at full speed counts no more
PAUSE = 0.2  # seconds after a refusal, doubled after each that follows
LONGEST_PAUSE = 3.0  # seconds
BURST = 200  # objects that may go at once to make up for requests that started late
LONGEST_LATE = 1.0  # seconds' worth of the rate, if that is less

START = 16  # deletions in flight while none has come back
FACTOR = 4  # the window grows so many times in a round trip
FLOOR = 4  # deletions in flight are worth it even if one alone keeps this machine busy
REMEMBERED = 64  # deletions whose round trips the window looks back on


class QuotaPace:
    """
    Objects a second: as many as come, or `ceiling`, until OSS refuses some.

    The first refusal lowers it to just below the published `quota`. From then on it does for a rate
    what CUBIC (RFC 9438) does for a window: a refusal takes the rate down, then the rate comes back
    to a peak, lingers there, and leaves it ever faster. So a quota that stays is exceeded a little
    every several seconds, and one that rises is followed within some seconds. Time in which nothing
    waited for the pace does not count.

    A quota may be tokens that trickle in, of which OSS keeps one second's worth, or a count that
    begins anew every second: which of them is not published. After a refusal there is a pause,
    which costs little by tokens, and by counts leaves the rest of the second to others who use the
    same quota. Refusals within a second lower the rate once, unless what the pause brought was used
    up at once: then the rate is far too high.

    When everything sent since the first refusal is refused as well, the quota admits nothing: then
    the pauses, of a random length, double.

    Not safe for threads: its owner holds a lock.
    """

    def __init__(self, quota: float, ceiling: float = inf) -> None:
        self.rate = ceiling
        self.opens = -inf  # the time from which on the next objects may start
        self.refused_at = -inf
        self._quota = quota
        self._ceiling = ceiling
        self._peak = inf
        self._lowered_at = -inf
        self.resumes = -inf  # when the last pause ends
        self._rise = 0.0  # seconds of use from a refusal until the peak is reached again
        self._used = 0.0  # seconds of use since the last refusal
        self._booked_at = -inf
        self.row = 0  # refusals since the last confirmation of something sent after `_row_began`
        self._row_began = -inf

    @property
    def tested(self) -> bool:
        """Tell whether OSS has ever refused something on it."""
        return self._peak < inf

    def book(self, at: float, objects: int) -> float:
        """Book objects that would like to start at a time; return the time at which they may."""
        late = 0.0 if self.opens == -inf else min(LONGEST_LATE, BURST / self.rate)
        if self.tested and self.opens > at - late:
            self._grow(max(0.0, at - self._booked_at))
        self._booked_at = max(at, self._booked_at)
        self.opens = max(self.opens, at - late)
        start = max(self.opens, at)
        self.opens += objects / self.rate
        return start

    def confirmed(self, sent: float) -> None:
        """Take note that something which was sent at this time went through."""
        if sent >= self._row_began:
            self.row = 0

    def refused(
        self, sent: float, now: float, objects: int, uniform: Callable[[float, float], float]
    ) -> None:
        """Take note that so many objects which were sent at this time have been refused."""
        if sent < self.refused_at:
            return  # they were on their way when the last refusal came: nothing new
        self.refused_at = now
        if self.row == 0:
            self._row_began = now
        self.row += 1
        is_first = not self.tested
        self._lower(sent, now, objects)
        pause = FIRST_PAUSE if is_first else PAUSE
        if self.row > 1:
            longest = min(LONGEST_PAUSE, PAUSE * 2 ** (self.row - 1))
            pause = max(pause, uniform(longest / 2, longest))
        # OSS has to count up again first.
        again = min(LONGEST_PAUSE, BURST / self.rate)
        self.opens = max(self.opens, now + max(pause, again))
        self.resumes = self.opens

    def _lower(self, sent: float, now: float, objects: int) -> None:
        """Lower the rate after a refusal, if that says anything new."""
        if not self.tested:
            peak = min(self.rate, self._quota)
            rate = SAFE * peak
        elif objects / self.rate < sent - self.resumes < SOON:
            rate = peak = HALT * self.rate
        elif now - self._lowered_at >= SECOND:
            # The bucket has hidden for a while that the rate was too high: so was the peak.
            peak = self.rate * (1 - DROP)
            rate = peak * (1 - DROP)
        else:
            return
        self._settle(rate, peak=peak)
        self._lowered_at = now

    def pause(self, until: float) -> None:
        """Start nothing before a time, though this quota has refused nothing."""
        self.opens = max(self.opens, until)

    def join(self, other: QuotaPace, now: float) -> None:
        """Take in a pace that goes through the same quota, its pause, and what was booked on it."""
        both = [pace for pace in (self, other) if pace.rate < inf]
        begins = max([now, *(pace.resumes for pace in both)])
        booked = sum(max(0.0, pace.opens - max(now, pace.resumes)) * pace.rate for pace in both)
        self._settle(
            min(SAFE * self._quota, self.rate + other.rate, self._ceiling),
            peak=min(self._quota, self._peak + other._peak),
        )
        self.refused_at = max(self.refused_at, other.refused_at)
        self.opens = begins + booked / self.rate
        self.resumes = begins

    def parted(self) -> QuotaPace:
        """Return a pace that begins as this one is, for a lane that may use another quota."""
        pace = QuotaPace(self._quota, self._ceiling)
        pace.opens = self.opens
        pace._settle(self.rate, peak=self._quota)
        return pace

    def _settle(self, rate: float, *, peak: float) -> None:
        self.rate = rate
        self._peak = peak
        self._used = 0.0
        self._rise = max(0.0, (1 - rate / peak) / GROWTH) ** (1 / 3)

    def _grow(self, seconds: float) -> None:
        self._used += seconds
        beyond = self._used - self._rise
        self.rate = min(self._ceiling, self._peak * (1 + GROWTH * beyond**3))


class DeletionWindow:
    """
    How many deletions may be in flight: a few times as many as have just been coming back.

    While a deletion was under way, a known number of others came back. If it took no longer than
    the fastest of its size, that number fits on the way to OSS and back without queueing; if it
    took twice as long, half of them only queued. The window is `FACTOR` times that, so it
    multiplies in each round trip while OSS keeps up, and stays small where deletions wait for this
    machine and not for OSS.

    Not safe for threads: its owner holds a lock.
    """

    def __init__(self, most: int) -> None:
        self.size = min(START, most)  # how many may be in flight
        self.back = 0  # deletions that came back
        self._most = most
        self._least = START
        self._since = -inf  # what was sent before tells nothing any more
        self._fastest: dict[int, float] = {}  # seconds, by the number of binary digits of objects
        self._fitted: deque[float] = deque(maxlen=REMEMBERED)

    def restart(self, now: float, flying: int) -> None:
        """
        Begin anew with half of those in flight: where one was refused, more may be.

        But smaller ones follow, of which more fit.
        """
        self._since = now
        self._fitted.clear()
        self._least = FLOOR
        self.size = min(max(2 * START, flying // 2), self._most)

    def came_back(self, objects: int, sent: float, seconds: float, back_before: int) -> None:
        """Take note of a confirmed deletion, and of how many there had been when it was sent."""
        self.back += 1
        if sent < self._since:
            return
        digits = objects.bit_length()
        self._fastest[digits] = min(self._fastest.get(digits, inf), seconds)
        # A smaller one may well be faster; a larger one never is for its size.
        fastest = min(took for size, took in self._fastest.items() if size >= digits)
        self._fitted.append((self.back - back_before) * (fastest / seconds if seconds else 1.0))
        if self.back >= START:
            self._least = FLOOR
        fitting = FLOOR + int(FACTOR * max(self._fitted))
        self.size = min(self._most, max(self._least, fitting))
