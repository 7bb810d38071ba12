"""It was written for an SDK that nobody has yet."""

from __future__ import annotations

from linli.sdk import NavigationItem, PluginManifest, hookimpl

MANIFEST = PluginManifest(name="future", title="坏插件 future", description="测试用的坏插件", sdk="9.0")


@hookimpl
def register_navigation():
    return [NavigationItem("resident", "东西")]
