"""The pages on which staff see the points of a community: how it stands, the ledger, one household, one entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Download,
    Invalid,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    Series,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    column_chart,
    community_outline,
    every_row,
    get,
    new_id,
    place_names,
    post,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.inspections.doors import find_dwelling
from linli_waste_sorting.listing import ENTRIES
from linli_waste_sorting.points import auditing, giving, ledger, purses, repository, sums, terms
from linli_waste_sorting.points.forms import GrantForm, WhyForm, entry_filter
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.permissions import AUDIT, GRANT, READ_POINTS
from linli_waste_sorting.points.repository import EntryFilter
from linli_waste_sorting.points.rule_keys import GRANT_ALONE, GRANT_MOST
from linli_waste_sorting.points.shown import doors_like, lines_of, picture_of, spaced
from linli_waste_sorting.points.words import CUTS, KINDS, SOURCES, titles
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.schemas import Words

#: Months that the charts show, and rows of a household's page.
_MONTHS, _RECENT = 6, 50


@get("/points", needs=READ_POINTS)
def show_points(session: ScopedSession, actor: Actor, place: Place) -> View:
    """How the community stands with its points."""
    community_id = community_of(place)
    months = _months(today(), _MONTHS)
    moved = sums.by_month(session, actor, READ_POINTS, community_id, months[0])
    shown = {kind: [moved.get(month, {}).get(kind, 0) for month in months] for kind in ("earn", "redeem", "expire")}
    chart = column_chart(
        _("每月的积分"),
        [_("{n}月").format(n=month.month) for month in months],
        [Series(_("发放"), shown["earn"]), Series(_("兑换"), shown["redeem"]), Series(_("到期"), shown["expire"])],
        unit=_("分"),
    )
    sources = sums.by_source(session, actor, READ_POINTS, community_id, today().replace(day=1))
    # Who works for one compound sees the sums of that compound alone, which the charts have.
    is_whole = compounds_of(actor, READ_POINTS, community_id) is None
    [total] = sums.sums_of_communities(session, [community_id], today().replace(day=1), today())
    return View(
        "waste_sorting/points_admin.html",
        {
            "sums": total if is_whole else None,
            "chart": chart,
            "sources": [(title, *sources.get(key, (0, 0))) for key, title in titles(SOURCES).items()],
            "accounts": ledger.sums_of_accounts(session, community_id) if is_whole else {},
            "account_titles": titles(_ACCOUNTS),
        },
    )


_ACCOUNTS = {
    "issued": "已发放",
    "household": "住户账户",
    "redeemed": "已兑换",
    "expired": "已到期",
    "reversed": "已冲回",
}


@get("/points/ledger", needs=READ_POINTS, table=ENTRIES)
def list_entries(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    kind: Words = "",
    source: Words = "",
    first: date | None = None,
    last: date | None = None,
    after: str = "",
) -> View:
    """Every movement of points, the newest first."""
    community_id = community_of(place)
    wanted = entry_filter(kind, source, first, last, doors_like(session, community_id, q))
    rows, following = repository.page_of_entries(
        session, actor, READ_POINTS, community_id, wanted, sort=table.sort, after=after
    )
    return View(
        "waste_sorting/points_ledger.html",
        {
            "rows": lines_of(rows),
            "doors": repository.doors_of(session, [each.purse for each in rows]),
            "next": following,
            "kinds": titles(KINDS),
            "sources": titles(SOURCES),
            "is_filtered": bool(q or kind or source or first or last),
        },
        fragment="waste_sorting/_points_ledger.html",
    )


@get("/points/ledger/export", needs=READ_POINTS, table=ENTRIES)
def export_points_ledger(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    kind: Words = "",
    source: Words = "",
    first: date | None = None,
    last: date | None = None,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The same as a file, in the order of the page; with all columns also both accounts of each movement."""
    community_id = community_of(place)
    wanted = entry_filter(kind, source, first, last, doors_like(session, community_id, q))
    rows = every_row(
        lambda after, limit: repository.page_of_entries(
            session, actor, READ_POINTS, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    doors = repository.doors_of(session, [each.purse for each in rows])
    named = titles(_ACCOUNTS)
    cells = (
        {
            "day": each["row"].day,
            "door": doors.get(each["purse"].id, ""),
            "told": each["told"],
            "points": each["points"],
            "expires_on": each["row"].expires_on,
            "by": each["by"],
            "note": each["note"],
            "debit": named[each["row"].debit],
            "credit": named[each["row"].credit],
        }
        for each in lines_of(rows)
    )
    more = {"note": _("说明"), "debit": _("从"), "credit": _("到")}
    return table_sheet(_("积分账目"), table, cells, file, columns, more=more)


@get("/points/purses/{purse_id:uuid}", needs=READ_POINTS)
def show_purse(session: ScopedSession, actor: Actor, place: Place, purse_id: UUID, after: str = "") -> View:
    """The points of one household."""
    purse = _purse(session, actor, place, purse_id)
    wanted = EntryFilter(purse_id=purse.id)
    rows, following = repository.page_of_entries(
        session, None, READ_POINTS, purse.community_id, wanted, after=after, limit=_RECENT
    )
    return View(
        "waste_sorting/points_purse.html",
        {
            "purse": purse,
            "door": repository.doors_of(session, [purse]).get(purse.id, "") or _("（已与门牌分开）"),
            "lots": ledger.lots_of(session, purse.id),
            "rows": lines_of(rows),
            "next": following,
            "cut": repository.capped_claims(session, purse.id, _RECENT),
            "cuts": titles(CUTS),
            "sources": titles(SOURCES),
            "may_card": actor.holds(GRANT) and purse.closed_at is None,
            "code": spaced(purse.code),
        },
    )


@post("/points/purses/{purse_id:uuid}/card", needs=GRANT, retry=show_purse)
def give_card(session: ScopedSession, actor: Actor, place: Place, purse_id: UUID) -> Redirect:
    """Give a household that has no phone a card."""
    row = giving.give_card(session, actor, community_of(place), purse_id)
    return Redirect(f"/waste_sorting/points/purses/{row.id}", _("已制卡，请打印出来交给住户"))


@get("/points/purses/{purse_id:uuid}/picture", needs=GRANT)
def draw_card(session: ScopedSession, actor: Actor, place: Place, house: Any, purse_id: UUID) -> Download:
    """The picture on a household's card."""
    purse = _purse(session, actor, place, purse_id, permission=GRANT)
    if purse.closed_at is not None or purse.carded_at is None:
        raise NotFound
    return picture_of(house, place_names(session, purse.community_id).path, purse.code)


@get("/points/entries/{entry_id:uuid}", needs=READ_POINTS)
def show_entry(session: ScopedSession, actor: Actor, place: Place, entry_id: UUID) -> View:
    """One movement of points, and the form to take it back."""
    line = repository.find_line(session, actor, READ_POINTS, community_of(place), entry_id)
    return View(
        "waste_sorting/points_entry.html",
        {
            "line": lines_of([line])[0],
            "claim": line.claim,
            "cuts": titles(CUTS),
            "accounts": titles(_ACCOUNTS),
            "door": repository.doors_of(session, [line.purse]).get(line.purse.id, "") or _("（已与门牌分开）"),
            "may_reverse": actor.holds(AUDIT) and line.entry.kind == "earn" and not line.is_reversed,
        },
    )


@post("/points/entries/{entry_id:uuid}/reverse", needs=AUDIT, retry=show_entry)
def reverse_points(session: ScopedSession, actor: Actor, place: Place, entry_id: UUID, data: WhyForm) -> Redirect:
    """Take points back."""
    row = auditing.reverse(session, actor, community_of(place), entry_id, data.reason)
    return Redirect(f"/waste_sorting/points/entries/{entry_id}", _("已冲回 {n} 分，已通知住户").format(n=row.points))


@get("/points/grant", needs=GRANT)
def new_grant(session: ScopedSession, place: Place) -> View:
    """The form to give points by hand."""
    outline = community_outline(session, community_of(place))
    return View(
        "waste_sorting/points_grant.html",
        {
            "buildings": [(each.name, [(str(one.id), one.name) for one in each.buildings]) for each in outline],
            "alone": terms.number(session, GRANT_ALONE),
            "most": terms.number(session, GRANT_MOST),
            "once": str(new_id()),
        },
    )


@post("/points/grant", needs=GRANT, retry=new_grant)
def grant_points(session: ScopedSession, actor: Actor, place: Place, data: GrantForm) -> Redirect:
    """Give points by hand."""
    community_id = community_of(place)
    known = {one.id for each in community_outline(session, community_id) for one in each.buildings}
    if data.building_id not in known:
        raise Invalid.one("building_id", _("没有找到这栋楼"), _("请选择本社区的楼"))
    dwelling_id = find_dwelling(session, community_id, data.building_id, data.door)
    claim = giving.grant(session, actor, community_id, dwelling_id, data.points, data.reason, data.once)
    return Redirect(f"/waste_sorting/points/purses/{claim.purse_id}", _("已发 {n} 分").format(n=claim.given))


def _purse(
    session: ScopedSession, actor: Actor, place: Place, purse_id: UUID, *, permission: str = READ_POINTS
) -> Purse:
    purse = purses.find_purse(session, community_of(place), purse_id)
    if not giving.may(actor, permission, purse):
        raise NotFound(_("没有找到这个积分账户"))
    return purse


def _months(day: date, number: int) -> list[date]:
    months = [day.replace(day=1)]
    while len(months) < number:
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    return months


POINT_ADMIN = (
    show_points,
    list_entries,
    *table_pages(list_entries),
    export_points_ledger,
    show_purse,
    give_card,
    draw_card,
    show_entry,
    reverse_points,
    new_grant,
    grant_points,
)
