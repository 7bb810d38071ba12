"""What the command palette offers beside the finds of the search: pages, acts, and communities to go to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linli.kit.finding import best_fits
from linli.kit.text import gettext as _
from linli.web.navigation import NavItem
from linli.web.routing import Portal
from linli.web.shell import followed
from linli.web.site import Site
from linli.web.visit import Visit

#: Of one kind while somebody is typing; without words all acts and pages of the menu are offered.
_AT_ONCE = 6
#: Whoever may see the compounds of a community may open its admin portal.
_ENTERS = "core.compound.read"


@dataclass(frozen=True, slots=True)
class Command:
    """Somewhere to go, or something to begin."""

    title: str
    url: str
    icon: str
    summary: str = ""


def pages(site: Site, visit: Visit, words: str) -> list[Command]:
    """The pages of the menu, and those further inside, that are meant; those of the menu where nothing was typed."""
    wanted = [each for each in followed(site, visit) if each.kind != "act"]
    if not words:
        wanted = [each for each in wanted if each.kind == "menu"]
    return _shown(visit, wanted, words)


def acts(site: Site, visit: Visit, words: str) -> list[Command]:
    """What one can begin here; all of it where nothing was typed."""
    return _shown(visit, [each for each in followed(site, visit) if each.kind == "act"], words)


def communities(site: Site, visit: Visit, words: str) -> list[Command]:
    """The communities whose admin portal is meant, beside the one where one is; nothing where nothing was typed."""
    street, here = visit.place.street, visit.place.community
    if street is None or visit.place.portal is Portal.RESIDENT or not words:
        return []
    open_to = [
        each
        for each in site.directory.communities(street)
        if (here is None or each.id != here.id) and visit.actor.can(_ENTERS, community_id=each.id)
    ]
    found = best_fits(open_to, words, _AT_ONCE, text=lambda each: (each.name, each.code, each.slug))
    roots = [visit.place.root_of(Portal.ADMIN, community=each.slug) for each in found]
    return [Command(each.name, root, "community", _("打开社区管理")) for each, root in zip(found, roots, strict=True)]


def _shown(visit: Visit, wanted: Sequence[NavItem], words: str) -> list[Command]:
    if words:
        # In whatever language the page is shown, the Chinese title is what pinyin spells.
        wanted = best_fits(wanted, words, _AT_ONCE, text=_words_of)
    return [
        Command(_(each.title), visit.place.url(each.below if each.below != "/" else ""), each.icon) for each in wanted
    ]


def _words_of(entry: NavItem) -> list[str]:
    known = (entry.title, *entry.also)
    return [*known, *(_(each) for each in known)]
