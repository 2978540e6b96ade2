"""What the door's first import in a process does, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"


def test_the_door_opens_in_silence_though_everything_is_compiled(tmp_path: Path) -> None:
    """No bytecode is cached and every warning is shown: none reaches the function's log."""
    said = subprocess.run(
        [sys.executable, "-W", "default", "-c", "import index"],
        env={**os.environ, "PYTHONPATH": str(SRC), "PYTHONPYCACHEPREFIX": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )

    assert (said.stdout, said.stderr) == ("", "")
