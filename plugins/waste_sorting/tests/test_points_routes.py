"""The JSON API of points: the same as the portals can do, and nobody else's."""

from __future__ import annotations

import base64
from datetime import timedelta
from uuid import uuid4

import pytest

from linli.sdk import today

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/points"


def day_body(**fields: object) -> dict[str, object]:
    day = (today() + timedelta(days=5)).isoformat()
    return {"day": day, "opens": "09:00:00", "closes": "11:00:00", "place": "居委会", **fields}


@pytest.mark.actor("community_administrator")
def test_from_the_grant_to_what_was_fetched(api, root, own) -> None:
    api.token_for(own.resident_account, own.tenant_id)
    mine = api.post(f"{root}/mine/code", {}).json()
    assert (mine["balance"], mine["door"]) == (0, "1号楼 1单元 101")
    assert api.post(f"{root}/mine/code", {"dwelling_id": str(own.dwellings[1])}).status_code == 404
    api.token_for(own.administrator, own.tenant_id)
    once = str(uuid4())
    grant = {"dwelling_id": str(own.dwellings[0]), "points": 20, "reason": "活动", "once": once}
    claims = [api.post(f"{root}/grants", grant) for _each in range(2)]
    assert [each.status_code for each in claims] == [201, 201]
    assert claims[0].json() == claims[1].json()
    assert api.get(f"{root}/purses/of_code?code={mine['code']}").json()["balance"] == 20
    card = f"{root}/purses/{mine['id']}/card"
    assert api.get(card).status_code == 404
    given = api.post(card, {}).json()
    assert given == api.get(card).json()
    assert api.get(f"{root}/purses/of_code?code={given['code']}").json()["id"] == mine["id"]
    item = api.post(f"{root}/items", {"name": "肥皂", "points": 5, "stock": 4}).json()
    photo = {"photo": {"name": "肥皂.png", "content": base64.b64encode(PNG).decode()}}
    assert len(api.request("PUT", f"{root}/items/{item['id']}/photo", photo).json()["photos"]) == 1
    assert api.request("PUT", f"{root}/items/{item['id']}/photo", {"photo": None}).json()["photos"] == []
    day = api.post(f"{root}/days", day_body()).json()
    api.token_for(own.resident_account, own.tenant_id)
    assert [each["id"] for each in api.get(f"{root}/mine/days").json()["items"]] == [day["id"]]
    wanted = {"item_id": item["id"], "day_id": day["id"], "pieces": 2}
    rows = [api.post(f"{root}/mine/redemptions", wanted).json()["id"] for _each in range(2)]
    assert rows[0] == rows[1]
    assert api.get(f"{root}/mine").json()["items"][0]["balance"] == 10
    entries = api.get(f"{root}/mine/entries").json()["items"]
    assert [each["kind"] for each in entries] == ["redeem", "earn"]
    assert not {"by", "door"} & set(entries[0]), "who of the staff it was is not told"
    api.token_for(own.administrator, own.tenant_id)
    assert api.post(f"{root}/redemptions/{rows[0]}/hand").json()["state"] == "handed"
    cancelled = api.post(f"{root}/redemptions/{rows[0]}/cancel", {"reason": "坏的"})
    assert cancelled.json()["state"] == "cancelled"
    body = {"code": mine["code"], "item_id": item["id"], "once": str(uuid4())}
    at_desk = [api.post(f"{root}/redemptions", body).json()["id"] for _each in range(2)]
    assert at_desk[0] == at_desk[1]
    earned = next(each for each in api.get(f"{root}/entries?kind=earn").json()["items"] if each["points"] == 20)
    assert api.post(f"{root}/entries/{earned['id']}/reverse", {"reason": "登记错了"}).json()["is_reversed"]
    purse = api.get(f"{root}/purses/{mine['id']}").json()
    assert purse["balance"] == -5, "what was spent is a debt"
    api.token_for(own.resident_account, own.tenant_id)
    assert api.get(f"{root}/mine").json()["items"][0]["lots"] == []
    for path in ("purses", "entries", "flags", "claims", "redemptions", f"purses/{mine['id']}/card"):
        assert api.get(f"{root}/{path}").status_code == 403


@pytest.mark.actor("community_administrator")
def test_more_than_one_person_may_give_is_asked_for(api, root, own) -> None:
    answer = api.post(f"{root}/grants", {"dwelling_id": str(own.dwellings[1]), "points": 21, "reason": "先进"})
    assert answer.status_code == 202
    assert answer.json()["approval_id"]


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("grants", {"dwelling_id": str(uuid4()), "points": 5, "reason": "活动"}, "door"),
        ("grants", {"points": 0, "reason": "活动"}, "points"),
        ("items", {"name": "盆", "points": 0}, "points"),
        ("items", {"name": "盆", "points": 1, "stock": -1}, "stock"),
        ("days", {"opens": "12:00:00"}, "closes"),
        ("days/plan", {"months": 13}, "months"),
    ],
)
def test_a_fault_names_its_field(api, root, own, path, body, field) -> None:
    if path == "grants":
        body = {"dwelling_id": str(own.dwellings[0]), **body}
    if path == "days":
        body = day_body(**body)
    if path == "days/plan":
        body = {"opens": "09:00:00", "closes": "11:00:00", "place": "居委会", **body}
    answer = api.post(f"{root}/{path}", body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.actor("community_administrator")
def test_a_list_goes_on_from_known_places_alone(api, root) -> None:
    for path in ("purses", "entries", "claims", "flags", "items", "days", "redemptions"):
        assert api.get(f"{root}/{path}?after={uuid4()}").status_code == 422


@pytest.mark.actor("street_administrator")
def test_the_street_reads_sums_and_no_door(api, own, world) -> None:
    found = api.get(f"/api/v1/s/{own.street_code}/waste_sorting/points").json()["items"]
    assert str(own.id) in {each["community_id"] for each in found}
    assert not {"door", "dwelling_id"} & set(found[0])
    api.token_for(world.there.administrator, world.there.id)
    others = api.get(f"/api/v1/s/{world.there.code}/waste_sorting/points").json()["items"]
    assert str(own.id) not in {each["community_id"] for each in others}
