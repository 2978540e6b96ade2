"""The causes of an error: the errors that it wraps, and the operating system's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CAUSES = 30  # of an error; one may stand in a circle of others


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all errors that it wraps, in whatever way."""
    left, seen = [error], 0
    while left and seen < MOST_CAUSES:
        each = left.pop()
        seen += 1
        yield each
        # urllib3 and requests hold what they wrap in their arguments, or as the `reason`.
        held = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        left += [inner for inner in held if isinstance(inner, BaseException)]


def system_words(error: BaseException) -> str | None:
    """Return the operating system's words for the innermost cause that has any."""
    words = [each.strerror for each in causes(error) if isinstance(each, OSError)]
    return next((each for each in reversed(words) if each), None)
