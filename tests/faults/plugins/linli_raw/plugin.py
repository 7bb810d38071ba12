"""It opens a connection of its own, beside the unit of work that it was handed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from linli.sdk import Actor, Card, PluginManifest, ScopedSession, hookimpl

MANIFEST = PluginManifest(
    name="raw",
    title="坏插件 raw",
    description="测试用的坏插件",
    sdk="1.1",
)


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    bind: Any = session.get_bind()
    with bind.engine.connect() as connection:
        return {"names": list(connection.execute(text("SELECT name FROM core.resident")).scalars())}


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "raw/card.html", _card)]
