"""The page of what goes where: the same for residents, whoever they are, and for staff, who print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from linli.sdk import PAGE, Actor, After, Card, Download, Pages, Place, ScopedSession, View, get, page_of
from linli_waste_sorting.asked import Chosen
from linli_waste_sorting.guide.asked import category_of
from linli_waste_sorting.guide.finding import find
from linli_waste_sorting.guide.own_pages import CONSOLE_HANDLERS, OWN_HANDLERS
from linli_waste_sorting.guide.permissions import MANAGE_GUIDE, READ_GUIDE
from linli_waste_sorting.guide.poster import Paper, make_poster
from linli_waste_sorting.guide.service import items_for
from linli_waste_sorting.guide.showing import Speaker
from linli_waste_sorting.permissions import VIEW
from linli_waste_sorting.schemas import Words

#: A whole kind fits on one page, so that it can be printed.
_OF_A_KIND = 200


@get("/guide", public=True)
def show_guide(session: ScopedSession, place: Place, q: Words = "", category: Chosen = "", after: After = "") -> View:
    """Where something goes; open to everybody, who comes with the code of a poster too."""
    return _guide(session, _community(place), q, category, after)


@get("/guide", needs=READ_GUIDE)
def show_guide_to_staff(
    session: ScopedSession, actor: Actor, place: Place, q: Words = "", category: Chosen = "", after: After = ""
) -> View:
    """The same, with what staff do with it: settle it otherwise, print it."""
    community_id = _community(place)
    may_manage = community_id is not None and actor.holds(MANAGE_GUIDE)
    return _guide(session, community_id, q, category, after, is_staff=True, may_manage=may_manage)


@get("/guide/poster", needs=READ_GUIDE)
def print_guide(
    session: ScopedSession, place: Place, house: Any, category: Chosen = "", paper: Paper = "a4"
) -> Download:
    """A poster of one kind of waste, or of all, each on a page of its own, as PDF."""
    return make_poster(session, _community(place), house.settings.base_url, category_of(category), paper)


def _guide(
    session: ScopedSession,
    community_id: UUID | None,
    q: str,
    category: str,
    after: str,
    *,
    is_staff: bool = False,
    may_manage: bool = False,
) -> View:
    category = category_of(category)
    items, speaker = items_for(session, community_id), Speaker(session)
    asks = bool(q.strip() or category)
    found = find(items, q, category) if asks else []
    page = page_of(found, after, PAGE if q.strip() else _OF_A_KIND, key=lambda each: each.name)
    return View(
        "waste_sorting/guide.html",
        {
            "asks": asks,
            "words": q.strip(),
            "rows": [speaker.shown(each) for each in page.items],
            "next": page.next or "",
            "count": len(found),
            "kinds": [] if asks else speaker.kinds(items),
            "own": [] if asks else [speaker.shown(each) for each in items if each.own_id is not None],
            "categories": speaker.titles,
            "category": category,
            "tone": speaker.tones.get(category, ""),
            "is_staff": is_staff,
            "may_manage": may_manage,
            "has_own": community_id is not None,
        },
        fragment="waste_sorting/_guide_list.html",
    )


def _community(place: Place) -> UUID | None:
    return place.community.id if place.community else None


def _card(_session: ScopedSession, _actor: Actor) -> Mapping[str, Any]:
    return {}


GUIDE_PAGES = (
    Pages("resident", (show_guide,)),
    Pages("admin", (show_guide_to_staff, print_guide, *OWN_HANDLERS)),
    Pages("console", (show_guide_to_staff, print_guide, *CONSOLE_HANDLERS)),
)
GUIDE_CARDS = (Card("resident", "什么垃圾投哪里", "waste_sorting/guide_card.html", _card, needs=VIEW, order=55),)
