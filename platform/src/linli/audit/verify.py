"""Recomputing a street's audit chain: whether any row was altered, left out, or cut off at the end."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Row, text

from linli.db.session import Database
from linli.kit.scope import Scope
from linli.kit.text import gettext as _

#: Rows that one statement recomputes; well below the runtime role's time limit.
CHUNK = 5000

_HEAD = text("SELECT n, hash FROM core.audit_head")
_WALK = text("""
WITH row AS (
  SELECT n, prev_hash, hash,
         lag(n, 1, CAST(:last_n AS bigint)) OVER w + 1 AS expected_n,
         lag(hash, 1, CAST(:last_hash AS bytea)) OVER w AS expected_prev,
         sha256(prev_hash || convert_to(core.audit_text(
           tenant_id, n, id, at, community_id, actor_id, actor_name, action, subject_type, subject_id,
           ip, request_id, reason, before, after), 'UTF8')) AS expected_hash
    FROM core.audit_entry WHERE n > :last_n AND n <= :head_n
  WINDOW w AS (ORDER BY n) ORDER BY n LIMIT :chunk)
SELECT count(*) AS rows, max(n) AS last_n, (array_agg(hash ORDER BY n DESC))[1] AS last_hash,
       min(n) FILTER (WHERE n <> expected_n) AS missing,
       min(n) FILTER (WHERE prev_hash <> expected_prev) AS unlinked,
       min(n) FILTER (WHERE hash <> expected_hash) AS altered
  FROM row
""")


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What was found.

    Attributes:
        rows: how many were recomputed.
        broken_at: number of the first row that does not fit; ``None`` when the chain is whole.
        fault: ``missing`` (a row before it is gone), ``unlinked`` (it does not follow from the one before),
            ``altered``, or ``head`` (the end was cut off).
    """

    rows: int
    broken_at: int | None = None
    fault: str = ""

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None

    @property
    def message(self) -> str:
        """The finding in words."""
        words = {
            "": _("记录完整"),
            "missing": _("第 {n} 条之前缺少记录"),
            "unlinked": _("第 {n} 条与前一条接不上"),
            "altered": _("第 {n} 条被改动过"),
            "head": _("第 {n} 条之后的记录被截断"),
        }
        return words[self.fault].format(n=self.broken_at)


def verify_chain(database: Database, scope: Scope, *, chunk: int = CHUNK) -> ChainReport:
    """Walk the chain of the scope's street from its first row to its head.

    Args:
        database: either door; nothing is written.
        scope: of the whole street, for a community sees only its own rows.
        chunk: rows per statement.
    """
    with database.unit_of_work(scope, read_only=True) as session:
        head = session.execute(_HEAD).one_or_none()
    head_n, head_hash = (head.n, head.hash) if head else (0, b"")
    walked, last_n, last_hash = 0, 0, b""
    while last_n < head_n:
        values = {"last_n": last_n, "last_hash": last_hash, "head_n": head_n, "chunk": chunk}
        with database.unit_of_work(scope, read_only=True) as session:
            row = session.execute(_WALK, values).one()
        walked += row.rows
        if (first := _first_fault(row)) is not None:
            return ChainReport(walked, *first)
        if row.rows == 0:
            return ChainReport(walked, last_n, "head")
        last_n, last_hash = row.last_n, row.last_hash
    return ChainReport(walked) if last_hash == head_hash else ChainReport(walked, last_n, "head")


def _first_fault(row: Row) -> tuple[int, str] | None:
    found = [(n, kind) for kind in ("missing", "altered", "unlinked") if (n := getattr(row, kind)) is not None]
    return min(found, key=lambda each: each[0]) if found else None
