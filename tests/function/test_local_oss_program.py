"""The local OSS as a program: python -m localcloud."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import oss2
import pytest
import requests

import localcloud

TESTS = Path(localcloud.__file__).parent.parent


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """It, running, and the line it printed; it stops by itself if a test does not stop it."""
    command = [sys.executable, "-m", "localcloud", "--seconds", "60", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()


def bucket_of(printed: dict[str, str]) -> Any:
    auth = oss2.AuthV4(printed["access_key_id"], printed["access_key_secret"])
    return oss2.Bucket(auth, printed["endpoint"], printed["bucket"], region=printed["region"])


def test_the_program_serves_what_it_prints() -> None:
    """It serves the tree, in a bucket of the given name, without the key withheld from batches."""
    with program("--bucket", "some", "--fill", "tree", "--withhold", "src.txt") as (_, printed):
        bucket = bucket_of(printed)
        found = bucket.object_exists("src/")
        deleted = bucket.batch_delete_objects(["src.txt", "src/"]).deleted_keys
    assert (printed["bucket"], found, deleted) == ("some", True, ["src/"])


def test_the_program_misbehaves_as_ordered() -> None:
    """A reset, a refusal and a cut, each once; then it serves."""
    with program("--fill", "3", "--reset", "1", "--fail", "InternalError:1", "--cut", "1") as (
        _,
        printed,
    ):
        bucket = bucket_of(printed)
        seen: list[object] = []
        for _attempt in range(4):
            try:
                seen.append(len(bucket.list_objects().object_list))
            except (oss2.exceptions.OssError, requests.exceptions.RequestException) as error:
                seen.append(type(error).__name__)
    assert seen == ["ServerError", "RequestError", "ChunkedEncodingError", 3]


def test_the_programs_bucket_may_have_versions_or_directories() -> None:
    """By switches: on, suspended, hierarchical."""
    told = []
    for arguments in (["--versioning", "enabled"], ["--versioning", "suspended"]):
        with program(*arguments) as (_, printed):
            told.append(bucket_of(printed).get_bucket_versioning().status)
    with program("--hierarchical", "--fill", "1") as (_, printed):
        try:
            bucket_of(printed).batch_delete_objects(["data/00000000.bin"])
        except oss2.exceptions.ServerError as error:
            told.append(error.code)
    assert told == ["Enabled", "Suspended", "NotImplemented"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda it: it.name)
def test_the_program_stops_when_told(number: signal.Signals) -> None:
    """In order, with nothing to say."""
    with program() as (process, _):
        process.send_signal(number)
        said = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, ("", ""))


def test_the_program_stops_by_itself() -> None:
    """After the seconds given."""
    with program("--seconds", "0.1") as (process, _):
        code = process.wait(20)
    assert code == 0
