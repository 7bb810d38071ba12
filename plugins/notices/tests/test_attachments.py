"""Attachments over the JSON API: of a community's notices and of the street's own."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM
from linli_notices import attachments
from linli_notices.schemas import NoticeCreate
from linli_notices.service import create_notice

DRAFT = {"title": "电梯检修", "body": "周五检修。", "is_public": True}
CONTENT = "周五检修".encode()
PDF = b"%PDF-1.7\n"


def sent(content: bytes = CONTENT, name: str = "说明.txt") -> dict[str, str]:
    """The body that adds a file."""
    return {"name": name, "content": base64.b64encode(content).decode()}


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def notices(own) -> str:
    return f"/api/v1/s/{own.street_code}/c/{own.code}/notices"


@pytest.fixture
def draft(api, own, notices) -> str:
    """The address of a draft; the caller is the community's administrator."""
    api.token_for(own.administrator, own.tenant_id)
    return f"{notices}/{api.post(notices, DRAFT).json()['id']}"


def names(answer) -> list[str]:
    return [each["name"] for each in answer.json()["attachments"]]


def fault(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["field"]


def test_added_listed_fetched_and_removed(api, draft) -> None:
    assert api.get(draft).json()["attachments"] == []
    made = api.post(f"{draft}/attachments", sent())
    assert made.status_code == 201
    file = made.json()
    assert (file["name"], file["media_type"], file["size"]) == ("说明.txt", "text/plain", len(CONTENT))
    api.post(f"{draft}/attachments", sent(PDF, "图纸.pdf"))
    assert api.get(draft).json()["attachments"][0] == file
    assert names(api.get(draft)) == ["说明.txt", "图纸.pdf"]
    assert api.get(file["path"]).content == CONTENT
    changed = api.patch(draft, {"version": 1, "title": "改期"})
    assert names(changed) == ["说明.txt", "图纸.pdf"]
    one = f"{draft}/attachments/{file['id']}"
    assert api.request("DELETE", one).status_code == 204
    assert names(api.get(draft)) == ["图纸.pdf"]
    assert api.get(file["path"]).status_code == 404
    assert api.request("DELETE", one).status_code == 404


def test_readers_find_them_once_it_is_published_and_nobody_changes_them_then(api, own, notices, draft) -> None:
    file = api.post(f"{draft}/attachments", sent()).json()
    board = f"{notices}/board/{draft.rpartition('/')[2]}"
    managing, api.headers = api.headers, {}
    assert api.get(file["path"]).status_code == 404
    api.headers = managing
    assert names(api.post(f"{draft}/publish", {})) == ["说明.txt"]
    assert api.post(f"{draft}/attachments", sent()).status_code == 409
    assert api.request("DELETE", f"{draft}/attachments/{file['id']}").status_code == 409
    api.headers = {}
    assert api.get(board).json()["attachments"] == [file]
    assert api.get(file["path"]).content == CONTENT
    api.headers = managing
    api.post(f"{draft}/withdraw", {"reason": "有误"})
    assert names(api.get(draft)) == ["说明.txt"]
    assert api.post(f"{draft}/attachments", sent()).status_code == 409
    api.headers = {}
    assert api.get(board).json()["attachments"] == []
    assert api.get(file["path"]).status_code == 404


class TestFaults:
    @pytest.mark.parametrize("content", ["", "!!!", "YQ", "YWJj\nYWJj", "中文", "data:text/plain;base64,YQ=="])
    def test_content_that_is_no_base64(self, api, draft, content) -> None:
        answer = api.post(f"{draft}/attachments", {"name": "说明.txt", "content": content})
        assert fault(answer) == (422, "content")
        if content:
            assert "base64" in answer.json()["errors"][0]["message"]
        assert names(api.get(draft)) == []

    @pytest.mark.parametrize(
        ("name", "content"), [("页面.html", b"<p>1</p>"), ("图纸.pdf", CONTENT), ("没有扩展名", CONTENT)]
    )
    def test_a_kind_that_is_not_taken_in(self, api, draft, name, content) -> None:
        assert fault(api.post(f"{draft}/attachments", sent(content, name))) == (422, "content")
        assert names(api.get(draft)) == []

    def test_too_large(self, api, draft) -> None:
        # One byte above what the portal takes.
        content = PDF + bytes(attachments.FILE_LIMIT + 1 - len(PDF))
        answer = api.post(f"{draft}/attachments", sent(content, "图纸.pdf"))
        assert fault(answer) == (422, "content")
        assert "20 MB" in answer.json()["errors"][0]["allowed"]
        assert api.post(f"{draft}/attachments", sent(content + content, "图纸.pdf")).status_code == 413
        assert names(api.get(draft)) == []
        assert api.post(f"{draft}/attachments", sent(content[:-1], "图纸.pdf")).status_code == 201

    def test_too_many(self, api, draft) -> None:
        for _each in range(attachments.MOST_FILES):
            assert api.post(f"{draft}/attachments", sent()).status_code == 201
        answer = api.post(f"{draft}/attachments", sent())
        assert fault(answer) == (422, "content")
        assert len(names(api.get(draft))) == attachments.MOST_FILES

    def test_fields_that_are_missing_or_unknown(self, api, draft) -> None:
        answer = api.post(f"{draft}/attachments", {"name": "", "is_public": True})
        assert answer.status_code == 422
        assert {each["field"] for each in answer.json()["errors"]} == {"name", "content", "is_public"}


@pytest.fixture(params=["community", "street"])
def elsewhere(request, world, module_house) -> tuple[UUID, UUID]:
    """A draft of another community or street, and its attachment."""
    place = world.here.communities[1] if request.param == "community" else world.there.communities[0]
    with module_house.database.unit_of_work(place.scope, SYSTEM) as session:
        notice = create_notice(session, SYSTEM, place.id, NoticeCreate(title=DRAFT["title"], body=DRAFT["body"]))
        file = attachments.attach(session, SYSTEM, place.id, notice.id, CONTENT, name="说明.txt")
        return notice.id, file.id


def test_those_of_another_community_or_street_are_out_of_reach(api, notices, draft, elsewhere) -> None:
    notice, file = elsewhere
    assert api.get(f"{notices}/{notice}").status_code == 404
    assert api.post(f"{notices}/{notice}/attachments", sent()).status_code == 404
    assert api.request("DELETE", f"{notices}/{notice}/attachments/{file}").status_code == 404
    assert api.request("DELETE", f"{draft}/attachments/{file}").status_code == 404
    assert api.get(f"{notices.removesuffix('/notices')}/files/{file}").status_code == 404


def test_a_file_of_another_notice_stays(api, notices, draft) -> None:
    file = api.post(f"{draft}/attachments", sent()).json()
    other = f"{notices}/{api.post(notices, DRAFT).json()['id']}"
    assert api.request("DELETE", f"{other}/attachments/{file['id']}").status_code == 404
    assert names(api.get(draft)) == ["说明.txt"]


def test_without_the_permission_nothing_changes(api, own, draft) -> None:
    file = api.post(f"{draft}/attachments", sent()).json()
    api.token_for(own.administrator, own.tenant_id, "notices.notice.read")
    assert api.post(f"{draft}/attachments", sent()).status_code == 403
    assert api.request("DELETE", f"{draft}/attachments/{file['id']}").status_code == 403
    assert names(api.get(draft)) == ["说明.txt"]


def test_the_streets_own_notices(api, world, own, notices) -> None:
    street = f"/api/v1/s/{world.here.code}/notices"
    api.token_for(world.here.administrator, world.here.id)
    number = api.post(street, DRAFT).json()["id"]
    file = api.post(f"{street}/{number}/attachments", sent()).json()
    assert api.get(f"{street}/{number}").json()["attachments"] == [file]
    assert api.get(file["path"]).content == CONTENT
    api.token_for(own.administrator, own.tenant_id)
    assert api.post(f"{notices}/{number}/attachments", sent()).status_code == 404
    assert api.request("DELETE", f"{notices}/{number}/attachments/{file['id']}").status_code == 404
    api.token_for(world.here.administrator, world.here.id)
    api.post(f"{street}/{number}/publish", {})
    api.headers = {}
    shown = api.get(f"{notices}/board/{number}").json()["attachments"]
    assert [each["id"] for each in shown] == [file["id"]]
    assert api.get(shown[0]["path"]).content == CONTENT


def test_both_are_on_record(api, module_house, own, draft) -> None:
    file = api.post(f"{draft}/attachments", sent()).json()
    api.request("DELETE", f"{draft}/attachments/{file['id']}")
    with module_house.database.unit_of_work(own.scope) as session:
        found = session.execute(
            text("SELECT action FROM core.audit_entry WHERE subject_id = :file ORDER BY id"),
            {"file": file["id"]},
        )
        assert [each.action for each in found] == ["core.file.store", "core.file.remove"]
