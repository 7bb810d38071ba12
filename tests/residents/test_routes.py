"""The register and the rosters over the API: what they answer, to whom, and to whom not."""

from __future__ import annotations

import base64
import io
import time
from uuid import UUID

import openpyxl
import pytest
from tests.residents.rosters import csv_file, row, workbook


def at(community, path: str) -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}{path}"


@pytest.fixture
def admin(api, here, world):
    return api.token_for(here.administrator, world.here.id)


def _reads(community) -> list[str]:
    return [
        f"/residents/{community.residents[0]}",
        f"/residents/{community.residents[0]}/stays",
        f"/dwellings/{community.dwellings[0]}/households",
        f"/dwellings/{community.dwellings[0]}/ownerships",
        f"/households/{community.households[0]}",
        f"/compounds/{community.compound}/electorate?on=2026-03-01",
    ]


class TestWalls:
    def test_what_is_here_is_read(self, admin, here) -> None:
        for path in [*_reads(here), "/residents", "/organisations", "/rosters"]:
            assert admin.get(at(here, path)).status_code == 200, path

    @pytest.mark.parametrize("where", ["other community", "other street"])
    def test_what_is_elsewhere_is_not_found(self, admin, here, world, where) -> None:
        other = world.here.communities[1] if where == "other community" else world.there.communities[0]
        for path in _reads(other):
            assert admin.get(at(here, path)).status_code == 404, path
            assert admin.get(at(other, path)).status_code in (401, 403, 404), path

    def test_residents_may_read_their_home_and_nothing_else(self, api, here, world) -> None:
        api.token_for(here.resident_account, world.here.id)
        for path in [*_reads(here), "/residents", "/rosters"]:
            assert api.get(at(here, path)).status_code == 403, path
        home = api.get(at(here, "/home")).json()
        assert [each["id"] for each in home["residents"]] == [str(here.residents[0])]
        assert [each["label"] for each in home["dwellings"]] == ["1号楼 1单元 101"]


class TestResidents:
    def test_entered_read_and_changed(self, admin, here) -> None:
        body = {"name": "新居民", "phone": "19912345678", "dwelling_id": str(here.dwellings[3]), "tenure": "lease"}
        made = admin.post(at(here, "/residents"), body)
        assert made.status_code == 201
        assert (made.json()["phone_mask"], made.json()["doors"][0]["label"]) == ("199****5678", "1号楼 1单元 401")
        path = at(here, f"/residents/{made.json()['id']}")
        assert admin.patch(path, {"version": 1, "remarks": "独居"}).json()["remarks"] == "独居"
        assert admin.patch(path, {"version": 1, "remarks": "又改"}).status_code == 409
        found = admin.get(at(here, "/residents?q=19912345678")).json()["items"]
        assert [each["name"] for each in found] == ["新居民"]
        seen = admin.post(f"{path}/reveal", {"field": "phone", "reason": "联系"})
        assert seen.json() == {"field": "phone", "value": "19912345678"}

    def test_a_bad_field_is_named(self, admin, here) -> None:
        answer = admin.post(at(here, "/residents"), {"name": "甲", "phone": "1"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "phone")
        assert admin.get(at(here, "/residents?after=x")).status_code == 422


class TestHouseholdsAndOwners:
    def test_a_household_from_moving_in_to_moving_out(self, admin, here) -> None:
        made = admin.post(
            at(here, "/households"),
            {
                "dwelling_id": str(here.dwellings[3]),
                "started_on": "2026-01-01",
                "members": [{"resident_id": str(here.residents[3]), "relation": "head"}],
            },
        )
        assert made.status_code == 201
        path = at(here, f"/households/{made.json()['id']}")
        assert admin.patch(path, {"version": 1, "pets": "猫"}).json()["pets"] == "猫"
        left = admin.post(f"{path}/move-out", {"on": "2026-02-01"})
        assert (left.status_code, left.json()["ended_on"]) == (200, "2026-02-01")
        stays = admin.get(at(here, f"/residents/{here.residents[3]}/stays")).json()["items"]
        assert [each["moved_out_on"] for each in stays] == ["2026-02-01"]

    def test_a_sale_changes_who_votes(self, admin, here) -> None:
        body = {"on": "2026-02-01", "owners": [{"resident_id": str(here.residents[1])}], "basis": "purchase"}
        sold = admin.post(at(here, f"/dwellings/{here.dwellings[0]}/transfer"), body)
        assert sold.status_code == 200
        counts = [
            admin.get(at(here, f"/compounds/{here.compound}/electorate?on={day}")).json()["head_count"]
            for day in ("2026-01-31", "2026-02-01")
        ]
        assert counts == [4, 3]


class TestRosters:
    def _upload(self, admin, here, content: bytes, name: str):
        body = {
            "compound_id": str(here.compound),
            "file_name": name,
            "content": base64.b64encode(content).decode(),
        }
        return admin.post(at(here, "/rosters"), body)

    def _settled(self, admin, path: str) -> dict:
        """The import once the server's own runner has done what was asked."""
        for _attempt in range(200):
            state = admin.get(path).json()
            if state["state"] not in ("uploaded", "checking", "committing"):
                return state
            time.sleep(0.05)
        raise AssertionError(state)

    def test_from_template_to_register(self, admin, here) -> None:
        template = openpyxl.load_workbook(io.BytesIO(admin.get(at(here, "/rosters/template")).content))
        template["名册"].append(["5号楼", "1单元", "101", "甲"])
        target = io.BytesIO()
        template.save(target)
        taken = self._upload(admin, here, target.getvalue(), "名册.xlsx")
        assert (taken.status_code, taken.json()["state"]) == (201, "uploaded")
        path = at(here, f"/rosters/{taken.json()['id']}")
        assert self._settled(admin, path)["state"] == "ready"
        assert [each["effect"] for each in admin.get(f"{path}/rows").json()["items"]] == ["created"]
        assert admin.post(f"{path}/commit", {}).status_code == 202
        assert self._settled(admin, path)["rows_written"] == 1
        exported = admin.post(at(here, "/rosters/export"), {"compound_id": str(here.compound), "file_format": "csv"})
        assert exported.status_code == 200
        assert "5号楼" in exported.content.decode("utf-8-sig")

    def test_faults_come_with_the_marked_file(self, admin, here) -> None:
        taken = self._upload(admin, here, csv_file([row("101", "甲", "1")]), "a.csv")
        path = at(here, f"/rosters/{taken.json()['id']}")
        assert self._settled(admin, path)["rows_faulty"] == 1
        (fault,) = admin.get(f"{path}/faults").json()["items"]
        assert (fault["n"], fault["field"], fault["column"]) == (2, "phone", 5)
        assert "错误说明" in admin.get(f"{path}/errors").content.decode()
        assert admin.post(f"{path}/commit", {}).status_code == 409
        assert admin.post(f"{path}/discard", {}).json()["state"] == "discarded"

    def test_a_broken_file_is_refused_and_nothing_kept(self, admin, here) -> None:
        before = admin.get(at(here, "/rosters")).json()
        answer = self._upload(admin, here, workbook([])[:100], "a.xlsx")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")
        assert admin.get(at(here, "/rosters")).json() == before

    def test_another_communitys_import_is_not_found(self, admin, api, here, world) -> None:
        taken = UUID(self._upload(admin, here, csv_file([row("101", "甲")]), "a.csv").json()["id"])
        sibling = world.here.communities[1]
        api.token_for(sibling.administrator, world.here.id)
        for path in ("", "/rows", "/faults", "/errors"):
            assert api.get(at(sibling, f"/rosters/{taken}{path}")).status_code == 404
        for path in ("/commit", "/discard"):
            assert api.post(at(sibling, f"/rosters/{taken}{path}"), {}).status_code == 404
        assert api.get(at(sibling, "/rosters")).json()["items"] == []
