"""One attempt to invoke a function: it ends in time, and its errors hold no secrets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from ossweep.causes import system_words
from ossweep.errors import HandoverError, code_of, quoted
from ossweep.trust import is_disbelieved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PAYLOAD_BYTES = 128 * 1024  # of an asynchronous invocation's event, the most that FC takes
CONNECT_SECONDS = 3.0
ALMOST_ALL = 0.9  # of an attempt's time, after which the client gives up: nothing is left behind
REQUEST_ID = "x-fc-request-id"  # FC names every request that it has answered, by both APIs
# FC 2.0 says StatefulAsyncInvocationAlreadyExists, with a status that its page "Task deduplication"
# gives as 409, and gave as 400 once. FC 3.0's words are NOT ESTABLISHED.
TAKEN_CODE = re.compile("already_?exist|duplicat", re.IGNORECASE)
TAKEN_WORDS = re.compile("already exist|duplicat", re.IGNORECASE)
REFUSALS = range(400, 500)
CONFLICT = 409
PASSING = frozenset({408, 429})
THROTTLED = re.compile("Throttling|Resource(Exhausted|Throttled)")  # with whatever status
# Tokens, signatures and signed texts are longer than words; ids of requests have hyphens.
SECRET_LOOKING = re.compile(r"[A-Za-z0-9+/=%]{40,}")
HIDDEN = "***"


@dataclass(frozen=True)
class Function:
    """The function that is running, as its context describes it."""

    name: str
    service: str | None  # of FC 2.0
    qualifier: str | None  # the alias or version that was invoked
    account_id: str
    region: str


class Credentials(Protocol):
    """The credentials of the function's role."""

    @property
    def access_key_id(self) -> str:
        """The key's name."""

    @property
    def access_key_secret(self) -> str:
        """The secret that signs requests."""

    @property
    def security_token(self) -> str | None:
        """The token that a temporary key needs beside it."""


def within(
    seconds: float,
    invoke: Callable[[], None],
    tell: Callable[[Exception], HandoverError | None],
) -> None:
    """
    Call `invoke`, and come back within so many seconds, whatever happens.

    The clients' timeouts are those of single socket operations: an answer that trickles goes on for
    ever, and looking up a name has no timeout. An attempt that is not done in time is left to a
    daemon thread. `tell` turns an exception into its error, or None for success. Raises
    HandoverError without a cause: the clients' own exceptions hold their requests' headers.
    """
    ended = Event()
    told: HandoverError | None = HandoverError("Unknown", "the attempt broke off", passing=True)

    def attempt() -> None:
        nonlocal told
        try:
            invoke()
        except HandoverError as error:
            told = error
        except ImportError as error:
            name = type(error).__name__
            told = HandoverError(name, "the client is not in the package", passing=False)
        except Exception as error:  # noqa: BLE001 - the clients raise anything
            told = tell(error)
        else:
            told = None
        finally:
            ended.set()

    Thread(target=attempt, name="handover", daemon=True).start()
    if not ended.wait(seconds):
        raise HandoverError("Timeout", f"no answer within {seconds:.1f} s", passing=True)
    if told is not None:
        raise told


def timeouts(seconds: float) -> tuple[float, float]:
    """Return the seconds for connecting, and for each piece of the answer."""
    seconds *= ALMOST_ALL
    connect = min(CONNECT_SECONDS, seconds / 2)
    return connect, seconds - connect


def check_accepted(headers: Iterable[str]) -> None:
    """Raise HandoverError unless an answer that is no refusal has the headers of FC."""
    if REQUEST_ID not in {name.lower() for name in headers}:
        raise HandoverError(
            "NotFunctionCompute", "another server has answered at the endpoint", passing=False
        )


def refusal(status: int, code: str, words: str, credentials: Credentials) -> HandoverError | None:
    """
    Return the error of a refusal, or None if it says that the task is there already.

    Doubt about that is an error. If a task were wrongly taken to be there, the chain would end in
    silence; a task that is there twice only finds its lease taken.
    """
    if status in REFUSALS and TAKEN_CODE.search(code):
        return None
    if status == CONFLICT and TAKEN_WORDS.search(words):
        return None
    passing = status not in REFUSALS or status in PASSING or bool(THROTTLED.match(code))
    if code_of(code) != code and code:
        code, words = code_of(code), f"{code}: {words}"
    return HandoverError(
        code or str(status),
        _quoted(words, credentials) or f"refused with status {status}",
        passing=passing,
    )


def unanswered(error: Exception, credentials: Credentials) -> HandoverError:
    """
    Return the error of a failure that is no refusal.

    It may pass, and the function may have been invoked. A request that cannot be sent at all is a
    ValueError, which quotes the wrong header; so is an answer that cannot be read.
    """
    code = type(error).__name__
    if isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError):
        return HandoverError(code, "the request cannot be sent", passing=False)
    # urllib3 tells at the end what has happened, after the host, the path and the attempts.
    said = str(getattr(error, "message", None) or error).rpartition("Caused by ")[2]
    words = system_words(error) or _quoted(said, credentials)
    # A certificate that is not believed now will not be a second later.
    passing = not is_disbelieved(error)
    return HandoverError(code, words or "no answer", passing=passing)


def _quoted(words: str, credentials: Credentials) -> str:
    """Quote a server's words, without the request's secrets that it may have quoted."""
    secrets = (credentials.security_token, credentials.access_key_secret, credentials.access_key_id)
    for secret in filter(None, secrets):
        words = words.replace(secret, HIDDEN)
    said = " ".join(SECRET_LOOKING.sub(HIDDEN, words).split())
    return quoted(said) if said else ""
