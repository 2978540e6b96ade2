"""`make chaos`: so many runs, from a seed on, each larger than in the tests; some of processes."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from chaos import processes
from chaos.stage import report, stage

if TYPE_CHECKING:
    from chaos.play import Stage

OF_PROCESSES = 50  # runs in this process to one of processes that are really killed
OBJECTS = 12_000  # of such a one
EVERY = 10  # of so many runs one has many more objects, after the same seed's own
MANY = 8  # times as many


def main() -> int:
    """Run; tell each run that breaks a rule, and return 1 if there was one."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--in-process", action="store_true", help="no processes, nothing larger")
    parser.add_argument("--until-broken", action="store_true", help="stop at the first such run")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="seeds")
    asked = parser.parse_args()
    began = time.monotonic()
    failed: list[int] = []
    with stage() as on:
        for seed in range(asked.seed, asked.seed + asked.runs):
            if seed in asked.leave_out:
                continue
            told = _told(seed, on, alone=asked.in_process)
            if told:
                failed.append(seed)
                sys.stdout.write(f"{told}\n")
                if asked.until_broken:
                    break
    seconds = time.monotonic() - began
    sys.stdout.write(f"{asked.runs} runs in {seconds:.0f} s; failed: {failed or 'none'}\n")
    return 1 if failed else 0


def _told(seed: int, on: Stage, *, alone: bool) -> str:
    """Return what is wrong with a seed's runs."""
    told = report(seed, on)
    if not alone and seed % EVERY == 0:
        told = told or report(seed, on, MANY)
    if not alone and seed % OF_PROCESSES == 0:
        wrong = processes.broken(seed, OBJECTS)
        told += f"seed {seed}, processes: {wrong}" if wrong else ""
    return told


if __name__ == "__main__":
    sys.exit(main())
