"""A job's records: small objects that tell who carries it on, and how far it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable  # noqa: TC003 - pydantic reads records by their types
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from ossweep.errors import Scope, StoreError
from ossweep.events import Reply  # noqa: TC001 - as above
from ossweep.helps import with_help
from ossweep.leases.orders import folder_of
from ossweep.leases.told import Told
from ossweep.names import JOB
from ossweep.stops import Why  # noqa: TC001 - as above
from ossweep.work import STATE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import TypeAdapter

    from ossweep.work import Work

FORM = 1  # of all records; what is written in a newer one is not read

PART = re.compile(r"(.+)-p\d+")  # of a job, whose name is what is in front
END = "end"
LEFT = "-left"
BEAT = "-beat"
CALLED = "-called"  # beside the record of a dead holder: somebody was called to take its place
_WRITING = re.compile(r"-w([0-9]{2,})")  # of one fence's record, after its first name
_OWN = re.compile(r"(?:-w[0-9]{2,}|-beat)$")  # what a holder writes beside that
_PLACE = re.compile(r"([0-9]{6,})-([0-9]{2,})")

# How a holder has left its hop.
How = Literal[
    "continued",  # the next invocation has been called, or was about to be
    "released",  # any event may go on with it: the same one again, or the continuation
    "stopped",  # nobody is to go on, as long as an order stands that it has obeyed
    "split",  # its parts go on, each a job of its own
]


@dataclass(frozen=True, order=True)
class Fence:
    """A hop, and which of its holders: a dead one is followed by one with the next epoch."""

    hop: int
    epoch: int = 1

    @property
    def name(self) -> str:
        """The name of its holder's record; names sort as fences do."""
        return f"{self.hop:06d}-{self.epoch:02d}"


FIRST = Fence(0)


@dataclass(frozen=True)
class Record:
    """
    A holder's report on its hop, written at its beginning and every few seconds.

    `beat` counts the reports; `continuation` is the work that was left then, None for a job that
    has just begun; `answer` is how far the job was then. `lease` is for how many seconds the holder
    may be at work though nothing is heard of it. Until the next report it may ask for `reserved`
    objects beside those that the continuation counts. `late` seconds had passed between the call of
    its handler and the first report. `began`, in Unix seconds by OSS's clock, is when the job began
    if its first holder died before it had left any work; `expected` is how many objects are
    probably left, where that can be told. `sent`, by the same clock, is when the report was sent,
    or earlier, as far as several answers tell: it may be carried out after its holder's death.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    holder: str
    lease: float
    reserved: int = 0
    late: int = 0
    beat: int = 0
    began: int | None = None
    continuation: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    expected: int | None = None
    sent: int = 0


def heartbeat(number: int, sent: int) -> bytes:
    """Return a sign of life; `sent` is as in a record."""
    return b"%d %d" % (number, sent)


def sent_of(content: bytes) -> int:
    """Return when a sign of life was sent; 0 if it does not say."""
    told = re.fullmatch(rb"\d{1,10} (\d{1,12})", content)
    return int(told[1]) if told else 0


@dataclass(frozen=True)
class Departure:
    """
    How a holder has left its hop; the rest is as in its record.

    `why` is the kind of reason for which it has stopped, if it has; `parts` are the continuations
    of the parts that a job has been split into. `orders` are the full names of the orders to stop
    that it has obeyed, none if it has stopped by itself.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    how: How
    continuation: dict[str, Any]
    answer: dict[str, Any] | None
    expected: int | None = None
    why: Why | None = None
    parts: list[dict[str, Any]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    @property
    def released(self) -> Departure:
        """The same departure, once all orders that it has obeyed were taken back."""
        changed = {"status": "unfinished", "reason": "a person has let it go on; nobody does yet"}
        answer = {**self.answer, **changed} if self.answer is not None else None
        return replace(self, how="released", answer=answer, why=None)

    @property
    def continued(self) -> Departure:
        """The same departure, once the next invocation has been called on a person's word."""
        changed = {"status": "continued", "reason": "a person has let it go on"}
        answer = {**self.answer, **changed} if self.answer is not None else None
        return replace(self, how="continued", answer=answer, why=None, orders=[])


@dataclass(frozen=True)
class End:
    """
    How a job has ended: its answer, why it has stopped if it has, and when it began, in Unix
    seconds by OSS's clock.

    `continuation` is the rest that a part leaves to the whole job, or the failed keys that may be
    tried once more. It holds until somebody takes up a later fence than the one it was written
    from. `reply` is where the answer belongs, if a request file has ordered the job. `more_hops`
    are its parts' invocations, as in a continuation.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    hop: int
    epoch: int
    began: int | None
    answer: dict[str, Any]
    continuation: dict[str, Any] | None = None
    why: Why | None = None
    reply: Reply | None = None
    more_hops: int = 0

    @property
    def fence(self) -> Fence:
        """Where it was written."""
        return Fence(self.hop, self.epoch)

    @property
    def rest(self) -> dict[str, Any] | None:
        """The failed keys that may be tried again; what a part leaves is the whole job's."""
        is_part = self.continuation is not None and self.continuation.get("part_of") is not None
        return None if is_part else self.continuation


@dataclass(frozen=True)
class Lease:
    """
    A hop that this invocation holds from now on.

    `continuation` is the work to go on with, if an earlier holder has left any; `began` is when the
    job began, in Unix seconds, if it is to be begun once more. `died` tells that a holder has died:
    it may have asked for up to `reserved` objects that nobody has counted. `is_to_stop` tells that
    the job was ordered to stop, `is_repeated` that an event has come once more, so that its keys
    may name other objects by now. `answer` is how far the job was, and `work` is the continuation
    once it was judged.
    """

    fence: Fence
    continuation: dict[str, Any] | None = None
    began: int | None = None
    died: bool = False
    reserved: int = 0
    is_to_stop: bool = False
    is_repeated: bool = False
    answer: dict[str, Any] | None = field(default=None, compare=False)
    work: Work | None = field(default=None, compare=False)


@dataclass(frozen=True)
class NotGranted:
    """
    The job is not this invocation's to carry on, for this reason.

    `answer` is how far it is, or how it has ended, and `why` the kind of reason for which it has
    stopped. `resend` are continuations that were handed over, or nearly were: they are handed over
    once more, as the holder of that `epoch` did, which can do no harm. `parts` are the parts of the
    job, some of which may have nobody; `is_lost` tells that they were called long ago. A part that
    has ended names the job that it was `part_of`, and a job that has ended where its answer
    belongs.
    """

    reason: str
    answer: dict[str, Any] | None = None
    why: Why | None = None
    resend: tuple[dict[str, Any], ...] = ()
    epoch: int = 1
    parts: tuple[dict[str, Any], ...] = ()
    is_lost: bool = False
    part_of: str | None = None
    reply: Reply | None = None


R = TypeVar("R", bound=Record | Departure | End)
_READERS: dict[type[Any], TypeAdapter[Any]] = {}


def written(record: Record | Departure | End) -> bytes:
    """
    Return a record as it is kept, once it has been read again.

    Raises StoreError for one that is too large, or that nobody could read.
    """
    content = {each.name: getattr(record, each.name) for each in fields(record)}
    document = json.dumps(
        {"form": FORM, **content}, ensure_ascii=False, separators=(",", ":"), default=asdict
    )
    # The reader decodes it so, too: a message of OSS's may hold half of a surrogate pair.
    text = document.encode(errors="surrogatepass")
    if len(text) > STATE_BYTES:
        words = with_help(f"the job's state would take {len(text):,} bytes", "StateTooLarge")
        raise StoreError("StateTooLarge", words, Scope.JOB)
    try:
        record_of(type(record), text)
    except StoreError as error:
        raise StoreError("NotReadable", error.message, Scope.JOB) from None
    return text


def record_of(kind: type[R], content: bytes) -> R:
    """Return the record in an object; raises StoreError if it holds anything else."""
    try:
        document = json.loads(content, parse_constant=_no_constant)
        form = document.pop("form", FORM)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise damaged() from None
    if form != FORM:
        words = (
            f"a job's record has the form {json.dumps(form)}, and this version of ossweep reads "
            f"{FORM}"
        )
        raise StoreError("NewerRecord", with_help(words, "NewerRecord"), Scope.JOB)
    try:
        record: R = _reader(kind).validate_python(document)
        if record.answer is not None:
            _reader(Told).validate_python(record.answer, strict=True)
    except (ValueError, RecursionError):
        raise damaged() from None
    sealed = [record.continuation, *(record.parts if isinstance(record, Departure) else ())]
    obeyed = record.orders if isinstance(record, Departure) else ()
    if not (all(map(_is_rest, sealed)) and all(map(folder_of, obeyed))):
        raise damaged()
    return record


def _is_rest(sealed: Mapping[str, Any] | None) -> bool:
    """Tell whether a continuation, if there is one, names its job; unsealing it checks the rest."""
    if sealed is None:
        return True
    job, numbers = sealed.get("job"), (sealed.get("hop"), sealed.get("more_hops", 0))
    are_numbers = all(isinstance(number, int) for number in numbers)
    return isinstance(job, str) and JOB.fullmatch(job) is not None and are_numbers


def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - most jobs read no record

    if kind not in _READERS:
        _READERS[kind] = TypeAdapter(kind)
    return _READERS[kind]


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN is no JSON


def damaged() -> StoreError:
    """Return the error of a record that nobody can read."""
    return StoreError("BadRecord", with_help("a job's record is damaged", "BadRecord"), Scope.JOB)


def fences(names: Iterable[str], ending: str = "") -> set[Fence]:
    """
    Return the fences that there are records of, or of objects whose names end so.

    Objects that a holder writes beside its record show that there was one, even if it was removed.
    """
    of_holders = (_OWN.sub("", name) for name in names) if not ending else names
    found = (
        _PLACE.fullmatch(name.removesuffix(ending)) for name in of_holders if name.endswith(ending)
    )
    all_fences = {Fence(int(each[1]), int(each[2])): each[0] for each in found if each}
    # A number written in another way names no fence: its record would not be found.
    return {fence for fence, name in all_fences.items() if fence.name == name}


def record_name(fence: Fence, writing: int) -> str:
    """
    Return the name that a holder's record has when it is written.

    A request without an answer may be carried out late, over anything that has its name by then. So
    the writing after such a request has another name.
    """
    return f"{fence.name}-w{writing:02d}" if writing else fence.name


def last_record(fence: Fence, names: Iterable[str]) -> str:
    """Return the name that a holder's record has been written by last."""
    endings = (name.removeprefix(fence.name) for name in names if name.startswith(fence.name))
    found = (_WRITING.fullmatch(ending) for ending in endings)
    writing = max((int(each[1]) for each in found if each), default=0)
    return record_name(fence, writing)


def last_fence(names: Iterable[str]) -> Fence | None:
    """Return the last hop that has had a holder, with its last holder."""
    return max(fences(names), default=None)
