"""The life of a notice, and the days on which it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli.testing.clock import frozen
from linli_notices import publishing, service
from linli_notices.models import Notice
from linli_notices.repository import Filter, status_of
from linli_notices.schemas import NoticeCreate, NoticeUpdate


def at(day: date, hour: int = 12) -> datetime:
    """Noon in Shanghai, or another hour of it."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 8)


def faults(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {fault.field for fault in error.value.errors}


class TestWalls:
    def test_another_street_and_another_community_do_not_see_a_notice(self, open_session, world, make_notice) -> None:
        own, sibling = world.here.communities
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id)
            assert service.get_notice(session, SYSTEM, own.id, notice.id).title == "停水通知"
        for stranger in (sibling, world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert service.list_notices(session, SYSTEM, stranger.id, Filter())[0] == []
                with pytest.raises(NotFound):
                    service.get_notice(session, SYSTEM, stranger.id, notice.id)
                with pytest.raises(NotFound):
                    service.get_notice(session, SYSTEM, own.id, notice.id)

    def test_a_streets_notice_is_managed_by_the_street_alone(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(world.here.scope) as session:
            notice = make_notice(session, None)
        with open_session(own.scope) as session, pytest.raises(NotFound):
            publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "试试")
        with open_session(world.here.scope) as session:
            assert [each.id for each in service.list_notices(session, SYSTEM, None, Filter())[0]] == [notice.id]

    def test_a_community_administrator_cannot_list_the_streets_notices(self, open_session, world, staff) -> None:
        own = world.here.communities[0]
        with open_session(world.here.scope) as session, pytest.raises(Forbidden):
            service.list_notices(session, staff("community_administrator", community_id=own.id), None, Filter())

    def test_a_chair_sees_and_writes_for_their_own_compound_alone(
        self, open_session, world, make_notice, staff
    ) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            sibling = session.scalar(
                text("INSERT INTO core.compound (community_id, name) VALUES (:c, '二号院') RETURNING id"), {"c": own.id}
            )
            here = make_notice(session, own.id, compound_id=own.compound)
            there = make_notice(session, own.id, compound_id=sibling)
            make_notice(session, own.id)
            chair = staff("committee_chair", community_id=own.id, compound_id=own.compound)
            listed, _following = service.list_notices(session, chair, own.id, Filter())
            assert [each.id for each in listed] == [here.id]
            with pytest.raises(NotFound):
                publishing.withdraw_notice(session, chair, own.id, there.id, "越界")
            with pytest.raises(Forbidden):
                service.create_notice(session, chair, own.id, NoticeCreate(title="一", body="一"))
            with pytest.raises(Forbidden):
                service.create_notice(session, chair, own.id, NoticeCreate(title="一", body="一", compound_id=sibling))


class TestDrafting:
    def test_each_fault_is_named_and_nothing_is_written(self, open_session, world) -> None:
        own, sibling = world.here.communities
        data = NoticeCreate(
            title="  ",
            body="<p></p>",
            compound_id=sibling.compound,
            posting_from=today() + timedelta(days=3),
            posting_to=today() + timedelta(days=2),
        )
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                service.create_notice(session, SYSTEM, own.id, data)
            assert faults(error) == {"title", "body", "compound_id", "posting_to"}
            assert session.scalar(select(func.count()).select_from(Notice)) == 0

    def test_a_building_belongs_to_its_compound(self, open_session, world) -> None:
        own, sibling = world.here.communities
        with open_session(own.scope) as session:
            for place in (
                {"building_id": own.building},
                {"compound_id": own.compound, "building_id": sibling.building},
            ):
                with pytest.raises(Invalid) as error:
                    service.create_notice(session, SYSTEM, own.id, NoticeCreate(title="一", body="一", **place))
                assert faults(error) == {"building_id"}

    def test_a_slip_of_the_year_is_caught(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        data = NoticeCreate(title="一", body="一", posting_from=date.max, posting_to=date.max)
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                service.create_notice(session, SYSTEM, own.id, data)
            assert faults(error) == {"posting_from", "posting_to"}
            farthest = today() + timedelta(days=3660)
            assert make_notice(session, own.id, publish=False, posting_from=farthest).posting_from == farthest

    def test_a_stale_version_is_refused(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, publish=False)
            seen = notice.version
            service.update_notice(session, SYSTEM, own.id, notice.id, NoticeUpdate(version=seen, title="改过"))
            with pytest.raises(Conflict):
                service.update_notice(session, SYSTEM, own.id, notice.id, NoticeUpdate(version=seen, title="又改"))
            with pytest.raises(Conflict):
                publishing.publish_notice(session, SYSTEM, own.id, notice.id, version=seen)
            assert (notice.title, notice.state, notice.body) == ("改过", "draft", "周三停水。")

    def test_a_draft_may_be_discarded_and_a_published_one_never(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            draft = make_notice(session, own.id, publish=False)
            service.discard_draft(session, SYSTEM, own.id, draft.id)
            with pytest.raises(NotFound):
                service.get_notice(session, SYSTEM, own.id, draft.id)
            published = make_notice(session, own.id)
            with pytest.raises(Conflict):
                service.discard_draft(session, SYSTEM, own.id, published.id)

    def test_the_database_itself_keeps_a_posting_from_having_no_end(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, kind="posting")
            with pytest.raises(Exception, match="ck_notice_published"), session.begin_nested():
                session.execute(text("UPDATE plugin_notices.notice SET posting_to = NULL"))
            assert notice.posting_to is not None


class TestPublishing:
    def test_a_posting_takes_its_days_from_the_setting(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id, kind="posting")
        assert notice.posting_from == today()
        # The day of publishing is not counted (民法典 第201条).
        assert notice.posting_to == today() + timedelta(days=7)

    def test_a_second_click_changes_nothing_and_is_audited_once(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id)
            first = (notice.published_at, notice.version)
        with open_session(own.scope) as session:
            again = publishing.publish_notice(session, SYSTEM, own.id, notice.id, version=1)
            assert (again.published_at, again.version) == first
        with open_session(own.scope) as session:
            acts = session.scalars(
                text("SELECT action FROM core.audit_entry WHERE subject_id = :n"), {"n": str(notice.id)}
            )
            assert sorted(acts) == ["notices.notice.create", "notices.notice.publish"]

    def test_days_that_are_over_cannot_be_published(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        first = date(2026, 3, 2)
        with open_session(own.scope) as session:
            with frozen(at(first)):
                draft = make_notice(session, own.id, publish=False, posting_from=first)
            with frozen(at(first + timedelta(days=1))), pytest.raises(Invalid) as error:
                publishing.publish_notice(session, SYSTEM, own.id, draft.id)
        assert faults(error) == {"posting_from"}

    @pytest.mark.parametrize(
        ("moment", "status"),
        [
            (at(date(2026, 3, 1), 23), "scheduled"),
            (at(date(2026, 3, 2), 0), "showing"),
            (at(date(2026, 3, 4), 23), "showing"),
            (at(date(2026, 3, 5), 0), "closed"),
        ],
    )
    def test_a_notice_shows_from_its_first_to_its_last_day_in_shanghai(
        self, open_session, world, make_notice, moment, status
    ) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            with frozen(at(date(2026, 2, 20))):
                notice = make_notice(
                    session, own.id, kind="posting", posting_from=date(2026, 3, 2), posting_to=date(2026, 3, 4)
                )
            with frozen(moment):
                assert status_of(notice) == status
                for asked in ("draft", "scheduled", "showing", "closed", "withdrawn"):
                    listed, _following = service.list_notices(session, SYSTEM, own.id, Filter(asked))
                    assert bool(listed) == (asked == status)

    def test_an_announcement_without_an_end_shows_on(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            with frozen(at(date(2026, 3, 2))):
                notice = make_notice(session, own.id)
            with frozen(at(date(2036, 3, 2))):
                assert status_of(notice) == "showing"


class TestWithdrawing:
    def test_a_withdrawn_notice_keeps_its_reason_and_stays(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            notice = make_notice(session, own.id)
            with pytest.raises(Invalid) as error:
                publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "  ")
            assert faults(error) == {"reason"}
            publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "时间有误")
            publishing.withdraw_notice(session, SYSTEM, own.id, notice.id, "第二次点击")
            seen = service.get_notice(session, SYSTEM, own.id, notice.id)
            assert (seen.status, seen.withdraw_reason) == ("withdrawn", "时间有误")
            for again in (
                lambda: publishing.publish_notice(session, SYSTEM, own.id, notice.id),
                lambda: service.discard_draft(session, SYSTEM, own.id, notice.id),
                lambda: service.update_notice(session, SYSTEM, own.id, notice.id, NoticeUpdate(version=seen.version)),
            ):
                with pytest.raises(Conflict):
                    again()

    def test_a_draft_is_not_withdrawn(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            draft = make_notice(session, own.id, publish=False)
            with pytest.raises(Conflict):
                publishing.withdraw_notice(session, SYSTEM, own.id, draft.id, "一")

    def test_a_steward_drafts_but_does_not_publish(self, open_session, world, staff) -> None:
        own = world.here.communities[0]
        place = {"compound_id": own.compound, "building_id": own.building}
        steward = staff("building_steward", community_id=own.id, **place)
        with open_session(own.scope) as session:
            draft = service.create_notice(session, steward, own.id, NoticeCreate(title="一", body="一", **place))
            with pytest.raises(Forbidden):
                publishing.publish_notice(session, steward, own.id, draft.id)


class TestLists:
    def test_search_finds_words_in_title_and_text_and_takes_wildcards_literally(
        self, open_session, world, make_notice
    ) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            water = make_notice(session, own.id, title="停水通知", body="**周三**停水")
            half = make_notice(session, own.id, title="优惠100%", body="周四")

            def found(words: str) -> list:
                return [each.id for each in service.list_notices(session, SYSTEM, own.id, Filter(words=words))[0]]

            assert found("周三停水") == [water.id]
            assert found("停水 周三") == [water.id]
            assert found("%") == [half.id]
            assert found("strong") == []
            with pytest.raises(Invalid):
                Filter(words="水" * 101)

    def test_pages_hold_fifty_and_lose_nothing(self, open_session, world, make_notice) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            made = [make_notice(session, own.id, publish=False, title=f"第{n}号").id for n in range(53)]
            first, after = service.list_notices(session, SYSTEM, own.id, Filter())
            second, end = service.list_notices(session, SYSTEM, own.id, Filter(), after=after)
        assert len(first) == 50
        assert end is None
        assert [each.id for each in [*first, *second]] == made[::-1]

    def test_a_page_costs_three_queries_however_long_it_is(self, open_session, world, make_notice) -> None:
        from sqlalchemy import event

        own = world.here.communities[0]
        with open_session(own.scope) as session:
            for n in range(5):
                make_notice(session, own.id, title=f"第{n}号")
            statements: list[str] = []
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
            service.list_notices(session, SYSTEM, own.id, Filter())
            assert len(statements) == 3
