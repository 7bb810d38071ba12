"""What a street or a community chooses, for tests: plugins allowed and switched on, settings set, rules settled."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.plugins.registry import Plugins
from linli.plugins.service import allow, disable, disallow, enable
from linli.rules.overrides import set_override
from linli.rules.schemas import OverrideIn
from linli.settings.service import clear_setting, set_setting

__all__ = ["Plugins", "allow", "clear_setting", "disable", "disallow", "enable", "set_setting", "settle_rule"]


def settle_rule(
    session: ScopedSession, key: str, value: Any, *, compound_id: UUID | None = None, on: date | None = None
) -> None:
    """Let a street, or one of its compounds, say otherwise than the rules that lie above it.

    Args:
        session: of the street.
        key: of the rule.
        value: as the pages of rules write it: ``"20 days"``, ``">= 2/3 of all"``.
        compound_id: for one compound.
        on: from which day; today when left out.

    Raises:
        Invalid: the value does not fit, or is weaker where only a stricter one may be.
    """
    day = on or today()
    chosen = OverrideIn(value=value, starts_on=day, reason="test", decision="test", decided_on=day)
    set_override(session, SYSTEM, key, chosen, compound_id=compound_id)
