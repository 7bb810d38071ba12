"""What a community settles for its own place; the only place of the guide that writes. Every act is in the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, or_, select

from linli.sdk import PAGE, Actor, Conflict, FieldError, Invalid, NotFound, ScopedSession, new_id
from linli.sdk import gettext as _
from linli_waste_sorting.guide.catalogue import Item, catalogue, fold, make_item, split_aliases
from linli_waste_sorting.guide.finding import merge
from linli_waste_sorting.guide.models import GuideItem
from linli_waste_sorting.guide.permissions import MANAGE_GUIDE
from linli_waste_sorting.guide.schemas import MOST_ALIASES, MOST_OWN, GuideItemOut, GuideItemWrite
from linli_waste_sorting.keeping import noted_update, noter, require, require_version

_note = noter("guide_item")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFilter:
    """Which own items are asked for: by words in name, other names or hint, and by kind; empty for all."""

    words: str = ""
    category: str = ""


def items_for(session: ScopedSession, community_id: UUID | None) -> list[Item]:
    """Everything that people of a community find, its own first; the shared list alone for the street. One query."""
    if community_id is None:
        return list(catalogue())
    rows = session.scalars(_of(community_id).limit(MOST_OWN)).all()
    return merge([_item(row) for row in rows], catalogue())


def page_of_own(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: OwnFilter,
    *,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[GuideItem], UUID | None]:
    """Own items in the order in which they were added, and the ``after`` of the next page; ``None`` on the last.

    Args:
        session: of the street or the community.
        community_id: ``None`` for all communities of the street.
        wanted: which of them.
        after: the last id of the page before.
        limit: rows of a page.
    """
    statement = _of(community_id).limit(limit + 1)
    if words := wanted.words.strip():
        columns = (GuideItem.name, GuideItem.aliases, GuideItem.hint)
        statement = statement.where(or_(*(each.icontains(words, autoescape=True) for each in columns)))
    if wanted.category:
        statement = statement.where(GuideItem.category == wanted.category)
    if after is not None:
        statement = statement.where(GuideItem.id > after)
    rows = session.scalars(statement).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def get_own(session: ScopedSession, community_id: UUID | None, item_id: UUID) -> GuideItem:
    """One own item of a community, or of any of the street's for ``None``.

    Raises:
        NotFound: there is none there.
    """
    row = session.scalar(_of(community_id).where(GuideItem.id == item_id))
    if row is None:
        raise NotFound(_("没有找到这条规定"))
    return row


def add_own(session: ScopedSession, actor: Actor, community_id: UUID, data: GuideItemWrite) -> GuideItem:
    """Settle where something goes in this community, whether the shared list names it or not.

    Raises:
        Forbidden: the actor may not.
        Conflict: the community has as many as it may.
        Invalid: naming each field at fault.
    """
    require(actor, MANAGE_GUIDE, community_id)
    held = select(func.count()).select_from(GuideItem).where(GuideItem.community_id == community_id)
    if (session.scalar(held) or 0) >= MOST_OWN:
        raise Conflict(_("本社区规定最多 {n} 条，请先移除不用的").format(n=MOST_OWN))
    row = GuideItem(id=new_id(), community_id=community_id)
    _write(session, row, data)
    session.add(row)
    session.flush()
    _note(session, "add", row, after=_told(row))
    return row


def update_own(
    session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID, data: GuideItemWrite
) -> GuideItem:
    """Change what the community has settled.

    Raises:
        NotFound: there is none there.
        Conflict: somebody else has changed it meanwhile.
        Forbidden: the actor may not.
        Invalid: naming each field at fault; nothing was changed.
    """
    row = get_own(session, community_id, item_id)
    require(actor, MANAGE_GUIDE, community_id)
    require_version(row, data.version)
    with noted_update(session, row, _told, _note):
        _write(session, row, data)
    return row


def remove_own(session: ScopedSession, actor: Actor, community_id: UUID, item_id: UUID) -> GuideItem:
    """Take it away: the shared list holds again. What it said is in the record, and it can be added again.

    Returns:
        What it said.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not.
    """
    row = get_own(session, community_id, item_id)
    require(actor, MANAGE_GUIDE, community_id)
    _note(session, "remove", row, before=_told(row))
    session.delete(row)
    session.flush()
    return row


def own_out(row: GuideItem) -> GuideItemOut:
    """As the API shows it."""
    return msgspec.convert(row, GuideItemOut, from_attributes=True)


def _of(community_id: UUID | None) -> Select[GuideItem]:
    statement = select(GuideItem).order_by(GuideItem.id)
    return statement if community_id is None else statement.where(GuideItem.community_id == community_id)


def _item(row: GuideItem) -> Item:
    # A community writes in one language; what it wrote is shown to everybody.
    aliases = filter(None, row.aliases.split("、"))
    return make_item(row.name, aliases, row.category, row.hint, hint_en=row.hint, own_id=row.id)


def _write(session: ScopedSession, row: GuideItem, data: GuideItemWrite) -> None:
    name = " ".join(data.name.split())
    aliases = [each for each in split_aliases(data.aliases) if fold(each) != fold(name)]
    faults: list[FieldError] = []
    if not name:
        faults.append(FieldError("name", _("必须填写")))
    if "、" in name:
        faults.append(FieldError("name", _("名称里不能有顿号"), _("其他叫法请填在下面")))
    if len(aliases) > MOST_ALIASES:
        faults.append(FieldError("aliases", _("叫法太多"), _("最多 {n} 个").format(n=MOST_ALIASES)))
    faults += _taken(session, row, name, aliases)
    if faults:
        raise Invalid(errors=faults)
    row.name, row.aliases = name, "、".join(aliases)
    row.category, row.hint = data.category, " ".join(data.hint.split())


def _taken(session: ScopedSession, row: GuideItem, name: str, aliases: Sequence[str]) -> list[FieldError]:
    """Names that another own item of the community has: two answers to one question."""
    others = session.scalars(_of(row.community_id).where(GuideItem.id != row.id).limit(MOST_OWN))
    held = {word: each.name for each in others for word in _item(each).words}
    faults = []
    if holder := held.get(fold(name)):
        faults.append(FieldError("name", _("本社区规定里已经有“{name}”").format(name=holder), _("请修改那一条")))
    for alias in aliases:
        if holder := held.get(fold(alias)):
            message = _("“{alias}”已经写在“{name}”那一条里").format(alias=alias, name=holder)
            faults.append(FieldError("aliases", message))
            break
    return faults


def _told(row: GuideItem) -> dict[str, str]:
    """What the record says of it."""
    return {"name": row.name, "aliases": row.aliases, "category": row.category, "hint": row.hint}
