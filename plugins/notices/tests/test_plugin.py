"""What the plugin brings along: cards, demo rows, translations, and its place in the street."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import func, select

from linli.sdk import SYSTEM
from linli.testing.choices import Plugins, allow, disallow
from linli.testing.web import Browser, serving
from linli_notices import demo, service
from linli_notices.models import Notice
from linli_notices.plugin import MANIFEST
from linli_notices.repository import Filter


@pytest.fixture
def own(world):
    return world.here.communities[0]


def test_demo_rows_are_added_once(open_session, world, own) -> None:
    with open_session(world.here.scope) as session:
        for place in (None, own.id, None, own.id):
            demo.fill(session, SYSTEM, place)
        counts = {
            place: len(service.list_notices(session, SYSTEM, place, Filter())[0])
            for place in (None, own.id, world.here.communities[1].id)
        }
    assert counts == {None: 2, own.id: 7, world.here.communities[1].id: 0}
    with open_session(world.there.scope) as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0


@pytest.fixture
def filled(module_house, world, own):
    with module_house.database.unit_of_work(world.here.scope) as session:
        demo.fill(session, SYSTEM, own.id)


def test_the_cards_show_on_the_first_pages(browser, own, filled) -> None:
    root = f"/s/{own.street_code}/c/{own.code}"
    browser.sign_in_as(own.administrator)
    first_page = re.sub(r"<[^>]+>", " ", browser.get(f"{root}/admin").text)
    assert re.search(r"3\s+展示中\s+1\s+草稿\s+1\s+待答复", first_page)
    browser.sign_in_as(own.resident_account)
    assert "二次供水水箱清洗通知" in browser.get(root).text


def test_its_number_its_search_and_its_disclosure_show(browser, own, world, filled) -> None:
    root = f"/s/{own.street_code}/c/{own.code}"
    words = re.sub(r"<[^>]+>", " ", browser.get(f"{root}/disclosures").text)
    assert re.search(r"公告公示.*现有 [1-9] 项", words, re.DOTALL)
    assert "二次供水水箱清洗通知" in browser.get(f"{root}/search?q=水箱").text
    browser.sign_in_as(own.administrator)
    assert re.search(r"[23]\s+本社区在展公告", re.sub(r"<[^>]+>", " ", browser.get(f"{root}/admin").text))
    assert "二次供水水箱清洗通知" in browser.get(f"{root}/admin/search?q=水箱").text
    for words in ("ecgs", "sxqx", "水箱qx", "QINGXI"):
        assert "二次供水水箱清洗通知" in browser.get(f"{root}/admin/search?q={words}").text, words
        assert "二次供水水箱清洗通知" in browser.get(f"{root}/search?q={words}").text, words
    palette = html.unescape(browser.get(f"{root}/admin/search?q=tz").text)
    assert f'href="{root}/admin/notices"' in palette, "people say 通知"
    assert f'href="{root}/admin/notices/start"' in palette, "发通知"
    browser.sign_in_as(world.here.administrator)
    assert "本社区在展公告" in browser.get(f"/s/{world.here.code}/console/numbers").text


def test_the_board_is_english_for_who_reads_english(browser, own, filled) -> None:
    browser.client.cookies.set("lang", "en")
    board = browser.get(f"/s/{own.street_code}/c/{own.code}/notices").text
    for words in ("Find notices", "Outages ·", "Pinned", "Once signed in"):
        assert words in board
    for words in ("公告公示", "置顶", "查找公告"):
        assert words not in board


def test_it_is_gone_from_the_street_that_no_longer_allows_it(browser, house, world) -> None:
    plugins = Plugins.load()
    own = world.here.communities[0]
    pages = (f"/s/{world.here.code}/console/notices", f"/s/{own.street_code}/c/{own.code}/admin/notices")
    with serving(house, plugins) as client:
        street = Browser(client, house).sign_in_as(world.here.administrator)
        assert [street.get(page).status_code for page in pages] == [200, 200]
        with house.database.unit_of_work(world.here.scope) as session:
            disallow(session, SYSTEM, plugins, MANIFEST.name)
        assert [street.get(page).status_code for page in pages] == [404, 404]
        with house.database.unit_of_work(world.here.scope) as session:
            allow(session, SYSTEM, plugins, MANIFEST.name)
        assert [street.get(page).status_code for page in pages] == [200, 200]
