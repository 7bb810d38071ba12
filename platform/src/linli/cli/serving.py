"""Running the web processes until somebody ends them, and telling when they answer."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from linli.cli.failures import Failure
from linli.config import Settings
from linli.kit.text import gettext as _

_READY_SECONDS = 120
#: Without it a worker that is ended while it imports is waited for without end.
_KILL_AFTER = 15
#: Seconds between two looks at how much memory the web processes hold.
_LOOK_EVERY = 10
#: Seconds for which the one that is replaced goes on beside the fresh one, which needs some to begin.
_SIDE_BY_SIDE = 10.0
#: Seconds after which a finaliser that swallowed a signal is over.
_FINALISED = 0.05
#: How long a web process whose parent was killed may still hold the port.
PATIENCE = 3.0


def check_port(host: str, port: int, *, patience: float = 0.0) -> None:
    """See to it that the port can be taken.

    Args:
        host: where to listen.
        port: the number wanted.
        patience: seconds to wait for the port to become free.

    Raises:
        Failure: it cannot; says why and what to do.
    """
    deadline = time.monotonic() + patience
    while (error := _bind_error(host, port)) is not None:
        if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
            raise Failure(_port_fault(error, host, port)) from error
        time.sleep(0.2)


def _bind_error(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def is_linli(port: int) -> bool:
    """Whether Linli is what answers on that port of this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://localhost:{port}/health/live", timeout=2) as answer:
            return json.load(answer) == {"status": "ok"}
    except (OSError, ValueError):
        return False


def _port_fault(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE and is_linli(port):
        return _("端口 {port} 上已有一个 Linli 在运行。请先停止它，或换一个端口，例如 make demo PORT={other}。").format(
            port=port, other=port + 1 if port < 65535 else 8000
        )
    if error.errno == errno.EADDRINUSE:
        return _("端口 {port} 已被别的程序占用。请换一个，例如 make demo PORT={other}。").format(
            port=port, other=port + 1 if port < 65535 else 8000
        )
    if error.errno == errno.EACCES:
        return _("没有权限使用端口 {port}。请用 1024 以上的端口，例如 8000。").format(port=port)
    return _("不能在 {host}:{port} 上提供服务（{detail}）。请检查 LINLI_HOST 和端口。").format(
        host=host, port=port, detail=error.strerror or error
    )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Inside the block SIGTERM and Ctrl-C end this process with a ``KeyboardInterrupt``, so that what it started stops.

    What a finaliser or the callback of a weak reference raises is printed and forgotten by the interpreter. A signal
    that comes just then is raised again a moment later.
    """
    inside = True
    report = sys.unraisablehook

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def raise_again() -> None:
        time.sleep(_FINALISED)
        if inside:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def hear(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            threading.Thread(target=raise_again, name="linli-signal", daemon=True).start()
        else:
            report(lost)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    sys.unraisablehook = hear
    try:
        yield
    finally:
        inside = False
        sys.unraisablehook = report
        for number, handler in before.items():
            signal.signal(number, handler)


def serve_until_ended(settings: Settings, *, respawn: bool, when_ready: Callable[[], None] = lambda: None) -> None:
    """Serve in processes of their own; returns when SIGINT or SIGTERM has ended them.

    Args:
        settings: the workers read the same environment.
        respawn: replace a worker that dies.
        when_ready: called once, when the workers answer and are ready.
    """
    # A forked worker would share connections and locks with this process.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "linli.cli.worker:make_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        websockets=False,
        respawn_failed_workers=respawn,
        workers_kill_timeout=_KILL_AFTER,
        workers_max_rss=settings.worker_memory,
        rss_sample_interval=_LOOK_EVERY,
        respawn_interval=_SIDE_BY_SIDE,
        log_level=LogLevels.info if settings.log_level == "debug" else LogLevels.warning,
    )
    over = threading.Event()
    watch = threading.Thread(target=_tell_when_ready, args=(settings, over, when_ready), daemon=True)
    watch.start()
    try:
        server.serve()
    finally:
        over.set()


def _tell_when_ready(settings: Settings, over: threading.Event, when_ready: Callable[[], None]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and not over.wait(0.1):
        if _is_ready(settings):
            when_ready()
            return


def _is_ready(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 compared, not bound
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{host}:{settings.port}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def use_port(port: int | None, host: str | None) -> None:
    """Let this process and its workers read the chosen port and host as settings."""
    if port is not None:
        os.environ["LINLI_PORT"] = str(port)
    if host is not None:
        os.environ["LINLI_HOST"] = host
