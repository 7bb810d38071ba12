"""How far a notice reached, and who hears of objections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from linli.sdk import NotFound, new_id, today
from linli_notices import board, reach
from linli_notices.objections import answering, filing
from linli_notices.objections.schemas import ObjectionAnswer, ObjectionCreate


@pytest.fixture
def own(world):
    return world.here.communities[0]


def told(session, kind: str) -> list[tuple]:
    rows = session.execute(
        text("SELECT account_id, resident_id, link FROM core.notification WHERE kind = :kind ORDER BY id"),
        {"kind": kind},
    )
    return [tuple(row) for row in rows]


class TestByBuilding:
    def test_readers_and_households_are_counted_once(self, open_session, own, make_notice, staff, resident) -> None:
        office = staff("community_administrator", community_id=own.id)
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id)
            before = reach.reach_by_building(session, office, own.id, notice).whole
            assert (before.readers, before.households_reached) == (0, 0)
            assert before.households > 1
            for _click in range(2):
                board.confirm_read(session, resident(own), own.id, notice.id)
            page = reach.reach_by_building(session, office, own.id, notice)
            assert (page.whole.readers, page.whole.households_reached) == (1, 1)
            assert sum(each.households for each in page.compounds) == page.whole.households == before.households
            left, following = reach.unreached(session, office, own.id, notice)
            assert (len(left), following) == (before.households - 1, None)
            assert all("测试居民" not in name for each in left for name in each.names)

    def test_pages_of_households_leave_none_out(self, open_session, own, make_notice, staff) -> None:
        office = staff("community_administrator", community_id=own.id)
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id)
            everybody = [each.dwelling_id for each in reach.unreached(session, office, own.id, notice)[0]]
            seen, after = [], None
            while True:
                page, after = reach.unreached(session, office, own.id, notice, after=after, limit=1)
                seen += [each.dwelling_id for each in page]
                if after is None:
                    break
            assert seen == everybody

    def test_only_the_buildings_within_reach(self, open_session, own, make_notice, staff) -> None:
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id)
            stranger = staff("building_steward", community_id=own.id, compound_id=own.compound, building_id=new_id())
            assert reach.reach_by_building(session, stranger, own.id, notice).buildings == []
            assert reach.unreached(session, stranger, own.id, notice)[0] == []
            with pytest.raises(NotFound):
                reach.find_reached(session, staff("resident", community_id=own.id), own.id, notice.id)

    def test_another_community_and_street_see_nothing_of_it(
        self, open_session, world, own, make_notice, staff, resident
    ) -> None:
        with open_session(world.here.scope) as session:
            notice_id = make_notice(session, None).id
        with open_session(own.scope) as session:
            board.confirm_read(session, resident(own), own.id, notice_id)
        other = world.here.communities[1]
        with open_session(other.scope) as session:
            office = staff("community_administrator", community_id=other.id)
            notice = reach.find_reached(session, office, other.id, notice_id)
            assert reach.reach_by_building(session, office, other.id, notice).whole.readers == 0
        there = world.there.communities[0]
        with open_session(there.scope) as session, pytest.raises(NotFound):
            reach.find_reached(session, staff("community_administrator", community_id=there.id), there.id, notice_id)


class TestTelling:
    def test_staff_hear_of_it_and_whoever_filed_it_of_the_answer(
        self, open_session, own, make_notice, staff, resident
    ) -> None:
        with open_session(own.scope) as session:
            notice = make_notice(
                session, own.id, kind="posting", allows_objections=True, posting_to=today() + timedelta(days=3)
            )
            person = resident(own)
            row = filing.file_objection(session, person, own.id, notice.id, ObjectionCreate(body="不同意"))
            filing.file_objection(session, person, own.id, notice.id, ObjectionCreate(body="不同意"))
            [(account, _resident, link)] = told(session, "notices.objection_filed")
            assert account == own.administrator
            assert link.endswith(f"/admin/notices/objections/{row.id}")
            assert told(session, "notices.objection_answered") == []
            given = ObjectionAnswer(version=row.version, answer="已改", outcome="accepted")
            office = staff("community_administrator", community_id=own.id)
            for _click in range(2):
                answering.answer_objection(session, office, own.id, row.id, given)
            [(account, resident_id, link)] = told(session, "notices.objection_answered")
            assert (account, resident_id) == (own.resident_account, own.residents[0])
            assert link.endswith(f"/notices/{notice.id}/objections/{row.id}")
