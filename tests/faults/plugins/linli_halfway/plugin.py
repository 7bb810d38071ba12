"""Its revision makes a table and then breaks."""

from __future__ import annotations

from linli.sdk import NavigationItem, PluginManifest, hookimpl

MANIFEST = PluginManifest(name="halfway", title="坏插件 halfway", description="测试用的坏插件", sdk="1.1")


@hookimpl
def register_navigation():
    return [NavigationItem("resident", "东西")]
