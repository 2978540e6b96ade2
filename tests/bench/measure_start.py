"""F: the time from the start of a process to the imported handler, out of what is deployed."""

from __future__ import annotations

import subprocess
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
ENDS_IN = 60.0
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
        _package(folder)
        return _measured(bench, folder)


def _package(folder: Path) -> None:
    """Build for the Python that runs this, as `make package` builds for the runtime."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = f"TARGET={_python()}"
    argv = ["make", "package", f"BUILD={folder}", f"FOR={version}", python]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, timeout=300)


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
    oss2 = Spread(walls["import oss2"]).median
    for what in IMPORTS:
        wall, cpu = Spread(walls[what]).times(1000), Spread(cpus[what]).times(1000)
        name = "Python alone" if what == "pass" else what
        times = f"{wall.median / oss2 / 1000:.2f}"
        measured.row(name, wall.text(0), cpu.text(0), times)
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
        ("import", "time", "CPU, to the process's end", "times `import oss2`"),
    )


def _failed(what: str, said: str) -> Measured:
    measured = _empty(0)
    measured.faults.append(f"{what}: {said}")
    return measured
