"""The JSON API of the catalogue, the redemption days and what is handed over."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from linli.sdk import PAGE, Actor, After, Limit, Page, Place, ScopedSession, get, post, put
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.photos import LARGEST_BODY, decoded, photos_out
from linli_waste_sorting.points import catalogue, days, pictures, redeeming, repository
from linli_waste_sorting.points.models import Item
from linli_waste_sorting.points.permissions import HAND_OVER, MANAGE_REDEMPTION
from linli_waste_sorting.points.schemas import (
    DayOut,
    DaysOut,
    DaysPlan,
    DayWrite,
    ItemCreate,
    ItemDetail,
    ItemOut,
    ItemPhoto,
    ItemWrite,
    RedeemBody,
    RedemptionLine,
    RedemptionState,
    StockBody,
    WhyBody,
)

RedemptionSort = Literal["created_at", "-created_at", "at", "-at", "points", "-points", "day", "-day"]


@get("/points/items", needs=HAND_OVER)
def list_items(
    session: ScopedSession,
    place: Place,
    closed: bool | None = None,
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[ItemOut]:
    """The catalogue; with `closed` what is no longer redeemed, or only the rest"""
    rows, following = catalogue.page_of_items(session, community_of(place), closed=closed, after=after, limit=limit)
    return Page(items=[catalogue.item_out(each) for each in rows], next=str(following) if following else None)


@post("/points/items", needs=MANAGE_REDEMPTION)
def create_item(session: ScopedSession, actor: Actor, place: Place, data: ItemCreate) -> ItemOut:
    """Add a thing to the catalogue"""
    return catalogue.item_out(catalogue.create_item(session, actor, community_of(place), data))


@get("/points/items/{item_id:uuid}", needs=HAND_OVER)
def show_item(session: ScopedSession, place: Place, item_id: UUID) -> ItemDetail:
    """One thing of the catalogue with its photo"""
    return _detail(session, place, catalogue.get_item(session, community_of(place), item_id))


@put("/points/items/{item_id:uuid}", needs=MANAGE_REDEMPTION)
def update_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, data: ItemWrite) -> ItemOut:
    """Change a thing; what is reserved stays as it was promised"""
    return catalogue.item_out(catalogue.update_item(session, actor, community_of(place), item_id, data))


@post("/points/items/{item_id:uuid}/stock", needs=MANAGE_REDEMPTION, status=200)
def change_stock(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, data: StockBody) -> ItemOut:
    """Count pieces in, or out below zero, for a reason"""
    return catalogue.item_out(catalogue.change_stock(session, actor, community_of(place), item_id, data))


@put("/points/items/{item_id:uuid}/photo", needs=MANAGE_REDEMPTION, max_body=LARGEST_BODY)
def set_item_photo(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, data: ItemPhoto) -> ItemDetail:
    """Give a thing a photo in place of the one it has; null takes it away"""
    photos = decoded([data.photo] if data.photo else [], "photo")
    return _detail(session, place, pictures.set_photo(session, actor, community_of(place), item_id, photos))


@post("/points/items/{item_id:uuid}/close", needs=MANAGE_REDEMPTION, status=200)
def close_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID) -> ItemOut:
    """Take a thing out of the catalogue. A second call changes nothing"""
    return catalogue.item_out(catalogue.close_item(session, actor, community_of(place), item_id))


@post("/points/items/{item_id:uuid}/reopen", needs=MANAGE_REDEMPTION, status=200)
def reopen_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID) -> ItemOut:
    """Put a thing into the catalogue again. A second call changes nothing"""
    return catalogue.item_out(catalogue.reopen_item(session, actor, community_of(place), item_id))


@get("/points/days", needs=HAND_OVER)
def list_redemption_days(
    session: ScopedSession, place: Place, since: date | None = None, after: UUID | None = None, limit: Limit = PAGE
) -> Page[DayOut]:
    """The redemption days, the newest first; with `since` those from that day on, the next one first"""
    rows, following = days.page_of_days(session, community_of(place), since=since, after=after, limit=limit)
    return Page(items=[days.day_out(each) for each in rows], next=str(following) if following else None)


@post("/points/days", needs=MANAGE_REDEMPTION)
def create_redemption_day(session: ScopedSession, actor: Actor, place: Place, data: DayWrite) -> DayOut:
    """Set up a redemption day"""
    return days.day_out(days.create_day(session, actor, community_of(place), data))


@post("/points/days/plan", needs=MANAGE_REDEMPTION)
def plan_redemption_days(session: ScopedSession, actor: Actor, place: Place, data: DaysPlan) -> DaysOut:
    """Set up the redemption day of each of the coming months on the day that the rule names; those that stand stay"""
    made = days.plan_days(session, actor, community_of(place), data)
    return DaysOut(days=[days.day_out(each) for each in made])


@get("/points/days/{day_id:uuid}", needs=HAND_OVER)
def show_redemption_day(session: ScopedSession, place: Place, day_id: UUID) -> DayOut:
    """One redemption day"""
    return days.day_out(days.get_day(session, community_of(place), day_id))


@put("/points/days/{day_id:uuid}", needs=MANAGE_REDEMPTION)
def update_redemption_day(session: ScopedSession, actor: Actor, place: Place, day_id: UUID, data: DayWrite) -> DayOut:
    """Change a day that is still to come; once somebody has reserved, its date and compound stay"""
    return days.day_out(redeeming.update_day(session, actor, community_of(place), day_id, data))


@post("/points/days/{day_id:uuid}/cancel", needs=MANAGE_REDEMPTION, status=200)
def cancel_redemption_day(session: ScopedSession, actor: Actor, place: Place, day_id: UUID, data: WhyBody) -> DayOut:
    """Let a day not take place: all that was reserved for it comes back, and the households are told why"""
    return days.day_out(redeeming.cancel_day(session, actor, community_of(place), day_id, data.reason))


@get("/points/redemptions", needs=HAND_OVER)
def list_redemptions(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    state: RedemptionState | None = None,
    day_id: UUID | None = None,
    sort: RedemptionSort = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[RedemptionLine]:
    """What is reserved and was handed over, the newest first"""
    rows, following = repository.page_of_redemptions(
        session,
        actor,
        HAND_OVER,
        community_of(place),
        state=state or "",
        day_id=day_id,
        sort=sort,
        after=after,
        limit=limit,
    )
    doors = repository.doors_of(session, [each[3] for each in rows])
    items = [repository.redemption_line(row, item, day, doors.get(purse.id, "")) for row, item, day, purse in rows]
    return Page(items=items, next=following)


@post("/points/redemptions", needs=HAND_OVER)
def redeem_at_desk(session: ScopedSession, actor: Actor, place: Place, data: RedeemBody) -> RedemptionLine:
    """Hand a thing over at once to the household whose code was read; sent again with `once` nothing more"""
    row = redeeming.redeem_at_desk(session, actor, community_of(place), data)
    return _one(session, actor, place, row.id)


@get("/points/redemptions/{redemption_id:uuid}", needs=HAND_OVER)
def show_redemption(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> RedemptionLine:
    """One of them"""
    return _one(session, actor, place, redemption_id)


@post("/points/redemptions/{redemption_id:uuid}/hand", needs=HAND_OVER, status=200)
def hand_over(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> RedemptionLine:
    """Note that what was reserved was handed over. A second call changes nothing"""
    redeeming.hand_over(session, actor, community_of(place), redemption_id)
    return _one(session, actor, place, redemption_id)


@post("/points/redemptions/{redemption_id:uuid}/cancel", needs=HAND_OVER, status=200)
def cancel_redemption(
    session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID, data: WhyBody
) -> RedemptionLine:
    """Take a redemption back; points and stock come back, and the household is told why"""
    redeeming.cancel_as_staff(session, actor, community_of(place), redemption_id, data.reason)
    return _one(session, actor, place, redemption_id)


def _one(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> RedemptionLine:
    row, item, day, purse = repository.find_redemption(session, actor, HAND_OVER, community_of(place), redemption_id)
    door = repository.doors_of(session, [purse]).get(purse.id, "")
    return repository.redemption_line(row, item, day, door)


def _detail(session: ScopedSession, place: Place, row: Item) -> ItemDetail:
    plain = {name: getattr(row, name) for name in ItemOut.__struct_fields__}
    photo = pictures.photo_of(session, row.id)
    return ItemDetail(**plain, photos=photos_out(place, [photo] if photo else []))


REDEMPTION_ROUTES = (
    list_items,
    create_item,
    show_item,
    update_item,
    change_stock,
    set_item_photo,
    close_item,
    reopen_item,
    list_redemption_days,
    create_redemption_day,
    plan_redemption_days,
    show_redemption_day,
    update_redemption_day,
    cancel_redemption_day,
    list_redemptions,
    redeem_at_desk,
    show_redemption,
    hand_over,
    cancel_redemption,
)
