"""Anchors by the hour and verification by night: done by the job runner, told to whoever looks after the record."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import func, select, text, update

from linli.audit import record
from linli.audit.anchors import newest_anchor
from linli.audit.models import AuditAnchor, AuditEntry
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.notifications.models import Notification
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.turns import plan_turns
from linli.upkeep.auditing import ANCHOR, VERIFY, begin_verification, latest_verifications


@pytest.fixture
def acts(house, world):
    """``acts(3)`` more rows in the chain of this street."""

    def run(count: int) -> None:
        for n in range(count):
            with house.database.unit_of_work(world.here.scope) as session:
                record(session, "core.test.act", ("thing", n))

    run(3)
    return run


@pytest.fixture
def turn(house: House, world):
    """Have a task's turn come now; the result that its job kept."""

    def run(name: str):
        tasks = Tasks({name: Tasks().by_name[name]})
        plan_turns(house.database, tasks, [world.here.id])
        with house.database.unit_of_work(world.here.scope) as session:
            due = {"run_after": func.now(), "turn": func.now()}
            session.execute(update(Job).values(**due).where(Job.task == name, Job.state == "queued"))
            session.execute(text("SELECT core.ring_doorbell(now())"))
        JobRunner(house, tasks).run_due()
        with house.database.unit_of_work(world.here.scope) as session:
            last = select(Job).where(Job.task == name, Job.state != "queued").order_by(Job.id.desc()).limit(1)
            job = session.scalars(last).one()
        assert job.state == "done", job.error
        return job.result

    return run


@pytest.fixture
def spoil(house):
    def run(statement: str) -> None:
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            connection.execute("ALTER TABLE core.audit_entry DISABLE TRIGGER USER")
            connection.execute(statement)

    return run


class TestAnchors:
    def test_each_turn_signs_what_was_added_and_writes_it_out(self, house, world, acts, turn, tmp_path) -> None:
        house.database.info["anchor_dir"] = tmp_path
        assert turn(ANCHOR) == {
            "rows": 3, "fault": "", "broken_at": None, "anchored": 0, "anchors": 0, "n": 3, "written": 1,
        }  # fmt: skip
        acts(2)
        result = turn(ANCHOR)
        assert (result["rows"], result["n"], result["written"]) == (2, 5, 1)
        assert turn(ANCHOR)["n"] is None
        assert len(list((tmp_path / world.here.code).iterdir())) == 2
        with house.database.unit_of_work(world.here.scope) as session:
            assert newest_anchor(session).n == 5

    def test_what_was_missed_is_written_later(self, house, world, acts, turn, tmp_path) -> None:
        assert turn(ANCHOR)["written"] == 0
        acts(1)
        house.database.info["anchor_dir"] = tmp_path
        assert turn(ANCHOR)["written"] == 2

    def test_a_spoilt_chain_is_told_and_not_signed(self, house, world, acts, turn, spoil) -> None:
        turn(ANCHOR)
        acts(2)
        spoil("UPDATE core.audit_entry SET reason = 'x' WHERE n = 4")
        for _again in range(2):
            assert (turn(ANCHOR)["fault"], turn(ANCHOR)["broken_at"]) == ("altered", 4)
        with house.database.unit_of_work(world.here.scope) as session:
            assert session.scalar(select(func.count()).select_from(AuditAnchor)) == 1
            told = session.scalars(select(Notification).where(Notification.kind == "core.audit_broken")).all()
        assert [each.account_id for each in told] == [world.here.administrator], "once, however often it is found"
        assert told[0].context["n"] == 4


class TestVerification:
    def test_a_second_click_starts_nothing(self, house, world, acts) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            first = begin_verification(session, SYSTEM)
        with house.database.unit_of_work(world.here.scope) as session:
            assert begin_verification(session, SYSTEM) == first
            going_on, done = latest_verifications(session)
            assert (going_on.id, done) == (first, None)
        with house.database.unit_of_work(world.here.scope) as session:
            asked = select(AuditEntry).where(AuditEntry.action == "core.audit.verify")
            assert len(session.scalars(asked).all()) == 1

    def test_its_finding_is_kept(self, house, world, acts, turn) -> None:
        turn(ANCHOR)
        acts(1)
        result = turn(VERIFY)
        assert (result["rows"], result["fault"], result["anchored"], result["anchors"]) == (4, "", 3, 1)
        with house.database.unit_of_work(world.here.scope) as session:
            going_on, done = latest_verifications(session)
        assert going_on is None, "the next night's turn is not somebody's wish"
        assert done.result == result
        with house.database.unit_of_work(world.there.scope) as session:
            assert latest_verifications(session) == (None, None)

    def test_copies_outside_count(self, house, world, acts, turn, spoil, tmp_path) -> None:
        house.database.info["anchor_dir"] = tmp_path
        turn(ANCHOR)
        assert turn(VERIFY)["copies"] == 1
        spoil("ALTER TABLE core.audit_anchor DISABLE TRIGGER USER")
        spoil("DELETE FROM core.audit_anchor")
        spoil("DELETE FROM core.audit_entry WHERE n = 3")
        spoil(
            "UPDATE core.audit_head h SET n = 2, hash = e.hash FROM core.audit_entry e "
            "WHERE e.tenant_id = h.tenant_id AND e.n = 2"
        )
        assert turn(VERIFY)["fault"] == "cut"
