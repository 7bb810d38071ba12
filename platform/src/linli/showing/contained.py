"""Asking one contribution for its part: alone, in a savepoint, its fault its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from linli.db.session import ScopedSession

T = TypeVar("T")
log = structlog.get_logger("linli.showing")


def part_of(session: ScopedSession, owner: str, name: str, ask: Callable[[], T]) -> T | None:
    """What a contribution answers; ``None`` when it broke, which is logged with its owner's name."""
    try:
        with session.begin_nested():
            return ask()
    except Exception:
        log.exception("contribution failed", plugin=owner, contribution=name)
        return None
