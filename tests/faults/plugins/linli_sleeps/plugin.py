"""Its card takes far longer than a page may wait."""

from __future__ import annotations

import time
from typing import Any

from linli.sdk import Actor, Card, PluginManifest, ScopedSession, hookimpl

MANIFEST = PluginManifest(name="sleeps", title="坏插件 sleeps", description="测试用的坏插件", sdk="1.1")


#: Beyond three times the budget of a card.
SECONDS = 3.2


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    time.sleep(SECONDS)
    return {}


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "sleeps/card.html", _card)]
