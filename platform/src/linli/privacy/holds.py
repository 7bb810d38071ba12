"""Legal holds: what may not be deleted for now, by person, by community and by class of data."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from linli.audit.record import record
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.privacy.models import LegalHold
from linli.privacy.schemas import HoldIn, HoldOut, Lift
from linli.privacy.sources import find_class
from linli.residents.models import Resident
from linli.tenancy.models import Community


def in_force() -> ColumnElement[bool]:
    """True for the holds of today; the last day is still held."""
    return and_(LegalHold.lifted_at.is_(None), or_(LegalHold.until.is_(None), LegalHold.until >= today()))


def set_hold(session: ScopedSession, actor: Actor, data: HoldIn) -> HoldOut:
    """Hold a person's data, a community's, or a class of data.

    Raises:
        Invalid: not exactly one of them is named, it is not there, or the last day is over.
    """
    if sum((data.resident_id is not None, data.community_id is not None, bool(data.data_class))) != 1:
        raise Invalid.one("kind", _("请只选一项：一个人、一个社区或一类数据"))
    if data.until is not None and data.until < today():
        raise Invalid.one("until", _("截止日期已经过去"), _("今天或以后"))
    hold = LegalHold(id=new_id(), reason=data.reason.strip(), until=data.until)
    hold.set_by, hold.set_by_name, hold.data_class = actor.account_id, actor.display_name, data.data_class
    if not hold.reason:
        raise Invalid.one("reason", _("必须填写"))
    if data.resident_id is not None:
        resident = session.scalar(select(Resident).where(Resident.id == data.resident_id, Resident.erased_at.is_(None)))
        if resident is None:
            raise Invalid.one("resident_id", _("找不到这位居民"))
        hold.kind, hold.resident_id, hold.community_id = "person", resident.id, resident.community_id
    elif data.community_id is not None:
        if session.scalar(select(Community.id).where(Community.id == data.community_id)) is None:
            raise Invalid.one("community_id", _("找不到这个社区"))
        hold.kind, hold.community_id = "community", data.community_id
    else:
        if find_class(data.data_class) is None:
            raise Invalid.one("data_class", _("没有这类数据"))
        hold.kind = "data_class"
    session.add(hold)
    session.flush()
    record(
        session,
        "core.hold.create",
        ("legal_hold", hold.id),
        community_id=hold.community_id,
        after={"kind": hold.kind, "data_class": hold.data_class, "ends_on": hold.until and hold.until.isoformat()},
        reason=hold.reason,
    )
    return _out(session, [hold])[0]


def lift_hold(session: ScopedSession, actor: Actor, hold_id: UUID, data: Lift) -> HoldOut:
    """End a hold.

    Raises:
        NotFound: there is none.
        Conflict: it is lifted already.
    """
    hold = session.scalar(select(LegalHold).where(LegalHold.id == hold_id).with_for_update())
    if hold is None:
        raise NotFound(_("没有找到这项冻结"))
    if hold.lifted_at is not None:
        raise Conflict(_("这项冻结已经解除"))
    if not data.reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    hold.lifted_at, hold.lifted_by_name, hold.lift_reason = now(), actor.display_name, data.reason.strip()
    session.flush()
    record(session, "core.hold.end", ("legal_hold", hold.id), community_id=hold.community_id, reason=hold.lift_reason)
    return _out(session, [hold])[0]


#: The orders of the list; ids grow as holds are set.
HOLDS = {"set_at": Order(), "until": Order(LegalHold.until, lambda row: row[0].until, is_nullable=True)}


def list_holds(
    session: ScopedSession, *, state: str = "", sort: str = "-set_at", after: str = "", limit: int = PAGE
) -> tuple[list[HoldOut], str | None]:
    """Holds, newest first where nothing else is said, and the next page's ``after``.

    ``state`` is ``active``, ``over`` or empty.
    """
    wanted = select(LegalHold)
    if state:
        wanted = wanted.where(in_force() if state == "active" else ~in_force())
    found, following = sorted_rows(session, wanted, LegalHold.id, HOLDS, sort, after=after, limit=limit)
    return _out(session, found), following


def get_hold(session: ScopedSession, hold_id: UUID) -> HoldOut:
    """One hold; raises ``NotFound``."""
    hold = session.scalar(select(LegalHold).where(LegalHold.id == hold_id))
    if hold is None:
        raise NotFound(_("没有找到这项冻结"))
    return _out(session, [hold])[0]


def holds_on_person(session: ScopedSession, resident_ids: Sequence[UUID], community_id: UUID) -> list[LegalHold]:
    """The holds in force that keep a person from being erased: their own and their community's."""
    mine = and_(LegalHold.kind == "person", LegalHold.resident_id.in_(resident_ids))
    communitys = and_(LegalHold.kind == "community", LegalHold.community_id == community_id)
    return list(session.scalars(select(LegalHold).where(in_force(), or_(mine, communitys))))


def held_ids(session: ScopedSession) -> frozenset[UUID]:
    """The ids whose rows a purge leaves out: residents, their accounts and further entries, and communities."""
    rows = session.execute(
        select(LegalHold.resident_id, LegalHold.community_id).where(in_force(), LegalHold.kind != "data_class")
    ).all()
    people = {row.resident_id for row in rows if row.resident_id}
    held = people | {row.community_id for row in rows if row.resident_id is None}
    if people:
        accounts = set(
            session.scalars(
                select(Resident.account_id).where(Resident.id.in_(people), Resident.account_id.is_not(None))
            )
        )
        further = session.scalars(
            select(Resident.id).where(or_(Resident.account_id.in_(accounts), Resident.merged_into.in_(people)))
        )
        held |= {each for each in accounts if each} | set(further)
    return frozenset(held)


def held_classes(session: ScopedSession) -> frozenset[str]:
    """The names of the classes of data that nothing is deleted of."""
    return frozenset(session.scalars(select(LegalHold.data_class).where(in_force(), LegalHold.kind == "data_class")))


def _out(session: ScopedSession, holds: Sequence[LegalHold]) -> list[HoldOut]:
    people = [each.resident_id for each in holds if each.resident_id]
    names = dict(session.execute(select(Resident.id, Resident.name).where(Resident.id.in_(people))).all())
    places = dict(
        session.execute(
            select(Community.id, Community.name).where(Community.id.in_([each.community_id for each in holds]))
        ).all()
    )
    out = []
    for each in holds:
        source = find_class(each.data_class) if each.data_class else None
        place = places.get(each.community_id, "") if each.community_id else ""
        subject = (
            {
                "person": f"{place} {names.get(each.resident_id, '') if each.resident_id else ''}".strip(),
                "community": place,
                "data_class": _(source.item.title) if source else each.data_class,
            }[each.kind]
            if each.kind in ("person", "community", "data_class")
            else each.kind
        )
        out.append(
            HoldOut(
                id=each.id,
                kind=each.kind,
                subject=subject,
                community_id=each.community_id,
                resident_id=each.resident_id,
                data_class=each.data_class,
                reason=each.reason,
                set_by_name=each.set_by_name,
                set_at=each.created_at,
                until=each.until,
                is_active=each.lifted_at is None and (each.until is None or each.until >= today()),
                lifted_at=each.lifted_at,
                lifted_by_name=each.lifted_by_name,
                lift_reason=each.lift_reason,
            )
        )
    return out
