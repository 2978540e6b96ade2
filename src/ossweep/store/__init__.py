"""OSS: the only place that imports oss2."""

from ossweep.store import sdk  # first: it is how all the others find oss2 imported
from ossweep.store.bucket import Bucket
from ossweep.store.shelf import Kept, Shelf
from ossweep.store.store import Credentials, OssStore, connect

__all__ = ["Bucket", "Credentials", "Kept", "OssStore", "Shelf", "connect", "sdk"]
