"""The carriers of a community; one that no longer comes is taken out of use, its records stay."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from linli.sdk import Actor, Conflict, FieldError, Invalid, NotFound, ScopedSession, new_id
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import close, noted_update, noter, reopen, require, require_version
from linli_waste_sorting.weights.models import Carrier
from linli_waste_sorting.weights.permissions import MANAGE_CONTRACTS
from linli_waste_sorting.weights.schemas import CarrierOut, CarrierWrite

_note = noter("carrier")


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
    require(actor, MANAGE_CONTRACTS, community_id)
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
    require(actor, MANAGE_CONTRACTS, community_id)
    require_version(row, data.version)
    with noted_update(session, row, _told, _note):
        _write(session, row, data)
    return row


def close_carrier(session: ScopedSession, actor: Actor, community_id: UUID, carrier_id: UUID) -> Carrier:
    """Take a carrier out of use: it is no longer offered. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not keep contracts there.
    """
    row = get_carrier(session, community_id, carrier_id)
    require(actor, MANAGE_CONTRACTS, community_id)
    close(session, row, _note)
    return row


def reopen_carrier(session: ScopedSession, actor: Actor, community_id: UUID, carrier_id: UUID) -> Carrier:
    """Use a carrier again. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Conflict: another one has its name by now.
        Forbidden: the actor may not keep contracts there.
    """
    row = get_carrier(session, community_id, carrier_id)
    require(actor, MANAGE_CONTRACTS, community_id)
    if row.closed_at is not None and _is_taken(session, row, row.name):
        raise Conflict(_("已经有一个“{name}”，请先给它改名").format(name=row.name))
    reopen(session, row, _note)
    return row


def carrier_out(row: Carrier) -> CarrierOut:
    """As the API shows it."""
    return msgspec.convert(row, CarrierOut, from_attributes=True)


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
