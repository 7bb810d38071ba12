"""The JSON API of one's own household's points."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Limit,
    NotFound,
    Page,
    Place,
    ScopedSession,
    Stay,
    door_labels,
    get,
    page_of,
    post,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.points import catalogue, codes, days, ledger, purses, redeeming, repository
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.permissions import VIEW_POINTS
from linli_waste_sorting.points.repository import EntryFilter
from linli_waste_sorting.points.schemas import (
    MOST_LOTS,
    DayOut,
    EntryOut,
    HomeBody,
    ItemOut,
    LotOut,
    OwnPurse,
    RedemptionOut,
    ReserveBody,
)


@get("/points/mine", needs=VIEW_POINTS)
def list_own_points(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[OwnPurse]:
    """What one's own households hold, until when it is good, and their codes"""
    held = purses.own_held(session, actor, community_of(place))
    found = [_own_out(session, stay, purse) for stay, purse in held if purse is not None]
    return page_of(found, after, limit, key=lambda each: str(each.id))


@post("/points/mine/code", needs=VIEW_POINTS, status=200)
def renew_own_code(session: ScopedSession, actor: Actor, place: Place, data: HomeBody) -> OwnPurse:
    """Draw a code for one's own household, the first or another; the one before is worth nothing from then on"""
    community_id = community_of(place)
    purse = purses.renew_code(session, actor, community_id, data.dwelling_id)
    stays = purses.own_stays(session, actor, community_id)
    stay = next(each for each in stays if each.dwelling_id == purse.dwelling_id)
    return _own_out(session, stay, purse)


@get("/points/mine/entries", needs=VIEW_POINTS)
def list_own_entries(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    purse_id: UUID | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[EntryOut]:
    """Every movement of one's own points, the newest first; of the first household where none is named"""
    community_id = community_of(place)
    mine = [purse for _stay, purse in purses.own_held(session, actor, community_id) if purse is not None]
    purse = next((each for each in mine if purse_id in (None, each.id)), None)
    if purse is None:
        if purse_id is not None:
            raise NotFound(_("没有找到您家的积分账户"))
        return Page(items=[])
    rows, following = repository.page_of_entries(
        session, None, VIEW_POINTS, community_id, EntryFilter(purse_id=purse.id), after=after, limit=limit
    )
    return Page(items=[repository.entry_out(each) for each in rows], next=following)


@get("/points/mine/catalogue", needs=VIEW_POINTS)
def list_offered(session: ScopedSession, place: Place, after: After = "", limit: Limit = PAGE) -> Page[ItemOut]:
    """What points are redeemed for now, the cheapest first"""
    found = [catalogue.item_out(each) for each in catalogue.offered(session, community_of(place))]
    return page_of(found, after, limit, key=lambda each: str(each.id))


@get("/points/mine/days", needs=VIEW_POINTS)
def list_own_days(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[DayOut]:
    """The redemption days to come where one is at home"""
    community_id = community_of(place)
    compounds = {each.compound_id for each in purses.own_stays(session, actor, community_id)}
    found = [days.day_out(each) for each in days.coming_days(session, community_id, compounds)] if compounds else []
    return page_of(found, after, limit, key=lambda each: str(each.id))


@get("/points/mine/redemptions", needs=VIEW_POINTS)
def list_own_redemptions(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[RedemptionOut]:
    """What one's own households have reserved and fetched, the newest first"""
    community_id = community_of(place)
    mine = [purse.id for _stay, purse in purses.own_held(session, actor, community_id) if purse is not None]
    rows, following = repository.page_of_redemptions(
        session, None, VIEW_POINTS, community_id, purses=mine, after=after, limit=limit
    )
    items = [repository.redemption_out(row, item, day) for row, item, day, _purse in rows]
    return Page(items=items, next=following)


@post("/points/mine/redemptions", needs=VIEW_POINTS)
def reserve_item(session: ScopedSession, actor: Actor, place: Place, data: ReserveBody) -> RedemptionOut:
    """Reserve a thing for one's own household; the same again gives what was reserved the first time"""
    row = redeeming.reserve(session, actor, community_of(place), data)
    return _redemption(session, place, row.id)


@post("/points/mine/redemptions/{redemption_id:uuid}/cancel", needs=VIEW_POINTS, status=200)
def cancel_own_redemption(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> RedemptionOut:
    """Take back what one's own household has reserved, until the day begins. A second call changes nothing"""
    row = redeeming.cancel_own(session, actor, community_of(place), redemption_id)
    return _redemption(session, place, row.id)


def _redemption(session: ScopedSession, place: Place, redemption_id: UUID) -> RedemptionOut:
    row, item, day, _purse = repository.find_redemption(session, None, VIEW_POINTS, community_of(place), redemption_id)
    return repository.redemption_out(row, item, day)


def _own_out(session: ScopedSession, stay: Stay, purse: Purse) -> OwnPurse:
    lots, shown = ledger.lots_of(session, purse.id)[:MOST_LOTS], codes.phone_code(purse)
    return OwnPurse(
        id=purse.id,
        community_id=purse.community_id,
        compound_id=purse.compound_id,
        dwelling_id=purse.dwelling_id,
        door=door_labels(session, [stay.dwelling_id]).get(stay.dwelling_id, ""),
        balance=purse.balance,
        closed_at=purse.closed_at,
        code=shown.code,
        code_until=shown.until,
        lots=[LotOut(ends_on=each.ends_on, points=each.points) for each in lots],
    )


OWN_POINTS = (
    list_own_points,
    renew_own_code,
    list_own_entries,
    list_offered,
    list_own_days,
    list_own_redemptions,
    reserve_item,
    cancel_own_redemption,
)
