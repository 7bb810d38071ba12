"""What every page shows around its own content: title, menu, messages, who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from litestar import Request

from linli.apps.models import App
from linli.apps.repository import panels_here, panels_of_street
from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.kit.text import gettext as _
from linli.notifications.inbox import unread_count
from linli.web.cards import render_cards, render_groups
from linli.web.cookies import read_cookie
from linli.web.csrf import FIELD
from linli.web.drafts import Draft, find_draft
from linli.web.flash import COOKIE, open_flash
from linli.web.forms import Form
from linli.web.navigation import SHORTCUTS, NavItem
from linli.web.picking import AddressChoices, Choices, Level, asked_of, find_address, find_people
from linli.web.remembering import last_choices
from linli.web.routing import Portal
from linli.web.searching import providers
from linli.web.themes import COLOURS
from linli.web.visit import Visit

if TYPE_CHECKING:
    from linli.web.site import Site

#: Pages of the console that those open too who work for some communities alone.
_OPEN_IN_PART = ("/", "/compare")
_WITH_INBOX = (Portal.CONSOLE, Portal.ADMIN, Portal.RESIDENT)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu as shown to this person on this page; ``key`` opens it after ``g``."""

    title: str
    url: str
    icon: str
    is_current: bool
    count: int = 0
    key: str = ""


#: How many entries stand under the thumb on a phone; one more leads to all the others.
UNDER_THUMB, UNDER_THUMB_LARGE = 4, 3


def quick_entries(site: Site, visit: Visit) -> list[MenuEntry]:
    """The short forms behind the button for quick entries that this person may fill in, in order."""
    found = [item for item in followed(site, visit) if item.quick]
    return [MenuEntry(_(item.title), visit.place.url(item.below), item.icon, False) for item in found]


def under_thumb(entries: Sequence[MenuEntry], *, large_type: bool) -> list[MenuEntry]:
    """The entries of the bar at the foot of a phone: at most five targets with the one that leads to all others."""
    most = UNDER_THUMB_LARGE if large_type else UNDER_THUMB
    return list(entries) if len(entries) <= most + 1 else list(entries[:most])


def menu(site: Site, visit: Visit, session: ScopedSession | None = None) -> list[MenuEntry]:
    """The entries of this portal that this person may follow, in order, some with how much waits there."""
    entries = [item for item in followed(site, visit) if item.kind == "menu"]
    keys = {path: key for key, path in SHORTCUTS.get(visit.place.portal, {}).items()}
    urls = [visit.place.url(item.below if item.below != "/" else "") for item in entries]
    current = _current(visit.path.rstrip("/"), urls, visit.place.root)
    found: list[MenuEntry] = []
    for item, url in zip(entries, urls, strict=True):
        waiting = item.count(session, visit.actor) if item.count is not None and session is not None else 0
        key = keys.get(item.path, "") if item.owner == "core" else ""
        found.append(MenuEntry(_(item.title), url, item.icon, url == current, waiting, key))
    return found


def followed(site: Site, visit: Visit) -> list[NavItem]:
    """The entries of this portal's menu and palette that this person may follow, in order."""
    portal = visit.place.portal
    entries = [item for item in site.navigation if item.portal is portal and _may_follow(visit, item)]
    return sorted(entries, key=lambda each: (each.order, each.owner, each.path))


def _current(here: str, urls: Sequence[str], root: str) -> str:
    """The address that the page lies at or below; of several the longest, and the root for itself alone."""
    around = [url for url in urls if here == url or (url != root and here.startswith(f"{url}/"))]
    return max(around, key=len, default="")


def _may_follow(visit: Visit, item: NavItem) -> bool:
    if item.owner != "core" and item.owner not in visit.plugins:
        return False
    if item.needs is None:
        return True
    if visit.place.portal is Portal.CONSOLE:
        is_open = item.owner == "core" and item.path in _OPEN_IN_PART and visit.narrowed is not None
        return is_open or visit.actor.can(item.needs)
    return visit.actor.holds(item.needs)


def page_context(
    site: Site,
    visit: Visit,
    request: Request | None,
    session: ScopedSession | None,
    form: Form,
    unread: int | None = None,
) -> dict[str, Any]:
    """The names that every template may use. ``unread`` is the bell's count where it was read beforehand."""
    place = visit.place
    https = site.house.settings.https
    kept = read_cookie(request, COOKIE, https=https) if request is not None else None
    flash = open_flash(site.flash_key, kept, visit.path)
    entries, look = menu(site, visit, session), site.look_of(place, session)
    return {
        "place": place,
        "visit": visit,
        "actor": visit.actor,
        "has_inbox": shows_bell(visit) and (session is not None or unread is not None),
        # Asked by the shell alone: the part of a page that htmx replaces has no bell.
        "unread": lambda: unread if session is None else unread_count(session, visit.actor),
        "is_signed_in": not visit.actor.is_anonymous,
        "can": _asker(visit),
        "menu": entries,
        "bar": under_thumb(entries, large_type=visit.large_type),
        "quick": partial(quick_entries, site, visit),
        "looks_at": visit.looks_at.name,
        "look": look,
        "theme_colour": COLOURS[look.theme],
        "csrf": visit.csrf,
        "csrf_field": FIELD,
        "flash": {"message": flash[0], "tone": flash[1]} if flash else None,
        "form": form,
        "last": last_choices(request, https=https),
        "has_search": _has_search(site, visit),
        # Where people work all day; residents have the box.
        "has_palette": visit.place.portal in SHORTCUTS and not visit.actor.is_anonymous,
        "cards": partial(render_cards, site, visit, session),
        "draft_of": partial(_draft, site, visit, session),
        "people_found": partial(_people, visit, session),
        "address_at": partial(_address, visit, session),
        "groups": partial(render_groups, site, visit, session),
        "is_wechat": is_wechat(request),
        "panels": partial(_panels, visit, session),
        "query": dict(request.query_params) if request is not None else {},
        "path": visit.path,
        "is_demo": site.house.settings.is_demo,
        "now": now(),
    }


def is_wechat(request: Request | None) -> bool:
    """Whether WeChat's own browser asks: it installs nothing and keeps no page for when there is no network."""
    return request is not None and "MicroMessenger" in request.headers.get("user-agent", "")


def shows_bell(visit: Visit) -> bool:
    """Whether the page has a bell: in every portal with an inbox, for whoever is signed in."""
    return visit.place.portal in _WITH_INBOX and visit.actor.account_id is not None


def _panels(visit: Visit, session: ScopedSession | None) -> list[App]:
    """The outside apps whose pages are shown in this community, or in the street's own portal."""
    community = visit.place.community
    if session is None or visit.place.street is None:
        return []
    return panels_here(session, community.id) if community is not None else panels_of_street(session)


def _draft(site: Site, visit: Visit, session: ScopedSession | None, form: str) -> Draft | None:
    """What this person kept of the form that is sent to this path."""
    return None if session is None else find_draft(site.draft_key, session, visit.actor, form.partition("?")[0])


def _people(visit: Visit, session: ScopedSession | None, q: str, chosen: str) -> Choices:
    return Choices() if session is None else find_people(session, visit.actor, q, chosen=chosen)


def _address(
    visit: Visit, session: ScopedSession | None, form: Form, name: str, level: Level, chosen: object
) -> AddressChoices:
    if session is None:
        return AddressChoices(Choices())
    sent = {key: texts[-1] for key, texts in form.values.items()}
    return find_address(session, visit.actor, level, asked_of(sent, name, str(chosen or "")))


def _has_search(site: Site, visit: Visit) -> bool:
    """Whether this person may open the search of this portal, and there is somebody to ask."""
    needs = {Portal.CONSOLE: "core.community.read", Portal.ADMIN: "core.compound.read", Portal.RESIDENT: None}
    if visit.place.portal not in needs:
        return False
    permission = needs[visit.place.portal]
    is_open = permission is None or _asker(visit)(permission)
    return is_open and bool(providers(site.plugins, visit.actor, visit.place.portal, visit.plugins))


def _asker(visit: Visit) -> Any:
    at_street = visit.place.portal is Portal.CONSOLE

    def can(permission: str) -> bool:
        return visit.actor.can(permission) if at_street else visit.actor.holds(permission)

    return can
