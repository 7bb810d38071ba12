"""Sums for the trend: how many places of a community stood how, period by period; kept by whoever judges."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.obligations.judging import STATES

_COUNTS = ", ".join(f"count(*) FILTER (WHERE r.state = '{state}')" for state in STATES)
_COLUMNS = ", ".join(STATES)
# Of duties that run from occasions those are together that fall due in one month. Settled periods change no more, but
# an exemption may be withdrawn: all of one community are some thousand rows in one index, counted once a night.
_SUMS = f"""
    SELECT r.obligation, d.first_day, d.last_day, {_COUNTS}
      FROM core.obligation_record r
     CROSS JOIN LATERAL (
       SELECT CASE WHEN r.period LIKE 'occasion:%' THEN CAST(date_trunc('month', r.due_on) AS date)
                   ELSE r.first_day END AS first_day,
              CASE WHEN r.period LIKE 'occasion:%'
                   THEN CAST(date_trunc('month', r.due_on) + interval '1 month - 1 day' AS date)
                   ELSE r.last_day END AS last_day) d
     WHERE r.tenant_id = (SELECT sec.tenant_id()) AND r.community_id = :community
     GROUP BY 1, 2, 3
"""  # noqa: S608 names of columns, no input
_WRITE = text(
    f"""
    INSERT INTO core.obligation_tally (community_id, obligation, first_day, last_day, {_COLUMNS})
    SELECT :community, s.* FROM ({_SUMS}) s
    ON CONFLICT (tenant_id, community_id, obligation, first_day, last_day)
    DO UPDATE SET ({_COLUMNS}) = ROW ({", ".join(f"excluded.{state}" for state in STATES)})
     WHERE (obligation_tally.{", obligation_tally.".join(STATES)})
           IS DISTINCT FROM ({", ".join(f"excluded.{state}" for state in STATES)})
    """  # noqa: S608 names of columns, no input
)
_FORGET = text(
    f"""
    DELETE FROM core.obligation_tally t
     WHERE t.tenant_id = (SELECT sec.tenant_id()) AND t.community_id = :community
       AND NOT EXISTS (SELECT 1 FROM ({_SUMS}) s (obligation, first_day, last_day)
                        WHERE s.obligation = t.obligation AND s.first_day = t.first_day AND s.last_day = t.last_day)
    """  # noqa: S608 names of columns, no input
)


def tally(session: ScopedSession, community_id: UUID) -> None:
    """Count a community anew; two statements."""
    session.flush()
    session.execute(_WRITE, {"community": community_id})
    session.execute(_FORGET, {"community": community_id})
