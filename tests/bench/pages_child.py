"""
What reading a listing's page costs, for each kind of document that OSS may write.

Run as `python -m bench.pages_child FOLDER`: it leaves `report`, the least CPU seconds of many
readings of a page of a thousand keys, by kind, with the page's bytes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.shapes import SHAPES
from bench.store_dialect import KINDS, Dialect, Question
from bench.store_objects import Objects
from ossweep.store.pages import read_listing

KEYS = 1000
ROUNDS = 60
AT_ONCE = 4  # readings that one look at the clock takes in


def main() -> None:
    """Read all kinds in turn, so that whatever else the machine does is shared."""
    shape = SHAPES["flat"](KEYS)
    page = Objects(shape).page(0, KEYS, KEYS)
    question = Question(prefix=b"", after=b"", delimiter=b"", most=KEYS, encoded=True)
    bodies = {
        kind: Dialect("oss", shape, "bench", kind).listing(question, page, (), b"next")
        for kind in KINDS
    }
    least = dict.fromkeys(KINDS, float("inf"))
    for _ in range(ROUNDS):
        for kind, body in bodies.items():
            least[kind] = min(least[kind], _seconds(body))
    report = {kind: (seconds, len(bodies[kind])) for kind, seconds in least.items()}
    (Path(sys.argv[1]) / "report").write_text(json.dumps(report))


def _seconds(body: bytes) -> float:
    """Return the CPU seconds of one reading; 0 if it is left to the parser, which is a fault."""
    began = time.process_time()
    for _ in range(AT_ONCE):
        if read_listing(body) is None:
            return 0.0
    return (time.process_time() - began) / AT_ONCE


if __name__ == "__main__":
    main()
