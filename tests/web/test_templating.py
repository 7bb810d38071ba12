"""Templates: read once, and anew where somebody writes them while they are shown."""

from __future__ import annotations

import os

import minijinja
import pytest

from linli.web.assets import Assets
from linli.web.templating import Templates


@pytest.fixture
def page(tmp_path):
    """A plugin's page that takes in a part of its own."""
    folder = tmp_path / "garden"
    folder.mkdir()
    (folder / "part.html").write_text("one", "utf-8")
    (folder / "page.html").write_text("{% include 'garden/part.html' %} {{ name }}", "utf-8")
    return folder


def write(path, words: str) -> None:
    """Later than whatever was there, on file systems that count whole seconds too."""
    later = path.stat().st_mtime_ns + 2_000_000_000 if path.exists() else None
    path.write_text(words, "utf-8")
    if later:
        os.utime(path, ns=(later, later))


def test_while_developing_a_change_shows_at_once_wherever_it_is(page) -> None:
    templates = Templates(Assets(), {"garden": page.parent}, reload=True)
    assert templates.render("garden/page.html", {"name": "<b>"}) == "one &lt;b&gt;"
    write(page / "part.html", "two")
    assert templates.render("garden/page.html", {"name": ""}) == "two "
    write(page / "page.html", "{% include 'garden/part.html' %}!")
    assert templates.render("garden/page.html", {}) == "two!"


def test_while_developing_what_is_gone_is_gone_and_what_comes_back_is_back(page) -> None:
    templates = Templates(Assets(), {"garden": page.parent}, reload=True)
    templates.render("garden/page.html", {"name": ""})
    (page / "part.html").unlink()
    with pytest.raises(minijinja.TemplateError, match=r"part\.html"):
        templates.render("garden/page.html", {"name": ""})
    write(page / "part.html", "again")
    assert templates.render("garden/page.html", {"name": ""}) == "again "


@pytest.mark.parametrize("reload", [True, False])
def test_what_has_not_changed_is_read_once(page, monkeypatch, reload) -> None:
    read, before = [], Templates._load
    monkeypatch.setattr(Templates, "_load", lambda self, name: read.append(name) or before(self, name))
    templates = Templates(Assets(), {"garden": page.parent}, reload=reload)
    for _time in range(3):
        templates.render("garden/page.html", {"name": ""})
    assert sorted(read) == ["garden/page.html", "garden/part.html"]


def test_in_production_files_are_left_alone(page) -> None:
    templates = Templates(Assets(), {"garden": page.parent})
    templates.render("garden/page.html", {"name": ""})
    write(page / "part.html", "two")
    assert templates.render("garden/page.html", {"name": ""}) == "one "
