"""Whoever turns the pages of a list sees what one large page shows: each thing once, in the same order."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fuzz.aims import aims_of

from linli.kit.cursor import MOST
from linli.testing.world import WORLD

#: Pages that a test turns before it calls a list endless.
_ENOUGH = 60


def lists(document: dict[str, Any]) -> list[str]:
    found = []
    for path, item in document["paths"].items():
        taken = {each["name"] for each in item.get("get", {}).get("parameters", []) if each.get("in") == "query"}
        if {"limit", "after"} <= taken:
            found.append(path)
    return found


def turned(served, path: str, headers: dict[str, str], limit: int) -> list[Any] | None:
    """All of a list, page by page; ``None`` where this caller may not read it."""
    items, after = [], None
    for _page in range(_ENOUGH):
        asked: dict[str, Any] = {"limit": limit} | ({"after": after} if after else {})
        answer = served.get(path, params=asked, headers=headers)
        if answer.status_code in (403, 404):
            return None
        assert answer.status_code == 200, f"{path}: {answer.text}"
        page = answer.json()
        if page is None:
            return None
        assert len(page["items"]) <= limit, path
        items += page["items"]
        after = page["next"]
        if after is None:
            return items
        assert "next" in answer.headers.get("link", 'rel="next"'), path
    raise AssertionError(f"{path} does not end")


@pytest.fixture(scope="module")
def paths(served, planted) -> list[str]:
    document = served.get("/api/v1/openapi.json").json()
    code = WORLD.here.code
    found = []
    for path in lists(document):
        aims = aims_of(planted, path)[code]
        address = path
        for name, value in (aims | {"owner": "core"}).items():
            address = address.replace("{" + name + "}", str(value))
        found.append(address)
    return found


def test_small_pages_give_what_a_large_one_gives(served, tokens, paths) -> None:
    headers, longest, read = tokens[WORLD.here.code], 0, 0
    for path in paths:
        whole = turned(served, path, headers, MOST)
        if whole is None:
            continue
        read += 1
        # What a request itself writes is in a later reading of the record of acts.
        small = turned(served, path, headers, max(1, -(-len(whole) // 20)))
        assert small == whole, path
        longest = max(longest, len(whole))
    assert read > 40, "control: most lists are read"
    assert longest > 3, "control: some are turned"


@pytest.mark.parametrize("limit", [0, MOST + 1, -1, "x"])
def test_a_limit_beyond_the_edges_is_refused_by_its_name(served, tokens, paths, limit) -> None:
    for path in paths:
        answer = served.get(path, params={"limit": limit}, headers=tokens[WORLD.here.code])
        assert answer.status_code in (403, 404, 422), path
        if answer.status_code == 422:
            assert [each["field"] for each in answer.json()["errors"]] == ["limit"], answer.text


def test_a_mark_that_no_page_gave_out_is_refused_by_its_name(served, tokens, paths) -> None:
    refused = 0
    for path in paths:
        answer = served.get(path, params={"after": "no such mark"}, headers=tokens[WORLD.here.code])
        assert answer.status_code in (200, 403, 404, 422), f"{path}: {answer.text}"
        assert answer.status_code != 200 or answer.json() is None, path
        if answer.status_code == 422:
            refused += 1
            assert [each["field"] for each in answer.json()["errors"]] == ["after"], path
    assert refused > 40, "control"
