"""
The bench's command: `make bench`, or `PYTHONPATH=tests .venv/bin/python -m bench A B --scale 0.1`.

Ends with 1 if ossweep has not deleted exactly what it was told to; missed goals are only told.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bench import (
    measure_budget,
    measure_choice,
    measure_cpu,
    measure_memory,
    measure_pages,
    measure_profile,
    measure_quota,
    measure_start,
    measure_wall,
    measure_warm,
)
from bench.contenders import peers
from bench.options import Bench
from bench.report import markdown, show, write
from bench.store_process import StoreProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from bench.report import Measured

ROOT = Path(__file__).parents[2]
MEASURES: dict[str, Callable[[Bench], Measured]] = {
    "A": measure_cpu.measure,
    "B": measure_wall.measure,
    "C": measure_quota.measure,
    "D": measure_memory.measure,
    "E": measure_budget.measure,
    "F": measure_start.measure,
    "G": measure_pages.measure,
    "H": measure_warm.measure,
    "I": measure_choice.measure,
    "profile": measure_profile.measure,
}
USUAL = ("A", "B", "C", "D", "E", "F", "G", "H", "I")


def main() -> int:
    """Measure what was asked for, and tell it."""
    asked = _arguments()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    signal.signal(signal.SIGTERM, _end)
    where = _where()
    measured: list[Measured] = []
    with StoreProcess() as store:
        bench = Bench(
            store,
            peers(asked.peers.resolve()),
            console,
            asked.build,
            asked.runs,
            asked.scale,
        )
        for letter in asked.measures or USUAL:
            measured.append(MEASURES[letter](bench))
            show(measured[-1], console)
    text = "\n".join((where, "", *map(markdown, measured)))
    if asked.write:
        write(asked.write, text)
    if asked.markdown:
        asked.markdown.write_text(text, "utf-8")
    return 1 if any(each.faults for each in measured) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench", description="Measure ossweep beside other deleters.")
    parser.add_argument("measures", nargs="*", choices=[*MEASURES, []], help="which; all of A to I")
    parser.add_argument("--runs", type=int, help="how often each is run")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 takes a tenth of the keys")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-bench", help="their venv")
    parser.add_argument("--build", type=Path, help="what F starts; without it F builds that")
    parser.add_argument("--write", type=Path, help="a page with marks for the tables")
    parser.add_argument("--markdown", type=Path, help="a file for the tables")
    return parser.parse_args()


def _where() -> str:
    """Tell when and on what it was measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (
        f"{dt.datetime.now(dt.timezone.utc):%Y-%m-%d}, {os.cpu_count()} cores of "
        f"{names[0] if names else platform.machine()}, Python {platform.python_version()}; "
        f"load average before it began: {os.getloadavg()[0]:.1f}."
    )


def _end(number: int, frame: FrameType | None) -> None:
    """Leave as after Ctrl-C, so that everything that was started is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("ended before its end; nothing was written")
