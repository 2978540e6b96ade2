"""One stage for all runs of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.stage import stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.play import Stage


@pytest.fixture(scope="session")
def chaos_stage() -> Iterator[Stage]:
    """Where runs take place."""
    with stage() as on:
        yield on
