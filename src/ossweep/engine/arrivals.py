"""A page that arrives: which of its keys belong to the range that asked for it."""

from __future__ import annotations

from operator import lt
from typing import TYPE_CHECKING

from ossweep.errors import Scope, StoreError
from ossweep.objects import Lot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.engine.scan import Scan
    from ossweep.objects import Page

MARKER_BYTES = 1023  # the longest that OSS takes


def without_others(page: Page, scan: Scan) -> Page:
    """Return a page without the unnamed keys that belong to the range behind this one."""
    until = scan.until
    if until is None:
        return page
    within = tuple(each for each in page.unnamed if each.lies_before(until))
    if len(within) < len(page.unnamed):
        scan.listed = True
    return Lot(page.objects(), within)


def check(scan: Scan, keys: Sequence[str]) -> None:
    """Raise StoreError for keys that the range does not hold, or that are not in order."""
    if not keys:
        return
    # With both ends in the prefix and all in order, the keys between are in it as well.
    ends_right = keys[0].startswith(scan.prefix) and keys[-1].startswith(scan.prefix)
    if not (ends_right and scan.at < keys[0] and all(map(lt, keys, keys[1:]))):
        raise StoreError(
            "ListingOutOfOrder",
            "OSS listed a key outside of what it was asked for, or not in order",
            Scope.KEYS,
        )


def as_far_as_it_reaches(page: Page, scan: Scan) -> Page:
    """
    Take note of how far a page without objects leads; return one that leads no further.

    OSS lists such pages behind many delete markers, and may take long over each. Keys that were met
    before and are not chosen yet keep their place, and so does the range.
    """
    marker = page.reaches
    if not marker:
        return page
    leads_on = scan.backlog.place == scan.at < marker and marker.startswith(scan.prefix)
    if scan.until is not None and marker >= scan.until:
        scan.listed = True
    elif leads_on and not scan.listed and len(marker.encode()) <= MARKER_BYTES:
        scan.at = marker
        return page
    return Lot(())
