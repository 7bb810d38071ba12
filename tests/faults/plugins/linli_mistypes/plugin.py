"""It returns something else than each hook says."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Api,
    Card,
    DataClass,
    Pages,
    PersonalData,
    PluginManifest,
    ScopedSession,
    View,
    get,
    hookimpl,
)

MANIFEST = PluginManifest(name="mistypes", title="坏插件 mistypes", description="测试用的坏插件", sdk="1.1")


ANYTHING: Any = ["no", "mapping"]


def _card(session: ScopedSession, actor: Actor) -> dict[str, Any]:
    return ANYTHING


@get("/", public=True)
def show_page(session: ScopedSession) -> View:
    """Answer with a list."""
    return ANYTHING


@get("/thing", signed_in=True)
def get_thing(session: ScopedSession) -> dict[str, int]:
    """Answer with a list"""
    return ANYTHING


def _purge(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> int:
    return ANYTHING


@hookimpl
def register_retention():
    return [DataClass(name="mistypes.things", title="东西", days=30, source="测试", purge=_purge)]


@hookimpl
def register_personal_data():
    return [PersonalData(title="东西", purpose="测试", basis="测试", export=lambda *_: 7, erase=lambda *_: None)]  # type: ignore[arg-type,return-value]


@hookimpl
def register_cards():
    return [Card("resident", "卡片", "mistypes/card.html", _card)]


@hookimpl
def register_pages():
    return [Pages("resident", [show_page])]


@hookimpl
def register_routes():
    return [Api("community", [get_thing])]
