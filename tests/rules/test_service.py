"""Asking for rules in a street and a compound, and how many questions that costs."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, text

from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.kit.errors import Invalid, NotFound
from linli.rules import BODY_TYPES, PRESETS, Duration, body_values, due_on, find_body, rule_value, rule_values
from linli.rules.catalogue import core_book
from linli.rules.overrides import set_override
from linli.rules.repository import REGIONS, jurisdictions
from linli.rules.schemas import OverrideIn
from linli.settings.core import RULE_SETS
from linli.settings.service import set_setting

NOTICE = "owners_assembly.notice"


class TestWhereAStreetLies:
    @pytest.mark.parametrize(
        ("code", "chosen", "found"),
        [
            ("110105017", "local", ("CN", "11", "1101", "110105", "110105017")),
            ("110105017", "cn-beijing", ("CN", "11", "1101", "110105", "110105017")),
            ("999001001", "cn-beijing", ("CN", "11")),
            ("110105017", "cn-shanghai", ("CN", "31")),
            ("110105017", "cn", ("CN",)),
        ],
    )
    def test_by_its_code_or_as_the_setting_says(self, code, chosen, found) -> None:
        assert jurisdictions(code, chosen) == found

    def test_every_choice_of_the_setting_leads_somewhere(self) -> None:
        assert set(REGIONS) | {"local", "cn"} == set(RULE_SETS)
        for chosen, code in REGIONS.items():
            assert code in core_book().regions, chosen

    def test_the_setting_changes_what_holds(self, open_session, world) -> None:
        key = "owners_assembly.publish_result"
        with open_session(world.here.scope) as session:
            assert not rule_value(session, key).is_known, "no real street: only the nation's rules"
            set_setting(session, SYSTEM, "core", "rule_set", "cn-beijing")
            assert rule_value(session, key).value == Duration(3, "days")
        with open_session(world.there.scope) as session:
            assert not rule_value(session, key).is_known, "another street chose nothing"

    def test_a_community_cannot_choose_other_laws(self, open_session, world, here) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid, match="提交的内容有误"):
            set_setting(session, SYSTEM, "core", "rule_set", "cn", community_id=here.id)


class TestAsking:
    def test_a_rule_that_does_not_exist_is_refused_with_the_nearest(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as caught:
            rule_value(session, "owners_assembly.notise")
        assert "owners_assembly.notice" in caught.value.errors[0].allowed

    def test_a_compound_of_another_community_or_street_is_not_there(self, open_session, world, here) -> None:
        with open_session(here.scope) as session:
            assert rule_value(session, NOTICE, compound_id=here.compound).is_known, "control"
            for other in (world.here.communities[1].compound, world.there.communities[0].compound):
                with pytest.raises(NotFound):
                    rule_value(session, NOTICE, compound_id=other)

    def test_all_rules_cost_as_many_questions_as_one(self, open_session, world, here, shared_house) -> None:
        counted: list[str] = []

        def count(_connection, _cursor, statement, *_rest) -> None:
            counted.append(statement)

        def asked(*keys: str) -> int:
            counted.clear()
            with open_session(here.scope) as session:
                session.execute(text("SELECT 1"))
                event.listen(shared_house.database.engine, "before_cursor_execute", count)
                try:
                    assert len(rule_values(session, keys, compound_id=here.compound)) == len(keys)
                finally:
                    event.remove(shared_house.database.engine, "before_cursor_execute", count)
            return len(counted)

        # A plugin with rules of its own costs one more: whether the street allows it.
        assert asked(*core_book().rules) == asked(NOTICE) <= 5, counted

    def test_without_a_day_today_is_meant(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            assert rule_value(session, NOTICE).on == today()
            assert not rule_value(session, NOTICE, on=date(2018, 3, 18)).is_known


class TestPeriods:
    @pytest.mark.parametrize(
        ("duration", "last"),
        [
            # The Spring Festival of 2026 is free from 15 to 23 February, and people work on the 14th and 28th.
            (Duration(5, "working_days"), date(2026, 2, 27)),
            (Duration(15, "days"), date(2026, 2, 28)),
            (Duration(24, "hours"), date(2026, 2, 14)),
            (Duration(25, "hours"), date(2026, 2, 15)),
            (Duration(2, "months"), date(2026, 4, 13)),
        ],
    )
    def test_when_a_period_ends(self, open_session, world, duration, last) -> None:
        with open_session(world.here.scope) as session:
            assert due_on(session, date(2026, 2, 13), duration) == last


class TestBodies:
    def test_the_committee_of_the_handbook(self, open_session, world, here) -> None:
        with open_session(here.scope) as session:
            body = body_values(session, "compound_management_committee", compound_id=here.compound)
        assert (body["members_min"].value, body["members_max"].value) == (9, 9)
        assert body["term"].value == Duration(2, "years")
        assert body["deferral_max"].value == Duration(1, "years")
        assert body["meeting_every"].value == Duration(1, "months")
        assert body["enlarged_every"].value == Duration(6, "months")
        assert body["attendance"].value.least(9) == 6
        assert body["passing"].value.least(6) == 3, "half or more of those present"
        assert not body["odd_required"].is_known, "the charter does not say"
        assert body["term"].winner.article == "7"

    def test_there_are_four_presets_and_they_differ(self, open_session, world) -> None:
        assert [each.code for each in PRESETS] == [
            "compound_management_committee",
            "self_governance_group",
            "six_post_group",
            "self_governance_committee",
        ]
        with open_session(world.here.scope) as session:
            sizes = [
                (body["members_min"].value, body["members_max"].value)
                for body in (body_values(session, each.code) for each in PRESETS)
            ]
        assert sizes == [(9, 9), (5, 7), (6, 6), (4, 4)]

    def test_a_bodys_rules_are_data_that_street_and_compound_may_settle_otherwise(
        self, open_session, world, here, street_chooser, community_chooser
    ) -> None:
        key = "compound_management_committee.term"
        with open_session(world.here.scope, street_chooser) as session:
            wanted = OverrideIn(value="3 years", starts_on=today(), reason="全街道统一")
            set_override(session, street_chooser, key, wanted)
        with open_session(here.scope, community_chooser) as session:
            assert body_values(session, "compound_management_committee")["term"].value == Duration(3, "years")
            wanted = OverrideIn(
                value="4 years", starts_on=today(), reason="章程修改", decision="居民会议决定", decided_on=today()
            )
            set_override(session, community_chooser, key, wanted, compound_id=here.compound)
            found = body_values(session, "compound_management_committee", compound_id=here.compound)["term"]
            assert found.value == Duration(4, "years")
            assert [step.verdict for step in found.why] == ["won", "narrower", "narrower"]
        # Names, sizes, terms, quorums and cadences of every body are rules with a source, none a constant of a program.
        for body in BODY_TYPES:
            assert body.keys, body.code
            assert set(body.keys) <= set(core_book().rules)

    def test_a_body_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(Invalid) as caught:
            find_body("committee")
        assert "owners_committee" in caught.value.errors[0].allowed
