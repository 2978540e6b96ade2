"""One run of one deleter against the store, and whether it has done what it was there for."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.children import weigh
from bench.contenders import ENVIRON, NOTHING
from bench.store_bucket import Spec

if TYPE_CHECKING:
    from bench.children import Weighed
    from bench.contenders import Peer
    from bench.store_process import StoreProcess

TESTS = Path(__file__).parents[1]
SRC = TESTS.parent / "src"
BUCKET = "bench"
DEPLOYED = {"MALLOC_ARENA_MAX": "2"}  # what the template sets beside ossweep's own settings
ENDS_IN = 900.0  # seconds, or it is killed


@dataclass(frozen=True)
class Trial:
    """
    A run that has ended: seconds, the store's statistics, and `fault` if it is worth nothing.

    For ossweep `wall` is the handler's, from its entry to its return; for the others the program's.
    """

    weighed: Weighed
    wall: float
    stats: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    profile: list[Any] = field(default_factory=list)
    fault: str | None = None

    @property
    def cpu(self) -> float:
        return self.weighed.cpu

    @property
    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.report["answer"]
        return answer

    @property
    def requests(self) -> int:
        """How many requests it made that list or delete."""
        requests: dict[str, int] = self.stats["requests"]
        return sum(requests.get(kind, 0) for kind in ("list", "batch_delete", "delete"))

    @property
    def refused(self) -> int:
        """How many of them the store refused with 503."""
        return sum(self.stats["refused"].values())


@dataclass(frozen=True)
class Invocation:
    """How the handler is invoked: event, time limit in whole seconds, settings, and by what."""

    event: dict[str, Any] | None = None  # None deletes everything
    timeout: int = 3600
    settings: dict[str, str] = field(default_factory=dict)
    module: str = "bench.handler_child"


def everything(bucket: str) -> dict[str, Any]:
    """Return the order to delete all of a bucket."""
    return {"bucket": bucket, "everything": True, "confirm": bucket}


def sweep(
    store: StoreProcess,
    spec: Spec | None,
    invocation: Invocation | None = None,
    bucket: str = BUCKET,
) -> Trial:
    """Let ossweep delete from a bucket, filled before if there is a spec."""
    invocation = invocation or Invocation()
    if spec is not None:
        store.fill(bucket, spec)
    environ = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        **DEPLOYED,
        "PYTHONPATH": f"{SRC}{os.pathsep}{TESTS}",
        "OSSWEEP_BUCKETS": bucket,
        "OSSWEEP_ENDPOINT": store.url,
        **invocation.settings,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        order = {
            "event": invocation.event or everything(bucket),
            "context": _context(invocation.timeout),
        }
        (folder / "order").write_text(json.dumps(order))
        argv = [sys.executable, "-m", invocation.module, name]
        weighed = weigh(argv, environ, folder, min(ENDS_IN, invocation.timeout + 30))
        written = folder / "report"
        if not written.exists():
            return Trial(weighed, weighed.wall, fault=_unfinished(weighed))
        report = json.loads(written.read_text())
        profile = folder / "profile"
        rows = json.loads(profile.read_text()) if profile.exists() else []
    wall = report["returned"] - report["entered"]
    return Trial(weighed, wall, store.stats(bucket), report, rows)


def sweep_all(store: StoreProcess, spec: Spec, invocation: Invocation | None = None) -> Trial:
    """Let ossweep delete all of a bucket's objects; a fault is whatever it did not do exactly."""
    trial = sweep(store, spec, invocation)
    return trial if trial.fault else _with(trial, _inexact(trial, spec.count))


def sweep_nothing(store: StoreProcess) -> Trial:
    """Let ossweep look for what is not there: what it costs to be started at all."""
    return sweep(store, Spec(), Invocation({"bucket": BUCKET, "prefix": NOTHING}))


def _inexact(trial: Trial, count: int) -> str | None:
    answer, stats = trial.answer, trial.stats
    said = {name: answer[name] for name in ("status", "listed", "deleted", "failed", "remaining")}
    wanted = {"status": "done", "listed": count, "deleted": count, "failed": 0, "remaining": 0}
    if said != wanted:
        return f"answered {said} {answer['reason']}"
    for name in ("left", "repeated", "strange", "abandoned"):
        if stats[name]:
            return f"{name}: {stats[name]}"
    return None


def let(peer: Peer, store: StoreProcess, spec: Spec, prefix: str = "") -> Trial:
    """Let another deleter delete all of a bucket, or what begins with a prefix."""
    if peer.missing:
        raise LookupError(peer.missing)
    store.fill(BUCKET, spec)
    with tempfile.TemporaryDirectory() as name:
        environ = {**ENVIRON, "HOME": name}
        weighed = weigh(peer.command(store.url, BUCKET, prefix), environ, Path(name), ENDS_IN)
    stats = store.stats(BUCKET)
    trial = Trial(weighed, weighed.wall, stats)
    if prefix == NOTHING:
        return trial  # some call it an error that nothing is there
    if weighed.status != 0:
        return _with(trial, _unfinished(weighed))
    return _with(trial, f"left {stats['left']} objects" if stats["left"] else None)


def _unfinished(weighed: Weighed) -> str:
    how = (
        "was killed: its time was up" if weighed.status is None else f"ended with {weighed.status}"
    )
    return f"{how}; its last words: {weighed.said[-200:]!r}"


def _with(trial: Trial, fault: str | None) -> Trial:
    return replace(trial, fault=fault)


def _context(timeout: int) -> dict[str, Any]:
    """Return what a context of FC's python3.10 runtime is made of."""
    return {
        "runtime": "python3.10",
        "request_id": "bench",
        "attempt": 1,
        "credentials": ["a", "b", None],
        "name": "ossweep",
        "handler": "index.handler",
        "memory": 128,
        "timeout": timeout,
        "service": None,
        "log_project": "",
        "log_store": "",
        "qualifier": "LATEST",
        "version_id": "",
        "region": "cn-hangzhou",
        "account_id": "0000000000000000",
    }
