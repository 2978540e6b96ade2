"""OSS: the only place that imports oss2."""

from ossweep.store.bucket import Bucket
from ossweep.store.store import Credentials, OssStore, connect

__all__ = ["Bucket", "Credentials", "OssStore", "connect"]
