"""The local OSS as tests use it: started, seeded, looked into, and made to misbehave."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from localcloud.arrivals import Log, Request
from localcloud.buckets import ENABLED, SUSPENDED
from localcloud.dialect import Dialect
from localcloud.faults import Fault, Faults
from localcloud.moto_store import BucketTraits, MotoStore, Traits
from localcloud.quick import QuickStore
from localcloud.server import OssServer, Service
from localcloud.signature import Credentials

PERMANENT = Credentials("LTAI-local", "local-secret")
TEMPORARY = Credentials("STS.local", "local-sts-secret", "local-security-token")
AN_HOUR = 3600


class LocalOss:
    """OSS on loopback; its one account has a permanent key, a role's temporary one, and more."""

    def __init__(  # noqa: PLR0913 all have a default
        self,
        *,
        port: int = 0,
        region: str = "cn-hangzhou",
        credentials: Credentials = PERMANENT,
        temporary_credentials: Credentials = TEMPORARY,
        clock: Callable[[], float] = time.time,
        store: type[MotoStore] = QuickStore,
    ) -> None:
        self.region = region
        self.credentials = credentials
        self.temporary_credentials = temporary_credentials
        self.now = clock
        self._store = store(clock)
        self._faults = Faults()
        self._log = Log()
        self._own = (credentials, temporary_credentials)
        self._accounts = list(self._own)
        self._server = OssServer(
            port,
            Service(
                dialect=Dialect(self._store, region),
                faults=self._faults,
                log=self._log,
                accounts=self._accounts,
                region=region,
                has_bucket=self._store.has_bucket,
                now=clock,
                stopping=threading.Event(),
            ),
        )
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "LocalOss":  # noqa: PYI034 typing has no Self before 3.11
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._store.start()
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
        self._store.stop()

    def create_bucket(self, bucket: str) -> None:
        self._store.create_bucket(bucket)

    def enable_versioning(self, bucket: str) -> None:
        self._store.set_versioning(bucket, ENABLED)

    def suspend_versioning(self, bucket: str) -> None:
        self._store.set_versioning(bucket, SUSPENDED)

    def make_hierarchical(self, bucket: str) -> None:
        """Give a bucket a hierarchical namespace: no batches, and only empty directories go."""
        self._store.make_hierarchical(bucket)

    def describe(self, bucket: str, **traits: Any) -> None:
        """Let a bucket be so, as BucketTraits says; what is not given is as in a new one."""
        self._store.describe(bucket, BucketTraits(**traits))

    def add_credentials(self, credentials: Credentials) -> None:
        """Accept one more key, until the next reset: each invocation can have its own."""
        self._accounts.append(credentials)

    def fill(
        self,
        bucket: str,
        objects: Iterable[str] | Mapping[str, int | bytes],
        modified: float | None = None,
        traits: Traits | None = None,
    ) -> None:
        """Put objects there without a request: keys alone, or with their bytes, or their size.

        Last written at `modified`, in Unix seconds; an hour ago if not given. Each has the traits.
        """
        moment = self.now() - AN_HOUR if modified is None else modified
        self._store.fill(bucket, objects, moment, traits)

    def remove(self, bucket: str, keys: Iterable[str]) -> None:
        """Delete objects without a request, as somebody else would."""
        self._store.delete_batch(bucket, keys)

    def keys(self, bucket: str) -> list[str]:
        """The keys that are there, in the order of their bytes, read behind the dialect's back."""
        return self._store.keys(bucket)

    def content(self, bucket: str, key: str) -> bytes | None:
        """What an object holds, read behind the dialect's back; None if it is not there."""
        reply = self._store.get(bucket, key, {})
        return reply.body if reply.status == 200 else None

    @property
    def requests(self) -> list[Request]:
        return self._log.requests()

    def count(self, operation: str) -> int:
        return self._log.count(operation)

    def wait_for(
        self, operation: str, count: int = 1, timeout: float = 60, but: tuple[str, ...] = ()
    ) -> bool:
        """
        Whether so many requests of the operation have arrived, waiting for them if need be.

        Those about keys with one of these ends do not count.
        """
        return self._log.wait_for(operation, count, timeout, but)

    def wait_for_answers(self, bucket: str, timeout: float) -> bool:
        """Whether all that was asked of a bucket is answered, waiting for it if need be."""
        return self._log.wait_for_answers(bucket, timeout)

    def forget(self) -> None:
        self._log.forget()

    def misbehave(self, fault: Fault) -> None:
        self._faults.add(fault)

    def behave(self) -> None:
        self._faults.clear()

    def reset(self) -> None:
        """Nothing left of the test before: no bucket, no fault, no request, no key."""
        self._accounts[:] = self._own
        self._faults.clear()
        self._store.reset()
        self._log.forget()
