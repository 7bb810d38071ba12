"""The API meets what its document allows and forbids, under two streets' tokens: it never breaks or tells."""

from __future__ import annotations

import re
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


#: What stands in an address whose row is made up: an id of nothing, or no id at all.
MADE_UP = st.uuids().map(str) | st.text(min_size=1, max_size=40) | st.integers().map(str)


def _calls(operation, mine: dict[str, dict[str, str]]) -> st.SearchStrategy[tuple[Any, str, str]]:
    """A call, what its address leads to, and under which street's token it is made.

    The address is written here, not by the library: half of the time went into addresses that a real row replaced.
    """
    names = re.findall(r"{(\w+)}", operation.path)
    given = {name: name for name in names}
    cases = [operation.as_strategy(generation_mode=mode, path_parameters=given) for mode in GenerationMode]

    @st.composite
    def call(draw) -> tuple[Any, str, str]:
        where = draw(st.sampled_from(["made up", "own", "own", "own", "row of another", "another"]))
        who = draw(st.sampled_from(sorted(mine)))
        other = next(each for each in mine if each != who)
        real = {
            "made up": {},
            "own": mine[who],
            "row of another": mine[other] | {name: mine[who][name] for name in ("street", "community")},
            "another": mine[other],
        }[where]
        case = draw(st.one_of(cases))
        case.path_parameters = {name: real[name] if name in real else draw(MADE_UP) for name in names}
        return case, where, who

    return call()


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
        @given(sent=_calls(operation, aims[operation.path]))
        def one(sent) -> None:
            case, where, who = sent
            answer = _send(served, case, tokens[who])
            statuses[answer.status_code] += 1
            name = f"{case.method} {case.operation.path}"
            if answer.status_code >= 500:
                faults.append(f"{name}: {answer.status_code}")
            known = documented[case.operation.path, case.method.upper()] | set(UNDOCUMENTED)
            # Made-up parameters may turn an address into another one, which refuses the method; no others may.
            if case.path_parameters.keys() - aims[case.operation.path][who].keys():
                known |= {405}
            if where == "own" and answer.status_code not in known:
                faults.append(f"{name}: {answer.status_code} is not documented; asked with {case.path_parameters}")
            told = f"{answer.text}\n{answer.headers}"
            faults.extend(f"{name}: tells {canary}" for canary in strangers[who] if canary in told)

        one()
    return statuses, sorted(set(faults))


@pytest.mark.thorough
def test_each_operation_a_few_times(schema, served, tokens, planted, record_property) -> None:
    statuses, faults = _fuzz(schema, served, tokens, planted, 5)
    record_property("attacks", statuses.total())
    assert faults == []
    assert statuses.total() >= 4 * len(operations(schema.raw_schema))
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
