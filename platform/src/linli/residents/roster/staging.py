"""Staged rows: sealed cells in ``core.roster_row``, written and read in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.kit.ids import new_id
from linli.residents.roster.planning import Effect
from linli.residents.roster.rows import RosterRowValues

_STAGE = text("""
INSERT INTO core.roster_row (id, community_id, import_id, n, cells_ct, door_key, faults)
SELECT u.id, :community, :import, u.n, u.cells, u.door, u.faults::jsonb
  FROM unnest(CAST(:ids AS uuid[]), CAST(:ns AS int[]), CAST(:cells AS bytea[]), CAST(:doors AS bytea[]),
              CAST(:faults AS text[])) AS u (id, n, cells, door, faults)
""")
_JUDGE = text("""
UPDATE core.roster_row r SET effect = u.effect, faults = u.faults::jsonb
  FROM unnest(CAST(:ns AS int[]), CAST(:effects AS text[]), CAST(:faults AS text[])) AS u (n, effect, faults)
 WHERE r.community_id = :community AND r.import_id = :import AND r.n = u.n
""")
# The door that is cut off by the limit comes with the next call.
_BY_DOOR = text("""
WITH page AS (
  SELECT door_key FROM core.roster_row
   WHERE community_id = :community AND import_id = :import AND door_key > :after ORDER BY door_key, n LIMIT :limit)
SELECT id, n, cells_ct, faults, door_key FROM core.roster_row
 WHERE community_id = :community AND import_id = :import AND door_key > :after
   AND door_key <= (SELECT door_key FROM page ORDER BY door_key DESC LIMIT 1)
 ORDER BY door_key, n
""")
_BY_NUMBER = text(
    "SELECT id, n, cells_ct, faults FROM core.roster_row "
    "WHERE community_id = :community AND import_id = :import AND n > :after ORDER BY n LIMIT 2000"
)
_COUNTS = text("""
SELECT count(*) AS rows, count(*) FILTER (WHERE faults IS NOT NULL) AS faulty,
       count(*) FILTER (WHERE effect = 'created') AS created, count(*) FILTER (WHERE effect = 'updated') AS updated,
       count(*) FILTER (WHERE effect = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE effect = 'moved_out') AS moved_out, count(DISTINCT door_key) AS doors
  FROM core.roster_row WHERE community_id = :community AND import_id = :import
""")


def stage(session: ScopedSession, community_id: UUID, import_id: UUID, rows: Sequence[RosterRowValues]) -> None:
    """Keep rows as they were read, sealed; in one statement."""
    if not rows:
        return
    ids = [new_id() for _row in rows]
    session.execute(
        _STAGE,
        {
            "community": community_id,
            "import": import_id,
            "ids": ids,
            "ns": [row.n for row in rows],
            "cells": [
                session.vault.encrypt(session, "roster_row", "cells", row_id, row.encode().decode())
                for row_id, row in zip(ids, rows, strict=True)
            ],
            "doors": [_door_hash(session, row) for row in rows],
            "faults": [_faults(row) for row in rows],
        },
    )


def judge(
    session: ScopedSession,
    community_id: UUID,
    import_id: UUID,
    rows: Sequence[RosterRowValues],
    effects: Mapping[int, Effect],
) -> None:
    """Note what each row will do, and the faults that were found since it was staged; in one statement."""
    session.execute(
        _JUDGE,
        {
            "community": community_id,
            "import": import_id,
            "ns": [row.n for row in rows],
            "effects": ["" if row.faults else effects.get(row.n, "") for row in rows],
            "faults": [_faults(row) for row in rows],
        },
    )


def rows_by_door(
    session: ScopedSession, community_id: UUID, import_id: UUID, *, after: bytes, limit: int
) -> tuple[list[RosterRowValues], bytes]:
    """About ``limit`` rows, whole doors at a time, and the key to go on after; no rows at the end."""
    wanted = {"community": community_id, "import": import_id, "after": after, "limit": limit}
    found = session.execute(_BY_DOOR, wanted).all()
    return [opened(session, row) for row in found], bytes(found[-1].door_key) if found else after


def all_rows(session: ScopedSession, community_id: UUID, import_id: UUID) -> Iterator[RosterRowValues]:
    """Every staged row in the order of the file, read in pages."""
    after = 0
    wanted = {"community": community_id, "import": import_id}
    while found := session.execute(_BY_NUMBER, {**wanted, "after": after}).all():
        after = found[-1].n
        for row in found:
            yield opened(session, row)


def opened(session: ScopedSession, row: Any) -> RosterRowValues:
    """A staged row, unsealed."""
    cells = session.vault.decrypt(session, "roster_row", "cells", row.id, bytes(row.cells_ct))
    return RosterRowValues.decode(row.n, cells, row.faults)


def counts(session: ScopedSession, community_id: UUID, import_id: UUID) -> dict[str, int]:
    """How many rows there are, at fault, and of each effect; ``doors`` counts dwellings."""
    row = session.execute(_COUNTS, {"community": community_id, "import": import_id}).one()
    return dict(row._mapping)


def _door_hash(session: ScopedSession, row: RosterRowValues) -> bytes | None:
    if not row.has_door:
        return None
    return session.vault.blind_index(session, "roster_door", "\0".join(row.door_key))


def _faults(row: RosterRowValues) -> str | None:
    return msgspec.json.encode([fault.stored() for fault in row.faults]).decode() if row.faults else None
