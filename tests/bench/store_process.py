"""The bench's store as others use it: started, told what to hold, asked what happened."""

from __future__ import annotations

import json
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from bench.store_bucket import Spec

TESTS = Path(__file__).parents[1]
ENDS_IN = 5.0  # seconds, or it is killed


class StoreProcess:
    """The running store, to be used in a `with`."""

    def __enter__(self) -> StoreProcess:  # noqa: PYI034 - 3.10 has no Self
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.store"],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(ENDS_IN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fill(self, bucket: str, spec: Spec) -> None:
        """Make a bucket, or make it anew; the statistics begin anew as well."""
        self._ask("PUT", bucket, json.dumps(spec.document()))

    def stats(self, bucket: str) -> dict[str, Any]:
        """Return a bucket's statistics, as BenchBucket.stats tells them."""
        return self._ask("GET", bucket)

    def _ask(self, method: str, bucket: str, body: str | None = None) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, f"/-/{bucket}", body)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, text
        document: dict[str, Any] = json.loads(text)
        return document
