"""How many requests of the API one caller may make in a minute, counted in this process or in Redis."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import structlog
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from linli.kit.crypto import token_digest
from linli.kit.errors import TooMany
from linli.kit.text import best_locale, speaking
from linli.web.visit import client_address

if TYPE_CHECKING:
    from linli.tenancy.directory import StreetEntry
    from linli.web.site import Site

log = structlog.get_logger("linli.limits")

#: Seconds of one window.
WINDOW = 60
#: Callers that one process counts by itself before it forgets those whose window has ended.
_MOST = 100_000
#: Seconds without Redis after it failed to answer, so that not every request waits for it.
_AWAY = 5.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left after a request: ``used`` of the window so far, and the seconds to its end."""

    used: int
    reset: int


class Counter(Protocol):
    """Counts by key within windows that begin with the first count."""

    async def take(self, key: str, cost: int = 1) -> Taken:
        """Add to a key's window; with a cost of 0 only look."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class MemoryCounter:
    """Counts in this process alone: enough where there is one, and where Redis is away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[int, float]] = {}

    async def take(self, key: str, cost: int = 1) -> Taken:
        now = self._clock()
        used, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            used, ends = 0, now + WINDOW
            if len(self._windows) >= _MOST:
                self._windows = {key: each for key, each in self._windows.items() if each[1] > now}
        if cost:
            self._windows[key] = (used + cost, ends)
        return Taken(used + cost, max(1, math.ceil(ends - now)))

    async def close(self) -> None:
        self._windows.clear()


class RedisCounter:
    """Counts in Redis for all processes together; while it does not answer, in this process alone."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25)
        self._own = MemoryCounter(clock)
        self._clock = clock
        self._away_until = 0.0

    async def take(self, key: str, cost: int = 1) -> Taken:
        if self._clock() < self._away_until:
            return await self._own.take(key, cost)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(key, 0, ex=WINDOW, nx=True)
                pipe.incrby(key, cost)
                pipe.pttl(key)
                _made, used, left = await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = self._clock() + _AWAY
            log.warning("redis does not answer; requests are counted in this process", error=type(error).__name__)
            return await self._own.take(key, cost)
        return Taken(int(used), max(1, math.ceil(int(left) / 1000)))

    async def close(self) -> None:
        await self._redis.aclose()


def make_counter(redis_url: str | None) -> Counter:
    """The counter of one process."""
    return RedisCounter(redis_url) if redis_url else MemoryCounter()


def limited(app: ASGIApp, site: Site) -> ASGIApp:
    """Wrap the application: each request of the API is counted, refused above the limit, and told what is left."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith("/api/v1/"):
            await app(scope, receive, send)
            return
        limit, counter = site.house.settings.api_rate, site.counter
        caller, stranger = _keys(ASGIConnection(scope), site)
        taken = await counter.take(caller)
        if caller != stranger:
            # Whoever tries tokens one after the other is counted by address.
            tried = await counter.take(stranger, 0)
            taken = tried if tried.used > limit else taken
        headers = _headers(limit, taken)
        if taken.used > limit:
            await _refuse(scope, send, taken, headers)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = _headers(*scope.get("linli_app_taken", (limit, taken)))  # type: ignore[misc]
                message["headers"] = [*message.get("headers", []), *told]
                if message["status"] == 401 and caller != stranger:
                    await counter.take(stranger)
            await send(message)

        await app(scope, receive, send_on)

    return wrapped


def _keys(connection: ASGIConnection, site: Site) -> tuple[str, str]:
    # The tenant is in each key: whoever uses up one street's allowance takes nothing from another's.
    parts = connection.scope["path"].split("/", 5)
    street = _street(site, parts[4]) if len(parts) > 4 and parts[3] == "s" else None
    place = f"linli:api:{street.id if street else '-'}"
    stranger = f"{place}:address:{client_address(connection, site.house.settings.trusted_proxies)}"
    scheme, _space, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return stranger, stranger
    return f"{place}:token:{base64.urlsafe_b64encode(token_digest(token.strip())).decode()}", stranger


def _street(site: Site, name: str) -> StreetEntry | None:
    try:
        return site.directory.street(name)
    except (SQLAlchemyError, OSError):
        # The request itself meets the same trouble and is told so.
        return None


def _headers(limit: int, taken: Taken) -> list[tuple[bytes, bytes]]:
    told = {
        b"ratelimit-limit": limit,
        b"ratelimit-remaining": max(0, limit - taken.used),
        b"ratelimit-reset": taken.reset,
    }
    return [(name, str(value).encode()) for name, value in told.items()]


async def _refuse(scope: Scope, send: Send, taken: Taken, headers: list[tuple[bytes, bytes]]) -> None:
    from linli.web.errors import problem_of

    connection: Any = ASGIConnection(scope)
    with speaking(best_locale(connection.headers.get("accept-language"))):
        body = msgspec.json.encode(problem_of(TooMany(retry_after=taken.reset), connection))
    told = [
        *headers,
        (b"retry-after", str(taken.reset).encode()),
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": told})
    await send({"type": "http.response.body", "body": body, "more_body": False})
