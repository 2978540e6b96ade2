"""What can go wrong at OSS or on the way, on order: each fault says which requests it meets."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from localcloud.arrivals import Request
from localcloud.signature import key_id_of
from localcloud.standing import Chance, Standing

KeyChoice = Collection[str] | Callable[[str], bool]


def chooses(choice: KeyChoice, key: str) -> bool:
    return choice(key) if callable(choice) else key in choice


@dataclass(frozen=True)
class Fault(Chance):
    """Meets the requests of some operations (None: of all), the first `times` or by chance."""

    operation: str | Collection[str] | None = field(default=None, kw_only=True)

    def concerns(self, request: Request) -> bool:
        if isinstance(self.operation, str):
            return request.operation == self.operation
        return self.operation is None or request.operation in self.operation


@dataclass(frozen=True)
class Latency(Fault):
    """The request waits before anything is done."""

    seconds: float


@dataclass(frozen=True)
class Before(Fault):
    """The test's own function is called before the operation is carried out."""

    operation: str | Collection[str] | None = field(kw_only=False)
    function: Callable[[Request], object]


@dataclass(frozen=True)
class After(Fault):
    """The test's own function is called once the operation is carried out, before the answer."""

    function: Callable[[Request], object]


@dataclass(frozen=True)
class AsTold(Fault):
    """The test's own function is asked what the request meets; it may take its time to answer."""

    function: Callable[[Request], Sequence[Fault]]


@dataclass(frozen=True)
class ShortPage(Fault):
    """A listing's page holds at most so many keys, whatever was asked for, as OSS is free to do."""

    keys: int


@dataclass(frozen=True)
class Refuse(Fault):
    """An error document; with `keys`, only to a request about one of them, a batch as a whole."""

    status: int
    code: str
    message: str = "Refused by the local OSS, as ordered."
    keys: KeyChoice | None = None

    def concerns(self, request: Request) -> bool:
        return super().concerns(request) and (
            self.keys is None or any(chooses(self.keys, key) for key in request.touched)
        )

    @property
    def settles(self) -> bool:
        return True


@dataclass(frozen=True)
class ErrorInside200(Fault):
    """An error document under a status of 200; nothing is done."""

    code: str
    message: str = "Refused by the local OSS, as ordered."

    @property
    def settles(self) -> bool:
        return True


@dataclass(frozen=True)
class OfBatches(Fault):
    """A fault that only batch deletions holding one of its keys can have."""

    keys: KeyChoice

    def concerns(self, request: Request) -> bool:
        return (
            super().concerns(request)
            and request.operation == "batch_delete"
            and any(chooses(self.keys, key) for key in request.keys)
        )


@dataclass(frozen=True)
class Withhold(OfBatches):
    """These keys are not deleted and not named in the answer: how OSS reports a failed key."""


@dataclass(frozen=True)
class LoseFromAnswer(OfBatches):
    """These keys are deleted and yet not named in the answer."""


@dataclass(frozen=True)
class Reset(Fault):
    """The connection is reset, before the operation or after it was carried out."""

    when: Literal["before", "after"] = "before"

    @property
    def settles(self) -> bool:
        return self.when == "before"


@dataclass(frozen=True)
class CutBody(Fault):
    """The connection is closed after so many bytes of a body announced in full."""

    after_bytes: int


@dataclass(frozen=True)
class CutXml(Fault):
    """The body ends after so many bytes, and its length says so: only the document is broken."""

    after_bytes: int


@dataclass(frozen=True)
class Trickle(Fault):
    """The body comes a byte at a time, for a minute at most."""

    seconds_between_bytes: float


@dataclass(frozen=True)
class DateShift(Fault):
    """The Date header is off by so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Gateway(Fault):
    """Something before OSS answers in its place: its own status and Date, and no request id."""

    status: int
    date_shift: float


@dataclass(frozen=True)
class NoDate(Fault):
    """The answer has no Date header."""


@dataclass(frozen=True)
class OfKey(Fault):
    """A fault that only requests signed with one access key can have."""

    access_key_id: str

    def concerns(self, request: Request) -> bool:
        return super().concerns(request) and key_id_of(request) == self.access_key_id


@dataclass(frozen=True)
class Dead(OfKey):
    """The process that signs with this key is gone, as of its request number `after` (from 1).

    That one's connection is reset before or after it was carried out; those of later ones before.
    """

    after: int = 1
    carried_out: bool = False

    def met(self, number: int) -> Fault | None:
        if number < self.after:
            return None
        return Reset("after" if number == self.after and self.carried_out else "before")


@dataclass(frozen=True)
class Expired(OfKey):
    """The security token that goes with this key is no longer valid."""

    def met(self, number: int) -> Fault | None:
        return Refuse(403, "SecurityTokenExpired", "The security token you provided has expired.")


class Faults(Standing[Fault]):
    """The faults that stand at OSS."""

    def met_by(self, request: Request) -> Sequence[Fault]:
        """The faults this request meets, oldest first, up to one that settles it."""
        met = self.striking(lambda fault: fault.concerns(request))
        told = [fault.function(request) for fault in met if isinstance(fault, AsTold)]
        return [*met, *(fault for faults in told for fault in faults)]
