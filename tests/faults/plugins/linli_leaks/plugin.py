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
#: Megabytes that it keeps at most: the machine that runs the tests has other use for the rest.
MOST = 32


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    # Then it asks for more than any machine has.
    KEPT.append(bytes(1024 * 1024 if len(KEPT) < MOST else 1 << 60))
    return {"n": len(KEPT)}


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "leaks/card.html", _card)]
