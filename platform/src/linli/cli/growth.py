"""What a web process says of its memory in the end: the server that replaces it for that says nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

log = structlog.get_logger("linli.cli")

_MEBIBYTE = 1 << 20


def telling_growth(app: ASGIApp, most: int) -> ASGIApp:
    """The application, which when it ends logs a warning where its process holds ``most`` MiB or more."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_and_tell() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and (held := memory_held()) >= most:
                log.warning("web process has grown", held_mib=held, most_mib=most, pid=os.getpid())
            return message

        await app(scope, receive_and_tell if scope["type"] == "lifespan" else receive, send)

    return wrapped


def memory_held() -> int:
    """MiB of memory that this process holds now; 0 where the operating system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // _MEBIBYTE
