"""
One invocation of the handler in a process of its own, as Function Compute makes it.

Run as `python -m bench.handler_child FOLDER`: it reads `order` there, and leaves `report`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def invoke(folder: Path, run: Callable[[Callable[[], str]], str]) -> None:
    """Import the handler, have it run once, and write down when, what it said, what it took."""
    order = json.loads((folder / "order").read_text())
    import index  # noqa: PLC0415 its import is measured
    from localcloud.fc_context import context_of  # noqa: PLC0415 as late as the handler itself

    context, event = context_of(order["context"]), json.dumps(order["event"]).encode()
    imported = time.process_time()
    entered = time.monotonic()
    answer = run(lambda: index.handler(event, context))
    returned = time.monotonic()
    report = {
        "entered": entered,
        "returned": returned,
        "cpu_of_imports": imported,
        "cpu": time.process_time(),
        "peak": _peak(),
        "answer": json.loads(answer),
    }
    (folder / "report").write_text(json.dumps(report))


def _peak() -> int:
    """Return the most memory that this process had, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    invoke(Path(sys.argv[1]), lambda handler: handler())
