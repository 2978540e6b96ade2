"""The local OSS as a program: prints where it is and serves until it is told to stop."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType

from localcloud.faults import CutBody, Fault, Latency, Refuse, Reset, Withhold
from localcloud.oss import LocalOss
from localcloud.tree import plant

STATUS_OF = {
    "AccessDenied": 403,
    "FileImmutable": 409,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "MalformedXML": 400,
    "NoSuchBucket": 404,
    "RequestTimeTooSkewed": 403,
}
STATUS_OF_OTHERS = 503  # the codes of throttling
BYTES_BEFORE_A_CUT = 200


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with LocalOss(port=options.port) as oss:
        oss.create_bucket(options.bucket)
        if options.versioning:
            oss.enable_versioning(options.bucket)
        if options.versioning == "suspended":
            oss.suspend_versioning(options.bucket)
        if options.hierarchical:
            oss.make_hierarchical(options.bucket)
        _fill(oss, options.bucket, options.fill)
        for fault in _faults(options):
            oss.misbehave(fault)
        sys.stdout.write(json.dumps(_whereabouts(oss, options.bucket)) + "\n")
        sys.stdout.flush()
        stopped.wait(options.seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcloud", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free one")
    parser.add_argument("--bucket", default="examplebucket")
    parser.add_argument("--fill", metavar="tree|COUNT", default="", help="objects to begin with")
    parser.add_argument("--versioning", choices=("enabled", "suspended"), help="of the bucket")
    parser.add_argument("--hierarchical", action="store_true", help="a bucket with directories")
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="before every answer")
    parser.add_argument("--fail", metavar="CODE[:TIMES]", help="refuse the first requests")
    parser.add_argument("--fail-rate", metavar="CODE:P", help="refuse requests by chance")
    parser.add_argument("--reset", type=int, metavar="TIMES", help="reset the first connections")
    parser.add_argument("--cut", type=int, metavar="TIMES", help="cut the first answers short")
    parser.add_argument(
        "--withhold", action="append", metavar="KEY", help="never delete in batches"
    )
    parser.add_argument("--seconds", type=float, help="stop by itself after so long")
    return parser


def _fill(oss: LocalOss, bucket: str, amount: str) -> None:
    if amount == "tree":
        plant(oss, bucket)
    elif amount:
        oss.fill(bucket, {f"data/{number:08d}.bin": 1024 for number in range(int(amount))})


def _faults(options: argparse.Namespace) -> Iterator[Fault]:
    if options.latency:
        yield Latency(options.latency)
    if options.fail:
        code, _, times = options.fail.partition(":")
        yield Refuse(_status(code), code, times=int(times) if times else None)
    if options.fail_rate:
        code, _, probability = options.fail_rate.partition(":")
        yield Refuse(_status(code), code, probability=float(probability))
    if options.reset:
        yield Reset(times=options.reset)
    if options.cut:
        yield CutBody(BYTES_BEFORE_A_CUT, times=options.cut)
    if options.withhold:
        yield Withhold(frozenset(options.withhold))


def _status(code: str) -> int:
    return STATUS_OF.get(code, STATUS_OF_OTHERS)


def _whereabouts(oss: LocalOss, bucket: str) -> dict[str, str]:
    return {
        "endpoint": oss.endpoint,
        "region": oss.region,
        "bucket": bucket,
        "access_key_id": oss.credentials.access_key_id,
        "access_key_secret": oss.credentials.access_key_secret,
    }


if __name__ == "__main__":
    main()
