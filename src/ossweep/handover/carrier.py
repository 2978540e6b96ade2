"""The carrier of a job's rest: the function invokes itself, asynchronously, once for a task."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from ossweep.errors import HandoverError, SettingsError
from ossweep.handover.attempt import PAYLOAD_BYTES, Credentials, Function
from ossweep.handover.fc_2_0 import FC2
from ossweep.handover.fc_3_0 import FC3

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.events import CarrierKind
    from ossweep.world import World

__all__ = [
    "PAYLOAD_BYTES",
    "Carrier",
    "Credentials",
    "Function",
    "choose",
    "deliver",
    "task_id",
]

ATTEMPTS = 6
FIRST_PAUSE = 0.5  # seconds; what FC itself begins with when it is asked to try again
LONGEST_PAUSE = 8.0
LONGEST_ATTEMPT = 10.0  # seconds; FC takes an event at once, or not at all
SHORTEST_ATTEMPT = 0.2
TASK_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")  # as FC takes them
READABLE = 40  # characters of a job's id that are kept where a digest stands for it


class Carrier(Protocol):
    """An API by which the running function can be invoked, with `most_bytes` of an event."""

    @property
    def most_bytes(self) -> int:
        """The longest event that it takes."""

    def prepare(self) -> None:
        """Import the client early, beside other work; otherwise the first attempt does it."""

    def send(self, event: bytes, task_id: str, seconds: float) -> None:
        """
        Invoke the function asynchronously: one attempt, of so many seconds at most.

        Returns if Function Compute has taken the event, now, or before under the same task id.
        Raises HandoverError.
        """


def choose(
    function: Function,
    endpoint: str | None,
    kind: CarrierKind | None,
    credentials: Credentials,
    certificates: tuple[str, ...] = (),
) -> Carrier:
    """
    Return the carrier that invokes the function: of `kind`, or else as the context says.

    A context that names a service is one of FC 2.0. The endpoint, a host name or a URL, is the
    account's internal one over HTTPS if none is given. `certificates` are files of authorities to
    believe, beside the world's. Raises SettingsError.
    """
    if not function.name:
        raise SettingsError("the context names no function, so that nothing can be handed over")
    url = _url(endpoint or _internal(function))
    if (kind or ("fc2" if function.service else "fc3")) == "fc3":
        return FC3(function, url, credentials, certificates)
    if not function.service:
        raise SettingsError(
            "OSSWEEP_CARRIER is fc2, and the context names no service, as FC 2.0's would: "
            "leave it out, or set fc3"
        )
    return FC2(function, url, credentials, certificates)


def deliver(
    carrier: Carrier, event: bytes, task_id: str, *, left: Callable[[], float], world: World
) -> None:
    """
    Send an event, again and again if need be, within the seconds that `left` returns.

    An attempt without an answer may have been carried out, so the task's id is the same each time.
    Pauses are random, up to a limit that doubles. Raises the last attempt's HandoverError.
    """
    failure = HandoverError("NoTime", "no time was left for it", passing=True)
    longest = FIRST_PAUSE
    for attempt in range(ATTEMPTS):
        pause = world.uniform(0, longest) if attempt else 0
        if left() - pause < SHORTEST_ATTEMPT:
            break
        if pause:
            world.sleep(pause)
            longest = min(2 * longest, LONGEST_PAUSE)
        try:
            carrier.send(event, task_id, _seconds(left()))
        except HandoverError as error:
            if not error.passing:
                raise
            failure = error
        else:
            return
    raise failure


def task_id(job: str, hop: int, epoch: int = 1) -> str:
    """
    Return the id of the task that is a job's hop, called by the holder of this epoch of the hop
    before. Each holder's task has an id of its own.

    A job's name that is too long, or has characters that FC does not take, becomes a digest.
    """
    number = str(hop) if epoch == 1 else f"{hop}e{epoch}"
    plain = f"ossweep-{job}-{number}"
    if TASK_ID.fullmatch(plain):
        return plain
    readable = re.sub("[^A-Za-z0-9-]+", "-", job[:READABLE])
    digest = sha256(job.encode(errors="surrogatepass")).hexdigest()[:32]
    return f"ossweep_{readable}_{digest}_{number}"


def _seconds(left: float) -> float:
    """Return an attempt's share of the time: half, so that there is time for another attempt."""
    return min(left, max(left / 2, 1.0), LONGEST_ATTEMPT)


def _internal(function: Function) -> str:
    if not (function.account_id and function.region):
        raise SettingsError(
            "the context does not say whose function it is, and where: set OSSWEEP_FC_ENDPOINT"
        )
    return f"{function.account_id}.{function.region}-internal.fc.aliyuncs.com"


def _url(endpoint: str) -> str:
    """Return `scheme://host`; fc2 would sign a slash at the end, and ask for two."""
    return (endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/")
