"""
oss2 as its documentation uses it. Run as `python peer_oss2.py each|batches URL BUCKET PREFIX`.

`each` is the loop of the SDK's page: an ObjectIterator, and one delete_object for each key.
`batches` deletes a thousand keys at once.
"""

import sys
from itertools import islice

import oss2

way, url, name, prefix = sys.argv[1:]
bucket = oss2.Bucket(oss2.AuthV4("a", "b"), url, name, region="cn-hangzhou")
if way == "each":
    for found in oss2.ObjectIterator(bucket, prefix=prefix):
        bucket.delete_object(found.key)
else:
    keys = (found.key for found in oss2.ObjectIterator(bucket, prefix=prefix, max_keys=1000))
    while batch := list(islice(keys, 1000)):
        bucket.batch_delete_objects(batch)
