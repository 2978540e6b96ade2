"""A bucket of the bench's store: what a request does to it, what it answers, and when."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bench.shapes import SHAPES
from bench.store_dialect import PLAIN, Dialect, Question, keys_of
from bench.store_limits import Latency, Limits, Quota
from bench.store_lists import LIST, StoredList
from bench.store_objects import Objects, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.store_objects import Run

SLOW_DOWN = "SlowDown"  # what S3 says for any of its quotas
TOLD = {
    "location": b"<LocationConstraint>us-east-1</LocationConstraint>",
    "versioning": b"<VersioningConfiguration></VersioningConfiguration>",
}


@dataclass(frozen=True)
class Spec:
    """
    What a bucket holds and how it behaves; JSON's objects carry it to the store.

    `is_listed` tells that a list of all its keys lies beside them.
    """

    shape: str = "flat"
    count: int = 1000
    latency: Latency = field(default_factory=Latency)
    quota: Quota = field(default_factory=Quota)
    kind: str = PLAIN  # of OSS's documents
    is_listed: bool = False

    @classmethod
    def of(cls, document: dict[str, Any]) -> Spec:
        given = dict(document)
        latency, quota = Latency(**given.pop("latency")), Quota(**given.pop("quota"))
        return cls(**given, latency=latency, quota=quota)

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Reply:
    """
    An answer, the seconds after which it is due, and what is done to the bucket then.

    `kind` is what the statistics know it by; `keys` how many keys it deletes.
    """

    status: int
    body: bytes = b""
    kind: str = "other"
    seconds: float = 0.0
    then: Callable[[], None] | None = None
    keys: int = 0
    headers: tuple[str, ...] = ()


class BenchBucket:
    """Objects under quotas. Times are of the monotonic clock, which all processes here share."""

    def __init__(self, name: str, spec: Spec) -> None:
        shape = SHAPES[spec.shape](spec.count)
        self.objects = Objects(shape)
        self._shape = shape
        self._spec = spec
        self._lasts = spec.latency.draw()
        self._limits = Limits(spec.quota, spec.count, time.monotonic())
        self._dialects = {
            True: Dialect("oss", shape, name, spec.kind),
            False: Dialect("s3", shape, name),
        }
        self._list_of_all = StoredList.of(shape, name) if spec.is_listed else None
        self.requests: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.first = self.last = 0.0  # when the first request came, and the last answer went
        self.abandoned = 0  # keys whose deletion nobody waited for until its answer
        self.in_flight = self.most_in_flight = 0
        self._cpu = time.process_time()

    def stats(self) -> dict[str, Any]:
        """Return what has happened since it was made."""
        objects = self.objects
        return {
            "requests": dict(self.requests),
            "refused": dict(self.refused),
            "left": objects.left,
            "deleted": objects.deleted,
            "repeated": objects.repeated,
            "strange": objects.strange,
            "abandoned": self.abandoned,
            "first": self.first,
            "last": self.last,
            "most_in_flight": self.most_in_flight,
            "neighbour": {"written": self._limits.written, "refused": self._limits.unwritten},
            "cpu": time.process_time() - self._cpu,
        }

    def answer(  # noqa: PLR0913 - what a request is made of
        self,
        method: bytes,
        key: bytes,
        query: dict[str, bytes],
        body: bytes,
        *,
        is_oss: bool,
        headers: bytes = b"",
    ) -> Reply:
        """Answer a request to the bucket, or to an object of it if `key` is not empty."""
        dialect = self._dialects[is_oss]
        if method == b"POST" and "delete" in query:
            return self._batch(keys_of(body), query, dialect)
        if method == b"DELETE" and key:
            return self._delete(self.objects.find([key]), dialect)
        if method == b"HEAD":
            return Reply(200 if not key or self.objects.has(key) else 404)
        if method == b"GET" and not key:
            told = [TOLD[name] for name in TOLD.keys() & query.keys()]
            return Reply(200, told[0]) if told else self._list(Question.of(query), dialect)
        if method == b"GET" and key == LIST.encode() and self._list_of_all is not None:
            status, told_of, part = self._list_of_all.part(headers)
            return Reply(status, part, "get", headers=told_of)
        return Reply(501, dialect.refusal("NotImplemented", "not here", "0"))

    def _list(self, question: Question, dialect: Dialect) -> Reply:
        start, stop = self._shape.range_of(question.prefix)
        if question.after:
            skipped = (
                b"\xff"
                if question.delimiter and question.after.endswith(question.delimiter)
                else b"\x00"
            )
            start = max(start, self._shape.index(question.after + skipped))
        refusal = self._refusal(Counter({self._limits.partition(start): 1}), "list", dialect)
        if refusal is not None:
            return refusal
        if question.delimiter:
            page, groups = self._grouped(start, stop, question)
        else:
            page, groups = self.objects.page(start, stop, question.most), ()
        next_ = b""
        if page.truncated and page.last is not None:
            next_ = self._shape.key(page.last)
        if page.truncated and groups and groups[-1] > next_:
            next_ = groups[-1]
        body = dialect.listing(question, page, groups, next_)
        return Reply(200, body, "list", self._lasts(self._spec.latency.listing))

    def _grouped(self, start: int, stop: int, question: Question) -> tuple[Page, Sequence[bytes]]:
        """Return a page with a delimiter: the keys without one, and the groups of the others."""
        blocks: list[tuple[int, Sequence[int]]] = []
        groups: list[bytes] = []
        last = None
        while (page := self.objects.page(start, stop, 1)).last is not None:
            if len(blocks) + len(groups) == question.most:
                return Page(blocks, len(blocks), last, truncated=True), groups
            key = self._shape.key(page.last)
            end = key.find(question.delimiter, len(question.prefix))
            if end < 0:
                blocks += page.blocks
                last = page.last
                start = page.last + 1
            else:
                groups.append(key[: end + len(question.delimiter)])
                start = self._shape.index(groups[-1] + b"\xff")
        return Page(blocks, len(blocks), last, truncated=False), groups

    def _batch(self, keys: Sequence[bytes], query: dict[str, bytes], dialect: Dialect) -> Reply:
        if not 1 <= len(keys) <= 1000:
            return Reply(400, dialect.refusal("MalformedXML", "1 to 1000 keys", "0"))
        runs = self.objects.find(keys)
        asked = self._limits.operations_of(runs, self._shape.block_size)
        refusal = self._refusal(asked, "batch_delete", dialect)
        if refusal is not None:
            return refusal
        return Reply(
            200,
            dialect.deletion(runs, encoded=query.get("encoding-type") == b"url"),
            "batch_delete",
            self._lasts(self._spec.latency.deletion),
            lambda: self.objects.delete(runs),
            len(keys),
        )

    def _delete(self, runs: Sequence[Run], dialect: Dialect) -> Reply:
        asked = self._limits.operations_of(runs, self._shape.block_size)
        refusal = self._refusal(asked, "delete", dialect)
        if refusal is not None:
            return refusal
        seconds = self._lasts(self._spec.latency.deletion)
        return Reply(204, b"", "delete", seconds, lambda: self.objects.delete(runs), 1)

    def _refusal(self, asked: Counter[int], kind: str, dialect: Dialect) -> Reply | None:
        code = self._limits.refuse(asked, time.monotonic())
        if code is None:
            return None
        self.refused[code] += 1
        said = code if dialect.is_oss else SLOW_DOWN
        body = dialect.refusal(said, "Please reduce your request rate.", "0")
        return Reply(503, body, kind, self._spec.latency.refusal)
