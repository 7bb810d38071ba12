"""The JSON API of inspections."""

from __future__ import annotations

import base64
import io
from datetime import timedelta

import pytest
from PIL import Image

from linli.sdk import SYSTEM, today
from linli_waste_sorting.inspections import service
from linli_waste_sorting.inspections.schemas import FindingWrite
from linli_waste_sorting.stations.schemas import StationCreate
from linli_waste_sorting.stations.service import create_station


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/inspections"


@pytest.fixture
def station(module_house, own) -> str:
    from linli_waste_sorting.stations.repository import Filter, page_of_stations

    with module_house.database.unit_of_work(own.scope) as session:
        rows, _more = page_of_stations(session, own.id, Filter(words="接口站"))
        data = StationCreate(compound_id=own.compound, name="接口站", place="南门")
        return str(rows[0].id if rows else create_station(session, SYSTEM, own.id, data).id)


@pytest.fixture
def photo() -> dict[str, str]:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(content, "JPEG")
    return {"name": "桶.jpg", "content": base64.b64encode(content.getvalue()).decode()}


@pytest.mark.actor("community_administrator")
def test_a_round_from_beginning_to_end(api, root, own, station, photo) -> None:
    made = api.post(f"{root}/rounds", {"compound_id": str(own.compound)})
    assert made.status_code == 201
    row = made.json()
    assert (row["day"], row["finished_at"]) == (today().isoformat(), None)
    here = f"{root}/rounds/{row['id']}"
    points = [{"point": "容器干净", "is_met": False, "note": "有污渍", "photos": [photo]}]
    checked = api.request("PUT", f"{here}/stations/{station}", {"points": points}).json()["points"]
    assert [(each["point"], each["is_met"]) for each in checked] == [("容器干净", False)]
    bag = {"station_id": station, "category": "kitchen", "result": "contaminated"}
    known = {**bag, "building_id": str(own.building), "door": "1单元101", "photos": [photo] * 3}
    found = api.post(f"{here}/findings", known)
    assert found.status_code == 201
    assert (found.json()["is_household"], len(found.json()["photos"])) == (True, 3)
    assert "dwelling_id" not in found.json()
    too_many = api.post(f"{here}/findings", {**known, "photos": [photo] * 4})
    assert too_many.status_code == 422
    no_photo = {"name": "a.jpg", "content": base64.b64encode(b"nothing").decode()}
    assert api.post(f"{here}/findings", {**bag, "photos": [no_photo]}).status_code == 422
    other = api.post(f"{here}/findings", {**bag, "result": "correct"}).json()
    assert api.request("DELETE", f"{root}/findings/{other['id']}").status_code == 204
    assert api.get(f"{root}/findings").json()["items"] == [], "not before it is finished"
    assert len(api.get(f"{root}/findings?round_id={row['id']}").json()["items"]) == 1
    assert api.post(f"{here}/finish").json()["finished_at"]
    assert api.post(f"{here}/findings", bag).status_code == 409
    assert api.request("DELETE", here).status_code == 409
    [listed] = api.get(f"{root}/findings?result=contaminated").json()["items"]
    assert listed["photos"] == [], "a household's bag is shown to itself and to those who follow it up"
    assert api.get(f"{root}/points?is_met=false").json()["items"][0]["note"] == "有污渍"
    struck = api.post(f"{root}/findings/{listed['id']}/strike", {"reason": "看错了"}).json()
    assert struck["struck_reason"] == "看错了"
    assert api.post(f"{root}/points/{checked[0]['id']}/strike", {"reason": ""}).status_code == 422
    assert [each["id"] for each in api.get(f"{root}/findings?state=struck").json()["items"]] == [listed["id"]]
    assert api.get(f"{root}/rounds/{row['id']}").json()["inspector_name"]


@pytest.fixture
def repeated(module_house, own, station):
    """A household that was wrong on two days."""
    from uuid import UUID

    made = []
    with module_house.database.unit_of_work(own.scope) as session:
        for days in (9, 5):
            row = service.start_round(session, SYSTEM, own.id, own.compound)
            row.day = today() - timedelta(days=days)
            session.flush()
            data = FindingWrite(category="kitchen", result="wrong", building_id=own.building, door="101")
            made.append(service.add_finding(session, SYSTEM, own.id, row.id, UUID(station), data).id)
            service.finish_round(session, SYSTEM, own.id, row.id)
    yield made
    with module_house.database.unit_of_work(own.scope) as session:
        for each in made:
            service.strike_finding(session, SYSTEM, own.id, each, "试验")


@pytest.mark.actor("community_administrator")
def test_a_household_is_followed_up(api, root, own, repeated) -> None:
    [case] = api.get(f"{root}/cases").json()["items"]
    assert (case["dwelling_id"], case["suggested"], case["counted"]) == (str(own.dwellings[0]), "dissuade", 2)
    here = f"{root}/cases/{case['dwelling_id']}"
    step = {"kind": "dissuade", "done_on": today().isoformat()}
    assert api.post(f"{here}/steps", {**step, "kind": "report"}).status_code == 409
    assert api.post(f"{here}/steps", {**step, "kind": "fine"}).status_code == 422
    made = api.post(f"{here}/steps", step)
    assert made.status_code == 201
    assert api.get(here).json()["suggested"] is None
    assert api.get(f"{root}/steps/{made.json()['id']}/letter").status_code == 404
    assert (
        api.post(f"{root}/steps/{made.json()['id']}/undo", {"reason": "登记错了"}).json()["taken_back_cause"]
        == "mistake"
    )
    served = {"done_on": today().isoformat(), "note": "值守2小时"}
    assert api.post(f"{here}/service", served).json()["kind"] == "service"
    assert {each["kind"] for each in api.get(f"{root}/steps").json()["items"]} == {"dissuade", "service"}
    assert api.get(f"{root}/appeals?state=open").json() == {"items": [], "next": None}


@pytest.mark.actor("resident")
def test_a_resident_sees_and_objects_to_their_own_alone(api, root, own, repeated) -> None:
    mine = api.get(f"{root}/mine/findings").json()["items"]
    assert {each["id"] for each in mine} >= {str(each) for each in repeated}
    assert mine[0]["advice"]
    assert mine[0]["may_appeal"] is True
    said = api.post(f"{root}/mine/findings/{mine[0]['id']}/appeal", {"body": "不是我家的"})
    assert (said.status_code, said.json()["state"]) == (201, "open")
    assert api.get(f"{root}/mine/findings").json()["items"][0]["appeal_state"] == "open"
    assert isinstance(api.get(f"{root}/mine/steps").json()["items"], list)
    for path in ("rounds", "findings", "points", "cases", "steps", "appeals"):
        assert api.get(f"{root}/{path}").status_code == 403, path
    assert api.post(f"{root}/mine/findings/{own.compound}/appeal", {"body": "不是"}).status_code == 404
