"""The carriers of a community; one that no longer comes is taken out of use, its records stay."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from linli.sdk import Actor, Conflict, FieldError, Forbidden, Invalid, NotFound, ScopedSession, new_id, now, record
from linli.sdk import gettext as _
from linli_waste_sorting.weights.models import Carrier
from linli_waste_sorting.weights.permissions import MANAGE_CONTRACTS
from linli_waste_sorting.weights.schemas import CarrierOut, CarrierWrite


def get_carrier(session: ScopedSession, community_id: UUID, carrier_id: UUID) -> Carrier:
    """One carrier of a community.

    Raises:
        NotFound: there is none there.
    """
    found = session.scalar(select(Carrier).where(Carrier.id == carrier_id, Carrier.community_id == community_id))
    if found is None:
        raise NotFound(_("没有找到这个收运单位"))
    return found


def create_carrier(session: ScopedSession, actor: Actor, community_id: UUID, data: CarrierWrite) -> Carrier:
    """Write down who takes waste away.

    Raises:
        Forbidden: the actor may not keep contracts there.
        Invalid: naming each field at fault.
    """
    require_manage(actor, community_id)
    row = Carrier(id=new_id(), community_id=community_id)
    _write(session, row, data)
    session.add(row)
    session.flush()
    _note(session, "create", row, after=_told(row))
    return row


def update_carrier(
    session: ScopedSession, actor: Actor, community_id: UUID, carrier_id: UUID, data: CarrierWrite
) -> Carrier:
    """Change what is known of a carrier.

    Raises:
        NotFound: there is none there.
        Conflict: somebody else has changed it meanwhile.
        Forbidden: the actor may not keep contracts there.
        Invalid: naming each field at fault.
    """
    row = get_carrier(session, community_id, carrier_id)
    require_manage(actor, community_id)
    if data.version is not None and data.version != row.version:
        raise Conflict(_("其他人刚刚修改过，请重新打开后再改"))
    before = _told(row)
    _write(session, row, data)
    session.flush()
    after = _told(row)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        old, new = ({name: told[name] for name in changed} for told in (before, after))
        _note(session, "update", row, before=old, after=new)
    return row


def close_carrier(session: ScopedSession, actor: Actor, community_id: UUID, carrier_id: UUID) -> Carrier:
    """Take a carrier out of use: it is no longer offered. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not keep contracts there.
    """
    row = get_carrier(session, community_id, carrier_id)
    require_manage(actor, community_id)
    if row.closed_at is None:
        row.closed_at = now()
        session.flush()
        _note(session, "close", row)
    return row


def reopen_carrier(session: ScopedSession, actor: Actor, community_id: UUID, carrier_id: UUID) -> Carrier:
    """Use a carrier again. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Conflict: another one has its name by now.
        Forbidden: the actor may not keep contracts there.
    """
    row = get_carrier(session, community_id, carrier_id)
    require_manage(actor, community_id)
    if row.closed_at is None:
        return row
    if _is_taken(session, row, row.name):
        raise Conflict(_("已经有一个“{name}”，请先给它改名").format(name=row.name))
    row.closed_at = None
    session.flush()
    _note(session, "reopen", row)
    return row


def carrier_out(row: Carrier) -> CarrierOut:
    """As the API shows it."""
    return msgspec.convert(row, CarrierOut, from_attributes=True)


def require_manage(actor: Actor, community_id: UUID) -> None:
    """Raises ``Forbidden`` unless the actor may keep carriers and contracts there."""
    if not actor.can(MANAGE_CONTRACTS, community_id=community_id):
        raise Forbidden


def _write(session: ScopedSession, row: Carrier, data: CarrierWrite) -> None:
    name = data.name.strip()
    if not name:
        raise Invalid(errors=[FieldError("name", _("必须填写"))])
    if row.closed_at is None and _is_taken(session, row, name):
        raise Invalid(errors=[FieldError("name", _("已经有这个名称的收运单位"))])
    row.name, row.licence = name, data.licence.strip()
    row.contact, row.note = data.contact.strip(), data.note.strip()


def _is_taken(session: ScopedSession, row: Carrier, name: str) -> bool:
    same = select(Carrier.id).where(
        Carrier.community_id == row.community_id,
        Carrier.name == name,
        Carrier.closed_at.is_(None),
        Carrier.id != row.id,
    )
    with session.no_autoflush:
        return session.scalar(same) is not None


def _told(row: Carrier) -> dict[str, str]:
    return {"name": row.name, "licence": row.licence, "contact": row.contact, "note": row.note}


def _note(
    session: ScopedSession,
    verb: str,
    row: Carrier,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    subject, action = ("carrier", row.id), f"waste_sorting.carrier.{verb}"
    record(session, action, subject, community_id=row.community_id, before=before, after=after)
