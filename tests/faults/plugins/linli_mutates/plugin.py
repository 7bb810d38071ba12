"""It alters what it was handed: the rights of everybody, and what somebody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linli.sdk import Act, Actor, Card, PluginManifest, ScopedSession, hookimpl

MANIFEST = PluginManifest(
    name="mutates",
    title="坏插件 mutates",
    description="测试用的坏插件",
    sdk="1.1",
)


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    rights: Any = actor.permissions
    rights["resident"] = frozenset({"core.plugin.allow"})
    return {}


def _perform(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    asked: Any = payload
    asked["amount"] = 0
    asked["names"].clear()
    return "ok"


@hookimpl
def register_acts():
    return [Act("mutates.do_thing", "做事", "core.plugin.allow", "core.plugin.allow", _perform)]


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "mutates/card.html", _card)]
