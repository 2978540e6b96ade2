"""What `make run` shows: a dry run, a deletion, and a job that goes on by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shown(*arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "localcloud.demo", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": "src:tests", "COLUMNS": "80"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def rows(said: str) -> list[tuple[str, str, str]]:
    """Return the status, and how many were listed and deleted, of each answer that is shown."""
    return re.findall(r"^(\w+) +([\d,]+) +([\d,]+) +[\d,]+ ", said, re.MULTILINE)


def test_an_event_is_planned_and_then_done() -> None:
    """The one that is sent if nothing is said."""
    said = shown()

    assert rows(said) == [("planned", "900", "0"), ("done", "900", "900")]
    assert re.search(r"^ logs/ +300 *$", said, re.MULTILINE)


@pytest.mark.timeout(300)
def test_a_job_goes_on_by_itself_where_time_runs_out() -> None:
    """Each of its invocations is shown, and what they were to delete is gone."""
    said = shown("events/direct-everything.json", "--timeout", "5")

    (planned, *gone_on, last) = rows(said)
    assert planned[0] == "planned"
    assert {status for status, _, _ in gone_on} == {"continued"}
    assert last[::2] == ("done", "2,923")
    assert said.splitlines()[-1].split() == [".dlsdata/", "5"]


def test_what_a_bad_event_raises_is_shown() -> None:
    """The sentence, and no trace of a stack."""
    run = subprocess.run(
        [sys.executable, "-m", "localcloud.demo", "events/refused/mistyped-field.json"],
        cwd=ROOT,
        env={"PYTHONPATH": "src:tests", "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 1
    assert 'raised: RequestError: the request: there is no field "dryrun"' in run.stdout
