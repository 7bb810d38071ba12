"""Recomputing a street's audit chain: whether any row was altered, left out, added, or cut off at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from linli.db.session import Database
from linli.kit.scope import Scope
from linli.kit.text import gettext as _

#: Rows that one statement recomputes; well below the runtime role's time limit.
CHUNK = 5000

#: Opens one read-only transaction in the scope of the whole street.
Opener = Callable[[], AbstractContextManager[Session]]
#: Is told how many rows were recomputed, and of how many.
Tell = Callable[[int, int], None]

# One statement, so that a row appended meanwhile is neither beyond the head nor short of it.
_BOUNDS = text("""
SELECT coalesce(h.n, 0) AS head_n, coalesce(h.hash, '') AS head_hash, e.first, coalesce(e.last, 0) AS last
  FROM (SELECT min(n) AS first, max(n) AS last FROM core.audit_entry WHERE tenant_id = sec.tenant_id()) e
  LEFT JOIN core.audit_head h ON h.tenant_id = sec.tenant_id()
""")
# The text of a row is put together here and not by core.audit_text(): whoever may exchange that function could have it
# hide what was altered. A test holds both to the same text.
ROW_TEXT = """jsonb_build_array(
  tenant_id, n, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS.US"Z"'), community_id, actor_id,
  actor_name, action, subject_type, subject_id, ip, request_id, reason, before, after)\\:\\:text"""
_WALK = text(f"""
WITH row AS (
  SELECT n, prev_hash, hash,
         lag(n, 1, CAST(:last_n AS bigint)) OVER w + 1 AS expected_n,
         lag(hash, 1, CAST(:last_hash AS bytea)) OVER w AS expected_prev,
         sha256(prev_hash || convert_to({ROW_TEXT}, 'UTF8')) AS expected_hash
    FROM core.audit_entry WHERE tenant_id = sec.tenant_id() AND n > :last_n AND n <= :head_n
  WINDOW w AS (ORDER BY n) ORDER BY n LIMIT :chunk)
SELECT count(*) AS rows, max(n) AS last_n, (array_agg(hash ORDER BY n DESC))[1] AS last_hash,
       min(n) FILTER (WHERE n <> expected_n) AS missing,
       min(n) FILTER (WHERE prev_hash <> expected_prev) AS unlinked,
       min(n) FILTER (WHERE hash <> expected_hash) AS altered
  FROM row
""")  # noqa: S608 the text above is a constant


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What was found.

    Attributes:
        rows: how many were recomputed.
        broken_at: number of the first row that does not fit; ``None`` when the chain is whole.
        fault: ``missing`` (a row before it is gone), ``unlinked`` (it does not follow from the one before),
            ``altered``, ``head`` (the end was cut off), ``beyond`` (rows lie after the end), ``before`` (rows lie
            before the beginning); and what only an anchor shows: ``cut`` (the chain ends before the anchor),
            ``rewritten`` (its row has another hash), ``forged`` (the anchor's signature is wrong), ``unknown_key``.
        anchored: the highest number that an anchor proves; 0 where none does.
        anchors: how many were compared.
    """

    rows: int
    broken_at: int | None = None
    fault: str = ""
    anchored: int = 0
    anchors: int = 0

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None

    @property
    def message(self) -> str:
        """The finding in words."""
        return fault_words(self.fault).format(n=self.broken_at)


def fault_words(fault: str) -> str:
    """The sentence for a kind of fault, with ``{n}`` where the number belongs."""
    return {
        "": _("记录完整"),
        "missing": _("第 {n} 条之前缺少记录"),
        "unlinked": _("第 {n} 条与前一条接不上"),
        "altered": _("第 {n} 条被改动过"),
        "head": _("第 {n} 条之后的记录被截断"),
        "beyond": _("第 {n} 条之后多出了记录"),
        "before": _("第 1 条之前多出了记录（编号 {n}）"),
        "cut": _("存证证明曾有第 {n} 条，现在记录到不了那里：末尾被截断"),
        "rewritten": _("第 {n} 条和存证不符：记录被整体改写过"),
        "forged": _("第 {n} 条的存证签名不对"),
        "unknown_key": _("第 {n} 条的存证不是用本系统的签名密钥签的"),
    }[fault]


def verify_chain(database: Database, scope: Scope, *, chunk: int = CHUNK, tell: Tell | None = None) -> ChainReport:
    """Walk the chain of the scope's street from its first row to its head; anchors are not asked.

    Args:
        database: either door; nothing is written.
        scope: of the whole street, for a community sees only its own rows.
        chunk: rows per statement.
        tell: hears of each chunk.
    """
    return walk(lambda: database.unit_of_work(scope, read_only=True), chunk=chunk, tell=tell)


def walk(
    opened: Opener, *, start: tuple[int, bytes] = (0, b""), chunk: int = CHUNK, tell: Tell | None = None
) -> ChainReport:
    """Recompute the rows after ``start``, chunk by chunk, each in a transaction of its own.

    The rows stay in the server, which answers each chunk with one line: neither side holds more than a chunk.

    Args:
        opened: opens a transaction of the whole street.
        start: number and hash of a row that was proven before.
        chunk: rows per statement.
        tell: hears of each chunk.
    """
    with opened() as session:
        bounds = session.execute(_BOUNDS).one()
    if bounds.first is not None and bounds.first < 1:
        return ChainReport(0, bounds.first, "before")
    walked, (last_n, last_hash) = 0, start
    total = max(bounds.head_n - last_n, 0)
    while last_n < bounds.head_n:
        values = {"last_n": last_n, "last_hash": last_hash, "head_n": bounds.head_n, "chunk": chunk}
        with opened() as session:
            row = session.execute(_WALK, values).one()
        walked += row.rows
        if (first := _first_fault(row)) is not None:
            return ChainReport(walked, *first)
        if row.rows == 0:
            return ChainReport(walked, last_n, "head")
        last_n, last_hash = row.last_n, row.last_hash
        if tell is not None:
            tell(walked, total)
    if last_hash != bounds.head_hash:
        return ChainReport(walked, last_n, "head")
    if bounds.last > bounds.head_n:
        return ChainReport(walked, bounds.head_n, "beyond")
    return ChainReport(walked)


def _first_fault(row: Row) -> tuple[int, str] | None:
    found = [(n, kind) for kind in ("missing", "altered", "unlinked") if (n := getattr(row, kind)) is not None]
    return min(found, key=lambda each: each[0]) if found else None
