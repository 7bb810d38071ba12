"""Asking for work: with the transaction, once per key, inside the walls."""

from __future__ import annotations

import threading
from contextlib import suppress
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM, Actor
from linli.kit.errors import Conflict, NotFound
from linli.tasks import cancel, enqueue, job_state, list_jobs, replay
from linli.tasks.models import Job


def waiting_streets(house) -> set:
    with house.database.open_transaction() as connection:
        return set(connection.execute(text("SELECT core.tenants_with_work(9)")).scalars())


class TestEnqueue:
    def test_a_job_waits_with_its_asker_and_its_community(self, house, world) -> None:
        own = world.here.communities[0]
        who = Actor(account_id=own.administrator, display_name="社区管理员")
        with house.database.unit_of_work(own.scope, who) as session:
            job_id = enqueue(session, "core.check_roster", {"import": "x"}, total=7)
            state = job_state(session, job_id)
        assert (state.state, state.done, state.total, state.attempts) == ("queued", 0, 7, 0)
        assert (state.community_id, state.created_by, state.created_by_name) == (
            own.id,
            own.administrator,
            "社区管理员",
        )
        assert waiting_streets(house) == {world.here.id}

    def test_a_rolled_back_transaction_leaves_no_job_and_rings_no_bell(self, house, world) -> None:
        rings = []
        house.database.info["job_bell"] = rings.append
        with suppress(ZeroDivisionError), house.database.unit_of_work(world.here.scope) as session:
            enqueue(session, "core.check_roster")
            raise ZeroDivisionError
        assert rings == []
        assert waiting_streets(house) == set()
        with house.database.unit_of_work(world.here.scope) as session:
            enqueue(session, "core.check_roster")
            assert rings == []
        assert [(each.tenant_id, each.queue) for each in rings] == [(world.here.id, "default")]

    def test_a_task_carries_its_owners_name(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(ValueError, match="not a task of notices"):
            enqueue(session, "core.check_roster", owner="notices")

    def test_a_second_click_starts_nothing(self, open_session, world) -> None:
        own, sibling = world.here.communities
        with open_session(own.scope) as session:
            first = enqueue(session, "core.check_roster", dedup_key="import/1")
            assert enqueue(session, "core.check_roster", dedup_key="import/1") == first
            assert enqueue(session, "core.check_roster", dedup_key="import/2") != first
            assert enqueue(session, "core.check_roster") != enqueue(session, "core.check_roster")
        with open_session(sibling.scope) as session:
            assert enqueue(session, "core.check_roster", dedup_key="import/1") != first
        with open_session(world.here.scope) as session:
            street = enqueue(session, "core.check_roster", dedup_key="import/1")
            assert street != first
            assert enqueue(session, "core.check_roster", dedup_key="import/1") == street

    def test_clicks_at_the_same_moment_start_one_job(self, house, world) -> None:
        own, jobs = world.here.communities[0], []
        ready = threading.Barrier(4)

        def click() -> None:
            ready.wait()
            with house.database.unit_of_work(own.scope) as session:
                jobs.append(enqueue(session, "core.check_roster", dedup_key="import/1"))

        clicks = [threading.Thread(target=click) for _ in range(4)]
        for each in clicks:
            each.start()
        for each in clicks:
            each.join()
        assert len(jobs) == 4
        assert len(set(jobs)) == 1

    def test_a_key_is_free_again_once_its_job_has_ended(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            first = enqueue(session, "core.check_roster", dedup_key="nightly")
            cancel(session, SYSTEM, first)
            assert enqueue(session, "core.check_roster", dedup_key="nightly") != first


class TestWalls:
    def test_jobs_of_others_are_not_found(self, open_session, world) -> None:
        own, sibling = world.here.communities
        with open_session(own.scope) as session:
            job_id = enqueue(session, "core.check_roster")
            assert [job.id for job in list_jobs(session)] == [job_id]
        for scope in (sibling.scope, world.there.scope, world.there.communities[0].scope):
            with open_session(scope) as session:
                assert list_jobs(session) == []
                for each in (job_id, uuid4()):
                    with pytest.raises(NotFound):
                        job_state(session, each)
                    with pytest.raises(NotFound):
                        cancel(session, SYSTEM, each)
                    with pytest.raises(NotFound):
                        replay(session, SYSTEM, each)
        with open_session(world.here.scope) as session:
            assert job_state(session, job_id).state == "queued"


class TestListJobs:
    def test_pages_of_fifty_newest_first(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            jobs = {enqueue(session, "core.check_roster") for _ in range(53)}
            first = list_jobs(session, states=["queued"])
            rest = list_jobs(session, after=(first[-1].created_at, first[-1].id))
            assert (len(first), len(rest)) == (50, 3)
            assert {job.id for job in first + rest} == jobs
            assert list_jobs(session, states=["parked"]) == []


class TestCancelAndReplay:
    def test_both_are_recorded(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            job_id = enqueue(session, "core.check_roster")
            cancel(session, SYSTEM, job_id)
            assert job_state(session, job_id).is_over
            replay(session, SYSTEM, job_id)
            assert job_state(session, job_id).state == "queued"
        with open_session(world.here.scope) as session:
            recorded = select(AuditEntry.action).where(AuditEntry.subject_id == str(job_id)).order_by(AuditEntry.n)
            assert session.scalars(recorded).all() == ["core.job.cancel", "core.job.replay"]

    def test_what_has_ended_cannot_be_cancelled_nor_what_waits_be_replayed(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            job_id = enqueue(session, "core.check_roster")
            with pytest.raises(Conflict):
                replay(session, SYSTEM, job_id)
            cancel(session, SYSTEM, job_id)
            with pytest.raises(Conflict):
                cancel(session, SYSTEM, job_id)

    def test_percent_is_full_only_at_the_end(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            job_id = enqueue(session, "core.check_roster", total=3)
            seen = []
            for done, state in ((0, "running"), (2, "running"), (3, "running"), (3, "done")):
                job = session.scalars(select(Job).where(Job.id == job_id)).one()
                job.done, job.state = done, state
                session.flush()
                seen.append(job_state(session, job_id).percent)
            assert seen == [0, 66, 99, 100]
            assert session.scalar(select(func.count()).select_from(Job)) == 1
