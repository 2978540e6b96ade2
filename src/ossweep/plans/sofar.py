"""A plan as far as it is listed: sums that invocations and parts of a job add up to the whole's."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ossweep.errors import place_of
from ossweep.plans.census import Census, CensusStream, census_in_any_order
from ossweep.plans.digest import Digest, digest_of, hashes_of
from ossweep.plans.early import EarlyDeletion, early_deletion
from ossweep.plans.levels import PassedDirectories, joined_levels
from ossweep.plans.ordered import MOST_TOLD
from ossweep.plans.siblings import BelowNamed, Siblings, siblings_of
from ossweep.plans.stretches import Stretches, rows_of, stretches_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import TypeAdapter

    from ossweep.objects import Columns

MOST_NAMED = 2_000_000  # objects of named keys and lists that are held to what they are: 16 MB
MOST_SIBLINGS = 20  # prefixes whose siblings are told
MOST_BELOW = 20  # named keys that are directories
_LOW = (1 << 64) - 1  # the part of a hash by which a named object is known again


@dataclass(frozen=True)
class SoFar:
    """
    The sums of what was listed.

    `stretches` are as `rows_of` writes them, where they are kept, of up to `most` objects each.
    `named` are the hashes of named objects, in base64, and `unheld` how many more there are.
    `below` are named keys that end with a slash, and `absent` counts those that no look has shown.
    The order names objects if it `has_names`, by so many `keys` and `lists`, of which those in
    `first_lists` are told.
    """

    census: Census = field(default_factory=Census)
    early: EarlyDeletion = field(default_factory=EarlyDeletion)
    siblings: tuple[Siblings, ...] = ()
    below: tuple[BelowNamed, ...] = ()
    stretches: tuple[Any, ...] = ()
    most: int = 1000
    named: str = ""
    unheld: int = 0
    has_names: bool = False
    absent: int = 0
    keys: int = 0
    lists: int = 0
    first_lists: tuple[str, ...] = ()

    def __add__(self, other: SoFar) -> SoFar:
        """Return the sums of both, which have met different objects."""
        together = self.kept_stretches() + other.kept_stretches()
        hashes = hashes_in(self.named) + hashes_in(other.named)
        return SoFar(
            self.census + other.census,
            self.early + other.early,
            _together(self.siblings, other.siblings),
            (*self.below, *other.below)[:MOST_BELOW],
            tuple(rows_of(together.held())),
            together.most,
            _written(hashes[:MOST_NAMED]),
            self.unheld + other.unheld + max(0, len(hashes) - MOST_NAMED),
            self.has_names or other.has_names,
            self.absent + other.absent,
            self.keys + other.keys,
            self.lists + other.lists,
            (*self.first_lists, *other.first_lists)[:MOST_TOLD],
        )

    def kept_stretches(self) -> Stretches:
        """Return its stretches."""
        return Stretches(stretches_of_rows(list(self.stretches)), self.most)

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        said: dict[str, Any] = _form().dump_python(self, mode="json")
        for each in said["census"]["directories"]:
            _leave_out(each, cut=[])
        for each in said["below"]:
            _leave_out(each, is_there=True)
        _leave_out(said, keys=0, lists=0, first_lists=[])
        return said

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> SoFar:
        """Read it again; raises ValueError, with a sentence, for what no listing adds up to."""
        if document is None:
            return cls()
        from pydantic import ValidationError  # noqa: PLC0415 - for plans that go on

        try:
            found = _form().validate_json(json.dumps(document), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ValueError(f"the plan so far: {place_of(first['loc'])}: {first['msg']}") from None
        found.check()
        return found

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no listing adds up to."""
        self.census.check()
        self.early.check()
        stretches_of_rows(list(self.stretches))
        numbers = (self.most - 1, self.unheld, self.absent, self.keys, self.lists)
        if min(numbers) < 0 or not _is_base64(self.named):
            raise ValueError("a plan holds numbers that none are")


class Stream:
    """
    The sums over one stream of keys, in the order of a listing.

    `prefix` is the selector's: directories are told below its last slash.
    """

    def __init__(self, prefix: str, directories: PassedDirectories) -> None:
        self._prefix = prefix
        self._census = CensusStream(prefix.rfind("/") + 1, directories)
        self._siblings = Siblings(prefix)

    def meet(self, columns: Columns, hashes: Sequence[int], digest: Digest) -> None:
        """Add objects that come behind those before."""
        self._census.meet(columns, hashes, digest)
        found = siblings_of(self._prefix, columns)
        if found is not None:
            self._siblings += found

    def end(self) -> None:
        """Take note that nothing more comes of the stream."""
        self._census.end()

    def sums(self) -> SoFar:
        """Return the sums so far, without the directories, which all streams have together."""
        beside = (self._siblings,) if self._siblings != Siblings(self._prefix) else ()
        return SoFar(self._census.census(), siblings=beside)


class Sums:
    """
    Takes the sums of all that a dry run meets, beside those `before`.

    `clock` is the time at which days are counted. Stretches, and what named objects are, are noted
    only where a plan `is_kept`.
    """

    def __init__(self, before: SoFar, *, is_kept: bool) -> None:
        self._before = replace(before, stretches=(), named="")
        self._stretches = before.kept_stretches()
        self._named = hashes_in(before.named)
        self._unheld = 0
        self.absent = 0  # named keys that no look has shown
        self._is_kept = is_kept
        self._streams: dict[Any, Stream] = {}
        self._directories = PassedDirectories()
        self._loose = SoFar()
        self._early = EarlyDeletion()

    def meet(  # noqa: PLR0913, PLR0917 - where it was listed, and what
        self,
        stream: Any,
        prefix: str,
        after: str,
        until: str,
        columns: Columns | None,
        clock: int,
        listed: int = 0,
    ) -> None:
        """
        Add what a stream has listed behind one key up to another; None: nothing of it goes.

        So many keys were `listed` there.
        """
        digest = Digest()
        if columns is not None:
            hashes = hashes_of(columns)
            digest = digest_of(columns, hashes)
            if stream not in self._streams:
                self._streams[stream] = Stream(prefix, self._directories)
            self._streams[stream].meet(columns, hashes, digest)
            self._early += early_deletion(columns, clock)
        if self._is_kept and until > after:
            self._stretches.meet(after, until, digest, listed)

    def end(self, stream: Any) -> None:
        """Take note that nothing more comes of a stream."""
        ended = self._streams.pop(stream, None)
        if ended is not None:
            ended.end()
            self._loose += ended.sums()

    def miss_named(self, keys: Sequence[str]) -> None:
        """Add keys that are named, and of which no look has shown an object."""
        self.absent += len(keys)
        below = [BelowNamed(key, is_there=False) for key in keys if key.endswith("/")]
        if below:
            self._loose += SoFar(below=tuple(below[:MOST_BELOW]))

    def meet_named(self, columns: Columns, clock: int) -> None:
        """Add objects that are known by name, in whatever order."""
        hashes = hashes_of(columns)
        self._loose += SoFar(
            census_in_any_order(columns, hashes, digest_of(columns, hashes)),
            below=tuple(BelowNamed(key) for key in columns.keys if key.endswith("/"))[:MOST_BELOW],
        )
        self._early += early_deletion(columns, clock)
        if self._is_kept:
            room = MOST_NAMED - len(self._named)
            self._named.extend(known_again(hashes[:room]))
            self._unheld += max(0, len(hashes) - room)

    def so_far(self) -> SoFar:
        """Return the sums."""
        total = self._before + self._loose
        for stream in self._streams.values():
            total += stream.sums()
        directories = joined_levels(total.census.directories, self._directories.levels())
        return replace(
            total,
            census=replace(total.census, directories=directories),
            early=total.early + self._early,
            stretches=tuple(rows_of(self._stretches.held())),
            most=self._stretches.most,
            named=_written(self._named),
            unheld=total.unheld + self._unheld,
            absent=total.absent + self.absent,
        )


def _leave_out(said: dict[str, Any], **of_no_use: Any) -> None:
    """Leave out what says nothing: an earlier version does not know it."""
    for name, value in of_no_use.items():
        if said[name] == value:
            del said[name]


def hashes_in(named: str) -> array[int]:
    """Return the hashes of named objects."""
    found = array("Q")
    found.frombytes(b64decode(named))
    return found


def known_again(hashes: Iterable[int]) -> list[int]:
    """Return the parts of hashes by which named objects are known again."""
    return [each & _LOW for each in hashes]


def _written(hashes: array[int]) -> str:
    return b64encode(hashes.tobytes()).decode()


def _is_base64(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) % 8 == 0
    except ValueError:
        return False


def _together(one: Sequence[Siblings], other: Sequence[Siblings]) -> tuple[Siblings, ...]:
    found: dict[str, Siblings] = {}
    for each in (*one, *other):
        found[each.prefix] = found.get(each.prefix, Siblings(each.prefix)) + each
    return tuple(found.values())[:MOST_SIBLINGS]


@cache
def _form() -> TypeAdapter[SoFar]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - for plans that go on in an invocation

    return TypeAdapter(SoFar)
