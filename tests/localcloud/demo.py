"""Shows ossweep at work: `make run` on the local OSS, or on a real bucket that is named to it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from localcloud.faults import Latency
from localcloud.function import Ended, Function
from localcloud.oss import LocalOss
from localcloud.signature import Credentials
from localcloud.tree import plant

if TYPE_CHECKING:
    from collections.abc import Sequence

BUCKET = "examplebucket"
EVENTS = Path(__file__).parents[2] / "events"
DEFAULT_EVENT = EVENTS / "prefix.json"
NEEDED = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSSWEEP_ENDPOINT", "OSSWEEP_REGION")

console = Console(highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Send an event as a dry run and then in earnest, and show what happened."""
    options = _options(arguments)
    event = options.event.read_bytes()
    with ExitStack() as stack:
        real = options.real_bucket
        stage = _real_stage(real) if real else _local_stage(stack)
        console.print(f"[bold]{options.event.name}[/]  {_on_one_line(event)}\n", soft_wrap=True)
        planned = stage.send(_dry(event), "dry run", None)
        if planned is None:
            return 1
        if real and not options.delete:
            console.print("\nNothing was deleted. To delete it: make run … DELETE=yes")
            return 0
        expected = sum(answer["remaining"] for answer in _answers(planned))
        done = stage.send(event, "deletion", expected)
        if done is None:
            return 1
        stage.show_what_is_left()
    return 0


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("event", nargs="?", type=Path, default=DEFAULT_EVENT)
    parser.add_argument("--real-bucket", metavar="NAME")
    parser.add_argument("--delete", action="store_true", help="not only plan, on a real bucket")
    return parser.parse_args(arguments)


@dataclass(frozen=True)
class Stage:
    """A deployed function, and the local OSS behind it unless the bucket is a real one."""

    function: Function
    oss: LocalOss | None

    def send(self, event: bytes, what: str, expected: int | None) -> dict[str, Any] | None:
        """Invoke the function with a bar that follows its log, and show how it ended."""
        columns = (TextColumn("{task.description:9}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
            bar = progress.add_task(what, total=expected)

            def follow(line: dict[str, Any]) -> None:
                progress.update(bar, completed=line.get("deleted" if expected else "listed", 0))

            ended = self.function.invoke(event, on_log=follow)
            if ended.answer is not None:
                met = sum(answer["listed"] for answer in _answers(ended.answer))
                progress.update(bar, completed=met, total=met)
        _show(ended)
        return ended.answer

    def show_what_is_left(self) -> None:
        """Count what is left in the local bucket, by its first directories."""
        if self.oss is None:
            return
        left: dict[str, int] = {}
        for key in self.oss.keys(BUCKET):
            top = key.partition("/")[0] + "/" if "/" in key else key
            left[top] = left.get(top, 0) + 1
        table = Table(title="Left in the bucket", title_justify="left", box=None)
        table.add_column("below")
        table.add_column("objects", justify="right")
        for top, count in left.items():
            table.add_row(json.dumps(top)[1:-1], f"{count:,}")
        console.print(table)


def _local_stage(stack: ExitStack) -> Stage:
    oss = stack.enter_context(LocalOss())
    oss.create_bucket(BUCKET)
    plant(oss, BUCKET)
    oss.misbehave(Latency(0.05))  # about what a request within a region takes
    console.print(
        f"The local OSS holds {len(oss.keys(BUCKET)):,} objects in the bucket {BUCKET}.\n"
    )
    environment = {
        "OSSWEEP_BUCKETS": BUCKET,
        "OSSWEEP_ENDPOINT": oss.endpoint,
        "OSSWEEP_LOG_SECONDS": "1",
    }
    return Stage(Function(environment, oss.credentials, oss.region), oss)


def _real_stage(bucket: str) -> Stage:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        sys.exit(f"For a real bucket set {', '.join(missing)}.")
    settings = {name: value for name, value in os.environ.items() if name.startswith("OSSWEEP_")}
    credentials = Credentials(
        os.environ["OSS_ACCESS_KEY_ID"],
        os.environ["OSS_ACCESS_KEY_SECRET"],
        os.environ.get("OSS_SESSION_TOKEN") or None,
    )
    environment = {**settings, "OSSWEEP_BUCKETS": bucket, "OSSWEEP_LOG_SECONDS": "1"}
    return Stage(Function(environment, credentials, os.environ["OSSWEEP_REGION"]), None)


def _dry(event: bytes) -> bytes:
    """Return the same event as a dry run; what is no request is left to be refused."""
    try:
        document = json.loads(event)
    except (ValueError, RecursionError):
        return event
    if isinstance(document, dict) and isinstance(document.get("requests"), list):
        document["requests"] = [_dry_request(request) for request in document["requests"]]
    elif isinstance(document, list):
        document = [_dry_request(request) for request in document]
    else:
        document = _dry_request(document)
    return json.dumps(document).encode()


def _dry_request(request: Any) -> Any:
    return {**request, "dry_run": True} if isinstance(request, dict) else request


def _on_one_line(event: bytes) -> str:
    text = " ".join(event.decode(errors="replace").split())
    return escape(text if len(text) < 500 else text[:500] + "…")


def _answers(answer: dict[str, Any]) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = answer.get("answers", [answer])
    return answers


def _show(ended: Ended) -> None:
    if ended.error is not None:
        console.print(f"refused: {ended.error['errorType']}: {ended.error['errorMessage']}")
        return
    if ended.answer is None:
        console.print("the function was killed at its time limit")
        return
    table = Table(box=None)
    names = ("status", "listed", "deleted", "bytes", "skipped", "failed", "remaining", "seconds")
    for name in names:
        table.add_column(name, justify="left" if name == "status" else "right")
    for answer in _answers(ended.answer):
        table.add_row(*(f"{v:,}" if isinstance(v := answer[n], int) else str(v) for n in names))
    console.print(table)
    for answer in _answers(ended.answer):
        if answer["reason"]:
            console.print(answer["reason"])
        for reason, count in answer["skipped_because"].items():
            console.print(f"{count:,} skipped: {reason}")
        for failure in answer["failures"]:
            console.print(f"failed: {json.dumps(failure['key'])}: {failure['code']}")
    console.print()


if __name__ == "__main__":
    sys.exit(main())
