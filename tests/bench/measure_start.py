"""F: the time from the start of a process to the imported handler, out of what is deployed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.children import weigh
from bench.contenders import ENVIRON
from bench.report import Goal, Measured, Spread

if TYPE_CHECKING:
    from bench.options import Bench

ROOT = Path(__file__).parents[2]
ROUNDS = 40
MOST = 1.15  # times `import oss2`
ENDS_IN, PACKAGED_IN = 60.0, 300.0  # seconds
IMPORTS = ("pass", "import oss2", "import index")
# Neither the machine's packages nor its settings; what is deployed comes first on the path.
PROGRAM = "import sys, time; sys.path.insert(0, {folder!r}); {what}; print(time.monotonic())"


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
    walls: dict[str, list[float]] = {what: [] for what in IMPORTS}
    cpus: dict[str, list[float]] = {what: [] for what in IMPORTS}
    rounds = bench.rounds(ROUNDS)
    bench.say(f"F, {len(rounds)} starts of each")
    for number in rounds:
        # Each comes first as often as the others.
        turn = number % len(IMPORTS)
        for what in IMPORTS[turn:] + IMPORTS[:turn]:
            program = PROGRAM.format(folder=str(folder), what=what)
            weighed = weigh([_python(), "-I", "-S", "-c", program], ENVIRON, folder, ENDS_IN)
            if weighed.status != 0:
                return _failed(what, weighed.said)
            walls[what].append(float(weighed.said) - weighed.began)
            cpus[what].append(weighed.cpu)
    measured = _empty(len(rounds))
    oss2, oss2_cpu = (Spread(each["import oss2"]).median for each in (walls, cpus))
    for what in IMPORTS:
        wall, cpu = Spread(walls[what]).times(1000), Spread(cpus[what]).times(1000)
        name = "Python alone" if what == "pass" else what
        times, cpu_times = wall.median / oss2 / 1000, cpu.median / oss2_cpu / 1000
        measured.row(name, wall.text(0), f"{times:.2f}", cpu.text(0), f"{cpu_times:.2f}")
    reached = Spread(walls["import index"]).median / oss2
    measured.goals.append(
        Goal(f"at most {MOST} times `import oss2`", f"{reached:.2f} times", reached <= MOST)
    )
    return measured


def _empty(rounds: int) -> Measured:
    return Measured(
        "F",
        f"Milliseconds from the start of a process to the end of an import, out of what `make "
        f"package` builds: median (least to most) of {rounds} runs",
        ("import", "time", "times `import oss2`", "CPU, to the process's end", "times"),
    )


def _failed(what: str, said: str) -> Measured:
    measured = _empty(0)
    measured.faults.append(f"{what}: {said}")
    return measured
