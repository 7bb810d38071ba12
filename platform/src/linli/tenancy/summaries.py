"""The counts of each community, kept by whoever writes; the street's overview reads them instead of counting."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from linli.db.session import before_commit
from linli.kit import clock

_RECOUNT = text("""
INSERT INTO core.community_summary AS s
  (community_id, compounds, buildings, dwellings, households, residents, counted_at)
SELECT c.id,
  (SELECT count(*) FROM core.compound x WHERE x.community_id = c.id AND x.archived_at IS NULL),
  (SELECT count(*) FROM core.building x WHERE x.community_id = c.id),
  (SELECT count(*) FROM core.dwelling x WHERE x.community_id = c.id),
  (SELECT count(*) FROM core.household x WHERE x.community_id = c.id AND (x.ended_on IS NULL OR x.ended_on > :today)),
  (SELECT count(*) FROM core.resident x WHERE x.community_id = c.id AND x.merged_into IS NULL AND x.erased_at IS NULL),
  clock_timestamp()
FROM core.community c WHERE c.id = :community
ON CONFLICT (tenant_id, community_id) DO UPDATE SET
  compounds = excluded.compounds, buildings = excluded.buildings, dwellings = excluded.dwellings,
  households = excluded.households, residents = excluded.residents, counted_at = excluded.counted_at
""")


def recount(session: Session, community_id: UUID) -> None:
    """Bring a community's counts up to date, once, as the unit of work ends; call it after whatever changes them."""
    before_commit(session, f"recount {community_id}", lambda ending: recount_now(ending, community_id))


def recount_now(session: Session, community_id: UUID) -> None:
    """Count at once, in one statement; for repairs and nightly comparison."""
    session.execute(_RECOUNT, {"community": community_id, "today": clock.today()})
