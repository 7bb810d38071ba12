"""The JSON API."""

from __future__ import annotations

import pytest

from linli.testing.clock import frozen
from linli_waste_sorting.stations.schemas import StationCreate


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting"


@pytest.fixture
def body(own) -> dict[str, object]:
    return {
        "compound_id": str(own.compound),
        "name": "1号站",
        "place": "南门",
        "hours": "7:00-9:00",
        "containers": [{"category": "kitchen", "pieces": 2, "litres": 240}],
    }


@pytest.mark.actor("community_administrator")
def test_a_station_is_set_up_changed_taken_out_of_use_and_used_again(api, root, body) -> None:
    made = api.post(f"{root}/stations", body)
    assert made.status_code == 201
    row = made.json()
    assert (row["weekdays"], row["openings"]) == ([0, 1, 2, 3, 4, 5, 6], [{"opens": "07:00:00", "closes": "09:00:00"}])
    assert row["containers"] == [{"category": "kitchen", "pieces": 2, "litres": 240}]
    path = f"{root}/stations/{row['id']}"
    wanted = {"name": "一号", "place": "北门", "version": row["version"]}
    changed = api.request("PUT", path, wanted).json()
    assert (changed["name"], changed["openings"], changed["containers"]) == ("一号", [], [])
    assert api.request("PUT", path, wanted).status_code == 409
    assert api.post(f"{path}/close").json()["closed_at"]
    assert [each["id"] for each in api.get(f"{root}/stations?closed=true").json()["items"]] == [row["id"]]
    assert api.post(f"{path}/reopen").json()["closed_at"] is None
    assert api.get(path).json()["name"] == "一号"


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "heap"}, "kind"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [7]}, "weekdays[0]"),
        ({"hours": "morning"}, "hours"),
        ({"containers": [{"category": "kitchen", "pieces": 0}]}, "containers[0].pieces"),
        ({"colour": "red"}, "colour"),
        ({"compound_id": "00000000-0000-0000-0000-000000000001"}, "compound_id"),
    ],
)
def test_a_fault_names_its_field(api, root, body, change, field) -> None:
    answer = api.post(f"{root}/stations", {**body, "name": "另一站", **change})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.actor("resident")
@pytest.mark.today("2026-11-27")
def test_a_resident_is_told_what_is_open_at_home(api, root, own, module_house, clock) -> None:
    from linli.sdk import SYSTEM
    from linli_waste_sorting.stations.service import create_station

    with module_house.database.unit_of_work(own.scope) as session:
        for name, hours in (("早站", "7:00-9:00"), ("午站", "11:00-13:00")):
            data = StationCreate(compound_id=own.compound, name=name, place="南门", hours=hours)
            create_station(session, SYSTEM, own.id, data)
    with frozen(clock):
        found = {each["station"]["name"]: each for each in api.get(f"{root}/mine").json()["items"]}
    assert (found["午站"]["state"], found["午站"]["until"]) == ("open", "13:00:00")
    assert found["早站"]["state"] == "over"
    assert api.get(f"{root}/stations").status_code == 403
