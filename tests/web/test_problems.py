"""Whatever goes wrong in the API is told as RFC 9457 has it, by a type that never changes, with what is left to ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from linli.testing.web import Api

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "problems.md"
JSON = {"content-type": "application/json"}
GIVEN: dict[str, Any] = {"role": "volunteer", "reason": "试"}


def at(world, path: str) -> str:
    return f"/api/v1/s/{world.here.code}{path}"


#: Name, what is asked, and the status and type of the answer.
CASES = {
    "an address that leads nowhere": ("GET", "/api/v1/nowhere", {}, 404, "not-found"),
    "an address below a street that leads nowhere": ("GET", "S/nowhere/at/all", {}, 404, "not-found"),
    "a street that is not there": ("GET", "/api/v1/s/100000000/me", {}, 404, "not-found"),
    "an id that is no id": ("GET", "S/grants/xyz", {}, 404, "not-found"),
    "a method that the address does not know": ("DELETE", "S/roles", {}, 405, "method-not-allowed"),
    "broken JSON": ("POST", "S/grants", {"content": b'{"role": ', "headers": JSON}, 400, "bad-request"),
    "no body where one is needed": ("POST", "S/grants", {"headers": JSON}, 400, "bad-request"),
    "bytes that are no text": ("POST", "S/grants", {"content": b"\xff\xfe{}", "headers": JSON}, 400, "bad-request"),
    "a body of another kind": ("POST", "S/grants", {"data": {"role": "x"}}, 415, "unsupported-media-type"),
    "a body that is too large": (
        "POST",
        "S/grants",
        {"content": b'"' + b"x" * 300_000 + b'"', "headers": JSON},
        413,
        "too-large",
    ),
    "a body with faults": ("POST", "S/grants", {"json": {"role": ""}}, 422, "invalid-input"),
    "a field that is not known": ("POST", "S/grants", {"json": GIVEN | {"tenant_id": 1}}, 422, "invalid-input"),
    "a parameter that is not known": ("GET", "S/grants?rolle=x", {}, 422, "unknown-parameter"),
    "a parameter that is wrong": ("GET", "S/grants?limit=0", {}, 422, "invalid-input"),
    "a text that cannot be stored": ("GET", "S/communities?q=%00", {}, 422, "invalid-input"),
    "an address that cannot be stored": ("GET", "S/plugins/%00", {}, 404, "not-found"),
    "a body that cannot be stored": ("POST", "S/grants", {"json": GIVEN | {"reason": "\\\0"}}, 422, "invalid-input"),
    "a key that is none": (
        "POST",
        "S/inbox/read-all",
        {"headers": {"idempotency-key": "a b"}},
        422,
        "invalid-input",
    ),
    "a condition that is none": ("POST", "S/inbox/read-all", {"headers": {"if-match": "abc"}}, 422, "invalid-input"),
    "a condition that does not hold": (
        "POST",
        "S/inbox/read-all",
        {"headers": {"if-match": '"1-0"'}},
        412,
        "precondition-failed",
    ),
}


@pytest.fixture
def street(api: Api, world) -> Api:
    return api.token_for(world.here.administrator, world.here.id)


def is_whole(answer, status: int, slug: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["status"]) == (f"urn:linli:problem:{slug}", status)
    assert told["title"]
    assert told["detail"]
    assert told["instance"] == f"urn:linli:request:{answer.headers['x-request-id']}"
    for name in ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"):
        assert answer.headers[name].isdigit(), name
    assert f"`urn:linli:problem:{slug}` | {status} |" in REFERENCE.read_text(encoding="utf-8"), "it is listed"


@pytest.mark.parametrize("name", CASES)
def test_each_error_is_whole(street: Api, world, name: str) -> None:
    method, path, sent, status, slug = CASES[name]
    headers = street.headers | sent.get("headers", {})
    address = path.replace("S/", f"/api/v1/s/{world.here.code}/", 1) if path.startswith("S/") else path
    answer = street.client.request(method, address, **{**sent, "headers": headers})
    is_whole(answer, status, slug)
    assert bool(answer.json().get("errors")) == (status == 422)


def test_who_is_nobody_and_who_may_not(api: Api, world) -> None:
    nobody = api.client.get(at(world, "/grants"))
    is_whole(nobody, 401, "unauthenticated")
    assert nobody.headers["www-authenticate"] == "Bearer"
    api.token_for(world.here.communities[0].resident_account, world.here.id)
    is_whole(api.get(at(world, "/grants")), 403, "forbidden")


def test_a_method_that_is_not_known_is_told_those_that_are(street: Api, world) -> None:
    answer = street.request("DELETE", at(world, "/grants"))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, OPTIONS, POST"
    assert street.request("OPTIONS", at(world, "/grants")).headers["allow"] == "GET, OPTIONS, POST"


def test_every_fault_of_a_body_is_named_at_once(street: Api, world) -> None:
    answer = street.post(at(world, "/grants"), {"role": "", "reason": 5, "starts_on": "gestern"})
    assert {fault["field"] for fault in answer.json()["errors"]} == {"role", "reason", "starts_on"}


def test_the_words_are_the_readers_and_the_type_is_not(street: Api, world) -> None:
    chinese, english = (
        street.client.get(at(world, "/nowhere"), headers=street.headers | {"accept-language": each}).json()
        for each in ("zh-CN", "en")
    )
    assert chinese["type"] == english["type"]
    assert chinese["title"] != english["title"]


def test_a_text_that_only_speaks_of_nul_is_an_ordinary_one(street: Api, world) -> None:
    answer = street.post(at(world, "/grants"), GIVEN | {"reason": r"\u0000"})
    assert "reason" not in {fault["field"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize("status", [200, 204, 304])
def test_what_goes_well_says_what_is_left_too(street: Api, world, status: int) -> None:
    if status == 204:
        answer = street.request("DELETE", at(world, "/notification-preferences/email"))
        assert answer.status_code in (204, 404)
    else:
        first = street.get(at(world, "/roles"))
        kept = {"if-none-match": first.headers["etag"]} if status == 304 else {}
        answer = street.client.get(at(world, "/roles"), headers=street.headers | kept)
        assert answer.status_code == status
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-request-id"} <= set(answer.headers)
