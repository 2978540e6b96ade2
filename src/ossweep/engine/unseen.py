"""The unseen: the prefixes and keys whose listing has failed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.errors import Scope, quoted
from ossweep.helps import HELPS_OF_LISTINGS, with_help
from ossweep.plurals import counted

if TYPE_CHECKING:
    from ossweep.errors import StoreError


class Unseen:
    """Listings that have failed: one that ends all of them, and those of places that OSS denies."""

    def __init__(self) -> None:
        self.failed: str | None = None  # why nothing more is listed
        self._denied: dict[str, None] = {}  # prefixes, and keys that were to be looked at
        self._first: StoreError | None = None  # by which OSS has denied one of them

    def add(self, place: str, error: StoreError, what: str = "listing") -> None:
        """Take note that a place could not be listed, or whatever else was to be done with it."""
        if error.scope is Scope.KEYS:
            self._denied[place] = None
            self._first = self._first or error
        else:
            self.failed = with_help(f"{what} failed: {error}", error.code, HELPS_OF_LISTINGS)

    @property
    def denied(self) -> str | None:
        """A sentence about what OSS does not let be listed."""
        if self._first is None:
            return None
        first, *others = self._denied
        place = quoted(first) if first else "all keys"
        more = f" and {counted(len(others), 'other')}" if others else ""
        return with_help(f"listing {place}{more} failed: {self._first}", self._first.code)
