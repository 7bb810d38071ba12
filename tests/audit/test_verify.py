"""The chain shows what was altered, left out or cut off, and where."""

from __future__ import annotations

import psycopg
import pytest

from linli.audit.verify import verify_chain


@pytest.fixture
def tamper(house, chain):
    def run(statement: str) -> None:
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            connection.execute("ALTER TABLE core.audit_entry DISABLE TRIGGER append_only")
            done = connection.execute(statement, [chain.id])
            assert done.rowcount == 1

    return run


@pytest.mark.parametrize("chunk", [1, 5, 100])
def test_a_whole_chain_is_whole_in_steps_of_any_size(house, chain, chunk) -> None:
    report = verify_chain(house.database, chain.scope, chunk=chunk)
    assert (report.is_whole, report.rows, report.broken_at) == (True, 12, None)


def test_a_street_without_records_is_whole(house, world) -> None:
    # No chain here: the fixture was not asked for.
    assert verify_chain(house.database, world.there.scope).rows == 0


HASHED_ANEW = """
UPDATE core.audit_entry SET actor_name = 'x', hash = sha256(prev_hash || convert_to(core.audit_text(
  tenant_id, n, id, at, community_id, actor_id, 'x', action, subject_type, subject_id,
  ip, request_id, reason, before, after), 'UTF8')) WHERE tenant_id = %s AND n = 7"""


@pytest.mark.parametrize("chunk", [3, 100])
@pytest.mark.parametrize(
    ("statement", "broken_at", "fault"),
    [
        ("UPDATE core.audit_entry SET actor_name = 'x' WHERE tenant_id = %s AND n = 7", 7, "altered"),
        ("UPDATE core.audit_entry SET after = '{}' WHERE tenant_id = %s AND n = 1", 1, "altered"),
        (HASHED_ANEW, 8, "unlinked"),
        ("DELETE FROM core.audit_entry WHERE tenant_id = %s AND n = 6", 7, "missing"),
        ("DELETE FROM core.audit_entry WHERE tenant_id = %s AND n = 1", 2, "missing"),
        ("DELETE FROM core.audit_entry WHERE tenant_id = %s AND n = 12", 11, "head"),
        (HASHED_ANEW.replace("n = 7", "n = 12"), 12, "head"),
    ],
)
def test_the_first_fault_is_found(house, chain, tamper, world, statement, broken_at, fault, chunk) -> None:
    tamper(statement)
    report = verify_chain(house.database, chain.scope, chunk=chunk)
    assert (report.broken_at, report.fault) == (broken_at, fault)
    assert str(broken_at) in report.message
    assert verify_chain(house.database, world.there.scope).is_whole
