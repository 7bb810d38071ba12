"""A text is handed to the announcer that is on at its place, and to nobody where none is."""

from __future__ import annotations

from uuid import UUID

import pytest

from linli.kit.actor import SYSTEM
from linli.notifications import announcing
from linli.notifications.announcing import Announcement, announce, announcer, withdraw_announcement
from linli.testing.world import WORLD

ON, OFF = WORLD.here.communities
ID = UUID(int=5)


class Board:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def publish(self, _session, _actor, wanted) -> UUID:
        self.asked.append(wanted.title)
        return ID

    def withdraw(self, _session, _actor, _community_id, _announcement_id, reason) -> None:
        self.asked.append(reason)


@pytest.fixture
def board(monkeypatch) -> Board:
    """The only announcer, under the name of a plugin that is on in the first community alone."""
    monkeypatch.setattr(announcing, "_announcers", {})
    made = Board()
    announcer("notices", made)
    announcer("absent", Board())
    return made


def wanted(community_id) -> Announcement:
    return Announcement(title="排名", body="见下表", community_id=community_id, source=("probe", ID))


def test_the_announcer_that_is_on_is_asked(open_session, board) -> None:
    with open_session(ON.scope) as session:
        assert announce(session, SYSTEM, wanted(ON.id)) == ID
        withdraw_announcement(session, SYSTEM, ON.id, ID, "错了")
    assert board.asked == ["排名", "错了"]


def test_where_none_is_on_nothing_is_announced(open_session, board) -> None:
    with open_session(OFF.scope) as session:
        assert announce(session, SYSTEM, wanted(OFF.id)) is None
        withdraw_announcement(session, SYSTEM, OFF.id, ID, "错了")
    assert board.asked == []
