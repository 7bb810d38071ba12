"""Its name is part of an address of the core: the register of residents."""

from __future__ import annotations

from linli.sdk import Pages, PluginManifest, View, get, hookimpl

MANIFEST = PluginManifest(
    name="residents",
    title="坏插件 residents",
    description="测试用的坏插件",
    sdk="1.1",
)


@get("/", public=True)
def show_page() -> View:
    """Stand where the register stands."""
    return View("residents/card.html", {})


@hookimpl
def register_pages():
    return [Pages("admin", [show_page])]
