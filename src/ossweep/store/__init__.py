"""OSS: the only place that imports oss2."""

from ossweep.store import sdk  # first: it is how all the others find oss2 imported
from ossweep.store.bucket import Bucket
from ossweep.store.state_objects import OssStateObject, OssStateObjects
from ossweep.store.store import Content, Credentials, OssStore, bare_etag, connect

__all__ = [
    "Bucket",
    "Content",
    "Credentials",
    "OssStateObject",
    "OssStateObjects",
    "OssStore",
    "bare_etag",
    "connect",
    "sdk",
]
