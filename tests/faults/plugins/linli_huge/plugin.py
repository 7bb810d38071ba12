"""It answers with far too much."""

from __future__ import annotations

from typing import Any

from linli.sdk import Actor, Api, Card, Pages, PluginManifest, ScopedSession, View, get, hookimpl

MANIFEST = PluginManifest(name="huge", title="坏插件 huge", description="测试用的坏插件", sdk="1.1")


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    return {"n": "大" * 100_000}


@get("/", public=True)
def show_page(session: ScopedSession) -> View:
    """Answer with nine megabytes."""
    return View("huge/card.html", {"n": "x" * 9 * 1024 * 1024})


@get("/thing", signed_in=True)
def get_thing(session: ScopedSession) -> dict[str, str]:
    """Answer with seventeen megabytes"""
    return {"n": "x" * 17 * 1024 * 1024}


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "huge/card.html", _card)]


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]


@hookimpl
def register_routes():
    return [Api("community", [get_thing])]
