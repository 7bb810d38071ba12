"""Large type: one switch on each page of residents, remembered; fewer ways to go, and the telephone on each page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from linli.kit.scope import Scope
from linli.tenancy.models import Community


@pytest.fixture
def large(browser, here, module_house):
    with module_house.owner.unit_of_work(Scope.of_street(here.tenant_id)) as session:
        session.scalars(select(Community).where(Community.id == here.id)).one().office_phone = "010 6770 0000"
    browser.client.app.state.site.forget_looks()
    browser.sign_in_as(here.resident_account)
    browser.client.cookies.set("type", "large")
    yield browser
    browser.client.cookies.delete("type")


PAGES = ("", "/my-home", "/my-data", "/more", "/disclosures", "/inbox", "/whose")


def bar(text: str) -> list[str]:
    return re.findall(r"<a ", text.partition('class="bar-menu"')[2].partition("</nav>")[0])


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_the_switch_and_the_telephone(large, read, portal, path) -> None:
    text = read(portal + path)
    assert 'class="theme-teal large-type"' in text
    assert "/large-type?on=0" in text
    assert 'href="tel:01067700000"' in text


@pytest.mark.parametrize("path", PAGES)
def test_the_switch_stands_on_each_page_in_normal_type_too(browser, read, portal, here, path) -> None:
    browser.sign_in_as(here.resident_account)
    text = read(portal + path)
    assert "/large-type?on=1" in text
    assert 'class="call-us"' not in text


def test_the_bar_has_five_targets_and_fewer_in_large_type(browser, read, portal, here) -> None:
    browser.sign_in_as(here.resident_account)
    assert 3 <= len(bar(read(portal))) <= 5


def test_the_bar_leads_to_everything_that_it_leaves_out(large, read, portal) -> None:
    text = read(portal)
    assert len(bar(text)) <= 4
    side = re.findall(r'href="([^"]+)"', text.partition('class="side-menu"')[2].partition("</nav>")[0])
    more = read(f"{portal}/more").partition("<main")[2]
    assert side
    assert [each for each in side if f'href="{each}"' not in more] == []
