"""The same with real processes, which really are killed."""

from __future__ import annotations

from chaos.processes import broken


def test_a_job_of_processes_that_are_killed_is_done_in_the_end() -> None:
    """SIGKILL, SIGTERM and repetitions: nothing outside is gone, nothing is left, sums agree."""
    assert broken(seed=5, objects=1500) == []
