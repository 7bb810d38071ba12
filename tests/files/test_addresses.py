"""The address of a file: who may not read it cannot tell it from one that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import pytest
from tests.files.pictures import picture

from linli.files.service import store_file
from linli.files.storage import MemoryStorage
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
    with serving(module_house, Plugins()) as client:
        yield SimpleNamespace(client=client, house=module_house, private=private, public=public)


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
