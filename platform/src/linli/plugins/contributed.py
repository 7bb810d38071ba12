"""What this room contributes itself: taking a plugin away as an act."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.acts import ACTS
from linli.plugins.contributions import Act
from linli.plugins.hookspecs import hookimpl


@hookimpl
def register_acts() -> Sequence[Act]:
    return ACTS
