"""A database of many streets for measuring: generated set by set, and looking generated."""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import SimpleNamespace
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

COMMUNITIES = 20
DWELLINGS = 500


@dataclass(frozen=True, slots=True)
class Place:
    """One community of the filled database and one of its dwellings."""

    tenant_id: UUID
    community_id: UUID
    dwelling_id: UUID


# Ids are hashes of what they stand for, so that each statement can compute those of the rows above it.
_FILL: tuple[LiteralString, ...] = (
    """
    INSERT INTO core.tenant (id, code, slug, name, district_code)
    SELECT md5('street/' || s)::uuid, to_char(998000000 + s, 'FM000000000'), 'street-' || s, '测试街道' || s, '998000'
      FROM generate_series(1, %(streets)s) s
    """,
    """
    INSERT INTO core.community (tenant_id, id, code, slug, name, register_name)
    SELECT md5('street/' || s)::uuid, md5('community/' || s || '/' || c)::uuid,
           to_char(998000000 + s, 'FM000000000') || to_char(c, 'FM000'), 'community-' || c, '第' || c || '社区', ''
      FROM generate_series(1, %(streets)s) s, generate_series(1, %(communities)s) c
    """,
    """
    INSERT INTO core.compound (tenant_id, community_id, id, name)
    SELECT tenant_id, id, md5('compound/' || id)::uuid, '一号院' FROM core.community WHERE code LIKE '998%%'
    """,
    """
    INSERT INTO core.building (tenant_id, community_id, id, compound_id, name, sort_key)
    SELECT c.tenant_id, c.id, md5('building/' || c.id || '/' || b)::uuid, md5('compound/' || c.id)::uuid,
           b || '号楼', to_char(b, 'FM0000')
      FROM core.community c, generate_series(1, 10) b WHERE c.code LIKE '998%%'
    """,
    """
    INSERT INTO core.dwelling (tenant_id, community_id, id, compound_id, building_id, door, sort_key, label,
                               exclusive_area, area_basis)
    SELECT c.tenant_id, c.id, md5('dwelling/' || c.id || '/' || d)::uuid, md5('compound/' || c.id)::uuid,
           md5('building/' || c.id || '/' || (d %% 10 + 1))::uuid, d::text,
           to_char(d %% 10 + 1, 'FM0000') || '//' || to_char(d, 'FM000000'), d %% 10 + 1 || '号楼 ' || d,
           40 + d %% 90, 'registry'
      FROM core.community c, generate_series(1, %(dwellings)s) d WHERE c.code LIKE '998%%'
    """,
)


def fill(superuser_url: str, streets: int) -> list[Place]:
    """Write the streets with 20 communities of 500 dwellings each; returns places spread over all of them."""
    size = {"streets": streets, "communities": COMMUNITIES, "dwellings": DWELLINGS}
    with psycopg.connect(superuser_url) as connection:
        # References are right by construction; checking half a million of them takes longer than writing them.
        connection.execute("SET session_replication_role = replica")
        for statement in _FILL:
            connection.execute(sql.SQL(statement), size)
        rows = connection.execute(
            "SELECT c.tenant_id, c.id, md5('dwelling/' || c.id || '/' || length(c.name) * 100)::uuid "
            "FROM core.community c WHERE c.code LIKE '998%%' ORDER BY md5(c.id::text)",
        ).fetchall()
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE core.dwelling")
        connection.execute("ANALYZE")
    return [Place(*row) for row in rows]


@pytest.fixture
def filled(request, house) -> SimpleNamespace:
    """``house`` and ``places``; as large as ``LINLI_TEST_BENCH_STREETS`` says, 50 streets where it says nothing."""
    streets = getattr(request, "param", None) or int(os.environ.get("LINLI_TEST_BENCH_STREETS", "50"))
    return SimpleNamespace(house=house, streets=streets, places=fill(house.addresses.superuser, streets))
