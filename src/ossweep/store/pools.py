"""Pools of connections that are empty at first, and whose connections end with the time left."""

from __future__ import annotations

from queue import LifoQueue
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from ossweep.store.connections import Plain, Secure


class Idle(LifoQueue[Any]):
    """
    Connections that wait for a request.

    urllib3 fills its pools with as many times nothing as there may be connections, and takes these
    out again at the end: a tenth of an invocation for one key. It opens a connection as well where
    there is nothing to take.
    """

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add a connection, if it is one."""
        if item is not None:
            super().put(item, block, timeout)


class PlainPool(HTTPConnectionPool):
    """Connections to a host and port."""

    ConnectionCls = Plain
    QueueCls = Idle


class SecurePool(HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = Secure
    QueueCls = Idle
