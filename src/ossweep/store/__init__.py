"""OSS: the only place that imports oss2."""

from ossweep.store import sdk  # first: it is how all the others find oss2 imported
from ossweep.store.bucket import Bucket
from ossweep.store.shelf import Kept, Shelf
from ossweep.store.store import Content, Credentials, OssStore, bare_etag, connect

__all__ = [
    "Bucket",
    "Content",
    "Credentials",
    "Kept",
    "OssStore",
    "Shelf",
    "bare_etag",
    "connect",
    "sdk",
]
