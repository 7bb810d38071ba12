"""Whether everything works in this street, plugin by plugin."""

from __future__ import annotations

from litestar import Request

from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.repository import allowed_plugins
from linli.showing.checks import STATES, examine
from linli.web.results import View
from linli.web.routing import get


@get("/checks", needs="core.settings.read")
def show_checks(session: ScopedSession, request: Request) -> View:
    plugins = request.app.state.site.plugins
    titles = {manifest.name: _(manifest.title) for manifest in plugins.manifests}
    found = examine(session, plugins, allowed_plugins(session))
    context = {"checks": found, "states": STATES, "owners": {"core": _("系统"), **titles}}
    return View("showing/checks.html", context)


pages = [show_checks]
