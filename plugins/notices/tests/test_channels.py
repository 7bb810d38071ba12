"""Where else a notice was made known: on record beside it, seen in its own community alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.sdk import PUBLIC, SYSTEM, Invalid, NotFound, today
from linli_notices import board, publishing, telling
from linli_notices.channels import add_channel, chat_text, list_channels, remove_channel
from linli_notices.poster import make_poster
from linli_notices.schemas import ChannelWrite


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def published(own, make_notice):
    def make(session):
        notice = make_notice(session, own.id)
        publishing.publish_notice(session, SYSTEM, own.id, notice.id)
        return notice

    return make


def entry(channel: str, place: str, **fields) -> ChannelWrite:
    return ChannelWrite(**{"channel": channel, "place": place, "done_on": today(), "done_by": "宣传委员", **fields})


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param(("board", "chat_group", "public_account"), marks=pytest.mark.requirement("COM-005")),
        pytest.param(("board", "chat_group", "radio"), marks=pytest.mark.requirement("COM-013")),
        pytest.param(("banner", "brochure", "talk"), marks=pytest.mark.requirement("COM-004")),
        pytest.param(("radio", "television", "public_account"), marks=pytest.mark.requirement("COM-018")),
    ],
)
def test_each_way_of_making_known_is_on_record(open_session, own, published, ways: tuple[str, ...]) -> None:
    with open_session(own.scope) as session:
        notice = published(session)
        for way in ways:
            add_channel(session, SYSTEM, own.id, notice.id, entry(way, f"{way}一处"))
    with open_session(own.scope) as session:
        kept = list_channels(session, SYSTEM, own.id, notice.id)
    assert [(each.channel, each.place, each.done_on) for each in kept] == [(way, f"{way}一处", today()) for way in ways]


@pytest.mark.requirement("COM-008")
def test_one_text_goes_out_in_several_forms(open_session, own, make_notice) -> None:
    with open_session(own.scope) as session:
        notice = make_notice(session, own.id, title="一起学自治", body="业主怎样自己管好小区。", is_public=True)
        assert board.read_notice(session, PUBLIC, own.id, notice.id).notice.title == "一起学自治", "on the internet"
        assert telling.tell(session, notice.id, telling.PUBLISHED, own.id) > 0, "into every resident's inbox"
        options = {"address": "https://linli.example.org/n", "category": "宣传", "community_id": own.id}
        assert make_poster(session, notice, paper="a4", **options).content.startswith(b"%PDF-"), "on the wall"
        for way in ("talk", "banner"):
            add_channel(session, SYSTEM, own.id, notice.id, entry(way, "小区花园"))
        assert {each.channel for each in list_channels(session, SYSTEM, own.id, notice.id)} == {"talk", "banner"}


def test_a_day_to_come_is_refused_by_its_field(open_session, own, published) -> None:
    with open_session(own.scope) as session:
        notice = published(session)
        add_channel(session, SYSTEM, own.id, notice.id, entry("board", "南门", done_on=today()))
        with pytest.raises(Invalid) as caught:
            add_channel(session, SYSTEM, own.id, notice.id, entry("board", "北门", done_on=today() + timedelta(1)))
    assert [fault.field for fault in caught.value.errors] == ["done_on"]


def test_other_communities_and_streets_see_none(open_session, world, own, published) -> None:
    with open_session(own.scope) as session:
        notice = published(session)
        made = add_channel(session, SYSTEM, own.id, notice.id, entry("radio", "东区"))
    for other in (world.here.communities[1], world.there.communities[0]):
        with open_session(other.scope) as session:
            with pytest.raises(NotFound):
                list_channels(session, SYSTEM, other.id, notice.id)
            with pytest.raises(NotFound):
                remove_channel(session, SYSTEM, other.id, notice.id, made.id)


@pytest.mark.parametrize(("letters", "is_cut"), [(119, False), (120, False), (121, True)])
def test_a_text_for_a_chat_keeps_its_lines_and_is_cut_when_long(letters: int, is_cut: bool) -> None:
    body = f"停水通知\n\n  周一\n{'水' * (letters - 8)}"
    shown = f"停水通知\n周一\n{'水' * (letters - 8)}"
    expected = f"{shown[:120]}…" if is_cut else shown
    assert chat_text("停水", body, "一号社区", "") == f"【停水】\n{expected}\n一号社区"
    assert chat_text("停水", body, "一号社区", "https://linli.example.org/n").splitlines()[-1].endswith("/n")
