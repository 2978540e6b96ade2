"""
What Function Compute's Python runtime does: calls the handler, prints its log, passes its answer.

Run as `python -m localcloud.runtime RESULT`: the event comes on standard input, the context's
values in variables beginning with LOCALCLOUD_, and the result is written into the file RESULT. An
exception becomes the document that Function Compute makes of it (errorMessage, errorType,
stackTrace; the vendor's page "Error handling").
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace


def main() -> None:
    """Invoke `index.handler` once."""
    event = sys.stdin.buffer.read()
    try:
        import index  # noqa: PLC0415 - an import that fails is the function's failure, too

        answer = index.handler(event, _context())
        result = {"answer": answer}
    except Exception as error:  # noqa: BLE001 - as the runtime does
        failure = {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
        result = {"error": json.dumps(failure)}
    Path(sys.argv[1]).write_text(json.dumps(result), encoding="utf-8")


def _context() -> SimpleNamespace:
    """Build the context of the python3.10 runtime, whose limits are text."""
    given = {
        name.removeprefix("LOCALCLOUD_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("LOCALCLOUD_")
    }
    return SimpleNamespace(
        request_id=given["request_id"],
        account_id="123456789",
        region=given["region"],
        credentials=SimpleNamespace(
            access_key_id=given["access_key_id"],
            access_key_secret=given["access_key_secret"],
            security_token=given.get("security_token"),
        ),
        function=SimpleNamespace(
            name="ossweep", handler="index.handler", memory=512, timeout=given["timeout"]
        ),
    )


if __name__ == "__main__":
    main()
