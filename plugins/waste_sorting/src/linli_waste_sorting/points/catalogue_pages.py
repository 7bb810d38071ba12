"""The pages on which staff set up the catalogue and the redemption days."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import Actor, Form, Place, Redirect, ScopedSession, View, get, photos_of, post, today
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.photos import LARGEST_FORM
from linli_waste_sorting.points import catalogue, days, pictures, redeeming, repository, terms
from linli_waste_sorting.points.forms import DayForm, PlanForm, WhyForm
from linli_waste_sorting.points.models import Item, RedemptionDay
from linli_waste_sorting.points.permissions import HAND_OVER, MANAGE_REDEMPTION
from linli_waste_sorting.points.rule_keys import REDEMPTION_DAY
from linli_waste_sorting.points.schemas import ItemCreate, ItemWrite, StockBody
from linli_waste_sorting.points.shown import redemptions_of
from linli_waste_sorting.points.words import PERIODS, STATES, titles
from linli_waste_sorting.words import compound_names, span_text

#: Reservations of one day that its page shows: a sheet for the desk.
_OF_A_DAY = 500
_NEW_DAY = {"compound": "all", "day": "", "hours": "9:00-11:00", "place": "", "note": ""}


@get("/points/items", needs=HAND_OVER)
def list_items(
    session: ScopedSession, actor: Actor, place: Place, closed: bool = False, after: UUID | None = None
) -> View:
    """The catalogue."""
    rows, following = catalogue.page_of_items(
        session, community_of(place), closed=None if closed else False, after=after
    )
    return View(
        "waste_sorting/points_items.html",
        {
            "rows": rows,
            "next": str(following) if following else "",
            "periods": titles(PERIODS),
            "may_manage": actor.holds(MANAGE_REDEMPTION),
            "closed": closed,
        },
    )


@get("/points/items/new", needs=MANAGE_REDEMPTION)
def new_item() -> View:
    """An empty form."""
    return View("waste_sorting/points_item.html", {"row": None, "periods": titles(PERIODS), "photo": None})


@post("/points/items/new", needs=MANAGE_REDEMPTION, retry=new_item)
def create_item(session: ScopedSession, actor: Actor, place: Place, data: ItemCreate) -> Redirect:
    """Add a thing."""
    row = catalogue.create_item(session, actor, community_of(place), data)
    return _to_item(row, _("已添加，可以再加一张照片"))


@get("/points/items/{item_id:uuid}", needs=MANAGE_REDEMPTION)
def edit_item(session: ScopedSession, place: Place, item_id: UUID) -> View:
    """One thing: its form, its stock and its photo."""
    row = catalogue.get_item(session, community_of(place), item_id)
    return View(
        "waste_sorting/points_item.html",
        {"row": row, "periods": titles(PERIODS), "photo": pictures.photo_of(session, row.id)},
    )


@post("/points/items/{item_id:uuid}", needs=MANAGE_REDEMPTION, retry=edit_item)
def update_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, data: ItemWrite) -> Redirect:
    """Change a thing."""
    return _to_item(catalogue.update_item(session, actor, community_of(place), item_id, data), _("已保存"))


@post("/points/items/{item_id:uuid}/stock", needs=MANAGE_REDEMPTION, retry=edit_item)
def change_stock(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, data: StockBody) -> Redirect:
    """Count pieces in or out."""
    row = catalogue.change_stock(session, actor, community_of(place), item_id, data)
    return _to_item(row, _("现在有 {n} 件").format(n=row.stock))


@post("/points/items/{item_id:uuid}/photo", needs=MANAGE_REDEMPTION, retry=edit_item, max_body=LARGEST_FORM)
def set_item_photo(session: ScopedSession, actor: Actor, place: Place, item_id: UUID, form: Form) -> Redirect:
    """Give it a photo, or take it away."""
    row = pictures.set_photo(session, actor, community_of(place), item_id, photos_of(form, "photo", most=1))
    return _to_item(row, _("照片已更换"))


@post("/points/items/{item_id:uuid}/close", needs=MANAGE_REDEMPTION)
def close_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID) -> Redirect:
    """Take it out of the catalogue."""
    return _to_item(catalogue.close_item(session, actor, community_of(place), item_id), _("已停止兑换"))


@post("/points/items/{item_id:uuid}/reopen", needs=MANAGE_REDEMPTION, retry=edit_item)
def reopen_item(session: ScopedSession, actor: Actor, place: Place, item_id: UUID) -> Redirect:
    """Put it into the catalogue again."""
    return _to_item(catalogue.reopen_item(session, actor, community_of(place), item_id), _("已恢复兑换"))


@get("/points/days", needs=HAND_OVER)
def list_days(
    session: ScopedSession, actor: Actor, place: Place, past: bool = False, after: UUID | None = None
) -> View:
    """The redemption days to come, or all of them."""
    rows, following = days.page_of_days(session, community_of(place), since=None if past else today(), after=after)
    return View(
        "waste_sorting/points_days.html",
        {
            "rows": [(each, span_text(each.opens, each.closes)) for each in rows],
            "next": str(following) if following else "",
            "compounds": compound_names(session, community_of(place)),
            "may_manage": actor.holds(MANAGE_REDEMPTION),
            "past": past,
        },
    )


@get("/points/days/new", needs=MANAGE_REDEMPTION)
def new_day(session: ScopedSession, place: Place) -> View:
    """Two forms: one day, or that of each of the coming months."""
    return View("waste_sorting/points_day_form.html", {"row": None, "start": _NEW_DAY, **_day_form(session, place)})


@post("/points/days/new", needs=MANAGE_REDEMPTION, retry=new_day)
def create_redemption_day(session: ScopedSession, actor: Actor, place: Place, data: DayForm) -> Redirect:
    """Set up a day."""
    row = days.create_day(session, actor, community_of(place), data.written())
    return Redirect(f"/waste_sorting/points/days/{row.id}", _("兑换日已设置"))


@get("/points/days/plan", needs=MANAGE_REDEMPTION)
def new_plan(session: ScopedSession, place: Place) -> View:
    """The form for the coming months."""
    number = terms.number(session, REDEMPTION_DAY)
    return View("waste_sorting/points_day_plan.html", {"number": number, **_day_form(session, place)})


@post("/points/days/plan", needs=MANAGE_REDEMPTION, retry=new_plan)
def plan_redemption_days(session: ScopedSession, actor: Actor, place: Place, data: PlanForm) -> Redirect:
    """Set up the days of the coming months."""
    made = days.plan_days(session, actor, community_of(place), data.written())
    return Redirect("/waste_sorting/points/days", _("已设置 {n} 个兑换日").format(n=len(made)))


@get("/points/days/{day_id:uuid}", needs=HAND_OVER)
def show_day(session: ScopedSession, actor: Actor, place: Place, day_id: UUID) -> View:
    """One day and what is reserved for it: the sheet for the desk."""
    row = days.get_day(session, community_of(place), day_id)
    found, _more = repository.page_of_redemptions(
        session, actor, HAND_OVER, row.community_id, day_id=row.id, limit=_OF_A_DAY
    )
    doors = repository.doors_of(session, [each[3] for each in found])
    lines = sorted(redemptions_of(found, doors), key=lambda each: (each["door"], each["item"]))
    return View(
        "waste_sorting/points_day.html",
        {
            "row": row,
            "hours": span_text(row.opens, row.closes),
            "compound": _compound(session, place, row),
            "lines": lines,
            "states": titles(STATES),
            "may_manage": actor.holds(MANAGE_REDEMPTION) and row.cancelled_at is None and row.day >= today(),
        },
    )


@get("/points/days/{day_id:uuid}/edit", needs=MANAGE_REDEMPTION)
def edit_day(session: ScopedSession, place: Place, day_id: UUID) -> View:
    """The form of a day."""
    row = days.get_day(session, community_of(place), day_id)
    start = {
        "compound": str(row.compound_id) if row.compound_id else "all",
        "day": row.day.isoformat(),
        "hours": f"{row.opens:%H:%M}-{row.closes:%H:%M}",
        "place": row.place,
        "note": row.note,
    }
    return View("waste_sorting/points_day_form.html", {"row": row, "start": start, **_day_form(session, place)})


@post("/points/days/{day_id:uuid}/edit", needs=MANAGE_REDEMPTION, retry=edit_day)
def update_redemption_day(session: ScopedSession, actor: Actor, place: Place, day_id: UUID, data: DayForm) -> Redirect:
    """Change a day."""
    row = redeeming.update_day(session, actor, community_of(place), day_id, data.written())
    return Redirect(f"/waste_sorting/points/days/{row.id}", _("已保存"))


@post("/points/days/{day_id:uuid}/cancel", needs=MANAGE_REDEMPTION, retry=show_day)
def cancel_redemption_day(session: ScopedSession, actor: Actor, place: Place, day_id: UUID, data: WhyForm) -> Redirect:
    """Let a day not take place."""
    row = redeeming.cancel_day(session, actor, community_of(place), day_id, data.reason)
    return Redirect(f"/waste_sorting/points/days/{row.id}", _("已取消，预约的积分和库存都退回，已通知住户"))


def _to_item(row: Item, words: str) -> Redirect:
    return Redirect(f"/waste_sorting/points/items/{row.id}", words)


def _compound(session: ScopedSession, place: Place, row: RedemptionDay) -> str:
    if row.compound_id is None:
        return _("全部小区")
    return compound_names(session, community_of(place)).get(str(row.compound_id), "—")


def _day_form(session: ScopedSession, place: Place) -> dict[str, Any]:
    return {"compounds": {"all": _("全部小区"), **compound_names(session, community_of(place))}}


CATALOGUE_ADMIN = (
    list_items,
    new_item,
    create_item,
    edit_item,
    update_item,
    change_stock,
    set_item_photo,
    close_item,
    reopen_item,
    list_days,
    new_day,
    create_redemption_day,
    new_plan,
    plan_redemption_days,
    show_day,
    edit_day,
    update_redemption_day,
    cancel_redemption_day,
)
