"""Invitations: a link, good for seven days, by which a person takes up a role or is joined to the own resident row."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text, true

from linli.access.places import GrantPlace, require_place
from linli.access.service import check_term, require_invitable, require_may_grant
from linli.access.wording import one_line
from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.identity.identifiers import check_phone, check_user_name
from linli.identity.limits import INVITATION_LIFE
from linli.identity.models import Invitation
from linli.identity.sessions import make_token
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.crypto import token_digest
from linli.kit.cursor import MOST
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.phones import mask_phone
from linli.kit.text import gettext as _

#: The role of an invitation that only joins an account to a resident row.
RESIDENT = "resident"

_RESIDENT = text("SELECT community_id, name, account_id FROM core.resident WHERE id = :id AND erased_at IS NULL")


def invite(
    session: ScopedSession,
    actor: Actor,
    *,
    role: str,
    place: GrantPlace,
    name: str,
    phone: str = "",
    user_name: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> tuple[Invitation, str]:
    """Offer a role to somebody who has no account here yet.

    Returns:
        The invitation and the token of its link, which is shown once.

    Raises:
        Invalid: naming the field at fault.
        Forbidden: the actor may not give this role at this place.
        Conflict: giving this role takes two people here, which an invitation alone is not.
    """
    held = require_may_grant(session, actor, role, place, permission="core.staff.manage")
    require_invitable(session, actor, held)
    require_place(session, place)
    check_term(held, starts_on or today(), ends_on)
    return _write(
        session,
        actor,
        role=role,
        place=place,
        name=name,
        phone=phone,
        user_name=user_name,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def invite_resident(session: ScopedSession, actor: Actor, resident_id: UUID) -> tuple[Invitation, str]:
    """Offer a resident the way into the resident portal; earlier offers to the same resident die.

    Raises:
        NotFound: no such resident in this scope.
        Forbidden: the actor does not manage residents there.
        Conflict: the resident has an account already.
    """
    resident = session.execute(_RESIDENT, {"id": resident_id}).one_or_none()
    if resident is None:
        raise NotFound
    if not actor.can("core.resident.manage", community_id=resident.community_id):
        raise Forbidden
    if resident.account_id is not None:
        raise Conflict(_("这位居民已经有账号"))
    for earlier in session.scalars(
        select(Invitation).where(Invitation.resident_id == resident_id, is_open()).with_for_update()
    ):
        earlier.revoked_at = now()
    place = GrantPlace(resident.community_id)
    return _write(session, actor, role=RESIDENT, place=place, name=resident.name, resident_id=resident_id)


def revoke_invitation(session: ScopedSession, actor: Actor, invitation_id: UUID) -> None:
    """Take an offer back.

    Raises:
        NotFound: none open with this id in this scope.
        Forbidden: the actor could not have made it.
    """
    found = session.scalar(select(Invitation).where(Invitation.id == invitation_id, is_open()).with_for_update())
    if found is None:
        raise NotFound
    place = GrantPlace(found.community_id, found.compound_id, found.building_id)
    permission = "core.resident.manage" if found.role == RESIDENT else "core.staff.manage"
    if not actor.can(permission, **place.ids()):
        raise Forbidden
    found.revoked_at = now()
    session.flush()
    record(
        session,
        "core.invitation.revoke",
        ("invitation", found.id),
        community_id=found.community_id,
        before={"name": found.name, "role": found.role},
    )


def renew_invitation(session: ScopedSession, actor: Actor, invitation_id: UUID) -> tuple[Invitation, str]:
    """Make the same offer once more, with a link of its own; the earlier link is dead at once.

    Raises:
        NotFound: none open with this id in this scope.
        Forbidden, Invalid: the actor could not make it today.
    """
    revoke_invitation(session, actor, invitation_id)
    found = session.get_one(Invitation, (session.scope.tenant_id, invitation_id))
    if found.resident_id is not None:
        return invite_resident(session, actor, found.resident_id)
    sealed = found.phone_ct
    return invite(
        session,
        actor,
        role=found.role,
        place=GrantPlace(found.community_id, found.compound_id, found.building_id),
        name=found.name,
        phone=session.vault.decrypt(session, "invitation", "phone", found.id, sealed) if sealed else "",
        user_name=found.user_name,
        starts_on=found.starts_on if found.starts_on and found.starts_on > today() else None,
        ends_on=found.ends_on,
    )


def list_invitations(
    session: ScopedSession, actor: Actor, *, oldest_first: bool = False, after: UUID | None = None, limit: int = 50
) -> tuple[list[Invitation], UUID | None]:
    """Open offers of roles within the scope and the actor's reach, the newest first unless it is said otherwise."""
    grants = actor.grants_for("core.staff.read")
    reach = [
        and_(true(), *(getattr(Invitation, name) == value for name, value in _narrowed(grant).items()))
        for grant in grants
    ]
    query = select(Invitation).where(Invitation.role != RESIDENT, is_open())
    if not actor.system:
        query = query.where(or_(text("false"), *reach))
    if after is not None:
        query = query.where(Invitation.id > after if oldest_first else Invitation.id < after)
    limit = max(1, min(limit, MOST))
    order = Invitation.id if oldest_first else Invitation.id.desc()
    rows = list(session.scalars(query.order_by(order).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def is_open() -> Any:
    """True for an invitation that can still be taken up."""
    return and_(
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > func.clock_timestamp(),
    )


def _write(
    session: ScopedSession,
    actor: Actor,
    *,
    role: str,
    place: GrantPlace,
    name: str,
    phone: str = "",
    user_name: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
    resident_id: UUID | None = None,
) -> tuple[Invitation, str]:
    name = one_line(name, 41)
    if not 1 <= len(name) <= 40:
        raise Invalid.one("name", _("姓名不合要求"), _("1 到 40 个字"))
    number = check_phone(phone) if phone.strip() else None
    invitation_id, token = new_id(), make_token()
    invitation = Invitation(
        id=invitation_id,
        **place.ids(),
        resident_id=resident_id,
        role=role,
        name=name,
        phone_ct=session.vault.encrypt(session, "invitation", "phone", invitation_id, number) if number else None,
        phone_bi=session.vault.blind_index(session, "phone", number) if number else None,
        phone_mask=mask_phone(number) if number else "",
        user_name=check_user_name(user_name) if user_name.strip() else "",
        starts_on=starts_on,
        ends_on=ends_on,
        token_hash=token_digest(token),
        invited_by=actor.account_id,
        expires_at=now() + timedelta(seconds=INVITATION_LIFE),
    )
    session.add(invitation)
    session.flush()
    record(
        session,
        "core.invitation.create",
        ("invitation", invitation_id),
        community_id=place.community_id,
        after={"name": name, "role": role, "phone": invitation.phone_mask},
    )
    return invitation, token


def _narrowed(grant: Any) -> dict[str, UUID]:
    names = ("community_id", "compound_id", "building_id")
    return {name: value for name in names if (value := getattr(grant, name)) is not None}
