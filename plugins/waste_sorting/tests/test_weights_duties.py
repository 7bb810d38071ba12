"""The duty of kitchen waste on the core's own board: owed, done by what is noted, owed again."""

from __future__ import annotations

import pytest

from linli.sdk import SYSTEM, today
from linli_waste_sorting.stations.schemas import Bins, StationCreate
from linli_waste_sorting.stations.service import create_station
from linli_waste_sorting.weights import service
from linli_waste_sorting.weights.schemas import CollectionVoid


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}"


@pytest.fixture
def station(module_house, own) -> None:
    """Containers for kitchen waste, which make the duty."""
    with module_house.database.unit_of_work(own.scope) as session:
        bins = [Bins(category="kitchen", pieces=1)]
        create_station(
            session,
            SYSTEM,
            own.id,
            StationCreate(compound_id=own.compound, name="厨余站", place="南门", containers=bins),
        )


def duty(api, root, own, name: str, last_day) -> dict:
    """How a duty stands in the period that ends on a day, judged anew."""
    assert api.post(f"{root}/compounds/{own.compound}/obligations/recheck").status_code == 200
    rows = api.get(f"{root}/obligations?obligation=waste_sorting.{name}&limit=100").json()["items"]
    [found] = [each for each in rows if each["last_day"] == last_day.isoformat()]
    return found


@pytest.mark.actor("community_administrator")
def test_kitchen_waste_of_a_day(api, root, own, module_house, note, station, empty_ledger) -> None:
    before = duty(api, root, own, "kitchen", today())
    assert (before["state"], before["compound_id"]) == ("due", str(own.compound))
    with module_house.database.unit_of_work(own.scope) as session:
        row = note(session, own).id
    done = duty(api, root, own, "kitchen", today())
    assert (done["state"], done["fulfilled_on"]) == ("fulfilled", today().isoformat())
    assert done["evidence"][0]["url"].endswith(f"/admin/waste_sorting/collections/{row}")
    with module_house.database.unit_of_work(own.scope) as session:
        service.void_collection(session, SYSTEM, own.id, row, CollectionVoid(reason="记错了"))
    assert duty(api, root, own, "kitchen", today())["state"] == "due", "what is struck out shows nothing"
