"""
What Function Compute's Python runtime does: calls the handler once and hands over what it made.

Run as `python -m localcloud.runtime FOLDER`. In the folder it finds the event and what the context
is made of; there it leaves an empty file when the handler's time begins, and at the end the answer
or the error, and the most memory it had. What the function prints and logs is its log.
"""

from __future__ import annotations

import datetime as dt
import decimal
import importlib
import json
import logging
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from localcloud.fc_context import context_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LOG_FORMAT = "%(asctime)s.%(msecs)03dZ %(fc_request_id)s [%(levelname)s] %(message)s"
ENDED_BY_SIGTERM = 143
ENDS_BY_ITSELF_AFTER = 30
TIMED_OUT = "Dumping stack trace after function timeout"


def main() -> NoReturn:
    """Invoke the handler once."""
    folder = Path(sys.argv[1])
    event = (folder / "event").read_bytes()
    given = json.loads((folder / "context").read_bytes())
    (folder / "context").unlink()  # it holds the credentials
    _find_modules_as_deployed(os.environ["FC_FUNC_CODE_PATH"])
    _preset_root_logger(given["request_id"])
    signal.signal(signal.SIGTERM, _dump_stacks)
    # Should who started it be gone before it, this ends it.
    signal.alarm(given["timeout"] + ENDS_BY_ITSELF_AFTER)
    (folder / "started").touch()
    kind, body = _invoke(given, event)
    sys.stdout.flush()
    sys.stderr.flush()
    (folder / "peak").write_text(_status_of_this_process())
    (folder / kind).write_bytes(body)
    # The answer is sent at once; threads that the handler has left behind get no more time.
    os._exit(0)


def _find_modules_as_deployed(code: str) -> None:
    """Let the code directory come first, and the tests' folder not at all."""
    ours = os.environ.pop("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [code, *(path for path in sys.path if path not in (*ours, code, ""))]


def _preset_root_logger(request_id: str) -> None:
    """Install the handler that makes `logging.basicConfig` do nothing."""

    def add_request_id(record: logging.LogRecord) -> bool:
        record.fc_request_id = request_id
        return True

    logging.Formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(LOG_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(add_request_id)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)


def _dump_stacks(number: int, frame: FrameType | None) -> None:
    """Log where every thread is, and go; a handler that installs its own replaces this."""
    logging.error(TIMED_OUT)  # noqa: LOG015 the root logger is the runtime's
    for thread, stack in sys._current_frames().items():  # noqa: SLF001 as the runtime does
        logging.error("thread id = %s", thread)  # noqa: LOG015
        logging.error(traceback.format_stack(stack))  # noqa: LOG015
    sys.exit(ENDED_BY_SIGTERM)


def _invoke(given: dict[str, Any], event: bytes) -> tuple[str, bytes]:
    """Return `answer` or `error`, and its bytes."""
    module_name, _, name = given["handler"].rpartition(".")
    try:
        handler = _load(module_name, name)
    except _LoadError as failure:
        return "error", _as_json(_error_document(failure.kind, str(failure), failure.__cause__))
    try:
        return "answer", _bytes_of(handler(event, context_of(given)))
    except Exception as error:  # noqa: BLE001 as the runtime does
        return "error", _as_json(_error_document(type(error).__name__, str(error), error))


class _LoadError(Exception):
    """The module or the handler in it could not be had."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def _load(module_name: str, name: str) -> Callable[[bytes, Any], Any]:
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}'"
        raise _LoadError("ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}'"
        raise _LoadError("UserCodeSyntaxError", message) from error
    except Exception as error:
        raise _LoadError("UserCodeError", f"Module initialization error: '{error}'") from error
    try:
        handler: Callable[[bytes, Any], Any] = getattr(module, name)
    except AttributeError as error:
        message = f"Handler '{name}' is missing on module '{module_name}'"
        raise _LoadError("HandlerNotFound", message) from error
    return handler


def _bytes_of(result: Any) -> bytes:
    """Text and bytes are sent as they are, all else as JSON with sorted keys."""
    if isinstance(result, bytes):
        return result
    return result.encode() if isinstance(result, str) else _as_json(result)


def _as_json(value: Any) -> bytes:
    return json.dumps(value, default=_plain, indent=4, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "to_json"):
        return value.to_json()
    raise TypeError(f"{value!r} is not JSON serializable")


def _error_document(kind: str, message: str, error: BaseException | None) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[1:] if error else []
    stack = [
        [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""]
        for frame in frames
    ]
    return {"errorMessage": message, "errorType": kind, "stackTrace": stack}


def _status_of_this_process() -> str:
    status = Path("/proc/self/status")
    return status.read_text() if status.exists() else ""


if __name__ == "__main__":
    main()
