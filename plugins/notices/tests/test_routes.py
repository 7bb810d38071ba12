"""The JSON API."""

from __future__ import annotations

from uuid import UUID

import pytest


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def notices(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/notices"


DRAFT = {"title": "停水通知", "body": "周三停水。", "is_public": True}


def test_the_life_of_a_notice(api, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id)
    made = api.post(notices, DRAFT)
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    one = f"{notices}/{made.json()['id']}"
    changed = api.patch(one, {"version": made.json()["version"], "title": "改期"})
    assert (changed.status_code, changed.json()["title"], changed.json()["body"]) == (200, "改期", "周三停水。")
    assert api.patch(one, {"version": made.json()["version"], "title": "又改"}).status_code == 409
    for _call in range(2):
        assert api.post(f"{one}/publish", {}).json()["status"] == "showing"
    assert api.request("DELETE", one).status_code == 409
    api.headers = {}
    board = notices + "/board"
    assert [each["title"] for each in api.get(board).json()["items"]] == ["改期"]
    assert api.get(f"{board}/{made.json()['id']}").json()["body_html"] == "<p>周三停水。</p>"
    api.token_for(own.administrator, own.tenant_id)
    for _call in range(2):
        assert api.post(f"{one}/withdraw", {"reason": "有误"}).json()["status"] == "withdrawn"
    assert api.get(board).json()["items"] == []


def test_a_draft_can_be_deleted(api, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id)
    one = f"{notices}/{api.post(notices, DRAFT).json()['id']}"
    assert api.request("DELETE", one).status_code == 204
    assert api.get(one).status_code == 404


def test_faults_are_named_and_unknown_fields_refused(api, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id)
    answer = api.post(notices, {"title": "", "body": "一", "kind": "gossip"})
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["errors"]} == {"title", "kind"}
    assert api.post(notices, {**DRAFT, "tenant_id": str(UUID(int=1))}).status_code == 422
    assert api.post(notices, {**DRAFT, "state": "published"}).status_code == 422


def test_nobody_else_reads_or_writes_it(api, world, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id)
    made = api.post(notices, DRAFT).json()["id"]
    stranger = world.there.communities[0]
    api.token_for(stranger.administrator, stranger.tenant_id)
    theirs = f"/api/v1/s/{stranger.street_code}/c/{stranger.code}/notices"
    assert api.get(theirs).json()["items"] == []
    assert api.get(f"{theirs}/{made}").status_code == 404
    assert api.get(f"{notices}/{made}").status_code in (401, 403)
    off = world.here.communities[1]
    api.token_for(off.administrator, off.tenant_id)
    assert api.get(f"/api/v1/s/{off.street_code}/c/{off.code}/notices").status_code == 404


def test_a_token_without_the_permission_is_refused(api, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id, "notices.notice.read")
    assert api.get(notices).status_code == 200
    assert api.post(notices, DRAFT).status_code == 403


def test_the_streets_own_notices(api, world) -> None:
    street = f"/api/v1/s/{world.here.code}/notices"
    api.token_for(world.here.administrator, world.here.id)
    made = api.post(street, DRAFT)
    assert (made.status_code, made.json()["community_id"]) == (201, None)
    assert [each["id"] for each in api.get(street).json()["items"]] == [made.json()["id"]]
    answer = api.post(street, {**DRAFT, "compound_id": str(world.here.communities[0].compound)})
    assert answer.status_code == 422
