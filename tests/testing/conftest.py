"""A plugin that is broken in every way that the contract knows: the notices, with bad parts put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from sqlalchemy import text

from linli.plugins.registry import Owned, Plugins
from linli.sdk import Api, Form, NotFound, Page, Pages, Redirect, ScopedSession, View, get, post
from linli.testing.contract.stage import Stage, open_stage

NAME = "notices"
READ = "notices.notice.read"
#: Where the bad handlers read and write past every wall.
_ADDRESS: list[str] = []


class Told(msgspec.Struct, kw_only=True):
    """What a bad handler gives away."""

    title: str


class Asked(msgspec.Struct, kw_only=True):
    """What a bad handler is asked for."""

    notice_id: UUID


def past_the_walls(statement: str, *given: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(_ADDRESS[0], autocommit=True) as connection:
        cursor = connection.execute(statement, given)
        return cursor.fetchall() if cursor.description else []


def past_the_walls_of(session: ScopedSession, statement: str, *given: Any) -> None:
    """The same in the database of a session, of which there is one for each kind of work."""
    database = session.scalar(text("SELECT current_database()"))
    with psycopg.connect(_ADDRESS[0], dbname=database, autocommit=True) as connection:
        # Nothing of the table's own keeps it from happening.
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement, given)


def _title_of(notice_id: UUID) -> Told:
    rows = past_the_walls("SELECT title FROM plugin_notices.notice WHERE id = %s", notice_id)
    if not rows:
        raise NotFound
    return Told(title=rows[0][0])


@get("/bad/{notice_id:uuid}", needs=READ)
def leak_by_id(session: ScopedSession, notice_id: UUID) -> Told:
    """Finds any street's row"""
    return _title_of(notice_id)


@post("/bad-body", needs=READ, status=200)
def leak_by_body(session: ScopedSession, data: Asked) -> Told:
    """Finds any street's row by the body"""
    return _title_of(data.notice_id)


@get("/bad-filter", needs=READ)
def leak_by_filter(session: ScopedSession, notice_id: UUID | None = None) -> Told:
    """Finds any street's row by a filter"""
    return _title_of(notice_id) if notice_id else Told(title="")


@get("/bad-list", needs=READ)
def leak_all(session: ScopedSession) -> Page[Told]:
    """Lists all streets' rows"""
    rows = past_the_walls("SELECT title FROM plugin_notices.notice")
    return Page(items=[Told(title=title) for (title,) in rows])


@get("/bad-read", signed_in=True)
def leak_to_anybody(session: ScopedSession) -> View:
    """Shows the place's rows to whoever is signed in anywhere."""
    titles = session.scalars(text("SELECT title FROM plugin_notices.notice")).all()
    return View("notices/bad.html", {"words": " ".join(titles)})


@get("/bad-failure", needs=READ)
def fail(session: ScopedSession) -> Told:
    """Never works"""
    raise RuntimeError("broken")


@post("/bad-public", public=True)
def write_for_nobody(session: ScopedSession, form: Form) -> Redirect:
    """Changes something for whoever asks"""
    session.execute(text("UPDATE plugin_notices.notice SET title = 'changed'"))
    return Redirect("/")


@get("/bad-page", needs=READ)
def show_bad_page(session: ScopedSession) -> View:
    """A page that nobody can use without eyes"""
    return View("notices/bad.html", {"words": ""})


@get("/bad-page-failure", needs=READ)
def fail_page(session: ScopedSession) -> View:
    """A page that never works"""
    raise RuntimeError("broken")


BAD_HTML = """{% extends "base.html" %}{% block title %}bad{% endblock %}
{% block main %}<h1>bad</h1><img src="/static/own/mark.svg"><p>{{ words }}</p><input type="text">{% endblock %}"""


@pytest.fixture(scope="session")
def bad_plugins(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    """The installed plugins, with bad routes and pages among the notices'."""
    plugins = Plugins.load()
    own = plugins[NAME]
    folder = tmp_path_factory.mktemp("bad") / own.folder.name
    folder.mkdir()
    for each in own.folder.iterdir():
        if each.name != "templates":
            (folder / each.name).symlink_to(each)
    (folder / "templates" / NAME).mkdir(parents=True)
    for each in (own.folder / "templates" / NAME).iterdir():
        (folder / "templates" / NAME / each.name).symlink_to(each)
    # A link would lead out of the folder: templates of the bad plugin are files.
    for each in (folder / "templates" / NAME).iterdir():
        words = each.read_text("utf-8")
        each.unlink()
        each.write_text(words, "utf-8")
    (folder / "templates" / NAME / "bad.html").write_text(BAD_HTML, "utf-8")
    bad = replace(own, folder=folder)
    others = tuple(bad if each.name == NAME else each for each in plugins.plugins)
    api = Api("community", (leak_by_id, leak_by_body, leak_by_filter, leak_all, fail))
    pages = Pages("admin", (show_bad_page, fail_page, write_for_nobody))
    return replace(
        plugins,
        plugins=others,
        routes=(*plugins.routes, Owned(NAME, api)),
        pages=(*plugins.pages, Owned(NAME, pages), Owned(NAME, Pages("resident", (leak_to_anybody,)))),
        _by_name={each.name: each for each in others},
    )


@pytest.fixture(scope="module")
def stage(superuser_url: str, template: str, bad_plugins: Plugins) -> Iterator[Stage]:
    """The bad plugin, put to the test."""
    with open_stage(superuser_url, template, NAME, bad_plugins) as stage:
        # Served before a test exchanges what the plugin contributes.
        _served = stage.client, stage.visitor, stage.roles
        _ADDRESS[:] = [stage._planted_house.addresses.superuser or ""]
        yield stage


@pytest.fixture
def only(stage: Stage) -> Iterator[Callable[..., Stage]]:
    """``only("/bad/")`` is the stage with the routes alone whose names hold one of these words."""
    every = stage.routes

    def narrow(*words: str) -> Stage:
        stage.routes = [each for each in every if any(word in each.name for word in words)]
        assert stage.routes
        return stage

    yield narrow
    stage.routes = every


@pytest.fixture
def with_parts(stage: Stage) -> Iterator[Callable[..., Stage]]:
    """``with_parts(tasks=[…])`` is the stage whose plugin contributes these in place of its own."""
    before = stage.plugins

    def change(**parts: list[Any]) -> Stage:
        owned = {kind: tuple(Owned(NAME, each) for each in items) for kind, items in parts.items()}
        stage.plugins = replace(before, **owned)
        return stage

    yield change
    stage.plugins = before


@pytest.fixture
def at_folder(stage: Stage, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """``at_folder({"module.py": "…"})`` is the stage whose plugin lies in a folder of these files."""
    before = stage.plugins

    def move(files: dict[str, str], **changes: Any) -> Stage:
        folder = tmp_path / "src" / "linli_notices"
        for name, words in files.items():
            path = folder / name if not name.startswith("/") else tmp_path / name[1:]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words, "utf-8")
        moved = replace(before[NAME], folder=folder, **changes)
        every = tuple(moved if each.name == NAME else each for each in before.plugins)
        stage.plugins = replace(before, plugins=every, _by_name={each.name: each for each in every})
        return stage

    yield move
    stage.plugins = before
