"""Staff are reminded before an answer falls due: in time, once, and those who answer there."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select, text

from linli.plugins.registry import Plugins
from linli.sdk import SHANGHAI, SYSTEM, add_workdays, enqueue, today
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.testing.choices import set_setting
from linli.testing.clock import frozen
from linli_notices.objections import answering, filing
from linli_notices.objections.models import Objection
from linli_notices.objections.reminding import DUE, communities_waiting, remind
from linli_notices.objections.schemas import ObjectionAnswer, ObjectionCreate


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def posted(make_notice):
    def make(session, community_id, **fields):
        options = {"kind": "posting", "allows_objections": True, "posting_to": today() + timedelta(days=5), **fields}
        return make_notice(session, community_id, **options)

    return make


def say(session, own, resident, notice, body="账目不清") -> Objection:
    return filing.file_objection(session, resident(own), own.id, notice.id, ObjectionCreate(body=body))


def told(session) -> list:
    """Of each reminder: to whom, and what it says."""
    words = "SELECT account_id, context, link FROM core.notification WHERE kind = :kind ORDER BY id"
    return list(session.execute(text(words), {"kind": DUE}))


def before(session, row: Objection, workdays: int):
    """Noon on the day that is so many working days before an answer is due."""
    day = row.answer_due_on
    while add_workdays(session, day, workdays) > row.answer_due_on:
        day -= timedelta(days=1)
    return frozen(datetime.combine(day, time(12), SHANGHAI))


class TestReminding:
    @pytest.mark.parametrize(("workdays", "reminded"), [(4, 0), (3, 1), (2, 1), (0, 1)])
    def test_as_many_working_days_before_as_the_setting_says(
        self, open_session, own, posted, resident, workdays, reminded
    ) -> None:
        with open_session(own.scope) as session:
            row = say(session, own, resident, posted(session, own.id))
            with before(session, row, workdays):
                assert remind(session, own.id) == reminded

    def test_once_and_one_message_for_all_that_a_notice_has_to_answer(
        self, open_session, own, posted, resident
    ) -> None:
        with open_session(own.scope) as session:
            notice = posted(session, own.id, title="收支公示")
            rows = [say(session, own, resident, notice, body) for body in ("账目不清", "请公布明细")]
            for days in (3, 2, 1):
                with before(session, rows[0], days):
                    assert remind(session, own.id) == (1 if days == 3 else 0)
            [message] = told(session)
            assert message.account_id == own.administrator
            assert (message.context["title"], message.context["count"]) == ("收支公示", 2)
            assert message.link.endswith(f"/admin/notices/objections?notice={notice.id}&state=open")

    def test_not_of_what_is_answered_or_taken_back(self, open_session, own, posted, resident, staff) -> None:
        with open_session(own.scope) as session:
            notice = posted(session, own.id)
            answered, withdrawn = (say(session, own, resident, notice, body) for body in ("一", "二"))
            given = ObjectionAnswer(version=answered.version, answer="已核对", outcome="accepted")
            office = staff("community_administrator", community_id=own.id)
            answering.answer_objection(session, office, own.id, answered.id, given)
            filing.withdraw_objection(session, resident(own), own.id, withdrawn.id)
            with before(session, answered, 1):
                assert communities_waiting(session) == []
                assert remind(session, own.id) == 0

    def test_not_where_the_community_wants_none(self, open_session, own, posted, resident) -> None:
        with open_session(own.scope) as session:
            row = say(session, own, resident, posted(session, own.id))
            set_setting(session, SYSTEM, "notices", "answer_reminder_days", value=0, community_id=own.id)
            with before(session, row, 0):
                assert communities_waiting(session) == [own.id]
                assert remind(session, own.id) == 0

    def test_of_one_community_nobody_in_another_hears(self, open_session, world, own, posted, resident) -> None:
        with open_session(world.here.scope) as session:
            row = say(session, own, resident, posted(session, own.id))
            with before(session, row, 1):
                assert remind(session, world.here.communities[1].id) == 0
                assert remind(session, own.id) == 1
            assert {each.account_id for each in told(session)} == {own.administrator}
        with open_session(world.there.scope) as session:
            assert communities_waiting(session) == []
            assert session.scalars(select(Objection)).all() == []


def test_the_daily_round_reminds_in_every_community(house, world, posted, resident, own) -> None:
    with house.database.unit_of_work(own.scope) as session:
        row = say(session, own, resident, posted(session, own.id))
        session.execute(
            text("UPDATE plugin_notices.objection SET answer_due_on = :day WHERE id = :id"),
            {"day": today() + timedelta(days=1), "id": row.id},
        )
    for _run in range(2):
        with house.database.unit_of_work(world.here.scope) as session:
            enqueue(session, "notices.remind_of_answers", {}, owner="notices")
        JobRunner(house, Tasks.of(Plugins.load()), pause=0.01).run_due()
    with house.database.unit_of_work(own.scope, read_only=True) as session:
        assert [each.account_id for each in told(session)] == [own.administrator]
