"""What points are redeemed for: the catalogue and its stock. Every act is in the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from linli.sdk import PAGE, Actor, Conflict, Invalid, NotFound, ScopedSession, new_id
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import close, noted_update, noter, reopen, require, require_version
from linli_waste_sorting.points.models import Item
from linli_waste_sorting.points.permissions import MANAGE_REDEMPTION
from linli_waste_sorting.points.schemas import ItemCreate, ItemOut, ItemWrite, StockBody

#: Things that a resident is offered at once.
MOST_OFFERED = 200
_note = noter("item", "points_item")


def get_item(session: ScopedSession, community_id: UUID, item_id: UUID, *, lock: bool = False) -> Item:
    """One thing of a community's catalogue, as it is now.

    Raises:
        NotFound: there is none there.
    """
    wanted = select(Item).where(Item.id == item_id, Item.community_id == community_id)
    # Pieces are counted beside the session: what it remembers of them may be old.
    wanted = wanted.execution_options(populate_existing=True)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound(_("没有找到这件物品"))
    return found


def create_item(session: ScopedSession, actor: Actor, community_id: UUID, data: ItemCreate) -> Item:
    """Add a thing to the catalogue.

    Raises:
        Forbidden: the actor may not.
        Invalid: naming the field at fault.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = Item(id=new_id(), community_id=community_id, stock=data.stock)
    _write(session, row, data)
    session.add(row)
    session.flush()
    _note(session, "create", row, after={**_told(row), "stock": row.stock})
    return row


def update_item(session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID, data: ItemWrite) -> Item:
    """Change a thing; what is reserved stays as it was promised.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is none there.
        Conflict: somebody else has changed it meanwhile.
        Invalid: naming the field at fault.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = get_item(session, community_id, item_id, lock=True)
    require_version(row, data.version)
    with noted_update(session, row, _told, _note):
        _write(session, row, data)
    return row


def change_stock(session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID, data: StockBody) -> Item:
    """Count pieces in or out, for a reason.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is none there.
        Invalid: nothing changes, or more would go than there are.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = get_item(session, community_id, item_id, lock=True)
    if not data.change:
        raise Invalid.one("change", _("没有变化"), _("增加填正数，减少填负数"))
    if not data.reason.strip():
        raise Invalid.one("reason", _("请写明原因"))
    if row.stock + data.change < 0:
        raise Invalid.one("change", _("库存不够减"), _("最多减少 {n}").format(n=row.stock))
    before = row.stock
    count_pieces(session, row.id, data.change)
    session.refresh(row)
    told = {"before": {"stock": before}, "after": {"stock": row.stock}}
    _note(session, "stock", row, reason=data.reason.strip(), **told)
    return row


def close_item(session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID) -> Item:
    """Take a thing out of the catalogue; what is reserved is still handed over. A second call changes nothing.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is none there.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = get_item(session, community_id, item_id, lock=True)
    close(session, row, _note)
    return row


def reopen_item(session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID) -> Item:
    """Put a thing into the catalogue again. A second call changes nothing.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is none there.
        Conflict: another one of its name is in it now.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = get_item(session, community_id, item_id, lock=True)
    if row.closed_at is not None and _is_taken(session, row, row.name):
        raise Conflict(_("已经有同名的物品在兑换，请先改名"))
    reopen(session, row, _note)
    return row


def page_of_items(
    session: ScopedSession,
    community_id: UUID,
    *,
    closed: bool | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Item], UUID | None]:
    """A page of the catalogue in the order in which it was made, and the ``after`` of the next one.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = select(Item).where(Item.community_id == community_id)
    if closed is not None:
        statement = statement.where(Item.closed_at.is_not(None) if closed else Item.closed_at.is_(None))
    if after is not None:
        if session.scalar(select(Item.id).where(Item.id == after, Item.community_id == community_id)) is None:
            raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))
        statement = statement.where(Item.id > after)
    ordered = statement.order_by(Item.id).limit(limit + 1).execution_options(populate_existing=True)
    rows = session.scalars(ordered).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def offered(session: ScopedSession, community_id: UUID) -> Sequence[Item]:
    """What is in the catalogue now, the cheapest first; what has run out too."""
    wanted = select(Item).where(Item.community_id == community_id, Item.closed_at.is_(None))
    ordered = wanted.order_by(Item.points, Item.id).limit(MOST_OFFERED)
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def count_pieces(session: ScopedSession, item_id: UUID, by: int, *conditions: Any) -> bool:
    """Count pieces in or out in one statement; whether there were so many.

    Of two who take the last piece at the same moment the second waits for the first, and sees what is left then.
    """
    counted = session.execute(
        update(Item)
        .where(Item.id == item_id, Item.stock + by >= 0, *conditions)
        .values(stock=Item.stock + by)
        .returning(Item.id),
        execution_options={"synchronize_session": False},
    )
    return counted.first() is not None


def item_out(row: Item) -> ItemOut:
    """As the API shows it."""
    return msgspec.convert(row, ItemOut, from_attributes=True)


def _write(session: ScopedSession, row: Item, data: ItemWrite) -> None:
    name = data.name.strip()
    if not name:
        raise Invalid.one("name", _("必须填写"))
    if _is_taken(session, row, name):
        raise Invalid.one("name", _("已经有同名的物品"), _("请换一个名称"))
    row.name, row.points, row.note = name, data.points, data.note.strip()
    row.most, row.period = data.most, data.period


def _is_taken(session: ScopedSession, row: Item, name: str) -> bool:
    same = select(Item.id).where(
        Item.community_id == row.community_id, Item.name == name, Item.closed_at.is_(None), Item.id != row.id
    )
    return session.scalar(same.limit(1)) is not None


def _told(row: Item) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "points", "note", "most", "period")}
