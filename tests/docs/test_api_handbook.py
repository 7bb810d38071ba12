"""The examples of the API's handbook are run, one after the other, and answered as the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from linli.testing.web import Api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api" / "README.md"
STREET, COMMUNITY = "310104001", "310104001001"
_BLOCK = re.compile(r"^```http\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, dict[str, str], str, int, dict[str, str], Any]]:
    """Request line, headers and body; status, headers and what stands in the answer."""
    found = []
    for block in _BLOCK.findall(PAGE.read_text("utf-8")):
        asked, told = re.split(r"^HTTP ", block, flags=re.MULTILINE)
        head, _blank, body = asked.partition("\n\n")
        line, *headers = head.splitlines()
        status, *rest = told.strip().splitlines()
        answers = [each for each in rest if not each.startswith("{")]
        wanted = json.loads(next((each for each in rest if each.startswith("{")), "{}"))
        found.append((line, dict(_pairs(headers)), body.strip(), int(status), dict(_pairs(answers)), wanted))
    return found


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    return [(name.lower(), value.strip()) for name, _colon, value in (each.partition(":") for each in lines)]


def holds(wanted: Any, told: Any) -> bool:
    """Whether what the page shows is part of what was answered."""
    if isinstance(wanted, dict):
        return all(name in told and holds(value, told[name]) for name, value in wanted.items())
    if isinstance(wanted, list):
        return all(any(holds(each, one) for one in told) for each in wanted)
    return wanted == told


def test_each_example_is_answered_as_the_page_says(api: Api, world) -> None:
    own = world.here.communities[0]
    api.token_for(own.administrator, world.here.id)
    known: dict[str, str] = {"id": "", "etag": "", "next": ""}
    shown = examples()
    assert len(shown) >= 12
    for line, headers, body, status, answers, wanted in shown:
        method, _space, path = line.partition(" ")
        for name, value in known.items():
            path = path.replace("{" + name + "}", value)
            headers = {key: each.replace("{" + name + "}", value) for key, each in headers.items()}  # noqa: PLW2901
        path = path.replace(COMMUNITY, own.code).replace(STREET, own.street_code)
        sent = {"content": body.encode(), "headers": headers | {"content-type": "application/json"} | api.headers}
        answer = api.client.request(method, path, **(sent if body else {"headers": headers | api.headers}))
        assert answer.status_code == status, f"{line}: {answer.text}"
        for name, value in answers.items():
            assert answer.headers[name] == value, line
        told = answer.json()
        if "display_name" in wanted:
            assert told.pop("display_name")
            wanted.pop("display_name")
        assert holds(wanted, told), f"{line}: {answer.text}"
        known |= {name: told[name] for name in ("id", "next") if told.get(name)}
        known |= {"etag": answer.headers["etag"]} if status < 300 and "etag" in answer.headers else {}


@pytest.mark.parametrize("word", ["Idempotency-Key", "If-Match", "If-None-Match", "Retry-After", "RateLimit-Remaining"])
def test_the_page_tells_of_each_header(word: str) -> None:
    assert word in PAGE.read_text("utf-8")
