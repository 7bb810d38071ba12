"""The admin portal narrowed to one compound: remembered, said on each page, taken back with one button, no right."""

from __future__ import annotations

from uuid import uuid4

import pytest

from linli.residents.models import Household, HouseholdMember, Resident
from linli.tenancy.models import Building, Compound, Dwelling
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World, known_id


@pytest.fixture
def other(module_house, here: CommunityWorld):
    """A second compound with one dwelling and one person."""
    ids = {name: known_id(here.code, "narrow", name) for name in ("compound", "building", "dwelling", "home", "who")}
    with module_house.owner.unit_of_work(here.scope) as session:
        if session.get(Compound, (here.tenant_id, ids["compound"])) is None:
            place = {"community_id": here.id}
            session.add(Compound(id=ids["compound"], name="二号院", **place))
            session.flush()
            within = {"compound_id": ids["compound"], **place}
            session.add(Building(id=ids["building"], name="9号楼", sort_key="0009", **within))
            session.flush()
            session.add(
                Dwelling(
                    id=ids["dwelling"],
                    building_id=ids["building"],
                    door="909",
                    sort_key="0009/909",
                    label="9号楼 909",
                    **within,
                )
            )
            session.add(Resident(id=ids["who"], name="二院居民", name_pinyin="eryuanjumin", **place))
            session.flush()
            session.add(Household(id=ids["home"], dwelling_id=ids["dwelling"], **place))
            session.flush()
            session.add(HouseholdMember(household_id=ids["home"], resident_id=ids["who"], relation="head", **place))
    return ids["compound"]


@pytest.fixture
def admin(browser: Browser, portal, here):
    browser.client.cookies.delete("compound")
    browser.sign_in_as(here.administrator)
    yield f"{portal}/admin"
    browser.client.cookies.delete("compound")


def test_lists_show_the_chosen_compound_until_one_goes_back_to_all(browser, read, admin, other) -> None:
    assert "一号院" in read(f"{admin}/dwellings")
    answer = browser.post(f"{admin}/narrow", {"show": str(other)})
    assert answer.status_code == 303
    for path in ("/dwellings", "/residents"):
        text = read(admin + path).partition("<main")[2]
        assert "现在只看：二号院" in text
        assert "9号楼 909" in text
        assert "1号楼 1单元 101" not in text
    assert f'value="{other}" selected' in read(f"{admin}/dwellings")
    for path in ("", "/compounds", "/rosters", "/notices"):
        text = read(admin + path)
        assert "现在只看：二号院" in text
        assert "看全部小区" in text
    browser.post(f"{admin}/narrow", {"show": ""})
    assert "1号楼 1单元 101" in read(f"{admin}/dwellings")
    assert "现在只看" not in read(admin)


def test_a_list_that_was_asked_for_a_compound_shows_that_one(browser, read, admin, here, other) -> None:
    browser.post(f"{admin}/narrow", {"show": str(other)})
    assert "1号楼 1单元 101" in read(f"{admin}/dwellings?compound={here.compound}")


def test_what_is_not_in_reach_cannot_be_chosen(browser, admin, world: World, other) -> None:
    elsewhere = [world.here.communities[1].compound, world.there.communities[0].compound, uuid4(), "x"]
    for each in elsewhere:
        assert browser.post(f"{admin}/narrow", {"show": str(each)}).status_code == 422


def test_a_forged_cookie_changes_nothing(browser, read, admin, world: World, other) -> None:
    before = read(f"{admin}/residents").partition("<main")[2].count("测试居民")
    for each in (world.here.communities[1].compound, world.there.communities[0].compound, "' or 1=1", "x" * 300):
        browser.client.cookies.set("compound", str(each))
        text = read(f"{admin}/residents").partition("<main")[2]
        assert text.count("测试居民") == before
        assert "现在只看" not in text
    browser.client.cookies.delete("compound")


def test_narrowing_gives_no_right(browser, portal, here, other) -> None:
    browser.sign_in_as(here.resident_account)
    browser.client.cookies.set("compound", str(other))
    assert browser.get(f"{portal}/admin/dwellings").status_code == 403
    assert browser.post(f"{portal}/admin/narrow", {"show": str(other)}).status_code == 403
    browser.client.cookies.delete("compound")


def test_the_portal_of_another_community_is_not_narrowed_by_it(browser, read, admin, world: World, other) -> None:
    browser.post(f"{admin}/narrow", {"show": str(other)})
    read(admin)
    browser.sign_in_as(world.here.communities[1].administrator)
    next_door = world.here.communities[1]
    text = read(f"/s/{next_door.street_code}/c/{next_door.code}/admin/dwellings")
    assert "现在只看" not in text
    assert "1号楼 1单元 101" in text
