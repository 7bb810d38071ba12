"""Who sees what on the board."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from linli.sdk import PUBLIC, SYSTEM, Actor, Invalid, NotFound, Unauthenticated, today
from linli.testing.choices import set_setting
from linli.testing.clock import frozen
from linli_notices import board, publishing, service
from linli_notices.closing import close_notice
from linli_notices.models import NoticeReadership
from linli_notices.objections import filing
from linli_notices.objections.schemas import ObjectionCreate
from linli_notices.repository import BoardCursor, Filter


def seen(session, actor, community, **wanted) -> set[UUID]:
    return {each.id for each in board.read_board(session, actor, community.id, Filter(**wanted)).notices}


@pytest.fixture
def places(world):
    return world.here.communities[0]


class TestAudience:
    def test_each_reader_sees_what_concerns_them(self, open_session, places, make_notice, staff, resident) -> None:
        own = places
        with open_session(own.scope) as session:
            sibling = session.scalar(
                text("INSERT INTO core.compound (community_id, name) VALUES (:c, '二号院') RETURNING id"), {"c": own.id}
            )
            other = session.scalar(
                text(
                    "INSERT INTO core.building (community_id, compound_id, name) VALUES (:c, :p, '9号楼') RETURNING id"
                ),
                {"c": own.id, "p": own.compound},
            )
            everybody = make_notice(session, own.id).id
            public = make_notice(session, own.id, is_public=True).id
            mine = make_notice(session, own.id, compound_id=own.compound, building_id=own.building).id
            next_door = make_notice(session, own.id, compound_id=own.compound, building_id=other).id
            elsewhere = make_notice(session, own.id, compound_id=sibling).id
            open_elsewhere = make_notice(session, own.id, compound_id=sibling, is_public=True).id

            opened = {public, open_elsewhere}
            assert seen(session, PUBLIC, own) == opened
            assert seen(session, Actor(account_id=UUID(int=9)), own) == opened
            assert seen(session, resident(own), own) == opened | {everybody, mine}
            administrator = staff("community_administrator", community_id=own.id)
            assert seen(session, administrator, own) == opened | {everybody, mine, next_door, elsewhere}
            chair = staff("committee_chair", community_id=own.id, compound_id=own.compound)
            assert seen(session, chair, own) == opened | {everybody, mine, next_door}
            with pytest.raises(NotFound):
                board.read_notice(session, resident(own), own.id, elsewhere)
            with pytest.raises(NotFound):
                board.read_notice(session, PUBLIC, own.id, everybody)

    def test_a_home_that_was_left_opens_nothing(self, open_session, places, make_notice, resident) -> None:
        own = places
        with open_session(own.scope) as session:
            mine = make_notice(session, own.id, compound_id=own.compound).id
            person = resident(own)
            assert mine in seen(session, person, own)
            session.execute(
                text("UPDATE core.ownership SET ended_on = :day WHERE resident_id = :r"),
                {"day": today(), "r": own.residents[0]},
            )
            moved_out = Actor(
                account_id=person.account_id, grants=person.grants, resident_ids=person.resident_ids, household_ids=()
            )
            assert mine not in seen(session, moved_out, own)

    def test_the_streets_notice_is_on_every_board_of_the_street_and_on_no_other(
        self, open_session, world, make_notice
    ) -> None:
        with open_session(world.here.scope) as session:
            notice = make_notice(session, None, is_public=True).id
        for community in world.here.communities:
            with open_session(community.scope) as session:
                assert seen(session, PUBLIC, community) == {notice}
        stranger = world.there.communities[0]
        with open_session(stranger.scope) as session:
            assert seen(session, PUBLIC, stranger) == set()
            with pytest.raises(NotFound):
                board.read_notice(session, PUBLIC, stranger.id, notice)

    def test_a_community_may_ask_readers_to_sign_in(self, open_session, places, make_notice, resident) -> None:
        own = places
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, is_public=True)
            set_setting(session, SYSTEM, "notices", "public_page", value=False, community_id=own.id)
            with pytest.raises(Unauthenticated):
                board.read_board(session, PUBLIC, own.id)
            with pytest.raises(Unauthenticated):
                board.read_notice(session, PUBLIC, own.id, notice.id)
            assert seen(session, resident(own), own) == {notice.id}


class TestDays:
    def test_nobody_reads_a_draft_or_what_is_still_to_come(self, open_session, places, make_notice) -> None:
        own = places
        with open_session(own.scope) as session:
            draft = make_notice(session, own.id, publish=False)
            coming = make_notice(session, own.id, posting_from=today() + timedelta(days=1))
            assert seen(session, SYSTEM, own) == set()
            for hidden in (draft, coming):
                with pytest.raises(NotFound):
                    board.read_notice(session, SYSTEM, own.id, hidden.id)

    def test_closed_ones_are_found_among_the_closed_ones(self, open_session, places, make_notice, resident) -> None:
        own = places
        with open_session(own.scope) as session:
            with frozen(datetime(2026, 3, 1, tzinfo=UTC)):
                old = make_notice(session, own.id, kind="posting", posting_to=date(2026, 3, 5))
            with frozen(datetime(2026, 4, 1, tzinfo=UTC)):
                assert seen(session, resident(own), own) == set()
                assert seen(session, resident(own), own, status="closed") == {old.id}
                assert board.read_notice(session, resident(own), own.id, old.id).notice.status == "closed"

    def test_a_withdrawn_one_leaves_the_board_and_tells_why_under_its_address(
        self, open_session, places, make_notice, resident
    ) -> None:
        own = places
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, body="旧内容")
            publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "时间有误")
            assert seen(session, resident(own), own) == set()
            reading = board.read_notice(session, resident(own), own.id, notice.id)
        assert (reading.withdraw_reason, reading.notice.body_html, reading.may_confirm) == ("时间有误", "", False)


class TestReaders:
    def test_a_resident_counts_once_and_staff_not_at_all(
        self, open_session, places, make_notice, staff, resident
    ) -> None:
        own = places
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, is_public=True)
            person = resident(own)
            assert board.read_notice(session, person, own.id, notice.id).may_confirm
            assert board.confirm_read(session, person, own.id, notice.id)
            assert not board.confirm_read(session, person, own.id, notice.id)
            for other in (PUBLIC, staff("community_administrator", community_id=own.id)):
                assert not board.confirm_read(session, other, own.id, notice.id)
            assert board.read_notice(session, person, own.id, notice.id).has_read
            assert service.get_notice(session, SYSTEM, own.id, notice.id).readers == 1

    def test_readers_of_the_streets_notice_are_summed_for_the_street(
        self, open_session, world, make_notice, resident
    ) -> None:
        with open_session(world.here.scope) as session:
            notice = make_notice(session, None)
        for community in world.here.communities:
            with open_session(community.scope) as session:
                assert board.confirm_read(session, resident(community), community.id, notice.id)
                assert session.scalars(select(NoticeReadership.community_id)).all() == [community.id]
        with open_session(world.here.scope) as session:
            assert service.get_notice(session, SYSTEM, None, notice.id).readers == 2


class TestPages:
    def test_pinned_ones_stand_first_and_pages_lose_nothing(self, open_session, places, make_notice) -> None:
        own = places
        with open_session(own.scope) as session:
            with frozen(datetime(2026, 3, 1, tzinfo=UTC)):
                pinned = make_notice(session, own.id, is_pinned=True)
            with frozen(datetime(2026, 3, 2, tzinfo=UTC)):
                made = {make_notice(session, own.id, title=f"第{n}号").id for n in range(52)}
                first = board.read_board(session, SYSTEM, own.id)
                second = board.read_board(session, SYSTEM, own.id, after=first.next)
        assert first.notices[0].id == pinned.id
        assert (len(first.notices), len(second.notices), second.next) == (50, 3, "")
        assert {each.id for each in [*first.notices, *second.notices]} == made | {pinned.id}

    @pytest.mark.parametrize("broken", ["x", "1.2.3", "1.2026-01-01.nothing", "x.2026-01-01." + "0" * 32])
    def test_a_broken_mark_is_refused(self, broken) -> None:
        with pytest.raises(Invalid):
            BoardCursor.parse(broken)


@pytest.mark.requirement("NOT-010")
def test_an_election_result_hangs_for_its_days_where_residents_may_object(
    open_session, places, make_notice, resident
) -> None:
    own = places
    with open_session(own.scope) as session:
        notice = make_notice(session, own.id, title="选举结果公示", body="计票结果如下。", category="election_result")
        assert (notice.kind, notice.allows_objections) == ("posting", True)
        assert notice.posting_to == today() + timedelta(days=7)
        data = ObjectionCreate(kind="objection", body="请公布计票过程")
        row = filing.file_objection(session, resident(own), own.id, notice.id, data)
        assert seen(session, resident(own), own) == {notice.id}
        with frozen(datetime.now(UTC) + timedelta(days=7)):
            assert seen(session, resident(own), own) == {notice.id}, "its last day"
        with frozen(datetime.now(UTC) + timedelta(days=8)):
            assert seen(session, resident(own), own) == set()
            assert seen(session, resident(own), own, status="closed") == {notice.id}, "kept for who looks later"
            snapshot = close_notice(session, notice.id)
            assert snapshot is not None
            assert str(row.id) in snapshot.content.decode(), "what was said against it stands in the record"
