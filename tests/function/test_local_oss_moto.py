"""What the local cloud's page says of moto: what it does by itself, and who asks it."""

from __future__ import annotations

from pathlib import Path

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import S3Backend, s3_backends

LOCALCLOUD = Path(__file__).parents[1] / "localcloud"
PAGE = (LOCALCLOUD / "README.md").read_text("utf-8")


def left_by(key: str, status: str) -> tuple[int, int]:
    """
    Let moto delete a key where two versions of `a` are and versioning is in a state.

    Return how many versions and delete markers are left.
    """
    backend: S3Backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    bucket = f"moto-by-itself-{status.lower()}"  # of a name that no store gives one
    backend.create_bucket(bucket, "us-east-1")
    backend.put_bucket_versioning(bucket, "Enabled")
    backend.put_object(bucket, "a", b"1")
    backend.put_object(bucket, "a", b"2")
    backend.put_bucket_versioning(bucket, status)
    backend.delete_object(bucket, key)
    found, _, markers, *_ = backend.list_object_versions(bucket)
    return len(found), len(markers)


def test_moto_drops_all_versions_where_they_are_suspended() -> None:
    """So the layer takes away what goes."""
    assert "moto drops all versions where they are suspended" in PAGE
    assert left_by("a", "Suspended") == (0, 0)


def test_moto_makes_harmless_for_what_was_never_there() -> None:
    """OSS does."""
    assert "makes no marker for what was never there" in PAGE
    assert left_by("never", "Enabled") == (2, 0)


def test_only_one_module_knows_how_moto_holds_a_key() -> None:
    """Nobody else asks moto for anything, nor writes a key's hex."""
    assert "`moto_store.py` is the only module that knows it" in PAGE
    knows = [
        path.name
        for path in sorted(LOCALCLOUD.glob("*.py"))
        if any(
            mark in path.read_text("utf-8")
            for mark in ("from moto", "import moto\n", "key.hex()", "bytes.fromhex(")
        )
    ]
    assert knows == ["moto_store.py"]
