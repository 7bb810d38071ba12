"""The API's document is valid OpenAPI 3.1, tells of every operation all that one needs, and its examples are right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from linli.access.permissions import permission_titles
from linli.kit import errors
from linli.testing.web import Browser
from linli.web.document.building import handlers_of, operations
from linli.web.document.words import PROBLEMS, TAGS
from linli.web.signatures import body_of


@pytest.fixture(scope="module")
def document(served) -> dict[str, Any]:
    return served.get("/api/v1/openapi.json").json()


@pytest.fixture(scope="module")
def every(document) -> list[tuple[str, str, dict[str, Any]]]:
    """Each operation, with the answers that are told once for all in their places."""
    shared, found = document["components"]["responses"], []
    for path, method, operation in operations(document):
        answers = {
            status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
            for status, answer in operation["responses"].items()
        }
        found.append((path, method, {**operation, "responses": answers}))
    return found


def test_it_is_valid_openapi_3_1(document) -> None:
    assert document["openapi"].startswith("3.1.")
    faults = [f"{fault.json_path}: {fault.message}" for fault in OpenAPIV31SpecValidator(document).iter_errors()]
    assert faults == []


def test_it_is_the_same_as_yaml(served, document) -> None:
    answer = served.get("/api/v1/openapi.yaml")
    assert msgspec.yaml.decode(answer.content) == document


class TestOperations:
    def test_names_are_told_once_and_never_of_another(self, every) -> None:
        names = [operation["operationId"] for _path, _method, operation in every]
        assert len(names) == len(set(names)) > 200

    def test_each_has_a_summary_in_one_line_and_a_described_part(self, document, every) -> None:
        described = {tag["name"]: tag["description"] for tag in document["tags"]}
        assert all(described.values())
        for path, method, operation in every:
            name = f"{method} {path}"
            assert 10 < len(operation["summary"]) < 200, name
            assert "\n" not in operation["summary"], name
            assert operation["tags"], name
            assert set(operation["tags"]) <= set(described), name

    def test_every_described_part_of_the_core_is_used(self, every) -> None:
        assert {tag for *_at, operation in every for tag in operation["tags"]} >= set(TAGS)

    def test_each_names_the_permission_that_it_takes(self, served, every) -> None:
        known = set(permission_titles(served.app.state.site.plugins))
        wrong = {operation["x-permission"] for *_at, operation in every} - known - {"public", "signed-in"}
        assert wrong == set()
        open_to_all = [op for *_at, op in every if {} in op["security"]]
        assert {op["x-permission"] for op in open_to_all} == {"public"}

    def test_each_parameter_is_described_by_its_name_or_in_words_and_has_an_example(self, document, every) -> None:
        for path, method, operation in every:
            for each in operation["parameters"]:
                shared = document["components"]["parameters"].get(each.get("$ref", "").rpartition("/")[2])
                assert "example" in (shared or each), f"{method} {path}: {each}"


class TestAnswers:
    def test_errors_are_exactly_those_that_can_be(self, every) -> None:
        for path, method, operation in every:
            statuses = {int(status) for status in operation["responses"] if int(status) >= 400}
            name, has_body = f"{method} {path}", "requestBody" in operation
            assert statuses >= {400, 401, 404, 422, 429, 503}, name
            assert (403 in statuses) == (operation["x-permission"] != "public" or method != "get"), name
            assert (412 in statuses) == (method != "get"), name
            assert ({413, 415} <= statuses) == has_body, name
            assert bool({413, 415} & statuses) == has_body, name
            assert statuses <= set(PROBLEMS), name

    def test_a_type_of_error_belongs_to_one_status_and_is_listed(self) -> None:
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "slug")]
        statuses: dict[str, set[int]] = {}
        for kind in kinds:
            statuses.setdefault(kind.slug, set()).add(kind.status)
        assert all(len(found) == 1 for found in statuses.values()), statuses
        for status, problem in PROBLEMS.items():
            assert statuses[problem["type"]] == {status}

    def test_every_answer_says_what_is_left(self, document, every) -> None:
        wanted = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-Request-Id"}
        for path, method, operation in every:
            for status, answer in operation["responses"].items():
                assert wanted <= set(answer["headers"]), f"{method} {path}: {status}"
                used = {each["$ref"].rpartition("/")[2] for each in answer["headers"].values()}
                assert used <= set(document["components"]["headers"])

    def test_every_post_takes_a_key_and_every_change_a_condition(self, every) -> None:
        for path, method, operation in every:
            named = {each["$ref"].rpartition("/")[2] for each in operation["parameters"] if "$ref" in each}
            assert ("IdempotencyKey" in named) == (method == "post"), f"{method} {path}"
            assert ("IfMatch" in named) == (method != "get"), f"{method} {path}"
            assert ("IfNoneMatch" in named) == (method == "get"), f"{method} {path}"


class TestExamples:
    def test_they_are_what_their_schemas_allow(self, document, every) -> None:
        faults, seen = [], 0

        def check(name: str, told: dict[str, Any]) -> None:
            nonlocal seen
            seen += 1
            # References are of the document, not of the part that is checked.
            schema = {"$id": "urn:document", "components": document["components"], **told["schema"]}
            validator = Draft202012Validator(schema, format_checker=FormatChecker())
            found = [f"{name}: {each.json_path}: {each.message}" for each in validator.iter_errors(told["example"])]
            faults.extend(found)

        for path, method, operation in every:
            name = f"{method} {path}"
            for parameter in operation["parameters"]:
                if "$ref" not in parameter:
                    check(f"{name} {parameter['name']}", parameter)
            for media in operation.get("requestBody", {}).get("content", {}).values():
                check(f"{name} body", media)
            for status, answer in operation["responses"].items():
                for media in answer.get("content", {}).values():
                    if media:
                        check(f"{name} {status}", media)
        for told in [*document["components"]["headers"].values(), *document["components"]["parameters"].values()]:
            check("component", told)
        assert faults == []
        assert seen > 2000

    def test_every_body_and_every_result_has_one(self, every) -> None:
        for path, method, operation in every:
            for media in operation.get("requestBody", {}).get("content", {}).values():
                assert media["example"], f"{method} {path}"
            for status, answer in operation["responses"].items():
                for kind, media in answer.get("content", {}).items():
                    assert kind == "*/*" or "example" in media, f"{method} {path}: {status}"

    def test_the_code_takes_the_bodies_that_the_document_shows(self, served, every) -> None:
        handlers = dict(handlers_of(served.app))
        taken = 0
        for _path, _method, operation in every:
            for media in operation.get("requestBody", {}).get("content", {}).values():
                msgspec.convert(media["example"], body_of(handlers[operation["operationId"]]))
                taken += 1
        assert taken > 80


class TestPage:
    def test_it_lists_every_operation_for_everybody_without_scripts(self, served, module_house, every) -> None:
        browser = Browser(served, module_house)
        for path in ("/api/v1", "/api/v1/"):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/html")
            assert "ratelimit-limit" in answer.headers
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            for _path, _method, operation in every:
                assert f'id="{operation["operationId"]}"' in answer.text

    def test_it_speaks_the_readers_language(self, served) -> None:
        assert "接口" in served.get("/api/v1", headers={"accept-language": "zh-CN"}).text
        assert "Every operation" in served.get("/api/v1", headers={"accept-language": "en"}).text


def test_reading_the_document_changes_no_answer(served, world, api) -> None:
    api.token_for(world.here.administrator, world.here.id)
    served.get("/api/v1/openapi.json")
    answer = api.get(f"/api/v1/s/{world.here.code}/communities?limit=0")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["limit"]
