"""How fast objects may go through one of OSS's quotas, and how many deletions fit on the way."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SAFE = 0.95  # of a published quota: where a pace begins that was refused for the first time
DROP = 0.05  # of the rate, at a refusal; twice and four times as much at the two that follow it
DROPS = 3  # refusals in a row that lower the rate; when those after it are refused too, it pauses
GROWTH = 0.005  # of the peak, per cubed second
FIRST_PAUSE = 0.2  # seconds; doubled after each refusal
LONGEST_PAUSE = 3.0  # seconds
BURST = 250  # objects that may go at once when requests have started late

START = 16  # deletions in flight while none has come back
FACTOR = 4  # the window grows so many times in a round trip
FLOOR = 4  # deletions in flight are worth it even if one would keep this machine busy
REMEMBERED = 64  # deletions whose round trips the window looks back on


class Pace:
    """
    Objects a second: as many as come, or `ceiling`, until OSS refuses some.

    The first refusal lowers it to just below the published `quota`. From then on it is CUBIC (RFC
    9438) on a rate: a refusal remembers the rate as the peak and goes below it; then the rate
    comes back to the peak, lingers there, and leaves it ever faster. So a quota that stays is
    touched every few seconds by little, and one that rises is followed within some seconds. Time
    in which nobody waited for the pace does not count.

    Not safe for threads: whoever owns it holds a lock.
    """

    def __init__(self, quota: float, ceiling: float = inf) -> None:
        self.rate = ceiling
        self.refused_at = -inf
        self._quota = quota
        self._ceiling = ceiling
        self._peak = inf
        self._rise = 0.0  # seconds from the last refusal until the peak is reached again
        self._age = 0.0  # seconds of use since the last refusal
        self._booked_at = -inf
        self._next = -inf  # when the next objects may start
        self._row = 0  # refusals in a row without a confirmation of anything sent since the first
        self._row_began = -inf

    @property
    def limited(self) -> bool:
        """Tell whether there is a limit at all."""
        return self.rate < inf

    def opens(self) -> float:
        """Return the time from which on the next objects may start."""
        return self._next

    def book(self, at: float, objects: int) -> float:
        """Book objects that would like to start at a time; return the time at which they may."""
        late = BURST / self.rate
        self._grow(at, in_use=self._next > at - late)
        self._next = max(self._next, at - late)
        start = max(self._next, at)
        self._next += objects / self.rate
        return start

    def confirmed(self, sent: float) -> None:
        """Take note that something which was sent at this time went through."""
        if sent >= self._row_began:
            self._row = 0

    def refused(self, sent: float, now: float, uniform: Callable[[float, float], float]) -> None:
        """
        Take note that something which was sent at a time has been refused.

        What was sent before the last refusal was known says nothing new.
        """
        if sent < self.refused_at:
            return
        self.refused_at = now
        if self._row == 0:
            self._row_began = now
            known = self._peak < inf
            self._peak = self.rate if known else min(self.rate, self._quota)
            self.rate = self._peak
        if self._row < DROPS:
            self.rate *= 1 - DROP * 2**self._row
        else:
            pause = uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._row - DROPS)))
            self._next = max(self._next, now + pause)
        self._row += 1
        self._age = 0.0
        self._rise = ((1 - self.rate / self._peak) / GROWTH) ** (1 / 3)

    def join(self, other: Pace) -> None:
        """Take in a pace that goes through the same quota."""
        self._peak = min(self._quota, self._peak + other._peak)
        self.rate = min(SAFE * self._quota, self.rate + other.rate, self._ceiling)
        self._rise = max(0.0, (1 - self.rate / self._peak) / GROWTH) ** (1 / 3)
        self._age = 0.0
        self.refused_at = max(self.refused_at, other.refused_at)
        self._next = max(self._next, other._next)

    def _grow(self, now: float, *, in_use: bool) -> None:
        if in_use and self._peak < inf:
            self._age += max(0.0, now - self._booked_at)
            away = self._age - self._rise
            self.rate = min(self._ceiling, self._peak * (1 + GROWTH * away**3))
        self._booked_at = max(now, self._booked_at)


class Window:
    """
    How many deletions may be in flight: a few times as many as have just been coming back.

    Of a deletion that came back it is known how many others did while it was under way. If it took
    no longer than the fastest of its size, that is how many fit on the way to OSS and back without
    waiting for each other; if it took twice as long, half of them only queued. The window is
    `FACTOR` times that, so it multiplies in each round trip while OSS keeps up, and stays small
    where this machine, not OSS, is what they wait for.

    Not safe for threads: whoever owns it holds a lock.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._fastest: dict[int, float] = {}  # seconds, by the number of binary digits of objects
        self._fitted: deque[float] = deque(maxlen=REMEMBERED)
        self.back = 0  # deletions that came back

    def size(self) -> int:
        """Return how many deletions may be in flight."""
        fitted = FACTOR * max(self._fitted, default=0.0) + FLOOR
        return min(self._most, max(START if self.back < START else 0, int(fitted)))

    def came_back(self, objects: int, seconds: float, back_before: int) -> None:
        """Take note of a deletion that was confirmed, and how many had been at its start."""
        self.back += 1
        size = objects.bit_length()
        self._fastest[size] = min(self._fastest.get(size, inf), seconds)
        # A smaller one may well be faster; a larger one never is for its size.
        fastest = min(taken for digits, taken in self._fastest.items() if digits >= size)
        self._fitted.append((self.back - back_before) * (fastest / seconds if seconds else 1.0))
