"""One libpq connection kept in pipeline mode and driven by the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.types.json import set_json_loads

from linli.db.read_door.query import BoundQuery

_BINARY = pq.Format.BINARY
_ABORTED = pq.ExecStatus.PIPELINE_ABORTED
_DONE = pq.ExecStatus.COMMAND_OK
_FATAL = pq.ExecStatus.FATAL_ERROR
_SYNC = pq.ExecStatus.PIPELINE_SYNC


class LinkBroken(psycopg.OperationalError):
    """The connection was lost; whether the segment took effect is unknown."""


class Link:
    """Runs one segment at a time: its statements up to the sync are one transaction and one round trip."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], *, prepared: bool) -> None:
        set_json_loads(msgspec.json.decode, connection)
        self._connection = connection
        self._pgconn = connection.pgconn
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        self._loop = asyncio.get_running_loop()
        self._socket = self._pgconn.socket
        self._loop.add_reader(self._socket, self._readable)
        self._writing = False
        self._transformer = Transformer(connection)
        self._uses_names = prepared
        self._prepared: set[bytes] = set()
        #: For each result to come: the name it prepares, or ``None`` for an answer.
        self._newly: list[bytes | None] = []
        self._results: list[pq.abc.PGresult] = []
        self._waiter: asyncio.Future[None] | None = None
        self.broken = False
        #: Called when the link breaks, or when a segment whose caller has left comes to its end.
        self.on_settled: Callable[[Link], None] = lambda link: None

    @classmethod
    async def open(cls, url: str, *, prepared: bool, timeout: int) -> Link:
        connection = await psycopg.AsyncConnection.connect(
            url, autocommit=True, application_name="linli", client_encoding="utf8", connect_timeout=timeout
        )
        return cls(connection, prepared=prepared)

    @property
    def busy(self) -> bool:
        """Whether a segment is under way."""
        return self._waiter is not None and not self.broken

    async def run(self, segment: Sequence[BoundQuery]) -> list[list[Any]]:
        """The rows of each statement, all of one transaction.

        Raises:
            LinkBroken: the connection was lost.
            psycopg.Error: the class of the SQLSTATE; nothing of the segment took effect.
        """
        if self.broken or self._waiter is not None:
            raise LinkBroken("the connection is not free")
        # Dumped before anything is sent, so that a value of the wrong type leaves the link as it was.
        parameters = [self._dump(values) for _, values in segment]
        self._waiter = self._loop.create_future()
        self._results = []
        try:
            self._send(segment, parameters)
        except psycopg.Error as error:
            self.break_off(error)
            raise LinkBroken(str(error)) from error
        try:
            await self._waiter
        except asyncio.CancelledError:
            if not self._waiter.cancelled():
                # Everything had arrived when the caller left: the link is whole.
                self._waiter = None
            raise
        self._waiter = None
        return self._decode(segment)

    def _dump(self, values: list[Any]) -> list[Any]:
        # Text, of unspecified type: the statement's own casts decide, not the size of a number.
        return list(self._transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))) if values else []

    def _send(self, segment: Sequence[BoundQuery], parameters: list[list[Any]]) -> None:
        pgconn = self._pgconn
        newly = self._newly = []
        for (query, _), values in zip(segment, parameters, strict=True):
            if not self._uses_names:
                pgconn.send_query_params(query.sql.encode(), values, query.types, result_format=_BINARY)
                newly.append(None)
                continue
            if query.name not in self._prepared and query.name not in newly:
                pgconn.send_prepare(query.name, query.sql.encode(), param_types=query.types)
                newly.append(query.name)
            pgconn.send_query_prepared(query.name, values, result_format=_BINARY)
            newly.append(None)
        pgconn.pipeline_sync()
        self._write()

    def _write(self) -> None:
        unsent = self._pgconn.flush()
        if unsent and not self._writing:
            self._loop.add_writer(self._socket, self._writable)
        elif not unsent and self._writing:
            self._loop.remove_writer(self._socket)
        self._writing = bool(unsent)

    def _writable(self) -> None:
        try:
            self._write()
        except psycopg.OperationalError as error:
            self.break_off(error)

    def _readable(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            ended = self._waiter is not None and self._collect()
        except psycopg.OperationalError as error:
            self.break_off(error)
            return
        if pgconn.status != pq.ConnStatus.OK:
            self.break_off(psycopg.OperationalError("the server closed the connection"))
        elif ended:
            self._end()

    def _collect(self) -> bool:
        gaps = 0
        while not self._pgconn.is_busy():
            result = self._pgconn.get_result()
            if result is None:
                gaps += 1
                if gaps > 1:
                    break
                continue
            gaps = 0
            if result.status == _SYNC:
                return True
            self._results.append(result)
        return False

    def _end(self) -> None:
        waiter = self._waiter
        if waiter is None:
            return
        for name, result in zip(self._newly, self._results, strict=True):
            if name is not None and result.status == _DONE:
                self._prepared.add(name)
        if waiter.done():
            # The caller was cancelled: what it asked for is thrown away, the link is whole again.
            self._waiter, self._results = None, []
            self.on_settled(self)
        else:
            waiter.set_result(None)

    def _decode(self, segment: Sequence[BoundQuery]) -> list[list[Any]]:
        results, self._results = self._results, []
        answers: list[list[Any]] = []
        queries = iter(segment)
        for name, result in zip(self._newly, results, strict=True):
            if result.status in (_FATAL, _ABORTED):
                raise error_from_result(result, "utf-8")
            if name is None:
                self._transformer.set_pgresult(result)
                answers.append(self._transformer.load_rows(0, result.ntuples, next(queries).query.make_row))
        return answers

    def abandon(self, grace: float) -> None:
        """The caller has left: what is under way may end within ``grace`` seconds, or the link is given up."""
        self._loop.call_later(grace, self._give_up, self._waiter)

    def _give_up(self, waiter: asyncio.Future[None] | None) -> None:
        if self.busy and self._waiter is waiter:
            self._last_task = self._loop.create_task(self._cancel_and_break_off())

    async def _cancel_and_break_off(self) -> None:
        # A cancel request may arrive late and hit the next query, so this link gets no next query.
        try:
            await self._connection.cancel_safe(timeout=1.0)
        except psycopg.Error:
            pass
        finally:
            self.break_off(None)

    def break_off(self, error: BaseException | None) -> None:
        """Close the connection at once; whoever waits for it gets ``LinkBroken``."""
        if self.broken:
            return
        self.broken = True
        # Before anything else: the number of a closed socket is given to the next one that is opened.
        self._loop.remove_reader(self._socket)
        if self._writing:
            self._loop.remove_writer(self._socket)
        self._pgconn.finish()
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_exception(LinkBroken(str(error or "the connection was closed")))
        self.on_settled(self)
