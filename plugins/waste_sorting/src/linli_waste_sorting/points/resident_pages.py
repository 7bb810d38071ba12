"""The pages of a household: its points and when they end, its code, the catalogue, and what it has reserved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Download,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    Stay,
    View,
    door_labels,
    get,
    place_names,
    post,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.points import catalogue, codes, days, ledger, pictures, purses, redeeming, repository, terms
from linli_waste_sorting.points.forms import OwnForm, ReserveForm
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.permissions import VIEW_POINTS
from linli_waste_sorting.points.repository import EntryFilter
from linli_waste_sorting.points.rule_keys import BAG, CAPS, HOUSEHOLD_CAP, PICKUP, WATCH_HOUR, WINDOWS
from linli_waste_sorting.points.schemas import ReserveBody
from linli_waste_sorting.points.shown import lines_of, picture_of, redemptions_of, spaced
from linli_waste_sorting.points.words import CUTS, PERIODS, SOURCES, STATES, titles

_HERE = "/waste_sorting/points"
#: Lines of the first page, and what one was not given in full.
_RECENT, _CUT = 10, 5
_MINE = 30
#: Seconds after which a phone asks for the next code: before the one that it shows is over.
_FRESH = int(codes.LIFE.total_seconds() * 0.8)


@get("/points", needs=VIEW_POINTS)
def show_own_points(session: ScopedSession, actor: Actor, place: Place) -> View:
    """What one's own household holds, what became of it, and how one earns."""
    community_id = community_of(place)
    held = purses.own_held(session, actor, community_id)
    mine = [purse for _stay, purse in held if purse is not None]
    rows, _more = repository.page_of_redemptions(
        session, None, VIEW_POINTS, community_id, purses=[each.id for each in mine], limit=_MINE
    )
    lines = redemptions_of(rows, {})
    compound_id = held[0][0].compound_id if held else None
    return View(
        "waste_sorting/points_own.html",
        {
            "homes": [_home(session, stay, purse) for stay, purse in held],
            "doors": door_labels(session, [stay.dwelling_id for stay, _purse in held]),
            "waiting": [each for each in lines if each["row"].state == "reserved"],
            "past": [each for each in lines if each["row"].state != "reserved"],
            "states": titles(STATES),
            "cuts": titles(CUTS),
            "sources": titles(SOURCES),
            "ways": _ways(session, compound_id) if compound_id else [],
        },
    )


@get("/points/history", needs=VIEW_POINTS)
def show_own_history(
    session: ScopedSession, actor: Actor, place: Place, purse_id: UUID | None = None, after: str = ""
) -> View:
    """Every movement of one's own points."""
    community_id = community_of(place)
    mine = [purse for _stay, purse in purses.own_held(session, actor, community_id) if purse is not None]
    purse = next((each for each in mine if purse_id in (None, each.id)), None)
    if purse is None and purse_id is not None:
        raise NotFound(_("没有找到您家的积分账户"))
    rows, following = (
        repository.page_of_entries(
            session, None, VIEW_POINTS, community_id, EntryFilter(purse_id=purse.id), after=after
        )
        if purse is not None
        else ([], None)
    )
    return View(
        "waste_sorting/points_history.html",
        {"rows": lines_of(rows), "next": following},
        fragment="waste_sorting/_points_history.html",
    )


@get("/points/code", needs=VIEW_POINTS)
def show_own_code(session: ScopedSession, actor: Actor, place: Place) -> View:
    """The household's code, to be held out at the bins and at the desk."""
    held = purses.own_held(session, actor, community_of(place))
    return View(
        "waste_sorting/points_code.html",
        {
            "homes": [
                {"stay": stay, "purse": purse, "shown": codes.phone_code(purse) if purse else None}
                for stay, purse in held
            ],
            "doors": door_labels(session, [stay.dwelling_id for stay, _purse in held]),
            "spaced": spaced,
            "seconds": _FRESH,
        },
        fragment="waste_sorting/_points_codes.html",
    )


@get("/points/code/{purse_id:uuid}/picture", needs=VIEW_POINTS)
def draw_own_code(session: ScopedSession, actor: Actor, place: Place, house: Any, purse_id: UUID) -> Download:
    """The picture of the code."""
    held = purses.own_held(session, actor, community_of(place))
    purse = next((each for _stay, each in held if each is not None and each.id == purse_id), None)
    if purse is None:
        raise NotFound(_("没有找到您家的积分账户"))
    return picture_of(house, place_names(session, purse.community_id).path, codes.phone_code(purse).code)


@post("/points/code/renew", needs=VIEW_POINTS, retry=show_own_code)
def renew_own_code(session: ScopedSession, actor: Actor, place: Place, data: OwnForm) -> Redirect:
    """Get a code, or another one."""
    purses.renew_code(session, actor, community_of(place), data.dwelling_id)
    return Redirect(f"{_HERE}/code", _("这是您家新的家庭码，旧的和卡都已经失效"))


@get("/points/catalogue", needs=VIEW_POINTS)
def show_catalogue(session: ScopedSession, actor: Actor, place: Place) -> View:
    """What points are redeemed for, the cheapest first."""
    community_id = community_of(place)
    held = [purse for _stay, purse in purses.own_held(session, actor, community_id) if purse is not None]
    balance = max((each.balance for each in held), default=0)
    items = catalogue.offered(session, community_id)
    photos = pictures.photos_by_item(session, [each.id for each in items])
    return View(
        "waste_sorting/points_catalogue.html",
        {"items": [(each, photos.get(each.id)) for each in items], "balance": balance, "periods": titles(PERIODS)},
    )


@get("/points/catalogue/{item_id:uuid}", needs=VIEW_POINTS)
def show_offered(session: ScopedSession, actor: Actor, place: Place, item_id: UUID) -> View:
    """One thing, and the form to reserve it for a redemption day."""
    community_id = community_of(place)
    item = catalogue.get_item(session, community_id, item_id)
    held = purses.own_held(session, actor, community_id)
    mine = [(stay, purse) for stay, purse in held if purse is not None]
    doors = door_labels(session, [stay.dwelling_id for stay, _purse in mine])
    offered = days.coming_days(session, community_id, {stay.compound_id for stay, _purse in mine})
    return View(
        "waste_sorting/points_offer.html",
        {
            "item": item,
            "photo": pictures.photo_of(session, item.id),
            "periods": titles(PERIODS),
            "days": {str(each.id): days.day_text(each) for each in offered},
            "purses": {str(purse.id): doors.get(stay.dwelling_id, "—") for stay, purse in mine},
            "balance": max((purse.balance for _stay, purse in mine), default=0),
        },
    )


@post("/points/catalogue/{item_id:uuid}", needs=VIEW_POINTS, retry=show_offered)
def reserve_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, data: ReserveForm) -> Redirect:
    """Reserve it."""
    wanted = ReserveBody(item_id=item_id, day_id=data.day_id, pieces=data.pieces, purse_id=data.purse_id)
    row = redeeming.reserve(session, actor, community_of(place), wanted)
    return Redirect(_HERE, _("已预约，用了 {n} 分，请在兑换日带家庭码领取").format(n=row.points))


@post("/points/redemptions/{redemption_id:uuid}/cancel", needs=VIEW_POINTS)
def cancel_own_redemption(session: ScopedSession, actor: Actor, place: Place, redemption_id: UUID) -> Redirect:
    """Take it back."""
    redeeming.cancel_own(session, actor, community_of(place), redemption_id)
    return Redirect(_HERE, _("已取消，积分已退回"))


def _home(session: ScopedSession, stay: Stay, purse: Purse | None) -> dict[str, Any]:
    if purse is None:
        return {"stay": stay, "purse": None, "lots": [], "rows": [], "cut": []}
    wanted = EntryFilter(purse_id=purse.id)
    rows, _more = repository.page_of_entries(session, None, VIEW_POINTS, purse.community_id, wanted, limit=_RECENT)
    return {
        "stay": stay,
        "purse": purse,
        "lots": ledger.lots_of(session, purse.id),
        "rows": lines_of(rows),
        "cut": repository.capped_claims(session, purse.id, _CUT),
    }


def _ways(session: ScopedSession, compound_id: UUID) -> list[tuple[str, str]]:
    """How one earns, in words: what for, and how many."""

    def each(key: str) -> int:
        return terms.number(session, key, compound_id) or 0

    named = (
        (BAG, "bag", _("一袋垃圾分对"), _("每袋 {n} 分，每天最多 {m} 分")),
        (WATCH_HOUR, "watch", _("桶站值守"), _("每小时 {n} 分，每天最多 {m} 分")),
        (PICKUP, "pickup", _("预约上门回收"), _("每次 {n} 分，每天最多 {m} 分")),
    )
    found = [(title, words.format(n=each(key), m=each(CAPS[rule]))) for key, rule, title, words in named if each(key)]
    found.append((_("每户每天一共"), _("最多 {n} 分").format(n=each(HOUSEHOLD_CAP))))
    hours = terms.words(session, WINDOWS, compound_id)
    return [*found, (_("投放垃圾计分的时段"), hours)] if hours else found


POINT_RESIDENT = (
    show_own_points,
    show_own_history,
    show_own_code,
    draw_own_code,
    renew_own_code,
    show_catalogue,
    show_offered,
    reserve_item,
    cancel_own_redemption,
)
