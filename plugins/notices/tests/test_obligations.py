"""The duty to post accounts: which postings count, for whom, and until when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from linli.sdk import SYSTEM, Span, today
from linli_notices.models import Notice
from linli_notices.obligations import posted_accounts
from linli_notices.publishing import withdraw_notice

ACCOUNTS = {"category": "accounts", "kind": "posting", "title": "第三季度收支", "body": "收入和支出。"}


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def found(open_session, world):
    """What counts for compounds, within the street's wall: compound to titles."""

    def look(*places, days: int = 1, scope=None):
        span = Span(today() - timedelta(days=days), today())
        with open_session(scope or world.here.scope) as session:
            return [(each.place, each.title, each.day) for each in posted_accounts(session, places, span)]

    return look


def test_a_posting_for_the_whole_community_counts_for_each_compound(open_session, own, make_notice, found) -> None:
    with open_session(own.scope) as session:
        make_notice(session, own.id, **ACCOUNTS, posting_to=today() + timedelta(days=15))
    assert found(own.compound) == [(own.compound, "第三季度收支", today())]


def test_one_for_a_compound_counts_there_alone(open_session, world, own, make_notice, found) -> None:
    with open_session(own.scope) as session:
        session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, '另一个')"), {"c": own.id})
        other = session.scalar(text("SELECT id FROM core.compound WHERE name = '另一个'"))
        to = today() + timedelta(days=15)
        make_notice(session, own.id, **ACCOUNTS, posting_to=to, compound_id=own.compound)
    assert [place for place, _title, _day in found(own.compound, other)] == [own.compound]


def test_neither_drafts_nor_other_categories_nor_withdrawn_ones_count(open_session, own, make_notice, found) -> None:
    with open_session(own.scope) as session:
        to = today() + timedelta(days=15)
        make_notice(session, own.id, **ACCOUNTS, posting_to=to, publish=False)
        make_notice(session, own.id, **{**ACCOUNTS, "category": "decision"}, posting_to=to)
        gone = make_notice(session, own.id, **ACCOUNTS, posting_to=to)
        withdraw_notice(session, SYSTEM, own.id, gone.id, "数字有误")
    assert found(own.compound) == []


@pytest.mark.parametrize(("shown_from", "counts"), [(-2, False), (-1, True), (0, True), (1, False)])
def test_the_first_day_on_which_it_shows_counts(open_session, own, make_notice, found, shown_from, counts) -> None:
    with open_session(own.scope) as session:
        notice = make_notice(session, own.id, **ACCOUNTS, posting_to=today() + timedelta(days=15))
        row = session.get_one(Notice, (own.tenant_id, notice.id))
        row.posting_from = today() + timedelta(days=shown_from)
    assert bool(found(own.compound)) is counts


def test_nothing_of_a_neighbour_or_another_street(open_session, world, own, make_notice, found) -> None:
    there, next_door = world.there.communities[0], world.here.communities[1]
    for place in (there, next_door):
        with open_session(place.scope) as session:
            make_notice(session, place.id, **ACCOUNTS, posting_to=today() + timedelta(days=15))
    assert found(own.compound, there.compound) == []
    assert found(own.compound, next_door.compound, scope=own.scope) == []


def test_two_queries_however_many_compounds(open_session, world) -> None:
    places = [each.compound for each in world.here.communities] * 50
    asked: list[str] = []
    with open_session(world.here.scope) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        list(posted_accounts(session, places, Span(date(2026, 1, 1), date(2026, 3, 31))))
    assert len([each for each in asked if " FROM " in each.replace("\n", " ")]) == 2


def test_publishing_and_withdrawing_have_the_duties_judged_once(open_session, own, make_notice) -> None:
    with open_session(own.scope) as session:
        notice = make_notice(session, own.id, **ACCOUNTS, posting_to=today() + timedelta(days=15))
        withdraw_notice(session, SYSTEM, own.id, notice.id, "数字有误")
    with open_session(own.scope) as session:
        jobs = session.scalar(text("SELECT count(*) FROM core.job WHERE task = 'core.judge_obligations'"))
    assert jobs == 1
