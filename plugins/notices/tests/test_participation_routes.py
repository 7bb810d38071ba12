"""Objections, posters, reach and personal data over the JSON API."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from linli.sdk import today


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def notices(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/notices"


@pytest.fixture
def posted(api, own, notices):
    """Publishes a posting that takes objections, and gives its id."""

    def make(**fields) -> str:
        api.token_for(own.administrator, own.tenant_id)
        given = {"title": "收支公示", "body": "收支", "kind": "posting", "allows_objections": True, **fields}
        given.setdefault("posting_to", (today() + timedelta(days=5)).isoformat())
        made = api.post(notices, given).json()
        assert api.post(f"{notices}/{made['id']}/publish", {}).status_code == 200
        return made["id"]

    return make


SCAN = {"name": "材料.pdf", "content": base64.b64encode(b"%PDF-1.7\n").decode()}


def test_an_objection_from_filing_to_answer(api, own, notices, posted) -> None:
    notice_id = posted(is_public=True)
    api.token_for(own.resident_account, own.tenant_id)
    said = {"kind": "objection", "body": "收费太高", "attachments": [SCAN]}
    made, again = (api.post(f"{notices}/board/{notice_id}/objections", said).json() for _call in range(2))
    assert made["id"] == again["id"]
    assert [each["name"] for each in made["attachments"]] == ["材料.pdf"]
    mine = f"{notices}/board/objections/{made['id']}"
    changed = {"version": made["version"], "kind": "comment", "body": "改了"}
    assert api.patch(mine, changed).json()["body"] == "改了"
    assert api.patch(mine, changed).status_code == 409
    assert api.get(f"{notices}/objections").status_code == 403
    api.token_for(own.administrator, own.tenant_id)
    assert api.get(mine).status_code == 404
    [line] = api.get(f"{notices}/objections?notice_id={notice_id}&state=open").json()["items"]
    assert (line["body"], "测试居民1" in line["author"], line["is_overdue"]) == ("改了", False, False)
    one = f"{notices}/objections/{made['id']}"
    assert api.post(f"{one}/reveal", {"reason": ""}).status_code == 422
    assert api.post(f"{one}/reveal", {"reason": "核实"}).json()["name"] == "测试居民1"
    answer = {"version": line["version"], "answer": "已调整", "outcome": "accepted"}
    assert api.post(f"{one}/answer", {**answer, "outcome": "maybe"}).status_code == 422
    for _call in range(2):
        assert api.post(f"{one}/answer", answer).json()["state"] == "answered"
    api.headers = {}
    board = api.get(f"{notices}/board/{notice_id}/objections").json()
    assert (board["comments"], board["unanswered"], board["items"][0]["answer"]) == (1, 0, "已调整")
    assert "测试居民1" not in str(board)


def test_one_takes_it_back_and_its_file_off(api, own, notices, posted) -> None:
    notice_id = posted()
    api.token_for(own.resident_account, own.tenant_id)
    made = api.post(f"{notices}/board/{notice_id}/objections", {"body": "一", "attachments": [SCAN]}).json()
    mine = f"{notices}/board/objections/{made['id']}"
    file = f"{mine}/files/{made['attachments'][0]['id']}"
    assert [api.request("DELETE", file).status_code for _call in range(2)] == [204, 404]
    for _call in range(2):
        assert api.post(f"{mine}/withdraw", {}).json()["state"] == "withdrawn"


def test_a_file_is_added_to_what_was_filed_until_it_is_answered(api, world, own, notices, posted) -> None:
    notice_id = posted()
    api.token_for(own.resident_account, own.tenant_id)
    made = api.post(f"{notices}/board/{notice_id}/objections", {"kind": "objection", "body": "收费太高"}).json()
    mine = f"{notices}/board/objections/{made['id']}"
    added = [api.post(f"{mine}/files", SCAN | {"name": f"材料{n}.pdf"}) for n in range(1, 5)]
    assert [each.status_code for each in added] == [201, 201, 201, 422]
    assert added[3].json()["errors"][0]["field"] == "content"
    assert [each["name"] for each in api.get(mine).json()["attachments"]] == [f"材料{n}.pdf" for n in (1, 2, 3)]
    assert api.get(added[0].json()["path"]).content == base64.b64decode(SCAN["content"])
    assert api.request("DELETE", f"{mine}/files/{added[2].json()['id']}").status_code == 204
    faulty = api.post(f"{mine}/files", {"name": "材料.pdf", "content": "?"})
    assert (faulty.status_code, faulty.json()["errors"][0]["field"]) == (422, "content")
    api.token_for(own.administrator, own.tenant_id)
    assert api.post(f"{mine}/files", SCAN).status_code == 404
    answer = {"version": made["version"], "answer": "已调整", "outcome": "accepted"}
    assert api.post(f"{notices}/objections/{made['id']}/answer", answer).status_code == 200
    api.token_for(own.resident_account, own.tenant_id)
    assert api.post(f"{mine}/files", SCAN).status_code == 409


def test_on_paper_needs_its_scan(api, own, notices, posted) -> None:
    notice_id = posted()
    paper = {"resident_id": str(own.residents[1]), "body": "看不清账"}
    refused = api.post(f"{notices}/{notice_id}/paper", paper)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "attachments")
    made = api.post(f"{notices}/{notice_id}/paper", {**paper, "attachments": [SCAN]})
    assert (made.status_code, made.json()["is_on_paper"]) == (201, True)


def test_others_are_refused(api, world, own, notices, posted) -> None:
    notice_id = posted()
    api.token_for(own.resident_account, own.tenant_id)
    made = api.post(f"{notices}/board/{notice_id}/objections", {"body": "一"}).json()
    # In the next community the plugin is off: what is not there lists nothing.
    for stranger, expected in ((world.here.communities[1], (404, None)), (world.there.communities[0], (200, []))):
        api.token_for(stranger.administrator, stranger.tenant_id)
        elsewhere = f"/api/v1/s/{stranger.street_code}/c/{stranger.code}/notices"
        assert api.get(f"{notices}/objections/{made['id']}").status_code in (401, 403, 404)
        assert api.get(f"{elsewhere}/objections/{made['id']}").status_code == 404
        listed = api.get(f"{elsewhere}/objections")
        assert (listed.status_code, listed.json().get("items")) == expected
        assert api.get(f"{elsewhere}/{notice_id}/reach").status_code == 404


def test_poster_and_reach(api, own, notices, posted) -> None:
    one = f"{notices}/{posted(is_public=True)}"
    poster = api.get(f"{one}/poster?paper=a3")
    assert (poster.status_code, poster.content[:5]) == (200, b"%PDF-")
    reach = api.get(f"{one}/reach").json()
    assert reach["whole"]["households"] == sum(each["households"] for each in reach["buildings"]) > 0
    assert len(api.get(f"{one}/reach/unreached").json()["items"]) == reach["whole"]["households"]
    broken = api.get(f"{one}/reach/unreached?after=zzz")
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (422, "after")


def test_the_streets_poster_names_where_it_hangs(api, world, own) -> None:
    api.token_for(world.here.administrator, own.tenant_id)
    street = f"/api/v1/s/{own.street_code}/notices"
    one = f"{street}/{api.post(street, {'title': '通知', 'body': '一', 'is_public': True}).json()['id']}"
    api.post(f"{one}/publish", {})
    refused = api.get(f"{one}/poster")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "where")
    assert api.get(f"{one}/poster?where={own.id}").status_code == 200
    assert api.get(f"{one}/poster?where={world.there.communities[0].id}").status_code == 422


def test_personal_data_is_found_masked_and_answered_for(api, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id)
    draft = {"title": "名单", "body": "测试居民2，13800001234", "is_public": True}
    one, other = (f"{notices}/{api.post(notices, draft).json()['id']}" for _draft in range(2))
    assert {each["kind"] for each in api.get(f"{one}/personal").json()["items"]} == {"name", "phone"}
    refused = api.post(f"{one}/publish", {})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "is_public")
    assert api.post(f"{one}/personal/mask", {}).json() == {"is_confirmed": True, "items": []}
    assert api.post(f"{one}/publish", {}).status_code == 200
    assert api.post(f"{other}/personal/disclose", {"reason": "本人同意"}).json()["is_confirmed"]
    assert api.post(f"{other}/publish", {}).status_code == 200


def test_a_resident_is_counted_among_the_readers_once(api, own, notices, posted) -> None:
    notice_id = posted()
    read = f"{notices}/board/{notice_id}/read"
    api.token_for(own.resident_account, own.tenant_id)
    assert [api.post(read).json() for _again in range(2)] == [{"counted": True}, {"counted": False}]
    api.token_for(own.administrator, own.tenant_id)
    assert api.post(read).json() == {"counted": False}
    assert api.get(f"{notices}/{notice_id}/reach").json()["whole"]["readers"] == 1
    assert api.client.post(read).status_code == 401


def test_a_text_is_shown_as_it_will_look_and_nothing_is_kept(api, own, notices) -> None:
    api.token_for(own.administrator, own.tenant_id)
    before = len(api.get(notices).json()["items"])
    shown = api.post(f"{notices}/preview", {"body": "请于【请填写：日期】前<script>alert(1)</script>储水"})
    assert shown.status_code == 200
    assert "<script" not in shown.json()["body_html"]
    assert "储水" in shown.json()["body_html"]
    assert shown.json()["gaps"] == ["日期"]
    assert len(api.get(notices).json()["items"]) == before


def test_an_open_notice_has_no_record_yet(api, own, notices, posted) -> None:
    notice_id = posted(is_public=True)
    api.token_for(own.administrator, own.tenant_id)
    for path in (f"{notices}/{notice_id}/record/1", f"{notices}/board/{notice_id}/record/1"):
        assert api.get(path).status_code == 409
        assert api.get(path.replace("record/1", "record/0")).status_code == 422
