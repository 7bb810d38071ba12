"""Around every answer: a number for the log, headers that keep browsers careful, one line in the log, a last resort."""

from __future__ import annotations

import time
from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from linli.kit.ids import new_id

log = structlog.get_logger("linli.access")

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
_FIXED = [
    (b"content-security-policy", CONTENT_SECURITY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
_SORRY = "系统出了问题，请稍后再试。\nSomething went wrong. Please try again later.\n"
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def careful(app: ASGIApp, *, https: bool) -> ASGIApp:
    """Wrap the application: request number, security headers, ``no-store`` where nothing else is said, access log."""
    fixed = [*_FIXED, _STRICT_TRANSPORT] if https else _FIXED

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        # A filter's form sends its empty fields too: nothing was asked for.
        scope["query_string"] = b"&".join(p for p in scope["query_string"].split(b"&") if p and not p.endswith(b"="))
        number = str(new_id())
        scope["linli_request_id"] = number  # type: ignore[typeddict-unknown-key]
        started = time.perf_counter()
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[Any] = list(message.get("headers", []))
                present = {name for name, _value in headers}
                headers += [pair for pair in fixed if pair[0] not in present]
                if b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                headers.append((b"x-request-id", number.encode()))
                message["headers"] = headers
            await send(message)

        try:
            await app(scope, receive, send_on)
        except Exception as error:
            # What answers errors has failed itself. Nothing of it is told; nothing half-sent is completed.
            log.error("last resort", path=scope["path"], request_id=number, exc_info=error)
            if status:
                raise
            await _last_resort(send_on)
        finally:
            # A reader may leave before the first byte, or midway.
            if visit := _visit(scope):
                visit.leftovers.close()
        if not scope["path"].startswith(("/static/", "/health/")):
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                account=_account(scope),
                request_id=number,
            )

    return wrapped


def _account(scope: Scope) -> str | None:
    """Who asked, by number; ``None`` for nobody."""
    visit = _visit(scope)
    return str(visit.actor.account_id) if visit is not None and visit.actor.account_id else None


def _visit(scope: Scope) -> Any:
    return scope.get("state", {}).get("visit")


async def _last_resort(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": _SORRY.encode(), "more_body": False})
