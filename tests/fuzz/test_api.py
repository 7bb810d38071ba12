"""The API meets what its document allows and forbids, under two streets' tokens: it never breaks or tells."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from tests.fuzz.aims import aims_of

from linli.testing.planted import PLACES
from linli.testing.world import WORLD

#: Statuses that an operation may give beside those in its document, and why.
UNDOCUMENTED: dict[int, str] = {}


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    ]


@pytest.fixture(scope="module")
def schema(served, tokens):
    document = served.get("/api/v1/openapi.json").json()
    loaded = schemathesis.openapi.from_dict(document)
    loaded.config.generation.modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return loaded


def _send(served, case, headers: dict[str, str]):
    asked = case.as_transport_kwargs(base_url="http://linli.test", headers=headers)
    body = {"json": asked["json"]} if "json" in asked else {"content": asked.get("data") or b""}
    try:
        return served.request(
            asked["method"], asked["url"], params=asked.get("params"), headers=dict(asked["headers"]), **body
        )
    except (httpx.InvalidURL, UnicodeError, TypeError):
        # What this client cannot even write down does not reach the application.
        reject()


def _fuzz(schema, served, tokens, planted, examples: int) -> tuple[Counter[int], list[str]]:
    """Every operation so many times; what broke, leaked or answered otherwise than its document says."""
    statuses, faults, aims = Counter(), [], {}
    strangers = {
        street.code: [place.canary for place in PLACES.values() if place.tenant_id != street.id]
        for street in WORLD.streets
    }
    paths = schema.raw_schema["paths"]
    documented = {
        (path, method.upper()): {int(code) for code in paths[path][method]["responses"] if code.isdigit()}
        for path, method in operations(schema.raw_schema)
    }
    for found in schema.get_all_operations():
        operation = found.ok()
        aims[operation.path] = aims_of(planted, operation.path)

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
            where=st.sampled_from(["made up", "own", "own", "own", "row of another", "another"]),
            who=st.sampled_from(sorted(tokens)),
        )
        def one(case, where, who) -> None:
            mine = aims[case.operation.path]
            other = next(each for each in tokens if each != who)
            real = {
                "made up": {},
                "own": mine[who],
                "row of another": mine[other] | {name: mine[who][name] for name in ("street", "community")},
                "another": mine[other],
            }[where]
            case.path_parameters = {name: real.get(name, value) for name, value in (case.path_parameters or {}).items()}
            answer = _send(served, case, tokens[who])
            statuses[answer.status_code] += 1
            name = f"{case.method} {case.operation.path}"
            if answer.status_code >= 500:
                faults.append(f"{name}: {answer.status_code}")
            known = documented[case.operation.path, case.method.upper()] | set(UNDOCUMENTED)
            # An address that the made-up parameters turned into another one is none of this operation's.
            if where == "own" and answer.status_code not in known:
                faults.append(f"{name}: {answer.status_code} is not documented")
            told = f"{answer.text}\n{answer.headers}"
            faults.extend(f"{name}: tells {canary}" for canary in strangers[who] if canary in told)

        one()
    return statuses, sorted(set(faults))


def test_each_operation_a_few_times(schema, served, tokens, planted, record_property) -> None:
    statuses, faults = _fuzz(schema, served, tokens, planted, 8)
    record_property("attacks", statuses.total())
    assert faults == []
    assert statuses.total() >= 7 * len(operations(schema.raw_schema))
    assert statuses[200] > 50, f"control: much of it is answered: {statuses}"
    assert statuses[422] > 50, f"control: much of it is refused: {statuses}"


@pytest.mark.nightly
def test_each_operation_many_times(schema, served, tokens, planted, record_property) -> None:
    statuses, faults = _fuzz(schema, served, tokens, planted, 60)
    record_property("attacks", statuses.total())
    assert faults == []


def test_every_operation_documents_its_refusals(schema) -> None:
    paths = schema.raw_schema["paths"]
    lacking = [
        f"{method} {path}"
        for path, method in operations(schema.raw_schema)
        if not {"400", "401", "404", "422", "429", "503"} <= set(paths[path][method]["responses"])
    ]
    assert lacking == []
    assert len(operations(schema.raw_schema)) > 20
