"""Residents, households and owners in the admin portal."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from linli.audit.models import AuditEntry
from linli.house import House
from linli.residents.models import HouseholdMember, Ownership, Resident
from linli.residents.portal.owners import with_equal_shares
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


def enter(browser: Browser, admin: str, name: str, **more: str) -> str:
    answer = browser.post(f"{admin}/residents", {"name": name, "step": "save", **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def text_of(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.unescape(answer.text)


def present_owners(house: House, here: CommunityWorld, dwelling: UUID) -> set[tuple[UUID | None, str]]:
    with house.database.unit_of_work(here.scope) as session:
        rows = session.scalars(select(Ownership).where(Ownership.dwelling_id == dwelling, Ownership.ended_on.is_(None)))
        return {(each.resident_id, f"{each.share_numerator}/{each.share_denominator}") for each in rows}


class TestFinding:
    @pytest.mark.parametrize("q", ["测试居民2", "ceshijumin2", "1990000", "1号楼 1单元 201"])
    def test_by_name_reading_phone_or_door(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str, q: str
    ) -> None:
        if q == "1990000":
            with module_house.database.unit_of_work(here.scope) as session:
                sealed = session.scalars(select(Resident).where(Resident.id == here.residents[1])).one()
                assert sealed.phone_ct is not None
                q = session.vault.decrypt(session, "resident", "phone", sealed.id, sealed.phone_ct)
        text = text_of(signed_in, f"{admin}/residents?q={q}")
        assert str(here.residents[1]) in text
        assert str(here.residents[0]) not in text

    def test_nothing_found_says_what_to_try(self, signed_in: Browser, admin: str) -> None:
        assert "没有找到符合条件的居民" in text_of(signed_in, f"{admin}/residents?q=查无此人")

    @pytest.mark.requirement("REG-003")
    def test_those_registered_elsewhere_are_marked_and_found(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        person = enter(signed_in, admin, "外地户籍的人", is_migrant="1")
        text = text_of(signed_in, f"{admin}/residents?migrants=true")
        assert person in text
        assert str(here.residents[0]) not in text

    def test_a_part_for_scripts_is_no_whole_page(self, signed_in: Browser, admin: str) -> None:
        part = signed_in.get(f"{admin}/residents?q=ceshi", headers={"hx-request": "true"}).text
        assert "<html" not in part
        assert "测试居民1" in part

    def test_a_steward_finds_those_of_the_building_and_sees_no_whole_number(
        self, browser: Browser, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        far = enter(signed_in, admin, "远处的人")
        browser.sign_in_as(here.steward)
        text = text_of(browser, f"{admin}/residents")
        assert str(here.residents[0]) in text
        assert far not in text
        assert browser.get(f"{admin}/residents/{far}").status_code == 404
        refused = browser.post(f"{admin}/residents/{here.residents[0]}/reveal", {"field": "phone", "reason": "看看"})
        assert refused.status_code == 403
        assert browser.get(f"{admin}/residents/new").status_code == 403


class TestIsolation:
    def test_people_and_households_of_others_are_not_there(self, signed_in: Browser, world: World, admin: str) -> None:
        for other in (world.here.communities[1], world.there.communities[0]):
            for path in (
                f"/residents/{other.residents[0]}",
                f"/residents/{other.residents[0]}/edit",
                f"/dwellings/{other.dwellings[0]}/move-in",
                f"/dwellings/{other.dwellings[0]}/transfer",
                f"/dwellings/{other.dwellings[0]}/owners/new",
                f"/households/{other.households[0]}/move-out",
                f"/households/{other.households[0]}/edit",
                f"/residents/{uuid4()}",
            ):
                assert signed_in.get(admin + path).status_code == 404, path

    def test_nothing_of_others_can_be_changed(self, signed_in: Browser, world: World, admin: str) -> None:
        other = world.here.communities[1]
        person, home = other.residents[0], other.dwellings[0]
        posts: list[tuple[str, dict[str, str]]] = [
            (f"/residents/{person}/reveal", {"field": "phone", "reason": "试探"}),
            (f"/residents/{person}/edit", {"name": "改名", "version": "1"}),
            (f"/households/{other.households[0]}/move-out", {"on": "2026-01-01"}),
            (f"/households/{other.households[0]}/edit", {"tenure": "lease", "version": "1"}),
            (f"/dwellings/{home}/move-in", {"resident_id": str(person)}),
            (f"/dwellings/{home}/transfer", {"pick": f"r:{person}", "on": "2026-01-01"}),
            (f"/dwellings/{home}/owners", {"pick": f"r:{person}"}),
        ]
        for path, data in posts:
            assert signed_in.post(admin + path, data).status_code == 404, path

    def test_a_person_of_another_community_cannot_move_in_or_own(
        self, signed_in: Browser, world: World, here: CommunityWorld, admin: str
    ) -> None:
        stranger = world.here.communities[1].residents[0]
        home = f"{admin}/dwellings/{here.dwellings[3]}"
        moved = signed_in.post(f"{home}/move-in", {"resident_id": str(stranger), "step": "save"})
        owned = signed_in.post(f"{home}/owners", {"pick": f"r:{stranger}", "step": "save"})
        for answer in (moved, owned):
            assert answer.status_code == 422
            assert "本社区没有这位" in answer.text


class TestEntering:
    def test_only_the_name_is_needed_and_a_second_click_enters_nobody_twice(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda _n: signed_in.post(f"{admin}/residents", {"name": "双击的人", "phone": "13800138000"}),
                    range(2),
                )
            )
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["location"] for answer in answers}) == 1
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(func.count()).where(Resident.name == "双击的人")) == 1

    def test_two_people_of_one_name_are_two(self, signed_in: Browser, admin: str) -> None:
        first = enter(signed_in, admin, "同名的人", phone="13800138001")
        assert enter(signed_in, admin, "同名的人", phone="13800138002") != first

    def test_every_fault_stands_beside_its_field_and_nothing_typed_is_lost(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        answer = signed_in.post(
            f"{admin}/residents",
            {
                "name": "",
                "born_on": "昨天",
                "remarks": "保留的备注",
                "dwelling_id": str(here.dwellings[2]),
                "gender": "female",
            },
        )
        assert answer.status_code == 422
        assert 'id="f-name-fault"' in answer.text
        assert 'id="f-born_on-fault"' in answer.text
        assert "保留的备注" in answer.text
        assert re.search(rf'value="{here.dwellings[2]}" selected', answer.text)
        assert re.search(r'value="female" selected', answer.text)

    @pytest.mark.parametrize(("field", "value"), [("phone", "12345"), ("id_number", "110101199001011234")])
    def test_a_wrong_number_is_told_with_what_is_allowed(
        self, signed_in: Browser, admin: str, field: str, value: str
    ) -> None:
        answer = signed_in.post(f"{admin}/residents", {"name": "号码有误", field: value})
        assert answer.status_code == 422
        assert f'id="f-{field}-fault"' in answer.text
        assert f'value="{value}"' in answer.text

    def test_the_dwelling_is_found_from_inside_the_form_without_scripts(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        answer = signed_in.post(
            f"{admin}/residents", {"name": "还没填完", "dwelling_id_q": "301", "_find": "dwelling_id"}
        )
        assert answer.status_code == 200
        assert 'value="还没填完"' in answer.text
        assert f'name="dwelling_id" value="{here.dwellings[2]}"' in answer.text
        # Two compounds may each have a 1号楼.
        assert '<span class="hint">一号院</span>' in answer.text

    def test_with_a_dwelling_the_person_lives_there_at_once(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        home = str(here.dwellings[3])
        answer = signed_in.post(
            f"{admin}/residents",
            {"name": "新搬来的人", "dwelling_id": home, "tenure": "lease", "relation": "lessee"},
        )
        assert answer.headers["location"].endswith(f"/dwellings/{home}")
        assert "新搬来的人" in text_of(signed_in, f"{admin}/dwellings/{home}")


class TestNumbers:
    def test_a_number_is_shown_for_a_reason_only_and_leaves_a_trace(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        person = enter(signed_in, admin, "有号码的人", phone="13712345678")
        page = f"{admin}/residents/{person}"
        assert "13712345678" not in text_of(signed_in, page)
        without = signed_in.post(f"{page}/reveal", {"field": "phone", "reason": "  "})
        assert without.status_code == 422
        assert 'id="f-reason-fault"' in without.text
        assert "13712345678" not in without.text
        shown = signed_in.post(f"{page}/reveal", {"field": "phone", "reason": "核对漏水住户"})
        assert "13712345678" in shown.text
        assert shown.headers["cache-control"] == "no-store"
        with module_house.database.unit_of_work(here.scope) as session:
            trace = session.scalars(
                select(AuditEntry).where(AuditEntry.action == "core.resident.reveal", AuditEntry.subject_id == person)
            ).all()
        assert [(each.reason, each.actor_id) for each in trace] == [("核对漏水住户", here.administrator)]

    def test_an_empty_number_stays_as_it_was_and_a_ticked_one_goes(self, signed_in: Browser, admin: str) -> None:
        person = enter(signed_in, admin, "改资料的人", phone="13611112222")
        page = f"{admin}/residents/{person}"
        assert signed_in.post(f"{page}/edit", {"version": "1", "name": "改过资料的人", "phone": ""}).status_code == 303
        assert "136****2222" in text_of(signed_in, page)
        gone = {"version": "2", "name": "改过资料的人", "remove_phone": "1"}
        assert signed_in.post(f"{page}/edit", gone).status_code == 303
        assert "136****2222" not in text_of(signed_in, page)

    def test_whoever_was_overtaken_keeps_what_was_typed(self, signed_in: Browser, admin: str) -> None:
        person = enter(signed_in, admin, "被抢先的人")
        edit = f"{admin}/residents/{person}/edit"
        assert signed_in.post(edit, {"version": "1", "name": "被抢先的人", "remarks": "先写的"}).status_code == 303
        late = signed_in.post(edit, {"version": "1", "name": "被抢先的人", "remarks": "后写的"})
        assert late.status_code == 422
        assert "先写的" in late.text
        assert "请刷新" not in late.text
        assert "后写的" in late.text
        assert 'name="version" value="2"' in late.text


class TestMoving:
    def test_in_and_out_again_and_the_history_stays(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        person = enter(signed_in, admin, "来了又走的人")
        home = f"{admin}/dwellings/{here.dwellings[2]}"
        joining = {"resident_id": person, "household_id": str(here.households[2]), "moved_in_on": "2026-02-01"}
        assert signed_in.post(f"{home}/move-in", joining).status_code == 303
        again = signed_in.post(f"{home}/move-in", joining)
        assert again.status_code == 422
        assert "已经在这个家庭" in again.text
        leaving = {"resident_id": person, "on": "2026-01-01"}
        out = f"{admin}/households/{here.households[2]}/move-out"
        early = signed_in.post(out, leaving)
        assert early.status_code == 422
        assert 'id="f-on-fault"' in early.text
        assert signed_in.post(out, leaving | {"on": "2026-03-01"}).status_code == 303
        assert "曾住" in text_of(signed_in, f"{admin}/residents/{person}")
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalar(select(func.count()).where(HouseholdMember.resident_id == UUID(person))) == 1

    def test_a_new_household_begins_where_none_is_chosen(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        person = enter(signed_in, admin, "新租客")
        home = f"{admin}/dwellings/{here.dwellings[1]}"
        wanted = {"resident_id": person, "household_id": "", "tenure": "lease", "relation": "lessee"}
        assert signed_in.post(f"{home}/move-in", wanted).status_code == 303
        second = signed_in.post(f"{home}/move-in", wanted)
        assert second.status_code == 422
        assert "新租客已经住在这套房屋里" in second.text
        assert "租住" in text_of(signed_in, home)

    def test_a_household_of_another_dwelling_is_no_choice(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        person = enter(signed_in, admin, "走错门的人")
        answer = signed_in.post(
            f"{admin}/dwellings/{here.dwellings[1]}/move-in",
            {"resident_id": person, "household_id": str(here.households[0])},
        )
        assert answer.status_code == 422

    def test_nobody_chosen_is_told_so(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        answer = signed_in.post(f"{admin}/dwellings/{here.dwellings[1]}/move-in", {"resident_id_q": "测试"})
        assert answer.status_code == 422
        assert "请先查找并选择一位居民" in answer.text
        assert f'name="resident_id" value="{here.residents[0]}"' in answer.text

    @pytest.mark.requirement("REG-004")
    def test_pets_are_registered_with_the_household(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        address = f"{admin}/households/{here.households[0]}/edit"
        assert signed_in.post(address, {"version": "1", "tenure": "owner", "pets": "犬一只"}).status_code == 303
        assert "宠物：犬一只" in text_of(signed_in, f"{admin}/dwellings/{here.dwellings[0]}")


class TestOwning:
    def test_a_co_owner_joins_but_not_beyond_the_whole(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        buyer = enter(signed_in, admin, "共有人")
        home = f"{admin}/dwellings/{here.dwellings[0]}"
        answer = signed_in.post(f"{home}/owners", {"pick": f"r:{buyer}", "share": "1/2"})
        assert answer.status_code == 422
        assert 'id="f-share-fault"' in answer.text
        assert present_owners(module_house, here, here.dwellings[0]) == {(here.residents[0], "1/1")}

    def test_a_transfer_to_two_people_gathers_them_without_scripts(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        first, second = enter(signed_in, admin, "买家甲"), enter(signed_in, admin, "买家乙")
        address = f"{admin}/dwellings/{here.dwellings[1]}/transfer"
        found = signed_in.post(address, {"owner_q": "买家", "step": "find", "reason": "说明留着"})
        assert f'value="r:{first}"' in found.text
        assert 'value="说明留着"' in found.text
        one = signed_in.post(address, {"pick": f"r:{first}", "step": "add"})
        assert f'name="owner" value="r:{first}"' in one.text
        both = {"owner": [f"r:{first}"], "share": ["1"], "pick": f"r:{second}"}
        two = html.unescape(signed_in.post(address, both | {"step": "add"}).text)
        assert two.count('name="share" value="1/2"') == 2
        done = {"owner": [f"r:{first}", f"r:{second}"], "share": ["1/2", "1/2"], "on": "2026-03-01", "step": "save"}
        assert signed_in.post(address, done).status_code == 303
        assert present_owners(module_house, here, here.dwellings[1]) == {(UUID(first), "1/2"), (UUID(second), "1/2")}
        again = signed_in.post(address, done)
        assert again.status_code == 422
        assert "已有产权登记" in again.text
        assert "测试居民2" in text_of(signed_in, f"{admin}/dwellings/{here.dwellings[1]}").partition("历史记录")[2]

    def test_shares_beyond_the_whole_are_refused_and_the_old_owner_stays(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        first, second = enter(signed_in, admin, "贪心甲"), enter(signed_in, admin, "贪心乙")
        answer = signed_in.post(
            f"{admin}/dwellings/{here.dwellings[2]}/transfer",
            {"owner": [f"r:{first}", f"r:{second}"], "share": ["2/3", "1/2"], "on": "2026-03-01", "step": "save"},
        )
        assert answer.status_code == 422
        assert 'value="2/3"' in html.unescape(answer.text)
        assert present_owners(module_house, here, here.dwellings[2]) == {(here.residents[2], "1/1")}

    def test_a_unit_is_entered_and_can_own(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        assert signed_in.post(f"{admin}/organisations", {"name": "示范单位", "kind": "title_unit"}).status_code == 303
        twice = signed_in.post(f"{admin}/organisations", {"name": "示范单位", "kind": "title_unit"})
        assert twice.status_code == 422
        found = html.unescape(signed_in.get(f"{admin}/pick/owners?owner_q=示范").text)
        choice = re.search(r'value="(o:[0-9a-f-]+)"', found)
        assert choice is not None
        home = f"{admin}/dwellings/{here.dwellings[3]}"
        assert signed_in.post(f"{home}/owners", {"pick": choice[1]}).status_code == 303
        assert "示范单位" in text_of(signed_in, home)

    def test_an_ownership_of_another_dwelling_is_not_ended_here(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        with module_house.database.unit_of_work(here.scope) as session:
            foreign = session.scalars(select(Ownership.id).where(Ownership.dwelling_id == here.dwellings[0])).one()
        home = f"{admin}/dwellings/{here.dwellings[3]}/owners/{foreign}"
        assert signed_in.post(f"{home}/end", {"on": "2026-01-01"}).status_code == 404
        assert signed_in.post(f"{home}/represent").status_code == 404

    @pytest.mark.parametrize(
        ("shares", "expected"),
        [
            ([""], ["1"]),
            (["1", ""], ["1/2", "1/2"]),
            (["1/2", "1/2", ""], ["1/3", "1/3", "1/3"]),
            (["2/3", ""], ["2/3", ""]),
            (["1/2", "1/3", ""], ["1/2", "1/3", ""]),
            (["nonsense", ""], ["nonsense", ""]),
        ],
    )
    def test_shares_are_made_equal_only_while_nobody_typed_others(self, shares: list[str], expected: list[str]) -> None:
        gathered = [(f"r:{k}", share) for k, share in enumerate(shares)]
        assert [share for _value, share in with_equal_shares(gathered)] == expected
