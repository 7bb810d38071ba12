"""What a form says about a fault: the fault first, and apart from it what would be right."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

import linli
from linli.kit.errors import FieldError
from linli.kit.text import load_catalogue, speaking
from linli.testing.web import Browser
from linli.testing.world import World
from linli.web.forms import Form


@pytest.mark.parametrize(
    ("locale", "fault", "told"),
    [
        ("zh_CN", FieldError("x", "太长", "最多 5 个字"), "太长（最多 5 个字）"),
        ("zh_CN", FieldError("x", "必须填写"), "必须填写"),
        ("en", FieldError("x", "Too long", "at most 5"), "Too long (at most 5)"),
    ],
)
def test_what_is_allowed_stands_in_brackets(locale: str, fault: FieldError, told: str) -> None:
    load_catalogue(Path(linli.__file__).parent / "locale", "linli")
    with speaking(locale):
        form = Form(errors={"x": fault})
        assert form.error("x") == told
        assert form.error("y") == ""


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh_CN", "请选择文件（.xlsx 或 .csv 文件）"), ("en", "Choose a file (")],
)
def test_on_the_page(browser: Browser, world: World, language: str, told: str) -> None:
    here = world.here.communities[0]
    browser.sign_in_as(here.administrator)
    browser.client.cookies.set("lang", language)
    answer = browser.post(f"/s/{here.street_code}/c/{here.code}/admin/rosters", {"compound_id": str(here.compound)})
    browser.client.cookies.delete("lang")
    assert answer.status_code == 422
    # Once in the list of faults, once beside the field.
    assert html.unescape(answer.text).count(told) == 2
