"""Rankings: drafted, looked at, published with a notice, taken back and put right; definitions with their versions."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import select

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli.testing.choices import settle_rule
from linli_notices.models import Notice
from linli_waste_sorting.indicators import definitions, figures, ranking_list, rankings, ranks, sets
from linli_waste_sorting.indicators.definition_pages import preview_of
from linli_waste_sorting.indicators.models import IndicatorSet, Ranking
from linli_waste_sorting.indicators.rule_keys import LEAST_HOUSEHOLDS, LEAST_WEIGHT, PRESET_WEIGHTS
from linli_waste_sorting.indicators.schemas import IndicatorSetWrite
from linli_waste_sorting.weights.ledger import Month, month_of


@pytest.fixture
def last() -> Month:
    """The month before this one."""
    return month_of(today()).before


@pytest.fixture
def noted(note, last):
    """Notes a month's kitchen and residual waste of a community, so that a quarter was sorted out."""

    def write(session, community, month: Month = last, kitchen: str = "25") -> None:
        note(session, community, kitchen, day=month.first, confirmed=True)
        note(session, community, "75", day=month.first, category="other", confirmed=True)

    return write


def publish(session, community_id, month: Month, subject: str) -> Ranking:
    row = rankings.draft_ranking(session, SYSTEM, community_id, month, subject)
    rankings.review_ranking(session, SYSTEM, community_id, row.id, row.version)
    return rankings.publish_ranking(session, SYSTEM, community_id, row.id, row.version)


def easy(session) -> None:
    """Let the separation rate alone be enough for a place."""
    settle_rule(session, LEAST_WEIGHT, 30)


class TestTheWay:
    def test_a_ranking_is_drafted_looked_at_and_published(self, open_session, world, own, last, noted) -> None:
        with open_session(world.here.scope) as session:
            easy(session)
            noted(session, own)
            row = publish(session, None, last, "communities")
            [line] = ranks.read(row.lines)
            assert (line.place_id, line.rank, line.score) == (own.id, 1, "100.0")
            assert line.values["separation"] == "25.0"
            assert line.values["accuracy"] is None
            notice = session.get(Notice, (own.tenant_id, row.notice_id))
            assert (notice.state, notice.is_public, notice.community_id) == ("published", True, None)
            assert own.name in notice.body_text
            assert figures.is_frozen(session, own.id, last)

    def test_nothing_is_published_that_nobody_has_looked_at(self, open_session, world, own, last, noted) -> None:
        with open_session(world.here.scope) as session:
            noted(session, own)
            row = rankings.draft_ranking(session, SYSTEM, None, last, "communities")
            with pytest.raises(Conflict):
                rankings.publish_ranking(session, SYSTEM, None, row.id, row.version)
            rankings.review_ranking(session, SYSTEM, None, row.id, row.version)
            with pytest.raises(Conflict):
                rankings.publish_ranking(session, SYSTEM, None, row.id, row.version - 1)

    def test_what_changed_since_it_was_looked_at_is_looked_at_again(
        self, open_session, world, own, last, noted
    ) -> None:
        with open_session(world.here.scope) as session:
            noted(session, own)
            row = rankings.draft_ranking(session, SYSTEM, None, last, "communities")
            rankings.review_ranking(session, SYSTEM, None, row.id, row.version)
            noted(session, own, kitchen="99")
            with pytest.raises(Conflict):
                rankings.publish_ranking(session, SYSTEM, None, row.id, row.version)
            assert not figures.is_frozen(session, own.id, last)
            rankings.refresh_ranking(session, SYSTEM, None, row.id)
            assert (row.state, row.reviewed_at) == ("draft", None)
            rankings.review_ranking(session, SYSTEM, None, row.id, row.version)
            rankings.publish_ranking(session, SYSTEM, None, row.id, row.version)

    def test_a_published_one_is_withdrawn_and_put_right_and_both_can_be_read(
        self, open_session, world, own, last, noted
    ) -> None:
        with open_session(world.here.scope) as session:
            easy(session)
            noted(session, own)
            first = publish(session, None, last, "communities")
            before = msgspec.json.encode(first.lines)
            with pytest.raises(Conflict):
                rankings.refresh_ranking(session, SYSTEM, None, first.id)
            with pytest.raises(Invalid):
                rankings.withdraw_ranking(session, SYSTEM, None, first.id, " ")
            rankings.withdraw_ranking(session, SYSTEM, None, first.id, "漏了一车")
            assert not figures.is_frozen(session, own.id, last)
            noted(session, own, kitchen="1")
            second = publish(session, None, last, "communities")
            assert second.replaces_id == first.id
            assert msgspec.json.encode(first.lines) == before
            assert ranks.read(second.lines)[0].values["separation"] == "14.8"
            old, new = (session.get(Notice, (own.tenant_id, each.notice_id)) for each in (first, second))
            assert (old.state, old.withdraw_reason) == ("withdrawn", "漏了一车")
            assert new.corrects_id == old.id
            assert "更正" in new.title

    def test_figures_stay_frozen_while_another_ranking_rests_on_them(
        self, open_session, world, own, last, noted
    ) -> None:
        with open_session(world.here.scope) as session:
            noted(session, own)
            street = publish(session, None, last, "communities")
            mine = publish(session, own.id, last, "compounds")
            rankings.withdraw_ranking(session, SYSTEM, own.id, mine.id, "错")
            assert figures.is_frozen(session, own.id, last)
            rankings.withdraw_ranking(session, SYSTEM, None, street.id, "错")
            assert not figures.is_frozen(session, own.id, last)

    def test_a_month_has_one_of_each_and_has_to_be_over(self, open_session, own, last) -> None:
        with open_session(own.scope) as session:
            rankings.draft_ranking(session, SYSTEM, own.id, last, "compounds")
            rankings.draft_ranking(session, SYSTEM, own.id, last, "buildings")
            with pytest.raises(Conflict):
                rankings.draft_ranking(session, SYSTEM, own.id, last, "compounds")
            for month, subject, field in (
                (last.after, "compounds", "month"),
                (last.before, "communities", "subject"),
            ):
                with pytest.raises(Invalid) as error:
                    rankings.draft_ranking(session, SYSTEM, own.id, month, subject)
                assert [each.field for each in error.value.errors] == [field]

    def test_too_few_households_are_named_and_nothing_of_them_told(self, open_session, world, own, last, walk) -> None:
        with open_session(own.scope) as session:
            walk(session, own, last.first, ("correct", 0), ("correct", 1), ("wrong", 2))
            row = rankings.draft_ranking(session, SYSTEM, own.id, last, "buildings")
            [line] = ranks.read(row.lines)
            assert (line.why, line.values, line.amounts) == ("few", {}, {})
        with open_session(world.here.scope) as session:
            settle_rule(session, LEAST_HOUSEHOLDS, 3)
            rankings.refresh_ranking(session, SYSTEM, own.id, row.id)
            [line] = ranks.read(session.get(Ranking, (own.tenant_id, row.id)).lines)
            assert (line.why, line.rank, line.values["accuracy"]) == ("", 1, "66.7")


class TestWho:
    def test_a_community_ranks_its_own_and_the_street_its_communities(
        self, open_session, world, own, last, staff
    ) -> None:
        with open_session(world.here.scope) as session:
            for community_id, subject in ((None, "communities"), (own.id, "compounds")):
                with pytest.raises(Forbidden):
                    rankings.draft_ranking(session, staff("auditor", own), community_id, last, subject)

    def test_another_community_and_another_street_find_none(self, open_session, world, own, last) -> None:
        with open_session(own.scope) as session:
            row = rankings.draft_ranking(session, SYSTEM, own.id, last, "compounds")
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session, pytest.raises(NotFound):
                rankings.get_ranking(session, other.id, row.id)

    def test_residents_read_what_was_published_and_what_was_taken_back(
        self, open_session, world, own, last, noted
    ) -> None:
        with open_session(world.here.scope) as session:
            noted(session, own)
            street = publish(session, None, last, "communities")
            draft = rankings.draft_ranking(session, SYSTEM, own.id, last, "compounds")
            rows, _following = ranking_list.page_of_published(session, own.id)
            assert [row.id for row in rows] == [street.id]
            with pytest.raises(NotFound):
                rankings.get_published(session, own.id, draft.id)
            rankings.withdraw_ranking(session, SYSTEM, None, street.id, "错")
            assert rankings.get_published(session, own.id, street.id).withdraw_reason == "错"


class TestDefinitions:
    def test_presets_have_their_weights_by_rule(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            mentougou = definitions.preset_of(session, "mentougou")
            assert [each.weight for each in mentougou] == [30, 10, 30, 30]
            for name in PRESET_WEIGHTS:
                definitions.check_set(definitions.preset_of(session, name))

    def test_a_change_is_a_new_version_and_a_published_ranking_keeps_its_own(
        self, open_session, world, own, last, noted
    ) -> None:
        with open_session(world.here.scope) as session:
            easy(session)
            noted(session, own)
            row = publish(session, None, last, "communities")
            kept = definitions.read(row.indicators)
            sets.use_preset(session, SYSTEM, "mentougou")
            held = sets.standing(session)
            assert (held.number, len(held.terms.indicators)) == (1, 4)
            changed = [msgspec.structs.replace(each, target=Decimal(30)) for each in held.terms.indicators]
            sets.save_set(session, SYSTEM, IndicatorSetWrite(indicators=changed, note="提高", number=1))
            assert sets.standing(session).number == 2
            assert definitions.read(row.indicators) == kept
            assert (row.set_number, len(kept)) == (0, 5)
            assert [each.preset for each in session.scalars(select(IndicatorSet).order_by(IndicatorSet.number))] == [
                "mentougou",
                "",
            ]

    def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            held = sets.standing(session)
            data = IndicatorSetWrite(indicators=list(held.terms.indicators), number=held.number)
            sets.save_set(session, SYSTEM, data)
            with pytest.raises(Conflict):
                sets.save_set(session, SYSTEM, data)

    def test_a_preview_shows_the_places_then_and_keeps_nothing(self, open_session, world, own, last, noted) -> None:
        with open_session(world.here.scope) as session:
            easy(session)
            noted(session, own, kitchen="10")
            figures.compute(session, own.id, last)
            wanted = [
                msgspec.structs.replace(each, target=Decimal("11.7") if each.code == "separation" else each.target)
                for each in sets.standing(session).terms.indicators
            ]
            [line] = preview_of(session, last, wanted)
            assert (line.score_now, line.score_then) == ("58.8", "100.0")
            assert sets.standing(session).number == 0

    def test_the_community_changes_none(self, open_session, own, staff) -> None:
        with open_session(own.scope) as session, pytest.raises(Forbidden):
            sets.use_preset(session, staff("community_administrator", own), "common")
