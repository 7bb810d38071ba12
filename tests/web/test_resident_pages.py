"""What residents and visitors see: the first page, one's own home, one's own data; never anybody else's."""

from __future__ import annotations

import html

import pytest
from sqlalchemy import select

from linli.house import House
from linli.kit.scope import Scope
from linli.residents.models import Household, HouseholdMember
from linli.tenancy.models import Community
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def portal(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}"


def text_of(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.unescape(answer.text)


def test_a_visitor_finds_name_contact_and_the_way_in(
    browser: Browser, module_house: House, here: CommunityWorld, portal: str
) -> None:
    with module_house.owner.unit_of_work(Scope.of_street(here.tenant_id)) as session:
        community = session.scalars(select(Community).where(Community.id == here.id)).one()
        community.office_phone, community.office_address = "010-00000000", "示范路1号"
    text = text_of(browser, portal)
    assert "第1社区" in text
    assert "010-00000000" in text
    assert "示范路1号" in text
    assert "/account/sign-in?next=" in text
    assert "测试居民" not in text


def test_my_pages_ask_a_visitor_to_sign_in(browser: Browser, portal: str) -> None:
    for path in ("/my-home", "/my-data"):
        answer = browser.get(portal + path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/account/sign-in?next=")


def test_a_resident_is_greeted_with_their_home(browser: Browser, here: CommunityWorld, portal: str) -> None:
    text = text_of(browser.sign_in_as(here.resident_account), portal)
    assert "测试居民1，您好" in text
    assert "一号院 1号楼 1单元 101" in text


def test_my_home_names_my_household_and_nobody_elses(browser: Browser, here: CommunityWorld, portal: str) -> None:
    text = text_of(browser.sign_in_as(here.resident_account), f"{portal}/my-home")
    assert "1单元 101" in text
    assert "测试居民1" in text
    assert "测试居民2" not in text
    assert "1单元 201" not in text


def test_my_data_shows_masked_numbers_and_how_to_correct_them(
    browser: Browser, module_house: House, here: CommunityWorld, portal: str
) -> None:
    text = text_of(browser.sign_in_as(here.resident_account), f"{portal}/my-data")
    assert "199****" in text
    assert "1990000" not in text
    assert "请联系居委会" in text


def test_a_former_household_is_not_shown_any_more(browser: Browser, module_house: House, world: World) -> None:
    there = world.there.communities[1]
    with module_house.owner.unit_of_work(there.scope) as session:
        household = session.scalars(select(Household).where(Household.id == there.households[0])).one()
        household.ended_on = household.started_on
        for member in session.scalars(select(HouseholdMember).where(HouseholdMember.household_id == household.id)):
            member.moved_out_on = member.moved_in_on
    browser.sign_in_as(there.resident_account)
    text = text_of(browser, f"/s/{there.street_code}/c/{there.code}/my-home")
    assert "业主，不住在这里" in text
    assert "住在一起的人" not in text


def test_a_resident_of_elsewhere_is_a_visitor_here(browser: Browser, world: World, portal: str) -> None:
    for other in (world.here.communities[1], world.there.communities[0]):
        browser.sign_in_as(other.resident_account)
        text = text_of(browser, portal)
        assert "您还没有登记为本社区的居民" in text
        assert "我的家" not in text.partition("<main")[2]
        for path in ("/my-home", "/my-data"):
            assert browser.get(portal + path).status_code == 403


def test_an_unknown_community_is_not_there(browser: Browser, here: CommunityWorld) -> None:
    assert browser.get(f"/s/{here.street_code}/c/999001001999").status_code == 404
    assert browser.get("/s/000000000/c/999001001001").status_code == 404


def test_the_pages_speak_english_when_asked(browser: Browser, here: CommunityWorld, portal: str) -> None:
    browser.client.cookies.set("lang", "en")
    try:
        answer = browser.get(portal)
    finally:
        browser.client.cookies.delete("lang")
    assert 'lang="en"' in answer.text
