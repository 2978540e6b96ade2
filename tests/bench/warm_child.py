"""
Many invocations of the handler in one process, each weighed by itself.

Run as `python -m bench.warm_child FOLDER`, as `bench.handler_child` is.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.handler_child import invoke

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE, COUNT = 20, 300


def main(folder: Path) -> None:
    """Weigh each invocation; the report has those that come after the first ones."""
    weighed: list[float] = []

    def run(handler: Callable[[], str]) -> str:
        answer = ""
        for _ in range(BEFORE + COUNT):
            began = time.process_time()
            answer = handler()
            weighed.append(time.process_time() - began)
        return answer

    invoke(folder, run)
    report = json.loads((folder / "report").read_text())
    (folder / "report").write_text(json.dumps({**report, "warm": weighed[BEFORE:]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
