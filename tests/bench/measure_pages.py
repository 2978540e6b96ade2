"""G: what a page of a listing costs whose rows are not as usual."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.children import weigh
from bench.report import Goal, Measured
from bench.store_dialect import PLAIN
from bench.trials import SRC, TESTS

if TYPE_CHECKING:
    from bench.options import Bench

MOST = 1.15  # times the plain page
ENDS_IN = 120.0  # seconds


def measure(bench: Bench) -> Measured:
    """Read pages of each kind that OSS may write."""
    bench.say("G")
    measured = Measured(
        "G",
        "CPU milliseconds for reading a page of 1,000 keys, the least of 60 readings",
        ("page", "milliseconds", "times the plain one's", "its bytes"),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{SRC}{os.pathsep}{TESTS}"}
        argv = [sys.executable, "-m", "bench.pages_child", name]
        weighed = weigh(argv, environ, folder, ENDS_IN)
        if weighed.status != 0:
            measured.faults.append(f"ended with {weighed.status}: {weighed.said}")
            return measured
        report: dict[str, tuple[float, int]] = json.loads((folder / "report").read_text())
    plain, length = report[PLAIN]
    for kind, (seconds, size) in report.items():
        times = seconds / plain
        measured.row(kind, f"{seconds * 1000:.2f}", f"{times:.2f}", f"{size / length:.2f}")
        if not seconds:
            measured.faults.append(f"{kind}: its pages are left to oss2's own parser")
        elif kind != PLAIN:
            text = f"{kind}: at most {MOST} times the plain page"
            measured.goals.append(Goal(text, f"{times:.2f}", times <= MOST))
    return measured
