"""What other plugins may do with notices: post one, take it back, and say which one a new one puts right."""

from __future__ import annotations

from uuid import UUID

import pytest

from linli.sdk import SYSTEM, Conflict, Invalid, NotFound
from linli_notices import api
from linli_notices.models import Notice

THING, OTHER = UUID(int=7), UUID(int=8)


def post(session, own, thing: UUID = THING, **fields) -> UUID:
    given = {"title": "十月排名", "body": "见下表。", "community_id": own.id, "source": ("probe", thing), **fields}
    return api.post_notice(session, SYSTEM, **given)


@pytest.fixture
def own(world):
    """A community in which the plugin is on."""
    return world.here.communities[0]


def test_a_notice_is_taken_back_once_and_put_right_by_another(open_session, own) -> None:
    with open_session(own.scope) as session:
        first = post(session, own)
        api.take_notice_back(session, SYSTEM, own.id, first, "数字错了")
        api.take_notice_back(session, SYSTEM, own.id, first, "再说一遍")
        status = api.notice_status(session, first)
        assert (status.status, status.withdraw_reason) == ("withdrawn", "数字错了")
        second = post(session, own, OTHER, corrects=first)
        assert session.get(Notice, (own.tenant_id, second)).corrects_id == first


def test_a_draft_or_another_places_notice_is_not_taken_back(open_session, world, own) -> None:
    with open_session(own.scope) as session:
        draft = post(session, own, publish=False)
        with pytest.raises(Conflict):
            api.take_notice_back(session, SYSTEM, own.id, draft, "x")
        shown = post(session, own, OTHER)
        with pytest.raises(Invalid):
            api.take_notice_back(session, SYSTEM, own.id, shown, " ")
        with pytest.raises(NotFound):
            api.take_notice_back(session, SYSTEM, world.here.communities[1].id, shown, "x")


def test_a_notice_of_another_place_cannot_be_put_right(open_session, world, own) -> None:
    other = world.here.communities[1]
    with open_session(world.here.scope) as session:
        first = post(session, other)
        with pytest.raises(Invalid) as error:
            post(session, own, OTHER, corrects=first)
        assert [each.field for each in error.value.errors] == ["corrects_id"]
