"""Granting and ending roles: nobody gives what they do not hold, and no street loses its last administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select, text

from linli.access.duties import require_separate, separates_duties
from linli.access.models import RoleGrant
from linli.access.permissions import CORE_PERMISSION_NAMES
from linli.access.places import GrantPlace, require_place
from linli.access.repository import is_offered
from linli.access.roles import GIVEN_WHEN_SEPARATED, ROLES, SEPARATE_ROLES, THREE_ADMINISTRATORS, Level, Role
from linli.access.wording import one_line
from linli.approvals import needs_approval, require_approved
from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.identity.identifiers import read_identifier
from linli.kit.actor import Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.kit.tidings import Tiding

#: Told in the transaction of the grant, for who gets a role from somebody else, and for who loses one.
role_granted: Tiding[ScopedSession, RoleGrant] = Tiding()
role_ended: Tiding[ScopedSession, RoleGrant] = Tiding()

_LINKED = text("SELECT * FROM core.linked_account(:account, :user_name, :phone_bi)")


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An account that this street knows, as its staff may see it."""

    account_id: UUID
    display_name: str
    user_name: str | None
    phone_mask: str
    totp_enrolled: bool


def find_linked_account(session: ScopedSession, identifier: str) -> LinkedAccount | None:
    """The account with this user name or phone, if this street knows it; from a community, if that community does."""
    who = read_identifier(identifier)
    is_phone = who.kind == "phone"
    return _linked(
        session,
        user_name=None if is_phone else who.value,
        phone_bi=session.vault.account_index("phone", who.value) if is_phone else None,
    )


def linked_account(session: ScopedSession, account_id: UUID) -> LinkedAccount | None:
    """The account with this id, if this street (this community) knows it."""
    return _linked(session, account=account_id)


def _linked(session: ScopedSession, **wanted: object) -> LinkedAccount | None:
    parameters = {"account": None, "user_name": None, "phone_bi": None, **wanted}
    row = session.execute(_LINKED, parameters).one_or_none()
    return LinkedAccount(**row._mapping) if row else None


#: The acts on these roles that take two people where the street says so; see ``linli.access.acts``.
GRANT_ADMINISTRATOR = "core.grant_administrator"
END_ADMINISTRATOR = "core.end_administrator"


def require_may_grant(
    session: ScopedSession, actor: Actor, role_code: str, place: GrantPlace, *, permission: str = "core.role.grant"
) -> Role:
    """The role, if this actor may give it at this place.

    Raises:
        Invalid: no such role, or it is not held at such a place.
        Forbidden: the actor lacks the permission there, holds no role that gives this one, or would give
            a permission of the core that they do not hold there, unless their role may give this one all the same
            (``Role.gives_unheld``). A plugin's permissions follow the role.
    """
    role = ROLES.get(role_code)
    if role is None or not role.levels or not is_offered(session, role_code):
        titles = listed(_(each.title) for each in ROLES.values() if each.levels)
        raise Invalid.one("role", _("没有可授予的这种角色"), _("可用：{names}").format(names=titles))
    if place.level not in role.levels:
        allowed = listed(_(level.label) for level in Level if level in role.levels)
        message = _("“{role}”不能在这一级授予").format(role=_(role.title))
        raise Invalid.one("role", message, _("范围选{levels}").format(levels=allowed))
    if actor.system:
        return role
    if not actor.can(permission, **place.ids()):
        raise Forbidden
    if not any(grant.role in role.granted_by and grant.reaches(**place.ids()) for grant in actor.grants):
        raise Forbidden(_("您的角色不能授予“{role}”").format(role=_(role.title)))
    if _gives_unheld(session, actor, role, place, permission):
        return role
    if any(not actor.can(name, **place.ids()) for name in role.permissions & CORE_PERMISSION_NAMES):
        raise Forbidden(_("“{role}”的权限超出您自己的权限").format(role=_(role.title)))
    return role


def _gives_unheld(session: ScopedSession, actor: Actor, role: Role, place: GrantPlace, permission: str) -> bool:
    # The same grant must reach the place, carry the permission to give, and name the role: a steward's hat on a
    # community administrator does not widen what either may give.
    givers = [
        ROLES[grant.role]
        for grant in actor.grants_for(permission)
        if grant.role in ROLES and grant.reaches(**place.ids())
    ]
    if any(role.code in giver.gives_unheld for giver in givers):
        return True
    is_security = any(giver.gives_unheld for giver in givers)
    return is_security and role.code in GIVEN_WHEN_SEPARATED and separates_duties(session)


def check_term(role: Role, starts_on: date, ends_on: date | None) -> None:
    """Raises ``Invalid`` unless the term has an end where one is needed, ends after it starts and is not over."""
    if ends_on is None and role.needs_end:
        raise Invalid.one("ends_on", _("“{role}”必须填写截止日期").format(role=_(role.title)))
    if ends_on is not None and ends_on < starts_on:
        raise Invalid.one("ends_on", _("截止日期早于开始日期"), _("不早于 {day}").format(day=starts_on))
    if ends_on is not None and ends_on < today():
        raise Invalid.one("ends_on", _("截止日期已经过去"), _("不早于 {day}").format(day=today()))


def grant_role(
    session: ScopedSession,
    actor: Actor,
    account_id: UUID,
    *,
    role: str,
    place: GrantPlace,
    starts_on: date | None = None,
    ends_on: date | None = None,
    reason: str,
) -> RoleGrant:
    """Give an account a role at a place for a term.

    Args:
        session: the unit of work.
        actor: who grants.
        account_id: an account that this street knows; not the actor's own.
        role: a code of ``ROLES``.
        place: where; must exist within the scope.
        starts_on: first day, today when ``None`` (Asia/Shanghai).
        ends_on: last day, which is still part of the term; ``None`` for an open end.
        reason: why; kept with the grant and in the audit trail.

    Raises:
        Invalid: naming the field at fault.
        Forbidden: see ``require_may_grant``; also for granting to oneself.
        Conflict: the account holds this role here already in that time, or one that must be held by somebody else.
        ApprovalRequired: an administrator's role, and giving it takes a second person here.
    """
    held = require_may_grant(session, actor, role, place)
    if account_id == actor.account_id:
        raise Forbidden(_("不能给自己授予角色，请由另一位管理员操作"))
    why = one_line(reason, 500)
    if not why:
        raise Invalid.one("reason", _("请填写授予原因"))
    place_name = require_place(session, place)
    starts = starts_on or today()
    check_term(held, starts, ends_on)
    account = linked_account(session, account_id)
    if account is None:
        raise Invalid.one("account_id", _("本街道没有这个账号"), _("请先邀请此人"))
    if held.code in SEPARATE_ROLES:
        asked = {"account_id": account_id, "role": held.code, "starts_on": starts, "ends_on": ends_on, "reason": why}
        require_approved(session, actor, GRANT_ADMINISTRATOR, asked, subject=("account", account_id), reason=why)
    grant = add_grant(
        session,
        account_id=account_id,
        account_name=account.display_name,
        role=held,
        place=place,
        place_name=place_name,
        starts_on=starts,
        ends_on=ends_on,
        granted_by=actor.account_id,
        reason=why,
    )
    role_granted.tell(session, grant)
    return grant


def add_grant(
    session: ScopedSession,
    *,
    account_id: UUID,
    account_name: str,
    role: Role,
    place: GrantPlace,
    place_name: str,
    starts_on: date,
    ends_on: date | None,
    granted_by: UUID | None,
    reason: str,
) -> RoleGrant:
    """Write a grant that was checked, and its audit row.

    Raises:
        Conflict: it would double another, or join duties that are separated here.
    """
    require_separate(session, account_id, role, starts_on, ends_on)
    overlapping = session.scalar(
        select(RoleGrant.id).where(
            RoleGrant.account_id == account_id,
            RoleGrant.role == role.code,
            *(getattr(RoleGrant, name).is_not_distinct_from(value) for name, value in place.ids().items()),
            RoleGrant.revoked_at.is_(None),
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= starts_on),
            RoleGrant.starts_on <= ends_on if ends_on else text("true"),
        )
    )
    if overlapping is not None:
        raise Conflict(_("此人在这段时间已经是这里的“{role}”").format(role=_(role.title)))
    grant = RoleGrant(
        id=new_id(),
        account_id=account_id,
        account_name=account_name,
        role=role.code,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=granted_by,
        reason=reason,
        **place.ids(),
    )
    session.add(grant)
    session.flush()
    record(
        session,
        "core.role.grant",
        ("role_grant", grant.id),
        community_id=place.community_id,
        after={
            "account": account_name,
            "role": role.code,
            "place": place_name,
            "starts_on": str(starts_on),
            "ends_on": str(ends_on) if ends_on else None,
        },
        reason=reason,
    )
    return grant


def end_grant(session: ScopedSession, actor: Actor, grant_id: UUID, *, reason: str) -> RoleGrant:
    """End a grant at once; it stays in the list as ended.

    Raises:
        NotFound: no such grant in this scope.
        Forbidden: the actor may not give this role at that place, and so may not take it.
        Conflict: it has ended, or it is the last one of an administrator whom the street cannot do without.
        Invalid: no reason was given.
        ApprovalRequired: an administrator's role, and ending it takes a second person here.
    """
    return end_grants(session, actor, [grant_id], reason=reason)[0]


def end_grants(session: ScopedSession, actor: Actor, grant_ids: Sequence[UUID], *, reason: str) -> list[RoleGrant]:
    """End several grants, all or none; as ``end_grant``."""
    why = one_line(reason, 500)
    if not why:
        raise Invalid.one("reason", _("请填写终止原因"))
    ids = sorted(grant_ids)
    is_weighty = session.scalar(select(RoleGrant.id).where(RoleGrant.id.in_(ids), RoleGrant.role.in_(SEPARATE_ROLES)))
    ended = [_end(session, actor, grant_id, why) for grant_id in ids]
    if is_weighty is not None:
        # After the checks of each: nobody is asked to approve what cannot be done. What was done is undone.
        asked = {"grants": ids, "reason": why}
        account = ended[0].account_id
        require_approved(session, actor, END_ADMINISTRATOR, asked, subject=("account", account), reason=why)
    return ended


def _end(session: ScopedSession, actor: Actor, grant_id: UUID, why: str) -> RoleGrant:
    grant = session.scalar(select(RoleGrant).where(RoleGrant.id == grant_id))
    if grant is None:
        raise NotFound
    place = GrantPlace(grant.community_id, grant.compound_id, grant.building_id)
    if not session.info["scope"].covers(grant.community_id) or (
        grant.community_id is None and session.info["scope"].communities is not None
    ):
        raise Forbidden
    require_may_grant(session, actor, grant.role, place)
    _keep_one_administrator(session, grant)
    session.refresh(grant, with_for_update=True)
    if grant.revoked_at is not None:
        raise Conflict(_("这个角色已经终止"))
    grant.revoked_at = func.clock_timestamp()  # type: ignore[assignment]
    grant.revoked_by = actor.account_id
    session.flush()
    record(
        session,
        "core.role.end",
        ("role_grant", grant.id),
        community_id=grant.community_id,
        before={"account": grant.account_name, "role": grant.role},
        reason=why,
    )
    role_ended.tell(session, grant)
    return grant


def end_all_grants(session: ScopedSession, actor: Actor, account_id: UUID, *, reason: str) -> int:
    """End every living grant of an account within this scope, as when somebody leaves; how many that were.

    Raises:
        NotFound: the account holds none here.
        Forbidden, Conflict, Invalid: as ``end_grant``; then none is ended.
    """
    living = session.scalars(
        select(RoleGrant.id)
        .where(RoleGrant.account_id == account_id, RoleGrant.revoked_at.is_(None), _is_not_over())
        .order_by(RoleGrant.id)
    ).all()
    if not living:
        raise NotFound
    end_grants(session, actor, living, reason=reason)
    return len(living)


def require_invitable(session: ScopedSession, actor: Actor | None, role: Role) -> None:
    """Refuse to invite to a role that two people have to give here; ``None`` for the platform's own invitations.

    Raises:
        Conflict: with the way out.
    """
    if actor is None or (actor.system and actor.account_id is None) or role.code not in SEPARATE_ROLES:
        return
    if needs_approval(session, GRANT_ADMINISTRATOR):
        message = _("这里授予“{role}”需要另一人审批，不能直接邀请。请先邀请此人担任街道工作人员，再申请授予")
        raise Conflict(message.format(role=_(role.title)))


def inviter_still_may(session: ScopedSession, inviter: UUID | None, role: Role, place: GrantPlace) -> bool:
    """Whether who gave an invitation could still give the role today; the platform (``None``) always can."""
    if inviter is None:
        return True
    givers = role.granted_by - ({"street_administrator"} if separates_duties(session) else set())
    rows = session.scalars(
        select(RoleGrant).where(
            RoleGrant.account_id == inviter,
            RoleGrant.role.in_(givers),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_on <= today(),
            _is_not_over(),
        )
    )
    return any(
        Grant(row.role, row.community_id, row.compound_id, row.building_id).reaches(**place.ids()) for row in rows
    )


def _is_not_over():
    return or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today())


def _keep_one_administrator(session: ScopedSession, grant: RoleGrant) -> None:
    is_needed = grant.role == "street_administrator" or (
        grant.role in THREE_ADMINISTRATORS and separates_duties(session)
    )
    if not is_needed:
        return
    # Locked in one order: of two who end each other at once, the second finds the first gone.
    others = session.scalars(
        select(RoleGrant.id)
        .where(
            RoleGrant.role == grant.role,
            RoleGrant.community_id.is_(None),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_on <= today(),
            _is_not_over(),
        )
        .order_by(RoleGrant.id)
        .with_for_update()
    ).all()
    if not set(others) - {grant.id}:
        title = _(ROLES[grant.role].title)
        raise Conflict(_("这是本街道最后一位{role}，请先授予另一位").format(role=title))
