"""HTTP requests: a request by POST, the settings and the schema by GET, and FC's own calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ossweep import __version__, log, policy, triggers
from ossweep.answers import refused_of
from ossweep.errors import (
    HandoverError,
    PolicyError,
    RequestError,
    SettingsError,
    StoreError,
    SweepError,
    UndoneError,
)
from ossweep.events import Ordered, Reading
from ossweep.request import schema
from ossweep.routes.event import act
from ossweep.routes.instructions import is_next_invocation
from ossweep.routes.menu import menu
from ossweep.settings import described
from ossweep.triggers import direct, http

if TYPE_CHECKING:
    from ossweep.session import Session
    from ossweep.triggers.http import HttpRequest

STATUSES: dict[type[SweepError], int] = {
    RequestError: 400,
    PolicyError: 403,
    SettingsError: 500,
    StoreError: 502,
    UndoneError: 500,
    HandoverError: 502,
}


def over_http(document: Any, session: Session) -> str:
    """Answer an HTTP request; FC's own InvokeFunction in this wrapping is answered as itself."""
    try:
        request = http.read(document)
        if not _is_own_call(request, session):
            policy.check_caller(request.token, session.settings)
    except SweepError as refusal:
        return _turned_down(refusal, session)
    if request.is_invocation and not request.body.strip():
        return json.dumps(menu(session))
    if request.is_invocation:
        return json.dumps(act(_invocation_in(request, session), session))
    try:
        return http.response(*_response(request, session))
    except SweepError as refusal:
        return _turned_down(refusal, session)


def _is_own_call(request: HttpRequest, session: Session) -> bool:
    """Tell whether this may be a job's next invocation; the job's state decides what it does."""
    if not request.is_invocation or session.settings.state is None:
        return False
    try:
        reading = _invocation_in(request, session)
    except RequestError:
        return False
    match reading:
        case Reading("direct", (Ordered(document),), is_list=False):
            return is_next_invocation(document, session)
    return False


def _invocation_in(request: HttpRequest, session: Session) -> Reading:
    """Read the event that InvokeFunction brings in an HTTP request; raises RequestError."""
    return triggers.read(triggers.parse(request.body), session.settings.time_zone)


def _turned_down(refusal: SweepError, session: Session) -> str:
    log.refused(session.logger, refusal)
    return http.response(STATUSES[type(refusal)], refused_of(refusal))


def _response(request: HttpRequest, session: Session) -> tuple[int, Any]:
    match request.method, request.path:
        case "GET", "/":
            shown = described(session.settings)
            return 200, {"name": "ossweep", "version": __version__, "settings": shown}
        case "GET", "/schema":
            return 200, schema()
        case "POST", "/":
            document = triggers.parse(request.body)
            return 200, act(direct.read(document, "http"), session)
        case _, "/" | "/schema":
            return 405, {"error": "MethodNotAllowed", "reason": "POST a request to /"}
        case _:
            return 404, {"error": "NotFound", "reason": "there are / and /schema"}
