"""Its table has a unique key over all streets, which tells each what the others have."""

from __future__ import annotations

from linli.sdk import NavigationItem, PluginManifest, hookimpl

MANIFEST = PluginManifest(
    name="unique",
    title="坏插件 unique",
    description="测试用的坏插件",
    sdk="1.1",
)


@hookimpl
def register_navigation():
    return [NavigationItem("resident", "独一份")]
