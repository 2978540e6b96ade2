"""
Everything ossweep raises on purpose.

* SweepError
  - RequestError    the event cannot be read as an order; nothing of it was deleted
  - PolicyError     the order asks for more than this deployment allows; nothing of it was deleted
  - SettingsError   the deployment is set up wrongly; nothing was deleted
  - StoreError      OSS refused a request for good, or could not be reached
  - UndoneError     some jobs of an event were not done, and its source shall send it again
  - HandoverError   the rest of a job could not be handed to the next invocation
* Closed            no request may start any more: a turn of the road, not a fault
"""

from __future__ import annotations

import json
import re
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CODE = re.compile(r"[A-Z][A-Za-z0-9]{0,63}(?:\.[A-Z][A-Za-z0-9]{0,31})?|HTTP [0-9]{1,3}")
FIELD = re.compile("[A-Za-z0-9_]{1,40}")
UNKNOWN = "UnknownCode"  # what a code is called that is not written like one
# A bucket of this kind has no such request, whatever the status is; no permission changes that.
NO_SUCH_REQUEST = frozenset({"NotImplemented", "HTTP 501"})
NO_SUCH_KEY = "NoSuchKey"  # there is no object of that name, or not any more
# With 409, a directory in a bucket whose namespace is hierarchical: DeleteObject takes it when
# nothing is left in it.
NOT_EMPTY = "FileAlreadyExists"
LONGEST_SAID = 300  # characters of others' words that a sentence holds


def quoted(words: str) -> str:
    """
    Return others' words as a sentence holds them: in quotation marks, short and in one line.

    They may name a key, and the log leaves out everything in quotation marks.
    """
    return json.dumps(words if len(words) <= LONGEST_SAID else words[:LONGEST_SAID] + "...")


def place_of(steps: Iterable[object]) -> str:
    """Name the place of something in a document, whose fields anybody may have named."""
    named = (str(step) for step in steps)
    return ".".join(each if FIELD.fullmatch(each) else quoted(each) for each in named)


def code_of(text: str) -> str:
    """Return a code as a sentence names it: one that is not written like one is anybody's text."""
    return text if CODE.fullmatch(text) else UNKNOWN


class SweepError(Exception):
    """
    An error of ossweep; its message is one sentence for a person.

    `about` names the job and the bucket that were at work when it was raised, for its log line.
    `answer` tells how that job is left, if it may have deleted anything.
    """

    about: Mapping[str, str] = MappingProxyType({})
    answer: Mapping[str, Any] | None = None


class RequestError(SweepError):
    """The event cannot be read as an order."""


class PolicyError(SweepError):
    """The order asks for something that this deployment does not allow."""


class SettingsError(SweepError):
    """The deployment's settings, credentials or time limit do not allow any work."""


class UndoneError(SweepError):
    """
    Some of an event's jobs were not done; raised where only that makes FC try again.

    `answers` are those of the event's jobs, as far as there are any.
    """

    def __init__(self, sentence: str, answers: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(sentence)
        self.answers = answers


class Scope(Enum):
    """What an error of OSS is about, and so how much of the work it ends."""

    PASSING = "passing"  # this moment: the same request may succeed later
    KEYS = "keys"  # some of the keys asked for: the others may still be deleted
    JOB = "job"  # the bucket or the credentials: no request of this job will succeed


class StoreError(SweepError):
    """
    OSS refused a request for good, or could not be reached in all the attempts it was given.

    `code` is OSS's own (`AccessDenied`), or the name of the failure of the connection. `message` is
    part of a sentence, and ours; `said` is what OSS says, word for word. `answered` tells whether
    anybody has answered.
    """

    def __init__(
        self, code: str, message: str, scope: Scope, *, said: str = "", answered: bool = True
    ) -> None:
        self.code = code_of(code)
        if self.code != code:
            said = f"{code}: {said}"
        self.message = message
        self.said = said
        self.scope = scope
        self.answered = answered
        super().__init__(f"{self.code}: {self.words}" if self.words else self.code)

    @property
    def words(self) -> str:
        """The part of a sentence about it beside its code."""
        return ": ".join(each for each in (self.message, self.said and quoted(self.said)) if each)


class HandoverError(SweepError):
    """
    The rest of a job could not be handed to the next invocation.

    `code` is Function Compute's own (`ResourceExhausted`), or the name of the failure on the way.
    `passing` says that the same attempt may succeed later. It may even have succeeded, unseen.
    """

    def __init__(self, code: str, message: str, *, passing: bool) -> None:
        super().__init__(f"the rest could not be handed over: {code}: {message}")
        self.code = code
        self.message = message
        self.passing = passing


NO_TIME = "no time was left for it"  # what is said where the gate was closed


class Closed(Exception):  # noqa: N818 - it says that the gate is closed, and is nobody's error
    """
    The gate lets no request through any more: time is up, or OSS refuses everything.

    Its text, if it has one, tells what the requests before have met.
    """


def out_of_time(closed: Closed) -> UndoneError:
    """Return the error of a job whose state could not be read or written in time."""
    met = f": {closed}" if str(closed) else ""
    return UndoneError(f"time ran out before the job's state was read or written{met}")
