"""One call in a process of its own: started, followed, and killed at its limits."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from localcloud.fc_deployed import Outcome
from localcloud.fc_environment import environment_of, what_the_context_holds
from localcloud.fc_faults import Kill

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.fc_deployed import Call, How
    from localcloud.fc_faults import OfRuns

TICK = 0.02  # how often the limits are looked at
GRACE = 2.0  # between SIGTERM and SIGKILL; how long Function Compute gives is NOT ESTABLISHED
STARTING_TAKES_AT_MOST = 60.0
LONGEST_LINE = 128 * 1024
READ_AT_ONCE = 64 * 1024


def run(
    call: Call,
    on_line: Callable[[str], None] = lambda line: None,
    stopping: threading.Event | None = None,
    faults: Sequence[OfRuns] = (),
) -> Outcome:
    """Run the call to its end; `on_line` gets each line of its log as it comes."""
    kill = next((fault for fault in faults if isinstance(fault, Kill)), None)
    with tempfile.TemporaryDirectory(prefix="fc-") as name:
        folder = Path(name)
        (folder / "event").write_bytes(call.payload)
        _write_secretly(folder / "context", json.dumps(what_the_context_holds(call)))
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.runtime", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment_of(call),
            cwd=call.function.code,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        with process, _Watch(call, process, folder, on_line, kill) as watch:
            killed_for = watch.until_it_is_gone(stopping or threading.Event())
        return watch.outcome(killed_for)


class _Watch:
    """A running process: its log, its clock and its memory."""

    def __init__(
        self,
        call: Call,
        process: subprocess.Popen[bytes],
        folder: Path,
        on_line: Callable[[str], None],
        kill: Kill | None,
    ) -> None:
        self._call = call
        self._kill_on_order = kill
        self._process = process
        self._folder = folder
        self._log = _Log(process.stdout, on_line)
        self._began = time.monotonic()
        self._started: float | None = None
        self._peak = 0.0

    def __enter__(self) -> _Watch:  # noqa: PYI034 typing has no Self before 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()  # also what it started and left behind
        self._process.wait()
        self._log.close()

    def until_it_is_gone(self, stopping: threading.Event) -> How | None:
        """Return the reason it was killed for, if it was."""
        killed_for: How | None = None
        gone_by = 0.0
        while self._process.poll() is None:
            if not self._log.read(TICK):
                stopping.wait(TICK)  # it has closed its output
            if killed_for is None:
                killed_for = "stopped" if stopping.is_set() else self._exceeded()
                killed_for = killed_for or self._struck()
                if killed_for is not None and self._may_say_its_last(killed_for):
                    self._process.terminate()
                    gone_by = time.monotonic() + GRACE
                elif killed_for is not None:
                    self._kill()
            elif stopping.is_set() or time.monotonic() > gone_by:
                self._kill()
        self._log.read_the_rest()
        return killed_for

    def outcome(self, killed_for: How | None) -> Outcome:
        log = tuple(self._log.lines)
        self._note_peak(self._folder / "peak")
        if killed_for is None and self._peak > self._call.function.memory:
            killed_for = "out of memory"  # so short a peak that nobody was looking
        if killed_for is None and self._process.returncode == 0:
            for name, how in _LEFT_BEHIND.items():
                if (self._folder / name).exists():
                    return Outcome(how, (self._folder / name).read_bytes(), log)
        how = killed_for or "exited"
        return Outcome(how, json.dumps({"errorMessage": self._last_words(how)}).encode(), log)

    def _exceeded(self) -> How | None:
        """The limit that is exceeded. The time runs from when the handler could be loaded."""
        now = time.monotonic()
        if self._started is None and (self._folder / "started").exists():
            self._started = now
        if self._started is not None and now - self._started > self._call.function.timeout:
            return "timed out"
        if now - self._began > self._call.function.timeout + STARTING_TAKES_AT_MOST:
            return "timed out"
        self._note_peak(Path(f"/proc/{self._process.pid}/status"))
        return "out of memory" if self._peak > self._call.function.memory else None

    def _struck(self) -> How | None:
        kill = self._kill_on_order
        if kill is None or self._started is None:
            return None
        lived = time.monotonic() - self._started
        due = kill.after_seconds is not None and lived >= kill.after_seconds
        said = kill.at_line is not None and len(self._log.lines) >= kill.at_line
        return "killed" if due or said else None

    def _may_say_its_last(self, killed_for: How) -> bool:
        kill = self._kill_on_order
        by_sigterm = kill is not None and kill.by == signal.SIGTERM
        return killed_for == "timed out" or (killed_for == "killed" and by_sigterm)

    def _note_peak(self, status: Path) -> None:
        """
        Remember the most memory it had, in MB of resident memory, as a container counts it.

        Linux only; elsewhere there is no limit. RLIMIT_AS and RLIMIT_DATA would count stacks that
        no thread has used, and raise MemoryError where Function Compute kills.
        """
        with contextlib.suppress(OSError):
            found = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.MULTILINE)
            if found:
                self._peak = max(self._peak, int(found[1]) / 1024)

    def _last_words(self, how: How) -> str:
        if how == "timed out":
            seconds = self._call.function.timeout
            return (
                f"Function timed out after {seconds} seconds (maxMemoryUsage: {self._peak:.2f}MB)"
            )
        # What is said when memory ran out is NOT ESTABLISHED; this is said of every sudden end.
        milliseconds = (time.monotonic() - self._began) * 1000
        return (
            "Process exited unexpectedly before completing request "
            f"(duration: {milliseconds:.0f}ms, maxMemoryUsage: {self._peak:.2f}MB)"
        )

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


_LEFT_BEHIND: dict[str, How] = {"answer": "answered", "error": "raised"}


class _Log:
    """Lines out of a pipe, without ever waiting long for one."""

    def __init__(self, pipe: IO[bytes] | None, on_line: Callable[[str], None]) -> None:
        self.lines: list[str] = []
        self._on_line = on_line
        self._unfinished = b""
        self._selector = selectors.DefaultSelector()
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)

    def read(self, seconds: float) -> bool:
        """Take what comes within so many seconds; False if nothing will come any more."""
        if not self._selector.get_map():
            return False
        for key, _ in self._selector.select(seconds):
            chunk = os.read(key.fd, READ_AT_ONCE)
            if not chunk:
                self._selector.unregister(key.fileobj)
            *whole, self._unfinished = (self._unfinished + chunk).split(b"\n")
            for line in whole:
                self._add(line)
        return True

    def read_the_rest(self) -> None:
        """Take what is there; a process left behind may hold the pipe open."""
        while self._selector.get_map() and self._selector.select(0):
            self.read(0)
        if self._unfinished:
            self._add(self._unfinished)

    def close(self) -> None:
        self._selector.close()

    def _add(self, line: bytes) -> None:
        text = line[:LONGEST_LINE].decode(errors="replace")
        self.lines.append(text)
        self._on_line(text)


def _write_secretly(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
