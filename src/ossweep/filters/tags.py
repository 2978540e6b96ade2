"""Tags, once they are known: to know them costs a request an object, so they are judged last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.filters.reasons import OTHER_TAGS, UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.conditions import Conditions


class Tags:
    """Lets go what has all of some tags."""

    def __init__(self, conditions: Conditions) -> None:
        self._wanted = conditions.tags

    def reason_to_keep(self, tags: Mapping[str, str] | None) -> str | None:
        """Return whether an object has other tags; None stands for tags that OSS did not tell."""
        if tags is None:
            return UNJUDGED
        has_all = all(tags.get(key) == value for key, value in self._wanted)
        return None if has_all else OTHER_TAGS
