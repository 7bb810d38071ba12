"""What is said in another language does not hang on the order in which catalogues are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from types import FunctionType

import pytest

from linli.kit import text
from linli.kit.text import gettext, gettext_for, load_catalogue, speaking
from linli.web.assets import Assets
from linli.web.tables import DataTable, TableColumn, TableState
from linli.web.templating import Templates

PACKAGES = {"linli": "", "linli_bees": "bees", "linli_ants": "ants"}
WORDS = {
    "linli": {"门": "gate of the core", "楼": "house of the core"},
    "linli_bees": {"门": "gate of the bees", "蜜": "honey of the bees", "叶": "leaf of the bees"},
    "linli_ants": {"门": "gate of the ants", "叶": "leaf of the ants"},
}


@pytest.fixture(params=list(permutations(PACKAGES)), ids="-".join)
def read(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Three catalogues, read in each order."""
    monkeypatch.setattr(text, "_catalogues", {})
    monkeypatch.setattr(text, "_packages", {})
    for package in request.param:
        folder = tmp_path / package / "locale" / "en" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        lines = [f'msgid "{source}"\nmsgstr "{words}"\n' for source, words in WORDS[package].items()]
        (folder / f"{package}.po").write_text("\n".join(lines), "utf-8")
        load_catalogue(tmp_path / package / "locale", package, PACKAGES[package])
    with speaking("en"):
        yield tmp_path


def said_in(module: str, message: str) -> str:
    """What code of a module says."""
    asked = FunctionType((lambda words: gettext(words)).__code__, {"__name__": module, "gettext": gettext})
    return asked(message)


@pytest.mark.parametrize(
    ("module", "message", "said"),
    [
        ("linli.web.pages", "门", "gate of the core"),
        ("linli_bees.pages", "门", "gate of the bees"),
        ("linli_ants", "门", "gate of the ants"),
        ("linli_bees.pages", "楼", "house of the core"),
        # A plugin's words on a page of the core: a title in a menu.
        ("linli.web.pages", "蜜", "honey of the bees"),
        ("linli_ants.pages", "蜜", "honey of the bees"),
        # Of others the first by its name.
        ("linli.web.pages", "叶", "leaf of the ants"),
        ("linli_bees.pages", "叶", "leaf of the bees"),
        ("linli.web.pages", "云", "云"),
        ("__main__", "门", "gate of the core"),
    ],
)
def test_code_speaks_its_packages_words_then_the_cores(read: Path, module: str, message: str, said: str) -> None:
    assert said_in(module, message) == said


def test_templates_speak_their_owners_words_and_macros_their_own_files(read: Path) -> None:
    bees = read / "linli_bees" / "templates"
    (bees / "bees").mkdir(parents=True)
    (bees / "bees" / "part.html").write_text("{{ _('叶') }}", "utf-8")
    page = "{% import 'components.html' as ui %}{{ _('门') }}, {{ _('楼') }}, {% include 'bees/part.html' %}, "
    (bees / "bees" / "page.html").write_text(page + "{{ ui.draft_button() }}", "utf-8")
    text.add_messages("en", "linli", {**WORDS["linli"], "先存草稿": "draft of the core"})
    text.add_messages("en", "linli_bees", {**WORDS["linli_bees"], "先存草稿": "draft of the bees"})
    shown = Templates(Assets(), {"bees": bees}).render("bees/page.html", {"is_signed_in": True})
    assert shown.startswith("gate of the bees, house of the core, leaf of the bees, ")
    assert "draft of the core" in shown


def test_what_a_plugin_declares_is_said_in_its_words(read: Path) -> None:
    columns = (TableColumn("gate", "门", is_fixed=True),)
    for owner, said in (("bees", "gate of the bees"), ("core", "gate of the core"), ("wasps", "gate of the core")):
        state = TableState(DataTable(name="gates", columns=columns), key=f"{owner}.gates", path="/gates", query={})
        assert state.headings[0].title == said == gettext_for(owner, "门")


def test_a_catalogue_that_is_read_again_takes_the_place_of_what_it_said(read: Path) -> None:
    text.add_messages("en", "linli_bees", {"门": "another gate"})
    assert said_in("linli_bees.pages", "门") == "another gate"
    assert said_in("linli_bees.pages", "蜜") == "蜜"
    assert said_in("linli.pages", "门") == "gate of the core"
