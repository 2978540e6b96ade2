"""
The bench's store: OSS and S3 over HTTP on loopback, in memory, in a process of its own.

Run as `python -m bench.store`: it writes its port to stdout, and ends when its stdin does.
`PUT /-/NAME` with a Spec as JSON makes a bucket or makes it anew; `GET /-/NAME` tells its
statistics. Signatures are not looked at.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import sys
import time
from email.utils import formatdate

from bench.store_bucket import BenchBucket, Reply, Spec
from bench.store_dialect import query_of

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")
EXPECTS = re.compile(rb"(?i)\r\nexpect: *100-continue")
# What tells S3's clients from OSS's: the signature of the one, a header of the other.
IS_S3 = re.compile(rb"(?i)\r\n(x-amz-|authorization: *aws)")
REASONS = {
    200: "OK",
    204: "No Content",
    206: "Partial Content",
    400: "Bad Request",
    404: "Not Found",
    503: "Slow Down",
}
SEND_BUFFER = 4 * 1024 * 1024  # a page goes to the kernel in one piece
CONTROL = b"-"
NO_SUCH_BUCKET = b"<Error><Code>NoSuchBucket</Code><Message>none of that name</Message></Error>"


class Store:
    """The buckets by their names."""

    def __init__(self) -> None:
        self._buckets: dict[bytes, BenchBucket] = {}
        self._second = 0
        self._date = ""

    def answer(
        self, method: bytes, target: bytes, headers: bytes, body: bytes
    ) -> tuple[BenchBucket | None, Reply]:
        """Return a request's answer, and the bucket that it is about."""
        path, query = query_of(target)
        name, _, key = path[1:].partition(b"/")
        if name == CONTROL:
            return None, self._control(method, key, body)
        bucket = self._buckets.get(name)
        if bucket is None:
            return None, Reply(404, NO_SUCH_BUCKET)
        is_oss = IS_S3.search(headers) is None
        return bucket, bucket.answer(method, key, query, body, is_oss=is_oss, headers=headers)

    def _control(self, method: bytes, name: bytes, body: bytes) -> Reply:
        if method == b"PUT":
            self._buckets[name] = BenchBucket(name.decode(), Spec.of(json.loads(body)))
            gc.collect()
            gc.freeze()  # what a bucket is made of is not looked through again and again
        return Reply(200, json.dumps(self._buckets[name].stats()).encode())

    def date(self) -> str:
        """Return the time, as HTTP writes it."""
        now = int(time.time())
        if now != self._second:
            self._second, self._date = now, formatdate(now, usegmt=True)
        return self._date


class Connection(asyncio.Protocol):
    """A client's connection: one request after the other."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._received = bytearray()
        self._needed = 0  # bytes of the request that is coming in, 0 before its head is there
        self._busy = False
        self._head_only = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=SEND_BUFFER)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER
        )

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._busy and len(self._received) >= self._needed:
            self._serve()

    def _serve(self) -> None:
        """Serve the request that has come in, if all of it has."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = LENGTH.search(head)
        needed = end + 4 + (int(length[1]) if length else 0)
        if len(self._received) < needed:
            if not self._needed and EXPECTS.search(head):
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._needed = needed
            return
        body = bytes(self._received[end + 4 : needed])
        del self._received[:needed]
        self._needed = 0
        self._busy = True
        method, target, _ = head.split(b" ", 2)
        self._head_only = method == b"HEAD"
        came = time.monotonic()
        bucket, reply = self._store.answer(method, target, head, body)
        if bucket is not None:
            bucket.first = bucket.first or came
            bucket.requests[reply.kind] += 1
            bucket.in_flight += 1
            bucket.most_in_flight = max(bucket.most_in_flight, bucket.in_flight)
        if reply.seconds:
            # What the answer has cost here counts as part of its time.
            left = came + reply.seconds - time.monotonic()
            asyncio.get_running_loop().call_later(max(left, 0), self._finish, bucket, reply)
        else:
            self._finish(bucket, reply)

    def _finish(self, bucket: BenchBucket | None, reply: Reply) -> None:
        """Do what the request asks for, and answer it if anybody is still there."""
        if reply.then is not None:
            reply.then()
        gone = self._transport.is_closing()
        if bucket is not None:
            bucket.in_flight -= 1
            if gone:
                bucket.abandoned += reply.keys
            else:
                bucket.last = time.monotonic()
        if gone:
            return
        lines = (
            f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'No')}",
            "Server: AliyunOSS",
            f"Date: {self._store.date()}",
            "Content-Type: application/xml",
            f"Content-Length: {len(reply.body)}"
            if reply.status != 204
            else "Connection: keep-alive",
            "x-oss-request-id: 5F0000000000000000000000",
            *reply.headers,
        )
        head = "\r\n".join((*lines, "", "")).encode()
        self._transport.write(head if self._head_only else head + reply.body)
        self._busy = False
        if self._received:
            self._serve()


async def serve() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    store = Store()
    server = await loop.create_server(lambda: Connection(store), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
