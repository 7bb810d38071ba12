"""Its card takes the whole page along: the database ends the connection, as it does after a silence of ten seconds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from linli.sdk import Actor, Card, PluginManifest, ScopedSession, hookimpl

MANIFEST = PluginManifest(name="severs", title="坏插件 severs", description="测试用的坏插件", sdk="1.1")


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    return {}


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "severs/card.html", _card)]
