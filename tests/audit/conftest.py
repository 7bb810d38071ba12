"""A chain to tamper with, and a superuser's hand on the real database."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from linli.audit import record


@pytest.fixture
def chain(house, world):
    """Twelve rows in the chain of this street, and three in the other's."""
    for street, rows in ((world.here, 12), (world.there, 3)):
        for n in range(rows):
            with house.database.unit_of_work(street.scope) as session:
                record(session, "core.test.act", ("thing", n), after={"n": n, "text": "内容\u0001"})
    return world.here


@pytest.fixture
def superuser(house, chain):
    """Runs statements as who rules the database, with the triggers that refuse changes switched off first."""
    connection = psycopg.connect(house.addresses.superuser, autocommit=True)
    for table in ("audit_entry", "audit_anchor"):
        connection.execute(f"ALTER TABLE core.{table} DISABLE TRIGGER USER")

    def run(statement: str, **values: Any) -> int:
        return connection.execute(statement, {"here": chain.id, **values}).rowcount

    yield run
    connection.close()


#: Gives every row from ``from_n`` on its hash anew, each bound to the one before, and the head the last one's.
REHASH = """
DO $f$
DECLARE
  t uuid := current_setting('test.tenant')::uuid;
  r record;
  h bytea := coalesce((SELECT e.hash FROM core.audit_entry e WHERE e.tenant_id = t AND e.n < current_setting('test.from')::bigint
                        ORDER BY e.n DESC LIMIT 1), '');
BEGIN
  FOR r IN SELECT * FROM core.audit_entry e WHERE e.tenant_id = t AND e.n >= current_setting('test.from')::bigint ORDER BY e.n LOOP
    UPDATE core.audit_entry e SET prev_hash = h, hash = sha256(h || convert_to(core.audit_text(
        r.tenant_id, r.n, r.id, r.at, r.community_id, r.actor_id, r.actor_name, r.action, r.subject_type, r.subject_id,
        r.ip, r.request_id, r.reason, r.before, r.after), 'UTF8'))
     WHERE e.tenant_id = t AND e.n = r.n RETURNING e.hash INTO h;
  END LOOP;
  UPDATE core.audit_head SET n = coalesce((SELECT max(e.n) FROM core.audit_entry e WHERE e.tenant_id = t), 0), hash = h
   WHERE tenant_id = t;
END $f$
"""  # noqa: E501


@pytest.fixture
def rehash(superuser, chain):
    """Make the chain consistent again from a row on: what only an anchor can contradict."""

    def run(from_n: int) -> None:
        superuser("SELECT set_config('test.tenant', %(here)s::text, false)")
        superuser("SELECT set_config('test.from', %(n)s::text, false)", n=from_n)
        superuser(REHASH)

    return run
