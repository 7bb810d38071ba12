"""Every list of the API ends: it takes ``limit`` up to a maximum and ``after``, and answers with ``next``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from linli.kit.cursor import MOST, PAGE

#: Lists without pages, by the end of their operation's name: why they end all the same.
BOUNDED = {
    "show_my_data": "what is kept about one person, told whole (PIPL 45); its parts are declared in code",
    "verify_snapshot": "a notice has one record of its closing and one of its withdrawal",
    "verify_board_snapshot": "a notice has one record of its closing and one of its withdrawal",
    "show_personal": "findings in one text of limited length",
    "choose_settings": "settings are declared in code",
    "add_owner": "the shares of one dwelling",
    "end_ownership": "the shares of one dwelling",
    "choose_representative": "the shares of one dwelling",
    "transfer_ownership": "the shares of one dwelling",
    "mask_personal": "findings in one text of limited length",
    "disclose_personal": "findings in one text of limited length",
}

#: Lists of things inside an answer, by schema and field: why they end.
INSIDE = {
    "Me.roles": "the roles of one person",
    "ExplanationOut.grounds": "the roles of one person",
    "HouseholdOut.members": "the people of one household",
    "ResidentOut.doors": "the homes of one person",
    "HomeOut.residents": "the entries of one person",
    "HomeOut.dwellings": "the homes of one person",
    "PreferencesOut.choices": "kinds times channels, both declared in code",
    "RuleDetail.why": "the values of one rule: its laws, and what one street and one compound chose",
    "FreezeOut.values": "the rules of one decision, declared in code",
    "DutyOut.evidence": "the newest ten, linli.obligations.service.links_of",
    "DutyOut.rules": "the rules of one duty, declared in code",
    "RequestDetail.changes": "the fields of a person's entry",
    "PluginProfileOut.permissions": "declared in code",
    "PluginProfileOut.personal": "declared in code",
    "PluginProfileOut.kept": "declared in code",
    "PluginProfileOut.adds": "kinds of contributions, declared in code",
    "ReachOut.buildings": "the buildings of one community, whose sum the answer is",
    "ReachOut.compounds": "the compounds of one community, whose sum the answer is",
    "NoticeDetail.places": "a notice names at most so many places as its schema takes",
    "NoticeDetail.attachments": "linli_notices.attachments.MOST_FILES",
    "NoticeReading.attachments": "linli_notices.attachments.MOST_FILES",
    "ObjectionOut.attachments": "linli_notices.objections.filing.MOST_FILES",
    "ObjectionOut.answer_attachments": "linli_notices.objections.filing.MOST_FILES",
    "ObjectionOwn.attachments": "linli_notices.objections.filing.MOST_FILES",
    "ObjectionOwn.answer_attachments": "linli_notices.objections.filing.MOST_FILES",
    "StationOut.openings": "linli_waste_sorting.windows.MOST_OPENINGS",
    "StationOut.containers": "the kinds of waste, declared in code",
    "CheckOut.points": "linli_waste_sorting.inspections.words.MOST_POINTS",
    "ResultOut.photos": "linli_waste_sorting.photos.MOST_PHOTOS",
    "IndicatorSetOut.indicators": "linli_waste_sorting.indicators.definitions.MOST_INDICATORS",
    "RankingPreviewOut.places": "the communities of one street",
    "RankingDetail.indicators": "linli_waste_sorting.indicators.definitions.MOST_INDICATORS",
    "RankingDetail.places": "the communities of one street, or the compounds or buildings of one community",
    "ResultsOut.places": "the homes of one person, with their compounds and community",
    "ResultsOut.own": "linli_waste_sorting.indicators.months.TREND",
    "PublicityOut.photos": "linli_waste_sorting.photos.MOST_PHOTOS",
}


def answers(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, operation and the schema of what it answers with, for each that answers with JSON."""
    for item in document["paths"].values():
        for method, operation in item.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            for status, answer in operation["responses"].items():
                found = answer.get("content", {}).get("application/json", {}).get("schema")
                if status.startswith("2") and found:
                    yield operation["operationId"], operation, resolved(document, found)


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references and a possible ``null``."""
    for each in schema.get("anyOf", []):
        if each.get("type") != "null":
            return resolved(document, each)
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    return {**document["components"]["schemas"][name], "name": name}


@pytest.fixture(scope="module")
def document(served) -> dict[str, Any]:
    return served.get("/api/v1/openapi.json").json()


def is_bounded(name: str) -> bool:
    return any(name.endswith(f"_api_{each}") for each in BOUNDED)


def test_no_answer_is_a_bare_array(document) -> None:
    bare = [name for name, _operation, schema in answers(document) if schema.get("type") == "array"]
    assert bare == [], "an array has no room for the mark of the next page"


def test_every_list_takes_limit_and_after_and_gives_next(document) -> None:
    faults, lists = [], 0
    for name, operation, schema in answers(document):
        if "items" not in schema.get("properties", {}) or is_bounded(name):
            continue
        lists += 1
        taken = {each["name"]: each["schema"] for each in operation.get("parameters", []) if each.get("in") == "query"}
        limit = taken.get("limit", {})
        if limit.get("maximum", MOST + 1) > MOST or limit.get("minimum") != 1 or limit.get("default", 0) > MOST:
            faults.append(f"{name}: limit is {limit}")
        if "after" not in taken:
            faults.append(f"{name}: no after")
        if "next" not in schema["properties"]:
            faults.append(f"{name}: no next")
    assert faults == []
    assert lists > 50, "control: the lists are found"


def test_no_list_hides_inside_an_answer(document) -> None:
    hidden = set()
    for _name, _operation, schema in answers(document):
        for field, kind in schema.get("properties", {}).items():
            of = kind.get("items", {})
            if kind.get("type") == "array" and "$ref" in of and field != "items" and "maxItems" not in kind:
                hidden.add(f"{schema.get('name', '?').rpartition('_')[2]}.{field}")
    assert hidden == set(INSIDE)


def test_every_exception_still_is_one(document) -> None:
    names = [name for name, _operation, schema in answers(document) if "items" in schema.get("properties", {})]
    assert [each for each in BOUNDED if not any(name.endswith(f"_api_{each}") for name in names)] == []


def test_without_limit_a_page_is_of_the_usual_size(document) -> None:
    assert PAGE <= MOST
