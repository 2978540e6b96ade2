"""The network of the vendor's clients: the authorities that OSS's connections believe, no proxy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ossweep.trust import authorities

if TYPE_CHECKING:
    from collections.abc import Callable

# The environment that a client sees: neither proxies nor switches of its own.
NO_ENVIRONMENT = SimpleNamespace(environ={}, getenv=lambda *_: None)


def adapter(kind: Any, certificates: tuple[str, ...], **more: Any) -> Any:
    """Return an adapter of requests', of this kind, that believes the authorities."""

    class Believing(kind):  # type: ignore[misc] # the client's own class, loaded when it is needed
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            options["ssl_context"] = authorities(certificates)
            super().init_poolmanager(*args, **options)

    return Believing(**more)


def sender(requests: Any, certificates: tuple[str, ...]) -> Callable[..., Any]:
    """Return a function that sends a request once, without a proxy and without a .netrc."""

    def send(method: str, url: str, **more: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", adapter(requests.adapters.HTTPAdapter, certificates))
            return session.request(method=method, url=url, **more)

    return send
