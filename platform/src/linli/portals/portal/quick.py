"""Quick entry: the short forms of core and plugins, behind one button."""

from __future__ import annotations

from linli.web.results import View
from linli.web.routing import get


@get("/quick", needs="core.compound.read")
def show_quick() -> View:
    """What can be written down on the way; each plugin names its own short forms."""
    return View("admin/quick.html")


pages = [show_quick]
