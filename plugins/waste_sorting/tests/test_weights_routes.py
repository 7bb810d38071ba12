"""The JSON API of carriers, contracts, collections and the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linli.sdk import today
from linli_waste_sorting.weights.ledger import month_of

pytestmark = [pytest.mark.actor("community_administrator"), pytest.mark.usefixtures("empty_ledger")]


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting"


@pytest.fixture
def carrier(api, root) -> str:
    made = api.post(f"{root}/carriers", {"name": "环卫中心", "licence": "环许1号"})
    assert made.status_code == 201
    return made.json()["id"]


@pytest.fixture
def body(own, carrier) -> dict[str, object]:
    given = {"compound_id": str(own.compound), "category": "kitchen", "carrier_id": carrier, "destination": "处理厂"}
    return {**given, "day": str(today()), "kg": 86.5, "pieces": 2, "clock": "06:30"}


def test_a_carrier_and_its_contract(api, root, own, carrier) -> None:
    path = f"{root}/carriers/{carrier}"
    assert api.request("PUT", path, {"name": "环卫公司"}).json()["name"] == "环卫公司"
    assert api.post(f"{path}/close").json()["closed_at"]
    assert api.post(f"{path}/reopen").json()["closed_at"] is None
    terms = {
        "carrier_id": carrier,
        "number": "1号",
        "categories": ["other", "kitchen"],
        "compound_ids": [str(own.compound)],
        "destination": "焚烧厂",
        "starts_on": str(today()),
        "ends_on": str(today() + timedelta(days=30)),
    }
    made = api.post(f"{root}/contracts", terms)
    assert (made.status_code, made.json()["state"], made.json()["categories"]) == (201, "ending", ["kitchen", "other"])
    path = f"{root}/contracts/{made.json()['id']}"
    later = {**terms, "ends_on": str(today() + timedelta(days=31)), "version": made.json()["version"]}
    assert api.request("PUT", path, later).json()["state"] == "valid"
    assert api.request("PUT", path, later).status_code == 409
    ended = api.post(f"{path}/end", {"ends_on": str(today()), "reason": "换单位"}).json()
    assert (ended["state"], ended["ended_because"]) == ("ending", "换单位")
    assert [each["id"] for each in api.get(f"{root}/contracts").json()["items"]] == [made.json()["id"]]
    assert [each["id"] for each in api.get(f"{root}/carriers").json()["items"]] == [carrier]


def test_a_collection_is_noted_questioned_put_right_and_struck_out(api, root, body) -> None:
    made = api.post(f"{root}/collections", body)
    assert made.status_code == 201
    row = made.json()
    assert (row["kg"], row["clock"], row["doubts"]) == ("86.5", "06:30", [])
    asked = api.post(f"{root}/collections", body)
    assert asked.status_code == 422
    assert [each["field"] for each in asked.json()["errors"]] == ["category", "confirmed"]
    assert api.post(f"{root}/collections", {**body, "confirmed": True}).json()["doubts"] == ["duplicate"]
    path = f"{root}/collections/{row['id']}"
    right = api.post(f"{path}/correct", {**body, "kg": "68.5", "reason": "看错", "confirmed": True})
    assert (right.status_code, right.json()["replaces_id"], right.json()["kg"]) == (201, row["id"], "68.5")
    assert api.get(path).json()["void_reason"] == "看错"
    assert api.post(f"{path}/void", {"reason": "x"}).status_code == 409
    assert api.post(f"{root}/collections/{right.json()['id']}/void", {"reason": "x"}).json()["voided_at"]
    assert len(api.get(f"{root}/collections").json()["items"]) == 3
    assert len(api.get(f"{root}/collections?state=valid&category=kitchen").json()["items"]) == 1
    first = api.get(f"{root}/collections?limit=2").json()
    assert len(api.get(f"{root}/collections?limit=2&after={first['next']}").json()["items"]) == 1


def test_several_at_once(api, root, body) -> None:
    faulty = api.post(f"{root}/collections/batch", {"lines": [body, {**body, "category": "other", "kg": 0}]})
    assert faulty.json()["errors"][0]["field"] == "lines.1.kg"
    done = api.post(f"{root}/collections/batch", {"lines": [body, {**body, "category": "other"}]})
    assert (done.status_code, done.json()) == (201, {"times": 2, "kg": "173.0"})


@pytest.mark.parametrize(
    ("field", "value"), [("clock", "25:00"), ("category", "heap"), ("pieces", 0), ("pieces", 1000), ("kg", "x")]
)
def test_a_fault_names_its_field(api, root, body, field, value) -> None:
    answer = api.post(f"{root}/collections", {**body, field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_the_ledger_is_read_reported_and_taken_back(api, root, own, body) -> None:
    month = month_of(today()).before
    api.post(f"{root}/collections", {**body, "day": str(month.first)})
    [line] = api.get(f"{root}/ledger?month={month.key}").json()["items"]
    assert (line["kg"], line["times"], line["carriers"], line["destinations"]) == ("86.5", 1, ["环卫中心"], ["处理厂"])
    made = api.post(f"{root}/ledger/reports", {"month": month.key})
    assert made.status_code == 201
    report = made.json()
    assert (report["month"], report["kg"]) == (month.key, "86.5")
    assert report["totals"] == {str(own.compound): {"kitchen": {"kg": "86.5", "times": 1, "pieces": 2}}}
    assert api.post(f"{root}/collections", {**body, "day": str(month.last)}).status_code == 409
    back = api.post(f"{root}/ledger/reports/{report['id']}/reopen", {"reason": "漏记"})
    assert (back.status_code, back.json()["reopen_reason"]) == (200, "漏记")
    assert [each["id"] for each in api.get(f"{root}/ledger/reports?month={month.key}").json()["items"]] == [
        report["id"]
    ]
    assert api.get(f"{root}/ledger/missing?month={month.key}").json()["items"] == []


@pytest.mark.actor("street_administrator")
def test_the_street_reads_all_and_writes_nothing(api, own, world, open_session, note) -> None:
    root = f"/api/v1/s/{own.street_code}/waste_sorting"
    for path in ("carriers", "contracts", "collections", "ledger", "ledger/missing", "ledger/reports"):
        assert api.get(f"{root}/{path}").status_code == 200
    assert api.post(f"{root}/carriers", {"name": "x"}).status_code in (404, 405)
