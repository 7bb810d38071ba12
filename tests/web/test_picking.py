"""Choosing people and places in a form: what is found, how much of it, and never what the chooser may not see."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import text

from linli.house import House
from linli.tenancy.models import Building, Compound, Dwelling, UnitEntrance
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World
from linli.web import picking


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def admin(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin"


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld) -> Browser:
    return browser.sign_in_as(here.administrator)


def page(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.unescape(answer.text)


@pytest.fixture
def elsewhere(module_house: House, here: CommunityWorld) -> Dwelling:
    """A dwelling in another building of the community."""
    with module_house.owner.unit_of_work(here.scope) as session:
        compound = Compound(community_id=here.id, name="远处的小区")
        session.add(compound)
        session.flush()
        building = Building(community_id=here.id, compound_id=compound.id, name="88号楼")
        session.add(building)
        session.flush()
        unit = UnitEntrance(community_id=here.id, building_id=building.id, name="1单元")
        session.add(unit)
        session.flush()
        dwelling = Dwelling(
            community_id=here.id,
            compound_id=compound.id,
            building_id=building.id,
            unit_entrance_id=unit.id,
            door="8801",
            label="88号楼 1单元 8801",
            sort_key="88",
        )
        session.add(dwelling)
        session.flush()
        session.expunge(dwelling)
    yield dwelling
    with module_house.owner.unit_of_work(here.scope) as session:
        for table, row_id in (
            ("dwelling", dwelling.id),
            ("unit_entrance", dwelling.unit_entrance_id),
            ("building", dwelling.building_id),
            ("compound", dwelling.compound_id),
        ):
            session.execute(text(f"DELETE FROM core.{table} WHERE id = :id"), {"id": row_id})


class TestPeople:
    @pytest.mark.parametrize("q", ["测试居民2", "ceshijumin2", "1号楼 1单元 201"])
    def test_by_name_reading_or_door(self, signed_in, here, admin, q) -> None:
        found = page(signed_in, f"{admin}/pick/people?field=who&who_q={q}")
        assert f'name="who" value="{here.residents[1]}"' in found
        assert f'value="{here.residents[0]}"' not in found

    @pytest.mark.parametrize("q", ["ljl", "LJL", "刘家", "1234"])
    def test_by_initials_and_the_last_digits_of_a_phone(self, signed_in, admin, q) -> None:
        signed_in.post(f"{admin}/residents", {"name": "刘家乐", "phone": "13800131234"})
        assert "刘家乐" in page(signed_in, f"{admin}/pick/people?field=who&who_q={q}")

    def test_the_chosen_one_stays_whatever_is_sought(self, signed_in, here, admin) -> None:
        found = page(signed_in, f"{admin}/pick/people?field=who&who_q=csjm2&who={here.residents[0]}")
        assert f'value="{here.residents[0]}" checked' in found

    def test_whole_numbers_are_never_shown(self, signed_in, here, admin) -> None:
        assert not re.search(r"1\d{10}", page(signed_in, f"{admin}/pick/people?field=who&who_q=测试"))

    def test_others_people_are_not_found_nor_named_by_id(self, signed_in, world, admin) -> None:
        for other in (world.here.communities[1], world.there.communities[0]):
            for resident in other.residents:
                found = page(signed_in, f"{admin}/pick/people?field=who&who_q=测试&who={resident}")
                assert str(resident) not in found

    def test_a_steward_finds_those_of_the_building(self, browser, here, admin, elsewhere) -> None:
        browser.sign_in_as(here.steward)
        answer = browser.get(f"{admin}/pick/people?field=who&who_q=测试")
        assert answer.status_code in (200, 403)
        browser.sign_in_as(here.resident_account)
        assert browser.get(f"{admin}/pick/people?field=who&who_q=测试").status_code == 403

    @pytest.mark.parametrize("field", ["Who", "x" * 50, "a-b", "_draft", '"><script>'])
    def test_the_name_of_a_field_is_one(self, signed_in, admin, field) -> None:
        answer = signed_in.get(f"{admin}/pick/people", params={"field": field})
        assert answer.status_code in (400, 422)

    def test_without_scripts_from_inside_the_form(self, signed_in, here, admin) -> None:
        address = f"{admin}/dwellings/{here.dwellings[1]}/move-in"
        answer = signed_in.post(
            address,
            {"_find": "resident_id", "resident_id_q": "ceshijumin2", "relation": "spouse", "moved_in_on": "not yet"},
        )
        assert answer.status_code == 200
        told = html.unescape(answer.text)
        assert f'name="resident_id" value="{here.residents[1]}"' in told
        assert 'value="spouse" selected' in told
        assert "fault" not in told.partition("<form")[2].partition("</form>")[0].replace("default-submit", "")


class TestAddresses:
    def test_level_by_level(self, signed_in, here, admin) -> None:
        pick = f"{admin}/pick/address?field=home"
        first = page(signed_in, pick)
        assert f'value="{here.compound}"' in first
        second = page(signed_in, f"{pick}&home_compound={here.compound}")
        assert f'value="{here.building}"' in second
        assert str(here.dwellings[0]) not in second
        third = page(signed_in, f"{pick}&home_compound={here.compound}&home_building={here.building}")
        assert all(f'value="{each}"' in third for each in here.dwellings)

    def test_what_is_chosen_says_where_it_lies(self, signed_in, here, admin, elsewhere) -> None:
        shown = page(signed_in, f"{admin}/pick/address?field=home&home={elsewhere.id}")
        for each in (elsewhere.compound_id, elsewhere.building_id, elsewhere.id):
            assert f'value="{each}" selected' in shown

    def test_another_compound_takes_the_choice_away(self, signed_in, here, admin, elsewhere) -> None:
        shown = page(
            signed_in,
            f"{admin}/pick/address?field=home&home={elsewhere.id}&home_compound={here.compound}"
            f"&home_building={elsewhere.building_id}",
        )
        assert f'value="{here.compound}" selected' in shown
        assert str(elsewhere.id) not in shown
        assert str(elsewhere.building_id) not in shown

    def test_the_search_finds_across_compounds_and_says_which(self, signed_in, here, admin, elsewhere) -> None:
        shown = page(signed_in, f"{admin}/pick/address?field=home&home_q=8801")
        assert f'type="radio" name="home" value="{elsewhere.id}"' in shown
        assert "远处的小区" in shown.partition('type="radio"')[2].partition("</label>")[0]
        narrowed = page(signed_in, f"{admin}/pick/address?field=home&home_q=8801&home_compound={here.compound}")
        assert "没有找到“8801”" in narrowed

    def test_answers_are_bounded(self, signed_in, here, admin, monkeypatch) -> None:
        monkeypatch.setattr(picking, "SHOWN", 2)
        shown = page(signed_in, f"{admin}/pick/address?field=home&home_q=1号楼")
        assert shown.count('type="radio"') == 2
        assert "还有更多" in shown
        monkeypatch.setattr(picking, "MOST", 1)
        shown = page(
            signed_in, f"{admin}/pick/address?field=home&home_compound={here.compound}&home_building={here.building}"
        )
        assert sum(str(each) in shown for each in here.dwellings) == 1

    def test_a_steward_is_offered_the_own_building_alone(self, browser, here, admin, elsewhere) -> None:
        browser.sign_in_as(here.steward)
        shown = page(browser, f"{admin}/pick/address?field=home")
        assert str(here.compound) in shown
        assert str(elsewhere.compound_id) not in shown
        for ask in (
            f"home={elsewhere.id}",
            f"home_compound={elsewhere.compound_id}&home_building={elsewhere.building_id}",
            "home_q=8801",
        ):
            told = page(browser, f"{admin}/pick/address?field=home&{ask}")
            assert str(elsewhere.id) not in told
            assert "8801" not in told.replace("没有找到“8801”", "")
        own = page(
            browser, f"{admin}/pick/address?field=home&home_compound={here.compound}&home_building={here.building}"
        )
        assert str(here.dwellings[0]) in own

    def test_other_communities_and_streets_are_not_there(self, signed_in, world, admin) -> None:
        for other in (world.here.communities[1], world.there.communities[0]):
            shown = page(
                signed_in,
                f"{admin}/pick/address?field=home&home={other.dwellings[0]}&home_compound={other.compound}"
                f"&home_building={other.building}&home_community={other.id}",
            )
            for each in (other.compound, other.building, *other.dwellings):
                assert str(each) not in shown

    def test_the_streets_console_begins_with_the_community(self, browser, world) -> None:
        browser.sign_in_as(world.here.administrator)
        pick = f"/s/{world.here.code}/console/pick/address?field=home"
        first = page(browser, pick)
        own, other = world.here.communities
        assert f'value="{own.id}"' in first
        assert str(own.compound) not in first
        second = page(browser, f"{pick}&home_community={own.id}")
        assert f'value="{own.compound}"' in second
        assert str(other.compound) not in second
        assert str(world.there.communities[0].id) not in second

    def test_who_may_not_read_dwellings_is_told_nothing(self, browser, here, admin) -> None:
        browser.sign_in_as(here.resident_account)
        assert browser.get(f"{admin}/pick/address?field=home").status_code == 403

    def test_it_stands_filled_in_a_form_that_came_back(self, signed_in, here, admin, elsewhere) -> None:
        answer = signed_in.post(f"{admin}/residents", {"name": "", "dwelling_id": str(elsewhere.id)})
        assert answer.status_code == 422
        told = html.unescape(answer.text)
        assert f'value="{elsewhere.building_id}" selected' in told
        assert f'value="{elsewhere.id}" selected' in told


class TestRoles:
    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"building_id_compound": "compound", "building_id": "building"}, 200),
            ({"building_id_compound": "", "building_id": "building"}, 422),
            ({}, 422),
        ],
    )
    def test_a_steward_is_appointed_with_the_picker(self, signed_in, here, admin, sent, status) -> None:
        ids = {"compound": str(here.compound), "building": str(here.building)}
        form = {"name": "新楼门长", "role": "building_steward", **{key: ids.get(v, v) for key, v in sent.items()}}
        answer = signed_in.post(f"{admin}/roles/invite", form)
        assert answer.status_code == status
        if status == 422:
            assert "请选择范围" in html.unescape(answer.text)

    def test_whole_is_the_whole_community(self, signed_in, here, admin) -> None:
        form = {"name": "一位主任", "role": "building_steward", "building_id_compound": "whole"}
        answer = signed_in.post(f"{admin}/roles/invite", form)
        # A steward is of a building; that the whole community was meant is what is refused.
        assert answer.status_code == 422
        assert 'value="whole" selected' in html.unescape(answer.text)


class TestDays:
    def test_a_month_with_turns(self, signed_in, admin) -> None:
        shown = page(signed_in, f"{admin}/days?month=2026-10-05&chosen=2026-10-08")
        assert 'data-day="2026-10-01"' in shown
        assert "，放假" in shown.partition('data-day="2026-10-01"')[2].partition("</button>")[0]
        assert 'aria-pressed="true"' in shown.partition('data-day="2026-10-08"')[2].partition(">")[0]
        assert 'data-month="2026-09-01"' in shown
        assert 'data-month="2026-11-01"' in shown

    @pytest.mark.parametrize("month", ["0001-01-01", "9999-12-31"])
    def test_no_year_is_too_far(self, signed_in, admin, month) -> None:
        assert "days-day" in page(signed_in, f"{admin}/days?month={month}")

    def test_only_for_who_is_signed_in(self, browser, admin) -> None:
        browser.sign_out()
        assert browser.get(f"{admin}/days").status_code in (303, 401)
