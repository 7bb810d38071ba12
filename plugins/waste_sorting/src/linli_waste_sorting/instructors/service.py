"""Naming instructors and noting publicity; the only place that writes of them.

《北京市生活垃圾管理条例》第36条: the managing party publicises sorting and names somebody who instructs people.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select

from linli.sdk import (
    PAGE,
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Photo,
    ScopedSession,
    community_outline,
    new_id,
    now,
    recheck_obligations,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.instructors.models import Instructor, Publicity
from linli_waste_sorting.instructors.permissions import NAME_INSTRUCTORS, NOTE_PUBLICITY
from linli_waste_sorting.instructors.photos import PUBLICITY
from linli_waste_sorting.instructors.schemas import (
    InstructorEnd,
    InstructorOut,
    InstructorWrite,
    PublicityWrite,
)
from linli_waste_sorting.photos import keep_photos

#: Terms and activities that one page of a place holds.
MOST_SHOWN = 200
#: How far ahead a term may begin.
_FARTHEST = timedelta(days=366)


def name_instructor(session: ScopedSession, actor: Actor, community_id: UUID, data: InstructorWrite) -> Instructor:
    """Write down who instructs people in a compound.

    Raises:
        Forbidden: the actor may not in this compound.
        Invalid: naming each field at fault.
    """
    _check_instructor(session, community_id, data)
    _require(actor, NAME_INSTRUCTORS, community_id, data.compound_id)
    row = Instructor(
        id=new_id(),
        community_id=community_id,
        compound_id=data.compound_id,
        name=data.name.strip(),
        contact=data.contact.strip(),
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        named_by=actor.account_id,
        named_by_name=actor.display_name,
        undone_reason="",
    )
    session.add(row)
    session.flush()
    _note_instructor(session, "name", row)
    return row


def end_instructor(
    session: ScopedSession, actor: Actor, community_id: UUID, instructor_id: UUID, data: InstructorEnd
) -> Instructor:
    """Say which day is the last of a term.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not in this compound.
        Conflict: it was changed meanwhile, or does not hold.
        Invalid: the day lies before the first one.
    """
    row = _instructor(session, actor, community_id, instructor_id)
    if data.version is not None and data.version != row.version:
        raise Conflict(_("这条登记刚刚被修改过；请刷新后再改"))
    if data.ends_on < row.starts_on:
        raise Invalid.one("ends_on", _("早于起始日"), _("{day} 或以后").format(day=row.starts_on.isoformat()))
    row.ends_on = data.ends_on
    session.flush()
    _note_instructor(session, "end", row)
    return row


def undo_instructor(
    session: ScopedSession, actor: Actor, community_id: UUID, instructor_id: UUID, reason: str
) -> Instructor:
    """Say that an entry was a mistake; it counts nowhere any more and stays on record.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not in this compound.
        Conflict: that was said already.
        Invalid: no reason is given.
    """
    row = _instructor(session, actor, community_id, instructor_id)
    if not reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.undone_at, row.undone_reason = now(), reason.strip()
    session.flush()
    _note_instructor(session, "undo", row, reason=row.undone_reason)
    return row


def note_publicity(
    session: ScopedSession, actor: Actor, community_id: UUID, data: PublicityWrite, photos: Sequence[Photo] = ()
) -> Publicity:
    """Write down something that was done to make sorting known.

    Raises:
        Forbidden: the actor may not there.
        Invalid: naming each field at fault.
    """
    _check_publicity(session, community_id, data)
    _require(actor, NOTE_PUBLICITY, community_id, data.compound_id)
    row = Publicity(
        id=new_id(),
        community_id=community_id,
        compound_id=data.compound_id,
        held_on=data.held_on,
        kind=data.kind,
        title=data.title.strip(),
        reach=data.reach,
        note=data.note.strip(),
        noted_by=actor.account_id,
        noted_by_name=actor.display_name,
        struck_reason="",
    )
    session.add(row)
    session.flush()
    keep_photos(session, actor, (PUBLICITY, row.id), community_id, photos)
    _note_publicity(session, "note", row)
    return row


def strike_publicity(
    session: ScopedSession, actor: Actor, community_id: UUID, publicity_id: UUID, reason: str
) -> Publicity:
    """Strike out an activity that was written down wrongly; it stays to be seen and counts nowhere.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not there.
        Conflict: it is struck out already.
        Invalid: no reason is given.
    """
    row = get_publicity(session, community_id, publicity_id)
    _require(actor, NOTE_PUBLICITY, community_id, row.compound_id)
    if row.struck_at is not None:
        raise Conflict(_("这次活动已经划去"))
    if not reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.struck_at, row.struck_reason = now(), reason.strip()
    session.flush()
    _note_publicity(session, "strike", row, reason=row.struck_reason)
    return row


def get_publicity(session: ScopedSession, community_id: UUID, publicity_id: UUID) -> Publicity:
    """One activity. Raises ``NotFound``."""
    mine = select(Publicity).where(Publicity.id == publicity_id, Publicity.community_id == community_id)
    row = session.scalar(mine)
    if row is None:
        raise NotFound(_("没有找到这次活动"))
    return row


def instructors_of(
    session: ScopedSession, community_id: UUID, compounds: Collection[UUID] | None = None
) -> Sequence[Instructor]:
    """The terms in a community's compounds, the latest first; what was a mistake among them."""
    statement = select(Instructor).where(Instructor.community_id == community_id)
    if compounds is not None:
        statement = statement.where(Instructor.compound_id.in_(compounds))
    latest = statement.order_by(Instructor.starts_on.desc(), Instructor.id.desc())
    return session.scalars(latest.limit(MOST_SHOWN)).all()


def instructors_on(
    session: ScopedSession, compounds: Collection[UUID], day: date | None = None
) -> Sequence[Instructor]:
    """Who instructs people in some compounds on a day, today when left out."""
    at = day or today()
    held = select(Instructor).where(
        Instructor.compound_id.in_(compounds),
        Instructor.undone_at.is_(None),
        Instructor.starts_on <= at,
        Instructor.ends_on.is_(None) | (Instructor.ends_on >= at),
    )
    return session.scalars(held.order_by(Instructor.starts_on, Instructor.id).limit(MOST_SHOWN)).all()


def page_of_instructors(
    session: ScopedSession, community_id: UUID | None, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[Instructor], UUID | None]:
    """Every term in the order in which they were written down, and the ``after`` of the next page."""
    statement = select(Instructor).order_by(Instructor.id).limit(limit + 1)
    if community_id is not None:
        statement = statement.where(Instructor.community_id == community_id)
    if after is not None:
        statement = statement.where(Instructor.id > after)
    rows = session.scalars(statement).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def page_of_publicity(
    session: ScopedSession,
    community_id: UUID | None,
    *,
    with_struck: bool = True,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Publicity], UUID | None]:
    """A page of activities, those noted last first, and the ``after`` of the next one; ``None`` on the last."""
    statement = select(Publicity).order_by(Publicity.id.desc()).limit(limit + 1)
    if community_id is not None:
        statement = statement.where(Publicity.community_id == community_id)
    if not with_struck:
        statement = statement.where(Publicity.struck_at.is_(None))
    if after is not None:
        statement = statement.where(Publicity.id < after)
    rows = session.scalars(statement).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def instructor_out(row: Instructor) -> InstructorOut:
    """As the API shows it."""
    return msgspec.convert(row, InstructorOut, from_attributes=True)


def _instructor(session: ScopedSession, actor: Actor, community_id: UUID, instructor_id: UUID) -> Instructor:
    mine = select(Instructor).where(Instructor.id == instructor_id, Instructor.community_id == community_id)
    row = session.scalar(mine)
    if row is None:
        raise NotFound(_("没有找到这条登记"))
    _require(actor, NAME_INSTRUCTORS, community_id, row.compound_id)
    if row.undone_at is not None:
        raise Conflict(_("这条登记已经撤销"))
    return row


def _require(actor: Actor, permission: str, community_id: UUID, compound_id: UUID | None) -> None:
    if not actor.can(permission, community_id=community_id, compound_id=compound_id):
        raise Forbidden


def _check_instructor(session: ScopedSession, community_id: UUID, data: InstructorWrite) -> None:
    faults = _place_faults(session, community_id, data.compound_id)
    if not data.name.strip():
        faults.append(FieldError("name", _("必须填写")))
    if data.starts_on > today() + _FARTHEST:
        faults.append(FieldError("starts_on", _("日期太远"), _("一年以内")))
    if data.ends_on is not None and data.ends_on < data.starts_on:
        faults.append(FieldError("ends_on", _("早于起始日"), _("起始日或以后")))
    if faults:
        raise Invalid(errors=faults)


def _check_publicity(session: ScopedSession, community_id: UUID, data: PublicityWrite) -> None:
    faults = [] if data.compound_id is None else _place_faults(session, community_id, data.compound_id)
    if not data.title.strip():
        faults.append(FieldError("title", _("必须填写")))
    if data.held_on > today():
        faults.append(FieldError("held_on", _("还没有到这一天"), _("今天或以前；办完以后再登记")))
    if faults:
        raise Invalid(errors=faults)


def _place_faults(session: ScopedSession, community_id: UUID, compound_id: UUID) -> list[FieldError]:
    if compound_id in {each.id for each in community_outline(session, community_id)}:
        return []
    return [FieldError("compound_id", _("没有找到这个小区"), _("请选择本社区的小区"))]


def _note_instructor(session: ScopedSession, verb: str, row: Instructor, *, reason: str = "") -> None:
    told = {
        "compound": str(row.compound_id),
        "name": row.name,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
    }
    action, subject = f"waste_sorting.instructor.{verb}", ("instructor", row.id)
    record(session, action, subject, community_id=row.community_id, after=told, reason=reason)
    recheck_obligations(session, row.community_id)


def _note_publicity(session: ScopedSession, verb: str, row: Publicity, *, reason: str = "") -> None:
    told = {"day": row.held_on.isoformat(), "kind": row.kind, "title": row.title, "reach": row.reach}
    action, subject = f"waste_sorting.publicity.{verb}", ("publicity", row.id)
    record(session, action, subject, community_id=row.community_id, after=told, reason=reason)
    recheck_obligations(session, row.community_id)
