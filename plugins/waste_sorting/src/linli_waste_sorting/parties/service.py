"""Who answers for sorting in a compound: a property company, the unit itself, or whom the street has determined.

《北京市生活垃圾管理条例》第34条: where no property company manages, the street office determines and publishes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    ScopedSession,
    community_outline,
    new_id,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.parties.models import Party
from linli_waste_sorting.parties.schemas import PartyOut, PartyWrite
from linli_waste_sorting.permissions import DECIDE_PARTY, NAME_PARTY

#: Kind to its title; messages.
PARTY_KINDS = {
    "property_company": "物业服务企业",
    "self_managing": "自行管理的单位",
    "street_decision": "街道确定",
}
_DAY = timedelta(days=1)
#: Of one compound.
MOST_SHOWN = 100


def name_party(session: ScopedSession, actor: Actor, community_id: UUID, data: PartyWrite) -> Party:
    """Write down who answers for sorting in a compound from a day on; whoever did before ends the day before.

    Raises:
        Forbidden: the actor may not, or the street determined it and the actor does not speak for the street.
        Invalid: naming each field at fault.
    """
    _require(actor, community_id, data.kind)
    before = _latest(session, data.compound_id)
    _check(session, community_id, data, before)
    if before is not None:
        before.ends_on = data.starts_on - _DAY
        # The place of the one who holds it now is free before another takes it.
        session.flush()
    row = Party(
        id=new_id(),
        community_id=community_id,
        compound_id=data.compound_id,
        kind=data.kind,
        name=data.name.strip(),
        contact=data.contact.strip(),
        decision=data.decision.strip(),
        decided_on=data.decided_on,
        starts_on=data.starts_on,
    )
    session.add(row)
    session.flush()
    _note(session, "name", row)
    return row


def undo_party(session: ScopedSession, actor: Actor, community_id: UUID, party_id: UUID) -> UUID:
    """Take back the latest entry of a compound, made by mistake; the one before goes on as if it had not been made.

    Returns:
        The compound's id.

    Raises:
        NotFound: there is none there.
        Conflict: a later one has been written down since.
        Forbidden: the actor may not.
    """
    row = session.scalar(select(Party).where(Party.id == party_id, Party.community_id == community_id))
    if row is None:
        raise NotFound(_("没有找到这条登记"))
    _require(actor, community_id, row.kind)
    if row.ends_on is not None:
        raise Conflict(_("只能撤销最近的一条登记"))
    _note(session, "undo", row)
    session.delete(row)
    session.flush()
    before = session.scalar(
        select(Party).where(Party.compound_id == row.compound_id).order_by(Party.starts_on.desc()).limit(1)
    )
    if before is not None:
        before.ends_on = None
        session.flush()
    return row.compound_id


def parties_of(session: ScopedSession, compound_id: UUID) -> Sequence[Party]:
    """Whoever answered for sorting in a compound, the latest first."""
    mine = select(Party).where(Party.compound_id == compound_id)
    return session.scalars(mine.order_by(Party.starts_on.desc()).limit(MOST_SHOWN)).all()


def parties_on(session: ScopedSession, compounds: Collection[UUID], day: date | None = None) -> Mapping[UUID, Party]:
    """Compound to who answers for sorting there on a day, today when left out; one query."""
    at = day or today()
    held = select(Party).where(
        Party.compound_id.in_(compounds),
        Party.starts_on <= at,
        (Party.ends_on.is_(None)) | (Party.ends_on >= at),
    )
    return {row.compound_id: row for row in session.scalars(held)}


def page_of_parties(
    session: ScopedSession, community_id: UUID | None, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[Party], UUID | None]:
    """Every entry, in the order in which they were made, and the ``after`` of the next page; ``None`` on the last."""
    statement = select(Party).order_by(Party.id).limit(limit + 1)
    if community_id is not None:
        statement = statement.where(Party.community_id == community_id)
    if after is not None:
        statement = statement.where(Party.id > after)
    rows = session.scalars(statement).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def party_out(row: Party) -> PartyOut:
    """As the API shows it."""
    return msgspec.convert(row, PartyOut, from_attributes=True)


def _latest(session: ScopedSession, compound_id: UUID) -> Party | None:
    return session.scalar(select(Party).where(Party.compound_id == compound_id, Party.ends_on.is_(None)))


def _check(session: ScopedSession, community_id: UUID, data: PartyWrite, before: Party | None) -> None:
    faults: list[FieldError] = []
    if data.compound_id not in {each.id for each in community_outline(session, community_id)}:
        faults.append(FieldError("compound_id", _("没有找到这个小区"), _("请选择本社区的小区")))
    if not data.name.strip():
        faults.append(FieldError("name", _("必须填写")))
    if before is not None and data.starts_on <= before.starts_on:
        allowed = _("{day} 以后").format(day=before.starts_on.isoformat())
        faults.append(FieldError("starts_on", _("不晚于上一条登记的起始日"), allowed))
    if data.kind == "street_decision":
        if not data.decision.strip():
            faults.append(FieldError("decision", _("街道确定的，请写明文件名称和文号")))
        if data.decided_on is None:
            faults.append(FieldError("decided_on", _("街道确定的，请写明哪一天确定")))
        elif data.decided_on > data.starts_on:
            faults.append(FieldError("decided_on", _("晚于起始日"), _("不晚于起始日")))
    if faults:
        raise Invalid(errors=faults)


def _require(actor: Actor, community_id: UUID, kind: str) -> None:
    if not actor.can(NAME_PARTY, community_id=community_id):
        raise Forbidden
    if kind == "street_decision" and not actor.can(DECIDE_PARTY, community_id=community_id):
        raise Forbidden(_("街道确定的责任人由街道登记"))


def _note(session: ScopedSession, verb: str, row: Party) -> None:
    told = {
        "compound": str(row.compound_id),
        "kind": row.kind,
        "name": row.name,
        "contact": row.contact,
        "decision": row.decision,
        "starts_on": row.starts_on.isoformat(),
    }
    record(
        session,
        f"waste_sorting.party.{verb}",
        ("party", row.id),
        community_id=row.community_id,
        before=told if verb == "undo" else None,
        after=None if verb == "undo" else told,
    )
