"""Shows ossweep at work: `make run` on the local cloud, or on a real bucket that is named to it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from localcloud.demo_plans import (
    application_of,
    applies_a_plan,
    forget_pages,
    is_dry_run,
    show_plans,
)
from localcloud.function import Ended, ended_as, log_entry
from localcloud.stage import BUCKET, Stage, local_stage, real_stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.progress import TaskID

    from localcloud.fc import LocalFc
    from localcloud.fc_clients import Remote
    from localcloud.function import Function

DEFAULT_EVENT = Path(__file__).parents[2] / "events" / "direct" / "prefix.json"
COLUMNS = ("status", "listed", "deleted", "bytes", "skipped", "failed", "remaining", "seconds")
SHOWN = 500  # characters of an event
LONGEST_CHAIN = 600  # seconds
FAILURES_SHOWN = 10
WIDE = 80  # columns that a table of terabytes takes
BAD = frozenset({"incomplete", "unfinished", "stopped", "refused"})
CEILING = re.compile(r"limits\.(?:objects|bytes)|OSSWEEP_MAX_OBJECTS")
UNUSABLE = 2  # what a command that was given nothing to use exits with
INTERRUPTED = 130  # as shells have it
NO_PLAN = (
    "This event applies a plan by its id, and here no dry run has left one. Name the event of what "
    "is to be deleted: it is planned first, and that plan is applied."
)

console = Console(highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Send an event, show what happened, and return 0 if nothing has failed."""
    options = _options(arguments)
    try:
        event = options.event.read_bytes()
    except OSError as error:
        shown = escape(json.dumps(str(options.event)))
        console.print(f"There is no event in {shown}: {error.strerror}. Name a file of events/.")
        return UNUSABLE
    forget_pages(options.page)
    if applies_a_plan(event):
        console.print(NO_PLAN)
        return UNUSABLE
    met = Met()
    try:
        return _run(options, event, met)
    except KeyboardInterrupt:
        console.print(f"\nInterrupted. {met.sentence(local=not options.real_bucket)}")
        return INTERRUPTED


@dataclass
class Met:
    """What the log has told last, for whoever interrupts the run."""

    job: str = ""
    deleted: int = 0
    listed: int = 0
    deletes: bool = False  # whether it is no dry run

    def follow(self, line: dict[str, Any]) -> None:
        """Take note of a line of the log."""
        self.job = line.get("job", self.job)
        self.deleted = line.get("deleted", self.deleted)
        self.listed = line.get("listed", self.listed)
        self.deletes = self.deletes or line.get("dry_run") is False

    def sentence(self, *, local: bool) -> str:
        """Say how far it was, and how to go on."""
        far = f"The job {self.job} had listed {self.listed:,} and deleted {self.deleted:,} objects"
        if not self.job:
            far = "Nothing had begun"
        if local:
            return f"{far}; the local bucket is gone with it. The same command begins anew."
        more = ", and perhaps some more that nobody has counted" if self.deletes else ""
        return f"{far}{more}. The same command goes on with what is left."


def _run(options: Any, event: bytes, met: Met) -> int:
    with ExitStack() as stack:
        real = options.real_bucket
        stage = real_stage(real) if real else local_stage(stack, console, options.timeout)
        shown = "/".join(options.event.parts[-2:])  # the folder says who sends it
        console.print(f"[bold]{shown}[/]  {_on_one_line(event)}\n", soft_wrap=True)
        planned = send(stage.planning, event, "dry run", None, met)
        if planned is None or "examples" in planned:
            return int(planned is None)
        show_plans(console, _sweeps(planned), options.page)
        if is_dry_run(event):
            console.print("Nothing was deleted: the event asks for a dry run.")
            return int(has_failed(planned))
        if real and not options.delete:
            console.print("Nothing was deleted. To delete it, add DELETE=yes to the command.")
            return int(has_failed(planned))
        expected = sum(answer["remaining"] for answer in _sweeps(planned))
        applies = application_of(event, _sweeps(planned))
        if applies is not None:
            console.print(f"[bold]Apply it[/]  {escape(applies.decode())}\n", soft_wrap=True)
        answer = send(stage.deleting, applies or event, "deletion", expected, met)
        if stage.fc is not None and answer is not None and _has(answer, "continued"):
            answer = follow(stage.fc, expected, met)
        while answer is not None and (rest := _continuations(answer)):
            answer = send(stage.deleting, json.dumps(rest).encode(), "goes on", None, met)
        if answer is None:
            return 1
        _show_what_is_left(stage)
        return int(has_failed(answer))


def has_failed(answer: Any) -> bool:
    """Tell whether anything in an answer is no good end; a ceiling that is reached is one."""
    bad = [each for each in _sweeps(answer) if each["status"] in BAD]
    is_refused = answer.get("statusCode", 200) >= 400
    return is_refused or any(not CEILING.search(each["reason"] or "") for each in bad)


def send(
    function: Function | Remote, event: bytes, what: str, expected: int | None, met: Met
) -> Any:
    """Invoke a function with a bar that follows its log, show how it ended, return its answer."""
    with _bar(what, expected, met) as bar:
        ended = function.invoke(event, on_log=bar.follow)
        bar.end(ended)
    _show(ended)
    return ended.answer


def follow(fc: LocalFc, expected: int | None, met: Met) -> Any:
    """Follow the invocations that call each other, show each, and return the last one's answer."""
    with _bar("goes on", expected, met) as bar:
        fc.on_log = lambda line: bar.follow(log_entry(line))
        fc.wait(LONGEST_CHAIN)
        called = [ended_as(each.outcome) for each in fc.invocations if each.type == "Async"]
        bar.end(called[-1])
    for ended in called:
        _show(ended)
    return called[-1].answer


@dataclass(frozen=True)
class Bar:
    """A bar that shows how many objects are deleted, or listed where nobody knows how many."""

    progress: Progress
    task: TaskID
    shows: str
    met: Met

    def follow(self, line: dict[str, Any]) -> None:
        """Show what a line of the log tells."""
        self.met.follow(line)
        if self.shows in line:
            self.progress.update(self.task, completed=line[self.shows])

    def end(self, ended: Ended) -> None:
        """Show all that was met, if the invocation has told."""
        if ended.answer is not None and not _has(ended.answer, "continued"):
            met = sum(answer["listed"] for answer in _sweeps(ended.answer))
            self.progress.update(self.task, completed=met, total=met)


@contextmanager
def _bar(what: str, expected: int | None, met: Met) -> Iterator[Bar]:
    columns = (TextColumn("{task.description:9}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(what, total=expected)
        yield Bar(progress, task, "deleted" if expected else "listed", met)


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("event", nargs="?", type=Path, default=DEFAULT_EVENT)
    parser.add_argument(
        "--timeout",
        type=int,
        metavar="SECONDS",
        help="of an invocation, at a slow rate: what does not fit goes on in the next ones",
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="to write the plan's page to")
    parser.add_argument("--real-bucket", metavar="NAME")
    parser.add_argument("--delete", action="store_true", help="not only plan, on a real bucket")
    return parser.parse_args(arguments)


def _sweeps(answer: Any) -> list[dict[str, Any]]:
    """Return the answers of the sweeps in an answer, be it one, several, or an HTTP response's."""
    if "statusCode" in answer:
        answer = json.loads(answer["body"])
    answers: list[dict[str, Any]] = answer.get("answers", [answer])
    return [each for each in answers if "listed" in each]


def _has(answer: Any, status: str) -> bool:
    return any(each["status"] == status for each in _sweeps(answer))


def _continuations(answer: Any) -> list[Any]:
    return [each["continuation"] for each in _sweeps(answer) if each["status"] == "unfinished"]


def _show(ended: Ended) -> None:
    if ended.error is not None:
        console.print(
            f"raised: {ended.error['errorType']}: {escape(ended.error['errorMessage'])}\n"
        )
    elif ended.answer is None:
        console.print("the function was killed at its time limit\n")
    elif sweeps := _sweeps(ended.answer):
        _show_sweeps(sweeps)
    else:
        body = ended.answer.get("body", json.dumps(ended.answer))
        console.print(escape(json.dumps(json.loads(body), indent=2)))


def _show_sweeps(answers: list[dict[str, Any]]) -> None:
    rows = [[_written(answer[name]) for name in COLUMNS] for answer in answers]
    if console.width >= WIDE:
        table = Table(box=None, pad_edge=False)
        for name in COLUMNS:
            table.add_column(name, justify="left" if name == "status" else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    else:
        for row in rows:
            for name, value in zip(COLUMNS, row, strict=True):
                console.print(f"{name:9} {value}")
    for answer in answers:
        show_more(answer)
    console.print()


def _written(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def show_more(answer: dict[str, Any]) -> None:
    """Show what an answer tells beside its numbers."""
    console.print(escape(f"job {answer['job']}"))
    if answer["reason"]:
        console.print(escape(answer["reason"]))
    for reason, count in answer["skipped_because"].items():
        console.print(f"{count:,} skipped: {reason}")
    for failure in answer["failures"][:FAILURES_SHOWN]:
        console.print(escape(f"failed: {json.dumps(failure['key'])}: {failure['code']}"))
    more = answer["failed"] - min(len(answer["failures"]), FAILURES_SHOWN)
    if more > 0:
        console.print(f"and {more:,} more that have failed")
    for example in answer.get("examples", ()):
        console.print(escape(json.dumps(example)))


def _show_what_is_left(stage: Stage) -> None:
    """Count what is left in the local bucket, by its first directories."""
    if stage.oss is None:
        return
    left: dict[str, int] = {}
    for key in stage.oss.keys(BUCKET):
        top = key.partition("/")[0] + "/" if "/" in key else key
        left[top] = left.get(top, 0) + 1
    table = Table(title="Left in the bucket", title_justify="left", box=None)
    table.add_column("below")
    table.add_column("objects", justify="right")
    for top, count in left.items():
        table.add_row(escape(json.dumps(top)[1:-1]), f"{count:,}")
    console.print(table)


def _on_one_line(event: bytes) -> str:
    text = " ".join(event.decode(errors="replace").split())
    return escape(text if len(text) < SHOWN else text[:SHOWN] + "…")


if __name__ == "__main__":
    sys.exit(main())
