"""What a form says about a fault: the fault first, and apart from it what would be right."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from litestar.datastructures import UploadFile

import linli
from linli.kit.errors import FieldError
from linli.kit.text import load_catalogue, speaking
from linli.testing.web import Browser
from linli.testing.world import World
from linli.web.csrf import FIELD
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


class TestTemporaryFiles:
    """What was sent lies in temporary files while it is read, and is given back then, not when it is collected."""

    @pytest.fixture
    def opened(self, monkeypatch) -> list[UploadFile]:
        made: list[UploadFile] = []
        begin = UploadFile.__init__

        def noted(upload: UploadFile, *words: object, **options: object) -> None:
            begin(upload, *words, **options)
            made.append(upload)

        monkeypatch.setattr(UploadFile, "__init__", noted)
        return made

    @pytest.mark.parametrize(("token", "status"), [(None, 422), ("of another session", 403)])
    def test_are_closed_whether_the_form_is_taken_or_refused(self, browser, world, opened, token, status) -> None:
        here = world.here.communities[0]
        browser.sign_in_as(here.administrator)
        answer = browser.post(
            f"/s/{here.street_code}/c/{here.code}/admin/rosters",
            {"compound_id": str(here.compound), **({} if token is None else {FIELD: token})},
            files={"file": ("big.csv", b"x" * 3 * 1024 * 1024)},
        )
        assert answer.status_code == status
        assert [each.filename for each in opened] == ["big.csv"]
        assert all(each.file.closed for each in opened)


class TestTooLarge:
    """What is above the limit is never read: the form comes back and says the limit."""

    def test_a_file(self, browser: Browser, world: World) -> None:
        here = world.here.communities[0]
        rosters = f"/s/{here.street_code}/c/{here.code}/admin/rosters"
        browser.sign_in_as(here.administrator)
        answer = browser.post(
            rosters, {"compound_id": str(here.compound)}, files={"file": ("big.csv", bytes(25 * 1024 * 1024))}
        )
        assert answer.status_code == 413
        page = html.unescape(answer.text)
        assert page.count("文件太大（连同表单里的其他内容，一次最多 24 MB）") == 2
        assert 'id="f-file-fault"' in page
        assert 'name="compound_id"' in page
        assert "big.csv" not in html.unescape(browser.get(rosters).text)

    def test_a_plain_form(self, browser: Browser, world: World) -> None:
        here = world.here.communities[0]
        people = f"/s/{here.street_code}/c/{here.code}/admin/residents"
        browser.sign_in_as(here.administrator)
        answer = browser.post(people, {"name": "多" * 300_000, "step": "save"})
        assert answer.status_code == 413
        assert "提交的内容太大（连同表单里的其他内容，一次最多 256 KB）" in html.unescape(answer.text)
        assert f'action="{people}"' in html.unescape(answer.text)

    def test_without_a_form_to_show_again(self, browser: Browser, world: World) -> None:
        here = world.here.communities[0]
        browser.sign_in_as(here.administrator)
        answer = browser.post(
            f"/s/{here.street_code}/c/{here.code}/admin/residents/{here.residents[1]}/invitation", {"x": "x" * 300_000}
        )
        assert answer.status_code == 413
        assert "一次最多 256 KB" in answer.text
        assert "回到本门户首页" in answer.text

    def test_before_signing_in(self, browser: Browser) -> None:
        answer = browser.post("/account/sign-in", {"identifier": "x" * 300_000, "password": "x"})
        assert answer.status_code == 413
        assert "一次最多 256 KB" in answer.text


def test_a_token_for_an_unknown_street_is_a_fault_of_the_form(browser: Browser, world: World) -> None:
    browser.sign_in_as(world.here.communities[0].administrator)
    form = {"name": "月报", "password": "x", "street": "nowhere", "scopes": "core.compound.read"}
    answer = browser.post("/account/tokens", form)
    assert answer.status_code == 422
    assert "没有找到这个街道" in answer.text
    assert 'value="月报"' in answer.text
