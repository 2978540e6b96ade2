"""What a filter is shown, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

# The columns of a listing that a filter may need beside key, size and time.
STORAGE_CLASS = "StorageClass"
TRANSITION_TIME = "TransitionTime"


class Subject(Protocol):
    """An object that is judged."""

    @property
    def key(self) -> str:
        """The key."""

    @property
    def size(self) -> int:
        """The size in bytes."""

    @property
    def modified(self) -> int:
        """The last modification, in Unix seconds."""

    @property
    def storage_class(self) -> str | None:
        """The storage class by OSS's name; None: not known."""

    @property
    def transitioned(self) -> int | None:
        """When a lifecycle rule moved it to its class, in Unix seconds; None: OSS tells none."""


class Overview(Protocol):
    """A page of a listing as a whole, with at least one object; reckoned when it is looked at."""

    @property
    def keys(self) -> Sequence[str]:
        """The keys."""

    @property
    def oldest(self) -> int:
        """The first modification, in Unix seconds."""

    @property
    def newest(self) -> int:
        """The last modification."""

    @property
    def smallest(self) -> int:
        """The least size, in bytes."""

    @property
    def largest(self) -> int:
        """The largest size."""

    @property
    def classes(self) -> frozenset[str | None] | None:
        """
        The storage classes, with None among them for an object whose class is not known.

        None if that column was not read.
        """

    @property
    def last_transition(self) -> int | None:
        """The latest time of transition, None if the page tells none."""


@dataclass(frozen=True)
class Whole:
    """A judgement of all objects of a page: why they all stay, or None if they all go."""

    reason: str | None = None


class Filter(Protocol):
    """
    A judge of objects by one condition, or by a few that belong together.

    `clock` is the job's, in Unix seconds. An object's `names` are its key relative to each selector
    that takes it; those of a page are its keys without so many characters at their beginning as
    each of `bases` says, one for each selector that takes all of it. `bases` is None where some of
    its keys are taken by other selectors than the rest, and a page that is then named cannot be
    judged as a whole.
    """

    @property
    def columns(self) -> frozenset[str]:
        """The columns it needs beside key, size and time."""

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """Return why an object stays, None if this filter lets it go."""

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """Return the judgement that all objects of a page share; None: look at each."""
