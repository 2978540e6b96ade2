"""A bucket as the sweep uses it: listing and deleting, with retries and exact answers."""

from __future__ import annotations

import logging
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

import oss2

from ossweep.errors import NO_SUCH_KEY, Closed, Scope, SettingsError, StoreError
from ossweep.helps import HELPS_OF_STATE, met_at
from ossweep.objects import Fates, Lot
from ossweep.stops import NULL_MARKER_SHOWN
from ossweep.store.bucket import Bucket, ClassesBucket
from ossweep.store.contents import Content, bare_etag
from ossweep.store.deletion import ATTEMPTS, Deletion
from ossweep.store.levels import level_of
from ossweep.store.limits import FIRST_PAUSE, LONGEST_PAUSE
from ossweep.store.neighbours import neighbours
from ossweep.store.pages import PAGE_KEYS, page_of
from ossweep.store.parts import Part, part_of
from ossweep.store.requests import Requests, shown
from ossweep.store.sights import Sights
from ossweep.store.signing import Auth
from ossweep.store.transport import TimedSession, seconds_of
from ossweep.store.verdicts import PARTITION, is_throttling, verdict
from ossweep.store.versioning import has_lost_null_version
from ossweep.store.wire import bodies, by_ways, fits_a_url
from ossweep.trust import authorities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ossweep.objects import Found, Neighbours, Page, Shown
    from ossweep.store.credentials import Credentials
    from ossweep.store.limits import Gate, Pace
    from ossweep.store.state_objects import OssStateObjects
    from ossweep.work import Kind
    from ossweep.world import World

T = TypeVar("T")

# oss2 logs every key as it is, at the level that Function Compute's root logger lets through; it
# tells of errors by raising them as well.
logging.getLogger("oss2").setLevel(logging.CRITICAL)
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


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
    certificates: tuple[str, ...] = (),
    clock_at: Callable[[int], int] = lambda began: began,
    may_lose: bool = True,
    with_classes: bool = False,
) -> OssStore:
    """
    Open a bucket; no request is made. Raises SettingsError for an endpoint that is none, and for
    `certificates`, files of authorities to believe beside the world's, in which there are none.

    A deletion that loses a null version for good is the last one, unless it `may_lose` them. What
    is listed tells its storage class if it is opened `with_classes`.
    `began` is when the invocation did, by the world's monotonic clock; now, if it is left out.
    `clock_at` turns that moment into the job's clock, both by OSS's own time.
    """
    start = world.monotonic() if began is None else began
    if certificates:
        authorities(certificates)
    session = TimedSession(
        gate.left,
        connections,
        lambda: max(0.0, world.monotonic() - start),
        certificates=certificates,
    )
    provider = oss2.StaticCredentialsProvider(
        credentials.access_key_id, credentials.access_key_secret, credentials.security_token or ""
    )
    try:
        opened = (ClassesBucket if with_classes else Bucket)(
            Auth(provider, world.wall),
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
    return OssStore(opened, session, gate, world, clock_at, may_lose=may_lose)


class OssStore:
    """A bucket. Threads share it."""

    def __init__(  # noqa: PLR0913 - what `connect` has found, and what the job says
        self,
        bucket: Bucket,
        session: TimedSession,
        gate: Gate,
        world: World,
        clock_at: Callable[[int], int] = lambda began: began,
        *,
        may_lose: bool = True,
    ) -> None:
        self.bucket = bucket
        self.session = session
        self._gate = gate
        self._world = world
        self._clock_at = clock_at
        self._may_lose = may_lose
        self.has_batches = True  # until OSS has said that the bucket has none
        self.sights = Sights()

    @property
    def requests(self) -> Mapping[str, int]:
        """Return how many requests of each kind were made, and how many of them throttled."""
        return self.session.requests

    def last_date(self) -> int | None:
        """Return the latest time at which the job can have begun, if OSS has told the time."""
        latest = self.session.began_by
        return None if latest is None else self._clock_at(ceil(latest))

    def first_date(self) -> int | None:
        """Return when the job began by OSS's own time, in Unix seconds, if OSS has told it."""
        began = self.session.began
        return None if began is None else self._clock_at(began)

    def clock(self, known: int | None) -> int:
        """
        Return the job's clock: what is `known` of it, or earlier if this bucket's answers tell so.

        In Unix seconds by OSS's own time. Raises StoreError if nobody has told it.
        """
        told = [each for each in (known, self.first_date()) if each is not None]
        if not told:
            raise StoreError(
                "NoDate",
                "OSS's answer has no Date, so what was written since cannot be told apart",
                Scope.JOB,
            )
        return min(told)

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        """
        Yield the pages of objects below a prefix that come after a key, each with whether there
        are more; raises Closed, StoreError.

        A page costs one request, made when the page is asked for.
        """
        listing = oss2.ObjectIterator(
            self.bucket, prefix=prefix, marker=after, max_keys=PAGE_KEYS, max_retries=1
        )
        while listing.is_truncated:
            # An iterator whose page failed has not moved: asking again loses nothing.
            self._ask("list", listing.fetch_with_retry)
            page, listing.entries = page_of(listing.entries), []
            is_empty = not (page.keys or page.unnamed)
            if is_empty and listing.is_truncated and isinstance(listing.next_marker, str):
                page = Lot((), reaches=listing.next_marker)
            yield page, listing.is_truncated

    def level(self, prefix: str) -> Iterator[Sequence[Found]]:
        """Yield the objects below a prefix up to the next slash; raises Closed, StoreError."""
        return level_of(self.bucket, partial(self._ask, "list"), prefix)

    def borders(self, prefix: str, after: str) -> tuple[list[str], str] | None:
        """
        Return directories right below a prefix, from a key on, and the key behind which more may
        follow, "" if none do; None where OSS does not tell. Raises Closed.

        It is asked for once: a listing gets along without.
        """
        self._gate.admit("list")
        began = self._world.monotonic()
        try:
            page = self.bucket.list_folders(prefix, after, PAGE_KEYS)
        except Exception as raised:  # noqa: BLE001 - as in _ask
            if is_throttling(getattr(raised, "status", 0), verdict(raised).code):
                self.session.throttled()
            return None
        finally:
            self._gate.answered("list", self._world.monotonic() - began)
        goes_on = page.is_truncated and isinstance(page.next_marker, str)
        return page.prefix_list, page.next_marker if goes_on else ""

    def left(self) -> float:
        """Return the seconds of the invocation that are left."""
        return self._gate.left()

    def versioning(self) -> str:
        """Return the bucket's versioning, "" if it never had any; raises Closed, StoreError."""
        return self._ask("get", self.bucket.get_bucket_versioning)

    def setting(self, name: str, attempts: int = ATTEMPTS) -> bytes:
        """Return the document of one of the bucket's settings; raises Closed, StoreError."""
        return self._ask("get", lambda: self.bucket.setting(name), attempts=attempts)

    def lost(self, result: Any) -> None:
        """Take note of a deletion's answer, and close the gate if it shows a null marker."""
        if not self._may_lose and has_lost_null_version(result):
            self._gate.stop(NULL_MARKER_SHOWN)

    def find(self, key: str) -> Found | None:
        """Return an object as a listing shows it now; raises Closed, StoreError."""
        return shown(key, lambda marker: self._page_after(key, marker, 1))

    def tags(self, key: str, pace: Pace) -> Mapping[str, str] | None:
        """Return an object's tags, None if no URL carries its key; raises Closed, StoreError."""
        if not fits_a_url(key):
            return None
        ask = partial(self.bucket.get_object_tagging, key)
        tags: Mapping[str, str] = self._ask("tags", ask, pace)
        return tags

    def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
        """Return what a page shows of keys in order, the first at least; raises as `find` does."""
        return neighbours(keys, self._page_after, with_etags=with_etags)

    def _page_after(self, prefix: str, marker: str, most: int) -> Any:
        wanted = {"prefix": prefix, "marker": marker, "max_keys": most}
        return self._ask("list", partial(self.bucket.list_objects, **wanted))

    def delete(self, keys: Sequence[str], pace: Pace, shown: Shown) -> Fates:
        """
        Delete up to a thousand keys, each the way that carries it unchanged; raises nothing.

        They go as fast, and as many at once, as the pace says when OSS refuses to hurry. `shown`
        tells how old the knowledge of them is, and by which clock they are judged.
        """
        deletion = Deletion(Requests(self), self._gate, self._world, pace, shown)
        try:
            together, alone = by_ways(keys)
            for body in bodies(together):
                deletion.delete(body)
            deletion.delete_singly(alone)
        except Closed:
            pass  # keys that were not answered for are still to do
        except StoreError as error:
            self._gate.failed(error)  # OSS has told no time to judge keys in doubt by
        passed_over = tuple(deletion.passed_over.values())
        if passed_over:
            last = passed_over[-1]
            self._gate.passed_over(StoreError(last.code, "", Scope.KEYS, said=last.message))
        return Fates(
            deleted=frozenset(deletion.deleted),
            failed=tuple(deletion.failed.values()),
            kept=deletion.kept,
            full=tuple(deletion.full.values()),
            unanswered=frozenset(deletion.doubted),
            passed_over=passed_over,
            halved=deletion.halved,
        )

    def read(self, key: str, most: int) -> Content:
        """Return an object; raises Closed, and StoreError for more than `most` bytes."""
        found, body = self._ask("get", lambda: self.bucket.read_object(key, most))
        written = seconds_of(found.headers.get("Last-Modified")) or 0
        return Content(body, bare_etag(found.headers.get("ETag", "")), written, found.headers)

    def read_part(self, key: str, first: int, most: int, etag: str) -> Part:
        """Return bytes of the object with an ETag, "" for any; raises Closed, StoreError."""
        return self._ask("get", lambda: part_of(self.bucket, key, first, most, etag))

    def write(self, key: str, content: bytes, meta: Mapping[str, str]) -> None:
        """Write an object with user metadata (`x-oss-meta-*`); raises Closed, StoreError."""
        headers = {"Content-Type": "application/json", **meta}
        self._ask("put", lambda: self.bucket.put_object(key, content, headers=headers))

    def state_objects(self, prefix: str, meta: Mapping[str, str]) -> OssStateObjects:
        """Return the small objects below a prefix; what is written there has that user metadata."""
        from ossweep.store.state_objects import OssStateObjects  # noqa: PLC0415 - for state

        return OssStateObjects(self.bucket, self._ask_for_state, prefix, meta, self.session)

    def close(self) -> None:
        """Cut off whatever request is under way, and let none start any more."""
        self.session.cut()

    def _ask_for_state(self, kind: Kind, request: Callable[[], T]) -> T:
        """Do as `_ask` does; an error says that it is about the state's bucket."""
        place = f"the jobs' state in the bucket {self.bucket.bucket_name} (OSSWEEP_STATE)"
        try:
            return self._ask(kind, request)
        except StoreError as error:
            raise met_at(place, error, HELPS_OF_STATE) from None
        except Closed as closed:
            raise Closed(f"{closed} - {place}" if str(closed) else "") from None

    def _ask(
        self,
        kind: Kind,
        request: Callable[[], T],
        pace: Pace | None = None,
        attempts: int = ATTEMPTS,
    ) -> T:
        """
        Make a request, again if it is worth it, and return its answer.

        Pauses are random, up to a limit that doubles, and as long as a pace wants where quotas
        refuse the request. Raises StoreError when OSS refuses it or its attempts are over, and
        Closed when no time is left or all is cut off.
        """
        attempt, pause, least = 0, 0.0, 0.0
        while True:
            self._gate.admit(kind, after=pause)
            if pause:
                self._world.sleep(pause)
                self._gate.admit(kind)
            began = self._world.monotonic()
            try:
                return request()
            except Exception as raised:  # noqa: BLE001 - no answer may end the invocation midway
                error = verdict(raised)
                is_look = kind in {"list", "tags"} and error.code != NO_SUCH_KEY
                if error.scope is not Scope.KEYS or is_look:  # others are told one by one
                    self._gate.missed(kind, error)
                if is_throttling(getattr(raised, "status", 0), error.code):
                    self.session.throttled()
                    least = pace.refused(1, partition=error.code == PARTITION).after if pace else 0
            finally:
                self._gate.answered(kind, self._world.monotonic() - began)
            attempt += 1
            if error.scope is not Scope.PASSING or attempt == attempts:
                raise error
            if self.session.is_cut:
                raise Closed("")
            # A pause that does not fit is not shortened: a continuation is better than hasty tries.
            pause = self._world.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
            pause, least = max(pause, least), 0.0
