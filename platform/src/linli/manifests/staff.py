"""The staff that a manifest asks to invite: each is invited once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.db.session import ScopedSession
from linli.identity.invitations import invite
from linli.identity.models import Account, Invitation
from linli.kit.clock import now
from linli.kit.phones import normalise_phone
from linli.kit.text import gettext as _
from linli.manifests.reading import Faults, ReadManifest
from linli.manifests.schemas import StaffSection
from linli.tenancy.models import Community, Compound
from linli.tenancy.naming import tidy


@dataclass(frozen=True, slots=True)
class Invited:
    """One person of the manifest. ``token`` opens the invitation; it is known only when it was made just now."""

    name: str
    role: str
    is_new: bool
    token: str = field(default="", repr=False)


def invite_staff(session: ScopedSession, read: ReadManifest) -> list[Invited]:
    """Invite everybody who holds no such role yet and has no open invitation to it.

    Raises:
        Invalid: a place that does not exist, with its line.
    """
    invited = []
    for n, staff in enumerate(read.manifest.staff or []):
        place = _place(session, staff, ("staff", n), read.faults)
        if place is not None:
            invited.append(_invite(session, staff, place))
    read.faults.raise_if_any()
    return invited


def _place(session: ScopedSession, staff: StaffSection, path: Any, faults: Faults) -> dict[str, UUID | None] | None:
    place: dict[str, UUID | None] = {"community_id": None, "compound_id": None}
    if isinstance(staff.community, str):
        found = session.scalar(select(Community.id).where(Community.code == staff.community))
        if found is None:
            faults.add((*path, "community"), _("没有这个社区"), _("清单里或平台上已有的社区代码"))
            return None
        place["community_id"] = found
    if isinstance(staff.compound, str):
        query = select(Compound.id).where(
            Compound.community_id == place["community_id"], Compound.name == tidy(staff.compound)
        )
        place["compound_id"] = session.scalar(query)
        if place["compound_id"] is None:
            faults.add((*path, "compound"), _("这个社区没有这个小区"), _("小区的名称"))
            return None
    return place


def _invite(session: ScopedSession, staff: StaffSection, place: dict[str, UUID | None]) -> Invited:
    phone = normalise_phone(staff.phone) if isinstance(staff.phone, str) else None
    user_name = staff.user_name if isinstance(staff.user_name, str) else ""
    if _holds_role(session, staff, place, phone, user_name) or _is_invited(session, staff, place, phone, user_name):
        return Invited(staff.name, staff.role, is_new=False)
    _invitation, token = invite(
        session,
        session.actor,
        role=staff.role,
        place=GrantPlace(place["community_id"], place["compound_id"]),
        name=staff.name,
        phone=phone or "",
        user_name=user_name,
        ends_on=staff.ends_on or None,
    )
    return Invited(staff.name, staff.role, is_new=True, token=token)


def _same(model: Any, place: dict[str, UUID | None]) -> list[ColumnElement[bool]]:
    return [getattr(model, column).is_not_distinct_from(value) for column, value in place.items()]


def _holds_role(
    session: ScopedSession, staff: StaffSection, place: dict[str, UUID | None], phone: str | None, user_name: str
) -> bool:
    by_name = Account.user_name == user_name
    who = Account.phone_bi == session.vault.account_index("phone", phone) if phone else by_name
    return bool(
        session.scalar(
            select(
                exists().where(
                    RoleGrant.account_id == Account.id,
                    RoleGrant.role == staff.role,
                    RoleGrant.revoked_at.is_(None),
                    who,
                    *_same(RoleGrant, place),
                )
            )
        )
    )


def _is_invited(
    session: ScopedSession, staff: StaffSection, place: dict[str, UUID | None], phone: str | None, user_name: str
) -> bool:
    by_name = Invitation.user_name == user_name
    who = Invitation.phone_bi == session.vault.blind_index(session, "phone", phone) if phone else by_name
    return bool(
        session.scalar(
            select(
                exists().where(
                    Invitation.role == staff.role,
                    Invitation.revoked_at.is_(None),
                    or_(Invitation.expires_at > now(), Invitation.accepted_at.is_not(None)),
                    who,
                    *_same(Invitation, place),
                )
            )
        )
    )
