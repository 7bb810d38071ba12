"""Each call keeps a megabyte, until there is no more to be had."""

from __future__ import annotations

from typing import Any

from linli.sdk import Actor, Card, PluginManifest, ScopedSession, hookimpl

MANIFEST = PluginManifest(
    name="leaks",
    title="坏插件 leaks",
    description="测试用的坏插件",
    sdk="1.1",
)


KEPT: list[bytes] = []
#: What its process would have.
MOST = 8


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    if len(KEPT) >= MOST:
        raise MemoryError
    KEPT.append(bytes(1024 * 1024))
    return {"n": len(KEPT)}


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "leaks/card.html", _card)]
