"""The same notice in many communities: published where it may be, refused where not, withdrawn together."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from linli.sdk import Conflict, Invalid, Undoing
from linli_notices.models import Notice
from linli_notices.pushing import PUSHES, NoticePush

PUSH = PUSHES[0]
DATA = NoticePush(title="停水通知", body="周三停水。", category="notice", days=3)


@pytest.fixture
def ids(world):
    return [each.id for each in world.here.communities]


def notices(session):
    return session.scalars(select(Notice).where(Notice.source_plugin == "notices").order_by(Notice.id)).all()


@pytest.mark.actor("street_administrator")
class TestPush:
    def test_the_preview_says_what_would_be_published(self, open_session, world, actor, ids) -> None:
        with open_session(world.here.scope, actor) as session:
            told = PUSH.preview(session, actor, ids, DATA)
            assert set(told) == set(ids)
            assert told[ids[0]].text == "发布通知“停水通知”，展示 3 天"

    def test_a_category_that_does_not_exist_is_a_fault_of_the_form(self, open_session, world, actor, ids) -> None:
        wrong = NoticePush(title="停水", body="停水。", category="nothing")
        with open_session(world.here.scope, actor) as session, pytest.raises(Invalid):
            PUSH.preview(session, actor, ids, wrong)

    def test_each_community_has_a_notice_of_its_own(self, open_session, world, actor, ids) -> None:
        push_id = uuid4()
        with open_session(world.here.scope, actor) as session:
            for each in ids:
                PUSH.perform(session, actor, each, DATA, push_id)
            found = notices(session)
            assert [(row.community_id, row.state) for row in found] == [(each, "published") for each in ids]

    def test_asked_again_it_is_the_same_notice(self, open_session, world, actor, ids) -> None:
        push_id = uuid4()
        with open_session(world.here.scope, actor) as session:
            first = PUSH.perform(session, actor, ids[0], DATA, push_id)
            again = PUSH.perform(session, actor, ids[0], DATA, push_id)
            assert first.made == again.made
            assert len(notices(session)) == 1

    def test_it_is_withdrawn_with_the_reason(self, open_session, world, actor, ids) -> None:
        push_id = uuid4()
        with open_session(world.here.scope, actor) as session:
            done = PUSH.perform(session, actor, ids[0], DATA, push_id)
            PUSH.undo(session, actor, ids[0], Undoing(push_id, done.made, "发错了"))
            assert [(row.state, row.withdraw_reason) for row in notices(session)] == [("withdrawn", "发错了")]

    def test_what_was_never_published_cannot_be_withdrawn(self, open_session, world, actor, ids) -> None:
        with open_session(world.here.scope, actor) as session, pytest.raises(Conflict):
            PUSH.undo(session, actor, ids[0], Undoing(uuid4(), (), "发错了"))
