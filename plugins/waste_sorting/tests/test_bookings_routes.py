"""The JSON API of pick-ups and full bins."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from linli.sdk import SYSTEM, today
from linli_waste_sorting.stations.schemas import StationCreate
from linli_waste_sorting.stations.service import create_station

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting"


def slot_body(**fields: object) -> dict[str, object]:
    day = (today() + timedelta(days=9)).isoformat()
    return {"category": "bulky", "day": day, "opens": "09:00:00", "closes": "11:00:00", "capacity": 3, **fields}


def booking_body(own, slot: str, **fields: object) -> dict[str, object]:
    given = {"slot_id": slot, "dwelling_id": str(own.dwellings[0]), "things": [{"name": "沙发", "pieces": 2}]}
    return {**given, **fields}


@pytest.mark.actor("community_administrator")
def test_from_the_slot_to_its_end(api, root, own) -> None:
    fee = {"fee_fen": 1500, "fee_per": "piece", "fee_decision": "第2号决定", "fee_decided_on": "2026-01-05"}
    made = api.post(f"{root}/bookings/slots", slot_body(weeks=2, **fee))
    assert made.status_code == 201
    first, second = (each["id"] for each in made.json()["slots"])
    assert api.post(f"{root}/bookings/slots", slot_body()).json()["errors"][0]["field"] == "day"
    changed = api.request("PUT", f"{root}/bookings/slots/{first}", slot_body(capacity=1, **fee))
    assert changed.json()["capacity"] == 1
    api.token_for(own.resident_account, own.tenant_id)
    assert {first, second} <= {each["id"] for each in api.get(f"{root}/bookings/free").json()["items"]}
    photo = {"name": "沙发.png", "content": base64.b64encode(PNG).decode()}
    booked = api.post(f"{root}/bookings/mine", booking_body(own, first, photos=[photo]))
    assert booked.status_code == 201
    row = booked.json()
    assert (row["state"], row["fee_fen"], row["things"]) == ("requested", 3000, [{"name": "沙发", "pieces": 2}])
    assert len(row["photos"]) == 1
    again = api.post(f"{root}/bookings/mine", booking_body(own, first))
    assert again.json()["id"] == row["id"]
    assert first not in {each["id"] for each in api.get(f"{root}/bookings/free").json()["items"]}
    api.token_for(own.administrator, own.tenant_id)
    one = f"{root}/bookings/{row['id']}"
    assert api.get(one).json()["door"] == "1号楼 1单元 101"
    assert api.post(f"{one}/confirm").json()["state"] == "confirmed"
    assert api.post(f"{one}/done").status_code == 409
    assert api.post(f"{one}/missed", {"reason": "没人"}).status_code == 409
    moved = api.post(f"{one}/reschedule", {"slot_id": second, "reason": "下雨"}).json()
    assert (moved["slot_id"], moved["changes"][0]["reason"]) == (second, "下雨")
    assert moved["changes"][0]["by"]
    assert api.post(f"{one}/reschedule", {"slot_id": second, "reason": "下雨"}).status_code == 422
    waiting = api.get(f"{root}/bookings?waiting=true&category=bulky").json()["items"]
    assert row["id"] in {each["id"] for each in waiting}
    api.token_for(own.resident_account, own.tenant_id)
    mine = api.get(f"{root}/bookings/mine/{row['id']}").json()
    assert {each["by"] for each in mine["changes"]} == {""}, "who of the staff it was is not told"
    assert api.post(f"{root}/bookings/mine/{row['id']}/cancel").json()["state"] == "cancelled"
    assert [each["state"] for each in api.get(f"{root}/bookings/mine").json()["items"]] == ["cancelled"]
    for path in ("bookings", f"bookings/{row['id']}", "bookings/slots", "full_reports"):
        assert api.get(f"{root}/{path}").status_code == 403


@pytest.mark.actor("community_administrator")
def test_a_slot_is_closed_and_opened_again(api, root) -> None:
    [slot] = api.post(f"{root}/bookings/slots", slot_body(opens="05:00:00")).json()["slots"]
    assert api.post(f"{root}/bookings/slots/{slot['id']}/close").json()["closed_at"]
    closed = api.get(f"{root}/bookings/slots?closed=true").json()["items"]
    assert [each["id"] for each in closed] == [slot["id"]]
    assert api.post(f"{root}/bookings/slots/{slot['id']}/reopen").json()["closed_at"] is None
    assert api.get(f"{root}/bookings/slots/{slot['id']}").json()["version"] > slot["version"]


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category": "kitchen"}, "category"),
        ({"capacity": 0}, "capacity"),
        ({"closes": "04:00:00"}, "closes"),
        ({"weeks": 27}, "weeks"),
        ({"fee_fen": 0}, "fee_fen"),
        ({"fee_per": "piece"}, "fee_per"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_fault_of_a_slot_names_its_field(api, root, change, field) -> None:
    answer = api.post(f"{root}/bookings/slots", slot_body(opens="04:00:00") | change)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.actor("community_administrator")
def test_a_fault_of_a_booking_names_its_field(api, root, own) -> None:
    [slot] = api.post(f"{root}/bookings/slots", slot_body(opens="03:00:00")).json()["slots"]
    api.token_for(own.resident_account, own.tenant_id)
    photo = {"name": "x.png", "content": "!"}
    for change, field in (
        ({"things": []}, "things"),
        ({"things": [{"name": "沙发", "pieces": 0}]}, "things[0].pieces"),
        ({"things": [{"name": f"第{n}样"} for n in range(6)]}, "things"),
        ({"dwelling_id": str(own.dwellings[1])}, "dwelling_id"),
        ({"photos": [photo]}, "photos"),
        ({"photos": [photo] * 4}, "photos"),
    ):
        answer = api.post(f"{root}/bookings/mine", booking_body(own, slot["id"], **change))
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["errors"]] == [field]
    text = {"name": "x.txt", "content": base64.b64encode(b"words").decode()}
    answer = api.post(f"{root}/bookings/mine", booking_body(own, slot["id"], photos=[text]))
    assert answer.json()["errors"][0]["field"] == "photos"
    assert api.get(f"{root}/bookings/free").json()["items"], "nothing was booked"


@pytest.mark.actor("resident")
def test_a_full_bin_is_reported_and_handled(api, root, own, module_house) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        data = StationCreate(compound_id=own.compound, name="接口站", place="南门")
        station = create_station(session, SYSTEM, own.id, data)
    body = {"station_id": str(station.id), "category": "other", "words": "满了"}
    made = api.post(f"{root}/full_reports/mine", body)
    assert made.status_code == 201
    assert (made.json()["station"], made.json()["voices"]) == ("接口站", 1)
    assert api.post(f"{root}/full_reports/mine", body).json()["voices"] == 1
    one = f"{root}/full_reports/{made.json()['id']}"
    assert api.post(f"{one}/handle", {"answer": "已清运"}).status_code == 403
    api.token_for(own.administrator, own.tenant_id)
    assert [each["id"] for each in api.get(f"{root}/full_reports?handled=false").json()["items"]] == [made.json()["id"]]
    assert [each["words"] for each in api.get(one).json()["written"]] == ["满了"]
    assert api.post(f"{one}/handle", {"answer": "已清运"}).json()["handled_at"]
    api.token_for(own.resident_account, own.tenant_id)
    assert [each["answer"] for each in api.get(f"{root}/full_reports/mine").json()["items"]] == ["已清运"]


@pytest.mark.actor("street_administrator")
def test_the_street_reads_numbers_and_nothing_personal(api, own, world) -> None:
    root = f"/api/v1/s/{own.street_code}/waste_sorting/bookings"
    counted = {each["community_id"]: each for each in api.get(f"{root}/counts").json()["items"]}
    assert set(counted) >= {str(own.id)}
    facts = api.get(root).json()["items"]
    assert facts, "the first test has booked"
    assert not {"door", "dwelling_id", "things", "note", "account_id"} & set(facts[0])
    api.token_for(world.there.administrator, world.there.id)
    assert api.get(f"/api/v1/s/{world.there.code}/waste_sorting/bookings").json()["items"] == []
