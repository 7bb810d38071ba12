"""What core and plugins put on a portal's first page: cards, and lines of what is to be done and planned.

A contribution that fails costs itself and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from linli.db.session import ScopedSession
from linli.kit.focus import NO_FOCUS, noting_focus
from linli.kit.text import gettext as _
from linli.plugins.containment import CARD, PluginFailed, PluginSkipped, call
from linli.plugins.containment.calls import UnitLost, WrongAnswer
from linli.plugins.contributions import CARD_GROUPS, Card, Todo
from linli.plugins.gate import is_on
from linli.plugins.informing import below
from linli.plugins.registry import Owned
from linli.web.visit import Visit

if TYPE_CHECKING:
    from linli.web.site import Site

#: Characters of one card.
_MOST = 64 * 1024
#: Lines of one card's todo.
_MOST_TODOS = 50
#: Where a resident's card belongs that names no part.
_LAST_GROUP = "services"
#: Days shown ahead, today among them.
DAYS_AHEAD = 7


@dataclass(frozen=True, slots=True)
class RenderedCard:
    """A card's title, its plugin and its HTML, which the card's own template has escaped.

    Attributes:
        is_wide: the page is narrowed, and the card has not asked to what: it is about more than is shown around it.
    """

    title: str
    owner: str
    html: str
    is_broken: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class CardGroup:
    """A part of a resident's first page: its cards, or the words that say that nothing is in it."""

    name: str
    title: str
    empty: str
    cards: list[RenderedCard]


@dataclass(frozen=True, slots=True)
class Line:
    """Something to be done or planned as the page shows it; ``days_late`` is 0 where there is time."""

    title: str
    url: str
    detail: str
    on: date | None
    days_late: int = 0
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a person has to do and what is planned.

    Attributes:
        first: to be done now: what is late, then what is due today, then what waits without a day.
        ahead: what is due or takes place in the next days, with the day, in their order.
        broken: titles of the cards that could not say.
    """

    first: Sequence[Line]
    ahead: Sequence[tuple[date, Sequence[Line]]]
    broken: Sequence[str] = ()


def render_cards(site: Site, visit: Visit, session: ScopedSession | None) -> list[RenderedCard]:
    """The cards of this portal that this person may see and that have something to show, in order."""
    if session is None:
        return []
    return [rendered for card in _wanted(site, visit) if (rendered := _rendered(site, visit, session, card))]


def render_groups(site: Site, visit: Visit, session: ScopedSession | None) -> list[CardGroup]:
    """The cards of a resident's first page by part; a part to which no plugin here belongs is left out."""
    if session is None:
        return []
    wanted = list(_wanted(site, visit))
    groups = []
    for name, (title, empty) in CARD_GROUPS.items():
        own = [card for card in wanted if (card.item.group or _LAST_GROUP) == name]
        if own:
            cards = [rendered for card in own if (rendered := _rendered(site, visit, session, card))]
            groups.append(CardGroup(name, _(title), _(empty), cards))
    return groups


def agenda(site: Site, visit: Visit, session: ScopedSession | None, day: date, more: Sequence[Line] = ()) -> Agenda:
    """What this person has to do and what is planned, as the plugins of this portal say it.

    Args:
        site: with the plugins.
        visit: of the person.
        session: of the community; ``None`` gives an empty one.
        day: today.
        more: lines of the core.
    """
    lines, broken = list(more), []
    last = day + timedelta(days=DAYS_AHEAD - 1)
    for card in _wanted(site, visit) if session is not None else ():
        if card.item.todo is None or session is None:
            continue
        try:
            ask = partial(card.item.todo, session, visit.actor, day, last)
            found = call(session, card.owner, CARD, ask, where=card.item.title, check=_todos)
        except UnitLost:
            raise
        except (PluginFailed, PluginSkipped):
            broken.append(_(card.item.title))
            continue
        lines += [_line(visit, card.owner, each, day) for each in found if each.on is None or each.on <= last]
    return arranged(lines, day, broken)


def arranged(lines: Sequence[Line], day: date, broken: Sequence[str] = ()) -> Agenda:
    """Lines in the order in which one does them: the latest first, today's, what waits; then day by day."""
    late = sorted((each for each in lines if each.days_late), key=lambda each: -each.days_late)
    due = [each for each in lines if not each.days_late and each.on == day]
    waiting = [each for each in lines if each.on is None]
    ahead: dict[date, list[Line]] = {}
    for each in sorted((each for each in lines if each.on is not None and each.on > day), key=lambda each: each.on):  # type: ignore[arg-type, return-value]
        ahead.setdefault(each.on or day, []).append(each)
    return Agenda([*late, *due, *waiting], list(ahead.items()), broken)


def _line(visit: Visit, owner: str, todo: Todo, day: date) -> Line:
    late = (day - todo.on).days if todo.on is not None and not todo.is_planned else 0
    on = day if todo.is_planned and todo.on is not None and todo.on < day else todo.on
    return Line(todo.title, visit.place.url(below(owner, todo.path)), todo.detail, on, max(late, 0), owner)


def _todos(answer: object) -> Sequence[Todo]:
    if not isinstance(answer, Sequence) or not all(isinstance(each, Todo) for each in answer):
        raise WrongAnswer("todo returns a list of Todo")
    if len(answer) > _MOST_TODOS:
        raise WrongAnswer(f"{len(answer)} lines of todo are more than {_MOST_TODOS}")
    return answer


def _wanted(site: Site, visit: Visit) -> Iterator[Owned[Card]]:
    for card in sorted(site.plugins.cards, key=lambda each: (each.item.order, each.owner)):
        if (
            card.item.portal == visit.place.portal.value
            and is_on(card.owner, visit.plugins)
            and (card.item.needs is None or visit.actor.holds(card.item.needs))
        ):
            yield card


def _rendered(site: Site, visit: Visit, session: ScopedSession, card: Owned[Card]) -> RenderedCard | None:
    try:
        work = partial(_render, site, visit, session, card.item)
        with noting_focus() as asked:
            html = call(session, card.owner, CARD, work, where=card.item.template)
        is_wide = visit.looks_at.focus != NO_FOCUS and not asked
        return None if html is None else RenderedCard(_(card.item.title), card.owner, html, is_wide=is_wide)
    except UnitLost:
        # The page has nothing left to go on with; it is made once more, without this plugin.
        raise
    except (PluginFailed, PluginSkipped):
        return RenderedCard(_(card.item.title), card.owner, "", is_broken=True)


def _render(site: Site, visit: Visit, session: ScopedSession, card: Card) -> str | None:
    data = card.data(session, visit.actor)
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise WrongAnswer(f"a card's data is a mapping, not {type(data).__name__}")
    html = site.templates.render(card.template, {"place": visit.place, "actor": visit.actor, **data})
    if len(html) > _MOST:
        raise WrongAnswer(f"a card of {len(html)} characters is more than {_MOST}")
    return html
