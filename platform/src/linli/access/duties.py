"""Separation of duties 三权分立: where a street chose it, nobody holds two of the separate roles at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session, aliased

from linli.access.models import RoleGrant
from linli.access.roles import ROLES, SEPARATE_ROLES, THREE_ADMINISTRATORS, Role
from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.kit.errors import Conflict, FieldError, Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.settings.service import get_setting

SETTING = "separate_duties"

# Whoever gives a separate role holds the street's lock shared and the account's alone: two grants to one account wait
# for each other, and turning the separation on waits for all and sees them all.
_SHARE = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('duties:' || sec.tenant_id(), 0))")
_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('duties:' || sec.tenant_id(), 0))")
_HOLD_ACCOUNT = text("SELECT pg_advisory_xact_lock(hashtextextended('duties:' || sec.tenant_id() || :account, 0))")


@dataclass(frozen=True, slots=True)
class Separation:
    """How a street stands.

    Attributes:
        is_on: whether it separates the duties.
        holders: each of the three administrators' roles, titled, with the names of those who hold it today.
        conflicts: who holds two separate roles in overlapping terms, each as a sentence; empty where it is on.
    """

    is_on: bool
    holders: tuple[tuple[str, tuple[str, ...]], ...]
    conflicts: tuple[str, ...]

    @property
    def vacant(self) -> tuple[str, ...]:
        """Titles of the roles that nobody holds."""
        return tuple(title for title, names in self.holders if not names)


def separates_duties(session: Session) -> bool:
    """Whether the street of this session separates the duties."""
    return bool(get_setting(session, "core", SETTING))


def separation_of(session: ScopedSession) -> Separation:
    """How the street stands, for the pages."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.account_name)
        .where(RoleGrant.role.in_(THREE_ADMINISTRATORS), _lives(RoleGrant), RoleGrant.starts_on <= today())
        .order_by(RoleGrant.id)
        .limit(100)
    ).all()
    holders = tuple(
        (_(ROLES[code].title), tuple(dict.fromkeys(name for role, name in rows if role == code)))
        for code in THREE_ADMINISTRATORS
    )
    return Separation(separates_duties(session), holders, tuple(_conflicts(session)))


def require_separate(
    session: ScopedSession, account_id: UUID, role: Role, starts_on: date, ends_on: date | None
) -> None:
    """Refuse a role that the account may not hold beside another; call it before the grant is written.

    Raises:
        Conflict: naming the other role.
    """
    if role.code not in SEPARATE_ROLES:
        return
    session.execute(_SHARE)
    session.execute(_HOLD_ACCOUNT, {"account": str(account_id)})
    if not separates_duties(session):
        return
    other = session.scalar(
        select(RoleGrant.role).where(
            RoleGrant.account_id == account_id,
            RoleGrant.role.in_(SEPARATE_ROLES - {role.code}),
            _lives(RoleGrant),
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= starts_on),
            RoleGrant.starts_on <= ends_on if ends_on else text("true"),
        )
    )
    if other is not None:
        message = _("本街道实行三权分立：此人这段时间是“{other}”，不能同时担任“{role}”")
        raise Conflict(message.format(other=_(ROLES[other].title), role=_(role.title)))


def require_separable(session: ScopedSession) -> None:
    """Refuse to turn the separation on where it would not hold from the first moment, or would lock the street out.

    Raises:
        Invalid: naming who holds what, or which role nobody holds.
    """
    session.execute(_HOLD)
    faults = [FieldError(SETTING, sentence, _("请先终止其中一个角色")) for sentence in _conflicts(session)]
    faults += [
        FieldError(SETTING, _("还没有人担任“{role}”").format(role=title), _("请先授予"))
        for title in separation_of(session).vacant
    ]
    if faults:
        raise Invalid(errors=faults)


def _conflicts(session: ScopedSession) -> Sequence[str]:
    one, other = aliased(RoleGrant), aliased(RoleGrant)
    rows = session.execute(
        select(one.account_name, one.role, other.role)
        .join(other, and_(other.account_id == one.account_id, other.role > one.role))
        .where(one.role.in_(SEPARATE_ROLES), other.role.in_(SEPARATE_ROLES), _lives(one), _lives(other))
        .where(or_(one.ends_on.is_(None), one.ends_on >= other.starts_on))
        .where(or_(other.ends_on.is_(None), other.ends_on >= one.starts_on))
        .order_by(one.account_name)
        .limit(50)
    )
    return list(
        dict.fromkeys(
            _("{name}同时担任{roles}").format(name=name, roles=listed(_(ROLES[code].title) for code in codes))
            for name, *codes in rows
        )
    )


def _lives(grant: Any) -> ColumnElement[bool]:
    return and_(grant.revoked_at.is_(None), or_(grant.ends_on.is_(None), grant.ends_on >= today()))
