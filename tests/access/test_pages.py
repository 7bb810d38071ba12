"""Staff and roles on their pages and in the API: what a person sees, gives, ends and asks."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from linli.access.models import RoleGrant
from linli.kit.clock import today
from linli.tenancy.models import Building, Compound
from linli.testing.web import Browser, serving


@pytest.fixture
def admin_page(world):
    own = world.here.communities[0]
    return f"/s/{own.street_code}/c/{own.code}/admin"


@pytest.fixture
def console(world):
    return f"/s/{world.here.code}/console"


def read(browser, path) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text[:300]
    return html.unescape(answer.text)


class TestPages:
    @pytest.mark.parametrize(
        "path", ["", "/grant", "/invite", "?term=all", "?name=x&role=king&term=nonsense", "?term=ended"]
    )
    def test_both_portals_have_them(self, browser, world, admin_page, console, path) -> None:
        browser.sign_in_as(world.here.administrator)
        assert read(browser, f"{console}/staff{path}")
        browser.sign_in_as(world.here.communities[0].administrator)
        assert read(browser, f"{admin_page}/roles{path}")

    def test_the_community_lists_its_own(self, browser, world, admin_page) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        page = read(browser, f"{admin_page}/roles")
        assert str(world.here.communities[0].steward) in page
        assert str(world.here.communities[1].steward) not in page
        assert str(world.there.administrator) not in page

    def test_the_part_that_is_exchanged_is_no_whole_page(self, browser, world, admin_page) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        answer = browser.get(f"{admin_page}/roles?name=楼门", headers={"hx-request": "true"})
        assert "<html" not in answer.text
        assert "楼门长" in answer.text

    @pytest.mark.parametrize("path", ["", "/grant", "/invite"])
    def test_a_resident_may_not(self, browser, world, admin_page, path) -> None:
        browser.sign_in_as(world.here.communities[0].resident_account)
        assert browser.get(f"{admin_page}/roles{path}").status_code == 403

    def test_granting_and_ending_by_form(self, browser, world, admin_page) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        page = read(browser, f"{admin_page}/roles/grant")
        assert f'value="{own.compound}"' in page
        form = {
            "identifier": f"resident-{own.code}",
            "role": "committee_member",
            "building_id_compound": str(own.compound),
            "reason": "选举产生",
            "ends_on": str(today()),
        }
        faulty = browser.post(f"{admin_page}/roles/grant", {**form, "identifier": "nobody-here"})
        assert faulty.status_code == 422
        assert "nobody-here" in faulty.text
        assert browser.post(f"{admin_page}/roles/grant", {**form, "building_id_compound": "x/y"}).status_code == 422
        done = browser.post(f"{admin_page}/roles/grant", form)
        assert done.status_code == 303
        assert done.headers["location"].endswith(f"/roles/people/{own.resident_account}")
        page = read(browser, done.headers["location"])
        assert "自治委员会委员" in page
        end = re.search(rf"{admin_page}/roles/grants/[0-9a-f-]+/end", page)
        assert end
        assert browser.post(end[0], {"reason": ""}).status_code == 422
        assert browser.post(end[0], {"reason": "辞职"}).status_code == 303
        assert "已结束" in read(browser, f"{admin_page}/roles?term=ended")

    def test_inviting_shows_the_link_once(self, browser, world, console) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(world.here.administrator)
        form = {"name": "新同事", "role": "community_administrator", "place": str(own.id), "phone": "13500001111"}
        answer = browser.post(f"{console}/staff/invite", form)
        assert answer.status_code == 200
        link = re.search(rf"/account/invitations/{world.here.code}/[\w-]{{43}}", html.unescape(answer.text))
        assert link
        page = read(browser, f"{console}/staff")
        assert "新同事" in page
        assert "135****1111" in page
        assert "13500001111" not in page
        assert link[0] not in page
        revoke = re.search(rf"{console}/staff/invitations/[0-9a-f-]+/revoke", page)
        assert revoke
        assert browser.post(revoke[0]).status_code == 303
        assert browser.get(link[0]).status_code == 404

    def test_why(self, browser, world, admin_page) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        path = f"{admin_page}/roles/people/{own.steward}/why"
        assert "楼门长" in read(browser, path)
        whole = read(browser, f"{path}?permission=core.resident.read&where={own.id}")
        assert "授予的范围不包括此处" in whole
        building = f"{own.id}/{own.compound}/{own.building}"
        assert "可以：" in read(browser, f"{path}?permission=core.resident.read&where={building}")

    def test_a_person_of_elsewhere_is_not_found(self, browser, world, admin_page) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        answers = set()
        for stranger in (world.here.communities[1].steward, world.there.administrator, uuid4()):
            for tail in ("", "/why"):
                answers.add(browser.get(f"{admin_page}/roles/people/{stranger}{tail}").status_code)
            answers.add(browser.post(f"{admin_page}/roles/people/{stranger}/leave", {"reason": "x"}).status_code)
        assert answers == {404}

    def test_leaving_ends_all(self, browser, world, admin_page) -> None:
        own = world.here.communities[0]
        with browser.house.owner.unit_of_work(world.here.scope) as session:
            session.add(
                RoleGrant(
                    account_id=own.resident_account,
                    account_name="将离任",
                    role="volunteer_captain",
                    community_id=own.id,
                    starts_on=today(),
                    reason="测试",
                )
            )
        browser.sign_in_as(own.administrator)
        answer = browser.post(f"{admin_page}/roles/people/{own.resident_account}/leave", {"reason": "搬离"})
        assert answer.status_code == 303
        with browser.house.database.unit_of_work(own.scope) as session:
            living = session.scalars(
                select(RoleGrant.id).where(RoleGrant.account_id == own.resident_account, RoleGrant.revoked_at.is_(None))
            ).all()
        assert living == []


class TestApi:
    @pytest.fixture
    def admin(self, api, world):
        return api.token_for(world.here.communities[0].administrator, world.here.id)

    @pytest.fixture
    def base(self, world):
        own = world.here.communities[0]
        return f"/api/v1/s/{own.street_code}/c/{own.code}"

    def test_me(self, api, world, base) -> None:
        own = world.here.communities[0]
        api.token_for(own.administrator, world.here.id, "core.dwelling.read", "core.plugin.allow")
        me = api.get(f"{base}/me").json()
        assert me["account_id"] == str(own.administrator)
        assert me["permissions"] == ["core.dwelling.read"]
        assert [each["role"] for each in me["roles"]] == ["community_administrator"]

    def test_grant_list_explain_end(self, admin, world, base) -> None:
        own = world.here.communities[0]
        body = {
            "identifier": f"resident-{own.code}",
            "role": "committee_deputy",
            "compound_id": str(own.compound),
            "reason": "选举产生",
        }
        made = admin.post(f"{base}/grants", body)
        assert made.status_code == 201, made.text
        grant = made.json()
        assert grant["community_id"] == str(own.id)
        listed = admin.get(f"{base}/grants?role=committee_deputy").json()["items"]
        assert [each["id"] for each in listed] == [grant["id"]]
        why = admin.get(
            f"{base}/explanation?account_id={own.resident_account}&permission=core.dwelling.read&compound_id={own.compound}"
        ).json()
        assert why["allowed"] is True
        assert why["grounds"][0]["role"] == "committee_deputy"
        ended = admin.post(f"{base}/grants/{grant['id']}/end", {"reason": "辞职"})
        assert (ended.status_code, ended.json()["state"]) == (200, "ended")
        assert admin.post(f"{base}/grants/{grant['id']}/end", {"reason": "辞职"}).status_code == 409

    def test_no_granting_upwards(self, admin, world, base) -> None:
        own = world.here.communities[0]
        body = {"account_id": str(own.steward), "role": "street_administrator", "reason": "越权"}
        assert admin.post(f"{base}/grants", body).status_code in {403, 422}
        street = f"/api/v1/s/{world.here.code}"
        assert admin.post(f"{street}/grants", body).status_code == 403
        assert admin.get(f"{street}/grants").status_code == 403

    def test_invitations(self, admin, world, base) -> None:
        own = world.here.communities[0]
        body = {"role": "gatekeeper", "name": "门岗", "compound_id": str(own.compound), "phone": "13500002222"}
        made = admin.post(f"{base}/invitations", body).json()
        assert f"/account/invitations/{world.here.code}/" in made["link"]
        items = admin.get(f"{base}/invitations").json()["items"]
        found = next(each for each in items if each["id"] == made["id"])
        assert found["phone"] == "135****2222"
        assert "link" not in found
        assert admin.request("DELETE", f"{base}/invitations/{made['id']}").status_code == 204
        assert admin.request("DELETE", f"{base}/invitations/{made['id']}").status_code == 404

    def test_roles_are_told(self, admin, base) -> None:
        roles = admin.get(f"{base}/roles").json()["items"]
        assert {"community_administrator", "owner"} <= {role["code"] for role in roles}

    def test_another_communitys_grant_is_not_found(self, admin, world, base) -> None:
        with admin.house.database.unit_of_work(world.here.scope) as session:
            theirs = session.scalar(
                select(RoleGrant.id).where(RoleGrant.account_id == world.here.communities[1].steward)
            )
        with admin.house.database.unit_of_work(world.there.scope) as session:
            elsewhere = session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == world.there.administrator))
        answers = [admin.get(f"{base}/grants/{grant}").json()["status"] for grant in (theirs, elsewhere, uuid4())]
        assert answers == [404, 404, 404]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"role": "committee_chair", "reason": "x", "tenant_id": str(uuid4())}, "tenant_id"),
            ({"role": "committee_chair"}, "reason"),
            ({"role": "king", "reason": "x", "identifier": "steward-999001001001"}, "role"),
            ({"role": "committee_chair", "reason": "x", "identifier": "nobody\u0000"}, "identifier"),
        ],
    )
    def test_bad_input_names_its_field(self, admin, base, body, field) -> None:
        answer = admin.post(f"{base}/grants", body)
        assert answer.status_code == 422, answer.text
        assert field in {fault["field"] for fault in answer.json()["errors"]}


def test_the_page_of_a_thousand_grants_costs_no_more_queries(module_house, world, console) -> None:
    from sqlalchemy import event

    engine = module_house.database.engine
    counts = []

    def measure() -> int:
        seen: list[str] = []

        def note(connection, cursor, statement, *rest) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            read(browser, f"{console}/staff?term=all")
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    # Without background work, whose statements would be counted with those of the page.
    with serving(module_house, works=False) as client:
        browser = Browser(client, module_house).sign_in_as(world.here.administrator)
        measure()
        counts.append(measure())
        with module_house.owner.unit_of_work(world.here.scope) as session:
            session.execute(
                text(
                    "INSERT INTO core.role_grant (account_id, account_name, role, starts_on, reason) "
                    "SELECT gen_random_uuid(), '某人', 'street_staff', current_date, 'x' FROM generate_series(1, 60)"
                )
            )
        counts.append(measure())
    assert counts[0] == counts[1]


class TestChoosingAPlace:
    """Buildings of every compound, in one list or, where there are too many, after the compound."""

    @pytest.fixture
    def second(self, browser, world):
        """Another compound of the community, with a building of its own."""
        own = world.here.communities[0]
        with browser.house.owner.unit_of_work(own.scope) as session:
            compound = Compound(community_id=own.id, name=f"乙小区{uuid4().hex[:6]}")
            session.add(compound)
            session.flush()
            building = Building(community_id=own.id, compound_id=compound.id, name="9号楼")
            session.add(building)
            session.flush()
            return compound.id, building.id, compound.name

    @pytest.mark.parametrize("form", ["grant", "invite"])
    def test_the_picker_goes_from_compound_to_building(self, browser, world, admin_page, second, form) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        page = read(browser, f"{admin_page}/roles/{form}")
        assert f'<option value="{second[0]}">{second[2]}</option>' in page
        assert "全社区" in page
        assert str(second[1]) not in page
        inside = read(
            browser,
            f"{admin_page}/pick/address?field=building_id&level=building&whole=true&building_id_compound={second[0]}",
        )
        assert f'<option value="{second[1]}">9号楼</option>' in inside
        for other in (world.here.communities[1], world.there.communities[0]):
            assert str(other.building) not in page + inside

    def test_a_steward_is_appointed_with_what_the_page_offers(self, browser, world, admin_page, second) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        key = f"{own.id}/{second[0]}/{second[1]}"
        form = {"name": "新楼门长", "role": "building_steward", "place": key}
        assert browser.post(f"{admin_page}/roles/invite", form).status_code == 200

    def test_too_many_buildings_ask_for_the_compound_first(
        self, browser, world, admin_page, second, monkeypatch
    ) -> None:
        monkeypatch.setattr("linli.access.choices._MOST_BUILDINGS", 1)
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        key = f"{own.id}/{second[0]}/{second[1]}"
        why = f"{admin_page}/roles/people/{own.steward}/why"
        page = read(browser, why)
        assert "先选小区" in page
        assert key not in page
        assert key in read(browser, f"{why}?compound={second[0]}")

    def test_what_was_chosen_stays_in_a_form_that_comes_back(self, browser, world, admin_page, second) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        chosen = {"building_id_compound": str(second[0]), "building_id": str(second[1])}
        again = browser.post(f"{admin_page}/roles/invite", {"name": "", "role": "building_steward", **chosen})
        assert again.status_code == 422
        for each in chosen.values():
            assert f'value="{each}" selected' in html.unescape(again.text)

    def test_each_role_says_where_it_is_held_and_nothing_is_chosen_for_you(self, browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        page = read(browser, f"{console}/staff/invite")
        assert "社区管理员（范围选社区）" in page
        assert "街道工作人员（范围选全街道）" in page
        assert "楼门长" not in page
        assert page.count('<option value="" selected>请选择</option>') == 2
        left = browser.post(f"{console}/staff/invite", {"name": "某人", "role": "", "place": ""})
        assert left.status_code == 422
        assert left.text.count("必须填写") >= 2


class TestRefusalsOnThePersonsPage:
    """What cannot be ended is said where it was asked, not on a bare page."""

    def test_the_last_street_administrator_stays(self, browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        page = read(browser, f"{console}/staff/people/{world.here.administrator}")
        end = re.search(rf"{console}/staff/grants/[0-9a-f-]+/end", page)
        assert end
        answer = browser.post(end[0], {"reason": "调离"})
        assert answer.status_code == 422
        said = html.unescape(answer.text)
        assert "这是本街道最后一位街道管理员，请先授予另一位" in said
        assert "内容已变更" not in said
        assert f"{console}/staff/people/{world.here.administrator}/why" in said

    def test_ending_twice_and_without_a_reason(self, browser, world, admin_page) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        form = {
            "identifier": f"resident-{own.code}",
            "role": "gatekeeper",
            "place": f"{own.id}/{own.compound}",
            "reason": "上岗",
        }
        person = browser.post(f"{admin_page}/roles/grant", form).headers["location"]
        again = browser.post(f"{admin_page}/roles/grant", form)
        assert again.status_code == 422
        assert 'value="上岗"' in again.text
        page = read(browser, person)
        (grant,) = {found[1] for found in re.finditer(rf"{admin_page}/roles/grants/([0-9a-f-]+)/end", page)}
        end = f"{admin_page}/roles/grants/{grant}/end"
        assert "必须填写" in browser.post(end, {"reason": " "}).text
        assert browser.post(end, {"reason": "离岗"}).status_code == 303
        twice = browser.post(end, {"reason": "离岗"})
        assert (twice.status_code, "这个角色已经终止" in twice.text) == (422, True)

    def test_ids_of_the_forms_differ(self, browser, world, admin_page) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        for path in (f"/roles/people/{own.steward}", "/rosters"):
            ids = re.findall(r'\bid="([^"]+)"', read(browser, admin_page + path))
            assert len(ids) == len(set(ids)), path
