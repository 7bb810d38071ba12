"""The community's page of today: what to do first, by the core's records and the plugins' words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from linli.kit.clock import today
from linli.kit.focus import focus
from linli.plugins.contributions import Card, Todo
from linli.plugins.registry import Owned
from linli.residents.models import RosterImport
from linli.showing.history import keep_numbers
from linli.testing.world import WORLD
from linli.web.cards import Line, arranged


def line(title: str, on=None, late: int = 0) -> Line:
    return Line(title, "/x", "", on, late)


def test_what_is_late_comes_first_then_today_then_what_waits_then_the_days() -> None:
    day = today()
    found = arranged(
        [
            line("waits"),
            line("tomorrow", day + timedelta(days=1)),
            line("a day late", day - timedelta(days=1), 1),
            line("due", day),
            line("a week late", day - timedelta(days=7), 7),
            line("later", day + timedelta(days=3)),
            line("tomorrow too", day + timedelta(days=1)),
        ],
        day,
    )
    assert [each.title for each in found.first] == ["a week late", "a day late", "due", "waits"]
    assert [(on, [each.title for each in lines]) for on, lines in found.ahead] == [
        (day + timedelta(days=1), ["tomorrow", "tomorrow too"]),
        (day + timedelta(days=3), ["later"]),
    ]


def breaks(*_given):
    raise RuntimeError("小明 138")


def card(title: str, todo, needs: str | None = None) -> Owned[Card]:
    return Owned("notices", Card("admin", title, "notices/card_admin.html", lambda *_: None, needs=needs, todo=todo))


@pytest.fixture
def with_cards(served):
    """Puts cards in place of all others, for one test."""
    site = served.app.state.site
    before = site.plugins

    def put(*cards: Owned[Card]) -> None:
        from dataclasses import replace

        site.plugins = replace(before, cards=cards)

    yield put
    site.plugins = before


def test_plugins_say_what_is_to_be_done(browser, read, portal, here, with_cards) -> None:
    day = today()

    def said(_session, _actor, first, last):
        assert (first, last) == (day, day + timedelta(days=6))
        return [
            Todo(title="很急的事", path="x", on=day - timedelta(days=2)),
            Todo(title="很远的事", path="x", on=day + timedelta(days=30)),
            Todo(title="明天的活动", path="y?day=1", on=day + timedelta(days=1), detail="九点", is_planned=True),
            Todo(title="昨天开始的活动", path="y", on=day - timedelta(days=1), is_planned=True),
        ]

    with_cards(card("公告", said))
    browser.sign_in_as(here.administrator)
    text = read(f"{portal}/admin")
    first, _heading, ahead = text.partition("接下来七天")
    assert "很急的事" in first
    assert "逾期 2 天" in first
    assert "昨天开始的活动" in first
    assert "逾期 1 天" not in first
    assert "明天的活动" in ahead
    assert f'{portal}/admin/notices/y?day=1"' in ahead
    assert "很远的事" not in text


def test_a_plugin_that_fails_costs_its_own_lines(browser, read, portal, here, with_cards) -> None:
    with_cards(
        card("坏的", breaks),
        card("乱说的", lambda *_: ["text"]),
        card("好的", lambda *_: [Todo(title="一件好事", path="")]),
    )
    browser.sign_in_as(here.administrator)
    text = read(f"{portal}/admin")
    assert "一件好事" in text
    assert "“坏的”暂时说不出有没有要做的事" in text
    assert "“乱说的”暂时说不出有没有要做的事" in text
    assert "小明" not in text


def test_who_may_not_see_the_card_is_told_nothing_of_its_tasks(browser, read, portal, here, with_cards) -> None:
    with_cards(card("街道的", lambda *_: [Todo(title="街道的事", path="")], needs="core.community.manage"))
    browser.sign_in_as(here.administrator)
    assert "街道的事" not in read(f"{portal}/admin")


def test_a_roster_that_waits_is_something_to_do(browser, read, portal, here, module_house) -> None:
    with module_house.owner.unit_of_work(here.scope) as session:
        session.add(
            RosterImport(
                community_id=here.id,
                compound_id=here.compound,
                file_id=here.compound,
                file_name="春季.csv",
                file_format="csv",
                created_by=None,
                mapping={"format": "csv", "header_row": 1, "fields": [], "titles": []},
                summary={},
                state="ready",
            )
        )
    browser.sign_in_as(here.administrator)
    text = read(f"{portal}/admin")
    assert "名册 春季.csv" in text.partition("接下来七天")[0]


def test_a_card_that_is_not_narrowed_says_that_it_is_about_the_whole_community(
    browser, read, portal, here, with_cards
) -> None:
    numbers = {"showing": 1, "drafts": 0, "said": None}

    def narrows(*_given):
        focus()
        return numbers

    def shown(title: str, data) -> Owned[Card]:
        return Owned("notices", Card("admin", title, "notices/card_admin.html", data))

    with_cards(shown("说全部", lambda *_: numbers), shown("只说一个", narrows))
    browser.sign_in_as(here.administrator)
    browser.post(f"{portal}/admin/narrow", {"show": str(here.compound)})
    of_all, _heading, of_one = read(f"{portal}/admin").partition("<h2>说全部</h2>")[2].partition("<h2>只说一个</h2>")
    assert "说的是整个社区" in of_all
    assert "说的是整个社区" not in of_one
    browser.post(f"{portal}/admin/narrow", {"show": ""})
    assert "说的是整个社区" not in read(f"{portal}/admin")


def test_plugins_numbers_are_those_of_this_hour(browser, read, portal, here, module_house) -> None:
    """Counted once for all pages; the register's own are read now, and so is what was not counted today."""
    browser.sign_in_as(here.administrator)
    assert "功能插件的数字截至" not in read(f"{portal}/admin"), "control: nothing was counted yet"
    with module_house.database.unit_of_work(WORLD.here.scope) as session:
        keep_numbers(session)
        session.execute(
            text(
                "UPDATE core.metric_value SET value = 4711 "
                "WHERE community_id = :here AND metric IN ('notices.showing', 'core.residents')"
            ),
            {"here": here.id},
        )
    page = read(f"{portal}/admin")
    assert "功能插件的数字截至" in page
    assert page.count("4,711") == 1, "of the plugin, and not of the register"
