"""It catches whatever the database says against it, and goes on as if nothing had happened."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from linli.sdk import Actor, Api, Card, Pages, PluginManifest, ScopedSession, View, get, hookimpl, post

MANIFEST = PluginManifest(
    name="swallows",
    title="坏插件 swallows",
    description="测试用的坏插件",
    sdk="1.1",
)


def _fail_quietly(session: ScopedSession) -> None:
    with suppress(SQLAlchemyError):
        session.execute(text("SELECT 1 / 0"))


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    _fail_quietly(session)
    return {"n": 1}


@get("/", public=True)
def show_page(session: ScopedSession) -> View:
    """Fail quietly, then show a page."""
    _fail_quietly(session)
    return View("swallows/card.html", {"n": 1})


@post("/thing", signed_in=True)
def add_thing(session: ScopedSession) -> dict[str, bool]:
    """Fail quietly, then say that all is well"""
    _fail_quietly(session)
    return {"is_kept": True}


@post("/ended", signed_in=True)
def end_it(session: ScopedSession) -> dict[str, bool]:
    """Commit by hand"""
    session.commit()
    return {"is_kept": True}


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]


@hookimpl
def register_routes():
    return [Api("community", [add_thing, end_it])]


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "swallows/card.html", _card)]
