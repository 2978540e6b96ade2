"""How many requests of one kind are worth having under way at the same time."""

from __future__ import annotations

BUSY = 0.0015  # seconds that a request keeps this machine busy, at least
GROWTH = 3  # that a prompt answer adds: while all are prompt, each round trip quadruples the window
PROMPT = 2.0  # times the fastest answer so far, within which an answer is prompt


class ListingWindow:
    """
    Grows while answers come as fast as they did, and shrinks when requests wait for each other.

    Where the network is slow and the machine is not, the window soon fills the line. On a fraction
    of a core, where one more request only makes the others later, it stays small: never more than
    the machine could handle if each request were as fast as the fastest.
    """

    def __init__(self, start: int, most: int) -> None:
        self._start = start
        self._most = most
        self._fastest = float("inf")
        self.size = start

    def answered(self, seconds: float) -> None:
        """Take note of how long a request has taken."""
        self._fastest = min(self._fastest, seconds)
        prompt = seconds <= PROMPT * self._fastest
        # A clock that stands still has not told how much fits.
        most = min(self._most, int(self._fastest / BUSY) or self._most)
        self.size = max(self._start, min(most, self.size + (GROWTH if prompt else -1)))
