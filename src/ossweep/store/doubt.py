"""
The keys of a deletion that are in doubt: sent, and no answer has decided them.

Only an answer ends a doubt for certain. What a look shows is still there was not deleted by a
request that OSS has answered, and may be asked for again. A request whose answer never came may be
carried out after the look, too: its keys stay in doubt until OSS confirms or refuses them, and are
looked at before each further attempt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(eq=False, repr=False)
class Doubt:
    """The `keys` in doubt."""

    keys: set[str] = field(default_factory=set)
    _unseen: set[str] = field(default_factory=set)  # to be looked at before they are asked for
    _under_way: set[str] = field(default_factory=set)  # in a request that OSS may yet carry out

    def brought(self, keys: Iterable[str]) -> None:
        """Take note of keys that an earlier invocation has sent; they have just been looked at."""
        self.keys.update(keys)
        self._under_way.update(keys)

    def sent(self, keys: Iterable[str], *, under_way: bool) -> None:
        """Take note of keys whose request no answer has decided, and may be `under_way` still."""
        self.keys.update(keys)
        self._unseen.update(keys)
        if under_way:
            self._under_way.update(keys)

    def left_out(self, keys: Iterable[str]) -> None:
        """Take note of keys that an answer to their request has left out."""
        self.keys.update(keys)
        self._unseen.update(self._under_way.intersection(keys))

    def undecided(self, keys: Iterable[str]) -> None:
        """Take note that a further attempt has decided nothing: what a look has shown is past."""
        self._unseen.update(self.keys.intersection(keys))

    def answered(self, keys: Iterable[str]) -> list[str]:
        """Return those keys in doubt whose requests are all over, so that a look decides."""
        return [key for key in keys if key in self.keys and key not in self._under_way]

    def decided(self, keys: set[str]) -> None:
        """Take note of keys that OSS has confirmed or refused."""
        if self.keys:
            self.keys -= keys
            self._unseen -= keys

    def shown(self, key: str) -> None:
        """Take note of a key that a look has shown, written before the job began."""
        self._unseen.discard(key)
        if key not in self._under_way:
            self.keys.discard(key)

    def needs_look(self, keys: Iterable[str]) -> bool:
        """Tell whether some of these keys are to be looked at before they are asked for."""
        return bool(self._unseen) and not self._unseen.isdisjoint(keys)
