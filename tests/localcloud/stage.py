"""Where `make run` plays: the local cloud with a believable bucket, or a real one."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.faults import Latency
from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import Remote
from localcloud.function import Function
from localcloud.oss import LocalOss
from localcloud.signature import Credentials
from localcloud.tree import LIST_RULE, RULES, plant

if TYPE_CHECKING:
    from contextlib import ExitStack

    from rich.console import Console

BUCKET = "examplebucket"
_STATE_BUCKET = "examplestate"
_NEEDED = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSSWEEP_ENDPOINT", "OSSWEEP_REGION")
_A_SECOND = 500  # objects that are deleted where an invocation's time is to run out


@dataclass(frozen=True)
class Stage:
    """The function, deployed once to plan and once to delete, and the local cloud behind it."""

    planning: Function | Remote
    deleting: Function | Remote
    oss: LocalOss | None = None
    fc: LocalFc | None = None


def local_stage(stack: ExitStack, console: Console, timeout: int | None) -> Stage:
    """Start a local cloud with a believable bucket, and deploy the function there."""
    oss = stack.enter_context(LocalOss())
    oss.create_bucket(BUCKET)
    oss.create_bucket(_STATE_BUCKET)
    plant(oss, BUCKET)
    oss.misbehave(Latency(0.05))  # about what a request within a region takes
    fc = stack.enter_context(LocalFc(credentials=oss.credentials, region=oss.region))
    console.print(
        f"The local OSS holds {len(oss.keys(BUCKET)):,} objects in the bucket {BUCKET}.\n"
    )
    environment = {
        "OSSWEEP_BUCKETS": BUCKET,
        "OSSWEEP_ENDPOINT": oss.endpoint,
        "OSSWEEP_RULES": json.dumps([*RULES, LIST_RULE]),
        "OSSWEEP_STATE": f"{_STATE_BUCKET}/ossweep-state",
        "OSSWEEP_FC_ENDPOINT": fc.endpoint,
        "OSSWEEP_LOG_SECONDS": "1",
        "OSSWEEP_HTTP": "trigger",
    }
    planning = {**environment, "OSSWEEP_DRY_RUN": "true"}
    fc.deploy(Deployed("ossweep-planning", oss.temporary_credentials, planning))
    if timeout is None:
        fc.deploy(Deployed("ossweep", oss.temporary_credentials, environment))
    else:
        # Half of it to end in: a machine that runs the whole cloud as well may be busy.
        reserve = max(2.0, timeout / 2)
        slow = {
            **environment,
            "OSSWEEP_MAX_RATE": str(_A_SECOND),
            "OSSWEEP_RESERVE_SECONDS": f"{reserve:g}",
        }
        fc.deploy(Deployed("ossweep", oss.temporary_credentials, slow, timeout=timeout))
    return Stage(Remote(fc, "ossweep-planning"), Remote(fc, "ossweep"), oss, fc)


def real_stage(bucket: str) -> Stage:
    """Let the function reach a real bucket, as the environment says."""
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        sys.exit(f"For a real bucket set {', '.join(missing)}.")
    settings = {name: value for name, value in os.environ.items() if name.startswith("OSSWEEP_")}
    credentials = Credentials(
        os.environ["OSS_ACCESS_KEY_ID"],
        os.environ["OSS_ACCESS_KEY_SECRET"],
        os.environ.get("OSS_SESSION_TOKEN") or None,
    )
    # No function is deployed that could be called: what is unfinished is sent back from here.
    settings["OSSWEEP_STATE"] = ""
    environment = {**settings, "OSSWEEP_BUCKETS": bucket, "OSSWEEP_LOG_SECONDS": "1"}
    region = os.environ["OSSWEEP_REGION"]
    return Stage(
        Function({**environment, "OSSWEEP_DRY_RUN": "true"}, credentials, region),
        Function(environment, credentials, region),
    )
