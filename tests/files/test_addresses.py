"""The address of a file: who may not read it cannot tell it from one that does not exist."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import pytest
from PIL import Image
from tests.files.pictures import picture

from linli.files.service import get_file, store_file
from linli.files.storage import MemoryStorage, StorageFailed
from linli.kit.actor import Actor
from linli.plugins.registry import Plugins
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD

#: What comes out again is what was put in: it was written by the same encoder, and there is nothing to take away.
PNG = picture()
OWN, SIBLING = WORLD.here.communities


@pytest.fixture(scope="module")
def served(module_house) -> Iterator[SimpleNamespace]:
    module_house.database.info["files"] = MemoryStorage()
    storer = Actor(account_id=OWN.administrator, display_name="社区管理员")
    with module_house.database.unit_of_work(OWN.scope, storer) as session:
        private, public = (
            store_file(session, storer, PNG, owner="core", name="照片.png", is_public=is_public).id
            for is_public in (False, True)
        )
        document = store_file(session, storer, b"%PDF-1.7 x", owner="core", name="说明.pdf", is_public=True).id
    with serving(module_house, Plugins.core()) as client:
        yield SimpleNamespace(client=client, house=module_house, private=private, public=public, document=document)


def page(community, file_id) -> str:
    return f"/s/{community.street_code}/c/{community.code}/files/{file_id}"


def test_a_public_file_is_sent_to_everybody_as_something_to_save(served) -> None:
    answer = Browser(served.client, served.house).get(page(OWN, served.public))
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_an_image_can_be_shown(served) -> None:
    answer = Browser(served.client, served.house).get(page(OWN, served.public) + "?inline=true")
    assert answer.headers["content-disposition"].startswith("inline;")


def test_whoever_stored_it_reads_it_in_the_portal_and_in_the_api(served) -> None:
    browser = Browser(served.client, served.house).sign_in_as(OWN.administrator)
    assert browser.get(page(OWN, served.private)).content == PNG
    browser.sign_out()
    api = Api(served.client, served.house).token_for(OWN.administrator, WORLD.here.id)
    assert api.get(f"/api/v1{page(OWN, served.private)}").content == PNG


def test_others_get_the_answer_of_a_file_that_is_nowhere(served) -> None:
    browser = Browser(served.client, served.house)
    nowhere = browser.get(page(OWN, uuid4()))
    assert nowhere.status_code == 404
    assert browser.get(page(OWN, served.private)).status_code == 404
    browser.sign_in_as(OWN.resident_account)
    assert browser.get(page(OWN, served.private)).status_code == 404
    browser.sign_out()


@pytest.mark.parametrize("where", [SIBLING, WORLD.there.communities[0]], ids=["other community", "other street"])
def test_a_public_file_stays_behind_its_walls(served, where) -> None:
    assert Browser(served.client, served.house).get(page(where, served.public)).status_code == 404


SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


class TestThumbnail:
    def test_is_a_small_picture_shown_in_the_page_and_asked_for_anew(self, served) -> None:
        answer = Browser(served.client, served.house).get(page(OWN, served.public) + "/thumbnail")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert Image.open(io.BytesIO(answer.content)).size == (32, 24)
        assert answer.headers["content-disposition"].startswith("inline;")
        assert answer.headers["cache-control"] == "private, no-cache"
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert SAFE.items() <= dict(answer.headers).items()

    def test_of_another_kind_is_a_drawing_that_runs_nothing(self, served) -> None:
        answer = Browser(served.client, served.house).get(page(OWN, served.document) + "/thumbnail")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert b">PDF</text>" in answer.content
        assert SAFE.items() <= dict(answer.headers).items()

    def test_of_an_image_that_has_none_is_the_image(self, served) -> None:
        with served.house.database.unit_of_work(OWN.scope) as session:
            file = get_file(session, served.public)
            kept = file.thumbnail_key, file.thumbnail_size, file.thumbnail_sha256
            file.thumbnail_key = file.thumbnail_size = file.thumbnail_sha256 = None
        try:
            answer = Browser(served.client, served.house).get(page(OWN, served.public) + "/thumbnail")
            assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
        finally:
            with served.house.database.unit_of_work(OWN.scope) as session:
                file = get_file(session, served.public)
                file.thumbnail_key, file.thumbnail_size, file.thumbnail_sha256 = kept

    def test_is_read_in_every_portal_and_both_apis(self, served) -> None:
        browser = Browser(served.client, served.house).sign_in_as(OWN.administrator)
        community = f"/s/{OWN.street_code}/c/{OWN.code}"
        for prefix in (community, f"{community}/admin"):
            assert browser.get(f"{prefix}/files/{served.private}/thumbnail").status_code == 200
        browser.sign_in_as(WORLD.here.administrator)
        console = f"/s/{OWN.street_code}/console/files/{served.public}/thumbnail"
        assert browser.get(console).status_code == 200
        browser.sign_out()
        api = Api(served.client, served.house).token_for(OWN.administrator, WORLD.here.id)
        assert api.get(f"/api/v1{community}/files/{served.private}/thumbnail").status_code == 200
        assert api.get(f"/api/v1/s/{OWN.street_code}/files/{served.private}/thumbnail").status_code == 200


class TestHeadAndCaching:
    @pytest.mark.parametrize("what", ["", "?inline=true", "/thumbnail"])
    def test_what_the_browser_has_is_not_sent_again(self, served, what) -> None:
        browser = Browser(served.client, served.house)
        address = page(OWN, served.public) + what
        first = browser.get(address)
        for sent in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}', "*"):
            again = browser.get(address, headers={"if-none-match": sent})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
            assert again.headers["cache-control"] == first.headers["cache-control"]
        assert browser.get(address, headers={"if-none-match": '"x"'}).content == first.content

    def test_a_document_is_not_kept_by_the_browser(self, served) -> None:
        answer = Browser(served.client, served.house).get(page(OWN, served.document), headers={"if-none-match": "*"})
        assert (answer.status_code, "etag" in answer.headers) == (200, False)

    @pytest.mark.parametrize("what", ["", "/thumbnail"])
    @pytest.mark.parametrize("file", ["public", "document"])
    def test_head_tells_the_same_and_sends_nothing(self, served, file, what) -> None:
        address = page(OWN, getattr(served, file)) + what
        got = served.client.get(address)
        head = served.client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        varying = {"x-request-id", "date"}
        assert {k: v for k, v in head.headers.items() if k not in varying} == {
            k: v for k, v in got.headers.items() if k not in varying
        }

    def test_head_of_what_one_may_not_read_is_that_of_nothing(self, served) -> None:
        theirs, nothing = (served.client.head(page(OWN, each)) for each in (served.private, uuid4()))
        assert theirs.status_code == nothing.status_code == 404
        assert "etag" not in theirs.headers

    def test_a_right_that_ended_ends_what_the_browser_kept(self, served) -> None:
        browser = Browser(served.client, served.house).sign_in_as(OWN.administrator)
        mark = browser.get(page(OWN, served.private) + "/thumbnail").headers["etag"]
        browser.sign_in_as(OWN.resident_account)
        again = browser.get(page(OWN, served.private) + "/thumbnail", headers={"if-none-match": mark})
        assert again.status_code == 404
        browser.sign_out()

    def test_the_apis_document_knows_it_once(self, served) -> None:
        paths = served.client.get("/api/v1/openapi.json").json()["paths"]
        found = [path for path in paths if path.endswith("/files/{file_id}/thumbnail")]
        assert len(found) == 2
        assert all(set(paths[path]) == {"get"} for path in found)


@pytest.mark.asvs("V16.5.2")
def test_a_storage_that_is_away_costs_the_file_and_nothing_else(served, monkeypatch) -> None:
    def away(*_given) -> None:
        raise StorageFailed("away")

    monkeypatch.setattr(MemoryStorage, "open", away)
    answer = served.client.get(page(OWN, served.public), headers={"accept": "text/html"})
    assert answer.status_code == 503
    assert "附件暂时无法读写" in answer.text
    monkeypatch.setattr(MemoryStorage, "reach", away)
    monkeypatch.setattr(served.house, "files", served.house.database.info["files"])
    for _look in range(50):
        ready = served.client.get("/health/ready")
        if "files" in ready.json():
            break
    assert (ready.status_code, ready.json()["files"]) == (200, "unavailable")
