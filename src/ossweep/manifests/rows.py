"""Rows of a leaf that have been judged, and what is left of them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ossweep.manifests.columns import read_column
from ossweep.manifests.keys import addresses, decoded_keys, wrong_keys, wrong_versions
from ossweep.manifests.leaves import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.manifests.forms import ListForm
    from ossweep.manifests.leaves import Leaf
    from ossweep.manifests.repeats import Repeats

ANOTHER_BUCKET = "the line names another bucket"


@dataclass(frozen=True, slots=True)
class Rows:
    """Keys with their lines, in order, and columns of what is known of them."""

    keys: Sequence[str]
    lines: Sequence[int]
    known: Mapping[str, Sequence[Any]]

    def picked(self, indexes: Sequence[int]) -> Rows:
        """Return the rows of some indexes."""
        return Rows(
            [self.keys[at] for at in indexes],
            [self.lines[at] for at in indexes],
            {name: [values[at] for at in indexes] for name, values in self.known.items()},
        )

    def current(self) -> Rows:
        """Return the rows without old versions and delete markers, as an inventory has them."""
        if "latest" not in self.known and "marker" not in self.known:
            return self
        every = (True,) * len(self.keys)
        latest = self.known.get("latest", every)
        markers = self.known.get("marker", (False,) * len(self.keys))
        if all(latest) and not any(markers):
            return self
        return self.picked([at for at in range(len(self.keys)) if latest[at] and not markers[at]])

    def firsts(self, repeats: Repeats) -> Rows:
        """Return the rows that say nothing again."""
        found = repeats.firsts(self.keys, self.known.get("version_id"), self.lines)
        return self if found is None else self.picked(found)

    def since(self, line: int) -> Rows:
        """Return the rows from a line on."""
        if not self.lines or self.lines[0] >= line:
            return self
        at = bisect_left(self.lines, line)
        known = {name: values[at:] for name, values in self.known.items()}
        return Rows(self.keys[at:], self.lines[at:], known)


def judged(leaf: Leaf, form: ListForm, bucket: str) -> tuple[Rows, list[Wrong]]:
    """Return the rows of a leaf that are right, and what is wrong with the others."""
    keys: Sequence[str] = leaf.columns.get("key", ())
    wrong: dict[int, str] = {}
    if form.is_url and keys:
        keys, wrong = decoded_keys(keys)
    wrong = {**wrong_keys(keys), **wrong}
    if not form.of_inventory:  # which names what OSS holds
        wrong = {**addresses(keys, bucket), **wrong}
    known = {}
    for name, texts in leaf.columns.items():
        if name == "key":
            continue
        known[name], amiss = read_column(name, texts)
        wrong = {**amiss, **wrong}
    if "version_id" in known:
        wrong = {**wrong_versions(known["version_id"]), **wrong}
    if any(each not in {None, bucket} for each in set(known.get("bucket", ()))):
        others = enumerate(known["bucket"])
        wrong = {
            **{at: ANOTHER_BUCKET for at, each in others if each not in {None, bucket}},
            **wrong,
        }
    rows = Rows(keys, leaf.lines, known)
    if not wrong:
        return rows, []
    told = [Wrong(leaf.lines[at], why, leaf.text_of(at)) for at, why in sorted(wrong.items())]
    return rows.picked([at for at in range(len(keys)) if at not in wrong]), told
