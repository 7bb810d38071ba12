"""The bounded pool of links, the scope that travels with each segment, and who is asking."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Boolean, Date, LargeBinary, Text, bindparam, column, func, literal, select

from linli.db.read_door.link import Link, LinkBroken
from linli.db.read_door.query import BoundQuery, ReadQuery
from linli.db.scope import REQUEST_TTL, ScopeSigner
from linli.kit.scope import Scope

#: Seconds that a query whose caller has left may still run before its connection is given up.
_GRACE = 2.0
#: Beyond the runtime role's statement_timeout: only a dead network is silent for so long.
_SILENCE = 20.0

_TOKEN = bindparam("token", type_=Text)
_READ_SCOPE = ReadQuery(
    select(
        func.set_config("app.scope", _TOKEN, literal(True, Boolean)),
        func.set_config("transaction_read_only", "on", literal(True, Boolean)),
    )
)
_WRITE_SCOPE = ReadQuery(select(func.set_config("app.scope", _TOKEN, literal(True, Boolean))))


class Asker(msgspec.Struct, frozen=True):
    """The row of ``core.resolve_request``; ``account_id`` is ``None`` when the token opens nothing."""

    account_id: UUID | None
    display_name: str | None
    locale: str | None
    large_type: bool | None
    is_platform_operator: bool | None
    must_change_password: bool | None
    totp_enrolled: bool | None
    session_id: UUID | None
    totp_at: datetime | None
    seen_at: datetime | None
    token_id: UUID | None
    token_scopes: list[str] | None
    grants: list[dict[str, Any]] | None
    resident_ids: list[UUID] | None
    household_ids: list[UUID] | None
    plugins: list[str]
    session_started_at: datetime | None
    separate_duties: bool | None
    broken: list[str]
    app_id: UUID | None
    app_rate: int | None


_RESOLVE = ReadQuery(
    select(*(column(name) for name in Asker.__struct_fields__)).select_from(
        func.core.resolve_request(
            bindparam("digest", type_=LargeBinary),
            bindparam("kind", type_=Text),
            bindparam("today", type_=Date),
        ).table_valued()
    ),
    Asker,
)


class Who(NamedTuple):
    """What a request shows of its sender.

    Attributes:
        digest: SHA-256 of the cookie's or bearer token; ``None`` for the public.
        kind: ``session`` or ``token``.
        today: the calendar day in Asia/Shanghai on which grants are judged.
    """

    digest: bytes | None
    kind: str
    today: date


class Answer(NamedTuple):
    """Who asked (``None`` when that was not asked for), and the rows of each query in their order."""

    asker: Asker | None
    rows: list[list[Any]]


class DoorBusy(psycopg.OperationalError):
    """Every connection stayed taken for the time that a reader may wait."""


class ReadDoor:
    """Opened and used on one event loop.

    Args:
        url: the runtime role's address.
        signer: signs the scope of each segment.
        size: connections at most; they are opened as they are needed.
        wait: seconds a reader waits for a free one.
        prepared: off behind a pooler that cannot keep prepared statements.
    """

    def __init__(
        self, url: str, signer: ScopeSigner, *, size: int = 8, wait: float = 5.0, prepared: bool = True
    ) -> None:
        self._url = url
        self._signer = signer
        self._size = size
        self._wait = wait
        self._prepared = prepared
        self._idle: list[Link] = []
        self._links: set[Link] = set()
        self._openings: set[asyncio.Task[Any]] = set()
        self._waiting: deque[asyncio.Future[Link | None]] = deque()
        self._closed = True

    async def open(self) -> None:
        """Open the first connection.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        self._closed = False
        self._give_back(await self._take())

    async def close(self) -> None:
        """Close every connection, those that are being opened too; readers under way get ``LinkBroken``."""
        self._closed = True
        for link in list(self._links):
            link.break_off(None)
        self._wake()
        if self._openings:
            await asyncio.wait(self._openings)

    async def read(self, scope: Scope, queries: Sequence[BoundQuery], *, who: Who | None = None) -> Answer:
        """Run queries in one read-only transaction and one round trip.

        The rows are those that the scope shows; whether the asker may see them is for the caller to decide
        before it hands them on. A lost connection is replaced and the read repeated once.

        Raises:
            DoorBusy: no connection became free in time.
            psycopg.Error: the class of the SQLSTATE, e.g. ``QueryCanceled`` after the statement timeout.
        """
        segment = self._segment(_READ_SCOPE, scope, queries, who)
        try:
            rows = await self._run(segment)
        except LinkBroken:
            self._drop_idle()
            rows = await self._run(segment)
        return _answer(rows, who)

    async def execute(self, scope: Scope, command: BoundQuery, *, who: Who | None = None) -> Answer:
        """Run one statement that writes, as one transaction and one round trip.

        The statement has taken effect when this returns, so it must itself check that the asker may.
        It is never repeated: after ``LinkBroken`` or a cancellation its effect is unknown.

        Raises:
            DoorBusy: no connection became free in time; nothing was sent.
            psycopg.Error: nothing took effect, ``LinkBroken`` excepted.
        """
        return _answer(await self._run(self._segment(_WRITE_SCOPE, scope, [command], who)), who)

    def _segment(
        self, opening: ReadQuery[Any], scope: Scope, queries: Sequence[BoundQuery], who: Who | None
    ) -> list[BoundQuery]:
        if not isinstance(scope, Scope):
            raise TypeError("the read door needs a scope")
        segment = [opening.bind(token=self._signer.token(scope, ttl=REQUEST_TTL))]
        if who is not None:
            segment.append(_RESOLVE.bind(digest=who.digest, kind=who.kind, today=who.today))
        segment.extend(queries)
        return segment

    async def _run(self, segment: list[BoundQuery]) -> list[list[Any]]:
        link = await self._take()
        try:
            return await self._run_on(link, segment)
        except psycopg.Error as error:
            if not _has_stale_plans(error):
                raise
            # The statement has not run, so this is safe for a command too.
            link.break_off(None)
        link = await self._take()
        return await self._run_on(link, segment)

    async def _run_on(self, link: Link, segment: list[BoundQuery]) -> list[list[Any]]:
        try:
            async with asyncio.timeout(_SILENCE):
                return await link.run(segment)
        except TimeoutError as error:
            link.break_off(error)
            raise LinkBroken("the database did not answer") from error
        finally:
            if link.busy:
                # The caller has left. The link comes back through ``_settled``, or not at all.
                link.abandon(_GRACE)
            else:
                self._give_back(link)

    async def _take(self) -> Link:
        while not self._closed:
            if self._idle:
                return self._idle.pop()
            if len(self._links) + len(self._openings) < self._size:
                return await self._open_link()
            link = await self._wait_for_link()
            if link is not None:
                return link
        raise LinkBroken("the read door is closed")

    async def _open_link(self) -> Link:
        opening = asyncio.create_task(self._opened())
        self._openings.add(opening)
        try:
            # Not ended with its caller: half a connection would stand on the server until it is given up there.
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._keep)
            raise

    async def _opened(self) -> Link:
        try:
            link = await Link.open(self._url, prepared=self._prepared, timeout=max(2, int(self._wait)))
        except BaseException:
            self._has_opened()
            self._wake()
            raise
        self._has_opened()
        if self._closed:
            link.break_off(None)
            raise LinkBroken("the read door is closed")
        link.on_settled = self._settled
        self._links.add(link)
        return link

    def _has_opened(self) -> None:
        # At once, not when the task has ended: whoever is woken counts the connections before that.
        if opening := asyncio.current_task():
            self._openings.discard(opening)

    def _keep(self, opening: asyncio.Future[Link]) -> None:
        """Nobody waits for this connection any more: it serves whoever comes next."""
        if not opening.cancelled() and opening.exception() is None:
            self._give_back(opening.result())

    async def _wait_for_link(self) -> Link | None:
        waiter: asyncio.Future[Link | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self._wait):
                return await waiter
        except TimeoutError as error:
            self._return_unused(waiter)
            raise DoorBusy("every connection of the read door is taken") from error
        except BaseException:
            self._return_unused(waiter)
            raise

    def _return_unused(self, waiter: asyncio.Future[Link | None]) -> None:
        if not waiter.done() or waiter.cancelled():
            return
        link = waiter.result()
        self._wake() if link is None else self._give_back(link)

    def _give_back(self, link: Link) -> None:
        if link.broken:
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(link)
                return
        self._idle.append(link)

    def _wake(self) -> None:
        """Let whoever waits look again: there is room for a new connection, or the door has closed."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                if not self._closed:
                    return

    def _settled(self, link: Link) -> None:
        if not link.broken:
            self._give_back(link)
            return
        self._links.discard(link)
        if link in self._idle:
            self._idle.remove(link)
        self._wake()

    def _drop_idle(self) -> None:
        # Where one connection died of a restart, its neighbours did too.
        for link in list(self._idle):
            link.break_off(None)


def _answer(rows: list[list[Any]], who: Who | None) -> Answer:
    return Answer(None, rows[1:]) if who is None else Answer(rows[1][0], rows[2:])


def _has_stale_plans(error: psycopg.Error) -> bool:
    if isinstance(error, psycopg.errors.InvalidSqlStatementName):
        return True
    return isinstance(error, psycopg.errors.FeatureNotSupported) and "cached plan" in str(error)
