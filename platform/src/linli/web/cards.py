"""The cards that core and plugins put on a portal's first page; a card that fails costs itself and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.gate import is_on
from linli.web.visit import Visit

if TYPE_CHECKING:
    from linli.web.site import Site

log = structlog.get_logger("linli.web")


@dataclass(frozen=True, slots=True)
class RenderedCard:
    """A card's title, its plugin and its HTML, which the card's own template has escaped."""

    title: str
    owner: str
    html: str
    is_broken: bool = False


def render_cards(site: Site, visit: Visit, session: ScopedSession | None) -> list[RenderedCard]:
    """The cards of this portal that this person may see, in order."""
    if session is None:
        return []
    wanted = [
        card
        for card in site.plugins.cards
        if card.item.portal == visit.place.portal.value
        and is_on(card.owner, visit.plugins)
        and (card.item.needs is None or visit.actor.holds(card.item.needs))
    ]
    rendered = []
    for card in sorted(wanted, key=lambda each: (each.item.order, each.owner)):
        try:
            with session.begin_nested():
                data = card.item.data(session, visit.actor)
                html = site.templates.render(card.item.template, {"place": visit.place, "actor": visit.actor, **data})
            rendered.append(RenderedCard(_(card.item.title), card.owner, html))
        except Exception:
            log.exception("card failed", plugin=card.owner, template=card.item.template)
            rendered.append(RenderedCard(_(card.item.title), card.owner, "", is_broken=True))
    return rendered
