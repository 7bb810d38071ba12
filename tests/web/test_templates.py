"""What holds for every template: well formed, within the content security policy, no symbol that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import minijinja
import pytest

_WEB = Path(__file__).parents[2] / "platform/src/linli/web"
_TEMPLATES = sorted((_WEB / "templates").rglob("*.html"))
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"", re.IGNORECASE)
_SYMBOLS = set(re.findall(r'symbol id="([\w-]+)"', (_WEB / "static/icons.svg").read_text(encoding="utf-8")))


def named(path: Path) -> str:
    return path.relative_to(_WEB / "templates").as_posix()


@pytest.mark.parametrize("path", _TEMPLATES, ids=named)
def test_it_is_well_formed(path: Path) -> None:
    minijinja.Environment().add_template(named(path), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", _TEMPLATES, ids=named)
def test_it_writes_no_script_or_style_into_the_page(path: Path) -> None:
    assert _INLINE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", _TEMPLATES, ids=named)
def test_every_form_that_changes_something_carries_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for opening in re.finditer(r'<form[^>]*method="post"', text, re.IGNORECASE):
        inside = text[opening.start() :].partition("</form>")[0]
        if "target=" in inside.partition(">")[0]:
            # Sent to somebody else, into a frame: our token is none of their business.
            assert "csrf" not in inside, f"{named(path)}: the token in a form to somebody else"
            continue
        assert "csrf_input()" in inside or "csrf_field" in inside, f"{named(path)}: a form without the token"


@pytest.mark.parametrize("path", _TEMPLATES, ids=named)
def test_the_symbols_that_it_names_exist(path: Path) -> None:
    wanted = set(re.findall(r'\bicon\("([\w-]+)"\)', path.read_text(encoding="utf-8")))
    assert wanted - _SYMBOLS == set()


def test_the_symbols_of_the_menus_exist() -> None:
    from linli.web.navigation import CORE_NAVIGATION

    assert {item.icon for item in CORE_NAVIGATION} - _SYMBOLS == set()
