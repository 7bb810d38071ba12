"""Folding a person that was entered twice into one entry."""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

from sqlalchemy import select, update

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.residents.models import HouseholdMember, Ownership, Resident
from linli.residents.permissions import MANAGE
from linli.residents.repository import residents_out
from linli.residents.schemas import Merge, ResidentOut
from linli.residents.service.finding import flush, resident_within
from linli.residents.service.people import set_id_number, set_phone
from linli.residents.wording import limited
from linli.tenancy.summaries import recount


def merge_residents(session: ScopedSession, actor: Actor, keep_id: UUID, data: Merge) -> ResidentOut:
    """Give the kept person whatever the duplicate has: stays, shares, and fields that the kept one lacks.

    Raises:
        Invalid: both are the same entry, are of two communities, or contradict each other in number or account.
        NotFound: one of the two is not within reach.
    """
    keep = resident_within(session, actor, keep_id, MANAGE)
    duplicate = resident_within(session, actor, data.duplicate_id, MANAGE)
    _require_mergeable(keep, duplicate)
    phone, number = (_opened(session, duplicate, field) for field in ("phone", "id_number"))
    account_id, duplicate.account_id = duplicate.account_id, None
    set_id_number(session, duplicate, "")
    duplicate.merged_into = keep.id
    flush(session)
    keep.account_id = keep.account_id or account_id
    keep.gender = keep.gender or duplicate.gender
    keep.born_on = keep.born_on or duplicate.born_on
    if phone and not keep.phone_ct:
        set_phone(session, keep, phone)
    if number and not keep.id_number_ct:
        set_id_number(session, keep, number)
    _move_bonds(session, keep, duplicate)
    flush(session)
    record(
        session,
        "core.resident.merge",
        ("resident", keep.id),
        community_id=keep.community_id,
        after={"duplicate": str(duplicate.id)},
        reason=limited(data.reason, "reason", 200),
    )
    recount(session, keep.community_id)
    return residents_out(session, [keep])[0]


def _require_mergeable(keep: Resident, duplicate: Resident) -> None:
    if keep.id == duplicate.id:
        raise Invalid.one("duplicate_id", _("不能与自己合并"))
    if keep.community_id != duplicate.community_id:
        raise Invalid.one("duplicate_id", _("两位居民不在同一个社区"))
    if keep.id_number_bi and duplicate.id_number_bi and keep.id_number_bi != duplicate.id_number_bi:
        raise Invalid.one("duplicate_id", _("两位居民的身份证号不同，不是同一个人"))
    if keep.account_id and duplicate.account_id and keep.account_id != duplicate.account_id:
        raise Invalid.one("duplicate_id", _("两位居民各有登录账号，请先停用其中一个"))


def _opened(session: ScopedSession, resident: Resident, field: str) -> str:
    sealed = resident.phone_ct if field == "phone" else resident.id_number_ct
    return session.vault.decrypt(session, "resident", field, resident.id, sealed) if sealed else ""


def _move_bonds(session: ScopedSession, keep: Resident, duplicate: Resident) -> None:
    own_households = select(HouseholdMember.household_id).where(
        HouseholdMember.resident_id == keep.id, HouseholdMember.moved_out_on.is_(None)
    )
    twice = select(HouseholdMember).where(
        HouseholdMember.resident_id == duplicate.id,
        HouseholdMember.moved_out_on.is_(None),
        HouseholdMember.household_id.in_(own_households),
    )
    for stay in session.scalars(twice):
        session.delete(stay)
    held = {
        (each.dwelling_id, each.started_on, each.ended_on): each
        for each in session.scalars(select(Ownership).where(Ownership.resident_id == keep.id))
    }
    for share in session.scalars(select(Ownership).where(Ownership.resident_id == duplicate.id)):
        other = held.get((share.dwelling_id, share.started_on, share.ended_on))
        if other is None:
            share.resident_id = keep.id
            continue
        total = Fraction(other.share_numerator, other.share_denominator) + Fraction(
            share.share_numerator, share.share_denominator
        )
        other.share_numerator, other.share_denominator = total.numerator, total.denominator
        other.is_representative = other.is_representative or share.is_representative
        session.delete(share)
    session.flush()
    session.execute(
        update(HouseholdMember).where(HouseholdMember.resident_id == duplicate.id).values(resident_id=keep.id)
    )
