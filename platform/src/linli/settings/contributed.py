"""What this room contributes: the core's own settings."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import SettingSpec
from linli.plugins.hookspecs import hookimpl
from linli.settings.core import CORE_SETTINGS


@hookimpl
def register_settings() -> Sequence[SettingSpec]:
    return CORE_SETTINGS
