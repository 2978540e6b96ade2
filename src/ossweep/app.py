"""The app: puts the real parts together, and answers an event with them."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from ossweep import triggers
from ossweep.routes.event import act
from ossweep.session import Invocation, Session
from ossweep.settings import Settings
from ossweep.triggers import http
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools import Logger

__all__ = ["Invocation", "answer"]


def answer(
    event: bytes,
    invocation: Invocation,
    environ: Mapping[str, str],
    logger: Logger,
    world: World | None = None,
) -> str:
    """
    Do what an event asks for, and return the answer: a JSON document, or an HTTP response.

    Raises RequestError, PolicyError or SettingsError for a refused event, before anything is
    deleted, and UndoneError for jobs that were not done if their source asks for that.
    """
    settings = Settings.read(environ)
    with closing(Session.begin(settings, invocation, logger, world or World())) as session:
        if not event.strip():
            from ossweep.routes.menu import menu  # noqa: PLC0415 - for empty events

            return json.dumps(menu(session))
        document = triggers.parse(event)
        if http.recognises(document):
            from ossweep.routes.http import over_http  # noqa: PLC0415 - for HTTP

            return over_http(document, session)
        return json.dumps(act(triggers.read(document, settings.time_zone), session))
