"""The gallery: every component is there, in both languages, and what is shown is what is copied."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

import linli.web
from linli.web.gallery import EXAMPLES

_TEMPLATES = Path(linli.web.__file__).parent / "templates"
#: Macros that pages do not call themselves: the shell and other macros do.
_INNER = {"menu_list", "breadcrumbs", "select_options", "control", "csrf_input", "file_link", "days_of", "hangs_on"}


def test_it_renders_in_both_languages(browser) -> None:
    page = browser.get("/components")
    assert page.status_code == 200
    for name, title, _help in EXAMPLES:
        assert f'id="{name}"' in page.text
        assert title in page.text
    english = browser.get("/components", headers={"accept-language": "en"}).text
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<pre.*?</pre>|<footer.*", "", english, flags=re.DOTALL))


def test_what_is_shown_is_what_is_copied(browser) -> None:
    page = unescape(browser.get("/components").text)
    for name, _title, _help in EXAMPLES:
        assert (_TEMPLATES / "gallery" / f"{name}.html").read_text("utf-8").strip() in page


def test_every_file_is_shown() -> None:
    assert {path.stem for path in (_TEMPLATES / "gallery").glob("*.html")} == {name for name, *_rest in EXAMPLES}


def files_of(file: str) -> list[Path]:
    """A file of macros, and those of the folder of its name, which it hands on."""
    return [_TEMPLATES / f"{file}.html", *sorted((_TEMPLATES / file).glob("*.html"))]


def macros_in(path: Path) -> set[str]:
    return set(re.findall(r"{% macro (?!_)(\w+)\(", path.read_text("utf-8")))


def test_what_stands_in_several_files_is_handed_on_by_one_name() -> None:
    handed = re.findall(r"{% from \"[\w/.]+\" import ([\w, ]+) %}", (_TEMPLATES / "components.html").read_text("utf-8"))
    parts = sorted((_TEMPLATES / "components").glob("*.html"))
    assert sorted(name for names in handed for name in names.split(", ")) == sorted(
        name for path in parts for name in macros_in(path)
    )
    assert all(len(path.read_text("utf-8").splitlines()) < 400 for path in parts)


@pytest.mark.parametrize("file", ["components", "forms", "tables", "charts", "calendar", "floors", "tiles"])
def test_every_component_has_an_example(file) -> None:
    macros = {name for path in files_of(file) for name in macros_in(path)} - _INNER
    sources = "".join(path.read_text("utf-8") for path in (_TEMPLATES / "gallery").glob("*.html"))
    assert {name for name in macros if not re.search(rf"\b\w+\.{name}\(", sources)} == set()


def test_its_buttons_say_that_nothing_was_kept(browser) -> None:
    answer = browser.post("/components", {"name": "x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/components")


def test_of_many_parts_the_last_stand_under_more(browser) -> None:
    page = re.sub(r"<pre.*?</pre>", "", browser.get("/components").text, flags=re.DOTALL)
    many = page[page.index('aria-label="很多部分"') :]
    many = many[: many.index("</nav>")]
    seen, _, under = many.partition("<details>")
    assert len(re.findall("<a ", seen)) == 7
    assert re.findall(r'href="([^"]+)"', unescape(under)) == ["/components/8", "/components/9"]
