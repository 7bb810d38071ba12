"""Points that staff give: on the spot and by hand; what looks odd about them, and how it is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from linli.sdk import SHANGHAI, Conflict, Forbidden, Invalid, NotFound, Span, now, today
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli_waste_sorting.points import auditing, codes, earning, giving, obligations
from linli_waste_sorting.points.models import Entry, Flag

TOPIC = "waste_sorting_points"
NOON = datetime.combine(today(), datetime.min.time(), SHANGHAI) + timedelta(hours=12)


@pytest.fixture(autouse=True)
def _noon():
    with frozen(NOON):
        yield


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


def reasons(session) -> list[str]:
    return list(session.scalars(select(Flag.reason).order_by(Flag.id)))


class TestAwards:
    def test_of_the_household_whose_code_was_read(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            given = giving.award(session, giver(own), own.id, codes.phone_code(purse(session, own)).code)
            assert (given.claim.given, given.claim.acted_by_name, given.flags) == (2, "经手人1", ())
            assert purse(session, own).balance == 2
            assert purse(session, own, 1).balance == 0

    def test_sent_again_it_gives_nothing_more(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            once, clerk = uuid4(), giver(own)
            code, other = codes.phone_code(purse(session, own)).code, codes.phone_code(purse(session, own, 1)).code
            ids = {giving.award(session, clerk, own.id, code, once).claim.id for _each in range(2)}
            assert len(ids) == 1
            assert purse(session, own).balance == 2
            with pytest.raises(Conflict):
                giving.award(session, clerk, own.id, other, once)

    def test_beyond_the_cap_it_is_noted_and_not_given(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            code = codes.phone_code(purse(session, own)).code
            seen = [giving.award(session, giver(own, n=n), own.id, code).claim for n in (1, 2, 3)]
            assert [(each.given, each.why) for each in seen] == [(2, ""), (2, ""), (0, "rule_cap")]

    @pytest.mark.parametrize(
        ("role", "is_allowed"),
        [
            ("community_administrator", True),
            ("property_staff", True),
            ("building_steward", True),
            ("committee_chair", True),
            ("resident", False),
            ("auditor", False),
        ],
    )
    def test_who_may(self, open_session, own, purse, giver, role, is_allowed) -> None:
        with open_session(own.scope) as session:
            code = codes.phone_code(purse(session, own)).code
            if is_allowed:
                assert giving.award(session, giver(own, role), own.id, code).claim.given == 2
                return
            with pytest.raises(Forbidden):
                giving.award(session, giver(own, role), own.id, code)

    def test_not_where_they_do_not_work(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            code = codes.phone_code(purse(session, own)).code
            for place in ({"compound_id": uuid4()}, {"compound_id": own.compound, "building_id": uuid4()}):
                with pytest.raises(Forbidden):
                    giving.award(session, giver(own, "building_steward", **place), own.id, code)

    def test_where_the_rule_gives_nothing(self, open_session, world, own, purse, giver) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, f"{TOPIC}.bag", 0)
        with open_session(own.scope) as session, pytest.raises(Conflict):
            giving.award(session, giver(own), own.id, codes.phone_code(purse(session, own)).code)


class TestSuspicions:
    @pytest.fixture(autouse=True)
    def _small(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            for key, value in (("often_most", 2), ("burst_most", 3), ("household_cap", 100), ("bag_cap", 100)):
                settle_rule(session, f"{TOPIC}.{key}", value)

    def award(self, session, own, clerk, purse, *, ago: timedelta = timedelta()) -> tuple[str, ...]:
        with frozen(NOON - ago):
            return giving.award(session, clerk, own.id, codes.phone_code(purse).code).flags

    def test_the_same_person_to_the_same_household_too_often(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            days = [timedelta(days=n) for n in (8, 6, 5, 0)]
            seen = [self.award(session, own, giver(own), mine, ago=each) for each in days]
            assert seen == [(), (), (), ("often",)], "eight days ago counts no more"
            assert self.award(session, own, giver(own, n=2), mine) == (), "somebody else"

    def test_many_in_a_few_minutes(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            some = [purse(session, own, n) for n in (0, 1, 2)]
            for n, minutes in enumerate((12, 9, 5)):
                assert self.award(session, own, giver(own), some[n], ago=timedelta(minutes=minutes)) == ()
            assert self.award(session, own, giver(own), some[0], ago=timedelta(minutes=1)) == ()
            assert self.award(session, own, giver(own), some[1]) == ("burst",)

    @pytest.mark.parametrize(("hour", "flags"), [(5, ("window",)), (6, ()), (22, ()), (23, ("window",))])
    def test_outside_the_hours(self, open_session, own, purse, giver, hour, flags) -> None:
        with open_session(own.scope) as session:
            ago = timedelta(hours=12 - hour)
            assert self.award(session, own, giver(own), purse(session, own), ago=ago) == flags
            assert purse(session, own).balance == 2, "they are given, and looked at"

    def test_nothing_is_flagged_where_nothing_was_given(self, open_session, world, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            earning.earn(
                session,
                mine,
                earning.Ground(source="bag", source_id=uuid4(), day=today(), at=now()),
                100,
            )
            assert self.award(session, own, giver(own), mine, ago=timedelta(hours=7)) == ()
            assert reasons(session) == []


class TestLooking:
    @pytest.fixture
    def flag(self, open_session, own, purse, giver) -> Flag:
        with open_session(own.scope) as session, frozen(NOON - timedelta(hours=9)):
            given = giving.award(session, giver(own), own.id, codes.phone_code(purse(session, own)).code)
            assert given.flags == ("window",)
            return session.scalars(select(Flag)).one()

    def told(self, session, account) -> list[str]:
        rows = session.execute(
            text("SELECT kind FROM core.notification WHERE account_id = :a ORDER BY id"), {"a": account}
        )
        return [each.kind for each in rows]

    def test_staff_are_told(self, open_session, own, flag) -> None:
        with open_session(own.scope) as session:
            assert self.told(session, own.administrator) == ["waste_sorting.points_flagged"]

    def test_kept_they_stay(self, open_session, own, flag, purse, giver) -> None:
        with open_session(own.scope) as session:
            for _each in range(2):
                row = auditing.decide(session, giver(own, n=2), own.id, flag.id, "kept", "当面问过")
            assert (row.decision, row.decided_by_name, row.note) == ("kept", "经手人2", "当面问过")
            assert purse(session, own).balance == 2
            with pytest.raises(Conflict):
                auditing.decide(session, giver(own, n=2), own.id, flag.id, "reversed", "再想想")

    def test_taken_back_the_household_is_told_why(self, open_session, own, flag, purse, giver) -> None:
        with open_session(own.scope) as session:
            for _each in range(2):
                auditing.decide(session, giver(own, n=2), own.id, flag.id, "reversed", "夜里没有人投放")
            assert purse(session, own).balance == 0
            assert session.scalar(select(func.count()).where(Entry.kind == "reverse")) == 1
            assert self.told(session, own.resident_account) == ["waste_sorting.points_reversed"]

    def test_not_by_whoever_gave_them_not_without_a_reason_not_by_others(
        self, open_session, world, own, flag, giver
    ) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Forbidden, match="您发的"):
                auditing.decide(session, giver(own), own.id, flag.id, "kept", "没问题")
            with pytest.raises(Invalid):
                auditing.decide(session, giver(own, n=2), own.id, flag.id, "kept", "  ")
            for role in ("property_staff", "resident"):
                with pytest.raises((Forbidden, NotFound)):
                    auditing.decide(session, giver(own, role, n=2), own.id, flag.id, "kept", "没问题")
        other = world.here.communities[1]
        with open_session(other.scope) as session, pytest.raises(NotFound):
            auditing.decide(session, giver(other, n=2), other.id, flag.id, "kept", "没问题")

    def test_points_can_be_taken_back_without_a_flag(self, open_session, own, purse, gain, giver) -> None:
        with open_session(own.scope) as session:
            entry = earning.entry_of(session, gain(session, own, 10))
            assert entry is not None
            with pytest.raises(Invalid):
                auditing.reverse(session, giver(own), own.id, entry.id, " ")
            row = auditing.reverse(session, giver(own), own.id, entry.id, "登记错了")
            assert (row.points, purse(session, own).balance) == (10, 0)
            with pytest.raises(Conflict):
                auditing.reverse(session, giver(own), own.id, row.id, "再冲一次")
            for role in ("property_staff", "building_steward", "resident"):
                with pytest.raises(Forbidden):
                    auditing.reverse(session, giver(own, role), own.id, entry.id, "不许")

    def test_the_duty_is_done_when_all_of_a_day_is_decided(self, open_session, own, flag, giver) -> None:
        span = Span(today() - timedelta(days=1), today() + timedelta(days=1))
        with open_session(own.scope) as session:
            [occasion] = list(obligations.raised(session, [own.compound], span))
            assert (occasion.place, occasion.day) == (own.compound, today())
            assert not list(obligations.decided(session, [own.compound], span))
            auditing.decide(session, giver(own, n=2), own.id, flag.id, "kept", "当面问过")
            [done] = list(obligations.decided(session, [own.compound], span))
            assert done.occasion == occasion.key


class TestGrants:
    def grant(self, session, own, clerk, points: int, n: int = 0, reason: str = "旧物回收活动", once=None):
        return giving.grant(session, clerk, own.id, own.dwellings[n], points, reason, once)

    @pytest.mark.parametrize(("points", "is_alone"), [(19, True), (20, True), (21, False), (200, False)])
    def test_many_take_a_second_person(self, open_session, own, purse, giver, points, is_alone) -> None:
        with open_session(own.scope) as session:
            if is_alone:
                assert self.grant(session, own, giver(own), points).given == points
                return
            with pytest.raises(Conflict, match="审批"):
                self.grant(session, own, giver(own), points)
            assert purse(session, own).balance == 0

    @pytest.mark.parametrize("points", [0, 201, -5])
    def test_never_more_than_the_rule_and_never_none(self, open_session, own, giver, points) -> None:
        with open_session(own.scope) as session, pytest.raises(Invalid) as error:
            self.grant(session, own, giver(own), points)
        assert fields(error) == ["points"]

    def test_with_a_reason_to_somebody_and_once(self, open_session, own, purse, giver) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                self.grant(session, own, giver(own), 5, reason="  ")
            assert fields(error) == ["reason"]
            with pytest.raises(Invalid) as error:
                self.grant(session, own, giver(own), 5, n=3)
            assert fields(error) == ["door"], "nobody lives there"
            once = uuid4()
            for _each in range(2):
                self.grant(session, own, giver(own), 5, once=once)
            assert purse(session, own).balance == 5

    @pytest.mark.parametrize("role", ["property_staff", "building_steward", "resident", "auditor"])
    def test_only_by_those_who_may(self, open_session, own, giver, role) -> None:
        with open_session(own.scope) as session, pytest.raises(Forbidden):
            self.grant(session, own, giver(own, role), 5)
