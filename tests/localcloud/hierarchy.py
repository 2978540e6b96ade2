"""A bucket with a hierarchical namespace: no batches, and directories go after their contents."""

from collections.abc import Sequence

from localcloud.arrivals import Request
from localcloud.faults import AsTold, Fault, Refuse
from localcloud.oss import LocalOss

NO_BATCHES = Refuse(501, "NotImplemented")
NOT_EMPTY = Refuse(409, "FileAlreadyExists", "The directory is not empty.")


def make_hierarchical(
    oss: LocalOss, bucket: str, no_batches: Fault = NO_BATCHES, not_empty: Fault = NOT_EMPTY
) -> None:
    """Let a bucket's deletions be answered as those of one with a hierarchical namespace are."""

    def told(request: Request) -> Sequence[Fault]:
        if request.bucket != bucket:
            return []
        if request.operation == "batch_delete":
            return [no_batches]
        if request.operation == "delete" and request.key.endswith("/"):
            within = (key for key in oss.keys(bucket) if key.startswith(request.key))
            return [not_empty] if any(key != request.key for key in within) else []
        return []

    oss.misbehave(AsTold(told))
