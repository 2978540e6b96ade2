"""
OSS: the only place that imports oss2.

From a wish of the sweep's down to the bytes, and back:

    store.py         a bucket as the sweep uses it, with levels.py and contents.py of what it
                     lists and reads; state_objects.py is the jobs' state in one
      deletion.py    settles the fates of a batch's keys, by what requests.py asks for
                     (asking.py is the port between them); stretch.py says where a look begins
      limits.py      holds each request to the time left and to OSS's pace
      verdicts.py    says what an error is about: the job, some keys, or the moment
    bucket.py        oss2's bucket; no answer is believed before it is checked
      wire.py        how a key is written into a request; names.py how it is read in an answer
      pages.py       a listing, by the columns of rows.py, or else by entries.py;
                     answers.py, versions.py, versioning.py and tags.py are other answers,
                     facts.py reads the bucket's settings
      neighbours.py  what a page shows of keys that are in order; parts.py is a part of an object
      lazy.py        what oss2 would have made of an answer, only if somebody looks at it
    transport.py     one request, in time, counted, and OSS's clock by its answers
      signing.py     its signature, by credentials.py
      pools.py       the connections that wait for the next one
        connections.py the connection that it goes through

sdk.py imports oss2, before any other module does.
"""

from typing import TYPE_CHECKING, Any

from ossweep.store import sdk  # first: it is how all the others find oss2 imported
from ossweep.store.bucket import Bucket
from ossweep.store.contents import Content, bare_etag
from ossweep.store.credentials import Credentials
from ossweep.store.store import OssStore, connect

if TYPE_CHECKING:
    from ossweep.store.state_objects import OssStateObject, OssStateObjects

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


def __getattr__(name: str) -> Any:
    """Return what only those need who keep state."""
    if name not in {"OssStateObject", "OssStateObjects"}:
        raise AttributeError(name)
    from ossweep.store import state_objects  # noqa: PLC0415

    return getattr(state_objects, name)
