"""What becomes of each request: drawn when its time has come, one draw after the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from random import Random
from typing import TYPE_CHECKING

from chaos.scene import BUCKET, REQUESTS, STATE
from localcloud.arrivals import Request
from localcloud.faults import (
    CutBody,
    CutXml,
    DateShift,
    Gateway,
    LoseFromAnswer,
    Refuse,
    Reset,
    ShortPage,
    Withhold,
)
from localcloud.fc_answers import FcError

if TYPE_CHECKING:
    from chaos.scene import Scene
    from localcloud.faults import Fault

LONGEST = 60.0  # seconds that a client waits for an answer of OSS's
LONGEST_CALL = 10.0  # and for one of Function Compute's
AN_HOUR = 3600
MINUTES = 600  # seconds by which a clock may be wrong and its requests be taken
HOURS = 7200  # seconds by which it may lie ahead, so far that nobody could believe it
LEASE = (8.7, 9.4)  # seconds: about when a holder stops that has not heard of its renewal
BIT = 3  # seconds by which a Date of OSS's own may be wrong
# And one by which a holder's life is judged: leases have two seconds to spare, one for rounding.
BIT_OF_TIME = 1
STORMY = 0.85  # of the requests in a storm
QUOTAS = ("ServiceUnavailable", "TotalQpsLimitExceeded", "PartitionQpsLimitted")
REFUSALS_OF_FC = (
    (429, "ResourceExhausted"),
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
    (403, "AccessDenied"),
)


@dataclass(frozen=True)
class Fate:
    """What a request meets, and whether it is carried out all the same."""

    faults: tuple[Fault, ...] = ()
    carried_out: bool = True
    spared: frozenset[str] = frozenset()  # keys of a batch that are not deleted


class Fates:
    """Draws what goes wrong, until all is calm."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.random = Random(scene.seed * 7919 + 1)
        self.is_calm = False
        self._has_begun = False  # whether anything has been asked about the state
        self.stubborn = scene.stubborn  # keys that OSS refuses to delete

    def strikes(self, chance: float) -> bool:
        """Tell whether something happens that has this chance."""
        return not self.is_calm and self.random.random() < chance

    def seconds(self, about: object, pace: float, now: float) -> float:
        """Return how long a request takes that takes about so many seconds."""
        weather = self.scene.weather
        if self.is_calm:
            return 0.02
        of_state = isinstance(about, Request) and in_state(about)
        if of_state and not self._has_begun:
            self._has_begun = True
            if weather.slow_start:
                return weather.slow_start
        begins, ends = weather.stuck
        is_listing = isinstance(about, Request) and about.operation == "list"
        if of_state and is_listing and begins <= now - self.scene.epoch < ends:
            return self.random.uniform(25, 40)
        if self.strikes(weather.slow_state if of_state else weather.slow):
            just_late = self.random.uniform(*LEASE) if of_state else inf
            return self.random.choice((self.random.uniform(2, 50), 70.0, inf, just_late))
        return pace * self.random.uniform(0.5, 1.5)

    def given_up(self, about: object) -> Fate:
        """Return the fate of a request whose client has waited for too long."""
        # What is refused as a whole is not carried out either where nobody hears of it.
        carried_out = self.random.random() < 0.5 and not self._is_stubborn(about)
        return Fate((Reset("after" if carried_out else "before"),), carried_out)

    def of(self, request: Request, now: float, *, is_expired: bool) -> Fate:
        """Return the fate of a request whose time has come."""
        if self.scene.batchless and _is_batch_of_the_bucket(request):
            return _refused(501, "NotImplemented")
        if self._is_in_outage(request, now):
            return LOST
        if self._is_kept_out(request, now):
            return REFUSED
        if is_expired:
            return _refused(403, "SecurityTokenExpired")
        return self._without_answer(request, now) or self._answered(request)

    def _without_answer(self, request: Request, now: float) -> Fate | None:
        """Return the fate of a request that OSS itself tells nothing of, if it is one."""
        weather = self.scene.weather
        if self._in_storm(request, now) or self.strikes(weather.refused):
            return _refused(503, self.random.choice(QUOTAS))
        if self._are_deletions_sick(request, now):
            return _refused(500, "InternalError")
        if self.strikes(weather.reset):
            return self.given_up(request)
        if self.strikes(weather.gateway):
            return self._of_gateway(request)
        return None

    def _answered(self, request: Request) -> Fate:
        if self._is_stubborn(request):
            return _refused(409, "FileImmutable")
        return self._carried_out(request)

    def of_handover(self) -> tuple[bool, list[object]]:
        """Return whether an invocation is taken, and what is told of it."""
        if not self.strikes(self.scene.weather.handover):
            return True, []
        drawn = self.random.randrange(6)
        if drawn < len(REFUSALS_OF_FC):
            return False, [FcError(*REFUSALS_OF_FC[drawn], "Refused, as ordered.")]
        return drawn == len(REFUSALS_OF_FC), ["the connection is reset"]

    def _carried_out(self, request: Request) -> Fate:
        weather = self.scene.weather
        faults: list[Fault] = self._wrong_date(request)
        spared: frozenset[str] = frozenset()
        if request.operation == "list" and not self.is_calm:
            faults.append(ShortPage(self.scene.page))
        if request.operation == "batch_delete" and not in_state(request):
            if self.strikes(weather.withheld):
                spared = self._some(request.keys)
                faults.append(Withhold(spared))
            if self.strikes(weather.lost):
                faults.append(LoseFromAnswer(self._some(request.keys)))
        if request.operation in {"list", "batch_delete", "get"} and self.strikes(weather.cut):
            kind = self.random.choice((CutBody, CutXml))
            if request.operation != "get" or kind is CutBody:
                faults.append(kind(self.random.randrange(120)))
        return Fate(tuple(faults), spared=spared)

    def _of_gateway(self, request: Request) -> Fate:
        """Return what nobody but a gateway says, which knows less of the time than OSS."""
        status = self.random.choice((502, 503, 504))
        shift = self.random.choice((-AN_HOUR, MINUTES, AN_HOUR))
        fate = self.given_up(request)
        refusal = () if fate.carried_out else (Refuse(status, ""),)
        return Fate((*refusal, Gateway(status, shift)), fate.carried_out)

    def _wrong_date(self, request: Request) -> list[Fault]:
        if not self.strikes(self.scene.weather.wrong_date):
            return []
        if request.operation == "get":
            return [DateShift(self.random.choice((-BIT_OF_TIME, BIT_OF_TIME)))]
        return [DateShift(self.random.choice((-BIT, BIT, HOURS)))]

    def _is_in_outage(self, request: Request, now: float) -> bool:
        passed = now - self.scene.epoch
        return (
            not self.is_calm
            and in_state(request)
            and any(
                begins <= passed < begins + lasts for begins, lasts in self.scene.weather.outages
            )
        )

    def _is_stubborn(self, about: object) -> bool:
        if not isinstance(about, Request) or about.operation not in {"delete", "batch_delete"}:
            return False
        return bool(self.stubborn.intersection(about.touched))

    def _some(self, keys: tuple[str, ...]) -> frozenset[str]:
        return frozenset(self.random.sample(keys, self.random.randint(1, min(3, len(keys)))))

    def _in_storm(self, request: Request, now: float) -> bool:
        where = "state" if in_state(request) else "data"
        storms = self._storms(now)
        return any(meets in {where, "all"} and self.strikes(STORMY) for meets in storms)

    def _are_deletions_sick(self, request: Request, now: float) -> bool:
        """Tell whether OSS fails at each deletion for the time being."""
        is_deletion = request.operation in {"delete", "batch_delete"} and not in_state(request)
        return not self.is_calm and is_deletion and "deletions" in self._storms(now)

    def _is_kept_out(self, request: Request, now: float) -> bool:
        """Tell whether an answer beside a request file can't be written for the time being."""
        is_answer = request.operation == "put" and request.key.startswith(REQUESTS)
        return not self.is_calm and is_answer and "answers" in self._storms(now)

    def _storms(self, now: float) -> list[str]:
        """Return what each storm of the moment meets."""
        passed, storms = now - self.scene.epoch, self.scene.weather.storms
        return [meets for begins, lasts, meets in storms if begins <= passed < begins + lasts]


def in_state(request: Request) -> bool:
    """Tell whether a request is about the jobs' state."""
    about = (*request.touched, request.query.get("prefix", ""))
    return request.bucket != BUCKET or any(each.startswith(STATE) for each in about)


def _is_batch_of_the_bucket(request: Request) -> bool:
    return request.operation == "batch_delete" and request.bucket == BUCKET


def _refused(status: int, code: str) -> Fate:
    return Fate((Refuse(status, code),), carried_out=False)


LOST = Fate((Reset("before"),), carried_out=False)
REFUSED = _refused(503, "ServiceUnavailable")
