"""The door: what Function Compute calls. No other file knows its event and its context."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from ossweep import app
from ossweep.errors import SweepError
from ossweep.store import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="ossweep")


def handler(event: bytes, context: Any) -> str:
    """
    Answer one invocation with a JSON document.

    Raises RequestError, PolicyError or SettingsError for what is refused, which Function Compute
    shows by class and message, retries if the invocation was asynchronous, and sends on to the
    failure destination.
    """
    began = time.monotonic()
    invocation = app.Invocation(
        request_id=context.request_id,
        began=began,
        timeout_seconds=int(context.function.timeout),  # Function Compute passes it as text
        region=getattr(context, "region", None) or os.environ.get("FC_REGION"),
        credentials=_credentials(context, os.environ),
    )
    return _answer(_Event(event, invocation), _LambdaContext.of(context))


@dataclass(frozen=True)
class _Event:
    body: bytes
    invocation: app.Invocation


@logger.inject_lambda_context(clear_state=True)
def _answer(event: _Event, context: _LambdaContext) -> str:  # noqa: ARG001 - the logger reads it
    try:
        return app.answer(event.body, event.invocation, os.environ, logger)
    except SweepError as refusal:
        logger.warning("refused", error=type(refusal).__name__, reason=str(refusal))
        raise


def _credentials(context: Any, environ: Mapping[str, str]) -> Credentials | None:
    """
    Return the function's credentials, read anew at every invocation.

    The context of python3.10 holds them; python3.12's has none and the environment does; outside of
    Function Compute they are where the vendor's tools look for them.
    """
    held = getattr(context, "credentials", None)
    places = (
        (
            getattr(held, "access_key_id", None),
            getattr(held, "access_key_secret", None),
            getattr(held, "security_token", None),
        ),
        (
            environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
        ),
        (
            environ.get("OSS_ACCESS_KEY_ID"),
            environ.get("OSS_ACCESS_KEY_SECRET"),
            environ.get("OSS_SESSION_TOKEN"),
        ),
    )
    for key_id, secret, token in places:
        if key_id and secret:
            return Credentials(key_id, secret, token or None)
    return None


@dataclass(frozen=True)
class _LambdaContext:
    """Function Compute's context under the names that aws-lambda-powertools looks for."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str

    @classmethod
    def of(cls, context: Any) -> _LambdaContext:
        function = context.function
        region = getattr(context, "region", "") or ""
        account = getattr(context, "account_id", "") or ""
        return cls(
            function_name=function.name,
            memory_limit_in_mb=int(function.memory),
            invoked_function_arn=f"acs:fc:{region}:{account}:functions/{function.name}",
            aws_request_id=context.request_id,
        )
