"""Programs that are measured: started, bounded in time, and weighed when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SAID = 300  # characters of a program's last words that a fault tells


@dataclass(frozen=True)
class Weighed:
    """
    A program that has ended. Seconds; `cpu` is user and system time of it and its own children.

    `began` is of the monotonic clock, which all processes share; `status` is None for one that was
    killed because its time was up.
    """

    began: float
    wall: float
    cpu: float
    status: int | None
    said: str


def weigh(argv: Sequence[str], environ: Mapping[str, str], folder: Path, seconds: float) -> Weighed:
    """Run a program to its end, for `seconds` at most."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        process = subprocess.Popen(
            argv,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(process.pid)

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            _kill(process.pid)
            raise
        finally:
            timer.cancel()
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # it is gone: nobody else may wait
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - SAID))
        said = output.read().decode(errors="replace").strip()
    return Weighed(
        began=began,
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        status=None if late.is_set() else process.returncode,
        said=said,
    )


def _kill(group: int) -> None:
    """End a program and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
