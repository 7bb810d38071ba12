"""`linli worker` and `linli scheduler`: the processes that do what waits in the job table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

import click

from linli.app import load_domains
from linli.cli.failures import Failure
from linli.cli.opening import brings_own_server, embedded_server, find_addresses, loaded_plugins, say
from linli.cli.serve import check_serviceable
from linli.config import Settings, load_settings
from linli.house import House, open_house
from linli.kit.text import gettext as _
from linli.logs import configure_logs
from linli.tasks.broker import RedisBell
from linli.tasks.pool import serve_queue
from linli.tasks.registry import QUEUES, Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.scheduler import Scheduler

#: Processes for each queue where the operator says nothing.
_PROCESSES = {"default": 2, "slow": 1}
#: Seconds that parts get to end in order.
_PATIENCE = 30.0
#: Seconds before a part that died is started again.
_PAUSE = 2.0
_LINLI = [sys.executable, "-c", "from linli.cli import main; main()"]


@click.command()
@click.option("--queue", type=click.Choice(QUEUES), help="只处理这个队列；不写就处理全部队列，并带一个定时进程")
@click.option("--processes", type=click.IntRange(1, 64), help="进程数，默认 default 队列 2 个、slow 队列 1 个")
def worker(*, queue: str | None, processes: int | None) -> None:
    """处理后台任务，直到 Ctrl-C 或 SIGTERM；可以在多台机器上同时运行。"""
    settings = load_settings()
    configure_logs(settings)
    server = embedded_server(settings) if brings_own_server(settings) else None
    try:
        if server is not None:
            server.start(until_exit=True)
        check_serviceable(settings)
        if settings.redis_url is None:
            _work_in_threads(settings)
        elif queue is None:
            _work_in_parts(processes)
        else:
            _work_on(settings, settings.redis_url, queue, processes or _PROCESSES[queue])
    finally:
        if server is not None and server.started_here:
            server.stop()
    say(_("已停止。"))


@click.command()
def scheduler() -> None:
    """安排定时任务，补叫没有人处理的任务，直到 Ctrl-C 或 SIGTERM；同时运行几个也不会重复。"""
    settings = load_settings()
    configure_logs(settings)
    if settings.redis_url is None:
        raise Failure(_("没有设置 LINLI_REDIS_URL。没有 Redis 时，linli serve 和 linli worker 自己安排定时任务。"))
    check_serviceable(settings)
    house, tasks = _open(settings)
    stop = _stopped_by_signals()
    bell = RedisBell(settings.redis_url)
    say(_("定时进程已启动。"))
    try:
        Scheduler(house.database, tasks, bell).run(stop)
    finally:
        bell.close()
        house.close()


def _open(settings: Settings) -> tuple[House, Tasks]:
    load_domains()
    plugins = loaded_plugins(settings)
    return open_house(settings, find_addresses(settings, on_step=lambda _step: None)), Tasks.of(plugins)


def _work_on(settings: Settings, redis_url: str, queue: str, processes: int) -> None:
    # Before the processes part, which then share what they only read.
    load_domains()
    say(_("正在处理 {queue} 队列，{n} 个进程。").format(queue=queue, n=processes))
    code = serve_queue(redis_url, queue, processes=processes, opening=lambda: _open(settings))
    if code:
        raise SystemExit(code)


def _work_in_threads(settings: Settings) -> None:
    house, tasks = _open(settings)
    stop = _stopped_by_signals()
    runner = JobRunner(house, tasks)
    runner.start()
    say(_("没有设置 LINLI_REDIS_URL，任务在本进程里处理；死循环的任务无法中止。"))
    try:
        stop.wait()
    finally:
        runner.stop(_PATIENCE)
        house.close()


def _work_in_parts(processes: int | None) -> None:
    """A process for each queue and one for the clock; each is started again when it dies."""
    each = [] if processes is None else ["--processes", str(processes)]
    commands = {f"worker {queue}": ["worker", "--queue", queue, *each] for queue in QUEUES}
    commands["scheduler"] = ["scheduler"]
    stop = _stopped_by_signals()
    parts = {name: _start(words) for name, words in commands.items()}
    try:
        while not stop.wait(0.5):
            for name, part in parts.items():
                if part.poll() is not None:
                    say(_("{name} 意外退出（{code}），正在重新启动。").format(name=name, code=part.returncode))
                    stop.wait(_PAUSE)
                    parts[name] = _start(commands[name])
    finally:
        _end(list(parts.values()))


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*_LINLI, *words], env=os.environ.copy(), start_new_session=True)


def _end(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    for part in parts:
        if part.poll() is None:
            part.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    for part in parts:
        try:
            part.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop
