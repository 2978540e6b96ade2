"""What is really in the bucket, and who has deleted what: written down as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from localcloud.arrivals import Request

OLDEST_LISTING = 5.01  # seconds; what is deleted by one was shown by it no longer ago
OTHERS = ""  # who deletes and is no invocation


@dataclass(frozen=True)
class Loss:
    """
    An object that was there and is gone: when it was written, and who deleted it, and when.

    `sent` is when the request was that has done it.
    """

    key: str
    written: float
    by: str
    at: float
    sent: float


@dataclass(frozen=True)
class Listing:
    """A page that an invocation was shown."""

    by: str
    prefix: str
    after: str
    at: float


@dataclass
class Truth:
    """The objects that are there, by when they were written, and what has happened to others."""

    there: dict[str, float] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    asked: list[tuple[str, str, float]] = field(default_factory=list)  # key, by, at
    requested: list[tuple[str, str]] = field(default_factory=list)  # key, by: spared ones as well
    left_out: set[tuple[str, str]] = field(default_factory=set)  # key, by: of an answer

    def write(self, key: str, at: float) -> None:
        """Take note that an object has been written."""
        self.there[key] = at

    def delete(self, keys: Iterable[str], by: str, at: float, sent: float) -> None:
        """Take note that objects have been deleted, those that were there."""
        for key in keys:
            self.asked.append((key, by, at))
            written = self.there.pop(key, None)
            if written is not None:
                self.losses.append(Loss(key, written, by, at, sent))

    def request(self, keys: Iterable[str], by: str) -> None:
        """Take note that keys stood in a request that has been carried out, if only in part."""
        self.requested += [(key, by) for key in keys]

    def show(self, request: Request, by: str, at: float) -> None:
        """Take note that a listing's page has been asked for."""
        query = request.query
        self.listings.append(Listing(by, query.get("prefix", ""), query.get("marker", ""), at))

    def may_be_mistaken(self, loss: Loss) -> bool:
        """
        Tell whether who deleted an object may have meant the one before it, of the same name.

        There is no conditional delete: what is written anew after a listing has shown the name, and
        before the deletion is carried out, goes as well. But a listing has an age; and whoever has
        deleted that name before and does not know it, looks again before he asks again, unless an
        answer has left it out: OSS says by that that it has not deleted it.
        """
        before = [
            each.at
            for each in self.losses
            if (each.key, each.by) == (loss.key, loss.by) and each.at <= loss.written
        ]
        if (loss.key, loss.by) in self.left_out:
            before = []
        since = max(loss.sent - OLDEST_LISTING, *before, 0.0)
        return any(
            each.by == loss.by
            and since <= each.at <= loss.written
            and loss.key.startswith(each.prefix)
            and each.after < loss.key
            for each in self.listings
        )

    def lost_to(self, owners: Collection[str]) -> list[Loss]:
        """Return what these have deleted."""
        return [loss for loss in self.losses if loss.by in owners]
