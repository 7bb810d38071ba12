"""Redemption days: when and where things are handed out. Every act is in the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, tuple_

from linli.sdk import (
    PAGE,
    Actor,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    ScopedSession,
    community_outline,
    new_id,
    now,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import noter, require, require_version
from linli_waste_sorting.points import terms
from linli_waste_sorting.points.models import RedemptionDay
from linli_waste_sorting.points.permissions import MANAGE_REDEMPTION
from linli_waste_sorting.points.rule_keys import REDEMPTION_DAY
from linli_waste_sorting.points.schemas import DayOut, DaysPlan, DayWrite
from linli_waste_sorting.words import span_text

#: How far ahead a day may lie, and how many of them somebody is offered.
_FARTHEST, MOST_OFFERED = timedelta(days=400), 24
_note = noter("redemption_day", "points_day")


def get_day(
    session: ScopedSession, community_id: UUID, day_id: UUID, *, lock: bool = False, share: bool = False
) -> RedemptionDay:
    """One redemption day of a community; with ``lock`` nobody else changes it, with ``share`` nobody at all.

    Raises:
        NotFound: there is none there.
    """
    wanted = select(RedemptionDay).where(RedemptionDay.id == day_id, RedemptionDay.community_id == community_id)
    if lock or share:
        wanted = wanted.with_for_update(read=share).execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound(_("没有找到这个兑换日"))
    return found


def create_day(session: ScopedSession, actor: Actor, community_id: UUID, data: DayWrite) -> RedemptionDay:
    """Set up a redemption day.

    Raises:
        Forbidden: the actor may not.
        Invalid: naming each field at fault.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = RedemptionDay(id=new_id(), community_id=community_id)
    _check(session, row, data)
    return _kept(session, row, data)


def plan_days(session: ScopedSession, actor: Actor, community_id: UUID, data: DaysPlan) -> list[RedemptionDay]:
    """Set up the redemption day of each of the coming months, on the day that the rule names; those that stand stay.

    Raises:
        Forbidden: the actor may not.
        Invalid: naming the field at fault; there is no rule about the day.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    number = terms.number(session, REDEMPTION_DAY, data.compound_id)
    if number is None:
        raise Invalid.one("months", _("没有规定每月几号是兑换日"), _("请先在“规则”里填写"))
    made = []
    for day in _coming(today(), number, data.months):
        row = RedemptionDay(id=new_id(), community_id=community_id)
        wanted = DayWrite(
            compound_id=data.compound_id,
            day=day,
            opens=data.opens,
            closes=data.closes,
            place=data.place,
            note=data.note,
        )
        if _same_time(session, row, wanted):
            continue
        _check(session, row, wanted)
        made.append(_kept(session, row, wanted))
    return made


def update_day(
    session: ScopedSession, actor: Actor, community_id: UUID, day_id: UUID, data: DayWrite, *, has_reserved: bool
) -> RedemptionDay:
    """Change a day that is still to come. Once somebody has reserved, its date and compound stay.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is none there.
        Conflict: it was cancelled or is over, or somebody else has changed it meanwhile.
        Invalid: naming each field at fault.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    row = get_day(session, community_id, day_id, lock=True)
    require_version(row, data.version)
    if row.cancelled_at is not None or row.day < today():
        raise Conflict(_("这个兑换日已经取消或者过去，不能修改"))
    if has_reserved and (data.day, data.compound_id) != (row.day, row.compound_id):
        raise Invalid.one("day", _("已经有人预约，不能换日期和小区"), _("请取消这个兑换日，再新建一个"))
    _check(session, row, data)
    return _kept(session, row, data)


def page_of_days(
    session: ScopedSession,
    community_id: UUID,
    *,
    since: date | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[RedemptionDay], UUID | None]:
    """A page of the days, the next one first where ``since`` is given, else the newest first.

    Raises:
        Invalid: there is no such place to go on from.
    """
    key = tuple_(RedemptionDay.day, RedemptionDay.id)
    statement = select(RedemptionDay).where(RedemptionDay.community_id == community_id)
    if since is not None:
        statement = statement.where(RedemptionDay.day >= since)
    if after is not None:
        last = session.execute(
            select(RedemptionDay.day, RedemptionDay.id).where(
                RedemptionDay.id == after, RedemptionDay.community_id == community_id
            )
        ).one_or_none()
        if last is None:
            raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))
        statement = statement.where(key > tuple_(*last) if since is not None else key < tuple_(*last))
    order = (RedemptionDay.day, RedemptionDay.id)
    ordered = statement.order_by(*(order if since is not None else (each.desc() for each in order)))
    rows = session.scalars(ordered.limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def coming_days(
    session: ScopedSession, community_id: UUID, compounds: Collection[UUID] | None = None
) -> Sequence[RedemptionDay]:
    """The days to come on which things are handed out to households of some compounds, of all for ``None``."""
    statement = select(RedemptionDay).where(
        RedemptionDay.community_id == community_id,
        RedemptionDay.day >= today(),
        RedemptionDay.cancelled_at.is_(None),
    )
    if compounds is not None:
        here = RedemptionDay.compound_id.in_(compounds)
        statement = statement.where(or_(RedemptionDay.compound_id.is_(None), here))
    ordered = statement.order_by(RedemptionDay.day, RedemptionDay.opens, RedemptionDay.id)
    return session.scalars(ordered.limit(MOST_OFFERED)).all()


def day_out(row: RedemptionDay) -> DayOut:
    """As the API shows it."""
    return msgspec.convert(row, DayOut, from_attributes=True)


def day_text(row: RedemptionDay) -> str:
    """``2026-03-15 9:00–11:00 居委会``."""
    return f"{row.day.isoformat()} {span_text(row.opens, row.closes)} {row.place}"


def cancel(session: ScopedSession, row: RedemptionDay, reason: str) -> None:
    """Note that a day does not take place; the caller has judged who may and given back what was reserved."""
    row.cancelled_at, row.cancel_reason = now(), reason
    session.flush()
    _note(session, "cancel", row, reason=reason)


def _coming(first: date, number: int, months: int) -> list[date]:
    year, month = first.year, first.month
    found: list[date] = []
    while len(found) < months:
        day = date(year, month, number)
        if day >= first:
            found.append(day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def _check(session: ScopedSession, row: RedemptionDay, data: DayWrite) -> None:
    faults: list[FieldError] = []
    known = {each.id for each in community_outline(session, row.community_id)}
    if data.compound_id is not None and data.compound_id not in known:
        faults.append(FieldError("compound_id", _("没有找到这个小区"), _("请选择本社区的小区")))
    if data.closes <= data.opens:
        faults.append(FieldError("closes", _("结束早于开始"), _("晚于开始时间")))
    if not today() <= data.day <= today() + _FARTHEST:
        faults.append(FieldError("day", _("日期不在可以设置的范围内"), _("今天起一年以内")))
    if not data.place.strip():
        faults.append(FieldError("place", _("必须填写"), _("例如：居委会一楼")))
    if not faults and _same_time(session, row, data):
        faults.append(FieldError("day", _("这一天已经有同样的兑换日"), _("换一天或换一个开始时间")))
    if faults:
        raise Invalid(errors=faults)


def _same_time(session: ScopedSession, row: RedemptionDay, data: DayWrite) -> bool:
    same = select(RedemptionDay.id).where(
        RedemptionDay.community_id == row.community_id,
        RedemptionDay.compound_id.is_not_distinct_from(data.compound_id),
        RedemptionDay.day == data.day,
        RedemptionDay.opens == data.opens,
        RedemptionDay.cancelled_at.is_(None),
        RedemptionDay.id != row.id,
    )
    return session.scalar(same.limit(1)) is not None


def _kept(session: ScopedSession, row: RedemptionDay, data: DayWrite) -> RedemptionDay:
    is_new = row not in session
    row.compound_id, row.day, row.opens, row.closes = data.compound_id, data.day, data.opens, data.closes
    row.place, row.note = data.place.strip(), data.note.strip()
    session.add(row)
    session.flush()
    told = {"day": row.day.isoformat(), "hours": span_text(row.opens, row.closes), "place": row.place}
    _note(session, "create" if is_new else "update", row, after=told)
    return row
