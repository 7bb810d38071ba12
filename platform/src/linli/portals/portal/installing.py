"""The resident portal as an app of a telephone: its manifest, its icons, its worker, and the page without a network."""

from __future__ import annotations

import json
from typing import Any

from litestar import Request

from linli.db.session import ScopedSession
from linli.kit.errors import NotFound
from linli.kit.text import LOCALES, speaking
from linli.kit.text import gettext as _
from linli.portals.drawing import ICONS, icon
from linli.portals.worker import worker_script
from linli.tenancy.admin_portal.places import community_of
from linli.web.middleware import CONTENT_SECURITY
from linli.web.place import Place
from linli.web.results import Download, View
from linli.web.routing import get
from linli.web.themes import COLOURS

#: Seconds.
_A_DAY = 24 * 3600
_ASKED_ANEW = {"cache-control": "no-cache"}


@get("/app.webmanifest", public=True)
def fetch_manifest(session: ScopedSession, place: Place, request: Request) -> Download:
    """What a telephone needs to put the portal of this community beside its apps."""
    look = request.app.state.site.look_of(place, session)
    icons: list[dict[str, Any]] = [
        {
            "src": f"/app-icons/{look.theme}/{file}",
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": "maskable" if "masked" in file else "any",
        }
        for file, (side, _share) in ICONS.items()
    ]
    name = community_of(place).name
    manifest = {
        "id": place.home,
        "name": name if look.title == name else f"{name} · {look.title}",
        "short_name": name[:12],
        "description": _("{name}的公告公示和便民服务。").format(name=name),
        "lang": "zh-CN",
        "start_url": place.home,
        "scope": place.home,
        "display": "standalone",
        "theme_color": COLOURS[look.theme],
        "background_color": "#f5f7f6",
        "icons": icons,
    }
    content = json.dumps(manifest, ensure_ascii=False).encode()
    return Download(content, "app.webmanifest", "application/manifest+json", inline=True, headers=_ASKED_ANEW)


@get("/worker.js", public=True)
def fetch_worker(session: ScopedSession, place: Place, request: Request) -> Download:
    """The script that keeps the portal readable without a network; it may look after this portal and nothing else."""
    site = request.app.state.site
    script = worker_script(site.templates.assets, place, site.look_of(place, session))
    headers = {
        **_ASKED_ANEW,
        "service-worker-allowed": place.home,
        # What the worker fetches is judged by its own policy, not by that of a page.
        "content-security-policy": CONTENT_SECURITY,
    }
    return Download(script.encode(), "worker.js", "text/javascript", inline=True, headers=headers)


@get("/offline", public=True)
def show_offline(session: ScopedSession, place: Place, request: Request) -> View:
    """What is shown without a network, in both languages; the same for everybody, since telephones are shared."""
    spoken = []
    for locale in LOCALES:
        with speaking(locale):
            spoken.append((locale.replace("_", "-"), _offline_words()))
    return View("resident/offline.html", {"look": request.app.state.site.look_of(place, session), "spoken": spoken})


def _offline_words() -> dict[str, str]:
    return {
        "title": _("没有网络"),
        "check": _("请检查手机的网络，然后再试。"),
        "again": _("再试一次"),
        "kept": _("这些公告还能看"),
        "old": _("是您看过的公开公告，可能已经有变化。"),
        "office": _("居委会"),
        "call": _("打电话"),
        "ask": _("请到社区办公室询问。"),
    }


@get("/app-icons/{theme:str}/{file:str}", public=True)
def fetch_icon(theme: str, file: str) -> Download:
    """The mark as an icon.

    Raises:
        NotFound: no such theme or size.
    """
    if theme not in COLOURS or file not in ICONS:
        raise NotFound
    # No street's and nobody's: drawn from the colours of a theme alone.
    headers = {"cache-control": f"public, max-age={_A_DAY}"}
    return Download(icon(theme, file), file, "image/png", inline=True, headers=headers)


resident_pages = [fetch_manifest, fetch_worker, show_offline]
public_pages = [fetch_icon]
