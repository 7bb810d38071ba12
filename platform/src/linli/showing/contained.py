"""Asking one contribution for its part: alone, in a savepoint, its fault its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from linli.db.session import ScopedSession
from linli.plugins.containment import Kind, PluginFailed, PluginSkipped, call, contained
from linli.plugins.containment.calls import UnitLost
from linli.plugins.gate import CORE

T = TypeVar("T")
log = structlog.get_logger("linli.showing")


def part_of(session: ScopedSession, kind: Kind, owner: str, name: str, ask: Callable[[], T]) -> T | None:
    """What a contribution answers; ``None`` when it broke, which is logged with its owner's name, or is left out.

    Raises:
        UnitLost: it took the page's connection along.
    """
    if owner == CORE:
        try:
            with contained(session):
                return ask()
        except Exception:
            log.exception("contribution failed", plugin=owner, contribution=name)
            return None
    try:
        return call(session, owner, kind, ask, where=name)
    except UnitLost:
        raise
    except (PluginFailed, PluginSkipped):
        return None
