"""
The same invocation under cProfile, in CPU time, all threads added up. Takes Python before 3.12.

Run as `python -m bench.profile_child FOLDER`: beside the report it leaves `profile`, a list of
[where, function, calls, own seconds, seconds with what it calls], the dearest first.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.handler_child import invoke

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 200


def main() -> None:
    """Run the handler, and write down where its time went."""
    folder = Path(sys.argv[1])
    profiles: list[cProfile.Profile] = []

    def begin(*_: Any) -> None:
        profile = cProfile.Profile(time.thread_time)
        profiles.append(profile)
        profile.enable()

    def run(handler: Callable[[], str]) -> str:
        threading.setprofile(begin)  # a thread's first event starts its own profile
        begin()
        answer = handler()
        profiles[0].disable()
        threading.setprofile(None)
        return answer

    invoke(folder, run)
    whole = pstats.Stats(profiles[0])
    for profile in profiles[1:]:
        whole.add(profile)
    entries: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = vars(whole)["stats"]
    rows = [
        [f"{_short(path)}:{line}" if line else _short(path), name, calls, own, cumulative]
        for (path, line, name), (_, calls, own, cumulative, _) in entries.items()
    ]
    rows.sort(key=lambda row: -float(row[3]))  # type: ignore[arg-type] # own seconds
    (folder / "profile").write_text(json.dumps(rows[:MOST]))


def _short(path: str) -> str:
    """Return a file's path from its package on."""
    for root in ("/src/", "/site-packages/", "/lib/"):
        _, found, after = path.rpartition(root)
        if found:
            return after
    return path


if __name__ == "__main__":
    main()
