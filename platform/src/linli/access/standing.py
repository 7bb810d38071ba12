"""What an account may do today, asked for when it is not there itself: for work that it set for later."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from linli.access.models import RoleGrant
from linli.kit.actor import Grant
from linli.kit.clock import today

_MOST = 200


def grants_of(session: Session, account_id: UUID) -> tuple[Grant, ...]:
    """The roles that an account holds today in the session's scope; ended and future ones are left out.

    Roles that follow from the register (resident, owner) are not among them.
    """
    day = today()
    rows = session.scalars(
        select(RoleGrant)
        .where(
            RoleGrant.account_id == account_id,
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_on <= day,
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
        )
        .order_by(RoleGrant.id)
        .limit(_MOST)
    )
    return tuple(
        Grant(row.role, row.community_id, row.compound_id, row.building_id, row.ends_on, row.id) for row in rows
    )
