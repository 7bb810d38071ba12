"""Reading grants: lists for the pages, and why somebody may do something or may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, text
from sqlalchemy.orm import aliased

from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.access.roles import ROLES, owner_of
from linli.access.wording import one_line
from linli.db.paging import Order, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.actor import Actor, Grant
from linli.kit.clock import today
from linli.kit.cursor import MOST, PAGE
from linli.kit.text import gettext as _
from linli.tenancy.models import Building, Community, Compound

#: ``current`` today, ``future``, ``ended`` (its last day is over, or it was ended), or ``all``.
State = Literal["current", "future", "ended", "all"]


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as a page shows it. ``granted_by`` is a name; empty when the platform granted it."""

    id: UUID
    account_id: UUID
    account_name: str
    role: str
    community_id: UUID | None
    compound_id: UUID | None
    building_id: UUID | None
    place: str
    starts_on: date
    ends_on: date | None
    granted_by: str
    reason: str
    revoked_at: datetime | None
    created_at: datetime | None

    @property
    def role_title(self) -> str:
        """In the language of the request."""
        return _(ROLES[self.role].title) if self.role in ROLES else self.role

    @property
    def state(self) -> str:
        """``current``, ``future`` or ``ended``, today."""
        if self.revoked_at is not None or (self.ends_on is not None and self.ends_on < today()):
            return "ended"
        return "future" if self.starts_on > today() else "current"


#: The orders of the list; ids grow as roles are given.
GRANTS = {
    "created_at": Order(),
    "starts_on": Order(RoleGrant.starts_on, lambda row: row[0].starts_on),
    "ends_on": Order(RoleGrant.ends_on, lambda row: row[0].ends_on, is_nullable=True),
}


def list_grants(
    session: ScopedSession,
    actor: Actor,
    *,
    account_id: UUID | None = None,
    role: str | None = None,
    community_id: UUID | None = None,
    state: State = "current",
    name: str = "",
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[GrantRow], str | None]:
    """Grants within the scope that the actor may see, the newest first unless it is said otherwise.

    Returns:
        At most ``limit`` rows (two hundred at most), and the ``after`` of the next page, ``None`` on the last.
    """
    limit = max(1, min(limit, MOST))
    query = _grants().where(_within_reach(actor))
    if account_id is not None:
        query = query.where(RoleGrant.account_id == account_id)
    if role:
        query = query.where(RoleGrant.role == role)
    if community_id is not None:
        query = query.where(RoleGrant.community_id == community_id)
    if wanted := one_line(name, 40):
        query = query.where(RoleGrant.account_name.contains(wanted, autoescape=True))
    page = sorted_slice(
        session,
        query.where(_in_state(state)),
        RoleGrant.id,
        GRANTS,
        sort,
        id_of=lambda row: row[0].id,
        after=after,
        limit=limit,
    )
    return [_row(row) for row in page.items], page.next


def people_in_office(session: ScopedSession, actor: Actor, *, most: int) -> list[tuple[UUID, str]]:
    """Account and name of at most so many people who hold a role today that the actor may see, by name."""
    query = select(RoleGrant.account_id, RoleGrant.account_name).where(_within_reach(actor), _in_state("current"))
    rows = session.execute(query.distinct().order_by(RoleGrant.account_name, RoleGrant.account_id).limit(most))
    return [(account_id, name) for account_id, name in rows]


def grants_of(session: ScopedSession, actor: Actor, accounts: Sequence[UUID]) -> list[GrantRow]:
    """What these few people hold today, as far as the actor may see it, the newest first."""
    query = _grants().where(RoleGrant.account_id.in_(accounts), _within_reach(actor), _in_state("current"))
    return [_row(row) for row in session.execute(query.order_by(RoleGrant.id.desc()).limit(MOST))]


def get_grant(session: ScopedSession, actor: Actor, grant_id: UUID) -> GrantRow | None:
    """One grant within the scope that the actor may see."""
    row = session.execute(_grants().where(RoleGrant.id == grant_id, _within_reach(actor))).one_or_none()
    return _row(row) if row else None


def _grants() -> Select[Any, Any, Any, Any, Any]:
    giver = aliased(RoleGrant)
    giver_name = (
        select(giver.account_name)
        .where(giver.account_id == RoleGrant.granted_by)
        .order_by(giver.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    here = RoleGrant.community_id
    return (
        select(RoleGrant, Community.name, Compound.name, Building.name, giver_name)
        .outerjoin(Community, Community.id == here)
        .outerjoin(Compound, and_(Compound.id == RoleGrant.compound_id, Compound.community_id == here))
        .outerjoin(Building, and_(Building.id == RoleGrant.building_id, Building.community_id == here))
    )


def _row(row: Any) -> GrantRow:
    grant, *names, giver = row
    return GrantRow(
        id=grant.id,
        account_id=grant.account_id,
        account_name=grant.account_name,
        role=grant.role,
        community_id=grant.community_id,
        compound_id=grant.compound_id,
        building_id=grant.building_id,
        place=" ".join(name for name in names if name) or _("全街道"),
        starts_on=grant.starts_on,
        ends_on=grant.ends_on,
        granted_by=giver or "",
        reason=grant.reason,
        revoked_at=grant.revoked_at,
        created_at=grant.created_at,
    )


def _in_state(state: State):
    day = today()
    is_over = or_(RoleGrant.revoked_at.is_not(None), and_(RoleGrant.ends_on.is_not(None), RoleGrant.ends_on < day))
    if state == "ended":
        return is_over
    if state == "future":
        return and_(~is_over, RoleGrant.starts_on > day)
    if state == "current":
        return and_(~is_over, RoleGrant.starts_on <= day)
    return text("true")


def _within_reach(actor: Actor):
    """Who may read roles in a compound only sees the roles held there; a street's grants need no reach of their own."""
    if actor.system:
        return text("true")
    conditions = []
    for grant in actor.grants_for("core.role.read") + actor.grants_for("core.staff.read"):
        parts: list[Any] = [text("true")]
        for name in ("community_id", "compound_id", "building_id"):
            value = getattr(grant, name)
            if value is not None:
                # In a community's portal the street's own staff is shown too: they act there.
                column = getattr(RoleGrant, name)
                parts.append(or_(column == value, RoleGrant.community_id.is_(None)))
        conditions.append(and_(*parts))
    return or_(text("false"), *conditions)


@dataclass(frozen=True, slots=True)
class Ground:
    """One grant measured against a question: whether it gives the permission at the place, and if not, why not."""

    role: str
    place: str
    gives: bool
    why_not: str = ""
    since: date | None = None
    until: date | None = None
    granted_by: str = ""
    reason: str = ""
    grant_id: UUID | None = None

    @property
    def role_title(self) -> str:
        return _(ROLES[self.role].title) if self.role in ROLES else self.role


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an account may do something at a place, or why not.

    Attributes:
        allowed: the answer today.
        grounds: every grant that bears on it, those that give it first.
        roles_that_would: codes of the roles that give the permission at all.
    """

    permission: str
    allowed: bool
    grounds: tuple[Ground, ...] = ()
    roles_that_would: tuple[str, ...] = field(default=())


_ALLOWED = text("SELECT plugin FROM core.plugin_allowance")
_FROM_REGISTER = text(
    """
    SELECT 'resident' AS role, r.community_id, c.name AS place, NULL::date AS since
      FROM core.resident r JOIN core.community c ON c.id = r.community_id
     WHERE r.account_id = :account AND r.merged_into IS NULL AND r.erased_at IS NULL
    UNION ALL
    SELECT 'owner', o.community_id, c.name, min(o.started_on)
      FROM core.ownership o JOIN core.resident r ON r.id = o.resident_id AND r.community_id = o.community_id
      JOIN core.community c ON c.id = o.community_id
     WHERE r.account_id = :account AND r.merged_into IS NULL AND r.erased_at IS NULL
       AND (o.started_on IS NULL OR o.started_on <= :today) AND (o.ended_on IS NULL OR o.ended_on > :today)
     GROUP BY o.community_id, c.name
    """
)


def explain(
    session: ScopedSession,
    account_id: UUID,
    permission: str,
    place: GrantPlace,
    *,
    roles: Mapping[str, frozenset[str]],
) -> Explanation:
    """Why this account may do this at this place today, or why not.

    Args:
        session: its scope bounds what is looked at.
        account_id: whose right.
        permission: by name.
        place: where.
        roles: of ``role_permissions``, the plugins' included.
    """
    grounds = []
    rows = session.execute(_grants().where(RoleGrant.account_id == account_id).order_by(RoleGrant.id.desc()).limit(200))
    for row in map(_row, rows):
        held = Grant(row.role, row.community_id, row.compound_id, row.building_id)
        why_not = _why_not(row, held, permission, place, roles)
        grounds.append(
            Ground(
                role=row.role,
                place=row.place,
                gives=not why_not,
                why_not=why_not,
                since=row.starts_on,
                until=row.ends_on,
                granted_by=row.granted_by,
                reason=row.reason,
                grant_id=row.id,
            )
        )
    for entry in session.execute(_FROM_REGISTER, {"account": account_id, "today": today()}):
        held = Grant(entry.role, entry.community_id)
        why_not = _outside(held, entry.role, permission, place, roles)
        source = _("来自居民登记") if entry.role == "resident" else _("来自产权登记")
        grounds.append(Ground(entry.role, entry.place, not why_not, why_not, since=entry.since, reason=source))
    grounds.sort(key=lambda ground: not ground.gives)
    return Explanation(
        permission,
        any(ground.gives for ground in grounds),
        tuple(grounds),
        tuple(code for code in ROLES if permission in roles.get(code, ())),
    )


def _why_not(
    row: GrantRow, held: Grant, permission: str, place: GrantPlace, roles: Mapping[str, frozenset[str]]
) -> str:
    if row.revoked_at is not None:
        return _("已被终止")
    if row.state == "ended":
        return _("任期已满")
    if row.state == "future":
        return _("任期尚未开始")
    return _outside(held, row.role, permission, place, roles)


def _outside(held: Grant, role: str, permission: str, place: GrantPlace, roles: Mapping[str, frozenset[str]]) -> str:
    if permission not in roles.get(role, ()):
        return _("这个角色不含此权限")
    return "" if held.reaches(**place.ids()) else _("授予的范围不包括此处")


def offered_owners(session: ScopedSession) -> frozenset[str]:
    """Whose roles can be given in this street: the core's, and those of the plugins that the street allows."""
    return frozenset({"core", *session.scalars(_ALLOWED)})


def is_offered(session: ScopedSession, role: str) -> bool:
    """Whether a role can be given in this street."""
    return owner_of(role) == "core" or owner_of(role) in offered_owners(session)
