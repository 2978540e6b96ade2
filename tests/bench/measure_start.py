"""F: what a cold start takes, up to the answer to its first event, out of what is deployed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.children import weigh
from bench.contenders import ENVIRON
from bench.report import Goal, Measured, Spread
from bench.store_bucket import Spec
from bench.trials import BUCKET

if TYPE_CHECKING:
    from bench.options import Bench

ROOT = Path(__file__).parents[2]
ROUNDS = 40
MOST = 0.6  # times the CPU of `import oss2`
ENDS_IN, PACKAGED_IN = 60.0, 300.0  # seconds
WHY = (
    "A quarter of it are a hundred frozen dataclasses, whose methods Python compiles as it makes "
    "each, in 0.6 ms; what oss2 and urllib3 import, and waits for nobody, is half of it"
)
NAMES = {
    "pass": "Python alone",
    "import oss2": "import oss2",
    "import index": "import index",
    "import index; {answer}": "import index, and the answer to a first event, which names a key",
}
LAST = "import index; {answer}"
ANSWER = """
from types import SimpleNamespace as Some
context = Some(request_id="bench", region="cn-hangzhou", account_id="1", function=Some(timeout=60))
index.handler(b'{"keys": ["a"]}', context)
"""
# Neither the machine's packages nor its settings; what is deployed comes first on the path.
PROGRAM = "import sys, time; sys.path.insert(0, {folder!r}); {what}\nprint(time.monotonic())"


def measure(bench: Bench) -> Measured:
    """Build what is deployed, unless it is given, and start it again and again."""
    if bench.build is not None:
        return _measured(bench, bench.build)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "build"
        bench.say("F, make package")
        fault = _package(folder)
        return _failed("make package", fault) if fault else _measured(bench, folder)


def _package(folder: Path) -> str | None:
    """
    Build for the Python that runs this, as `make package` builds for the runtime.

    Returns what went wrong, if it did.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = f"TARGET={_python()}"
    argv = ["make", "package", f"BUILD={folder}", f"FOR={version}", python]
    weighed = weigh(argv, os.environ, ROOT, PACKAGED_IN)
    return None if weighed.status == 0 else weighed.said


def _python() -> str:
    """Return the interpreter itself, not that of a venv."""
    return str(Path(sys.executable).resolve())


def _measured(bench: Bench, folder: Path) -> Measured:
    walls: dict[str, list[float]] = {what: [] for what in NAMES}
    cpus: dict[str, list[float]] = {what: [] for what in NAMES}
    environ = {**ENVIRON, "OSSWEEP_BUCKETS": BUCKET, "OSSWEEP_ENDPOINT": bench.store.url}
    bench.store.fill(BUCKET, Spec())
    rounds = bench.rounds(ROUNDS)
    bench.say(f"F, {len(rounds)} starts of each")
    for number in rounds:
        # Each comes first as often as the others.
        turn = number % len(NAMES)
        for what in [*NAMES, *NAMES][turn : turn + len(NAMES)]:
            code = what.replace("; {answer}", ANSWER)
            program = PROGRAM.format(folder=str(folder), what=code)
            weighed = weigh([_python(), "-I", "-S", "-c", program], environ, folder, ENDS_IN)
            if weighed.status != 0:
                return _failed(what, weighed.said)
            walls[what].append(float(weighed.said.splitlines()[-1]) - weighed.began)
            cpus[what].append(weighed.cpu)
    measured = _empty(len(rounds))
    oss2, oss2_cpu = (Spread(each["import oss2"]).median for each in (walls, cpus))
    for what, name in NAMES.items():
        wall, cpu = Spread(walls[what]).times(1000), Spread(cpus[what]).times(1000)
        times, cpu_times = wall.median / oss2 / 1000, cpu.median / oss2_cpu / 1000
        measured.row(name, wall.text(0), f"{times:.2f}", cpu.text(0), f"{cpu_times:.2f}")
    reached = Spread(cpus[LAST]).median / oss2_cpu
    measured.goals.append(
        Goal(
            f"up to the first answer at most {MOST} times the CPU of `import oss2`",
            f"{reached:.2f} times",
            reached <= MOST,
            WHY,
        )
    )
    return measured


def _empty(rounds: int) -> Measured:
    return Measured(
        "F",
        f"Milliseconds from the start of a process to the end of an import, or to an answer, out "
        f"of what `make package` builds: median (least to most) of {rounds} runs",
        ("import", "time", "times `import oss2`", "CPU, to the process's end", "times"),
    )


def _failed(what: str, said: str) -> Measured:
    measured = _empty(0)
    measured.faults.append(f"{what}: {said}")
    return measured
