"""The local Function Compute ends what exceeds its limits, and leaves nothing running."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import fc2
import pytest

from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import fc2_client, fc3_invoke, written
from localcloud.fc_deployed import Call
from localcloud.fc_process import run
from localcloud.signature import Credentials

ACCOUNT = Credentials("LTAI-account", "account-secret")
SLEEPS = """
    import os, time
    def handler(event, context):
        print(os.getpid(), flush=True)
        time.sleep(600)
"""
DEAF = """
    import signal, time
    def handler(event, context):
        signal.signal(signal.SIGTERM, lambda *_: print("not yet", flush=True))
        while True:
            time.sleep(600)
"""
LEAVES_A_CHILD = """
    import subprocess, sys, time
    def handler(event, context):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(child.pid, flush=True)
        {then}
"""
HUNGRY = """
    def handler(event, context):
        held = bytearray(200 * 1024 * 1024)
        return "answered"
"""


def deployed(folder: Path, source: str, **settings: Any) -> Deployed:
    code = written(folder / "code", source)
    return Deployed("tried", ACCOUNT, code=code, service="tests", **settings)


def has_ended(pid: int) -> bool:
    """Whether a process that was killed is gone; the kernel may take a moment."""
    last = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < last:
        time.sleep(0.01)
    return not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether there is such a process; one that nobody has buried yet does not count."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def test_at_the_time_limit_the_runtime_dumps_its_stacks_and_goes(tmp_path: Path) -> None:
    """The caller is told of the time, with 200 and the error's type."""
    with LocalFc([deployed(tmp_path, SLEEPS, timeout=1)], credentials=ACCOUNT) as fc:
        answer = fc3_invoke(fc, "tests$tried", b"")

    message = answer.document["errorMessage"]
    assert message.startswith("Function timed out after 1 seconds (maxMemoryUsage: ")
    assert (answer.status, answer.headers["x-fc-error-type"]) == (200, "UnhandledInvocationError")
    [invocation] = fc.invocations
    log = "\n".join(invocation.outcome.log)
    assert invocation.outcome.how == "timed out"
    assert "Dumping stack trace after function timeout" in log
    assert "time.sleep(600)" in log


def test_a_handler_that_does_not_go_is_killed(tmp_path: Path) -> None:
    """A handler that answers SIGTERM itself gets a short grace only."""
    outcome = run(Call(deployed(tmp_path, DEAF, timeout=1), b"", "request"))

    assert (outcome.how, outcome.log) == ("timed out", ("not yet",))


def test_the_vendor_s_client_raises_at_a_function_s_error(tmp_path: Path) -> None:
    """Which fc2 reads from the header."""
    source = "def handler(event, context):\n    raise ValueError('no')\n"
    with LocalFc([deployed(tmp_path, source)], credentials=ACCOUNT) as fc:
        client = fc2_client(fc)
        with pytest.raises(fc2.FcError) as caught:
            client.invoke_function("tests", "tried", b"")

    assert caught.value.status_code == 200
    assert json.loads(caught.value.message)["errorType"] == "ValueError"


@pytest.mark.parametrize("source", ["exit", "os._exit", "sys.exit"])
def test_a_process_that_ends_before_it_answers_is_an_error(tmp_path: Path, source: str) -> None:
    """Even if it ends well."""
    handler = f"import os, sys\ndef handler(event, context):\n    {source}(0)\n"

    outcome = run(Call(deployed(tmp_path, handler), b"", "request"))

    assert (outcome.how, outcome.error_type) == ("exited", "UnhandledInvocationError")
    assert "Process exited unexpectedly" in json.loads(outcome.body)["errorMessage"]


def test_too_much_memory_ends_the_process(tmp_path: Path) -> None:
    """And what is enough for it is enough."""
    too_little = run(Call(deployed(tmp_path, HUNGRY, memory=128), b"", "request"))
    enough = run(Call(deployed(tmp_path, HUNGRY, memory=512), b"", "request"))

    assert (too_little.how, enough.how) == ("out of memory", "answered")


def test_memory_that_is_reserved_and_not_used_does_not_count(tmp_path: Path) -> None:
    """Threads reserve more for their stacks than they will ever need."""
    source = """
        import threading
        def handler(event, context):
            go = threading.Event()
            threads = [threading.Thread(target=go.wait) for _ in range(50)]
            for thread in threads:
                thread.start()
            go.set()
            return "answered"
    """

    assert run(Call(deployed(tmp_path, source, memory=128), b"", "request")).how == "answered"


@pytest.mark.parametrize("then", ["return", "time.sleep(600)"])
def test_processes_that_a_handler_has_started_end_with_it(tmp_path: Path, then: str) -> None:
    """Whether it answers or is killed."""
    source = LEAVES_A_CHILD.format(then=then)

    outcome = run(Call(deployed(tmp_path, source, timeout=1), b"", "request"))

    assert has_ended(int(outcome.log[0]))


def test_threads_left_behind_get_no_more_time(tmp_path: Path) -> None:
    """The answer is sent when the handler returns."""
    source = """
        import threading, time
        def handler(event, context):
            threading.Thread(target=time.sleep, args=(600,)).start()
            return "answered"
    """

    assert run(Call(deployed(tmp_path, source), b"", "request")).body == b"answered"


def test_stopping_ends_what_runs_and_every_thread(tmp_path: Path) -> None:
    """Also invocations that have hours left."""
    before = set(threading.enumerate())
    logged = threading.Event()
    pids: list[int] = []

    def note(line: str) -> None:
        pids.append(int(line))
        logged.set()

    function = deployed(tmp_path, SLEEPS, timeout=86400)
    with LocalFc([function], credentials=ACCOUNT, on_log=note) as fc:
        for _ in range(5):
            fc3_invoke(fc, "tests$tried", b"", kind="Async")
        assert logged.wait(60)

    assert set(threading.enumerate()) == before
    assert all(has_ended(pid) for pid in pids)
    assert {invocation.outcome.how for invocation in fc.invocations} == {"stopped"}
    assert fc.failures == []
