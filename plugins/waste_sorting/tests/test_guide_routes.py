"""The JSON API of the guide."""

from __future__ import annotations

import pytest

from linli_waste_sorting.guide.catalogue import catalogue


@pytest.fixture
def root(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/guide"


@pytest.mark.actor("community_administrator")
def test_what_goes_where(api, root) -> None:
    first = api.get(f"{root}?q=dgt").json()["items"][0]
    assert first == {
        "name": "大骨头",
        "english": "large bones",
        "aliases": ["大棒骨", "猪棒骨", "牛骨", "羊骨", "排骨大骨"],
        "category": "other",
        "category_title": "其他垃圾",
        "hint": "太硬，粉碎机打不动",
        "is_own": False,
    }
    seen, after = [], ""
    while True:
        page = api.get(f"{root}?category=other&limit=40&after={after}").json()
        seen += [each["name"] for each in page["items"]]
        if not (after := page["next"]):
            break
    assert seen == [each.name for each in catalogue() if each.category == "other"]
    assert api.get(f"{root}?category=heap").json()["errors"][0]["field"] == "category"
    assert api.get(f"{root}?after=没有").json()["errors"][0]["field"] == "after"


@pytest.mark.actor("community_administrator")
def test_a_community_settles_changes_and_takes_away(api, root, own, world) -> None:
    body = {"name": "电动滑板", "category": "bulky", "aliases": "滑板车", "hint": "先登记"}
    made = api.post(f"{root}/own", body)
    assert made.status_code == 201
    row = made.json()
    assert row["community_id"] == str(own.id)
    assert api.post(f"{root}/own", body).json()["errors"][0]["field"] == "name"
    path = f"{root}/own/{row['id']}"
    changed = api.request("PUT", path, {**body, "category": "other", "version": row["version"]}).json()
    assert (changed["category"], changed["version"]) == ("other", row["version"] + 1)
    assert api.request("PUT", path, {**body, "version": row["version"]}).status_code == 409
    assert api.get(path).json() == changed
    assert [each["id"] for each in api.get(f"{root}/own?q=滑板").json()["items"]] == [row["id"]]
    assert api.get(f"{root}?q=滑板车").json()["items"][0]["is_own"] is True
    assert api.request("DELETE", path).status_code == 204
    assert api.request("DELETE", path).status_code == 404
    assert api.get(f"{root}?q=滑板车").json()["items"] == []


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "长" * 21}, "name"),
        ({"category": "heap"}, "category"),
        ({"hint": "长" * 41}, "hint"),
        ({"aliases": "长" * 201}, "aliases"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_fault_names_its_field(api, root, change, field) -> None:
    answer = api.post(f"{root}/own", {"name": "物", "category": "other", **change})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.actor("street_administrator")
def test_the_street_sees_the_list_and_all_rules(api, own, world) -> None:
    street = f"/api/v1/s/{own.street_code}/waste_sorting/guide"
    assert api.get(f"{street}?q=cdb").json()["items"][0]["category"] == "hazardous"
    assert api.get(f"{street}/own").status_code == 200
    assert api.get(f"{street}/poster?category=hazardous").content.startswith(b"%PDF-")


@pytest.mark.actor("resident")
def test_residents_read_and_settle_nothing(api, root) -> None:
    assert api.get(f"{root}?q=电池").json()["items"][0]["name"] == "干电池"
    assert api.get(f"{root}/own").status_code == 403
    assert api.post(f"{root}/own", {"name": "物", "category": "other"}).status_code == 403
