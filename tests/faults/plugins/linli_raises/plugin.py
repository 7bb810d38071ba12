"""Whatever it is asked, it raises."""

from __future__ import annotations

from typing import Any

from linli.sdk import (
    Actor,
    Api,
    Card,
    JobRun,
    Pages,
    PluginManifest,
    ScopedSession,
    TaskSpec,
    View,
    get,
    hookimpl,
)

MANIFEST = PluginManifest(name="raises", title="坏插件 raises", description="测试用的坏插件", sdk="1.1")


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    raise KeyError("a secret of card 13800138000")


@get("/", public=True)
def show_page(session: ScopedSession) -> View:
    """Raise."""
    raise ZeroDivisionError("a secret of page")


@get("/thing", signed_in=True)
def get_thing(session: ScopedSession) -> dict[str, int]:
    """Raise"""
    raise LookupError("a secret of route")


def _work(run: JobRun) -> None:
    raise ValueError("a secret of task")


@hookimpl
def register_tasks():
    return [TaskSpec("raises.do_work", _work)]


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "raises/card.html", _card)]


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]


@hookimpl
def register_routes():
    return [Api("community", [get_thing])]
