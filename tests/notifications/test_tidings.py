"""What the core itself tells people, and whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from tests.approvals.conftest import holder, paint_act

from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.access.service import end_grant, grant_role
from linli.approvals import ask_approval
from linli.approvals.service import approve, expire_approvals, reject, withdraw
from linli.house import House
from linli.identity.accounts import phone_changed, store_password
from linli.kit.actor import SYSTEM
from linli.kit.clock import frozen, now, today
from linli.kit.errors import Conflict
from linli.notifications.models import Delivery, Notification
from linli.notifications.service import DELIVER
from linli.plugins.registry import Plugins
from linli.tasks import enqueue
from linli.tasks.models import Job
from linli.tasks.registry import Task, Tasks
from linli.tasks.runner import JobRunner

__all__ = ["paint_act"]


def messages(house: House, scope) -> list[Notification]:
    with house.database.unit_of_work(scope) as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


class TestRoles:
    def grant(self, house: House, scope, here, account_id):
        with house.database.unit_of_work(scope, SYSTEM) as session:
            place = GrantPlace(here.id, here.compound, None)
            return grant_role(session, SYSTEM, account_id, role="volunteer_captain", place=place, reason="推选").id

    def test_who_gets_a_role_and_loses_it_is_told_each_time_once(self, house, here) -> None:
        granted = self.grant(house, here.scope, here, here.resident_account)
        with house.database.unit_of_work(here.scope, SYSTEM) as session:
            end_grant(session, SYSTEM, granted, reason="辞去")
        rows = messages(house, here.scope)
        assert [row.kind for row in rows] == ["core.role_granted", "core.role_ended"]
        assert {row.account_id for row in rows} == {here.resident_account}
        assert rows[0].context["role"] == {"term": "志愿者队长"}
        assert "一号院" in rows[0].context["place"]

    def test_a_role_that_was_refused_tells_nobody(self, house, here) -> None:
        self.grant(house, here.scope, here, here.resident_account)
        with pytest.raises(Exception, match="已经是"):
            self.grant(house, here.scope, here, here.resident_account)
        assert len(messages(house, here.scope)) == 1


class TestApprovals:
    """Who may approve hears that somebody waits for them, and who asked hears what became of it."""

    @pytest.fixture
    def two(self, house, world):
        with house.database.unit_of_work(world.here.scope, SYSTEM) as session:
            session.add(
                RoleGrant(
                    account_id=world.here.auditor,
                    account_name="街道审计员",
                    role="street_administrator",
                    starts_on=today(),
                    reason="测试",
                )
            )
        return [holder(each, "street_administrator") for each in (world.here.administrator, world.here.auditor)]

    def ask(self, house, world, actor, colour: str = "白", community_id=None):
        with house.database.unit_of_work(world.here.scope, actor) as session:
            payload = {"wall": "东墙", "colour": colour}
            options = {"reason": "张三家漏水", "subject": ("wall", "东墙"), "community_id": community_id}
            return ask_approval(session, actor, "core.paint_wall", payload, **options)

    def told(self, house, world) -> list[tuple]:
        return [(row.kind.removeprefix("core.approval_"), row.account_id) for row in messages(house, world.here.scope)]

    def test_asking_tells_the_others_once_and_the_decision_tells_who_asked(self, house, world, two) -> None:
        first, second = two
        asked = [self.ask(house, world, first) for _click in range(2)]
        assert self.told(house, world) == [("asked", second.account_id)]
        [message] = messages(house, world.here.scope)
        assert message.link == f"/s/{world.here.code}/console/approvals/{asked[0]}"
        assert "张三" not in str(message.context)
        assert message.context["act"] == {"term": "刷墙"}
        with house.database.unit_of_work(world.here.scope, second) as session:
            approve(session, second, asked[0])
        assert self.told(house, world)[1:] == [("decided", first.account_id)]
        assert messages(house, world.here.scope)[1].context["result"] == {"term": "已批准"}

    def test_a_rejection_and_a_time_that_ran_out_are_told_and_a_withdrawal_is_not(self, house, world, two) -> None:
        first, second = two
        rejected, expired, withdrawn = (self.ask(house, world, first, colour) for colour in ("白", "红", "黑"))
        with house.database.unit_of_work(world.here.scope, second) as session:
            reject(session, second, rejected, reason="不同意")
        with house.database.unit_of_work(world.here.scope, first) as session:
            withdraw(session, first, withdrawn)
        with frozen(now() + timedelta(days=400)), house.database.unit_of_work(world.here.scope) as session:
            assert expire_approvals(session) == 1
        results = {
            row.subject_id: row.context["result"]["term"]
            for row in messages(house, world.here.scope)
            if row.kind == "core.approval_decided"
        }
        assert results == {rejected: "已驳回", expired: "已过期"}

    def test_a_communitys_request_leads_into_its_portal(self, house, world, here, two) -> None:
        self.ask(house, world, two[0], community_id=here.id)
        rows = messages(house, here.scope)
        assert {row.link.partition("/approvals/")[0] for row in rows} == {f"/s/{world.here.code}/c/{here.code}/admin"}
        assert two[0].account_id not in {row.account_id for row in rows}
        assert messages(house, world.here.communities[1].scope) == []

    def test_a_refused_request_tells_nobody(self, house, world) -> None:
        alone = holder(world.here.administrator, "street_administrator")
        with pytest.raises(Conflict):
            self.ask(house, world, alone)
        assert messages(house, world.here.scope) == []


class TestAccounts:
    def test_a_changed_password_is_told_where_its_owner_lives_and_is_urgent(self, house, world, here) -> None:
        store_password(house, here.resident_account, "correct horse 97 battery", keep=None)
        (row,) = messages(house, here.scope)
        assert (row.kind, row.account_id, row.resident_id) == (
            "core.password_changed",
            here.resident_account,
            here.residents[0],
        )
        with house.database.unit_of_work(here.scope) as session:
            assert "sms" in set(session.scalars(select(Delivery.channel)))
        assert messages(house, world.there.scope) == []

    def test_staff_find_it_where_they_hold_their_role(self, house, world, here) -> None:
        store_password(house, here.administrator, "correct horse 97 battery", keep=None)
        store_password(house, world.here.administrator, "correct horse 97 battery", keep=None)
        rows = {row.account_id: row.community_id for row in messages(house, world.here.scope)}
        assert rows == {here.administrator: here.id, world.here.administrator: None}

    def test_a_changed_phone_shows_its_mask_alone(self, house, here) -> None:
        phone_changed.tell(house, here.resident_account, "138****0001")
        (row,) = messages(house, here.scope)
        assert row.context["phone"] == "138****0001"


class TestJobs:
    def park(self, house: House, scope, task: str) -> None:
        def break_down(run) -> None:
            raise RuntimeError("broken")

        with house.database.unit_of_work(scope) as session:
            enqueue(session, task, max_attempts=1)
        known = Tasks({**Tasks.of(Plugins.load()).by_name, task: Task(task, break_down, "导入名册")})
        JobRunner(house, known, pause=0.01).run_due()

    def test_administrators_of_the_place_and_its_street_are_told(self, house, world, here) -> None:
        self.park(house, here.scope, "core.break_down")
        rows = messages(house, here.scope)
        assert {row.account_id for row in rows} == {here.administrator, world.here.administrator}
        assert {(row.kind, row.context["task"]["term"]) for row in rows} == {("core.job_parked", "导入名册")}
        assert messages(house, world.here.communities[1].scope) == []

    def test_a_job_whose_process_died_five_times_is_told_too(self, house, here) -> None:
        with house.database.unit_of_work(here.scope) as session:
            job = enqueue(session, "core.check_roster", max_attempts=1)
            session.execute(
                update(Job).where(Job.id == job).values(state="running", attempts=1, leased_until=Job.created_at)
            )
        JobRunner(house, Tasks.of(Plugins.load()), pause=0.01).run_due()
        assert {row.kind for row in messages(house, here.scope)} == {"core.job_parked"}

    def test_nobody_is_told_over_and_over_that_telling_is_broken(self, house, here) -> None:
        self.park(house, here.scope, DELIVER)
        assert messages(house, here.scope) == []
        with house.database.unit_of_work(here.scope) as session:
            assert session.scalars(select(Job.state).where(Job.task == DELIVER)).all() == ["parked"]

    def test_a_listener_that_breaks_does_not_keep_a_job_from_being_parked(self, house, here, monkeypatch) -> None:
        def fail(*_args) -> None:
            raise RuntimeError("nobody there")

        monkeypatch.setattr("linli.notifications.tidings.holders_of", fail)
        self.park(house, here.scope, "core.break_down")
        with house.database.unit_of_work(here.scope) as session:
            assert session.scalars(select(Job.state).where(Job.task == "core.break_down")).all() == ["parked"]
