"""Choosing values in place of wider ones: only stricter where the wider one says so, with history and a way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from tests.rules.conftest import chooser

from linli.audit.models import AuditEntry
from linli.kit.actor import PUBLIC
from linli.kit.clock import today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from linli.rules import Duration, rule_value
from linli.rules.models import RuleOverride
from linli.rules.overrides import get_override, overrides_of, set_override, withdraw_override
from linli.rules.repository import list_overrides
from linli.rules.schemas import OverrideIn, Withdrawal
from linli.rules.service import rule_values

NOTICE = "owners_assembly.notice"
TERM = "owners_committee.term_max"


def wanted(value, **parts) -> OverrideIn:
    return OverrideIn(**{"value": value, "starts_on": today(), "reason": "测试", **parts})


def decided(value, **parts) -> OverrideIn:
    return wanted(value, **{"decision": "2026 年业主大会决定", "decided_on": today(), **parts})


class TestOnlyStricter:
    @pytest.mark.parametrize(("days", "accepted"), [(14, False), (15, True), (16, True)])
    def test_the_street_may_lengthen_the_notice_and_not_shorten_it(
        self, open_session, world, street_chooser, days, accepted
    ) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            if accepted:
                set_override(session, street_chooser, NOTICE, wanted(f"{days} days"))
                assert rule_value(session, NOTICE).value == Duration(days, "days")
                return
            with pytest.raises(Invalid) as caught:
                set_override(session, street_chooser, NOTICE, wanted(f"{days} days"))
            fault = caught.value.errors[0]
            assert fault.field == "value"
            assert fault.message == "《物业管理条例》第14条规定为“15 日”，这里只能更严，不能更宽松"
            assert fault.allowed == "15 日，或者更严（更长为更严）"
            assert rule_value(session, NOTICE).value == Duration(15, "days"), "nothing was written"

    @pytest.mark.parametrize(("share", "accepted"), [("1999/3000", False), ("2/3", True), ("2001/3000", True)])
    def test_a_compound_may_ask_for_more_owners_than_the_civil_code_and_not_for_fewer(
        self, open_session, here, community_chooser, share, accepted
    ) -> None:
        key = "owners_assembly.participation_heads"
        with open_session(here.scope, community_chooser) as session:
            data = decided(f">= {share} of all")
            if accepted:
                set_override(session, community_chooser, key, data, compound_id=here.compound)
                return
            with pytest.raises(Invalid) as caught:
                set_override(session, community_chooser, key, data, compound_id=here.compound)
            assert "《中华人民共和国民法典》第278条" in caught.value.errors[0].message
            assert "全体 2/3 以上（含）" in caught.value.errors[0].message

    def test_what_cannot_be_compared_is_refused_with_the_way_out(self, open_session, world, street_chooser) -> None:
        with open_session(world.here.scope, street_chooser) as session, pytest.raises(Invalid) as caught:
            set_override(session, street_chooser, NOTICE, wanted("15 working_days"))
        assert "相同的单位" in caught.value.errors[0].message

    def test_a_compound_is_bound_by_its_street_too(self, open_session, world, here, street_chooser, community_chooser):
        with open_session(world.here.scope, street_chooser) as session:
            set_override(session, street_chooser, NOTICE, wanted("20 days", decision="街道办法"))
        with open_session(here.scope, community_chooser) as session:
            with pytest.raises(Invalid) as caught:
                set_override(session, community_chooser, NOTICE, decided("18 days"), compound_id=here.compound)
            assert "街道办法" in caught.value.errors[0].message
            set_override(session, community_chooser, NOTICE, decided("21 days"), compound_id=here.compound)
            assert rule_value(session, NOTICE, compound_id=here.compound).value == Duration(21, "days")
            assert rule_value(session, NOTICE).value == Duration(20, "days"), "the street's stays the street's"

    def test_where_the_wider_value_leaves_it_open_any_may_stand(self, open_session, world, street_chooser) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            set_override(session, street_chooser, "evaluation.weight_security", wanted(40))
            set_override(session, street_chooser, "representatives_meeting.attendance", wanted("> 1/2"))
            found = rule_values(session, ["evaluation.weight_security", "representatives_meeting.attendance"])
        assert found["evaluation.weight_security"].value == 40
        assert str(found["representatives_meeting.attendance"].value) == "> 1/2 of all"

    def test_a_law_that_becomes_stricter_later_beats_the_override(self, open_session, world, street_chooser) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            row = set_override(session, street_chooser, NOTICE, wanted("15 days"))
            session.execute(update(RuleOverride).where(RuleOverride.id == row.id).values(value="10 days"))
            found = rule_value(session, NOTICE)
        assert found.value == Duration(15, "days")
        assert next(s for s in found.why if s.candidate.override_id).verdict == "weaker"


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("data", "field"),
        [
            (decided("soon"), "value"),
            (decided("20 days", reason="  "), "reason"),
            (decided("20 days", ends_on=today() - timedelta(1)), "ends_on"),
            (wanted("20 days", decided_on=today()), "decision"),
            (wanted("20 days", decision="业主大会决定"), "decided_on"),
            (decided("20 days", decided_on=today() + timedelta(1), starts_on=today() + timedelta(2)), "decided_on"),
            (decided("20 days", starts_on=today() - timedelta(1)), "starts_on"),
        ],
    )
    def test_each_fault_names_its_field(self, open_session, here, community_chooser, data, field) -> None:
        with open_session(here.scope, community_chooser) as session:
            with pytest.raises(Invalid) as caught:
                set_override(session, community_chooser, NOTICE, data, compound_id=here.compound)
            assert [each.field for each in caught.value.errors] == [field]
            assert overrides_of(session, NOTICE, here.compound) == []

    def test_unknown_rules_and_compounds_are_not_there(self, open_session, world, here, street_chooser) -> None:
        with open_session(here.scope, street_chooser) as session:
            with pytest.raises(NotFound):
                set_override(session, street_chooser, "owners_assembly.magic", wanted(1))
            other = world.here.communities[1].compound
            with pytest.raises(NotFound):
                set_override(session, street_chooser, NOTICE, decided("20 days"), compound_id=other)

    def test_only_who_may_choose_for_the_place_does(self, open_session, world, here, community_chooser) -> None:
        chair = chooser(here.steward, role="committee_chair", community_id=here.id, compound_id=here.compound)
        with open_session(here.scope, community_chooser) as session:
            for actor, compound in ((PUBLIC, here.compound), (community_chooser, None), (chair, None)):
                with pytest.raises(Forbidden):
                    set_override(session, actor, NOTICE, decided("20 days"), compound_id=compound)
            assert set_override(session, chair, NOTICE, decided("20 days"), compound_id=here.compound).id


class TestHistory:
    def test_a_second_click_does_nothing_and_another_value_of_the_day_is_refused(
        self, open_session, world, street_chooser
    ) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            first = set_override(session, street_chooser, NOTICE, wanted("20 days"))
            assert set_override(session, street_chooser, NOTICE, wanted("20 days")).id == first.id
            with pytest.raises(Conflict, match="请先撤回"):
                set_override(session, street_chooser, NOTICE, wanted("25 days"))
            assert len(overrides_of(session, NOTICE, None)) == 1

    def test_two_at_the_same_moment_leave_one(self, house, world, street_chooser) -> None:
        with house.database.unit_of_work(world.here.scope, street_chooser) as first:
            set_override(first, street_chooser, NOTICE, wanted("20 days"))
            with house.database.unit_of_work(world.here.scope, street_chooser) as second:
                second.execute(text("SET LOCAL lock_timeout = '200ms'"))
                with pytest.raises(DBAPIError):
                    set_override(second, street_chooser, NOTICE, wanted("25 days"))
                second.rollback()
        with house.database.unit_of_work(world.here.scope, street_chooser) as session:
            assert rule_value(session, NOTICE).value == Duration(20, "days")
            with pytest.raises(Conflict):
                set_override(session, street_chooser, NOTICE, wanted("25 days"))

    def test_the_later_one_follows_and_its_withdrawal_lets_the_earlier_hold_again(
        self, open_session, world, street_chooser
    ) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            ago = today() - timedelta(30)
            set_override(session, street_chooser, NOTICE, wanted("20 days", starts_on=ago))
            later = set_override(session, street_chooser, NOTICE, wanted("30 days"))
            assert rule_value(session, NOTICE).value == Duration(30, "days")
            assert rule_value(session, NOTICE, on=today() - timedelta(1)).value == Duration(20, "days")
            data = Withdrawal(reason="写错了", version=later.version)
            gone = withdraw_override(session, street_chooser, later.id, data)
            assert (gone.withdrawn_on, gone.withdrawn_by_name, gone.withdraw_reason) == (
                today(),
                "测试管理员",
                "写错了",
            )
            assert rule_value(session, NOTICE).value == Duration(20, "days")
            assert [row.withdrawn_on is None for row in overrides_of(session, NOTICE, None)] == [False, True]
            with pytest.raises(Conflict, match="已经撤回"):
                withdraw_override(session, street_chooser, later.id, Withdrawal(reason="再来", version=later.version))
            assert set_override(session, street_chooser, NOTICE, wanted("25 days")).id, "the day is free again"

    def test_a_stale_withdrawal_is_refused(self, open_session, world, street_chooser) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            row = set_override(session, street_chooser, NOTICE, wanted("20 days"))
            with pytest.raises(Stale):
                withdraw_override(session, street_chooser, row.id, Withdrawal(reason="撤回", version=row.version + 1))

    def test_it_ends_on_its_last_day(self, open_session, world, street_chooser) -> None:
        last = today() + timedelta(9)
        with open_session(world.here.scope, street_chooser) as session:
            set_override(session, street_chooser, NOTICE, wanted("20 days", ends_on=last))
            assert rule_value(session, NOTICE, on=last).value == Duration(20, "days")
            assert rule_value(session, NOTICE, on=last + timedelta(1)).value == Duration(15, "days")

    def test_each_act_is_in_the_record_with_value_and_reason(self, house, world, here, community_chooser) -> None:
        with house.database.unit_of_work(here.scope, community_chooser) as session:
            row = set_override(session, community_chooser, NOTICE, decided("20 days"), compound_id=here.compound)
        with house.database.unit_of_work(here.scope, community_chooser) as session:
            withdraw_override(session, community_chooser, row.id, Withdrawal(reason="撤回", version=1))
        with house.database.unit_of_work(here.scope, community_chooser) as session:
            told = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(row.id))).all()
        assert [each.action for each in told] == ["core.rule.override", "core.rule.take_back"]
        assert told[0].after["value"] == "20 days"
        assert told[0].after["compound"] == "一号院"
        assert [each.reason for each in told] == ["测试", "撤回"]

    def test_nothing_is_deleted(self, open_session, world, street_chooser) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            row = set_override(session, street_chooser, NOTICE, wanted("20 days"))
            with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
                session.execute(text("DELETE FROM core.rule_override WHERE id = :id"), {"id": row.id})


class TestWalls:
    def test_other_streets_and_communities_see_nothing_of_it(
        self, open_session, world, here, street_chooser, community_chooser
    ) -> None:
        with open_session(here.scope, community_chooser) as session:
            row = set_override(session, community_chooser, TERM, decided("3 years"), compound_id=here.compound)
            assert get_override(session, community_chooser, row.id).id == row.id, "control"
        neighbour = world.here.communities[1]
        for scope, account in ((neighbour.scope, neighbour), (world.there.scope, world.there)):
            actor = chooser(account.administrator)
            with open_session(scope, actor) as session:
                assert rule_value(session, TERM).value == Duration(5, "years")
                assert list_overrides(session, actor) == ([], None)
                with pytest.raises(NotFound):
                    get_override(session, actor, row.id)
                with pytest.raises(NotFound):
                    withdraw_override(session, actor, row.id, Withdrawal(reason="x", version=1))

    def test_a_community_reads_the_streets_and_cannot_take_it_back(
        self, open_session, world, here, street_chooser, community_chooser
    ) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            row = set_override(session, street_chooser, NOTICE, wanted("20 days"))
        with open_session(here.scope, community_chooser) as session:
            assert get_override(session, community_chooser, row.id).id == row.id
            for actor in (community_chooser, street_chooser):
                with pytest.raises(NotFound):
                    withdraw_override(session, actor, row.id, Withdrawal(reason="x", version=1))

    def test_a_grant_for_one_compound_shows_that_compound_alone(self, open_session, world, here, community_chooser):
        with open_session(here.scope, community_chooser) as session:
            row = set_override(session, community_chooser, NOTICE, decided("20 days"), compound_id=here.compound)
            mine = chooser(here.steward, role="committee_chair", community_id=here.id, compound_id=here.compound)
            elsewhere = chooser(here.steward, role="committee_chair", community_id=here.id, compound_id=here.building)
            assert [each.id for each in list_overrides(session, mine)[0]] == [row.id]
            assert list_overrides(session, elsewhere)[0] == []
            with pytest.raises(NotFound):
                get_override(session, elsewhere, row.id)

    def test_lists_go_page_by_page(self, open_session, world, street_chooser) -> None:
        with open_session(world.here.scope, street_chooser) as session:
            for n in range(3):
                set_override(session, street_chooser, NOTICE, wanted(f"{20 + n} days", starts_on=date(2026, 1, 1 + n)))
            first, more = list_overrides(session, street_chooser, limit=2)
            rest, end = list_overrides(session, street_chooser, limit=2, after=more)
            assert [row.value for row in [*first, *rest]] == ["22 days", "21 days", "20 days"]
            assert end is None
            assert list_overrides(session, street_chooser, state="over")[0] == []
