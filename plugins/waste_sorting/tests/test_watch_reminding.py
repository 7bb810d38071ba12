"""Reminding those on a shift: them alone, once in the rule's hours, one shift or several at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from linli.sdk import SHANGHAI, SYSTEM, Conflict, Forbidden, NotFound, new_id
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli_waste_sorting.watch import duties, planning, reminding
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.permissions import WATCH_PERMISSIONS
from linli_waste_sorting.watch.rule_keys import REMIND_EVERY
from linli_waste_sorting.watch.schemas import PersonAdd, ShiftPlan

#: A Friday.
TODAY = date(2026, 11, 27)
TOMORROW = TODAY + timedelta(days=1)
NOON = datetime.combine(TODAY, time(12), SHANGHAI)
_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)

pytestmark = [pytest.mark.today("2026-11-27"), pytest.mark.usefixtures("clock")]


@pytest.fixture
def shift(make_station):
    """One shift of a community tomorrow from seven to nine, for three people."""

    def make(session, community, hours: str = "7:00-9:00") -> Shift:
        station = make_station(session, community, name=f"站{new_id().hex[-6:]}")
        wanted = ShiftPlan(stations=[station.id], first=TOMORROW, last=TOMORROW, hours=hours, wanted=3)
        done = planning.plan_shifts(session, SYSTEM, community.id, wanted)
        return session.scalars(select(Shift).where(Shift.plan_id == done.plan_id)).one()

    return make


def sign_up(session, community, row: Shift, account_id: UUID | None, **more) -> Duty:
    """A place in a shift for an account, or for somebody without one."""
    duty = Duty(
        id=new_id(), community_id=community.id, shift_id=row.id, account_id=account_id, person_name="示范居民", **more
    )
    session.add(duty)
    session.flush()
    return duty


def told(session, account_id: UUID) -> int:
    """How many reminders somebody got."""
    counted = text("SELECT count(*) FROM core.notification WHERE account_id = :a AND kind = :kind")
    return session.scalar(counted, {"a": account_id, "kind": "waste_sorting.shift_reminded"})


class TestWho:
    def test_those_on_the_shift_are_told_and_nobody_else(self, open_session, own, shift) -> None:
        with open_session(own.scope) as session:
            row, other = shift(session, own), shift(session, own)
            sign_up(session, own, row, own.resident_account)
            sign_up(session, own, row, None)
            sign_up(session, own, row, own.steward, ended="left", ended_at=NOON)
            sign_up(session, own, other, own.administrator)
            with frozen(NOON):
                done = reminding.remind_people(session, SYSTEM, own.id, row.id)
            assert (done.told, done.unreached) == (1, 1)
            assert told(session, own.resident_account) == 1
            assert [told(session, each) for each in (own.steward, own.administrator)] == [0, 0]
            assert row.reminded_at == NOON
            assert other.reminded_at is None

    def test_whoever_came_already_is_left_in_peace(self, open_session, own, shift) -> None:
        with open_session(own.scope) as session:
            row = shift(session, own)
            came = row.begins_at
            sign_up(session, own, row, own.resident_account, came_at=came, came_by="code")
            with frozen(came + timedelta(minutes=5)), pytest.raises(Conflict, match="都已签到"):
                reminding.remind_people(session, SYSTEM, own.id, row.id)
            sign_up(session, own, row, own.steward)
            with frozen(came + timedelta(minutes=5)):
                assert reminding.remind_people(session, SYSTEM, own.id, row.id).told == 1
            assert told(session, own.resident_account) == 0

    def test_nobody_to_tell_is_said_and_nothing_is_kept(self, open_session, own, shift) -> None:
        with open_session(own.scope) as session, frozen(NOON):
            row = shift(session, own)
            with pytest.raises(Conflict, match="还没有人报名"):
                reminding.remind_people(session, SYSTEM, own.id, row.id)
            duties.add_person(session, SYSTEM, own.id, row.id, PersonAdd(person_name="张三"))
            with pytest.raises(Conflict, match="1 人没有账号"):
                reminding.remind_people(session, SYSTEM, own.id, row.id)
            assert row.reminded_at is None

    def test_of_what_is_over_or_cancelled_nobody_is_told(self, open_session, own, shift) -> None:
        with open_session(own.scope) as session:
            over, gone = shift(session, own), shift(session, own)
            for row in (over, gone):
                sign_up(session, own, row, own.resident_account)
            with frozen(over.ends_at - _SECOND):
                assert reminding.remind_people(session, SYSTEM, own.id, over.id).told == 1
            over.reminded_at = None
            with frozen(over.ends_at), pytest.raises(Conflict, match="已经结束"):
                reminding.remind_people(session, SYSTEM, own.id, over.id)
            with frozen(NOON):
                planning.cancel_shift(session, SYSTEM, own.id, gone.id, "停运")
                with pytest.raises(Conflict, match="已取消"):
                    reminding.remind_people(session, SYSTEM, own.id, gone.id)

    @pytest.mark.actor("community_administrator")
    def test_only_whoever_plans_there_reminds(self, open_session, world, own, shift, actor) -> None:
        roles = {each.name for each in WATCH_PERMISSIONS if "auditor" in each.roles}
        reader = replace(actor, permissions={actor.grants[0].role: frozenset(roles)})
        other = world.here.communities[1]
        with open_session(world.here.scope) as session, frozen(NOON):
            row, theirs = shift(session, own), shift(session, other)
            sign_up(session, own, row, own.resident_account)
            with pytest.raises(Forbidden):
                reminding.remind_people(session, reader, own.id, row.id)
            with pytest.raises(NotFound):
                reminding.remind_people(session, actor, own.id, theirs.id)
            with pytest.raises(Forbidden):
                reminding.remind_people(session, actor, other.id, theirs.id)
            assert reminding.remind_people(session, actor, own.id, row.id).told == 1


class TestHowOften:
    def test_just_below_at_and_above_the_rule_s_hours(self, open_session, own, shift) -> None:
        with open_session(own.scope) as session:
            row = shift(session, own, "18:00-20:00")
            sign_up(session, own, row, own.resident_account)
            with frozen(NOON):
                reminding.remind_people(session, SYSTEM, own.id, row.id)
            with frozen(NOON + 12 * _HOUR - _SECOND), pytest.raises(Conflict, match="2026-11-28 00:00以后"):
                reminding.remind_people(session, SYSTEM, own.id, row.id)
            assert told(session, own.resident_account) == 1
            with frozen(NOON + 12 * _HOUR):
                assert reminding.remind_people(session, SYSTEM, own.id, row.id).told == 1
            assert told(session, own.resident_account) == 2

    def test_the_street_says_how_many_hours(self, open_session, world, own, shift) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, REMIND_EVERY, "2 hours")
            row = shift(session, own)
            sign_up(session, own, row, own.resident_account)
            with frozen(NOON):
                reminding.remind_people(session, SYSTEM, own.id, row.id)
            with frozen(NOON + 2 * _HOUR):
                assert reminding.remind_people(session, SYSTEM, own.id, row.id).told == 1

    def test_two_who_ask_at_once_tell_people_once(self, house, own, shift) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            row = shift(session, own)
            row.day = date(2099, 1, 1)
            sign_up(session, own, row, own.resident_account)
            shift_id = row.id
        results: list[str] = []

        def ask() -> None:
            try:
                with house.database.unit_of_work(own.scope, SYSTEM) as session:
                    reminding.remind_people(session, SYSTEM, own.id, shift_id)
                results.append("done")
            except Conflict:
                results.append("refused")

        both = [threading.Thread(target=ask) for _each in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()
        assert sorted(results) == ["done", "refused"]
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert told(session, own.resident_account) == 1
            assert session.scalar(select(func.count()).select_from(Duty)) == 1
