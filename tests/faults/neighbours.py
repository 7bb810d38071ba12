"""Five healthy plugins, written into a folder: each with a page, an operation, a card, and a task."""

from __future__ import annotations

from pathlib import Path

NAMES = tuple(f"well_{n}" for n in range(1, 6))

_PLUGIN = '''"""A healthy neighbour."""

from __future__ import annotations

from sqlalchemy import text

from linli.sdk import Api, Card, Pages, PluginManifest, TaskSpec, View, get, hookimpl

MANIFEST = PluginManifest(name="NAME", title="好插件 NAME", description="测试用的好插件", sdk="1.1")


def _count(session):
    return session.scalar(text("SELECT count(*) FROM core.dwelling"))


@get("/", public=True)
def show_page(session) -> View:
    """Its page."""
    return View("NAME/page.html", {"n": _count(session)})


@get("/thing", signed_in=True)
def get_thing(session) -> dict[str, int]:
    """Its operation"""
    return {"n": _count(session)}


def _work(run):
    with run.unit_of_work() as session:
        return {"n": _count(session)}


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]


@hookimpl
def register_routes():
    return [Api("community", [get_thing])]


@hookimpl
def register_cards():
    return [Card("resident", "卡片 NAME", "NAME/card.html", lambda session, actor: {"n": _count(session)})]


@hookimpl
def register_tasks():
    return [TaskSpec("NAME.do_work", _work)]
'''
_PAGE = '{% extends "base.html" %}{% block main %}<p id="NAME">NAME {{ n }}</p>{% endblock %}\n'
_CARD = "<p>NAME card {{ n }}</p>\n"


def write_neighbour(folder: Path, name: str) -> None:
    """A package ``linli_<name>`` in the folder."""
    package = folder / f"linli_{name}"
    templates = package / "templates" / name
    templates.mkdir(parents=True)
    (package / "__init__.py").touch()
    for path, content in (
        (package / "plugin.py", _PLUGIN),
        (templates / "page.html", _PAGE),
        (templates / "card.html", _CARD),
    ):
        path.write_text(content.replace("NAME", name), encoding="utf-8")
