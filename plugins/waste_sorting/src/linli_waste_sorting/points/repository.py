"""Queries over purses, entries and redemptions, narrowed to what staff may see; and the sums of communities."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, select, true
from sqlalchemy.orm import aliased

from linli.sdk import (
    PAGE,
    Actor,
    Invalid,
    NotFound,
    Order,
    ScopedSession,
    door_labels,
    sorted_slice,
)
from linli.sdk import gettext as _
from linli_waste_sorting.points.models import Claim, Entry, Item, Purse, Redemption, RedemptionDay
from linli_waste_sorting.points.schemas import EntryLine, EntryOut, PurseOut, RedemptionLine, RedemptionOut
from linli_waste_sorting.reach import compounds_of

#: What is redeemed, for what thing, on which day, by which household.
Redeemed = tuple[Redemption, Item, RedemptionDay | None, Purse]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are asked for.

    Attributes:
        kind: empty for all, as with the others.
        source: of what was earned.
        dwellings: only of these doors; ``None`` for all.
        purse_id: only of this purse.
        first: the first day.
        last: the last day.
    """

    kind: str = ""
    source: str = ""
    dwellings: Collection[UUID] | None = None
    purse_id: UUID | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with what it rests on."""

    entry: Entry
    purse: Purse
    claim: Claim | None
    item: str
    is_reversed: bool


#: The orders of the ledger; ids grow as it is written.
ENTRY_ORDERS = {
    "created_at": Order(),
    "day": Order(Entry.day, lambda row: row[0].day),
    "points": Order(Entry.points, lambda row: row[0].points),
}


def page_of_entries(
    session: ScopedSession,
    actor: Actor | None,
    permission: str,
    community_id: UUID,
    wanted: EntryFilter,
    *,
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[Line], str | None]:
    """A page of the ledger in an order of ``ENTRY_ORDERS``, and the ``after`` of the next one; ``None`` on the last.

    Args:
        session: of the community.
        actor: whose reach narrows it; ``None`` where the caller has narrowed it to purses that may be seen.
        permission: by which the actor sees them.
        community_id: whose ledger.
        wanted: which of them.
        sort: a name of ``ENTRY_ORDERS``, falling with ``-`` before it.
        after: the mark of the page before.
        limit: rows of a page.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = _lines(community_id, wanted).where(within(actor, permission, community_id))
    fresh = statement.execution_options(populate_existing=True)
    page = sorted_slice(
        session, fresh, Entry.id, ENTRY_ORDERS, sort, id_of=lambda row: row[0].id, after=after, limit=limit
    )
    return [Line(row[0], row[1], row[2], row[3] or "", bool(row[4])) for row in page.items], page.next


def purses_out(session: ScopedSession, purses: Sequence[Purse]) -> list[PurseOut]:
    """Purses as the API shows them."""
    doors = doors_of(session, purses)
    named = ("id", "community_id", "compound_id", "dwelling_id", "balance", "closed_at")
    return [PurseOut(**{name: getattr(each, name) for name in named}, door=doors.get(each.id, "")) for each in purses]


def page_of_claims(
    session: ScopedSession,
    actor: Actor,
    permission: str,
    community_id: UUID,
    *,
    source: str = "",
    purse_id: UUID | None = None,
    cut: bool | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Claim], UUID | None]:
    """A page of what was asked for, the newest first, and the ``after`` of the next one.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = (
        select(Claim)
        .join(Purse, and_(Purse.tenant_id == Claim.tenant_id, Purse.id == Claim.purse_id))
        .where(Claim.community_id == community_id, within(actor, permission, community_id))
    )
    if source:
        statement = statement.where(Claim.source == source)
    if purse_id is not None:
        statement = statement.where(Claim.purse_id == purse_id)
    if cut is not None:
        statement = statement.where(Claim.why != "" if cut else Claim.why == "")
    if after is not None:
        _check_known(session, Claim, community_id, after)
        statement = statement.where(Claim.id < after)
    rows = session.scalars(statement.order_by(Claim.id.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def find_line(session: ScopedSession, actor: Actor, permission: str, community_id: UUID, entry_id: UUID) -> Line:
    """One entry within the actor's reach.

    Raises:
        NotFound: there is none.
    """
    statement = _lines(community_id, EntryFilter()).where(within(actor, permission, community_id))
    row = session.execute(statement.where(Entry.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这笔积分"))
    return Line(row[0], row[1], row[2], row[3] or "", bool(row[4]))


def doors_of(session: ScopedSession, purses: Collection[Purse]) -> dict[UUID, str]:
    """Purse to its door as people write it; one query."""
    labels = door_labels(session, [each.dwelling_id for each in purses if each.dwelling_id])
    return {each.id: labels.get(each.dwelling_id, "") if each.dwelling_id else "" for each in purses}


def entry_out(line: Line) -> EntryOut:
    """As the household sees it."""
    return EntryOut(**_plain(line))


def entry_lines(session: ScopedSession, lines: Sequence[Line]) -> list[EntryLine]:
    """As staff see them."""
    doors = doors_of(session, [each.purse for each in lines])
    return [
        EntryLine(**_plain(each), door=doors.get(each.purse.id, ""), by=each.claim.acted_by_name if each.claim else "")
        for each in lines
    ]


#: The orders of what is redeemed; those handed over at the desk have no redemption day.
REDEMPTION_ORDERS = {
    "created_at": Order(),
    "at": Order(Redemption.at, lambda row: row[0].at),
    "points": Order(Redemption.points, lambda row: row[0].points),
    "day": Order(RedemptionDay.day, lambda row: row[2].day if row[2] is not None else None, is_nullable=True),
}


def page_of_redemptions(
    session: ScopedSession,
    actor: Actor | None,
    permission: str,
    community_id: UUID,
    *,
    state: str = "",
    day_id: UUID | None = None,
    purses: Collection[UUID] | None = None,
    dwellings: Collection[UUID] | None = None,
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[Redeemed], str | None]:
    """A page of what is and was redeemed in an order of ``REDEMPTION_ORDERS``; narrowed as ``page_of_entries``.

    Args:
        session: of the community.
        actor: whose reach narrows it; ``None`` where the caller has narrowed it.
        permission: by which the actor sees them.
        community_id: where.
        state: empty for all.
        day_id: only for this redemption day.
        purses: only of these purses; ``None`` for all.
        dwellings: only of these doors; ``None`` for all.
        sort: a name of ``REDEMPTION_ORDERS``, falling with ``-`` before it.
        after: the mark of the page before.
        limit: rows of a page.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = _redemptions(community_id).where(within(actor, permission, community_id))
    if state:
        statement = statement.where(Redemption.state == state)
    if day_id is not None:
        statement = statement.where(Redemption.day_id == day_id)
    if purses is not None:
        statement = statement.where(Redemption.purse_id.in_(purses))
    if dwellings is not None:
        statement = statement.where(Purse.dwelling_id.in_(dwellings))
    page = sorted_slice(
        session,
        statement,
        Redemption.id,
        REDEMPTION_ORDERS,
        sort,
        id_of=lambda row: row[0].id,
        after=after,
        limit=limit,
    )
    return [(row[0], row[1], row[2], row[3]) for row in page.items], page.next


def find_redemption(
    session: ScopedSession, actor: Actor | None, permission: str, community_id: UUID, redemption_id: UUID
) -> Redeemed:
    """One of them within the actor's reach; ``None`` where the caller has judged it.

    Raises:
        NotFound: there is none.
    """
    statement = _redemptions(community_id).where(within(actor, permission, community_id))
    row = session.execute(statement.where(Redemption.id == redemption_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这个兑换"))
    return row[0], row[1], row[2], row[3]


def redemption_out(row: Redemption, item: Item, day: RedemptionDay | None) -> RedemptionOut:
    """As the household sees it."""
    return RedemptionOut(**_redemption(row, item, day))


def redemption_line(row: Redemption, item: Item, day: RedemptionDay | None, door: str) -> RedemptionLine:
    """As staff see it."""
    return RedemptionLine(**_redemption(row, item, day), door=door, by=row.acted_by_name)


def capped_claims(session: ScopedSession, purse_id: UUID, limit: int) -> Sequence[Claim]:
    """What a household was not given in full, the newest first."""
    mine = select(Claim).where(Claim.purse_id == purse_id, Claim.why != "")
    return session.scalars(mine.order_by(Claim.id.desc()).limit(limit)).all()


def _check_known(session: ScopedSession, model: Any, community_id: UUID, after: UUID) -> None:
    if session.scalar(select(model.id).where(model.id == after, model.community_id == community_id)) is None:
        raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))


def _lines(community_id: UUID, wanted: EntryFilter) -> Select[Entry, Purse, Claim, str, bool]:
    undone = aliased(Entry)
    is_reversed = exists().where(undone.tenant_id == Entry.tenant_id, undone.reverses_id == Entry.id)
    return (
        select(Entry, Purse, Claim, Item.name, is_reversed.label("undone"))
        .join(Purse, and_(Purse.tenant_id == Entry.tenant_id, Purse.id == Entry.purse_id))
        .outerjoin(Claim, and_(Claim.tenant_id == Entry.tenant_id, Claim.id == Entry.claim_id))
        .outerjoin(Redemption, and_(Redemption.tenant_id == Entry.tenant_id, Redemption.id == Entry.redemption_id))
        .outerjoin(Item, and_(Item.tenant_id == Redemption.tenant_id, Item.id == Redemption.item_id))
        .where(Entry.community_id == community_id, *_conditions(wanted))
    )


def _redemptions(community_id: UUID) -> Select[Redemption, Item, RedemptionDay, Purse]:
    day = and_(RedemptionDay.tenant_id == Redemption.tenant_id, RedemptionDay.id == Redemption.day_id)
    return (
        select(Redemption, Item, RedemptionDay, Purse)
        .join(Item, and_(Item.tenant_id == Redemption.tenant_id, Item.id == Redemption.item_id))
        .outerjoin(RedemptionDay, day)
        .join(Purse, and_(Purse.tenant_id == Redemption.tenant_id, Purse.id == Redemption.purse_id))
        .where(Redemption.community_id == community_id)
    )


def _conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind:
        found.append(Entry.kind == wanted.kind)
    if wanted.source:
        found.append(Claim.source == wanted.source)
    if wanted.dwellings is not None:
        found.append(Purse.dwelling_id.in_(wanted.dwellings))
    if wanted.purse_id is not None:
        found.append(Entry.purse_id == wanted.purse_id)
    if wanted.first is not None:
        found.append(Entry.day >= wanted.first)
    if wanted.last is not None:
        found.append(Entry.day <= wanted.last)
    return found


def within(actor: Actor | None, permission: str, community_id: UUID) -> ColumnElement[bool]:
    """True for purses of the compounds in which somebody holds a permission; for all where nobody is named."""
    compounds = compounds_of(actor, permission, community_id) if actor is not None else None
    return true() if compounds is None else Purse.compound_id.in_(compounds)


def _plain(line: Line) -> dict[str, Any]:
    entry, claim = line.entry, line.claim
    return {
        "id": entry.id,
        "purse_id": entry.purse_id,
        "kind": entry.kind,
        "debit": entry.debit,
        "credit": entry.credit,
        "points": entry.points,
        "day": entry.day,
        "at": entry.at,
        "expires_on": entry.expires_on,
        "source": claim.source if claim is not None and entry.kind == "earn" else "",
        "note": claim.note if claim is not None else "",
        "item": line.item,
        "reverses_id": entry.reverses_id,
        "is_reversed": line.is_reversed,
    }


def _redemption(row: Redemption, item: Item, day: RedemptionDay | None) -> dict[str, Any]:
    names = ("id", "community_id", "purse_id", "item_id", "day_id", "pieces", "points", "state", "at", "ended_at")
    plain = {name: getattr(row, name) for name in (*names, "reason", "version")}
    return {**plain, "item": item.name, "day": day.day if day else None}
