"""Residents: list, read, enter, change. Unsealing one field belongs to ``linli.privacy``, which counts the looks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import select

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit import clock
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.kit.errors import Invalid
from linli.kit.ids import new_id
from linli.kit.phones import mask_id_number, mask_phone
from linli.kit.pinyin import spell_name
from linli.kit.text import gettext as _
from linli.residents.models import Household, Resident
from linli.residents.permissions import MANAGE, READ
from linli.residents.reach import reach_of
from linli.residents.repository import ResidentFilter, find_residents, residents_out
from linli.residents.schemas import (
    HouseholdCreate,
    MemberIn,
    ResidentCreate,
    ResidentOut,
    ResidentUpdate,
)
from linli.residents.service.finding import (
    dwelling_within,
    flush,
    require_community,
    require_version,
    resident_within,
)
from linli.residents.service.households import add_member, begin_household
from linli.residents.wording import limited, required_id_number, required_name, required_phone
from linli.tenancy.models import Dwelling
from linli.tenancy.summaries import recount


def list_residents(
    session: ScopedSession,
    actor: Actor,
    wanted: ResidentFilter | None = None,
    *,
    sort: str = "name",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[ResidentOut], str | None]:
    """Residents within the actor's reach, by the reading of their names or by ``created_at``, and the next ``after``.

    Raises:
        Invalid: ``after`` is not a cursor of this list.
    """
    return find_residents(
        session, reach_of(actor, READ), wanted or ResidentFilter(), sort=sort, after=after, limit=limit
    )


def get_resident(session: ScopedSession, actor: Actor, resident_id: UUID) -> ResidentOut:
    """One resident within the actor's reach.

    Raises:
        NotFound: there is none, or not within reach.
    """
    return residents_out(session, [resident_within(session, actor, resident_id, READ)])[0]


def create_resident(session: ScopedSession, actor: Actor, community_id: UUID, data: ResidentCreate) -> ResidentOut:
    """Enter a person; with a dwelling they join its household of today with the same tenure, or begin one.

    Whoever manages only a compound or a building has to name a dwelling there.

    Raises:
        Invalid: a field is at fault, or the identity number belongs to somebody else already.
        Forbidden: no dwelling named, and the right is not held for the whole community.
        NotFound: the dwelling is not within reach.
    """
    dwelling = None
    if data.dwelling_id is None:
        require_community(actor, MANAGE, community_id)
    else:
        dwelling = dwelling_within(session, actor, data.dwelling_id, MANAGE, lock=True)
        if dwelling.community_id != community_id:
            raise Invalid.one("dwelling_id", _("这套房屋不在本社区"))
    resident = Resident(id=new_id(), community_id=community_id, born_on=data.born_on, gender=data.gender)
    _set_name(resident, data.name)
    set_phone(session, resident, data.phone)
    set_id_number(session, resident, data.id_number)
    resident.is_migrant, resident.remarks = data.is_migrant, limited(data.remarks, "remarks")
    session.add(resident)
    flush(session)
    record(
        session,
        "core.resident.create",
        ("resident", resident.id),
        community_id=community_id,
        after=_shown(resident),
    )
    recount(session, community_id)
    if dwelling is not None:
        _settle(session, dwelling, resident, data)
    return residents_out(session, [resident])[0]


def update_resident(session: ScopedSession, actor: Actor, resident_id: UUID, data: ResidentUpdate) -> ResidentOut:
    """Change what was sent; the rest stays.

    Raises:
        Conflict: the resident was changed after ``data.version`` was read.
        Invalid: a field is at fault.
        NotFound: there is none within reach.
    """
    resident = resident_within(session, actor, resident_id, MANAGE)
    require_version(resident, data.version)
    before = _shown(resident)
    if not isinstance(data.name, UnsetType):
        _set_name(resident, data.name)
    if not isinstance(data.phone, UnsetType):
        set_phone(session, resident, data.phone)
    if not isinstance(data.id_number, UnsetType):
        set_id_number(session, resident, data.id_number)
    if not isinstance(data.remarks, UnsetType):
        resident.remarks = limited(data.remarks, "remarks")
    for name in ("gender", "born_on", "is_migrant"):
        if getattr(data, name) is not UNSET:
            setattr(resident, name, getattr(data, name))
    flush(session)
    after = _shown(resident)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        record(
            session,
            "core.resident.update",
            ("resident", resident.id),
            community_id=resident.community_id,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return residents_out(session, [resident])[0]


def set_phone(session: ScopedSession, resident: Resident, text: str) -> None:
    """Seal a phone number, or remove it when empty; raises ``Invalid``."""
    if not text.strip():
        resident.phone_ct, resident.phone_bi, resident.phone_mask = None, None, ""
        return
    phone = required_phone(text)
    resident.phone_ct = session.vault.encrypt(session, "resident", "phone", resident.id, phone)
    resident.phone_bi = session.vault.blind_index(session, "phone", phone)
    resident.phone_mask = mask_phone(phone)


def set_id_number(session: ScopedSession, resident: Resident, text: str) -> None:
    """Seal an identity number, or remove it when empty; raises ``Invalid`` when it is wrong or somebody else's."""
    if not text.strip():
        resident.id_number_ct, resident.id_number_bi, resident.id_number_mask = None, None, ""
        return
    number = required_id_number(text)
    index = session.vault.blind_index(session, "id_number", number)
    taken = select(Resident.id).where(
        Resident.community_id == resident.community_id,
        Resident.id_number_bi == index,
        Resident.merged_into.is_(None),
        Resident.id != resident.id,
    )
    with session.no_autoflush:
        if session.scalar(taken):
            raise Invalid.one("id_number", _("这个身份证号已经登记在另一位居民名下"))
    resident.id_number_ct = session.vault.encrypt(session, "resident", "id_number", resident.id, number)
    resident.id_number_bi = index
    resident.id_number_mask = mask_id_number(number)


def _set_name(resident: Resident, text: str) -> None:
    resident.name = required_name(text)
    resident.name_pinyin = spell_name(resident.name)


def _settle(session: ScopedSession, dwelling: Dwelling, resident: Resident, data: ResidentCreate) -> None:
    moved_in_on = data.moved_in_on or clock.today()
    household = session.scalar(
        select(Household)
        .where(Household.dwelling_id == dwelling.id, Household.tenure == data.tenure, Household.ended_on.is_(None))
        .order_by(Household.started_on.desc().nulls_last(), Household.id)
        .limit(1)
    )
    if household is None:
        wanted = HouseholdCreate(dwelling_id=dwelling.id, tenure=data.tenure, started_on=moved_in_on)
        household = begin_household(session, dwelling, wanted)
    add_member(session, household, MemberIn(resident_id=resident.id, relation=data.relation, moved_in_on=moved_in_on))


def _shown(resident: Resident) -> dict[str, Any]:
    return {
        "name": resident.name,
        "gender": resident.gender,
        "born_on": resident.born_on.isoformat() if resident.born_on else None,
        "phone": resident.phone_mask,
        "id_number": resident.id_number_mask,
        "is_migrant": resident.is_migrant,
        "remarks": resident.remarks,
    }
