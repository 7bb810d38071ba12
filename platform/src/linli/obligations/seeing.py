"""Which duties somebody may see: those whose owner this process knows, and whose permission they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from linli.kit.actor import Actor
from linli.plugins.gate import is_on
from linli.plugins.obligations import Obligation, declared_obligations

Known = Mapping[str, tuple[str, Obligation]]


def seen_obligations(actor: Actor, on: Collection[str] | None = None) -> Known:
    """Name to owner and duty, in the order in which they are shown.

    Args:
        actor: the reader.
        on: the plugins that are on or allowed here; all where it is ``None``.
    """
    return {
        each.name: (owner, each)
        for owner, each in declared_obligations()
        if (on is None or is_on(owner, on)) and (each.needs is None or actor.holds(each.needs))
    }


def disclosed_obligations(on: Collection[str]) -> Known:
    """Those that residents may see, of plugins that are on."""
    return {
        each.name: (owner, each) for owner, each in declared_obligations() if each.is_disclosed and is_on(owner, on)
    }
