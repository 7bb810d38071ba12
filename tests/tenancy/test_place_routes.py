"""Places over the API: what is read, made and changed, by whom, and what stays out of sight."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from linli.audit.models import AuditEntry
from linli.tenancy.models import Dwelling
from linli.testing.web import Api


def at(community, path: str) -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}{path}"


@pytest.fixture
def admin(api: Api, world) -> Api:
    return api.token_for(world.here.communities[0].administrator, world.here.id)


class TestDwellings:
    def test_a_list_holds_this_community_only(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        items = admin.get(at(own, "/dwellings")).json()["items"]
        assert {UUID(item["id"]) for item in items} >= set(own.dwellings)
        strangers = {*world.here.communities[1].dwellings, *world.there.communities[0].dwellings}
        assert not strangers & {UUID(item["id"]) for item in items}

    def test_one_is_read_by_its_id(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        answer = admin.get(at(own, f"/dwellings/{own.dwellings[0]}"))
        assert answer.status_code == 200
        assert answer.json()["label"] == "1号楼 1单元 101"
        assert answer.json()["exclusive_area"] == "50.00"

    @pytest.mark.parametrize("where", ["other community", "other street"])
    def test_a_strangers_is_not_found(self, admin: Api, world, where) -> None:
        own, sibling = world.here.communities
        other = sibling if where == "other community" else world.there.communities[0]
        assert admin.get(at(own, f"/dwellings/{other.dwellings[0]}")).status_code == 404

    def test_a_reader_without_the_permission_gets_no_row(self, api: Api, world) -> None:
        own = world.here.communities[0]
        api.token_for(own.resident_account, world.here.id)
        answer = api.get(at(own, f"/dwellings/{own.dwellings[0]}"))
        assert answer.status_code == 403
        assert "101" not in answer.text

    def test_nobody_gets_no_row(self, api: Api, world) -> None:
        own = world.here.communities[0]
        assert api.get(at(own, f"/dwellings/{own.dwellings[0]}")).status_code == 401

    def test_a_steward_sees_the_building_that_was_granted(self, api: Api, world) -> None:
        own = world.here.communities[0]
        api.token_for(world.here.administrator, world.here.id)
        other = api.post(at(own, f"/compounds/{own.compound}/building-plans"), {"name": "9", "floors": 1, "doors": 1})
        assert other.status_code == 201
        api.token_for(own.steward, world.here.id)
        seen = {item["building_id"] for item in api.get(at(own, "/dwellings")).json()["items"]}
        assert seen == {str(own.building)}
        stranger = api.get(at(own, f"/dwellings?building_id={other.json()['building']['id']}")).json()["items"]
        assert stranger == []

    def test_search_and_filter_narrow_the_list(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        found = admin.get(at(own, f"/dwellings?q=301&building_id={own.building}")).json()["items"]
        assert [item["door"] for item in found] == ["301"]

    def test_a_made_up_cursor_is_named(self, admin: Api, world) -> None:
        answer = admin.get(at(world.here.communities[0], "/dwellings?after=nonsense"))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "after"

    def test_a_stale_version_is_refused_and_changes_nothing(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        path = at(own, f"/dwellings/{own.dwellings[3]}")
        body = {"door": "401", "unit_entrance_id": str(own.unit_entrance), "exclusive_area": "81.5", "version": 1}
        assert admin.request("PUT", path, {**body, "exclusive_area": "91.00"}).status_code == 200
        assert admin.request("PUT", path, body).status_code == 409
        assert admin.get(path).json()["exclusive_area"] == "91.00"

    def test_pages_follow_each_other_without_gap_or_overlap(self, admin: Api, world) -> None:
        own = world.here.communities[1]
        admin.token_for(own.administrator, world.here.id)
        plan = {"name": "20", "units": 3, "floors": 10, "doors": 4}
        made = admin.post(at(own, f"/compounds/{own.compound}/building-plans"), plan).json()
        assert made["dwellings"] == 120
        seen: list[str] = []
        after = ""
        while after is not None:
            page = admin.get(at(own, f"/dwellings?building_id={made['building']['id']}&after={after}")).json()
            assert len(page["items"]) <= 50
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
        assert len(seen) == len(set(seen)) == 120


class TestWriting:
    def test_a_compound_is_made_once_and_noted(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        assert admin.post(at(own, "/compounds"), {"name": "二号院"}).status_code == 201
        second = admin.post(at(own, "/compounds"), {"name": "二号院"})
        assert second.status_code == 422
        assert second.json()["errors"][0]["field"] == "name"
        with admin.house.database.unit_of_work(own.scope) as session:
            noted = session.scalar(
                select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "core.compound.create")
            )
        assert noted == 1

    def test_a_wrong_area_is_named(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        answer = admin.post(at(own, f"/buildings/{own.building}/dwellings"), {"door": "999", "exclusive_area": "-1"})
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == ["exclusive_area"]
        with admin.house.database.unit_of_work(own.scope) as session:
            assert session.scalar(select(Dwelling).where(Dwelling.door == "999")) is None

    def test_a_unit_entrance_is_renamed_with_its_dwellings_labels(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        made = admin.post(at(own, f"/compounds/{own.compound}/building-plans"), {"name": "31", "floors": 1, "doors": 1})
        building = made.json()["building"]["id"]
        entrance = admin.get(at(own, f"/buildings/{building}/unit-entrances")).json()["items"][0]["id"]
        answer = admin.request("PUT", at(own, f"/unit-entrances/{entrance}"), {"name": "6"})
        assert (answer.status_code, answer.json()["name"]) == (200, "6单元")
        items = admin.get(at(own, f"/dwellings?building_id={building}")).json()["items"]
        assert [item["label"] for item in items] == ["31号楼 6单元 101"]
        stranger = world.here.communities[1].unit_entrance
        assert admin.request("PUT", at(own, f"/unit-entrances/{stranger}"), {"name": "6"}).status_code == 404

    def test_a_changed_community_is_answered_with_its_counts(self, api: Api, world) -> None:
        sibling = world.there.communities[0]
        api.token_for(world.there.administrator, world.there.id)
        path = f"/api/v1/s/{world.there.code}/communities/{sibling.id}"
        answer = api.request("PUT", path, {"name": "改名社区", "version": 1})
        assert answer.status_code == 200
        assert (answer.json()["name"], answer.json()["dwellings"]) == ("改名社区", 4)
        assert api.request("PUT", path, {"name": "再改", "version": 1}).status_code == 409
