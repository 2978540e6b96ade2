"""What a function is given with its event: an environment, and what its context is made of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from localcloud.fc_deployed import Call

TESTS = Path(__file__).parents[1]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # what of the caller's environment the function sees


def environment_of(call: Call) -> dict[str, str]:
    """Return the variables its process sees: its own, and those of the runtime."""
    function = call.function
    environment = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        **function.environment,
        "FC_FUNC_CODE_PATH": str(function.code),
        "FC_FUNCTION_MEMORY_SIZE": str(function.memory),
        "FC_RUNTIME_VERSION": function.runtime,
        "FC_ACCOUNT_ID": call.account_id,
        "FC_FUNCTION_HANDLER": function.handler,
        "FC_FUNCTION_NAME": function.name,
        "FC_VER_ID": "LATEST",
        "FC_QUALIFIER": call.qualifier,
        "FC_REGION": call.region,
        "FC_INSTANCE_ID": f"c-{uuid4()}",
        "PYTHONPATH": os.pathsep.join((str(function.code), str(TESTS))),
    }
    if function.service:
        environment["FC_SERVICE_NAME"] = function.service
    if function.runtime == "python3.12":
        environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] = function.credentials.access_key_id
        environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = function.credentials.access_key_secret
        environment["ALIBABA_CLOUD_SECURITY_TOKEN"] = function.credentials.security_token or ""
    return environment


def what_the_context_holds(call: Call) -> dict[str, object]:
    """Return the values that the runtime makes the context of."""
    function, role = call.function, call.function.credentials
    return {
        "runtime": function.runtime,
        "request_id": call.request_id,
        "account_id": call.account_id,
        "region": call.region,
        "attempt": call.attempt,
        "credentials": [role.access_key_id, role.access_key_secret, role.security_token],
        "name": function.name if function.service else function.full_name,
        "handler": function.handler,
        "memory": function.memory,
        "timeout": function.timeout,
        "service": function.service,
        "qualifier": call.qualifier,
        "version_id": "LATEST",
        "log_project": function.log_project,
        "log_store": function.log_store,
    }
