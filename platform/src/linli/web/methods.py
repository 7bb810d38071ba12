"""The methods of an address, told whole: the framework knows only those of the first handler that it finds there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_PARAMETER = re.compile(r"\\{[^}]+\\}")


def allowing(app: ASGIApp, routes: Iterable[BaseRoute]) -> ASGIApp:
    """Wrap the application: ``Allow`` names every method of the address on 405 and wherever OPTIONS asks for it."""
    known: dict[str, set[str]] = {}
    for route in routes:
        if isinstance(route, HTTPRoute):
            known.setdefault(route.path_format, set()).update(route.methods)
    patterns = [
        (re.compile(_PARAMETER.sub("[^/]+", re.escape(path)) + "/?"), methods) for path, methods in known.items()
    ]

    def methods_of(path: str) -> bytes:
        found = {method for pattern, methods in patterns if pattern.fullmatch(path) for method in methods}
        return ", ".join(sorted(str(method) for method in found)).encode()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            is_start = message["type"] == "http.response.start"
            if is_start and (message["status"] == 405 or scope.get("method") == "OPTIONS"):
                headers = [pair for pair in message.get("headers", []) if pair[0] != b"allow"]
                if allowed := methods_of(scope["path"]):
                    headers.append((b"allow", allowed))
                message["headers"] = headers
            await send(message)

        await app(scope, receive, send_on)

    return wrapped
