"""Filing, editing, withdrawing and answering objections."""

from __future__ import annotations

import json
import threading
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from linli.sdk import (
    PUBLIC,
    SHANGHAI,
    SYSTEM,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    new_id,
    today,
)
from linli.testing.choices import set_setting
from linli.testing.clock import frozen
from linli_notices.closing import close_notice
from linli_notices.models import Notice, NoticePlace
from linli_notices.objections import answering, filing, view
from linli_notices.objections.answering import ObjectionFilter
from linli_notices.objections.counts import counts_of
from linli_notices.objections.models import Objection
from linli_notices.objections.schemas import ObjectionAnswer, ObjectionCreate, ObjectionUpdate, PaperCreate
from linli_notices.snapshot import verify

PDF = (b"%PDF-1.7\n", "扫描件.pdf", "application/pdf")


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def posting():
    """Puts a published posting into the database that takes objections."""

    def make(session, community_id, **fields) -> Notice:
        places = fields.pop("places", ())
        values = {
            "title": "收支公示",
            "body": "收支",
            "body_html": "<p>收支</p>",
            "body_text": "收支",
            "kind": "posting",
            "state": "published",
            "posting_from": today() - timedelta(days=1),
            "posting_to": today() + timedelta(days=5),
            "allows_objections": True,
            "is_narrowed": bool(places),
            **fields,
        }
        notice = Notice(community_id=community_id, **values)
        notice.places = [
            NoticePlace(community_id=community_id, compound_id=compound, building_id=building)
            for compound, building in places
        ]
        session.add(notice)
        session.flush()
        return notice

    return make


def say(session, actor, community, notice, body="账目不清", uploads=(), **fields) -> Objection:
    data = ObjectionCreate(body=body, **fields)
    return filing.file_objection(session, actor, community.id, notice.id, data, uploads)


def give(row, answer="已核对", outcome="accepted", **fields) -> ObjectionAnswer:
    return ObjectionAnswer(version=row.version, answer=answer, outcome=outcome, **fields)


class TestFiling:
    def test_a_resident_says_something_and_staff_find_it_masked(
        self, open_session, own, posting, staff, resident
    ) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice, kind="objection", uploads=[PDF])
            office = staff("community_administrator", community_id=own.id)
            [line], following = answering.list_objections(session, office, own.id, ObjectionFilter())
            assert (line.id, line.author, line.building, following) == (row.id, "测****", "1号楼", None)
            assert (line.state, line.is_overdue, line.notice_title) == ("open", False, "收支公示")
            files, _answers = answering.files_of(session, row)
            assert [each.name for each in files] == ["扫描件.pdf"]
            assert counts_of(session, [notice.id])[notice.id].unanswered == 1

    def test_the_same_words_again_are_the_same_objection(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            first, second = (say(session, resident(own), own, notice) for _click in range(2))
            assert first.id == second.id
            assert counts_of(session, [notice.id])[notice.id].filed == 1

    def test_as_many_as_the_setting_says_and_withdrawn_ones_count(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            set_setting(session, SYSTEM, "notices", "objections_per_person", value=2, community_id=own.id)
            row = say(session, resident(own), own, notice, "一")
            filing.withdraw_objection(session, resident(own), own.id, row.id)
            say(session, resident(own), own, notice, "二")
            with pytest.raises(TooMany):
                say(session, resident(own), own, notice, "三")

    def test_only_who_has_a_home_in_the_scope(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            other = session.scalar(
                text(
                    "INSERT INTO core.building (community_id, compound_id, name) VALUES (:c, :p, '9号楼') RETURNING id"
                ),
                {"c": own.id, "p": own.compound},
            )
            everywhere = posting(session, own.id)
            here = posting(session, own.id, places=[(own.compound, own.building)])
            next_door = posting(session, own.id, places=[(own.compound, other)], is_public=True)
            for notice in (everywhere, here):
                assert say(session, resident(own), own, notice)
            with pytest.raises(Forbidden):
                say(session, resident(own), own, next_door)
            with pytest.raises((Forbidden, NotFound)):
                say(session, staff("community_administrator", community_id=own.id), own, everywhere)
            with pytest.raises(NotFound):
                say(session, PUBLIC, own, everywhere)

    @pytest.mark.parametrize("fields", [{"allows_objections": False}, {"state": "draft"}])
    def test_a_notice_that_takes_none(self, open_session, own, posting, resident, fields) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id, **fields)
            with pytest.raises((Invalid, NotFound)):
                say(session, resident(own), own, notice)

    def test_words_are_plain_and_needed(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            assert say(session, resident(own), own, notice, " 一\x00\u202e\r\n二 ").body == "一\n二"
            with pytest.raises(Invalid):
                say(session, resident(own), own, notice, " \u200b ")
            with pytest.raises(Invalid):
                say(session, resident(own), own, notice, "四", uploads=[PDF] * 4)


class TestTheLastMoment:
    def end(self, notice) -> datetime:
        return datetime.combine(notice.posting_to + timedelta(days=1), datetime.min.time(), SHANGHAI)

    @pytest.mark.parametrize(("before", "taken"), [(1, True), (0, False), (-1, False)])
    def test_by_our_clock(self, open_session, own, posting, resident, before, taken) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            with frozen(self.end(notice) - timedelta(seconds=before)):
                if taken:
                    assert say(session, resident(own), own, notice)
                else:
                    with pytest.raises((Invalid, NotFound)):
                        say(session, resident(own), own, notice)

    def test_not_before_the_first_day(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id, posting_from=today())
            start = datetime.combine(today(), datetime.min.time(), SHANGHAI)
            with frozen(start - timedelta(seconds=1)), pytest.raises((Invalid, NotFound)):
                say(session, resident(own), own, notice)
            with frozen(start):
                assert say(session, resident(own), own, notice)

    @pytest.mark.parametrize("counts_first", [True, False])
    def test_its_own_days_may_be_fewer(self, open_session, own, posting, resident, counts_first) -> None:
        with open_session(own.scope) as session:
            set_setting(session, SYSTEM, "notices", "counts_first_day", value=counts_first, community_id=own.id)
            notice = posting(session, own.id, posting_from=today(), objection_days=2)
            last = today() + timedelta(days=1 if counts_first else 2)
            end = datetime.combine(last + timedelta(days=1), datetime.min.time(), SHANGHAI)
            with frozen(end), pytest.raises(Invalid):
                say(session, resident(own), own, notice)
            with frozen(end - timedelta(seconds=1)):
                assert say(session, resident(own), own, notice)

    def test_the_databases_clock_has_the_last_word(self, open_session, own, posting, resident) -> None:
        days = {"posting_from": today() - timedelta(9), "posting_to": today() - timedelta(1)}
        with open_session(own.scope) as session:
            notice = posting(session, own.id, **days)
            early = frozen(self.end(notice) - timedelta(hours=1))
            with early, pytest.raises(Invalid) as caught, session.begin_nested():
                say(session, resident(own), own, notice)
        assert "期限" in caught.value.errors[0].message

    @pytest.mark.parametrize(("seconds", "taken"), [(3600, True), (-1, False), (0, False)])
    def test_it_minds_the_moment_reckoned_for_the_row(self, open_session, own, posting, seconds, taken) -> None:
        insert = text(
            "INSERT INTO plugin_notices.objection (community_id, notice_id, kind, body, answer_due_on, takes_until) "
            "VALUES (:c, :n, 'comment', 'x', '2099-01-01', clock_timestamp() + make_interval(secs => :s))"
        )
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            given = {"c": own.id, "n": notice.id, "s": seconds}
            if taken:
                session.execute(insert, given)
            else:
                with pytest.raises(DBAPIError, match="no objections now"), session.begin_nested():
                    session.execute(insert, given)

    def test_nobody_dates_it_back(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice)
            session.execute(
                text("UPDATE plugin_notices.objection SET filed_at = '2020-01-01', body = 'y' WHERE id = :id"),
                {"id": row.id},
            )
            session.expire(row)
            assert row.edited_at is not None

    def test_who_closes_waits_for_who_files_and_misses_nothing(self, module_house, own, posting, resident) -> None:
        database = module_house.database
        with database.unit_of_work(own.scope, SYSTEM) as session:
            notice_id = posting(session, own.id).id
        filed, seen = threading.Event(), []

        def close() -> None:
            filed.wait(10)
            with database.unit_of_work(own.scope, SYSTEM) as session:
                notice = session.scalar(select(Notice).where(Notice.id == notice_id))
                seen.append(view.objections_part(session, notice))

        closing = threading.Thread(target=close)
        closing.start()
        with database.unit_of_work(own.scope, resident(own)) as session:
            notice = session.scalar(select(Notice).where(Notice.id == notice_id))
            say(session, resident(own), own, notice, "最后一刻")
            session.flush()
            filed.set()
            closing.join(0.5)
            assert closing.is_alive()
        closing.join(10)
        assert [entry.get("body") for entry in seen[0]] == [None]
        assert [entry["kind"] for entry in seen[0]] == ["comment"]

    def test_who_files_waits_for_who_closes_and_is_too_late(self, module_house, own, posting, resident) -> None:
        database = module_house.database
        with database.unit_of_work(own.scope, SYSTEM) as session:
            notice_id = posting(session, own.id).id
        ready, faults = threading.Event(), []

        def file() -> None:
            ready.wait(10)
            try:
                with database.unit_of_work(own.scope, resident(own)) as session:
                    notice = session.scalar(select(Notice).where(Notice.id == notice_id))
                    say(session, resident(own), own, notice, "迟了")
            except Invalid as error:
                faults.append(error)

        late = threading.Thread(target=file)
        late.start()
        with database.unit_of_work(own.scope, SYSTEM) as session:
            notice = session.scalar(select(Notice).where(Notice.id == notice_id))
            assert view.objections_part(session, notice) == []
            ready.set()
            late.join(0.5)
            assert late.is_alive()
            notice.allows_objections = False
        late.join(10)
        assert len(faults) == 1
        with database.unit_of_work(own.scope, SYSTEM) as session:
            assert session.scalar(select(Objection.id).where(Objection.notice_id == notice_id)) is None


class TestChanging:
    def test_until_it_is_answered(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            person = resident(own)
            row = say(session, person, own, notice)
            changed = ObjectionUpdate(version=row.version, body="改了", kind="objection")
            filing.edit_objection(session, person, own.id, row.id, changed)
            with pytest.raises(Conflict):
                filing.edit_objection(session, person, own.id, row.id, changed)
            office = staff("community_administrator", community_id=own.id)
            answering.answer_objection(session, office, own.id, row.id, give(row))
            for act in (
                lambda: filing.edit_objection(
                    session, person, own.id, row.id, ObjectionUpdate(version=row.version, body="又改")
                ),
                lambda: filing.withdraw_objection(session, person, own.id, row.id),
                lambda: filing.add_file(session, person, own.id, row.id, PDF),
            ):
                with pytest.raises(Conflict):
                    act()
            assert row.body == "改了"

    def test_sql_does_not_rewrite_an_answered_one_either(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            row = say(session, resident(own), own, posting(session, own.id))
            office = staff("community_administrator", community_id=own.id)
            answering.answer_objection(session, office, own.id, row.id, give(row))
            with pytest.raises(DBAPIError, match="not rewritten"), session.begin_nested():
                session.execute(text("UPDATE plugin_notices.objection SET body = 'y' WHERE id = :id"), {"id": row.id})

    def test_not_after_the_end(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice)
            with frozen(datetime.combine(notice.posting_to + timedelta(1), datetime.min.time(), SHANGHAI)):
                with pytest.raises(Invalid):
                    filing.withdraw_objection(session, resident(own), own.id, row.id)
                with pytest.raises(Invalid):
                    filing.edit_objection(
                        session, resident(own), own.id, row.id, ObjectionUpdate(version=row.version, body="改")
                    )

    def test_a_withdrawn_one_is_kept_and_withdrawn_once(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice)
            for _click in range(2):
                assert filing.withdraw_objection(session, resident(own), own.id, row.id).state == "withdrawn"
            assert counts_of(session, [notice.id])[notice.id].filed == 0
            assert session.scalar(select(Objection.body).where(Objection.id == row.id)) == "账目不清"

    def test_nobody_else_changes_it(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            row = say(session, resident(own), own, posting(session, own.id))
            office = staff("community_administrator", community_id=own.id)
            with pytest.raises(NotFound):
                filing.withdraw_objection(session, office, own.id, row.id)


class TestAnswering:
    def test_with_a_file_once_and_on_record(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice)
            office = staff("community_administrator", community_id=own.id)
            answer = give(row)
            for _click in range(2):
                answering.answer_objection(session, office, own.id, row.id, answer, [PDF])
            assert (row.state, row.outcome, row.answered_by_name) == ("answered", "accepted", "测试工作人员")
            assert len(answering.files_of(session, row)[1]) == 1
            assert counts_of(session, [notice.id])[notice.id].unanswered == 0
            with pytest.raises(Conflict):
                answering.answer_objection(session, office, own.id, row.id, give(row, "别的话"))

    def test_merged_into_another_of_the_same_notice(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice, other = posting(session, own.id), posting(session, own.id)
            first, second = (say(session, resident(own), own, notice, each) for each in ("一", "二"))
            elsewhere = say(session, resident(own), own, other, "三")
            office = staff("community_administrator", community_id=own.id)
            for wrong in (None, second.id, elsewhere.id, new_id()):
                with pytest.raises(Invalid):
                    answering.answer_objection(
                        session, office, own.id, second.id, give(second, outcome="merged", merged_into=wrong)
                    )
            answering.answer_objection(
                session, office, own.id, second.id, give(second, outcome="merged", merged_into=first.id)
            )
            assert second.merged_into == first.id

    def test_overdue_from_the_day_after_the_last(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice)
            office = staff("community_administrator", community_id=own.id)
            noon = datetime.combine(row.answer_due_on, datetime.min.time(), SHANGHAI) + timedelta(hours=12)
            with frozen(noon):
                assert not answering.get_objection(session, office, own.id, row.id)[1].is_overdue
                assert answering.list_objections(session, office, own.id, ObjectionFilter(overdue=True))[0] == []
            with frozen(noon + timedelta(days=1)):
                assert answering.get_objection(session, office, own.id, row.id)[1].is_overdue
                assert len(answering.list_objections(session, office, own.id, ObjectionFilter(overdue=True))[0]) == 1
                assert counts_of(session, [notice.id])[notice.id].is_overdue

    def test_working_days_leave_out_the_weekend(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            set_setting(session, SYSTEM, "notices", "answer_days", value=1, community_id=own.id)
            notice = posting(session, own.id, posting_from=date(2026, 11, 1))
            # A Friday; the database's clock is within the days in any case.
            with frozen(datetime(2026, 11, 27, 10, tzinfo=SHANGHAI)):
                row = say(session, resident(own), own, notice)
            assert row.answer_due_on.isoformat() == "2026-11-30"

    def test_after_the_end_and_after_the_closing(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            row = say(session, resident(own), own, notice)
            session.execute(
                text("UPDATE plugin_notices.notice SET closed_at = now() WHERE id = :id"), {"id": notice.id}
            )
            session.expire_all()
            with pytest.raises(Invalid):
                say(session, resident(own), own, notice, "迟了")
            office = staff("community_administrator", community_id=own.id)
            assert answering.answer_objection(session, office, own.id, row.id, give(row)).state == "answered"

    def test_who_it_was_is_told_with_a_reason_and_noted(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            row = say(session, resident(own), own, posting(session, own.id))
            office = staff("community_administrator", community_id=own.id)
            with pytest.raises(Invalid):
                answering.reveal_author(session, office, own.id, row.id, " ")
            found = answering.reveal_author(session, office, own.id, row.id, "上门核实")
            assert (found.name, found.door) == ("测试居民1", "1号楼 1单元 101")
            with pytest.raises(Forbidden):
                answering.reveal_author(session, staff("auditor"), own.id, row.id, "看看")
        with open_session(own.scope) as session:
            entry = session.execute(
                text(
                    "SELECT action, reason, after FROM core.audit_entry WHERE subject_id = :id ORDER BY n DESC LIMIT 1"
                ),
                {"id": str(row.id)},
            ).one()
            assert (entry.action, entry.reason) == ("notices.objection.identify", "上门核实")
            assert "测试居民1" not in str(entry.after)

    @pytest.mark.parametrize("role", ["committee_member", "building_steward", "resident"])
    def test_not_everybody_answers(self, open_session, own, posting, staff, resident, role) -> None:
        with open_session(own.scope) as session:
            row = say(session, resident(own), own, posting(session, own.id))
            with pytest.raises((Forbidden, NotFound)):
                answering.answer_objection(session, staff(role, community_id=own.id), own.id, row.id, give(row))

    def test_a_chair_sees_those_of_the_own_compound(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            row = say(session, resident(own), own, posting(session, own.id))
            chair = staff("committee_chair", community_id=own.id, compound_id=own.compound)
            stranger = staff("committee_chair", community_id=own.id, compound_id=new_id())
            assert [each.id for each in answering.list_objections(session, chair, own.id, ObjectionFilter())[0]] == [
                row.id
            ]
            assert answering.list_objections(session, stranger, own.id, ObjectionFilter())[0] == []
            with pytest.raises(NotFound):
                answering.get_objection(session, stranger, own.id, row.id)


class TestOnPaper:
    def test_for_a_resident_with_the_scan(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            office = staff("community_administrator", community_id=own.id)
            data = PaperCreate(resident_id=own.residents[1], body="看不清账", attachments=[])
            with pytest.raises(Invalid):
                filing.file_on_paper(session, office, own.id, notice.id, data, [])
            row = filing.file_on_paper(session, office, own.id, notice.id, data, [PDF])
            assert (row.is_on_paper, row.filed_by_name, row.resident_id) == (True, "测试工作人员", own.residents[1])
            # Only homes of today count; the fourth test resident lives and owns nowhere.
            with pytest.raises(Invalid):
                filing.file_on_paper(
                    session,
                    office,
                    own.id,
                    notice.id,
                    PaperCreate(resident_id=own.residents[3], body="x", attachments=[]),
                    [PDF],
                )
            chair = staff("committee_chair", community_id=own.id)
            with pytest.raises(Forbidden):
                filing.file_on_paper(session, chair, own.id, notice.id, data, [PDF])


class TestReaders:
    def test_by_the_rule(self, open_session, own, posting, staff, resident) -> None:
        stranger = resident(own, 1)
        from dataclasses import replace

        stranger = replace(stranger, account_id=UUID(int=77))
        said = "我住1号楼1单元101，测试居民1，电话13800001234"
        with open_session(own.scope) as session:
            office = staff("community_administrator", community_id=own.id)
            for rule, consents, author, body in (
                ("masked", True, "测****", "我住1号楼***，测****，电话138****1234"),
                ("shown", False, "测****", "我住1号楼***，测****，电话138****1234"),
                ("shown", True, "测试居民1", "我住1号楼***，测试居民1，电话138****1234"),
            ):
                notice = posting(session, own.id, identity_rule=rule, is_public=True)
                row = say(session, resident(own), own, notice, said, shows_name=consents)
                assert view.objection_board(session, stranger, own.id, notice).items == []
                answering.answer_objection(session, office, own.id, row.id, give(row))
                for reader in (stranger, PUBLIC):
                    [shown] = view.objection_board(session, reader, own.id, notice).items
                    assert (shown.author, shown.body, shown.building) == (author, body, "1号楼")
                [mine] = view.objection_board(session, resident(own), own.id, notice).items
                assert (mine.is_mine, mine.body) == (True, said)

    def test_staff_only_shows_how_many(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id, identity_rule="staff_only", is_public=True)
            row = say(session, resident(own), own, notice)
            office = staff("community_administrator", community_id=own.id)
            answering.answer_objection(session, office, own.id, row.id, give(row))
            shown = view.objection_board(session, PUBLIC, own.id, notice)
            assert (shown.items, shown.comments, shown.unanswered) == ([], 1, 0)
            [entry] = view.objections_part(session, notice)
            assert not {"author", "body", "answer"} & entry.keys()
            assert view.participation_part(session, notice)["comments"] == 1

    def test_the_record_tells_what_others_were_shown_and_of_the_rest_that_it_was_there(
        self, open_session, own, posting, staff, resident
    ) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id)
            answered, waiting = (say(session, resident(own), own, notice, each) for each in ("我是测试居民1", "还没看"))
            office = staff("community_administrator", community_id=own.id)
            answering.answer_objection(session, office, own.id, answered.id, give(answered))
            first, second = view.objections_part(session, notice)
            assert (first["author"], first["body"], first["building"]) == ("测****", "我是测****", "1号楼")
            assert second == {
                "id": str(waiting.id),
                "kind": "comment",
                "state": "open",
                "filed_at": second["filed_at"],
            }
            set_setting(session, SYSTEM, "notices", "objections_shown", value="at_once", community_id=own.id)
            assert view.objections_part(session, notice)[1]["body"] == "还没看"
            filing.withdraw_objection(session, resident(own), own.id, waiting.id)
            assert len(view.objections_part(session, notice)) == 1

    def test_at_once_where_the_community_wants_it(self, open_session, own, posting, resident) -> None:
        with open_session(own.scope) as session:
            set_setting(session, SYSTEM, "notices", "objections_shown", value="at_once", community_id=own.id)
            notice = posting(session, own.id, is_public=True)
            row = say(session, resident(own), own, notice)
            assert len(view.objection_board(session, PUBLIC, own.id, notice).items) == 1
            filing.withdraw_objection(session, resident(own), own.id, row.id)
            assert view.objection_board(session, PUBLIC, own.id, notice).items == []


class TestTheRecord:
    def test_the_closed_record_has_what_was_said(self, open_session, own, posting, staff, resident) -> None:
        with open_session(own.scope) as session:
            notice = posting(session, own.id, published_at=datetime.now(SHANGHAI))
            row = say(session, resident(own), own, notice, "我是测试居民1")
            office = staff("community_administrator", community_id=own.id)
            answering.answer_objection(session, office, own.id, row.id, give(row))
            with frozen(datetime.combine(notice.posting_to + timedelta(days=1), datetime.min.time(), SHANGHAI)):
                snapshot = close_notice(session, notice.id)
            assert snapshot is not None
            parts = json.loads(snapshot.content)["parts"]
            assert [(each["author"], each["body"]) for each in parts["objections"]] == [("测****", "我是测****")]
            assert (parts["participation"]["comments"], parts["participation"]["unanswered"]) == (1, 0)
            assert verify(session, notice, snapshot).is_sound


class TestWalls:
    def test_the_streets_notice_gets_them_community_by_community(
        self, open_session, world, posting, resident, staff
    ) -> None:
        with open_session(world.here.scope) as session:
            notice = posting(session, None, is_public=True)
        for community in world.here.communities:
            with open_session(community.scope) as session:
                row = say(session, resident(community), community, notice)
                assert row.community_id == community.id
                assert view.objection_board(session, resident(community), community.id, notice).comments == 1
                office = staff("community_administrator", community_id=community.id)
                assert len(answering.list_objections(session, office, community.id, ObjectionFilter())[0]) == 1
        with open_session(world.here.scope) as session:
            street = staff("street_administrator")
            assert len(answering.list_objections(session, street, None, ObjectionFilter())[0]) == 2
            assert counts_of(session, [notice.id])[notice.id].unanswered == 2
        with open_session(world.there.scope) as session:
            assert answering.list_objections(session, staff("street_administrator"), None, ObjectionFilter())[0] == []
