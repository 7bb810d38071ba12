"""The table of contents of the plugin: its manifest, and what it contributes."""

from __future__ import annotations

from linli.sdk import PluginManifest

MANIFEST = PluginManifest(
    name="notices",
    title="公告公示",
    description="发布公告和公示：可定公示期、范围和附件，居民在手机上阅读，对外公开的无需登录即可查看。",
    sdk="1.0",
    category="information",
)
