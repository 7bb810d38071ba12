"""The cards that core and plugins put on a portal's first page; a card that fails costs itself and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.containment import CARD, PluginFailed, PluginSkipped, call
from linli.plugins.containment.calls import UnitLost, WrongAnswer
from linli.plugins.contributions import Card
from linli.plugins.gate import is_on
from linli.web.visit import Visit

if TYPE_CHECKING:
    from linli.web.site import Site

#: Characters of one card.
_MOST = 64 * 1024


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
            html = call(
                session,
                card.owner,
                CARD,
                partial(_render, site, visit, session, card.item),
                where=card.item.template,
            )
            rendered.append(RenderedCard(_(card.item.title), card.owner, html))
        except UnitLost:
            # The page has nothing left to go on with; it is made once more, without this plugin.
            raise
        except (PluginFailed, PluginSkipped):
            rendered.append(RenderedCard(_(card.item.title), card.owner, "", is_broken=True))
    return rendered


def _render(site: Site, visit: Visit, session: ScopedSession, card: Card) -> str:
    data = card.data(session, visit.actor)
    if not isinstance(data, Mapping):
        raise WrongAnswer(f"a card's data is a mapping, not {type(data).__name__}")
    html = site.templates.render(card.template, {"place": visit.place, "actor": visit.actor, **data})
    if len(html) > _MOST:
        raise WrongAnswer(f"a card of {len(html)} characters is more than {_MOST}")
    return html
