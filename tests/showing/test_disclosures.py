"""What a community lets people read."""

from __future__ import annotations

from html import unescape

import pytest


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}"


@pytest.mark.hook("register_disclosures")
def test_everybody_sees_the_list_with_audience_rule_and_state(browser, home) -> None:
    page = browser.get(f"{home}/disclosures")
    assert page.status_code == 200
    assert f'href="{home}/probe/accounts"' in unescape(page.text)
    assert "《物业管理条例》第五十四条" in page.text
    assert "现有 4 项，最新 2026年3月1日" in page.text
    assert page.text.index("社区和联系方式") < page.text.index("收支")
    assert "登录的居民" in page.text


def test_one_whose_state_breaks_is_listed_without_it(browser, home) -> None:
    page = unescape(browser.get(f"{home}/disclosures").text)
    assert "账本" in page
    assert "小明" not in page


def test_nothing_of_a_plugin_where_it_is_off(browser, world) -> None:
    other = world.here.communities[1]
    page = unescape(browser.get(f"/s/{other.street_code}/c/{other.code}/disclosures").text)
    assert "社区和联系方式" in page
    assert "收支" not in page
