"""What somebody may do at this moment, read anew from the grants: for whoever asked days ago, and whoever decides."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.kit.actor import Actor, Grant
from linli.kit.clock import today

# An account of somebody who left the street or was closed gives no row.
_LINKED = text("SELECT display_name FROM core.linked_account(:account, NULL, NULL)")
_GRANTS = text("""
SELECT role, community_id, compound_id, building_id, ends_on FROM core.role_grant
 WHERE account_id = :account AND revoked_at IS NULL AND starts_on <= :today AND (ends_on IS NULL OR ends_on >= :today)
UNION ALL
SELECT 'resident', community_id, NULL, NULL, NULL FROM core.resident
 WHERE account_id = :account AND merged_into IS NULL AND erased_at IS NULL
UNION ALL
SELECT DISTINCT 'owner', o.community_id, NULL::uuid, NULL::uuid, NULL::date
  FROM core.ownership o JOIN core.resident r ON r.community_id = o.community_id AND r.id = o.resident_id
 WHERE r.account_id = :account AND r.merged_into IS NULL AND r.erased_at IS NULL
   AND (o.started_on IS NULL OR o.started_on <= :today) AND (o.ended_on IS NULL OR o.ended_on > :today)
""")
_LOCK = text("SELECT id FROM core.role_grant WHERE account_id = :account ORDER BY id FOR SHARE")


def standing_of(
    session: ScopedSession, account_id: UUID, permissions: Mapping[str, frozenset[str]], *, lock: bool = False
) -> Actor | None:
    """The account with the rights it has now; ``None`` when this place no longer knows it.

    Args:
        session: of the place.
        account_id: whose rights.
        permissions: role to permissions, as the request's own actor has them.
        lock: nobody ends these roles until this transaction has ended.
    """
    name = session.execute(_LINKED, {"account": account_id}).scalar()
    if name is None:
        return None
    if lock:
        # From a community's scope the wall lets the street's own grants be read and not locked.
        session.execute(_LOCK, {"account": account_id})
    rows = session.execute(_GRANTS, {"account": account_id, "today": today()})
    return Actor(
        account_id=account_id,
        display_name=name,
        grants=tuple(Grant(*row) for row in rows),
        permissions=dict(permissions),
    )


def somebody_else_may(
    session: ScopedSession,
    permission: str,
    but: UUID,
    permissions: Mapping[str, frozenset[str]],
    community_id: UUID | None,
) -> list[UUID]:
    """Accounts other than ``but`` that hold a permission at the street or community today, at most fifty."""
    roles = [role for role, names in permissions.items() if permission in names]
    rows = session.execute(_HOLDERS, {"roles": roles, "but": but, "community": community_id, "today": today()})
    return list(rows.scalars())


_HOLDERS = text("""
SELECT DISTINCT account_id FROM core.role_grant
 WHERE role = ANY (:roles) AND account_id <> :but AND revoked_at IS NULL AND compound_id IS NULL
   AND (community_id IS NULL OR community_id = CAST(:community AS uuid))
   AND starts_on <= :today AND (ends_on IS NULL OR ends_on >= :today)
 LIMIT 50
""")
