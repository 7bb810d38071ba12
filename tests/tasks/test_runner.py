"""Doing the work: once per job, after crashes again, never for the wrong street, and ending when asked to."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text, update

from linli.audit import record
from linli.audit.models import AuditEntry
from linli.house import House
from linli.kit.actor import SYSTEM, Actor
from linli.kit.errors import FieldError, Invalid
from linli.kit.scope import Scope
from linli.tasks import JobRun, JobState, cancel, enqueue, job_state, replay
from linli.tasks.models import Job
from linli.tasks.registry import Task, Tasks
from linli.tasks.runner import JobRunner
from linli.tenancy.models import Compound
from linli.testing.world import CommunityWorld


def runner_of(house: House, handler: Callable[[JobRun], Any], *, lease: int = 60, **options: Any) -> JobRunner:
    settings = {"gate": lambda session, owner, community_id: True, "poll": 0.05, "pause": 0.01, **options}
    return JobRunner(house, Tasks({"core.do_work": Task("core.do_work", handler, lease=lease)}), **settings)


def ask(house: House, scope: Scope, actor: Actor = SYSTEM, **options: Any) -> UUID:
    with house.database.unit_of_work(scope, actor) as session:
        return enqueue(session, options.pop("task", "core.do_work"), options.pop("args", None), **options)


def state_of(house: House, scope: Scope, job_id: UUID) -> JobState:
    with house.database.unit_of_work(scope) as session:
        return job_state(session, job_id)


def compounds_of(house: House, community: CommunityWorld) -> set[str]:
    with house.database.unit_of_work(community.scope) as session:
        return set(session.scalars(select(Compound.name)))


def end_lease(house: House, scope: Scope) -> None:
    with house.database.unit_of_work(scope) as session:
        session.execute(update(Job).values(leased_until=func.now() - text("interval '1 second'")))
        session.execute(text("SELECT core.ring_doorbell(now())"))


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def own(world) -> CommunityWorld:
    return world.here.communities[0]


class TestDone:
    def test_in_the_scope_and_under_the_name_of_the_asker(self, house, own) -> None:
        who = Actor(account_id=own.administrator, display_name="社区管理员")

        def work(run: JobRun) -> dict[str, Any]:
            with run.unit_of_work() as session:
                record(session, "core.test.work", ("job", run.id), community_id=own.id)
                return {"seen": len(session.scalars(select(Compound.id)).all()), "got": run.args["n"]}

        job_id = ask(house, own.scope, who, args={"n": 5})
        assert runner_of(house, work).run_due() == 1
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.result, state.attempts) == ("done", {"seen": 1, "got": 5}, 1)
        assert state.finished_at is not None
        with house.database.unit_of_work(own.scope) as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.test.work")).one()
        assert (entry.actor_id, entry.actor_name) == (own.administrator, "社区管理员")

    def test_a_job_of_a_community_cannot_write_into_another(self, house, world, own) -> None:
        sibling = world.here.communities[1]

        def trespass(run: JobRun) -> None:
            with run.unit_of_work() as session:
                session.add(Compound(community_id=sibling.id, name="越界"))

        job_id = ask(house, own.scope, max_attempts=1)
        runner_of(house, trespass).run_due()
        assert state_of(house, own.scope, job_id).state == "parked"
        assert compounds_of(house, sibling) == {"一号院"}

    def test_jobs_of_two_streets_run_each_in_their_own(self, house, world) -> None:
        seen = []

        def work(run: JobRun) -> None:
            with run.unit_of_work(read_only=True) as session:
                seen.append((run.scope.tenant_id, set(session.scalars(select(Compound.id)))))

        for street in world.streets:
            ask(house, street.scope)
        assert runner_of(house, work).run_due() == 2
        assert dict(seen) == {street.id: {each.compound for each in street.communities} for street in world.streets}

    def test_progress_can_be_seen_and_is_where_the_next_try_goes_on(self, house, own) -> None:
        begun_at = []

        def work(run: JobRun) -> None:
            begun_at.append(run.done)
            run.progress(run.done + 2, 4, "第二步")
            seen.append(state_of(house, own.scope, run.id))
            if run.attempt == 1:
                raise RuntimeError("once")

        seen: list[JobState] = []
        job_id = ask(house, own.scope)
        runner = runner_of(house, work)
        runner.run_due()
        until(lambda: runner.run_due() == 0 and state_of(house, own.scope, job_id).is_over)
        assert begun_at == [0, 2]
        assert [(each.state, each.done, each.total, each.note) for each in seen] == [
            ("running", 2, 4, "第二步"),
            ("running", 4, 4, "第二步"),
        ]
        assert (seen[0].percent, state_of(house, own.scope, job_id).state) == (50, "done")

    def test_later_work_is_not_done_before_its_time(self, house, own) -> None:
        with house.database.unit_of_work(own.scope) as session:
            later = session.scalar(select(func.clock_timestamp() + text("interval '1 hour'")))
            job_id = enqueue(session, "core.do_work", run_after=later)
        runner = runner_of(house, lambda run: None)
        assert runner.run_due() == 0
        with house.database.unit_of_work(own.scope) as session:
            session.execute(update(Job).values(run_after=func.clock_timestamp()))
            session.execute(text("SELECT core.ring_doorbell(now())"))
        assert runner.run_due() == 1
        assert state_of(house, own.scope, job_id).state == "done"

    def test_a_street_with_many_jobs_lets_others_pass(self, house, world) -> None:
        order = []
        for _ in range(4):
            ask(house, world.here.scope)
        ask(house, world.there.scope)
        runner_of(house, lambda run: order.append(run.scope.tenant_id)).run_due()
        assert world.there.id in order[:2]
        assert Counter(order) == {world.here.id: 4, world.there.id: 1}


class TestFailure:
    def test_is_tried_again_and_then_parked(self, house, own) -> None:
        attempts = []

        def fail(run: JobRun) -> None:
            attempts.append(run.attempt)
            raise RuntimeError("a phone number")

        job_id = ask(house, own.scope, max_attempts=3)
        runner = runner_of(house, fail)
        until(lambda: runner.run_due() == 0 and state_of(house, own.scope, job_id).is_over)
        state = state_of(house, own.scope, job_id)
        assert attempts == [1, 2, 3]
        assert (state.state, state.error, state.attempts) == ("parked", "RuntimeError", 3)

    def test_pauses_grow(self, house, own) -> None:
        def fail(run: JobRun) -> None:
            raise RuntimeError

        job_id = ask(house, own.scope)
        with house.database.unit_of_work(own.scope) as session:
            session.execute(update(Job).values(attempts=1))
        runner = runner_of(house, fail, pause=40)
        assert runner.run_due() == 1
        with house.database.unit_of_work(own.scope) as session:
            waits = session.scalar(select(func.extract("epoch", Job.run_after - func.now())).where(Job.id == job_id))
        assert 38 < waits <= 120

    def test_in_words_for_people_ends_the_job_at_once(self, house, own) -> None:
        def refuse(run: JobRun) -> None:
            raise Invalid("第 3 行没有房号")

        job_id = ask(house, own.scope)
        assert runner_of(house, refuse).run_due() == 1
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.error) == ("failed", "第 3 行没有房号")

    def test_in_words_for_people_names_every_fault(self, house, own) -> None:
        def refuse(run: JobRun) -> None:
            raise Invalid(errors=[FieldError("days", "太小", "1 到 90"), FieldError("", "没有这样的设置")])

        job_id = ask(house, own.scope)
        assert runner_of(house, refuse).run_due() == 1
        told = state_of(house, own.scope, job_id).error
        assert told == "提交的内容有误，请按提示修改\n  days：太小（允许：1 到 90）\n  没有这样的设置"

    def test_of_a_step_undoes_that_step_alone(self, house, own) -> None:
        def work(run: JobRun) -> None:
            for name in ("甲", "乙"):
                with run.unit_of_work() as session:
                    session.add(Compound(community_id=own.id, name=name))
                    session.flush()
                    if name == "乙":
                        raise RuntimeError

        ask(house, own.scope, max_attempts=1)
        runner_of(house, work).run_due()
        assert compounds_of(house, own) == {"一号院", "甲"}

    @pytest.mark.parametrize("fault", [SystemExit, KeyError])
    def test_costs_its_own_job_and_no_other(self, house, world, fault) -> None:
        def work(run: JobRun) -> None:
            if run.scope.tenant_id == world.here.id:
                raise fault

        ask(house, world.here.scope)
        good = ask(house, world.there.scope)
        runner_of(house, work).run_due()
        assert state_of(house, world.there.scope, good).state == "done"

    def test_an_unknown_task_is_tried_again_by_whoever_may_know_it(self, house, own) -> None:
        job_id = ask(house, own.scope, task="core.later_version")
        runner_of(house, lambda run: None).run_due()
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.error) == ("queued", "unknown task")

    def test_a_parked_job_can_be_replayed(self, house, own) -> None:
        broken = [True]

        def work(run: JobRun) -> None:
            if broken:
                raise RuntimeError

        job_id = ask(house, own.scope, max_attempts=1)
        runner = runner_of(house, work)
        runner.run_due()
        assert state_of(house, own.scope, job_id).state == "parked"
        broken.clear()
        with house.database.unit_of_work(own.scope) as session:
            replay(session, SYSTEM, job_id)
        assert runner.run_due() == 1
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.attempts, state.error) == ("done", 1, "")


class TestGate:
    def test_is_asked_when_the_job_runs(self, house, own) -> None:
        asked = []

        def gate(session, owner, community_id) -> bool:
            asked.append((owner, community_id, session.scope))
            return False

        job_id = ask(house, own.scope)
        runner_of(house, lambda run: pytest.fail("it ran"), gate=gate).run_due()
        assert asked == [("core", own.id, own.scope)]
        assert state_of(house, own.scope, job_id).state == "cancelled"

    def test_a_plugin_that_is_off_does_no_work(self, house, own) -> None:
        job_id = ask(house, own.scope, task="absent.do_work", owner="absent")
        tasks = Tasks({"absent.do_work": Task("absent.do_work", lambda run: pytest.fail("it ran"))})
        JobRunner(house, tasks).run_due()
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.error) == ("cancelled", "plugin is off")


class TestCrash:
    def test_a_killed_process_loses_its_step_and_another_goes_on(self, house, own) -> None:
        job_id = ask(house, own.scope, task="core.add_compounds")
        died = subprocess.run(
            [sys.executable, str(Path(__file__).parent / "dying_worker.py"), house.addresses.superuser],
            check=False,
            timeout=60,
        )
        assert died.returncode == -9
        assert state_of(house, own.scope, job_id).state == "running"
        assert compounds_of(house, own) == {"一号院", "第一步"}

        def go_on(run: JobRun) -> None:
            assert (run.attempt, run.done) == (2, 1)
            with run.unit_of_work() as session:
                session.add(Compound(community_id=own.id, name="第二步"))

        runner = JobRunner(house, Tasks({"core.add_compounds": Task("core.add_compounds", go_on)}))
        until(lambda: runner.run_due() == 1)
        assert state_of(house, own.scope, job_id).state == "done"
        assert compounds_of(house, own) == {"一号院", "第一步", "第二步"}

    def test_what_kills_every_process_is_parked_after_its_last_try(self, house, own) -> None:
        job_id = ask(house, own.scope, max_attempts=2)
        with house.database.unit_of_work(own.scope) as session:
            session.execute(update(Job).values(state="running", attempts=2))
        end_lease(house, own.scope)
        assert runner_of(house, lambda run: pytest.fail("it ran")).run_due() == 0
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.error) == ("parked", "the process died")

    def test_a_process_that_was_only_slow_can_write_nothing_more(self, house, own) -> None:
        outcome = []

        def slow(run: JobRun) -> None:
            end_lease(house, own.scope)
            runner_of(house, lambda second: outcome.append(second.attempt)).run_due()
            with run.unit_of_work() as session:
                session.add(Compound(community_id=own.id, name="迟到"))
            pytest.fail("the step was kept")

        job_id = ask(house, own.scope)
        runner_of(house, slow).run_due()
        assert outcome == [2]
        assert compounds_of(house, own) == {"一号院"}
        assert (state_of(house, own.scope, job_id).state, state_of(house, own.scope, job_id).attempts) == ("done", 2)


class TestCancel:
    def test_stops_a_running_job_at_its_next_step(self, house, own) -> None:
        noticed = []

        def work(run: JobRun) -> None:
            noticed.append(run.cancelled())
            with house.database.unit_of_work(own.scope) as session:
                cancel(session, SYSTEM, run.id)
            noticed.append(run.cancelled())
            with run.unit_of_work() as session:
                session.add(Compound(community_id=own.id, name="取消之后"))
            pytest.fail("the step was kept")

        job_id = ask(house, own.scope)
        runner_of(house, work).run_due()
        assert noticed == [False, True]
        assert state_of(house, own.scope, job_id).state == "cancelled"
        assert compounds_of(house, own) == {"一号院"}


class TestThread:
    @pytest.fixture
    def threads(self) -> Iterator[SimpleNamespace]:
        started: list[JobRunner] = []

        def start(runner: JobRunner) -> JobRunner:
            runner.start()
            started.append(runner)
            return runner

        yield SimpleNamespace(start=start)
        for each in started:
            each.stop()

    def test_a_commit_wakes_it_at_once(self, house, own, threads) -> None:
        done = threading.Event()
        runner = threads.start(runner_of(house, lambda run: done.set(), poll=60))
        time.sleep(0.3)
        ask(house, own.scope)
        assert done.wait(3)
        assert runner.stop()

    def test_two_runners_do_each_job_once(self, house, world, threads) -> None:
        done, lock = Counter(), threading.Lock()

        def work(run: JobRun) -> None:
            with run.unit_of_work() as session:
                session.execute(text("SELECT pg_sleep(0.005)"))
            with lock:
                done[run.id] += 1

        jobs = {ask(house, street.scope) for street in world.streets for _ in range(15)}
        for _ in range(2):
            threads.start(runner_of(house, work))
        until(lambda: len(done) == 30, 20)
        time.sleep(0.2)
        assert done == Counter(jobs)

    def test_stops_within_two_seconds_and_the_job_goes_on_later(self, house, own, threads) -> None:
        begun = threading.Event()

        def endless(run: JobRun) -> None:
            while True:
                run.progress(run.done + 1)
                begun.set()
                time.sleep(0.01)

        job_id = ask(house, own.scope)
        runner = threads.start(runner_of(house, endless))
        assert begun.wait(5)
        before = time.monotonic()
        assert runner.stop()
        assert time.monotonic() - before < 2
        state = state_of(house, own.scope, job_id)
        assert (state.state, state.attempts) == ("queued", 0)
        assert runner_of(house, lambda run: None).run_due() == 1
        assert state_of(house, own.scope, job_id).done == state.done

    def test_a_database_that_went_away_is_found_again(self, house, own, threads) -> None:
        done = threading.Event()
        threads.start(runner_of(house, lambda run: done.set()))
        time.sleep(0.2)
        with psycopg.connect(house.addresses.superuser, autocommit=True) as server:
            ended = server.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE usename = 'linli_app' AND datname = current_database()"
            ).fetchone()
        assert ended is not None
        assert ended[0] > 0
        ask(house, own.scope)
        assert done.wait(5)
