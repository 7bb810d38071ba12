"""Plugins' handlers in the core's threads: so many at once, measured, and whatever they raise is their own fault."""

from __future__ import annotations

import asyncio
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import Lock
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

import structlog
from anyio import CapacityLimiter, to_thread
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect as RedirectResponse
from litestar.response import Stream
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from linli.files.storage import StorageFailed
from linli.kit.errors import Busy, LinliError, OutOfOrder
from linli.plugins.containment import PAGE, ROUTE, Kind, PluginFailed, Report, reported
from linli.plugins.containment.calls import Overrun, WrongAnswer, is_end_of_process, log_failure
from linli.plugins.containment.kinds import OVERRUN
from linli.web.errors import holds_what_cannot_be_kept

if TYPE_CHECKING:
    from linli.web.calls import Call
    from linli.web.site import Site

log = structlog.get_logger("linli.plugins")

#: Seconds that a request waits for a plugin whose handlers are all at work.
WAIT = 5.0
#: Seconds after which nobody waits any longer for an answer; the database's own limits have ended its work by then.
GIVE_UP = 30.0
#: Bytes of a page, and of an answer of the API.
MOST_PAGE = 8 * 1024 * 1024
MOST_JSON = 16 * 1024 * 1024

#: What a handler may raise without being broken: it is told to whoever asked, in words.
_EXPECTED = (LinliError, HTTPException, StaleDataError, IntegrityError, OperationalError, PoolTimeout, StorageFailed)


class Slots:
    """How many handlers of plugins run at once: a hanging one takes a place of its own plugin, never the core's.

    Args:
        threads: of the process, for everybody.
    """

    def __init__(self, threads: int) -> None:
        #: One plugin's, and all plugins' together: the rest is the core's alone.
        self.each = max(1, threads // 4)
        self.together = max(1, threads - max(2, threads // 3))
        self._free: dict[str, asyncio.Semaphore] = {}
        self._running: dict[str, list[float]] = {}
        self._all = asyncio.Semaphore(self.together)
        # An abandoned thread goes on beside this limit; its slot stays taken.
        self._threads = CapacityLimiter(1000)

    async def run(self, owner: str, work: Callable[[], Any]) -> Any:
        """Run blocking work of a plugin.

        Raises:
            Busy: its handlers are all at work and none came free in time.
            OutOfOrder: the same, and one of them hangs; or this one does not answer.
        """
        own = self._free.setdefault(owner, asyncio.Semaphore(self.each))
        try:
            async with asyncio.timeout(WAIT):
                await own.acquire()
                try:
                    await self._all.acquire()
                except BaseException:
                    own.release()
                    raise
        except TimeoutError:
            log.warning("plugin busy", plugin=owner)
            raise (OutOfOrder if self._hangs(owner) else Busy) from None
        loop, began = asyncio.get_running_loop(), monotonic()
        self._running.setdefault(owner, []).append(began)

        def free() -> None:
            self._running[owner].remove(began)
            own.release()
            self._all.release()

        turn = _Turn()

        def work_and_leave() -> Any:
            if not turn.take():
                return None
            try:
                return work()
            finally:
                # The loop may have been closed while it hung.
                if not loop.is_closed():
                    loop.call_soon_threadsafe(free)

        try:
            async with asyncio.timeout(GIVE_UP):
                return await to_thread.run_sync(work_and_leave, limiter=self._threads, abandon_on_cancel=True)
        except TimeoutError:
            log.error("plugin hangs", plugin=owner, seconds=GIVE_UP)
            raise OutOfOrder from None
        finally:
            # Whoever asked left before a thread began: there is none that could give the place back.
            if turn.take():
                free()

    def _hangs(self, owner: str) -> bool:
        return any(monotonic() - began > PAGE.budget * OVERRUN for began in self._running.get(owner, ()))


class _Turn:
    """Taken once: by the thread that begins, or by the request that ends before one did."""

    def __init__(self) -> None:
        self._free = Lock()

    def take(self) -> bool:
        return self._free.acquire(blocking=False)


async def guest(site: Site, call: Call, work: Callable[[], Any]) -> Any:
    """A plugin's handler: in one of its slots, on its own account.

    Raises:
        PluginFailed: it raised what no handler is meant to raise, or answered with what it did not declare.
        OutOfOrder: it hangs, or too many of its handlers do.
    """
    owner, began = call.visit.owner, monotonic()
    try:
        return await site.slots.run(owner, partial(_on_its_account, site, call, work))
    except OutOfOrder:
        report = _report(call, monotonic() - began, Overrun.__name__)
        await site.in_thread(_tell, site, call, report)
        raise


def _on_its_account(site: Site, call: Call, work: Callable[[], Any]) -> Any:
    began = perf_counter()
    try:
        answer = work()
        _require_answer(call, answer)
    except _EXPECTED:
        _measure(site, call, perf_counter() - began)
        raise
    except BaseException as error:
        if is_end_of_process(error) or holds_what_cannot_be_kept(error):
            raise
        _tell(site, call, _report(call, perf_counter() - began, type(error).__name__))
        failed = PluginFailed(call.visit.owner, _kind(call), error, _where(call))
        log_failure(failed, error, path=call.visit.path, request_id=call.visit.request_id)
        raise failed from error
    _measure(site, call, perf_counter() - began)
    return answer


def _measure(site: Site, call: Call, seconds: float) -> None:
    budget = _kind(call).budget
    if seconds > budget * OVERRUN:
        _tell(site, call, _report(call, seconds, Overrun.__name__))
    elif seconds > budget or call.visit.circuits.is_tried(call.visit.owner, "pages"):
        _tell(site, call, _report(call, seconds))


def _kind(call: Call) -> Kind:
    return ROUTE if call.is_api else PAGE


def _where(call: Call) -> str:
    return f"{call.visit.place.portal.value} {call.handler.method} {call.handler.path}"


def _report(call: Call, seconds: float, error: str = "") -> Report:
    return Report(call.visit.owner, _kind(call), _where(call), seconds, error)


def _tell(site: Site, call: Call, report: Report) -> None:
    if call.visit.place.scope is not None:
        reported(site.house.database, call.visit.scope.tenant_id, report)


def _require_answer(call: Call, answer: Any) -> None:
    if not isinstance(answer, Response | RedirectResponse | Stream):
        raise WrongAnswer(f"a page answers with View, Redirect or Download, not {type(answer).__name__}")
    content = answer.content if isinstance(answer, Response) else b""
    size = len(content) if isinstance(content, str | bytes) else 0
    is_file = "content-disposition" in answer.headers
    most = MOST_JSON if call.is_api else MOST_PAGE
    if not is_file and size > most:
        raise WrongAnswer(f"an answer of {size} characters is more than {most}")


def streamed(call: Call, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a plugin's file, which it makes while they are sent: an exit there ends that file alone."""
    try:
        yield from pieces
    except GeneratorExit:
        raise
    except BaseException as error:
        if is_end_of_process(error):
            raise
        failed = PluginFailed(call.visit.owner, _kind(call), error, _where(call))
        log_failure(failed, error, path=call.visit.path, request_id=call.visit.request_id)
        raise failed from error


def fits(answer: Any, declared: Any) -> bool:
    """Whether an answer of the API is of the type that its handler declares; what cannot be told is taken."""
    origin = typing.get_origin(declared)
    if origin in (typing.Union, types.UnionType):
        return any(fits(answer, each) for each in typing.get_args(declared))
    kind = origin or declared
    if kind is None or kind is type(None):
        return answer is None
    if kind is typing.Any or not isinstance(kind, type):
        return True
    return isinstance(answer, kind)
