"""The community's pages of compounds, buildings and dwellings."""

from __future__ import annotations

import html
import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from linli.audit.models import AuditEntry
from linli.house import House
from linli.residents.models import Ownership
from linli.tenancy.models import Building, CommunitySummary, Compound, Dwelling
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def admin(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin"


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld) -> Browser:
    return browser.sign_in_as(here.administrator)


def make_compound(browser: Browser, admin: str, name: str) -> str:
    answer = browser.post(f"{admin}/compounds", {"name": name, "kind": "mixed"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def stored_version(house: House, here: CommunityWorld, compound_id: str) -> int:
    with house.database.unit_of_work(here.scope) as session:
        return session.scalars(select(Compound.version).where(Compound.id == UUID(compound_id))).one()


LISTS = [
    "/compounds",
    "/dwellings",
    "/residents",
    "/organisations",
    "/pick/address?dwelling_id_q=1",
    "/pick/people?resident_id_q=c",
]


class TestWhoMaySee:
    def test_a_visitor_is_asked_to_sign_in(self, browser: Browser, admin: str) -> None:
        for path in ["", "/compounds", "/dwellings", "/residents"]:
            answer = browser.get(admin + path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/account/sign-in?next=")

    def test_a_resident_is_refused(self, browser: Browser, here: CommunityWorld, admin: str) -> None:
        browser.sign_in_as(here.resident_account)
        for path in ["", *LISTS, "/compounds/new", f"/dwellings/{here.dwellings[0]}"]:
            assert browser.get(admin + path).status_code == 403, path

    def test_the_administrator_of_the_next_community_is_refused(
        self, browser: Browser, world: World, admin: str
    ) -> None:
        browser.sign_in_as(world.here.communities[1].administrator)
        for path in ["", *LISTS]:
            assert browser.get(admin + path).status_code == 403, path

    @pytest.mark.parametrize("path", LISTS)
    def test_a_list_shows_this_community_alone(
        self, signed_in: Browser, world: World, here: CommunityWorld, admin: str, path: str
    ) -> None:
        text = signed_in.get(admin + path).text
        strangers = [world.here.communities[1], *world.there.communities]
        assert not any(
            str(each) in text for other in strangers for each in (other.compound, *other.dwellings, *other.residents)
        )
        if path != "/organisations":
            assert any(str(each) in text for each in (here.compound, *here.dwellings, *here.residents))

    def test_the_next_community_and_the_next_street_are_not_there(
        self, signed_in: Browser, world: World, admin: str
    ) -> None:
        for other in (world.here.communities[1], world.there.communities[0]):
            for path in (
                f"/compounds/{other.compound}",
                f"/compounds/{other.compound}/edit",
                f"/compounds/{other.compound}/buildings/new",
                f"/buildings/{other.building}",
                f"/buildings/{other.building}/dwellings/new",
                f"/dwellings/{other.dwellings[0]}",
                f"/dwellings/{other.dwellings[0]}/edit",
                f"/compounds/{uuid4()}",
            ):
                assert signed_in.get(admin + path).status_code == 404, path

    def test_a_filter_of_another_community_finds_nothing_rather_than_everything(
        self, signed_in: Browser, world: World, here: CommunityWorld, admin: str
    ) -> None:
        other = world.here.communities[1]
        text = signed_in.get(f"{admin}/dwellings?compound={other.compound}").text
        assert "没有符合条件的房屋" in text
        assert str(here.dwellings[0]) not in text

    def test_a_steward_sees_the_dwellings_of_the_building_but_may_not_change_them(
        self, browser: Browser, here: CommunityWorld, admin: str
    ) -> None:
        browser.sign_in_as(here.steward)
        assert browser.get(admin).status_code == 200
        assert str(here.dwellings[0]) in browser.get(f"{admin}/dwellings").text
        assert browser.get(f"{admin}/dwellings/{here.dwellings[0]}/edit").status_code == 403
        assert browser.post(f"{admin}/compounds", {"name": "偷建"}).status_code == 403


class TestCompounds:
    def test_a_new_compound_opens_its_page_and_a_second_click_makes_no_second_one(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        compound_id = make_compound(signed_in, admin, "双击小区")
        again = signed_in.post(f"{admin}/compounds", {"name": "双击小区", "kind": "mixed"})
        assert again.status_code == 422
        assert "这个社区已有同名的小区" in again.text
        assert "双击小区" in signed_in.get(f"{admin}/compounds/{compound_id}").text
        with module_house.database.unit_of_work(here.scope) as session:
            count = session.scalar(select(func.count()).where(Compound.name == "双击小区"))
        assert count == 1

    @pytest.mark.requirement("REG-002")
    def test_kind_age_and_condition_are_marked_and_shown(self, signed_in: Browser, admin: str) -> None:
        marked = {"name": "老院子", "kind": "unit_dormitory", "is_old": "1", "condition": "上下水管老化"}
        page = signed_in.get(signed_in.post(f"{admin}/compounds", marked).headers["location"]).text
        assert "单位家属院" in page
        assert "老旧小区" in page
        assert "上下水管老化" in page
        assert "老旧小区" in signed_in.get(f"{admin}/compounds?q=老院子").text.partition('id="list"')[2]

    def test_faults_stand_beside_the_fields_and_what_was_typed_stays(self, signed_in: Browser, admin: str) -> None:
        answer = signed_in.post(
            f"{admin}/compounds", {"name": "", "built_year": "1492", "address": "保留这行地址", "is_old": "1"}
        )
        assert answer.status_code == 422
        assert 'id="f-name-fault"' in answer.text
        assert 'id="f-built_year-fault"' in answer.text
        assert 'value="保留这行地址"' in answer.text
        assert re.search(r'name="is_old"[^>]* checked', answer.text)

    def test_whoever_was_overtaken_learns_by_whom_and_saves_on_the_second_try(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        compound_id = make_compound(signed_in, admin, "抢改小区")
        opened = stored_version(module_house, here, compound_id)
        edit = f"{admin}/compounds/{compound_id}/edit"
        first = {"version": str(opened), "name": "抢改小区", "kind": "mixed", "address": "甲路1号"}
        assert signed_in.post(edit, first).status_code == 303
        late = signed_in.post(edit, first | {"address": "乙路2号"})
        assert late.status_code == 422
        assert "社区管理员" in late.text
        assert "甲路1号" in late.text
        assert 'value="乙路2号"' in late.text
        current = stored_version(module_house, here, compound_id)
        assert f'name="version" value="{current}"' in late.text
        assert signed_in.post(edit, first | {"version": str(current), "address": "乙路2号"}).status_code == 303
        assert "乙路2号" in signed_in.get(f"{admin}/compounds/{compound_id}").text

    def test_an_archived_compound_leaves_the_list_and_comes_back(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        compound_id = make_compound(signed_in, admin, "归档小区")
        for archived, is_listed in (("1", False), ("0", True)):
            version = str(stored_version(module_house, here, compound_id))
            for _click in range(2):
                answer = signed_in.post(
                    f"{admin}/compounds/{compound_id}/archive", {"archived": archived, "version": version}
                )
                assert answer.status_code == 303
            assert (
                "归档小区" in signed_in.get(f"{admin}/compounds?q=归档").text.partition('id="list"')[2]
            ) is is_listed
        assert "归档小区" in signed_in.get(f"{admin}/compounds?q=归档&archived=true").text


class TestBuildings:
    def plan(self, **changes: str) -> dict[str, str]:
        return {"name": "79", "contents": "plan", "units": "2", "floors": "5", "doors": "2", **changes}

    def test_the_preview_counts_and_names_the_doors_and_writes_nothing(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        answer = signed_in.post(
            f"{admin}/compounds/{here.compound}/buildings",
            self.plan(name="77", skipped_floors="4", running="1", step="preview"),
        )
        assert answer.status_code == 200
        assert "将生成 20 户" in answer.text
        # Five floors without the fourth end on the sixth; the second unit entrance counts on.
        assert "601 – 602" in answer.text
        assert "603 – 604" in answer.text
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(func.count()).where(Building.name == "77号楼")) == 0

    def test_the_confirmed_plan_makes_building_units_and_dwellings_once(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        address = f"{admin}/compounds/{here.compound}/buildings"
        made = signed_in.post(address, self.plan(name="78", step="create"))
        assert made.status_code == 303
        again = signed_in.post(address, self.plan(name="78", step="create"))
        assert again.status_code == 422
        building_id = UUID(made.headers["location"].rpartition("/")[2])
        with module_house.database.unit_of_work(here.scope) as session:
            count = session.scalar(select(func.count()).where(Dwelling.building_id == building_id))
        assert count == 20
        assert "78号楼 2单元 502" in signed_in.get(f"{admin}/dwellings?building={building_id}").text

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"units": "31"}, "units"),
            ({"doors": "0"}, "doors"),
            ({"skipped_floors": "四层"}, "skipped_floors"),
            ({"area": "NaN"}, "area"),
            ({"area": "-3"}, "area"),
            ({"units": "30", "floors": "120", "doors": "40"}, "floors"),
            ({"name": ""}, "name"),
        ],
    )
    def test_an_impossible_plan_is_refused_beside_its_field(
        self, signed_in: Browser, here: CommunityWorld, admin: str, change: dict[str, str], field: str
    ) -> None:
        for step in ("preview", "create"):
            answer = signed_in.post(f"{admin}/compounds/{here.compound}/buildings", self.plan(**change, step=step))
            assert answer.status_code == 422
            assert f'id="f-{field}-fault"' in answer.text

    def test_a_building_with_dwellings_is_kept(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        answer = signed_in.post(f"{admin}/buildings/{here.building}/remove")
        assert answer.status_code == 422
        assert "不能删除" in answer.text
        assert signed_in.get(f"{admin}/buildings/{here.building}").status_code == 200

    def test_a_unit_entrance_is_removed_through_its_own_building_only(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        made = signed_in.post(
            f"{admin}/compounds/{here.compound}/buildings", {"name": "空楼", "contents": "empty", "step": "create"}
        )
        empty = made.headers["location"].rpartition("/")[2]
        foreign = f"{admin}/buildings/{empty}/units/{here.unit_entrance}/remove"
        assert signed_in.post(foreign).status_code == 404
        assert signed_in.post(f"{admin}/buildings/{empty}/units", {"name": "2"}).status_code == 303
        assert "2单元" in signed_in.get(f"{admin}/buildings/{empty}").text


class TestDwellings:
    def test_pages_of_fifty_follow_each_other_with_and_without_scripts(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        plan = {"name": "90", "contents": "plan", "units": "1", "floors": "30", "doors": "2", "step": "create"}
        made = signed_in.post(f"{admin}/compounds/{here.compound}/buildings", plan)
        building = made.headers["location"].rpartition("/")[2]
        first = signed_in.get(f"{admin}/dwellings?building={building}").text
        assert first.count('<th scope="row">') == 50
        following = re.search(r'rel="next" href="([^"]+)"', html.unescape(first))
        assert following is not None
        address = following[1]
        second = signed_in.get(address)
        assert second.text.count('<th scope="row">') == 10
        assert "<html" in second.text
        part = signed_in.get(address, headers={"hx-request": "true"}).text
        assert part.count('<th scope="row">') == 10
        assert "<html" not in part
        assert 'hx-swap-oob="true"' in part

    def test_a_broken_page_mark_is_refused(self, signed_in: Browser, admin: str) -> None:
        assert signed_in.get(f"{admin}/dwellings?after=%00nonsense").status_code == 422

    def test_search_and_filters_narrow(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        listed = signed_in.get(f"{admin}/dwellings?q=401&compound={here.compound}&building={here.building}").text
        assert str(here.dwellings[3]) in listed
        assert str(here.dwellings[0]) not in listed

    def test_the_page_of_a_dwelling_names_owner_household_and_area(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        text = signed_in.get(f"{admin}/dwellings/{here.dwellings[0]}").text
        assert "1号楼 1单元 101" in text
        assert "50.00 m²" in text
        assert str(here.residents[0]) in text
        assert str(here.residents[1]) not in text

    def test_a_dwelling_is_entered_changed_and_removed(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        new = {"door": "909", "usage": "residential", "area_basis": "registry", "delivery": "delivered"}
        faulty = signed_in.post(f"{admin}/buildings/{here.building}/dwellings", new | {"exclusive_area": "大"})
        assert faulty.status_code == 422
        assert 'id="f-exclusive_area-fault"' in faulty.text
        assert 'value="909"' in faulty.text
        made = signed_in.post(f"{admin}/buildings/{here.building}/dwellings", new | {"exclusive_area": "61.5"})
        page = made.headers["location"]
        assert "61.50 m²" in signed_in.get(page).text
        twice = signed_in.post(f"{admin}/buildings/{here.building}/dwellings", new)
        assert twice.status_code == 422
        assert signed_in.post(f"{page}/edit", new | {"version": "1", "floor": "9"}).status_code == 303
        assert signed_in.post(f"{page}/remove").status_code == 303
        assert signed_in.get(page).status_code == 404

    def test_a_dwelling_with_owners_is_kept(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        assert signed_in.post(f"{admin}/dwellings/{here.dwellings[0]}/remove").status_code == 422
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(func.count()).where(Ownership.dwelling_id == here.dwellings[0])) == 1

    def test_a_dwelling_cannot_be_put_into_a_unit_of_another_community(
        self, signed_in: Browser, world: World, here: CommunityWorld, admin: str
    ) -> None:
        foreign = world.here.communities[1].unit_entrance
        answer = signed_in.post(
            f"{admin}/buildings/{here.building}/dwellings", {"door": "808", "unit_entrance_id": str(foreign)}
        )
        assert answer.status_code in {404, 422}
        assert signed_in.get(f"{admin}/dwellings?q=808").text.count('<th scope="row">') == 0

    def test_each_change_is_on_record(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        make_compound(signed_in, admin, "留痕小区")
        with module_house.database.unit_of_work(here.scope) as session:
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.action == "core.compound.create").order_by(AuditEntry.n.desc())
            ).first()
        assert entry is not None
        assert entry.after == {"name": "留痕小区"}
        assert entry.actor_id == here.administrator


class TestOverview:
    def test_the_kept_counts_are_shown(self, signed_in: Browser, admin: str) -> None:
        text = html.unescape(signed_in.get(admin).text)
        assert "第1社区" in text
        assert f'href="{admin}/residents/new"' in text

    def test_an_empty_community_is_told_the_first_step(
        self, browser: Browser, module_house: House, world: World
    ) -> None:
        other = world.there.communities[1]
        with module_house.owner.unit_of_work(other.scope) as session:
            for row in session.scalars(select(CommunitySummary)):
                row.compounds = row.dwellings = 0
        browser.sign_in_as(other.administrator)
        text = browser.get(f"/s/{other.street_code}/c/{other.code}/admin").text
        assert "第一步：新建一个小区" in text
