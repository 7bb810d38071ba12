"""What is changed over the API is what was read: tags, If-Match, If-None-Match, and no lost update under races."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import select

from linli.tenancy.models import Compound
from linli.testing.web import Api
from linli.web.preconditions import is_unchanged


def at(community, path: str) -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}{path}"


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def admin(api: Api, world, own) -> Api:
    return api.token_for(own.administrator, world.here.id)


@pytest.fixture
def compound(admin: Api, own) -> dict:
    """A fresh compound, and its tag."""
    made = admin.post(at(own, "/compounds"), {"name": f"新院{uuid4().hex[:6]}"})
    assert made.status_code == 201, made.text
    return {**made.json(), "etag": made.headers["etag"]}


def put(api: Api, own, compound: dict, body: dict, tag: str | None = None):
    headers = api.headers | ({"if-match": tag} if tag is not None else {})
    return api.client.put(at(own, f"/compounds/{compound['id']}"), json=body, headers=headers)


class TestReading:
    def test_an_answer_with_a_version_has_a_strong_opaque_tag(self, admin, own, compound) -> None:
        answer = admin.get(at(own, f"/compounds/{compound['id']}"))
        tag = answer.headers["etag"]
        assert tag.startswith('"')
        assert tag.endswith('"')
        assert compound["id"] not in tag
        assert tag == compound["etag"], "made and read are the same answer"

    def test_who_has_it_already_is_told_so(self, admin, own, compound) -> None:
        path = at(own, f"/compounds/{compound['id']}")
        tag = admin.get(path).headers["etag"]
        for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = admin.client.get(path, headers=admin.headers | {"if-none-match": sent})
            assert again.status_code == 304, sent
            assert again.content == b""
            assert again.headers["etag"] == tag
        assert admin.client.get(path, headers=admin.headers | {"if-none-match": '"x"'}).status_code == 200

    def test_a_change_changes_the_tag(self, admin, own, compound) -> None:
        path = at(own, f"/compounds/{compound['id']}")
        put(admin, own, compound, {"name": compound["name"], "address": "东街", "version": 1})
        again = admin.client.get(path, headers=admin.headers | {"if-none-match": compound["etag"]})
        assert again.status_code == 200
        assert again.json()["version"] == 2

    def test_a_list_and_an_asynchronous_answer_have_tags_too(self, admin, own) -> None:
        for path in ("/compounds", "/dwellings", f"/dwellings/{own.dwellings[0]}"):
            first = admin.get(at(own, path))
            again = admin.client.get(at(own, path), headers=admin.headers | {"if-none-match": first.headers["etag"]})
            assert again.status_code == 304, path

    def test_nobody_learns_from_a_condition_what_they_may_not_read(self, api, world, own, compound) -> None:
        path = at(own, f"/compounds/{compound['id']}")
        stranger = api.token_for(world.here.communities[1].administrator, world.here.id)
        for sent in (compound["etag"], "*"):
            answer = stranger.client.get(path, headers=stranger.headers | {"if-none-match": sent})
            assert answer.status_code in (403, 404)
            assert "etag" not in answer.headers

    @pytest.mark.parametrize("header", [None, "", "x" * 5000, '"a'])
    def test_what_is_no_condition_is_none(self, header) -> None:
        assert not is_unchanged(header, '"a"')


class TestIfMatch:
    def test_the_tag_stands_for_the_version(self, admin, own, compound) -> None:
        changed = put(admin, own, compound, {"name": compound["name"], "address": "西街"}, compound["etag"])
        assert changed.status_code == 200
        assert changed.json()["version"] == 2
        assert changed.headers["etag"] != compound["etag"]

    def test_a_stale_tag_is_refused_and_nothing_is_written(self, admin, own, compound) -> None:
        put(admin, own, compound, {"name": compound["name"], "address": "一"}, compound["etag"])
        late = put(admin, own, compound, {"name": compound["name"], "address": "二"}, compound["etag"])
        assert late.status_code == 412
        assert late.json()["type"] == "urn:linli:problem:precondition-failed"
        assert admin.get(at(own, f"/compounds/{compound['id']}")).json()["address"] == "一"

    @pytest.mark.parametrize("make", [lambda tag: '"1"', lambda tag: f"W/{tag}", lambda tag: f'"9{tag[1:]}'])
    def test_a_tag_that_was_never_given_out_is_refused(self, admin, own, compound, make) -> None:
        body = {"name": compound["name"], "address": "三", "version": 1}
        assert put(admin, own, compound, body, make(compound["etag"])).status_code == 412
        assert put(admin, own, compound, body, compound["etag"]).status_code == 200, "control"

    def test_the_tag_of_another_row_is_refused(self, admin, own, compound) -> None:
        other = admin.post(at(own, "/compounds"), {"name": f"另院{uuid4().hex[:6]}"})
        body = {"name": compound["name"], "version": 1}
        assert put(admin, own, compound, body, other.headers["etag"]).status_code == 412
        both = f"{other.headers['etag']}, {compound['etag']}"
        assert put(admin, own, compound, body, both).status_code == 200, "one of several is enough"

    def test_tag_and_version_must_agree(self, admin, own, compound) -> None:
        body = {"name": compound["name"], "version": 2}
        assert put(admin, own, compound, body, compound["etag"]).status_code == 412

    def test_without_both_one_is_asked_for(self, admin, own, compound) -> None:
        for tag in (None, "*"):
            answer = put(admin, own, compound, {"name": compound["name"]}, tag)
            assert answer.status_code == 428
            assert answer.json()["type"] == "urn:linli:problem:precondition-required"

    def test_the_version_alone_is_enough(self, admin, own, compound) -> None:
        body = {"name": compound["name"], "address": "北街", "version": 1}
        assert put(admin, own, compound, body).status_code == 200
        assert put(admin, own, compound, {"name": compound["name"], "version": 1}).status_code == 409

    def test_what_is_no_tag_is_said_so(self, admin, own, compound) -> None:
        answer = put(admin, own, compound, {"name": compound["name"], "version": 1}, "abc")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "If-Match"

    def test_an_act_on_a_row_heeds_it_without_asking_for_a_version(self, admin, own) -> None:
        path = at(own, f"/dwellings/{own.dwellings[3]}/transfer")
        tag = admin.get(at(own, f"/dwellings/{own.dwellings[3]}")).headers["etag"]
        body = {
            "on": "2025-06-01",
            "owners": [{"resident_id": str(own.residents[1]), "share": "1"}],
        }
        refused = admin.client.post(path, json=body, headers=admin.headers | {"if-match": '"1-0-0"'})
        assert refused.status_code == 412, refused.text
        done = admin.client.post(path, json=body, headers=admin.headers | {"if-match": tag})
        assert done.status_code == 200, done.text

    def test_a_row_that_is_not_there_stays_not_found(self, admin, world, own, compound) -> None:
        theirs = world.there.communities[0].compound
        for row in (theirs, uuid4()):
            for tag in (compound["etag"], '"1"'):
                answer = put(admin, own, {"id": row}, {"name": "甲", "version": 1}, tag)
                assert answer.status_code == 404


class TestRaces:
    @pytest.mark.asvs("V2.3.4", "V15.4.2")
    def test_of_many_who_read_the_same_one_alone_changes_it(self, admin, own, compound) -> None:
        start = threading.Barrier(8)

        def change(n: int) -> int:
            start.wait()
            return put(
                admin, own, compound, {"name": compound["name"], "address": f"{n}号"}, compound["etag"]
            ).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(change, range(8)))
        assert statuses == [200] + [412] * 7
        with admin.house.database.unit_of_work(own.scope) as session:
            assert session.scalars(select(Compound.version).where(Compound.id == compound["id"])).one() == 2


def test_the_document_names_the_conditions_exactly_where_they_are(api: Api) -> None:
    paths = api.client.get("/api/v1/openapi.json").json()["paths"]
    at_compounds = "/api/v1/s/{street}/c/{community}/compounds"
    conditions = {
        (method, path): {"412", "428"} & set(paths[path][method]["responses"])
        for path in (at_compounds, at_compounds + "/{compound_id}")
        for method in paths[path]
    }
    assert conditions["put", at_compounds + "/{compound_id}"] == {"412", "428"}
    assert conditions["post", at_compounds] == {"412"}, "what is new was read by nobody"
    assert conditions["get", at_compounds] == conditions["get", at_compounds + "/{compound_id}"] == set()
