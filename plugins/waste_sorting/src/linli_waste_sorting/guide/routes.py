"""The JSON API of the guide: the same as the portals can do."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import PAGE, Actor, After, Api, Limit, Page, Place, ScopedSession, delete, get, page_of, post, put
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.guide import service
from linli_waste_sorting.guide.catalogue import Item
from linli_waste_sorting.guide.finding import find
from linli_waste_sorting.guide.pages import print_guide
from linli_waste_sorting.guide.permissions import MANAGE_GUIDE, READ_GUIDE
from linli_waste_sorting.guide.schemas import GuideEntry, GuideItemOut, GuideItemWrite
from linli_waste_sorting.guide.service import OwnFilter
from linli_waste_sorting.guide.showing import Speaker
from linli_waste_sorting.schemas import Category, Words


@get("/guide", public=True)
def list_guide(
    session: ScopedSession,
    place: Place,
    q: Words = "",
    category: Category | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[GuideEntry]:
    """What goes where in this community, its own rules first; by Chinese, pinyin, its first letters or English"""
    return _entries(session, place, q, category, after, limit)


@get("/guide", needs=READ_GUIDE)
def list_guide_of_street(
    session: ScopedSession,
    place: Place,
    q: Words = "",
    category: Category | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[GuideEntry]:
    """What goes where, without what communities have settled for themselves"""
    return _entries(session, place, q, category, after, limit)


@get("/guide/own", needs=READ_GUIDE)
def list_own_items(
    session: ScopedSession,
    place: Place,
    q: Words = "",
    category: Category | None = None,
    community_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[GuideItemOut]:
    """What the community, or each of the street's communities, has settled for its own place"""
    where = place.community.id if place.community else community_id
    wanted = OwnFilter(words=q, category=category or "")
    rows, following = service.page_of_own(session, where, wanted, after=after, limit=limit)
    return Page(items=[service.own_out(row) for row in rows], next=str(following) if following else None)


@get("/guide/own/{guide_item_id:uuid}", needs=READ_GUIDE)
def show_own_item(session: ScopedSession, place: Place, guide_item_id: UUID) -> GuideItemOut:
    """One of them"""
    where = place.community.id if place.community else None
    return service.own_out(service.get_own(session, where, guide_item_id))


@post("/guide/own", needs=MANAGE_GUIDE)
def add_own(session: ScopedSession, actor: Actor, place: Place, data: GuideItemWrite) -> GuideItemOut:
    """Settle where something goes in this community, whether the shared list names it or not"""
    return service.own_out(service.add_own(session, actor, community_of(place), data))


@put("/guide/own/{guide_item_id:uuid}", needs=MANAGE_GUIDE)
def update_own(
    session: ScopedSession, actor: Actor, place: Place, guide_item_id: UUID, data: GuideItemWrite
) -> GuideItemOut:
    """Change what the community has settled"""
    return service.own_out(service.update_own(session, actor, community_of(place), guide_item_id, data))


@delete("/guide/own/{guide_item_id:uuid}", needs=MANAGE_GUIDE)
def remove_own(session: ScopedSession, actor: Actor, place: Place, guide_item_id: UUID) -> None:
    """Take it away: the shared list holds again"""
    service.remove_own(session, actor, community_of(place), guide_item_id)


def _entries(
    session: ScopedSession, place: Place, q: str, category: Category | None, after: str, limit: int
) -> Page[GuideEntry]:
    speaker = Speaker(session)
    found = find(service.items_for(session, place.community.id if place.community else None), q, category or "")
    page = page_of(found, after, limit, key=lambda each: each.name)
    return Page(items=[_entry(speaker, each) for each in page.items], next=page.next)


def _entry(speaker: Speaker, item: Item) -> GuideEntry:
    return GuideEntry(
        name=item.name,
        english=item.english,
        aliases=list(item.aliases),
        category=item.category,
        category_title=speaker.titles[item.category],
        hint=speaker.hint(item),
        is_own=item.own_id is not None,
    )


GUIDE_APIS = (
    Api("street", (list_guide_of_street, list_own_items, show_own_item, print_guide)),
    Api("community", (list_guide, list_own_items, show_own_item, add_own, update_own, remove_own, print_guide)),
)
