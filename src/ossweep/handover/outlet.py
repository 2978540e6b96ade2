"""The way out of the vendor's clients: the authorities that OSS's connections believe, no proxy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ossweep.trust import authorities

if TYPE_CHECKING:
    from collections.abc import Callable

# What a client sees of the environment: neither proxies nor switches of its own.
NO_ENVIRONMENT = SimpleNamespace(environ={}, getenv=lambda *_: None)


def adapter(kind: Any, certificates: tuple[str, ...], **more: Any) -> Any:
    """Return an adapter of requests', of this kind, that believes the authorities."""

    class Believing(kind):  # type: ignore[misc] # the client's own class, loaded when it is needed
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            options["ssl_context"] = authorities(certificates)
            super().init_poolmanager(*args, **options)

    return Believing(**more)


def sender(requests: Any, certificates: tuple[str, ...]) -> Callable[..., Any]:
    """Return what sends a request once, through no proxy and by nobody's .netrc."""

    def send(method: str, url: str, **more: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", adapter(requests.adapters.HTTPAdapter, certificates))
            return session.request(method=method, url=url, **more)

    return send
