"""How a web process ends: with its parent, and in time even while a visitor never finishes a request."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

#: Seconds that a request which has begun gets to finish, once the process is told to end.
GRACE = 5.0
_LOOK_EVERY = 0.5


def end_with_parent() -> None:
    """From now on this process is told to end when the one that started it has died, however suddenly."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        threading.Thread(target=_wait_for_orphanhood, args=(parent.pid,), name="linli-parent", daemon=True).start()


def _wait_for_orphanhood(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)


def ending_in_time(app: ASGIApp, grace: float = GRACE) -> ASGIApp:
    """The application, shut down in order ``grace`` seconds after SIGTERM or SIGINT at the latest.

    The server waits for every connection with a half-sent request; one visitor who sends no more would hold it up
    until it is killed, with the lifespan still open.
    """

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        too_late = asyncio.Event()
        _at_signals(asyncio.get_running_loop(), lambda loop: loop.call_later(grace, too_late.set))

        async def receive_in_time() -> Any:
            message = asyncio.ensure_future(receive())
            deadline = asyncio.ensure_future(too_late.wait())
            await asyncio.wait((message, deadline), return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "lifespan.shutdown"}

        await app(scope, receive_in_time, send)
        if too_late.is_set():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    return wrapped


def _at_signals(loop: asyncio.AbstractEventLoop, act: Callable[[asyncio.AbstractEventLoop], object]) -> None:
    def told(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act, loop)

    for number in (signal.SIGTERM, signal.SIGINT):
        # The loop hears of signals through its wake-up descriptor, so the server's own handlers go on working.
        signal.signal(number, told)
