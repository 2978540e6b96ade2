"""
The latest of each directory stay: a machine for one stream of keys in their order.

An object may go once n newer ones of its directory have been met. So of each directory the n newest
so far are held, and nothing else: whatever falls out of them may go. Newer is what was written
later, and of two that were written in the same second the one with the greater key. That is a sum
like any other: what two ranges hold of a directory, added, is what one range over both would hold
(`merged`), in any order, and what is met twice counts once. Hence it is exact however a job is cut
and repeated.

A directory that lies within the range is settled as soon as the stream has left it. One that may
reach beyond the range's ends, the directories above those ends, stays held until all ranges that
share it are listed. So memory is n objects for each level of directories at the range's ends.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.conditions import MOST_LATEST
from ossweep.filters.reasons import LATEST, MARKER
from ossweep.objects import Found  # noqa: TC001 - a continuation is read by this type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Met:
    """
    An object that was met in a directory; one that another condition keeps is no candidate.

    It counts as one of the latest all the same.
    """

    found: Found
    is_candidate: bool = True

    @property
    def rank(self) -> tuple[int, str]:
        """Its place among the others of its directory: the greater, the newer."""
        return self.found.modified, self.found.key


@dataclass(frozen=True)
class HeldDirectory:
    """The newest objects that were met in a directory, from the oldest on, as plain values."""

    directory: str
    latest: tuple[Met, ...]


@dataclass(frozen=True)
class Settled:
    """Candidates of which it is clear now whether they go, or stay as one of the latest."""

    go: Sequence[Found] = ()
    stay: Sequence[Found] = ()


_NOTHING = Settled()


def directory_of(key: str) -> str:
    """Return the directory that a key lies in, with its slash; empty: at the top."""
    return key[: key.rfind("/") + 1]


class _Newest:
    """The newest objects of a directory, at most so many, in the order of their ranks."""

    def __init__(self, most: int, held: Iterable[Met] = ()) -> None:
        self._most = most
        self.held = list(held)
        self._by_key = {met.found.key: met for met in self.held}

    def add(self, met: Met) -> Met | None:
        """Add an object, and return the one that falls out; None: nothing does."""
        known = self._by_key.get(met.found.key)
        if known is not None:  # a repetition, or written again meanwhile
            if met.rank <= known.rank:
                return None
            self.held.remove(known)
        elif len(self.held) == self._most and met.rank < self.held[0].rank:
            return met
        insort(self.held, met, key=lambda each: each.rank)
        self._by_key[met.found.key] = met
        if len(self.held) <= self._most:
            return None
        oldest = self.held.pop(0)
        del self._by_key[oldest.found.key]
        return oldest


class Latest:
    """
    Holds the newest objects of each directory that a stream of keys passes.

    The stream begins behind the key `after`, and shows only keys with a `prefix`. `held` is what
    was held when an earlier invocation came as far as the stream begins now: `after` is still where
    the range began at first.
    """

    def __init__(
        self, most: int, after: str = "", prefix: str = "", held: Iterable[HeldDirectory] = ()
    ) -> None:
        self._most = most
        self._after = after
        self._prefix = prefix
        self._newest = {each.directory: _Newest(most, each.latest) for each in held}
        # The directories that are settled when the stream leaves them, from the top down.
        self._open = sorted(name for name in self._newest if not self._is_shared(name))

    def meet(self, met: Met) -> Settled:
        """
        Take the next object of the stream; return what is settled by that.

        Objects that are younger than the job's clock, that no selector takes or whose names do not
        match are not for this machine. A directory's marker stays and does not count.
        """
        directory = directory_of(met.found.key)
        stay = self._leave(directory) if self._open else ()
        if is_marker(met.found.key):
            return Settled(stay=[*stay, met.found] if met.is_candidate else stay)
        newest = self._newest.get(directory)
        if newest is None:
            newest = self._newest[directory] = _Newest(self._most)
            if not self._is_shared(directory):
                self._open.append(directory)
        out = newest.add(met)
        go = (out.found,) if out is not None and out.is_candidate else ()
        return Settled(go, stay) if go or stay else _NOTHING

    def finish(self, until: str | None) -> Settled:
        """
        End the stream, which was listed up to the key `until`, None: to the end of its keys.

        Directories that reach beyond it stay held.
        """
        return Settled(stay=self._leave(until) if until is not None else self._leave_all())

    def held(self) -> tuple[HeldDirectory, ...]:
        """Return what is held, to be merged with what others hold or to go on with."""
        return tuple(
            HeldDirectory(name, tuple(newest.held))
            for name, newest in sorted(self._newest.items())
            if newest.held
        )

    @property
    def open_since(self) -> str | None:
        """
        The outermost directory that began within the range and is not left; None: there is none.

        As a marker it is the place to list again from, for whoever would not carry what is held of
        such directories to the next invocation.
        """
        return self._open[0] if self._open else None

    def _is_shared(self, directory: str) -> bool:
        """Tell whether keys of a directory may lie before the range, or outside of its prefix."""
        begins_before = bool(self._after) and self._after.startswith(directory)
        return begins_before or not directory.startswith(self._prefix)

    def _leave(self, place: str) -> Sequence[Found]:
        """Settle the directories that do not hold a place."""
        stay: list[Found] = []
        while self._open and not place.startswith(self._open[-1]):
            stay += self._settle(self._open.pop())
        return stay

    def _leave_all(self) -> Sequence[Found]:
        stay: list[Found] = []
        while self._open:
            stay += self._settle(self._open.pop())
        return stay

    def _settle(self, directory: str) -> list[Found]:
        return [met.found for met in self._newest.pop(directory).held if met.is_candidate]


def is_marker(key: str) -> bool:
    """Tell whether a key is a directory's own."""
    return key.endswith("/")


def reason_to_stay(key: str) -> str:
    """Return the reason why a key stays that is settled so."""
    return MARKER if is_marker(key) else LATEST


def merged(
    most: int, held: Iterable[HeldDirectory]
) -> tuple[tuple[Found, ...], tuple[HeldDirectory, ...]]:
    """
    Add what several ranges hold; return what may go by that, and what is held still.

    When all ranges are listed, the candidates that are held still are those that stay.
    """
    newest: dict[str, _Newest] = {}
    go: dict[str, Found] = {}
    for each in held:
        mine = newest.setdefault(each.directory, _Newest(most))
        for met in each.latest:
            out = mine.add(met)
            if out is not None and out.is_candidate:
                go[out.found.key] = out.found
    return tuple(go.values()), tuple(
        HeldDirectory(name, tuple(mine.held)) for name, mine in sorted(newest.items())
    )


def check_held(most: int, held: Sequence[HeldDirectory], clock: int) -> None:
    """Raise ValueError, with a sentence, for what no machine with this n can have held."""
    if not 1 <= most <= MOST_LATEST:
        raise ValueError("nothing is kept of each directory, so nothing is held")
    if len({each.directory for each in held}) < len(held):
        raise ValueError("a directory is held twice")
    for each in held:
        found = [met.found for met in each.latest]
        if not 1 <= len(found) <= most or len({one.key for one in found}) < len(found):
            raise ValueError(f"of a directory 1 to {most:,} objects are held, each once")
        if any(directory_of(one.key) != each.directory or is_marker(one.key) for one in found):
            raise ValueError("an object is held of another directory than its own")
        if any(one.modified >= clock for one in found):
            raise ValueError("an object is held that was written after the job began")
        if list(each.latest) != sorted(each.latest, key=lambda met: met.rank):
            raise ValueError("held objects are not in the order of their times")
