"""It takes itself for a program: it exits, and presses Ctrl-C."""

from __future__ import annotations

import sys
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

MANIFEST = PluginManifest(
    name="exits",
    title="坏插件 exits",
    description="测试用的坏插件",
    sdk="1.1",
)


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    raise SystemExit(3)


@get("/", public=True)
def show_page(session: ScopedSession) -> View:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@get("/thing", signed_in=True)
def get_thing(session: ScopedSession) -> dict[str, int]:
    """Exit"""
    sys.exit("goodbye")


def _work(run: JobRun) -> None:
    sys.exit(1)


@hookimpl
def register_tasks():
    return [TaskSpec("exits.do_work", _work)]


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "exits/card.html", _card)]


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]


@hookimpl
def register_routes():
    return [Api("community", [get_thing])]
