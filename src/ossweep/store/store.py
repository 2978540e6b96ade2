"""A bucket as the sweep uses it: listing and deleting, with retries and exact answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import oss2

from ossweep.errors import Closed, Scope, SettingsError, StoreError
from ossweep.store.bucket import Bucket
from ossweep.store.pages import page_of
from ossweep.store.shelf import Shelf
from ossweep.store.transport import Session
from ossweep.store.verdicts import PARTITION, is_throttling, is_undecided, verdict
from ossweep.store.wire import bodies, by_ways, fits_a_url
from ossweep.work import Answer, Failure, Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ossweep.store.limits import Gate, Pace, Turn
    from ossweep.work import Kind, Page
    from ossweep.world import World

T = TypeVar("T")

PAGE_KEYS = 1000  # the most keys OSS lists in one page
ATTEMPTS = 8  # of one request
STORM = 3  # refusals by quotas in a row that are more than a pace that was too fast
FIRST_PAUSE = 0.2  # seconds; doubled after each attempt
LONGEST_PAUSE = 10.0  # seconds

# oss2 logs every key as it is, at the level that Function Compute's root logger lets through; it
# tells of errors by raising them as well.
logging.getLogger("oss2").setLevel(logging.CRITICAL)
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Credentials:
    """What requests are signed with; `repr` does not show it."""

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


def connect(  # noqa: PLR0913 - what it takes to reach a bucket
    bucket: str,
    *,
    endpoint: str,
    region: str,
    credentials: Credentials,
    gate: Gate,
    world: World,
    connections: int,
    began: float | None = None,
) -> OssStore:
    """
    Open a bucket; no request is made. Raises SettingsError for an endpoint that is none.

    `began` is when the invocation did, by the world's monotonic clock; now, if it is left out.
    """
    start = world.monotonic() if began is None else began
    session = Session(gate.left, connections, lambda: max(0.0, world.monotonic() - start))
    provider = oss2.StaticCredentialsProvider(
        credentials.access_key_id, credentials.access_key_secret, credentials.security_token or ""
    )
    try:
        opened = Bucket(
            oss2.ProviderAuthV4(provider),
            endpoint,
            bucket,
            session=session,
            app_name="ossweep",
            region=region,
            enable_crc=False,  # for what is read and written here a checksum in Python is slow
        )
    except (oss2.exceptions.ClientError, ValueError) as error:
        said = getattr(error, "body", error)
        raise SettingsError(
            f"the bucket {bucket} at {endpoint} (OSSWEEP_ENDPOINT): {said}"
        ) from None
    return OssStore(opened, session, gate, world)


class OssStore:
    """A bucket. Threads share it."""

    def __init__(self, bucket: Bucket, session: Session, gate: Gate, world: World) -> None:
        self._bucket = bucket
        self._session = session
        self._gate = gate
        self._world = world

    @property
    def requests(self) -> Mapping[str, int]:
        """Return how many requests of each kind were made, and how many of them throttled."""
        return self._session.requests

    def first_date(self) -> int | None:
        """Return OSS's own time when the invocation began, in Unix seconds, if OSS has told it."""
        return self._session.began

    def began(self) -> int:
        """Return OSS's own time when the invocation began, in Unix seconds; raises StoreError."""
        if self._session.began is None:
            raise StoreError(
                "NoDate",
                "OSS's answer has no Date, so what was written since cannot be told apart",
                Scope.JOB,
            )
        return self._session.began

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        """
        Yield the pages of objects below a prefix that come after a key, each with whether there
        are more; raises Closed, StoreError.

        A page costs one request, made when the page is asked for.
        """
        listing = oss2.ObjectIterator(
            self._bucket, prefix=prefix, marker=after, max_keys=PAGE_KEYS, max_retries=1
        )
        while listing.is_truncated:
            # An iterator whose page failed stands where it stood: asking again loses nothing.
            self._ask("list", listing.fetch_with_retry)
            page, listing.entries = page_of(listing.entries), []
            yield page, listing.is_truncated

    def find(self, key: str) -> Found | None:
        """Return an object as a listing shows it now; raises Closed, StoreError."""
        page = self._ask(
            "list", lambda: self._bucket.list_objects(prefix=key, marker="", max_keys=1)
        )
        entry = page.object_list[0] if page.object_list else None
        if entry is None or entry.key != key:
            return None
        return Found(entry.key, entry.size, entry.last_modified)

    def delete(self, keys: Sequence[str], pace: Pace) -> Answer:
        """
        Delete up to a thousand keys, each the way that carries it unchanged; raises nothing.

        They go as fast, and as many at once, as the pace says when OSS refuses to hurry.
        """
        deletion = _Deletion(pace)
        try:
            together, alone = by_ways(keys)
            for body in bodies(together):
                self._delete(body, deletion)
            for key in alone:
                self._delete([key], deletion)
        except Closed:
            pass  # what was not answered for is still to do
        return Answer(
            deleted=frozenset(deletion.deleted),
            failed=tuple(deletion.failed),
            unanswered=deletion.unanswered,
        )

    def read(self, key: str, most: int) -> bytes:
        """Return an object's content; raises Closed, and StoreError for more than `most` bytes."""
        return self._ask("get", lambda: self._bucket.read_object(key, most))[1]

    def write(self, key: str, content: bytes, meta: Mapping[str, str]) -> None:
        """Write an object with user metadata (`x-oss-meta-*`); raises Closed, StoreError."""
        headers = {"Content-Type": "application/json", **meta}
        self._ask("put", lambda: self._bucket.put_object(key, content, headers=headers))

    def shelf(self, prefix: str, meta: Mapping[str, str]) -> Shelf:
        """Return the small objects below a prefix; what is written there has that user metadata."""
        return Shelf(self._bucket, self._ask, prefix, meta)

    def close(self) -> None:
        """Cut off whatever request is under way, and let none start any more."""
        self._session.cut()

    def _delete(self, keys: Sequence[str], deletion: _Deletion) -> None:
        try:
            deleted = self._send(keys, deletion)
        except _TooManyError as refused:
            self._delete_in_parts(keys, refused.turn, deletion)
            return
        except StoreError as refusal:
            self._divide(keys, refusal, deletion)
            return
        if deleted:
            deletion.deleted |= deleted
            deletion.pace.confirmed(len(deleted))
            self._gate.deleted()
        elif len(keys) == 1:
            silence = StoreError("NotDeleted", "OSS left the key out of its answer", Scope.KEYS)
            self._gate.failed(silence)
            deletion.fail(keys, silence)
            return
        silent = [key for key in keys if key not in deleted]
        for number, key in enumerate(silent):
            try:
                self._delete([key], deletion)  # asked by itself, it gets a reason
            except Closed as closed:
                heard = isinstance(closed, _Unanswered)  # that one is counted where it was sent
                deletion.unanswered += len(silent) - number - heard
                raise

    def _delete_in_parts(self, keys: Sequence[str], turn: Turn, deletion: _Deletion) -> None:
        while keys:
            self._gate.admit("batch_delete", after=turn.after)
            self._world.sleep(turn.after)
            self._delete(keys[: turn.objects], deletion)
            keys = keys[turn.objects :]
            if keys:
                turn = deletion.pace.part(len(keys))

    def _divide(self, keys: Sequence[str], refusal: StoreError, deletion: _Deletion) -> None:
        """Go on after keys were refused as a whole: halve them until the culprits stand alone."""
        if refusal.scope is Scope.JOB:
            self._gate.failed(refusal)  # and closes; the keys have done nothing wrong
            deletion.unanswered += len(keys) if refusal.in_doubt else 0
            return
        if refusal.scope is Scope.PASSING:
            # Attempts that are over are no refusal: the keys stay to be done.
            self._gate.failed(refusal)
            deletion.unanswered += len(keys) if refusal.in_doubt else 0
            return
        if len(keys) == 1:
            self._gate.failed(refusal)
            deletion.fail(keys, refusal)
            return
        middle = len(keys) // 2
        self._delete(keys[:middle], deletion)
        self._delete(keys[middle:], deletion)

    def _send(self, keys: Sequence[str], deletion: _Deletion) -> set[str]:
        """
        Ask OSS to delete keys, and return those of them that its answer confirms.

        Raises what `_ask` does, and _TooManyError when they should go in smaller parts.
        """

        def paced(code: str) -> float:
            turn = deletion.pace.refused(len(keys), partition=code == PARTITION)
            if turn.objects < len(keys):
                raise _TooManyError(turn)
            return turn.after

        try:
            if len(keys) == 1 and fits_a_url(keys[0]):
                self._ask("delete", lambda: self._bucket.delete_object(keys[0]), paced)
                return set(keys)
            return self._ask(
                "batch_delete",
                lambda: set(self._bucket.batch_delete_objects(keys).deleted_keys),
                paced,
            ).intersection(keys)
        except _Unanswered:
            deletion.unanswered += len(keys)
            raise

    def _ask(
        self, kind: Kind, request: Callable[[], T], paced: Callable[[str], float] | None = None
    ) -> T:
        """
        Make a request, again if it is worth it, and return its answer.

        Pauses grow exponentially and are drawn by chance between nothing and their length, so that
        many invocations do not come back at once; `paced` tells those of a request that OSS's
        quotas refuse with a code. Raises StoreError when OSS refuses it or its attempts are over,
        and Closed when no time is left for it.
        """
        attempt = 0
        closed: type[Closed] = Closed
        pause = 0.0
        while True:
            try:
                self._gate.admit(kind, after=pause)
            except Closed:
                raise closed from None
            if pause:
                self._world.sleep(pause)
            began = self._world.monotonic()
            try:
                return request()
            except Exception as raised:  # noqa: BLE001 - no answer may end the invocation midway
                error = verdict(raised)
                throttled = is_throttling(getattr(raised, "status", 0), error.code)
                if throttled:
                    self._session.throttled()
                if not throttled and is_undecided(raised):
                    closed = _Unanswered
            finally:
                self._gate.answered(kind, self._world.monotonic() - began)
            attempt += 1
            if error.scope is not Scope.PASSING or attempt == ATTEMPTS:
                error.in_doubt = closed is _Unanswered
                raise error
            # A pause that does not fit is not cut short: the keys are better left to a continuation
            # than refused for good after a few tries in quick succession.
            pause = self._world.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
            if throttled and paced is not None:
                # The pace is for one that was too fast. Who is refused time and again meets a
                # storm, and has to outlast it.
                turn = paced(error.code)
                pause = turn if attempt < STORM else max(turn, pause)


class _TooManyError(Exception):
    """OSS's quotas have refused a batch, which should be tried again in smaller parts."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)
        self.turn = turn


class _Unanswered(Closed):
    """Closed, after a request whose answer never came: it may have been carried out."""


@dataclass
class _Deletion:
    """What has become of the keys of one call so far."""

    pace: Pace
    deleted: set[str] = field(default_factory=set)
    failed: list[Failure] = field(default_factory=list)
    unanswered: int = 0

    def fail(self, keys: Sequence[str], error: StoreError) -> None:
        self.failed.extend(Failure(key, error.code, error.message) for key in keys)
