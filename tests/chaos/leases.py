"""
Who holds which job, by what is done to its records.

Nobody is overtaken who is at work; who is overtaken, or ordered to stop, and has looked, does; and
whoever deletes holds a job whose lease is not over, by the length that its own record tells.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from chaos.fates import BIT_OF_TIME
from chaos.scene import STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from localcloud.arrivals import Request

SECOND = 1.0  # by which OSS's dates are exact
PART = re.compile(r"-p\d+$")
ORDER = re.compile(r"(stop-[0-9a-f]+)(-back)?")
RECORD = re.compile(re.escape(STATE) + r"([^/]+)/(\d{6}-\d{2,})(?:-w\d{2,})?(-left|-beat)?")


@dataclass
class Holder:
    """Who holds a place, since when, when he was seen there last, and when he has left it."""

    name: str
    job: str
    place: str
    since: float
    left: float | None = None
    lapsed: float | None = None  # when its lease was over, which no later sign of life changes
    lease: float | None = None  # in seconds, once its record has been read
    seen: float = field(init=False)

    def __post_init__(self) -> None:
        self.seen = self.since


@dataclass
class Leases:
    """The places of all jobs. `read` returns an object of the state, if it is there."""

    read: Callable[[str], bytes | None]
    places: dict[tuple[str, str], Holder] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)  # of which each has begun with last
    ended: dict[str, float] = field(default_factory=dict)  # when a job's end was written first
    # The latest place that a job was ended from, and when.
    ends: dict[str, tuple[str, float]] = field(default_factory=dict)

    # Orders to stop, by the job's name and their own: since when, and which were taken back.
    stops: dict[tuple[str, str], float] = field(default_factory=dict)
    taken_back: set[tuple[str, str]] = field(default_factory=set)
    looks: dict[tuple[str, str], float] = field(default_factory=dict)  # of whom, at which job

    def looked(self, prefix: str, by: str, now: float) -> None:
        """Take note that somebody is shown the names of a job's records."""
        self.looks[prefix.removeprefix(STATE).rstrip("/"), by] = now

    def removed(self, keys: Collection[str]) -> None:
        """Take note that objects of the state are removed."""
        for key in keys:
            found = RECORD.fullmatch(key)
            # Whoever sees at once that somebody else has gone further takes its own record back.
            if found is not None and found[3] is None and found[1] not in self.ended:
                self.places.pop((found[1], found[2]), None)

    def handed_over(self, job: str, hop: int, by: str) -> str:
        """Take note that the next hop is called; return what is wrong with that."""
        own = self._own(by, job)
        if not self.has_held(by, job, hop - 1):
            return ""  # it says once more what another one has said
        whole = PART.sub("", job)
        if self._is_to_stop(job, by, job) or (
            whole != job and self._is_to_stop(whole, by, f"{whole}/stop")
        ):
            return f"{by} goes on with {job}, and has seen that it is to stop"
        return self._goes_on(job, max(own), by, inf)

    def has_held(self, by: str, job: str, hop: int) -> bool:
        """Tell whether somebody has held a hop of a job."""
        return any(int(place[:6]) == hop for place in self._own(by, job))

    def written(
        self, request: Request, by: str, now: float, sent: float, alive: Collection[str]
    ) -> str:
        """Take note of a record that is written; return what is wrong with that, if anything is."""
        key = request.key
        found = RECORD.fullmatch(key)
        if found is None:
            return self._told(key, by, now, sent)
        job, place, beside = found.groups()
        holder = self.places.get((job, place))
        if holder is None:
            return self._created(Holder(by, job, place, now), alive)
        if holder.name == by:
            self._lapse(holder, now)
            holder.seen = now
            if beside == "-left":
                holder.left = now
            # A sign of life that is tried again says no more than when it was sent first.
            return self._goes_on(job, place, by, sent) if beside is None else ""
        # A person lets somebody go on with what was stopped.
        is_released = beside == "-left" and holder.left is not None
        if "x-oss-forbid-overwrite" not in request.headers and not is_released:
            return f"{by} writes into the record of {holder.name}, who holds {place} of {job}"
        return ""

    def deletes(self, by: str, sent: float) -> str:
        """Return what is wrong with a deletion that somebody has sent, if anything is."""
        holder = self.holders.get(by)
        if holder is None:
            return f"{by} deletes, and holds no job"
        job, place = holder.job, holder.place
        self._lapse(holder, sent)
        if holder.lapsed is not None:
            since = sent - holder.lapsed
            return f"{by} deletes for {job} {since:.2f} s after its lease of {place} was over"
        if holder.left is not None and holder.left < sent:
            return f"{by} deletes for {job} after it has left {place}"
        later = [
            other
            for other in self.places.values()
            if other.job == job and other.place > place and other.since < sent
        ]
        if later:
            return f"{by} deletes for {job}, which {later[0].name} has taken over"
        return ""

    def _told(self, key: str, by: str, now: float, sent: float) -> str:
        """Take note of what is written of a job that is none of its places, as `written` does."""
        job, _, name = key.removeprefix(STATE).partition("/")
        if not key.startswith(STATE):
            return ""
        if name == "end":
            return self._has_ended(job, by, now, sent)
        order = ORDER.fullmatch(name)
        if order is not None and order[2] is not None:
            self.taken_back.add((job, order[1]))
        elif order is not None:
            self.stops.setdefault((job, order[1]), now)
        return ""

    def _has_ended(self, job: str, by: str, now: float, sent: float) -> str:
        holder = self.holders.get(by)
        if holder is None or holder.job != job:
            self.ended.setdefault(job, now)
            return ""
        holder.left = now
        wrong = self._goes_on(job, holder.place, by, sent)
        place, since = self.ends.get(job, ("", 0.0))
        if place > holder.place and since < self.looks.get((job, by), 0.0) < sent:
            wrong = f"{by} writes an end of {job} over the one that it has seen from {place}"
        self.ends[job] = max(self.ends.get(job, ("", 0.0)), (holder.place, now))
        self.ended.setdefault(job, now)
        return wrong

    def is_abandoned(self, job: str, now: float) -> bool:
        """Tell whether a job's last holder has left it so long ago that nobody is on the way."""
        last = max((place for other, place in self.places if other == job), default=None)
        if last is None or job in self.ended:
            return False
        holder = self.places[job, last]
        return holder.left is not None and now - holder.left > self._lease(holder) + SECOND

    def held(self, by: str) -> bool:
        """Tell whether somebody has held a job: another one may repeat what a holder has said."""
        return by in self.holders

    def lapsed_at(self, by: str, now: float) -> float | None:
        """Return when the lease of somebody who has ended was over, if he had not left by then."""
        holder = self.holders.get(by)
        if holder is None or not self._lease(holder):
            return None
        self._lapse(holder, now if holder.left is None else holder.left)
        return holder.lapsed

    def _own(self, by: str, job: str) -> list[str]:
        return [
            holder.place
            for (other, _), holder in self.places.items()
            if holder.name == by and other == job
        ]

    def _is_to_stop(self, job: str, by: str, look: str) -> bool:
        """Tell whether somebody has seen, by such a look, an order that stands."""
        seen = self.looks.get((look, by), 0.0)
        given = [
            at
            for order, at in self.stops.items()
            if order[0] == job and order not in self.taken_back
        ]
        return any(seen > at for at in given)

    def _created(self, holder: Holder, alive: Collection[str]) -> str:
        job, place = holder.job, holder.place
        before = [name for other, name in self.places if other == job]
        self.places[job, place] = self.holders[holder.name] = holder
        if not before:
            return ""
        last = self.places[job, max(before)]
        self._lapse(last, holder.since)
        recently = last.lapsed is None and (
            holder.since - last.seen < self._lease(last) - BIT_OF_TIME
        )
        if last.name in alive and last.name != holder.name and last.left is None and recently:
            return f"{holder.name} has overtaken {last.name} at {place} of {job}, who is at work"
        return ""

    def _lapse(self, holder: Holder, now: float) -> None:
        """Take note that a holder's lease is over, if it is."""
        until = holder.seen + self._lease(holder)
        if holder.lapsed is None and until < now:
            holder.lapsed = until

    def _lease(self, holder: Holder) -> float:
        """Return for how long a sign of life of a holder's counts, in seconds."""
        if holder.lease is None:
            record = self.read(f"{STATE}{holder.job}/{holder.place}")
            if record is None:
                return 0.0
            holder.lease = float(json.loads(record)["lease"])
        return holder.lease

    def _goes_on(self, job: str, place: str, by: str, sent: float) -> str:
        """Return what is wrong with somebody's going on from a place, if anything is."""
        look = self.looks.get((job, by), 0.0)
        if look >= sent:
            return ""  # that came later
        later = [
            holder
            for (other, name), holder in self.places.items()
            if other == job and name > place and holder.since < look
        ]
        if later and job not in self.ended:
            return f"{by} goes on with {job}, and has seen that {later[0].name} has taken it over"
        return ""
