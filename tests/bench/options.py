"""What a run of the bench is made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from bench.contenders import Peer
    from bench.store_process import StoreProcess


@dataclass(frozen=True)
class Bench:
    """
    The store, the other deleters, and how much is asked of them all.

    `build` is what is deployed, None to build it. `scale` is applied to all numbers of keys; `runs`
    is how often each is run, None for as often as the measure thinks fit.
    """

    store: StoreProcess
    peers: list[Peer]
    console: Console
    build: Path | None
    runs: int | None = None
    scale: float = 1.0

    def keys(self, count: int) -> int:
        """Return how many keys to take where a measure would take so many."""
        return max(int(count * self.scale), 100)

    def rounds(self, usual: int) -> range:
        """Return the rounds to run where a measure would run so many."""
        return range(self.runs or usual)

    def say(self, text: str) -> None:
        """Tell what is going on."""
        self.console.print(f"  … {text}", style="dim", highlight=False)
