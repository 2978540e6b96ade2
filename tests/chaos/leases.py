"""
Who holds which job, by what is done to its records.

Nobody is overtaken who is at work; who is overtaken, or ordered to stop, and has looked, does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.scene import STATE

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.arrivals import Request

RECORD = re.compile(re.escape(STATE) + r"([^/]+)/(\d{6}-\d{2,})(-left|-beat)?")


@dataclass
class Holder:
    """Who holds a place, since when, when he was seen there last, and whether he has left it."""

    name: str
    since: float
    has_left: bool = False
    seen: float = field(init=False)

    def __post_init__(self) -> None:
        self.seen = self.since


@dataclass
class Leases:
    """The places of all jobs. `seconds` is the time for which a sign of life holds at least."""

    seconds: float
    places: dict[tuple[str, str], Holder] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    stops: dict[str, float] = field(default_factory=dict)  # since when a job is ordered to stop
    looks: dict[tuple[str, str], float] = field(default_factory=dict)  # of whom, at which job

    def looked(self, prefix: str, by: str, now: float) -> None:
        """Take note that somebody is shown the names of a job's records."""
        self.looks[prefix.removeprefix(STATE).rstrip("/"), by] = now

    def removed(self, keys: Collection[str]) -> None:
        """Take note that objects of the state are removed."""
        for key in keys:
            if key.endswith("/stop"):
                self.stops.pop(key.removeprefix(STATE).removesuffix("/stop"), None)

    def handed_over(self, job: str, hop: int, by: str) -> str:
        """Take note that the next hop is called; return what is wrong with that."""
        own = [place for (other, place), holder in self.places.items() if holder.name == by]
        if not any(int(place[:6]) == hop - 1 for place in own):
            return ""  # it says once more what another one has said
        look = self.looks.get((job, by), 0.0)
        if look > self.stops.get(job, look):
            return f"{by} goes on with {job}, and has seen that it is to stop"
        return self._goes_on(job, max(own), by)

    def written(self, request: Request, by: str, now: float, alive: Collection[str]) -> str:
        """Take note of a record that is written; return what is wrong with that, if anything is."""
        key = request.key
        found = RECORD.fullmatch(key)
        if found is None:
            job, _, name = key.removeprefix(STATE).partition("/")
            if key.startswith(STATE) and name == "end":
                self.ended.add(job)
            if key.startswith(STATE) and name == "stop":
                self.stops.setdefault(job, now)
            return ""
        job, place, beside = found.groups()
        left = beside == "-left"
        holder = self.places.get((job, place))
        if holder is None:
            return self._created(job, place, Holder(by, now), alive)
        if holder.name == by:
            holder.seen, holder.has_left = now, holder.has_left or left
            return "" if left else self._goes_on(job, place, by)
        if "x-oss-forbid-overwrite" not in request.headers:
            return f"{by} writes into the record of {holder.name}, who holds {place} of {job}"
        return ""

    def _created(self, job: str, place: str, holder: Holder, alive: Collection[str]) -> str:
        before = [name for other, name in self.places if other == job]
        self.places[job, place] = holder
        if not before or job in self.ended:
            return ""
        last = self.places[job, max(before)]
        recently = holder.since - last.seen < self.seconds
        if last.name in alive and last.name != holder.name and not last.has_left and recently:
            return f"{holder.name} has overtaken {last.name} at {place} of {job}, who is at work"
        return ""

    def _goes_on(self, job: str, place: str, by: str) -> str:
        """Return what is wrong with somebody's going on from a place, if anything is."""
        look = self.looks.get((job, by), 0.0)
        later = [
            holder
            for (other, name), holder in self.places.items()
            if other == job and name > place and holder.since < look
        ]
        if later and job not in self.ended:
            return f"{by} goes on with {job}, and has seen that {later[0].name} has taken it over"
        return ""
