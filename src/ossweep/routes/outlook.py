"""What a bucket makes of a key's deletion: a delete marker, a loss for good, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.engine.caution import SUSPENDED, note_on
from ossweep.errors import NO_SUCH_REQUEST, Scope, StoreError
from ossweep.names import in_quotes
from ossweep.stops import NULL_VERSIONS_LOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.objects import Found
    from ossweep.store import OssStore
    from ossweep.work import Work

ENABLED = "Enabled"
NOT_EMPTY = "OSS deletes no directory in which something is left"


@dataclass(frozen=True)
class Outlook:
    """
    What is to be expected: why the key stays, if it does, else what its deletion comes to.

    `marks` tells that a delete marker is put there; `note` is what could not be seen.
    """

    keeps: str | None = None
    also: str = ""
    marks: bool = False
    note: str | None = None


NOTHING_ELSE = Outlook()


def outlook_on(
    key: str, work: Work, store: OssStore, why_stays: Callable[[Found], str | None]
) -> Outlook:
    """
    Return what the bucket makes of a deletion of this key by a job.

    It takes a request for the bucket's versioning; where there is no such request, as in a
    hierarchical namespace, another for a page of what lies in a directory. `why_stays` tells of an
    object there why the job leaves it. Raises Closed, StoreError.
    """
    try:
        state = store.versioning()
    except StoreError as error:
        if error.scope is not Scope.KEYS:
            raise
        note = note_on(error)
        if error.code in NO_SUCH_REQUEST and key.endswith("/"):
            return _on_directory(key, store, why_stays, note)
        return Outlook(note=note)
    if state == SUSPENDED and work.null_versions == "keep":
        return Outlook(f"nothing is deleted: {NULL_VERSIONS_LOST}")
    if state == SUSPENDED:
        lost = "; a null version is lost for good then, since the bucket's versioning is suspended"
        return Outlook(also=lost, marks=True)
    if state == ENABLED:
        hidden = "; the bucket's versioning is on: a delete marker hides it, and its versions stay"
        return Outlook(also=hidden, marks=True)
    return NOTHING_ELSE


def _on_directory(
    key: str, store: OssStore, why_stays: Callable[[Found], str | None], note: str
) -> Outlook:
    """Return whether something in a directory stays, as far as a page of it shows that."""
    page, has_more = next(store.pages(key, key))
    for found in page.objects():
        reason = why_stays(found)
        if reason is not None:
            return Outlook(f"{NOT_EMPTY}, and {in_quotes(found.key)} stays: {reason}", note=note)
    if has_more:
        return Outlook(also=f", if nothing behind its first {len(page.keys):,} stays", note=note)
    return Outlook(note=note)
