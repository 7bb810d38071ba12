"""Judging the places of a community: thresholds, months' ends, what is new, off, broken, exempted, done twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from time import sleep

import pytest
from sqlalchemy import event, func, select, text
from tests.obligations.conftest import QUARTERLY, THIRTY_DAYS, at, rows_of

from linli.kit.actor import SYSTEM
from linli.obligations.exemptions import exempt, withdraw_exemption
from linli.obligations.models import ObligationRecord, ObligationTally
from linli.obligations.schemas import ExemptionIn, ExemptionWithdrawal
from linli.obligations.service import judge_community
from linli.plugins.containment import calls
from linli.plugins.models import PluginAllowance, PluginCircuit, PluginEnablement
from linli.plugins.obligations import Obligation, Occasion
from linli.rules.overrides import set_override, withdraw_override
from linli.rules.schemas import OverrideIn, Withdrawal

Q1, Q2, Q3, Q4 = "2026-01-01/2026-03-31", "2026-04-01/2026-06-30", "2026-07-01/2026-09-30", "2026-10-01/2026-12-31"


class TestDays:
    @pytest.mark.parametrize(
        ("day", "state"),
        [((2026, 3, 30), "due"), ((2026, 3, 31, 23, 59), "due"), ((2026, 4, 1, 0, 0), "overdue")],
    )
    def test_before_on_and_after_the_due_day(self, judged, day, state) -> None:
        judged(2026, 1, 1)
        assert judged(*day)[Q1] == (state, "")

    @pytest.mark.parametrize(
        ("moment", "first", "second"),
        [
            (datetime(2026, 3, 31, 15, 59, tzinfo=UTC), "fulfilled", "due"),
            (datetime(2026, 3, 31, 16, 0, tzinfo=UTC), "overdue", "fulfilled"),
        ],
    )
    def test_midnight_in_shanghai_parts_the_quarters(self, judged, own, desk, moment, first, second) -> None:
        judged(2026, 1, 1)
        desk.did(own.compound, moment)
        found = judged(2026, 4, 1)
        assert (found[Q1][0], found[Q2][0]) == (first, second)

    def test_all_quarters_are_judged_in_which_nothing_ran(self, judged) -> None:
        judged(2026, 1, 1)
        found = judged(2026, 10, 5)
        assert list(found) == [Q1, Q2, Q3, Q4]
        assert [found[each][0] for each in (Q1, Q2, Q3, Q4)] == ["overdue", "overdue", "overdue", "due"]


class TestDeadline:
    @pytest.fixture
    def judged_with_deadline(self, judged, quarterly):
        duty = replace(quarterly, within=THIRTY_DAYS)
        return lambda *day: judged(*day, obligation=duty)

    @pytest.mark.parametrize(
        ("day", "state"), [((2026, 4, 29), "due"), ((2026, 4, 30), "due"), ((2026, 5, 1), "overdue")]
    )
    def test_runs_from_the_periods_last_day(self, judged_with_deadline, day, state) -> None:
        judged_with_deadline(2026, 1, 1)
        assert judged_with_deadline(*day)[Q1][0] == state

    @pytest.mark.parametrize(("day", "state"), [(date(2026, 4, 30), "fulfilled"), (date(2026, 5, 1), "late")])
    def test_what_is_about_a_period_counts_for_it_and_its_day_for_being_in_time(
        self, judged_with_deadline, own, desk, day, state
    ) -> None:
        judged_with_deadline(2026, 1, 1)
        desk.did(own.compound, day, about=date(2026, 3, 31))
        found = judged_with_deadline(2026, 5, 2)
        assert found[Q1][0] == state
        assert found[Q2][0] == "due"


class TestBeginnings:
    def test_the_period_in_which_it_is_first_watched_need_not_be_done(self, judged) -> None:
        assert judged(2026, 2, 10) == {Q1: ("due", "")}
        found = judged(2026, 4, 1)
        assert found == {Q1: ("not_applicable", "partial"), Q2: ("due", "")}
        assert judged(2026, 7, 1)[Q2] == ("overdue", "")

    def test_nor_that_in_which_a_compound_was_registered(self, judged, street, own) -> None:
        judged(2026, 1, 1)
        with street() as session:
            session.execute(
                text("UPDATE core.compound SET created_at = '2026-08-15T00:00:00Z' WHERE id = :id"),
                {"id": own.compound},
            )
            session.execute(text("DELETE FROM core.obligation_record"))
        judged(2026, 9, 1)
        found = judged(2026, 10, 1)
        assert found == {Q3: ("not_applicable", "partial"), Q4: ("due", "")}

    def test_it_may_be_done_all_the_same(self, judged, own, desk) -> None:
        judged(2026, 2, 10)
        desk.did(own.compound, date(2026, 2, 20))
        assert judged(2026, 4, 1)[Q1] == ("fulfilled", "")


class TestPlugins:
    @pytest.fixture
    def switched(self, street, own):
        """Turns a plugin "probe" on from a day on, or off, in one community."""

        def switch(since: str | None, *, compound=None) -> None:
            with street() as session:
                session.execute(text("DELETE FROM core.plugin_enablement WHERE plugin = 'probe'"))
                if since is None:
                    return
                if session.scalar(select(PluginAllowance.id).where(PluginAllowance.plugin == "probe")) is None:
                    session.add(PluginAllowance(plugin="probe"))
                row = PluginEnablement(community_id=own.id, compound_id=compound, plugin="probe")
                session.add(row)
                session.flush()
                session.execute(
                    text("UPDATE core.plugin_enablement SET created_at = CAST(:at AS timestamptz) WHERE id = :id"),
                    {"at": since, "id": row.id},
                )

        return switch

    def test_nothing_is_owed_where_the_plugin_is_off(self, judged, desk) -> None:
        assert judged(2026, 1, 1, owner="probe") == {}
        assert desk.asked == []

    def test_switched_on_in_the_middle_it_is_owed_from_the_next_period_on(self, judged, switched) -> None:
        switched("2026-02-10T00:00:00Z")
        judged(2026, 2, 11, owner="probe")
        assert judged(2026, 4, 1, owner="probe") == {Q1: ("not_applicable", "partial"), Q2: ("due", "")}

    def test_switched_off_what_runs_is_owed_no_more_and_history_stays(self, judged, switched) -> None:
        switched("2025-12-01T00:00:00Z")
        judged(2026, 1, 1, owner="probe")
        judged(2026, 4, 1, owner="probe")
        switched(None)
        found = judged(2026, 4, 2, owner="probe")
        assert found == {Q1: ("overdue", ""), Q2: ("not_applicable", "off")}
        switched("2026-05-01T00:00:00Z")
        assert judged(2026, 5, 2, owner="probe")[Q2] == ("due", "")
        assert judged(2026, 7, 1, owner="probe")[Q2] == ("not_applicable", "partial")

    def test_on_in_one_compound_it_is_owed_there_alone(self, judged, switched, own, desk) -> None:
        switched("2025-12-01T00:00:00Z", compound=own.compound)
        assert judged(2026, 1, 1, owner="probe") == {Q1: ("due", "")}
        assert desk.asked[0][0] == (own.compound,)

    def test_an_archived_compound_owes_nothing_any_more(self, judged, street, own) -> None:
        judged(2026, 1, 1)
        with street() as session:
            session.execute(text("UPDATE core.compound SET archived_at = now() WHERE id = :id"), {"id": own.compound})
        assert judged(2026, 1, 2) == {Q1: ("not_applicable", "archived")}

    def test_without_the_body_there_is_no_duty(self, judged, quarterly) -> None:
        duty = replace(quarterly, bodies=("committee_chair",))
        assert judged(2026, 1, 1, obligation=duty) == {Q1: ("not_applicable", "no_body")}

    def test_the_owner_may_say_that_it_does_not_apply(self, judged, quarterly) -> None:
        duty = replace(quarterly, applies=lambda _session, _places: [])
        assert judged(2026, 1, 1, obligation=duty) == {Q1: ("not_applicable", "no_body")}

    def test_without_a_known_rule_nothing_is_made_up(self, judged, quarterly) -> None:
        duty = replace(quarterly, every="property_service.self_managed_accounts_every")
        assert judged(2026, 1, 1, obligation=duty) == {}


class TestBrokenEvidence:
    def test_what_raises_is_unknown_never_green(self, judged, own, desk) -> None:
        desk.did(own.compound, date(2026, 1, 1))
        assert judged(2026, 1, 1)[Q1][0] == "fulfilled"
        desk.fault = lambda: 1 / 0
        assert judged(2026, 1, 2)[Q1] == ("unknown", "evidence")
        assert judged(2026, 4, 1)[Q2] == ("unknown", "evidence")
        desk.fault = None
        assert judged(2026, 4, 2)[Q2] == ("due", "")

    def test_a_plugins_fault_undoes_what_it_wrote_and_costs_itself_alone(self, street, own, desk, quarterly) -> None:
        def spoil(session, places, span):
            session.execute(text("UPDATE core.compound SET name = 'x'"))
            session.execute(text("SELECT nonsense"))

        bad = replace(quarterly, name="probe.bad", evidence=spoil)
        with at(2026, 1, 1), street() as session:
            session.add_all([PluginAllowance(plugin="probe"), PluginEnablement(community_id=own.id, plugin="probe")])
            session.flush()
            session.execute(text("UPDATE core.plugin_enablement SET created_at = '2025-01-01' WHERE plugin = 'probe'"))
            judge_community(session, own.id, obligations=[("probe", bad), ("core", quarterly)])
            rows = session.scalars(select(ObligationRecord).where(ObligationRecord.compound_id == own.compound))
            assert {row.obligation: row.state for row in rows} == {"probe.bad": "unknown", "core.accounts": "due"}
            assert session.scalar(text("SELECT count(*) FROM core.compound WHERE name = 'x'")) == 0

    @pytest.mark.parametrize("answer", [None, [1], ["收支"], 7], ids=str)
    def test_an_answer_of_another_kind_is_unknown(self, street, own, desk, quarterly, answer) -> None:
        wrong = replace(quarterly, name="probe.bad", evidence=lambda *_: answer)
        with at(2026, 1, 1), street() as session:
            session.add_all([PluginAllowance(plugin="probe"), PluginEnablement(community_id=own.id, plugin="probe")])
            session.flush()
            session.execute(text("UPDATE core.plugin_enablement SET created_at = '2025-01-01' WHERE plugin = 'probe'"))
            judge_community(session, own.id, obligations=[("probe", wrong)])
            assert rows_of(session, own.compound) == {Q1: ("unknown", "evidence")}


class TestTheBreaker:
    def test_an_open_circuit_leaves_the_plugin_out(self, street, own, desk, quarterly) -> None:
        duty = replace(quarterly, name="probe.accounts")
        with at(2026, 1, 1), street() as session:
            session.add_all([PluginAllowance(plugin="probe"), PluginEnablement(community_id=own.id, plugin="probe")])
            session.add(PluginCircuit(plugin="probe", part="jobs", open_until=datetime(2026, 1, 2, tzinfo=UTC)))
            session.flush()
            session.execute(text("UPDATE core.plugin_enablement SET created_at = '2025-01-01' WHERE plugin = 'probe'"))
            judge_community(session, own.id, obligations=[("probe", duty)])
            assert rows_of(session, own.compound) == {Q1: ("unknown", "evidence")}
        assert desk.asked == []

    def test_one_that_hangs_is_reported(self, street, own, desk, quarterly, monkeypatch) -> None:
        reports = []
        monkeypatch.setattr("linli.obligations.asking.EVIDENCE", replace(calls.kinds.EVIDENCE, budget=0.001))
        monkeypatch.setattr(calls, "_report", lambda _session, report: reports.append(report))
        slow = replace(quarterly, name="probe.slow", evidence=lambda *_: sleep(0.05) or [])
        with at(2026, 1, 1), street() as session:
            session.add_all([PluginAllowance(plugin="probe"), PluginEnablement(community_id=own.id, plugin="probe")])
            session.flush()
            session.execute(text("UPDATE core.plugin_enablement SET created_at = '2025-01-01' WHERE plugin = 'probe'"))
            judge_community(session, own.id, obligations=[("probe", slow)])
        assert [(each.plugin, each.where, each.error) for each in reports] == [("probe", "probe.slow", "Overrun")]


class TestRules:
    def override(self, session, own, value: str, starts_on: date):
        data = OverrideIn(
            value=value, starts_on=starts_on, reason="业主要求", decision="业主大会决定", decided_on=starts_on
        )
        return set_override(session, SYSTEM, QUARTERLY, data, compound_id=own.compound)

    def test_a_compounds_own_decision_makes_the_period_shorter(self, judged, street, own) -> None:
        judged(2026, 1, 1)
        with at(2026, 1, 15), street() as session:
            self.override(session, own, "1 months", date(2026, 1, 15))
        assert judged(2026, 1, 16) == {"2026-01-01/2026-01-31": ("due", "")}

    def test_history_keeps_the_rule_that_it_was_judged_by(self, judged, street, own) -> None:
        judged(2026, 1, 1)
        judged(2026, 4, 1)
        with at(2026, 4, 2), street() as session:
            self.override(session, own, "1 months", date(2026, 4, 2))
        found = judged(2026, 4, 3)
        assert found[Q1] == ("overdue", "")
        with street() as session:
            row = session.scalars(select(ObligationRecord).where(ObligationRecord.period == Q1)).one()
            assert [each["written"] for each in row.rules] == ["3 months"]
            assert row.rules[0]["article"] == "66-67"
            monthly = session.scalars(select(ObligationRecord).where(ObligationRecord.period != Q1)).one()
            assert monthly.rules[0]["written"] == "1 months"
            assert monthly.rules[0]["document"] == "业主大会决定"

    def test_taken_back_the_wider_rule_holds_again(self, judged, street, own) -> None:
        with at(2026, 1, 1), street() as session:
            row = self.override(session, own, "1 months", date(2026, 1, 1))
        judged(2026, 1, 1)
        with at(2026, 1, 2), street() as session:
            withdraw_override(session, SYSTEM, row.id, Withdrawal(reason="重议", version=row.version))
        assert list(judged(2026, 1, 2)) == [Q1]


class TestExemptions:
    @pytest.fixture
    def released(self, street, own, quarterly, judged):
        from tests.obligations.conftest import declared

        def release(*day: int, until: date, since: date = date(2026, 1, 1)):
            with declared(("core", quarterly)), at(*day), street() as session:
                data = ExemptionIn(
                    obligation=quarterly.name, compound_id=own.compound, starts_on=since, ends_on=until, reason="改造"
                )
                return exempt(session, SYSTEM, data).id

        return release

    @pytest.mark.parametrize(
        ("until", "state"),
        [(date(2026, 3, 30), "overdue"), (date(2026, 3, 31), "exempted"), (date(2026, 4, 1), "exempted")],
    )
    def test_covers_what_falls_due_until_its_last_day(self, judged, released, until, state) -> None:
        judged(2026, 1, 1)
        released(2026, 1, 5, until=until)
        assert judged(2026, 4, 1)[Q1][0] == state

    def test_ends_by_itself(self, judged, released) -> None:
        judged(2026, 1, 1)
        released(2026, 1, 5, until=date(2026, 3, 31))
        judged(2026, 4, 1)
        assert judged(2026, 7, 1)[Q2][0] == "overdue"

    def test_takes_effect_at_once_and_for_what_is_overdue_too(self, judged, released, street, own) -> None:
        judged(2026, 1, 1)
        judged(2026, 4, 1)
        released(2026, 4, 2, until=date(2026, 4, 30))
        with street() as session:
            assert rows_of(session, own.compound)[Q1][0] == "exempted"

    def test_withdrawn_what_is_open_is_owed_again_and_what_is_settled_stays(
        self, judged, released, street, own, quarterly
    ) -> None:
        from tests.obligations.conftest import declared

        judged(2026, 1, 1)
        exemption_id = released(2026, 1, 5, until=date(2026, 12, 31))
        judged(2026, 4, 1)
        with declared(("core", quarterly)), at(2026, 4, 2), street() as session:
            withdraw_exemption(session, SYSTEM, exemption_id, ExemptionWithdrawal(reason="改造完成", version=1))
            found = rows_of(session, own.compound)
        assert (found[Q1][0], found[Q2][0]) == ("exempted", "due")


class TestOccasions:
    @pytest.fixture
    def filing(self, desk) -> Obligation:
        return Obligation(
            name="core.filing",
            title="备案",
            rhythm="after",
            within=THIRTY_DAYS,
            evidence=desk.look,
            occasions=desk.look_for_occasions,
        )

    @pytest.mark.parametrize(
        ("day", "state"), [((2026, 1, 30), "due"), ((2026, 1, 31), "due"), ((2026, 2, 1), "overdue")]
    )
    def test_the_deadline_runs_from_the_day_after(self, judged, own, desk, filing, day, state) -> None:
        desk.occasions = [Occasion(place=own.compound, key="e1", day=date(2026, 1, 1), title="选举结果产生")]
        judged(2026, 1, 1, obligation=filing)
        assert judged(*day, obligation=filing)["occasion:e1"][0] == state

    def test_evidence_answers_its_own_occasion(self, judged, own, desk, filing) -> None:
        desk.occasions = [
            Occasion(place=own.compound, key=key, day=date(2026, 1, 1), title="选举结果产生") for key in ("e1", "e2")
        ]
        desk.did(own.compound, date(2026, 1, 9), occasion="e2")
        found = judged(2026, 1, 10, obligation=filing)
        assert (found["occasion:e1"][0], found["occasion:e2"][0]) == ("due", "fulfilled")

    def test_those_that_are_settled_are_not_asked_for_again(self, judged, own, desk, filing) -> None:
        for n in range(1, 4):
            key, day = f"e{n}", date(2026, 1, n)
            desk.occasions.append(Occasion(place=own.compound, key=key, day=day, title="选举结果产生"))
            desk.did(own.compound, day, occasion=key)
        judged(2026, 1, 4, obligation=filing)
        settled = judged(2026, 3, 1, obligation=filing)
        assert judged(2026, 3, 2, obligation=filing) == settled
        assert [state for state, _reason in settled.values()] == ["fulfilled"] * 3

    def test_what_is_overdue_is_shown_though_a_later_one_is_done_in_time(
        self, judged, street, own, desk, filing
    ) -> None:
        desk.occasions = [
            Occasion(place=own.compound, key=key, day=day, title="选举结果产生")
            for key, day in (("e1", date(2026, 1, 1)), ("e2", date(2026, 1, 30)))
        ]
        judged(2026, 1, 30, obligation=filing)
        desk.did(own.compound, date(2026, 1, 31), occasion="e2")
        judged(2026, 2, 5, obligation=filing)
        with street() as session:
            shown = select(ObligationRecord.period).where(ObligationRecord.is_shown)
            assert list(session.scalars(shown)) == ["occasion:e1"]

    def test_what_happened_before_the_compound_was_there_asks_for_nothing(self, judged, own, desk, filing) -> None:
        desk.occasions = [Occasion(place=own.compound, key="e0", day=date(2019, 12, 31), title="选举结果产生")]
        assert judged(2020, 1, 2, obligation=filing) == {}

    def test_an_occasion_that_is_undone_asks_for_nothing(self, judged, own, desk, filing) -> None:
        desk.occasions = [Occasion(place=own.compound, key="e1", day=date(2026, 1, 1), title="选举结果产生")]
        judged(2026, 1, 1, obligation=filing)
        desk.occasions = []
        assert judged(2026, 1, 2, obligation=filing)["occasion:e1"] == ("not_applicable", "gone")

    def test_a_term_ends_with_the_day_before_its_return(self, judged, own, desk, filing) -> None:
        term = replace(filing, name="core.election", rhythm="term", within="", every=QUARTERLY)
        desk.occasions = [Occasion(place=own.compound, key="t1", day=date(2026, 1, 15), title="本届任期开始")]
        judged(2026, 1, 15, obligation=term)
        assert judged(2026, 4, 14, obligation=term)["occasion:t1"][0] == "due"
        assert judged(2026, 4, 15, obligation=term)["occasion:t1"][0] == "overdue"


class TestAgain:
    def test_a_second_run_changes_nothing(self, street, own, quarterly, desk) -> None:
        desk.did(own.compound, date(2026, 1, 1))

        def everything(session):
            columns = "id, period, state, reason, due_on, is_shown, settled_at, evidence, rules"
            rows = session.execute(text(f"SELECT {columns} FROM core.obligation_record ORDER BY id")).all()
            return rows, session.execute(text("SELECT * FROM core.obligation_tally ORDER BY id")).all()

        with at(2026, 1, 1), street() as session:
            first = judge_community(session, own.id, obligations=[("core", quarterly)])
            before = everything(session)
            again = judge_community(session, own.id, obligations=[("core", quarterly)])
            assert everything(session) == before
        assert (first.changed, again.changed) == (1, 0)

    def test_a_board_shows_one_row_of_each_duty(self, judged, street) -> None:
        judged(2026, 1, 1)
        judged(2026, 10, 5)
        with street() as session:
            shown = session.scalars(select(ObligationRecord.period).where(ObligationRecord.is_shown)).all()
        # Missed long ago, missed again, and running: what is due first stays in sight.
        assert shown == [Q1]

    def test_done_in_the_running_period_it_is_green_whatever_came_before(self, judged, street, own, desk) -> None:
        judged(2026, 1, 1)
        desk.did(own.compound, date(2026, 4, 2))
        judged(2026, 4, 3)
        with street() as session:
            row = session.scalars(select(ObligationRecord).where(ObligationRecord.is_shown)).one()
            assert (row.period, row.state) == (Q2, "fulfilled")

    def test_the_sums_agree_with_the_rows(self, judged, street) -> None:
        judged(2026, 1, 1)
        judged(2026, 4, 1)
        with street() as session:
            sums = {row.first_day.month: (row.overdue, row.due) for row in session.scalars(select(ObligationTally))}
        assert sums == {1: (1, 0), 4: (0, 1)}


class TestWalls:
    def test_evidence_of_places_that_nobody_asked_about_is_dropped(self, judged, world, desk, street) -> None:
        desk.did(world.there.communities[0].compound, date(2026, 1, 1))
        desk.did(world.here.communities[1].compound, date(2026, 1, 1))
        assert judged(2026, 1, 1)[Q1][0] == "due"
        with street() as session:
            assert session.scalar(select(func.count()).select_from(ObligationRecord)) == 1

    def test_rows_stay_within_their_community_and_street(self, judged, open_session, world) -> None:
        judged(2026, 1, 1)
        for stranger in (world.here.communities[1].scope, world.there.scope):
            with open_session(stranger) as session:
                assert session.scalars(select(ObligationRecord)).all() == []
                assert session.scalars(select(ObligationTally)).all() == []
        with open_session(world.here.communities[0].scope) as session:
            assert len(session.scalars(select(ObligationRecord)).all()) == 1

    def test_the_community_judges_itself_within_its_wall(self, open_session, own, quarterly, street) -> None:
        with at(2026, 1, 1), open_session(own.scope) as session:
            assert judge_community(session, own.id, obligations=[("core", quarterly)]).looked_at == 1

    def test_a_communitys_own_duty(self, street, own, quarterly, desk) -> None:
        duty = replace(quarterly, level="community")
        with at(2026, 1, 1), street() as session:
            judge_community(session, own.id, obligations=[("core", duty)])
            row = session.scalars(select(ObligationRecord)).one()
            assert (row.community_id, row.compound_id) == (own.id, None)
            judge_community(session, own.id, obligations=[("core", duty)])
        assert desk.asked[0][0] == (own.id,)


def test_the_queries_do_not_grow_with_the_compounds(street, own, quarterly, desk) -> None:
    def judge(compounds: int) -> int:
        asked: list[str] = []
        with at(2026, 1, 1), street() as session:
            for n in range(compounds):
                session.execute(
                    text("INSERT INTO core.compound (community_id, name, created_at) VALUES (:c, :n, '2020-01-01')"),
                    {"c": own.id, "n": f"小区{compounds}-{n}"},
                )
            desk.asked.clear()
            connection = session.connection()
            listen = lambda *given: asked.append(given[2])  # noqa: E731 removed again below
            event.listen(connection, "before_cursor_execute", listen)
            judge_community(session, own.id, obligations=[("core", quarterly)])
            event.remove(connection, "before_cursor_execute", listen)
        assert len(desk.asked) == 1
        return len([each for each in asked if each.lstrip().startswith("SELECT")])

    few, many = judge(2), judge(40)
    assert many == few <= 20
