"""The table of contents of the plugin: its manifest, and what it contributes."""

from __future__ import annotations

from collections.abc import Sequence

from linli.sdk import Permission, PluginManifest, SettingSpec, hookimpl
from linli_notices.permissions import PERMISSIONS
from linli_notices.settings import SETTINGS

MANIFEST = PluginManifest(
    name="notices",
    title="公告公示",
    description="发布公告和公示：可定公示期、范围和附件，居民在手机上阅读，对外公开的无需登录即可查看。",
    sdk="1.0",
    category="information",
)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def register_settings() -> Sequence[SettingSpec]:
    return SETTINGS
