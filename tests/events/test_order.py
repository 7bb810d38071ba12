"""Events of one compound reach each consumer in the order of their commits; what stops one consumer stops no other."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text, update
from tests.events.conftest import GateMoved

from linli.events import emit
from linli.events.models import EventRow
from linli.tasks.models import Job, JobLane
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tenancy.models import Compound


def test_one_follows_the_other(make_stage) -> None:
    heard: list[int] = []
    stage = make_stage(listener=lambda session, event: heard.append(event.n))
    stage.tell(1, 2, 3)
    assert stage.states() == ["queued", "behind", "behind"]
    assert stage.runner.run_due() == 3
    assert heard == [1, 2, 3]
    assert stage.states() == ["done"] * 3


def test_several_of_one_transaction_keep_its_order(make_stage) -> None:
    heard: list[int] = []
    stage = make_stage(listener=lambda session, event: heard.append(event.n))
    with stage.house.database.unit_of_work(stage.scope) as session:
        for n in (3, 1, 2):
            emit(session, GateMoved(n=n))
    stage.runner.run_due()
    assert heard == [3, 1, 2]


def test_a_failing_one_holds_up_its_pair_alone(make_stage) -> None:
    """The same compound's other consumer, and the same consumer's other compound, go on."""
    heard: dict[str, list[int]] = defaultdict(list)

    def fail_at_first(session, event) -> None:
        if event.n == 1:
            raise RuntimeError
        heard["broken"].append(event.n)

    stage = make_stage(broken=fail_at_first, listener=lambda session, event: heard["listener"].append(event.n))
    stage.tell(1, 2)
    stage.tell(11, compound_id=stage.community.compound)
    stage.runner.run_due()
    assert sorted(heard["listener"]) == [1, 2, 11]
    assert heard["broken"] == [11]
    assert sorted(stage.states("broken")) == ["behind", "done", "queued"]
    for _try in range(4):
        stage.bring()
    parked = [each for each in stage.deliveries("broken") if each.state == "parked"]
    assert [(each.attempts, each.error) for each in parked] == [(5, "RuntimeError")], "five tries, counted in its row"
    stage.tell(3)
    stage.runner.run_due()
    assert [n for n in heard["listener"] if n != 11] == [1, 2, 3]
    assert heard["broken"] == [11], "what is parked keeps its pair waiting"


def test_numbers_of_a_lane_have_no_gaps_and_a_rollback_takes_none(make_stage) -> None:
    stage = make_stage(listener=lambda session, event: None)
    stage.tell(1)
    with suppress(ZeroDivisionError), stage.house.database.unit_of_work(stage.scope) as session:
        emit(session, GateMoved(n=2))
        raise ZeroDivisionError
    stage.tell(3)
    with stage.house.database.unit_of_work(stage.scope) as session:
        rows = session.execute(select(EventRow.n, EventRow.payload["n"].astext).order_by(EventRow.n)).all()
    assert [tuple(row) for row in rows] == [(1, "1"), (2, "3")]


def test_what_a_savepoint_undoes_was_never_told(make_stage) -> None:
    heard: list[int] = []
    stage = make_stage(listener=lambda session, event: heard.append(event.n))
    with stage.house.database.unit_of_work(stage.scope) as session:
        emit(session, GateMoved(n=1))
        with suppress(ZeroDivisionError), session.begin_nested():
            with session.begin_nested():
                emit(session, GateMoved(n=2))
            emit(session, GateMoved(n=3))
            raise ZeroDivisionError
        with session.begin_nested():
            emit(session, GateMoved(n=4))
    stage.runner.run_due()
    assert heard == [1, 4]


def test_a_place_has_its_own_order(make_stage) -> None:
    stage = make_stage(listener=lambda session, event: None)
    stage.tell(1, 2)
    stage.tell(3, compound_id=stage.community.compound)
    with stage.house.database.unit_of_work(stage.scope) as session:
        lanes = session.execute(select(JobLane.community_id, JobLane.compound_id, JobLane.n)).all()
        compound = session.scalar(select(EventRow.compound_id).where(EventRow.payload["n"].astext == "3"))
    assert {tuple(each) for each in lanes} == {
        (stage.community.id, None, 2),
        (stage.community.id, stage.community.compound, 1),
    }
    assert compound == stage.community.compound


def test_a_compound_is_told_with_its_community(house, world) -> None:
    with house.database.unit_of_work(world.here.scope) as session, pytest.raises(ValueError, match="community"):
        emit(session, GateMoved(n=1), compound_id=world.here.communities[0].compound)


def test_another_community_and_street_see_nothing_of_it(make_stage, house, world) -> None:
    stage = make_stage(listener=lambda session, event: None)
    stage.tell(1)
    for scope in (world.here.communities[1].scope, world.there.scope):
        with house.database.unit_of_work(scope) as session:
            counts = [session.scalar(select(func.count()).select_from(kind)) for kind in (EventRow, JobLane)]
            assert counts == [0, 0]
            assert session.scalar(select(func.count()).where(Job.event_id.is_not(None))) == 0
    with house.database.unit_of_work(world.here.scope) as session:
        assert session.scalar(select(func.count()).select_from(EventRow)) == 1, "control"


WRITERS, EACH = 6, 25


class Naive:
    """The way not to go: a number is taken at once, and a reader remembers the last one it has seen."""

    def __init__(self, house) -> None:
        self.house, self.ended = house, threading.Event()
        self.seen: set[int] = set()
        self.last = 0
        with psycopg.connect(house.addresses.superuser, autocommit=True) as server:
            server.execute("CREATE TABLE public.naive (id bigserial PRIMARY KEY)")
            server.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
            server.execute("GRANT ALL ON public.naive TO PUBLIC; GRANT ALL ON SEQUENCE public.naive_id_seq TO PUBLIC")

    def poll(self) -> None:
        new = text("SELECT id FROM public.naive WHERE id > :last ORDER BY id")
        while not self.ended.is_set():
            with self.house.database.open_transaction() as connection:
                for (number,) in connection.execute(new, {"last": self.last}):
                    self.seen.add(number)
                    self.last = number


def write_unevenly(stage, lanes: list[UUID | None], seed: int) -> None:
    """Transactions that take now longer, now shorter from their first word to their commit."""
    chance = random.Random(seed)
    for n in range(EACH):
        lane = chance.choice(lanes)
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(text("INSERT INTO public.naive DEFAULT VALUES"))
            emit(session, GateMoved(n=seed * 1000 + n, by=lane), compound_id=lane)
            time.sleep(chance.random() * 0.02)


def test_many_writers_and_two_runners_lose_and_reorder_nothing(make_stage, house) -> None:
    """Two lanes are written to while deliveries go on; whoever polls ``id > last`` loses some of the same rows."""
    heard: dict[UUID | None, list[int]] = defaultdict(list)
    lock = threading.Lock()

    def hear(session, event) -> None:
        with lock:
            heard[event.by].append(event.n)

    stage, naive = make_stage(listener=hear), Naive(house)
    lanes = [stage.community.compound, None]
    runners = [JobRunner(house, Tasks.of(stage.plugins), poll=0.05) for _ in range(2)]
    poller = threading.Thread(target=naive.poll)
    with ThreadPoolExecutor(WRITERS) as writers:
        for each in (*runners, poller):
            each.start()
        # Raises what a writer met.
        list(writers.map(lambda seed: write_unevenly(stage, lanes, seed), range(1, WRITERS + 1)))
    deadline = time.monotonic() + 60
    while sum(map(len, heard.values())) < WRITERS * EACH and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    naive.ended.set()
    for each in (*runners, poller):
        each.stop() if isinstance(each, JobRunner) else each.join()
    with house.database.unit_of_work(stage.scope) as session:
        committed = session.execute(
            select(EventRow.compound_id, EventRow.payload["n"].astext).order_by(EventRow.n)
        ).all()
        left = session.scalar(select(func.count()).where(Job.event_id.is_not(None), Job.state != "done"))
    assert (len(committed), left) == (WRITERS * EACH, 0)
    for lane in lanes:
        assert heard[lane] == [int(n) for place, n in committed if place == lane], "each once, in the lane's order"
    assert len(naive.seen) < WRITERS * EACH, "control: whoever remembers the last number loses what commits late"


def test_what_is_told_while_the_one_before_ends_is_not_left_behind(make_stage, house) -> None:
    """The moment at which a delivery ends is the moment at which the next one is written: over and over."""
    heard: list[int] = []
    stage = make_stage(listener=lambda session, event: heard.append(event.n))
    runner = JobRunner(house, Tasks.of(stage.plugins), poll=0.02)
    runner.start()
    try:
        for n in range(60):
            stage.tell(n)
            time.sleep(random.random() * 0.03)
        deadline = time.monotonic() + 30
        while len(heard) < 60 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        runner.stop()
    assert heard == list(range(60))


def test_the_effects_of_deliveries_are_where_the_event_happened(make_stage) -> None:
    def add(session, event) -> None:
        session.add(Compound(community_id=session.scope.community_id, name=f"第{event.n}号"))

    stage = make_stage(listener=add)
    stage.tell(1)
    stage.runner.run_due()
    with stage.house.database.unit_of_work(stage.scope) as session:
        assert "第1号" in set(session.scalars(select(Compound.name)))


def test_where_the_plugin_was_switched_off_meanwhile_the_next_one_is_asked(make_stage, house, world) -> None:
    from linli.testing.choices import disable

    stage = make_stage(listener=lambda session, event: pytest.fail("it was told"))
    stage.tell(1, 2)
    with house.database.unit_of_work(world.here.scope) as session:
        disable(session, session.actor, stage.plugins, "listener", community_id=stage.community.id)
    stage.runner.run_due()
    assert stage.states() == ["cancelled", "cancelled"]


def test_a_parked_pair_costs_no_look_after_look(make_stage, house) -> None:
    """What waits behind a parked delivery is not due: the doorbell is silent."""
    stage = make_stage(listener=lambda session, event: 1 / 0)
    stage.tell(*range(5))
    with house.database.unit_of_work(stage.scope) as session:
        session.execute(update(Job).where(Job.event_id.is_not(None)).values(max_attempts=1))
    stage.runner.run_due()
    assert stage.states() == ["parked", *["behind"] * 4]
    with house.database.open_transaction() as connection:
        assert connection.execute(text("SELECT core.tenants_with_work(9)")).all() == []
