"""The conditions of `only` as plain values: what an object must be to be deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from ossweep.errors import quoted

# OSS's names, with the days that are billed at least.
LEAST_DAYS = {"Standard": 0, "IA": 30, "Archive": 60, "ColdArchive": 180, "DeepColdArchive": 180}
MOST_SECONDS = 100 * 366 * 86_400  # of a duration: OSS has no object as old as that
LAST_SECOND = 253_402_300_799  # of the calendar, in Unix seconds
MOST_BYTES = 2**63  # a size stays below
MOST_PATTERNS = 32  # of one kind, each of which takes memory while the job runs
PATTERN_LENGTH = 1023  # as long as the longest key
MOST_TAGS = 10  # that an object of OSS has
MOST_LATEST = 10_000  # objects of one directory that are kept in mind

# The characters of an object's tags, as OSS takes them; a letter may be of any alphabet.
_TAG = re.compile(r"[\w +=.:/-]*")
_TAG_KEY, _TAG_VALUE = 128, 256  # characters


@dataclass(frozen=True)
class Conditions:
    """
    Conditions that must all hold for an object to be deleted; None or empty: not asked for.

    `older_than` and `newer_than` are seconds before the job's clock, `before` and `after` Unix
    seconds, and an object of just that second is neither older nor newer. Sizes are in bytes, from
    `at_least` up to, and without, `below`. Of `storage_class`, `match` and `match_regex` one has to
    fit, of `except_` and `except_regex` none, and an object has all of the tags.
    """

    older_than: int | None = None
    newer_than: int | None = None
    before: int | None = None
    after: int | None = None
    at_least: int | None = None
    below: int | None = None
    storage_class: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    except_: tuple[str, ...] = ()
    match_regex: tuple[str, ...] = ()
    except_regex: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    keep_latest: int | None = None
    skip_early_delete: bool = False

    @property
    def needs_classes(self) -> bool:
        """Whether an object is judged by its storage class."""
        return bool(self.storage_class) or self.skip_early_delete

    @property
    def names(self) -> tuple[str, ...]:
        """The fields by which an object's name decides."""
        patterns = ("match", "except_", "match_regex", "except_regex")
        return tuple(each.rstrip("_") for each in patterns if getattr(self, each))

    def check(self) -> None:
        """
        Raise ValueError, with a sentence, for what no request could have said.

        Whether the patterns can be compiled is for the filters to say.
        """
        if self == Conditions():
            raise ValueError("no condition is there, which would let everything go")
        self._check_times()
        self._check_sizes()
        for name in self.storage_class:
            if name not in LEAST_DAYS:
                raise ValueError(f"a storage class is none of {', '.join(LEAST_DAYS)}")
        for name in ("match", "except_", "match_regex", "except_regex"):
            check_patterns(name.rstrip("_"), getattr(self, name))
        _check_tags(self.tags)
        if self.keep_latest is not None and not 1 <= self.keep_latest <= MOST_LATEST:
            raise ValueError(
                f"`keep_latest` is {self.keep_latest:,}; "
                f"write a whole number from 1 to {MOST_LATEST:,}"
            )
        if self.tags and self.keep_latest is not None:
            raise ValueError(
                "`tags` and `keep_latest` cannot be asked for together, as the tags of all objects "
                "would have to be known; leave one out"
            )
        repeated = [each.name for each in fields(self) if _has_twice(getattr(self, each.name))]
        if repeated:
            raise ValueError(f"`{repeated[0].rstrip('_')}` says the same twice")

    def _check_times(self) -> None:
        for name, seconds in (("older_than", self.older_than), ("newer_than", self.newer_than)):
            if seconds is not None and not 0 < seconds <= MOST_SECONDS:
                raise ValueError(
                    f"`{name}` lies outside of what can be counted; "
                    "write a duration of more than nothing and less than a hundred years"
                )
        for name, moment in (("older_than", self.before), ("newer_than", self.after)):
            if moment is not None and not 0 <= moment <= LAST_SECOND:
                raise ValueError(
                    f"`{name}` lies outside of the calendar; write a date from 1970 on"
                )
        if None not in (self.older_than, self.before):
            raise ValueError("`older_than` is a duration and a date at once; write one of them")
        if None not in (self.newer_than, self.after):
            raise ValueError("`newer_than` is a duration and a date at once; write one of them")

    def check_asked(self) -> None:
        """
        Raise ValueError, with a sentence, for what no request may say.

        What is left of a job may say more: with time passing, no object may be young enough.
        """
        self.check()
        # Times are whole seconds, and both ends are left out.
        if self.older_than is not None and self.newer_than is not None:
            is_empty = self.newer_than - self.older_than < 2  # noqa: PLR2004 - seconds
        elif self.before is not None and self.after is not None:
            is_empty = self.before - self.after < 2  # noqa: PLR2004 - as above
        else:
            is_empty = False
        if is_empty:
            raise ValueError(
                "no object is older than `older_than` and newer than `newer_than`; "
                "exchange them, or leave one out"
            )

    def _check_sizes(self) -> None:
        for name, size, least in (("at_least", self.at_least, 0), ("below", self.below, 1)):
            if size is not None and not least <= size < MOST_BYTES:
                raise ValueError(
                    f"`size.{name}` lets no object through; write a size of at least "
                    f"{least} B and less than {MOST_BYTES:,} B"
                )
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError(
                "no object has at least `size.at_least` and stays below `size.below`; "
                "exchange them, or leave one out"
            )


def check_patterns(name: str, patterns: tuple[str, ...]) -> None:
    """Raise ValueError, with a sentence, for patterns that are too many, too long or no text."""
    if len(patterns) > MOST_PATTERNS:
        raise ValueError(
            f"`{name}` holds {len(patterns):,} patterns; write {MOST_PATTERNS} at the most"
        )
    for pattern in patterns:
        if not pattern:
            raise ValueError(f"a pattern of `{name}` is empty; write it, or leave it out")
        if not pattern.isascii() and _is_broken(pattern):
            raise ValueError(
                f"a pattern of `{name}` holds half of a surrogate pair, which no key does; "
                "write the whole character"
            )
        if len(pattern) > PATTERN_LENGTH:
            raise ValueError(
                f"a pattern of `{name}` has {len(pattern):,} characters; "
                f"write {PATTERN_LENGTH:,} at the most"
            )


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _check_tags(tags: tuple[tuple[str, str], ...]) -> None:
    if len(tags) > MOST_TAGS or len(dict(tags)) < len(tags):
        raise ValueError(
            f"an object of OSS has {MOST_TAGS} tags at the most, each key once; "
            "write only those that all objects have"
        )
    for key, value in tags:
        if not key:
            raise ValueError("the key of a tag is empty; every tag of OSS has one")
        if len(key) > _TAG_KEY or len(value) > _TAG_VALUE:
            raise ValueError(
                f"the tag {quoted(key)} is too long: no key has more than {_TAG_KEY} characters, "
                f"no value more than {_TAG_VALUE}; write it as the objects have it"
            )
        if not (_TAG.fullmatch(key) and _TAG.fullmatch(value)):
            raise ValueError(
                f"the tag {quoted(key)} holds more than letters, digits, spaces and "
                "+ - = . _ : /, and no tag of OSS does; write it as the objects have it"
            )


def _has_twice(value: object) -> bool:
    return isinstance(value, tuple) and len(set(value)) < len(value)
