"""People's data over the API: what only the office does at its counter."""

from __future__ import annotations

import base64

import pytest

from linli.testing.web import Api

SCAN = base64.b64encode(b"%PDF-1.7\n").decode()


@pytest.fixture
def at(here) -> str:
    return f"/api/v1/s/{here.street_code}/c/{here.code}"


@pytest.fixture
def admin(api: Api, here, world) -> Api:
    return api.token_for(here.administrator, world.here.id)


@pytest.fixture
def purpose(api: Api, here, world) -> str:
    street = f"/api/v1/s/{here.street_code}"
    api.token_for(world.here.administrator, world.here.id)
    given = {"code": "photos", "title": "活动照片", "body": "在公告栏张贴活动照片。"}
    known = api.get(f"{street}/consent-purposes").json()["items"]
    found = next((each["id"] for each in known if each["code"] == "photos"), None)
    return found or api.post(f"{street}/consent-purposes", given).json()["id"]


class TestPaper:
    def test_a_signed_paper_is_recorded_with_its_scan(self, purpose, admin, here, at) -> None:
        person = f"{at}/residents/{here.residents[2]}/consents"
        given = {"purpose_id": purpose, "scan_name": "同意书.pdf", "scan": SCAN}
        answer = admin.post(person, given)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["state"], answer.json()["channel"]) == ("given", "paper")
        [line] = [each for each in admin.get(person).json()["items"] if each["purpose"]["id"] == purpose]
        assert line["state"] == "given"

    def test_what_is_given_needs_its_scan_and_what_is_taken_back_does_not(self, purpose, admin, here, at) -> None:
        person = f"{at}/residents/{here.residents[2]}/consents"
        refused = admin.post(person, {"purpose_id": purpose})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "scan")
        assert admin.post(person, {"purpose_id": purpose, "act": "withdrawn"}).status_code == 201

    def test_not_in_another_community_or_street(self, purpose, admin, here, at, world) -> None:
        given = {"purpose_id": purpose, "scan": SCAN}
        for stranger in (world.here.communities[1].residents[0], world.there.communities[0].residents[0]):
            assert admin.post(f"{at}/residents/{stranger}/consents", given).status_code == 404
        admin.token_for(here.resident_account, world.here.id)
        assert admin.post(f"{at}/residents/{here.residents[2]}/consents", given).status_code == 403


class TestHold:
    def test_a_residents_data_is_held(self, api: Api, here, at, world) -> None:
        api.token_for(world.here.administrator, world.here.id)
        answer = api.post(f"{at}/residents/{here.residents[3]}/holds", {"reason": "诉讼中"})
        assert answer.status_code == 201, answer.text
        street = f"/api/v1/s/{here.street_code}/holds"
        assert answer.json()["id"] in {each["id"] for each in api.get(f"{street}?state=active").json()["items"]}
        assert api.post(f"{street}/{answer.json()['id']}/lift", {"reason": "结案"}).status_code == 200
        stranger = world.there.communities[0].residents[0]
        assert api.post(f"{at}/residents/{stranger}/holds", {"reason": "诉讼中"}).status_code == 404


class TestPages:
    def test_looks_and_requests_are_turned_page_by_page(self, api: Api, here, at, world) -> None:
        person = here.residents[0]
        api.token_for(here.administrator, world.here.id)
        for _look in range(3):
            asked = {"field": "phone", "purpose": "contact", "reason": "核对"}
            assert api.post(f"{at}/residents/{person}/reveal", asked).status_code == 200
        whole = api.get(f"{at}/residents/{person}/reveals").json()["items"]
        assert len(whole) >= 3
        found, after = [], ""
        while after is not None:
            page = api.get(f"{at}/residents/{person}/reveals?limit=1&after={after}").json()
            found, after = found + page["items"], page["next"]
        assert found == whole
        api.token_for(here.resident_account, world.here.id)
        assert len(api.get(f"{at}/my-data/reveals?limit=2").json()["items"]) == 2
        broken = api.get(f"{at}/my-data/reveals?after=x")
        assert (broken.status_code, broken.json()["errors"][0]["field"]) == (422, "after")
