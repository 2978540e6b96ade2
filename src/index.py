"""The door: what Function Compute calls. No other file knows its event and its context."""

from __future__ import annotations

import gc
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Next to nothing that is imported is garbage, and it stays as long as the process does. Looking for
# garbage in it, now or later, is wasted time: a tenth of a cold start's.
_collecting = gc.isenabled()
gc.disable()
try:
    from ossweep import app, log
    from ossweep.errors import SettingsError, SweepError
    from ossweep.store import Credentials
finally:
    gc.freeze()
    if _collecting:
        gc.enable()

# The variables by which OpenSSL and requests, each by its own, are told of authorities.
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")

logger = log.open_log()


class Termination:
    """
    Function Compute's order to end, SIGTERM, which it sends when the time limit is reached.

    FC's runtime would end at once (it dumps all stacks and exits with 143). Here that happens only
    after the job has had time to write its checkpoint; how much time there is, is not documented.
    Outside of the main thread, where the runtime of FC 2.0 may call the handler, there is no way to
    be told.
    """

    def __init__(self) -> None:
        self.ordered = False
        self._before: Any = None

    def __enter__(self) -> Termination:  # noqa: PYI034 - typing has no Self before 3.11
        with suppress(ValueError):  # not the main thread
            self._before = signal.signal(signal.SIGTERM, self._order)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._before is None:
            return
        signal.signal(signal.SIGTERM, self._before)
        if self.ordered:
            signal.raise_signal(signal.SIGTERM)

    def _order(self, *_: object) -> None:
        self.ordered = True


def handler(event: bytes, context: Any) -> str:
    """
    Answer one invocation with a JSON document.

    Raises RequestError, PolicyError or SettingsError for what is refused, which Function Compute
    shows by class and message, retries if the invocation was asynchronous, and sends on to the
    failure destination.
    """
    began = time.monotonic()
    with Termination() as termination:
        return _answer(event, _LambdaContext.of(context, began, termination))


# The logger could be told by POWERTOOLS_LOGGER_LOG_EVENT to log the event; keys are not for that.
@logger.inject_lambda_context(clear_state=True, log_event=False)
def _answer(event: bytes, context: _LambdaContext) -> str:
    with log.bounded(logger):
        try:
            return app.answer(event, context.invocation(), os.environ, logger)
        except SweepError as refusal:
            log.refused(logger, refusal)
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


@dataclass(frozen=True, eq=False, repr=False)
class _LambdaContext:
    """Function Compute's context, with the names that aws-lambda-powertools looks for."""

    function_name: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    aws_request_id: str
    began: float
    termination: Termination
    given: Any

    @classmethod
    def of(cls, context: Any, began: float, termination: Termination) -> _LambdaContext:
        function = getattr(context, "function", None)
        name = str(getattr(function, "name", ""))
        region, account = getattr(context, "region", ""), getattr(context, "account_id", "")
        return cls(
            function_name=name,
            memory_limit_in_mb=str(getattr(function, "memory", "")),
            invoked_function_arn=f"acs:fc:{region}:{account}:{_resource(context, name)}",
            aws_request_id=str(getattr(context, "request_id", "")),
            began=began,
            termination=termination,
            given=context,
        )

    def invocation(self) -> app.Invocation:
        """Return what the app needs of it; raises SettingsError for a time limit that is none."""
        timeout = getattr(getattr(self.given, "function", None), "timeout", None)
        try:
            seconds = int(timeout)  # type: ignore[arg-type] # Function Compute passes it as text
        except (TypeError, ValueError, OverflowError):
            raise SettingsError(
                f"the context's function.timeout is {timeout!r}; it must be a number of seconds"
            ) from None
        return app.Invocation(
            request_id=self.aws_request_id,
            began=self.began,
            timeout_seconds=seconds,
            region=getattr(self.given, "region", None) or os.environ.get("FC_REGION"),
            credentials=_credentials(self.given, os.environ),
            function_name=_full_name(self.given, self.function_name),
            service=_service(self.given) or None,
            qualifier=_qualifier(self.given) or None,
            terminated=lambda: self.termination.ordered,
            certificates=tuple(filter(None, map(os.environ.get, CERTIFICATES))),
            account_id=str(getattr(self.given, "account_id", "")),
        )


def _full_name(context: Any, name: str) -> str:
    """Return the function's name as FC 3.0 has it: `service$function` for one of FC 2.0."""
    # python3.12's context has no service
    service = _service(context) or os.environ.get("FC_SERVICE_NAME")
    return name if not service or "$" in name else f"{service}${name}"


def _resource(context: Any, name: str) -> str:
    """Return the last part of the function's ARN, which is another one for one of FC 2.0."""
    service, _, function = _full_name(context, name).rpartition("$")
    if not service:
        return f"functions/{function}"
    return f"services/{service}.{_qualifier(context) or 'LATEST'}/functions/{function}"


def _service(context: Any) -> str:
    return str(getattr(getattr(context, "service", None), "name", None) or "")


def _qualifier(context: Any) -> str:
    """Return the alias or version that was called, wherever the runtime tells it."""
    places = (getattr(context, "service", None), getattr(context, "function", None))
    told = (getattr(place, "qualifier", None) for place in places)
    return str(next(filter(None, told), ""))
