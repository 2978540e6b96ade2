"""The lists that a job still reads, with an inventory's files: none of them goes until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.room import Room
    from ossweep.lists import ListLeft, ListRequest
    from ossweep.work import Work

NEEDED = "a list that the job reads"


class Needed:
    """The keys of lists that are needed, as far as they lie in the bucket that is swept."""

    def __init__(self, work: Work) -> None:
        self._bucket = work.bucket
        self._files: dict[str, Sequence[str]] = {}  # of inventories, by their keys
        self.keys = {each.request.key for each in work.lists if self._holds(each.request)}

    def __contains__(self, key: str) -> bool:
        """Tell whether a key is needed."""
        return key in self.keys

    def add(self, request: ListRequest, files: Sequence[str]) -> None:
        """Take note of the files of an inventory, which are needed as long as it is."""
        if files and self._holds(request):
            self._files[request.key] = files
            self.keys.update(files)

    def read_to_the_end(self, request: ListRequest, left: Iterable[ListLeft]) -> None:
        """Take note that a list, with its files, is needed no more but for those that are left."""
        self.keys -= {request.key, *self._files.get(request.key, ())}
        for each in left:
            if self._holds(each.request):
                self.keys.update({each.request.key, *self._files.get(each.request.key, ())})

    def taken_from(self, batch: Batch, room: Room) -> Batch:
        """Return a batch of keys that nobody has looked at, without what is needed."""
        if self.keys.isdisjoint(batch.keys):
            return batch
        room.give_back(*(found for found in batch.page.objects() if found.key in self.keys))
        return batch.without([NEEDED if key in self.keys else None for key in batch.keys])

    def _holds(self, request: ListRequest) -> bool:
        """Tell whether a list lies in the bucket that is swept."""
        return request.bucket in {None, self._bucket}
