"""
What a list costs to read: CPU a line, and the most memory, format by format, each in a process.

`PYTHONPATH=src:tests python -m bench.lists 5000000` measures all, and with a format after it only
that one. Beside each stands what the standard library takes for the same file, without any of the
checks: a machine that others use shows it there, too.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ossweep.manifest_request import parse
from ossweep.manifests.forms import form_of
from ossweep.manifests.inventory import DataFile, Inventory
from ossweep.manifests.reader import read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUCKET = "examplebucket"
AT_ONCE = 10_000  # lines that are written
PIECE = 262_144  # bytes of a file that are read at once
WRITE: dict[str, Callable[[int], str]] = {
    "ordered.txt": lambda at: f"logs/2024/{at // 9999:05d}/part-{at:08d}.log\n",
    "list.txt": lambda at: f"logs/2024/{at % 365:03d}/part-{at:08d}.log\n",
    "list.csv.gz": lambda at: f"{BUCKET},logs/2024/{at % 365:03d}/part-{at:08d}.log,{at % 70000}\n",
    "quoted.csv.gz": lambda at: f'"{BUCKET}","logs/2024/{at % 365:03d}/part-{at:08d}.log"\n',
    "list.jsonl": lambda at: (
        f'{{"key": "logs/{at % 365:03d}/part-{at:08d}", "etag": "{at:032X}"}}\n'
    ),
    "list.json": lambda at: f'{"," if at else "["}\n"logs/{at % 365:03d}/part-{at:08d}.log"',
    "inventory.csv.gz": lambda at: (
        f'"{BUCKET}","logs%2F{at % 365:03d}%2Fpart-{at:08d}.log","{at}","IA",'
        f'"2024-05-31T12:{at // 60 % 60:02d}:{at % 60:02d}Z","{at:032X}"\n'
    ),
}
COLUMNS = ("bucket", "key", "size", "storage_class", "modified", "etag")


def measure(name: str, lines: int) -> str:
    """Write a list and read it in this process; return a line of figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        _write(path, lines)
        form = (
            Inventory(BUCKET, None, COLUMNS, ()).form_of_file(DataFile(name, 0, ""))
            if name.startswith("inventory")
            else form_of(_opener(path), parse({"key": name, **_wish(name)}))
        )
        begun = time.process_time()
        passages = read_list(_opener(path), form, BUCKET)
        found = sum(len(passage.keys) for passage in passages)
        taken = (time.process_time() - begun) / lines * 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun = time.process_time()
        _read_plainly(path)
        plain = (time.process_time() - begun) / lines * 1e6
    missing = "" if found == lines else f"  only {found:,} lines were told"
    return f"{name:18}{taken:8.2f} us a line{plain:8.2f} plainly{peak:8.0f} MB{missing}"


def _write(path: Path, lines: int) -> None:
    packs = path.suffix == ".gz"
    with gzip.open(path, "wb", compresslevel=1) if packs else path.open("wb") as file:
        for first in range(0, lines, AT_ONCE):
            some = range(first, min(first + AT_ONCE, lines))
            file.write("".join(map(WRITE[path.name], some)).encode())
        if path.suffix == ".json":
            file.write(b"]")


def _wish(name: str) -> dict[str, Any]:
    return {"column": 2} if ".csv" in name else {}


def _opener(path: Path) -> Callable[[int], Iterator[bytes]]:
    def open_at(offset: int) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(offset)
            while piece := file.read(PIECE):
                yield piece

    return open_at


def _read_plainly(path: Path) -> None:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        text = io.TextIOWrapper(file, "utf-8", newline="\n")
        if ".csv" in path.name:
            for _ in csv.reader(text):
                pass
        elif path.suffix == ".json":
            json.load(text)
        else:
            for line in text:
                if path.suffix == ".jsonl":
                    json.loads(line)


def main(argv: list[str]) -> None:
    """Measure one format here, or all of them in processes of their own."""
    if len(argv) > 1:
        print(measure(argv[1], int(argv[0])), flush=True)  # noqa: T201 - what is asked for
        return
    for name in WRITE:
        subprocess.run([sys.executable, "-m", "bench.lists", argv[0], name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["5000000"])
