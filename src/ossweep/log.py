"""
The log: lines that machines read, each a JSON document of ASCII, and the lines of a job.

Keys are other people's data, and a continuation holds thousands of them: neither is written. In
sentences, words and names of others stand in quotation marks, and the log leaves quotations out.
The answer or the error itself has them whole. What ossweep quotes of itself, such as a field
to write, is told: its sentences are known, and each is compared whole.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from ossweep.errors import HandoverError, SweepError, UndoneError
from ossweep.events import CONTINUATION_MARK
from ossweep.late import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ossweep.engine.sweep import Progress
    from ossweep.work import Work

# The logger's language of queries, by which it could find an id in an event.
UNUSED = frozenset({"aws_lambda_powertools.utilities.jmespath_utils"})
with waiting(UNUSED):
    from aws_lambda_powertools import Logger

PREFIXES_SHOWN = 20
LINES_ALIKE = 100  # of one invocation; the others are counted
LONGEST_TEXT = 1000  # characters of a field
MOST_INSIDE = 40  # elements of a field's value
HIDDEN = '"..."'
# The fields of an answer in the line of a sweep's end: those that can name no key.
_AT_THE_END = (
    "status",
    "reason",
    "dry_run",
    "listed",
    "deleted",
    "bytes",
    "failed",
    "skipped",
    "remaining",
    "skipped_because",
    "at_least",
    "requests_made",
    "seconds",
    "errors",
)
_JOB_KEYS = ("job", "bucket")
_PROGRESS = "sweeping"  # the time between two of these bounds their number
# A quotation that does not end is one, too.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
# Texts in front of a quotation that is no key, and the form of such a name.
_NAMES = (
    "bucket ",
    "field ",
    "the plan ",
    "no plan ",
    '"apply": ',
    '"job": ',
    '"do": ',
    'to confirm it write "confirm": ',
)
_NAME = re.compile(r'"[A-Za-z0-9_-]{1,100}"')
# A list's key is told as prefixes are, if it is written as plainly.
_LIST, _LIST_KEY = "the list ", re.compile(r'"[A-Za-z0-9_./-]{1,100}"')
# The names of fields that sentences show with their values.
_FIELDS = frozenset(
    f'"{name}"'
    for name in (
        "job",
        "do",
        "after",
        "bucket",
        "keys",
        "prefix",
        "directory",
        "requests",
        "null_versions",
        "dry_run",
        "apply",
    )
)
# What ossweep quotes of itself, with so much of its sentences that no key can stand there.
_OWN = (
    'write "everything": true and "confirm": "<the bucket\'s name>"',
    '`confirm` confirms "everything": true,',
    'to confirm it write "confirm": "',
    'write "bucket": "<name>"',
    'such as {"bucket": "examplebucket", "keys": ["exampledir/a.txt"]}',
    'such as {"bucket": "examplebucket", "keys": ["exampledir/a.txt"], "dry_run": true}',
    'an object such as {"objects": 1000}',
    'an object such as {"older_than": "30d", "match": "**/*.log"}',
    'an object such as {"at_least": "1MB"}',
    'an object such as {"IA": 0.08}',
    '{"currency": "CNY", "gb_month": {"IA": 0.08}, "put": {"IA": 0.1}, "get": {"IA": 0.1}}, where',
    'JSON such as {"currency": "CNY", "gb_month": {"IA": 0.08}, "put": {"IA": 0.1}}',
    'the same request with "dry_run": true',
    'and then {"apply": "..."} with the id of the plan in its answer',
    'an object such as {"project": "demo"}',
    'such as {"objects": 10, "bytes": "1GB"}',
    'a duration such as "30d" or "36h",',
    'a date with its zone such as "2026-05-01Z"',
    'its unit, such as "1MB" or "10MiB"',
    'not all of one length: write days, such as "30d" or "365d"',
    'say the age, such as "older_than": "30d"',
    '"null_versions": "lose"',
    'stands in `only`: write "prefix": "logs/", "only": {"match": "*.log"}',
    'or write "current", which deletes',
    '`unfinished` is "continue", and the deployment has no place',
    'write "return", or set OSSWEEP_STATE',
    'and no "unfinished": "return"; leave `parallel` out',
    'write {"on": ..., "key": ..., "delete": ...}',
    'write either "run" or "delete"',
    'write "run": "request", or "run": "manifest"',
    '"run" reads the object',
    'is said of lists, beside "run": "manifest"; leave it out',
    'what a request says of a list, such as {"format": "csv"}, or leave it out',
    'write the key prefix, such as "a/", or the bucket\'s name,',
    'a slash and the prefix, such as "examplebucket/a/"',
)
_OWN_QUOTED = frozenset(
    (phrase[: found.start()], found[0], phrase[found.end() :])
    for phrase in _OWN
    for found in _QUOTED.finditer(phrase)
)
_PLAIN = re.compile("[A-Za-z0-9_, ]{1,64}")  # the name of a field of a line, or of what it counts
_CONTINUATION = f'{{"{CONTINUATION_MARK}"'


def open_log(service: str = "ossweep", stream: IO[str] | None = None) -> Logger:
    """Return the logger; its lines say in which file and function they were written."""
    return Logger(
        service=service,
        stream=stream,
        json_serializer=line_of,
        location="%(filename)s:%(funcName)s:%(lineno)d",
    )


def line_of(document: Mapping[str, Any]) -> str:
    """
    Return the line that is written for a document: JSON in printable ASCII; raises nothing.

    JSON in ASCII alone leaves nothing that an editor, a terminal or a collector of logs could take
    for the end of a line, or for a direction to write in. A value that JSON has not is named by its
    class: what it would say of itself may be a secret.
    """
    try:
        line = json.dumps(
            _printable(document),
            separators=(",", ":"),
            default=lambda value: type(value).__name__,
            allow_nan=False,
        )
    except (ValueError, TypeError, RecursionError) as error:
        kept = {name: str(document.get(name)) for name in ("level", "message", "timestamp")}
        line = json.dumps({**kept, "unwritable": type(error).__name__})
    return line.replace("\x7f", "\\u007f")


@contextmanager
def bounded(logger: Logger) -> Iterator[None]:
    """Let one invocation write so many lines of each kind; tell at its end what was left out."""
    bound = _Bound()
    logger.addFilter(bound)
    try:
        yield
    finally:
        logger.removeFilter(bound)
        if bound.left_out:
            logger.warning("lines left out", left_out=bound.left_out)


@contextmanager
def about(logger: Logger, **names: str) -> Iterator[None]:
    """Name a job, and its bucket, in all lines written meanwhile and in an error that is raised."""
    logger.append_keys(**names)
    try:
        yield
    except SweepError as error:
        known = logger.get_current_keys()
        error.about = {name: str(known[name]) for name in _JOB_KEYS if name in known}
        raise
    finally:
        logger.remove_keys(_JOB_KEYS)


def refused(logger: Logger, refusal: SweepError) -> None:
    """Write the line of a refusal, or of an error that is raised so that its event comes again."""
    names: dict[str, Any] = dict(refusal.about)
    error, reason = type(refusal).__name__, str(refusal)
    is_refusal = refusal.answer is None and not isinstance(refusal, UndoneError | HandoverError)
    message = "refused" if is_refusal else "raised"
    logger.error(message, error=error, reason=reason, stacklevel=3, **names)


def ended(logger: Logger, answer: Mapping[str, Any], *, well: bool) -> None:
    """Tell how a job is left after its sweep: what the answer says, but for its lists."""
    shown = {name: answer[name] for name in (*_JOB_KEYS, *_AT_THE_END) if name in answer}
    if "plan" in answer:
        plan = answer["plan"]
        shown["plan"] = plan["id"]
        shown |= {name: plan[name] for name in ("as_planned",) if name in plan}
    write = logger.info if well else logger.error
    write("sweep ends", stacklevel=3, **shown)


class _Bound(logging.Filter):
    """Counts an invocation's lines by their messages, and lets so many of each pass."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: Counter[str] = Counter()

    @property
    def left_out(self) -> dict[str, int]:
        return {
            message: count - LINES_ALIKE
            for message, count in self._seen.items()
            if count > LINES_ALIKE
        }

    def filter(self, record: logging.LogRecord) -> bool:
        message = str(record.msg)
        if message == _PROGRESS:
            return True
        self._seen[message] += 1
        return self._seen[message] <= LINES_ALIKE


def _printable(value: Any) -> Any:
    """Return a value with all texts as they may stand in the log."""
    if isinstance(value, str):
        return _without_quotations(value)
    if isinstance(value, dict):
        some = islice(value.items(), MOST_INSIDE)
        return {_plain(str(name)): _printable(each) for name, each in some}
    if isinstance(value, list | tuple):
        return [_printable(each) for each in value[:MOST_INSIDE]]
    return value


def _without_quotations(text: str) -> str:
    """Hide continuations and keys: what is quoted, unless it is said to be another name."""
    if _CONTINUATION in text:
        text = _without_continuations(text)
    text = _QUOTED.sub(_hidden, text)  # first: a cut would open a quotation
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "..."


@lru_cache(maxsize=1024)  # names of fields, again and again
def _plain(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else HIDDEN


def _without_continuations(text: str) -> str:
    kept, *others = text.split(_CONTINUATION)
    for other in others:
        try:
            _, end = json.JSONDecoder().raw_decode(_CONTINUATION + other)
        except (ValueError, RecursionError):
            return f"{kept}{{...}}"
        kept += "{...}" + other[end - len(_CONTINUATION) :]
    return kept


def _hidden(quotation: re.Match[str]) -> str:
    text, end = quotation.string, quotation.end()
    if text.startswith(":", end):
        is_known = quotation[0] in _FIELDS
    else:
        before_name = text.endswith(_NAMES, 0, quotation.start())
        is_known = before_name and _NAME.fullmatch(quotation[0]) is not None
        if text.endswith(_LIST, 0, quotation.start()):
            is_known = _LIST_KEY.fullmatch(quotation[0]) is not None
    return quotation[0] if is_known or _is_own(quotation) else HIDDEN


def _is_own(quotation: re.Match[str]) -> bool:
    """Tell whether a quotation is one of ossweep's own, in its own words before and after it."""
    text, start, end = quotation.string, quotation.start(), quotation.end()
    return any(
        quotation[0] == own and text.endswith(before, 0, start) and text.startswith(after, end)
        for before, own, after in _OWN_QUOTED
    )


@dataclass
class Log:
    """Writes a job's lines. `every` is the time between two lines of progress, in seconds."""

    logger: Logger
    work: Work
    clock: Callable[[], float]
    every: float
    _began: float = field(init=False)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self._last = self.clock()

    def start(self, seconds_left: float) -> None:
        """Tell what is going to be done."""
        work = self.work
        self._line(
            "sweep starts",
            hop=work.hop,
            dry_run=work.dry_run,
            keys=len(work.keys),
            prefixes=[each.prefix for each in work.ranges[:PREFIXES_SHOWN]],
            lists=[each.request.key for each in work.lists[:PREFIXES_SHOWN]],
            only=work.only is not None,
            **({} if work.applies is None else {"plan": work.applies}),
            seconds_left=round(seconds_left, 1),
        )

    def progress(self, progress: Progress) -> None:
        """Tell how far the sweep is, if it is time to."""
        now = self.clock()
        if now - self._last < self.every:
            return
        self._last = now
        counts = progress.counts
        here = counts.deleted - self.work.counts.deleted
        self._line(
            _PROGRESS,
            listed=progress.listed,
            deleted=counts.deleted,
            failed=counts.failed,
            skipped=sum(counts.skipped.values()),
            deleted_per_second=round(here / (now - self._began), 1),
            seconds_left=round(progress.seconds_left, 1),
        )

    def _line(self, message: str, **fields: Any) -> None:
        # The line names the caller of the method that calls this one.
        self.logger.info(
            message, job=self.work.job, bucket=self.work.bucket, stacklevel=4, **fields
        )
