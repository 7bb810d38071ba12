"""How long notices show, when they publish themselves, and what happens when nobody was awake at the moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from linli.access.models import RoleGrant
from linli.sdk import SHANGHAI, SYSTEM, Conflict, Duration, Forbidden, Invalid, get_freeze, today
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli_notices import publishing, service
from linli_notices.body import make_body
from linli_notices.categories import BUILT_IN, archive_category, categories, save_category
from linli_notices.publishing import publish_due, publish_notice, schedule_notice, unschedule_notice
from linli_notices.repository import Audience, Filter, board, status_of
from linli_notices.schemas import CategoryWrite, NoticeCreate, PlaceRef


def at(day: date, hour: int = 12) -> datetime:
    """Noon in Shanghai, or another hour of it."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 8)


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [fault.field for fault in error.value.errors]


@pytest.fixture
def own(world):
    return world.here.communities[0]


class TestPeriods:
    @pytest.mark.parametrize(
        ("published", "days", "unit", "last"),
        [
            # The day of publishing is not counted.
            (date(2026, 3, 2), 7, "day", date(2026, 3, 9)),
            (date(2026, 3, 2), 5, "workday", date(2026, 3, 9)),
            # 2026-10-10 is a Saturday on which people work; 1 to 7 October are off.
            (date(2026, 9, 30), 1, "workday", date(2026, 10, 8)),
            (date(2026, 9, 30), 3, "workday", date(2026, 10, 10)),
            (date(2026, 9, 30), 4, "workday", date(2026, 10, 12)),
        ],
    )
    def test_days_and_working_days_lead_to_the_last_day(
        self, open_session, own, make_notice, published, days, unit, last
    ) -> None:
        with open_session(own.scope) as session, frozen(at(published)):
            notice = make_notice(session, own.id, kind="posting", period_days=days, period_unit=unit)
            assert (notice.posting_from, notice.posting_to) == (published, last)

    def test_a_count_into_a_year_without_a_calendar_asks_for_the_last_day(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session, frozen(at(date(2026, 12, 24))):
            # Five working days after the 24th are the 31st, a sixth is in a year nobody has published.
            assert make_notice(
                session, own.id, kind="posting", period_days=5, period_unit="workday"
            ).posting_to == date(2026, 12, 31)
            draft = make_notice(session, own.id, publish=False, kind="posting", period_days=6, period_unit="workday")
            with pytest.raises(Invalid) as error:
                publish_notice(session, SYSTEM, own.id, draft.id)
            assert fields(error) == ["posting_to"]
            assert "2027" in str(error.value.errors[0].message)
            with pytest.raises(Invalid) as error:
                schedule_notice(session, SYSTEM, own.id, draft.id, at(date(2026, 12, 24), 18))
            assert fields(error) == ["posting_to"]

    def test_a_category_gives_what_its_notices_begin_with(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session, frozen(at(date(2026, 3, 2))):
            notice = make_notice(session, own.id, category="decision")
            assert (notice.kind, notice.allows_objections, notice.identity_rule) == ("posting", True, "masked")
            # Ten working days.
            assert (notice.period_unit, notice.posting_to) == ("workday", date(2026, 3, 16))
            with pytest.raises(Invalid) as error:
                make_notice(session, own.id, category="nonsense")
            assert fields(error) == ["category"]

    def test_the_last_day_and_a_number_of_days_do_not_go_together(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session, frozen(at(date(2026, 3, 2))), pytest.raises(Invalid) as error:
            make_notice(session, own.id, posting_to=date(2026, 3, 9), period_days=3)
        assert fields(error) == ["period_days"]


class TestScheduling:
    MOMENT = datetime(2026, 3, 4, 9, tzinfo=SHANGHAI)

    @pytest.fixture
    def scheduled(self, own, make_notice):
        def make(session, **given):
            with frozen(at(date(2026, 3, 2))):
                notice = make_notice(session, own.id, publish=False, kind="posting", period_days=3, **given)
                return schedule_notice(session, SYSTEM, own.id, notice.id, self.MOMENT)

        return make

    def test_nobody_reads_it_before_its_moment_and_its_days_begin_with_it(self, open_session, own, scheduled) -> None:
        everything = Audience(everything=True)
        with open_session(own.scope) as session:
            notice = scheduled(session)
            with frozen(self.MOMENT - timedelta(seconds=1)):
                assert status_of(notice) == "scheduled"
                assert not publish_due(session, notice.id, self.MOMENT)
                assert board(session, everything, own.id, Filter("showing"))[0] == []
                assert [each.id for each in board(session, everything, own.id, Filter("scheduled"))[0]] == [notice.id]
            with frozen(self.MOMENT):
                assert publish_due(session, notice.id, self.MOMENT)
                assert not publish_due(session, notice.id, self.MOMENT)
                assert (notice.posting_from, notice.posting_to) == (date(2026, 3, 4), date(2026, 3, 7))

    def test_a_late_runner_publishes_at_once_and_dates_nothing_back(self, open_session, own, scheduled) -> None:
        with open_session(own.scope) as session:
            notice = scheduled(session)
            with frozen(at(date(2026, 3, 10))):
                assert publish_due(session, notice.id, self.MOMENT)
                assert (notice.posting_from, notice.posting_to) == (date(2026, 3, 10), date(2026, 3, 13))

    def test_one_that_was_moved_leaves_its_first_moment_alone(self, open_session, own, scheduled) -> None:
        later = self.MOMENT + timedelta(days=1)
        with open_session(own.scope) as session:
            notice = scheduled(session)
            with frozen(at(date(2026, 3, 3))):
                schedule_notice(session, SYSTEM, own.id, notice.id, later)
            with frozen(self.MOMENT):
                assert not publish_due(session, notice.id, self.MOMENT)
            with frozen(later):
                assert publish_due(session, notice.id, later)

    def test_a_cancelled_one_stays_a_draft_that_can_be_changed(self, open_session, own, scheduled) -> None:
        with open_session(own.scope) as session:
            notice = scheduled(session)
            with pytest.raises(Conflict):
                service.require_draft(session, SYSTEM, own.id, notice.id)
            with pytest.raises(Conflict):
                service.discard_draft(session, SYSTEM, own.id, notice.id)
            for _click in range(2):
                unschedule_notice(session, SYSTEM, own.id, notice.id)
            with frozen(self.MOMENT):
                assert not publish_due(session, notice.id, self.MOMENT)
            assert service.require_draft(session, SYSTEM, own.id, notice.id).publish_at is None

    def test_who_may_publish_no_more_publishes_nothing(self, open_session, own, scheduled, staff) -> None:
        with open_session(own.scope) as session:
            notice = scheduled(session)
            account = uuid4()
            notice.scheduled_by, notice.scheduled_by_name = account, "前主任"
            session.flush()
            with frozen(self.MOMENT):
                assert not publish_due(session, notice.id, self.MOMENT)
                assert (notice.state, notice.publish_at) == ("draft", None)
                assert "没有发布权限" in notice.schedule_note
                with frozen(at(date(2026, 3, 3))):
                    schedule_notice(session, SYSTEM, own.id, notice.id, self.MOMENT)
                notice.scheduled_by = account
                session.add(
                    RoleGrant(
                        community_id=own.id,
                        account_id=account,
                        account_name="主任",
                        role="community_administrator",
                        starts_on=date(2026, 1, 1),
                        reason="测试",
                    )
                )
                session.flush()
                assert publish_due(session, notice.id, self.MOMENT)

    def test_one_that_cannot_be_published_goes_back_and_says_why(self, open_session, own, scheduled) -> None:
        with open_session(own.scope) as session:
            notice = scheduled(session)
            notice.period_days, notice.posting_to = None, date(2026, 3, 5)
            session.flush()
            with frozen(at(date(2026, 3, 6))):
                assert not publish_due(session, notice.id, self.MOMENT)
            assert (notice.state, notice.published_at) == ("draft", None)
            assert notice.schedule_note

    def test_a_moment_that_has_passed_is_refused(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session, frozen(self.MOMENT):
            draft = make_notice(session, own.id, publish=False)
            with pytest.raises(Invalid) as error:
                schedule_notice(session, SYSTEM, own.id, draft.id, self.MOMENT)
            assert fields(error) == ["publish_at"]

    def test_the_jobs_wait_for_their_moments(self, open_session, own, scheduled) -> None:
        with open_session(own.scope) as session:
            notice = scheduled(session)
            with frozen(self.MOMENT):
                publish_due(session, notice.id, self.MOMENT)
            rows = session.execute(
                text("SELECT task, args->>'kind', run_after FROM core.job WHERE owner = 'notices'")
            ).all()
        jobs = {(task, kind): moment for task, kind, moment in rows}
        assert jobs["notices.publish_notice", None] == self.MOMENT
        # The last day is Saturday the 7th: residents are reminded on the working day before it.
        assert jobs["notices.close_notice", None] == datetime(2026, 3, 8, tzinfo=SHANGHAI)
        assert jobs["notices.tell_residents", "notices.posting_closing"] == datetime(2026, 3, 6, 9, tzinfo=SHANGHAI)
        assert ("notices.tell_residents", "notices.notice_published") in jobs


class TestReach:
    def test_a_notice_for_two_places_is_read_there_and_nowhere_else(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session:
            other, third = (
                session.scalar(
                    text("INSERT INTO core.compound (community_id, name) VALUES (:c, :n) RETURNING id"),
                    {"c": own.id, "n": name},
                )
                for name in ("二号院", "三号院")
            )
            places = [PlaceRef(compound_id=own.compound, building_id=own.building), PlaceRef(compound_id=other)]
            notice = make_notice(session, own.id, places=places)

            def reads(**where) -> bool:
                audience = Audience(is_resident=True, **{key: frozenset(ids) for key, ids in where.items()})
                return [each.id for each in board(session, audience, own.id, Filter("showing"))[0]] == [notice.id]

            assert reads(compounds=[own.compound], buildings=[own.building])
            assert reads(compounds=[other])
            assert reads(whole_compounds=[own.compound])
            assert not reads(compounds=[own.compound])
            assert not reads(compounds=[third])
            assert not reads()

    def test_a_chair_needs_every_place_to_write_and_one_to_read(self, open_session, own, staff) -> None:
        with open_session(own.scope) as session:
            other = session.scalar(
                text("INSERT INTO core.compound (community_id, name) VALUES (:c, '二号院') RETURNING id"), {"c": own.id}
            )
            chair = staff("committee_chair", community_id=own.id, compound_id=own.compound)
            both = [PlaceRef(compound_id=own.compound), PlaceRef(compound_id=other)]
            with pytest.raises(Forbidden):
                service.create_notice(session, chair, own.id, NoticeCreate(title="一", body="一", places=both))
            notice = service.create_notice(session, SYSTEM, own.id, NoticeCreate(title="一", body="一", places=both))
            assert service.get_notice(session, chair, own.id, notice.id).id == notice.id
            with pytest.raises(Forbidden):
                publish_notice(session, chair, own.id, notice.id)


class TestCompleteness:
    def test_what_a_template_still_asks_for_is_not_published(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session:
            draft = make_notice(
                session, own.id, publish=False, title="【请填写：楼号】停水", body="【请填写：时间】停水"
            )
            with pytest.raises(Invalid) as error:
                publish_notice(session, SYSTEM, own.id, draft.id)
            assert fields(error) == ["title", "body"]

    def test_an_image_needs_words_and_an_attachment(self, open_session, own, make_notice) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                make_notice(session, own.id, body="看图 ![](图.png)")
            assert fields(error) == ["body"]
            draft = make_notice(session, own.id, publish=False, body="看图 ![平面图](图.png)")
            with pytest.raises(Invalid) as error:
                publishing.publish_notice(session, SYSTEM, own.id, draft.id)
            assert "图.png" in error.value.errors[0].message
            assert make_body(draft.body).images == ("图.png",)


class TestCategories:
    def test_a_street_changes_a_built_in_one_and_its_communities_see_it(self, open_session, world, own) -> None:
        with open_session(world.here.scope) as session:
            old = categories(session)["accounts"]
            data = CategoryWrite(name=old.title, kind="posting", days=30, source="本街道规定", version=0)
            saved = save_category(session, SYSTEM, "accounts", data)
            assert (saved.days, saved.is_own, saved.version) == (30, False, 1)
            with pytest.raises(Conflict):
                save_category(session, SYSTEM, "accounts", data)
        with open_session(own.scope) as session:
            assert categories(session)["accounts"].days == 30
            with pytest.raises(Forbidden):
                save_category(session, SYSTEM, "accounts", data)
        with open_session(world.there.scope) as session:
            assert categories(session)["accounts"].days == old.days

    def test_an_archived_one_is_offered_no_more_and_kept_by_its_notices(
        self, open_session, world, own, make_notice
    ) -> None:
        with open_session(own.scope) as session:
            draft = make_notice(session, own.id, publish=False, category="activity")
        with open_session(world.here.scope) as session:
            for _click in range(2):
                archive_category(session, SYSTEM, "activity")
        with open_session(own.scope) as session:
            assert "activity" not in categories(session)
            with pytest.raises(Invalid):
                make_notice(session, own.id, category="activity")
            assert publish_notice(session, SYSTEM, own.id, draft.id).state == "published"
        with open_session(world.here.scope) as session:
            assert not archive_category(session, SYSTEM, "activity", archived=False).is_archived

    def test_each_fault_is_named(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as error:
            save_category(session, SYSTEM, "", CategoryWrite(name="活动", kind="posting", objection_days=3))
        assert fields(error) == ["name", "days", "objection_days"]

    def test_every_posting_says_how_long_and_where_that_comes_from(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            found = categories(session)
        for each in BUILT_IN:
            ruled = found[each.key]
            assert (ruled.days is not None and ruled.source) or each.kind == "announcement", each.key
        assert (found["meeting_notice"].days, found["meeting_notice"].source) == (15, "《物业管理条例》第14条")
        assert (found["decision"].days, found["decision"].unit) == (10, "workday")

    def test_a_street_and_a_compound_settle_it_by_a_rule(self, open_session, world, own, make_notice) -> None:
        key, first = "notices.repair_plan_period", today()
        with open_session(world.here.scope) as session:
            settle_rule(session, key, "2 weeks")
            settle_rule(session, key, "20 days", compound_id=own.compound)
            assert (categories(session)["repair_plan"].days, categories(session)["repair_plan"].unit) == (14, "day")
            everywhere = make_notice(session, own.id, kind="posting", category="repair_plan")
            place = [PlaceRef(compound_id=own.compound)]
            there = make_notice(session, own.id, kind="posting", category="repair_plan", places=place)
            assert (everywhere.posting_to - first).days == 14
            assert (there.posting_to - first).days == 20
            kept = get_freeze(session, there.rule_freeze_id)
            assert (kept[key].value, kept.compound_id) == (Duration(20, "days"), own.compound)
        with open_session(world.there.scope) as session:
            assert categories(session)["repair_plan"].days == 7

    def test_what_is_saved_as_it_was_shown_goes_on_following_its_rule(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            old = categories(session)["accounts"]
            shown = {"kind": old.kind, "days": old.days, "unit": old.unit, "source": old.source}
            renamed = save_category(session, SYSTEM, "accounts", CategoryWrite(name="账目", version=0, **shown))
            assert (renamed.title, renamed.rule, renamed.days) == ("账目", old.rule, 15)
            archive_category(session, SYSTEM, "decision")
            archive_category(session, SYSTEM, "decision", archived=False)
            for key in (old.rule, "notices.decision_period"):
                settle_rule(session, key, "40 days")
            found = categories(session)
            assert (found["accounts"].days, found["decision"].days) == (40, 40)
            own = CategoryWrite(name="账目", version=renamed.version, **{**shown, "days": 9})
            assert (save_category(session, SYSTEM, "accounts", own).days, categories(session)["accounts"].rule) == (
                9,
                "",
            )
