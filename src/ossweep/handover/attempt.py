"""One attempt to invoke a function: of which one, ended in time, and told of without secrets."""

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

CONNECT_SECONDS = 3.0
ALMOST_ALL = 0.9  # of an attempt's time: the client gives up by itself, and nothing is left behind
REQUEST_ID = "x-fc-request-id"  # FC names every request that it has answered, by both APIs
# FC 2.0 says StatefulAsyncInvocationAlreadyExists, with a status that its page "Task deduplication"
# gives as 409, and gave as 400 once. What FC 3.0 says is NOT ESTABLISHED.
TAKEN_CODE = re.compile("already_?exist|duplicat", re.IGNORECASE)
TAKEN_WORDS = re.compile("already exist|duplicat", re.IGNORECASE)
REFUSALS = range(400, 500)
CONFLICT = 409
PASSING = frozenset({408, 429})
THROTTLED = re.compile("Throttling|Resource(Exhausted|Throttled)")  # with whatever status
# Tokens, signatures and what was signed are longer than words; ids of requests have hyphens.
SECRET_LOOKING = re.compile(r"[A-Za-z0-9+/=%]{40,}")
HIDDEN = "***"


@dataclass(frozen=True)
class Function:
    """The function that is running, as its context tells of it."""

    name: str
    service: str | None  # of FC 2.0
    qualifier: str | None  # the alias or version that was invoked
    account_id: str
    region: str


class Credentials(Protocol):
    """What the function's role gives it."""

    @property
    def access_key_id(self) -> str:
        """The key's name."""

    @property
    def access_key_secret(self) -> str:
        """What requests are signed with."""

    @property
    def security_token(self) -> str | None:
        """What a temporary key needs beside it."""


def within(
    seconds: float,
    invoke: Callable[[], None],
    tell: Callable[[Exception], HandoverError | None],
) -> None:
    """
    Call what invokes a function, and come back within so many seconds, whatever happens.

    The clients' timeouts are those of single socket operations: an answer that trickles goes on
    for ever, and no timeout holds for looking up a name. What is not done in time is left to a
    daemon thread. `tell` says what an exception means, None being success. Raises HandoverError,
    whose past is empty: what the clients raise holds their requests' headers.
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
    Return what a refusal means: None if it says that the task is there already.

    Doubt about that is an error. A task held to be there that is not would end the chain in
    silence; one that is there twice finds its lease taken.
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
    Return what a failure means that is no refusal.

    It may pass, and the function may have been invoked. What cannot be sent at all is a ValueError,
    which quotes the header that is wrong; an answer that cannot be read is one, too.
    """
    code = type(error).__name__
    if isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError):
        return HandoverError(code, "the request cannot be sent", passing=False)
    # urllib3 says at the end what has happened, after the host, the path and the attempts.
    said = str(getattr(error, "message", None) or error).rpartition("Caused by ")[2]
    words = system_words(error) or _quoted(said, credentials)
    # A certificate that is not believed now will not be a second later.
    passing = not is_disbelieved(error)
    return HandoverError(code, words or "no answer", passing=passing)


def _quoted(words: str, credentials: Credentials) -> str:
    """Quote a server's words, without what it may have quoted of the request's secrets."""
    secrets = (credentials.security_token, credentials.access_key_secret, credentials.access_key_id)
    for secret in filter(None, secrets):
        words = words.replace(secret, HIDDEN)
    said = " ".join(SECRET_LOOKING.sub(HIDDEN, words).split())
    return quoted(said) if said else ""
